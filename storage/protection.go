// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/efs"
)

// Protected: EFS would delete a file system with its files, of which there is no copy.
func (fileSystems) Protected(ctx context.Context, c slipway.Call, have *liveSystem) (string, error) {
	if have.State.ForceDelete {
		return "", nil
	}
	found, err := describeSystems(ctx, c, &awsefs.DescribeFileSystemsInput{FileSystemId: aws.String(have.Outputs["id"][0])})
	if err != nil || len(found) == 0 || found[0].SizeInBytes == nil || found[0].SizeInBytes.Value <= model.EmptySize {
		return "", err
	}
	return "it holds files; apply the file system with WithForceDelete first if they may go", nil
}
