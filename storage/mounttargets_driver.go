// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"cmp"
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

// targets is the driver of efs:MountTargets. AWS keeps no tags of them: whose they are
// is told by their file system.
type targets struct{ family }

type liveTargets = slipway.Live[model.MountTargets]

// Before names what mounts by them.
func (targets) Before() []string { return []string{"ecs:Service"} }

// Effects: zones come and go, groups change. Subnets are not compared: what counts is
// that a zone has a mount target. The addresses are not shown as they were asked for.
func (targets) Effects() slipway.Effects {
	return slipway.Effects{
		Fields: map[string]slipway.Effect{"Create.FileSystemId": slipway.NewName},
		Sets:   []string{"Zones", "Create.SecurityGroups"},
		Ignore: []string{"Subnets", "Only", "Create.SubnetId", "Create.IpAddress", "Create.IpAddressType", "Create.Ipv6Address"},
	}
}

// Defaults narrows the zones down to that of a One Zone file system.
func (targets) Defaults(s *model.MountTargets) {
	if s.Only == "" || slices.ContainsFunc(s.Zones, slipway.HasRef) {
		return
	}
	i := slices.Index(s.Zones, s.Only)
	if i < 0 || i >= len(s.Subnets) {
		s.Zones, s.Subnets = []string{}, []string{}
		return
	}
	s.Zones, s.Subnets = []string{s.Only}, []string{s.Subnets[i]}
}

// Read describes the mount targets and their groups.
func (d targets) Read(ctx context.Context, c slipway.Call, want *model.MountTargets) (*liveTargets, error) {
	if !known(want.Create.FileSystemId) {
		return nil, nil
	}
	found, err := describeSystems(ctx, c, &awsefs.DescribeFileSystemsInput{FileSystemId: want.Create.FileSystemId})
	if err != nil || len(found) == 0 || aws.ToString(found[0].FileSystemId) != *want.Create.FileSystemId {
		return nil, err
	}
	return d.rebuild(ctx, c, found[0], want.Create.SecurityGroups)
}

// target is a mount target with its groups.
type target struct {
	efstypes.MountTargetDescription

	groups []string
}

func (t target) going() bool {
	return t.LifeCycleState == efstypes.LifeCycleStateDeleting || t.LifeCycleState == efstypes.LifeCycleStateDeleted
}

// describeTargets returns the mount targets of a file system, by zone.
func describeTargets(ctx context.Context, c slipway.Call, id string) ([]*target, error) {
	var all []efstypes.MountTargetDescription
	in := &awsefs.DescribeMountTargetsInput{FileSystemId: &id}
	for pages := awsefs.NewDescribeMountTargetsPaginator(client(c), in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if awserr.Is(err, "FileSystemNotFound") {
			return nil, nil
		}
		if err != nil {
			return nil, awserr.Wrap(err, "describe mount targets of "+id)
		}
		all = append(all, page.MountTargets...)
	}
	slices.SortFunc(all, func(a, b efstypes.MountTargetDescription) int {
		return cmp.Compare(aws.ToString(a.AvailabilityZoneName), aws.ToString(b.AvailabilityZoneName))
	})
	return driver.Each(ctx, all, func(ctx context.Context, t efstypes.MountTargetDescription) (*target, error) {
		out, err := client(c).DescribeMountTargetSecurityGroups(ctx, &awsefs.DescribeMountTargetSecurityGroupsInput{MountTargetId: t.MountTargetId})
		switch {
		case awserr.Is(err, "MountTargetNotFound"):
			return nil, nil //nolint:nilnil // gone since it was described
		case awserr.Is(err, "IncorrectMountTargetState"): // it is being made or deleted
			return &target{MountTargetDescription: t}, nil
		case err != nil:
			return nil, awserr.Wrap(err, "describe security groups of "+aws.ToString(t.MountTargetId))
		}
		return &target{t, out.SecurityGroups}, nil
	})
}

// rebuild puts the mount targets together. If they differ in their groups, those are
// shown which are not as wanted.
func (targets) rebuild(ctx context.Context, c slipway.Call, of efstypes.FileSystemDescription, groups []string) (*liveTargets, error) {
	id := aws.ToString(of.FileSystemId)
	all, err := describeTargets(ctx, c, id)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	live := &liveTargets{Outputs: map[string][]string{"filesystem": {id}}}
	live.State.Create.FileSystemId = of.FileSystemId
	owner := ownerOf(of.Tags)
	if name, ok := strings.CutPrefix(owner.Resource, model.KindFileSystem+"/"); ok {
		owner.Resource = model.KindMountTargets + "/" + name
		live.Owner = owner
	}
	there := slices.DeleteFunc(slices.Clone(all), (*target).going)
	for _, t := range there {
		addTarget(live, t, groups)
	}
	live.Phase, live.Reason = settled(all, there)
	return live, nil
}

func addTarget(live *liveTargets, t *target, wanted []string) {
	s := &live.State
	zone, id := aws.ToString(t.AvailabilityZoneName), aws.ToString(t.MountTargetId)
	s.VPC, s.Zones, s.Subnets = aws.ToString(t.VpcId), append(s.Zones, zone), append(s.Subnets, aws.ToString(t.SubnetId))
	if t.groups != nil && (s.Create.SecurityGroups == nil || sameSet(s.Create.SecurityGroups, wanted)) {
		s.Create.SecurityGroups = t.groups
	}
	for name, value := range map[string]string{"ids": id, "zones": zone, "addresses": aws.ToString(t.IpAddress)} {
		live.Outputs[name] = append(live.Outputs[name], value)
	}
}

// settled tells how far all have come, of which there are some not being deleted.
func settled(all, there []*target) (phase slipway.Phase, reason string) {
	if len(there) == 0 {
		return slipway.Deleting, "the mount targets are being deleted"
	}
	for _, t := range all {
		zone := aws.ToString(t.AvailabilityZoneName)
		switch t.LifeCycleState {
		case efstypes.LifeCycleStateAvailable:
		case efstypes.LifeCycleStateError:
			return slipway.Broken, "the mount target in " + zone + " is in the state error"
		default:
			phase, reason = slipway.Changing, "the mount target in "+zone+" is "+string(t.LifeCycleState)
		}
	}
	return phase, reason
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
