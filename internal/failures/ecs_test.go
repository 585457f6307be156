// SPDX-License-Identifier: Apache-2.0

package failures_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	modelelb "github.com/slipway-go/slipway/internal/model/elb"
	modeliam "github.com/slipway-go/slipway/internal/model/iam"
	"github.com/slipway-go/slipway/internal/rules"
	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

// known answers rules' look-ups by kind.
type known map[string]any

func (k known) Get(kind, _ string) (state any, found, isKnown bool) {
	state, found = k[kind]
	return state, found, found
}

// firstRule demands that AWS's first objection to the input is the case's.
// fragment is the part of the message that does not depend on who is asking; the
// whole message if empty.
func firstRule[T any](of rules.Of[T], refs rules.Refs, in *T, fragment string) func(*testing.T, Case) {
	return func(t *testing.T, c Case) {
		t.Helper()
		if fragment == "" {
			fragment = c.Message
		}
		require.Contains(t, c.Message, fragment)
		got, bad := of.First(refs, in)
		require.True(t, bad, "nothing is wrong with it")
		require.Contains(t, got.Text, fragment, "rule %s", got.Rule)
		require.NotEmpty(t, got.Doc)
		if c.Code != "" {
			require.Equal(t, c.Code, got.Code)
		}
	}
}

// task is a Fargate task definition that has been changed.
func task(change func(in *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition)) *awsecs.RegisterTaskDefinitionInput {
	in := &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"), Cpu: aws.String("256"), Memory: aws.String("512"), NetworkMode: ecstypes.NetworkModeAwsvpc,
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ContainerDefinitions:    []ecstypes.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("nginx")}},
	}
	change(in, &in.ContainerDefinitions[0])
	return in
}

func badTask(change func(in *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition)) func(*testing.T, Case) {
	return firstRule(ecsrules.RegisterTaskDefinition, nil, task(change), "")
}

// badContainer is badTask of its container.
func badContainer(change func(c *ecstypes.ContainerDefinition)) func(*testing.T, Case) {
	return badTask(func(_ *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition) { change(c) })
}

// service is a Fargate service that has been changed.
func service(change func(in *awsecs.CreateServiceInput)) *awsecs.CreateServiceInput {
	in := &awsecs.CreateServiceInput{
		ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(1),
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}},
	}
	change(in)
	return in
}

func badService(refs rules.Refs, fragment string, change func(in *awsecs.CreateServiceInput)) func(*testing.T, Case) {
	return firstRule(ecsrules.CreateService, refs, service(change), fragment)
}

// daemon is a service with a task on each instance.
func daemon(change func(in *awsecs.CreateServiceInput)) func(*testing.T, Case) {
	return badService(nil, "", func(in *awsecs.CreateServiceInput) {
		in.SchedulingStrategy, in.DesiredCount = ecstypes.SchedulingStrategyDaemon, nil
		change(in)
	})
}

func same(*awsecs.RegisterTaskDefinitionInput, *ecstypes.ContainerDefinition) {}

// registered is a world with one task definition.
func registered(change func(in *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition)) known {
	return known{
		model.KindTaskDefinition: &model.TaskDefinition{Register: *task(change)},
		model.KindCluster:        &model.Cluster{},
	}
}

func bridge(in *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition) {
	in.RequiresCompatibilities, in.NetworkMode = nil, ""
	c.PortMappings = []ecstypes.PortMapping{{ContainerPort: aws.Int32(80)}}
}

func listening(_ *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition) {
	c.PortMappings = []ecstypes.PortMapping{{ContainerPort: aws.Int32(80)}}
}

// with adds to what is known.
func (k known) with(kind string, state any) known {
	k[kind] = state
	return k
}

func balanced(in *awsecs.CreateServiceInput) {
	in.LoadBalancers = []ecstypes.LoadBalancer{{
		TargetGroupArn: aws.String("arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/1"),
		ContainerName:  aws.String("app"), ContainerPort: aws.Int32(80),
	}}
}

func targets(kind elbtypes.TargetTypeEnum) *modelelb.TargetGroup {
	return &modelelb.TargetGroup{Create: awselb.CreateTargetGroupInput{TargetType: kind}}
}

func changedPort(c *ecstypes.ContainerDefinition, ranges ...string) {
	for _, r := range ranges {
		c.PortMappings = append(c.PortMappings, ecstypes.PortMapping{ContainerPortRange: aws.String(r)})
	}
}

