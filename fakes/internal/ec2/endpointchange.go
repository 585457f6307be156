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

// deleteEndpoints deletes what it can and reports the rest.
func (r *region) deleteEndpoints(in *awsec2.DeleteVpcEndpointsInput) (*awsec2.DeleteVpcEndpointsOutput, error) {
	out := &awsec2.DeleteVpcEndpointsOutput{}
	for _, id := range in.VpcEndpointIds {
		e, ok := r.endpoints.get(id)
		if !ok {
			out.Unsuccessful = append(out.Unsuccessful, ec2types.UnsuccessfulItem{ResourceId: aws.String(id), Error: &ec2types.UnsuccessfulItemError{
				Code: aws.String("InvalidVpcEndpoint.NotFound"), Message: aws.String(fmt.Sprintf("The Vpc Endpoint Id '%s' does not exist", id)),
			}})
			continue
		}
		if e.VpcEndpointType == ec2types.VpcEndpointTypeGateway {
			r.endpoints.drop(id)
			delete(r.tags, id)
			continue
		}
		e.State = endpointDeleting
		r.endpoints.put(id, e)
		r.f.sim.After(r.f.timing.Endpoint, func() {
			if now, ok := r.endpoints.get(id); ok {
				r.displace(now, now.SubnetIds)
				r.endpoints.drop(id)
				delete(r.tags, id)
			}
		})
	}
	return out, nil
}

func (r *region) modifyEndpoint(in *awsec2.ModifyVpcEndpointInput) (*awsec2.ModifyVpcEndpointOutput, error) {
	e, err := need(&r.endpoints, "vpce-", aws.ToString(in.VpcEndpointId))
	if err != nil {
		return nil, err
	}
	if e.VpcEndpointType == ec2types.VpcEndpointTypeGateway {
		e, err = r.reroute(e, in)
	} else {
		e, err = r.reopen(e, in)
	}
	if err != nil {
		return nil, err
	}
	r.endpoints.put(*e.VpcEndpointId, e)
	return &awsec2.ModifyVpcEndpointOutput{Return: aws.Bool(true)}, nil
}

func (r *region) reroute(e endpoint, in *awsec2.ModifyVpcEndpointInput) (endpoint, error) {
	if len(in.AddSecurityGroupIds)+len(in.RemoveSecurityGroupIds)+len(in.AddSubnetIds)+len(in.RemoveSubnetIds) > 0 || in.PrivateDnsEnabled != nil {
		return e, sim.Errorf("InvalidParameter", "Subnets, security groups and private DNS are only valid for Interface endpoints.")
	}
	list, err := r.routed(e, in.AddRouteTableIds)
	e.RouteTableIds = slices.DeleteFunc(list, func(id string) bool { return slices.Contains(in.RemoveRouteTableIds, id) })
	return e, err
}

func (r *region) reopen(e endpoint, in *awsec2.ModifyVpcEndpointInput) (endpoint, error) {
	added, err := r.endpointGroups(in.AddSecurityGroupIds)
	if err != nil {
		return e, err
	}
	e.Groups = slices.DeleteFunc(append(slices.Clip(e.Groups), added...), func(g ec2types.SecurityGroupIdentifier) bool {
		return slices.Contains(in.RemoveSecurityGroupIds, *g.GroupId)
	})
	if in.PrivateDnsEnabled != nil {
		v, err := need(&r.vpcs, "vpc-", *e.VpcId)
		if err != nil {
			return e, err
		}
		if err := r.privateNames(e, v); *in.PrivateDnsEnabled && err != nil {
			return e, err
		}
		e.PrivateDnsEnabled = aws.Bool(*in.PrivateDnsEnabled)
	}
	e = r.displace(e, in.RemoveSubnetIds)
	if e, err = r.place(e, in.AddSubnetIds); err != nil {
		return e, err
	}
	r.regroup(e)
	return e, nil
}

// regroup puts the interfaces of an endpoint into its groups.
func (r *region) regroup(e endpoint) {
	var groups []ec2types.GroupIdentifier
	for _, g := range e.Groups {
		groups = append(groups, ec2types.GroupIdentifier{GroupId: g.GroupId, GroupName: g.GroupName})
	}
	for _, id := range e.NetworkInterfaceIds {
		if n, ok := r.interfaces.get(id); ok {
			n.Groups = groups
			r.putInterface(n)
		}
	}
}
