// SPDX-License-Identifier: Apache-2.0

package failures_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// ecsFakeCases are the cases of this file's area, by id.
var ecsFakeCases = map[string]func(t *testing.T, c Case){
	"ecs-awslogs-group-missing":            missingLogGroup,
	"ecs-awslogs-create-group-denied":      logGroupDenied,
	"ecs-capacity-provider-in-use":         providerInUse,
	"ecs-cluster-not-active-on-cp-update":  providersPutTwice,
	"ecs-delete-cluster-with-tasks":        clusterWithTasks,
	"ecs-elb-unhealthy-event":              unhealthyTarget,
	"ecs-fargate-capacity-unavailable":     noCapacity,
	"ecs-fargate-unsupported-az-subnet":    noFargate,
	"ecs-fargate-vcpu-quota":               vcpuQuota,
	"ecs-passrole-denied":                  passRoleDenied,
	"ecs-pull-no-internet-route":           noRoute,
	"ecs-pull-repository-not-found":        noRepository,
	"ecs-secret-ssm-access-denied":         parameterDenied,
	"ecs-secret-ssm-cross-account":         foreignParameter,
	"ecs-service-create-not-idempotent":    createdTwice,
	"ecs-tags-need-long-arn":               shortARN,
	"ecs-service-registry-port-not-needed": registryWithPort,
	"ecs-target-group-not-attached-to-lb":  unattached,
	"ecs-update-service-not-active":        updatedWhileDraining,
}

// stage is a cloud with an ECS cluster "main" and a task definition "web".
type stage struct {
	t     *testing.T
	cloud *fakes.Cloud
	ecs   *awsecs.Client
}

func newStage(t *testing.T, timing fakes.Timing) *stage {
	t.Helper()
	cloud := fakes.New(fakes.Options{Timing: timing})
	s := &stage{t: t, cloud: cloud, ecs: awsecs.NewFromConfig(cloud.Config())}
	_, err := s.ecs.CreateCluster(t.Context(), &awsecs.CreateClusterInput{
		ClusterName: aws.String("main"), CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"},
	})
	require.NoError(t, err)
	return s
}

// define registers the task definition "web", with an execution role.
func (s *stage) define(change func(in *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition)) {
	s.t.Helper()
	_, err := s.ecs.RegisterTaskDefinition(s.t.Context(), task(func(in *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition) {
		in.ExecutionRoleArn = s.role("execution", "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")
		c.PortMappings = []ecstypes.PortMapping{{ContainerPort: aws.Int32(80)}}
		if change != nil {
			change(in, c)
		}
	}))
	require.NoError(s.t, err)
}

// role makes a role that tasks may assume.
func (s *stage) role(name string, managed ...string) *string {
	s.t.Helper()
	client := awsiam.NewFromConfig(s.cloud.Config())
	out, err := client.CreateRole(s.t.Context(), &awsiam.CreateRoleInput{
		RoleName: &name, AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com","AWS":"*"},"Action":"sts:AssumeRole"}]}`),
	})
	require.NoError(s.t, err)
	for _, arn := range managed {
		_, err := client.AttachRolePolicy(s.t.Context(), &awsiam.AttachRolePolicyInput{RoleName: &name, PolicyArn: &arn})
		require.NoError(s.t, err)
	}
	return out.Role.Arn
}

// network is the default VPC, with public addresses if asked for.
func (s *stage) network(public ecstypes.AssignPublicIp) (vpc *string, subnets []string, config *ecstypes.NetworkConfiguration) {
	s.t.Helper()
	out, err := awsec2.NewFromConfig(s.cloud.Config()).DescribeSubnets(s.t.Context(), &awsec2.DescribeSubnetsInput{})
	require.NoError(s.t, err)
	for _, subnet := range out.Subnets {
		subnets = append(subnets, *subnet.SubnetId)
	}
	return out.Subnets[0].VpcId, subnets, &ecstypes.NetworkConfiguration{
		AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: subnets[:2], AssignPublicIp: public},
	}
}

