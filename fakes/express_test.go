// SPDX-License-Identifier: Apache-2.0

package fakes_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// expressRole makes a role that a service may assume, with a managed policy.
func expressRole(t *testing.T, cloud *fakes.Cloud, name, service, policy string) string {
	t.Helper()
	client := awsiam.NewFromConfig(cloud.Config())
	trust, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]string{"Service": service},
	}}})
	require.NoError(t, err)
	out, err := client.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(string(trust))})
	require.NoError(t, err)
	if policy != "" {
		attach(t, cloud, name, policy)
	}
	return *out.Role.Arn
}

func attach(t *testing.T, cloud *fakes.Cloud, role, policy string) {
	t.Helper()
	_, err := awsiam.NewFromConfig(cloud.Config()).AttachRolePolicy(t.Context(), &awsiam.AttachRolePolicyInput{
		RoleName: &role, PolicyArn: aws.String("arn:aws:iam::aws:policy/service-role/" + policy),
	})
	require.NoError(t, err)
}

const expressPolicy = "AmazonECSInfrastructureRoleforExpressGatewayServices"

// expressInput is the least of a service of Express Mode that runs.
func expressInput(t *testing.T, cloud *fakes.Cloud) *awsecs.CreateExpressGatewayServiceInput {
	t.Helper()
	return &awsecs.CreateExpressGatewayServiceInput{
		ServiceName: aws.String("web"), InfrastructureRoleArn: aws.String(expressRole(t, cloud, "infra", "ecs.amazonaws.com", expressPolicy)),
		ExecutionRoleArn: aws.String(expressRole(t, cloud, "exec", "ecs-tasks.amazonaws.com", "AmazonECSTaskExecutionRolePolicy")),
		PrimaryContainer: &ecstypes.ExpressGatewayContainer{
			Image:       aws.String("public.ecr.aws/nginx/nginx:1"),
			Environment: []ecstypes.KeyValuePair{{Name: aws.String("A"), Value: aws.String("1")}, {Name: aws.String("B"), Value: aws.String("2")}},
		},
	}
}

// expressWait lets time pass until the service has no deployment under way.
func expressWait(t *testing.T, cloud *fakes.Cloud, arn string) *ecstypes.ECSExpressGatewayService {
	t.Helper()
	client := awsecs.NewFromConfig(cloud.Config())
	for range 600 {
		cloud.Advance(time.Second)
		out, err := client.DescribeExpressGatewayService(t.Context(), &awsecs.DescribeExpressGatewayServiceInput{ServiceArn: &arn})
		require.NoError(t, err)
		if out.Service.CurrentDeployment == nil {
			return out.Service
		}
	}
	require.Fail(t, "the deployment does not end")
	return nil
}

