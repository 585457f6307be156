// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

type natGateway = ec2types.NatGateway

var natView = view[natGateway]{
	prefix: "nat-", id: func(n natGateway) string { return aws.ToString(n.NatGatewayId) },
	filters: map[string]func(natGateway) []string{
		"nat-gateway-id": one(func(n natGateway) *string { return n.NatGatewayId }),
		"subnet-id":      one(func(n natGateway) *string { return n.SubnetId }),
		"vpc-id":         one(func(n natGateway) *string { return n.VpcId }),
		"state":          text(func(n natGateway) ec2types.NatGatewayState { return n.State }),
	},
}

func registerNAT(s *sim.Service, f *Fake) {
	handle(s, f, "CreateNatGateway", (*region).createNAT, sim.Refuses[awsec2.CreateNatGatewayInput]("AvailabilityMode",
		"AvailabilityZoneAddresses", "SecondaryAllocationIds", "SecondaryPrivateIpAddressCount", "SecondaryPrivateIpAddresses", "VpcId"),
		sim.Needs(func(c *sim.Call, in *awsec2.CreateNatGatewayInput) []sim.Access {
			return creating(c, in.TagSpecifications, access(c, "natgateway/*", "subnet/"+aws.ToString(in.SubnetId))...)
		}))
	handle(s, f, "DeleteNatGateway", (*region).deleteNAT, sim.Needs(func(c *sim.Call, in *awsec2.DeleteNatGatewayInput) []sim.Access {
		return access(c, "natgateway/"+aws.ToString(in.NatGatewayId))
	}))
	handle(s, f, "DescribeNatGateways", (*region).describeNAT)
}

func (r *region) createNAT(in *awsec2.CreateNatGatewayInput) (*awsec2.CreateNatGatewayOutput, error) {
	tags, err := specified(in.TagSpecifications, ec2types.ResourceTypeNatgateway)
	if err != nil {
		return nil, err
	}
	if id, ok := r.madeFor("nat", in.ClientToken); ok {
		if n, ok := r.nats.get(id); ok {
			return &awsec2.CreateNatGatewayOutput{NatGateway: r.describedNAT(n), ClientToken: in.ClientToken}, nil
		}
	}
	n, err := r.makeNAT(in, nameOf(tags))
	if err != nil {
		return nil, err
	}
	r.keepToken("nat", in.ClientToken, *n.NatGatewayId)
	r.tag(*n.NatGatewayId, tags)
	return &awsec2.CreateNatGatewayOutput{NatGateway: r.describedNAT(n), ClientToken: in.ClientToken}, nil
}

func (r *region) makeNAT(in *awsec2.CreateNatGatewayInput, name string) (natGateway, error) {
	private := in.ConnectivityType == ec2types.ConnectivityTypePrivate
	switch {
	case private && in.AllocationId != nil:
		return natGateway{}, sim.Errorf("InvalidParameterCombination", "AllocationId cannot be specified for a private NAT gateway")
	case !private && in.AllocationId == nil:
		return natGateway{}, sim.Errorf("MissingParameter", "The request must contain the parameter AllocationId")
	}
	s, err := need(&r.subnets, "subnet-", aws.ToString(in.SubnetId))
	if err != nil {
		return natGateway{}, err
	}
	id := r.id("nat-", *s.SubnetId, name)
	n := natGateway{
		NatGatewayId: aws.String(id), SubnetId: s.SubnetId, VpcId: s.VpcId, State: ec2types.NatGatewayStatePending,
		ConnectivityType: ec2types.ConnectivityTypePublic, CreateTime: aws.Time(r.f.sim.Now()),
	}
	address := ec2types.NatGatewayAddress{IsPrimary: aws.Bool(true), Status: ec2types.NatGatewayAddressStatusSucceeded}
	if private {
		n.ConnectivityType = ec2types.ConnectivityTypePrivate
	} else if _, err := need(&r.addresses, "eipalloc-", *in.AllocationId); err != nil {
		return n, err
	}
	port, err := r.makeInterface(order{
		subnet: *s.SubnetId, address: aws.ToString(in.PrivateIpAddress), owner: id, requester: "amazon-nat",
		description: "Interface for NAT Gateway " + id, kind: ec2types.NetworkInterfaceTypeNatGateway,
	})
	if err != nil {
		return n, err
	}
	address.NetworkInterfaceId, address.PrivateIp = port.NetworkInterfaceId, port.PrivateIpAddress
	n.NatGatewayAddresses = []ec2types.NatGatewayAddress{address}
	if !private {
		n = r.connect(n, *in.AllocationId, port)
	}
	r.nats.put(id, n)
	r.settleNAT(id)
	return n, nil
}

