// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// expressPlace is where a service of Express Mode runs.
type expressPlace struct {
	vpc     string
	subnets []string
	zones   []string
	// public: the subnets are, and so the load balancer faces the internet.
	public bool
	// assign says whether tasks have public addresses.
	assign ecstypes.AssignPublicIp
}

// role becomes the infrastructure role.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/infrastructure_IAM_role.html
func (e *express) role() (sim.Principal, error) {
	r := e.s.cl.r
	p, err := r.f.needs.Access.Assume(e.infrastructure, ecsService, "ECSGateway", map[string][]string{
		"aws:SourceAccount": {r.account}, "aws:SourceArn": {e.s.arn},
	})
	if err != nil {
		return p, invalid("Unable to assume the infrastructure role '%s'. Verify that the role exists and that its trust policy allows %s to assume it.",
			e.infrastructure, ecsService)
	}
	return p, nil
}

// as runs an operation in the name of the infrastructure role.
func as[O any](e *express, service, operation string, in any) (*O, error) {
	p, err := e.role()
	if err != nil {
		return nil, err
	}
	return asPrincipal[O](e, p, service, operation, in)
}

func asPrincipal[O any](e *express, p sim.Principal, service, operation string, in any) (*O, error) {
	r := e.s.cl.r
	out, err := r.f.needs.Operations.As(p, r.name, service, operation, in)
	if err != nil {
		return nil, err
	}
	typed, ok := out.(*O)
	if !ok {
		return nil, sim.NotModelled("%s of %s answered a %T", operation, service, out)
	}
	return typed, nil
}

// The least that Express Mode asks of subnets.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html
const (
	leastZones     = 2
	leastAddresses = 8
)

// resolve finds out where the tasks and the load balancer go.
func (e *express) resolve(x expressConfig) (expressPlace, error) {
	ids := x.subnets
	if len(ids) == 0 {
		found, err := e.defaultSubnets()
		if err != nil {
			return expressPlace{}, err
		}
		ids = found
	}
	r := e.s.cl.r
	if _, err := r.network(ecstypes.AwsVpcConfiguration{Subnets: ids, SecurityGroups: x.groups}); err != nil {
		return expressPlace{}, err
	}
	place := expressPlace{subnets: ids, public: true}
	for _, id := range ids {
		s, _ := r.f.needs.Network.Subnet(r.name, id)
		if s.Free < leastAddresses {
			return place, invalid("The subnet %s has %d free IP addresses, and Express services need at least %d.", id, s.Free, leastAddresses)
		}
		place.vpc, place.public = s.VPC, place.public && s.Public
		if !slices.Contains(place.zones, s.Zone) {
			place.zones = append(place.zones, s.Zone)
		}
	}
	place.assign = ecstypes.AssignPublicIpDisabled
	if place.public {
		place.assign = ecstypes.AssignPublicIpEnabled
	}
	if len(place.zones) < leastZones {
		return place, invalid("Express services need subnets in at least %d Availability Zones.", leastZones)
	}
	return place, e.fits(place)
}

// fits checks the place against the one that the service has already, whose load
// balancer stays.
func (e *express) fits(place expressPlace) error {
	g := e.gateway
	if g == nil {
		g = e.s.cl.r.gatewayFor(place)
	}
	if g == nil {
		return nil
	}
	if g.vpc != place.vpc || g.public != place.public {
		return invalid("The subnets of an Express service must stay in the same VPC, and public or private as they were.")
	}
	for _, zone := range place.zones {
		if !slices.Contains(g.zones, zone) {
			return invalid("The Availability Zone %s is not among those of the load balancer that the Express services of %s share: %v.", zone, g.vpc, g.zones)
		}
	}
	return nil
}

// defaultSubnets are the public subnets of the default VPC.
func (e *express) defaultSubnets() ([]string, error) {
	vpcs, err := as[awsec2.DescribeVpcsOutput](e, "EC2", "DescribeVpcs", &awsec2.DescribeVpcsInput{
		Filters: []ec2types.Filter{{Name: new("is-default"), Values: []string{"true"}}},
	})
	if err != nil {
		return nil, invalid("%s", message(err))
	}
	if len(vpcs.Vpcs) == 0 {
		return nil, invalid("There is no default VPC. Specify subnets in networkConfiguration.")
	}
	out, err := as[awsec2.DescribeSubnetsOutput](e, "EC2", "DescribeSubnets", &awsec2.DescribeSubnetsInput{
		Filters: []ec2types.Filter{{Name: new("vpc-id"), Values: []string{*vpcs.Vpcs[0].VpcId}}},
	})
	if err != nil {
		return nil, invalid("%s", message(err))
	}
	r := e.s.cl.r
	var ids []string
	for _, s := range out.Subnets {
		if known, ok := r.f.needs.Network.Subnet(r.name, *s.SubnetId); ok && known.Public {
			ids = append(ids, *s.SubnetId)
		}
	}
	slices.Sort(ids)
	if len(ids) == 0 {
		return nil, invalid("The default VPC has no public subnets. Specify subnets in networkConfiguration.")
	}
	return ids, nil
}

// awsvpc is the network of the tasks: the user's security groups, and the managed one
// after them once it is made.
func (e *express) awsvpc(x expressConfig) *ecstypes.AwsVpcConfiguration {
	v := &ecstypes.AwsVpcConfiguration{
		Subnets: e.place.subnets, SecurityGroups: slices.Clone(x.groups), AssignPublicIp: e.place.assign,
	}
	if e.made.group != "" {
		v.SecurityGroups = append(v.SecurityGroups, e.made.group)
	}
	return v
}
