// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/internal/buildertest"
	modelasg "github.com/slipway-go/slipway/internal/model/autoscaling"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/vpc"
)

// nodes is a group of instances that join the cluster.
func nodes(name string) autoscaling.Group {
	template := ecs.NewInstanceTemplate(name, ecs.NewCluster("shop"), ecs.AL2023, vpc.Default()).WithInstanceType("m5.large")
	return autoscaling.NewGroup(name, template.LaunchTemplate(), vpc.Default()).WithSize(1, 4).WithScaleInProtection()
}

// growing is a cluster with the provider of such a group.
func growing(provider ecs.GroupProvider) ecs.Cluster {
	return ecs.NewCluster("shop").WithCapacityProvider(provider).WithInstanceCapacity(ecs.InstanceCapacity{Provider: provider, Weight: 1})
}

// instanceGroup is a group that is there already.
type instanceGroup struct{ protects, scales bool }

func (g instanceGroup) ARN() string {
	return "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:1:autoScalingGroupName/nodes"
}
func (g instanceGroup) Resources() []slipway.Resource { return nil }
func (g instanceGroup) ProtectsFromScaleIn() bool     { return g.protects }
func (g instanceGroup) Scales() bool                  { return g.scales }

func fullProvider() ecs.GroupProvider {
	warmup := 2 * time.Minute
	return ecs.NewGroupProvider("nodes", instanceGroup{protects: true}).
		WithManagedScaling(ecs.ManagedScaling{TargetCapacity: 80, MinStep: 1, MaxStep: 10, Warmup: &warmup}).
		WithTerminationProtection().WithoutManagedDraining().WithTag("team", "shop")
}

func TestProviderForksAndFields(t *testing.T) {
	t.Parallel()
	buildertest.Fork(t, ecs.NewGroupProvider("nodes", instanceGroup{protects: true}), func(in *awsecs.CreateCapacityProviderInput) { in.Tags = nil },
		ecs.ManagedScaling{TargetCapacity: 50}, ecs.ManagedScaling{TargetCapacity: 60})
	buildertest.Drift(t, built[model.CapacityProvider](t, fullProvider()).Create, built[model.CapacityProvider](t, fullManaged()).Create,
		built[model.CapacityProvider](t, otherManaged()).Create)
	golden(t, "provider.json", built[model.CapacityProvider](t, fullProvider()))
	require.NoError(t, fullProvider().Validate())
}

func TestNameOfProviderFollowsFromItsGroup(t *testing.T) {
	t.Parallel()
	name := func(p ecs.GroupProvider) string { return *built[model.CapacityProvider](t, p).Create.Name }
	require.Regexp(t, "^nodes-[0-9a-f]{6}$", name(fullProvider()))
	require.Equal(t, name(fullProvider()), name(fullProvider().WithTag("other", "tag")), "what can be changed does not count")
	require.NotEqual(t, name(fullProvider()), name(ecs.NewGroupProvider("nodes", nodes("other"))))
}

func TestProviderProblems(t *testing.T) {
	t.Parallel()
	provider := ecs.NewGroupProvider("nodes", instanceGroup{})
	require.ErrorContains(t, ecs.NewGroupProvider("nodes", nil).Validate(), "want an Auto Scaling group")
	require.ErrorContains(t, provider.WithTerminationProtection().Validate(), "WithScaleInProtection")
	require.ErrorContains(t, fullProvider().WithoutManagedScaling().Validate(), "ENABLED without managed scaling")
	require.ErrorContains(t, ecs.NewGroupProvider("ecs-nodes", instanceGroup{}).Validate(), "not beginning with aws, ecs or fargate")
	require.ErrorContains(t, ecs.NewCluster("shop").WithCapacityProvider(nil).Validate(), "want a capacity provider")
	require.ErrorContains(t, ecs.NewCluster("shop").WithInstanceCapacity(ecs.InstanceCapacity{Weight: 1}).Validate(), "want a capacity provider")
	foreign := ecs.NewEC2Service("web", ecs.ClusterNamed("shop"), fullEC2Task(), vpc.Default()).WithCapacity(ecs.InstanceCapacity{Provider: provider, Weight: 1})
	require.ErrorContains(t, foreign.Validate(), "want a provider that the cluster has by WithCapacityProvider")
	mixed := ecs.NewCluster("shop").WithInstanceCapacity(ecs.InstanceCapacity{Provider: provider, Weight: 1}).WithCapacity(ecs.Capacity{Provider: ecs.Fargate, Weight: 1})
	require.ErrorContains(t, slipway.NewStack("shop", mixed).Validate(), "got Fargate and other providers, want only one sort")
}

