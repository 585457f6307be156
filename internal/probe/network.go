// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// Addresses looks up whether the subnets together have that many free addresses.
func Addresses(ctx context.Context, c slipway.Call, subnets []string, needed int) slipway.Check {
	subject := fmt.Sprintf("subnets %s have %d free addresses", strings.Join(subnets, ", "), needed)
	out, err := slipway.Client(c, awsec2.NewFromConfig).DescribeSubnets(ctx, &awsec2.DescribeSubnetsInput{SubnetIds: subnets})
	if err != nil {
		return unanswered(subject, err)
	}
	free, each := 0, []string{}
	for _, s := range out.Subnets {
		n := int(aws.ToInt32(s.AvailableIpAddressCount))
		free += n
		each = append(each, fmt.Sprintf("subnet %s (%s) has %d free addresses", aws.ToString(s.SubnetId), aws.ToString(s.CidrBlock), n))
	}
	if free < needed {
		return failed(subject, slipway.Cause{Code: slipway.NoAddress, Summary: fmt.Sprintf("the subnets have %d free addresses and %d are needed", free, needed),
			Evidence: each, Remedy: "use larger or more subnets, or free addresses: each task takes one",
			Doc: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html"})
	}
	return passed(subject)
}

// Placement is where tasks run in the network.
type Placement struct {
	Subnets, Groups []string
	// PublicIP: tasks are given a public address.
	PublicIP bool
	// Instances: it is container instances that have to get there, not tasks.
	Instances bool
	// Default: no groups are named, so the default one of the VPC is theirs.
	Default bool
}

// who has to get there.
func (p Placement) who() string {
	if p.Instances {
		return "instances"
	}
	return "tasks"
}

// Destination is something that tasks have to reach.
type Destination struct {
	// Endpoint is the name of its VPC endpoint after the region, such as "ecr.api";
	// empty for what has none, such as a registry on the internet.
	Endpoint string
	// Code and Name are for the cause.
	Code slipway.CauseCode
	Name string
}

// What tasks reach before their containers run.
var (
	ECRAPI    = Destination{"ecr.api", slipway.NoRouteToRegistry, "the API of Amazon ECR"}
	ECRDocker = Destination{"ecr.dkr", slipway.NoRouteToRegistry, "the registry of Amazon ECR"}
	S3        = Destination{"s3", slipway.NoRouteToS3, "Amazon S3, which keeps the layers of ECR's images"}
	Secrets   = Destination{"secretsmanager", slipway.NoRouteToSecrets, "Secrets Manager"}
	SSM       = Destination{"ssm", slipway.NoRouteToParameters, "Systems Manager"}
	Logs      = Destination{"logs", slipway.NoRouteToLogs, "CloudWatch Logs"}
	Internet  = Destination{"", slipway.NoRouteToRegistry, "the internet"}
)

// What the agent of an instance reaches to join a cluster.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
var (
	ECS       = Destination{"ecs", slipway.NotJoined, "the API of Amazon ECS"}
	Agent     = Destination{"ecs-agent", slipway.NotJoined, "the endpoint of Amazon ECS for agents"}
	Telemetry = Destination{"ecs-telemetry", slipway.NotJoined, "the endpoint of Amazon ECS for metrics"}
)

// Routes looks up, for each destination, whether tasks in every subnet reach it: by an
// internet gateway and a public address, a NAT gateway, or a VPC endpoint, and whether
// their security groups let them. Network ACLs and the policies of endpoints are not
// looked at.
func Routes(ctx context.Context, c slipway.Call, at Placement, to ...Destination) []slipway.Check {
	n, err := readNetwork(ctx, c, at)
	checks := make([]slipway.Check, len(to))
	for i, d := range to {
		subject := at.who() + " reach " + d.Name
		if err != nil {
			checks[i] = unanswered(subject, err)
			continue
		}
		checks[i] = n.reach(subject, d)
	}
	return checks
}

// network is what decides on routes.
type network struct {
	Placement
	region    string
	subnets   []ec2types.Subnet
	tables    []ec2types.RouteTable
	endpoints []ec2types.VpcEndpoint
	// all subnets of the VPC.
	all   []ec2types.Subnet
	rules rules
}

func readNetwork(ctx context.Context, c slipway.Call, at Placement) (*network, error) {
	n, client := &network{Placement: at, region: c.Config.Region}, slipway.Client(c, awsec2.NewFromConfig)
	subnets, err := client.DescribeSubnets(ctx, &awsec2.DescribeSubnetsInput{SubnetIds: at.Subnets})
	if err != nil {
		return nil, awserr.Wrap(err, "describe subnets")
	}
	if n.subnets = subnets.Subnets; len(n.subnets) == 0 {
		return n, nil
	}
	inVPC := []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{aws.ToString(n.subnets[0].VpcId)}}}
	all, err := client.DescribeSubnets(ctx, &awsec2.DescribeSubnetsInput{Filters: inVPC})
	if err != nil {
		return nil, awserr.Wrap(err, "describe subnets")
	}
	n.all = all.Subnets
	tables := awsec2.NewDescribeRouteTablesPaginator(client, &awsec2.DescribeRouteTablesInput{Filters: inVPC})
	for tables.HasMorePages() {
		page, err := tables.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "describe route tables")
		}
		n.tables = append(n.tables, page.RouteTables...)
	}
	endpoints := awsec2.NewDescribeVpcEndpointsPaginator(client, &awsec2.DescribeVpcEndpointsInput{Filters: inVPC})
	for endpoints.HasMorePages() {
		page, err := endpoints.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "describe VPC endpoints")
		}
		n.endpoints = append(n.endpoints, page.VpcEndpoints...)
	}
	if at.Default {
		byName := slices.Concat(inVPC, []ec2types.Filter{{Name: aws.String("group-name"), Values: []string{"default"}}})
		out, err := client.DescribeSecurityGroups(ctx, &awsec2.DescribeSecurityGroupsInput{Filters: byName})
		if err != nil {
			return nil, awserr.Wrap(err, "describe security groups")
		}
		for _, g := range out.SecurityGroups {
			n.Groups = append(slices.Clip(n.Groups), aws.ToString(g.GroupId))
		}
	}
	n.rules, err = readRules(ctx, client, append(n.endpointGroups(), n.Groups...))
	return n, err
}

