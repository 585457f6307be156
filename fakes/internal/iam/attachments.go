// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/iam"
)

// mostAttached is the default quota of managed policies of a role or user.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
const mostAttached = 10

func (f *Fake) serveAttachments(s *sim.Service) {
	onRole(f, s, "AttachRolePolicy", f.attachRolePolicy,
		func(in *awsiam.AttachRolePolicyInput) *string { return in.RoleName },
		func(in *awsiam.AttachRolePolicyInput) map[string][]string { return policyKey(in.PolicyArn) })
	onRole(f, s, "DetachRolePolicy", f.detachRolePolicy,
		func(in *awsiam.DetachRolePolicyInput) *string { return in.RoleName },
		func(in *awsiam.DetachRolePolicyInput) map[string][]string { return policyKey(in.PolicyArn) })
	onRole(f, s, "ListAttachedRolePolicies", f.listAttachedRolePolicies,
		func(in *awsiam.ListAttachedRolePoliciesInput) *string { return in.RoleName })
	onPolicy(s, "ListEntitiesForPolicy", f.listEntitiesForPolicy,
		func(in *awsiam.ListEntitiesForPolicyInput) *string { return in.PolicyArn },
		sim.Refuses[awsiam.ListEntitiesForPolicyInput]("PolicyUsageFilter", "MaxItems", "Marker"))
}

func policyKey(arn *string) map[string][]string {
	return map[string][]string{"iam:PolicyARN": {aws.ToString(arn)}}
}

// attach returns g with a managed policy; one that is attached already is fine.
func (f *Fake) attach(g grants, arn string) (grants, error) {
	if _, ok := f.managed(arn); !ok {
		return g, missing("Policy %s does not exist or is not attachable.", arn)
	}
	if slices.Contains(g.attached, arn) {
		return g, nil
	}
	if len(g.attached) >= mostAttached {
		return g, limit("Cannot exceed quota for PoliciesPerRole: %d", mostAttached)
	}
	g.attached = append(slices.Clip(g.attached), arn)
	return g, nil
}

func detach(g grants, arn string) (grants, error) {
	at := slices.Index(g.attached, arn)
	if at < 0 {
		return g, missing("Policy %s was not found.", arn)
	}
	g.attached = slices.Delete(slices.Clone(g.attached), at, at+1)
	return g, nil
}

func (f *Fake) attachRolePolicy(_ *sim.Call, in *awsiam.AttachRolePolicyInput) (*awsiam.AttachRolePolicyOutput, error) {
	if err := check(rules.AttachRolePolicy, in); err != nil {
		return nil, err
	}
	r, err := f.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	if r.grants, err = f.attach(r.grants, *in.PolicyArn); err != nil {
		return nil, err
	}
	f.roles[*in.RoleName] = r
	return &awsiam.AttachRolePolicyOutput{}, nil
}

func (f *Fake) detachRolePolicy(_ *sim.Call, in *awsiam.DetachRolePolicyInput) (*awsiam.DetachRolePolicyOutput, error) {
	r, err := f.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	if r.grants, err = detach(r.grants, aws.ToString(in.PolicyArn)); err != nil {
		return nil, err
	}
	f.roles[*in.RoleName] = r
	return &awsiam.DetachRolePolicyOutput{}, nil
}

func (f *Fake) listAttachedRolePolicies(
	_ *sim.Call, in *awsiam.ListAttachedRolePoliciesInput,
) (*awsiam.ListAttachedRolePoliciesOutput, error) {
	r, err := f.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	page, err := paged(f.attachedPolicies(r.grants, in.PathPrefix), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &awsiam.ListAttachedRolePoliciesOutput{
		AttachedPolicies: page.items, Marker: page.marker, IsTruncated: page.more,
	}, nil
}

func (f *Fake) attachedPolicies(g grants, prefix *string) []iamtypes.AttachedPolicy {
	var all []iamtypes.AttachedPolicy
	for _, arn := range g.attached {
		if p, ok := f.managed(arn); ok && strings.HasPrefix(*p.Path, path(prefix)) {
			all = append(all, iamtypes.AttachedPolicy{PolicyArn: p.Arn, PolicyName: p.PolicyName})
		}
	}
	return all
}

// listEntitiesForPolicy gives all on one page.
func (f *Fake) listEntitiesForPolicy(
	_ *sim.Call, in *awsiam.ListEntitiesForPolicyInput,
) (*awsiam.ListEntitiesForPolicyOutput, error) {
	p, err := f.policy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	out := &awsiam.ListEntitiesForPolicyOutput{}
	wants := func(kind iamtypes.EntityType, at *string) bool {
		return (in.EntityFilter == "" || in.EntityFilter == kind) && strings.HasPrefix(*at, path(in.PathPrefix))
	}
	for _, name := range sortedKeys(f.roles) {
		if r := f.roles[name]; slices.Contains(r.attached, *p.Arn) && wants(iamtypes.EntityTypeRole, r.Path) {
			out.PolicyRoles = append(out.PolicyRoles, iamtypes.PolicyRole{RoleId: r.RoleId, RoleName: r.RoleName})
		}
	}
	for _, name := range sortedKeys(f.users) {
		if u := f.users[name]; slices.Contains(u.attached, *p.Arn) && wants(iamtypes.EntityTypeUser, u.Path) {
			out.PolicyUsers = append(out.PolicyUsers, iamtypes.PolicyUser{UserId: u.UserId, UserName: u.UserName})
		}
	}
	return out, nil
}
