// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

func fargate(change func(*awsecs.RegisterTaskDefinitionInput, *ecstypes.ContainerDefinition)) *awsecs.RegisterTaskDefinitionInput {
	in := &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"), Cpu: aws.String("256"), Memory: aws.String("512"), NetworkMode: ecstypes.NetworkModeAwsvpc,
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String("nginx"), PortMappings: []ecstypes.PortMapping{{ContainerPort: aws.Int32(80)}},
		}},
	}
	change(in, &in.ContainerDefinitions[0])
	return in
}

// reported demands that exactly the rules, by ID, find something.
func reported[T any](t *testing.T, of rules.Of[T], in *T, want ...string) {
	t.Helper()
	var got []string
	for _, e := range of.All(nil, in) {
		require.NotEmpty(t, e.Path)
		require.NotEmpty(t, e.Want)
		require.True(t, strings.HasPrefix(e.Doc, "https://"), "%s has no source", e.Rule)
		got = append(got, e.Rule)
	}
	require.Equal(t, want, got)
}

func TestTaskDefinitions(t *testing.T) {
	t.Parallel()
	type (
		task      = awsecs.RegisterTaskDefinitionInput
		container = ecstypes.ContainerDefinition
	)
	for _, test := range []struct {
		name   string
		change func(*task, *container)
		want   []string
	}{
		{"nothing wrong", func(*task, *container) {}, nil},
		{"sizes in words", func(in *task, _ *container) { in.Cpu, in.Memory = aws.String(".5 vCPU"), aws.String("3 GB") }, nil},
		{"32 vCPU with 61 GB", func(in *task, _ *container) { in.Cpu, in.Memory = aws.String("32 vCPU"), aws.String("61GB") }, []string{"ecs-fargate-size"}},
		{"no such CPU", func(in *task, _ *container) { in.Cpu = aws.String("300") }, []string{"ecs-fargate-size"}},
		{"bridge network", func(in *task, _ *container) { in.NetworkMode = ecstypes.NetworkModeBridge }, []string{"ecs-fargate-network-mode"}},
		{"no CPU", func(in *task, _ *container) { in.Cpu = nil }, []string{"ecs-fargate-task-cpu"}},
		{"family with a blank", func(in *task, _ *container) { in.Family = aws.String("a b") }, []string{"ecs-family"}},
		{"family not known yet", func(in *task, _ *container) { in.Family = aws.String(slipway.Self("region")) }, nil},
		{"name with a dot", func(_ *task, c *container) { c.Name = aws.String("a.b") }, []string{"ecs-container-name"}},
		{"no image", func(_ *task, c *container) { c.Image = nil }, []string{"ecs-container-image"}},
		{"nothing essential", func(_ *task, c *container) { c.Essential = aws.Bool(false) }, []string{"ecs-essential"}},
		{"depends on itself", func(_ *task, c *container) {
			c.DependsOn = []ecstypes.ContainerDependency{{ContainerName: aws.String("app"), Condition: ecstypes.ContainerConditionStart}}
		}, []string{"ecs-depends-on-cycle"}},
		{"waits for the end of what is essential", func(in *task, c *container) {
			c.DependsOn = []ecstypes.ContainerDependency{{ContainerName: aws.String("init"), Condition: ecstypes.ContainerConditionSuccess}}
			in.ContainerDefinitions = append(in.ContainerDefinitions, container{Name: aws.String("init"), Image: aws.String("init")})
		}, []string{"ecs-depends-on-essential"}},
		{"waits for health without check", func(in *task, c *container) {
			c.DependsOn = []ecstypes.ContainerDependency{{ContainerName: aws.String("db"), Condition: ecstypes.ContainerConditionHealthy}}
			in.ContainerDefinitions = append(in.ContainerDefinitions, container{Name: aws.String("db"), Image: aws.String("db")})
		}, []string{"ecs-depends-on-healthy"}},
		{"two containers on one port", func(in *task, c *container) {
			other := *c
			other.Name = aws.String("other")
			in.ContainerDefinitions = append(in.ContainerDefinitions, other)
		}, []string{"ecs-awsvpc-port-once"}},
		{"another host port", func(_ *task, c *container) { c.PortMappings[0].HostPort = aws.Int32(8080) }, []string{"ecs-awsvpc-host-port"}},
		{"port name in capitals", func(_ *task, c *container) { c.PortMappings[0].Name = aws.String("HTTP") }, []string{"ecs-port-name"}},
		{"HTTP over UDP", func(_ *task, c *container) {
			c.PortMappings[0].Protocol, c.PortMappings[0].AppProtocol = ecstypes.TransportProtocolUdp, ecstypes.ApplicationProtocolHttp
		}, []string{"ecs-app-protocol"}},
		{"health check without CMD", func(_ *task, c *container) { c.HealthCheck = &ecstypes.HealthCheck{Command: []string{"true"}} }, []string{"ecs-healthcheck-command"}},
		{"all of a health check wrong", func(_ *task, c *container) {
			c.HealthCheck = &ecstypes.HealthCheck{Command: []string{"CMD", "true"}, Interval: aws.Int32(4), Timeout: aws.Int32(1), Retries: aws.Int32(11), StartPeriod: aws.Int32(-1)}
		}, []string{"ecs-healthcheck-bounds", "ecs-healthcheck-bounds", "ecs-healthcheck-bounds", "ecs-healthcheck-bounds"}},
		{"secret without execution role", func(_ *task, c *container) {
			c.Secrets = []ecstypes.Secret{{Name: aws.String("A"), ValueFrom: aws.String("a")}}
		}, []string{"ecs-execution-role-secrets"}},
		{"ECR without execution role", func(_ *task, c *container) {
			c.Image = aws.String("123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1")
		}, []string{"ecs-execution-role-ecr"}},
		{"unknown volume", func(_ *task, c *container) {
			c.MountPoints = []ecstypes.MountPoint{{SourceVolume: aws.String("data"), ContainerPath: aws.String("/data")}}
		}, []string{"ecs-mount"}},
		{"access point in clear", func(in *task, _ *container) {
			in.Volumes = []ecstypes.Volume{{Name: aws.String("v"), EfsVolumeConfiguration: &ecstypes.EFSVolumeConfiguration{
				FileSystemId: aws.String("fs-1"), RootDirectory: aws.String("/x"),
				AuthorizationConfig: &ecstypes.EFSAuthorizationConfig{AccessPointId: aws.String("fsap-1")},
			}}}
		}, []string{"ecs-efs-transit", "ecs-efs-root"}},
		{"stop timeout over two minutes", func(_ *task, c *container) { c.StopTimeout = aws.Int32(121) }, []string{"ecs-fargate-stop-timeout"}},
		{"awslogs without prefix", func(in *task, c *container) {
			in.ExecutionRoleArn = aws.String("arn:aws:iam::123456789012:role/x")
			c.LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwslogs, Options: map[string]string{
				"awslogs-group": "g", "awslogs-region": "r",
			}}
		}, []string{"ecs-awslogs-prefix"}},
		{"FireLens without router", func(_ *task, c *container) {
			c.LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwsfirelens}
		}, []string{"ecs-firelens-without-router"}},
		{"router without FireLens", func(_ *task, c *container) {
			c.FirelensConfiguration = &ecstypes.FirelensConfiguration{Type: ecstypes.FirelensConfigurationTypeFluentbit}
		}, []string{"ecs-firelens-router"}},
		{"router that is not root", func(in *task, c *container) {
			c.LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwsfirelens}
			router := *c
			router.Name, router.User, router.LogConfiguration = aws.String("router"), aws.String("1000:0"), nil
			router.FirelensConfiguration = &ecstypes.FirelensConfiguration{Type: ecstypes.FirelensConfigurationTypeFluentbit}
			router.PortMappings = nil
			in.ContainerDefinitions = append(in.ContainerDefinitions, router)
		}, []string{"ecs-firelens-user"}},
		{"reserved tag", func(in *task, _ *container) {
			in.Tags = []ecstypes.Tag{{Key: aws.String("aws:x"), Value: aws.String("y")}}
		}, []string{"ecs-tags"}},
		{"several at once, in order", func(in *task, c *container) {
			c.Name, c.Privileged, in.Memory = aws.String("a.b"), aws.Bool(true), aws.String("256")
		}, []string{"ecs-container-name", "ecs-fargate-size", "ecs-fargate-privileged"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			reported(t, ecsrules.RegisterTaskDefinition, fargate(test.change), test.want...)
		})
	}
}

