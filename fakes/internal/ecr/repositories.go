// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ecr"
)

func (f *Fake) handleRepositories(s *sim.Service) {
	sim.Handle(s, "CreateRepository", f.createRepository, sim.Needs(createNeeds))
	sim.Handle(s, "DescribeRepositories", f.describeRepositories, sim.Needs(describeNeeds))
	sim.Handle(s, "DeleteRepository", f.deleteRepository, onRepository(f, func(in *awsecr.DeleteRepositoryInput) *string { return in.RepositoryName }))
	sim.Handle(s, "PutImageTagMutability", f.putMutability, onRepository(f, func(in *awsecr.PutImageTagMutabilityInput) *string { return in.RepositoryName }))
	sim.Handle(s, "PutImageScanningConfiguration", f.putScanning, onRepository(f, func(in *awsecr.PutImageScanningConfigurationInput) *string { return in.RepositoryName }))
}

func (f *Fake) createRepository(c *sim.Call, in *awsecr.CreateRepositoryInput) (*awsecr.CreateRepositoryOutput, error) {
	if err := sim.Check(rules.CreateRepository, nil, in, typed); err != nil {
		return nil, err
	}
	r, name := f.registries.In(c), *in.RepositoryName
	if id := deref(in.RegistryId); id != "" && id != r.account {
		return nil, invalid("Invalid parameter at 'registryId' failed to satisfy constraint: 'must be the caller's own registry'")
	}
	if _, exists := r.repos[name]; exists {
		return nil, &ecrtypes.RepositoryAlreadyExistsException{
			Message: text("The repository with name '%s' already exists in the registry with id '%s'", name, r.account),
		}
	}
	repo := &repository{
		Repository: ecrtypes.Repository{
			CreatedAt: aws.Time(c.Now()), RegistryId: &r.account, RepositoryArn: aws.String(r.arn(name)), RepositoryName: &name,
			RepositoryUri:                      aws.String(r.host() + "/" + name),
			EncryptionConfiguration:            r.encryption(c, in.EncryptionConfiguration),
			ImageScanningConfiguration:         scanningOr(in.ImageScanningConfiguration),
			ImageTagMutability:                 mutabilityOr(in.ImageTagMutability),
			ImageTagMutabilityExclusionFilters: in.ImageTagMutabilityExclusionFilters,
		},
		tags: tagMap(in.Tags), images: map[string]*image{}, tagged: map[string]string{}, layers: map[string]bool{},
	}
	r.repos[name] = repo
	return &awsecr.CreateRepositoryOutput{Repository: &repo.Repository}, nil
}

// encryption fills in AES256, and AWS's own key for KMS.
func (r *registry) encryption(c *sim.Call, e *ecrtypes.EncryptionConfiguration) *ecrtypes.EncryptionConfiguration {
	if e == nil {
		return &ecrtypes.EncryptionConfiguration{EncryptionType: ecrtypes.EncryptionTypeAes256}
	}
	filled := *e
	if filled.EncryptionType != ecrtypes.EncryptionTypeAes256 && filled.KmsKey == nil {
		filled.KmsKey = aws.String(c.ARN("kms", "key/aws-ecr"))
	}
	return &filled
}

func scanningOr(s *ecrtypes.ImageScanningConfiguration) *ecrtypes.ImageScanningConfiguration {
	if s == nil {
		return &ecrtypes.ImageScanningConfiguration{}
	}
	return s
}

func mutabilityOr(m ecrtypes.ImageTagMutability) ecrtypes.ImageTagMutability {
	if m == "" {
		return ecrtypes.ImageTagMutabilityMutable
	}
	return m
}

// repositoriesAPage is the default of DescribeRepositories.
const repositoriesAPage = 100

func (f *Fake) describeRepositories(c *sim.Call, in *awsecr.DescribeRepositoriesInput) (*awsecr.DescribeRepositoriesOutput, error) {
	r := f.registries.In(c)
	var all []ecrtypes.Repository
	for _, name := range in.RepositoryNames {
		repo, err := r.repository(in.RegistryId, &name)
		if err != nil {
			return nil, err
		}
		all = append(all, repo.Repository)
	}
	if len(in.RepositoryNames) > 0 {
		return &awsecr.DescribeRepositoriesOutput{Repositories: all}, nil
	}
	for _, repo := range r.sorted() {
		all = append(all, repo.Repository)
	}
	page, next, err := page(all, in.NextToken, in.MaxResults, repositoriesAPage)
	return &awsecr.DescribeRepositoriesOutput{Repositories: page, NextToken: next}, err
}

// page is [sim.Page] with ECR's size and error.
func page[E any](all []E, token *string, size *int32, usual int) ([]E, *string, error) {
	if size != nil {
		usual = int(*size)
	}
	if usual < 1 || usual > 1000 {
		return nil, nil, invalid("Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value between 1 and 1000'")
	}
	some, next, err := sim.Page(all, token, usual)
	if err != nil {
		return nil, nil, invalid("Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'")
	}
	return some, next, nil
}

func (f *Fake) deleteRepository(c *sim.Call, in *awsecr.DeleteRepositoryInput) (*awsecr.DeleteRepositoryOutput, error) {
	r := f.registries.In(c)
	repo, err := r.repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if len(repo.images) > 0 && !in.Force {
		return nil, &ecrtypes.RepositoryNotEmptyException{Message: text(
			"The repository with name '%s' in registry with id '%s' cannot be deleted because it still contains images",
			*in.RepositoryName, r.account,
		)}
	}
	delete(r.repos, *in.RepositoryName)
	r.sweep()
	return &awsecr.DeleteRepositoryOutput{Repository: &repo.Repository}, nil
}

// sweep drops the blobs that no repository holds any more.
func (r *registry) sweep() {
	held := map[string]bool{}
	for _, repo := range r.repos {
		for digest := range repo.layers {
			held[digest] = true
		}
	}
	for digest := range r.blobs {
		if !held[digest] {
			delete(r.blobs, digest)
		}
	}
}

func (f *Fake) putMutability(c *sim.Call, in *awsecr.PutImageTagMutabilityInput) (*awsecr.PutImageTagMutabilityOutput, error) {
	if err := sim.Check(rules.PutImageTagMutability, nil, in, typed); err != nil {
		return nil, err
	}
	repo, err := f.registries.In(c).repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	repo.ImageTagMutability = in.ImageTagMutability
	repo.ImageTagMutabilityExclusionFilters = slices.Clone(in.ImageTagMutabilityExclusionFilters)
	return &awsecr.PutImageTagMutabilityOutput{
		ImageTagMutability: repo.ImageTagMutability, RegistryId: repo.RegistryId, RepositoryName: repo.RepositoryName,
		ImageTagMutabilityExclusionFilters: repo.ImageTagMutabilityExclusionFilters,
	}, nil
}

func (f *Fake) putScanning(c *sim.Call, in *awsecr.PutImageScanningConfigurationInput) (*awsecr.PutImageScanningConfigurationOutput, error) {
	repo, err := f.registries.In(c).repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	repo.ImageScanningConfiguration = scanningOr(in.ImageScanningConfiguration)
	return &awsecr.PutImageScanningConfigurationOutput{
		ImageScanningConfiguration: repo.ImageScanningConfiguration, RegistryId: repo.RegistryId, RepositoryName: repo.RepositoryName,
	}, nil
}
