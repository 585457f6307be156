// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/rules"
)

// CreateLoadBalancer are the rules of CreateLoadBalancer.
var CreateLoadBalancer = rules.Of[awselb.CreateLoadBalancerInput]{
	{
		Meta: rules.Meta{ID: "elb-balancer-name", Code: invalid, Doc: docBalancer},
		Check: func(r *rules.Report, in *awselb.CreateLoadBalancerInput) {
			checkName(r, "Load balancer", "name", in.Name)
			if name := aws.ToString(in.Name); strings.HasPrefix(name, "internal-") {
				r.Add(rules.Problem{
					Path: "Name", Got: name, Want: `a name that does not begin with "internal-"`,
					Text: fmt.Sprintf("Load balancer name '%s' cannot begin with 'internal-'", name),
				})
			}
		},
	},
	{
		Meta:  rules.Meta{ID: "elb-balancer-tags", Code: invalid, Doc: docBalancer},
		Check: func(r *rules.Report, in *awselb.CreateLoadBalancerInput) { tags(r, in.Tags) },
	},
	{
		Meta: rules.Meta{ID: "elb-balancer-scheme", Code: invalid, Doc: docBalancer},
		Check: func(r *rules.Report, in *awselb.CreateLoadBalancerInput) {
			if in.Scheme == "" || in.Scheme == elbtypes.LoadBalancerSchemeEnumInternal ||
				in.Scheme == elbtypes.LoadBalancerSchemeEnumInternetFacing {
				return
			}
			r.Add(rules.Problem{
				Path: "Scheme", Got: string(in.Scheme), Want: "internet-facing or internal",
				Text: fmt.Sprintf("Scheme '%s' is invalid", in.Scheme), Code: "InvalidScheme",
			})
		},
	},
	{
		Meta: rules.Meta{ID: "elb-balancer-address-type", Code: configuration, Doc: docBalancer},
		Check: func(r *rules.Report, in *awselb.CreateLoadBalancerInput) {
			addressType(r, in.IpAddressType, balancerType(in), in.Scheme)
		},
	},
	{
		Meta:  rules.Meta{ID: "elb-balancer-addresses", Code: configuration, Doc: docBalancer},
		Check: staticAddresses,
	},
	{
		Meta: rules.Meta{ID: "elb-balancer-subnets", Code: invalid, Doc: docBalancer},
		Check: func(r *rules.Report, in *awselb.CreateLoadBalancerInput) {
			if len(in.Subnets) > 0 && len(in.SubnetMappings) > 0 {
				r.Add(rules.Problem{
					Path: "SubnetMappings", Got: "both Subnets and SubnetMappings", Want: "one of them",
					Text: "Subnets and SubnetMappings cannot be specified together",
				})
			}
			subnets(r, balancerType(in), subnetIDs(in.Subnets, in.SubnetMappings))
		},
	},
	{
		Meta: rules.Meta{ID: "elb-balancer-groups", Code: invalid, Doc: docLimits},
		Check: func(r *rules.Report, in *awselb.CreateLoadBalancerInput) {
			groups(r, in.SecurityGroups)
			sameVPC(r, subnetIDs(in.Subnets, in.SubnetMappings), in.SecurityGroups)
		},
	},
}

// SetSubnets are the rules of SetSubnets.
var SetSubnets = rules.Of[awselb.SetSubnetsInput]{
	{
		Meta: rules.Meta{ID: "elb-set-subnets", Code: invalid, Doc: docReference + "API_SetSubnets.html"},
		Check: func(r *rules.Report, in *awselb.SetSubnetsInput) {
			subnets(r, typeOf(r, in.LoadBalancerArn), subnetIDs(in.Subnets, in.SubnetMappings))
		},
	},
}

// SetSecurityGroups are the rules of SetSecurityGroups.
var SetSecurityGroups = rules.Of[awselb.SetSecurityGroupsInput]{
	{
		Meta: rules.Meta{ID: "elb-set-groups", Code: invalid, Doc: docReference + "API_SetSecurityGroups.html"},
		Check: func(r *rules.Report, in *awselb.SetSecurityGroupsInput) {
			if len(in.SecurityGroups) == 0 {
				r.Add(rules.Problem{
					Path: "SecurityGroups", Got: "none", Want: "1 to 5",
					Text: "At least one security group must be specified",
				})
			}
			groups(r, in.SecurityGroups)
		},
	},
	{
		Meta: rules.Meta{ID: "elb-set-groups-later", Code: configuration, Doc: docNetworkGroups},
		Check: func(r *rules.Report, in *awselb.SetSecurityGroupsInput) {
			b := balancer(r, in.LoadBalancerArn)
			if b == nil || b.Create.Type != elbtypes.LoadBalancerTypeEnumNetwork || len(b.Create.SecurityGroups) > 0 {
				return
			}
			r.Add(rules.Problem{
				Path: "SecurityGroups", Got: "groups for a balancer that was made without any", Want: "a balancer that was made with groups",
				Text: "You cannot set security groups on a Network Load Balancer which was created without any security groups.",
			})
		},
	},
}