func (s *stage) service(change func(*awsecs.CreateServiceInput)) error {
	s.t.Helper()
	_, _, network := s.network(ecstypes.AssignPublicIpEnabled)
	in := &awsecs.CreateServiceInput{
		Cluster: aws.String("main"), ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(1),
		LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: network,
	}
	if change != nil {
		change(in)
	}
	_, err := s.ecs.CreateService(s.t.Context(), in)
	return err
}

// run runs a task and returns it once all has happened that takes no time.
func (s *stage) run(public ecstypes.AssignPublicIp) ecstypes.Task {
	s.t.Helper()
	_, _, network := s.network(public)
	out, err := s.ecs.RunTask(s.t.Context(), &awsecs.RunTaskInput{
		Cluster: aws.String("main"), TaskDefinition: aws.String("web"), LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: network,
	})
	require.NoError(s.t, err)
	s.cloud.Advance(time.Second)
	described, err := s.ecs.DescribeTasks(s.t.Context(), &awsecs.DescribeTasksInput{Cluster: aws.String("main"), Tasks: []string{*out.Tasks[0].TaskArn}})
	require.NoError(s.t, err)
	return described.Tasks[0]
}

// stoppedWith runs the task on the way to its failure.
func (s *stage) stoppedWith(public ecstypes.AssignPublicIp, fragments ...string) {
	s.t.Helper()
	got := s.run(public)
	require.Equal(s.t, ecstypes.TaskStopCodeTaskFailedToStart, got.StopCode)
	for _, f := range fragments {
		require.Contains(s.t, *got.StoppedReason, f)
	}
}

// answered demands the case's exception.
func answered(t *testing.T, c Case, err error, fragment string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	if c.Code != "" {
		require.Equal(t, c.Code, api.ErrorCode())
	}
	require.Contains(t, c.Message, fragment)
	require.Contains(t, api.ErrorMessage(), fragment)
}

func awslogsTo(group string, create bool) func(*awsecs.RegisterTaskDefinitionInput, *ecstypes.ContainerDefinition) {
	return func(_ *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition) {
		c.LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwslogs, Options: map[string]string{
			"awslogs-group": group, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs",
		}}
		if create {
			c.LogConfiguration.Options["awslogs-create-group"] = "true"
		}
	}
}

func missingLogGroup(t *testing.T, c Case) {
	t.Helper()
	const fragment = "failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist."
	require.Contains(t, c.Message, fragment)
	s := newStage(t, fakes.Timing{})
	s.define(awslogsTo("/ecs/foo", false))
	s.stoppedWith(ecstypes.AssignPublicIpEnabled, "ResourceInitializationError", fragment)

	_, err := awslogs.NewFromConfig(s.cloud.Config()).CreateLogGroup(t.Context(), &awslogs.CreateLogGroupInput{LogGroupName: aws.String("/ecs/foo")})
	require.NoError(t, err)
	require.Equal(t, "RUNNING", *s.run(ecstypes.AssignPublicIpEnabled).LastStatus)
}

func logGroupDenied(t *testing.T, c Case) {
	t.Helper()
	const fragment = "failed to create Cloudwatch log group: AccessDeniedException: User: "
	require.Contains(t, c.Message, fragment)
	s := newStage(t, fakes.Timing{})
	s.define(awslogsTo("/ecs/foo", true))
	s.stoppedWith(ecstypes.AssignPublicIpEnabled, fragment, "logs:CreateLogGroup")
}

func providerInUse(t *testing.T, c Case) {
	t.Helper()
	s := newStage(t, fakes.Timing{})
	s.define(nil)
	require.NoError(t, s.service(func(in *awsecs.CreateServiceInput) {
		in.LaunchType = ""
		in.CapacityProviderStrategy = []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE_SPOT"), Weight: 1}}
	}))
	_, err := s.ecs.PutClusterCapacityProviders(t.Context(), &awsecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("main"), CapacityProviders: []string{"FARGATE"}, DefaultCapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{},
	})
	answered(t, c, err, "The specified capacity provider is in use and cannot be removed.")
}

