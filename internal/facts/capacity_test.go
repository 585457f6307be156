// SPDX-License-Identifier: Apache-2.0

package facts_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsautoscaling "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

type provider = awsecs.CreateCapacityProviderInput

// group makes the Auto Scaling group "nodes", empty, and returns its ARN.
func group(t *testing.T, c *fakes.Cloud, protected bool) string {
	t.Helper()
	vms, groups := awsec2.NewFromConfig(c.Config()), awsautoscaling.NewFromConfig(c.Config())
	ami, err := awsssm.NewFromConfig(c.Config()).GetParameter(t.Context(), &awsssm.GetParameterInput{
		Name: aws.String("/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"),
	})
	require.NoError(t, err)
	_, err = vms.CreateLaunchTemplate(t.Context(), &awsec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("node"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{
			InstanceType: ec2types.InstanceTypeM5Large, ImageId: ami.Parameter.Value,
		},
	})
	require.NoError(t, err)
	subnets, err := vms.DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	_, err = groups.CreateAutoScalingGroup(t.Context(), &awsautoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("nodes"), MinSize: aws.Int32(0), MaxSize: aws.Int32(5), VPCZoneIdentifier: subnets.Subnets[0].SubnetId,
		NewInstancesProtectedFromScaleIn: &protected,
		LaunchTemplate:                   &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String("node"), Version: aws.String("$Latest")},
	})
	require.NoError(t, err)
	out, err := groups.DescribeAutoScalingGroups(t.Context(), &awsautoscaling.DescribeAutoScalingGroupsInput{})
	require.NoError(t, err)
	return *out.AutoScalingGroups[0].AutoScalingGroupARN
}

// providers are the sides of capacity providers.
func providers() sides[provider] {
	return sides[provider]{
		base: func() *provider {
			return &provider{Name: aws.String("grow"), AutoScalingGroupProvider: &ecstypes.AutoScalingGroupProvider{
				AutoScalingGroupArn: aws.String("arn:aws:autoscaling:us-east-1:000000000000:autoScalingGroup:1:autoScalingGroupName/nodes"),
				ManagedScaling:      &ecstypes.ManagedScaling{Status: ecstypes.ManagedScalingStatusEnabled},
			}}
		},
		check: func(in *provider) error { return ecs.Check(in) },
		build: func(change func(*provider)) error {
			template := ecs.NewInstanceTemplate("node", ecs.NewCluster("main"), ecs.AL2023, vpc.Default()).WithInstanceType("m5.large")
			nodes := autoscaling.NewGroup("nodes", template.LaunchTemplate(), vpc.Default()).WithSize(0, 5).WithScaleInProtection()
			return ecs.NewGroupProvider("grow", nodes).WithOverride(change).Validate()
		},
		call: func(t *testing.T, in *provider) error {
			t.Helper()
			c, client := cloud(t)
			in.AutoScalingGroupProvider.AutoScalingGroupArn = aws.String(group(t, c, true))
			_, err := client.CreateCapacityProvider(t.Context(), in)
			return err
		},
	}
}

func TestManagedScaling(t *testing.T) {
	t.Parallel()
	const source = api + "API_ManagedScaling.html"
	scaling := func(set func(*ecstypes.ManagedScaling, int32)) func(*provider, int32) {
		return func(in *provider, n int32) { set(in.AutoScalingGroupProvider.ManagedScaling, n) }
	}
	protected := func(status ecstypes.ManagedScalingStatus) func(*provider) {
		return func(in *provider) {
			in.AutoScalingGroupProvider.ManagedTerminationProtection = ecstypes.ManagedTerminationProtectionEnabled
			in.AutoScalingGroupProvider.ManagedScaling.Status = status
		}
	}
	providers().hold(t, slices.Concat(
		bounded("target capacity", source, 1, 100, scaling(func(s *ecstypes.ManagedScaling, n int32) { s.TargetCapacity = &n })),
		bounded("least step", source, 1, 10000, scaling(func(s *ecstypes.ManagedScaling, n int32) { s.MinimumScalingStepSize = &n })),
		bounded("most step", source, 1, 10000, scaling(func(s *ecstypes.ManagedScaling, n int32) { s.MaximumScalingStepSize = &n })),
		bounded("warm-up in seconds", source, 0, 10000, scaling(func(s *ecstypes.ManagedScaling, n int32) { s.InstanceWarmupPeriod = &n })),
		[]fact[provider]{{
			name: "termination protection wants managed scaling", source: api + "API_AutoScalingGroupProvider.html",
			legal: protected(ecstypes.ManagedScalingStatusEnabled), broken: protected(ecstypes.ManagedScalingStatusDisabled),
		}},
	))
}

