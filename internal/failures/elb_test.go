// SPDX-License-Identifier: Apache-2.0

package failures_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/rules"
	elbrules "github.com/slipway-go/slipway/internal/rules/elb"
)

// elbCases are the cases of this file's area, by id.
var elbCases = map[string]func(t *testing.T, c Case){
	"elbv2-alb-one-subnet":       oneSubnet,
	"elbv2-two-subnets-one-zone": oneZone,
	"elbv2-alb-tcp-listener": func(t *testing.T, c Case) {
		in := newListener()
		in.Protocol = elbtypes.ProtocolEnumTcp
		caught(t, c, elbrules.CreateListener, in, "Listener protocol 'TCP' must be one of 'HTTP, HTTPS'")
	},
	"elbv2-nlb-fixed-response": func(t *testing.T, c Case) {
		in := newListener()
		in.LoadBalancerArn, in.Protocol = aws.String("nlb"), elbtypes.ProtocolEnumTcp
		caught(t, c, elbrules.CreateListener, in, "The action type 'fixed-response' is not valid with network load balancer")
	},
	"elbv2-forward-weight-missing": func(t *testing.T, c Case) {
		in := newListener()
		in.DefaultActions = []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, ForwardConfig: &elbtypes.ForwardActionConfig{
			TargetGroups: []elbtypes.TargetGroupTuple{
				{TargetGroupArn: aws.String("http-group"), Weight: aws.Int32(1)}, {TargetGroupArn: aws.String("http-group")},
			},
		}}}
		caught(t, c, elbrules.CreateListener, in, "The weight for each target group must be between 0 and 999, inclusive")
	},
	"elbv2-listener-tg-protocol-mismatch": func(t *testing.T, c Case) {
		in := newListener()
		in.DefaultActions = []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: aws.String("tcp-group")}}
		caught(t, c, elbrules.CreateListener, in, "The listener and the following target groups have incompatible protocols: ")
	},
	"elbv2-listener-two-default-certificates": func(t *testing.T, c Case) {
		in := newListener()
		certificate := elbtypes.Certificate{CertificateArn: aws.String("arn:aws:acm:us-east-1:123456789012:certificate/1")}
		in.Protocol, in.Certificates = elbtypes.ProtocolEnumHttps, []elbtypes.Certificate{certificate, certificate}
		caught(t, c, elbrules.CreateListener, in, "Up to '1' certificate ARNs can be specified, but '2' were specified")
	},
	"elbv2-ssl-policy-on-http": func(t *testing.T, c Case) {
		in := newListener()
		in.SslPolicy = aws.String("ELBSecurityPolicy-2016-08")
		caught(t, c, elbrules.CreateListener, in, "An SSL policy cannot be specifed for HTTP listeners")
	},
	"elbv2-nlb-to-alb-listener-in-use": listenerOfTarget,
	"elbv2-rule-no-condition": func(t *testing.T, c Case) {
		caught(t, c, elbrules.CreateRule, &awselb.CreateRuleInput{
			ListenerArn: aws.String("listener"), Priority: aws.Int32(1), Actions: newListener().DefaultActions,
		}, "A condition must be specified")
	},
	"elbv2-tg-deregistration-delay-range": func(t *testing.T, c Case) {
		caught(t, c, elbrules.ModifyTargetGroupAttributes, attribute("http-group", model.AttrDeregistrationDelay, "3601"),
			"'deregistration_delay.timeout_seconds' value '3601' must be between '0-3600' inclusive")
	},
	"elbv2-tg-stickiness-lb-cookie-on-tcp": func(t *testing.T, c Case) {
		caught(t, c, elbrules.ModifyTargetGroupAttributes, attribute("tcp-group", model.AttrStickinessType, "lb_cookie"),
			"Stickiness type 'lb_cookie' is not supported for target groups with the TCP protocol")
	},
	"elbv2-tg-http-with-tcp-health-check": groupCase("Health check protocol 'TCP' must be one of 'HTTP, HTTPS'",
		func(in *awselb.CreateTargetGroupInput) { in.HealthCheckProtocol = elbtypes.ProtocolEnumTcp }),
	"elbv2-tg-matcher-grpc-without-grpc": groupCase("Health check matcher HTTP code cannot be empty",
		func(in *awselb.CreateTargetGroupInput) { in.Matcher = &elbtypes.Matcher{GrpcCode: aws.String("12")} }),
	"elbv2-tg-matcher-http-range": groupCase("Health check matcher HTTP code '599' must be within '200-499' inclusive",
		func(in *awselb.CreateTargetGroupInput) { in.Matcher = &elbtypes.Matcher{HttpCode: aws.String("599")} }),
	"elbv2-tg-name-hyphen": groupCase("at 'targetGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^-)(?!.*-$)^[A-Za-z0-9-]+$",
		func(in *awselb.CreateTargetGroupInput) { in.Name = aws.String("-" + strings.Repeat("a", 30) + "-") }),
	"elbv2-tg-name-too-long": groupCase("cannot be longer than '32' characters",
		func(in *awselb.CreateTargetGroupInput) { in.Name = aws.String(strings.Repeat("a", 33)) }),
}

// elbWorld has one thing of each kind that listeners and groups refer to.
type elbWorld struct{}

