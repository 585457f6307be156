// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"testing"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules/elb"
	"github.com/slipway-go/slipway/internal/rules/rulestest"
)

func TestEveryRuleOfEndpointServices(t *testing.T) {
	t.Parallel()
	type service = awsec2.CreateVpcEndpointServiceConfigurationInput
	balancers := func(network, gateway []string) func(*service) {
		return func(in *service) { in.NetworkLoadBalancerArns, in.GatewayLoadBalancerArns = network, gateway }
	}
	addresses := func(types ...string) func(*service) {
		return func(in *service) { in.SupportedIpAddressTypes = types }
	}
	network, gateway := []string{"nlb"}, []string{"gwlb"}
	base := func() *service { return &service{NetworkLoadBalancerArns: network} }
	const code = "InvalidParameter"
	rulestest.Holds(t, elb.CreateEndpointService, account(), base, []rulestest.Row[service]{
		{Rule: "elb-service-balancers", Name: "none", Breaks: balancers(nil, nil), Legal: balancers(nil, gateway), Path: "NetworkLoadBalancerArns", Code: code},
		{Rule: "elb-service-balancers", Name: "both kinds", Breaks: balancers(network, gateway), Path: "GatewayLoadBalancerArns", Code: code},
		{Rule: "elb-service-balancers", Name: "an application balancer", Breaks: balancers([]string{"nlb", "alb"}, nil), Path: "NetworkLoadBalancerArns[1]", Code: code},
		{Rule: "elb-service-addresses", Name: "dualstack", Breaks: addresses("dualstack"), Legal: addresses("ipv4", "ipv6"), Path: "SupportedIpAddressTypes[0]", Code: code},
	})
}

func TestEveryRuleOfEndpointServicePermissions(t *testing.T) {
	t.Parallel()
	type change = awsec2.ModifyVpcEndpointServicePermissionsInput
	principal := func(p string) func(*change) { return func(in *change) { in.AddAllowedPrincipals = []string{p} } }
	row := func(name, breaks, legal string) rulestest.Row[change] {
		return rulestest.Row[change]{
			Rule: "elb-service-principals", Name: name, Breaks: principal(breaks), Legal: principal(legal), Path: "Principals[0]", Code: "InvalidPrincipal",
		}
	}
	rulestest.Holds(t, elb.EndpointServicePermissions, account(), func() *change { return &change{} }, []rulestest.Row[change]{
		row("an account's number", "123456789012", "arn:aws:iam::123456789012:root"),
		row("another service's ARN", "arn:aws:s3:::bucket", "arn:aws:iam::123456789012:role/shop"),
		row("a pattern", "arn:aws:*", "*"),
		row("but not what is known later", "x", slipway.Self("account")),
	})
}
