// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/rules"
	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

func execLogs(logging ecstypes.ExecuteCommandLogging, l *ecstypes.ExecuteCommandLogConfiguration) *ecstypes.ClusterConfiguration {
	return &ecstypes.ClusterConfiguration{ExecuteCommandConfiguration: &ecstypes.ExecuteCommandConfiguration{Logging: logging, LogConfiguration: l}}
}

func setting(value string) []ecstypes.ClusterSetting {
	return []ecstypes.ClusterSetting{{Name: ecstypes.ClusterSettingNameContainerInsights, Value: &value}}
}

const (
	settingPath = "Settings[containerInsights].Value"
	execPath    = "Configuration.ExecuteCommandConfiguration.LogConfiguration"
)

func TestEveryRuleOfClusters(t *testing.T) {
	t.Parallel()
	type cluster = awsecs.CreateClusterInput
	bucket := &ecstypes.ExecuteCommandLogConfiguration{S3BucketName: aws.String("b")}
	name := func(s string) func(*cluster) { return func(in *cluster) { in.ClusterName = &s } }
	set := func(v string) func(*cluster) { return func(in *cluster) { in.Settings = setting(v) } }
	exec := func(l ecstypes.ExecuteCommandLogging, c *ecstypes.ExecuteCommandLogConfiguration) func(*cluster) {
		return func(in *cluster) { in.Configuration = execLogs(l, c) }
	}
	providers := func(names ...string) func(*cluster) { return func(in *cluster) { in.CapacityProviders = names } }
	shares := func(items ...ecstypes.CapacityProviderStrategyItem) func(*cluster) {
		return func(in *cluster) { in.DefaultCapacityProviderStrategy = items }
	}
	fargate := providers("FARGATE", "FARGATE_SPOT")
	holds(t, ecsrules.CreateCluster, nil, func() *cluster { return &cluster{} }, []row[cluster]{
		{"ecs-cluster-name", "empty", name(""), nil, "ClusterName", invalid, "ClusterName must match"},
		{"ecs-cluster-name", "256 characters", name(strings.Repeat("x", 256)), name(strings.Repeat("x", 255)), "ClusterName", invalid, "must match"},
		{"ecs-cluster-setting", "another word", set("on"), set("enhanced"), settingPath, invalid, "'on'"},
		{"ecs-cluster-exec-logging", "nowhere", exec("OVERRIDE", nil), exec("OVERRIDE", bucket), execPath, invalid, "must be specified"},
		{"ecs-cluster-exec-logging-unused", "not asked for", exec("DEFAULT", bucket), exec("DEFAULT", nil), execPath, invalid, ""},
		{"ecs-cluster-capacity-provider", "nearly AWS's own", providers("FARGATE_SPOTS"), providers("FARGATE_SPOT", "mine"), "CapacityProviders[FARGATE_SPOTS]", invalid, "FARGATE_SPOTS"},
		{"ecs-strategy-weights", "none", shares(share("FARGATE", 0, 0), share("FARGATE_SPOT", 0, 0)), shares(share("FARGATE", 0, 0)), "DefaultCapacityProviderStrategy", invalid, "weight"},
		{"ecs-strategy", "two bases", shares(share("FARGATE", 1, 1), share("FARGATE_SPOT", 1, 1)), nil, "DefaultCapacityProviderStrategy", invalid, "base"},
		{"ecs-cluster-default-strategy", "not the cluster's", shares(share("FARGATE", 0, 1)), all(fargate, shares(share("FARGATE", 0, 1))), "DefaultCapacityProviderStrategy[FARGATE]", invalid, "not associated"},
		{"ecs-tags", "no key", func(in *cluster) { in.Tags = make([]ecstypes.Tag, 1) }, nil, "Tags[0]", invalid, ""},
	})
}

