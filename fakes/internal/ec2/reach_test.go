// SPDX-License-Identifier: Apache-2.0

package ec2_test

import (
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

const home = "us-east-1"

// network is the fake as the other services see it, with its operations beside.
type network struct {
	*ec2.Fake
	sim *sim.Sim
}

func newNetwork(timing world.Timing) network {
	s := sim.New(sim.Options{})
	return network{ec2.New(s, timing, ec2.Needs{}), s}
}

// call runs an operation as its owner, without the SDK.
func call[O, I any](t *testing.T, n network, name string, in *I) *O {
	t.Helper()
	var (
		out any
		err error
	)
	n.sim.Do(func() {
		c := &sim.Call{Sim: n.sim, Service: "EC2", Operation: name, Region: home, Account: n.sim.Account(), Partition: "aws"}
		out, err = n.Services()[0].Operation(name).Call(c, in)
	})
	require.NoError(t, err, name)
	typed, ok := out.(*O)
	require.True(t, ok, name)
	return typed
}

// private is a VPC with one public and one private subnet and a route out of the
// public one.
type private struct {
	network
	vpc, public, private, table string
}

func newPrivate(t *testing.T, timing world.Timing) private {
	t.Helper()
	n := newNetwork(timing)
	vpc := call[awsec2.CreateVpcOutput](t, n, "CreateVpc", &awsec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}).Vpc.VpcId
	for _, in := range []*awsec2.ModifyVpcAttributeInput{
		{VpcId: vpc, EnableDnsHostnames: &ec2types.AttributeBooleanValue{Value: aws.Bool(true)}},
	} {
		call[awsec2.ModifyVpcAttributeOutput](t, n, "ModifyVpcAttribute", in)
	}
	subnet := func(cidr string) *string {
		in := &awsec2.CreateSubnetInput{VpcId: vpc, CidrBlock: aws.String(cidr)}
		return call[awsec2.CreateSubnetOutput](t, n, "CreateSubnet", in).Subnet.SubnetId
	}
	open, closed := subnet("10.0.0.0/24"), subnet("10.0.1.0/24")
	gateway := call[awsec2.CreateInternetGatewayOutput](t, n, "CreateInternetGateway", &awsec2.CreateInternetGatewayInput{}).InternetGateway.InternetGatewayId
	call[awsec2.AttachInternetGatewayOutput](t, n, "AttachInternetGateway", &awsec2.AttachInternetGatewayInput{InternetGatewayId: gateway, VpcId: vpc})
	table := func(subnet *string) *string {
		id := call[awsec2.CreateRouteTableOutput](t, n, "CreateRouteTable", &awsec2.CreateRouteTableInput{VpcId: vpc}).RouteTable.RouteTableId
		call[awsec2.AssociateRouteTableOutput](t, n, "AssociateRouteTable", &awsec2.AssociateRouteTableInput{RouteTableId: id, SubnetId: subnet})
		return id
	}
	call[awsec2.CreateRouteOutput](t, n, "CreateRoute", &awsec2.CreateRouteInput{
		RouteTableId: table(open), DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: gateway,
	})
	return private{n, *vpc, *open, *closed, *table(closed)}
}

// attach makes an interface as a task would have it.
func (n network) attach(t *testing.T, subnet string, public bool, groups ...string) (i world.Interface) {
	t.Helper()
	n.sim.Do(func() {
		var err error
		i, err = n.Attach(home, subnet, groups, public, "arn:task/"+subnet, "a task")
		require.NoError(t, err)
	})
	return i
}

func (n network) reaches(i world.Interface, service string) (ok bool) {
	n.sim.Do(func() { ok = n.Reaches(home, i, service) })
	return ok
}

func TestReachesByInternetGateway(t *testing.T) {
	t.Parallel()
	p := newPrivate(t, world.Timing{})
	for _, c := range []struct {
		name, subnet    string
		public, reaches bool
		reason          string
	}{
		{"public with address", p.public, true, true, "the gateway translates public addresses"},
		{"public without address", p.public, false, false, "nothing can come back"},
		{"private with address", p.private, true, false, "no route leads out"},
	} {
		i := p.attach(t, c.subnet, c.public)
		require.Equal(t, c.reaches, p.reaches(i, "internet"), c.reason)
		require.Equal(t, c.reaches, p.reaches(i, "ecr.api"), c.reason)
		p.sim.Do(func() { p.Detach(home, i.ID) })
	}
}

