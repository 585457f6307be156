// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/iam"
	"github.com/slipway-go/slipway/internal/policy"
)

var _ slipway.Merger[model.Role] = roleDriver{}

// Merge puts two declarations of a role together: whoever either trusts, and the
// inline policies of both. Nothing else of them may differ.
func (roleDriver) Merge(a, b *model.Role) (*model.Role, bool) {
	trust, ok := mergeTrust(aws.ToString(a.Create.AssumeRolePolicyDocument), aws.ToString(b.Create.AssumeRolePolicyDocument))
	if !ok || !slices.Equal(a.Attached, b.Attached) {
		return nil, false
	}
	both, other := *a, b.Create
	both.Create.AssumeRolePolicyDocument, other.AssumeRolePolicyDocument = trust, trust
	if !reflect.DeepEqual(both.Create, other) {
		return nil, false
	}
	both.Inline = map[string]string{}
	maps.Copy(both.Inline, a.Inline)
	for name, text := range b.Inline {
		if have, found := both.Inline[name]; found && have != text {
			return nil, false
		}
		both.Inline[name] = text
	}
	return &both, true
}

// mergeTrust has the statements of both documents, each once; either may be empty.
func mergeTrust(a, b string) (*string, bool) {
	if a == b || b == "" {
		return nonEmpty(a), true
	}
	if a == "" {
		return &b, true
	}
	one, err := policy.Parse(a)
	if err != nil {
		return nil, false
	}
	other, err := policy.Parse(b)
	if err != nil || one.Version != other.Version || one.ID != other.ID {
		return nil, false
	}
	one.Statements = append(one.Statements, other.Statements...)
	slices.SortFunc(one.Statements, func(x, y policy.Statement) int { return strings.Compare(x.String(), y.String()) })
	one.Statements = slices.CompactFunc(one.Statements, same)
	return aws.String(one.String()), true
}

func nonEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