func TestEveryRuleOfChangesToClusters(t *testing.T) {
	t.Parallel()
	type update = awsecs.UpdateClusterInput
	bucket := &ecstypes.ExecuteCommandLogConfiguration{S3BucketName: aws.String("b")}
	exec := func(l ecstypes.ExecuteCommandLogging, c *ecstypes.ExecuteCommandLogConfiguration) func(*update) {
		return func(in *update) { in.Configuration = execLogs(l, c) }
	}
	holds(t, ecsrules.UpdateCluster, nil, func() *update { return &update{} }, []row[update]{
		{"ecs-cluster-setting", "another word", func(in *update) { in.Settings = setting("") }, func(in *update) { in.Settings = setting("disabled") }, settingPath, invalid, "''"},
		{"ecs-cluster-exec-logging", "nowhere", exec("OVERRIDE", &ecstypes.ExecuteCommandLogConfiguration{}), exec("NONE", nil), execPath, invalid, ""},
		{"ecs-cluster-exec-logging-unused", "not asked for", exec("NONE", bucket), exec("OVERRIDE", bucket), execPath, invalid, ""},
	})
	type put = awsecs.PutClusterCapacityProvidersInput
	shares := func(items ...ecstypes.CapacityProviderStrategyItem) func(*put) {
		return func(in *put) { in.DefaultCapacityProviderStrategy = items }
	}
	fargate := func(in *put) { in.CapacityProviders = []string{"FARGATE"} }
	holds(t, ecsrules.PutClusterCapacityProviders, nil, func() *put { return &put{} }, []row[put]{
		{"ecs-cluster-capacity-provider", "nearly AWS's own", func(in *put) { in.CapacityProviders = []string{"fargate"} }, fargate, "CapacityProviders[fargate]", invalid, "was not found"},
		{"ecs-strategy-weights", "none", shares(share("a", 0, 0), share("b", 0, 0)), nil, "DefaultCapacityProviderStrategy", invalid, "weight"},
		{"ecs-strategy", "twice", shares(share("a", 0, 1), share("a", 0, 1)), nil, "DefaultCapacityProviderStrategy[a]", invalid, "duplicate"},
		{"ecs-cluster-default-strategy", "not the cluster's", all(fargate, shares(share("FARGATE_SPOT", 0, 1))), all(fargate, shares(share("FARGATE", 0, 1))), "DefaultCapacityProviderStrategy[FARGATE_SPOT]", invalid, ""},
	})
}

