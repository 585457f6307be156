// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/awsid"
	model "github.com/slipway-go/slipway/internal/model/ecr"
	"github.com/slipway-go/slipway/internal/rules"
	ruleset "github.com/slipway-go/slipway/internal/rules/ecr"
)

// driver keeps repositories.
type driver struct{ awsid.Identity }

type live = slipway.Live[model.Repository]

// Kinds returns the kinds of this package, which stand on no others.
func (driver) Kinds() []slipway.Kind { return Kinds() }

// Before returns nothing: images go with their repository.
func (driver) Before() []string { return nil }

// Defaults fills in mutable tags, no scan, AES256 and no policies.
func (driver) Defaults(s *model.Repository) {
	c := &s.Create
	c.ImageTagMutability = cmp.Or(c.ImageTagMutability, ecrtypes.ImageTagMutabilityMutable)
	if c.ImageTagMutabilityExclusionFilters == nil {
		c.ImageTagMutabilityExclusionFilters = []ecrtypes.ImageTagMutabilityExclusionFilter{}
	}
	if c.ImageScanningConfiguration == nil {
		c.ImageScanningConfiguration = &ecrtypes.ImageScanningConfiguration{}
	}
	if c.EncryptionConfiguration == nil {
		c.EncryptionConfiguration = &ecrtypes.EncryptionConfiguration{EncryptionType: ecrtypes.EncryptionTypeAes256}
	}
	c.Tags = tagList(tagMap(c.Tags))
	if c.Tags == nil {
		c.Tags = []ecrtypes.Tag{}
	}
	for _, document := range []**string{&s.Lifecycle, &s.Policy} {
		if *document == nil {
			*document = aws.String("")
		}
	}
}

// Check runs the rules on the repository and its policies.
func (driver) Check(refs slipway.Refs, s *model.Repository) []slipway.FieldError {
	all := rules.At("Create", ruleset.CreateRepository.All(refs, &s.Create))
	name := s.Create.RepositoryName
	if text := aws.ToString(s.Lifecycle); text != "" {
		in := &awsecr.PutLifecyclePolicyInput{RepositoryName: name, LifecyclePolicyText: &text}
		all = append(all, rules.At("Lifecycle", ruleset.PutLifecyclePolicy.All(refs, in))...)
	}
	if text := aws.ToString(s.Policy); text != "" && !slipway.HasRef(text) {
		in := &awsecr.SetRepositoryPolicyInput{RepositoryName: name, PolicyText: &text}
		all = append(all, rules.At("Policy", ruleset.SetRepositoryPolicy.All(refs, in))...)
	}
	return all
}

// Effects says that the name and the encryption cannot be changed.
func (driver) Effects() slipway.Effects {
	return slipway.Effects{
		Fields: map[string]slipway.Effect{
			"Create.RepositoryName": slipway.NewName, "Create.EncryptionConfiguration": slipway.NewName,
		},
		Keys:      map[string]string{"Create.Tags": "Key"},
		Sets:      []string{"Create.ImageTagMutabilityExclusionFilters"},
		Documents: []string{"Lifecycle", "Policy"},
		Ignore:    []string{"Create.RegistryId"},
	}
}

// Permissions returns what the calls need.
func (driver) Permissions(have *live, want *model.Repository) []slipway.Permission {
	actions := []string{
		"ecr:DescribeRepositories", "ecr:ListTagsForResource", "ecr:GetLifecyclePolicy", "ecr:GetRepositoryPolicy",
	}
	if have == nil && want == nil {
		return []slipway.Permission{{Actions: actions, Resources: []string{"*"}}}
	}
	state := want
	switch {
	case want == nil:
		actions = append(actions, "ecr:DeleteRepository", "ecr:ListImages")
		state = &have.State
	case have == nil:
		actions = append(actions, "ecr:CreateRepository", "ecr:TagResource")
	default:
		actions = append(actions, "ecr:TagResource", "ecr:UntagResource", "ecr:PutImageTagMutability", "ecr:PutImageScanningConfiguration")
	}
	if want != nil {
		actions = append(actions, policyActions(have, want)...)
	}
	return []slipway.Permission{{Actions: actions, Resources: []string{existing(aws.ToString(state.Create.RepositoryName)).ARN()}}}
}

func policyActions(have *live, want *model.Repository) []string {
	var actions []string
	add := func(old, wanted *string, put, remove string) {
		if aws.ToString(wanted) != "" {
			actions = append(actions, put)
		} else if aws.ToString(old) != "" {
			actions = append(actions, remove)
		}
	}
	var old model.Repository
	if have != nil {
		old = have.State
	}
	add(old.Lifecycle, want.Lifecycle, "ecr:PutLifecyclePolicy", "ecr:DeleteLifecyclePolicy")
	add(old.Policy, want.Policy, "ecr:SetRepositoryPolicy", "ecr:DeleteRepositoryPolicy")
	return actions
}

// Delete removes the repository. One that holds images is kept, unless it was
// declared with WithForceDelete.
func (driver) Delete(ctx context.Context, c slipway.Call, have *live) error {
	name := have.State.Create.RepositoryName
	_, err := slipway.Client(c, awsecr.NewFromConfig).DeleteRepository(ctx, &awsecr.DeleteRepositoryInput{
		RepositoryName: name, Force: have.State.ForceDelete,
	})
	if awserr.Is(err, "RepositoryNotFoundException") {
		return nil
	}
	return awserr.Wrap(err, "delete repository "+aws.ToString(name))
}

// Tag makes the repository the stack's own.
func (driver) Tag(ctx context.Context, c slipway.Call, have *live) error {
	_, err := slipway.Client(c, awsecr.NewFromConfig).TagResource(ctx, &awsecr.TagResourceInput{
		ResourceArn: aws.String(first(have.Outputs["arn"])), Tags: tagList(c.Tags()),
	})
	return awserr.Wrap(err, "tag repository "+aws.ToString(have.State.Create.RepositoryName))
}

// first returns the only value of an output, or "".
func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

func equalFilters(a, b []ecrtypes.ImageTagMutabilityExclusionFilter) bool {
	texts := func(filters []ecrtypes.ImageTagMutabilityExclusionFilter) []string {
		var list []string
		for _, f := range filters {
			list = append(list, aws.ToString(f.Filter))
		}
		slices.Sort(list)
		return list
	}
	return slices.Equal(texts(a), texts(b))
}
