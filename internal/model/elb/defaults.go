// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// FillLoadBalancer fills in what AWS does for a new balancer.
func FillLoadBalancer(state *LoadBalancer) {
	in := &state.Create
	in.Type = or(in.Type, elbtypes.LoadBalancerTypeEnumApplication)
	in.Scheme = or(in.Scheme, elbtypes.LoadBalancerSchemeEnumInternetFacing)
	in.IpAddressType = or(in.IpAddressType, elbtypes.IpAddressTypeIpv4)
	state.Attributes = fill(state.Attributes, LoadBalancerAttributes(in))
	for _, logs := range []string{"access_logs", "connection_logs", "health_check_logs"} {
		// Where logs are off, AWS keeps the last bucket and we let it.
		if state.Attributes[logs+".s3.enabled"] != "true" {
			delete(state.Attributes, logs+".s3.bucket")
			delete(state.Attributes, logs+".s3.prefix")
		}
	}
}

// FillTargetGroup fills in what AWS does for a new target group.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
func FillTargetGroup(state *TargetGroup) {
	FillTargetGroupInput(&state.Create)
	state.Attributes = fill(state.Attributes, TargetGroupAttributes(&state.Create))
	if state.Attributes[AttrStickinessType] != "app_cookie" {
		delete(state.Attributes, AttrAppCookieName)
	}
}

// FillTargetGroupInput is [FillTargetGroup] without the attributes.
func FillTargetGroupInput(in *awselb.CreateTargetGroupInput) {
	in.TargetType = or(in.TargetType, elbtypes.TargetTypeEnumInstance)
	in.IpAddressType = or(in.IpAddressType, elbtypes.TargetGroupIpAddressTypeEnumIpv4)
	web := isWeb(in.Protocol)
	if web {
		in.ProtocolVersion = orPointer(in.ProtocolVersion, "HTTP1")
		in.HealthCheckProtocol = or(in.HealthCheckProtocol, elbtypes.ProtocolEnumHttp)
	} else if in.Protocol != "" {
		in.HealthCheckProtocol = or(in.HealthCheckProtocol, networkCheck(in.TargetType))
	}
	timeout := int32(10)
	switch {
	case web:
		timeout = 5
	case in.HealthCheckProtocol == elbtypes.ProtocolEnumHttp:
		timeout = 6
	}
	in.HealthCheckEnabled = orPointer(in.HealthCheckEnabled, in.TargetType != elbtypes.TargetTypeEnumLambda)
	in.HealthCheckPort = orPointer(in.HealthCheckPort, "traffic-port")
	in.HealthCheckIntervalSeconds = orPointer(in.HealthCheckIntervalSeconds, 30)
	in.HealthCheckTimeoutSeconds = orPointer(in.HealthCheckTimeoutSeconds, timeout)
	in.HealthyThresholdCount = orPointer(in.HealthyThresholdCount, 5)
	in.UnhealthyThresholdCount = orPointer(in.UnhealthyThresholdCount, 2)
	if isWeb(in.HealthCheckProtocol) {
		fillHTTPCheck(in, web)
	}
}

// networkCheck is how a Network Load Balancer checks its targets: an Application Load
// Balancer among them is asked.
func networkCheck(target elbtypes.TargetTypeEnum) elbtypes.ProtocolEnum {
	if target == elbtypes.TargetTypeEnumAlb {
		return elbtypes.ProtocolEnumHttp
	}
	return elbtypes.ProtocolEnumTcp
}

func fillHTTPCheck(in *awselb.CreateTargetGroupInput, web bool) {
	path, matcher := "/", &elbtypes.Matcher{HttpCode: aws.String("200")}
	switch {
	case aws.ToString(in.ProtocolVersion) == "GRPC":
		path, matcher = "/AWS.ALB/healthcheck", &elbtypes.Matcher{GrpcCode: aws.String("12")}
	case !web:
		matcher.HttpCode = aws.String("200-399")
	}
	in.HealthCheckPath = orPointer(in.HealthCheckPath, path)
	if in.Matcher == nil {
		in.Matcher = matcher
	}
}

