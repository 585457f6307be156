// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

var (
	_ slipway.Driver[model.Cluster]        = clusters{}
	_ slipway.Driver[model.LogGroup]       = logGroups{}
	_ slipway.Driver[model.Service]        = services{}
	_ slipway.Driver[model.TaskDefinition] = taskDefinitions{}

	_ slipway.ManyReader[model.Cluster] = clusters{}
	_ slipway.ManyReader[model.Service] = services{}
	_ slipway.Watcher[model.Service]    = services{}
	_ slipway.Unmanager[model.Service]  = services{}

	_ slipway.Predictor[model.Cluster]        = clusters{}
	_ slipway.Predictor[model.LogGroup]       = logGroups{}
	_ slipway.Predictor[model.Service]        = services{}
	_ slipway.Predictor[model.TaskDefinition] = taskDefinitions{}
)

// Predict returns what follows from the cluster's name.
func (clusters) Predict(want *model.Cluster) map[string][]string {
	name := aws.ToString(want.Create.ClusterName)
	return map[string][]string{"name": {name}, "arn": {ownARN("ecs", "cluster/"+name)}}
}

// Predict returns what follows from the group's name.
func (logGroups) Predict(want *model.LogGroup) map[string][]string {
	name := aws.ToString(want.Create.LogGroupName)
	return map[string][]string{"name": {name}, "arn": {ownARN("logs", "log-group:"+name)}}
}

// Predict returns what follows from the names of the service and its cluster.
func (services) Predict(want *model.Service) map[string][]string {
	cluster, name := aws.ToString(want.Create.Cluster), aws.ToString(want.Create.ServiceName)
	if strings.HasPrefix(cluster, "arn:") {
		cluster = lastPart(cluster)
	}
	return map[string][]string{"name": {name}, "cluster": {cluster}, "arn": {ownARN("ecs", "service/"+cluster+"/"+name)}}
}

// Predict returns what follows from the family's name; the revision may be any.
func (taskDefinitions) Predict(want *model.TaskDefinition) map[string][]string {
	name := aws.ToString(want.Register.Family)
	return map[string][]string{"family": {name}, "arn": {ownARN("ecs", "task-definition/"+name+":*")}}
}
