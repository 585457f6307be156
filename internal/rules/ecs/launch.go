// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/rules"
)

// launch is what services and single tasks have in common.
type launch struct {
	cluster, taskDefinition string
	launchType              ecstypes.LaunchType
	strategy                []ecstypes.CapacityProviderStrategyItem
	network                 *ecstypes.NetworkConfiguration
	platformVersion         *string
	exec                    bool
	tags                    []ecstypes.Tag
	external                bool
}

// fargate reports whether tasks are known to run on Fargate.
func (l launch) fargate() bool {
	if l.launchType == ecstypes.LaunchTypeFargate {
		return true
	}
	return slices.ContainsFunc(l.strategy, func(i ecstypes.CapacityProviderStrategyItem) bool {
		return ownProvider(value(i.CapacityProvider))
	})
}

// shape are the rules that need no look at other resources.
func shape[T any](view func(r *rules.Report, in *T) launch) []rules.Rule[T] {
	return launchRules(view, []launchRule{
		{rules.Meta{
			ID: "ecs-launch-type-or-strategy", Code: invalidParameter, Doc: docService,
			Text: "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
		}, func(r *rules.Report, l launch) {
			if l.launchType != "" && len(l.strategy) > 0 {
				r.Add(rules.Problem{Path: "LaunchType", Got: string(l.launchType) + " with a strategy", Want: "one of them"})
			}
		}},
		{strategyWeightMeta, func(r *rules.Report, l launch) { strategyWeights(r, "CapacityProviderStrategy", l.strategy) }},
		{strategyMeta, func(r *rules.Report, l launch) { strategy(r, "CapacityProviderStrategy", l.strategy) }},
		{rules.Meta{
			ID: "ecs-platform-version", Code: platformUnknown, Doc: guide + "platform-fargate.html",
			Text: "The specified platform does not exist.",
		}, platformVersion},
		{rules.Meta{
			ID: "ecs-platform-version-ec2", Code: invalidParameter, Doc: docPreflight,
			Text: "The platform version must be null when specifying an EC2 launch type.",
		}, func(r *rules.Report, l launch) {
			if v := value(l.platformVersion); v != "" && l.launchType == ecstypes.LaunchTypeEc2 {
				r.Add(rules.Problem{Path: "PlatformVersion", Got: quote(v), Want: "none on EC2"})
			}
		}},
		{rules.Meta{ID: "ecs-subnets", Code: invalidParameter, Doc: api + "API_AwsVpcConfiguration.html"}, subnets},
		{tagMeta, func(r *rules.Report, l launch) { tags(r, l.tags) }},
	})
}

// lookups are the rules that look at the cluster and the task definition.
func lookups[T any](view func(r *rules.Report, in *T) launch) []rules.Rule[T] {
	return append(launchRules(view, []launchRule{
		{rules.Meta{ID: "ecs-cluster-exists", Code: clusterNotFound, Doc: docService, Text: "Cluster not found."}, clusterExists},
		{rules.Meta{
			ID: "ecs-task-definition-exists", Code: clientException, Doc: docService, Text: "TaskDefinition not found.",
		}, func(r *rules.Report, l launch) {
			if l.taskDefinition == "" {
				return
			}
			if _, found, known := r.Get(model.KindTaskDefinition, l.taskDefinition); known && !found {
				r.Add(rules.Problem{Path: "TaskDefinition", Got: quote(l.taskDefinition), Want: "a task definition that exists"})
			}
		}},
		withTask(rules.Meta{
			ID: "ecs-fargate-compatible", Code: invalidParameter, Doc: docService,
			Text: "Task definition does not support launch_type FARGATE.",
		}, func(r *rules.Report, l launch, t *task) {
			if l.fargate() && !fargate(t) {
				r.Add(rules.Problem{Path: "TaskDefinition", Got: "one that does not require FARGATE", Want: "one that does"})
			}
		}),
		withTask(rules.Meta{
			ID: "ecs-network-configuration", Code: invalidParameter, Doc: docAwsvpc,
			Text: "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
		}, func(r *rules.Report, l launch, t *task) {
			if t.NetworkMode == ecstypes.NetworkModeAwsvpc && awsvpc(l.network) == nil && !l.external {
				r.Add(rules.Problem{Path: "NetworkConfiguration", Got: "none", Want: "subnets, for the task definition's network mode is awsvpc"})
			}
		}),
		withTask(rules.Meta{
			ID: "ecs-network-configuration-bridge", Code: invalidParameter, Doc: docAwsvpc,
			Text: "Network Configuration is not valid for the given networkMode of this task definition.",
		}, func(r *rules.Report, l launch, t *task) {
			if t.NetworkMode != ecstypes.NetworkModeAwsvpc && awsvpc(l.network) != nil {
				r.Add(rules.Problem{Path: "NetworkConfiguration", Got: "subnets", Want: "none, for the task definition's network mode is not awsvpc"})
			}
		}),
		withTask(rules.Meta{
			ID: "ecs-platform-capabilities", Code: platformMismatch, Doc: guide + "platform-fargate.html",
			Text: "One or more of the requested capabilities are not supported.",
		}, oldPlatform),
		withTask(rules.Meta{
			ID: "ecs-exec-task-role", Code: invalidParameter, Doc: guide + "ecs-exec.html",
			Text: "The service couldn't be created because a valid taskRoleArn is not being used. " +
				"Specify a valid task role in your task definition and try again.",
		}, func(r *rules.Report, l launch, t *task) {
			if l.exec && value(t.TaskRoleArn) == "" {
				r.Add(rules.Problem{Path: "EnableExecuteCommand", Got: "true without a task role", Want: "a task role with ssmmessages"})
			}
		}),
	}), launchRules(view, managedLaunchRules)...)
}