func providersPutTwice(t *testing.T, c Case) {
	t.Helper()
	s := newStage(t, fakes.Realistic)
	put := func() error {
		_, err := s.ecs.PutClusterCapacityProviders(t.Context(), &awsecs.PutClusterCapacityProvidersInput{
			Cluster: aws.String("main"), CapacityProviders: []string{"FARGATE"}, DefaultCapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{},
		})
		return err
	}
	require.NoError(t, put())
	answered(t, c, put(), "Cluster was not ACTIVE.")
	s.cloud.Advance(time.Minute)
	require.NoError(t, put())
}

func clusterWithTasks(t *testing.T, c Case) {
	t.Helper()
	s := newStage(t, fakes.Timing{})
	s.define(nil)
	s.run(ecstypes.AssignPublicIpEnabled)
	_, err := s.ecs.DeleteCluster(t.Context(), &awsecs.DeleteClusterInput{Cluster: aws.String("main")})
	answered(t, c, err, "The Cluster cannot be deleted while Tasks are active.")
}

// targetGroup makes one in the default VPC, behind a load balancer if asked for.
func (s *stage) targetGroup(attached bool) *string {
	s.t.Helper()
	client := awselb.NewFromConfig(s.cloud.Config())
	vpc, subnets, _ := s.network("")
	group, err := client.CreateTargetGroup(s.t.Context(), &awselb.CreateTargetGroupInput{
		Name: aws.String("web"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: vpc, TargetType: elbtypes.TargetTypeEnumIp,
	})
	require.NoError(s.t, err)
	arn := group.TargetGroups[0].TargetGroupArn
	if !attached {
		return arn
	}
	balancer, err := client.CreateLoadBalancer(s.t.Context(), &awselb.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: subnets})
	require.NoError(s.t, err)
	_, err = client.CreateListener(s.t.Context(), &awselb.CreateListenerInput{
		LoadBalancerArn: balancer.LoadBalancers[0].LoadBalancerArn, Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: arn}},
	})
	require.NoError(s.t, err)
	return arn
}

// behind puts a service behind a target group.
func behind(group *string) func(*awsecs.CreateServiceInput) {
	return func(in *awsecs.CreateServiceInput) {
		in.LoadBalancers = []ecstypes.LoadBalancer{{TargetGroupArn: group, ContainerName: aws.String("app"), ContainerPort: aws.Int32(80)}}
	}
}

func unattached(t *testing.T, c Case) {
	t.Helper()
	s := newStage(t, fakes.Timing{})
	s.define(nil)
	answered(t, c, s.service(behind(s.targetGroup(false))), "does not have an associated load balancer.")
}

func unhealthyTarget(t *testing.T, c Case) {
	t.Helper()
	require.Contains(t, c.Message, "is unhealthy in")
	s := newStage(t, fakes.Timing{})
	s.cloud.Image("nginx", fakes.Program{Status: func(string, time.Duration) int { return 500 }})
	s.define(nil)
	require.NoError(t, s.service(behind(s.targetGroup(true))))
	s.cloud.Advance(10 * time.Second)
	out, err := s.ecs.DescribeServices(t.Context(), &awsecs.DescribeServicesInput{Cluster: aws.String("main"), Services: []string{"web"}})
	require.NoError(t, err)
	var messages []string
	for _, e := range out.Services[0].Events {
		messages = append(messages, *e.Message)
	}
	require.Regexp(t, `\(service web\) \(task [0-9a-f]{32}\) \(port 80\) is unhealthy in \(target-group .*\) due to \(reason .*\)\.`, strings.Join(messages, "\n"))
}

