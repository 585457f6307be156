// SPDX-License-Identifier: Apache-2.0

package fakes_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"
)

// definition registers the service's task definition again, changed.
func (c canary) definition(change func(*awsecs.RegisterTaskDefinitionInput)) *string {
	c.Helper()
	out, err := c.client.DescribeTaskDefinition(c.Context(), &awsecs.DescribeTaskDefinitionInput{TaskDefinition: c.service().TaskDefinition})
	require.NoError(c, err)
	d := out.TaskDefinition
	in := &awsecs.RegisterTaskDefinitionInput{
		Family: d.Family, ContainerDefinitions: d.ContainerDefinitions, Cpu: d.Cpu, Memory: d.Memory, ExecutionRoleArn: d.ExecutionRoleArn,
		NetworkMode: d.NetworkMode, RequiresCompatibilities: d.RequiresCompatibilities, RuntimePlatform: d.RuntimePlatform,
	}
	change(in)
	made, err := c.client.RegisterTaskDefinition(c.Context(), in)
	require.NoError(c, err)
	return made.TaskDefinition.TaskDefinitionArn
}

// main is the container Main of the service's task definition.
func (c canary) main() ecstypes.ContainerDefinition {
	c.Helper()
	out, err := c.client.DescribeTaskDefinition(c.Context(), &awsecs.DescribeTaskDefinitionInput{TaskDefinition: c.service().TaskDefinition})
	require.NoError(c, err)
	require.Equal(c, "Main", *out.TaskDefinition.ContainerDefinitions[0].Name)
	return out.TaskDefinition.ContainerDefinitions[0]
}

// TestExpressIsAServiceOfECS: UpdateService changes it, too, as a canary; Express Mode
// shows the outcome and leaves alone what it is not asked about.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-advanced-customization.html
func TestExpressIsAServiceOfECS(t *testing.T) {
	t.Parallel()
	c := newCanary(t, nil)
	_, err := c.client.UpdateService(t.Context(), &awsecs.UpdateServiceInput{
		Service: &c.arn, EnableECSManagedTags: aws.Bool(false), HealthCheckGracePeriodSeconds: aws.Int32(7),
		TaskDefinition: c.definition(func(in *awsecs.RegisterTaskDefinitionInput) {
			main := in.ContainerDefinitions[0]
			main.Image, main.Ulimits = aws.String("public.ecr.aws/shop/web:2"), []ecstypes.Ulimit{{Name: ecstypes.UlimitNameNofile, SoftLimit: 9, HardLimit: 9}}
			in.ContainerDefinitions = []ecstypes.ContainerDefinition{main, {
				Name: aws.String("sidecar"), Image: aws.String("public.ecr.aws/shop/sidecar:1"), Essential: aws.Bool(false),
			}}
		}),
	})
	require.NoError(t, err)
	c.cloud.Advance(time.Minute)
	require.Equal(t, 5, c.answers()[http.StatusAccepted])
	expressWait(t, c.cloud, c.arn)
	require.Equal(t, []string{"public.ecr.aws/shop/web:2"}, c.images())

	_, err = c.client.UpdateExpressGatewayService(t.Context(), &awsecs.UpdateExpressGatewayServiceInput{
		ServiceArn: &c.arn, PrimaryContainer: &ecstypes.ExpressGatewayContainer{Image: aws.String("public.ecr.aws/shop/web:1")},
	})
	require.NoError(t, err)
	expressWait(t, c.cloud, c.arn)
	require.Equal(t, "public.ecr.aws/shop/web:1", *c.main().Image)
	require.Len(t, c.main().Ulimits, 1, "Express Mode knows nothing of it")
	require.False(t, c.service().EnableECSManagedTags)
	require.EqualValues(t, 7, *c.service().HealthCheckGracePeriodSeconds)
}

// TestExpressKeepsAnotherLogDriver unless a log group is asked for.
func TestExpressKeepsAnotherLogDriver(t *testing.T) {
	t.Parallel()
	c := newCanary(t, nil)
	update := func(logs *ecstypes.ExpressGatewayServiceAwsLogsConfiguration) {
		_, err := c.client.UpdateExpressGatewayService(t.Context(), &awsecs.UpdateExpressGatewayServiceInput{
			ServiceArn: &c.arn, PrimaryContainer: &ecstypes.ExpressGatewayContainer{Image: aws.String("public.ecr.aws/shop/web:1"), AwsLogsConfiguration: logs},
		})
		require.NoError(t, err)
	}
	require.Regexp(t, `^/aws/ecs/default/web-[0-9a-f]{4}$`, c.main().LogConfiguration.Options["awslogs-group"])
	require.Equal(t, "main-80-tcp", *c.main().PortMappings[0].Name)
	_, err := c.client.UpdateService(t.Context(), &awsecs.UpdateServiceInput{
		Service: &c.arn, TaskDefinition: c.definition(func(in *awsecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverSplunk, Options: map[string]string{
				"splunk-url": "https://splunk.example.com", "splunk-token": "token",
			}}
		}),
	})
	require.NoError(t, err)
	update(nil)
	require.Equal(t, ecstypes.LogDriverSplunk, c.main().LogConfiguration.LogDriver)
	_, err = awslogs.NewFromConfig(c.cloud.Config()).CreateLogGroup(t.Context(), &awslogs.CreateLogGroupInput{LogGroupName: aws.String("mine")})
	require.NoError(t, err)
	update(&ecstypes.ExpressGatewayServiceAwsLogsConfiguration{LogGroup: aws.String("mine"), LogStreamPrefix: aws.String("web")})
	require.Equal(t, "mine", c.main().LogConfiguration.Options["awslogs-group"])
}

