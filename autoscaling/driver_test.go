// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/fakes"
)

// existing is a service that no stack has made.
var existing = autoscaling.ECSService{
	Cluster: "shop", Service: "web", LoadBalancerSuffix: web.LoadBalancerSuffix, TargetGroupSuffix: web.TargetGroupSuffix,
}

// shop returns a cloud with the service shop/web.
func shop(t *testing.T) aws.Config {
	t.Helper()
	cfg := fakes.New(fakes.Options{}).Config()
	client := awsecs.NewFromConfig(cfg)
	_, err := client.CreateCluster(t.Context(), &awsecs.CreateClusterInput{ClusterName: aws.String("shop")})
	require.NoError(t, err)
	_, err = client.RegisterTaskDefinition(t.Context(), &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"), Cpu: aws.String("256"), Memory: aws.String("512"), NetworkMode: ecstypes.NetworkModeAwsvpc,
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String("public.ecr.aws/nginx/nginx:1"), Essential: aws.Bool(true),
		}},
	})
	require.NoError(t, err)
	subnets, err := awsec2.NewFromConfig(cfg).DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	_, err = client.CreateService(t.Context(), &awsecs.CreateServiceInput{
		Cluster: aws.String("shop"), ServiceName: aws.String("web"), TaskDefinition: aws.String("web"),
		DesiredCount: aws.Int32(1), LaunchType: ecstypes.LaunchTypeFargate,
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: []string{*subnets.Subnets[0].SubnetId}, AssignPublicIp: ecstypes.AssignPublicIpEnabled,
		}},
	})
	require.NoError(t, err)
	return cfg
}

func stack(s autoscaling.Scaling) slipway.Stack { return slipway.NewStack("shop", s.For(existing)) }

func policies(t *testing.T, cfg aws.Config) []aastypes.ScalingPolicy {
	t.Helper()
	out, err := awsaas.NewFromConfig(cfg).DescribeScalingPolicies(t.Context(), &awsaas.DescribeScalingPoliciesInput{
		ServiceNamespace: aastypes.ServiceNamespaceEcs,
	})
	require.NoError(t, err)
	return out.ScalingPolicies
}

func targets(t *testing.T, cfg aws.Config) []aastypes.ScalableTarget {
	t.Helper()
	out, err := awsaas.NewFromConfig(cfg).DescribeScalableTargets(t.Context(), &awsaas.DescribeScalableTargetsInput{
		ServiceNamespace: aastypes.ServiceNamespaceEcs,
	})
	require.NoError(t, err)
	return out.ScalableTargets
}

func TestApply(t *testing.T) {
	t.Parallel()
	cfg := shop(t)
	_, err := stack(fullest()).Apply(t.Context(), cfg)
	require.NoError(t, err)
	require.Len(t, policies(t, cfg), 3)
	require.Equal(t, int32(20), *targets(t, cfg)[0].MaxCapacity)

	plan, err := stack(fullest()).Plan(t.Context(), cfg)
	require.NoError(t, err)
	require.True(t, plan.Empty(), "the second plan is empty:\n%s", plan)

	cpu := autoscaling.TargetTracking{Metric: autoscaling.CPUUtilization, Target: 50, Name: "cpu"}
	_, err = stack(autoscaling.Between(1, 4).WithPolicy(cpu).WithTag("owner", "me")).Apply(t.Context(), cfg)
	require.NoError(t, err)
	kept := policies(t, cfg)
	require.Len(t, kept, 1, "policies that are no longer declared are deleted")
	require.InEpsilon(t, 50.0, *kept[0].TargetTrackingScalingPolicyConfiguration.TargetValue, 1e-9)
	target := targets(t, cfg)[0]
	require.False(t, *target.SuspendedState.ScheduledScalingSuspended, "what is taken away goes back to AWS's default")
	tags, err := awsaas.NewFromConfig(cfg).ListTagsForResource(t.Context(), &awsaas.ListTagsForResourceInput{
		ResourceARN: target.ScalableTargetARN,
	})
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"owner": "me", slipway.TagStack: "shop@us-east-1", slipway.TagResource: "autoscaling:Scaling/shop/web",
	}, tags.Tags)

	require.NoError(t, stack(fullest()).Destroy(t.Context(), cfg))
	require.Empty(t, targets(t, cfg))
	require.Empty(t, policies(t, cfg), "policies go with their target")
}

func TestForeignTargetsAreNotTouched(t *testing.T) {
	t.Parallel()
	cfg := shop(t)
	_, err := awsaas.NewFromConfig(cfg).RegisterScalableTarget(t.Context(), &awsaas.RegisterScalableTargetInput{
		ServiceNamespace: aastypes.ServiceNamespaceEcs, ScalableDimension: aastypes.ScalableDimensionECSServiceDesiredCount,
		ResourceId: aws.String("service/shop/web"), MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(9),
	})
	require.NoError(t, err)
	_, err = stack(fullest()).Apply(t.Context(), cfg)
	require.Error(t, err)
	require.Equal(t, int32(9), *targets(t, cfg)[0].MaxCapacity)
	require.NoError(t, slipway.NewStack("shop").WithKinds(autoscaling.Kinds()...).Destroy(t.Context(), cfg))
	require.Len(t, targets(t, cfg), 1)
}
