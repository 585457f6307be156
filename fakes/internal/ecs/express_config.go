// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// expressConfig is one configuration of a service of Express Mode, with its defaults.
// It is replaced, never edited.
type expressConfig struct {
	cpu, memory, execution, task, health *string
	architecture                         ecstypes.ExpressCpuArchitecture
	container                            *ecstypes.ExpressGatewayContainer
	subnets, groups                      []string
	scaling                              ecstypes.ExpressGatewayScalingTarget
	// definition is the ARN of the task definition, base that of one which a managed one
	// is made after.
	definition, base string
	// stale: the task definition must be made anew.
	stale bool
}

// The defaults of Express Mode. The API's reference has 256, 512 and /ping, but what
// services get are those of the guide.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html
// https://github.com/hashicorp/terraform-provider-aws/pull/47919
const (
	expressCPU, expressMemory = "1024", "2048"
	expressPort               = 80
	expressHealth             = "/"
	expressTarget             = 60
	expressMin, expressMax    = 1, 20
	expressGrace              = 300
	expressStop               = 30
	mainContainer             = "Main"
)

func ofCreate(in *awsecs.CreateExpressGatewayServiceInput) expressConfig {
	config := expressConfig{
		health: new(or(in.HealthCheckPath, expressHealth)), cpu: in.Cpu, memory: in.Memory, execution: in.ExecutionRoleArn, task: in.TaskRoleArn,
		architecture: in.CpuArchitecture, container: in.PrimaryContainer, scaling: filledScaling(in.ScalingTarget), definition: value(in.TaskDefinitionArn),
	}
	if config.definition == "" {
		config.cpu, config.memory = new(or(in.Cpu, expressCPU)), new(or(in.Memory, expressMemory))
		config.stale = true
		if config.architecture == "" {
			config.architecture = ecstypes.ExpressCpuArchitectureX8664
		}
	}
	if n := in.NetworkConfiguration; n != nil {
		config.subnets, config.groups = n.Subnets, n.SecurityGroups
	}
	return config
}

// merge is the configuration with what the update gives.
func (x expressConfig) merge(in *awsecs.UpdateExpressGatewayServiceInput) expressConfig {
	x.stale = in.PrimaryContainer != nil || in.Cpu != nil || in.Memory != nil || in.CpuArchitecture != "" || in.ExecutionRoleArn != nil || in.TaskRoleArn != nil
	for _, f := range []struct{ to, given **string }{
		{&x.cpu, &in.Cpu}, {&x.memory, &in.Memory}, {&x.execution, &in.ExecutionRoleArn}, {&x.task, &in.TaskRoleArn}, {&x.health, &in.HealthCheckPath},
	} {
		if *f.given != nil {
			*f.to = *f.given
		}
	}
	if in.PrimaryContainer != nil {
		x.container = in.PrimaryContainer
	}
	if in.CpuArchitecture != "" {
		x.architecture = in.CpuArchitecture
	}
	if n := in.NetworkConfiguration; n != nil {
		x.subnets, x.groups = n.Subnets, n.SecurityGroups
	}
	if in.ScalingTarget != nil {
		x.scaling = filledScaling(in.ScalingTarget)
	}
	if in.TaskDefinitionArn != nil {
		x.definition, x.stale, x.base = *in.TaskDefinitionArn, false, ""
		x.cpu, x.memory, x.execution, x.task, x.architecture, x.container = nil, nil, nil, nil, "", nil
	}
	return x
}

func filledScaling(t *ecstypes.ExpressGatewayScalingTarget) ecstypes.ExpressGatewayScalingTarget {
	v := ecstypes.ExpressGatewayScalingTarget{}
	if t != nil {
		v = *t
	}
	if v.AutoScalingMetric == "" {
		v.AutoScalingMetric = ecstypes.ExpressGatewayServiceScalingMetricAverageCPUUtilization
	}
	v.AutoScalingTargetValue = new(or(v.AutoScalingTargetValue, expressTarget))
	v.MinTaskCount = new(or(v.MinTaskCount, expressMin))
	v.MaxTaskCount = new(max(or(v.MaxTaskCount, expressMax), *v.MinTaskCount))
	return v
}

// define finds the task definition, or registers one where what it says has changed.
func (e *express) define(c *sim.Call, x *expressConfig) error {
	if x.stale {
		in, err := e.definition(x)
		if err != nil {
			return err
		}
		out, err := e.s.cl.r.f.registerTaskDefinition(c, in)
		if err != nil {
			return err
		}
		x.definition, x.stale = *out.TaskDefinition.TaskDefinitionArn, false
	}
	d, err := e.s.cl.r.runnable(&x.definition)
	if err != nil {
		return err
	}
	x.definition = d.arn()
	x.seen(d)
	return nil
}

// seen shows of the task definition what the service's configuration shows.
func (x *expressConfig) seen(d *taskDef) {
	v := d.definition
	x.cpu, x.memory, x.execution, x.task = v.Cpu, v.Memory, v.ExecutionRoleArn, v.TaskRoleArn
	if v.RuntimePlatform != nil {
		x.architecture = ecstypes.ExpressCpuArchitecture(v.RuntimePlatform.CpuArchitecture)
	}
	for _, c := range v.ContainerDefinitions {
		if value(c.Name) != mainContainer {
			continue
		}
		main := &ecstypes.ExpressGatewayContainer{Image: c.Image, Command: c.Command, Environment: c.Environment, Secrets: c.Secrets}
		if len(c.PortMappings) > 0 {
			main.ContainerPort = c.PortMappings[0].ContainerPort
		}
		if l := c.LogConfiguration; l != nil && l.LogDriver == ecstypes.LogDriverAwslogs {
			main.AwsLogsConfiguration = &ecstypes.ExpressGatewayServiceAwsLogsConfiguration{
				LogGroup: new(l.Options["awslogs-group"]), LogStreamPrefix: new(l.Options["awslogs-stream-prefix"]),
			}
		}
		if c.RepositoryCredentials != nil {
			main.RepositoryCredentials = &ecstypes.ExpressGatewayRepositoryCredentials{CredentialsParameter: c.RepositoryCredentials.CredentialsParameter}
		}
		x.container = main
	}
}

