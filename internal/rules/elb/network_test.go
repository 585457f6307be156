// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	model "github.com/slipway-go/slipway/internal/model/elb"
)

// networkBalancer is a Network Load Balancer in one zone.
func networkBalancer(change func(*awselb.CreateLoadBalancerInput)) any {
	return balancer(func(in *awselb.CreateLoadBalancerInput) {
		in.Type, in.Subnets = elbtypes.LoadBalancerTypeEnumNetwork, []string{"subnet-a"}
		change(in)
	})
}

// mapped gives a balancer its addresses.
func mapped(scheme elbtypes.LoadBalancerSchemeEnum, m elbtypes.SubnetMapping) func(*awselb.CreateLoadBalancerInput) {
	return func(in *awselb.CreateLoadBalancerInput) {
		m.SubnetId = aws.String("subnet-a")
		in.Scheme, in.Subnets, in.SubnetMappings = scheme, nil, []elbtypes.SubnetMapping{m}
	}
}

func TestNetworkLoadBalancers(t *testing.T) {
	t.Parallel()
	elastic := elbtypes.SubnetMapping{AllocationId: aws.String("eipalloc-1")}
	private := func(ip string) elbtypes.SubnetMapping { return elbtypes.SubnetMapping{PrivateIPv4Address: &ip} }
	attribute := func(balancer, key, value string) any {
		return &awselb.ModifyLoadBalancerAttributesInput{
			LoadBalancerArn: &balancer, Attributes: []elbtypes.LoadBalancerAttribute{{Key: &key, Value: &value}},
		}
	}
	const at = "SubnetMappings[0]"
	run(t, []row{
		{name: "one zone", reason: "it may have one", input: networkBalancer(func(*awselb.CreateLoadBalancerInput) {})},
		{
			name: "IPv6 for the public alone", reason: "application balancers have that", code: "InvalidConfigurationRequest", path: "IpAddressType",
			input: networkBalancer(func(in *awselb.CreateLoadBalancerInput) {
				in.IpAddressType = elbtypes.IpAddressTypeDualstackWithoutPublicIpv4
			}),
		},
		{name: "an elastic address", reason: "the internet's", input: networkBalancer(mapped("internet-facing", elastic))},
		{
			name: "an elastic address inside", reason: "it is public", code: "InvalidConfigurationRequest", path: at + ".AllocationId",
			input: networkBalancer(mapped("internal", elastic)),
		},
		{
			name: "an elastic address of an application balancer", reason: "it has none", code: "InvalidConfigurationRequest", path: at + ".AllocationId",
			input: balancer(mapped("internet-facing", elastic)),
		},
		{name: "a private address", reason: "one of the subnet's", input: networkBalancer(mapped("internal", private("10.0.0.255")))},
		{
			name: "a private address outside", reason: "those are public", code: "InvalidConfigurationRequest", path: at + ".PrivateIPv4Address",
			input: networkBalancer(mapped("internet-facing", private("10.0.0.9"))),
		},
		{
			name: "an address of another subnet", reason: "10.0.0.0/24", code: "InvalidConfigurationRequest", path: at + ".PrivateIPv4Address",
			input: networkBalancer(mapped("internal", private("10.0.1.0"))),
		},
		{
			name: "no address", reason: "it is a name", code: "InvalidConfigurationRequest", path: at + ".PrivateIPv4Address",
			input: networkBalancer(mapped("internal", private("here"))),
		},
		{
			name: "groups later", reason: "one made without has none for ever", code: "InvalidConfigurationRequest", path: "SecurityGroups",
			text: "created without any security groups", input: &awselb.SetSecurityGroupsInput{LoadBalancerArn: aws.String("nlb"), SecurityGroups: []string{"sg-1"}},
		},
		{
			name: "a group without ID", reason: "it is none", code: "InvalidSecurityGroup", path: "SecurityGroups[0]", text: "''",
			input: balancer(func(in *awselb.CreateLoadBalancerInput) { in.SecurityGroups = []string{""} }),
		},
		{name: "one zone alone", reason: "a network balancer need not cross zones", input: attribute("nlb", model.AttrCrossZone, "false")},
		{name: "seven more addresses", reason: "0 to 7", input: attribute("nlb", model.AttrSecondaryIPs, "7")},
		{
			name: "eight more addresses", reason: "0 to 7", code: "ValidationError", path: "Attributes[" + model.AttrSecondaryIPs + "]", text: "0-7",
			input: attribute("nlb", model.AttrSecondaryIPs, "8"),
		},
		{
			name: "idle timeout", reason: "network balancers have none", code: "ValidationError", path: "Attributes[" + model.AttrIdleTimeout + "]",
			text: "not recognized", input: attribute("nlb", model.AttrIdleTimeout, "60"),
		},
	})
}

