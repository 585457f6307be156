// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/efs"
)

// readParts reads what has calls of its own. gone: the file system is not there any
// more.
func readParts(ctx context.Context, c slipway.Call, id string, s *model.FileSystem) (gone bool, err error) {
	for _, read := range []func(context.Context, slipway.Call, string, *model.FileSystem) error{readLifecycle, readPolicy, readBackup} {
		err := read(ctx, c, id, s)
		if awserr.Is(err, "FileSystemNotFound") {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

func readLifecycle(ctx context.Context, c slipway.Call, id string, s *model.FileSystem) error {
	out, err := client(c).DescribeLifecycleConfiguration(ctx, &awsefs.DescribeLifecycleConfigurationInput{FileSystemId: &id})
	if err != nil {
		return awserr.Wrap(err, "describe lifecycle configuration")
	}
	s.Lifecycle = out.LifecyclePolicies
	return nil
}

func readPolicy(ctx context.Context, c slipway.Call, id string, s *model.FileSystem) error {
	out, err := client(c).DescribeFileSystemPolicy(ctx, &awsefs.DescribeFileSystemPolicyInput{FileSystemId: &id})
	if awserr.Is(err, "PolicyNotFound") {
		return nil
	}
	if err != nil {
		return awserr.Wrap(err, "describe file system policy")
	}
	s.Policy = out.Policy
	return nil
}

func readBackup(ctx context.Context, c slipway.Call, id string, s *model.FileSystem) error {
	out, err := client(c).DescribeBackupPolicy(ctx, &awsefs.DescribeBackupPolicyInput{FileSystemId: &id})
	s.Create.Backup = aws.Bool(false)
	if awserr.Is(err, "PolicyNotFound") {
		return nil
	}
	if err != nil {
		return awserr.Wrap(err, "describe backup policy")
	}
	if p := out.BackupPolicy; p != nil {
		s.Create.Backup = aws.Bool(p.Status == efstypes.StatusEnabled || p.Status == efstypes.StatusEnabling)
	}
	return nil
}

// putParts changes what differs.
func putParts(ctx context.Context, c slipway.Call, id string, have, want *model.FileSystem) error {
	api := client(c)
	if !reflect.DeepEqual(have.Lifecycle, want.Lifecycle) {
		in := &awsefs.PutLifecycleConfigurationInput{FileSystemId: &id, LifecyclePolicies: want.Lifecycle}
		if _, err := api.PutLifecycleConfiguration(ctx, in); err != nil {
			return awserr.Wrap(err, "put lifecycle configuration")
		}
	}
	if *have.Create.Backup != *want.Create.Backup {
		in := &awsefs.PutBackupPolicyInput{FileSystemId: &id, BackupPolicy: &efstypes.BackupPolicy{Status: efstypes.StatusDisabled}}
		if *want.Create.Backup {
			in.BackupPolicy.Status = efstypes.StatusEnabled
		}
		if _, err := api.PutBackupPolicy(ctx, in); err != nil {
			return awserr.Wrap(err, "put backup policy")
		}
	}
	if err := putPolicy(ctx, c, id, *have.Policy, *want.Policy); err != nil {
		return err
	}
	if have.Protection == want.Protection {
		return nil
	}
	_, err := api.UpdateFileSystemProtection(ctx, &awsefs.UpdateFileSystemProtectionInput{
		FileSystemId: &id, ReplicationOverwriteProtection: want.Protection,
	})
	return awserr.Wrap(err, "update file system protection")
}

func putPolicy(ctx context.Context, c slipway.Call, id, have, want string) error {
	switch want {
	case have:
		return nil
	case "":
		_, err := client(c).DeleteFileSystemPolicy(ctx, &awsefs.DeleteFileSystemPolicyInput{FileSystemId: &id})
		return awserr.Wrap(err, "delete file system policy")
	default:
		_, err := client(c).PutFileSystemPolicy(ctx, &awsefs.PutFileSystemPolicyInput{FileSystemId: &id, Policy: &want})
		return awserr.Wrap(err, "put file system policy")
	}
}

// putThroughput changes the throughput, which EFS allows once a day.
func putThroughput(ctx context.Context, c slipway.Call, id string, have, want *awsefs.CreateFileSystemInput) error {
	provisioned := want.ThroughputMode == efstypes.ThroughputModeProvisioned
	same := aws.ToFloat64(have.ProvisionedThroughputInMibps) == aws.ToFloat64(want.ProvisionedThroughputInMibps)
	if have.ThroughputMode == want.ThroughputMode && (!provisioned || same) {
		return nil
	}
	in := &awsefs.UpdateFileSystemInput{FileSystemId: &id, ThroughputMode: want.ThroughputMode}
	if provisioned {
		in.ProvisionedThroughputInMibps = want.ProvisionedThroughputInMibps
	}
	_, err := client(c).UpdateFileSystem(ctx, in)
	return awserr.Wrap(err, "update file system")
}

// settle bounds the waits for what EFS is about to do.
const settle = 5 * time.Minute

// untilDone repeats a call while EFS answers with one of the codes: with what is being
// made or deleted itself. What is gone already is fine.
func untilDone(ctx context.Context, c slipway.Call, call func(context.Context) error, codes ...string) error {
	var last error
	ctx, cancel := context.WithTimeout(ctx, settle)
	defer cancel()
	err := slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		err := call(ctx)
		switch {
		case err == nil, awserr.Is(err, "FileSystemNotFound", "MountTargetNotFound", "AccessPointNotFound"):
			return true, nil
		case awserr.Is(err, codes...):
			last = err
			c.Emit(slipway.Waiting{ID: c.ID, Reason: err.Error()})
			return false, nil
		default:
			return false, err
		}
	})
	if errors.Is(err, slipway.ErrTimeout) && last != nil {
		return errors.Join(err, last)
	}
	return err
}
