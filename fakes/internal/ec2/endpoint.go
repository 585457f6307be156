// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

type endpoint = ec2types.VpcEndpoint

// EC2 writes the states of endpoints in lower case, other than the SDK's list.
const (
	endpointPending   ec2types.State = "pending"
	endpointAvailable ec2types.State = "available"
	endpointDeleting  ec2types.State = "deleting"
)

// endpointServices are the services that have interface endpoints here.
var endpointServices = []string{
	"application-autoscaling", "autoscaling", "dynamodb", "ec2", "ec2messages", "ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry",
	"elasticfilesystem", "elasticloadbalancing", "events", "kms", "logs", "monitoring", "s3", "secretsmanager", "sns", "sqs", "ssm",
	"ssmmessages", "sts",
}

var endpointView = view[endpoint]{
	prefix: "vpce-", id: func(e endpoint) string { return aws.ToString(e.VpcEndpointId) },
	filters: map[string]func(endpoint) []string{
		"vpc-endpoint-id":    one(func(e endpoint) *string { return e.VpcEndpointId }),
		"vpc-id":             one(func(e endpoint) *string { return e.VpcId }),
		"service-name":       one(func(e endpoint) *string { return e.ServiceName }),
		"service-region":     one(func(e endpoint) *string { return e.ServiceRegion }),
		"vpc-endpoint-type":  text(func(e endpoint) ec2types.VpcEndpointType { return e.VpcEndpointType }),
		"vpc-endpoint-state": text(func(e endpoint) ec2types.State { return e.State }),
		"ip-address-type":    text(func(e endpoint) ec2types.IpAddressType { return e.IpAddressType }),
	},
}

func registerEndpoints(s *sim.Service, f *Fake) {
	handle(s, f, "CreateVpcEndpoint", (*region).createEndpoint, sim.Refuses[awsec2.CreateVpcEndpointInput]("DnsOptions", "IpAddressType",
		"PolicyDocument", "ResourceConfigurationArn", "ServiceNetworkArn", "ServiceRegion", "SubnetConfigurations"),
		sim.Needs(func(c *sim.Call, in *awsec2.CreateVpcEndpointInput) []sim.Access {
			return creating(c, in.TagSpecifications, access(c, "vpc-endpoint/*", "vpc/"+aws.ToString(in.VpcId))...)
		}))
	handle(s, f, "ModifyVpcEndpoint", (*region).modifyEndpoint, sim.Refuses[awsec2.ModifyVpcEndpointInput]("DnsOptions", "IpAddressType",
		"PolicyDocument", "ResetPolicy", "SubnetConfigurations"), sim.Needs(
		func(c *sim.Call, in *awsec2.ModifyVpcEndpointInput) []sim.Access {
			return access(c, "vpc-endpoint/"+aws.ToString(in.VpcEndpointId))
		}))
	handle(s, f, "DeleteVpcEndpoints", (*region).deleteEndpoints, sim.Needs(
		func(c *sim.Call, in *awsec2.DeleteVpcEndpointsInput) []sim.Access {
			var things []string
			for _, id := range in.VpcEndpointIds {
				things = append(things, "vpc-endpoint/"+id)
			}
			return access(c, things...)
		}))
	handle(s, f, "DescribeVpcEndpoints", (*region).describeEndpoints)
}

// serviceOf returns the service of an endpoint's service name, such as "ecr.api".
func (r *region) serviceOf(name string) string {
	return strings.TrimPrefix(name, "com.amazonaws."+r.name+".")
}

func (r *region) createEndpoint(in *awsec2.CreateVpcEndpointInput) (*awsec2.CreateVpcEndpointOutput, error) {
	tags, err := specified(in.TagSpecifications, ec2types.ResourceTypeVpcEndpoint)
	if err != nil {
		return nil, err
	}
	if id, ok := r.madeFor("vpce", in.ClientToken); ok {
		if e, ok := r.endpoints.get(id); ok {
			return &awsec2.CreateVpcEndpointOutput{VpcEndpoint: r.describedEndpoint(e), ClientToken: in.ClientToken}, nil
		}
	}
	e, err := r.newEndpoint(in, nameOf(tags))
	if err != nil {
		return nil, err
	}
	r.endpoints.put(*e.VpcEndpointId, e)
	r.tag(*e.VpcEndpointId, tags)
	r.keepToken("vpce", in.ClientToken, *e.VpcEndpointId)
	r.settles(*e.VpcEndpointId)
	return &awsec2.CreateVpcEndpointOutput{VpcEndpoint: r.describedEndpoint(e), ClientToken: in.ClientToken}, nil
}

