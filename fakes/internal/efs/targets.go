// SPDX-License-Identifier: Apache-2.0

package efs

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"
	"github.com/aws/smithy-go"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	rules "github.com/slipway-go/slipway/internal/rules/efs"
)

func (f *Fake) targetOperations(s *sim.Service) {
	sim.Handle(s, "CreateMountTarget", f.createTarget, sim.Needs(func(c *sim.Call, in *awsefs.CreateMountTargetInput) []sim.Access {
		return withNetwork(systemARN(c, aws.ToString(in.FileSystemId)), "CreateMountTarget",
			"DescribeSubnets", "DescribeNetworkInterfaces", "CreateNetworkInterface")
	}), sim.Refuses[awsefs.CreateMountTargetInput]("IpAddressType", "Ipv6Address"))
	sim.Handle(s, "DescribeMountTargets", f.describeTargets,
		onSystem("DescribeMountTargets", func(in *awsefs.DescribeMountTargetsInput) *string { return in.FileSystemId }))
	sim.Handle(s, "DeleteMountTarget", f.deleteTarget, sim.Needs(func(c *sim.Call, in *awsefs.DeleteMountTargetInput) []sim.Access {
		return withNetwork(f.systemOf(c, in.MountTargetId), "DeleteMountTarget", "DeleteNetworkInterface")
	}))
	sim.Handle(s, "ModifyMountTargetSecurityGroups", f.modifyGroups,
		sim.Needs(func(c *sim.Call, in *awsefs.ModifyMountTargetSecurityGroupsInput) []sim.Access {
			return withNetwork(f.systemOf(c, in.MountTargetId), "ModifyMountTargetSecurityGroups", "ModifyNetworkInterfaceAttribute")
		}))
	sim.Handle(s, "DescribeMountTargetSecurityGroups", f.describeGroups,
		sim.Needs(func(c *sim.Call, in *awsefs.DescribeMountTargetSecurityGroupsInput) []sim.Access {
			return withNetwork(f.systemOf(c, in.MountTargetId), "DescribeMountTargetSecurityGroups")
		}))
}

// withNetwork is the access to an operation on a file system, and to what EFS does with
// EC2 in the caller's name.
// https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html
func withNetwork(system, operation string, network ...string) []sim.Access {
	all := []sim.Access{{Action: "elasticfilesystem:" + operation, Resource: system}}
	for _, o := range network {
		all = append(all, sim.Access{Action: "ec2:" + o, Resource: "*"})
	}
	return all
}

// systemOf is the ARN of a mount target's file system.
func (f *Fake) systemOf(c *sim.Call, id *string) string {
	t, ok := f.regions.In(c).targets[aws.ToString(id)]
	if !ok {
		return systemARN(c, "")
	}
	return systemARN(c, aws.ToString(t.described.FileSystemId))
}

// createTarget makes the one mount target that a file system may have in a zone.
func (f *Fake) createTarget(c *sim.Call, in *awsefs.CreateMountTargetInput) (*awsefs.CreateMountTargetOutput, error) {
	if err := sim.Check(rules.CreateMountTarget, refs{f, c}, in, typed); err != nil {
		return nil, err
	}
	s, err := f.available(c, in.FileSystemId)
	if err != nil {
		return nil, err
	}
	subnet, ok := f.network.Subnet(c.Region, aws.ToString(in.SubnetId))
	if !ok {
		return nil, &efstypes.SubnetNotFound{
			ErrorCode_: aws.String("SubnetNotFound"),
			Message:    aws.String(fmt.Sprintf("The subnet ID '%s' does not exist", aws.ToString(in.SubnetId))),
		}
	}
	groups, err := f.checkPlace(c, s, subnet, in.SecurityGroups)
	if err != nil {
		return nil, err
	}
	id := "fsmt-" + c.ID(idLength, "mount-target", aws.ToString(in.FileSystemId), subnet.ID)
	nic, err := f.network.AttachAt(c.Region, subnet.ID, aws.ToString(in.IpAddress), groups, id,
		fmt.Sprintf("EFS mount target for %s (%s)", aws.ToString(in.FileSystemId), id))
	if err != nil {
		return nil, noAddress(err, in.IpAddress)
	}
	t := &target{groups: groups, described: efstypes.MountTargetDescription{
		MountTargetId: &id, FileSystemId: in.FileSystemId, SubnetId: in.SubnetId, LifeCycleState: efstypes.LifeCycleStateCreating,
		OwnerId: aws.String(c.Account), VpcId: &subnet.VPC, IpAddress: &nic.PrivateIP, NetworkInterfaceId: &nic.ID,
		AvailabilityZoneName: &subnet.Zone, AvailabilityZoneId: &subnet.ZoneID,
	}}
	f.regions.In(c).targets[id] = t
	s.described.NumberOfMountTargets++
	d := t.described
	settle(c, f.timing.MountTarget, func() { t.described.LifeCycleState = efstypes.LifeCycleStateAvailable })
	return &awsefs.CreateMountTargetOutput{
		MountTargetId: d.MountTargetId, FileSystemId: d.FileSystemId, SubnetId: d.SubnetId, LifeCycleState: d.LifeCycleState,
		OwnerId: d.OwnerId, VpcId: d.VpcId, IpAddress: d.IpAddress, NetworkInterfaceId: d.NetworkInterfaceId,
		AvailabilityZoneName: d.AvailabilityZoneName, AvailabilityZoneId: d.AvailabilityZoneId,
	}, nil
}