func TestEveryRuleOfChangesToServices(t *testing.T) {
	t.Parallel()
	type update = awsecs.UpdateServiceInput
	of := func(name string) func(*update) { return func(in *update) { in.Service = &name } }
	runs := func(name string) func(*update) { return func(in *update) { in.TaskDefinition = &name } }
	count := func(n int32) func(*update) { return func(in *update) { in.DesiredCount = &n } }
	config := func(change func(*ecstypes.DeploymentConfiguration)) func(*update) {
		return func(in *update) {
			in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{}
			change(in.DeploymentConfiguration)
		}
	}
	percents := func(low, high int32) func(*update) {
		return config(func(d *ecstypes.DeploymentConfiguration) { d.MinimumHealthyPercent, d.MaximumPercent = &low, &high })
	}
	holds(t, ecsrules.UpdateService, world(), func() *update { return &update{Service: aws.String("web")} }, []row[update]{
		{"ecs-codedeploy-task-definition", "another", all(of("deployed"), runs("web")), of("deployed"), "TaskDefinition", invalid, "CODE_DEPLOY"},
		{"ecs-daemon-desired-count", "2", all(of("daemon"), count(2)), count(2), "DesiredCount", invalid, "daemon"},
		{"ecs-desired-count", "-1", count(-1), count(0), "DesiredCount", invalid, "at least 0"},
		{"ecs-minimum-healthy-percent", "101", percents(101, 200), percents(100, 200), "DeploymentConfiguration.MinimumHealthyPercent", invalid, ""},
		{"ecs-maximum-percent", "99", percents(50, 99), all(of("daemon"), percents(50, 99)), "DeploymentConfiguration.MaximumPercent", invalid, ""},
		{"ecs-percents-block", "both", percents(100, 100), all(of("daemon"), percents(100, 100)), "DeploymentConfiguration", invalid, ""},
		{"ecs-deployment-alarms", "none", config(func(d *ecstypes.DeploymentConfiguration) { d.Alarms = &ecstypes.DeploymentAlarms{Enable: true} }),
			config(func(d *ecstypes.DeploymentConfiguration) { d.Alarms = &ecstypes.DeploymentAlarms{} }), "DeploymentConfiguration.Alarms.AlarmNames", invalid, ""},
		{"ecs-balancer-port-changed", "the container", runs("renamed"), runs("efs"), "TaskDefinition", invalid, "container name or port changed"},
		{"ecs-exec-task-role", "a definition without role", func(in *update) {
			in.TaskDefinition, in.EnableExecuteCommand = aws.String("roleless"), aws.Bool(true)
		}, func(in *update) { in.EnableExecuteCommand = aws.Bool(true) }, "EnableExecuteCommand", invalid, "taskRoleArn"},
		{"ecs-target-type", "of new balancers", func(in *update) {
			in.LoadBalancers = []ecstypes.LoadBalancer{{TargetGroupArn: aws.String("instance"), ContainerName: aws.String("app"), ContainerPort: aws.Int32(80)}}
		}, nil, "LoadBalancers[app].TargetGroupArn", invalid, "incompatible"},
		{"ecs-binpack-field", "by zone", func(in *update) {
			in.PlacementStrategy = []ecstypes.PlacementStrategy{{Type: ecstypes.PlacementStrategyTypeBinpack, Field: aws.String("zone")}}
		}, nil, "PlacementStrategy[0].Field", invalid, "'zone'"},
		{"ecs-distinct-instance", "an expression", func(in *update) {
			in.PlacementConstraints = []ecstypes.PlacementConstraint{{Type: ecstypes.PlacementConstraintTypeDistinctInstance, Expression: aws.String("x")}}
		}, func(in *update) { in.PlacementConstraints = []ecstypes.PlacementConstraint{} }, "PlacementConstraints[0].Expression", invalid, "distinctInstance"},
		{"ecs-subnets", "none", func(in *update) {
			in.NetworkConfiguration = &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{}}
		}, nil, "NetworkConfiguration.AwsvpcConfiguration.Subnets", invalid, "empty"},
	}, ids(ecsrules.CreateService)...)
}

