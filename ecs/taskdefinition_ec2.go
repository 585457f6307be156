// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
)

// NetworkMode is how tasks on EC2 are connected to the network.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-networking.html
type NetworkMode ecstypes.NetworkMode

// The network modes of Linux.
const (
	// Bridge connects containers by Docker's virtual network; their ports are mapped to
	// ports of the instance.
	Bridge NetworkMode = "bridge"
	// Host has containers use the instance's own network.
	Host NetworkMode = "host"
	// AWSVPC gives each task a network interface of its own, with security groups, as on
	// Fargate.
	AWSVPC NetworkMode = "awsvpc"
	// NoNetwork cuts tasks off from the network.
	NoNetwork NetworkMode = "none"
)

// EC2TaskDefinition declares the newest revision of a family of Linux tasks on EC2
// instances. Changing it makes a new revision.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
type EC2TaskDefinition struct{ core taskCore }

// NewEC2TaskDefinition declares the tasks of a family, whose name has up to 255 letters,
// digits, hyphens and underscores. Unless the task has memory, each container needs a
// limit or a reservation.
func NewEC2TaskDefinition(family string) EC2TaskDefinition {
	return EC2TaskDefinition{taskCore{
		family: family, retention: DefaultRetention,
		mode: ecstypes.NetworkModeBridge, runsOn: []ecstypes.Compatibility{ecstypes.CompatibilityEc2},
	}}
}

// WithContainer adds a container. At least one must be essential.
func (t EC2TaskDefinition) WithContainer(c TaskContainer) EC2TaskDefinition {
	return EC2TaskDefinition{t.core.withContainer(containerOf(c))}
}

// WithNetworkMode sets how the tasks are connected to the network; [Bridge] if not
// called.
func (t EC2TaskDefinition) WithNetworkMode(m NetworkMode) EC2TaskDefinition {
	return EC2TaskDefinition{t.core.withNetworkMode(m)}
}

// WithCPU limits how much CPU the whole task has, VCPU/8 to 192 VCPU.
func (t EC2TaskDefinition) WithCPU(n CPU) EC2TaskDefinition {
	return EC2TaskDefinition{t.core.withCPU(n)}
}

// WithMemory limits how much memory the whole task has.
func (t EC2TaskDefinition) WithMemory(n Memory) EC2TaskDefinition {
	return EC2TaskDefinition{t.core.withMemory(n)}
}

// WithTaskRole sets the role that the containers' processes have, see
// [FargateTaskDefinition.WithTaskRole].
func (t EC2TaskDefinition) WithTaskRole(r iam.RoleRef) EC2TaskDefinition {
	return EC2TaskDefinition{t.core.withTaskRole(r)}
}

// WithExecutionRole sets the role by which ECS starts the tasks, see
// [FargateTaskDefinition.WithExecutionRole].
func (t EC2TaskDefinition) WithExecutionRole(r iam.RoleRef) EC2TaskDefinition {
	return EC2TaskDefinition{t.core.withExecutionRole(r)}
}

// WithArchitecture places tasks on instances with that processor only. All images must
// be made for it.
func (t EC2TaskDefinition) WithArchitecture(a Architecture) EC2TaskDefinition {
	return EC2TaskDefinition{t.core.withArchitecture(a)}
}

// WithPlacement places tasks on instances that an expression describes only; at most 10.
func (t EC2TaskDefinition) WithPlacement(m MemberOf) EC2TaskDefinition {
	return EC2TaskDefinition{t.core.withPlacement(m)}
}

// WithLogRetention sets how many days the task definition's own log group keeps logs,
// see [LogGroup.WithRetention]; [DefaultRetention] if not called.
func (t EC2TaskDefinition) WithLogRetention(days int) EC2TaskDefinition {
	return EC2TaskDefinition{t.core.withLogRetention(days)}
}

// WithSharedProcesses lets the containers of a task see each other's processes.
func (t EC2TaskDefinition) WithSharedProcesses() EC2TaskDefinition {
	return EC2TaskDefinition{t.core.withPIDMode(ecstypes.PidModeTask)}
}

// WithHostProcesses lets the containers see the processes of the instance.
func (t EC2TaskDefinition) WithHostProcesses() EC2TaskDefinition {
	return EC2TaskDefinition{t.core.withPIDMode(ecstypes.PidModeHost)}
}

// WithSharedIPC lets the containers of a task share memory, semaphores and queues.
func (t EC2TaskDefinition) WithSharedIPC() EC2TaskDefinition {
	return EC2TaskDefinition{t.core.withIPCMode(ecstypes.IpcModeTask)}
}

// WithHostIPC lets the containers use the instance's shared memory, semaphores and
// queues.
func (t EC2TaskDefinition) WithHostIPC() EC2TaskDefinition {
	return EC2TaskDefinition{t.core.withIPCMode(ecstypes.IpcModeHost)}
}

// WithExec gives the task role what ECS Exec needs. Services with exec call it
// themselves.
func (t EC2TaskDefinition) WithExec() EC2TaskDefinition { return EC2TaskDefinition{t.core.withExec()} }

// WithFaultInjection lets the tasks' fault injection endpoint take requests. Only with
// [AWSVPC] and [Host].
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fault-injection.html
func (t EC2TaskDefinition) WithFaultInjection() EC2TaskDefinition {
	return EC2TaskDefinition{t.core.withFaultInjection()}
}

// WithTag sets a tag.
func (t EC2TaskDefinition) WithTag(key, value string) EC2TaskDefinition {
	return EC2TaskDefinition{t.core.withTag(key, value)}
}

// WithOverride has f change the input of RegisterTaskDefinition after everything else,
// for what this builder does not offer.
func (t EC2TaskDefinition) WithOverride(f func(*awsecs.RegisterTaskDefinitionInput)) EC2TaskDefinition {
	return EC2TaskDefinition{t.core.withOverride(f)}
}

// ID names the family.
func (t EC2TaskDefinition) ID() slipway.ID { return t.core.ID() }

// ARN returns the ARN of the revision, as a placeholder.
func (t EC2TaskDefinition) ARN() string { return t.core.arn() }

// LogGroup returns the task definition's own log group, "/ecs/<family>", to which
// containers log by default.
func (t EC2TaskDefinition) LogGroup() LogGroup { return t.core.logGroup() }

// Resources returns the task definition itself, which brings its roles and its log
// group.
func (t EC2TaskDefinition) Resources() []slipway.Resource { return []slipway.Resource{t} }

// Build returns the wanted state.
func (t EC2TaskDefinition) Build() (slipway.Desired, error) { return t.core.Build() }

// Validate reports everything that AWS would reject.
func (t EC2TaskDefinition) Validate() error { return validate(t, taskDefinitions{}) }