// noAddress says why there is no address: the one that was asked for is in use, or the
// subnet has none left.
func noAddress(err error, asked *string) error {
	text := err.Error()
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		text = api.ErrorMessage()
	}
	if asked != nil {
		return &efstypes.IpAddressInUse{ErrorCode_: aws.String("IpAddressInUse"), Message: &text}
	}
	return &efstypes.NoFreeAddressesInSubnet{ErrorCode_: aws.String("NoFreeAddressesInSubnet"), Message: &text}
}

// checkPlace checks zone, VPC and groups, and returns the groups; the VPC's
// default one if none is given.
func (f *Fake) checkPlace(c *sim.Call, s *system, subnet world.Subnet, groups []string) ([]string, error) {
	if zone := s.described.AvailabilityZoneName; zone != nil && *zone != subnet.Zone {
		return nil, &efstypes.AvailabilityZonesMismatch{
			ErrorCode_: aws.String("AvailabilityZonesMismatch"), Message: aws.String("File System Availability Zone does not match."),
		}
	}
	for _, t := range f.of(c, aws.ToString(s.described.FileSystemId)) {
		text := ""
		switch {
		case aws.ToString(t.described.VpcId) != subnet.VPC:
			text = "requested subnet for new mount target is not in the same VPC as existing mount targets"
		case aws.ToString(t.described.AvailabilityZoneName) == subnet.Zone:
			text = "mount target already exists in this AZ"
		default:
			continue
		}
		return nil, &efstypes.MountTargetConflict{ErrorCode_: aws.String("MountTargetConflict"), Message: &text}
	}
	if err := f.checkGroups(c, subnet.VPC, groups); err != nil {
		return nil, err
	}
	if len(groups) == 0 {
		groups = []string{f.network.DefaultGroup(c.Region, subnet.VPC)}
	}
	return groups, nil
}

func (f *Fake) checkGroups(c *sim.Call, vpc string, groups []string) error {
	for _, g := range groups {
		if in, ok := f.network.GroupVPC(c.Region, g); !ok || in != vpc {
			return &efstypes.SecurityGroupNotFound{
				ErrorCode_: aws.String("SecurityGroupNotFound"),
				Message:    aws.String(fmt.Sprintf("The security group ID '%s' does not exist", g)),
			}
		}
	}
	return nil
}

// of returns the mount targets of a file system, by id.
func (f *Fake) of(c *sim.Call, system string) []*target {
	var all []*target
	for _, t := range f.regions.In(c).targets {
		if aws.ToString(t.described.FileSystemId) == system {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b *target) int {
		return cmp.Compare(aws.ToString(a.described.MountTargetId), aws.ToString(b.described.MountTargetId))
	})
	return all
}

func (f *Fake) target(c *sim.Call, id *string) (*target, error) {
	if t, ok := f.regions.In(c).targets[aws.ToString(id)]; ok {
		return t, nil
	}
	return nil, &efstypes.MountTargetNotFound{
		ErrorCode_: aws.String("MountTargetNotFound"),
		Message:    aws.String(fmt.Sprintf("Mount target '%s' does not exist.", aws.ToString(id))),
	}
}

