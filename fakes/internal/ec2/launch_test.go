// SPDX-License-Identifier: Apache-2.0

package ec2_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/ec2"
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// neighbours stand in for IAM and SSM: one profile, one image.
type neighbours struct{}

const image = "ami-0123456789abcdef0"

func (neighbours) InstanceProfile(name string) (profile, role string, found bool) {
	return "arn:aws:iam::123456789012:instance-profile/" + name, "arn:aws:iam::123456789012:role/node", name == "nodes"
}
func (neighbours) AMI(_, parameter string) (string, bool) { return image, parameter == "/newest" }
func (neighbours) MachineImages(string) []world.MachineImage {
	return []world.MachineImage{{ID: image, Name: "amzn2-ami", Architecture: "x86_64", Root: "/dev/xvda", RootSize: 8, Owner: "1"}}
}

// fleet is the fake with a template and what it tells others.
type fleet struct {
	network
	told []string
}

func newFleet(t *testing.T, timing world.Timing) *fleet {
	t.Helper()
	s := sim.New(sim.Options{})
	f := &fleet{network: network{ec2.New(s, timing, ec2.Needs{Profiles: neighbours{}, AMIs: neighbours{}}), s}}
	f.OnInstance(func(region string, i world.Instance) {
		f.told = append(f.told, fmt.Sprintf("%s %s", region, i.State))
	})
	f.OnSpotNotice(func(_ string, i world.Instance) { f.told = append(f.told, "notice "+i.State) })
	f.OnZone(func(zone string, lost bool) { f.told = append(f.told, fmt.Sprintf("%s lost=%t", zone, lost)) })
	call[awsec2.CreateLaunchTemplateOutput](t, f.network, "CreateLaunchTemplate", &awsec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("nodes"), LaunchTemplateData: &data{
			ImageId: aws.String("resolve:ssm:/newest"), InstanceType: ec2types.InstanceTypeM5Large, UserData: encoded("hello"),
			IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("nodes")},
			TagSpecifications: []ec2types.LaunchTemplateTagSpecificationRequest{{
				ResourceType: ec2types.ResourceTypeInstance, Tags: []ec2types.Tag{{Key: aws.String("a"), Value: aws.String("1")}},
			}},
		},
	})
	return f
}

func (f *fleet) subnets(t *testing.T) []string {
	t.Helper()
	var ids []string
	for _, s := range call[awsec2.DescribeSubnetsOutput](t, f.network, "DescribeSubnets", &awsec2.DescribeSubnetsInput{}).Subnets {
		ids = append(ids, *s.SubnetId)
	}
	return ids
}

func (f *fleet) launch(l world.Launch) (i world.Instance, err error) {
	l.Template = "nodes"
	f.sim.Do(func() { i, err = f.Launch(home, l) })
	return i, err
}

// dry is the error that a launch would give.
func (f *fleet) dry(l world.Launch) (err error) {
	l.Template = "nodes"
	f.sim.Do(func() { err = f.Dry(home, l) })
	return err
}

// try launches an instance and ends it at once.
func (f *fleet) try(l world.Launch) error {
	i, err := f.launch(l)
	if err == nil {
		f.sim.Do(func() { f.Terminate(home, i.ID) })
	}
	return err
}

func (f *fleet) look(id string) (i world.Instance, found bool) {
	f.sim.Do(func() { i, found = f.Instance(home, id) })
	return i, found
}

