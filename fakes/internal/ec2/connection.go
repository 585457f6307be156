// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// The states of endpoints that the owner of their service decides on.
//
// https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html
const (
	endpointAsks     ec2types.State = "pendingAcceptance"
	endpointRejected ec2types.State = "rejected"
)

func registerConnections(s *sim.Service, f *Fake) {
	handle(s, f, "AcceptVpcEndpointConnections", (*region).acceptConnections, sim.Needs(
		func(c *sim.Call, in *awsec2.AcceptVpcEndpointConnectionsInput) []sim.Access {
			return access(c, "vpc-endpoint-service/"+aws.ToString(in.ServiceId))
		}))
	handle(s, f, "RejectVpcEndpointConnections", (*region).rejectConnections, sim.Needs(
		func(c *sim.Call, in *awsec2.RejectVpcEndpointConnectionsInput) []sim.Access {
			return access(c, "vpc-endpoint-service/"+aws.ToString(in.ServiceId))
		}))
	handle(s, f, "DescribeVpcEndpointConnections", (*region).describeConnections)
}

// ownServiceOf returns the endpoint service of an account's own that has the name. The
// account itself may always connect, whoever else is allowed to.
func (r *region) ownServiceOf(name string) (ownService, bool) {
	for _, s := range r.services.all() {
		if *s.ServiceName == name {
			return s, true
		}
	}
	return ownService{}, false
}

// ask begins the life of an endpoint to a service of one's own.
func (r *region) ask(e endpoint, s ownService, in *awsec2.CreateVpcEndpointInput) (endpoint, error) {
	zones := r.describedService(s).AvailabilityZones
	for _, id := range in.SubnetIds {
		n, err := need(&r.subnets, "subnet-", id)
		if err != nil {
			return e, err
		}
		if r.f.balancers != nil && !slices.Contains(zones, *n.AvailabilityZone) {
			return e, sim.Errorf("InvalidParameter",
				"The VPC endpoint service %s does not support the availability zone of the subnet: %s.", *s.ServiceName, id)
		}
	}
	if e.State = endpointPending; aws.ToBool(s.AcceptanceRequired) {
		e.State = endpointAsks
	}
	return e, nil
}

// settles makes a pending endpoint available after a while.
func (r *region) settles(id string) {
	r.f.sim.After(r.f.timing.Endpoint, func() {
		if now, ok := r.endpoints.get(id); ok && now.State == endpointPending {
			now.State = endpointAvailable
			r.endpoints.put(id, now)
		}
	})
}

// decide changes endpoints of a service, and reports those for which there is nothing to
// decide.
func (r *region) decide(service *string, ids []string, to ec2types.State, from ...ec2types.State) ([]ec2types.UnsuccessfulItem, error) {
	s, err := need(&r.services, "vpce-svc-", aws.ToString(service))
	if err != nil {
		return nil, err
	}
	failed := []ec2types.UnsuccessfulItem{}
	for _, id := range ids {
		e, ok := r.endpoints.get(id)
		switch {
		case !ok || *e.ServiceName != *s.ServiceName:
			failed = append(failed, unsuccessful(id, "InvalidVpcEndpointId.NotFound", fmt.Sprintf("The Vpc Endpoint Id '%s' does not exist", id)))
		case !slices.Contains(from, e.State):
			failed = append(failed, unsuccessful(id, "InvalidState", fmt.Sprintf("The Vpc Endpoint '%s' is in the state %s", id, e.State)))
		default:
			e.State = to
			r.endpoints.put(id, e)
			r.settles(id)
		}
	}
	return failed, nil
}

func unsuccessful(id, code, message string) ec2types.UnsuccessfulItem {
	return ec2types.UnsuccessfulItem{ResourceId: &id, Error: &ec2types.UnsuccessfulItemError{Code: &code, Message: &message}}
}

func (r *region) acceptConnections(in *awsec2.AcceptVpcEndpointConnectionsInput) (*awsec2.AcceptVpcEndpointConnectionsOutput, error) {
	failed, err := r.decide(in.ServiceId, in.VpcEndpointIds, endpointPending, endpointAsks, endpointRejected)
	return &awsec2.AcceptVpcEndpointConnectionsOutput{Unsuccessful: failed}, err
}

func (r *region) rejectConnections(in *awsec2.RejectVpcEndpointConnectionsInput) (*awsec2.RejectVpcEndpointConnectionsOutput, error) {
	failed, err := r.decide(in.ServiceId, in.VpcEndpointIds, endpointRejected, endpointAsks, endpointPending, endpointAvailable)
	return &awsec2.RejectVpcEndpointConnectionsOutput{Unsuccessful: failed}, err
}

// connections are the endpoints of a service.
func (r *region) connections(s ownService) []ec2types.VpcEndpointConnection {
	var all []ec2types.VpcEndpointConnection
	for _, e := range r.endpoints.all() {
		if *e.ServiceName == *s.ServiceName {
			all = append(all, ec2types.VpcEndpointConnection{
				ServiceId: s.ServiceId, VpcEndpointId: e.VpcEndpointId, VpcEndpointOwner: e.OwnerId, VpcEndpointState: e.State,
				CreationTimestamp: e.CreationTimestamp, DnsEntries: e.DnsEntries, IpAddressType: e.IpAddressType,
				NetworkLoadBalancerArns: s.NetworkLoadBalancerArns,
			})
		}
	}
	return all
}

var connectionView = view[ec2types.VpcEndpointConnection]{
	untagged: true, id: func(c ec2types.VpcEndpointConnection) string { return aws.ToString(c.VpcEndpointId) },
	filters: map[string]func(ec2types.VpcEndpointConnection) []string{
		"service-id":         one(func(c ec2types.VpcEndpointConnection) *string { return c.ServiceId }),
		"vpc-endpoint-id":    one(func(c ec2types.VpcEndpointConnection) *string { return c.VpcEndpointId }),
		"vpc-endpoint-owner": one(func(c ec2types.VpcEndpointConnection) *string { return c.VpcEndpointOwner }),
		"vpc-endpoint-state": text(func(c ec2types.VpcEndpointConnection) ec2types.State { return c.VpcEndpointState }),
	},
}

func (r *region) describeConnections(in *awsec2.DescribeVpcEndpointConnectionsInput) (*awsec2.DescribeVpcEndpointConnectionsOutput, error) {
	var all []ec2types.VpcEndpointConnection
	for _, s := range r.services.all() {
		all = append(all, r.connections(s)...)
	}
	list, next, err := describe(r, connectionView, all, query{filters: in.Filters, size: in.MaxResults, token: in.NextToken})
	return &awsec2.DescribeVpcEndpointConnectionsOutput{VpcEndpointConnections: list, NextToken: next}, err
}
