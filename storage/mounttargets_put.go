// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/efs"
)

// Put makes a mount target in each zone that has none, deletes those that are not
// wanted, and sets the groups of the others. It looks at what is there, so that it can
// be repeated.
func (targets) Put(ctx context.Context, c slipway.Call, _ *liveTargets, want *model.MountTargets) error {
	id := aws.ToString(want.Create.FileSystemId)
	there, err := describeTargets(ctx, c, id)
	if err != nil {
		return err
	}
	have := map[string]bool{}
	var other []*target
	for _, t := range there {
		zone := aws.ToString(t.AvailabilityZoneName)
		switch {
		case t.going():
		case aws.ToString(t.VpcId) != want.VPC || !slices.Contains(want.Zones, zone):
			other = append(other, t)
		default:
			have[zone] = true
			if err := putGroups(ctx, c, t, want.Create.SecurityGroups); err != nil {
				return err
			}
		}
	}
	if err := deleteTargets(ctx, c, other); err != nil {
		return err
	}
	for i, zone := range want.Zones {
		if have[zone] || i >= len(want.Subnets) {
			continue
		}
		if err := createTarget(ctx, c, want, want.Subnets[i], zone); err != nil {
			return err
		}
	}
	return nil
}

func putGroups(ctx context.Context, c slipway.Call, t *target, want []string) error {
	if t.groups == nil || len(want) == 0 || sameSet(t.groups, want) {
		return nil
	}
	return untilDone(ctx, c, func(ctx context.Context) error {
		_, err := client(c).ModifyMountTargetSecurityGroups(ctx, &awsefs.ModifyMountTargetSecurityGroupsInput{
			MountTargetId: t.MountTargetId, SecurityGroups: want,
		})
		return awserr.Wrap(err, "modify security groups of "+aws.ToString(t.MountTargetId))
	}, "IncorrectMountTargetState")
}

// createTarget makes a mount target, after the one before it in the zone, or in another
// VPC, has gone. One that is there by now, because a reply was lost, is the one wanted.
func createTarget(ctx context.Context, c slipway.Call, want *model.MountTargets, subnet, zone string) error {
	in := want.Create
	in.SubnetId = &subnet
	return untilDone(ctx, c, func(ctx context.Context) error {
		_, err := client(c).CreateMountTarget(ctx, &in)
		if !awserr.Is(err, "MountTargetConflict") {
			return awserr.Wrap(err, "create mount target in "+zone)
		}
		there, readErr := describeTargets(ctx, c, aws.ToString(in.FileSystemId))
		if readErr != nil {
			return readErr
		}
		made := slices.ContainsFunc(there, func(t *target) bool {
			return aws.ToString(t.AvailabilityZoneName) == zone && aws.ToString(t.VpcId) == want.VPC && !t.going()
		})
		if made {
			return nil
		}
		return awserr.Wrap(err, "create mount target in "+zone)
	}, "MountTargetConflict", "IncorrectFileSystemLifeCycleState")
}

// Delete deletes all mount targets. They are gone when EFS shows none.
func (targets) Delete(ctx context.Context, c slipway.Call, have *liveTargets) error {
	there, err := describeTargets(ctx, c, aws.ToString(have.State.Create.FileSystemId))
	if err != nil {
		return err
	}
	return deleteTargets(ctx, c, there)
}

func deleteTargets(ctx context.Context, c slipway.Call, all []*target) error {
	for _, t := range all {
		if t.going() {
			continue
		}
		_, err := client(c).DeleteMountTarget(ctx, &awsefs.DeleteMountTargetInput{MountTargetId: t.MountTargetId})
		if err != nil && !awserr.Is(err, "MountTargetNotFound") {
			return awserr.Wrap(err, "delete mount target "+aws.ToString(t.MountTargetId))
		}
	}
	return nil
}

// Tag does nothing: mount targets belong to whom their file system belongs.
func (targets) Tag(context.Context, slipway.Call, *liveTargets) error { return nil }

// List finds the mount targets of the file systems that the stack owns.
func (d targets) List(ctx context.Context, c slipway.Call) ([]*liveTargets, error) {
	all, err := ownedSystems(ctx, c)
	if err != nil {
		return nil, err
	}
	var own []*liveTargets
	for _, s := range all {
		live, err := d.rebuild(ctx, c, s, nil)
		if err != nil {
			return nil, err
		}
		if live != nil {
			own = append(own, live)
		}
	}
	return own, nil
}
