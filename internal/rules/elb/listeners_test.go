// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func to(groups ...string) []elbtypes.Action {
	config := &elbtypes.ForwardActionConfig{}
	for _, g := range groups {
		config.TargetGroups = append(config.TargetGroups, elbtypes.TargetGroupTuple{TargetGroupArn: aws.String(g), Weight: aws.Int32(1)})
	}
	return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, ForwardConfig: config}}
}

func fixed(status string) []elbtypes.Action {
	return []elbtypes.Action{{
		Type: elbtypes.ActionTypeEnumFixedResponse, FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: aws.String(status)},
	}}
}

func redirect(change func(*elbtypes.RedirectActionConfig)) []elbtypes.Action {
	config := but(elbtypes.RedirectActionConfig{StatusCode: elbtypes.RedirectActionStatusCodeEnumHttp301}, change)
	return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumRedirect, RedirectConfig: config}}
}

func http(change func(*awselb.CreateListenerInput)) any {
	return but(awselb.CreateListenerInput{
		LoadBalancerArn: aws.String("alb"), Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: fixed("404"),
	}, change)
}

func https(change func(*awselb.CreateListenerInput)) any {
	return http(func(in *awselb.CreateListenerInput) {
		in.Protocol, in.Certificates = elbtypes.ProtocolEnumHttps, []elbtypes.Certificate{{CertificateArn: aws.String(certificate)}}
		change(in)
	})
}