func TestReachesByNAT(t *testing.T) {
	t.Parallel()
	p := newPrivate(t, world.Timing{NATGateway: time.Minute})
	allocation := call[awsec2.AllocateAddressOutput](t, p.network, "AllocateAddress", &awsec2.AllocateAddressInput{}).AllocationId
	nat := call[awsec2.CreateNatGatewayOutput](t, p.network, "CreateNatGateway", &awsec2.CreateNatGatewayInput{
		SubnetId: aws.String(p.public), AllocationId: allocation,
	}).NatGateway.NatGatewayId
	call[awsec2.CreateRouteOutput](t, p.network, "CreateRoute", &awsec2.CreateRouteInput{
		RouteTableId: aws.String(p.table), DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: nat,
	})
	i := p.attach(t, p.private, false)
	require.False(t, p.reaches(i, "logs"), "the gateway is pending")
	p.sim.Advance(time.Minute)
	require.True(t, p.reaches(i, "logs"))
	call[awsec2.DeleteNatGatewayOutput](t, p.network, "DeleteNatGateway", &awsec2.DeleteNatGatewayInput{NatGatewayId: nat})
	require.False(t, p.reaches(i, "logs"), "the gateway is being deleted")
}

func TestReachesByTheLongestRoute(t *testing.T) {
	t.Parallel()
	p := newPrivate(t, world.Timing{})
	main := call[awsec2.DescribeRouteTablesOutput](t, p.network, "DescribeRouteTables", &awsec2.DescribeRouteTablesInput{Filters: []ec2types.Filter{
		filter("association.subnet-id", p.public),
	}}).RouteTables[0].RouteTableId
	allocation := call[awsec2.AllocateAddressOutput](t, p.network, "AllocateAddress", &awsec2.AllocateAddressInput{}).AllocationId
	nat := call[awsec2.CreateNatGatewayOutput](t, p.network, "CreateNatGateway", &awsec2.CreateNatGatewayInput{
		SubnetId: aws.String(p.public), AllocationId: allocation,
	}).NatGateway.NatGatewayId
	i := p.attach(t, p.public, true)
	require.True(t, p.reaches(i, "internet"))
	call[awsec2.CreateRouteOutput](t, p.network, "CreateRoute", &awsec2.CreateRouteInput{
		RouteTableId: main, DestinationCidrBlock: aws.String("0.0.0.0/1"), NatGatewayId: nat,
	})
	require.False(t, p.reaches(i, "internet"), "a gateway that routes to itself leads nowhere")
}

func TestReachesByInterfaceEndpoint(t *testing.T) {
	t.Parallel()
	p := newPrivate(t, world.Timing{})
	group := call[awsec2.CreateSecurityGroupOutput](t, p.network, "CreateSecurityGroup", &awsec2.CreateSecurityGroupInput{
		GroupName: aws.String("endpoint"), Description: aws.String("endpoint"), VpcId: aws.String(p.vpc),
	}).GroupId
	i := p.attach(t, p.private, false)
	require.False(t, p.reaches(i, "ecr.api"))
	endpoint := call[awsec2.CreateVpcEndpointOutput](t, p.network, "CreateVpcEndpoint", &awsec2.CreateVpcEndpointInput{
		VpcId: aws.String(p.vpc), ServiceName: aws.String("com.amazonaws.us-east-1.ecr.api"), VpcEndpointType: ec2types.VpcEndpointTypeInterface,
		SubnetIds: []string{p.private}, SecurityGroupIds: []string{*group},
	}).VpcEndpoint
	require.False(t, p.reaches(i, "ecr.api"), "the endpoint's group lets nothing in")
	outside := p.attach(t, p.public, true)
	require.False(t, p.reaches(outside, "ecr.api"), "nor does it in the public subnet: the name leads to the endpoint")
	call[awsec2.AuthorizeSecurityGroupIngressOutput](t, p.network, "AuthorizeSecurityGroupIngress", &awsec2.AuthorizeSecurityGroupIngressInput{
		GroupId: group, IpPermissions: []ec2types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443),
			IpRanges: []ec2types.IpRange{{CidrIp: aws.String("10.0.1.0/24")}},
		}},
	})
	require.True(t, p.reaches(i, "ecr.api"))
	require.False(t, p.reaches(outside, "ecr.api"), "its address is not in the range")
	require.False(t, p.reaches(i, "ecr.dkr"), "each service has its own endpoint")
	call[awsec2.DeleteVpcEndpointsOutput](t, p.network, "DeleteVpcEndpoints", &awsec2.DeleteVpcEndpointsInput{
		VpcEndpointIds: []string{*endpoint.VpcEndpointId},
	})
	require.False(t, p.reaches(i, "ecr.api"))
	require.True(t, p.reaches(outside, "ecr.api"))
}