// connect gives a public NAT gateway its address, or the reason why it will fail.
func (r *region) connect(n natGateway, allocation string, port nic) natGateway {
	a, _ := r.addresses.get(allocation)
	attached := r.hasGateway(*n.VpcId)
	switch {
	case !attached:
		n.FailureCode = aws.String("Gateway.NotAttached")
		n.FailureMessage = aws.String(fmt.Sprintf("Network %s has no Internet gateway attached", *n.VpcId))
	case a.AssociationId != nil:
		n.FailureCode = aws.String("Resource.AlreadyAssociated")
		n.FailureMessage = aws.String(fmt.Sprintf("Elastic IP address [%s] is already associated", allocation))
	default:
		a = r.bindElastic(a, port)
		address := n.NatGatewayAddresses[0]
		address.AllocationId, address.AssociationId, address.PublicIp = a.AllocationId, a.AssociationId, a.PublicIp
		n.NatGatewayAddresses = []ec2types.NatGatewayAddress{address}
	}
	return n
}

// settleNAT ends the pending state of a NAT gateway.
func (r *region) settleNAT(id string) {
	r.f.sim.After(r.f.timing.NATGateway, func() {
		n, ok := r.nats.get(id)
		if !ok || n.State != ec2types.NatGatewayStatePending {
			return
		}
		n.State = ec2types.NatGatewayStateAvailable
		if n.FailureCode != nil {
			n.State = ec2types.NatGatewayStateFailed
			r.dropNATInterface(n)
		}
		r.nats.put(id, n)
	})
}

func (r *region) dropNATInterface(n natGateway) {
	if port, ok := r.interfaces.get(*n.NatGatewayAddresses[0].NetworkInterfaceId); ok {
		r.forgetInterface(port)
	}
}

func (r *region) describedNAT(n natGateway) *natGateway {
	n.Tags = r.tags[*n.NatGatewayId]
	return &n
}

// deletedNATVisible is how long a deleted NAT gateway can still be described: AWS
// says about an hour.
// https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html
const deletedNATVisible = time.Hour

// deleteNAT starts the deletion; the gateway stays visible as deleted for a while.
func (r *region) deleteNAT(in *awsec2.DeleteNatGatewayInput) (*awsec2.DeleteNatGatewayOutput, error) {
	id := aws.ToString(in.NatGatewayId)
	n, err := need(&r.nats, "nat-", id)
	if err != nil {
		return nil, err
	}
	if n.State != ec2types.NatGatewayStateDeleted && n.State != ec2types.NatGatewayStateDeleting {
		n.State = ec2types.NatGatewayStateDeleting
		r.nats.put(id, n)
		r.f.sim.After(r.f.timing.NATGateway, func() {
			r.dropNATInterface(n)
			n.State, n.DeleteTime = ec2types.NatGatewayStateDeleted, aws.Time(r.f.sim.Now())
			r.nats.put(id, n)
			r.f.sim.After(deletedNATVisible, func() {
				r.nats.drop(id)
				delete(r.tags, id)
			})
		})
	}
	return &awsec2.DeleteNatGatewayOutput{NatGatewayId: n.NatGatewayId}, nil
}

func (r *region) describeNAT(in *awsec2.DescribeNatGatewaysInput) (*awsec2.DescribeNatGatewaysOutput, error) {
	list, next, err := describe(r, natView, r.nats.all(), query{in.NatGatewayIds, in.Filter, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &awsec2.DescribeNatGatewaysOutput{NextToken: next}
	for _, n := range list {
		out.NatGateways = append(out.NatGateways, *r.describedNAT(n))
	}
	return out, nil
}
