// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/vpc"
)

// Job declares a task that runs to its end, on Fargate: what it runs, and where. A
// stack that has it brings all that it needs; it is started by [RunTask], or by a
// [Schedule], as often as one likes.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
type Job struct{ core jobCore }

// NewJob declares a job of that name, unique in the cluster, whose task runs in one of
// the network's subnets. It has a security group of its own that admits nobody, and a
// public address if the network was asked for public subnets.
func NewJob(name string, cluster ClusterRef, task FargateTaskDefinition, network vpc.Network) Job {
	return Job{newJobCore(name, cluster, task.core, network, ecstypes.LaunchTypeFargate)}
}

// WithCommand overrides what a container runs.
func (j Job) WithCommand(c Container, args ...string) Job {
	return Job{j.core.withCommand(c, args...)}
}

// WithEnv sets an environment variable of a container, or overrides it.
func (j Job) WithEnv(c Container, name, value string) Job {
	return Job{j.core.withEnv(c, name, value)}
}

// WithSize overrides how much CPU and memory the whole task has.
func (j Job) WithSize(cpu CPU, memory Memory) Job {
	return Job{j.core.withSize(cpu, memory)}
}

// WithSecurityGroup replaces the job's own security group. At most 5.
func (j Job) WithSecurityGroup(g vpc.GroupRef) Job {
	return Job{j.core.withSecurityGroup(g)}
}

// WithPublicIP sets whether the task has a public address.
func (j Job) WithPublicIP(assign bool) Job {
	return Job{j.core.withPublicIP(assign)}
}

// WithSpot runs the task on Fargate Spot, which may end it with a warning of two
// minutes.
func (j Job) WithSpot() Job { return j.WithCapacity(Capacity{Provider: FargateSpot, Weight: 1}) }

// WithCapacity adds a share for Fargate or Fargate Spot.
func (j Job) WithCapacity(c Capacity) Job {
	return Job{j.core.withCapacity(c)}
}

// WithExec lets one open a shell in the task's containers.
func (j Job) WithExec() Job {
	return Job{j.core.withExec()}
}

// WithTag tags the task.
func (j Job) WithTag(key, value string) Job {
	return Job{j.core.withTag(key, value)}
}

// WithOverride changes the input of RunTask; the plan shows what.
func (j Job) WithOverride(f func(*awsecs.RunTaskInput)) Job {
	return Job{j.core.withOverride(f)}
}

// ID names the job.
func (j Job) ID() slipway.ID { return j.core.ID() }

// Build returns the wanted state.
func (j Job) Build() (slipway.Desired, error) { return j.core.Build() }

// Validate reports everything that AWS would reject, without asking it.
func (j Job) Validate() error { return validate(j, jobs{}) }

// Outputs makes sense of what [slipway.Output] hands it: the input of [RunTask]. It is
// nil if the job was not reached.
func (j Job) Outputs(values map[string][]string) *awsecs.RunTaskInput { return j.core.outputs(values) }
