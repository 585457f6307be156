// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/rules/elb"
)

// world answers look-ups; what is not in it does not exist.
type world map[[2]string]any

func (w world) Get(kind, ref string) (state any, found, known bool) {
	state, found = w[[2]string{kind, ref}]
	return state, found, true
}

// account has two zones of one VPC, a balancer, listeners and target groups.
func account() world {
	vpc := "vpc-1"
	return world{
		{elb.KindVPC, vpc}:                       nil,
		{elb.KindSubnet, "subnet-a"}:             &elb.Subnet{VPC: vpc, Zone: "a", CIDR: "10.0.0.0/24"},
		{elb.KindSubnet, "subnet-a2"}:            &elb.Subnet{VPC: vpc, Zone: "a"},
		{elb.KindSubnet, "subnet-b"}:             &elb.Subnet{VPC: vpc, Zone: "b"},
		{elb.KindSubnet, "subnet-other"}:         &elb.Subnet{VPC: "vpc-2", Zone: "c"},
		{elb.KindGroup, "sg-1"}:                  &vpc,
		{elb.KindGroup, "sg-other"}:              aws.String("vpc-2"),
		{model.KindLoadBalancer, "alb"}:          &model.LoadBalancer{},
		{model.KindLoadBalancer, "internal"}:     &model.LoadBalancer{Create: awselb.CreateLoadBalancerInput{Scheme: "internal"}},
		{model.KindLoadBalancer, "nlb"}:          &model.LoadBalancer{Create: awselb.CreateLoadBalancerInput{Type: "network"}},
		{model.KindLoadBalancer, "nlb6"}:         &model.LoadBalancer{Create: awselb.CreateLoadBalancerInput{Type: "network", IpAddressType: "dualstack"}},
		{model.KindListener, "http"}:             listenerOf("HTTP"),
		{model.KindListener, "tcp"}:              &model.Listener{Create: awselb.CreateListenerInput{LoadBalancerArn: aws.String("nlb"), Protocol: "TCP"}},
		{model.KindListener, "https"}:            listenerOf("HTTPS"),
		{model.KindTargetGroup, "web"}:           groupOf("HTTP", "HTTP1"),
		{model.KindTargetGroup, "tcp"}:           groupOf("TCP", ""),
		{model.KindTargetGroup, "instances"}:     &model.TargetGroup{Create: awselb.CreateTargetGroupInput{Protocol: "TCP", TargetType: "instance"}},
		{model.KindTargetGroup, "balancers"}:     &model.TargetGroup{Create: awselb.CreateTargetGroupInput{Protocol: "TCP", TargetType: "alb"}},
		{model.KindTargetGroup, "udp"}:           groupOf("UDP", ""),
		{model.KindTargetGroup, "tcp_udp"}:       groupOf("TCP_UDP", ""),
		{model.KindTargetGroup, "tls"}:           groupOf("TLS", ""),
		{model.KindTargetGroup, "grpc"}:          groupOf("HTTP", "GRPC"),
		{model.KindListenerRule, "rule"}:         &model.ListenerRule{Create: awselb.CreateRuleInput{ListenerArn: aws.String("http")}},
		{model.KindTargetGroup, "slow-starting"}: slowStarting(),
	}
}

func listenerOf(p elbtypes.ProtocolEnum) *model.Listener {
	l := &model.Listener{Create: awselb.CreateListenerInput{LoadBalancerArn: aws.String("alb"), Protocol: p}}
	if p == elbtypes.ProtocolEnumHttps {
		l.Create.Certificates = []elbtypes.Certificate{{CertificateArn: aws.String(certificate)}}
	}
	return l
}

func groupOf(p elbtypes.ProtocolEnum, version string) *model.TargetGroup {
	g := &model.TargetGroup{Create: awselb.CreateTargetGroupInput{
		Protocol: p, TargetType: elbtypes.TargetTypeEnumIp, HealthCheckIntervalSeconds: aws.Int32(10), HealthCheckTimeoutSeconds: aws.Int32(5),
	}}
	if version != "" {
		g.Create.ProtocolVersion = aws.String(version)
	}
	return g
}

func slowStarting() *model.TargetGroup {
	g := groupOf("HTTP", "HTTP1")
	g.Attributes = map[string]string{model.AttrSlowStart: "30", model.AttrAlgorithm: "round_robin"}
	return g
}

