// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strings"

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

// onTasks is the access to an operation on tasks.
func onTasks[I any](action string, refs func(*I) (cluster *string, tasks []string)) func(*sim.Call, *I) []sim.Access {
	return func(c *sim.Call, in *I) []sim.Access {
		cluster, tasks := refs(in)
		return onEach(c, action, cluster, "task", tasks)
	}
}

// onServices is the access to an operation on services.
func onServices[I any](action string, refs func(*I) (cluster *string, services []string)) func(*sim.Call, *I) []sim.Access {
	return func(c *sim.Call, in *I) []sim.Access {
		cluster, services := refs(in)
		return onEach(c, action, cluster, "service", services)
	}
}

// onService is the access to an operation on one service.
func onService[I any](action string, refs func(*I) (cluster, service *string)) func(*sim.Call, *I) []sim.Access {
	return onServices(action, func(in *I) (*string, []string) {
		cluster, service := refs(in)
		return cluster, []string{value(service)}
	})
}

// onEach is the access to things of a cluster, by name or ARN.
func onEach(c *sim.Call, action string, cluster *string, kind string, refs []string) []sim.Access {
	list := make([]sim.Access, len(refs))
	for i, ref := range refs {
		if !strings.HasPrefix(ref, "arn:") {
			ref = c.ARN("ecs", kind+"/"+lastPart(or(cluster, defaultCluster))+"/"+ref)
		}
		list[i] = sim.Access{Action: action, Resource: ref, Context: map[string][]string{"ecs:cluster": {clusterARN(c, cluster)}}}
	}
	return list
}

// onARNs is the access to things that are named by ARN.
func onARNs[I any](action string, arns func(*I) []string) func(*sim.Call, *I) []sim.Access {
	return func(_ *sim.Call, in *I) []sim.Access {
		var list []sim.Access
		for _, arn := range arns(in) {
			list = append(list, sim.Access{Action: action, Resource: arn})
		}
		return list
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