func TestCreateListener(t *testing.T) {
	t.Parallel()
	run(t, []row{
		{name: "HTTP", reason: "fine", input: http(func(*awselb.CreateListenerInput) {})},
		{name: "HTTPS", reason: "fine", input: https(func(*awselb.CreateListenerInput) {})},
		{
			name: "no balancer", reason: "it is looked for first", code: "LoadBalancerNotFound", path: "LoadBalancerArn", text: "not found",
			input: http(func(in *awselb.CreateListenerInput) { in.LoadBalancerArn, in.Port = aws.String("x"), nil }),
		},
		{
			name: "TCP", reason: "an ALB speaks HTTP", code: "ValidationError", path: "Protocol",
			text:  "Listener protocol 'TCP' must be one of 'HTTP, HTTPS'",
			input: http(func(in *awselb.CreateListenerInput) { in.Protocol = elbtypes.ProtocolEnumTcp }),
		},
		{
			name: "no port", reason: "no default", code: "ValidationError", path: "Port", text: "port",
			input: http(func(in *awselb.CreateListenerInput) { in.Port = nil }),
		},
		{
			name: "no certificate", reason: "HTTPS needs one", code: "ValidationError", path: "Certificates",
			text:  "A certificate must be specified for HTTPS listeners",
			input: https(func(in *awselb.CreateListenerInput) { in.Certificates = nil }),
		},
		{
			name: "two certificates", reason: "one default", code: "ValidationError", path: "Certificates",
			text:  "Up to '1' certificate ARNs can be specified, but '2' were specified",
			input: https(func(in *awselb.CreateListenerInput) { in.Certificates = append(in.Certificates, in.Certificates...) }),
		},
		{
			name: "certificate on HTTP", reason: "it has none", code: "ValidationError", path: "Certificates", text: "HTTP listeners",
			input: http(func(in *awselb.CreateListenerInput) {
				in.Certificates = []elbtypes.Certificate{{CertificateArn: aws.String(certificate)}}
			}),
		},
		{
			name: "no ARN", reason: "certificates are of ACM or IAM", code: "ValidationError", path: "Certificates[0].CertificateArn", text: "cert.pem",
			input: https(func(in *awselb.CreateListenerInput) { in.Certificates[0].CertificateArn = aws.String("cert.pem") }),
		},
		{
			name: "policy on HTTP", reason: "nothing is encrypted", code: "ValidationError", path: "SslPolicy",
			text:  "An SSL policy cannot be specifed for HTTP listeners",
			input: http(func(in *awselb.CreateListenerInput) { in.SslPolicy = aws.String("ELBSecurityPolicy-2016-08") }),
		},
		{
			name: "unknown policy", reason: "not in AWS's list", code: "SSLPolicyNotFound", path: "SslPolicy", text: "Modern",
			input: https(func(in *awselb.CreateListenerInput) { in.SslPolicy = aws.String("Modern") }),
		},
		{
			name: "no action", reason: "one at least", code: "ValidationError", path: "DefaultActions", text: "action",
			input: http(func(in *awselb.CreateListenerInput) { in.DefaultActions = nil }),
		},
		{
			name: "TCP target group", reason: "layers differ", code: "InvalidConfigurationRequest",
			path:  "DefaultActions[0].ForwardConfig.TargetGroups[0]",
			text:  "The listener and the following target groups have incompatible protocols: tcp",
			input: http(func(in *awselb.CreateListenerInput) { in.DefaultActions = to("tcp") }),
		},
		{
			name: "gRPC without encryption", reason: "gRPC needs HTTPS", code: "InvalidConfigurationRequest",
			path: "DefaultActions[0].ForwardConfig.TargetGroups[0]", text: "GRPC",
			input: http(func(in *awselb.CreateListenerInput) { in.DefaultActions = to("grpc") }),
		},
		{
			name: "unknown target group", reason: "it does not exist", code: "TargetGroupNotFound",
			path: "DefaultActions[0].ForwardConfig.TargetGroups[0]", text: "x",
			input: http(func(in *awselb.CreateListenerInput) { in.DefaultActions = to("x") }),
		},
		{
			name: "fixed response of a network balancer", reason: "it only forwards", code: "InvalidLoadBalancerAction", path: "DefaultActions[0].Type",
			text: "The action type 'fixed-response' is not valid with network load balancer",
			input: http(func(in *awselb.CreateListenerInput) {
				in.LoadBalancerArn, in.Protocol = aws.String("nlb"), elbtypes.ProtocolEnumTcp
			}),
		},
		{
			name: "HTTPS afterwards", reason: "the certificate is missing", code: "ValidationError", path: "Certificates", text: "must be specified",
			input: &awselb.ModifyListenerInput{ListenerArn: aws.String("http"), Protocol: elbtypes.ProtocolEnumHttps},
		},
		{
			name: "policy afterwards", reason: "the certificate is there",
			input: &awselb.ModifyListenerInput{ListenerArn: aws.String("https"), SslPolicy: aws.String("ELBSecurityPolicy-FS-2018-06")},
		},
		{
			name: "more certificates on HTTP", reason: "it has none", code: "ValidationError", path: "ListenerArn", text: "HTTP listeners",
			input: &awselb.AddListenerCertificatesInput{ListenerArn: aws.String("http")},
		},
		{
			name: "attribute of HTTPS", reason: "HTTP knows no client certificate", code: "ValidationError", text: "not recognized",
			path: "Attributes[routing.http.request.x_amzn_tls_version.header_name]",
			input: &awselb.ModifyListenerAttributesInput{ListenerArn: aws.String("http"), Attributes: []elbtypes.ListenerAttribute{
				{Key: aws.String("routing.http.request.x_amzn_tls_version.header_name"), Value: aws.String("X")},
			}},
		},
	})
}

func listenerRule(change func(*awselb.CreateRuleInput)) any {
	return but(awselb.CreateRuleInput{
		ListenerArn: aws.String("http"), Priority: aws.Int32(1), Actions: to("web"), Conditions: paths("/*"),
	}, change)
}

func paths(values ...string) []elbtypes.RuleCondition {
	return []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: values}}
}

