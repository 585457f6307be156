// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Deployment is how new revisions of a service are brought out: [Rolling],
// [BlueGreen], [Canary] or [Linear]. The set is sealed.
type Deployment interface {
	configuration() *ecstypes.DeploymentConfiguration
}

const (
	everyTask   = 100
	twiceAsMany = 200
)

// NoneHealthy as [Rolling.MinimumHealthyPercent] lets ECS stop all tasks before it
// starts new ones.
const NoneHealthy = -1

// Rolling replaces tasks by new ones, some at a time. The zero value keeps all
// tasks healthy, has up to twice as many, and goes back to the last version when
// too many new tasks fail.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
type Rolling struct {
	// MinimumHealthyPercent of the desired tasks must stay healthy, rounded up: 1 to
	// 100; 0 means 100, [NoneHealthy] means 0.
	MinimumHealthyPercent int
	// MaximumPercent of the desired tasks may exist at a time, rounded down: 100 or
	// more; 0 means 200.
	MaximumPercent int
	// WithoutCircuitBreaker lets a deployment that fails go on trying.
	WithoutCircuitBreaker bool
	// WithoutRollback leaves a failed deployment as it is instead of going back.
	WithoutRollback bool
	// Threshold of failed tasks that trips the circuit breaker; half of the desired
	// tasks, at least 3 and at most 200, if zero.
	Threshold Threshold
	// CountAllFailures: a healthy task does not reset the count of failures.
	CountAllFailures bool
	// Alarms are names of CloudWatch alarms that fail the deployment.
	Alarms []string
	// EarlySuccess ends a deployment before all tasks are replaced; not if nil.
	EarlySuccess *EarlySuccess
}

// EarlySuccess has a deployment succeed when enough new tasks are healthy.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentEarlySuccessCriteria.html
type EarlySuccess struct {
	// HealthyPercent of the desired tasks that must be new and healthy, 1 to 100 and at
	// least the minimum healthy percent; 0 means 100.
	HealthyPercent int
	// Deferred takes the old tasks away after the deployment, not as part of it.
	Deferred bool
}

// Threshold is how many failed tasks trip the circuit breaker, see
// [FailedTasks] and [FailedPercent].
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
type Threshold struct {
	kind  ecstypes.ThresholdType
	value int
}

// FailedTasks is a number of tasks, 1 or more.
func FailedTasks(n int) Threshold { return Threshold{ecstypes.ThresholdTypeCount, n} }

// FailedPercent is a share of the desired tasks, 1 to 100, rounded up, though at
// least 3 tasks and at most 200.
func FailedPercent(n int) Threshold { return Threshold{ecstypes.ThresholdTypeBoundedPercent, n} }

// FailedPercentUnbounded is a share of the desired tasks, 1 to 100, rounded up.
func FailedPercentUnbounded(n int) Threshold {
	return Threshold{ecstypes.ThresholdTypeUnboundedPercent, n}
}

func (d Rolling) configuration() *ecstypes.DeploymentConfiguration {
	c := &ecstypes.DeploymentConfiguration{
		Strategy:              ecstypes.DeploymentStrategyRolling,
		MinimumHealthyPercent: aws.Int32(everyTask), MaximumPercent: aws.Int32(twiceAsMany),
		DeploymentCircuitBreaker: d.breaker(),
	}
	switch {
	case d.MinimumHealthyPercent == NoneHealthy:
		c.MinimumHealthyPercent = aws.Int32(0)
	case d.MinimumHealthyPercent != 0:
		c.MinimumHealthyPercent = aws.Int32(clamp(d.MinimumHealthyPercent))
	}
	if d.MaximumPercent != 0 {
		c.MaximumPercent = aws.Int32(clamp(d.MaximumPercent))
	}
	if len(d.Alarms) > 0 {
		c.Alarms = &ecstypes.DeploymentAlarms{AlarmNames: slices.Clone(d.Alarms), Enable: true, Rollback: !d.WithoutRollback}
	}
	if e := d.EarlySuccess; e != nil {
		c.EarlySuccessCriteria = e.input()
	}
	return c
}

func (d Rolling) breaker() *ecstypes.DeploymentCircuitBreaker {
	if d.WithoutCircuitBreaker {
		return &ecstypes.DeploymentCircuitBreaker{}
	}
	b := &ecstypes.DeploymentCircuitBreaker{Enable: true, Rollback: !d.WithoutRollback, ResetOnHealthyTask: aws.Bool(!d.CountAllFailures)}
	if d.Threshold != (Threshold{}) {
		b.ThresholdConfiguration = &ecstypes.ThresholdConfiguration{Type: d.Threshold.kind, Value: clamp(d.Threshold.value)}
	}
	return b
}

func (e EarlySuccess) input() *ecstypes.DeploymentEarlySuccessCriteria {
	in := &ecstypes.DeploymentEarlySuccessCriteria{
		Enable: true, HealthyPercent: aws.Int32(everyTask), SourceServiceRevisionCleanup: ecstypes.ServiceRevisionCleanupBlocking,
	}
	if e.HealthyPercent != 0 {
		in.HealthyPercent = aws.Int32(clamp(e.HealthyPercent))
	}
	if e.Deferred {
		in.SourceServiceRevisionCleanup = ecstypes.ServiceRevisionCleanupDeferred
	}
	return in
}
