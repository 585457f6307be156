// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
	"github.com/slipway-go/slipway/internal/rules/ecr"
)

func first[T any](t *testing.T, of rules.Of[T], in *T) (rule, text string) {
	t.Helper()
	v, _ := of.First(nil, in)
	return v.Rule, v.Text
}

func TestRepositoryNames(t *testing.T) {
	t.Parallel()
	for name, legal := range map[string]bool{
		"web": true, "team/web": true, "a.b_c-d/e": true, "0a": true, strings.Repeat("a", 256): true,
		"": false, "a": false, "Web": false, "web/": false, "/web": false, "a--b": false, "a b": false, strings.Repeat("a", 257): false,
		slipway.Ref(slipway.ID{Kind: "x:Y", Name: "z"}, "name"): true,
	} {
		rule, text := first(t, ecr.CreateRepository, &awsecr.CreateRepositoryInput{RepositoryName: &name})
		if legal {
			require.Empty(t, rule, name)
			continue
		}
		require.Equal(t, "ecr-repository-name", rule, name)
		require.Contains(t, text, "Invalid parameter at 'repositoryName' failed to satisfy constraint:")
	}
}

func TestCreateRepository(t *testing.T) {
	t.Parallel()
	wildcard := func(filters ...string) (list []ecrtypes.ImageTagMutabilityExclusionFilter) {
		for _, f := range filters {
			list = append(list, ecrtypes.ImageTagMutabilityExclusionFilter{Filter: &f, FilterType: ecrtypes.ImageTagMutabilityExclusionFilterTypeWildcard})
		}
		return list
	}
	many := make([]ecrtypes.Tag, ecr.MaxTags+1)
	for i := range many {
		many[i] = ecrtypes.Tag{Key: aws.String(strings.Repeat("k", i+1)), Value: aws.String("v")}
	}
	for _, test := range []struct {
		name, rule, reason string
		in                 awsecr.CreateRepositoryInput
	}{
		{"plain", "", "only the name is required", awsecr.CreateRepositoryInput{}},
		{"mode", "ecr-mutability", "there is no such mode", awsecr.CreateRepositoryInput{ImageTagMutability: "NEVER"}},
		{"filters with the default", "ecr-mutability", "MUTABLE takes none", awsecr.CreateRepositoryInput{ImageTagMutabilityExclusionFilters: wildcard("a")}},
		{
			"no filters", "ecr-mutability", "the mode needs one",
			awsecr.CreateRepositoryInput{ImageTagMutability: ecrtypes.ImageTagMutabilityMutableWithExclusion},
		},
		{
			"five filters", "", "that many are allowed",
			awsecr.CreateRepositoryInput{ImageTagMutability: ecrtypes.ImageTagMutabilityImmutableWithExclusion, ImageTagMutabilityExclusionFilters: wildcard("a", "b", "c", "d*", "*e*")},
		},
		{
			"character", "ecr-mutability-filter", "no tag has it",
			awsecr.CreateRepositoryInput{ImageTagMutability: ecrtypes.ImageTagMutabilityImmutableWithExclusion, ImageTagMutabilityExclusionFilters: wildcard("a/b")},
		},
		{
			"key with AES256", "ecr-encryption", "only KMS has keys",
			awsecr.CreateRepositoryInput{EncryptionConfiguration: &ecrtypes.EncryptionConfiguration{EncryptionType: ecrtypes.EncryptionTypeAes256, KmsKey: aws.String("k")}},
		},
		{"tags", "ecr-repository-tags", "50 at most", awsecr.CreateRepositoryInput{Tags: many}},
		{"own tags", "ecr-repository-tags", "aws: is AWS's", awsecr.CreateRepositoryInput{Tags: []ecrtypes.Tag{{Key: aws.String("AWS:x"), Value: aws.String("v")}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.in.RepositoryName = aws.String("web")
			rule, _ := first(t, ecr.CreateRepository, &test.in)
			require.Equal(t, test.rule, rule, test.reason)
		})
	}
}

func TestSetRepositoryPolicy(t *testing.T) {
	t.Parallel()
	for policy, legal := range map[string]bool{
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage"}}`:           true,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"123456789012"},"Action":["ecr:*"]}]}`: true,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*","Resource":"*"}]}`:      false,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:*"}]}`:                                     false,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Maybe","Principal":"*","Action":"ecr:*"}]}`:                     false,
		`{"Version":"2012-10-17","Statement":[]}`:                                                                        false,
		`{`: false,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"` + strings.Repeat("ecr:x", 3000) + `"}}`: false,
	} {
		_, text := first(t, ecr.SetRepositoryPolicy, &awsecr.SetRepositoryPolicyInput{PolicyText: &policy})
		require.Equal(t, legal, text == "", policy)
	}
}

func TestPutImage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ tag, digest, manifest, rule string }{
		{"v1", "sha256:" + strings.Repeat("a", 64), "{}", ""},
		{"-v1", "", "{}", "ecr-image-tag"},
		{strings.Repeat("a", 129), "", "{}", "ecr-image-tag"},
		{"v1", "sha256:1", "{}", "ecr-image-digest"},
		{"v1", "", "{", "ecr-image-manifest"},
	} {
		in := &awsecr.PutImageInput{ImageTag: &test.tag, ImageManifest: &test.manifest}
		if test.digest != "" {
			in.ImageDigest = &test.digest
		}
		rule, _ := first(t, ecr.PutImage, in)
		require.Equal(t, test.rule, rule, "%+v", test)
	}
}