type launchRule struct {
	rules.Meta
	check func(r *rules.Report, l launch)
}

func launchRules[T any](view func(r *rules.Report, in *T) launch, of []launchRule) []rules.Rule[T] {
	all := make([]rules.Rule[T], len(of))
	for i, rule := range of {
		all[i] = rules.Rule[T]{Meta: rule.Meta, Check: func(r *rules.Report, in *T) { rule.check(r, view(r, in)) }}
	}
	return all
}

// withTask is a rule about the task definition, silent where it is not known.
func withTask(m rules.Meta, check func(r *rules.Report, l launch, t *task)) launchRule {
	return launchRule{m, func(r *rules.Report, l launch) {
		if t, ok := taskOf(r, l.taskDefinition); ok {
			check(r, l, t)
		}
	}}
}

func taskOf(r *rules.Report, ref string) (*task, bool) {
	state, found, known := r.Get(model.KindTaskDefinition, ref)
	t, ok := state.(*model.TaskDefinition)
	if !found || !known || !ok {
		return nil, false
	}
	return &t.Register, true
}

func awsvpc(n *ecstypes.NetworkConfiguration) *ecstypes.AwsVpcConfiguration {
	if n == nil {
		return nil
	}
	return n.AwsvpcConfiguration
}

func clusterExists(r *rules.Report, l launch) {
	name := l.cluster
	if name == "" {
		name = "default"
	}
	if _, found, known := r.Get(model.KindCluster, name); known && !found {
		r.Add(rules.Problem{Path: "Cluster", Got: quote(name), Want: "a cluster that exists"})
	}
}

// platformVersions are those of Linux and, the first two, of Windows.
var platformVersions = []string{"LATEST", "1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0"}

func platformVersion(r *rules.Report, l launch) {
	if v := value(l.platformVersion); v != "" && !slices.Contains(platformVersions, v) {
		r.Add(rules.Problem{Path: "PlatformVersion", Got: quote(v), Want: strings.Join(platformVersions, ", ")})
	}
}

// oldPlatform: file systems and more storage came with 1.4.0.
func oldPlatform(r *rules.Report, l launch, t *task) {
	v := value(l.platformVersion)
	if v == "" || v == "LATEST" || v == "1.4.0" || !slices.Contains(platformVersions, v) || windows(t) {
		return
	}
	efs := slices.ContainsFunc(t.Volumes, func(v ecstypes.Volume) bool { return v.EfsVolumeConfiguration != nil })
	ebs := slices.ContainsFunc(t.Volumes, func(v ecstypes.Volume) bool { return value(v.ConfiguredAtLaunch) })
	if efs || ebs || t.EphemeralStorage != nil {
		r.Add(rules.Problem{Path: "PlatformVersion", Got: v, Want: "1.4.0 or LATEST for EFS and EBS volumes and ephemeral storage"})
	}
}

// The bounds of network configurations.
const (
	maxSubnets = 16
	maxGroups  = 5
)

func subnets(r *rules.Report, l launch) {
	n := awsvpc(l.network)
	if n == nil {
		return
	}
	path := "NetworkConfiguration.AwsvpcConfiguration"
	if len(n.Subnets) == 0 {
		r.Add(rules.Problem{Path: path + ".Subnets", Got: "none", Want: "1 to 16 subnets", Text: "subnets can not be empty."})
	}
	if len(n.Subnets) > maxSubnets {
		r.Add(rules.Problem{
			Path: path + ".Subnets", Got: count(len(n.Subnets), "subnet"), Want: "1 to 16 subnets",
			Text: "subnets can have at most 16 items.",
		})
	}
	if len(n.SecurityGroups) > maxGroups {
		r.Add(rules.Problem{
			Path: path + ".SecurityGroups", Got: count(len(n.SecurityGroups), "group"), Want: "at most 5",
			Text: "securityGroups can have at most 5 items.",
		})
	}
}
