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

// jobCore is what jobs of all launch types are made of.
type jobCore struct {
	name       string
	cluster    ClusterRef
	task       taskCore
	network    vpc.Network
	commands   map[string][]string
	env        []envOverride
	cpu        CPU
	memory     Memory
	groups     []vpc.GroupRef
	publicIP   *bool
	capacity   []share
	exec       bool
	tags       map[string]string
	launchType ecstypes.LaunchType
	// What only jobs on EC2 have.
	instances   []vpc.GroupRef
	constraints []PlacementConstraint
	strategies  []PlacementStrategy
	overrides   []func(*awsecs.RunTaskInput)
}

// envOverride is an environment variable of a container.
type envOverride struct{ container, name, value string }

func newJobCore(name string, cluster ClusterRef, task taskCore, network vpc.Network, launch ecstypes.LaunchType) jobCore {
	return jobCore{name: name, cluster: cluster, task: task, network: network, launchType: launch}
}

func (j jobCore) withCommand(c TaskContainer, args ...string) jobCore {
	j.commands = with(j.commands, containerOf(c).name, slices.Clone(args))
	return j
}

func (j jobCore) withEnv(c TaskContainer, name, value string) jobCore {
	j.env = append(slices.Clip(j.env), envOverride{containerOf(c).name, name, value})
	return j
}

func (j jobCore) withSize(cpu CPU, memory Memory) jobCore {
	j.cpu, j.memory = cpu, memory
	return j
}

func (j jobCore) withSecurityGroup(g vpc.GroupRef) jobCore {
	j.groups = append(slices.Clip(j.groups), g)
	return j
}

func (j jobCore) withPublicIP(assign bool) jobCore {
	j.publicIP = &assign
	return j
}

func (j jobCore) withCapacity(c share) jobCore {
	j.capacity = append(slices.Clip(j.capacity), c)
	return j
}

func (j jobCore) withExec() jobCore {
	j.exec, j.task = true, j.task.withExec()
	return j
}

func (j jobCore) withTag(key, value string) jobCore {
	j.tags = with(j.tags, key, value)
	return j
}

func (j jobCore) withInstances(g vpc.GroupRef) jobCore {
	j.instances = append(slices.Clip(j.instances), g)
	return j
}

func (j jobCore) withConstraint(c PlacementConstraint) jobCore {
	j.constraints = append(slices.Clip(j.constraints), c)
	return j
}

func (j jobCore) withStrategy(p PlacementStrategy) jobCore {
	j.strategies = append(slices.Clip(j.strategies), p)
	return j
}

func (j jobCore) withOverride(f func(*awsecs.RunTaskInput)) jobCore {
	j.overrides = append(slices.Clip(j.overrides), f)
	return j
}

// ID names the job.
func (j jobCore) ID() slipway.ID {
	cluster := ""
	if j.cluster != nil {
		cluster = j.cluster.ClusterName()
	}
	return slipway.ID{Kind: model.KindJob, Name: cluster + "/" + j.name}
}

// Build returns the wanted state.
func (j jobCore) Build() (slipway.Desired, error) {
	if err := slipway.JoinFields(j.problems()); err != nil {
		return slipway.Desired{}, err
	}
	network, groups, uses := j.configuration()
	uses = append(uses, mountRules(j.task.volumes(), groups)...)
	volumes, brought := j.volumes()
	uses = append(uses, brought...)
	uses = slices.Concat(j.cluster.Resources(), []slipway.Resource{j.task}, j.network.Resources(), uses)
	in := awsecs.RunTaskInput{
		Cluster: aws.String(j.cluster.clusterRef()), TaskDefinition: aws.String(j.task.arn()), NetworkConfiguration: network,
		CapacityProviderStrategy: strategyOf(j.capacity), EnableExecuteCommand: j.exec, Overrides: j.override(), Tags: tagList(j.tags),
		VolumeConfigurations: volumes,
	}
	if len(j.capacity) == 0 {
		in.LaunchType = j.launchType
	}
	for _, c := range j.constraints {
		in.PlacementConstraints = append(in.PlacementConstraints, c.constraint())
	}
	for _, p := range j.strategies {
		in.PlacementStrategy = append(in.PlacementStrategy, p.strategy())
	}
	more, after := capacityNeeds(j.cluster, j.capacity)
	uses = append(uses, more...)
	overridden := override.Run("Run.", &in, j.overrides...)
	return slipway.Desired{
		Kind: jobKind(), State: &model.Job{Run: in, Zones: mountedIn(j.task.volumes(), j.network)}, Uses: uses, After: after, Overridden: overridden,
	}, nil
}

// problems are what the job cannot be built with.
func (j jobCore) problems() []slipway.FieldError {
	var all []slipway.FieldError
	add := func(path, got, want string) {
		all = append(all, slipway.FieldError{Path: j.ID().String() + " " + path, Got: got, Want: want, Rule: "ecs-builder"})
	}
	if j.cluster == nil {
		add("Cluster", "nil", "a cluster")
	}
	all = append(all, capacityProblems(j.ID(), j.cluster, j.capacity)...)
	all = append(all, volumeProblems(j.ID(), j.task.volumes(), false)...)
	for i, g := range j.instances {
		if g == nil {
			add(fmt.Sprintf("InstanceSecurityGroups[%d]", i), "nil", "a security group")
		}
	}
	for i, c := range j.constraints {
		if c == nil {
			add(fmt.Sprintf("PlacementConstraints[%d]", i), "nil", "a placement constraint")
		}
	}
	for i, p := range j.strategies {
		if p == nil {
			add(fmt.Sprintf("PlacementStrategy[%d]", i), "nil", "a placement strategy")
		}
	}
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

// configuration is the network of the task, with the security groups that it is in,
// which are those of its instance if it has no network interface, and what it brings.
func (j jobCore) configuration() (*ecstypes.NetworkConfiguration, []vpc.GroupRef, []slipway.Resource) {
	if j.task.mode != ecstypes.NetworkModeAwsvpc {
		groups := instanceGroups(j.instances, j.capacity)
		var uses []slipway.Resource
		for _, g := range groups {
			uses = append(uses, g.Resources()...)
		}
		return nil, groups, uses
	}
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
	if j.launchType != ecstypes.LaunchTypeFargate {
		config.AssignPublicIp = "" // tasks on EC2 cannot have one
	} else if j.publicIP == nil && j.network.AssignsPublicIP() || j.publicIP != nil && *j.publicIP {
		config.AssignPublicIp = ecstypes.AssignPublicIpEnabled
	}
	return &ecstypes.NetworkConfiguration{AwsvpcConfiguration: config}, groups, uses
}

// override is what the job changes of its task definition; nil if nothing.
func (j jobCore) override() *ecstypes.TaskOverride {
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

func (jobCore) outputs(values map[string][]string) *awsecs.RunTaskInput {
	in := &awsecs.RunTaskInput{}
	if len(values["run"]) == 0 || json.Unmarshal([]byte(values["run"][0]), in) != nil {
		return nil
	}
	return in
}
