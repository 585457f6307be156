// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"maps"
	"slices"
	"time"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/iam"
)

// Role is an IAM role with its policies.
type Role struct {
	name        string
	derived     bool
	path        string
	description string
	session     time.Duration
	trust       []Principal
	statements  []Statement
	policies    map[string]Policy
	managed     []string
	boundary    string
	tags        map[string]string
	overrides   []func(*awsiam.CreateRoleInput)
}

// NewRole returns a role that nobody may assume yet; see [Role.WithTrust]. The
// name has 1 to 64 letters, digits and _+=,.@- and is unique in the account,
// without regard to case. It cannot be changed later, see
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html.
func NewRole(name string) Role { return Role{name: name} }

// NewDerivedRole returns a role whose name in AWS ends in the region, since IAM
// knows no regions: for roles that the user does not name.
func NewDerivedRole(name string) Role { return Role{name: name, derived: true} }

// WithTrust lets principals assume the role. Equal ones count once, and their
// order means nothing.
func (r Role) WithTrust(principals ...Principal) Role {
	r.trust = append(slices.Clip(r.trust), principals...)
	return r
}

// WithAllow allows the role actions, such as "s3:GetObject", on a resource, an ARN
// or "*".
func (r Role) WithAllow(resource string, actions ...string) Role {
	return r.WithStatement(Statement{Actions: slices.Clone(actions), Resources: []string{resource}})
}

// WithStatement adds a statement to the inline policy "slipway". Equal ones count
// once.
func (r Role) WithStatement(s Statement) Role {
	r.statements = append(slices.Clip(r.statements), s)
	return r
}

// WithPolicy sets an inline policy by name, 1 to 128 letters, digits and
// _+=,.@-. All inline policies of a role together have up to 10,240 characters.
func (r Role) WithPolicy(name string, p Policy) Role {
	r.policies = with(r.policies, name, p)
	return r
}

// WithManagedPolicy attaches a managed policy by ARN, such as
// "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess". A role has up to 10 unless
// the account's quota is raised.
func (r Role) WithManagedPolicy(arn string) Role {
	r.managed = append(slices.Clip(r.managed), arn)
	return r
}

// WithPath sets the path, such as "/teams/web/", in place of /slipway/<stack>/.
// Once such a role is no longer declared, the stack does not find it: remove it by
// [slipway.Stack.Destroy] before, or by hand. It cannot be changed later.
func (r Role) WithPath(path string) Role {
	r.path = path
	return r
}

// WithDescription sets the description, up to 1,000 characters.
func (r Role) WithDescription(text string) Role {
	r.description = text
	return r
}

// WithMaxSession sets how long a session may last that somebody assumes the role
// for: 1 to 12 hours, in whole seconds; one hour by default. Services that assume
// the role are not bound by it.
func (r Role) WithMaxSession(d time.Duration) Role {
	r.session = d
	return r
}

// WithPermissionsBoundary sets the managed policy, by ARN, that bounds what the
// role's policies can allow.
func (r Role) WithPermissionsBoundary(arn string) Role {
	r.boundary = arn
	return r
}

// WithTag sets a tag.
func (r Role) WithTag(key, value string) Role {
	r.tags = with(r.tags, key, value)
	return r
}

// WithOverride has f change the input of CreateRole after everything else, for
// what this builder does not offer.
func (r Role) WithOverride(f func(*awsiam.CreateRoleInput)) Role {
	r.overrides = append(slices.Clip(r.overrides), f)
	return r
}

// ID names the role.
func (r Role) ID() slipway.ID { return slipway.ID{Kind: model.KindRole, Name: r.name} }

// ARN returns the role's ARN, as a placeholder.
func (r Role) ARN() string { return slipway.Ref(r.ID(), "arn") }

// RoleName returns the role's name in AWS; for a derived one it holds a
// placeholder for the region.
func (r Role) RoleName() string {
	if r.derived {
		return r.name + "-" + slipway.Self("region")
	}
	return r.name
}

// Resources returns the role itself.
func (r Role) Resources() []slipway.Resource { return []slipway.Resource{r} }

func (r Role) role() {}

func with[V any](m map[string]V, key string, value V) map[string]V {
	m = maps.Clone(m)
	if m == nil {
		m = map[string]V{}
	}
	m[key] = value
	return m
}