// network is a listener of a Network Load Balancer.
func network(p elbtypes.ProtocolEnum, group string, change func(*awselb.CreateListenerInput)) any {
	return http(func(in *awselb.CreateListenerInput) {
		in.LoadBalancerArn, in.Protocol, in.DefaultActions = aws.String("nlb"), p, to(group)
		change(in)
	})
}

func unchanged(*awselb.CreateListenerInput) {}

// tls gives a listener its certificate, and ALPN policies.
func tls(policies ...string) func(*awselb.CreateListenerInput) {
	return func(in *awselb.CreateListenerInput) {
		in.Certificates, in.AlpnPolicy = []elbtypes.Certificate{{CertificateArn: aws.String(certificate)}}, policies
	}
}

func TestNetworkListeners(t *testing.T) {
	t.Parallel()
	dualstack := func(in *awselb.CreateListenerInput) { in.LoadBalancerArn = aws.String("nlb6") }
	const behind = "DefaultActions[0].ForwardConfig.TargetGroups[0]"
	idle := func(listener, n string) any {
		return &awselb.ModifyListenerAttributesInput{
			ListenerArn: &listener, Attributes: []elbtypes.ListenerAttribute{{Key: aws.String(model.AttrTCPIdleTimeout), Value: &n}},
		}
	}
	run(t, []row{
		{name: "TCP", reason: "fine", input: network("TCP", "tcp", unchanged)},
		{name: "TCP to both", reason: "the group hears TCP, too", input: network("TCP", "tcp_udp", unchanged)},
		{name: "TLS to TCP", reason: "decrypted", input: network("TLS", "tcp", tls())},
		{name: "TLS to TLS", reason: "encrypted again", input: network("TLS", "tls", tls("HTTP2Preferred"))},
		{name: "UDP", reason: "fine", input: network("UDP", "udp", unchanged)},
		{name: "UDP to both", reason: "the group hears UDP, too", input: network("UDP", "tcp_udp", unchanged)},
		{name: "both", reason: "fine", input: network("TCP_UDP", "tcp_udp", unchanged)},
		{name: "TCP to UDP", reason: "another protocol", code: "InvalidConfigurationRequest", path: behind, text: "incompatible protocols", input: network("TCP", "udp", unchanged)},
		{name: "UDP to TCP", reason: "another protocol", code: "InvalidConfigurationRequest", path: behind, text: "incompatible protocols", input: network("UDP", "tcp", unchanged)},
		{name: "both to TCP", reason: "half of it", code: "InvalidConfigurationRequest", path: behind, input: network("TCP_UDP", "tcp", unchanged)},
		{name: "TCP to HTTP", reason: "a group of application balancers", code: "InvalidConfigurationRequest", path: behind, text: "incompatible protocols", input: network("TCP", "web", unchanged)},
		{name: "HTTP", reason: "a network balancer does not speak it", code: "ValidationError", path: "Protocol", text: "'HTTP' must be one of 'TCP, TLS, UDP", input: network("HTTP", "web", unchanged)},
		{
			name: "fixed response", reason: "it only forwards", code: "InvalidLoadBalancerAction", path: "DefaultActions[0].Type", text: "network load balancer",
			input: network("TCP", "tcp", func(in *awselb.CreateListenerInput) { in.DefaultActions = fixed("404") }),
		},
		{name: "TLS without certificate", reason: "it needs one", code: "ValidationError", path: "Certificates", text: "TLS listeners", input: network("TLS", "tcp", unchanged)},
		{name: "TCP with certificate", reason: "it needs none", code: "ValidationError", path: "Certificates", input: network("TCP", "tcp", tls())},
		{name: "no such ALPN policy", reason: "there are five", code: "ValidationError", path: "AlpnPolicy", input: network("TLS", "tcp", tls("HTTP3"))},
		{name: "two ALPN policies", reason: "one", code: "ValidationError", path: "AlpnPolicy", input: network("TLS", "tcp", tls("HTTP2Only", "None"))},
		{
			name: "ALPN of TCP", reason: "TLS negotiates it", code: "ValidationError", path: "AlpnPolicy",
			input: network("TCP", "tcp", func(in *awselb.CreateListenerInput) { in.AlpnPolicy = []string{"HTTP2Only"} }),
		},
		{name: "TCP on dualstack", reason: "fine", input: network("TCP", "tcp", dualstack)},
		{name: "UDP on dualstack", reason: "not with IPv6", code: "InvalidConfigurationRequest", path: "Protocol", input: network("UDP", "udp", dualstack)},
		{name: "6000 s idle", reason: "the most", input: idle("tcp", "6000")},
		{name: "59 s idle", reason: "60 at least", code: "ValidationError", path: "Attributes[" + model.AttrTCPIdleTimeout + "]", text: "60-6000", input: idle("tcp", "59")},
		{name: "idle HTTP", reason: "the balancer has that", code: "ValidationError", path: "Attributes[" + model.AttrTCPIdleTimeout + "]", text: "not recognized", input: idle("http", "60")},
	})
}