func TestEveryRuleOfTasks(t *testing.T) {
	t.Parallel()
	type run = awsecs.RunTaskInput
	count := func(n int32) func(*run) { return func(in *run) { in.Count = &n } }
	base := func() *run {
		s := plainService()
		return &run{TaskDefinition: s.TaskDefinition, LaunchType: s.LaunchType, NetworkConfiguration: s.NetworkConfiguration}
	}
	overrides := func(of ...ecstypes.ContainerOverride) func(*run) {
		return func(in *run) { in.Overrides = &ecstypes.TaskOverride{ContainerOverrides: of} }
	}
	named := func(name string) ecstypes.ContainerOverride {
		return ecstypes.ContainerOverride{Name: &name, Command: []string{"x"}}
	}
	sized := func(cpu, memory *string) func(*run) {
		return func(in *run) { in.Overrides = &ecstypes.TaskOverride{Cpu: cpu, Memory: memory} }
	}
	unknown := func(in *run) { in.TaskDefinition = aws.String("${slipway:ecs:TaskDefinition/later#arn}") }
	onInstances := func(in *run) { in.LaunchType = ecstypes.LaunchTypeEc2 }
	long := func(n int) ecstypes.ContainerOverride {
		return ecstypes.ContainerOverride{Name: aws.String("app"), Command: []string{strings.Repeat("<", n)}}
	}
	gpu := func(kind ecstypes.ResourceType, n string) ecstypes.ContainerOverride {
		return ecstypes.ContainerOverride{Name: aws.String("app"), ResourceRequirements: []ecstypes.ResourceRequirement{{Type: kind, Value: &n}}}
	}
	files := func(arns ...string) ecstypes.ContainerOverride {
		o := ecstypes.ContainerOverride{Name: aws.String("app")}
		for _, arn := range arns {
			o.EnvironmentFiles = append(o.EnvironmentFiles, ecstypes.EnvironmentFile{Type: ecstypes.EnvironmentFileTypeS3, Value: &arn})
		}
		return o
	}
	reserves := func(memory, reserved int32) ecstypes.ContainerOverride {
		return ecstypes.ContainerOverride{Name: aws.String("app"), Memory: &memory, MemoryReservation: &reserved}
	}
	stored := func(gib int32) func(*run) {
		return func(in *run) {
			in.Overrides = &ecstypes.TaskOverride{EphemeralStorage: &ecstypes.EphemeralStorage{SizeInGiB: gib}}
		}
	}
	holds(t, ecsrules.RunTask, world(), base, []row[run]{
		{"ecs-run-override-size", "no such CPU", sized(aws.String("1"), aws.String("1")), sized(aws.String("512"), aws.String("1024")),
			"Overrides.Cpu", client, "No Fargate configuration exists for given values: 1 CPU, 1 memory."},
		{"ecs-run-override-size", "memory that does not go with the task's CPU", sized(nil, aws.String("123")), sized(nil, nil), "Overrides.Memory", client, "123 memory"},
		{"ecs-run-override-container", "of no container", overrides(named("app"), named("web")), overrides(named("app"), ecstypes.ContainerOverride{}),
			"Overrides.ContainerOverrides[1].Name", invalid, "Override for container named web is not a container in the TaskDefinition."},
		{"ecs-run-override-container", "without a name", all(unknown, overrides(ecstypes.ContainerOverride{Command: []string{"x"}})), all(unknown, overrides(named("web"))),
			"Overrides.ContainerOverrides[0].Name", invalid, ""},
		{"ecs-run-override-accelerators", "some", func(in *run) {
			in.Overrides = &ecstypes.TaskOverride{InferenceAcceleratorOverrides: make([]ecstypes.InferenceAcceleratorOverride, 1)}
		}, func(in *run) { in.Overrides = &ecstypes.TaskOverride{} }, "Overrides.InferenceAcceleratorOverrides", invalid, "inferenceAccelerators"},
		{"ecs-run-override-length", "a long command", overrides(long(8139)), overrides(long(8138)), "Overrides", invalid, "at most 8192"},
		{"ecs-run-override-resources", "a GPU on Fargate", overrides(gpu("GPU", "1")), all(onInstances, overrides(gpu("GPU", "1"))),
			"Overrides.ContainerOverrides[app].ResourceRequirements[0]", client, "GPU"},
		{"ecs-run-override-resources", "no number", all(onInstances, overrides(gpu("GPU", "all"))), all(onInstances, overrides(gpu("NeuronDevice", "0"))),
			"Overrides.ContainerOverrides[app].ResourceRequirements[0].Value", invalid, "positive integer"},
		{"ecs-run-override-resources", "an accelerator", all(onInstances, overrides(gpu("InferenceAccelerator", "x"))), nil,
			"Overrides.ContainerOverrides[app].ResourceRequirements[0].Type", invalid, "inferenceAccelerators"},
		{"ecs-run-override-environment-files", "no object", overrides(files("s3://shop/app.env")), overrides(files("arn:aws:s3:::shop/app.env")),
			"Overrides.ContainerOverrides[app].EnvironmentFiles[0].Value", invalid, "Invalid arn syntax."},
		{"ecs-run-override-environment-files", "eleven", overrides(files(slices.Repeat([]string{"arn:aws:s3:::shop/app.env"}, 11)...)),
			overrides(files(slices.Repeat([]string{"arn:aws:s3:::shop/app.env"}, 10)...)), "Overrides.ContainerOverrides[app].EnvironmentFiles", invalid, ""},
		{"ecs-run-override-memory", "less than is reserved", overrides(reserves(256, 512)), overrides(reserves(256, 256)),
			"Overrides.ContainerOverrides[app].MemoryReservation", invalid, "greater than or equal"},
		{"ecs-run-override-sum", "more CPU than the task's", overrides(ecstypes.ContainerOverride{Name: aws.String("app"), Cpu: aws.Int32(4096)}),
			all(sized(aws.String("4096"), aws.String("8192")), func(in *run) {
				in.Overrides.ContainerOverrides = []ecstypes.ContainerOverride{{Name: aws.String("app"), Cpu: aws.Int32(4096)}}
			}), "Overrides.ContainerOverrides", invalid, ""},
		{"ecs-run-override-sum", "more memory than the task's", overrides(reserves(8192, 8192)), overrides(reserves(256, 256)), "Overrides.ContainerOverrides", invalid, ""},
		{"ecs-run-override-storage", "20 GiB", stored(20), stored(21), "Overrides.EphemeralStorage.SizeInGiB", invalid, "at least 21"},
		{"ecs-run-override-storage", "201 GiB", stored(201), stored(200), "Overrides.EphemeralStorage.SizeInGiB", invalid, "at most 200"},
		{"ecs-run-override-storage", "on instances", all(onInstances, stored(30)), onInstances, "Overrides.EphemeralStorage", invalid, "Fargate"},
		{"ecs-run-count", "0", count(0), count(1), "Count", invalid, "between 1 and 10"},
		{"ecs-run-count", "11", count(11), count(10), "Count", invalid, "between 1 and 10"},
		{"ecs-network-configuration", "none", func(in *run) { in.NetworkConfiguration = nil }, nil, "NetworkConfiguration", invalid, "must be provided"},
		{"ecs-member-of", "no expression", func(in *run) {
			in.PlacementConstraints = []ecstypes.PlacementConstraint{{Type: ecstypes.PlacementConstraintTypeMemberOf}}
		}, nil, "PlacementConstraints[0].Expression", invalid, "column 1"},
		{"ecs-fargate-service-placement", "a constraint", func(in *run) {
			in.PlacementConstraints = []ecstypes.PlacementConstraint{{Type: ecstypes.PlacementConstraintTypeDistinctInstance}}
		}, func(in *run) {
			in.LaunchType, in.PlacementConstraints = ecstypes.LaunchTypeEc2, []ecstypes.PlacementConstraint{{Type: ecstypes.PlacementConstraintTypeDistinctInstance}}
		}, "PlacementConstraints", invalid, "FARGATE"},
		{"ecs-tags", "no key", func(in *run) { in.Tags = make([]ecstypes.Tag, 1) }, nil, "Tags[0]", invalid, ""},
	}, ids(ecsrules.CreateService)...)

	type set = awsecs.CreateTaskSetInput
	holds(t, ecsrules.CreateTaskSet, nil, func() *set { return &set{} }, []row[set]{
		{"ecs-platform-version-ec2", "on instances", func(in *set) {
			in.LaunchType, in.PlatformVersion = ecstypes.LaunchTypeEc2, aws.String("LATEST")
		}, func(in *set) { in.LaunchType = ecstypes.LaunchTypeEc2 }, "PlatformVersion", invalid, "EC2"},
	}, ids(ecsrules.CreateService)...)
}

