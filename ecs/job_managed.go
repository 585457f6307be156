// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/vpc"
)

// ManagedJob declares a task that runs to its end, on Managed Instances of a cluster: what
// it runs, and where. A stack that has it brings all that it needs; it is started by
// [RunTask].
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
type ManagedJob struct{ core jobCore }

// NewManagedJob declares a job of that name, unique in the cluster, on the provider's
// instances. The task's network interface is in one of the network's subnets, and has a
// security group of its own that admits nobody.
func NewManagedJob(name string, cluster ClusterRef, on ManagedProvider, task ManagedTaskDefinition, network vpc.Network) ManagedJob {
	core := newJobCore(name, cluster, task.core, network, ecstypes.LaunchTypeManagedInstances)
	core.capacity = solely(on)
	return ManagedJob{core}
}

// WithCommand overrides what a container runs.
func (j ManagedJob) WithCommand(c ManagedTaskContainer, args ...string) ManagedJob {
	return ManagedJob{j.core.withCommand(c, args...)}
}

// WithEnv sets an environment variable of a container, or overrides it.
func (j ManagedJob) WithEnv(c ManagedTaskContainer, name, value string) ManagedJob {
	return ManagedJob{j.core.withEnv(c, name, value)}
}

// WithSize overrides how much CPU and memory the whole task has.
func (j ManagedJob) WithSize(cpu CPU, memory Memory) ManagedJob {
	return ManagedJob{j.core.withSize(cpu, memory)}
}

// WithSecurityGroup replaces the job's own security group. At most 5. Not with
// the instances' network.
func (j ManagedJob) WithSecurityGroup(g vpc.GroupRef) ManagedJob {
	return ManagedJob{j.core.withSecurityGroup(g)}
}

// WithCapacity adds a share for another provider of the cluster, or sets that of the job's
// first one, which has a weight of 1.
func (j ManagedJob) WithCapacity(c ManagedCapacity) ManagedJob {
	j.core.capacity = sharing(j.core.capacity, c)
	return j
}

// WithPlacementConstraint limits the instances on which the task may be placed; at most
// 10.
func (j ManagedJob) WithPlacementConstraint(c PlacementConstraint) ManagedJob {
	return ManagedJob{j.core.withConstraint(c)}
}

// WithExec lets one open a shell in the task's containers.
func (j ManagedJob) WithExec() ManagedJob { return ManagedJob{j.core.withExec()} }

// WithTag tags the task.
func (j ManagedJob) WithTag(key, value string) ManagedJob {
	return ManagedJob{j.core.withTag(key, value)}
}

// WithOverride changes the input of RunTask; the plan shows what.
func (j ManagedJob) WithOverride(f func(*awsecs.RunTaskInput)) ManagedJob {
	return ManagedJob{j.core.withOverride(f)}
}

// ID names the job.
func (j ManagedJob) ID() slipway.ID { return j.core.ID() }

// Build returns the wanted state.
func (j ManagedJob) Build() (slipway.Desired, error) { return j.core.Build() }

// Validate reports everything that AWS would reject, without asking it.
func (j ManagedJob) Validate() error { return validate(j, jobs{}) }

// Outputs makes sense of what [slipway.Output] hands it: the input of [RunTask]. It is
// nil if the job was not reached.
func (j ManagedJob) Outputs(values map[string][]string) *awsecs.RunTaskInput {
	return j.core.outputs(values)
}