func passRoleDenied(t *testing.T, c Case) {
	t.Helper()
	s := newStage(t, fakes.Timing{})
	s.define(nil)
	s.role("deployer", "arn:aws:iam::aws:policy/ReadOnlyAccess")
	_, err := awsiam.NewFromConfig(s.cloud.Config()).PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
		RoleName: aws.String("deployer"), PolicyName: aws.String("ecs"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:*","Resource":"*"}]}`),
	})
	require.NoError(t, err)
	_, _, network := s.network(ecstypes.AssignPublicIpEnabled)
	_, err = awsecs.NewFromConfig(s.cloud.ConfigAs("deployer")).RunTask(t.Context(), &awsecs.RunTaskInput{
		Cluster: aws.String("main"), TaskDefinition: aws.String("web"), LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: network,
	})
	answered(t, c, err, "is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789")
}

func noRoute(t *testing.T, c Case) {
	t.Helper()
	s := newStage(t, fakes.Timing{})
	s.define(nil)
	s.stoppedWith(ecstypes.AssignPublicIpDisabled, c.Code, "dial tcp: i/o timeout")
	require.Equal(t, "RUNNING", *s.run(ecstypes.AssignPublicIpEnabled).LastStatus)
}

func noRepository(t *testing.T, c Case) {
	t.Helper()
	s := newStage(t, fakes.Timing{})
	s.define(func(_ *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition) {
		c.Image = aws.String("123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/none:1")
	})
	s.stoppedWith(ecstypes.AssignPublicIpEnabled, c.Code, "shop/none:1: not found")
}

func parameterDenied(t *testing.T, c Case) {
	t.Helper()
	const fragment = "unable to retrieve secrets from ssm: service call has been retried 1 time(s): AccessDeniedException: User:"
	require.Contains(t, c.Message, fragment)
	s := newStage(t, fakes.Timing{})
	s.define(func(_ *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition) {
		c.Secrets = []ecstypes.Secret{{Name: aws.String("DB"), ValueFrom: aws.String("arn:aws:ssm:us-east-1:123456789012:parameter/db")}}
	})
	s.stoppedWith(ecstypes.AssignPublicIpEnabled, c.Code, fragment, "ssm:GetParameters")
}

func foreignParameter(t *testing.T, c Case) {
	t.Helper()
	s := newStage(t, fakes.Timing{})
	_, err := s.ecs.RegisterTaskDefinition(t.Context(), task(func(in *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition) {
		in.ExecutionRoleArn = s.role("execution")
		c.Secrets = []ecstypes.Secret{{Name: aws.String("X"), ValueFrom: aws.String("arn:aws:ssm:us-east-1:999999999999:parameter/x")}}
	}))
	answered(t, c, err, "The Systems Manager parameter ARN has a different account ID than the current account.")
}

func createdTwice(t *testing.T, c Case) {
	t.Helper()
	s := newStage(t, fakes.Timing{})
	s.define(nil)
	require.NoError(t, s.service(nil))
	answered(t, c, s.service(func(in *awsecs.CreateServiceInput) { in.DesiredCount = aws.Int32(2) }), "Creation of service was not idempotent.")
}

func shortARN(t *testing.T, c Case) {
	t.Helper()
	s := newStage(t, fakes.Timing{})
	s.define(nil)
	_, err := s.ecs.PutAccountSetting(t.Context(), &awsecs.PutAccountSettingInput{
		Name: ecstypes.SettingNameServiceLongArnFormat, Value: aws.String("disabled"),
	})
	require.NoError(t, err)
	answered(t, c, s.service(func(in *awsecs.CreateServiceInput) { in.EnableECSManagedTags = true }),
		"The new ARN and resource ID format must be enabled to add tags to the service.")
}

func updatedWhileDraining(t *testing.T, c Case) {
	t.Helper()
	s := newStage(t, fakes.Timing{})
	s.define(nil)
	require.NoError(t, s.service(nil))
	_, err := s.ecs.DeleteService(t.Context(), &awsecs.DeleteServiceInput{Cluster: aws.String("main"), Service: aws.String("web"), Force: aws.Bool(true)})
	require.NoError(t, err)
	_, err = s.ecs.UpdateService(t.Context(), &awsecs.UpdateServiceInput{
		Cluster: aws.String("main"), Service: aws.String("web"), DesiredCount: aws.Int32(0),
	})
	answered(t, c, err, "Service was not ACTIVE.")
}
