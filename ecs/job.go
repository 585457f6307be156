// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/override"
	"github.com/slipway-go/slipway/vpc"
)

// Job declares a task that runs to its end, on Fargate: what it runs, and where. A
// stack that has it brings all that it needs; it is started by [RunTask], or by a
// [Schedule], as often as one likes.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
type Job struct {
	name      string
	cluster   ClusterRef
	task      FargateTaskDefinition
	network   vpc.Network
	commands  map[string][]string
	env       []envOverride
	cpu       CPU
	memory    Memory
	groups    []vpc.GroupRef
	publicIP  *bool
	capacity  []Capacity
	exec      bool
	tags      map[string]string
	overrides []func(*awsecs.RunTaskInput)
}

// envOverride is an environment variable of a container.
type envOverride struct{ container, name, value string }

// NewJob declares a job of that name, unique in the cluster, whose task runs in one of
// the network's subnets. It has a security group of its own that admits nobody, and a
// public address if the network was asked for public subnets.
func NewJob(name string, cluster ClusterRef, task FargateTaskDefinition, network vpc.Network) Job {
	return Job{name: name, cluster: cluster, task: task, network: network}
}

// WithCommand overrides what a container runs.
func (j Job) WithCommand(c Container, args ...string) Job {
	j.commands = with(j.commands, c.name, slices.Clone(args))
	return j
}

// WithEnv sets an environment variable of a container, or overrides it.
func (j Job) WithEnv(c Container, name, value string) Job {
	j.env = append(slices.Clip(j.env), envOverride{c.name, name, value})
	return j
}

// WithSize overrides how much CPU and memory the whole task has.
func (j Job) WithSize(cpu CPU, memory Memory) Job {
	j.cpu, j.memory = cpu, memory
	return j
}

// WithSecurityGroup replaces the job's own security group. At most 5.
func (j Job) WithSecurityGroup(g vpc.GroupRef) Job {
	j.groups = append(slices.Clip(j.groups), g)
	return j
}

// WithPublicIP sets whether the task has a public address.
func (j Job) WithPublicIP(assign bool) Job {
	j.publicIP = &assign
	return j
}

// WithSpot runs the task on Fargate Spot, which may end it with a warning of two
// minutes.
func (j Job) WithSpot() Job { return j.WithCapacity(Capacity{Provider: FargateSpot, Weight: 1}) }

// WithCapacity adds a share for Fargate or Fargate Spot.
func (j Job) WithCapacity(c Capacity) Job {
	j.capacity = append(slices.Clip(j.capacity), c)
	return j
}

// WithExec lets one open a shell in the task's containers.
func (j Job) WithExec() Job {
	j.exec, j.task = true, j.task.WithExec()
	return j
}

// WithTag tags the task.
func (j Job) WithTag(key, value string) Job {
	j.tags = with(j.tags, key, value)
	return j
}

// WithOverride changes the input of RunTask; the plan shows what.
func (j Job) WithOverride(f func(*awsecs.RunTaskInput)) Job {
	j.overrides = append(slices.Clip(j.overrides), f)
	return j
}

// ID names the job.
func (j Job) ID() slipway.ID {
	cluster := ""
	if j.cluster != nil {
		cluster = j.cluster.ClusterName()
	}
	return slipway.ID{Kind: model.KindJob, Name: cluster + "/" + j.name}
}

// Validate reports everything that AWS would reject, without asking it.
func (j Job) Validate() error { return validate(j, jobs{}) }

// Build returns the wanted state.
func (j Job) Build() (slipway.Desired, error) {
	if err := slipway.JoinFields(j.problems()); err != nil {
		return slipway.Desired{}, err
	}
	network, groups, uses := j.configuration()
	uses = append(uses, mountRules(j.task.volumes(), groups)...)
	volumes, more := j.volumes()
	uses = append(uses, more...)
	uses = slices.Concat(j.cluster.Resources(), j.task.Resources(), j.network.Resources(), uses)
	in := awsecs.RunTaskInput{
		Cluster: aws.String(j.cluster.clusterRef()), TaskDefinition: aws.String(j.task.ARN()), NetworkConfiguration: network,
		CapacityProviderStrategy: strategyOf(j.capacity), EnableExecuteCommand: j.exec, Overrides: j.override(), Tags: tagList(j.tags),
		VolumeConfigurations: volumes,
	}
	if len(j.capacity) == 0 {
		in.LaunchType = ecstypes.LaunchTypeFargate
	}
	overridden := override.Run("Run.", &in, j.overrides...)
	return slipway.Desired{Kind: jobKind(), State: &model.Job{Run: in, Zones: mountedIn(j.task.volumes(), j.network)}, Uses: uses, Overridden: overridden}, nil
}