func TestReachesByGatewayEndpoint(t *testing.T) {
	t.Parallel()
	p := newPrivate(t, world.Timing{})
	i := p.attach(t, p.private, false)
	require.False(t, p.reaches(i, "s3"))
	call[awsec2.CreateVpcEndpointOutput](t, p.network, "CreateVpcEndpoint", &awsec2.CreateVpcEndpointInput{
		VpcId: aws.String(p.vpc), ServiceName: aws.String("com.amazonaws.us-east-1.s3"), RouteTableIds: []string{p.table},
	})
	require.True(t, p.reaches(i, "s3"))
	require.False(t, p.reaches(i, "internet"))
	routes := call[awsec2.DescribeRouteTablesOutput](t, p.network, "DescribeRouteTables", &awsec2.DescribeRouteTablesInput{
		RouteTableIds: []string{p.table},
	}).RouteTables[0].Routes
	require.Regexp(t, "^pl-", *routes[1].DestinationPrefixListId)
	require.Regexp(t, "^vpce-", *routes[1].GatewayId)
}

func TestReachesNeedsEgress(t *testing.T) {
	t.Parallel()
	p := newPrivate(t, world.Timing{})
	group := call[awsec2.CreateSecurityGroupOutput](t, p.network, "CreateSecurityGroup", &awsec2.CreateSecurityGroupInput{
		GroupName: aws.String("mute"), Description: aws.String("mute"), VpcId: aws.String(p.vpc),
	}).GroupId
	i := p.attach(t, p.public, true, *group)
	require.True(t, p.reaches(i, "internet"), "a new group sends everything")
	call[awsec2.RevokeSecurityGroupEgressOutput](t, p.network, "RevokeSecurityGroupEgress", &awsec2.RevokeSecurityGroupEgressInput{
		GroupId: group, IpPermissions: []ec2types.IpPermission{{IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}},
	})
	require.False(t, p.reaches(i, "internet"))
	call[awsec2.AuthorizeSecurityGroupEgressOutput](t, p.network, "AuthorizeSecurityGroupEgress", &awsec2.AuthorizeSecurityGroupEgressInput{
		GroupId: group, IpPermissions: []ec2types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(443), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
		}},
	})
	require.True(t, p.reaches(i, "internet"))
}

