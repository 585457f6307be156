// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

func TestClusters(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	ctx := t.Context()
	for i := range 5 {
		_, err := b.client.CreateCluster(ctx, &awsecs.CreateClusterInput{
			ClusterName: aws.String(fmt.Sprintf("c%d", i)), Tags: []ecstypes.Tag{{Key: aws.String("n"), Value: aws.String("1")}},
		})
		require.NoError(t, err)
	}
	out, err := b.client.CreateCluster(ctx, &awsecs.CreateClusterInput{})
	require.NoError(t, err)
	require.Equal(t, arnBase+"cluster/default", *out.Cluster.ClusterArn)

	var arns []string
	pages := awsecs.NewListClustersPaginator(b.client, &awsecs.ListClustersInput{MaxResults: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.ClusterArns), 2)
		arns = append(arns, page.ClusterArns...)
	}
	require.Len(t, arns, 6)
	_, err = b.client.ListClusters(ctx, &awsecs.ListClustersInput{NextToken: aws.String("what")})
	require.ErrorContains(t, err, "InvalidParameterException")

	described, err := b.client.DescribeClusters(ctx, &awsecs.DescribeClustersInput{Clusters: []string{"c0", arns[1], "none"}})
	require.NoError(t, err)
	require.Len(t, described.Clusters, 2)
	require.Equal(t, []ecstypes.Failure{{Arn: aws.String(arnBase + "cluster/none"), Reason: aws.String("MISSING")}}, described.Failures)
	require.Empty(t, described.Clusters[0].Tags)
	require.Empty(t, described.Clusters[0].Settings)
	described, err = b.client.DescribeClusters(ctx, &awsecs.DescribeClustersInput{Clusters: []string{"c0"}, Include: ecstypes.ClusterField("").Values()})
	require.NoError(t, err)
	c := described.Clusters[0]
	require.Len(t, c.Tags, 1)
	require.Equal(t, "disabled", *c.Settings[0].Value)
	require.NotEmpty(t, c.Statistics)

	_, err = b.client.DeleteCluster(ctx, &awsecs.DeleteClusterInput{Cluster: aws.String("c0")})
	require.NoError(t, err)
	described, err = b.client.DescribeClusters(ctx, &awsecs.DescribeClustersInput{Clusters: []string{"c0"}})
	require.NoError(t, err)
	require.Equal(t, "INACTIVE", *described.Clusters[0].Status)
	_, err = b.client.DeleteCluster(ctx, &awsecs.DeleteClusterInput{Cluster: aws.String("c0")})
	var notFound *ecstypes.ClusterNotFoundException
	require.ErrorAs(t, err, &notFound)
}

func TestUpdateCluster(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	ctx := t.Context()
	b.cluster()
	out, err := b.client.UpdateCluster(ctx, &awsecs.UpdateClusterInput{
		Cluster:                aws.String("main"),
		Settings:               []ecstypes.ClusterSetting{{Name: ecstypes.ClusterSettingNameContainerInsights, Value: aws.String("enabled")}},
		ServiceConnectDefaults: &ecstypes.ClusterServiceConnectDefaultsRequest{Namespace: aws.String("shop")},
		Configuration: &ecstypes.ClusterConfiguration{
			ExecuteCommandConfiguration: &ecstypes.ExecuteCommandConfiguration{Logging: ecstypes.ExecuteCommandLoggingNone},
		},
	})
	require.NoError(t, err)
	require.Equal(t, "enabled", *out.Cluster.Settings[0].Value)
	require.Equal(t, "shop", *out.Cluster.ServiceConnectDefaults.Namespace)
	require.Equal(t, ecstypes.ExecuteCommandLoggingNone, out.Cluster.Configuration.ExecuteCommandConfiguration.Logging)
	out, err = b.client.UpdateCluster(ctx, &awsecs.UpdateClusterInput{
		Cluster: aws.String("main"), ServiceConnectDefaults: &ecstypes.ClusterServiceConnectDefaultsRequest{Namespace: aws.String("")},
	})
	require.NoError(t, err)
	require.Nil(t, out.Cluster.ServiceConnectDefaults)
	set, err := b.client.UpdateClusterSettings(ctx, &awsecs.UpdateClusterSettingsInput{
		Cluster:  aws.String("main"),
		Settings: []ecstypes.ClusterSetting{{Name: ecstypes.ClusterSettingNameContainerInsights, Value: aws.String("enhanced")}},
	})
	require.NoError(t, err)
	require.Equal(t, "enhanced", *set.Cluster.Settings[0].Value)
}

