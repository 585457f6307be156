// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/driver"
	model "github.com/slipway-go/slipway/internal/model/efs"
)

// fileSystems is the driver of efs:FileSystem.
type fileSystems struct{ family }

type liveSystem = slipway.Live[model.FileSystem]

// Before names what stands on a file system.
func (fileSystems) Before() []string {
	return []string{model.KindMountTargets, model.KindAccessPoint, "ecs:Service"}
}

// Effects: how data is kept is chosen for good.
func (fileSystems) Effects() slipway.Effects {
	return slipway.Effects{
		Fields: map[string]slipway.Effect{
			"Create.CreationToken":        slipway.NewName,
			"Create.AvailabilityZoneName": slipway.NewName,
			"Create.Encrypted":            slipway.NewName,
			"Create.KmsKeyId":             slipway.NewName,
			"Create.PerformanceMode":      slipway.NewName,
		},
		Keys:      map[string]string{"Create.Tags": "Key"},
		Sets:      []string{"Lifecycle"},
		Documents: []string{"Policy"},
	}
}

// Defaults fills in what EFS would.
func (fileSystems) Defaults(s *model.FileSystem) {
	in := &s.Create
	oneZone := aws.ToString(in.AvailabilityZoneName) != ""
	defTo(&in.Encrypted, false)
	defTo(&in.Backup, oneZone)
	defTo(&in.AvailabilityZoneName, "")
	def(&in.PerformanceMode, efstypes.PerformanceModeGeneralPurpose)
	def(&in.ThroughputMode, efstypes.ThroughputModeBursting)
	def(&s.Protection, efstypes.ReplicationOverwriteProtectionEnabled)
	if s.Protection == efstypes.ReplicationOverwriteProtectionReplicating { // it was disabled, and is made use of
		s.Protection = efstypes.ReplicationOverwriteProtectionDisabled
	}
	if in.Tags == nil {
		in.Tags = []efstypes.Tag{}
	}
	if s.Lifecycle == nil {
		s.Lifecycle = []efstypes.LifecyclePolicy{}
	}
	defTo(&s.Policy, "")
}

// def gives a string without value a default.
func def[S ~string](s *S, value S) {
	if *s == "" {
		*s = value
	}
}

// defTo gives what is nil a default.
func defTo[T any](p **T, value T) {
	if *p == nil {
		*p = &value
	}
}

// Unmanaged leaves alone a key that was not given by its ARN, by which EFS tells it.
func (fileSystems) Unmanaged(want *model.FileSystem) []string {
	if key := aws.ToString(want.Create.KmsKeyId); key == "" || strings.HasPrefix(key, "arn:") && !strings.Contains(key, ":alias/") {
		return nil
	}
	return []string{"Create.KmsKeyId"}
}

// Read finds the file system by its token.
func (d fileSystems) Read(ctx context.Context, c slipway.Call, want *model.FileSystem) (*liveSystem, error) {
	if !known(want.Create.CreationToken) {
		return nil, nil
	}
	found, err := describeSystems(ctx, c, &awsefs.DescribeFileSystemsInput{CreationToken: want.Create.CreationToken})
	i := slices.IndexFunc(found, func(d efstypes.FileSystemDescription) bool {
		return aws.ToString(d.CreationToken) == *want.Create.CreationToken
	})
	if err != nil || i < 0 {
		return nil, err
	}
	return d.rebuild(ctx, c, found[i])
}

func describeSystems(ctx context.Context, c slipway.Call, in *awsefs.DescribeFileSystemsInput) ([]efstypes.FileSystemDescription, error) {
	var all []efstypes.FileSystemDescription
	for pages := awsefs.NewDescribeFileSystemsPaginator(client(c), in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if awserr.Is(err, "FileSystemNotFound") {
			return nil, nil
		}
		if err != nil {
			return nil, awserr.Wrap(err, "describe file systems")
		}
		all = append(all, page.FileSystems...)
	}
	return all, nil
}

// rebuild turns what is described into a state, with the parts that have calls of
// their own; nil if it is gone by now.
func (fileSystems) rebuild(ctx context.Context, c slipway.Call, d efstypes.FileSystemDescription) (*liveSystem, error) {
	live := &liveSystem{
		State: model.FileSystem{Create: awsefs.CreateFileSystemInput{
			CreationToken: d.CreationToken, AvailabilityZoneName: d.AvailabilityZoneName, Encrypted: d.Encrypted, KmsKeyId: d.KmsKeyId,
			PerformanceMode: d.PerformanceMode, ThroughputMode: d.ThroughputMode,
			ProvisionedThroughputInMibps: d.ProvisionedThroughputInMibps, Tags: foreign(d.Tags),
		}},
		Owner: ownerOf(d.Tags),
	}
	if p := d.FileSystemProtection; p != nil {
		live.State.Protection = p.ReplicationOverwriteProtection
	}
	live.State.ForceDelete = tagMap(d.Tags)[model.TagForceDelete] == "true"
	id := aws.ToString(d.FileSystemId)
	live.Outputs = map[string][]string{
		"id": {id}, "arn": {aws.ToString(d.FileSystemArn)}, "dns": {id + ".efs." + c.Region + "." + domain(c.Partition)},
	}
	live.Phase, live.Reason = phaseOf(d.LifeCycleState)
	if live.Phase == slipway.Deleting {
		return live, nil
	}
	gone, err := readParts(ctx, c, id, &live.State)
	if err != nil || gone {
		return nil, err
	}
	return live, nil
}