// TestWeights has the bounds of
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupTuple.html
func TestWeights(t *testing.T) {
	t.Parallel()
	weighed := func(weights ...*int32) any {
		return http(func(in *awselb.CreateListenerInput) {
			in.DefaultActions = to("web", "web")[:1]
			tuples := in.DefaultActions[0].ForwardConfig.TargetGroups[:len(weights)]
			for i := range tuples {
				tuples[i].Weight = weights[i]
			}
			in.DefaultActions[0].ForwardConfig.TargetGroups = tuples
		})
	}
	const at = "DefaultActions[0].ForwardConfig.TargetGroups"
	run(t, []row{
		{name: "0 and 999", reason: "the bounds", input: weighed(aws.Int32(0), aws.Int32(999))},
		{name: "none of one", reason: "it has all", input: weighed(nil)},
		{name: "none of two", reason: "each has one", code: "ValidationError", path: at + "[1].Weight", text: "between 0 and 999", input: weighed(aws.Int32(1), nil)},
		{name: "1000", reason: "999 at most", code: "ValidationError", path: at + "[0].Weight", text: "between 0 and 999", input: weighed(aws.Int32(1000))},
		{name: "-1", reason: "0 at least", code: "ValidationError", path: at + "[1].Weight", input: weighed(aws.Int32(1), aws.Int32(-1))},
	})
}