func (r *region) newEndpoint(in *awsec2.CreateVpcEndpointInput, name string) (endpoint, error) {
	v, err := need(&r.vpcs, "vpc-", aws.ToString(in.VpcId))
	if err != nil {
		return endpoint{}, err
	}
	kind := in.VpcEndpointType
	if kind == "" {
		kind = ec2types.VpcEndpointTypeGateway
	}
	service := r.serviceOf(aws.ToString(in.ServiceName))
	own, isOwn := r.ownServiceOf(aws.ToString(in.ServiceName))
	if err := checkService(aws.ToString(in.ServiceName), service, kind); err != nil && (!isOwn || kind != ec2types.VpcEndpointTypeInterface) {
		return endpoint{}, err
	}
	e := endpoint{
		VpcEndpointId: aws.String(r.id("vpce-", *v.VpcId, service, name)), VpcId: v.VpcId, OwnerId: aws.String(r.account),
		ServiceName: in.ServiceName, VpcEndpointType: kind, CreationTimestamp: aws.Time(r.f.sim.Now()),
		PrivateDnsEnabled: aws.Bool(false), RequesterManaged: aws.Bool(false), IpAddressType: ec2types.IpAddressTypeIpv4,
	}
	if kind == ec2types.VpcEndpointTypeGateway {
		e.State = endpointAvailable
		e.RouteTableIds, err = r.routed(e, in.RouteTableIds)
		return e, err
	}
	e.State = endpointPending
	if isOwn {
		if e, err = r.ask(e, own, in); err != nil {
			return e, err
		}
	}
	return r.openEndpoint(e, v, in)
}

func checkService(name, service string, kind ec2types.VpcEndpointType) error {
	if name == service || !slices.Contains(endpointServices, service) {
		return sim.Errorf("InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", name)
	}
	_, gateway := gatewayServices[service]
	if kind == ec2types.VpcEndpointTypeInterface || (kind == ec2types.VpcEndpointTypeGateway && gateway) {
		return nil
	}
	types := "Interface"
	if gateway {
		types = "Gateway, Interface"
	}
	return sim.Errorf("InvalidParameter", "Endpoint type (%s) does not match available service types ([%s]).", kind, types)
}

// routed adds route tables to a gateway endpoint.
func (r *region) routed(e endpoint, tables []string) ([]string, error) {
	list := slices.Clone(e.RouteTableIds)
	for _, id := range tables {
		t, err := need(&r.routeTables, "rtb-", id)
		if err != nil {
			return nil, err
		}
		if *t.VpcId != *e.VpcId {
			return nil, sim.Errorf("InvalidParameter", "Route table %s and VPC %s belong to different networks", id, *e.VpcId)
		}
		prefix := r.listOf(r.serviceOf(*e.ServiceName))
		if slices.ContainsFunc(r.endpointRoutes(id), leadsTo(prefix)) {
			return nil, sim.Errorf("RouteAlreadyExists", "route table %s already has a route with destination-prefix-list-id %s", id, prefix)
		}
		list = append(list, id)
	}
	return list, nil
}

// endpointRoutes are the routes that gateway endpoints put into a table.
func (r *region) endpointRoutes(table string) []ec2types.Route {
	var routes []ec2types.Route
	for _, e := range r.endpoints.all() {
		if slices.Contains(e.RouteTableIds, table) {
			routes = append(routes, ec2types.Route{
				DestinationPrefixListId: aws.String(r.listOf(r.serviceOf(*e.ServiceName))), GatewayId: e.VpcEndpointId,
				Origin: ec2types.RouteOriginCreateRoute, State: ec2types.RouteStateActive,
			})
		}
	}
	return routes
}

// openEndpoint gives an interface endpoint its names, groups and interfaces.
func (r *region) openEndpoint(e endpoint, v network, in *awsec2.CreateVpcEndpointInput) (endpoint, error) {
	groups := in.SecurityGroupIds
	if len(groups) == 0 {
		groups = []string{r.defaultGroupOf(*v.VpcId)}
	}
	var err error
	if e.Groups, err = r.endpointGroups(groups); err != nil {
		return e, err
	}
	_, own := r.ownServiceOf(*e.ServiceName)
	if aws.ToBool(in.PrivateDnsEnabled) || in.PrivateDnsEnabled == nil && !own {
		if err := r.privateNames(e, v); err != nil {
			return e, err
		}
		e.PrivateDnsEnabled = aws.Bool(true)
	}
	if len(in.RouteTableIds) > 0 {
		return e, sim.Errorf("InvalidParameter", "Route table IDs are only valid for Gateway endpoints.")
	}
	return r.place(e, in.SubnetIds)
}

func (r *region) endpointGroups(ids []string) ([]ec2types.SecurityGroupIdentifier, error) {
	var list []ec2types.SecurityGroupIdentifier
	for _, id := range ids {
		g, err := need(&r.groups, "sg-", id)
		if err != nil {
			return nil, err
		}
		list = append(list, ec2types.SecurityGroupIdentifier{GroupId: aws.String(id), GroupName: aws.String(g.name)})
	}
	return list, nil
}