const certificate = "arn:aws:acm:us-east-1:123456789012:certificate/0f1e2d3c"

// row is an input that is fine but for one change.
type row struct {
	name, reason string
	input        any
	code, text   string // of AWS's answer; "" if the input is fine
	path         string
}

func run(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			got, bad := first(t, r.input)
			if r.code == "" {
				require.False(t, bad, "%s: %v", r.reason, got)
				return
			}
			require.True(t, bad, r.reason)
			require.Equal(t, r.code, got.Code, r.reason)
			require.Contains(t, got.Text, r.text, r.reason)
			require.Equal(t, r.path, got.Path, r.reason)
			require.True(t, strings.HasPrefix(got.Doc, "https://"), "each rule has a source")
			require.NotEmpty(t, got.Rule)
			require.NotEmpty(t, got.Want)
		})
	}
}

// first is the fake's answer to an input.
func first(t *testing.T, in any) (slipway.FieldError, bool) {
	t.Helper()
	switch in := in.(type) {
	case *awselb.CreateLoadBalancerInput:
		return elb.CreateLoadBalancer.First(account(), in)
	case *awselb.SetSubnetsInput:
		return elb.SetSubnets.First(account(), in)
	case *awselb.SetSecurityGroupsInput:
		return elb.SetSecurityGroups.First(account(), in)
	case *awselb.SetIpAddressTypeInput:
		return elb.SetIPAddressType.First(account(), in)
	case *awselb.ModifyLoadBalancerAttributesInput:
		return elb.ModifyLoadBalancerAttributes.First(account(), in)
	case *awselb.CreateListenerInput:
		return elb.CreateListener.First(account(), in)
	case *awselb.ModifyListenerInput:
		return elb.ModifyListener.First(account(), in)
	case *awselb.ModifyListenerAttributesInput:
		return elb.ModifyListenerAttributes.First(account(), in)
	case *awselb.AddListenerCertificatesInput:
		return elb.AddListenerCertificates.First(account(), in)
	case *awselb.CreateRuleInput:
		return elb.CreateRule.First(account(), in)
	case *awselb.ModifyRuleInput:
		return elb.ModifyRule.First(account(), in)
	case *awselb.SetRulePrioritiesInput:
		return elb.SetRulePriorities.First(account(), in)
	case *awselb.CreateTargetGroupInput:
		return elb.CreateTargetGroup.First(account(), in)
	case *awselb.ModifyTargetGroupInput:
		return elb.ModifyTargetGroup.First(account(), in)
	case *awselb.ModifyTargetGroupAttributesInput:
		return elb.ModifyTargetGroupAttributes.First(account(), in)
	case *awselb.RegisterTargetsInput:
		return elb.RegisterTargets.First(account(), in)
	case *awselb.DeregisterTargetsInput:
		return elb.DeregisterTargets.First(account(), in)
	case *awselb.AddTagsInput:
		return elb.AddTags.First(account(), in)
	default:
		require.FailNow(t, "no rules", "%T", in)
		return slipway.FieldError{}, false
	}
}

// but returns a copy of in, changed.
func but[T any](in T, change func(*T)) *T {
	change(&in)
	return &in
}

func balancer(change func(*awselb.CreateLoadBalancerInput)) any {
	return but(awselb.CreateLoadBalancerInput{
		Name: aws.String("shop"), Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-1"},
	}, change)
}