func TestGroupThatTwoScaleIsWarnedOf(t *testing.T) {
	t.Parallel()
	rules := func(p ecs.GroupProvider) []string {
		var found []string
		for _, w := range slipway.NewStack("shop", p).Warnings() {
			found = append(found, w.Rule)
		}
		return found
	}
	both := ecs.NewGroupProvider("nodes", instanceGroup{scales: true})
	require.Contains(t, rules(both), "ecs-capacity-provider-scales")
	require.NotContains(t, rules(both.WithoutManagedScaling()), "ecs-capacity-provider-scales")
	require.NotContains(t, rules(fullProvider()), "ecs-capacity-provider-scales")
}

func TestInstanceTemplates(t *testing.T) {
	t.Parallel()
	plain := ecs.NewInstanceTemplate("nodes", ecs.ClusterNamed("shop"), ecs.AL2023, vpc.Default())
	buildertest.Fork(t, plain, vpc.GroupID("sg-1"), vpc.GroupID("sg-2"))
	for name, test := range map[string]struct {
		template ecs.InstanceTemplate
		image    string
		data     string
	}{
		"Amazon Linux": {plain.WithSpotDraining().WithAttribute("stack", "blue").WithAgentSetting("ECS_RESERVED_MEMORY", "256"), "resolve:ssm:" + string(ecs.AL2023),
			"#!/bin/bash\ncat <<'EOF' >> /etc/ecs/ecs.config\nECS_CLUSTER=shop\nECS_ENABLE_SPOT_INSTANCE_DRAINING=true\n" +
				"ECS_INSTANCE_ATTRIBUTES={\"stack\":\"blue\"}\nECS_RESERVED_MEMORY=256\nEOF\n"},
		"Bottlerocket": {ecs.NewInstanceTemplate("nodes", ecs.ClusterNamed("shop"), ecs.Bottlerocket, vpc.Default()).WithSpotDraining().
			WithAttribute("stack", "blue").WithAgentSetting("reserved-memory", "256"), "resolve:ssm:" + string(ecs.Bottlerocket),
			"[settings.ecs]\ncluster = \"shop\"\nenable-spot-instance-draining = true\nreserved-memory = 256\n\n" +
				"[settings.ecs.instance-attributes]\n\"stack\" = \"blue\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := built[modelasg.LaunchTemplate](t, test.template.LaunchTemplate()).Create.LaunchTemplateData
			require.Equal(t, test.image, *data.ImageId)
			given, err := base64.StdEncoding.DecodeString(*data.UserData)
			require.NoError(t, err)
			require.Equal(t, test.data, string(given))
			require.Len(t, test.template.LaunchTemplate().SecurityGroups(), 1)
			require.NoError(t, test.template.LaunchTemplate().Validate())
		})
	}
}

// TestProviderFromNothingToNothing: the instances join the cluster, which has the
// provider; and all is gone in the end, although the instances are protected.
func TestProviderFromNothingToNothing(t *testing.T) {
	t.Parallel()
	ctx, cloud := patience(t), fakes.New(fakes.Options{})
	provider := ecs.NewGroupProvider("nodes", nodes("nodes")).WithTerminationProtection()
	stack := slipway.NewStack("shop", growing(provider))
	require.NoError(t, stack.Validate())
	result, err := stack.Apply(ctx, cloud.Config(), slipway.Observe(events{t}))
	require.NoError(t, err)
	name := slipway.Output(result, provider).Name
	require.Regexp(t, "^nodes-[0-9a-f]{6}$", name)
	plan, err := stack.Plan(ctx, cloud.Config())
	require.NoError(t, err)
	require.Empty(t, plan.Changes, "%s", plan)

	cloud.Advance(5 * time.Minute)
	client := awsecs.NewFromConfig(cloud.Config())
	cluster := described(t, client)
	require.ElementsMatch(t, []string{"FARGATE", "FARGATE_SPOT", name}, cluster.CapacityProviders)
	require.Equal(t, name, *cluster.DefaultCapacityProviderStrategy[0].CapacityProvider)
	require.Positive(t, cluster.RegisteredContainerInstancesCount)

	changed := slipway.NewStack("shop", growing(provider.WithManagedScaling(ecs.ManagedScaling{TargetCapacity: 90})))
	_, err = changed.Apply(ctx, cloud.Config())
	require.NoError(t, err)
	out, err := client.DescribeCapacityProviders(ctx, &awsecs.DescribeCapacityProvidersInput{CapacityProviders: []string{name}})
	require.NoError(t, err)
	require.Equal(t, int32(90), *out.CapacityProviders[0].AutoScalingGroupProvider.ManagedScaling.TargetCapacity)

	require.NoError(t, stack.Destroy(ctx, cloud.Config(), slipway.Observe(events{t})))
	groups, err := awsasg.NewFromConfig(cloud.Config()).DescribeAutoScalingGroups(ctx, &awsasg.DescribeAutoScalingGroupsInput{})
	require.NoError(t, err)
	require.Empty(t, groups.AutoScalingGroups)
	require.Equal(t, "INACTIVE", *described(t, client).Status)
}