func TestCapacityProviders(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	ctx := t.Context()
	b.cluster()
	out, err := b.client.DescribeCapacityProviders(ctx, &awsecs.DescribeCapacityProvidersInput{})
	require.NoError(t, err)
	require.Len(t, out.CapacityProviders, 2)
	require.Equal(t, arnBase+"capacity-provider/FARGATE", *out.CapacityProviders[0].CapacityProviderArn)
	out, err = b.client.DescribeCapacityProviders(ctx, &awsecs.DescribeCapacityProvidersInput{CapacityProviders: []string{"mine"}})
	require.NoError(t, err)
	require.Equal(t, "MISSING", *out.Failures[0].Reason)

	put := func(providers ...string) error {
		in := &awsecs.PutClusterCapacityProvidersInput{
			Cluster: aws.String("main"), CapacityProviders: providers, DefaultCapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{},
		}
		if len(providers) > 0 {
			in.DefaultCapacityProviderStrategy = []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: &providers[0], Weight: 1}}
		}
		_, err := b.client.PutClusterCapacityProviders(ctx, in)
		return err
	}
	require.NoError(t, put("FARGATE_SPOT", "FARGATE"))
	require.Error(t, put("mine"))
	b.define("web", nil)
	b.create(1, func(in *awsecs.CreateServiceInput) { in.LaunchType = "" })
	require.Equal(t, "FARGATE_SPOT", *b.service("web").CapacityProviderStrategy[0].CapacityProvider, "the default of the cluster")
	b.settle()
	require.Equal(t, "FARGATE_SPOT", *b.tasks(ecstypes.DesiredStatusRunning)[0].CapacityProviderName)
	var used *ecstypes.ResourceInUseException
	require.ErrorAs(t, put("FARGATE"), &used)
}

func TestTaskDefinitions(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	ctx := t.Context()
	b.define("web", func(in *awsecs.RegisterTaskDefinitionInput) {
		in.Cpu, in.Memory = aws.String("1 vCPU"), aws.String("2 GB")
		in.ContainerDefinitions[0].HealthCheck = &ecstypes.HealthCheck{Command: []string{"CMD", "x"}}
		in.ContainerDefinitions[0].Essential = nil
		in.Tags = []ecstypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}}
	})
	for range 3 {
		b.define("web", nil)
	}
	b.define("job", nil)

	first, err := b.client.DescribeTaskDefinition(ctx, &awsecs.DescribeTaskDefinitionInput{
		TaskDefinition: aws.String("web:1"), Include: []ecstypes.TaskDefinitionField{ecstypes.TaskDefinitionFieldTags},
	})
	require.NoError(t, err)
	d := first.TaskDefinition
	require.Equal(t, "1024", *d.Cpu)
	require.Equal(t, "2048", *d.Memory)
	require.Len(t, first.Tags, 1)
	c := d.ContainerDefinitions[0]
	require.True(t, *c.Essential)
	require.Equal(t, int32(8080), *c.PortMappings[0].HostPort)
	require.Equal(t, ecstypes.TransportProtocolTcp, c.PortMappings[0].Protocol)
	require.Equal(t, []int32{30, 5, 3}, []int32{*c.HealthCheck.Interval, *c.HealthCheck.Timeout, *c.HealthCheck.Retries})
	newest, err := b.client.DescribeTaskDefinition(ctx, &awsecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("web")})
	require.NoError(t, err)
	require.Equal(t, int32(4), newest.TaskDefinition.Revision)
	require.Empty(t, newest.Tags)
	_, err = b.client.DescribeTaskDefinition(ctx, &awsecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("none")})
	require.ErrorContains(t, err, "ClientException: Unable to describe task definition.")

	list, err := b.client.ListTaskDefinitions(ctx, &awsecs.ListTaskDefinitionsInput{FamilyPrefix: aws.String("web"), Sort: ecstypes.SortOrderDesc})
	require.NoError(t, err)
	require.Len(t, list.TaskDefinitionArns, 4)
	require.Equal(t, arnBase+"task-definition/web:4", list.TaskDefinitionArns[0])
	families, err := b.client.ListTaskDefinitionFamilies(ctx, &awsecs.ListTaskDefinitionFamiliesInput{})
	require.NoError(t, err)
	require.Equal(t, []string{"job", "web"}, families.Families)

	deregister := func(ref string) error {
		_, err := b.client.DeregisterTaskDefinition(ctx, &awsecs.DeregisterTaskDefinitionInput{TaskDefinition: &ref})
		return err
	}
	require.ErrorContains(t, deregister("job"), "ClientException")
	require.ErrorContains(t, deregister("job:9"), "ClientException")
	deleted, err := b.client.DeleteTaskDefinitions(ctx, &awsecs.DeleteTaskDefinitionsInput{TaskDefinitions: []string{"job:1", "job:2"}})
	require.NoError(t, err)
	require.Len(t, deleted.Failures, 2, "still active; not there")
	require.NoError(t, deregister("job:1"))
	families, err = b.client.ListTaskDefinitionFamilies(ctx, &awsecs.ListTaskDefinitionFamiliesInput{Status: ecstypes.TaskDefinitionFamilyStatusInactive})
	require.NoError(t, err)
	require.Equal(t, []string{"job"}, families.Families)
	deleted, err = b.client.DeleteTaskDefinitions(ctx, &awsecs.DeleteTaskDefinitionsInput{TaskDefinitions: []string{"job:1"}})
	require.NoError(t, err)
	require.Equal(t, ecstypes.TaskDefinitionStatusDeleteInProgress, deleted.TaskDefinitions[0].Status)
	b.define("job", nil)
	again, err := b.client.DescribeTaskDefinition(ctx, &awsecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("job")})
	require.NoError(t, err)
	require.Equal(t, int32(2), again.TaskDefinition.Revision, "revisions are never used again")
}

