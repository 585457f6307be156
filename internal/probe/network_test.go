// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/probe"
)

// wires is a VPC with a public subnet and a private one, and security groups.
type wires struct {
	site
	client          *awsec2.Client
	vpc             string
	public, private string
	open, shut      string
}

func newWires(t *testing.T) *wires {
	t.Helper()
	s := newSite(t)
	w := &wires{site: s, client: awsec2.NewFromConfig(s.cloud.Config())}
	made, err := w.client.CreateVpc(t.Context(), &awsec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	require.NoError(t, err)
	w.vpc = *made.Vpc.VpcId
	for _, name := range []ec2types.VpcAttributeName{ec2types.VpcAttributeNameEnableDnsHostnames, ec2types.VpcAttributeNameEnableDnsSupport} {
		in := &awsec2.ModifyVpcAttributeInput{VpcId: &w.vpc}
		if name == ec2types.VpcAttributeNameEnableDnsSupport {
			in.EnableDnsSupport = &ec2types.AttributeBooleanValue{Value: aws.Bool(true)}
		} else {
			in.EnableDnsHostnames = &ec2types.AttributeBooleanValue{Value: aws.Bool(true)}
		}
		w.must(w.client.ModifyVpcAttribute(t.Context(), in))
	}
	w.public, w.private = w.subnet("10.0.0.0/24"), w.subnet("10.0.1.0/28")
	gateway, err := w.client.CreateInternetGateway(t.Context(), &awsec2.CreateInternetGatewayInput{})
	require.NoError(t, err)
	w.must(w.client.AttachInternetGateway(t.Context(), &awsec2.AttachInternetGatewayInput{VpcId: &w.vpc, InternetGatewayId: gateway.InternetGateway.InternetGatewayId}))
	table := w.table(w.public)
	w.must(w.client.CreateRoute(t.Context(), &awsec2.CreateRouteInput{
		RouteTableId: &table, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: gateway.InternetGateway.InternetGatewayId,
	}))
	w.open, w.shut = w.group("open"), w.group("shut")
	w.must(w.client.RevokeSecurityGroupEgress(t.Context(), &awsec2.RevokeSecurityGroupEgressInput{GroupId: &w.shut, IpPermissions: everything()}))
	return w
}

func everything() []ec2types.IpPermission {
	return []ec2types.IpPermission{{IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}
}

func (w *wires) subnet(cidr string) string {
	out, err := w.client.CreateSubnet(w.Context(), &awsec2.CreateSubnetInput{VpcId: &w.vpc, CidrBlock: &cidr, AvailabilityZone: aws.String("us-east-1a")})
	require.NoError(w, err)
	return *out.Subnet.SubnetId
}

// table gives a subnet a route table of its own.
func (w *wires) table(subnet string) string {
	out, err := w.client.CreateRouteTable(w.Context(), &awsec2.CreateRouteTableInput{VpcId: &w.vpc})
	require.NoError(w, err)
	w.must(w.client.AssociateRouteTable(w.Context(), &awsec2.AssociateRouteTableInput{RouteTableId: out.RouteTable.RouteTableId, SubnetId: &subnet}))
	return *out.RouteTable.RouteTableId
}

func (w *wires) group(name string) string {
	out, err := w.client.CreateSecurityGroup(w.Context(), &awsec2.CreateSecurityGroupInput{VpcId: &w.vpc, GroupName: &name, Description: &name})
	require.NoError(w, err)
	return *out.GroupId
}

// admit lets a peer into a group on a port.
func (w *wires) admit(group string, port int32, peer ec2types.IpPermission) {
	peer.IpProtocol, peer.FromPort, peer.ToPort = aws.String("tcp"), &port, &port
	w.must(w.client.AuthorizeSecurityGroupIngress(w.Context(), &awsec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: []ec2types.IpPermission{peer}}))
}

func fromGroup(id string) ec2types.IpPermission {
	return ec2types.IpPermission{UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &id}}}
}

func fromRange(cidr string) ec2types.IpPermission {
	return ec2types.IpPermission{IpRanges: []ec2types.IpRange{{CidrIp: &cidr}}}
}