func TestMoreActions(t *testing.T) {
	t.Parallel()
	acts := func(list ...elbtypes.Action) any {
		return http(func(in *awselb.CreateListenerInput) { in.DefaultActions = list })
	}
	ordered := func(orders ...int32) []elbtypes.Action {
		var list []elbtypes.Action
		for i, n := range orders {
			kind := elbtypes.ActionTypeEnumAuthenticateOidc
			if i == len(orders)-1 {
				kind = elbtypes.ActionTypeEnumFixedResponse
			}
			list = append(list, elbtypes.Action{Type: kind, Order: &n, FixedResponseConfig: fixed("200")[0].FixedResponseConfig})
		}
		return list
	}
	answer := func(change func(*elbtypes.FixedResponseActionConfig)) any {
		list := fixed("200")
		change(list[0].FixedResponseConfig)
		return acts(list...)
	}
	secured := func(orders ...int32) any {
		return https(func(in *awselb.CreateListenerInput) { in.DefaultActions = ordered(orders...) })
	}
	body := func(n int) func(*elbtypes.FixedResponseActionConfig) {
		return func(c *elbtypes.FixedResponseActionConfig) { c.MessageBody = aws.String(strings.Repeat("é", n)) }
	}
	kind := func(s string) func(*elbtypes.FixedResponseActionConfig) {
		return func(c *elbtypes.FixedResponseActionConfig) { c.ContentType = &s }
	}
	const at = "DefaultActions[0]."
	run(t, []row{
		{name: "who, then what", reason: "in order", input: secured(1, 2)},
		{name: "one order twice", reason: "each once", code: "ValidationError", path: "DefaultActions[1].Order", text: "unique", input: secured(1, 1)},
		{name: "order 0", reason: "1 at least", code: "ValidationError", path: at + "Order", input: secured(0, 2)},
		{name: "no such action", reason: "it is a word", code: "InvalidLoadBalancerAction", path: "DefaultActions", input: acts(elbtypes.Action{Type: "teapot"})},
		{name: "1024 characters", reason: "the most", input: answer(body(1024))},
		{name: "1025 characters", reason: "1024 at most", code: "ValidationError", path: at + "FixedResponseConfig.MessageBody", text: "1024", input: answer(body(1025))},
		{name: "JSON", reason: "one of five", input: answer(kind("application/json"))},
		{name: "XML", reason: "one of five", code: "ValidationError", path: at + "FixedResponseConfig.ContentType", text: "text/xml", input: answer(kind("text/xml"))},
		{
			name: "307", reason: "301 or 302", code: "ValidationError", path: at + "RedirectConfig.StatusCode", text: "HTTP_301, HTTP_302",
			input: acts(redirect(func(c *elbtypes.RedirectActionConfig) { c.StatusCode, c.Protocol = "HTTP_307", aws.String("HTTPS") })...),
		},
		{
			name: "to TCP", reason: "it is for browsers", code: "ValidationError", path: at + "RedirectConfig.Protocol", text: "TCP",
			input: acts(redirect(func(c *elbtypes.RedirectActionConfig) { c.Protocol = aws.String("TCP") })...),
		},
	})
}

func TestGroupsOfNetworkBalancers(t *testing.T) {
	t.Parallel()
	attributes := func(group string, pairs ...string) any {
		in := &awselb.ModifyTargetGroupAttributesInput{TargetGroupArn: &group}
		for i := 0; i < len(pairs); i += 2 {
			in.Attributes = append(in.Attributes, elbtypes.TargetGroupAttribute{Key: &pairs[i], Value: &pairs[i+1]})
		}
		return in
	}
	key := func(k string) string { return "Attributes[" + k + "]" }
	const configuration, invalid = "InvalidConfigurationRequest", "ValidationError"
	run(t, []row{
		{name: "client addresses of TCP", reason: "it may do without", input: attributes("tcp", model.AttrClientIP, "false")},
		{name: "client addresses of UDP", reason: "it may not", code: configuration, path: key(model.AttrClientIP), input: attributes("udp", model.AttrClientIP, "false")},
		{name: "ending what UDP has not", reason: "it has no connections", code: configuration, path: key(model.AttrUnhealthyTerminated), input: attributes("tcp_udp", model.AttrUnhealthyTerminated, "true")},
		{name: "sticky TCP", reason: "by address", input: attributes("tcp", model.AttrStickiness, "true", model.AttrStickinessType, "source_ip")},
		{name: "sticky TLS", reason: "it cannot be", code: configuration, path: key(model.AttrStickiness), input: attributes("tls", model.AttrStickiness, "true")},
		{name: "draining the unhealthy", reason: "unless they are cut off", input: attributes("tcp", model.AttrUnhealthyDraining, "360000", model.AttrUnhealthyTerminated, "false")},
		{
			name: "draining what is cut off", reason: "there is nothing left", code: configuration, path: key(model.AttrUnhealthyDraining),
			input: attributes("tcp", model.AttrUnhealthyDraining, "1", model.AttrUnhealthyTerminated, "true"),
		},
		{name: "360001 s to drain", reason: "100 hours", code: invalid, path: key(model.AttrUnhealthyDraining), text: "0-360000", input: attributes("tcp", model.AttrUnhealthyDraining, "360001")},
		{name: "an algorithm", reason: "of application balancers", code: invalid, path: key(model.AttrAlgorithm), text: "not recognized", input: attributes("tcp", model.AttrAlgorithm, "round_robin")},
		{
			name: "an application balancer behind TLS", reason: "TCP only", code: invalid, path: "Protocol",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) {
				in.Protocol, in.TargetType = "TLS", elbtypes.TargetTypeEnumAlb
			}),
		},
		{
			name: "a path with TCP checks", reason: "nothing is asked", code: invalid, path: "HealthCheckPath", text: "protocol TCP",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) {
				in.Protocol, in.HealthCheckProtocol, in.HealthCheckPath = "TCP", "TCP", aws.String("/")
			}),
		},
		{
			name: "599 behind TCP", reason: "network balancers take all codes",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) {
				in.Protocol, in.HealthCheckProtocol, in.Matcher = "TCP", "HTTP", &elbtypes.Matcher{HttpCode: aws.String("200-599")}
			}),
		},
		{
			name: "gRPC without codes", reason: "it has its own", code: invalid, path: "Matcher.GrpcCode", text: "cannot be empty",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) {
				in.ProtocolVersion, in.Matcher = aws.String("GRPC"), &elbtypes.Matcher{HttpCode: aws.String("200")}
			}),
		},
	})
}

