// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"cmp"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

type seen = ec2types.Instance

var instanceView = view[seen]{
	prefix: "i-", id: func(i seen) string { return aws.ToString(i.InstanceId) },
	filters: map[string]func(seen) []string{
		"instance-id":         one(func(i seen) *string { return i.InstanceId }),
		"instance-type":       text(func(i seen) ec2types.InstanceType { return i.InstanceType }),
		"instance-state-name": text(func(i seen) ec2types.InstanceStateName { return i.State.Name }),
		"instance-state-code": func(i seen) []string { return []string{strconv.Itoa(int(*i.State.Code))} },
		"instance-lifecycle":  text(func(i seen) ec2types.InstanceLifecycleType { return i.InstanceLifecycle }),
		"architecture":        text(func(i seen) ec2types.ArchitectureValues { return i.Architecture }),
		"availability-zone":   one(func(i seen) *string { return i.Placement.AvailabilityZone }),
		"client-token":        one(func(i seen) *string { return i.ClientToken }),
		"dns-name":            one(func(i seen) *string { return i.PublicDnsName }),
		"iam-instance-profile.arn": one(func(i seen) *string {
			if i.IamInstanceProfile == nil {
				return nil
			}
			return i.IamInstanceProfile.Arn
		}),
		"image-id":                     one(func(i seen) *string { return i.ImageId }),
		"ip-address":                   one(func(i seen) *string { return i.PublicIpAddress }),
		"launch-time":                  func(i seen) []string { return []string{i.LaunchTime.UTC().Format("2006-01-02T15:04:05.000Z")} },
		"private-dns-name":             one(func(i seen) *string { return i.PrivateDnsName }),
		"private-ip-address":           one(func(i seen) *string { return i.PrivateIpAddress }),
		"spot-instance-request-id":     one(func(i seen) *string { return i.SpotInstanceRequestId }),
		"subnet-id":                    one(func(i seen) *string { return i.SubnetId }),
		"vpc-id":                       one(func(i seen) *string { return i.VpcId }),
		"instance.group-id":            groupsFilter(func(g ec2types.GroupIdentifier) *string { return g.GroupId }),
		"instance.group-name":          groupsFilter(func(g ec2types.GroupIdentifier) *string { return g.GroupName }),
		"group-id":                     groupsFilter(func(g ec2types.GroupIdentifier) *string { return g.GroupId }),
		"metadata-options.http-tokens": text(func(i seen) ec2types.HttpTokensState { return i.MetadataOptions.HttpTokens }),
		"network-interface.network-interface-id": each(func(i seen) []ec2types.InstanceNetworkInterface { return i.NetworkInterfaces },
			func(n ec2types.InstanceNetworkInterface) *string { return n.NetworkInterfaceId }),
	},
}

func groupsFilter(f func(ec2types.GroupIdentifier) *string) func(seen) []string {
	return each(func(i seen) []ec2types.GroupIdentifier { return i.SecurityGroups }, f)
}

func registerInstances(s *sim.Service, f *Fake) {
	handle(s, f, "DescribeInstances", (*region).describeInstances,
		sim.Refuses[awsec2.DescribeInstancesInput]("IncludeManagedResources"))
	handle(s, f, "DescribeInstanceStatus", (*region).describeStatus,
		sim.Refuses[awsec2.DescribeInstanceStatusInput]("IncludeManagedResources"))
}

