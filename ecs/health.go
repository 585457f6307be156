// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// HealthCheck is a command that ECS runs in a container to see whether it is
// healthy.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
type HealthCheck struct {
	// Command starts with "CMD" (run as it is) or "CMD-SHELL" (run by the
	// container's shell). Exit code 0 is healthy.
	Command []string
	// Interval between two checks, 5 s to 300 s; 0 means 30 s.
	Interval time.Duration
	// Timeout of a check, 2 s to 60 s; 0 means 5 s.
	Timeout time.Duration
	// Retries before the container is unhealthy, 1 to 10; 0 means 3.
	Retries int
	// StartPeriod in which failures do not count, up to 300 s; 0 means none.
	StartPeriod time.Duration
}

func (h HealthCheck) input() *ecstypes.HealthCheck {
	return &ecstypes.HealthCheck{
		Command: slices.Clone(h.Command), Interval: seconds(h.Interval), Timeout: seconds(h.Timeout),
		Retries: optional(h.Retries), StartPeriod: seconds(h.StartPeriod),
	}
}

// Condition is what a container waits for in another one before it starts.
type Condition ecstypes.ContainerCondition

// The conditions.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html
const (
	// Start: the other container has started.
	Start Condition = "START"
	// Complete: it has ended. Only for containers that are not essential.
	Complete Condition = "COMPLETE"
	// Success: it has ended with exit code 0. Only for containers that are not
	// essential.
	Success Condition = "SUCCESS"
	// Healthy: its health check has passed.
	Healthy Condition = "HEALTHY"
)

// RestartPolicy has ECS restart a container without replacing the task.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerRestartPolicy.html
type RestartPolicy struct {
	// IgnoredExitCodes do not lead to a restart, at most 50.
	IgnoredExitCodes []int
	// AttemptPeriod that the container must have run for to be restarted, 60 s to
	// 1800 s; 0 means 300 s.
	AttemptPeriod time.Duration
}

func (p RestartPolicy) input() *ecstypes.ContainerRestartPolicy {
	enabled := true
	in := &ecstypes.ContainerRestartPolicy{Enabled: &enabled, RestartAttemptPeriod: seconds(p.AttemptPeriod)}
	for _, code := range p.IgnoredExitCodes {
		in.IgnoredExitCodes = append(in.IgnoredExitCodes, clamp(code))
	}
	return in
}

// Ulimit is a limit of the operating system for a container. Fargate lets only
// [OpenFiles] be changed.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Ulimit.html
type Ulimit struct {
	// Name of the limit, such as [OpenFiles].
	Name ecstypes.UlimitName
	// Soft limit, at most Hard.
	Soft int
	// Hard limit.
	Hard int
}

// OpenFiles is the limit on open files. Fargate's default is 65535, soft and hard.
const OpenFiles = ecstypes.UlimitNameNofile
