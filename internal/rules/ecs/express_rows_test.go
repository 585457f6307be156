// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	model "github.com/slipway-go/slipway/internal/model/ecs"
	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

func TestEveryRuleOfExpressServices(t *testing.T) {
	t.Parallel()
	type express = awsecs.CreateExpressGatewayServiceInput
	const role = "arn:aws:iam::123456789012:role/x"
	base := func() *express {
		return &express{
			InfrastructureRoleArn: aws.String(role), ExecutionRoleArn: aws.String(role),
			PrimaryContainer: &ecstypes.ExpressGatewayContainer{Image: aws.String("nginx")},
		}
	}
	own := func(arn string) func(*express) {
		return func(in *express) {
			in.PrimaryContainer, in.ExecutionRoleArn, in.TaskDefinitionArn = nil, nil, &arn
		}
	}
	scaling := func(x ecstypes.ExpressGatewayScalingTarget) func(*express) {
		return func(in *express) { in.ScalingTarget = &x }
	}
	size := func(cpu, memory string) func(*express) {
		return func(in *express) { in.Cpu, in.Memory = &cpu, &memory }
	}
	port := func(n int32) func(*express) { return func(in *express) { in.PrimaryContainer.ContainerPort = &n } }
	path := func(p string) func(*express) { return func(in *express) { in.HealthCheckPath = &p } }
	name := func(s string) func(*express) { return func(in *express) { in.ServiceName = &s } }
	cluster := func(s string) func(*express) { return func(in *express) { in.Cluster = &s } }
	logs := func(group, prefix string) func(*express) {
		return func(in *express) {
			in.PrimaryContainer.AwsLogsConfiguration = &ecstypes.ExpressGatewayServiceAwsLogsConfiguration{LogGroup: &group, LogStreamPrefix: &prefix}
		}
	}
	subnets := func(ids ...string) func(*express) {
		return func(in *express) {
			in.NetworkConfiguration = &ecstypes.ExpressGatewayServiceNetworkConfiguration{Subnets: ids}
		}
	}
	requests := ecstypes.ExpressGatewayServiceScalingMetricRequestCountPerTarget
	there := things{
		{Kind: model.KindTaskDefinition, Name: "plain"}: &model.TaskDefinition{Register: *plainTask()},
		{Kind: model.KindTaskDefinition, Name: "main"}:  &model.TaskDefinition{Register: *mainTask()},
		{Kind: model.KindCluster, Name: "shop"}:         &model.Cluster{},
	}
	holds(t, ecsrules.CreateExpressGatewayService, there, base, []row[express]{
		{"ecs-express-infrastructure-role", "none", func(in *express) { in.InfrastructureRoleArn = nil }, nil, "InfrastructureRoleArn", invalid, ""},
		{"ecs-express-name", "a blank", name("a b"), name(strings.Repeat("x", 255)), "ServiceName", invalid, "must match"},
		{"ecs-express-image", "nothing to run", func(in *express) { in.PrimaryContainer = nil }, own("main"), "PrimaryContainer", invalid, ""},
		{"ecs-express-execution-role", "none", func(in *express) { in.ExecutionRoleArn = nil }, own("main"), "ExecutionRoleArn", invalid, ""},
		{"ecs-express-cluster", "not there", cluster("other"), cluster("default"), "Cluster", "ClusterNotFoundException", "not found"},
		{"ecs-express-own-definition", "with an image", func(in *express) { in.TaskDefinitionArn = aws.String("main") }, own("main"), "PrimaryContainer", invalid, ""},
		{"ecs-express-own-definition", "no container Main", own("plain"), own("main"), "TaskDefinitionArn", invalid, ""},
		{"ecs-express-role-arns", "a name", func(in *express) { in.TaskRoleArn = aws.String("x") }, func(in *express) { in.TaskRoleArn = aws.String(role) }, "TaskRoleArn", invalid, ""},
		{"ecs-express-architecture", "another", func(in *express) { in.CpuArchitecture = "RISC" }, func(in *express) { in.CpuArchitecture = "ARM64" }, "CpuArchitecture", invalid, ""},
		{"ecs-express-size", "not Fargate's", size("1024", "512"), size("1024", "2048"), "Memory", "ClientException", "No Fargate configuration"},
		{"ecs-express-health-path", "no slash", path("ping"), path("/ping?format=json"), "HealthCheckPath", invalid, ""},
		{"ecs-express-container", "port 0", port(0), port(1), "PrimaryContainer.ContainerPort", invalid, ""},
		{"ecs-express-container", "port 65536", port(65536), port(65535), "PrimaryContainer.ContainerPort", invalid, ""},
		{"ecs-express-logs", "no prefix", logs("g", ""), logs("g", "p"), "PrimaryContainer.AwsLogsConfiguration.LogStreamPrefix", invalid, ""},
		{"ecs-express-scaling", "over 100 percent", scaling(ecstypes.ExpressGatewayScalingTarget{AutoScalingTargetValue: aws.Int32(101)}),
			scaling(ecstypes.ExpressGatewayScalingTarget{AutoScalingTargetValue: aws.Int32(100)}), "ScalingTarget.AutoScalingTargetValue", invalid, ""},
		{"ecs-express-scaling", "too many requests", scaling(ecstypes.ExpressGatewayScalingTarget{AutoScalingMetric: requests, AutoScalingTargetValue: aws.Int32(65537)}),
			scaling(ecstypes.ExpressGatewayScalingTarget{AutoScalingMetric: requests, AutoScalingTargetValue: aws.Int32(65536)}), "ScalingTarget.AutoScalingTargetValue", invalid, ""},
		{"ecs-express-scaling", "least above most", scaling(ecstypes.ExpressGatewayScalingTarget{MinTaskCount: aws.Int32(3), MaxTaskCount: aws.Int32(2)}),
			scaling(ecstypes.ExpressGatewayScalingTarget{MinTaskCount: aws.Int32(2), MaxTaskCount: aws.Int32(2)}), "ScalingTarget.MinTaskCount", invalid, ""},
		{"ecs-express-subnets", "one", subnets("subnet-1"), subnets("subnet-1", "subnet-2"), "NetworkConfiguration.Subnets", invalid, ""},
		{"ecs-tags", "no key", func(in *express) { in.Tags = make([]ecstypes.Tag, 1) }, nil, "Tags[0]", invalid, ""},
	})
}

// mainTask is what a service of Express Mode can run.
func mainTask() *awsecs.RegisterTaskDefinitionInput {
	in := plainTask()
	c := in.ContainerDefinitions[0]
	c.Name = aws.String("Main")
	c.PortMappings = []ecstypes.PortMapping{{ContainerPort: aws.Int32(80), Name: aws.String("http")}}
	in.ContainerDefinitions = []ecstypes.ContainerDefinition{c}
	return in
}

func TestExpressUpdateNeedsAnARN(t *testing.T) {
	t.Parallel()
	in := &awsecs.UpdateExpressGatewayServiceInput{ServiceArn: aws.String("web")}
	reported(t, ecsrules.UpdateExpressGatewayService, in, "ecs-express-arn")
	in.ServiceArn = aws.String("arn:aws:ecs:us-east-1:123456789012:service/default/web")
	reported(t, ecsrules.UpdateExpressGatewayService, in)
}
