// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/rules"
)

// CreateTargetGroup are the rules of CreateTargetGroup. The VPC is looked for
// before the rest is read.
var CreateTargetGroup = rules.Of[awselb.CreateTargetGroupInput]{
	{
		Meta: rules.Meta{ID: "elb-group-vpc", Code: invalid, Doc: docGroup},
		Check: func(r *rules.Report, in *awselb.CreateTargetGroupInput) {
			lambda := in.TargetType == elbtypes.TargetTypeEnumLambda
			id := aws.ToString(in.VpcId)
			_, found, known := r.Get(KindVPC, id)
			switch {
			case id == "" && !lambda:
				r.Add(rules.Problem{Path: "VpcId", Got: "none", Want: "the VPC of the targets", Text: "A VPC ID must be specified"})
			case id != "" && known && !found:
				r.Add(rules.Problem{
					Path: "VpcId", Got: id, Want: "an existing VPC", Text: fmt.Sprintf("The VPC ID '%s' is not found", id),
				})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "elb-group-name", Code: invalid, Doc: docPreflight + "/pf-elbv2-tg-name"},
		Check: func(r *rules.Report, in *awselb.CreateTargetGroupInput) {
			checkName(r, "Target group", "targetGroupName", in.Name)
		},
	},
	{
		Meta:  rules.Meta{ID: "elb-group-protocol", Code: invalid, Doc: docGroup},
		Check: groupProtocol,
	},
	{
		Meta: rules.Meta{ID: "elb-group-port", Code: invalid, Doc: docGroup},
		Check: func(r *rules.Report, in *awselb.CreateTargetGroupInput) {
			if in.Port == nil && in.TargetType != elbtypes.TargetTypeEnumLambda {
				r.Add(rules.Problem{Path: "Port", Got: "none", Want: "1 to 65535", Text: "A port must be specified"})
			}
			within(r, "Port", "port", in.Port, 1, 65535, "")
		},
	},
	{
		Meta: rules.Meta{ID: "elb-group-health", Code: invalid, Doc: docGroup},
		Check: func(r *rules.Report, in *awselb.CreateTargetGroupInput) {
			health(r, check{
				group: in.Protocol, target: in.TargetType, version: aws.ToString(in.ProtocolVersion),
				protocol: in.HealthCheckProtocol, enabled: in.HealthCheckEnabled, port: in.HealthCheckPort, path: in.HealthCheckPath,
				interval: in.HealthCheckIntervalSeconds, timeout: in.HealthCheckTimeoutSeconds,
				healthy: in.HealthyThresholdCount, unhealthy: in.UnhealthyThresholdCount, matcher: in.Matcher,
			})
		},
	},
	{
		Meta:  rules.Meta{ID: "elb-group-tags", Code: invalid, Doc: docGroup},
		Check: func(r *rules.Report, in *awselb.CreateTargetGroupInput) { tags(r, in.Tags) },
	},
}

// ModifyTargetGroup are the rules of ModifyTargetGroup.
var ModifyTargetGroup = rules.Of[awselb.ModifyTargetGroupInput]{
	{
		Meta: rules.Meta{ID: "elb-group-health", Code: invalid, Doc: docReference + "API_ModifyTargetGroup.html"},
		Check: func(r *rules.Report, in *awselb.ModifyTargetGroupInput) {
			c := check{
				protocol: in.HealthCheckProtocol, enabled: in.HealthCheckEnabled, port: in.HealthCheckPort, path: in.HealthCheckPath,
				interval: in.HealthCheckIntervalSeconds, timeout: in.HealthCheckTimeoutSeconds,
				healthy: in.HealthyThresholdCount, unhealthy: in.UnhealthyThresholdCount, matcher: in.Matcher,
			}
			if g := group(r, in.TargetGroupArn); g != nil {
				c.group, c.target, c.version = g.Create.Protocol, g.Create.TargetType, aws.ToString(g.Create.ProtocolVersion)
				c.interval = either(c.interval, g.Create.HealthCheckIntervalSeconds)
				c.timeout = either(c.timeout, g.Create.HealthCheckTimeoutSeconds)
			}
			health(r, c)
		},
	},
}

func either[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

// group looks a target group up, or returns nil.
func group(r *rules.Report, arn *string) *model.TargetGroup {
	state, _, _ := r.Get(model.KindTargetGroup, aws.ToString(arn))
	g, _ := state.(*model.TargetGroup)
	return g
}

func groupProtocol(r *rules.Report, in *awselb.CreateTargetGroupInput) {
	if in.TargetType == elbtypes.TargetTypeEnumLambda {
		return
	}
	switch in.Protocol {
	case elbtypes.ProtocolEnumHttp, elbtypes.ProtocolEnumHttps:
	case elbtypes.ProtocolEnumTcp, elbtypes.ProtocolEnumTls, elbtypes.ProtocolEnumUdp, elbtypes.ProtocolEnumTcpUdp,
		elbtypes.ProtocolEnumGeneve, elbtypes.ProtocolEnumQuic, elbtypes.ProtocolEnumTcpQuic:
		if in.ProtocolVersion != nil {
			r.Add(rules.Problem{
				Path: "ProtocolVersion", Got: *in.ProtocolVersion + " with " + string(in.Protocol), Want: "none unless the protocol is HTTP or HTTPS",
				Text: fmt.Sprintf("Protocol version is not supported for target groups with the %s protocol", in.Protocol),
			})
		}
	case "":
		r.Add(rules.Problem{Path: "Protocol", Got: "none", Want: "HTTP or HTTPS", Text: "A protocol must be specified"})
	default:
		r.Add(rules.Problem{
			Path: "Protocol", Got: string(in.Protocol), Want: "HTTP or HTTPS", Code: "UnsupportedProtocol",
			Text: fmt.Sprintf("Target group protocol '%s' must be one of 'HTTP, HTTPS, TCP, TLS, UDP, TCP_UDP, GENEVE'", in.Protocol),
		})
	}
	if in.TargetType == elbtypes.TargetTypeEnumAlb && in.Protocol != elbtypes.ProtocolEnumTcp && in.Protocol != "" {
		r.Add(rules.Problem{Path: "Protocol", Got: string(in.Protocol) + " for targets that are Application Load Balancers", Want: "TCP"})
	}
	switch v := aws.ToString(in.ProtocolVersion); v {
	case "", "HTTP1", "HTTP2", "GRPC":
	default:
		r.Add(rules.Problem{
			Path: "ProtocolVersion", Got: v, Want: "HTTP1, HTTP2 or GRPC",
			Text: fmt.Sprintf("Protocol version '%s' must be one of 'HTTP1, HTTP2, GRPC'", v),
		})
	}
}

// check is the health check of a target group, given or changed.
type check struct {
	group                                 elbtypes.ProtocolEnum
	target                                elbtypes.TargetTypeEnum
	version                               string
	protocol                              elbtypes.ProtocolEnum
	enabled                               *bool
	port, path                            *string
	interval, timeout, healthy, unhealthy *int32
	matcher                               *elbtypes.Matcher
}

func (c check) web() bool {
	return c.group == elbtypes.ProtocolEnumHttp || c.group == elbtypes.ProtocolEnumHttps
}

func health(r *rules.Report, c check) {
	within(r, "HealthCheckIntervalSeconds", "healthCheckIntervalSeconds", c.interval, 5, 300, "s")
	within(r, "HealthCheckTimeoutSeconds", "healthCheckTimeoutSeconds", c.timeout, 2, 120, "s")
	within(r, "HealthyThresholdCount", "healthyThresholdCount", c.healthy, 2, 10, "")
	within(r, "UnhealthyThresholdCount", "unhealthyThresholdCount", c.unhealthy, 2, 10, "")
	healthProtocol(r, c)
	healthInterval(r, c)
	healthDestination(r, c)
	healthMatcher(r, c)
}

func healthProtocol(r *rules.Report, c check) {
	if c.enabled != nil && !*c.enabled && c.target != elbtypes.TargetTypeEnumLambda && c.target != "" {
		r.Add(rules.Problem{
			Path: "HealthCheckEnabled", Got: "false", Want: "true unless targets are Lambda functions",
			Text: fmt.Sprintf("Health check enabled must be true for target groups with target type '%s'", c.target),
		})
	}
	allowed := "HTTP, HTTPS, TCP"
	if c.web() || c.target == elbtypes.TargetTypeEnumAlb {
		allowed = "HTTP, HTTPS"
	}
	if c.protocol == "" || strings.Contains(", "+allowed+",", ", "+string(c.protocol)+",") {
		return
	}
	r.Add(rules.Problem{
		Path: "HealthCheckProtocol", Got: string(c.protocol), Want: "one of " + allowed,
		Text: fmt.Sprintf("Health check protocol '%s' must be one of '%s'", c.protocol, allowed),
	})
}

func healthInterval(r *rules.Report, c check) {
	if c.interval == nil && c.timeout == nil {
		return
	}
	interval, timeout := int32(30), int32(5)
	if c.target == elbtypes.TargetTypeEnumLambda {
		interval, timeout = 35, 30
	}
	interval, timeout = *either(c.interval, &interval), *either(c.timeout, &timeout)
	if timeout < interval {
		return
	}
	r.Add(rules.Problem{
		Path: "HealthCheckTimeoutSeconds", Got: fmt.Sprintf("%ds with an interval of %ds", timeout, interval), Want: "less than the interval",
		Text: "Health check interval must be greater than the timeout.",
	})
}

func healthDestination(r *rules.Report, c check) {
	if p := aws.ToString(c.path); c.path != nil && !slipway.HasRef(p) && (!strings.HasPrefix(p, "/") || len(p) > 1024) {
		r.Add(rules.Problem{
			Path: "HealthCheckPath", Got: quoted(p), Want: `"/" and at most 1023 more characters`,
			Text: fmt.Sprintf("Health check path '%s' must begin with a '/' character and be at most 1024 characters", p),
		})
	}
	if c.path != nil && c.protocol == elbtypes.ProtocolEnumTcp {
		r.Add(rules.Problem{
			Path: "HealthCheckPath", Got: quoted(*c.path), Want: "none with TCP health checks",
			Text: "Health check path is not supported for health checks with protocol TCP",
		})
	}
	p := aws.ToString(c.port)
	if p == "" || p == "traffic-port" || slipway.HasRef(p) {
		return
	}
	if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
		r.Add(rules.Problem{
			Path: "HealthCheckPort", Got: p, Want: "traffic-port or 1 to 65535",
			Text: fmt.Sprintf("Health check port '%s' must be 'traffic-port' or a number between 1 and 65535", p),
		})
	}
}

func healthMatcher(r *rules.Report, c check) {
	if c.matcher == nil {
		return
	}
	grpc := c.version == "GRPC"
	switch {
	case grpc && c.matcher.GrpcCode == nil:
		r.Add(rules.Problem{
			Path: "Matcher.GrpcCode", Got: "none", Want: "gRPC codes, for the protocol version is GRPC",
			Text: "Health check matcher GRPC code cannot be empty",
		})
	case grpc:
		codes(r, "Matcher.GrpcCode", "GRPC", *c.matcher.GrpcCode, 0, 99)
	case c.matcher.HttpCode == nil && (c.version != "" || c.web()):
		r.Add(rules.Problem{
			Path: "Matcher.HttpCode", Got: "none", Want: "HTTP codes, unless the protocol version is GRPC",
			Text: "Health check matcher HTTP code cannot be empty",
		})
	case c.matcher.HttpCode != nil:
		most := 499
		if c.group != "" && !c.web() {
			most = 599
		}
		codes(r, "Matcher.HttpCode", "HTTP", *c.matcher.HttpCode, 200, most)
	}
}

// codes checks a matcher such as "200,202" or "200-299".
func codes(r *rules.Report, path, what, value string, least, most int) {
	if slipway.HasRef(value) {
		return
	}
	ranges, ok := Codes(value)
	if !ok {
		r.Add(rules.Problem{
			Path: path, Got: quoted(value), Want: `codes such as "200,202" or "200-299"`,
			Text: fmt.Sprintf("Health check matcher %s code '%s' is not valid", what, value),
		})
		return
	}
	for _, c := range ranges {
		if c[0] < least || c[1] > most {
			r.Add(rules.Problem{
				Path: path, Got: value, Want: fmt.Sprintf("%d to %d", least, most),
				Text: fmt.Sprintf("Health check matcher %s code '%s' must be within '%d-%d' inclusive", what, value, least, most),
			})
			return
		}
	}
}

// Codes reads a matcher into ranges, both ends included.
func Codes(value string) (ranges [][2]int, ok bool) {
	for part := range strings.SplitSeq(value, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			to = from
		}
		a, errA := strconv.Atoi(from)
		b, errB := strconv.Atoi(to)
		if errA != nil || errB != nil || a < 0 || a > b {
			return nil, false
		}
		ranges = append(ranges, [2]int{a, b})
	}
	return ranges, true
}