func TestDeletedTaskDefinitionInUse(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	used, running := b.define("web", nil), b.define("job", nil)
	b.create(1, nil)
	b.run(func(in *awsecs.RunTaskInput) { in.TaskDefinition = aws.String("job") })
	b.settle()
	for _, arn := range []string{used, running} {
		_, err := b.client.DeregisterTaskDefinition(t.Context(), &awsecs.DeregisterTaskDefinitionInput{TaskDefinition: &arn})
		require.NoError(t, err)
		_, err = b.client.DeleteTaskDefinitions(t.Context(), &awsecs.DeleteTaskDefinitionsInput{TaskDefinitions: []string{arn}})
		require.NoError(t, err)
		out, err := b.client.DescribeTaskDefinition(t.Context(), &awsecs.DescribeTaskDefinitionInput{TaskDefinition: &arn})
		require.NoError(t, err, "it stays as long as something stands on it")
		require.Equal(t, ecstypes.TaskDefinitionStatusDeleteInProgress, out.TaskDefinition.Status)
	}
	_, err := b.client.RunTask(t.Context(), &awsecs.RunTaskInput{
		Cluster: aws.String("main"), TaskDefinition: &running, LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: b.network(),
	})
	require.ErrorContains(t, err, "ClientException: TaskDefinition is inactive")
}

func TestTags(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	ctx := t.Context()
	b.cluster()
	definition := b.define("web", nil)
	b.create(1, nil)
	task := b.run(nil)
	for _, arn := range []string{arnBase + "cluster/main", arnBase + "service/main/web", definition, task} {
		tag := func(key, value string) error {
			_, err := b.client.TagResource(ctx, &awsecs.TagResourceInput{ResourceArn: &arn, Tags: []ecstypes.Tag{{Key: &key, Value: &value}}})
			return err
		}
		require.NoError(t, tag("a", "1"))
		require.NoError(t, tag("b", "1"))
		require.NoError(t, tag("a", "2"))
		require.Error(t, tag("aws:x", "1"))
		_, err := b.client.UntagResource(ctx, &awsecs.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"b"}})
		require.NoError(t, err)
		out, err := b.client.ListTagsForResource(ctx, &awsecs.ListTagsForResourceInput{ResourceArn: &arn})
		require.NoError(t, err)
		require.Equal(t, []ecstypes.Tag{{Key: aws.String("a"), Value: aws.String("2")}}, out.Tags)
	}
	for _, arn := range []string{"web", arnBase + "service/main/none", arnBase + "cluster/none", arnBase + "task/main/none", arnBase + "gateway/main"} {
		_, err := b.client.ListTagsForResource(ctx, &awsecs.ListTagsForResourceInput{ResourceArn: &arn})
		require.Error(t, err, arn)
	}
}

