// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/internal/buildertest"
	model "github.com/slipway-go/slipway/internal/model/ecr"
)

var update = flag.Bool("update", false, "write the golden files")

const (
	keyARN = "arn:aws:kms:us-east-1:123456789012:key/1234"
	policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::210987654321:root"},` +
		`"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}`
)

func full() ecr.Repository {
	return ecr.NewRepository("team/web").WithImmutableTags("latest", "dev-*").WithScanOnPush().WithKMS(keyARN).
		WithTag("team", "shop").WithTag("env", "prod").WithPolicy(policy).WithForceDelete().
		WithLifecycle(
			ecr.ExpireUntagged{AfterDays: 7},
			ecr.KeepLast{Count: 10, TagPrefixes: []string{"release-"}},
			ecr.KeepLast{Count: 3, TagPatterns: []string{"v*"}},
			ecr.ExpireOlder{Days: 30, TagPatterns: []string{"*-dev"}},
			ecr.ExpireOlder{Days: 365},
		)
}

func state(t *testing.T, r ecr.Repository) *model.Repository {
	t.Helper()
	desired, err := r.Build()
	require.NoError(t, err)
	s, ok := desired.State.(*model.Repository)
	require.True(t, ok)
	return s
}

func TestOverrideIsTold(t *testing.T) {
	t.Parallel()
	d, err := full().WithOverride(func(in *awsecr.CreateRepositoryInput) {
		in.ImageTagMutabilityExclusionFilters = nil
		in.EncryptionConfiguration.KmsKey = aws.String("alias/x")
	}).Build()
	require.ErrorContains(t, err, "want the ARN of a KMS key", "what an override does is checked")
	require.Equal(t, []string{"Create.EncryptionConfiguration.KmsKey", "Create.ImageTagMutabilityExclusionFilters[0]", "Create.ImageTagMutabilityExclusionFilters[1]"}, d.Overridden)
	require.Equal(t, keyARN, *state(t, full()).Create.EncryptionConfiguration.KmsKey)
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, repo := range map[string]ecr.Repository{"full": full(), "plain": ecr.NewRepository("web")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := json.MarshalIndent(state(t, repo), "", "  ")
			require.NoError(t, err)
			file := filepath.Join("testdata", name+".json")
			if *update {
				require.NoError(t, os.WriteFile(file, append(got, '\n'), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), string(got)+"\n")
		})
	}
}

func TestFork(t *testing.T) {
	t.Parallel()
	buildertest.Fork(t, ecr.NewRepository("web"), ecr.Rule(ecr.ExpireUntagged{AfterDays: 1}), ecr.Rule(ecr.KeepNewest{Count: 2}))
}

