// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// tasksService is who assumes the roles of tasks.
const tasksService = "ecs-tasks.amazonaws.com"

// onCluster is the access to an operation on a cluster.
func onCluster[I any](action string, ref func(*I) *string) func(*sim.Call, *I) []sim.Access {
	return func(c *sim.Call, in *I) []sim.Access {
		return []sim.Access{{Action: action, Resource: clusterARN(c, ref(in))}}
	}
}

// needsTagged is the access to an operation that makes a thing with tags.
func needsTagged[I any](action string, resource func(*I) string, tags func(*I) []ecstypes.Tag) func(*sim.Call, *I) []sim.Access {
	return func(c *sim.Call, in *I) []sim.Access {
		return withTags(action, c.ARN("ecs", resource(in)), tags(in))
	}
}

// withTags adds ecs:TagResource where tags are given.
func withTags(action, arn string, tags []ecstypes.Tag) []sim.Access {
	context := map[string][]string{}
	for _, t := range tags {
		context["aws:RequestTag/"+value(t.Key)] = []string{value(t.Value)}
		context["aws:TagKeys"] = append(context["aws:TagKeys"], value(t.Key))
	}
	list := []sim.Access{{Action: action, Resource: arn, Context: context}}
	if len(tags) > 0 {
		list = append(list, sim.Access{Action: "ecs:TagResource", Resource: arn, Context: context})
	}
	return list
}

// passRoles is the access to hand the roles to tasks.
func passRoles(roles ...*string) []sim.Access {
	var list []sim.Access
	for _, role := range roles {
		if value(role) == "" {
			continue
		}
		list = append(list, sim.Access{
			Action: "iam:PassRole", Resource: *role,
			Context: map[string][]string{"iam:PassedToService": {tasksService}},
		})
	}
	return list
}
