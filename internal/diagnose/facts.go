// SPDX-License-Identifier: Apache-2.0

// Package diagnose tells from what was seen of a service and its tasks why they do
// not run. It reads nothing itself: the facts are gathered by package ecs.
//
// What it goes by are the texts of ECS, the agent and the container runtime. They
// vary with the platform version and over the years, so only fragments are matched
// that AWS's own pages and public reports have in common.
package diagnose

import (
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
)

// Facts are what was seen.
type Facts struct {
	// Service whose tasks they are; nil for a task of its own.
	Service *ecstypes.Service
	// Deployment is the newest one that concerns the service; nil if not known.
	Deployment *ecstypes.ServiceDeployment
	// Successor is the ARN of the deployment that took the place of Deployment.
	Successor string
	// Definition of the tasks that fail, or else that should run.
	Definition *ecstypes.TaskDefinition
	// Stopped tasks that are part of the trouble, the newest first.
	Stopped []ecstypes.Task
	// Running tasks, whatever their health.
	Running []ecstypes.Task
	// Targets are the target groups of the service.
	Targets []TargetGroup
	// Hosts are the instances that the tasks may run on; nil on Fargate, or if they were
	// not looked at.
	Hosts *Hosts
	// Events of the service since the trouble began, the newest first.
	Events []string
	// Lines are the last ones that containers of stopped tasks wrote, by task ARN and
	// container.
	Lines map[string][]string
	// Checks are what was looked up about the surroundings.
	Checks []slipway.Check
}

// TargetGroup is a target group with the health of what is registered.
type TargetGroup struct {
	Group  elbtypes.TargetGroup
	Health []elbtypes.TargetHealthDescription
	// Container and Port are what the service registers.
	Container string
	Port      int32
	// Admits reports whether security groups let the load balancer reach the port;
	// nil if that is not known.
	Admits *bool
	// Balancers are the load balancers that forward to the group; nil if they are not
	// known.
	Balancers []elbtypes.LoadBalancer
}

// LinesOf returns the last lines of a container of a task.
func (f *Facts) LinesOf(task, container string) []string { return f.Lines[LineKey(task, container)] }

// LineKey is the key of [Facts.Lines].
func LineKey(task, container string) string { return task + " " + container }

// grace is the service's health check grace period.
func (f *Facts) grace() time.Duration {
	if f.Service == nil || f.Service.HealthCheckGracePeriodSeconds == nil {
		return 0
	}
	return time.Duration(*f.Service.HealthCheckGracePeriodSeconds) * time.Second
}
