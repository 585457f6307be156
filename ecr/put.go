// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/ecr"
)

// change is one repository on its way from what it is to what is wanted.
type change struct {
	client     *awsecr.Client
	name, arn  *string
	have, want *model.Repository
}

// Put makes the repository, or changes what differs.
func (d driver) Put(ctx context.Context, c slipway.Call, have *live, want *model.Repository) error {
	filled := *want
	d.Defaults(&filled)
	client := slipway.Client(c, awsecr.NewFromConfig)
	if have == nil {
		var err error
		if have, err = d.create(ctx, c, client, &filled); err != nil {
			return err
		}
	}
	d.Defaults(&have.State)
	change := change{
		client: client, name: filled.Create.RepositoryName, arn: aws.String(first(have.Outputs["arn"])), have: &have.State, want: &filled,
	}
	for _, step := range []func(context.Context) error{change.mutability, change.scanning, change.lifecycle, change.policy} {
		if err := step(ctx); err != nil {
			return awserr.Wrap(err, "change repository "+aws.ToString(change.name))
		}
	}
	return awserr.Wrap(change.tags(ctx), "tag repository "+aws.ToString(change.name))
}

// create makes the repository and returns it as it is then: without policies. A
// create whose reply was lost is repeated by the SDK, and ECR takes no token: if
// the repository is ours, this was one.
func (d driver) create(ctx context.Context, c slipway.Call, client *awsecr.Client, want *model.Repository) (*live, error) {
	in := want.Create
	in.Tags = tagList(wanted(c, want))
	if len(in.ImageTagMutabilityExclusionFilters) == 0 {
		in.ImageTagMutabilityExclusionFilters = nil
	}
	out, err := client.CreateRepository(ctx, &in)
	if err == nil {
		made := &live{State: model.Repository{Create: want.Create, ForceDelete: want.ForceDelete}, Owner: c.Owner()}
		made.Outputs = map[string][]string{"arn": {aws.ToString(out.Repository.RepositoryArn)}}
		return made, nil
	}
	wrapped := awserr.Wrap(err, "create repository "+aws.ToString(in.RepositoryName))
	if !awserr.Is(err, "RepositoryAlreadyExistsException") {
		return nil, wrapped
	}
	found, err := d.Read(ctx, c, want)
	if err != nil || found == nil || found.Owner != c.Owner() {
		return nil, wrapped
	}
	return found, nil
}

func (c change) mutability(ctx context.Context) error {
	want, have := c.want.Create, c.have.Create
	if want.ImageTagMutability == have.ImageTagMutability &&
		equalFilters(want.ImageTagMutabilityExclusionFilters, have.ImageTagMutabilityExclusionFilters) {
		return nil
	}
	in := &awsecr.PutImageTagMutabilityInput{RepositoryName: c.name, ImageTagMutability: want.ImageTagMutability}
	if len(want.ImageTagMutabilityExclusionFilters) > 0 {
		in.ImageTagMutabilityExclusionFilters = want.ImageTagMutabilityExclusionFilters
	}
	_, err := c.client.PutImageTagMutability(ctx, in)
	return err
}

func (c change) scanning(ctx context.Context) error {
	want := c.want.Create.ImageScanningConfiguration
	if want.ScanOnPush == c.have.Create.ImageScanningConfiguration.ScanOnPush {
		return nil
	}
	_, err := c.client.PutImageScanningConfiguration(ctx, &awsecr.PutImageScanningConfigurationInput{
		RepositoryName: c.name, ImageScanningConfiguration: want,
	})
	return err
}

func (c change) lifecycle(ctx context.Context) error {
	var err error
	switch want := aws.ToString(c.want.Lifecycle); {
	case want == aws.ToString(c.have.Lifecycle):
	case want == "":
		_, err = c.client.DeleteLifecyclePolicy(ctx, &awsecr.DeleteLifecyclePolicyInput{RepositoryName: c.name})
		if awserr.Is(err, "LifecyclePolicyNotFoundException") {
			return nil
		}
	default:
		_, err = c.client.PutLifecyclePolicy(ctx, &awsecr.PutLifecyclePolicyInput{RepositoryName: c.name, LifecyclePolicyText: &want})
	}
	return err
}

func (c change) policy(ctx context.Context) error {
	var err error
	switch want := aws.ToString(c.want.Policy); {
	case want == aws.ToString(c.have.Policy):
	case want == "":
		_, err = c.client.DeleteRepositoryPolicy(ctx, &awsecr.DeleteRepositoryPolicyInput{RepositoryName: c.name})
		if awserr.Is(err, "RepositoryPolicyNotFoundException") {
			return nil
		}
	default:
		_, err = c.client.SetRepositoryPolicy(ctx, &awsecr.SetRepositoryPolicyInput{RepositoryName: c.name, PolicyText: &want})
	}
	return err
}

// tags sets what is missing or differs, and takes away what is the user's no more.
func (c change) tags(ctx context.Context) error {
	have, want := tagMap(c.have.Create.Tags), tagMap(c.want.Create.Tags)
	if c.have.ForceDelete {
		have[model.TagForceDelete] = "true"
	}
	if c.want.ForceDelete {
		want[model.TagForceDelete] = "true"
	}
	set, gone := maps.Clone(want), maps.Clone(have)
	maps.DeleteFunc(set, func(key, value string) bool { old, ok := have[key]; return ok && old == value })
	maps.DeleteFunc(gone, func(key, _ string) bool { _, ok := want[key]; return ok })
	if len(set) > 0 {
		if _, err := c.client.TagResource(ctx, &awsecr.TagResourceInput{ResourceArn: c.arn, Tags: tagList(set)}); err != nil {
			return err
		}
	}
	if len(gone) == 0 {
		return nil
	}
	_, err := c.client.UntagResource(ctx, &awsecr.UntagResourceInput{ResourceArn: c.arn, TagKeys: slices.Sorted(maps.Keys(gone))})
	return err
}
