// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	model "github.com/slipway-go/slipway/internal/model/elb"
	elbrules "github.com/slipway-go/slipway/internal/rules/elb"
)

// leastFree is how many addresses a balancer wants of each subnet.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#subnet-settings
const leastFree = 8

func (f *Fake) balancerOperations(s *sim.Service) {
	sim.Handle(s, "CreateLoadBalancer", f.createLoadBalancer,
		sim.Needs(createsBalancer),
		sim.Refuses[awselb.CreateLoadBalancerInput](
			"CustomerOwnedIpv4Pool", "EnablePrefixForIpv6SourceNat", "IpamPools",
			"SubnetMappings.IPv6Address", "SubnetMappings.SourceNatIpv6Prefix"))
	sim.Handle(s, "DescribeLoadBalancers", f.describeLoadBalancers)
	sim.Handle(s, "DeleteLoadBalancer", f.deleteLoadBalancer,
		needs("DeleteLoadBalancer", func(in *awselb.DeleteLoadBalancerInput) []string { return one(in.LoadBalancerArn) }))
	sim.Handle(s, "SetSubnets", f.setSubnets,
		needs("SetSubnets", func(in *awselb.SetSubnetsInput) []string { return one(in.LoadBalancerArn) }),
		sim.Refuses[awselb.SetSubnetsInput]("IpAddressType", "EnablePrefixForIpv6SourceNat",
			"SubnetMappings.IPv6Address", "SubnetMappings.SourceNatIpv6Prefix"))
	sim.Handle(s, "SetSecurityGroups", f.setSecurityGroups,
		needs("SetSecurityGroups", func(in *awselb.SetSecurityGroupsInput) []string { return one(in.LoadBalancerArn) }),
		sim.Refuses[awselb.SetSecurityGroupsInput]("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"))
	sim.Handle(s, "SetIpAddressType", f.setIPAddressType,
		needs("SetIpAddressType", func(in *awselb.SetIpAddressTypeInput) []string { return one(in.LoadBalancerArn) }))
	sim.Handle(s, "DescribeLoadBalancerAttributes", f.describeLoadBalancerAttributes)
	sim.Handle(s, "ModifyLoadBalancerAttributes", f.modifyLoadBalancerAttributes,
		needs("ModifyLoadBalancerAttributes", func(in *awselb.ModifyLoadBalancerAttributesInput) []string { return one(in.LoadBalancerArn) }))
}

func createsBalancer(c *sim.Call, in *awselb.CreateLoadBalancerInput) []sim.Access {
	arn := c.ARN("elasticloadbalancing", "loadbalancer/"+familyOf(in.Type)+"/"+aws.ToString(in.Name)+"/*")
	return creates("CreateLoadBalancer", arn, arn, in.Tags)
}

func (f *Fake) createLoadBalancer(c *sim.Call, in *awselb.CreateLoadBalancerInput) (*awselb.CreateLoadBalancerOutput, error) {
	if in.Type == elbtypes.LoadBalancerTypeEnumGateway {
		return nil, sim.NotModelled("load balancers of type %s are not modelled", in.Type)
	}
	if err := check(f, c, elbrules.CreateLoadBalancer, in); err != nil {
		return nil, err
	}
	state := model.LoadBalancer{Create: *in}
	model.FillLoadBalancer(&state)
	in = &state.Create
	places := placesOf(in.Subnets, in.SubnetMappings)
	r := f.in(c)
	if b := r.balancerNamed(aws.ToString(in.Name)); b != nil {
		if !b.same(in, places) {
			return nil, &elbtypes.DuplicateLoadBalancerNameException{Message: aws.String(fmt.Sprintf(
				"A load balancer with the same name '%s' exists, but with different settings", aws.ToString(in.Name)))}
		}
		return &awselb.CreateLoadBalancerOutput{LoadBalancers: []elbtypes.LoadBalancer{b.view}}, nil
	}
	if err := r.roomForBalancer(); err != nil {
		return nil, err
	}
	b := &balancer{
		view: f.newBalancer(c, in), tags: tagMap(in.Tags),
		attributes: model.LoadBalancerAttributes(in),
	}
	if len(b.view.SecurityGroups) == 0 && !b.network() {
		s, _ := f.network.Subnet(r.name, places[0].subnet)
		b.view.SecurityGroups = []string{f.network.DefaultGroup(r.name, s.VPC)}
	}
	if err := f.attach(r, b, places); err != nil {
		return nil, err
	}
	r.balancers = append(r.balancers, b)
	f.sim.After(f.timing.LoadBalancer, func() {
		b.view.State = &elbtypes.LoadBalancerState{Code: elbtypes.LoadBalancerStateEnumActive}
		f.rewire(r)
	})
	return &awselb.CreateLoadBalancerOutput{LoadBalancers: []elbtypes.LoadBalancer{b.view}}, nil
}