func TestDrift(t *testing.T) {
	t.Parallel()
	buildertest.Drift(t, &state(t, full()).Create)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, reason string
		repo         ecr.Repository
		wants        []string
	}{
		{name: "full", reason: "all of it is legal", repo: full()},
		{name: "name", reason: "upper case", repo: ecr.NewRepository("Web"), wants: []string{"Create.RepositoryName"}},
		{name: "short", reason: "one character", repo: ecr.NewRepository("w"), wants: []string{"Create.RepositoryName"}},
		{
			name: "exclusions", reason: "at most five", wants: []string{"ImageTagMutabilityExclusionFilters"},
			repo: ecr.NewRepository("web").WithMutableTags("a", "b", "c", "d", "e", "f"),
		},
		{
			name: "wildcards", reason: "at most two in an exclusion", wants: []string{"ImageTagMutabilityExclusionFilters[a*b*c*]"},
			repo: ecr.NewRepository("web").WithImmutableTags("a*b*c*"),
		},
		{name: "key", reason: "ECR answers with the ARN", repo: ecr.NewRepository("web").WithKMS("alias/mine"), wants: []string{"KmsKey"}},
		{name: "managed key", reason: "AWS's own", repo: ecr.NewRepository("web").WithKMS("")},
		{
			name: "any first", reason: "a rule about any image comes last", wants: []string{"rules[0].rulePriority"},
			repo: ecr.NewRepository("web").WithLifecycle(ecr.KeepNewest{Count: 1}, ecr.ExpireUntagged{AfterDays: 1}),
		},
		{
			name: "two mistakes", reason: "both are told", wants: []string{"Create.RepositoryName", "countNumber"},
			repo: ecr.NewRepository("Web").WithLifecycle(ecr.ExpireOlder{}),
		},
		{
			name: "policy", reason: "a repository policy names no resource", wants: []string{"PolicyText.Statement[0].Resource"},
			repo: ecr.NewRepository("web").WithPolicy(`{"Statement":{"Effect":"Allow","Principal":"*","Action":"ecr:*","Resource":"*"}}`),
		},
		{
			name: "override", reason: "it runs last", wants: []string{"EncryptionType"},
			repo: ecr.NewRepository("web").WithOverride(func(in *awsecr.CreateRepositoryInput) {
				in.EncryptionConfiguration = &ecrtypes.EncryptionConfiguration{EncryptionType: "ROT13"}
			}),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := test.repo.Validate()
			if len(test.wants) == 0 {
				require.NoError(t, err, test.reason)
				return
			}
			require.ErrorIs(t, err, slipway.ErrInvalid, test.reason)
			for _, want := range test.wants {
				require.ErrorContains(t, err, want, test.reason)
			}
			require.Error(t, test.repo.Stack().Validate(), "the stack says so too")
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	require.NoError(t, ecr.Check(&awsecr.CreateRepositoryInput{RepositoryName: aws.String("web")}))
	for _, in := range []any{
		&awsecr.CreateRepositoryInput{RepositoryName: aws.String("WEB")},
		&awsecr.PutImageTagMutabilityInput{ImageTagMutability: "SOMETIMES"},
		&awsecr.PutLifecyclePolicyInput{LifecyclePolicyText: aws.String("{}")},
		&awsecr.StartLifecyclePolicyPreviewInput{LifecyclePolicyText: aws.String("[]")},
		&awsecr.SetRepositoryPolicyInput{PolicyText: aws.String("{}")},
		&awsecr.TagResourceInput{Tags: []ecrtypes.Tag{{Key: aws.String("aws:x")}}},
		&awsecr.PutImageInput{ImageTag: aws.String("-"), ImageManifest: aws.String("{}")},
		&awsecr.DeleteRepositoryInput{},
	} {
		require.ErrorIs(t, ecr.Check(in), slipway.ErrInvalid, "%T", in)
	}
}

// Each change is applied in place, and the plan after it is empty.
func TestChanges(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	for i, repo := range []ecr.Repository{
		ecr.NewRepository("web"),
		ecr.NewRepository("web").WithImmutableTags(),
		ecr.NewRepository("web").WithImmutableTags("dev-*", "latest").WithScanOnPush().WithTag("a", "1").WithTag("b", "2"),
		ecr.NewRepository("web").WithMutableTags("v*").WithTag("a", "3").WithPolicy(policy),
		ecr.NewRepository("web").WithLifecycle(ecr.ExpireUntagged{Keep: 5}).WithForceDelete(),
		ecr.NewRepository("web").WithLifecycle(ecr.KeepNewest{Count: 5}),
		ecr.NewRepository("web"),
	} {
		_, err := repo.Stack().Apply(t.Context(), cloud.Config())
		require.NoError(t, err, "step %d", i)
		before := len(cloud.Calls())
		plan, err := repo.Stack().Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		require.Empty(t, plan.Changes, "step %d", i)
		for _, call := range cloud.Calls()[before:] {
			require.Regexp(t, "^(Describe|Get|List)", call.Operation, "a plan only reads")
		}
	}
}

func TestEncryptionStays(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	_, err := ecr.NewRepository("web").Stack().Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	_, err = ecr.NewRepository("web").WithKMS(keyARN).Stack().Plan(t.Context(), cloud.Config())
	require.ErrorContains(t, err, "EncryptionConfiguration", "it cannot be changed, and the user chose the name")
}

func TestDestroy(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	repo := ecr.NewRepository("web")
	_, err := ecr.Push(t.Context(), cloud.Config(), repo, ecr.FromImage(image(t, "linux", "amd64")))
	require.NoError(t, err)
	err = repo.Stack().Destroy(t.Context(), cloud.Config())
	require.ErrorIs(t, err, slipway.ErrConflict, "it holds an image")
	_, err = repo.WithForceDelete().Stack().Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	err = slipway.NewStack(repo.Stack().Name()).WithKinds(ecr.Kinds()...).Destroy(t.Context(), cloud.Config())
	require.NoError(t, err, "the repository itself says that it may go with its images")
	err = repo.Stack().Destroy(t.Context(), cloud.Config())
	require.NoError(t, err, "again")
}

func TestForeignRepository(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client := awsecr.NewFromConfig(cloud.Config())
	_, err := client.CreateRepository(t.Context(), &awsecr.CreateRepositoryInput{RepositoryName: aws.String("web")})
	require.NoError(t, err)
	repo := ecr.NewRepository("web").WithScanOnPush()
	_, err = ecr.Push(t.Context(), cloud.Config(), repo, ecr.FromImage(image(t, "linux", "amd64")))
	require.Error(t, err, "what is not ours is not touched")
	_, err = repo.Stack().Apply(t.Context(), cloud.Config(), slipway.Adopt(repo.ID()))
	require.NoError(t, err)
	_, err = ecr.Push(t.Context(), cloud.Config(), repo, ecr.FromImage(image(t, "linux", "amd64")))
	require.NoError(t, err)
}

func TestStackName(t *testing.T) {
	t.Parallel()
	require.Equal(t, "ecr-web", ecr.NewRepository("web").Stack().Name())
	names := map[string]bool{}
	for _, name := range []string{"a/b", "a.b", "a-b", "1x", strings.Repeat("x", 256), strings.Repeat("x", 255)} {
		stack := ecr.NewRepository(name).Stack()
		require.NoError(t, stack.Validate(), name)
		require.False(t, names[stack.Name()], "%s has a stack of its own", name)
		names[stack.Name()] = true
	}
}

func Example() {
	cloud := fakes.New(fakes.Options{})
	repo := ecr.NewRepository("shop/web").WithImmutableTags().WithScanOnPush().
		WithLifecycle(ecr.ExpireUntagged{AfterDays: 7}, ecr.KeepLast{Count: 20, TagPatterns: []string{"v*"}})
	result, err := repo.Stack().Apply(context.Background(), cloud.Config())
	fmt.Println(slipway.Output(result, repo).URI, err)
	// Output: 123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/web <nil>
}

func ExamplePush() {
	cloud := fakes.New(fakes.Options{})
	image, err := ecr.Push(context.Background(), cloud.Config(), ecr.NewRepository("web"), ecr.FromImage(empty.Image), ecr.Tags("v1"))
	fmt.Println(image.RepositoryURI(), image.Tags(), err)
	// Output: 123456789012.dkr.ecr.us-east-1.amazonaws.com/web [v1] <nil>
}

func ExampleCheck() {
	err := ecr.Check(&awsecr.CreateRepositoryInput{RepositoryName: aws.String("Shop")})
	fmt.Println(err)
	// Output: RepositoryName: got "Shop", want lower case letters and digits, with . _ - and / between them (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html)
}
