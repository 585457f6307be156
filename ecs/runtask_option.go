// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// RunOption changes how [RunTask] runs a task.
type RunOption func(*taskRun)

// RunCommand overrides what a container runs, this time.
func RunCommand(container string, args ...string) RunOption {
	return func(r *taskRun) { containerOverride(r.in.Overrides, container).Command = slices.Clone(args) }
}

// RunEnv sets an environment variable of a container, this time.
func RunEnv(container, name, value string) RunOption {
	return func(r *taskRun) {
		c := containerOverride(r.in.Overrides, container)
		c.Environment = slices.DeleteFunc(c.Environment, func(p ecstypes.KeyValuePair) bool { return aws.ToString(p.Name) == name })
		c.Environment = append(c.Environment, ecstypes.KeyValuePair{Name: &name, Value: &value})
	}
}

// RunSize overrides how much CPU and memory the whole task has, this time.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
func RunSize(cpu CPU, memory Memory) RunOption {
	return func(r *taskRun) { r.in.Overrides.Cpu, r.in.Overrides.Memory = units(cpu), units(memory) }
}

// RunContainerSize overrides how much of the task's CPU a container is given at least,
// and how much of its memory at most, this time. Zero leaves one as it is.
func RunContainerSize(container string, cpu CPU, memory Memory) RunOption {
	return func(r *taskRun) {
		c := containerOverride(r.in.Overrides, container)
		if cpu != 0 {
			c.Cpu = optional(int(cpu))
		}
		if memory != 0 {
			c.Memory = optional(int(memory))
		}
	}
}

// RunTaskRole has the task's containers act as another role, this time, by its ARN.
// Who runs the task needs iam:PassRole on it.
func RunTaskRole(roleARN string) RunOption {
	return func(r *taskRun) { r.in.Overrides.TaskRoleArn = &roleARN }
}

// RunExecutionRole has ECS get the task's images and secrets, and write its logs, as
// another role, this time, by its ARN.
func RunExecutionRole(roleARN string) RunOption {
	return func(r *taskRun) { r.in.Overrides.ExecutionRoleArn = &roleARN }
}

// OnLog is told what the task's containers write, line by line as CloudWatch has it.
// The task has to log with the awslogs driver, as it does unless told otherwise.
func OnLog(f func(LogLine)) RunOption { return func(r *taskRun) { r.onLog = f } }

// OnState is told each state that the task reaches, such as "PROVISIONING", "PENDING",
// "RUNNING" and "STOPPED".
func OnState(f func(state string)) RunOption { return func(r *taskRun) { r.onState = f } }