// endpointGroups are the security groups of interface endpoints.
func (n *network) endpointGroups() (ids []string) {
	for _, e := range n.endpoints {
		for _, g := range e.Groups {
			ids = append(ids, aws.ToString(g.GroupId))
		}
	}
	return ids
}

// reach looks for a way from each subnet.
func (n *network) reach(subject string, d Destination) slipway.Check {
	var seen []string
	for _, s := range n.subnets {
		if why := n.refused(s, d); why != "" {
			seen = append(seen, why)
		}
	}
	if len(seen) == 0 {
		return passed(subject)
	}
	remedy := "give the " + n.who() + " a public address in a public subnet, or a NAT gateway"
	if d.Endpoint != "" {
		remedy += ", or the VPC endpoint " + d.Endpoint
		if d.Endpoint != "s3" {
			remedy += " with private DNS, whose security group admits port 443 from the " + n.who()
		}
	}
	return failed(subject, slipway.Cause{Code: d.Code, Summary: n.who() + " do not reach " + d.Name, Evidence: seen, Remedy: remedy,
		Doc: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html"})
}

// refused is why tasks in a subnet do not reach a destination; "" if they do. An
// endpoint with private names takes all traffic of its VPC: what it does not admit has
// no other way.
func (n *network) refused(s ec2types.Subnet, d Destination) string {
	served := slices.DeleteFunc(slices.Clone(n.endpoints), func(e ec2types.VpcEndpoint) bool {
		return d.Endpoint == "" || e.VpcEndpointType != ec2types.VpcEndpointTypeInterface || !n.serves(e, d) || !aws.ToBool(e.PrivateDnsEnabled)
	})
	if len(served) == 0 {
		return n.noWay(s, d)
	}
	e := served[0]
	if n.admitted(s, e) {
		return ""
	}
	return "endpoint " + aws.ToString(e.VpcEndpointId) + " of " + d.Endpoint + " does not admit port 443 from the " + n.who() + " in subnet " + aws.ToString(s.SubnetId) +
		", or they may not send there"
}

func (n *network) serves(e ec2types.VpcEndpoint, d Destination) bool {
	return strings.EqualFold(string(e.State), "available") && strings.HasSuffix(aws.ToString(e.ServiceName), "."+n.region+"."+d.Endpoint)
}

// httpsPort is that of AWS's APIs.
const httpsPort = 443

// admitted reports whether security groups let tasks in a subnet reach an endpoint.
func (n *network) admitted(s ec2types.Subnet, e ec2types.VpcEndpoint) bool {
	var to side
	for _, g := range e.Groups {
		to.groups = append(to.groups, aws.ToString(g.GroupId))
	}
	for _, other := range n.all {
		if slices.Contains(e.SubnetIds, aws.ToString(other.SubnetId)) {
			to.ranges = append(to.ranges, aws.ToString(other.CidrBlock))
		}
	}
	return n.rules.connects(side{n.Groups, []string{aws.ToString(s.CidrBlock)}}, to, httpsPort)
}

// noWay is why tasks in a subnet do not reach a destination; "" if they do.
func (n *network) noWay(s ec2types.Subnet, d Destination) string {
	id := aws.ToString(s.SubnetId)
	t := n.table(id)
	if t == nil {
		return "subnet " + id + " has no route table"
	}
	if !n.rules.sends(n.Groups) {
		return "no security group of the " + n.who() + " lets port 443 out: " + strings.Join(n.Groups, ", ")
	}
	why := "subnet " + id + " has no route to a gateway"
	for _, r := range t.Routes {
		gateway := aws.ToString(r.GatewayId)
		switch {
		case r.State == ec2types.RouteStateBlackhole:
		case strings.HasPrefix(gateway, "vpce-") && n.isGateway(gateway, d):
			return ""
		case aws.ToString(r.DestinationCidrBlock) != "0.0.0.0/0":
		case strings.HasPrefix(gateway, "igw-") && !n.PublicIP:
			why = "subnet " + id + " has a route to an internet gateway, but its " + n.who() + " have no public address"
		case gateway != "local":
			return ""
		}
	}
	return why
}

func (n *network) isGateway(id string, d Destination) bool {
	return d.Endpoint != "" && slices.ContainsFunc(n.endpoints, func(e ec2types.VpcEndpoint) bool {
		return aws.ToString(e.VpcEndpointId) == id && n.serves(e, d)
	})
}

// table is the subnet's route table, or the main one.
func (n *network) table(subnet string) *ec2types.RouteTable {
	var main *ec2types.RouteTable
	for i := range n.tables {
		for _, a := range n.tables[i].Associations {
			if aws.ToString(a.SubnetId) == subnet {
				return &n.tables[i]
			}
			if aws.ToBool(a.Main) {
				main = &n.tables[i]
			}
		}
	}
	return main
}