// privateNames tells whether the service's own name may lead to the endpoint.
func (r *region) privateNames(e endpoint, v network) error {
	if _, own := r.ownServiceOf(*e.ServiceName); own { // none is ever verified here
		return sim.Errorf("InvalidParameter",
			"Private DNS can't be enabled because the service %s does not provide a private DNS name.", *e.ServiceName)
	}
	if !v.dns || !v.hostnames {
		return sim.Errorf("InvalidParameter",
			"Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for %s", *v.VpcId)
	}
	taken := r.endpoints.any(func(o endpoint) bool {
		return *o.VpcId == *v.VpcId && *o.ServiceName == *e.ServiceName && aws.ToBool(o.PrivateDnsEnabled) && *o.VpcEndpointId != *e.VpcEndpointId
	})
	if taken {
		return sim.Errorf("InvalidParameter",
			"private-dns-enabled cannot be set because there is already a conflicting DNS domain for %s.%s.amazonaws.com in the VPC %s",
			r.serviceOf(*e.ServiceName), r.name, *v.VpcId)
	}
	return nil
}

// place gives an interface endpoint an interface in each of the subnets.
func (r *region) place(e endpoint, subnets []string) (endpoint, error) {
	var groups []string
	for _, g := range e.Groups {
		groups = append(groups, *g.GroupId)
	}
	for _, id := range subnets {
		if err := r.checkPlace(e, id); err != nil {
			r.displace(e, e.SubnetIds)
			return e, err
		}
		n, err := r.makeInterface(order{
			subnet: id, groups: groups, owner: *e.VpcEndpointId, requester: "amazon-vpce",
			description: "VPC Endpoint Interface " + *e.VpcEndpointId, kind: ec2types.NetworkInterfaceTypeVpcEndpoint,
		})
		if err != nil {
			r.displace(e, e.SubnetIds)
			return e, err
		}
		e.SubnetIds = append(slices.Clip(e.SubnetIds), id)
		e.NetworkInterfaceIds = append(slices.Clip(e.NetworkInterfaceIds), *n.NetworkInterfaceId)
	}
	name := fmt.Sprintf("%s.%s.%s.vpce.amazonaws.com", *e.VpcEndpointId, r.serviceOf(*e.ServiceName), r.name)
	if own, ok := r.ownServiceOf(*e.ServiceName); ok {
		name = *e.VpcEndpointId + "." + own.BaseEndpointDnsNames[0]
	}
	e.DnsEntries = []ec2types.DnsEntry{{DnsName: aws.String(name)}}
	if aws.ToBool(e.PrivateDnsEnabled) {
		private := fmt.Sprintf("%s.%s.amazonaws.com", r.serviceOf(*e.ServiceName), r.name)
		e.DnsEntries = append(e.DnsEntries, ec2types.DnsEntry{DnsName: aws.String(private)})
	}
	return e, nil
}

func (r *region) checkPlace(e endpoint, id string) error {
	s, err := need(&r.subnets, "subnet-", id)
	if err != nil {
		return err
	}
	if *s.VpcId != *e.VpcId {
		return sim.Errorf("InvalidParameter", "Subnet %s does not belong to VPC %s", id, *e.VpcId)
	}
	for _, other := range e.SubnetIds {
		if o, ok := r.subnets.get(other); ok && *o.AvailabilityZone == *s.AvailabilityZone {
			return sim.Errorf("DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone of %s", id)
		}
	}
	return nil
}

// displace takes the interfaces of an endpoint out of subnets.
func (r *region) displace(e endpoint, subnets []string) endpoint {
	var kept []string
	for _, id := range e.NetworkInterfaceIds {
		n, ok := r.interfaces.get(id)
		switch {
		case ok && slices.Contains(subnets, *n.SubnetId):
			r.forgetInterface(n)
		case ok:
			kept = append(kept, id)
		}
	}
	e.NetworkInterfaceIds = kept
	e.SubnetIds = slices.DeleteFunc(slices.Clone(e.SubnetIds), func(s string) bool { return slices.Contains(subnets, s) })
	return e
}

func (r *region) describedEndpoint(e endpoint) *endpoint {
	e.Tags = r.tags[*e.VpcEndpointId]
	return &e
}

func (r *region) describeEndpoints(in *awsec2.DescribeVpcEndpointsInput) (*awsec2.DescribeVpcEndpointsOutput, error) {
	list, next, err := describe(r, endpointView, r.endpoints.all(), query{in.VpcEndpointIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &awsec2.DescribeVpcEndpointsOutput{NextToken: next}
	for _, e := range list {
		out.VpcEndpoints = append(out.VpcEndpoints, *r.describedEndpoint(e))
	}
	return out, nil
}