// TestRulesOfNetworkBalancers: they ask for nothing but the kind of address.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SourceIpConditionConfig.html
func TestRulesOfNetworkBalancers(t *testing.T) {
	t.Parallel()
	from := func(listener string, kind elbtypes.SourceIpAddressTypeEnum, values ...string) any {
		return listenerRule(func(in *awselb.CreateRuleInput) {
			in.ListenerArn, in.Actions = &listener, to(map[string]string{"tcp": "tcp", "http": "web"}[listener])
			in.Conditions = []elbtypes.RuleCondition{{
				Field: aws.String("source-ip"), SourceIpConfig: &elbtypes.SourceIpConditionConfig{IpAddressType: kind, Values: values},
			}}
		})
	}
	const invalid, at = "ValidationError", "Conditions[source-ip]"
	run(t, []row{
		{name: "IPv6", reason: "the kind of address", input: from("tcp", "ipv6")},
		{name: "a range", reason: "application balancers look that far", code: invalid, path: at, input: from("tcp", "", "10.0.0.0/8")},
		{name: "a range of a kind", reason: "the kind alone", code: invalid, path: at, input: from("tcp", "ipv4", "10.0.0.0/8")},
		{
			name: "a path", reason: "application balancers read that", code: invalid, path: "Conditions[path-pattern]",
			input: listenerRule(func(in *awselb.CreateRuleInput) { in.ListenerArn, in.Actions = aws.String("tcp"), to("tcp") }),
		},
		{name: "no such kind", reason: "there are two", code: invalid, path: at + ".SourceIpConfig.IpAddressType", input: from("tcp", "ipv5")},
		{name: "the kind on an application balancer", reason: "it has ranges", code: invalid, path: at + ".SourceIpConfig.IpAddressType", input: from("http", "ipv4")},
		{
			name: "a host without dot", reason: "names have one", code: invalid, path: "Conditions[host-header]", text: "shop",
			input: listenerRule(func(in *awselb.CreateRuleInput) {
				in.Conditions = []elbtypes.RuleCondition{{Field: aws.String("host-header"), HostHeaderConfig: &elbtypes.HostHeaderConditionConfig{Values: []string{"shop"}}}}
			}),
		},
	})
}

func TestTargetsOfOtherTypes(t *testing.T) {
	t.Parallel()
	register := func(group, id string) any {
		return &awselb.RegisterTargetsInput{TargetGroupArn: &group, Targets: []elbtypes.TargetDescription{{Id: &id}}}
	}
	run(t, []row{
		{name: "an instance", reason: "the default", input: register("instances", "i-1")},
		{name: "an address of instances", reason: "the type is instance", code: "ValidationError", path: "Targets[10.0.0.1].Id", text: "Instance ID", input: register("instances", "10.0.0.1")},
		{name: "a balancer", reason: "by ARN", input: register("balancers", "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/1")},
		{name: "a balancer's name", reason: "not an ARN", code: "ValidationError", path: "Targets[shop].Id", text: "ARN", input: register("balancers", "shop")},
	})
}
