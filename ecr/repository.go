// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecr"
	"github.com/slipway-go/slipway/internal/override"
)

// RepositoryRef is a repository to push to: a declared [Repository] or an existing
// one by [RepositoryNamed].
type RepositoryRef interface {
	// ARN returns the repository's ARN, as a placeholder or with some.
	ARN() string
	// URI returns what image references begin with, as a placeholder or with some.
	URI() string
	// Resources returns what must be declared with it: itself, unless it exists.
	Resources() []slipway.Resource

	repositoryName() string
}

// RepositoryNamed returns the existing repository of that name in the account and
// region of the call.
func RepositoryNamed(name string) RepositoryRef { return existing(name) }

type existing string

func (e existing) ARN() string {
	return "arn:" + slipway.Self("partition") + ":ecr:" + slipway.Self("region") + ":" + slipway.Self("account") + ":repository/" + string(e)
}

func (e existing) URI() string {
	return slipway.Self("account") + ".dkr.ecr." + slipway.Self("region") + "." + slipway.Self("domain") + "/" + string(e)
}

func (e existing) Resources() []slipway.Resource {
	return []slipway.Resource{slipway.Named(slipway.ID{Kind: model.KindRepository, Name: string(e)})}
}

func (e existing) repositoryName() string { return string(e) }

// Repository is a private repository. The zero options are AWS's own: tags can be
// moved, nothing is scanned or expired, images are encrypted with AES256.
type Repository struct {
	name        string
	mutability  ecrtypes.ImageTagMutability
	exclusions  []string
	scan, force bool
	encryption  *ecrtypes.EncryptionConfiguration
	tags        map[string]string
	rules       []Rule
	policy      *string
	overrides   []func(*awsecr.CreateRepositoryInput)
}

// NewRepository returns a repository of that name: 2 to 256 lower case letters and
// digits, with ".", "_", "-" and "/" between them. It cannot be changed later, see
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html.
func NewRepository(name string) Repository { return Repository{name: name} }

// WithImmutableTags keeps tags on the image that they were first given to, except
// tags that fit one of the exclusions, such as "latest" or "dev-*": at most five,
// each with at most two wildcards. See
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html.
func (r Repository) WithImmutableTags(exclusions ...string) Repository {
	r.mutability = ecrtypes.ImageTagMutabilityImmutable
	if len(exclusions) > 0 {
		r.mutability = ecrtypes.ImageTagMutabilityImmutableWithExclusion
	}
	r.exclusions = slices.Clone(exclusions)
	return r
}

// WithMutableTags lets tags be moved, except tags that fit one of the exclusions,
// such as "v*". Without exclusions it is AWS's default.
func (r Repository) WithMutableTags(exclusions ...string) Repository {
	r.mutability = ecrtypes.ImageTagMutabilityMutable
	if len(exclusions) > 0 {
		r.mutability = ecrtypes.ImageTagMutabilityMutableWithExclusion
	}
	r.exclusions = slices.Clone(exclusions)
	return r
}

// WithScanOnPush has images scanned for vulnerabilities when they are pushed. AWS
// prefers the registry's own scanning configuration, which overrides this.
func (r Repository) WithScanOnPush() Repository {
	r.scan = true
	return r
}

// WithKMS encrypts images with a KMS key, by its ARN; "" stands for the key that
// AWS manages for ECR. It cannot be changed later, see
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html.
func (r Repository) WithKMS(keyARN string) Repository {
	r.encryption = &ecrtypes.EncryptionConfiguration{EncryptionType: ecrtypes.EncryptionTypeKms}
	if keyARN != "" {
		r.encryption.KmsKey = &keyARN
	}
	return r
}

// WithTag sets a tag: at most 50, keys of up to 128 and values of up to 256
// characters.
func (r Repository) WithTag(key, value string) Repository {
	r.tags = maps.Clone(r.tags)
	if r.tags == nil {
		r.tags = map[string]string{}
	}
	r.tags[key] = value
	return r
}

// WithLifecycle adds rules by which ECR expires images, within a day. The first
// rule that an image's tags fit decides about it: later ones cannot expire it.
// See https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html.
func (r Repository) WithLifecycle(rules ...Rule) Repository {
	r.rules = append(slices.Clip(r.rules), rules...)
	return r
}

