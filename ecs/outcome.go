// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
)

// Outcome is how a deployment of a service ended.
type Outcome string

// The outcomes.
const (
	// Succeeded: all tasks are those of the new revision.
	Succeeded Outcome = "Succeeded"
	// ScaledToZero: the deployment succeeded, and the service has no tasks.
	ScaledToZero Outcome = "ScaledToZero"
	// RolledBack: it failed, and the service is as it was before.
	RolledBack Outcome = "RolledBack"
	// Failed: it failed, and nothing could be rolled back to, or nothing was to be.
	Failed Outcome = "Failed"
	// Stopped: somebody stopped it.
	Stopped Outcome = "Stopped"
	// Superseded: another deployment began before it ended.
	Superseded Outcome = "Superseded"
	// Paused: it waits at a hook for somebody to continue it.
	Paused Outcome = "Paused"
	// InProgress: it has not ended.
	InProgress Outcome = "InProgress"
)

// outcomeOf is the outcome as far as the status tells.
func outcomeOf(status ecstypes.ServiceDeploymentStatus, desired int32) Outcome {
	switch status {
	case ecstypes.ServiceDeploymentStatusSuccessful:
		if desired == 0 {
			return ScaledToZero
		}
		return Succeeded
	case ecstypes.ServiceDeploymentStatusRollbackSuccessful:
		return RolledBack
	case ecstypes.ServiceDeploymentStatusRollbackFailed:
		return Failed
	case ecstypes.ServiceDeploymentStatusStopped:
		return Stopped
	default:
		return InProgress
	}
}

// DeploymentError says why a deployment of a service did not succeed. It matches
// [slipway.ErrFailed].
type DeploymentError struct {
	// Service is the ID of the service.
	Service slipway.ID
	// Deployment is the ARN of the service deployment.
	Deployment string
	// Outcome is RolledBack, Failed, Stopped, Superseded or Paused.
	Outcome Outcome
	// By is the ARN of the service deployment that superseded it, if one did.
	By string
	// Hook is the ID of the hook at which it is paused, if it is.
	Hook string
	// Reason is what ECS says, such as that the circuit breaker was triggered.
	Reason string
	// FailedTasks were counted by the circuit breaker, which trips at Threshold.
	FailedTasks, Threshold int
	// Alarms that failed the deployment, by name.
	Alarms []string
	// Tasks are some of those of the deployment that stopped, the newest first.
	Tasks []StoppedTask
	// Events are what ECS said of the service during the deployment, in order.
	Events []ServiceEvent
	// Causes are what [Diagnose] finds, the surest first.
	Causes []slipway.Cause
}

// StoppedTask is a task that has stopped.
type StoppedTask struct {
	// ARN of the task.
	ARN string
	// Code is ECS's kind of reason, such as "EssentialContainerExited".
	Code string
	// Reason in ECS's words.
	Reason string
	// Containers of the task.
	Containers []StoppedContainer
}

// StoppedContainer is a container of a task that has stopped.
type StoppedContainer struct {
	Name string
	// ExitCode of the process; nil if it never ran.
	ExitCode *int
	// Reason in ECS's words, such as "CannotPullContainerError: ...".
	Reason string
}

// ServiceEvent is something that ECS said of a service.
type ServiceEvent struct {
	Time time.Time
	Text string
}

// scaledAway is how ECS begins the reason of tasks that it stopped because there were too
// many of them, as those of a deployment that it turned back from.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
const scaledAway = "Scaling activity initiated by"

// Error says the outcome with ECS's reason, why the last task stopped that ended by
// itself or was found to be unhealthy, and the causes.
func (e *DeploymentError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "deployment of %s %s", e.Service.Name, e.verb())
	if e.Reason != "" {
		b.WriteString(": " + strings.TrimSuffix(e.Reason, "."))
	}
	if i := slices.IndexFunc(e.Tasks, StoppedTask.tells); i >= 0 {
		b.WriteString("; " + e.Tasks[i].String())
	}
	return b.String() + reasons(e.Causes)
}

func (e *DeploymentError) verb() string {
	switch e.Outcome {
	case RolledBack:
		return "was rolled back"
	case Stopped:
		return "was stopped"
	case Superseded:
		return "was superseded by " + lastPart(e.By)
	case Paused:
		return "is paused at hook " + e.Hook
	default:
		return "failed"
	}
}

// Is reports whether target is [slipway.ErrFailed].
func (e *DeploymentError) Is(target error) bool { return target == slipway.ErrFailed }

// tells reports whether the end of the task may say why the deployment came to its own.
func (t StoppedTask) tells() bool { return !strings.HasPrefix(t.Reason, scaledAway) }

// String says why the task stopped, with the exit codes of its containers.
func (t StoppedTask) String() string {
	parts := []string{"task " + t.ARN[strings.LastIndexByte(t.ARN, '/')+1:] + " stopped: " + t.Reason}
	for _, c := range t.Containers {
		switch {
		case c.ExitCode != nil && c.Reason != "":
			parts = append(parts, fmt.Sprintf("container %s: exit code %d, %s", c.Name, *c.ExitCode, c.Reason))
		case c.ExitCode != nil:
			parts = append(parts, fmt.Sprintf("container %s: exit code %d", c.Name, *c.ExitCode))
		case c.Reason != "":
			parts = append(parts, fmt.Sprintf("container %s: %s", c.Name, c.Reason))
		}
	}
	return strings.Join(parts, "; ")
}

func stoppedTask(t *ecstypes.Task) StoppedTask {
	s := StoppedTask{ARN: aws.ToString(t.TaskArn), Code: string(t.StopCode), Reason: aws.ToString(t.StoppedReason)}
	for _, c := range t.Containers {
		container := StoppedContainer{Name: aws.ToString(c.Name), Reason: aws.ToString(c.Reason)}
		if c.ExitCode != nil {
			code := int(*c.ExitCode)
			container.ExitCode = &code
		}
		s.Containers = append(s.Containers, container)
	}
	return s
}

// ServiceOutputs are what is known of a service once it is deployed.
type ServiceOutputs struct {
	// ARN of the service.
	ARN string
	// URL at which its first route is reached; empty without one.
	URL string
	// Deployment is the ARN of the last service deployment.
	Deployment string
	// Outcome of that deployment.
	Outcome Outcome
}

// Outputs makes sense of what [slipway.Output] hands it.
func (s FargateService) Outputs(values map[string][]string) ServiceOutputs {
	return serviceOutputs(values)
}

func serviceOutputs(values map[string][]string) ServiceOutputs {
	first := func(name string) string {
		if len(values[name]) == 0 {
			return ""
		}
		return values[name][0]
	}
	return ServiceOutputs{
		ARN: first("arn"), URL: first("url"), Deployment: first("deployment"), Outcome: Outcome(first("outcome")),
	}
}
