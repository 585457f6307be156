// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/iam"
)

// mostVersions is how many versions a managed policy can have.
const mostVersions = 5

func (f *Fake) serveVersions(s *sim.Service) {
	onPolicy(s, "CreatePolicyVersion", f.createVersion, func(in *awsiam.CreatePolicyVersionInput) *string { return in.PolicyArn })
	onPolicy(s, "GetPolicyVersion", f.getVersion, func(in *awsiam.GetPolicyVersionInput) *string { return in.PolicyArn })
	onPolicy(s, "DeletePolicyVersion", f.deleteVersion, func(in *awsiam.DeletePolicyVersionInput) *string { return in.PolicyArn })
	onPolicy(s, "SetDefaultPolicyVersion", f.setDefault,
		func(in *awsiam.SetDefaultPolicyVersionInput) *string { return in.PolicyArn })
	onPolicy(s, "ListPolicyVersions", f.listVersions, func(in *awsiam.ListPolicyVersionsInput) *string { return in.PolicyArn })
}

// version finds a version of a policy by its id, such as "v2".
func (p managedPolicy) version(id *string) (int, error) {
	at := slices.IndexFunc(p.versions, func(v iamtypes.PolicyVersion) bool { return *v.VersionId == aws.ToString(id) })
	if at < 0 {
		return 0, missing("Policy %s version %s does not exist or is not attachable.", *p.Arn, aws.ToString(id))
	}
	return at, nil
}

// withDefault returns p with another default version.
func (p managedPolicy) withDefault(id string) managedPolicy {
	p.versions = slices.Clone(p.versions)
	for i := range p.versions {
		p.versions[i].IsDefaultVersion = *p.versions[i].VersionId == id
	}
	p.DefaultVersionId = &id
	return p
}

func (f *Fake) createVersion(_ *sim.Call, in *awsiam.CreatePolicyVersionInput) (*awsiam.CreatePolicyVersionOutput, error) {
	if err := check(rules.CreatePolicyVersion, in); err != nil {
		return nil, err
	}
	p, err := f.ownPolicy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	if len(p.versions) >= mostVersions {
		return nil, limit("A managed policy can have up to %d versions. Before you create a new version, "+
			"you must delete an existing version.", mostVersions)
	}
	p.made++
	now := aws.Time(f.sim.Now().Truncate(time.Second))
	v := iamtypes.PolicyVersion{Document: in.PolicyDocument, VersionId: aws.String(fmt.Sprintf("v%d", p.made)), CreateDate: now}
	p.versions = append(slices.Clip(p.versions), v)
	p.UpdateDate = now
	if in.SetAsDefault {
		p = p.withDefault(*v.VersionId)
	}
	f.policies[*p.Arn] = p
	v.Document, v.IsDefaultVersion = nil, in.SetAsDefault
	return &awsiam.CreatePolicyVersionOutput{PolicyVersion: &v}, nil
}

func (f *Fake) getVersion(_ *sim.Call, in *awsiam.GetPolicyVersionInput) (*awsiam.GetPolicyVersionOutput, error) {
	p, err := f.policy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	at, err := p.version(in.VersionId)
	if err != nil {
		return nil, err
	}
	v := p.versions[at]
	v.Document = encoded(*v.Document)
	return &awsiam.GetPolicyVersionOutput{PolicyVersion: &v}, nil
}

func (f *Fake) deleteVersion(_ *sim.Call, in *awsiam.DeletePolicyVersionInput) (*awsiam.DeletePolicyVersionOutput, error) {
	p, err := f.ownPolicy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	at, err := p.version(in.VersionId)
	if err != nil {
		return nil, err
	}
	if p.versions[at].IsDefaultVersion {
		return nil, inUse("Cannot delete the default version of a policy.")
	}
	p.versions = slices.Delete(slices.Clone(p.versions), at, at+1)
	f.policies[*p.Arn] = p
	return &awsiam.DeletePolicyVersionOutput{}, nil
}

func (f *Fake) setDefault(_ *sim.Call, in *awsiam.SetDefaultPolicyVersionInput) (*awsiam.SetDefaultPolicyVersionOutput, error) {
	p, err := f.ownPolicy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	if _, err := p.version(in.VersionId); err != nil {
		return nil, err
	}
	f.policies[*p.Arn] = p.withDefault(*in.VersionId)
	return &awsiam.SetDefaultPolicyVersionOutput{}, nil
}

// listVersions gives the newest first, without documents, as IAM does.
func (f *Fake) listVersions(_ *sim.Call, in *awsiam.ListPolicyVersionsInput) (*awsiam.ListPolicyVersionsOutput, error) {
	p, err := f.policy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(p.versions)
	slices.Reverse(all)
	for i := range all {
		all[i].Document = nil
	}
	page, err := paged(all, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &awsiam.ListPolicyVersionsOutput{Versions: page.items, Marker: page.marker, IsTruncated: page.more}, nil
}
