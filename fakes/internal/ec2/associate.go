// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func registerAssociations(s *sim.Service, f *Fake) {
	handle(s, f, "AssociateAddress", (*region).associateAddress,
		sim.Refuses[awsec2.AssociateAddressInput]("PrivateIpAddress", "PublicIp"),
		sim.Needs(func(c *sim.Call, in *awsec2.AssociateAddressInput) []sim.Access {
			to := "network-interface/" + aws.ToString(in.NetworkInterfaceId)
			if in.InstanceId != nil {
				to = "instance/" + *in.InstanceId
			}
			return access(c, "elastic-ip/"+aws.ToString(in.AllocationId), to)
		}))
	handle(s, f, "DisassociateAddress", (*region).disassociateAddress,
		sim.Refuses[awsec2.DisassociateAddressInput]("PublicIp"),
		sim.Needs(func(c *sim.Call, _ *awsec2.DisassociateAddressInput) []sim.Access {
			return access(c, "elastic-ip/*", "network-interface/*")
		}))
}

// associateAddress moves an Elastic IP address to an interface. What the interface
// had before becomes free, as does the address where it was.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateAddress.html
func (r *region) associateAddress(in *awsec2.AssociateAddressInput) (*awsec2.AssociateAddressOutput, error) {
	a, err := need(&r.addresses, "eipalloc-", aws.ToString(in.AllocationId))
	if err != nil {
		return nil, err
	}
	n, err := r.receiver(in)
	if err != nil {
		return nil, err
	}
	if !r.hasGateway(*n.VpcId) {
		return nil, sim.Errorf("Gateway.NotAttached", "Network %s is not attached to any internet gateway", *n.VpcId)
	}
	if aws.ToString(a.NetworkInterfaceId) == *n.NetworkInterfaceId {
		return &awsec2.AssociateAddressOutput{AssociationId: a.AssociationId}, nil
	}
	if a.AssociationId != nil && in.AllowReassociation != nil && !*in.AllowReassociation {
		return nil, sim.Errorf("Resource.AlreadyAssociated", "resource %s is already associated with associate-id %s",
			*a.AllocationId, *a.AssociationId)
	}
	a = r.unbindElastic(a)
	a = r.bindElastic(a, r.withoutPublic(n))
	return &awsec2.AssociateAddressOutput{AssociationId: a.AssociationId}, nil
}

// receiver is the interface that gets the address: that of the call, or the primary one of
// an instance.
func (r *region) receiver(in *awsec2.AssociateAddressInput) (nic, error) {
	switch {
	case in.NetworkInterfaceId != nil:
		return need(&r.interfaces, "eni-", *in.NetworkInterfaceId)
	case in.InstanceId == nil:
		return nic{}, sim.Errorf("MissingParameter", "Either instance ID or network interface id must be specified")
	}
	i, err := need(&r.instances, "i-", *in.InstanceId)
	if err != nil {
		return nic{}, err
	}
	n, ok := r.interfaces.get(i.port)
	if !ok {
		return n, wrongState(i, "given an address")
	}
	return n, nil
}

// withoutPublic frees the public address of an interface.
func (r *region) withoutPublic(n nic) nic {
	switch {
	case n.Association == nil:
	case n.Association.AllocationId == nil:
		delete(r.public, *n.Association.PublicIp)
	default:
		r.freeElastic(*n.Association.AllocationId)
	}
	n.Association = nil
	r.putInterface(n)
	return n
}

// unbindElastic takes an Elastic IP address off the interface that has it.
func (r *region) unbindElastic(a elastic) elastic {
	if n, ok := r.interfaces.get(aws.ToString(a.NetworkInterfaceId)); ok {
		r.withoutPublic(n)
	}
	a, _ = r.addresses.get(*a.AllocationId)
	return a
}

func (r *region) disassociateAddress(in *awsec2.DisassociateAddressInput) (*awsec2.DisassociateAddressOutput, error) {
	id := aws.ToString(in.AssociationId)
	bound := r.addresses.where(func(a elastic) bool { return id != "" && aws.ToString(a.AssociationId) == id })
	if len(bound) == 0 {
		return nil, sim.Errorf("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", id)
	}
	if n, ok := r.interfaces.get(aws.ToString(bound[0].NetworkInterfaceId)); ok && aws.ToBool(n.RequesterManaged) {
		return nil, sim.Errorf("AuthFailure", "You do not have permission to access the specified resource.")
	}
	r.unbindElastic(bound[0])
	return &awsec2.DisassociateAddressOutput{}, nil
}