func TestLaunchForOthers(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Instance: 20 * time.Second, Terminate: 40 * time.Second})
	subnet := f.subnets(t)[2]
	order := world.Launch{Subnet: subnet, Type: "c5.xlarge", Tags: map[string]string{"aws:autoscaling:groupName": "nodes"}}
	require.NoError(t, f.dry(order))
	i, err := f.launch(order)
	require.NoError(t, err)
	require.Equal(t, "pending", i.State)
	require.Equal(t, image, i.Image)
	require.Equal(t, "c5.xlarge", i.Type.Name)
	require.Equal(t, "us-east-1c", i.Interface.Zone)
	require.Equal(t, subnet, i.Interface.Subnet)
	require.Equal(t, "hello", i.UserData)
	require.Equal(t, "arn:aws:iam::123456789012:instance-profile/nodes", i.Profile)
	require.Equal(t, "nodes", i.Tags["aws:autoscaling:groupName"], "services may tag as they like")
	require.Equal(t, "1", i.Tags["a"])
	require.Empty(t, f.told, "it is known to who launched it")

	f.sim.Advance(20 * time.Second)
	require.Equal(t, []string{"us-east-1 running"}, f.told)
	f.sim.Do(func() { f.Terminate(home, i.ID); f.Terminate(home, i.ID); f.Terminate(home, "i-none") })
	f.sim.Advance(40 * time.Second)
	require.Equal(t, []string{"us-east-1 running", "us-east-1 shutting-down", "us-east-1 terminated"}, f.told)
	gone, found := f.look(i.ID)
	require.True(t, found)
	require.Equal(t, "Client.UserInitiatedShutdown: User initiated shutdown", gone.Reason)
	require.Empty(t, gone.Interface.PrivateIP)
	require.Equal(t, "us-east-1c", gone.Interface.Zone, "where it was is known")
	f.sim.Advance(59 * time.Minute)
	_, found = f.look(i.ID)
	require.True(t, found, "it is known for an hour")
	f.sim.Advance(2 * time.Minute)
	_, found = f.look(i.ID)
	require.False(t, found)
}

func TestAnInstanceThatEndsWhilePending(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Instance: time.Minute, Terminate: time.Second})
	i, err := f.launch(world.Launch{Subnet: f.subnets(t)[0]})
	require.NoError(t, err)
	f.sim.Do(func() { f.Terminate(home, i.ID) })
	f.sim.Advance(time.Hour / 2)
	require.Equal(t, []string{"us-east-1 shutting-down", "us-east-1 terminated"}, f.told, "it never runs")
}

func TestTemplatesForOthers(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	call[awsec2.CreateLaunchTemplateVersionOutput](t, f.network, "CreateLaunchTemplateVersion", &awsec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateName: aws.String("nodes"), SourceVersion: aws.String("1"), LaunchTemplateData: &data{
			InstanceMarketOptions: &ec2types.LaunchTemplateInstanceMarketOptionsRequest{MarketType: ec2types.MarketTypeSpot},
			NetworkInterfaces: []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{
				{DeviceIndex: aws.Int32(0), SubnetId: aws.String("subnet-1")},
			},
		},
	})
	f.sim.Do(func() {
		newest, err := f.Template(home, "nodes", "$Latest")
		require.NoError(t, err)
		require.Equal(t, world.Template{ID: newest.ID, Name: "nodes", Version: 2, Type: "m5.large", Spot: true, Subnet: "subnet-1", Role: "arn:aws:iam::123456789012:role/node"}, newest)
		byID, err := f.Template(home, newest.ID, "")
		require.NoError(t, err)
		require.EqualValues(t, 1, byID.Version)
		_, err = f.Template(home, "others", "")
		requireCode(t, err, "InvalidLaunchTemplateName.NotFoundException", "others")
		_, err = f.Template(home, "nodes", "3")
		requireCode(t, err, "InvalidLaunchTemplateId.VersionNotFound", "3")
	})
}

