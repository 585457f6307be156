// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
)

// ManagedTaskDefinition declares the newest revision of a family of Linux tasks on
// Managed Instances. Changing it makes a new revision.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters-managed-instances.html
type ManagedTaskDefinition struct{ core taskCore }

// NewManagedTaskDefinition declares the tasks of a family, whose name has up to 255
// letters, digits, hyphens and underscores. Each task has a network interface of its own.
// Unless the task has memory, each container needs a limit or a reservation.
func NewManagedTaskDefinition(family string) ManagedTaskDefinition {
	return ManagedTaskDefinition{taskCore{
		family: family, retention: DefaultRetention,
		mode: ecstypes.NetworkModeAwsvpc, runsOn: []ecstypes.Compatibility{ecstypes.CompatibilityManagedInstances},
	}}
}

// WithContainer adds a container. At least one must be essential.
func (t ManagedTaskDefinition) WithContainer(c ManagedTaskContainer) ManagedTaskDefinition {
	return ManagedTaskDefinition{t.core.withContainer(containerOf(c))}
}

// WithHostNetwork has containers use the instance's own network, in place of a network
// interface for each task.
func (t ManagedTaskDefinition) WithHostNetwork() ManagedTaskDefinition {
	return ManagedTaskDefinition{t.core.withNetworkMode(Host)}
}

// WithCPU limits how much CPU the whole task has, VCPU/8 to 192 VCPU.
func (t ManagedTaskDefinition) WithCPU(n CPU) ManagedTaskDefinition {
	return ManagedTaskDefinition{t.core.withCPU(n)}
}

// WithMemory limits how much memory the whole task has.
func (t ManagedTaskDefinition) WithMemory(n Memory) ManagedTaskDefinition {
	return ManagedTaskDefinition{t.core.withMemory(n)}
}

// WithTaskRole sets the role that the containers' processes have, see
// [FargateTaskDefinition.WithTaskRole].
func (t ManagedTaskDefinition) WithTaskRole(r iam.RoleRef) ManagedTaskDefinition {
	return ManagedTaskDefinition{t.core.withTaskRole(r)}
}

// WithExecutionRole sets the role by which ECS starts the tasks, see
// [FargateTaskDefinition.WithExecutionRole].
func (t ManagedTaskDefinition) WithExecutionRole(r iam.RoleRef) ManagedTaskDefinition {
	return ManagedTaskDefinition{t.core.withExecutionRole(r)}
}

// WithArchitecture places tasks on instances with that processor only. All images must
// be made for it.
func (t ManagedTaskDefinition) WithArchitecture(a Architecture) ManagedTaskDefinition {
	return ManagedTaskDefinition{t.core.withArchitecture(a)}
}

// WithPlacement places tasks on instances that an expression describes only; at most 10.
func (t ManagedTaskDefinition) WithPlacement(m MemberOf) ManagedTaskDefinition {
	return ManagedTaskDefinition{t.core.withPlacement(m)}
}

// WithLogRetention sets how many days the task definition's own log group keeps logs,
// see [LogGroup.WithRetention]; [DefaultRetention] if not called.
func (t ManagedTaskDefinition) WithLogRetention(days int) ManagedTaskDefinition {
	return ManagedTaskDefinition{t.core.withLogRetention(days)}
}

// WithSharedProcesses lets the containers of a task see each other's processes.
func (t ManagedTaskDefinition) WithSharedProcesses() ManagedTaskDefinition {
	return ManagedTaskDefinition{t.core.withPIDMode(ecstypes.PidModeTask)}
}

// WithHostProcesses lets the containers see the processes of the instance.
func (t ManagedTaskDefinition) WithHostProcesses() ManagedTaskDefinition {
	return ManagedTaskDefinition{t.core.withPIDMode(ecstypes.PidModeHost)}
}

// WithExec gives the task role what ECS Exec needs. Services with exec call it
// themselves.
func (t ManagedTaskDefinition) WithExec() ManagedTaskDefinition {
	return ManagedTaskDefinition{t.core.withExec()}
}

// WithFaultInjection lets the tasks' fault injection endpoint take requests.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fault-injection.html
func (t ManagedTaskDefinition) WithFaultInjection() ManagedTaskDefinition {
	return ManagedTaskDefinition{t.core.withFaultInjection()}
}

// WithTag sets a tag.
func (t ManagedTaskDefinition) WithTag(key, value string) ManagedTaskDefinition {
	return ManagedTaskDefinition{t.core.withTag(key, value)}
}

// WithOverride has f change the input of RegisterTaskDefinition after everything else,
// for what this builder does not offer.
func (t ManagedTaskDefinition) WithOverride(f func(*awsecs.RegisterTaskDefinitionInput)) ManagedTaskDefinition {
	return ManagedTaskDefinition{t.core.withOverride(f)}
}

// ID names the family.
func (t ManagedTaskDefinition) ID() slipway.ID { return t.core.ID() }

// ARN returns the ARN of the revision, as a placeholder.
func (t ManagedTaskDefinition) ARN() string { return t.core.arn() }

// LogGroup returns the task definition's own log group, "/ecs/<family>", to which
// containers log by default.
func (t ManagedTaskDefinition) LogGroup() LogGroup { return t.core.logGroup() }

// Resources returns the task definition itself, which brings its roles and its log
// group.
func (t ManagedTaskDefinition) Resources() []slipway.Resource { return []slipway.Resource{t} }

// Build returns the wanted state.
func (t ManagedTaskDefinition) Build() (slipway.Desired, error) { return t.core.Build() }

// Validate reports everything that AWS would reject.
func (t ManagedTaskDefinition) Validate() error { return validate(t, taskDefinitions{}) }