// definition is the managed task definition of the configuration. After one of the
// user's it keeps all that Express Mode knows nothing of.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-update-full.html
func (e *express) definition(x *expressConfig) (*awsecs.RegisterTaskDefinitionInput, error) {
	in := &awsecs.RegisterTaskDefinitionInput{}
	if d := e.s.cl.r.taskDefinition(x.definition); x.definition != "" && d != nil {
		copied := d.input
		in = &copied
	}
	in.Family = new(e.s.cl.name + "-" + e.s.name)
	in.Cpu, in.Memory, in.ExecutionRoleArn, in.TaskRoleArn, in.Tags = x.cpu, x.memory, x.execution, x.task, nil
	in.NetworkMode, in.RequiresCompatibilities = ecstypes.NetworkModeAwsvpc, []ecstypes.Compatibility{ecstypes.CompatibilityFargate}
	if x.architecture != "" {
		in.RuntimePlatform = &ecstypes.RuntimePlatform{
			OperatingSystemFamily: ecstypes.OSFamilyLinux, CpuArchitecture: ecstypes.CPUArchitecture(x.architecture),
		}
	}
	containers := slices.Clone(in.ContainerDefinitions)
	i := slices.IndexFunc(containers, func(c ecstypes.ContainerDefinition) bool { return value(c.Name) == mainContainer })
	if i < 0 {
		containers = append(containers, ecstypes.ContainerDefinition{
			Name: new(mainContainer), Essential: new(true), StopTimeout: new(int32(expressStop)),
			VersionConsistency: ecstypes.VersionConsistencyEnabled, LinuxParameters: &ecstypes.LinuxParameters{InitProcessEnabled: new(true)},
		})
		i = len(containers) - 1
	}
	if err := e.main(&containers[i], x.container); err != nil {
		return nil, err
	}
	in.ContainerDefinitions = containers
	return in, nil
}

// main gives the container Main what the primary container says.
func (e *express) main(c *ecstypes.ContainerDefinition, p *ecstypes.ExpressGatewayContainer) error {
	if p == nil {
		return nil
	}
	c.Image, c.Command, c.Secrets = p.Image, p.Command, p.Secrets
	c.Environment = slices.Clone(p.Environment)
	slices.Reverse(c.Environment) // https://github.com/hashicorp/terraform-provider-aws/issues/45792
	port := or(p.ContainerPort, expressPort)
	c.PortMappings = []ecstypes.PortMapping{{
		ContainerPort: &port, Name: new("main-" + strconv.Itoa(int(port)) + "-tcp"), Protocol: ecstypes.TransportProtocolTcp,
	}}
	c.RepositoryCredentials = nil
	if p.RepositoryCredentials != nil {
		c.RepositoryCredentials = &ecstypes.RepositoryCredentials{CredentialsParameter: p.RepositoryCredentials.CredentialsParameter}
	}
	return e.logs(c, p.AwsLogsConfiguration)
}

// logs has the container log as is asked for, or into the service's own group. A log
// driver that somebody has put in its place stays, unless a group is asked for.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-advanced-customization.html
func (e *express) logs(c *ecstypes.ContainerDefinition, asked *ecstypes.ExpressGatewayServiceAwsLogsConfiguration) error {
	if asked == nil && c.LogConfiguration != nil && c.LogConfiguration.LogDriver != ecstypes.LogDriverAwslogs {
		return nil
	}
	group, prefix := "", "ecs"
	if asked != nil {
		group, prefix = value(asked.LogGroup), value(asked.LogStreamPrefix)
	}
	if group == "" {
		own, err := e.logGroup()
		if err != nil {
			return err
		}
		group = own
	}
	c.LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwslogs, Options: map[string]string{
		"awslogs-group": group, "awslogs-region": e.s.cl.r.name, "awslogs-stream-prefix": prefix,
		"mode": "non-blocking", "max-buffer-size": "25m",
	}}
	return nil
}

// input is the service below. What was changed in it outside of Express Mode stays.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html
func (e *express) input(x expressConfig) awsecs.CreateServiceInput {
	s := e.s
	in := s.input
	if in.ServiceName == nil {
		in = awsecs.CreateServiceInput{
			ServiceName: &s.name, Cluster: &s.cl.name,
			CapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: new(fargate), Base: 1, Weight: 1}},
			SchedulingStrategy:       ecstypes.SchedulingStrategyReplica, EnableECSManagedTags: true, PropagateTags: ecstypes.PropagateTagsService,
			AvailabilityZoneRebalancing:   ecstypes.AvailabilityZoneRebalancingEnabled,
			HealthCheckGracePeriodSeconds: new(int32(expressGrace)), DeploymentConfiguration: e.canary(), Tags: s.tags,
		}
	}
	if low := *x.scaling.MinTaskCount; s.desired < low {
		s.desired = low
	}
	in.DesiredCount, in.TaskDefinition = new(s.desired), &x.definition
	in.NetworkConfiguration = &ecstypes.NetworkConfiguration{AwsvpcConfiguration: e.awsvpc(x)}
	in.LoadBalancers = e.balancers()
	return in
}