// keptTarget is target for what must not be on its way out.
// https://docs.aws.amazon.com/efs/latest/ug/API_ModifyMountTargetSecurityGroups.html
func (f *Fake) keptTarget(c *sim.Call, id *string) (*target, error) {
	t, err := f.target(c, id)
	if err == nil && t.described.LifeCycleState == efstypes.LifeCycleStateDeleting {
		return nil, &efstypes.IncorrectMountTargetState{
			ErrorCode_: aws.String("IncorrectMountTargetState"),
			Message:    aws.String(fmt.Sprintf("Mount target '%s' is %s.", *id, t.described.LifeCycleState)),
		}
	}
	return t, err
}

func (f *Fake) describeTargets(c *sim.Call, in *awsefs.DescribeMountTargetsInput) (*awsefs.DescribeMountTargetsOutput, error) {
	var all []efstypes.MountTargetDescription
	switch {
	case in.MountTargetId != nil:
		t, err := f.target(c, in.MountTargetId)
		if err != nil {
			return nil, err
		}
		all = append(all, t.described)
	case in.FileSystemId != nil || in.AccessPointId != nil:
		id := in.FileSystemId
		if in.AccessPointId != nil {
			p, err := f.point(c, in.AccessPointId)
			if err != nil {
				return nil, err
			}
			id = p.FileSystemId
		}
		if _, err := f.system(c, id); err != nil {
			return nil, err
		}
		for _, t := range f.of(c, aws.ToString(id)) {
			all = append(all, t.described)
		}
	default:
		return nil, badRequest("Must specify exactly one mutually exclusive parameter.")
	}
	cut, next, err := page(all, in.Marker, in.MaxItems)
	return &awsefs.DescribeMountTargetsOutput{MountTargets: cut, Marker: in.Marker, NextMarker: next}, err
}

func (f *Fake) deleteTarget(c *sim.Call, in *awsefs.DeleteMountTargetInput) (*awsefs.DeleteMountTargetOutput, error) {
	t, err := f.target(c, in.MountTargetId)
	if err != nil {
		return nil, err
	}
	if t.described.LifeCycleState == efstypes.LifeCycleStateDeleting {
		return &awsefs.DeleteMountTargetOutput{}, nil
	}
	t.described.LifeCycleState = efstypes.LifeCycleStateDeleting
	r, region := f.regions.In(c), c.Region
	settle(c, f.timing.MountTarget, func() {
		delete(r.targets, aws.ToString(in.MountTargetId))
		if s := r.systems[aws.ToString(t.described.FileSystemId)]; s != nil {
			s.described.NumberOfMountTargets--
		}
		f.network.Detach(region, aws.ToString(t.described.NetworkInterfaceId))
	})
	return &awsefs.DeleteMountTargetOutput{}, nil
}

// modifyGroups changes what the mount target admits.
func (f *Fake) modifyGroups(
	c *sim.Call, in *awsefs.ModifyMountTargetSecurityGroupsInput,
) (*awsefs.ModifyMountTargetSecurityGroupsOutput, error) {
	t, err := f.keptTarget(c, in.MountTargetId)
	if err != nil {
		return nil, err
	}
	if err := sim.Check(rules.ModifyMountTargetSecurityGroups, nil, in, typed); err != nil {
		return nil, err
	}
	if err := f.checkGroups(c, aws.ToString(t.described.VpcId), in.SecurityGroups); err != nil {
		return nil, err
	}
	t.groups = in.SecurityGroups
	f.network.SetGroups(c.Region, aws.ToString(t.described.NetworkInterfaceId), t.groups)
	return &awsefs.ModifyMountTargetSecurityGroupsOutput{}, nil
}

func (f *Fake) describeGroups(
	c *sim.Call, in *awsefs.DescribeMountTargetSecurityGroupsInput,
) (*awsefs.DescribeMountTargetSecurityGroupsOutput, error) {
	t, err := f.keptTarget(c, in.MountTargetId)
	if err != nil {
		return nil, err
	}
	return &awsefs.DescribeMountTargetSecurityGroupsOutput{SecurityGroups: t.groups}, nil
}

// sortedPoints returns the access points of a file system, or all, by id.
func (r *region) sortedPoints(system *string) []efstypes.AccessPointDescription {
	var all []efstypes.AccessPointDescription
	for _, id := range slices.Sorted(maps.Keys(r.points)) {
		if p := r.points[id]; system == nil || aws.ToString(p.FileSystemId) == *system {
			all = append(all, p)
		}
	}
	return all
}