// same reports whether a balancer has the settings, so that creating it again
// changes nothing.
func (b *balancer) same(in *awselb.CreateLoadBalancerInput, places []place) bool {
	groups := in.SecurityGroups
	if len(groups) == 0 {
		groups = b.view.SecurityGroups
	}
	return b.view.Type == in.Type && b.view.Scheme == in.Scheme && b.view.IpAddressType == in.IpAddressType &&
		samePlaces(b.places, places) && sameSet(b.view.SecurityGroups, groups)
}

func (b *balancer) subnets() []string {
	var ids []string
	for _, z := range b.view.AvailabilityZones {
		ids = append(ids, aws.ToString(z.SubnetId))
	}
	return ids
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func (f *Fake) newBalancer(c *sim.Call, in *awselb.CreateLoadBalancerInput) elbtypes.LoadBalancer {
	name := aws.ToString(in.Name)
	id := f.sim.ID(16, "loadbalancer", c.Region, name)
	prefix, now := "", f.sim.Now()
	if in.Scheme == elbtypes.LoadBalancerSchemeEnumInternal {
		prefix = "internal-"
	}
	number, err := strconv.ParseUint(id[:8], 16, 32)
	if err != nil {
		number = 0 // cannot be: an id is hexadecimal
	}
	dns, zone := fmt.Sprintf("%s%s-%d.%s.elb.amazonaws.com", prefix, name, number, c.Region), hostedZone(f, c.Region)
	if in.Type == elbtypes.LoadBalancerTypeEnumNetwork {
		dns, zone = fmt.Sprintf("%s-%s.elb.%s.amazonaws.com", name, id, c.Region), networkZone(f, c.Region)
	}
	return elbtypes.LoadBalancer{
		LoadBalancerArn: aws.String(c.ARN("elasticloadbalancing", "loadbalancer/"+familyOf(in.Type)+"/"+name+"/"+id)),
		DNSName:         aws.String(dns), CanonicalHostedZoneId: aws.String(zone), CreatedTime: &now,
		LoadBalancerName: in.Name, Scheme: in.Scheme, Type: in.Type,
		IpAddressType: in.IpAddressType, SecurityGroups: in.SecurityGroups,
		State: &elbtypes.LoadBalancerState{Code: elbtypes.LoadBalancerStateEnumProvisioning},
	}
}

// shortName is "app/<name>/<id>".
func shortName(arn string) string {
	_, rest, _ := strings.Cut(arn, "loadbalancer/")
	return rest
}

func (r *region) balancerNamed(name string) *balancer {
	for _, b := range r.balancers {
		if aws.ToString(b.view.LoadBalancerName) == name {
			return b
		}
	}
	return nil
}

func (f *Fake) describeLoadBalancers(
	c *sim.Call, in *awselb.DescribeLoadBalancersInput,
) (*awselb.DescribeLoadBalancersOutput, error) {
	r := f.in(c)
	chosen, missing := r.balancers, ""
	if len(in.LoadBalancerArns) > 0 {
		chosen, missing = choose(in.LoadBalancerArns, r.balancer)
	} else if len(in.Names) > 0 {
		chosen, missing = choose(in.Names, r.balancerNamed)
	}
	if missing != "" {
		return nil, &elbtypes.LoadBalancerNotFoundException{Message: aws.String(fmt.Sprintf("Load balancers '[%s]' not found", missing))}
	}
	page, next, err := pageOf(chosen, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &awselb.DescribeLoadBalancersOutput{NextMarker: next}
	for _, b := range page {
		out.LoadBalancers = append(out.LoadBalancers, b.view)
	}
	return out, nil
}

func (f *Fake) deleteLoadBalancer(c *sim.Call, in *awselb.DeleteLoadBalancerInput) (*awselb.DeleteLoadBalancerOutput, error) {
	r, arn := f.in(c), aws.ToString(in.LoadBalancerArn)
	b := r.balancer(arn)
	if b == nil {
		return &awselb.DeleteLoadBalancerOutput{}, nil
	}
	if b.attributes[model.AttrDeletionProtection] == "true" {
		return nil, &elbtypes.OperationNotPermittedException{Message: aws.String(fmt.Sprintf(
			"Load balancer '%s' cannot be deleted because deletion protection is enabled", arn))}
	}
	if err := f.balancerUsed(r, arn); err != nil {
		return nil, err
	}
	for _, l := range slices.Clone(r.listeners) {
		if aws.ToString(l.view.LoadBalancerArn) == arn {
			r.removeListener(l)
		}
	}
	f.detach(r, b.interfaces)
	r.balancers = slices.DeleteFunc(r.balancers, func(o *balancer) bool { return o == b })
	f.rewire(r)
	return &awselb.DeleteLoadBalancerOutput{}, nil
}

// balancerUsed reports that something else stands on a balancer.
func (f *Fake) balancerUsed(r *region, arn string) error {
	for _, l := range r.listeners {
		if aws.ToString(l.view.LoadBalancerArn) != arn {
			continue
		}
		if err := r.listenerUsed(l); err != nil {
			return err
		}
	}
	if users, ok := f.network.(world.BalancerUsers); ok && users.UsesBalancer(r.name, arn) {
		return &elbtypes.ResourceInUseException{Message: aws.String(fmt.Sprintf(
			"Load balancer '%s' cannot be deleted because it is currently associated with another service", arn))}
	}
	return nil
}

// NetworkBalancer returns the zones of a Network Load Balancer.
func (f *Fake) NetworkBalancer(region, arn string) (zones []string, found bool) {
	b := f.of(region).balancer(arn)
	if b == nil || !b.network() {
		return nil, false
	}
	for _, z := range b.view.AvailabilityZones {
		zones = append(zones, aws.ToString(z.ZoneName))
	}
	return zones, true
}

func (f *Fake) setSubnets(c *sim.Call, in *awselb.SetSubnetsInput) (*awselb.SetSubnetsOutput, error) {
	r := f.in(c)
	b := r.balancer(aws.ToString(in.LoadBalancerArn))
	if b == nil {
		return nil, noBalancer(aws.ToString(in.LoadBalancerArn))
	}
	if err := check(f, c, elbrules.SetSubnets, in); err != nil {
		return nil, err
	}
	if err := f.attach(r, b, placesOf(in.Subnets, in.SubnetMappings)); err != nil {
		return nil, err
	}
	f.rewire(r)
	return &awselb.SetSubnetsOutput{AvailabilityZones: b.view.AvailabilityZones, IpAddressType: b.view.IpAddressType}, nil
}

func (f *Fake) setSecurityGroups(
	c *sim.Call, in *awselb.SetSecurityGroupsInput,
) (*awselb.SetSecurityGroupsOutput, error) {
	r := f.in(c)
	b := r.balancer(aws.ToString(in.LoadBalancerArn))
	if b == nil {
		return nil, noBalancer(aws.ToString(in.LoadBalancerArn))
	}
	if err := check(f, c, elbrules.SetSecurityGroups, in); err != nil {
		return nil, err
	}
	b.view.SecurityGroups = in.SecurityGroups
	if err := f.attach(r, b, b.places); err != nil {
		return nil, err
	}
	return &awselb.SetSecurityGroupsOutput{SecurityGroupIds: in.SecurityGroups}, nil
}

func (f *Fake) setIPAddressType(c *sim.Call, in *awselb.SetIpAddressTypeInput) (*awselb.SetIpAddressTypeOutput, error) {
	b := f.in(c).balancer(aws.ToString(in.LoadBalancerArn))
	if b == nil {
		return nil, noBalancer(aws.ToString(in.LoadBalancerArn))
	}
	if err := check(f, c, elbrules.SetIPAddressType, in); err != nil {
		return nil, err
	}
	b.view.IpAddressType = in.IpAddressType
	return &awselb.SetIpAddressTypeOutput{IpAddressType: in.IpAddressType}, nil
}

func (f *Fake) describeLoadBalancerAttributes(
	c *sim.Call, in *awselb.DescribeLoadBalancerAttributesInput,
) (*awselb.DescribeLoadBalancerAttributesOutput, error) {
	b := f.in(c).balancer(aws.ToString(in.LoadBalancerArn))
	if b == nil {
		return nil, noBalancer(aws.ToString(in.LoadBalancerArn))
	}
	return &awselb.DescribeLoadBalancerAttributesOutput{Attributes: balancerAttributes(b.attributes)}, nil
}

func (f *Fake) modifyLoadBalancerAttributes(
	c *sim.Call, in *awselb.ModifyLoadBalancerAttributesInput,
) (*awselb.ModifyLoadBalancerAttributesOutput, error) {
	b := f.in(c).balancer(aws.ToString(in.LoadBalancerArn))
	if b == nil {
		return nil, noBalancer(aws.ToString(in.LoadBalancerArn))
	}
	if err := check(f, c, elbrules.ModifyLoadBalancerAttributes, in); err != nil {
		return nil, err
	}
	changed := map[string]string{}
	for _, a := range in.Attributes {
		changed[aws.ToString(a.Key)] = aws.ToString(a.Value)
	}
	b.attributes = merged(b.attributes, changed)
	return &awselb.ModifyLoadBalancerAttributesOutput{Attributes: balancerAttributes(b.attributes)}, nil
}

func balancerAttributes(m map[string]string) []elbtypes.LoadBalancerAttribute {
	var all []elbtypes.LoadBalancerAttribute
	for _, p := range pairs(m) {
		all = append(all, elbtypes.LoadBalancerAttribute{Key: p.Key, Value: p.Value})
	}
	return all
}
