// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"strings"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/iam"
)

// RoleRef is a role: a declared [Role] or an existing one by [RoleARN].
type RoleRef interface {
	// ARN returns the role's ARN or a placeholder for it.
	ARN() string
	// Resources returns what must be declared with the role.
	Resources() []slipway.Resource

	role()
}

// RoleARN returns the existing role of that ARN. Its trust and policies are not
// touched.
func RoleARN(arn string) RoleRef { return existingRole(arn) }

type existingRole string

func (r existingRole) ARN() string { return string(r) }

func (r existingRole) Resources() []slipway.Resource {
	return []slipway.Resource{slipway.Named(slipway.ID{Kind: model.KindRole, Name: nameOf(string(r))})}
}

func (r existingRole) role() {}

// nameOf is what follows the path in the ARN of a role or profile.
func nameOf(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