func TestAccountSettings(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	ctx := t.Context()
	list := func(effective bool) int {
		n := 0
		pages := awsecs.NewListAccountSettingsPaginator(b.client, &awsecs.ListAccountSettingsInput{EffectiveSettings: effective})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			require.NoError(t, err)
			n += len(page.Settings)
		}
		return n
	}
	require.Zero(t, list(false))
	require.Equal(t, 11, list(true))
	_, err := b.client.PutAccountSetting(ctx, &awsecs.PutAccountSettingInput{
		Name: ecstypes.SettingNameContainerInsights, Value: aws.String("enhanced"),
	})
	require.NoError(t, err)
	_, err = b.client.PutAccountSettingDefault(ctx, &awsecs.PutAccountSettingDefaultInput{Name: "what", Value: aws.String("on")})
	require.ErrorContains(t, err, "InvalidParameterException")
	out, err := b.client.CreateCluster(ctx, &awsecs.CreateClusterInput{ClusterName: aws.String("new")})
	require.NoError(t, err)
	require.Equal(t, "enhanced", *out.Cluster.Settings[0].Value, "the default of new clusters")
	require.Equal(t, 1, list(false))
	_, err = b.client.DeleteAccountSetting(ctx, &awsecs.DeleteAccountSettingInput{Name: ecstypes.SettingNameContainerInsights})
	require.NoError(t, err)
	require.Zero(t, list(false))
}

func TestServiceLists(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	for i := range 12 {
		b.create(0, func(in *awsecs.CreateServiceInput) { in.ServiceName = aws.String(fmt.Sprintf("s%02d", i)) })
	}
	out, err := b.client.ListServices(t.Context(), &awsecs.ListServicesInput{Cluster: aws.String("main")})
	require.NoError(t, err)
	require.Len(t, out.ServiceArns, 10, "ten a page by default")
	out, err = b.client.ListServices(t.Context(), &awsecs.ListServicesInput{Cluster: aws.String("main"), MaxResults: aws.Int32(100)})
	require.NoError(t, err)
	require.Len(t, out.ServiceArns, 12)
	_, err = b.client.DescribeServices(t.Context(), &awsecs.DescribeServicesInput{Cluster: aws.String("main"), Services: out.ServiceArns[:11]})
	require.ErrorContains(t, err, "InvalidParameterException")
	described, err := b.client.DescribeServices(t.Context(), &awsecs.DescribeServicesInput{
		Cluster: aws.String(arnBase + "cluster/main"), Services: []string{out.ServiceArns[0], "none"},
	})
	require.NoError(t, err)
	require.Equal(t, "s00", *described.Services[0].ServiceName)
	require.Equal(t, []ecstypes.Failure{{Arn: aws.String(arnBase + "service/main/none"), Reason: aws.String("MISSING")}}, described.Failures)
	b.settle()
	require.Equal(t, ecstypes.DeploymentRolloutStateCompleted, b.service("s00").Deployments[0].RolloutState, "nothing to run is soon done")
}

func TestDeploymentListFilters(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.create(1, nil)
	b.wait(time.Hour)
	middle := b.service("web").CreatedAt.Add(30 * time.Minute)
	b.update(func(in *awsecs.UpdateServiceInput) { in.ForceNewDeployment = true })
	count := func(change func(*awsecs.ListServiceDeploymentsInput)) int {
		in := &awsecs.ListServiceDeploymentsInput{Cluster: aws.String("main"), Service: aws.String("web")}
		change(in)
		out, err := b.client.ListServiceDeployments(t.Context(), in)
		require.NoError(t, err)
		return len(out.ServiceDeployments)
	}
	require.Equal(t, 2, count(func(*awsecs.ListServiceDeploymentsInput) {}))
	require.Zero(t, count(func(in *awsecs.ListServiceDeploymentsInput) {
		in.Status = []ecstypes.ServiceDeploymentStatus{ecstypes.ServiceDeploymentStatusRollbackFailed}
	}))
	require.Equal(t, 1, count(func(in *awsecs.ListServiceDeploymentsInput) { in.CreatedAt = &ecstypes.CreatedAt{After: &middle} }))
	require.Equal(t, 1, count(func(in *awsecs.ListServiceDeploymentsInput) { in.CreatedAt = &ecstypes.CreatedAt{Before: &middle} }))
}

// TestReproducible demands that two worlds that are treated alike are alike.
func TestReproducible(t *testing.T) {
	t.Parallel()
	var seen [2][]string
	for i := range seen {
		b := newBench(t, world.Timing{})
		b.cluster()
		b.define("web", nil)
		b.create(3, nil)
		b.settle()
		b.update(func(in *awsecs.UpdateServiceInput) { in.ForceNewDeployment = true })
		b.settle()
		seen[i] = b.events()
	}
	require.Equal(t, seen[0], seen[1])
}