func TestExpressFromEndToEnd(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{Timing: fakes.Timing{Deprovision: time.Minute}})
	client := awsecs.NewFromConfig(cloud.Config())
	created, err := client.CreateExpressGatewayService(t.Context(), expressInput(t, cloud))
	require.NoError(t, err)
	arn := created.Service.ServiceArn
	require.Equal(t, "arn:aws:ecs:us-east-1:123456789012:service/default/web", *arn, "the cluster default was made")
	require.NotNil(t, created.Service.CurrentDeployment)
	s := expressWait(t, cloud, *arn)
	require.Equal(t, ecstypes.ExpressGatewayServiceStatusCodeActive, s.Status.StatusCode)
	require.Len(t, s.ActiveConfigurations, 1)
	now := s.ActiveConfigurations[0]
	require.Equal(t, []string{"1024", "2048"}, []string{*now.Cpu, *now.Memory})
	require.Equal(t, "/", *now.HealthCheckPath)
	require.Regexp(t, `^we-[0-9a-f]{32}\.ecs\.us-east-1\.on\.aws$`, *now.IngressPaths[0].Endpoint, "it begins as the name does")
	require.Equal(t, ecstypes.ExpressGatewayServiceScalingMetricAverageCPUUtilization, now.ScalingTarget.AutoScalingMetric)
	require.EqualValues(t, 60, *now.ScalingTarget.AutoScalingTargetValue)
	require.Equal(t, "B", *now.PrimaryContainer.Environment[0].Name, "ECS does not keep the order")
	require.Equal(t, []string{}, now.PrimaryContainer.Command)
	require.Len(t, now.NetworkConfiguration.SecurityGroups, 1, "the managed group")
	require.Equal(t, ecstypes.AccessTypePublic, now.IngressPaths[0].AccessType)

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+*now.IngressPaths[0].Endpoint+"/", nil)
	require.NoError(t, err)
	answer, err := (cloud.Config().HTTPClient).Do(request)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.NoError(t, answer.Body.Close())

	revision, err := client.DescribeServiceRevisions(t.Context(), &awsecs.DescribeServiceRevisionsInput{ServiceRevisionArns: []string{*now.ServiceRevisionArn}})
	require.NoError(t, err)
	managed := revision.ServiceRevisions[0].EcsManagedResources
	require.Equal(t, ecstypes.ManagedResourceStatusActive, managed.IngressPaths[0].LoadBalancer.Status)
	require.Equal(t, ecstypes.ManagedResourceStatusActive, managed.AutoScaling.ScalableTarget.Status)

	_, err = client.DeleteExpressGatewayService(t.Context(), &awsecs.DeleteExpressGatewayServiceInput{ServiceArn: arn})
	require.NoError(t, err)
	again := expressAgain(created)
	_, err = client.CreateExpressGatewayService(t.Context(), again)
	require.ErrorContains(t, err, "still Draining")
	s = expressGone(t, cloud, *arn)
	require.Equal(t, ecstypes.ExpressGatewayServiceStatusCodeInactive, s.Status.StatusCode)
	nothingLeft(t, cloud)
	_, err = client.CreateExpressGatewayService(t.Context(), again)
	require.NoError(t, err, "the name is free again")
}

func expressAgain(created *awsecs.CreateExpressGatewayServiceOutput) *awsecs.CreateExpressGatewayServiceInput {
	x := created.Service.ActiveConfigurations[0]
	return &awsecs.CreateExpressGatewayServiceInput{
		ServiceName: created.Service.ServiceName, InfrastructureRoleArn: created.Service.InfrastructureRoleArn, ExecutionRoleArn: x.ExecutionRoleArn,
		PrimaryContainer: &ecstypes.ExpressGatewayContainer{Image: x.PrimaryContainer.Image},
	}
}

func expressGone(t *testing.T, cloud *fakes.Cloud, arn string) *ecstypes.ECSExpressGatewayService {
	t.Helper()
	client := awsecs.NewFromConfig(cloud.Config())
	for range 600 {
		cloud.Advance(time.Second)
		out, err := client.DescribeExpressGatewayService(t.Context(), &awsecs.DescribeExpressGatewayServiceInput{ServiceArn: &arn})
		require.NoError(t, err)
		if out.Service.Status.StatusCode == ecstypes.ExpressGatewayServiceStatusCodeInactive {
			return out.Service
		}
	}
	require.Fail(t, "the service does not go")
	return nil
}

// nothingLeft demands that the parts of Express Mode are gone.
func nothingLeft(t *testing.T, cloud *fakes.Cloud) {
	t.Helper()
	balancers, err := awselb.NewFromConfig(cloud.Config()).DescribeLoadBalancers(t.Context(), &awselb.DescribeLoadBalancersInput{})
	require.NoError(t, err)
	require.Empty(t, balancers.LoadBalancers)
	targets, err := awselb.NewFromConfig(cloud.Config()).DescribeTargetGroups(t.Context(), &awselb.DescribeTargetGroupsInput{})
	require.NoError(t, err)
	require.Empty(t, targets.TargetGroups)
	groups, err := awsec2.NewFromConfig(cloud.Config()).DescribeSecurityGroups(t.Context(), &awsec2.DescribeSecurityGroupsInput{})
	require.NoError(t, err)
	require.Len(t, groups.SecurityGroups, 1, "the default group")
}

