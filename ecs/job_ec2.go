// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/vpc"
)

// EC2Job declares a task that runs to its end, on an EC2 instance of a cluster: what it
// runs, and where. A stack that has it brings all that it needs; it is started by
// [RunTask], or by a [Schedule], as often as one likes.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
type EC2Job struct{ core jobCore }

// NewEC2Job declares a job of that name, unique in the cluster. With [AWSVPC] the task's
// network interface is in one of the network's subnets, and has a security group of its
// own that admits nobody.
func NewEC2Job(name string, cluster ClusterRef, task EC2TaskDefinition, network vpc.Network) EC2Job {
	return EC2Job{newJobCore(name, cluster, task.core, network, ecstypes.LaunchTypeEc2)}
}

// WithCommand overrides what a container runs.
func (j EC2Job) WithCommand(c TaskContainer, args ...string) EC2Job {
	return EC2Job{j.core.withCommand(c, args...)}
}

// WithEnv sets an environment variable of a container, or overrides it.
func (j EC2Job) WithEnv(c TaskContainer, name, value string) EC2Job {
	return EC2Job{j.core.withEnv(c, name, value)}
}

// WithSize overrides how much CPU and memory the whole task has.
func (j EC2Job) WithSize(cpu CPU, memory Memory) EC2Job { return EC2Job{j.core.withSize(cpu, memory)} }

// WithSecurityGroup replaces the job's own security group. At most 5. Only with [AWSVPC].
func (j EC2Job) WithSecurityGroup(g vpc.GroupRef) EC2Job {
	return EC2Job{j.core.withSecurityGroup(g)}
}

// WithInstanceSecurityGroup names a security group of the instances, besides those of the
// groups behind declared capacity providers. The file systems of tasks without [AWSVPC]
// admit them.
func (j EC2Job) WithInstanceSecurityGroup(g vpc.GroupRef) EC2Job {
	return EC2Job{j.core.withInstances(g)}
}

// WithCapacity adds a share for a capacity provider of the cluster. Without, the task
// runs on any instance that the cluster has.
func (j EC2Job) WithCapacity(c InstanceCapacity) EC2Job { return EC2Job{j.core.withCapacity(c)} }

// WithPlacementConstraint limits the instances on which the task may be placed; at most
// 10.
func (j EC2Job) WithPlacementConstraint(c PlacementConstraint) EC2Job {
	return EC2Job{j.core.withConstraint(c)}
}

// WithPlacementStrategy adds a strategy by which the instance is chosen, after those
// before it; at most 5.
func (j EC2Job) WithPlacementStrategy(p PlacementStrategy) EC2Job {
	return EC2Job{j.core.withStrategy(p)}
}

// WithExec lets one open a shell in the task's containers.
func (j EC2Job) WithExec() EC2Job { return EC2Job{j.core.withExec()} }

// WithTag tags the task.
func (j EC2Job) WithTag(key, value string) EC2Job { return EC2Job{j.core.withTag(key, value)} }

// WithOverride changes the input of RunTask; the plan shows what.
func (j EC2Job) WithOverride(f func(*awsecs.RunTaskInput)) EC2Job {
	return EC2Job{j.core.withOverride(f)}
}

// ID names the job.
func (j EC2Job) ID() slipway.ID { return j.core.ID() }

// Build returns the wanted state.
func (j EC2Job) Build() (slipway.Desired, error) { return j.core.Build() }

// Validate reports everything that AWS would reject, without asking it.
func (j EC2Job) Validate() error { return validate(j, jobs{}) }

// Outputs makes sense of what [slipway.Output] hands it: the input of [RunTask]. It is
// nil if the job was not reached.
func (j EC2Job) Outputs(values map[string][]string) *awsecs.RunTaskInput {
	return j.core.outputs(values)
}