// describedInstance is an instance as EC2 describes it.
func (r *region) describedInstance(i instance) seen {
	out := seen{
		InstanceId: aws.String(i.id), ImageId: aws.String(i.image.ID), InstanceType: ec2types.InstanceType(i.kind.Name),
		State: stateOf(i.state), StateReason: i.reason, StateTransitionReason: aws.String(i.transition), LaunchTime: aws.Time(i.launched.Truncate(time.Second)),
		AmiLaunchIndex: aws.Int32(i.booking.index), ClientToken: aws.String(aws.ToString(i.booking.token)),
		Architecture: ec2types.ArchitectureValues(i.image.Architecture), Hypervisor: ec2types.HypervisorTypeXen,
		VirtualizationType: ec2types.VirtualizationTypeHvm, EnaSupport: aws.Bool(true), EbsOptimized: aws.Bool(aws.ToBool(i.spec.EbsOptimized)),
		Placement:  &ec2types.Placement{AvailabilityZone: aws.String(i.zone), AvailabilityZoneId: aws.String(zoneID(r.name, i.zone)), Tenancy: ec2types.TenancyDefault, GroupName: aws.String("")},
		Monitoring: monitoring(i), MetadataOptions: &i.options, RootDeviceName: aws.String(i.image.Root), RootDeviceType: ec2types.DeviceTypeEbs,
		PlatformDetails: aws.String("Linux/UNIX"), UsageOperation: aws.String("RunInstances"), Tags: r.tags[i.id],
		PrivateDnsName: aws.String(""), PublicDnsName: aws.String(""),
	}
	if i.spot {
		out.InstanceLifecycle, out.SpotInstanceRequestId = ec2types.InstanceLifecycleTypeSpot, aws.String(i.request)
	}
	if i.profile != "" {
		out.IamInstanceProfile = &ec2types.IamInstanceProfile{Arn: aws.String(i.profile)}
	}
	if n, ok := r.interfaces.get(i.port); ok {
		out = withPort(out, n)
		out.BlockDeviceMappings = volumes(i)
	}
	return out
}

func monitoring(i instance) *ec2types.Monitoring {
	if m := i.spec.Monitoring; m != nil && aws.ToBool(m.Enabled) {
		return &ec2types.Monitoring{State: ec2types.MonitoringStateEnabled}
	}
	return &ec2types.Monitoring{State: ec2types.MonitoringStateDisabled}
}

// volumes has the root volume; what the template maps besides has no ids here.
func volumes(i instance) []ec2types.InstanceBlockDeviceMapping {
	keep := true
	for _, m := range i.spec.BlockDeviceMappings {
		if aws.ToString(m.DeviceName) == i.image.Root && m.Ebs != nil && m.Ebs.DeleteOnTermination != nil {
			keep = *m.Ebs.DeleteOnTermination
		}
	}
	return []ec2types.InstanceBlockDeviceMapping{{
		DeviceName: aws.String(i.image.Root), Ebs: &ec2types.EbsInstanceBlockDevice{
			VolumeId: aws.String(i.volume), Status: ec2types.AttachmentStatusAttached, DeleteOnTermination: aws.Bool(keep),
			AttachTime: aws.Time(i.launched.Truncate(time.Second)),
		},
	}}
}

// withPort adds what an instance has of its network interface.
func withPort(out seen, n nic) seen {
	out.SubnetId, out.VpcId, out.SecurityGroups = n.SubnetId, n.VpcId, n.Groups
	out.PrivateIpAddress, out.PrivateDnsName, out.SourceDestCheck = n.PrivateIpAddress, n.PrivateDnsName, n.SourceDestCheck
	own := ec2types.InstanceNetworkInterface{
		NetworkInterfaceId: n.NetworkInterfaceId, SubnetId: n.SubnetId, VpcId: n.VpcId, Groups: n.Groups, MacAddress: n.MacAddress,
		Description: n.Description, OwnerId: n.OwnerId, PrivateIpAddress: n.PrivateIpAddress, PrivateDnsName: n.PrivateDnsName,
		SourceDestCheck: n.SourceDestCheck, Status: n.Status, InterfaceType: aws.String(string(n.InterfaceType)),
		Attachment: &ec2types.InstanceNetworkInterfaceAttachment{
			AttachmentId: n.Attachment.AttachmentId, AttachTime: n.Attachment.AttachTime, DeleteOnTermination: n.Attachment.DeleteOnTermination,
			DeviceIndex: n.Attachment.DeviceIndex, NetworkCardIndex: n.Attachment.NetworkCardIndex, Status: n.Attachment.Status,
		},
	}
	address := ec2types.InstancePrivateIpAddress{
		Primary: aws.Bool(true), PrivateIpAddress: n.PrivateIpAddress, PrivateDnsName: n.PrivateDnsName,
	}
	if a := n.Association; a != nil {
		out.PublicIpAddress, out.PublicDnsName = a.PublicIp, a.PublicDnsName
		own.Association = &ec2types.InstanceNetworkInterfaceAssociation{
			IpOwnerId: a.IpOwnerId, PublicIp: a.PublicIp, PublicDnsName: a.PublicDnsName,
		}
		address.Association = own.Association
	}
	own.PrivateIpAddresses = []ec2types.InstancePrivateIpAddress{address}
	out.NetworkInterfaces = []ec2types.InstanceNetworkInterface{own}
	return out
}