// Get answers by name.
func (elbWorld) Get(kind, ref string) (state any, found, known bool) {
	things := map[[2]string]any{
		{model.KindLoadBalancer, "alb"}: &model.LoadBalancer{},
		{model.KindLoadBalancer, "nlb"}: &model.LoadBalancer{
			Create: awselb.CreateLoadBalancerInput{Type: elbtypes.LoadBalancerTypeEnumNetwork},
		},
		{model.KindListener, "listener"}: &model.Listener{Create: *newListener()},
		{model.KindTargetGroup, "http-group"}: &model.TargetGroup{
			Create: awselb.CreateTargetGroupInput{Protocol: elbtypes.ProtocolEnumHttp},
		},
		{model.KindTargetGroup, "tcp-group"}: &model.TargetGroup{
			Create: awselb.CreateTargetGroupInput{Protocol: elbtypes.ProtocolEnumTcp},
		},
	}
	state, found = things[[2]string{kind, ref}]
	return state, found, found
}

// caught demands that the rules answer as AWS did.
func caught[T any](t *testing.T, c Case, of rules.Of[T], in *T, fragment string) {
	t.Helper()
	require.Contains(t, c.Message, fragment, "the case says so")
	found, bad := of.First(elbWorld{}, in)
	require.True(t, bad, c.Config)
	require.Contains(t, found.Text, fragment)
	if c.Code != "" {
		require.Equal(t, c.Code, found.Code)
	}
	require.ErrorIs(t, found, slipway.ErrInvalid)
}

func newListener() *awselb.CreateListenerInput {
	return &awselb.CreateListenerInput{
		LoadBalancerArn: aws.String("alb"), Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: []elbtypes.Action{{
			Type:                elbtypes.ActionTypeEnumFixedResponse,
			FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: aws.String("404")},
		}},
	}
}

func attribute(group, key, value string) *awselb.ModifyTargetGroupAttributesInput {
	return &awselb.ModifyTargetGroupAttributesInput{
		TargetGroupArn: &group, Attributes: []elbtypes.TargetGroupAttribute{{Key: &key, Value: &value}},
	}
}

// groupCase is a target group that is wrong in one thing; the fake answers alike.
func groupCase(fragment string, change func(*awselb.CreateTargetGroupInput)) func(*testing.T, Case) {
	return func(t *testing.T, c Case) {
		api, vpc, _ := elbAccount(t)
		in := &awselb.CreateTargetGroupInput{
			Name: aws.String("web"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: vpc,
		}
		change(in)
		caught(t, c, elbrules.CreateTargetGroup, in, fragment)
		_, err := api.CreateTargetGroup(t.Context(), in)
		require.ErrorContains(t, err, fragment)
	}
}

// elbAccount is a cloud's ELB client and its default network, a subnet a zone.
func elbAccount(t *testing.T) (api *awselb.Client, vpc *string, subnets []string) {
	t.Helper()
	cfg := fakes.New(fakes.Options{}).Config()
	out, err := awsec2.NewFromConfig(cfg).DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	for _, s := range out.Subnets {
		vpc, subnets = s.VpcId, append(subnets, aws.ToString(s.SubnetId))
	}
	return awselb.NewFromConfig(cfg), vpc, subnets
}

func oneSubnet(t *testing.T, c Case) {
	api, _, subnets := elbAccount(t)
	in := &awselb.CreateLoadBalancerInput{Name: aws.String("shop"), Subnets: subnets[:1]}
	caught(t, c, elbrules.CreateLoadBalancer, in, "At least two subnets in two different Availability Zones must be specified")
	_, err := api.CreateLoadBalancer(t.Context(), in)
	refusedAs(t, err, c.Code, c.Message)
}

func oneZone(t *testing.T, c Case) {
	api, _, subnets := elbAccount(t)
	_, err := api.CreateLoadBalancer(t.Context(), &awselb.CreateLoadBalancerInput{
		Name: aws.String("shop"), Subnets: []string{subnets[0], subnets[0]},
	})
	refusedAs(t, err, "InvalidConfigurationRequest", c.Message)
}

// listenerOfTarget deletes the listener by which a balancer that is a target is reached.
func listenerOfTarget(t *testing.T, c Case) {
	api, vpc, subnets := elbAccount(t)
	made, err := api.CreateLoadBalancer(t.Context(), &awselb.CreateLoadBalancerInput{Name: aws.String("forward-alb"), Subnets: subnets})
	require.NoError(t, err)
	in := newListener()
	in.LoadBalancerArn = made.LoadBalancers[0].LoadBalancerArn
	listeners, err := api.CreateListener(t.Context(), in)
	require.NoError(t, err)
	group, err := api.CreateTargetGroup(t.Context(), &awselb.CreateTargetGroupInput{
		Name: aws.String("alb"), TargetType: elbtypes.TargetTypeEnumAlb, Protocol: elbtypes.ProtocolEnumTcp, Port: aws.Int32(80), VpcId: vpc,
	})
	require.NoError(t, err)
	_, err = api.RegisterTargets(t.Context(), &awselb.RegisterTargetsInput{
		TargetGroupArn: group.TargetGroups[0].TargetGroupArn, Targets: []elbtypes.TargetDescription{{Id: in.LoadBalancerArn}},
	})
	require.NoError(t, err)
	_, err = api.DeleteListener(t.Context(), &awselb.DeleteListenerInput{ListenerArn: listeners.Listeners[0].ListenerArn})
	before, _, _ := strings.Cut(c.Message, "arn:")
	refusedAs(t, err, c.Code, before)
}

// refusedAs demands the exception that AWS sent.
func refusedAs(t *testing.T, err error, code, message string) {
	t.Helper()
	var answer smithy.APIError
	require.ErrorAs(t, err, &answer)
	require.Equal(t, code, answer.ErrorCode())
	require.Contains(t, answer.ErrorMessage(), message)
}
