// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// attachmentAvailable is how EC2 calls the state of an attached internet gateway;
// the SDK's list of states lacks it.
const attachmentAvailable ec2types.AttachmentStatus = "available"

type gateway = ec2types.InternetGateway

var gatewayView = view[gateway]{
	prefix: "igw-", id: func(g gateway) string { return aws.ToString(g.InternetGatewayId) },
	filters: map[string]func(gateway) []string{
		"internet-gateway-id": one(func(g gateway) *string { return g.InternetGatewayId }),
		"owner-id":            one(func(g gateway) *string { return g.OwnerId }),
		"attachment.vpc-id": each(func(g gateway) []ec2types.InternetGatewayAttachment { return g.Attachments },
			func(a ec2types.InternetGatewayAttachment) *string { return a.VpcId }),
		"attachment.state": each(func(g gateway) []ec2types.InternetGatewayAttachment { return g.Attachments },
			func(a ec2types.InternetGatewayAttachment) *string { return aws.String(string(a.State)) }),
	},
}

func registerGateways(s *sim.Service, f *Fake) {
	handle(s, f, "CreateInternetGateway", (*region).createGateway, sim.Needs(func(c *sim.Call, in *awsec2.CreateInternetGatewayInput) []sim.Access {
		return creating(c, in.TagSpecifications, access(c, "internet-gateway/*")...)
	}))
	handle(s, f, "AttachInternetGateway", (*region).attachGateway, sim.Needs(func(c *sim.Call, in *awsec2.AttachInternetGatewayInput) []sim.Access {
		return access(c, "internet-gateway/"+aws.ToString(in.InternetGatewayId), "vpc/"+aws.ToString(in.VpcId))
	}))
	handle(s, f, "DetachInternetGateway", (*region).detachGateway, sim.Needs(func(c *sim.Call, in *awsec2.DetachInternetGatewayInput) []sim.Access {
		return access(c, "internet-gateway/"+aws.ToString(in.InternetGatewayId), "vpc/"+aws.ToString(in.VpcId))
	}))
	handle(s, f, "DeleteInternetGateway", (*region).deleteGateway, sim.Needs(func(c *sim.Call, in *awsec2.DeleteInternetGatewayInput) []sim.Access {
		return access(c, "internet-gateway/"+aws.ToString(in.InternetGatewayId))
	}))
	handle(s, f, "DescribeInternetGateways", (*region).describeGateways)
}

func attachedTo(g gateway) string {
	if len(g.Attachments) == 0 {
		return ""
	}
	return aws.ToString(g.Attachments[0].VpcId)
}

// hasGateway says whether a VPC has an internet gateway.
func (r *region) hasGateway(vpc string) bool {
	return slices.ContainsFunc(r.gateways.all(), func(g gateway) bool { return attachedTo(g) == vpc })
}

func (r *region) makeGateway(name string) gateway {
	g := gateway{InternetGatewayId: aws.String(r.id("igw-", name)), OwnerId: aws.String(r.account)}
	r.gateways.put(*g.InternetGatewayId, g)
	return g
}

func (r *region) describedGateway(g gateway) gateway {
	g.Tags = r.tags[*g.InternetGatewayId]
	return g
}

func (r *region) createGateway(in *awsec2.CreateInternetGatewayInput) (*awsec2.CreateInternetGatewayOutput, error) {
	tags, err := specified(in.TagSpecifications, ec2types.ResourceTypeInternetGateway)
	if err != nil {
		return nil, err
	}
	g := r.makeGateway(nameOf(tags))
	r.tag(*g.InternetGatewayId, tags)
	out := r.describedGateway(g)
	return &awsec2.CreateInternetGatewayOutput{InternetGateway: &out}, nil
}

// nameOf is what tells things apart that have no name: their Name tag.
func nameOf(tags []ec2types.Tag) string {
	for _, v := range tagValues(tags, "Name") {
		return v
	}
	return ""
}

func (r *region) attachGateway(in *awsec2.AttachInternetGatewayInput) (*awsec2.AttachInternetGatewayOutput, error) {
	g, v, err := r.gatewayAndVPC(in.InternetGatewayId, in.VpcId)
	if err != nil {
		return nil, err
	}
	if now := attachedTo(g); now != "" {
		return nil, sim.Errorf("Resource.AlreadyAssociated", "resource %s is already attached to network %s", *g.InternetGatewayId, now)
	}
	if r.hasGateway(*v.VpcId) {
		return nil, sim.Errorf("InvalidParameterValue", "Network %s already has an internet gateway attached", *v.VpcId)
	}
	g.Attachments = []ec2types.InternetGatewayAttachment{{VpcId: v.VpcId, State: attachmentAvailable}}
	r.gateways.put(*g.InternetGatewayId, g)
	return &awsec2.AttachInternetGatewayOutput{}, nil
}

func (r *region) gatewayAndVPC(gatewayID, vpcID *string) (gateway, network, error) {
	g, err := need(&r.gateways, "igw-", aws.ToString(gatewayID))
	if err != nil {
		return g, network{}, err
	}
	v, err := need(&r.vpcs, "vpc-", aws.ToString(vpcID))
	return g, v, err
}

func (r *region) detachGateway(in *awsec2.DetachInternetGatewayInput) (*awsec2.DetachInternetGatewayOutput, error) {
	g, v, err := r.gatewayAndVPC(in.InternetGatewayId, in.VpcId)
	if err != nil {
		return nil, err
	}
	if attachedTo(g) != *v.VpcId {
		return nil, sim.Errorf("Gateway.NotAttached", "resource %s is not attached to network %s", *g.InternetGatewayId, *v.VpcId)
	}
	if r.interfaces.any(func(n ec2types.NetworkInterface) bool { return *n.VpcId == *v.VpcId && n.Association != nil }) {
		return nil, sim.Errorf("DependencyViolation",
			"Network %s has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.", *v.VpcId)
	}
	g.Attachments = nil
	r.gateways.put(*g.InternetGatewayId, g)
	return &awsec2.DetachInternetGatewayOutput{}, nil
}

func (r *region) deleteGateway(in *awsec2.DeleteInternetGatewayInput) (*awsec2.DeleteInternetGatewayOutput, error) {
	g, err := need(&r.gateways, "igw-", aws.ToString(in.InternetGatewayId))
	if err != nil {
		return nil, err
	}
	if attachedTo(g) != "" {
		return nil, sim.Errorf("DependencyViolation", "The internetGateway '%s' has dependencies and cannot be deleted.", *g.InternetGatewayId)
	}
	r.gateways.drop(*g.InternetGatewayId)
	delete(r.tags, *g.InternetGatewayId)
	return &awsec2.DeleteInternetGatewayOutput{}, nil
}

func (r *region) describeGateways(in *awsec2.DescribeInternetGatewaysInput) (*awsec2.DescribeInternetGatewaysOutput, error) {
	list, next, err := describe(r, gatewayView, r.gateways.all(), query{in.InternetGatewayIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &awsec2.DescribeInternetGatewaysOutput{NextToken: next}
	for _, g := range list {
		out.InternetGateways = append(out.InternetGateways, r.describedGateway(g))
	}
	return out, nil
}
