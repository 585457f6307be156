// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// HealthCheck is how a load balancer finds out whether a target works. The zero
// value is AWS's default: GET / every 30 seconds, 5 good answers make a target
// healthy and 2 bad ones unhealthy. Durations are whole seconds; fractions are
// rounded up.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
type HealthCheck struct {
	// Path of the request; "/" if empty.
	Path string
	// Port, 1 to 65535; 0 is the port that the target is registered with.
	Port int32
	// Protocol is [HTTP] or [HTTPS], or for target groups of Network Load Balancers
	// [TCP]; [HTTP] if empty, and [TCP] for those.
	Protocol Protocol
	// Interval between checks of one target, 5 to 300 seconds; 0 means 30 seconds.
	Interval time.Duration
	// Timeout after which a check has failed, 2 to 120 seconds and less than
	// Interval; 0 means AWS's default.
	Timeout time.Duration
	// Healthy is how many good answers in a row make a target healthy, 2 to 10;
	// 0 means 5.
	Healthy int32
	// Unhealthy is how many bad answers in a row make it unhealthy, 2 to 10; 0
	// means 2.
	Unhealthy int32
	// Codes are the good answers, such as "200", "200,202" or "200-299", from 200
	// to 499; "200" if empty. With gRPC they are gRPC codes, 0 to 99; "12" if empty.
	// Network Load Balancers take up to 599; "200-399" if empty.
	Codes string
}

// put writes h into a CreateTargetGroupInput; what is zero is left to AWS.
func (h HealthCheck) put(in *awselb.CreateTargetGroupInput, grpc bool) {
	in.HealthCheckPath = optional(h.Path)
	if h.Port != 0 {
		in.HealthCheckPort = aws.String(strconv.Itoa(int(h.Port)))
	}
	in.HealthCheckProtocol = elbtypes.ProtocolEnum(h.Protocol)
	if h.Interval != 0 {
		in.HealthCheckIntervalSeconds = aws.Int32(seconds(h.Interval))
	}
	if h.Timeout != 0 {
		in.HealthCheckTimeoutSeconds = aws.Int32(seconds(h.Timeout))
	}
	if h.Healthy != 0 {
		in.HealthyThresholdCount = aws.Int32(h.Healthy)
	}
	if h.Unhealthy != 0 {
		in.UnhealthyThresholdCount = aws.Int32(h.Unhealthy)
	}
	switch {
	case h.Codes == "":
	case grpc:
		in.Matcher = &elbtypes.Matcher{GrpcCode: aws.String(h.Codes)}
	default:
		in.Matcher = &elbtypes.Matcher{HttpCode: aws.String(h.Codes)}
	}
}