func TestCreateRule(t *testing.T) {
	t.Parallel()
	source := func(cidr string) elbtypes.RuleCondition {
		return elbtypes.RuleCondition{
			Field: aws.String("source-ip"), SourceIpConfig: &elbtypes.SourceIpConditionConfig{Values: []string{cidr}},
		}
	}
	method := func(name string) elbtypes.RuleCondition {
		return elbtypes.RuleCondition{
			Field:                   aws.String("http-request-method"),
			HttpRequestMethodConfig: &elbtypes.HttpRequestMethodConditionConfig{Values: []string{name}},
		}
	}
	header := func(name string) elbtypes.RuleCondition {
		return elbtypes.RuleCondition{
			Field:            aws.String("http-header"),
			HttpHeaderConfig: &elbtypes.HttpHeaderConditionConfig{HttpHeaderName: &name, Values: []string{"1"}},
		}
	}
	with := func(c ...elbtypes.RuleCondition) any {
		return listenerRule(func(in *awselb.CreateRuleInput) { in.Conditions = c })
	}
	run(t, []row{
		{name: "fine", reason: "a path", input: listenerRule(func(*awselb.CreateRuleInput) {})},
		{name: "several kinds", reason: "all must be met", input: with(source("10.0.0.0/8"), method("GET"), header("X-Beta"))},
		{
			name: "no listener", reason: "it does not exist", code: "ListenerNotFound", path: "ListenerArn", text: "listeners not found",
			input: listenerRule(func(in *awselb.CreateRuleInput) { in.ListenerArn = aws.String("x") }),
		},
		{
			name: "priority", reason: "to 50000", code: "ValidationError", path: "Priority", text: "50000",
			input: listenerRule(func(in *awselb.CreateRuleInput) { in.Priority = aws.Int32(50001) }),
		},
		{name: "no condition", reason: "that is the default rule", code: "ValidationError", path: "Conditions", text: "A condition must be specified", input: with()},
		{
			name: "six values", reason: "five in all", code: "ValidationError", path: "Conditions", text: "'5' condition values",
			input: with(paths("/1", "/2", "/3", "/4", "/5", "/6")...),
		},
		{
			name: "two paths", reason: "one condition a field", code: "ValidationError", path: "Conditions[path-pattern]", text: "one 'path-pattern'",
			input: with(append(paths("/a"), paths("/b")...)...),
		},
		{
			name: "unknown field", reason: "not in AWS's list", code: "ValidationError", path: "Conditions[cookie].Field", text: "cookie",
			input: with(elbtypes.RuleCondition{Field: aws.String("cookie"), Values: []string{"x"}}),
		},
		{name: "empty", reason: "a value is needed", code: "ValidationError", path: "Conditions[path-pattern]", text: "value", input: with(paths()...)},
		{name: "space", reason: "not in a path", code: "ValidationError", path: "Conditions[path-pattern]", text: "/a b", input: with(paths("/a b")...)},
		{
			name: "long path", reason: "128 characters", code: "ValidationError", path: "Conditions[path-pattern]", text: "/aaa",
			input: with(paths("/" + strings.Repeat("a", 128))...),
		},
		{name: "address", reason: "a range is wanted", code: "ValidationError", path: "Conditions[source-ip]", text: "10.0.0.1", input: with(source("10.0.0.1"))},
		{name: "method", reason: "upper case", code: "ValidationError", path: "Conditions[http-request-method]", text: "get", input: with(method("get"))},
		{
			name: "Host as a header", reason: "there is a condition for it", code: "ValidationError",
			path: "Conditions[http-header].HttpHeaderConfig.HttpHeaderName", text: "Host", input: with(header("Host")),
		},
	})
}

