// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/iam"
)

// Permissions returns what reading, and then creating, changing or deleting the
// role needs.
func (roleDriver) Permissions(have *slipway.Live[model.Role], want *model.Role) []slipway.Permission {
	if have == nil && want == nil {
		return []slipway.Permission{{
			Actions:   []string{"iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:ListRoles"},
			Resources: []string{account("role" + ownPath(slipway.Self("stack")) + "*")},
		}}
	}
	role := want
	if role == nil {
		role = &have.State
	}
	on := []string{roleARN(role)}
	// IAM does not know the path of a role that does not exist.
	bare := account("role/" + aws.ToString(role.Create.RoleName))
	needs := []slipway.Permission{
		{
			Actions:   []string{"iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"},
			Resources: slices.Compact([]string{on[0], bare}),
		},
		{Actions: []string{"iam:ListRoles"}, Resources: []string{account("role" + ownPath(slipway.Self("stack")) + "*")}},
	}
	switch {
	case want == nil:
		return append(needs, slipway.Permission{Actions: []string{
			"iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:ListInstanceProfilesForRole",
		}, Resources: on})
	case have == nil:
		return append(needs, creating(want, on)...)
	default:
		return append(needs, slipway.Permission{Actions: []string{
			"iam:AttachRolePolicy", "iam:DeleteRolePermissionsBoundary", "iam:DeleteRolePolicy", "iam:DetachRolePolicy",
			"iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole",
			"iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
		}, Resources: on})
	}
}

func creating(want *model.Role, on []string) []slipway.Permission {
	all := []slipway.Permission{{Actions: []string{"iam:CreateRole", "iam:TagRole"}, Resources: on}}
	if len(want.Inline) > 0 {
		all = append(all, slipway.Permission{Actions: []string{"iam:PutRolePolicy"}, Resources: on})
	}
	if len(want.Attached) > 0 {
		all = append(all, slipway.Permission{
			Actions: []string{"iam:AttachRolePolicy"}, Resources: on,
			Conditions: map[string]map[string][]string{"ArnEquals": {"iam:PolicyARN": want.Attached}},
		})
	}
	return all
}

func roleARN(s *model.Role) string {
	path := aws.ToString(s.Create.Path)
	if path == "" {
		path = "/"
	}
	return account("role" + path + aws.ToString(s.Create.RoleName))
}

func account(resource string) string {
	return "arn:" + slipway.Self("partition") + ":iam::" + slipway.Self("account") + ":" + resource
}