func TestCreateLoadBalancer(t *testing.T) {
	t.Parallel()
	run(t, []row{
		{name: "fine", reason: "two zones are enough", input: balancer(func(*awselb.CreateLoadBalancerInput) {})},
		{
			name: "long name", reason: "32 characters at most", code: "ValidationError", path: "Name",
			text:  "Load balancer name 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-_' cannot be longer than '32' characters",
			input: balancer(func(in *awselb.CreateLoadBalancerInput) { in.Name = aws.String(strings.Repeat("a", 31) + "-_") }),
		},
		{
			name: "underscore", reason: "letters, digits, hyphens", code: "ValidationError", path: "Name", text: "regular expression",
			input: balancer(func(in *awselb.CreateLoadBalancerInput) { in.Name = aws.String("my_alb") }),
		},
		{
			name: "internal-", reason: "the prefix is AWS's", code: "ValidationError", path: "Name", text: "internal-",
			input: balancer(func(in *awselb.CreateLoadBalancerInput) { in.Name = aws.String("internal-shop") }),
		},
		{
			name: "one subnet", reason: "an ALB spans zones", code: "ValidationError", path: "Subnets",
			text:  "At least two subnets in two different Availability Zones must be specified",
			input: balancer(func(in *awselb.CreateLoadBalancerInput) { in.Subnets = []string{"subnet-a"} }),
		},
		{
			name: "one zone", reason: "one subnet a zone", code: "InvalidConfigurationRequest", path: "Subnets[1]",
			text:  "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
			input: balancer(func(in *awselb.CreateLoadBalancerInput) { in.Subnets = []string{"subnet-a", "subnet-a2"} }),
		},
		{
			name: "no subnet", reason: "one must be given", code: "ValidationError", path: "Subnets", text: "subnet must be specified",
			input: balancer(func(in *awselb.CreateLoadBalancerInput) { in.Subnets = nil }),
		},
		{
			name: "unknown subnet", reason: "it does not exist", code: "SubnetNotFound", path: "Subnets[1]",
			text:  "The subnet ID 'subnet-x' does not exist",
			input: balancer(func(in *awselb.CreateLoadBalancerInput) { in.Subnets = []string{"subnet-a", "subnet-x"} }),
		},
		{
			name: "two networks", reason: "one VPC", code: "InvalidConfigurationRequest", path: "Subnets[1]", text: "same VPC",
			input: balancer(func(in *awselb.CreateLoadBalancerInput) { in.Subnets = []string{"subnet-a", "subnet-other"} }),
		},
		{
			name: "subnets twice", reason: "one way of naming them", code: "ValidationError", path: "SubnetMappings", text: "together",
			input: balancer(func(in *awselb.CreateLoadBalancerInput) {
				in.SubnetMappings = []elbtypes.SubnetMapping{{SubnetId: aws.String("subnet-b")}}
			}),
		},
		{
			name: "unknown group", reason: "it does not exist", code: "InvalidSecurityGroup", path: "SecurityGroups[0]", text: "sg-x",
			input: balancer(func(in *awselb.CreateLoadBalancerInput) { in.SecurityGroups = []string{"sg-x"} }),
		},
		{
			name: "foreign group", reason: "one VPC", code: "InvalidConfigurationRequest", path: "SecurityGroups[0]", text: "vpc-1",
			input: balancer(func(in *awselb.CreateLoadBalancerInput) { in.SecurityGroups = []string{"sg-other"} }),
		},
		{
			name: "six groups", reason: "five at most", code: "InvalidConfigurationRequest", path: "SecurityGroups", text: "at most 5",
			input: balancer(func(in *awselb.CreateLoadBalancerInput) {
				in.SecurityGroups = []string{"sg-1", "sg-1", "sg-1", "sg-1", "sg-1", "sg-1"}
			}),
		},
		{
			name: "scheme", reason: "there are two", code: "InvalidScheme", path: "Scheme", text: "public",
			input: balancer(func(in *awselb.CreateLoadBalancerInput) { in.Scheme = "public" }),
		},
		{
			name: "address type", reason: "there are three", code: "ValidationError", path: "IpAddressType", text: "ipv6",
			input: balancer(func(in *awselb.CreateLoadBalancerInput) { in.IpAddressType = "ipv6" }),
		},
		{
			name: "public IPv6 inside", reason: "internal balancers have none", code: "InvalidConfigurationRequest", path: "IpAddressType", text: "internal",
			input: balancer(func(in *awselb.CreateLoadBalancerInput) {
				in.Scheme, in.IpAddressType = "internal", elbtypes.IpAddressTypeDualstackWithoutPublicIpv4
			}),
		},
		{
			name: "tag twice", reason: "keys are unique", code: "DuplicateTagKeys", path: "Tags[k]", text: "k",
			input: balancer(func(in *awselb.CreateLoadBalancerInput) {
				in.Tags = []elbtypes.Tag{{Key: aws.String("k")}, {Key: aws.String("k")}}
			}),
		},
	})
}

