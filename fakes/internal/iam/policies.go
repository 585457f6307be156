// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/iam"
)

// managedPolicy is a customer's or AWS's managed policy with its versions, whose
// documents are kept as they were given.
type managedPolicy struct {
	iamtypes.Policy
	versions []iamtypes.PolicyVersion
	made     int
	aws      bool
}

func (p managedPolicy) document() string {
	for _, v := range p.versions {
		if v.IsDefaultVersion {
			return *v.Document
		}
	}
	return ""
}

func (f *Fake) servePolicies(s *sim.Service) {
	sim.Handle(s, "CreatePolicy", f.createPolicy, sim.Needs(func(_ *sim.Call, in *awsiam.CreatePolicyInput) []sim.Access {
		return []sim.Access{{
			Action: "iam:CreatePolicy", Resource: f.arn("policy" + path(in.Path) + aws.ToString(in.PolicyName)),
			Context: requestTags(in.Tags),
		}}
	}))
	onPolicy(s, "GetPolicy", f.getPolicy, func(in *awsiam.GetPolicyInput) *string { return in.PolicyArn })
	onPolicy(s, "DeletePolicy", f.deletePolicy, func(in *awsiam.DeletePolicyInput) *string { return in.PolicyArn })
	onPolicy(s, "TagPolicy", f.tagPolicy, func(in *awsiam.TagPolicyInput) *string { return in.PolicyArn })
	onPolicy(s, "UntagPolicy", f.untagPolicy, func(in *awsiam.UntagPolicyInput) *string { return in.PolicyArn })
	onPolicy(s, "ListPolicyTags", f.listPolicyTags, func(in *awsiam.ListPolicyTagsInput) *string { return in.PolicyArn })
	sim.Handle(s, "ListPolicies", f.listPolicies)
	f.serveVersions(s)
}

// onPolicy registers an operation whose caller needs its action on a policy.
func onPolicy[I, O any](
	s *sim.Service, name string, h func(*sim.Call, *I) (*O, error), of func(*I) *string, opts ...sim.Option[I],
) {
	needs := sim.Needs(func(_ *sim.Call, in *I) []sim.Access {
		return []sim.Access{{Action: "iam:" + name, Resource: aws.ToString(of(in))}}
	})
	sim.Handle(s, name, h, append(opts, needs)...)
}

// policy finds a managed policy, AWS's own too.
func (f *Fake) policy(arn *string) (managedPolicy, error) {
	p, ok := f.managed(aws.ToString(arn))
	if !ok {
		return p, missing("Policy %s was not found.", aws.ToString(arn))
	}
	return p, nil
}

// ownPolicy finds a policy that is not AWS's.
func (f *Fake) ownPolicy(arn *string) (managedPolicy, error) {
	p, err := f.policy(arn)
	if err == nil && p.aws {
		return p, sim.Errorf("AccessDenied", "Policy is outside your own account.")
	}
	return p, err
}

func (f *Fake) createPolicy(_ *sim.Call, in *awsiam.CreatePolicyInput) (*awsiam.CreatePolicyOutput, error) {
	if err := check(rules.CreatePolicy, in); err != nil {
		return nil, err
	}
	arn := f.arn("policy" + path(in.Path) + *in.PolicyName)
	for _, p := range f.policies {
		if strings.EqualFold(*p.PolicyName, *in.PolicyName) {
			return nil, exists("A policy called %s already exists. Duplicate names are not allowed.", *in.PolicyName)
		}
	}
	now := aws.Time(f.sim.Now().Truncate(time.Second))
	p := managedPolicy{
		Policy: iamtypes.Policy{
			Arn: &arn, PolicyName: in.PolicyName, PolicyId: aws.String(f.id("ANPA", *in.PolicyName)),
			Path: aws.String(path(in.Path)), Description: in.Description, Tags: in.Tags,
			CreateDate: now, UpdateDate: now, DefaultVersionId: aws.String("v1"), IsAttachable: true,
		},
		versions: []iamtypes.PolicyVersion{{
			Document: in.PolicyDocument, VersionId: aws.String("v1"), IsDefaultVersion: true, CreateDate: now,
		}},
		made: 1,
	}
	f.policies[arn] = p
	shown := f.shownPolicy(p)
	shown.Description = nil
	return &awsiam.CreatePolicyOutput{Policy: shown}, nil
}