// TestExpressMovesOutsideOfExpressMode: subnets and groups of UpdateService are shown.
func TestExpressMovesOutsideOfExpressMode(t *testing.T) {
	t.Parallel()
	c := newCanary(t, nil)
	now := c.service().NetworkConfiguration.AwsvpcConfiguration
	extra, err := awsec2.NewFromConfig(c.cloud.Config()).CreateSecurityGroup(t.Context(), &awsec2.CreateSecurityGroupInput{
		GroupName: aws.String("extra"), Description: aws.String("extra"),
	})
	require.NoError(t, err)
	_, err = c.client.UpdateService(t.Context(), &awsecs.UpdateServiceInput{Service: &c.arn, NetworkConfiguration: &ecstypes.NetworkConfiguration{
		AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: now.Subnets[:2], SecurityGroups: append(now.SecurityGroups, *extra.GroupId), AssignPublicIp: now.AssignPublicIp,
		},
	}})
	require.NoError(t, err)
	s := expressWait(t, c.cloud, c.arn)
	shown := s.ActiveConfigurations[0].NetworkConfiguration
	require.ElementsMatch(t, now.Subnets[:2], shown.Subnets)
	require.ElementsMatch(t, append(now.SecurityGroups, *extra.GroupId), shown.SecurityGroups)
}

// TestExpressRefusesOutside what is Express Mode's own.
func TestExpressRefusesOutside(t *testing.T) {
	t.Parallel()
	c := newCanary(t, nil)
	for _, test := range []struct {
		name, want string
		in         awsecs.UpdateServiceInput
	}{
		{"load balancers", "load balancer configuration", awsecs.UpdateServiceInput{LoadBalancers: []ecstypes.LoadBalancer{}}},
		{"another strategy", "deployment strategy", awsecs.UpdateServiceInput{
			DeploymentConfiguration: &ecstypes.DeploymentConfiguration{Strategy: ecstypes.DeploymentStrategyRolling},
		}},
		{"other bake times, of which reports differ", "not modelled", awsecs.UpdateServiceInput{
			DeploymentConfiguration: &ecstypes.DeploymentConfiguration{Strategy: ecstypes.DeploymentStrategyCanary, BakeTimeInMinutes: aws.Int32(0)},
		}},
	} {
		test.in.Service = &c.arn
		_, err := c.client.UpdateService(t.Context(), &test.in)
		require.ErrorContains(t, err, test.want, test.name)
	}
	_, err := c.client.DeleteService(t.Context(), &awsecs.DeleteServiceInput{Service: &c.arn, Force: aws.Bool(true)})
	require.ErrorContains(t, err, "not modelled")
	require.Equal(t, ecstypes.ResourceManagementTypeEcs, c.service().ResourceManagementType)
}

// TestExpressRunsWhilePartsFail: what runs goes on, and is replaced, while a change waits
// for its parts.
func TestExpressRunsWhilePartsFail(t *testing.T) {
	t.Parallel()
	c := newCanary(t, nil)
	subnets := expressSubnets(t, c.cloud)
	_, err := awsiam.NewFromConfig(c.cloud.Config()).DetachRolePolicy(t.Context(), &awsiam.DetachRolePolicyInput{
		RoleName: aws.String("infra"), PolicyArn: aws.String("arn:aws:iam::aws:policy/service-role/" + expressPolicy),
	})
	require.NoError(t, err)
	_, err = c.client.UpdateExpressGatewayService(t.Context(), &awsecs.UpdateExpressGatewayServiceInput{
		ServiceArn: &c.arn, HealthCheckPath: aws.String("/health?2"), NetworkConfiguration: subnets,
	})
	require.NoError(t, err)
	tasks, err := c.client.ListTasks(t.Context(), &awsecs.ListTasksInput{ServiceName: &c.arn})
	require.NoError(t, err)
	_, err = c.client.StopTask(t.Context(), &awsecs.StopTaskInput{Task: &tasks.TaskArns[0]})
	require.NoError(t, err)
	c.cloud.Advance(time.Minute)
	require.Equal(t, map[int]int{http.StatusOK: 100}, c.answers(), "another task has taken its place")
	require.Contains(t, *c.described().Status.StatusReason, "not authorized")
	require.Equal(t, ecstypes.ServiceDeploymentStatusInProgress, c.deployment().Status)
	attach(t, c.cloud, "infra", expressPolicy)
	expressWait(t, c.cloud, c.arn)
	require.Equal(t, ecstypes.ServiceDeploymentStatusSuccessful, c.deployment().Status)
}