// endpoint makes an interface endpoint for ecr.api with that security group.
func (w *wires) endpoint(group string) {
	w.must(w.client.CreateVpcEndpoint(w.Context(), &awsec2.CreateVpcEndpointInput{
		VpcId: &w.vpc, ServiceName: aws.String("com.amazonaws.us-east-1.ecr.api"), VpcEndpointType: ec2types.VpcEndpointTypeInterface,
		SubnetIds: []string{w.private}, SecurityGroupIds: []string{group}, PrivateDnsEnabled: aws.Bool(true),
	}))
	w.cloud.Advance(1)
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	w := newWires(t)
	want{}.of(t, probe.Addresses(t.Context(), w.call(), []string{w.private}, 11))
	want{}.of(t, probe.Addresses(t.Context(), w.call(), []string{w.private, w.public}, 100))
	want{code: slipway.NoAddress, summary: "the subnets have 11 free addresses and 12 are needed"}.of(t, probe.Addresses(t.Context(), w.call(), []string{w.private}, 12))
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		changes func(w *wires)
		at      func(w *wires) probe.Placement
		to      probe.Destination
		want    want
	}{
		{"public, with an address", nil, func(w *wires) probe.Placement {
			return probe.Placement{Subnets: []string{w.public}, Groups: []string{w.open}, PublicIP: true}
		},
			probe.Internet, want{}},
		{"public, without an address", nil, func(w *wires) probe.Placement {
			return probe.Placement{Subnets: []string{w.public}, Groups: []string{w.open}}
		},
			probe.Internet, want{code: slipway.NoRouteToRegistry, summary: "tasks do not reach the internet"}},
		{"private", nil, func(w *wires) probe.Placement {
			return probe.Placement{Subnets: []string{w.private}, Groups: []string{w.open}, PublicIP: true}
		},
			probe.Secrets, want{code: slipway.NoRouteToSecrets, summary: "tasks do not reach Secrets Manager"}},
		{"one of two subnets", nil, func(w *wires) probe.Placement {
			return probe.Placement{Subnets: []string{w.public, w.private}, Groups: []string{w.open}, PublicIP: true}
		}, probe.Logs, want{code: slipway.NoRouteToLogs, summary: "CloudWatch Logs"}},
		{"nothing let out", nil, func(w *wires) probe.Placement {
			return probe.Placement{Subnets: []string{w.public}, Groups: []string{w.shut}, PublicIP: true}
		},
			probe.SSM, want{code: slipway.NoRouteToParameters, summary: "Systems Manager"}},
		{"the default group", nil, func(w *wires) probe.Placement {
			return probe.Placement{Subnets: []string{w.public}, PublicIP: true, Default: true}
		},
			probe.ECRDocker, want{}},
		{"instances", nil, func(w *wires) probe.Placement {
			return probe.Placement{Subnets: []string{w.private}, Groups: []string{w.open}, Instances: true}
		}, probe.ECS, want{code: slipway.NotJoined, summary: "instances do not reach the API of Amazon ECS"}},
		{"an endpoint that admits them", func(w *wires) { w.admit(w.shut, 443, fromRange("10.0.1.0/28")); w.endpoint(w.shut) },
			func(w *wires) probe.Placement {
				return probe.Placement{Subnets: []string{w.private}, Groups: []string{w.open}}
			}, probe.ECRAPI, want{}},
		{"an endpoint that does not", func(w *wires) { w.endpoint(w.shut) },
			func(w *wires) probe.Placement {
				return probe.Placement{Subnets: []string{w.private}, Groups: []string{w.open}}
			},
			probe.ECRAPI, want{code: slipway.NoRouteToRegistry, summary: "the API of Amazon ECR"}},
		{"an endpoint in the way of a gateway", func(w *wires) { w.endpoint(w.shut) },
			func(w *wires) probe.Placement {
				return probe.Placement{Subnets: []string{w.public}, Groups: []string{w.open}, PublicIP: true}
			},
			probe.ECRAPI, want{code: slipway.NoRouteToRegistry, summary: "the API of Amazon ECR"}},
		{"a gateway endpoint", func(w *wires) {
			table := w.table(w.private)
			w.must(w.client.CreateVpcEndpoint(w.Context(), &awsec2.CreateVpcEndpointInput{
				VpcId: &w.vpc, ServiceName: aws.String("com.amazonaws.us-east-1.s3"), VpcEndpointType: ec2types.VpcEndpointTypeGateway, RouteTableIds: []string{table},
			}))
			w.cloud.Advance(1)
		}, func(w *wires) probe.Placement {
			return probe.Placement{Subnets: []string{w.private}, Groups: []string{w.open}}
		}, probe.S3, want{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWires(t)
			if test.changes != nil {
				test.changes(w)
			}
			checks := probe.Routes(t.Context(), w.call(), test.at(w), test.to)
			require.Len(t, checks, 1)
			test.want.of(t, checks[0])
		})
	}
}

func TestAdmits(t *testing.T) {
	t.Parallel()
	w := newWires(t)
	balancer, byGroup, byRange, elsewhere := w.group("balancer"), w.group("by-group"), w.group("by-range"), w.group("elsewhere")
	w.admit(byGroup, 8080, fromGroup(balancer))
	w.admit(byRange, 8080, fromRange("10.0.0.0/24"))
	w.admit(elsewhere, 8080, fromRange("192.168.0.0/16"))
	from := probe.Placement{Subnets: []string{w.public}, Groups: []string{balancer}}
	for _, test := range []struct {
		name string
		from probe.Placement
		to   []string
		port int32
		want bool
	}{
		{"its group", from, []string{byGroup}, 8080, true},
		{"its subnet", from, []string{byRange}, 8080, true},
		{"one of two groups", from, []string{elsewhere, byGroup}, 8080, true},
		{"another range", from, []string{elsewhere}, 8080, false},
		{"another port", from, []string{byGroup}, 8081, false},
		{"a balancer that sends nothing", probe.Placement{Subnets: []string{w.public}, Groups: []string{w.shut}}, []string{byRange}, 8080, false},
		{"groups that nobody knows", from, []string{"sg-0123456789abcdef0"}, 8080, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := probe.Admits(t.Context(), w.call(), test.from, test.to, test.port)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
	_, err := probe.Admits(t.Context(), w.call(), probe.Placement{Subnets: []string{"subnet-0123456789abcdef0"}}, nil, 80)
	require.ErrorIs(t, err, slipway.ErrNotFound)
}