func TestCapacity(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	subnets := f.subnets(t)
	const words = "We currently do not have sufficient m5.large capacity in the Availability Zone you requested (us-east-1a). " +
		"Our system will be working on provisioning additional capacity."
	const code = "InsufficientInstanceCapacity"
	a, b := world.Launch{Subnet: subnets[0]}, world.Launch{Subnet: subnets[1]}
	spot := world.Launch{Subnet: subnets[0], Spot: true}
	for _, c := range []struct {
		name   string
		limits world.EC2Limits
		launch world.Launch
		code   string
		text   string
		reason string
	}{
		{"all have room", world.EC2Limits{}, a, "", "", "there are no limits"},
		{"a zone", world.EC2Limits{Full: []world.CapacityPool{{Zone: "us-east-1a"}}}, a, code, words + " You can currently get m5.large capacity by not specifying an " +
			"Availability Zone in your request or choosing us-east-1b, us-east-1c.", "others have room"},
		{"another zone", world.EC2Limits{Full: []world.CapacityPool{{Zone: "us-east-1a"}}}, b, "", "", "it has room"},
		{"a type everywhere", world.EC2Limits{Full: []world.CapacityPool{{Type: "m5.large"}}}, a, code, words, "no zone can be named"},
		{"another type", world.EC2Limits{Full: []world.CapacityPool{{Type: "m5.xlarge"}}}, a, "", "", "it is not meant"},
		{"on-demand alone", world.EC2Limits{Full: []world.CapacityPool{{}}}, spot, "", "", "Spot has pools of its own"},
		{"Spot", world.EC2Limits{FullSpot: []world.CapacityPool{{Zone: "us-east-1a", Type: "m5.large"}}}, spot, code,
			"There is no Spot capacity available that matches your request.", "it names no zone"},
		{"Spot alone", world.EC2Limits{FullSpot: []world.CapacityPool{{}}}, a, "", "", "on-demand has room"},
		{"quota", world.EC2Limits{VCPUs: 1}, a, "VcpuLimitExceeded", "your current vCPU limit of 1 allows", "the type has two"},
		{"just enough", world.EC2Limits{VCPUs: 2, SpotVCPUs: 1}, a, "", "", "quotas are apart"},
		{"Spot quota", world.EC2Limits{SpotVCPUs: 1}, spot, "MaxSpotInstanceCountExceeded", "Max spot instance count exceeded", "the type has two"},
	} {
		f.sim.Do(func() { f.SetLimits(c.limits) })
		err := f.dry(c.launch)
		require.Equal(t, err, f.try(c.launch), "a dry launch tells the truth")
		if c.code == "" {
			require.NoError(t, err, "%s: %s", c.name, c.reason)
			continue
		}
		require.Error(t, err, "%s: %s", c.name, c.reason)
		requireCode(t, err, c.code, c.text)
	}
	f.sim.Do(func() { f.SetLimits(world.EC2Limits{VCPUs: 4}) })
	first, err := f.launch(a)
	require.NoError(t, err)
	_, err = f.launch(a)
	require.NoError(t, err)
	_, err = f.launch(a)
	requireCode(t, err, "VcpuLimitExceeded", "4")
	f.sim.Do(func() { f.Terminate(home, first.ID) })
	require.NoError(t, f.try(a), "what ends does not count")
}

func TestNoAddressesLeft(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	vpc := call[awsec2.CreateVpcOutput](t, f.network, "CreateVpc", &awsec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}).Vpc.VpcId
	small := call[awsec2.CreateSubnetOutput](t, f.network, "CreateSubnet", &awsec2.CreateSubnetInput{VpcId: vpc, CidrBlock: aws.String("10.0.0.0/28")}).Subnet.SubnetId
	for range 11 {
		_, err := f.launch(world.Launch{Subnet: *small})
		require.NoError(t, err)
	}
	_, err := f.launch(world.Launch{Subnet: *small})
	requireCode(t, err, "InsufficientFreeAddressesInSubnet", "enough free addresses")
	require.Equal(t, err, f.dry(world.Launch{Subnet: *small}))
}

func TestSpotIsTakenAway(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	spot, err := f.launch(world.Launch{Subnet: f.subnets(t)[0], Spot: true})
	require.NoError(t, err)
	onDemand, err := f.launch(world.Launch{Subnet: f.subnets(t)[0]})
	require.NoError(t, err)
	f.sim.Advance(time.Second)
	f.told = nil
	interrupt := func(id string) (err error) {
		f.sim.Do(func() { err = f.InterruptSpot(id) })
		return err
	}
	require.ErrorContains(t, interrupt(onDemand.ID), "is not a Spot instance")
	require.ErrorContains(t, interrupt("i-none"), `no instance "i-none"`)
	require.NoError(t, interrupt(spot.ID))
	require.ErrorContains(t, interrupt(spot.ID), "is being interrupted already")
	require.Equal(t, []string{"notice running"}, f.told)
	f.sim.Advance(2*time.Minute - time.Second)
	require.Len(t, f.told, 1, "it has two minutes")
	f.sim.Advance(time.Second)
	require.Equal(t, []string{"notice running", "us-east-1 shutting-down", "us-east-1 terminated"}, f.told)
	gone, _ := f.look(spot.ID)
	require.Contains(t, gone.Reason, "Server.SpotInstanceTermination")
	require.ErrorContains(t, interrupt(spot.ID), "is terminated")
}