func TestActions(t *testing.T) {
	t.Parallel()
	does := func(a ...elbtypes.Action) any {
		return listenerRule(func(in *awselb.CreateRuleInput) { in.Actions = a })
	}
	withoutWeight := to("web", "web")
	withoutWeight[0].ForwardConfig.TargetGroups[1].Weight = nil
	sticky := to("web")
	sticky[0].ForwardConfig.TargetGroupStickinessConfig = &elbtypes.TargetGroupStickinessConfig{Enabled: aws.Bool(true)}
	run(t, []row{
		{name: "short form", reason: "one group", input: does(elbtypes.Action{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: aws.String("web")})},
		{
			name: "no weight", reason: "several groups have one each", code: "ValidationError",
			path: "Actions[0].ForwardConfig.TargetGroups[1].Weight",
			text: "The weight for each target group must be between 0 and 999, inclusive", input: does(withoutWeight...),
		},
		{
			name: "no group", reason: "nowhere to go", code: "ValidationError", path: "Actions[0].ForwardConfig.TargetGroups",
			text: "target group", input: does(elbtypes.Action{Type: elbtypes.ActionTypeEnumForward}),
		},
		{
			name: "six groups", reason: "five at most", code: "TooManyTargetGroups", path: "Actions[0].ForwardConfig.TargetGroups", text: "5",
			input: does(to("web", "web", "web", "web", "web", "web")...),
		},
		{
			name: "sticky for ever", reason: "a duration is needed", code: "ValidationError",
			path: "Actions[0].ForwardConfig.TargetGroupStickinessConfig.DurationSeconds", text: "duration", input: does(sticky...),
		},
		{
			name: "two endings", reason: "one routing action", code: "ValidationError", path: "Actions[0].Order", text: "order",
			input: does(append(to("web"), fixed("200")...)...),
		},
		{
			name: "two ordered endings", reason: "one routing action", code: "InvalidLoadBalancerAction", path: "Actions", text: "last action",
			input: does(ordered(append(to("web"), fixed("200")...))...),
		},
		{
			name: "log-in on HTTP", reason: "HTTPS only", code: "InvalidLoadBalancerAction", path: "Actions[0].Type", text: "HTTPS listeners",
			input: does(ordered(append([]elbtypes.Action{{Type: elbtypes.ActionTypeEnumAuthenticateOidc}}, to("web")...))...),
		},
		{name: "status", reason: "2, 4 or 5", code: "ValidationError", path: "Actions[0].FixedResponseConfig.StatusCode", text: "301", input: does(fixed("301")...)},
		{
			name: "loop", reason: "nothing changes", code: "InvalidLoadBalancerAction", path: "Actions[0].RedirectConfig", text: "loop",
			input: does(redirect(func(*elbtypes.RedirectActionConfig) {})...),
		},
		{name: "redirect", reason: "another host", input: does(redirect(func(c *elbtypes.RedirectActionConfig) { c.Host = aws.String("example.com") })...)},
		{
			name: "redirect path", reason: "it begins with a slash", code: "ValidationError", path: "Actions[0].RedirectConfig.Path", text: "new",
			input: does(redirect(func(c *elbtypes.RedirectActionConfig) { c.Path = aws.String("new") })...),
		},
		{
			name: "out of encryption", reason: "AWS does not", code: "ValidationError", path: "Actions[0].RedirectConfig.Protocol", text: "HTTPS to HTTP",
			input: listenerRule(func(in *awselb.CreateRuleInput) {
				in.ListenerArn = aws.String("https")
				in.Actions = redirect(func(c *elbtypes.RedirectActionConfig) { c.Protocol = aws.String("HTTP") })
			}),
		},
		{
			name: "modified", reason: "the rule's listener counts", code: "InvalidConfigurationRequest",
			path: "Actions[0].ForwardConfig.TargetGroups[0]", text: "incompatible",
			input: &awselb.ModifyRuleInput{RuleArn: aws.String("rule"), Actions: to("tcp")},
		},
		{
			name: "same place twice", reason: "places are unique", code: "PriorityInUse", path: "RulePriorities[1].Priority", text: "'7'",
			input: &awselb.SetRulePrioritiesInput{RulePriorities: []elbtypes.RulePriorityPair{{Priority: aws.Int32(7)}, {Priority: aws.Int32(7)}}},
		},
	})
}

func ordered(list []elbtypes.Action) []elbtypes.Action {
	for i := range list {
		list[i].Order = aws.Int32(int32(i + 1))
	}
	return list
}