// SetIPAddressType are the rules of SetIpAddressType.
var SetIPAddressType = rules.Of[awselb.SetIpAddressTypeInput]{
	{
		Meta: rules.Meta{ID: "elb-set-address-type", Code: configuration, Doc: docReference + "API_SetIpAddressType.html"},
		Check: func(r *rules.Report, in *awselb.SetIpAddressTypeInput) {
			scheme := elbtypes.LoadBalancerSchemeEnumInternetFacing
			if b := balancer(r, in.LoadBalancerArn); b != nil {
				scheme = b.Create.Scheme
			}
			addressType(r, in.IpAddressType, typeOf(r, in.LoadBalancerArn), scheme)
		},
	},
}

func balancerType(in *awselb.CreateLoadBalancerInput) elbtypes.LoadBalancerTypeEnum {
	if in.Type == "" {
		return elbtypes.LoadBalancerTypeEnumApplication
	}
	return in.Type
}

// balancer looks a balancer up, or returns nil.
func balancer(r *rules.Report, arn *string) *model.LoadBalancer {
	state, _, _ := r.Get(model.KindLoadBalancer, aws.ToString(arn))
	b, _ := state.(*model.LoadBalancer)
	return b
}

func typeOf(r *rules.Report, arn *string) elbtypes.LoadBalancerTypeEnum {
	if b := balancer(r, arn); b != nil {
		return balancerType(&b.Create)
	}
	return ""
}

func addressType(
	r *rules.Report, t elbtypes.IpAddressType, kind elbtypes.LoadBalancerTypeEnum, scheme elbtypes.LoadBalancerSchemeEnum,
) {
	switch t {
	case "", elbtypes.IpAddressTypeIpv4, elbtypes.IpAddressTypeDualstack:
	case elbtypes.IpAddressTypeDualstackWithoutPublicIpv4:
		if kind == elbtypes.LoadBalancerTypeEnumNetwork {
			r.Add(rules.Problem{
				Path: "IpAddressType", Got: string(t) + " on a network load balancer", Want: "ipv4 or dualstack",
			})
			return
		}
		if scheme == elbtypes.LoadBalancerSchemeEnumInternal {
			r.Add(rules.Problem{
				Path: "IpAddressType", Got: string(t) + " on an internal balancer", Want: "ipv4 or dualstack",
				Text: "The IP address type 'dualstack-without-public-ipv4' is not supported for internal load balancers",
			})
		}
	default:
		r.Add(rules.Problem{
			Path: "IpAddressType", Got: string(t), Want: "ipv4, dualstack or dualstack-without-public-ipv4", Code: invalid,
			Text: fmt.Sprintf("IP address type '%s' is not valid", t),
		})
	}
}

// staticAddresses checks the addresses that a balancer is to have in its subnets.
func staticAddresses(r *rules.Report, in *awselb.CreateLoadBalancerInput) {
	network := balancerType(in) == elbtypes.LoadBalancerTypeEnumNetwork
	internal := in.Scheme == elbtypes.LoadBalancerSchemeEnumInternal
	for i, m := range in.SubnetMappings {
		path := fmt.Sprintf("SubnetMappings[%d]", i)
		if m.AllocationId != nil && (!network || internal) {
			r.Add(rules.Problem{
				Path: path + ".AllocationId", Got: *m.AllocationId, Want: "none unless it is an internet-facing network load balancer",
			})
		}
		if m.PrivateIPv4Address == nil {
			continue
		}
		if !network || !internal {
			r.Add(rules.Problem{
				Path: path + ".PrivateIPv4Address", Got: *m.PrivateIPv4Address, Want: "none unless it is an internal network load balancer",
			})
			continue
		}
		privateAddress(r, path+".PrivateIPv4Address", aws.ToString(m.SubnetId), *m.PrivateIPv4Address)
	}
}