func TestPermits(t *testing.T) {
	t.Parallel()
	p := newPrivate(t, world.Timing{})
	group := func(name string) string {
		return *call[awsec2.CreateSecurityGroupOutput](t, p.network, "CreateSecurityGroup", &awsec2.CreateSecurityGroupInput{
			GroupName: aws.String(name), Description: aws.String(name), VpcId: aws.String(p.vpc),
		}).GroupId
	}
	admit := func(to string, port int32, permission ec2types.IpPermission) {
		permission.IpProtocol, permission.FromPort, permission.ToPort = aws.String("tcp"), aws.Int32(port), aws.Int32(port)
		call[awsec2.AuthorizeSecurityGroupIngressOutput](t, p.network, "AuthorizeSecurityGroupIngress", &awsec2.AuthorizeSecurityGroupIngressInput{
			GroupId: aws.String(to), IpPermissions: []ec2types.IpPermission{permission},
		})
	}
	permits := func(from []string, to string, port int32) (ok bool) {
		p.sim.Do(func() { ok = p.Permits(home, from, []string{to}, port) })
		return ok
	}
	balancer, task := group("balancer"), group("task")
	require.False(t, permits([]string{balancer}, task, 8080), "a new group lets nothing in")
	admit(task, 8080, ec2types.IpPermission{UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: aws.String(balancer)}}})
	require.True(t, permits([]string{balancer}, task, 8080))
	require.False(t, permits([]string{balancer}, task, 8081), "another port")
	require.False(t, permits([]string{task}, task, 8080), "another group")
	require.False(t, permits(nil, task, 8080), "the internet is in no group")
	admit(balancer, 443, ec2types.IpPermission{IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}})
	require.True(t, permits(nil, balancer, 443))
	admit(task, 9090, ec2types.IpPermission{IpRanges: []ec2types.IpRange{{CidrIp: aws.String("10.0.0.0/24")}}})
	require.True(t, permits([]string{balancer}, task, 9090), "nobody is in the group yet; the range is in the VPC")
	p.attach(t, p.private, false, balancer)
	require.False(t, permits([]string{balancer}, task, 9090), "its only member has another address")
}

func TestWorldSeesSubnetsAndInterfaces(t *testing.T) {
	t.Parallel()
	p := newPrivate(t, world.Timing{})
	p.sim.Do(func() {
		open, ok := p.Subnet(home, p.public)
		require.True(t, ok)
		require.True(t, open.Public)
		closed, ok := p.Subnet(home, p.private)
		require.True(t, ok)
		require.False(t, closed.Public)
		require.Equal(t, world.Subnet{
			ID: p.private, VPC: p.vpc, Zone: "us-east-1a", ZoneID: "use1-az1", CIDR: "10.0.1.0/24", Free: 251,
		}, closed)
		_, ok = p.Subnet(home, "subnet-00000000000000000")
		require.False(t, ok)
	})
	i := p.attach(t, p.public, true)
	require.NotEmpty(t, i.PublicIP)
	p.sim.Do(func() {
		require.Equal(t, []string{p.DefaultGroup(home, p.vpc)}, i.Groups)
		found, ok := p.InterfaceByIP(home, p.vpc, i.PrivateIP)
		require.True(t, ok)
		require.Equal(t, i, found)
		vpc, ok := p.GroupVPC(home, i.Groups[0])
		require.True(t, ok)
		require.Equal(t, p.vpc, vpc)
		s, _ := p.Subnet(home, p.public)
		require.Equal(t, 250, s.Free)
		p.Detach(home, i.ID)
		p.Detach(home, i.ID)
		s, _ = p.Subnet(home, p.public)
		require.Equal(t, 251, s.Free)
		_, ok = p.InterfaceByIP(home, p.vpc, i.PrivateIP)
		require.False(t, ok)
		_, err := p.Attach(home, "subnet-00000000000000000", nil, false, "x", "x")
		requireCode(t, err, "InvalidSubnetID.NotFound", "does not exist")
		other := p.DefaultGroup(home, p.vpc)
		def, _ := p.GroupVPC(home, other)
		require.Equal(t, p.vpc, def)
	})
}

func TestThings(t *testing.T) {
	t.Parallel()
	p := newPrivate(t, world.Timing{})
	i := p.attach(t, p.public, true)
	found := map[string]sim.Thing{}
	p.sim.Do(func() {
		for _, thing := range p.Services()[0].Things() {
			found[thing.ID] = thing
		}
	})
	require.Equal(t, "vpc", found[p.vpc].Type)
	require.Equal(t, home, found[p.public].Region)
	n, ok := found[i.ID].State.(ec2types.NetworkInterface)
	require.True(t, ok)
	require.Equal(t, i.PrivateIP, *n.PrivateIpAddress)
}
