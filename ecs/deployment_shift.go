// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// NoBake as a bake time that has a default is none at all.
const NoBake time.Duration = -1

// BlueGreen starts all tasks of the new revision beside the old ones and then shifts
// all traffic at once. The old tasks stay for the bake time, so that going back takes
// seconds. Each route of the service gets a second target group, and ECS a role by
// which it shifts the traffic. What fails a deployment shifts the traffic back.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-blue-green.html
type BlueGreen struct {
	// Bake is how long both revisions run after the shift: whole minutes, up to 24
	// hours; 0 is none.
	Bake time.Duration
	// Alarms are names of CloudWatch alarms that fail the deployment at any stage.
	Alarms []string
	// Hooks run at stages of the deployment, or pause it there.
	Hooks []Hook
	// WithoutCircuitBreaker lets a deployment go on trying whose tasks fail.
	WithoutCircuitBreaker bool
	// WithoutRollback leaves a deployment as it is that failed by alarms or failed
	// tasks.
	WithoutRollback bool
	// Threshold of failed tasks that trips the circuit breaker; as in [Rolling].
	Threshold Threshold
}

// Canary is a [BlueGreen] that shifts a little of the traffic first, and the rest after
// a while.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/canary-deployment.html
type Canary struct {
	// Percent of the traffic that is shifted first, 0.1 to 100 in steps of 0.1; 0 means 5.
	Percent float64
	// CanaryBake is how long it stays so: whole minutes, up to 24 hours; 0 means 10
	// minutes, [NoBake] none.
	CanaryBake time.Duration
	// Bake is how long both revisions run after the last shift: whole minutes, up to 24
	// hours; 0 is none.
	Bake time.Duration
	// Alarms are names of CloudWatch alarms that fail the deployment at any stage.
	Alarms []string
	// Hooks run at stages of the deployment, or pause it there.
	Hooks []Hook
	// WithoutCircuitBreaker lets a deployment go on trying whose tasks fail.
	WithoutCircuitBreaker bool
	// WithoutRollback leaves a deployment as it is that failed by alarms or failed
	// tasks.
	WithoutRollback bool
	// Threshold of failed tasks that trips the circuit breaker; as in [Rolling].
	Threshold Threshold
}

// Linear is a [BlueGreen] that shifts the traffic in equal steps.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-linear.html
type Linear struct {
	// StepPercent of the traffic is shifted in each step, 3 to 100 in steps of 0.1; 0
	// means 10.
	StepPercent float64
	// StepBake lies between two steps, and not after the last one: whole minutes, up to
	// 24 hours; 0 means 6 minutes, [NoBake] none.
	StepBake time.Duration
	// Bake is how long both revisions run after the last step: whole minutes, up to 24
	// hours; 0 is none.
	Bake time.Duration
	// Alarms are names of CloudWatch alarms that fail the deployment at any stage.
	Alarms []string
	// Hooks run at stages of the deployment, or pause it there.
	Hooks []Hook
	// WithoutCircuitBreaker lets a deployment go on trying whose tasks fail.
	WithoutCircuitBreaker bool
	// WithoutRollback leaves a deployment as it is that failed by alarms or failed
	// tasks.
	WithoutRollback bool
	// Threshold of failed tasks that trips the circuit breaker; as in [Rolling].
	Threshold Threshold
}

func (d BlueGreen) configuration() *ecstypes.DeploymentConfiguration {
	c := Rolling{
		Alarms: d.Alarms, WithoutCircuitBreaker: d.WithoutCircuitBreaker, WithoutRollback: d.WithoutRollback, Threshold: d.Threshold,
	}.configuration()
	c.Strategy, c.BakeTimeInMinutes = ecstypes.DeploymentStrategyBlueGreen, minutes(d.Bake)
	return c
}

func (d Canary) configuration() *ecstypes.DeploymentConfiguration {
	c := BlueGreen{
		Bake: d.Bake, Alarms: d.Alarms, WithoutCircuitBreaker: d.WithoutCircuitBreaker, WithoutRollback: d.WithoutRollback, Threshold: d.Threshold,
	}.configuration()
	c.Strategy = ecstypes.DeploymentStrategyCanary
	c.CanaryConfiguration = &ecstypes.CanaryConfiguration{CanaryPercent: optionalShare(d.Percent), CanaryBakeTimeInMinutes: optionalBake(d.CanaryBake)}
	return c
}

func (d Linear) configuration() *ecstypes.DeploymentConfiguration {
	c := BlueGreen{
		Bake: d.Bake, Alarms: d.Alarms, WithoutCircuitBreaker: d.WithoutCircuitBreaker, WithoutRollback: d.WithoutRollback, Threshold: d.Threshold,
	}.configuration()
	c.Strategy = ecstypes.DeploymentStrategyLinear
	c.LinearConfiguration = &ecstypes.LinearConfiguration{StepPercent: optionalShare(d.StepPercent), StepBakeTimeInMinutes: optionalBake(d.StepBake)}
	return c
}

// shifter is a deployment that shifts traffic.
type shifter interface {
	Deployment
	hooks() []Hook
	bakes() map[string]time.Duration
}

func (d BlueGreen) hooks() []Hook { return slices.Clone(d.Hooks) }
func (d Canary) hooks() []Hook    { return slices.Clone(d.Hooks) }
func (d Linear) hooks() []Hook    { return slices.Clone(d.Hooks) }

func (d BlueGreen) bakes() map[string]time.Duration {
	return map[string]time.Duration{"BakeTimeInMinutes": d.Bake}
}

func (d Canary) bakes() map[string]time.Duration {
	return map[string]time.Duration{"BakeTimeInMinutes": d.Bake, "CanaryConfiguration.CanaryBakeTimeInMinutes": d.CanaryBake}
}

func (d Linear) bakes() map[string]time.Duration {
	return map[string]time.Duration{"BakeTimeInMinutes": d.Bake, "LinearConfiguration.StepBakeTimeInMinutes": d.StepBake}
}

func optionalShare(percent float64) *float64 {
	if percent == 0 {
		return nil
	}
	return &percent
}

func optionalBake(d time.Duration) *int32 {
	switch d {
	case 0:
		return nil
	case NoBake:
		return aws.Int32(0)
	default:
		return minutes(d)
	}
}

// minutes rounds up, so that what is not whole minutes is never nothing.
func minutes(d time.Duration) *int32 {
	return aws.Int32(clamp(int((d + time.Minute - 1) / time.Minute)))
}
