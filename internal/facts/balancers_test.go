// SPDX-License-Identifier: Apache-2.0

package facts_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

const balancing = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/"

type targetGroup = awselb.CreateTargetGroupInput

// targetGroups are the sides of target groups.
func targetGroups() sides[targetGroup] {
	return sides[targetGroup]{
		base: func() *targetGroup {
			return &targetGroup{
				Name: aws.String("web"), Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp, TargetType: elbtypes.TargetTypeEnumIp, VpcId: aws.String("vpc-1"),
			}
		},
		check: func(in *targetGroup) error { return elb.Check(in) },
		build: func(change func(*targetGroup)) error {
			return elb.NewTargetGroup("web", 80, vpc.Default()).WithOverride(change).Validate()
		},
		call: func(t *testing.T, in *targetGroup) error {
			t.Helper()
			config := fakes.New(fakes.Options{}).Config()
			out, err := awsec2.NewFromConfig(config).DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{})
			require.NoError(t, err)
			in.VpcId = out.Vpcs[0].VpcId
			_, err = awselb.NewFromConfig(config).CreateTargetGroup(t.Context(), in)
			return err
		},
	}
}

func TestTargetGroups(t *testing.T) {
	t.Parallel()
	const source = balancing + "API_CreateTargetGroup.html"
	name := func(s string) func(*targetGroup) { return func(in *targetGroup) { in.Name = &s } }
	targetGroups().hold(t, slices.Concat(
		bounded("interval", source, 5, 300, func(in *targetGroup, n int32) {
			in.HealthCheckIntervalSeconds, in.HealthCheckTimeoutSeconds = &n, aws.Int32(2)
		}),
		bounded("timeout", source, 2, 120, func(in *targetGroup, n int32) {
			in.HealthCheckIntervalSeconds, in.HealthCheckTimeoutSeconds = aws.Int32(300), &n
		}),
		bounded("healthy threshold", source, 2, 10, func(in *targetGroup, n int32) { in.HealthyThresholdCount = &n }),
		bounded("unhealthy threshold", source, 2, 10, func(in *targetGroup, n int32) { in.UnhealthyThresholdCount = &n }),
		[]fact[targetGroup]{
			{name: "32 characters", source: source, legal: name(strings.Repeat("g", 32)), broken: name(strings.Repeat("g", 33))},
			{name: "letters, digits and hyphens", source: source, legal: name("aZ-9"), broken: name("a_b")},
			{name: "no hyphen first", source: source, legal: name("a-b"), broken: name("-b")},
			{name: "no hyphen last", source: source, legal: name("a-b"), broken: name("a-")},
		},
	))
}

// TestNamesOfBalancers: as target groups', and none begins with "internal-".
func TestNamesOfBalancers(t *testing.T) {
	t.Parallel()
	for name, legal := range map[string]bool{
		strings.Repeat("b", 32): true, strings.Repeat("b", 33): false, "a-b": true, "-b": false, "b-": false, "internal-b": false, "internal": true,
	} {
		require.Equal(t, legal, elb.NewApplication(name, vpc.Default()).Validate() == nil, "%s: %s", name, balancing+"API_CreateLoadBalancer.html")
	}
}

// TestDeregistrationDelay: 0 to 3600 s, 300 s by default.
func TestDeregistrationDelay(t *testing.T) {
	t.Parallel()
	const source, key = balancing + "API_TargetGroupAttribute.html", "deregistration_delay.timeout_seconds"
	for delay, legal := range map[time.Duration]bool{time.Second: true, time.Hour: true, time.Hour + time.Second: false} {
		group := elb.NewTargetGroup("web", 80, vpc.Default()).WithDeregistrationDelay(delay)
		require.Equal(t, legal, group.Validate() == nil, "%s: %s", delay, source)
	}
	config := fakes.New(fakes.Options{}).Config()
	vpcs, err := awsec2.NewFromConfig(config).DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{})
	require.NoError(t, err)
	client, in := awselb.NewFromConfig(config), targetGroups().base()
	in.VpcId = vpcs.Vpcs[0].VpcId
	group, err := client.CreateTargetGroup(t.Context(), in)
	require.NoError(t, err)
	arn := group.TargetGroups[0].TargetGroupArn
	attributes, err := client.DescribeTargetGroupAttributes(t.Context(), &awselb.DescribeTargetGroupAttributesInput{TargetGroupArn: arn})
	require.NoError(t, err)
	i := slices.IndexFunc(attributes.Attributes, func(a elbtypes.TargetGroupAttribute) bool { return *a.Key == key })
	require.Equal(t, "300", *attributes.Attributes[i].Value, source)
	for value, legal := range map[string]bool{"0": true, "3600": true, "3601": false, "-1": false} {
		_, err := client.ModifyTargetGroupAttributes(t.Context(), &awselb.ModifyTargetGroupAttributesInput{
			TargetGroupArn: arn, Attributes: []elbtypes.TargetGroupAttribute{{Key: aws.String(key), Value: &value}},
		})
		require.Equal(t, legal, err == nil, "%s: %s", value, source)
	}
}
