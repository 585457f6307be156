// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/rules/elb"
)

func targetGroup(change func(*awselb.CreateTargetGroupInput)) any {
	return but(awselb.CreateTargetGroupInput{
		Name: aws.String("web"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(8080), VpcId: aws.String("vpc-1"),
		TargetType: elbtypes.TargetTypeEnumIp,
	}, change)
}

func TestCreateTargetGroup(t *testing.T) {
	t.Parallel()
	run(t, []row{
		{name: "fine", reason: "AWS has defaults for the rest", input: targetGroup(func(*awselb.CreateTargetGroupInput) {})},
		{
			name: "no network, bad name", reason: "the VPC is looked for first", code: "ValidationError", path: "VpcId",
			text: "The VPC ID 'vpc-x' is not found",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) {
				in.VpcId, in.Name = aws.String("vpc-x"), aws.String("-")
			}),
		},
		{
			name: "no network at all", reason: "targets have one", code: "ValidationError", path: "VpcId", text: "VPC ID must be",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) { in.VpcId = nil }),
		},
		{
			name: "long name with hyphens", reason: "the length hides the rest", code: "ValidationError", path: "Name", text: "cannot be longer",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) { in.Name = aws.String("-" + strings.Repeat("a", 32)) }),
		},
		{
			name: "hyphen", reason: "not at either end", code: "ValidationError", path: "Name", text: "'targetGroupName' failed to satisfy",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) { in.Name = aws.String("web-") }),
		},
		{
			name: "no port", reason: "targets listen on one", code: "ValidationError", path: "Port", text: "port",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) { in.Port = nil }),
		},
		{
			name: "port", reason: "16 bits", code: "ValidationError", path: "Port", text: "less than or equal to 65535",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) { in.Port = aws.Int32(65536) }),
		},
		{
			name: "no protocol", reason: "it has no default", code: "ValidationError", path: "Protocol", text: "protocol",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) { in.Protocol = "" }),
		},
		{
			name: "unknown protocol", reason: "not in AWS's list", code: "UnsupportedProtocol", path: "Protocol", text: "FTP",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) { in.Protocol = "FTP" }),
		},
		{
			name: "protocol version", reason: "three of them", code: "ValidationError", path: "ProtocolVersion", text: "HTTP3",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) { in.ProtocolVersion = aws.String("HTTP3") }),
		},
		{
			name: "version of TCP", reason: "HTTP has versions", code: "ValidationError", path: "ProtocolVersion", text: "TCP",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) {
				in.Protocol, in.ProtocolVersion = elbtypes.ProtocolEnumTcp, aws.String("HTTP1")
			}),
		},
		{
			name: "short interval", reason: "5 to 300 seconds", code: "ValidationError", path: "HealthCheckIntervalSeconds",
			text: "Value '4' at 'healthCheckIntervalSeconds' failed to satisfy constraint",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) {
				in.HealthCheckIntervalSeconds, in.HealthCheckTimeoutSeconds = aws.Int32(4), aws.Int32(2)
			}),
		},
		{
			name: "timeout as long as the interval", reason: "a check ends before the next", code: "ValidationError",
			path: "HealthCheckTimeoutSeconds", text: "Health check interval must be greater than the timeout.",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) { in.HealthCheckIntervalSeconds = aws.Int32(5) }),
		},
		{
			name: "threshold", reason: "2 to 10", code: "ValidationError", path: "UnhealthyThresholdCount", text: "equal to 2",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) { in.UnhealthyThresholdCount = aws.Int32(1) }),
		},
		{
			name: "check by TCP", reason: "HTTP groups are checked by HTTP", code: "ValidationError", path: "HealthCheckProtocol",
			text:  "Health check protocol 'TCP' must be one of 'HTTP, HTTPS'",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) { in.HealthCheckProtocol = elbtypes.ProtocolEnumTcp }),
		},
		{
			name: "no check", reason: "only Lambda goes without", code: "ValidationError", path: "HealthCheckEnabled", text: "must be true",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) { in.HealthCheckEnabled = aws.Bool(false) }),
		},
		{
			name: "path", reason: "it begins with a slash", code: "ValidationError", path: "HealthCheckPath", text: "health",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) { in.HealthCheckPath = aws.String("health") }),
		},
		{
			name: "check port", reason: "traffic-port or a number", code: "ValidationError", path: "HealthCheckPort", text: "http",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) { in.HealthCheckPort = aws.String("http") }),
		},
		{
			name: "codes", reason: "to 499 on an ALB", code: "ValidationError", path: "Matcher.HttpCode",
			text:  "Health check matcher HTTP code '599' must be within '200-499' inclusive",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) { in.Matcher = &elbtypes.Matcher{HttpCode: aws.String("599")} }),
		},
		{
			name: "no codes", reason: "not a list", code: "ValidationError", path: "Matcher.HttpCode", text: "2xx",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) { in.Matcher = &elbtypes.Matcher{HttpCode: aws.String("2xx")} }),
		},
		{
			name: "gRPC codes of HTTP", reason: "HTTP codes are wanted", code: "ValidationError", path: "Matcher.HttpCode",
			text:  "Health check matcher HTTP code cannot be empty",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) { in.Matcher = &elbtypes.Matcher{GrpcCode: aws.String("0")} }),
		},
		{
			name: "gRPC codes", reason: "0 to 99", code: "ValidationError", path: "Matcher.GrpcCode", text: "'0-99'",
			input: targetGroup(func(in *awselb.CreateTargetGroupInput) {
				in.ProtocolVersion, in.Matcher = aws.String("GRPC"), &elbtypes.Matcher{GrpcCode: aws.String("100")}
			}),
		},
		{
			name: "interval after the fact", reason: "the timeout that is there counts", code: "ValidationError",
			path: "HealthCheckTimeoutSeconds", text: "greater than the timeout",
			input: &awselb.ModifyTargetGroupInput{TargetGroupArn: aws.String("web"), HealthCheckIntervalSeconds: aws.Int32(5)},
		},
	})
}

