// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

func TestSnapshotsHoldRepositories(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	empty := cloud.Snapshot()
	client := awsecr.NewFromConfig(cloud.Config())
	_, err := client.CreateRepository(t.Context(), &awsecr.CreateRepositoryInput{RepositoryName: aws.String("web")})
	require.NoError(t, err)
	made := cloud.Snapshot()
	require.Equal(t, []string{"+ ecr us-east-1 repository web"}, made.Since(empty))

	_, err = client.PutImageTagMutability(t.Context(), &awsecr.PutImageTagMutabilityInput{
		RepositoryName: aws.String("web"), ImageTagMutability: ecrtypes.ImageTagMutabilityImmutable,
	})
	require.NoError(t, err)
	require.Equal(t, []string{"~ ecr us-east-1 repository web"}, cloud.Snapshot().Since(made))
}