// FillListener fills in what AWS does for a new listener.
func FillListener(state *Listener) {
	in := &state.Create
	if in.Protocol == elbtypes.ProtocolEnumHttps || in.Protocol == elbtypes.ProtocolEnumTls {
		in.SslPolicy = orPointer(in.SslPolicy, "ELBSecurityPolicy-2016-08")
	}
	if in.Protocol == elbtypes.ProtocolEnumHttps && in.MutualAuthentication == nil {
		in.MutualAuthentication = &elbtypes.MutualAuthenticationAttributes{Mode: aws.String("off")}
	}
	if in.Protocol == elbtypes.ProtocolEnumTls && len(in.AlpnPolicy) == 0 {
		in.AlpnPolicy = []string{"None"}
	}
	in.DefaultActions = Actions(in.DefaultActions)
	state.Attributes = fill(state.Attributes, ListenerAttributes(in))
}

// FillListenerRule fills in what AWS does for a new rule.
func FillListenerRule(state *ListenerRule) {
	state.Create.Actions = Actions(state.Create.Actions)
	state.Create.Conditions = Conditions(state.Create.Conditions)
}

// Actions returns actions in one form, for AWS describes them in another than
// they were given: a target group is always part of a ForwardConfig, with its
// weight, and a redirect has all its parts.
func Actions(list []elbtypes.Action) []elbtypes.Action {
	list = slices.Clone(list)
	for i := range list {
		a := &list[i]
		a.Order = orPointer(a.Order, int32(i+1))
		switch a.Type { //nolint:exhaustive // the rest stay
		case elbtypes.ActionTypeEnumForward:
			a.ForwardConfig = forward(a)
			a.TargetGroupArn = nil
		case elbtypes.ActionTypeEnumRedirect:
			if a.RedirectConfig != nil {
				a.RedirectConfig = redirect(*a.RedirectConfig)
			}
		}
	}
	return list
}

func forward(a *elbtypes.Action) *elbtypes.ForwardActionConfig {
	config := elbtypes.ForwardActionConfig{}
	if a.ForwardConfig != nil {
		config = *a.ForwardConfig
	}
	config.TargetGroups = slices.Clone(config.TargetGroups)
	if len(config.TargetGroups) == 0 && a.TargetGroupArn != nil {
		config.TargetGroups = []elbtypes.TargetGroupTuple{{TargetGroupArn: a.TargetGroupArn}}
	}
	if len(config.TargetGroups) == 1 {
		config.TargetGroups[0].Weight = orPointer(config.TargetGroups[0].Weight, 1)
	}
	sticky := elbtypes.TargetGroupStickinessConfig{}
	if config.TargetGroupStickinessConfig != nil {
		sticky = *config.TargetGroupStickinessConfig
	}
	sticky.Enabled = orPointer(sticky.Enabled, false)
	config.TargetGroupStickinessConfig = &sticky
	return &config
}

func redirect(r elbtypes.RedirectActionConfig) *elbtypes.RedirectActionConfig {
	r.Protocol = orPointer(r.Protocol, "#{protocol}")
	r.Host = orPointer(r.Host, "#{host}")
	r.Port = orPointer(r.Port, "#{port}")
	r.Path = orPointer(r.Path, "/#{path}")
	r.Query = orPointer(r.Query, "#{query}")
	return &r
}

// Conditions returns conditions in one form: AWS describes the values of paths and
// hosts twice.
func Conditions(list []elbtypes.RuleCondition) []elbtypes.RuleCondition {
	list = slices.Clone(list)
	for i := range list {
		c := &list[i]
		switch aws.ToString(c.Field) {
		case "path-pattern":
			if c.PathPatternConfig == nil {
				c.PathPatternConfig = &elbtypes.PathPatternConditionConfig{Values: c.Values, RegexValues: c.RegexValues}
			}
		case "host-header":
			if c.HostHeaderConfig == nil {
				c.HostHeaderConfig = &elbtypes.HostHeaderConditionConfig{Values: c.Values, RegexValues: c.RegexValues}
			}
		}
		c.Values, c.RegexValues = nil, nil
	}
	return list
}

func isWeb(p elbtypes.ProtocolEnum) bool {
	return p == elbtypes.ProtocolEnumHttp || p == elbtypes.ProtocolEnumHttps
}

// fill returns m with the entries of defaults that it lacks.
func fill(m, defaults map[string]string) map[string]string {
	maps.Copy(defaults, m)
	return defaults
}

func or[T ~string](v, otherwise T) T {
	if v == "" {
		return otherwise
	}
	return v
}

func orPointer[T any](p *T, otherwise T) *T {
	if p == nil {
		return &otherwise
	}
	return p
}
