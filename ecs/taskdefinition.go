// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
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
type FargateTaskDefinition struct{ core taskCore }

// NewFargateTaskDefinition declares the tasks of a family, whose name has up to 255
// letters, digits, hyphens and underscores. CPU and memory must be a pair that
// Fargate has: VCPU/4 with 512 MiB, 1 or 2 GiB; VCPU/2 with 1 to 4 GiB; 1 VCPU with
// 2 to 8; 2 with 4 to 16; 4 with 8 to 30; 8 with 16 to 60 by fours; 16 with 32 to
// 120 by eights; 32 with 60, 120 or 244.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
func NewFargateTaskDefinition(family string, cpu CPU, memory Memory) FargateTaskDefinition {
	return FargateTaskDefinition{taskCore{
		family: family, cpu: cpu, memory: memory, architecture: X86_64, retention: DefaultRetention,
		mode: ecstypes.NetworkModeAwsvpc, runsOn: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
	}}
}

// WithContainer adds a container. At least one must be essential.
func (t FargateTaskDefinition) WithContainer(c Container) FargateTaskDefinition {
	return FargateTaskDefinition{t.core.withContainer(c)}
}

// WithTaskRole sets the role that the containers' processes have. A declared role
// gets the trust in ECS tasks, and what ECS Exec and EFS need as an inline policy of
// its own, by itself: also if it is the role of several task definitions, or is
// declared in the stack besides. An existing one is taken as it is.
func (t FargateTaskDefinition) WithTaskRole(r iam.RoleRef) FargateTaskDefinition {
	return FargateTaskDefinition{t.core.withTaskRole(r)}
}

// WithExecutionRole sets the role by which ECS starts the tasks, instead of a
// derived one. A declared role gets what the derived one would; an existing one is
// taken as it is.
func (t FargateTaskDefinition) WithExecutionRole(r iam.RoleRef) FargateTaskDefinition {
	return FargateTaskDefinition{t.core.withExecutionRole(r)}
}

// WithArchitecture sets the processor; X86_64 if not called. All images must be
// made for it.
func (t FargateTaskDefinition) WithArchitecture(a Architecture) FargateTaskDefinition {
	return FargateTaskDefinition{t.core.withArchitecture(a)}
}

// WithEphemeralStorage sets the size of the disk that the containers share, 21 to
// 200 GiB; 20 GiB if not called.
func (t FargateTaskDefinition) WithEphemeralStorage(n Memory) FargateTaskDefinition {
	return FargateTaskDefinition{t.core.withEphemeralStorage(n)}
}

// WithLogRetention sets how many days the task definition's own log group keeps
// logs, see [LogGroup.WithRetention]; [DefaultRetention] if not called.
func (t FargateTaskDefinition) WithLogRetention(days int) FargateTaskDefinition {
	return FargateTaskDefinition{t.core.withLogRetention(days)}
}

// WithSharedProcesses lets the containers of a task see each other's processes.
func (t FargateTaskDefinition) WithSharedProcesses() FargateTaskDefinition {
	return FargateTaskDefinition{t.core.withSharedProcesses()}
}

// WithExec gives the task role what ECS Exec needs. Services with exec call it
// themselves.
func (t FargateTaskDefinition) WithExec() FargateTaskDefinition {
	return FargateTaskDefinition{t.core.withExec()}
}

// WithFaultInjection lets the tasks' fault injection endpoint take requests.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fault-injection.html
func (t FargateTaskDefinition) WithFaultInjection() FargateTaskDefinition {
	return FargateTaskDefinition{t.core.withFaultInjection()}
}

// WithTag sets a tag.
func (t FargateTaskDefinition) WithTag(key, value string) FargateTaskDefinition {
	return FargateTaskDefinition{t.core.withTag(key, value)}
}

// WithOverride has f change the input of RegisterTaskDefinition after everything
// else, for what this builder does not offer.
func (t FargateTaskDefinition) WithOverride(f func(*awsecs.RegisterTaskDefinitionInput)) FargateTaskDefinition {
	return FargateTaskDefinition{t.core.withOverride(f)}
}

// ID names the family.
func (t FargateTaskDefinition) ID() slipway.ID { return t.core.ID() }

// ARN returns the ARN of the revision, as a placeholder.
func (t FargateTaskDefinition) ARN() string { return t.core.arn() }

// LogGroup returns the task definition's own log group, "/ecs/<family>", to which
// containers log by default.
func (t FargateTaskDefinition) LogGroup() LogGroup { return t.core.logGroup() }

// Resources returns the task definition itself, which brings its roles and its log
// group.
func (t FargateTaskDefinition) Resources() []slipway.Resource { return []slipway.Resource{t} }

// Build returns the wanted state.
func (t FargateTaskDefinition) Build() (slipway.Desired, error) { return t.core.Build() }

// Validate reports everything that AWS would reject.
func (t FargateTaskDefinition) Validate() error { return validate(t, taskDefinitions{}) }