// domain is that of the names under which file systems are mounted.
func domain(partition string) string {
	if partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

func phaseOf(s efstypes.LifeCycleState) (phase slipway.Phase, reason string) {
	switch s {
	case efstypes.LifeCycleStateDeleting, efstypes.LifeCycleStateDeleted:
		return slipway.Deleting, "it is being deleted"
	case efstypes.LifeCycleStateError:
		return slipway.Broken, "EFS says that it is in the state error"
	case efstypes.LifeCycleStateCreating, efstypes.LifeCycleStateUpdating:
		return slipway.Changing, "it is " + string(s)
	default:
		return slipway.Ready, ""
	}
}

// Put creates the file system, or changes what can be changed.
func (d fileSystems) Put(ctx context.Context, c slipway.Call, have *liveSystem, want *model.FileSystem) error {
	var id string
	if have == nil {
		in := want.Create
		in.Tags = tagList(allTags(c, want))
		if aws.ToString(in.AvailabilityZoneName) == "" {
			in.AvailabilityZoneName = nil
		}
		out, err := client(c).CreateFileSystem(ctx, &in)
		if err != nil {
			return awserr.Wrap(err, "create file system")
		}
		id, have = aws.ToString(out.FileSystemId), &liveSystem{State: model.FileSystem{Create: want.Create, ForceDelete: want.ForceDelete}, Owner: c.Owner()}
	} else {
		id = have.Outputs["id"][0]
	}
	d.Defaults(&have.State)
	if err := untilAvailable(ctx, c, id); err != nil {
		return err
	}
	return d.change(ctx, c, id, have, want)
}

// change makes the parts what they should be. Only the throughput makes EFS take a
// while.
func (fileSystems) change(ctx context.Context, c slipway.Call, id string, have *liveSystem, want *model.FileSystem) error {
	before := allTagsOf(have.Owner, &have.State)
	if err := retag(ctx, c, id, before, allTags(c, want)); err != nil {
		return err
	}
	if err := putParts(ctx, c, id, &have.State, want); err != nil {
		return err
	}
	return putThroughput(ctx, c, id, &have.State.Create, &want.Create)
}

// allTags are the tags of a file system: the user's, and Slipway's.
func allTags(c slipway.Call, s *model.FileSystem) map[string]string { return allTagsOf(c.Owner(), s) }

func allTagsOf(owner slipway.Owner, s *model.FileSystem) map[string]string {
	tags := tagMap(s.Create.Tags)
	for key, value := range map[string]string{slipway.TagStack: owner.Stack, slipway.TagResource: owner.Resource} {
		if value != "" {
			tags[key] = value
		}
	}
	if s.ForceDelete {
		tags[model.TagForceDelete] = "true"
	}
	return tags
}

// untilAvailable waits until the file system takes changes.
func untilAvailable(ctx context.Context, c slipway.Call, id string) error {
	return slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		found, err := describeSystems(ctx, c, &awsefs.DescribeFileSystemsInput{FileSystemId: &id})
		if err != nil || len(found) == 0 {
			return false, err
		}
		phase, _ := phaseOf(found[0].LifeCycleState)
		return phase != slipway.Changing, nil
	})
}

// Delete deletes the file system, once EFS has let go of its mount targets.
func (fileSystems) Delete(ctx context.Context, c slipway.Call, have *liveSystem) error {
	id := have.Outputs["id"][0]
	return untilDone(ctx, c, func(ctx context.Context) error {
		_, err := client(c).DeleteFileSystem(ctx, &awsefs.DeleteFileSystemInput{FileSystemId: &id})
		return awserr.Wrap(err, "delete file system "+id)
	}, "FileSystemInUse")
}

// Tag marks the file system as the stack's.
func (fileSystems) Tag(ctx context.Context, c slipway.Call, have *liveSystem) error {
	return retag(ctx, c, have.Outputs["id"][0], nil, c.Tags())
}

// List finds the file systems that the stack owns.
func (d fileSystems) List(ctx context.Context, c slipway.Call) ([]*liveSystem, error) {
	all, err := ownedSystems(ctx, c)
	if err != nil {
		return nil, err
	}
	return driver.Each(ctx, all, func(ctx context.Context, s efstypes.FileSystemDescription) (*liveSystem, error) {
		return d.rebuild(ctx, c, s)
	})
}

func ownedSystems(ctx context.Context, c slipway.Call) ([]efstypes.FileSystemDescription, error) {
	all, err := describeSystems(ctx, c, &awsefs.DescribeFileSystemsInput{})
	return slices.DeleteFunc(all, func(d efstypes.FileSystemDescription) bool { return ownerOf(d.Tags).Stack != c.Stack }), err
}
