// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// DaemonRolling replaces the tasks of a daemon instance by instance: the old task is
// stopped before the new one starts. The zero value may do that on all instances at a
// time, and goes back to the last version when too many new tasks fail.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
type DaemonRolling struct {
	// MinimumHealthyPercent of the instances must keep their task meanwhile, 0 to 99.
	MinimumHealthyPercent int
	// WithoutCircuitBreaker lets a deployment that fails go on trying.
	WithoutCircuitBreaker bool
	// WithoutRollback leaves a failed deployment as it is instead of going back.
	WithoutRollback bool
	// Threshold of failed tasks that trips the circuit breaker, see [Rolling].
	Threshold Threshold
	// CountAllFailures: a healthy task does not reset the count of failures.
	CountAllFailures bool
	// Alarms are names of CloudWatch alarms that fail the deployment.
	Alarms []string
}

// daemonDeployment keeps daemons' deployments apart from those of other services.
type daemonDeployment DaemonRolling

func (d daemonDeployment) configuration() *ecstypes.DeploymentConfiguration {
	c := Rolling{
		WithoutCircuitBreaker: d.WithoutCircuitBreaker, WithoutRollback: d.WithoutRollback, Threshold: d.Threshold,
		CountAllFailures: d.CountAllFailures, Alarms: d.Alarms,
	}.configuration()
	c.MinimumHealthyPercent, c.MaximumPercent = aws.Int32(clamp(d.MinimumHealthyPercent)), aws.Int32(everyTask)
	return c
}
