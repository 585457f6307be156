// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"strings"
	"time"
)

// DeploymentEvent is something that happened in a service deployment, one of the
// structs that [Watch] names. Each prints as one line. The set is sealed.
type DeploymentEvent interface {
	fmt.Stringer
	deploymentEvent()
}

// TasksRunning tells how many tasks of the new revision there are.
type TasksRunning struct {
	// Running and Pending tasks of the revision, of those Desired by the service.
	Running, Pending, Desired int
}

// TaskStarted tells that a task of the new revision is running.
type TaskStarted struct {
	Time time.Time
	// Task is its ARN.
	Task string
}

// TaskHealthy tells that the container health checks of a task have succeeded. Tasks
// without such checks never become healthy.
type TaskHealthy struct {
	// Task is its ARN.
	Task string
}

// TaskStopped tells that a task of the new revision has stopped, and why.
type TaskStopped struct {
	Time time.Time
	StoppedTask
}

// TargetHealth tells that the load balancer sees a target in another state.
type TargetHealth struct {
	// TargetGroup is its ARN.
	TargetGroup string
	// Target is its address and port, as in "10.0.0.1:8080".
	Target string
	// State is ELB's, such as "initial", "healthy", "unhealthy" or "draining".
	State string
	// Reason in ELB's words; empty if the target is healthy.
	Reason string
}

// BreakerCount tells how many tasks have failed in the eyes of the circuit breaker,
// which fails the deployment at Threshold.
type BreakerCount struct{ Failed, Threshold int }

// Traffic tells which share of the traffic a revision gets. Rolling deployments have
// no shares: their tasks take traffic as they become healthy.
type Traffic struct {
	// Revision is the ARN of the service revision.
	Revision string
	// Production and Test traffic, in percent.
	Production, Test float64
}

// StageReached tells that the deployment has come to a stage of its life cycle, such
// as "BAKE_TIME".
type StageReached struct{ Stage string }

// ExpressPart tells how far a part is that ECS makes for a service of Express Mode.
type ExpressPart struct {
	// Part such as "load balancer" or "listener rule".
	Part string
	// Status is ECS's: "PROVISIONING", "ACTIVE", "DEPROVISIONING", "DELETED" or "FAILED".
	Status string
	// Reason in AWS's words; empty if all is well.
	Reason string
}

// DeploymentEnded tells how it went. It is the last event.
type DeploymentEnded struct {
	Outcome Outcome
	// Reason in ECS's words; empty if the deployment succeeded.
	Reason string
	// By is the ARN of the deployment that superseded this one, if one did.
	By string
	// Hook is the ID of the hook at which it is paused, if it is.
	Hook string
}

func (ServiceEvent) deploymentEvent()    {}
func (TasksRunning) deploymentEvent()    {}
func (TaskStarted) deploymentEvent()     {}
func (TaskHealthy) deploymentEvent()     {}
func (TaskStopped) deploymentEvent()     {}
func (TargetHealth) deploymentEvent()    {}
func (BreakerCount) deploymentEvent()    {}
func (Traffic) deploymentEvent()         {}
func (StageReached) deploymentEvent()    {}
func (ExpressPart) deploymentEvent()     {}
func (DeploymentEnded) deploymentEvent() {}

// String returns ECS's words.
func (e ServiceEvent) String() string { return e.Text }

// String returns, for example, "1 of 2 tasks running".
func (e TasksRunning) String() string {
	return fmt.Sprintf("%d of %d tasks running", e.Running, e.Desired)
}

// String returns, for example, "task 0f12 started".
func (e TaskStarted) String() string { return "task " + lastPart(e.Task) + " started" }

// String returns, for example, "task 0f12 is healthy".
func (e TaskHealthy) String() string { return "task " + lastPart(e.Task) + " is healthy" }

// String returns, for example, "target 10.0.0.1:80 is unhealthy: Request timed out".
func (e TargetHealth) String() string {
	text := "target " + e.Target + " is " + e.State
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// String returns, for example, "2 tasks have failed, 3 fail the deployment".
func (e BreakerCount) String() string {
	return fmt.Sprintf("%d tasks have failed, %d fail the deployment", e.Failed, e.Threshold)
}

// String returns, for example, "revision 123 gets 10 % of the traffic".
func (e Traffic) String() string {
	text := fmt.Sprintf("revision %s gets %g %% of the traffic", lastPart(e.Revision), e.Production)
	if e.Test > 0 {
		text += fmt.Sprintf(" and %g %% of the test traffic", e.Test)
	}
	return text
}

// String returns, for example, "stage BAKE_TIME".
func (e StageReached) String() string { return "stage " + e.Stage }

// String returns, for example, "load balancer is ACTIVE".
func (e ExpressPart) String() string {
	text := e.Part + " is " + e.Status
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// String returns, for example, "deployment RolledBack: circuit breaker".
func (e DeploymentEnded) String() string {
	parts := []string{"deployment " + string(e.Outcome)}
	if e.By != "" {
		parts[0] += " by " + lastPart(e.By)
	}
	if e.Hook != "" {
		parts[0] += " at hook " + e.Hook
	}
	if e.Reason != "" {
		parts = append(parts, strings.TrimSuffix(e.Reason, "."))
	}
	return strings.Join(parts, ": ")
}