// TestExpressIsStopped by hand, in the middle of its canary.
func TestExpressIsStopped(t *testing.T) {
	t.Parallel()
	c := newCanary(t, nil)
	c.update("web:2")
	c.cloud.Advance(time.Minute)
	_, err := c.client.StopServiceDeployment(t.Context(), &awsecs.StopServiceDeploymentInput{ServiceDeploymentArn: c.deployment().ServiceDeploymentArn})
	require.NoError(t, err)
	require.Equal(t, map[int]int{http.StatusOK: 100}, c.answers())
	expressWait(t, c.cloud, c.arn)
	require.Equal(t, []string{"public.ecr.aws/shop/web:1"}, c.images())
}

// TestExpressBalancersAreMadeAsNeeded: 25 services share one, and the 26th has another.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html
func TestExpressBalancersAreMadeAsNeeded(t *testing.T) {
	t.Parallel()
	c := newCanary(t, nil)
	balancers := func() int {
		out, err := awselb.NewFromConfig(c.cloud.Config()).DescribeLoadBalancers(t.Context(), &awselb.DescribeLoadBalancersInput{})
		require.NoError(t, err)
		return len(out.LoadBalancers)
	}
	first := c.described()
	in := &awsecs.CreateExpressGatewayServiceInput{
		InfrastructureRoleArn: first.InfrastructureRoleArn, ExecutionRoleArn: first.ActiveConfigurations[0].ExecutionRoleArn,
		PrimaryContainer: &ecstypes.ExpressGatewayContainer{Image: aws.String("public.ecr.aws/shop/web:1")},
	}
	var last *awsecs.CreateExpressGatewayServiceOutput
	for i := range 25 {
		in.ServiceName = aws.String(fmt.Sprintf("web-%d", i))
		var err error
		last, err = c.client.CreateExpressGatewayService(t.Context(), in)
		require.NoError(t, err)
		expressWait(t, c.cloud, *last.Service.ServiceArn)
		want := 1
		if i == 24 {
			want = 2
		}
		require.Equal(t, want, balancers(), "with %d services", i+2)
	}
	_, err := c.client.DeleteExpressGatewayService(t.Context(), &awsecs.DeleteExpressGatewayServiceInput{ServiceArn: last.Service.ServiceArn})
	require.NoError(t, err)
	expressGone(t, c.cloud, *last.Service.ServiceArn)
	require.Equal(t, 1, balancers(), "what nobody uses goes")
	require.Equal(t, map[int]int{http.StatusOK: 100}, c.answers())
}

// TestExpressPartsAreMarked, and open no more than they must.
func TestExpressPartsAreMarked(t *testing.T) {
	t.Parallel()
	c := newCanary(t, nil)
	path := c.revision(*c.described().ActiveConfigurations[0].ServiceRevisionArn).IngressPaths[0]
	tags, err := awselb.NewFromConfig(c.cloud.Config()).DescribeTags(t.Context(), &awselb.DescribeTagsInput{
		ResourceArns: []string{*path.LoadBalancer.Arn, *path.Listener.Arn, *path.Rule.Arn, *path.TargetGroups[0].Arn, *path.TargetGroups[1].Arn},
	})
	require.NoError(t, err)
	for _, d := range tags.TagDescriptions {
		require.Equal(t, "AmazonECSManaged=true", *d.Tags[0].Key+"="+*d.Tags[0].Value)
	}
	groups, err := awsec2.NewFromConfig(c.cloud.Config()).DescribeSecurityGroups(t.Context(), &awsec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{{Name: aws.String("tag:AmazonECSManaged"), Values: []string{"true"}}},
	})
	require.NoError(t, err)
	require.Len(t, groups.SecurityGroups, 2)
	for _, g := range groups.SecurityGroups {
		if *g.GroupId != path.LoadBalancer.SecurityGroupIds[0] {
			require.Equal(t, path.LoadBalancer.SecurityGroupIds[0], *g.IpPermissions[0].UserIdGroupPairs[0].GroupId, "only the load balancer gets in")
			continue
		}
		require.EqualValues(t, 443, *g.IpPermissions[0].FromPort)
		require.Len(t, g.IpPermissionsEgress, 1)
		require.EqualValues(t, 80, *g.IpPermissionsEgress[0].FromPort, "it reaches the container's port")
	}
	cluster, err := c.client.DescribeClusters(t.Context(), &awsecs.DescribeClustersInput{})
	require.NoError(t, err)
	require.Equal(t, []string{"FARGATE"}, cluster.Clusters[0].CapacityProviders)
}

// TestExpressNamesItself after its image.
func TestExpressNamesItself(t *testing.T) {
	t.Parallel()
	c := newCanary(t, func(in *awsecs.CreateExpressGatewayServiceInput) { in.ServiceName = nil })
	require.Regexp(t, `^web-[0-9a-f]{4}$`, *c.described().ServiceName)
}