func TestEveryFargateSize(t *testing.T) {
	t.Parallel()
	valid := 0
	for cpu := 256; cpu <= 32768; cpu *= 2 {
		for mib := 512; mib <= 250*1024; mib += 512 {
			in := fargate(func(in *awsecs.RegisterTaskDefinitionInput, _ *ecstypes.ContainerDefinition) {
				in.Cpu, in.Memory = aws.String(strconv.Itoa(cpu)), aws.String(strconv.Itoa(mib))
			})
			if len(ecsrules.RegisterTaskDefinition.All(nil, in)) == 0 {
				valid++
			}
		}
	}
	require.Equal(t, 3+4+7+13+23+12+12+3, valid, "the rows of the table")
}

func TestServices(t *testing.T) {
	t.Parallel()
	type service = awsecs.CreateServiceInput
	percents := func(low, high int32) func(*service) {
		return func(in *service) {
			in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{MinimumHealthyPercent: aws.Int32(low), MaximumPercent: aws.Int32(high)}
		}
	}
	for _, test := range []struct {
		name   string
		change func(*service)
		want   []string
	}{
		{"nothing wrong", func(*service) {}, nil},
		{"no count", func(in *service) { in.DesiredCount = nil }, []string{"ecs-desired-count"}},
		{"minimum below zero", percents(-1, 200), []string{"ecs-minimum-healthy-percent"}},
		{"maximum below 100", percents(50, 99), []string{"ecs-maximum-percent"}},
		{"both 100", percents(100, 100), []string{"ecs-percents-block"}},
		{"launch type and strategy", func(in *service) {
			in.LaunchType = ecstypes.LaunchTypeFargate
			in.CapacityProviderStrategy = []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE"), Weight: 1}}
		}, []string{"ecs-launch-type-or-strategy"}},
		{"two bases", func(in *service) {
			in.CapacityProviderStrategy = []ecstypes.CapacityProviderStrategyItem{
				{CapacityProvider: aws.String("FARGATE"), Weight: 1, Base: 1}, {CapacityProvider: aws.String("FARGATE_SPOT"), Base: 1},
			}
		}, []string{"ecs-strategy"}},
		{"Fargate with one's own", func(in *service) {
			in.CapacityProviderStrategy = []ecstypes.CapacityProviderStrategyItem{
				{CapacityProvider: aws.String("FARGATE"), Weight: 1}, {CapacityProvider: aws.String("mine"), Weight: 1},
			}
		}, []string{"ecs-strategy"}},
		{"grace without balancer", func(in *service) { in.HealthCheckGracePeriodSeconds = aws.Int32(60) }, []string{"ecs-grace-period"}},
		{"breaker at 101 percent", func(in *service) {
			in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{DeploymentCircuitBreaker: &ecstypes.DeploymentCircuitBreaker{
				ThresholdConfiguration: &ecstypes.ThresholdConfiguration{Type: ecstypes.ThresholdTypeBoundedPercent, Value: 101},
			}}
		}, []string{"ecs-circuit-breaker-threshold"}},
		{"seventeen subnets", func(in *service) {
			in.NetworkConfiguration = &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: make([]string, 17)}}
		}, []string{"ecs-subnets"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := &service{ServiceName: aws.String("web"), DesiredCount: aws.Int32(1)}
			test.change(in)
			reported(t, ecsrules.CreateService, in, test.want...)
		})
	}
}

func TestRoomOfADeployment(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                            string
		desired, low, high, least, most int
		stuck                           bool
	}{
		{"defaults", 3, 100, 200, 3, 6, false},
		{"rounding leaves no room above", 3, 100, 125, 3, 3, true},
		{"rounding leaves no room below", 2, 75, 149, 2, 2, true},
		{"room below", 4, 75, 100, 3, 4, false},
		{"room above", 2, 75, 150, 2, 3, false},
		{"one task, none needed", 1, 0, 100, 0, 1, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			least, most := ecsrules.Room(test.desired, test.low, test.high)
			require.Equal(t, []int{test.least, test.most}, []int{least, most})
			in := &awsecs.CreateServiceInput{
				DesiredCount: aws.Int32(int32(test.desired)),
				DeploymentConfiguration: &ecstypes.DeploymentConfiguration{
					MinimumHealthyPercent: aws.Int32(int32(test.low)), MaximumPercent: aws.Int32(int32(test.high)),
				},
			}
			require.Equal(t, test.stuck, len(ecsrules.Stuck.All(nil, in)) > 0)
		})
	}
}
