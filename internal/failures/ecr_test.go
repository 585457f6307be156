// SPDX-License-Identifier: Apache-2.0

package failures_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/fakes"
)

// ecrCases are the cases of this file's area, by id.
var ecrCases = map[string]func(t *testing.T, c Case){
	"ecr-delete-repository-not-empty": func(t *testing.T, c Case) {
		client := repositoryWithImage(t)
		_, err := client.DeleteRepository(t.Context(), &awsecr.DeleteRepositoryInput{RepositoryName: aws.String("web")})
		answers(t, err, c.Code, "cannot be deleted because it still contains images")
	},
	"ecr-repository-already-exists": func(t *testing.T, c Case) {
		client := repositoryWithImage(t)
		_, err := client.CreateRepository(t.Context(), &awsecr.CreateRepositoryInput{RepositoryName: aws.String("web")})
		answers(t, err, c.Code, "The repository with name 'web' already exists in the registry with id '123456789012'")
	},
	"ecr-scan-unsupported-image": func(t *testing.T, c Case) {
		client := repositoryWithImage(t)
		id := &ecrtypes.ImageIdentifier{ImageTag: aws.String("v1")}
		_, err := client.StartImageScan(t.Context(), &awsecr.StartImageScanInput{RepositoryName: aws.String("web"), ImageId: id})
		require.NoError(t, err)
		var out *awsecr.DescribeImageScanFindingsOutput
		require.NoError(t, slipway.Poll(t.Context(), func(ctx context.Context) (bool, error) {
			out, err = client.DescribeImageScanFindings(ctx, &awsecr.DescribeImageScanFindingsInput{RepositoryName: aws.String("web"), ImageId: id})
			return err == nil && out.ImageScanStatus.Status != ecrtypes.ScanStatusInProgress, err
		}))
		require.Equal(t, ecrtypes.ScanStatusFailed, out.ImageScanStatus.Status)
		require.Contains(t, *out.ImageScanStatus.Description, c.Message)
	},
	"ecr-lifecycle-duplicate-priority": lifecycleCase(
		untaggedRule(1), strings.Replace(untaggedRule(1), "untagged", "any", 1)),
	"ecr-lifecycle-two-untagged-rules": lifecycleCase(untaggedRule(1), untaggedRule(2)),
	"ecr-lifecycle-transition-without-storage-class": lifecycleCase(
		`{"rulePriority":1,"selection":{"tagStatus":"any","countType":"sinceImagePushed","countUnit":"days","countNumber":30},"action":{"type":"transition"}}`),
	"ecr-mutability-filters-without-exclusion": func(t *testing.T, c Case) {
		in := &awsecr.CreateRepositoryInput{
			RepositoryName: aws.String("web"), ImageTagMutability: ecrtypes.ImageTagMutabilityImmutable,
			ImageTagMutabilityExclusionFilters: []ecrtypes.ImageTagMutabilityExclusionFilter{
				{Filter: aws.String("latest"), FilterType: ecrtypes.ImageTagMutabilityExclusionFilterTypeWildcard},
			},
		}
		require.ErrorIs(t, ecr.Check(in), slipway.ErrInvalid)
		_, err := awsecr.NewFromConfig(fakes.New(fakes.Options{}).Config()).CreateRepository(t.Context(), in)
		answers(t, err, "InvalidParameterException", c.Message)
	},
}

func untaggedRule(priority int) string {
	return `{"rulePriority":` + string(rune('0'+priority)) +
		`,"selection":{"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}`
}

// lifecycleCase is a policy that is caught offline and by the API alike.
func lifecycleCase(rules ...string) func(t *testing.T, c Case) {
	return func(t *testing.T, c Case) {
		in := &awsecr.PutLifecyclePolicyInput{
			RepositoryName: aws.String("web"), LifecyclePolicyText: aws.String(`{"rules":[` + strings.Join(rules, ",") + `]}`),
		}
		require.ErrorIs(t, ecr.Check(in), slipway.ErrInvalid)
		_, err := repositoryWithImage(t).PutLifecyclePolicy(t.Context(), in)
		answers(t, err, "InvalidParameterException", c.Message)
	}
}

// repositoryWithImage has the repository "web" with the image "v1", which is empty.
func repositoryWithImage(t *testing.T) *awsecr.Client {
	t.Helper()
	cloud := fakes.New(fakes.Options{})
	_, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromImage(empty.Image), ecr.Tags("v1"))
	require.NoError(t, err)
	return awsecr.NewFromConfig(cloud.Config())
}

// answers demands an exception of the code whose message has the fragment.
func answers(t *testing.T, err error, code, fragment string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, code, api.ErrorCode())
	require.Contains(t, api.ErrorMessage(), fragment)
}
