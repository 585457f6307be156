// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/iam"
)

func (f *Fake) serveRolePolicies(s *sim.Service) {
	onRole(f, s, "PutRolePolicy", f.putRolePolicy, func(in *awsiam.PutRolePolicyInput) *string { return in.RoleName })
	onRole(f, s, "GetRolePolicy", f.getRolePolicy, func(in *awsiam.GetRolePolicyInput) *string { return in.RoleName })
	onRole(f, s, "DeleteRolePolicy", f.deleteRolePolicy, func(in *awsiam.DeleteRolePolicyInput) *string { return in.RoleName })
	onRole(f, s, "ListRolePolicies", f.listRolePolicies, func(in *awsiam.ListRolePoliciesInput) *string { return in.RoleName })
}

// Quotas of all inline policies of an entity together, in characters without
// white space. They cannot be raised.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
const (
	roleInline = 10240
	userInline = 2048
)

// put returns g with an inline policy, if it fits.
func (g grants) put(name, document string, quota int, of string) (grants, error) {
	inline := maps.Clone(g.inline)
	if inline == nil {
		inline = map[string]string{}
	}
	inline[name] = document
	size := 0
	for _, d := range inline {
		size += rules.Size(d)
	}
	if size > quota {
		return g, limit("Maximum policy size of %d bytes exceeded for %s", quota, of)
	}
	g.inline = inline
	return g, nil
}

// without returns g without an inline policy.
func (g grants) without(name string) grants {
	g.inline = maps.Clone(g.inline)
	delete(g.inline, name)
	return g
}

func (f *Fake) putRolePolicy(_ *sim.Call, in *awsiam.PutRolePolicyInput) (*awsiam.PutRolePolicyOutput, error) {
	if err := check(rules.PutRolePolicy, in); err != nil {
		return nil, err
	}
	r, err := f.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	if r.grants, err = r.put(*in.PolicyName, *in.PolicyDocument, roleInline, "role "+*in.RoleName); err != nil {
		return nil, err
	}
	f.roles[*in.RoleName] = r
	return &awsiam.PutRolePolicyOutput{}, nil
}

func (f *Fake) getRolePolicy(_ *sim.Call, in *awsiam.GetRolePolicyInput) (*awsiam.GetRolePolicyOutput, error) {
	r, err := f.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	document, ok := r.inline[aws.ToString(in.PolicyName)]
	if !ok {
		return nil, missing("The role policy with name %s cannot be found.", aws.ToString(in.PolicyName))
	}
	return &awsiam.GetRolePolicyOutput{RoleName: in.RoleName, PolicyName: in.PolicyName, PolicyDocument: encoded(document)}, nil
}

func (f *Fake) deleteRolePolicy(_ *sim.Call, in *awsiam.DeleteRolePolicyInput) (*awsiam.DeleteRolePolicyOutput, error) {
	r, err := f.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	if _, ok := r.inline[aws.ToString(in.PolicyName)]; !ok {
		return nil, missing("The role policy with name %s cannot be found.", aws.ToString(in.PolicyName))
	}
	r.grants = r.without(*in.PolicyName)
	f.roles[*in.RoleName] = r
	return &awsiam.DeleteRolePolicyOutput{}, nil
}

func (f *Fake) listRolePolicies(_ *sim.Call, in *awsiam.ListRolePoliciesInput) (*awsiam.ListRolePoliciesOutput, error) {
	r, err := f.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	page, err := paged(sortedKeys(r.inline), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &awsiam.ListRolePoliciesOutput{PolicyNames: page.items, Marker: page.marker, IsTruncated: page.more}, nil
}