func TestAZoneIsLost(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Instance: time.Minute, Terminate: time.Minute})
	subnets := f.subnets(t)
	a, err := f.launch(world.Launch{Subnet: subnets[0]})
	require.NoError(t, err)
	b, err := f.launch(world.Launch{Subnet: subnets[1]})
	require.NoError(t, err)
	do := func(change func(string) error, zone string) (err error) {
		f.sim.Do(func() { err = change(zone) })
		return err
	}
	for _, zone := range []string{"", "a", "us-east-1", "us-east-1x", "nowhere-1a"} {
		require.ErrorContains(t, do(f.LoseZone, zone), "is not a zone", zone)
	}
	require.ErrorContains(t, do(f.RestoreZone, "us-east-1a"), "is not lost")
	require.NoError(t, do(f.LoseZone, "us-east-1a"))
	require.ErrorContains(t, do(f.LoseZone, "us-east-1a"), "is lost already")
	require.Equal(t, []string{"us-east-1 terminated", "us-east-1a lost=true"}, f.told, "at once, and before the zone is told of")
	gone, _ := f.look(a.ID)
	require.Equal(t, "terminated", gone.State)
	require.Contains(t, gone.Reason, "Server.InternalError")
	requireCode(t, f.try(world.Launch{Subnet: subnets[0]}), "InsufficientInstanceCapacity", "choosing us-east-1b, us-east-1c.")
	requireCode(t, f.try(world.Launch{Subnet: subnets[0], Spot: true}), "InsufficientInstanceCapacity", "Spot")
	require.NoError(t, f.try(world.Launch{Subnet: subnets[1]}))
	zones := call[awsec2.DescribeAvailabilityZonesOutput](t, f.network, "DescribeAvailabilityZones", &awsec2.DescribeAvailabilityZonesInput{}).AvailabilityZones
	require.Equal(t, ec2types.AvailabilityZoneStateUnavailable, zones[0].State)
	require.Equal(t, ec2types.AvailabilityZoneStateAvailable, zones[1].State)

	require.NoError(t, do(f.RestoreZone, "us-east-1a"))
	require.NoError(t, f.try(world.Launch{Subnet: subnets[0]}))
	f.sim.Advance(time.Minute)
	stays, _ := f.look(b.ID)
	require.Equal(t, "running", stays.State)
}

func TestAHostFails(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Terminate: time.Minute})
	i, err := f.launch(world.Launch{Subnet: f.subnets(t)[0]})
	require.NoError(t, err)
	f.sim.Advance(time.Second)
	kill := func() (err error) {
		f.sim.Do(func() { err = f.Kill(i.ID) })
		return err
	}
	require.NoError(t, kill())
	require.Equal(t, []string{"us-east-1 running", "us-east-1 terminated"}, f.told)
	require.ErrorContains(t, kill(), "is terminated")
}

// TestWarmInstances stop and start without the API.
func TestWarmInstances(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Instance: 20 * time.Second, Terminate: 40 * time.Second})
	i, err := f.launch(world.Launch{Subnet: f.subnets(t)[0]})
	require.NoError(t, err)
	start := func() (err error) {
		f.sim.Do(func() { err = f.Start(home, i.ID) })
		return err
	}
	f.sim.Advance(20 * time.Second)
	f.sim.Do(func() { f.Stop(home, i.ID) })
	requireCode(t, start(), "IncorrectInstanceState", "started")
	f.sim.Advance(40 * time.Second)
	f.sim.Do(func() { f.SetLimits(world.EC2Limits{Full: []world.CapacityPool{{}}}) })
	requireCode(t, start(), "InsufficientInstanceCapacity", "m5.large")
	f.sim.Do(func() { f.SetLimits(world.EC2Limits{VCPUs: 1}) })
	requireCode(t, start(), "VcpuLimitExceeded", "1")
	f.sim.Do(func() { f.SetLimits(world.EC2Limits{}) })
	require.NoError(t, start())
	require.NoError(t, start(), "it starts already")
	f.sim.Advance(20 * time.Second)
	require.Equal(t, []string{
		"us-east-1 running", "us-east-1 stopping", "us-east-1 stopped", "us-east-1 pending", "us-east-1 running",
	}, f.told)
	f.sim.Do(func() { require.Error(t, f.Start(home, "i-none")) })

	f.sim.Do(func() { f.Stop(home, i.ID); f.Terminate(home, i.ID) })
	f.sim.Advance(time.Minute)
	require.Equal(t, "us-east-1 terminated", f.told[len(f.told)-1], "what stops can be ended too")
	require.NotContains(t, f.told[5:], "us-east-1 stopped")
}
