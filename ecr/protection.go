// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// Protected: AWS does not delete a repository that holds images, unless it is
// forced to.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html
func (driver) Protected(ctx context.Context, c slipway.Call, have *live) (string, error) {
	if have.State.ForceDelete {
		return "", nil
	}
	out, err := slipway.Client(c, awsecr.NewFromConfig).ListImages(ctx, &awsecr.ListImagesInput{
		RepositoryName: have.State.Create.RepositoryName, MaxResults: aws.Int32(1),
	})
	switch {
	case awserr.Is(err, "RepositoryNotFoundException"):
		return "", nil
	case err != nil:
		return "", awserr.Wrap(err, "list images")
	case len(out.ImageIds) == 0:
		return "", nil
	default:
		return "it holds images; delete them, or apply the repository with WithForceDelete first", nil
	}
}