func described(t *testing.T, client *awsecs.Client) ecstypes.Cluster {
	t.Helper()
	out, err := client.DescribeClusters(t.Context(), &awsecs.DescribeClustersInput{Clusters: []string{"shop"}})
	require.NoError(t, err)
	require.Len(t, out.Clusters, 1)
	return out.Clusters[0]
}

// TestProviderNoLongerDeclared: it leaves the cluster, which stays, and its instances go.
func TestProviderNoLongerDeclared(t *testing.T) {
	t.Parallel()
	ctx, cloud := patience(t), fakes.New(fakes.Options{})
	_, err := slipway.NewStack("shop", growing(ecs.NewGroupProvider("nodes", nodes("nodes")))).Apply(ctx, cloud.Config())
	require.NoError(t, err)
	bare := slipway.NewStack("shop", ecs.NewCluster("shop"))
	_, err = bare.Apply(ctx, cloud.Config())
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"FARGATE", "FARGATE_SPOT"}, described(t, awsecs.NewFromConfig(cloud.Config())).CapacityProviders)
	plan, err := bare.Plan(ctx, cloud.Config())
	require.NoError(t, err)
	require.Empty(t, plan.Changes, "%s", plan)
}

// TestProviderOfAnotherGroup is another provider, and the old one goes.
func TestProviderOfAnotherGroup(t *testing.T) {
	t.Parallel()
	ctx, cloud := patience(t), fakes.New(fakes.Options{})
	for _, group := range []string{"blue", "green"} {
		_, err := slipway.NewStack("shop", growing(ecs.NewGroupProvider("nodes", nodes(group)))).Apply(ctx, cloud.Config())
		require.NoError(t, err)
	}
	cluster := described(t, awsecs.NewFromConfig(cloud.Config()))
	require.Len(t, cluster.CapacityProviders, 3)
	require.Equal(t, aws.ToString(cluster.DefaultCapacityProviderStrategy[0].CapacityProvider), cluster.CapacityProviders[2])
}

// Instances join the cluster, and ECS adds some when tasks do not fit.
func ExampleNewGroupProvider() {
	template := ecs.NewInstanceTemplate("nodes", ecs.NewCluster("shop"), ecs.AL2023, vpc.Default()).WithInstanceType("m7i.large")
	group := autoscaling.NewGroup("nodes", template.LaunchTemplate(), vpc.Default()).WithSize(0, 10).WithScaleInProtection()
	provider := ecs.NewGroupProvider("nodes", group).WithManagedScaling(ecs.ManagedScaling{TargetCapacity: 90}).WithTerminationProtection()
	cluster := ecs.NewCluster("shop").WithCapacityProvider(provider)
	fmt.Println(slipway.NewStack("shop", cluster).Validate())
	// Output: <nil>
}

// Bottlerocket reads its settings as TOML.
func ExampleNewInstanceTemplate() {
	template := ecs.NewInstanceTemplate("nodes", ecs.ClusterNamed("shop"), ecs.Bottlerocket, vpc.Default()).
		WithInstanceType("m7i.large").WithAttribute("disk", "fast")
	fmt.Println(template.LaunchTemplate().Validate())
	// Output: <nil>
}