// ecsRuleCases are the cases of this file's area, by id.
var ecsRuleCases = map[string]func(t *testing.T, c Case){
	"ecs-awsvpc-disable-networking": badContainer(func(c *ecstypes.ContainerDefinition) { c.DisableNetworking = aws.Bool(true) }),
	"ecs-awsvpc-dns-servers":        badContainer(func(c *ecstypes.ContainerDefinition) { c.DnsServers = []string{"10.0.0.2"} }),
	"ecs-awsvpc-extra-hosts": badContainer(func(c *ecstypes.ContainerDefinition) {
		c.ExtraHosts = []ecstypes.HostEntry{{Hostname: aws.String("db"), IpAddress: aws.String("10.0.0.3")}}
	}),
	"ecs-awsvpc-hostname": badContainer(func(c *ecstypes.ContainerDefinition) { c.Hostname = aws.String("web") }),
	"ecs-awsvpc-links":    badContainer(func(c *ecstypes.ContainerDefinition) { c.Links = []string{"db:db"} }),
	"ecs-az-rebalancing-with-daemon": daemon(func(in *awsecs.CreateServiceInput) {
		in.AvailabilityZoneRebalancing = ecstypes.AvailabilityZoneRebalancingEnabled
	}),
	"ecs-binpack-field-invalid": badService(nil, "", func(in *awsecs.CreateServiceInput) {
		in.PlacementStrategy = []ecstypes.PlacementStrategy{{Type: ecstypes.PlacementStrategyTypeBinpack, Field: aws.String("instanceId")}}
	}),
	"ecs-cluster-exec-override-without-log-config": firstRule(ecsrules.CreateCluster, nil, &awsecs.CreateClusterInput{
		Configuration: &ecstypes.ClusterConfiguration{
			ExecuteCommandConfiguration: &ecstypes.ExecuteCommandConfiguration{Logging: ecstypes.ExecuteCommandLoggingOverride},
		},
	}, ""),
	"ecs-cluster-name-invalid": firstRule(ecsrules.CreateCluster, nil, &awsecs.CreateClusterInput{ClusterName: aws.String("テスト用")}, ""),
	"ecs-codedeploy-controller-needs-lb": badService(nil, "", func(in *awsecs.CreateServiceInput) {
		in.DeploymentController = &ecstypes.DeploymentController{Type: ecstypes.DeploymentControllerTypeCodeDeploy}
	}),
	"ecs-codedeploy-update-taskdef": firstRule(ecsrules.UpdateService, known{
		model.KindService: &model.Service{Create: *service(func(in *awsecs.CreateServiceInput) {
			in.DeploymentController = &ecstypes.DeploymentController{Type: ecstypes.DeploymentControllerTypeCodeDeploy}
		})},
	}, &awsecs.UpdateServiceInput{Service: aws.String("web"), TaskDefinition: aws.String("web:2")}, ""),
	"ecs-container-cpu-sum-over-task": badTask(func(in *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition) {
		c.Cpu = 256
		side := *c
		side.Name = aws.String("side")
		in.ContainerDefinitions = append(in.ContainerDefinitions, side)
	}),
	"ecs-container-list-empty": badTask(func(in *awsecs.RegisterTaskDefinitionInput, _ *ecstypes.ContainerDefinition) {
		in.ContainerDefinitions = []ecstypes.ContainerDefinition{}
	}),
	"ecs-container-name-empty": badContainer(func(c *ecstypes.ContainerDefinition) { c.Name = nil }),
	"ecs-container-no-memory-nor-reservation": badTask(func(in *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition) {
		in.RequiresCompatibilities, in.Memory, c.Name = nil, nil, aws.String("aaaaaaa")
	}),
	"ecs-cp-name-reserved-prefix": firstRule(ecsrules.CreateCapacityProvider, nil, &awsecs.CreateCapacityProviderInput{
		Name: aws.String("ecs-workers"),
	}, ""),
	"ecs-cp-strategy-all-zero-weights": badService(nil, "", func(in *awsecs.CreateServiceInput) {
		in.CapacityProviderStrategy = []ecstypes.CapacityProviderStrategyItem{
			{CapacityProvider: aws.String("FARGATE")}, {CapacityProvider: aws.String("FARGATE_SPOT")},
		}
	}),
	"ecs-daemon-desired-count": daemon(func(in *awsecs.CreateServiceInput) { in.DesiredCount = aws.Int32(0) }),
	"ecs-daemon-placement-strategy": daemon(func(in *awsecs.CreateServiceInput) {
		in.PlacementStrategy = []ecstypes.PlacementStrategy{{Type: ecstypes.PlacementStrategyTypeRandom}}
	}),
	"ecs-deployment-percent-blocks": firstRule(ecsrules.Stuck, nil, service(func(in *awsecs.CreateServiceInput) {
		in.DesiredCount = aws.Int32(2)
		in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{MinimumHealthyPercent: aws.Int32(75), MaximumPercent: aws.Int32(149)}
	}), "was unable to stop or start tasks during a deployment because of the service deployment configuration."),
	"ecs-distinct-instance-with-expression": badService(nil, "", func(in *awsecs.CreateServiceInput) {
		in.PlacementConstraints = []ecstypes.PlacementConstraint{{
			Type: ecstypes.PlacementConstraintTypeDistinctInstance, Expression: aws.String("attribute:ecs.os-type == linux"),
		}}
	}),
	"ecs-ebs-volume-name-not-configured-at-launch": badService(registered(same), "", func(in *awsecs.CreateServiceInput) {
		in.VolumeConfigurations = []ecstypes.ServiceVolumeConfiguration{{Name: aws.String("nope")}}
	}),
	"ecs-efs-platform-version-too-old": badService(registered(func(in *awsecs.RegisterTaskDefinitionInput, _ *ecstypes.ContainerDefinition) {
		in.Volumes = []ecstypes.Volume{{
			Name: aws.String("data"), EfsVolumeConfiguration: &ecstypes.EFSVolumeConfiguration{FileSystemId: aws.String("fs-1")},
		}}
	}), "", func(in *awsecs.CreateServiceInput) {
		in.LaunchType, in.PlatformVersion = ecstypes.LaunchTypeFargate, aws.String("1.3.0")
	}),
	"ecs-empty-port-mapping": badContainer(func(c *ecstypes.ContainerDefinition) {
		c.Name, c.PortMappings = aws.String("prerenderContainer"), []ecstypes.PortMapping{{HostPort: aws.Int32(7000)}}
	}),
	"ecs-env-file-access-denied": derivesEnvironmentFile,
	"ecs-environment-files-more-than-10": badContainer(func(c *ecstypes.ContainerDefinition) {
		for i := range 11 {
			c.EnvironmentFiles = append(c.EnvironmentFiles, ecstypes.EnvironmentFile{
				Type: ecstypes.EnvironmentFileTypeS3, Value: aws.String("arn:aws:s3:::bucket/" + strconv.Itoa(i) + ".env"),
			})
		}
	}),
	"ecs-ephemeral-storage-range": badTask(func(in *awsecs.RegisterTaskDefinitionInput, _ *ecstypes.ContainerDefinition) {
		in.EphemeralStorage = &ecstypes.EphemeralStorage{SizeInGiB: 20}
	}),
	"ecs-fargate-bad-cpu-memory-pair": badTask(func(in *awsecs.RegisterTaskDefinitionInput, _ *ecstypes.ContainerDefinition) {
		in.Cpu, in.Memory = aws.String("1024"), aws.String("1024")
	}),
	"ecs-fargate-capability-add": badContainer(func(c *ecstypes.ContainerDefinition) {
		c.LinuxParameters = &ecstypes.LinuxParameters{Capabilities: &ecstypes.KernelCapabilities{Add: []string{"NET_ADMIN"}}}
	}),
	"ecs-fargate-devices": badContainer(func(c *ecstypes.ContainerDefinition) {
		c.LinuxParameters = &ecstypes.LinuxParameters{Devices: []ecstypes.Device{{HostPath: aws.String("/dev/fuse")}}}
	}),
	"ecs-fargate-gpu": badContainer(func(c *ecstypes.ContainerDefinition) {
		c.ResourceRequirements = []ecstypes.ResourceRequirement{{Type: ecstypes.ResourceTypeGpu, Value: aws.String("1")}}
	}),
	"ecs-fargate-ipc-mode": badTask(func(in *awsecs.RegisterTaskDefinitionInput, _ *ecstypes.ContainerDefinition) {
		in.IpcMode = ecstypes.IpcModeTask
	}),
	"ecs-fargate-log-driver-unsupported": badContainer(func(c *ecstypes.ContainerDefinition) {
		c.LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverJsonFile}
	}),
	"ecs-fargate-max-swap": badContainer(func(c *ecstypes.ContainerDefinition) {
		c.LinuxParameters = &ecstypes.LinuxParameters{MaxSwap: aws.Int32(1024)}
	}),
	"ecs-fargate-no-task-level-memory": badTask(func(in *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition) {
		in.Memory, c.Memory = nil, aws.Int32(512)
	}),
	"ecs-fargate-pid-mode-host": badTask(func(in *awsecs.RegisterTaskDefinitionInput, _ *ecstypes.ContainerDefinition) {
		in.PidMode = ecstypes.PidModeHost
	}),
	"ecs-fargate-taskdef-placement-constraints": badTask(func(in *awsecs.RegisterTaskDefinitionInput, _ *ecstypes.ContainerDefinition) {
		in.PlacementConstraints = []ecstypes.TaskDefinitionPlacementConstraint{{Type: ecstypes.TaskDefinitionPlacementConstraintTypeMemberOf}}
	}),
	"ecs-fargate-windows-256-512": badTask(func(in *awsecs.RegisterTaskDefinitionInput, _ *ecstypes.ContainerDefinition) {
		in.RuntimePlatform = &ecstypes.RuntimePlatform{
			OperatingSystemFamily: ecstypes.OSFamilyWindowsServer2019Core, CpuArchitecture: ecstypes.CPUArchitectureArm64,
		}
	}),
	"ecs-firelens-s3-config-arn-syntax": badTask(func(in *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition) {
		c.LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwsfirelens}
		in.ContainerDefinitions = append(in.ContainerDefinitions, ecstypes.ContainerDefinition{
			Name: aws.String("router"), Image: aws.String("amazon/aws-for-fluent-bit"),
			FirelensConfiguration: &ecstypes.FirelensConfiguration{
				Type:    ecstypes.FirelensConfigurationTypeFluentbit,
				Options: map[string]string{"config-file-type": "s3", "config-file-value": "s3://some-bucket/fluentbit.conf"},
			},
		})
	}),
	"ecs-healthcheck-interval-range": badContainer(func(c *ecstypes.ContainerDefinition) {
		c.HealthCheck = &ecstypes.HealthCheck{Command: []string{"CMD", "true"}, Interval: aws.Int32(301)}
	}),
	"ecs-healthcheck-start-period-over-300": badContainer(func(c *ecstypes.ContainerDefinition) {
		c.HealthCheck = &ecstypes.HealthCheck{Command: []string{"CMD", "true"}, StartPeriod: aws.Int32(301)}
	}),
	"ecs-healthcheck-timeout-over-60": badContainer(func(c *ecstypes.ContainerDefinition) {
		c.HealthCheck = &ecstypes.HealthCheck{Command: []string{"CMD", "true"}, Timeout: aws.Int32(61)}
	}),
	"ecs-inference-accelerators-retired": badTask(func(in *awsecs.RegisterTaskDefinitionInput, _ *ecstypes.ContainerDefinition) {
		in.InferenceAccelerators = []ecstypes.InferenceAccelerator{{DeviceName: aws.String("d"), DeviceType: aws.String("eia2.medium")}}
	}),
	"ecs-lb-container-name-not-in-taskdef": badService(registered(listening), "", func(in *awsecs.CreateServiceInput) {
		balanced(in)
		in.LoadBalancers[0].ContainerName = aws.String("nope")
	}),
	"ecs-memory-reservation-over-memory": badContainer(func(c *ecstypes.ContainerDefinition) {
		c.Memory, c.MemoryReservation = aws.Int32(256), aws.Int32(512)
	}),
	"ecs-min-healthy-percent-over-100": badService(nil, "", func(in *awsecs.CreateServiceInput) {
		in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{MinimumHealthyPercent: aws.Int32(101)}
	}),
	"ecs-network-configuration-on-bridge": badService(registered(bridge), "", func(*awsecs.CreateServiceInput) {}),
	"ecs-placement-strategies-over-5": badService(nil, "", func(in *awsecs.CreateServiceInput) {
		in.PlacementStrategy = slices.Repeat([]ecstypes.PlacementStrategy{{Type: ecstypes.PlacementStrategyTypeRandom}}, 6)
	}),
	"ecs-platform-version-unknown": badService(nil, "", func(in *awsecs.CreateServiceInput) { in.PlatformVersion = aws.String("1.4") }),
	"ecs-port-range-overlap":       badContainer(func(c *ecstypes.ContainerDefinition) { changedPort(c, "8080-8085", "8085-8090") }),
	"ecs-port-range-with-single-port": badContainer(func(c *ecstypes.ContainerDefinition) {
		changedPort(c, "8080-8085")
		c.PortMappings[0].ContainerPort = aws.Int32(80)
	}),
	"ecs-proxy-configuration-not-awsvpc": badTask(func(in *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition) {
		bridge(in, c)
		in.ProxyConfiguration = &ecstypes.ProxyConfiguration{ContainerName: c.Name, Type: ecstypes.ProxyConfigurationTypeAppmesh}
	}),
	"ecs-proxy-properties-missing": badTask(func(in *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition) {
		in.ProxyConfiguration = &ecstypes.ProxyConfiguration{ContainerName: c.Name, Type: ecstypes.ProxyConfigurationTypeAppmesh}
	}),
	"ecs-restart-attempt-period-range": badContainer(func(c *ecstypes.ContainerDefinition) {
		c.RestartPolicy = &ecstypes.ContainerRestartPolicy{Enabled: aws.Bool(true), RestartAttemptPeriod: aws.Int32(59)}
	}),
	"ecs-role-with-service-linked-role-service": badService(registered(listening), "", func(in *awsecs.CreateServiceInput) {
		balanced(in)
		in.Role = aws.String("ecsServiceRole")
	}),
	"ecs-service-connect-namespace-missing": badService(registered(same), "", func(in *awsecs.CreateServiceInput) {
		in.ServiceConnectConfiguration = &ecstypes.ServiceConnectConfiguration{Enabled: true}
	}),
	"ecs-service-name-invalid": badService(nil, "", func(in *awsecs.CreateServiceInput) { in.ServiceName = aws.String("テスト用") }),
	"ecs-service-registry-needs-container-port": badService(registered(bridge), "", func(in *awsecs.CreateServiceInput) {
		in.NetworkConfiguration = nil
		in.ServiceRegistries = []ecstypes.ServiceRegistry{{
			RegistryArn: aws.String("arn:aws:servicediscovery:us-east-2:224588347132:service/srv-l2ijonw3ungcigcj"),
		}}
	}),
	"ecs-service-taskdef-not-fargate-compatible": badService(registered(bridge), "", func(in *awsecs.CreateServiceInput) {
		in.LaunchType = ecstypes.LaunchTypeFargate
	}),
	"ecs-target-type-instance-with-awsvpc": badService(
		registered(listening).with(modelelb.KindTargetGroup, targets(elbtypes.TargetTypeEnumInstance)),
		"has target type instance, which is incompatible with the awsvpc network mode specified in the task definition.", balanced),
	"ecs-target-type-ip-with-bridge": badService(
		registered(bridge).with(modelelb.KindTargetGroup, targets(elbtypes.TargetTypeEnumIp)),
		"incompatible with the bridge network mode specified in the task definition", func(in *awsecs.CreateServiceInput) {
			in.NetworkConfiguration = nil
			balanced(in)
		}),
	"ecs-taskset-platform-version-ec2": firstRule(ecsrules.CreateTaskSet, nil, &awsecs.CreateTaskSetInput{
		LaunchType: ecstypes.LaunchTypeEc2, PlatformVersion: aws.String("1.4.0"),
	}, ""),
	"ecs-ulimit-soft-over-hard": badContainer(func(c *ecstypes.ContainerDefinition) {
		c.Ulimits = []ecstypes.Ulimit{{Name: ecstypes.UlimitNameNofile, SoftLimit: 2048, HardLimit: 1024}}
	}),
	"ecs-update-service-container-port-changed": firstRule(ecsrules.UpdateService, registered(same).with(model.KindService, &model.Service{
		Create: *service(func(in *awsecs.CreateServiceInput) {
			in.ServiceName = aws.String("servicename")
			balanced(in)
		}),
	}), &awsecs.UpdateServiceInput{Service: aws.String("servicename"), TaskDefinition: aws.String("web:2")}, ""),
}

// derivesEnvironmentFile shows that the case cannot happen: the execution role may
// read the file because the container names it.
func derivesEnvironmentFile(t *testing.T, _ Case) {
	t.Helper()
	c := ecs.NewContainer("app", ecs.ImageRef("nginx")).WithEnvFile("arn:aws:s3:::bucket/1.env")
	built, err := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c).Build()
	require.NoError(t, err)
	var roles []slipway.Resource
	for _, used := range built.Uses {
		if used.ID().Kind == modeliam.KindRole {
			roles = append(roles, used)
		}
	}
	require.Len(t, roles, 1)
	role, err := roles[0].Build()
	require.NoError(t, err)
	state, ok := role.State.(*modeliam.Role)
	require.True(t, ok)
	require.Len(t, state.Inline, 1)
	for _, document := range state.Inline {
		require.Contains(t, document, "s3:GetObject")
		require.Contains(t, document, "arn:aws:s3:::bucket/1.env")
	}
}