// describeInstances groups instances by reservation, in the order of launch.
func (r *region) describeInstances(in *awsec2.DescribeInstancesInput) (*awsec2.DescribeInstancesOutput, error) {
	all := r.instances.all()
	described := make([]seen, len(all))
	booked := map[string]string{}
	for n, i := range all {
		described[n], booked[i.id] = r.describedInstance(i), i.booking.id
	}
	list, next, err := describe(r, instanceView, described, query{in.InstanceIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &awsec2.DescribeInstancesOutput{NextToken: next}
	at := map[string]int{}
	for _, i := range list {
		id := booked[*i.InstanceId]
		n, ok := at[id]
		if !ok {
			n = len(out.Reservations)
			at[id] = n
			out.Reservations = append(out.Reservations, ec2types.Reservation{
				ReservationId: aws.String(id), OwnerId: aws.String(r.account), Groups: []ec2types.GroupIdentifier{},
			})
		}
		out.Reservations[n].Instances = append(out.Reservations[n].Instances, i)
	}
	return out, nil
}

type statusOf = ec2types.InstanceStatus

var statusView = view[statusOf]{
	prefix: "i-", id: func(s statusOf) string { return aws.ToString(s.InstanceId) }, untagged: true,
	filters: map[string]func(statusOf) []string{
		"availability-zone":      one(func(s statusOf) *string { return s.AvailabilityZone }),
		"instance-state-name":    text(func(s statusOf) ec2types.InstanceStateName { return s.InstanceState.Name }),
		"instance-state-code":    func(s statusOf) []string { return []string{strconv.Itoa(int(*s.InstanceState.Code))} },
		"instance-status.status": text(func(s statusOf) ec2types.SummaryStatus { return s.InstanceStatus.Status }),
		"system-status.status":   text(func(s statusOf) ec2types.SummaryStatus { return s.SystemStatus.Status }),
	},
}

// describeStatus has the instances that run, or all. Those that fail their checks are
// gone here.
func (r *region) describeStatus(in *awsec2.DescribeInstanceStatusInput) (*awsec2.DescribeInstanceStatusOutput, error) {
	var all []statusOf
	for _, i := range r.instances.all() {
		status := cmp.Or(map[ec2types.InstanceStateName]ec2types.SummaryStatus{
			ec2types.InstanceStateNameRunning: ec2types.SummaryStatusOk,
			ec2types.InstanceStateNamePending: ec2types.SummaryStatusInitializing,
		}[i.state], ec2types.SummaryStatusNotApplicable)
		if status == ec2types.SummaryStatusOk && r.f.sim.Now().Before(i.launched.Add(r.f.timing.Instance+r.f.timing.Checks)) {
			status = ec2types.SummaryStatusInitializing
		}
		all = append(all, statusOf{
			InstanceId: aws.String(i.id), AvailabilityZone: aws.String(i.zone), AvailabilityZoneId: aws.String(zoneID(r.name, i.zone)),
			InstanceState:  stateOf(i.state),
			InstanceStatus: &ec2types.InstanceStatusSummary{Status: status}, SystemStatus: &ec2types.InstanceStatusSummary{Status: status},
		})
	}
	named, err := statusView.named(all, in.InstanceIds)
	if err != nil {
		return nil, err
	}
	filters := in.Filters
	if !aws.ToBool(in.IncludeAllInstances) {
		filters = append(filters, ec2types.Filter{Name: aws.String("instance-state-name"), Values: []string{"running"}})
	}
	list, next, err := describe(r, statusView, named, query{filters: filters, size: in.MaxResults, token: in.NextToken})
	return &awsec2.DescribeInstanceStatusOutput{InstanceStatuses: list, NextToken: next}, err
}