// TestManagedScalingDefaults: 100 %, steps of 1 to 10000 instances, 300 s. The group is
// tagged, its bounds stay.
func TestManagedScalingDefaults(t *testing.T) {
	t.Parallel()
	c, client := cloud(t)
	in := providers().base()
	in.AutoScalingGroupProvider.AutoScalingGroupArn = aws.String(group(t, c, false))
	out, err := client.CreateCapacityProvider(t.Context(), in)
	require.NoError(t, err)
	s := out.CapacityProvider.AutoScalingGroupProvider.ManagedScaling
	require.Equal(t, []int32{100, 1, 10000, 300}, []int32{
		*s.TargetCapacity, *s.MinimumScalingStepSize, *s.MaximumScalingStepSize, *s.InstanceWarmupPeriod,
	}, api+"API_ManagedScaling.html")
	_, err = client.PutClusterCapacityProviders(t.Context(), &awsecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("main"), CapacityProviders: []string{"grow"}, DefaultCapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{},
	})
	require.NoError(t, err)
	groups, err := awsautoscaling.NewFromConfig(c.Config()).DescribeAutoScalingGroups(t.Context(), &awsautoscaling.DescribeAutoScalingGroupsInput{})
	require.NoError(t, err)
	g := groups.AutoScalingGroups[0]
	require.True(t, slices.ContainsFunc(g.Tags, func(tag autoscalingtypes.TagDescription) bool { return *tag.Key == "AmazonECSManaged" }), guide+"cluster-auto-scaling.html")
	require.Equal(t, []int32{0, 5}, []int32{*g.MinSize, *g.MaxSize}, guide+"cluster-auto-scaling.html")
}

// TestProtectionOfTheGroup: the group protects its new instances, too.
func TestProtectionOfTheGroup(t *testing.T) {
	t.Parallel()
	for _, protected := range []bool{true, false} {
		c, client := cloud(t)
		in := providers().base()
		in.AutoScalingGroupProvider.AutoScalingGroupArn = aws.String(group(t, c, protected))
		in.AutoScalingGroupProvider.ManagedTerminationProtection = ecstypes.ManagedTerminationProtectionEnabled
		_, err := client.CreateCapacityProvider(t.Context(), in)
		require.Equal(t, protected, err == nil, api+"API_AutoScalingGroupProvider.html")
	}
}

// TestStrategySplits has AWS's examples of base and weight.
func TestStrategySplits(t *testing.T) {
	t.Parallel()
	const source = api + "API_CapacityProviderStrategyItem.html"
	for _, test := range []struct {
		name     string
		a, b     item
		tasks    int32
		onA, onB int
	}{
		{"equal weights split evenly", share("FARGATE", 0, 1), share("FARGATE_SPOT", 0, 1), 6, 3, 3},
		{"for one task on A four on B", share("FARGATE", 0, 1), share("FARGATE_SPOT", 0, 4), 10, 2, 8},
		{"the base comes first", share("FARGATE", 2, 1), share("FARGATE_SPOT", 0, 1), 2, 2, 0},
		{"equal weights split what is left", share("FARGATE", 2, 1), share("FARGATE_SPOT", 0, 1), 8, 5, 3},
		{"weights split what is left", share("FARGATE", 1, 1), share("FARGATE_SPOT", 0, 4), 11, 3, 8},
		{"no weight, no tasks", share("FARGATE", 0, 0), share("FARGATE_SPOT", 0, 1), 5, 0, 5},
		{"a base without weight is all it has", share("FARGATE", 2, 0), share("FARGATE_SPOT", 0, 1), 5, 2, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, client := cloud(t)
			_, err := client.PutClusterCapacityProviders(t.Context(), &awsecs.PutClusterCapacityProvidersInput{
				Cluster: aws.String("main"), CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"}, DefaultCapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{},
			})
			require.NoError(t, err)
			in := plainService()
			strategy(test.a, test.b)(in)
			in.DesiredCount = &test.tasks
			networked(t, c, in)
			_, err = client.CreateService(t.Context(), in)
			require.NoError(t, err)
			c.Advance(minute)
			require.Equal(t, [2]int{test.onA, test.onB}, split(t, client), source)
		})
	}
}

// split is how many tasks run on FARGATE and on FARGATE_SPOT.
func split(t *testing.T, client *awsecs.Client) [2]int {
	t.Helper()
	list, err := client.ListTasks(t.Context(), &awsecs.ListTasksInput{Cluster: aws.String("main")})
	require.NoError(t, err)
	out, err := client.DescribeTasks(t.Context(), &awsecs.DescribeTasksInput{Cluster: aws.String("main"), Tasks: list.TaskArns})
	require.NoError(t, err)
	var n [2]int
	for _, task := range out.Tasks {
		n[slices.Index([]string{"FARGATE", "FARGATE_SPOT"}, *task.CapacityProviderName)]++
	}
	return n
}
