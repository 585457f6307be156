// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"slices"
	"strings"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

const docEndpointService = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpointServiceConfiguration.html"

// CreateEndpointService are the rules of CreateVpcEndpointServiceConfiguration.
var CreateEndpointService = rules.Of[awsec2.CreateVpcEndpointServiceConfigurationInput]{
	{
		Meta: rules.Meta{ID: "elb-service-balancers", Code: "InvalidParameter", Doc: docEndpointService},
		Check: func(r *rules.Report, in *awsec2.CreateVpcEndpointServiceConfigurationInput) {
			if len(in.NetworkLoadBalancerArns) == 0 && len(in.GatewayLoadBalancerArns) == 0 {
				r.Add(rules.Problem{Path: "NetworkLoadBalancerArns", Got: "none", Want: "at least one Network or Gateway Load Balancer"})
			}
			if len(in.NetworkLoadBalancerArns) > 0 && len(in.GatewayLoadBalancerArns) > 0 {
				r.Add(rules.Problem{Path: "GatewayLoadBalancerArns", Got: "both kinds of load balancers", Want: "one of them"})
			}
			for i, arn := range in.NetworkLoadBalancerArns {
				if t := typeOf(r, &arn); t != "" && t != elbtypes.LoadBalancerTypeEnumNetwork {
					r.Add(rules.Problem{
						Path: fmt.Sprintf("NetworkLoadBalancerArns[%d]", i), Got: arn + " of type " + string(t), Want: "a Network Load Balancer",
					})
				}
			}
		},
	},
	{
		Meta: rules.Meta{ID: "elb-service-addresses", Code: "InvalidParameter", Doc: docEndpointService},
		Check: func(r *rules.Report, in *awsec2.CreateVpcEndpointServiceConfigurationInput) {
			for i, t := range in.SupportedIpAddressTypes {
				if !slices.Contains([]string{"ipv4", "ipv6"}, t) {
					r.Add(rules.Problem{Path: fmt.Sprintf("SupportedIpAddressTypes[%d]", i), Got: t, Want: "ipv4 or ipv6"})
				}
			}
		},
	},
}

// EndpointServicePermissions are the rules of ModifyVpcEndpointServicePermissions.
var EndpointServicePermissions = rules.Of[awsec2.ModifyVpcEndpointServicePermissionsInput]{
	{
		Meta: rules.Meta{ID: "elb-service-principals", Code: "InvalidPrincipal", Doc: "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpointServicePermissions.html"},
		Check: func(r *rules.Report, in *awsec2.ModifyVpcEndpointServicePermissionsInput) {
			for i, p := range in.AddAllowedPrincipals {
				if p != "*" && !slipway.HasRef(p) && (!strings.HasPrefix(p, "arn:") || !strings.Contains(p, ":iam::")) {
					r.Add(rules.Problem{
						Path: fmt.Sprintf("Principals[%d]", i), Got: quoted(p), Want: `the ARN of an account's root, a role or a user, or "*"`,
					})
				}
			}
		},
	},
}