// shownPolicy is the policy as IAM describes it, with the count of its users.
func (f *Fake) shownPolicy(p managedPolicy) *iamtypes.Policy {
	out := p.Policy
	attached, bounds := f.uses(*p.Arn)
	out.AttachmentCount, out.PermissionsBoundaryUsageCount = &attached, &bounds
	return &out
}

func (f *Fake) uses(arn string) (attached, bounds int32) {
	count := func(g grants) {
		if slices.Contains(g.attached, arn) {
			attached++
		}
		if g.boundary == arn {
			bounds++
		}
	}
	for _, r := range f.roles {
		count(r.grants)
	}
	for _, u := range f.users {
		count(u.grants)
	}
	return attached, bounds
}

func (f *Fake) getPolicy(_ *sim.Call, in *awsiam.GetPolicyInput) (*awsiam.GetPolicyOutput, error) {
	p, err := f.policy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	return &awsiam.GetPolicyOutput{Policy: f.shownPolicy(p)}, nil
}

func (f *Fake) deletePolicy(_ *sim.Call, in *awsiam.DeletePolicyInput) (*awsiam.DeletePolicyOutput, error) {
	p, err := f.ownPolicy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	if attached, bounds := f.uses(*p.Arn); attached+bounds > 0 {
		return nil, inUse("Cannot delete a policy attached to entities.")
	}
	if len(p.versions) > 1 {
		return nil, inUse("This policy has more than one version. Before you delete a policy, you must delete " +
			"the policy's versions. The default version is deleted with the policy.")
	}
	delete(f.policies, *p.Arn)
	return &awsiam.DeletePolicyOutput{}, nil
}

func (f *Fake) listPolicies(_ *sim.Call, in *awsiam.ListPoliciesInput) (*awsiam.ListPoliciesOutput, error) {
	var all []iamtypes.Policy
	for _, p := range f.everyPolicy() {
		if f.listed(p, in) {
			shown := f.shownPolicy(p)
			shown.Tags, shown.Description = nil, nil
			all = append(all, *shown)
		}
	}
	page, err := paged(all, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &awsiam.ListPoliciesOutput{Policies: page.items, Marker: page.marker, IsTruncated: page.more}, nil
}

func (f *Fake) listed(p managedPolicy, in *awsiam.ListPoliciesInput) bool {
	attached, bounds := f.uses(*p.Arn)
	switch {
	case in.Scope == iamtypes.PolicyScopeTypeAws && !p.aws, in.Scope == iamtypes.PolicyScopeTypeLocal && p.aws:
		return false
	case in.PolicyUsageFilter == iamtypes.PolicyUsageTypePermissionsBoundary && bounds == 0:
		return false
	case in.PolicyUsageFilter == iamtypes.PolicyUsageTypePermissionsPolicy && attached == 0:
		return false
	default:
		return strings.HasPrefix(*p.Path, path(in.PathPrefix)) && (!in.OnlyAttached || attached > 0)
	}
}

func (f *Fake) tagPolicy(_ *sim.Call, in *awsiam.TagPolicyInput) (*awsiam.TagPolicyOutput, error) {
	p, err := f.ownPolicy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	if p.Tags, err = tagged(p.Tags, in.Tags); err != nil {
		return nil, err
	}
	f.policies[*p.Arn] = p
	return &awsiam.TagPolicyOutput{}, nil
}

func (f *Fake) untagPolicy(_ *sim.Call, in *awsiam.UntagPolicyInput) (*awsiam.UntagPolicyOutput, error) {
	p, err := f.ownPolicy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	p.Tags = untagged(p.Tags, in.TagKeys)
	f.policies[*p.Arn] = p
	return &awsiam.UntagPolicyOutput{}, nil
}

func (f *Fake) listPolicyTags(_ *sim.Call, in *awsiam.ListPolicyTagsInput) (*awsiam.ListPolicyTagsOutput, error) {
	p, err := f.policy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	page, err := paged(p.Tags, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &awsiam.ListPolicyTagsOutput{Tags: page.items, Marker: page.marker, IsTruncated: page.more}, nil
}