func TestExpressWaitsForItsRole(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client := awsecs.NewFromConfig(cloud.Config())
	in := expressInput(t, cloud)
	good := in.InfrastructureRoleArn
	in.InfrastructureRoleArn = aws.String(expressRole(t, cloud, "mistrusted", "ecs-tasks.amazonaws.com", expressPolicy))
	_, err := client.CreateExpressGatewayService(t.Context(), in)
	require.ErrorContains(t, err, "Unable to assume the infrastructure role")

	in.InfrastructureRoleArn, in.NetworkConfiguration = aws.String(expressRole(t, cloud, "poor", "ecs.amazonaws.com", "")), expressSubnets(t, cloud)
	created, err := client.CreateExpressGatewayService(t.Context(), in)
	require.NoError(t, err)
	cloud.Advance(time.Minute)
	out, err := client.DescribeExpressGatewayService(t.Context(), &awsecs.DescribeExpressGatewayServiceInput{ServiceArn: created.Service.ServiceArn})
	require.NoError(t, err)
	require.Contains(t, *out.Service.Status.StatusReason, "not authorized to perform", "AWS says what the role lacks")
	require.NotNil(t, out.Service.CurrentDeployment)
	revision, err := client.DescribeServiceRevisions(t.Context(), &awsecs.DescribeServiceRevisionsInput{
		ServiceRevisionArns: []string{*out.Service.ActiveConfigurations[0].ServiceRevisionArn},
	})
	require.NoError(t, err)
	group := revision.ServiceRevisions[0].EcsManagedResources.IngressPaths[0].LoadBalancerSecurityGroups[0]
	require.Equal(t, ecstypes.ManagedResourceStatusFailed, group.Status)

	attach(t, cloud, "poor", expressPolicy)
	s := expressWait(t, cloud, *created.Service.ServiceArn)
	require.Nil(t, s.Status.StatusReason, "it goes on by itself")
	require.NotEqual(t, good, s.InfrastructureRoleArn)
}

func expressSubnets(t *testing.T, cloud *fakes.Cloud) *ecstypes.ExpressGatewayServiceNetworkConfiguration {
	t.Helper()
	out, err := awsec2.NewFromConfig(cloud.Config()).DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	n := &ecstypes.ExpressGatewayServiceNetworkConfiguration{}
	for _, s := range out.Subnets {
		n.Subnets = append(n.Subnets, *s.SubnetId)
	}
	return n
}

func TestExpressSharesItsBalancer(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client := awsecs.NewFromConfig(cloud.Config())
	in := expressInput(t, cloud)
	first, err := client.CreateExpressGatewayService(t.Context(), in)
	require.NoError(t, err)
	in.ServiceName = aws.String("api")
	second, err := client.CreateExpressGatewayService(t.Context(), in)
	require.NoError(t, err)
	expressWait(t, cloud, *first.Service.ServiceArn)
	expressWait(t, cloud, *second.Service.ServiceArn)
	elb := awselb.NewFromConfig(cloud.Config())
	balancers, err := elb.DescribeLoadBalancers(t.Context(), &awselb.DescribeLoadBalancersInput{})
	require.NoError(t, err)
	require.Len(t, balancers.LoadBalancers, 1)
	for _, arn := range []*string{first.Service.ServiceArn, second.Service.ServiceArn} {
		_, err = client.DeleteExpressGatewayService(t.Context(), &awsecs.DeleteExpressGatewayServiceInput{ServiceArn: arn})
		require.NoError(t, err)
		expressGone(t, cloud, *arn)
	}
	nothingLeft(t, cloud)
}