// privateAddress checks that an address is of its subnet.
func privateAddress(r *rules.Report, path, id, text string) {
	if slipway.HasRef(text) {
		return
	}
	address, err := netip.ParseAddr(text)
	if err != nil || !address.Is4() {
		r.Add(rules.Problem{Path: path, Got: text, Want: "an IPv4 address"})
		return
	}
	state, _, _ := r.Get(KindSubnet, id)
	subnet, ok := state.(*Subnet)
	if !ok {
		return
	}
	if block, err := netip.ParsePrefix(subnet.CIDR); err == nil && !block.Contains(address) {
		r.Add(rules.Problem{Path: path, Got: text, Want: "an address of " + id + ", which is " + subnet.CIDR})
	}
}

func subnetIDs(ids []string, mappings []elbtypes.SubnetMapping) []string {
	for _, m := range mappings {
		ids = append(slices.Clip(ids), aws.ToString(m.SubnetId))
	}
	return ids
}

const twoZones = "At least two subnets in two different Availability Zones must be specified"

// subnets checks number and zones. A placeholder may stand for several subnets.
func subnets(r *rules.Report, kind elbtypes.LoadBalancerTypeEnum, ids []string) {
	least := 1
	if kind == elbtypes.LoadBalancerTypeEnumApplication {
		least = 2
	}
	if slices.ContainsFunc(ids, slipway.HasRef) {
		return
	}
	if len(ids) == 0 {
		r.Add(rules.Problem{Path: "Subnets", Got: "none", Want: "subnets in two zones", Text: "At least one subnet must be specified"})
		return
	}
	zones := map[string]string{}
	for i, id := range ids {
		state, found, known := r.Get(KindSubnet, id)
		if !known {
			continue
		}
		path := fmt.Sprintf("Subnets[%d]", i)
		subnet, ok := state.(*Subnet)
		if !found || !ok {
			r.Add(rules.Problem{
				Path: path, Got: id, Want: "an existing subnet", Code: "SubnetNotFound",
				Text: fmt.Sprintf("The subnet ID '%s' does not exist", id),
			})
			return
		}
		if other, taken := zones[subnet.Zone]; taken {
			r.Add(rules.Problem{
				Path: path, Got: id + " and " + other + " in " + subnet.Zone, Want: "one subnet a zone", Code: configuration,
				Text: "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
			})
			return
		}
		zones[subnet.Zone] = id
	}
	if len(ids) < least {
		r.Add(rules.Problem{Path: "Subnets", Got: strconv.Itoa(len(ids)), Want: "at least 2, in different zones", Text: twoZones})
	}
}

func groups(r *rules.Report, ids []string) {
	if len(ids) > 5 {
		r.Add(rules.Problem{
			Path: "SecurityGroups", Got: strconv.Itoa(len(ids)), Want: "at most 5", Code: configuration,
			Text: "A load balancer can have at most 5 security groups",
		})
	}
	for i, id := range ids {
		if id == "" {
			r.Add(rules.Problem{
				Path: fmt.Sprintf("SecurityGroups[%d]", i), Got: "none", Want: "the ID of a security group",
				Code: "InvalidSecurityGroup", Text: "Security group '' is not valid",
			})
			continue
		}
		if _, found, known := r.Get(KindGroup, id); known && !found {
			r.Add(rules.Problem{
				Path: fmt.Sprintf("SecurityGroups[%d]", i), Got: id, Want: "an existing security group",
				Code: "InvalidSecurityGroup", Text: fmt.Sprintf("Security group '%s' is not valid", id),
			})
		}
	}
}

// sameVPC checks that subnets and groups are of one VPC, where they are known.
func sameVPC(r *rules.Report, ids, securityGroups []string) {
	vpc := ""
	for i, id := range ids {
		state, _, _ := r.Get(KindSubnet, id)
		subnet, ok := state.(*Subnet)
		if !ok {
			continue
		}
		if vpc != "" && subnet.VPC != vpc {
			r.Add(rules.Problem{
				Path: fmt.Sprintf("Subnets[%d]", i), Got: id + " of " + subnet.VPC, Want: "a subnet of " + vpc, Code: configuration,
				Text: fmt.Sprintf("Subnets must belong to the same VPC '%s'", vpc),
			})
			return
		}
		vpc = subnet.VPC
	}
	for i, id := range securityGroups {
		state, _, _ := r.Get(KindGroup, id)
		if of, ok := state.(*string); ok && vpc != "" && *of != vpc {
			r.Add(rules.Problem{
				Path: fmt.Sprintf("SecurityGroups[%d]", i), Got: id + " of " + *of, Want: "a group of " + vpc, Code: configuration,
				Text: fmt.Sprintf("One or more security groups are invalid: security group '%s' does not belong to VPC '%s'", id, vpc),
			})
		}
	}
}