func TestEveryRuleOfCapacityProviders(t *testing.T) {
	t.Parallel()
	name := func(s string) func(*provider) { return func(in *provider) { in.Name = &s } }
	const scalingPath = "AutoScalingGroupProvider.ManagedScaling."
	scaled := func(change func(*ecstypes.ManagedScaling)) func(*provider) {
		return func(in *provider) {
			in.AutoScalingGroupProvider = &ecstypes.AutoScalingGroupProvider{ManagedScaling: &ecstypes.ManagedScaling{}}
			change(in.AutoScalingGroupProvider.ManagedScaling)
		}
	}
	protected := func(status ecstypes.ManagedScalingStatus) func(*provider) {
		return func(in *provider) {
			scaled(func(s *ecstypes.ManagedScaling) { s.Status = status })(in)
			in.AutoScalingGroupProvider.ManagedTerminationProtection = ecstypes.ManagedTerminationProtectionEnabled
		}
	}
	holds(t, ecsrules.CreateCapacityProvider, nil, func() *provider { return &provider{Name: aws.String("mine")} }, []row[provider]{
		{"ecs-capacity-provider-name", "256 characters", name(strings.Repeat("x", 256)), name(strings.Repeat("x", 255)), "Name", client, "name is invalid"},
		{"ecs-capacity-provider-name", "AWS's prefix", name("Fargate-mine"), name("my-fargate"), "Name", client, "prefixed"},
		{"ecs-capacity-provider-scaling", "nothing to aim at", scaled(func(s *ecstypes.ManagedScaling) { s.TargetCapacity = aws.Int32(0) }),
			scaled(func(s *ecstypes.ManagedScaling) { s.TargetCapacity = aws.Int32(1) }), scalingPath + "TargetCapacity", client, ""},
		{"ecs-capacity-provider-scaling", "more than all", scaled(func(s *ecstypes.ManagedScaling) { s.TargetCapacity = aws.Int32(101) }),
			scaled(func(s *ecstypes.ManagedScaling) { s.TargetCapacity = aws.Int32(100) }), scalingPath + "TargetCapacity", client, ""},
		{"ecs-capacity-provider-scaling", "no step", scaled(func(s *ecstypes.ManagedScaling) { s.MinimumScalingStepSize = aws.Int32(0) }),
			scaled(func(s *ecstypes.ManagedScaling) { s.MinimumScalingStepSize = aws.Int32(10000) }), scalingPath + "MinimumScalingStepSize", client, ""},
		{"ecs-capacity-provider-scaling", "too long a step", scaled(func(s *ecstypes.ManagedScaling) { s.MaximumScalingStepSize = aws.Int32(10001) }),
			scaled(func(s *ecstypes.ManagedScaling) { s.MaximumScalingStepSize = aws.Int32(10000) }), scalingPath + "MaximumScalingStepSize", client, ""},
		{"ecs-capacity-provider-scaling", "three hours", scaled(func(s *ecstypes.ManagedScaling) { s.InstanceWarmupPeriod = aws.Int32(10800) }),
			scaled(func(s *ecstypes.ManagedScaling) { s.InstanceWarmupPeriod = aws.Int32(0) }), scalingPath + "InstanceWarmupPeriod", client, ""},
		{"ecs-capacity-provider-steps", "the least above the most", scaled(func(s *ecstypes.ManagedScaling) {
			s.MinimumScalingStepSize, s.MaximumScalingStepSize = aws.Int32(3), aws.Int32(2)
		}), scaled(func(s *ecstypes.ManagedScaling) {
			s.MinimumScalingStepSize, s.MaximumScalingStepSize = aws.Int32(2), aws.Int32(2)
		}), scalingPath + "MinimumScalingStepSize", client, ""},
		{"ecs-capacity-provider-protection", "not scaled", protected(ecstypes.ManagedScalingStatusDisabled), protected(ecstypes.ManagedScalingStatusEnabled),
			"AutoScalingGroupProvider.ManagedTerminationProtection", client, "managed scaling must be enabled"},
		{"ecs-tags", "no key", func(in *provider) { in.Tags = make([]ecstypes.Tag, 1) }, nil, "Tags[0]", invalid, ""},
	}, managedRuleIDs()...)
}

// ids are the rules that a table shares with another one, which tests them.
func ids[T any](of rules.Of[T]) []string {
	all := make([]string, len(of))
	for i, rule := range of {
		all[i] = rule.ID
	}
	return all
}
