// SPDX-License-Identifier: Apache-2.0

// Package ecs holds the rules of ECS: what it rejects in the inputs of its
// operations, in the order in which it checks.
package ecs

import (
	"fmt"
	"slices"
	"strconv"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

// The error codes of ECS that rules answer with.
const (
	clientException  = "ClientException"
	invalidParameter = "InvalidParameterException"
	clusterNotFound  = "ClusterNotFoundException"
	platformUnknown  = "PlatformUnknownException"
	platformMismatch = "PlatformTaskDefinitionIncompatibilityException"
)

// Where the rules are written down.
const (
	api   = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/"
	guide = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"

	docTaskDefinition = api + "API_RegisterTaskDefinition.html"
	docContainer      = api + "API_ContainerDefinition.html"
	docPortMapping    = api + "API_PortMapping.html"
	docHealthCheck    = api + "API_HealthCheck.html"
	docService        = api + "API_CreateService.html"
	docLoadBalancer   = api + "API_LoadBalancer.html"
	docDeployment     = api + "API_DeploymentConfiguration.html"
	docCluster        = api + "API_CreateCluster.html"
	docStrategy       = api + "API_CapacityProviderStrategyItem.html"
	docFargate        = guide + "fargate-tasks-services.html"
	docFargateSize    = guide + "task-cpu-memory-error.html"
	docExecutionRole  = guide + "task_execution_IAM_role.html"
	docEvents         = guide + "service-event-messages-list.html"
	docAwsvpc         = guide + "task-networking-awsvpc.html"
	// docPreflight collects answers of real deployments.
	docPreflight = "https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/ecs"
)

type (
	taskRule      = rules.Rule[awsecs.RegisterTaskDefinitionInput]
	task          = awsecs.RegisterTaskDefinitionInput
	container     = ecstypes.ContainerDefinition
	containerFunc = func(r *rules.Report, path string, c *container)
)

// containers makes a check of each container.
func containers(check containerFunc) func(*rules.Report, *task) {
	return func(r *rules.Report, in *task) {
		for i := range in.ContainerDefinitions {
			c := &in.ContainerDefinitions[i]
			check(r, rules.Elem("ContainerDefinitions", c.Name, i), c)
		}
	}
}

// onFargate makes check one of tasks that must run on Fargate.
func onFargate(check func(*rules.Report, *task)) func(*rules.Report, *task) {
	return func(r *rules.Report, in *task) {
		if fargate(in) {
			check(r, in)
		}
	}
}

// onAwsvpc makes check one of tasks with network interfaces of their own.
func onAwsvpc(check func(*rules.Report, *task)) func(*rules.Report, *task) {
	return func(r *rules.Report, in *task) {
		if in.NetworkMode == ecstypes.NetworkModeAwsvpc {
			check(r, in)
		}
	}
}

func fargate(in *task) bool {
	return slices.Contains(in.RequiresCompatibilities, ecstypes.CompatibilityFargate)
}

// between reports a number out of its bounds; nil is in them.
func between(r *rules.Report, path string, got *int32, low, high int32, unit, text string) {
	if got == nil || (*got >= low && *got <= high) {
		return
	}
	r.Add(rules.Problem{
		Path: path, Got: strconv.Itoa(int(*got)) + unit,
		Want: fmt.Sprintf("%d%s to %d%s", low, unit, high, unit), Text: text,
	})
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
