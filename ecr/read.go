// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/ecr"
)

// Read finds the repository by its name.
func (driver) Read(ctx context.Context, c slipway.Call, want *model.Repository) (*live, error) {
	client, name := slipway.Client(c, awsecr.NewFromConfig), aws.ToString(want.Create.RepositoryName)
	found, err := describe(ctx, client, name)
	if awserr.Is(err, "RepositoryNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return rebuild(ctx, client, found)
}

func describe(ctx context.Context, client *awsecr.Client, name string) (ecrtypes.Repository, error) {
	out, err := client.DescribeRepositories(ctx, &awsecr.DescribeRepositoriesInput{RepositoryNames: []string{name}})
	if err != nil {
		return ecrtypes.Repository{}, awserr.Wrap(err, "describe repository "+name)
	}
	return out.Repositories[0], nil
}

// List finds the repositories that the stack owns.
func (driver) List(ctx context.Context, c slipway.Call) ([]*live, error) {
	client := slipway.Client(c, awsecr.NewFromConfig)
	var all []ecrtypes.Repository
	for pages := awsecr.NewDescribeRepositoriesPaginator(client, &awsecr.DescribeRepositoriesInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "describe repositories")
		}
		all = append(all, page.Repositories...)
	}
	found := make([]*live, len(all))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, repo := range all {
		group.Go(func() error {
			tags, err := tagsOf(ctx, client, repo)
			if err != nil || tags[slipway.TagStack] != c.Stack {
				return err
			}
			found[i], err = rebuild(ctx, client, repo)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var mine []*live
	for _, l := range found {
		if l != nil {
			mine = append(mine, l)
		}
	}
	return mine, nil
}

// readers is how many repositories are looked at a time.
const readers = 8

func tagsOf(ctx context.Context, client *awsecr.Client, repo ecrtypes.Repository) (map[string]string, error) {
	out, err := client.ListTagsForResource(ctx, &awsecr.ListTagsForResourceInput{ResourceArn: repo.RepositoryArn})
	if awserr.Is(err, "RepositoryNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, awserr.Wrap(err, "list the tags of repository "+aws.ToString(repo.RepositoryName))
	}
	return tagMap(out.Tags), nil
}

// rebuild asks for what a description leaves out, and makes the state of it all.
func rebuild(ctx context.Context, client *awsecr.Client, repo ecrtypes.Repository) (*live, error) {
	var tags map[string]string
	var lifecycle, policy string
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		tags, err = tagsOf(ctx, client, repo)
		return err
	})
	group.Go(func() (err error) {
		lifecycle, err = lifecycleOf(ctx, client, repo.RepositoryName)
		return err
	})
	group.Go(func() (err error) {
		policy, err = policyOf(ctx, client, repo.RepositoryName)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return &live{
		State: model.Repository{
			Create: awsecr.CreateRepositoryInput{
				RepositoryName: repo.RepositoryName, EncryptionConfiguration: repo.EncryptionConfiguration,
				ImageScanningConfiguration: repo.ImageScanningConfiguration, ImageTagMutability: repo.ImageTagMutability,
				ImageTagMutabilityExclusionFilters: repo.ImageTagMutabilityExclusionFilters, Tags: tagList(users(tags)),
			},
			Lifecycle: &lifecycle, Policy: &policy, ForceDelete: tags[model.TagForceDelete] == "true",
		},
		Outputs: map[string][]string{
			"arn": {aws.ToString(repo.RepositoryArn)}, "name": {aws.ToString(repo.RepositoryName)}, "uri": {aws.ToString(repo.RepositoryUri)},
		},
		Owner: slipway.Owner{Stack: tags[slipway.TagStack], Resource: tags[slipway.TagResource]},
	}, nil
}

func lifecycleOf(ctx context.Context, client *awsecr.Client, name *string) (string, error) {
	out, err := client.GetLifecyclePolicy(ctx, &awsecr.GetLifecyclePolicyInput{RepositoryName: name})
	switch {
	case awserr.Is(err, "LifecyclePolicyNotFoundException"):
		return "", nil
	case err != nil:
		return "", awserr.Wrap(err, "get the lifecycle policy of "+aws.ToString(name))
	default:
		return aws.ToString(out.LifecyclePolicyText), nil
	}
}

func policyOf(ctx context.Context, client *awsecr.Client, name *string) (string, error) {
	out, err := client.GetRepositoryPolicy(ctx, &awsecr.GetRepositoryPolicyInput{RepositoryName: name})
	switch {
	case awserr.Is(err, "RepositoryPolicyNotFoundException"):
		return "", nil
	case err != nil:
		return "", awserr.Wrap(err, "get the policy of repository "+aws.ToString(name))
	default:
		return aws.ToString(out.PolicyText), nil
	}
}