// WithPolicy sets the repository's resource policy, a JSON document whose
// statements have a Principal and no Resource. It is how other accounts get
// access, see
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html.
func (r Repository) WithPolicy(document string) Repository {
	r.policy = &document
	return r
}

// WithForceDelete has the repository deleted with its images. Without it,
// destroying a repository that holds images is refused. AWS knows nothing of this
// setting, so it is kept as the tag slipway:force-delete.
func (r Repository) WithForceDelete() Repository {
	r.force = true
	return r
}

// WithOverride has f change the input of CreateRepository after everything else,
// for what this builder does not offer.
func (r Repository) WithOverride(f func(*awsecr.CreateRepositoryInput)) Repository {
	r.overrides = append(slices.Clip(r.overrides), f)
	return r
}

// ID names the repository.
func (r Repository) ID() slipway.ID { return slipway.ID{Kind: model.KindRepository, Name: r.name} }

// ARN returns the repository's ARN, as a placeholder.
func (r Repository) ARN() string { return slipway.Ref(r.ID(), "arn") }

// URI returns what references to the repository's images begin with, such as
// "123456789012.dkr.ecr.eu-central-1.amazonaws.com/web", as a placeholder.
func (r Repository) URI() string { return slipway.Ref(r.ID(), "uri") }

// Resources returns the repository itself.
func (r Repository) Resources() []slipway.Resource { return []slipway.Resource{r} }

func (r Repository) repositoryName() string { return r.name }

// Build returns the input of CreateRepository with the policies.
func (r Repository) Build() (slipway.Desired, error) {
	s, overridden, err := r.state()
	return slipway.Desired{Kind: repositoryKind(), State: s, Overridden: overridden}, err
}

// Validate reports everything that AWS would reject.
func (r Repository) Validate() error {
	s, _, err := r.state()
	return errors.Join(err, slipway.JoinFields(named(r.ID(), driver{}.Check(nil, s))))
}

func named(id slipway.ID, problems []slipway.FieldError) []slipway.FieldError {
	for i := range problems {
		problems[i].Path = id.String() + " " + problems[i].Path
	}
	return problems
}

func (r Repository) state() (s *model.Repository, overridden []string, err error) {
	s = &model.Repository{
		Create: awsecr.CreateRepositoryInput{
			RepositoryName: aws.String(r.name), ImageTagMutability: r.mutability, EncryptionConfiguration: r.encryptionInput(), Tags: tagList(r.tags),
		},
		Policy: r.policy, ForceDelete: r.force,
	}
	if r.scan {
		s.Create.ImageScanningConfiguration = &ecrtypes.ImageScanningConfiguration{ScanOnPush: true}
	}
	for _, filter := range r.exclusions {
		s.Create.ImageTagMutabilityExclusionFilters = append(s.Create.ImageTagMutabilityExclusionFilters, ecrtypes.ImageTagMutabilityExclusionFilter{
			Filter: aws.String(filter), FilterType: ecrtypes.ImageTagMutabilityExclusionFilterTypeWildcard,
		})
	}
	if len(r.rules) > 0 {
		s.Lifecycle, err = render(r.rules)
	}
	overridden = override.Run("Create.", &s.Create, r.overrides...)
	return s, overridden, errors.Join(err, r.checkKey(s))
}

func (r Repository) encryptionInput() *ecrtypes.EncryptionConfiguration {
	if r.encryption == nil {
		return nil
	}
	e := *r.encryption
	return &e
}

// checkKey wants an ARN: ECR tells a key by it, whatever it was given.
func (r Repository) checkKey(s *model.Repository) error {
	encryption := s.Create.EncryptionConfiguration
	if encryption == nil || encryption.KmsKey == nil {
		return nil
	}
	key := *encryption.KmsKey
	if strings.HasPrefix(key, "arn:") || slipway.HasRef(key) {
		return nil
	}
	return slipway.FieldError{
		Path: r.ID().String() + " Create.EncryptionConfiguration.KmsKey", Got: fmt.Sprintf("%q", key), Want: "the ARN of a KMS key",
		Rule: "ecr-kms-arn", Doc: "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_EncryptionConfiguration.html",
	}
}