// problems are what the job cannot be built with.
func (j Job) problems() []slipway.FieldError {
	var all []slipway.FieldError
	add := func(path, got, want string) {
		all = append(all, slipway.FieldError{Path: j.ID().String() + " " + path, Got: got, Want: want, Rule: "ecs-builder"})
	}
	if j.cluster == nil {
		add("Cluster", "nil", "a cluster")
	}
	all = append(all, volumeProblems(j.ID(), j.task.volumes(), false)...)
	overridden := slices.Collect(maps.Keys(j.commands))
	for _, e := range j.env {
		overridden = append(overridden, e.container)
	}
	slices.Sort(overridden)
	for _, name := range slices.Compact(overridden) {
		if !slices.ContainsFunc(j.task.containers, func(c Container) bool { return c.name == name }) {
			add("Overrides.ContainerOverrides", fmt.Sprintf("%q", name), "a container of the task definition")
		}
	}
	return all
}

// configuration is the network of the task, with the security groups that it brings.
func (j Job) configuration() (*ecstypes.NetworkConfiguration, []vpc.GroupRef, []slipway.Resource) {
	groups := j.groups
	if len(groups) == 0 {
		groups = []vpc.GroupRef{vpc.NewSecurityGroup("ecs-"+j.cluster.ClusterName()+"-"+j.name, "Tasks of the ECS job "+j.ID().Name, j.network)}
	}
	config := &ecstypes.AwsVpcConfiguration{Subnets: j.network.Subnets(), AssignPublicIp: ecstypes.AssignPublicIpDisabled}
	var uses []slipway.Resource
	for _, g := range groups {
		config.SecurityGroups = append(config.SecurityGroups, g.GroupID())
		uses = append(uses, g.Resources()...)
	}
	if j.publicIP == nil && j.network.AssignsPublicIP() || j.publicIP != nil && *j.publicIP {
		config.AssignPublicIp = ecstypes.AssignPublicIpEnabled
	}
	return &ecstypes.NetworkConfiguration{AwsvpcConfiguration: config}, groups, uses
}

// override is what the job changes of its task definition; nil if nothing.
func (j Job) override() *ecstypes.TaskOverride {
	o := &ecstypes.TaskOverride{}
	if j.cpu != 0 {
		o.Cpu = units(j.cpu)
	}
	if j.memory != 0 {
		o.Memory = units(j.memory)
	}
	for _, c := range j.task.containers {
		if command, ok := j.commands[c.name]; ok {
			containerOverride(o, c.name).Command = command
		}
	}
	for _, e := range j.env {
		c := containerOverride(o, e.container)
		c.Environment = append(c.Environment, ecstypes.KeyValuePair{Name: aws.String(e.name), Value: aws.String(e.value)})
	}
	if o.Cpu == nil && o.Memory == nil && len(o.ContainerOverrides) == 0 {
		return nil
	}
	return o
}

// containerOverride finds what is overridden of a container, or adds it.
func containerOverride(o *ecstypes.TaskOverride, name string) *ecstypes.ContainerOverride {
	for i := range o.ContainerOverrides {
		if aws.ToString(o.ContainerOverrides[i].Name) == name {
			return &o.ContainerOverrides[i]
		}
	}
	o.ContainerOverrides = append(o.ContainerOverrides, ecstypes.ContainerOverride{Name: aws.String(name)})
	return &o.ContainerOverrides[len(o.ContainerOverrides)-1]
}

// Outputs makes sense of what [slipway.Output] hands it: the input of [RunTask]. It is
// nil if the job was not reached.
func (j Job) Outputs(values map[string][]string) *awsecs.RunTaskInput {
	in := &awsecs.RunTaskInput{}
	if len(values["run"]) == 0 || json.Unmarshal([]byte(values["run"][0]), in) != nil {
		return nil
	}
	return in
}