func TestTargetGroupAttributes(t *testing.T) {
	t.Parallel()
	attributes := func(group string, pairs ...string) any {
		in := &awselb.ModifyTargetGroupAttributesInput{TargetGroupArn: aws.String(group)}
		for i := 0; i < len(pairs); i += 2 {
			in.Attributes = append(in.Attributes, elbtypes.TargetGroupAttribute{Key: &pairs[i], Value: &pairs[i+1]})
		}
		return in
	}
	run(t, []row{
		{name: "no delay", reason: "0 is in the range", input: attributes("web", model.AttrDeregistrationDelay, "0")},
		{
			name: "long delay", reason: "an hour at most", code: "ValidationError", path: "Attributes[deregistration_delay.timeout_seconds]",
			text:  "'deregistration_delay.timeout_seconds' value '3601' must be between '0-3600' inclusive",
			input: attributes("web", model.AttrDeregistrationDelay, "3601"),
		},
		{name: "no slow start", reason: "0 switches it off", input: attributes("web", model.AttrSlowStart, "0")},
		{
			name: "short slow start", reason: "30 at least", code: "ValidationError", path: "Attributes[slow_start.duration_seconds]",
			text: "'30-900'", input: attributes("web", model.AttrSlowStart, "29"),
		},
		{
			name: "cookies on TCP", reason: "TCP has none", code: "ValidationError", path: "Attributes[stickiness.type]",
			text:  "Stickiness type 'lb_cookie' is not supported for target groups with the TCP protocol",
			input: attributes("tcp", model.AttrStickinessType, "lb_cookie"),
		},
		{
			name: "addresses on HTTP", reason: "that is TCP's", code: "ValidationError", path: "Attributes[stickiness.type]",
			text: "'source_ip' is not supported", input: attributes("web", model.AttrStickinessType, "source_ip"),
		},
		{
			name: "slow start and least requests", reason: "they exclude each other", code: "InvalidConfigurationRequest",
			path: "Attributes[slow_start.duration_seconds]", text: "least_outstanding_requests",
			input: attributes("slow-starting", model.AttrAlgorithm, "least_outstanding_requests"),
		},
		{
			name: "mitigation", reason: "of weighted random only", code: "InvalidConfigurationRequest",
			path: "Attributes[load_balancing.algorithm.anomaly_mitigation]", text: "weighted_random",
			input: attributes("web", "load_balancing.algorithm.anomaly_mitigation", "on"),
		},
		{
			name: "cookie name", reason: "AWSALB is AWS's", code: "InvalidConfigurationRequest",
			path: "Attributes[stickiness.app_cookie.cookie_name]", text: "AWSALBAPP",
			input: attributes("web", model.AttrStickiness, "true", model.AttrStickinessType, "app_cookie", model.AttrAppCookieName, "AWSALBAPP"),
		},
		{
			name: "proxy protocol on HTTP", reason: "network balancers only", code: "ValidationError",
			path: "Attributes[proxy_protocol_v2.enabled]", text: "not recognized", input: attributes("web", "proxy_protocol_v2.enabled", "true"),
		},
	})
}

func TestTargets(t *testing.T) {
	t.Parallel()
	register := func(id string, port int32) any {
		return &awselb.RegisterTargetsInput{
			TargetGroupArn: aws.String("web"), Targets: []elbtypes.TargetDescription{{Id: aws.String(id), Port: aws.Int32(port)}},
		}
	}
	run(t, []row{
		{name: "address", reason: "private", input: register("10.0.0.1", 80)},
		{name: "carrier address", reason: "RFC 6598", input: register("100.64.0.1", 80)},
		{name: "public address", reason: "not supported", code: "InvalidTarget", path: "Targets[8.8.8.8].Id", text: "8.8.8.8", input: register("8.8.8.8", 80)},
		{name: "instance", reason: "the type is ip", code: "ValidationError", path: "Targets[i-1].Id", text: "i-1", input: register("i-1", 80)},
		{name: "port", reason: "at least 1", code: "ValidationError", path: "Targets[10.0.0.1].Port", text: "port", input: register("10.0.0.1", 0)},
		{
			name: "none", reason: "nothing to do", code: "ValidationError", path: "Targets", text: "At least one target",
			input: &awselb.RegisterTargetsInput{TargetGroupArn: aws.String("web")},
		},
		{
			name: "none to remove", reason: "nothing to do", code: "ValidationError", path: "Targets", text: "At least one target",
			input: &awselb.DeregisterTargetsInput{TargetGroupArn: aws.String("web")},
		},
	})
}

func TestCodes(t *testing.T) {
	t.Parallel()
	got, ok := elb.Codes("200,202-204, 301")
	require.True(t, ok)
	require.Equal(t, [][2]int{{200, 200}, {202, 204}, {301, 301}}, got)
	for _, bad := range []string{"", "x", "299-200", "200-", "-1", "200,,201"} {
		_, ok := elb.Codes(bad)
		require.False(t, ok, bad)
	}
}

func FuzzCodes(f *testing.F) {
	for _, seed := range []string{"200", "200-299", "0,1", ",", "-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ranges, ok := elb.Codes(s)
		for _, r := range ranges {
			require.True(t, !ok || r[0] <= r[1])
		}
	})
}
