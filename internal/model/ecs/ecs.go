// SPDX-License-Identifier: Apache-2.0

// Package ecs holds the states of ECS's kinds.
package ecs

import (
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
)

// Kinds.
const (
	KindCluster        = "ecs:Cluster"        // outputs: arn, name
	KindTaskDefinition = "ecs:TaskDefinition" // outputs: arn (with revision), family, revision
	KindService        = "ecs:Service"        // outputs: arn, name, cluster, url, deployment (ARN of the last service deployment), outcome
	KindJob            = "ecs:Job"            // output: run (the input of RunTask as JSON)
	KindLogGroup       = "logs:LogGroup"      // outputs: arn, name
)

// Cluster is a cluster with its capacity providers.
type Cluster struct {
	Create awsecs.CreateClusterInput
	// Apart: the capacity providers are a resource of their own.
	Apart bool
}

// TaskDefinition is the newest revision of a family.
type TaskDefinition struct {
	Register awsecs.RegisterTaskDefinitionInput
}

// Service is a service.
type Service struct {
	Create awsecs.CreateServiceInput
	// Scaled: the desired count belongs to Application Auto Scaling once the
	// service exists.
	Scaled bool
	// Foreign are the tasks' security groups if a load balancer must get through
	// them and the stack declares none of them; only for a warning.
	Foreign []string
	// Unheeded are the cluster's default providers of instances, if the service goes by no
	// provider; only for a warning.
	Unheeded []string
	// Zones of the subnets; only for a look at the mount targets of file systems.
	Zones []string
	// URL under which it is reached, if it has a route; only an output.
	URL string
	// Overtaken: a deployment need not be over, only so far that no older task runs. It
	// is a state on the way, in which requests are about to follow the tasks.
	Overtaken bool
}

// Job is a task as RunTask starts it.
type Job struct {
	Run awsecs.RunTaskInput
	// Zones of the subnets; only for a look at the mount targets of file systems.
	Zones []string
}

// LogGroup is a CloudWatch log group with its retention.
type LogGroup struct {
	Create awslogs.CreateLogGroupInput
	// RetentionInDays is 0 for ever.
	RetentionInDays int32
}
