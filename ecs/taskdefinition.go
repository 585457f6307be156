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

// Architecture is the processor that tasks run on.
type Architecture ecstypes.CPUArchitecture

// The architectures. The zero value is X86_64.
const (
	X86_64 Architecture = "X86_64"
	ARM64  Architecture = "ARM64"
)

// platform is what images call it.
func (a Architecture) platform() string {
	if a == ARM64 {
		return "linux/arm64"
	}
	return "linux/amd64"
}

// FargateTaskDefinition declares the newest revision of a family of Linux tasks on
// Fargate. Changing it makes a new revision.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
type FargateTaskDefinition struct {
	family        string
	cpu           CPU
	memory        Memory
	containers    []Container
	taskRole      iam.RoleRef
	executionRole iam.RoleRef
	architecture  Architecture
	storage       Memory
	retention     int
	sharedPID     bool
	exec          bool
	faults        bool
	tags          map[string]string
	overrides     []func(*awsecs.RegisterTaskDefinitionInput)
}

// NewFargateTaskDefinition declares the tasks of a family, whose name has up to 255
// letters, digits, hyphens and underscores. CPU and memory must be a pair that
// Fargate has: VCPU/4 with 512 MiB, 1 or 2 GiB; VCPU/2 with 1 to 4 GiB; 1 VCPU with
// 2 to 8; 2 with 4 to 16; 4 with 8 to 30; 8 with 16 to 60 by fours; 16 with 32 to
// 120 by eights; 32 with 60, 120 or 244.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
func NewFargateTaskDefinition(family string, cpu CPU, memory Memory) FargateTaskDefinition {
	return FargateTaskDefinition{
		family: family, cpu: cpu, memory: memory, architecture: X86_64, retention: DefaultRetention,
	}
}

// WithContainer adds a container. At least one must be essential.
func (t FargateTaskDefinition) WithContainer(c Container) FargateTaskDefinition {
	t.containers = append(slices.Clip(t.containers), c)
	return t
}

// WithTaskRole sets the role that the containers' processes have. A declared role
// gets the trust in ECS tasks, and what ECS Exec and EFS need as an inline policy of
// its own, by itself: also if it is the role of several task definitions, or is
// declared in the stack besides. An existing one is taken as it is.
func (t FargateTaskDefinition) WithTaskRole(r iam.RoleRef) FargateTaskDefinition {
	t.taskRole = r
	return t
}

// WithExecutionRole sets the role by which ECS starts the tasks, instead of a
// derived one. A declared role gets what the derived one would; an existing one is
// taken as it is.
func (t FargateTaskDefinition) WithExecutionRole(r iam.RoleRef) FargateTaskDefinition {
	t.executionRole = r
	return t
}

// WithArchitecture sets the processor; X86_64 if not called. All images must be
// made for it.
func (t FargateTaskDefinition) WithArchitecture(a Architecture) FargateTaskDefinition {
	t.architecture = a
	return t
}

// WithEphemeralStorage sets the size of the disk that the containers share, 21 to
// 200 GiB; 20 GiB if not called.
func (t FargateTaskDefinition) WithEphemeralStorage(n Memory) FargateTaskDefinition {
	t.storage = n
	return t
}

// WithLogRetention sets how many days the task definition's own log group keeps
// logs, see [LogGroup.WithRetention]; [DefaultRetention] if not called.
func (t FargateTaskDefinition) WithLogRetention(days int) FargateTaskDefinition {
	t.retention = days
	return t
}

// WithSharedProcesses lets the containers of a task see each other's processes.
func (t FargateTaskDefinition) WithSharedProcesses() FargateTaskDefinition {
	t.sharedPID = true
	return t
}

// WithExec gives the task role what ECS Exec needs. Services with exec call it
// themselves.
func (t FargateTaskDefinition) WithExec() FargateTaskDefinition {
	t.exec = true
	return t
}

// WithFaultInjection lets the tasks' fault injection endpoint take requests.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fault-injection.html
func (t FargateTaskDefinition) WithFaultInjection() FargateTaskDefinition {
	t.faults = true
	return t
}

// WithTag sets a tag.
func (t FargateTaskDefinition) WithTag(key, value string) FargateTaskDefinition {
	t.tags = with(t.tags, key, value)
	return t
}

// WithOverride has f change the input of RegisterTaskDefinition after everything
// else, for what this builder does not offer.
func (t FargateTaskDefinition) WithOverride(f func(*awsecs.RegisterTaskDefinitionInput)) FargateTaskDefinition {
	t.overrides = append(slices.Clip(t.overrides), f)
	return t
}

// ID names the family.
func (t FargateTaskDefinition) ID() slipway.ID {
	return slipway.ID{Kind: model.KindTaskDefinition, Name: t.family}
}

// ARN returns the ARN of the revision, as a placeholder.
func (t FargateTaskDefinition) ARN() string { return slipway.Ref(t.ID(), "arn") }

// LogGroup returns the task definition's own log group, "/ecs/<family>", to which
// containers log by default.
func (t FargateTaskDefinition) LogGroup() LogGroup {
	return NewLogGroup(logGroupPrefix + t.family).WithRetention(t.retention)
}

// Resources returns the task definition itself, which brings its roles and its log
// group.
func (t FargateTaskDefinition) Resources() []slipway.Resource { return []slipway.Resource{t} }

// Build returns the wanted state.
func (t FargateTaskDefinition) Build() (slipway.Desired, error) {
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

// Validate reports everything that AWS would reject.
func (t FargateTaskDefinition) Validate() error { return validate(t, taskDefinitions{}) }

func (t FargateTaskDefinition) input() *awsecs.RegisterTaskDefinitionInput {
	in := &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String(t.family), Cpu: units(t.cpu), Memory: units(t.memory),
		NetworkMode:             ecstypes.NetworkModeAwsvpc,
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		RuntimePlatform: &ecstypes.RuntimePlatform{
			CpuArchitecture: ecstypes.CPUArchitecture(t.architecture), OperatingSystemFamily: ecstypes.OSFamilyLinux,
		},
		EnableFaultInjection: on(t.faults), Tags: tagList(t.tags),
	}
	for _, c := range t.containers {
		in.ContainerDefinitions = append(in.ContainerDefinitions, c.definition(t))
	}
	for _, v := range t.volumes() {
		in.Volumes = append(in.Volumes, v.input())
	}
	if t.storage != 0 {
		in.EphemeralStorage = &ecstypes.EphemeralStorage{SizeInGiB: clamp(int((t.storage + GiB - 1) / GiB))}
	}
	if t.sharedPID {
		in.PidMode = ecstypes.PidModeTask
	}
	return in
}

// volumes lists what the containers mount, each volume once.
func (t FargateTaskDefinition) volumes() []Volume {
	var all []Volume
	for _, c := range t.containers {
		for _, m := range c.mounts {
			if m.volume != nil && !slices.ContainsFunc(all, func(v Volume) bool { return reflect.DeepEqual(v.input(), m.volume.input()) }) {
				all = append(all, m.volume)
			}
		}
	}
	return all
}

// needs collects what the containers need of the roles.
func (t FargateTaskDefinition) needs() *needs {
	n := &needs{}
	for _, c := range t.containers {
		c.needs(t, n)
	}
	if t.exec {
		n.exec()
	}
	return n
}

func (c Container) needs(t FargateTaskDefinition, n *needs) {
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
	c.loggingOrDefault().allow(t, n)
}
