// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/override"
)

// taskCore is what task definitions of all launch types are made of.
type taskCore struct {
	family        string
	cpu           CPU
	memory        Memory
	containers    []Container
	taskRole      iam.RoleRef
	executionRole iam.RoleRef
	architecture  Architecture
	storage       Memory
	retention     int
	pid           ecstypes.PidMode
	ipc           ecstypes.IpcMode
	placements    []MemberOf
	exec          bool
	faults        bool
	tags          map[string]string
	mode          ecstypes.NetworkMode
	runsOn        []ecstypes.Compatibility
	overrides     []func(*awsecs.RegisterTaskDefinitionInput)
}

func (t taskCore) withContainer(c Container) taskCore {
	t.containers = append(slices.Clip(t.containers), c)
	return t
}

func (t taskCore) withTaskRole(r iam.RoleRef) taskCore {
	t.taskRole = r
	return t
}

func (t taskCore) withExecutionRole(r iam.RoleRef) taskCore {
	t.executionRole = r
	return t
}

func (t taskCore) withArchitecture(a Architecture) taskCore {
	t.architecture = a
	return t
}

func (t taskCore) withEphemeralStorage(n Memory) taskCore {
	t.storage = n
	return t
}

func (t taskCore) withLogRetention(days int) taskCore {
	t.retention = days
	return t
}

func (t taskCore) withSharedProcesses() taskCore {
	return t.withPIDMode(ecstypes.PidModeTask)
}

func (t taskCore) withPIDMode(m ecstypes.PidMode) taskCore {
	t.pid = m
	return t
}

func (t taskCore) withIPCMode(m ecstypes.IpcMode) taskCore {
	t.ipc = m
	return t
}

func (t taskCore) withNetworkMode(m NetworkMode) taskCore {
	t.mode = ecstypes.NetworkMode(m)
	return t
}

func (t taskCore) withCPU(n CPU) taskCore {
	t.cpu = n
	return t
}

func (t taskCore) withMemory(n Memory) taskCore {
	t.memory = n
	return t
}

func (t taskCore) withPlacement(m MemberOf) taskCore {
	t.placements = append(slices.Clip(t.placements), m)
	return t
}

func (t taskCore) withExec() taskCore {
	t.exec = true
	return t
}

func (t taskCore) withFaultInjection() taskCore {
	t.faults = true
	return t
}

func (t taskCore) withTag(key, value string) taskCore {
	t.tags = with(t.tags, key, value)
	return t
}

func (t taskCore) withOverride(f func(*awsecs.RegisterTaskDefinitionInput)) taskCore {
	t.overrides = append(slices.Clip(t.overrides), f)
	return t
}

// ID names the family.
func (t taskCore) ID() slipway.ID {
	return slipway.ID{Kind: model.KindTaskDefinition, Name: t.family}
}

func (t taskCore) arn() string { return slipway.Ref(t.ID(), "arn") }

// logGroup is the task definition's own.
func (t taskCore) logGroup() LogGroup {
	return NewLogGroup(logGroupPrefix + t.family).WithRetention(t.retention)
}

// Build returns the wanted state.
func (t taskCore) Build() (slipway.Desired, error) {
	if err := slipway.JoinFields(t.problems()); err != nil {
		return slipway.Desired{}, err
	}
	need := t.needs()
	execution := wired(t.executionRole, t.family+"-execution", &need.executionRole)
	task := wired(t.taskRole, t.family+"-task", &need.taskRole)
	in := t.input()
	uses := need.uses
	var after []slipway.ID
	for _, r := range uses {
		after = append(after, r.ID()) // tasks cannot start without their log groups and mount targets
	}
	if execution != nil {
		in.ExecutionRoleArn = aws.String(execution.ARN())
		uses = append(uses, execution.Resources()...)
	}
	if task != nil {
		in.TaskRoleArn = aws.String(task.ARN())
		uses = append(uses, task.Resources()...)
	}
	overridden := override.Run("Register.", in, t.overrides...)
	return slipway.Desired{
		Kind: taskDefinitionKind(), State: &model.TaskDefinition{Register: *in},
		Uses: uses, After: after, Overridden: overridden,
	}, nil
}

func (t taskCore) input() *awsecs.RegisterTaskDefinitionInput {
	in := &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String(t.family), PidMode: t.pid, IpcMode: t.ipc,
		NetworkMode:             t.mode,
		RequiresCompatibilities: slices.Clone(t.runsOn),
		EnableFaultInjection:    on(t.faults), Tags: tagList(t.tags),
	}
	for _, c := range t.containers {
		in.ContainerDefinitions = append(in.ContainerDefinitions, c.definition(t.logGroup()))
	}
	for _, v := range t.volumes() {
		in.Volumes = append(in.Volumes, v.input())
	}
	if t.storage != 0 {
		in.EphemeralStorage = &ecstypes.EphemeralStorage{SizeInGiB: clamp(int((t.storage + GiB - 1) / GiB))}
	}
	t.size(in)
	for _, m := range t.placements {
		in.PlacementConstraints = append(in.PlacementConstraints, m.taskConstraint())
	}
	return in
}

// size is what the task has in all, and on which processor; Fargate needs to know.
func (t taskCore) size(in *awsecs.RegisterTaskDefinitionInput) {
	fargate := slices.Contains(t.runsOn, ecstypes.CompatibilityFargate)
	if fargate || t.cpu != 0 {
		in.Cpu = units(t.cpu)
	}
	if fargate || t.memory != 0 {
		in.Memory = units(t.memory)
	}
	if fargate || t.architecture != "" {
		in.RuntimePlatform = &ecstypes.RuntimePlatform{
			CpuArchitecture: ecstypes.CPUArchitecture(t.architecture), OperatingSystemFamily: ecstypes.OSFamilyLinux,
		}
	}
}

// container finds a container by its name.
func (t taskCore) container(name string) (Container, bool) {
	for _, c := range t.containers {
		if c.name == name {
			return c, true
		}
	}
	return Container{}, false
}

// volumes lists what the containers mount, each volume once.
func (t taskCore) volumes() []EC2Volume {
	var all []EC2Volume
	for _, c := range t.containers {
		for _, m := range c.mounts {
			if m.volume != nil && !slices.ContainsFunc(all, func(v EC2Volume) bool { return reflect.DeepEqual(v.input(), m.volume.input()) }) {
				all = append(all, m.volume)
			}
		}
	}
	return all
}

// needs collects what the containers need of the roles.
func (t taskCore) needs() *needs {
	n := &needs{}
	for _, c := range t.containers {
		c.needs(t.logGroup(), n)
	}
	if t.exec {
		n.exec()
	}
	return n
}

func (c Container) needs(own LogGroup, n *needs) {
	if c.image != nil {
		n.image(c.image)
	}
	for _, s := range c.secrets {
		n.secret(s.secret)
	}
	if c.registry != nil {
		n.secret(*c.registry)
	}
	for _, f := range c.files {
		n.environmentFile(f)
	}
	for _, m := range c.mounts {
		if m.volume != nil {
			m.volume.allow(n, m.readOnly)
		}
	}
	c.loggingOrDefault().allow(own, n)
}

// taskConstraint is the constraint as a task definition has it.
func (m MemberOf) taskConstraint() ecstypes.TaskDefinitionPlacementConstraint {
	return ecstypes.TaskDefinitionPlacementConstraint{
		Type: ecstypes.TaskDefinitionPlacementConstraintTypeMemberOf, Expression: aws.String(string(m)),
	}
}