func TestChangesOfLoadBalancers(t *testing.T) {
	t.Parallel()
	attribute := func(key, value string) any {
		return &awselb.ModifyLoadBalancerAttributesInput{
			LoadBalancerArn: aws.String("alb"),
			Attributes:      []elbtypes.LoadBalancerAttribute{{Key: aws.String(key), Value: aws.String(value)}},
		}
	}
	run(t, []row{
		{
			name: "one subnet", reason: "two zones always", code: "ValidationError", path: "Subnets", text: "two different",
			input: &awselb.SetSubnetsInput{LoadBalancerArn: aws.String("alb"), Subnets: []string{"subnet-a"}},
		},
		{
			name: "one subnet of a network balancer", reason: "it may have one",
			input: &awselb.SetSubnetsInput{LoadBalancerArn: aws.String("nlb"), Subnets: []string{"subnet-a"}},
		},
		{
			name: "no group", reason: "one at least", code: "ValidationError", path: "SecurityGroups", text: "At least one",
			input: &awselb.SetSecurityGroupsInput{LoadBalancerArn: aws.String("alb")},
		},
		{
			name: "public IPv6 inside", reason: "internal", code: "InvalidConfigurationRequest", path: "IpAddressType", text: "internal",
			input: &awselb.SetIpAddressTypeInput{
				LoadBalancerArn: aws.String("internal"), IpAddressType: elbtypes.IpAddressTypeDualstackWithoutPublicIpv4,
			},
		},
		{name: "idle timeout", reason: "4000 is the most", input: attribute(model.AttrIdleTimeout, "4000")},
		{
			name: "long idle timeout", reason: "1 to 4000", code: "ValidationError", path: "Attributes[idle_timeout.timeout_seconds]",
			text: "must be between '1-4000' inclusive", input: attribute(model.AttrIdleTimeout, "4001"),
		},
		{
			name: "unknown attribute", reason: "not in AWS's list", code: "ValidationError", path: "Attributes[idle.timeout]",
			text: "not recognized", input: attribute("idle.timeout", "60"),
		},
		{
			name: "not a flag", reason: "true or false", code: "ValidationError", path: "Attributes[deletion_protection.enabled]",
			text: "not valid", input: attribute(model.AttrDeletionProtection, "yes"),
		},
		{
			name: "logs to nowhere", reason: "a bucket is needed", code: "InvalidConfigurationRequest", path: "Attributes[access_logs.s3.bucket]",
			text: "cannot be empty", input: attribute(model.AttrAccessLogs, "true"),
		},
		{
			name: "one zone alone", reason: "an ALB always crosses zones", code: "InvalidConfigurationRequest",
			path: "Attributes[load_balancing.cross_zone.enabled]", text: "cannot be disabled",
			input: attribute("load_balancing.cross_zone.enabled", "false"),
		},
		{
			name: "too many tags", reason: "50 at most", code: "TooManyTags", path: "Tags", text: "limit",
			input: &awselb.AddTagsInput{Tags: manyTags(51)},
		},
		{
			name: "reserved tag", reason: "aws: is AWS's", code: "ValidationError", path: "Tags[aws:x]", text: "aws:",
			input: &awselb.AddTagsInput{Tags: []elbtypes.Tag{{Key: aws.String("aws:x")}}},
		},
	})
}

func manyTags(n int) []elbtypes.Tag {
	var all []elbtypes.Tag
	for i := range n {
		all = append(all, elbtypes.Tag{Key: aws.String(strings.Repeat("k", i+1))})
	}
	return all
}

func TestPlaceholdersAreIgnored(t *testing.T) {
	t.Parallel()
	ref := slipway.Ref(slipway.ID{Kind: "vpc:Network", Name: "default"}, "public")
	found := elb.CreateLoadBalancer.All(nil, &awselb.CreateLoadBalancerInput{Name: aws.String("shop"), Subnets: []string{ref}})
	require.Empty(t, found, "one placeholder may stand for several subnets")
}

func TestAllKnowsItsInputs(t *testing.T) {
	t.Parallel()
	_, ok := elb.All(&awselb.DescribeRulesInput{})
	require.False(t, ok, "there are no rules for reading")
	found, ok := elb.All(&awselb.CreateRuleInput{})
	require.True(t, ok)
	require.NotEmpty(t, found)
}
