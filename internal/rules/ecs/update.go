// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strings"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/rules"
)

// UpdateService has the rules of changes to a service. The service as it is, is
// looked up as "<cluster>/<service>", or by its ARN.
var UpdateService = rules.Of[awsecs.UpdateServiceInput](slices.Concat(
	updateRules, shape(ofUpdate), onMerged(placementRules), updateDeploymentRules, updateShiftRules(), lookups(ofUpdate), updateBalancerRules,
	onMerged(registryRules), ebsRules(updateVolumes),
))

type update = awsecs.UpdateServiceInput

var updateRules = []rules.Rule[update]{
	{Meta: rules.Meta{
		ID: "ecs-codedeploy-task-definition", Code: invalidParameter, Doc: "https://github.com/aws/aws-cdk/issues/7040",
		Text: "Unable to update task definition on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.",
	}, Check: func(r *rules.Report, in *update) {
		s, ok := current(r, in)
		if ok && in.TaskDefinition != nil && s.DeploymentController != nil &&
			s.DeploymentController.Type == ecstypes.DeploymentControllerTypeCodeDeploy {
			r.Add(rules.Problem{Path: "TaskDefinition", Got: quote(*in.TaskDefinition), Want: "none with CODE_DEPLOY"})
		}
	}},
	{Meta: rules.Meta{
		ID: "ecs-daemon-desired-count", Code: invalidParameter, Doc: docPreflight,
		Text: "The daemon scheduling strategy does not support a desired count for services",
	}, Check: func(r *rules.Report, in *update) {
		if s, ok := current(r, in); ok && daemon(s) && in.DesiredCount != nil {
			r.Add(rules.Problem{Path: "DesiredCount", Got: "a count", Want: "none with DAEMON"})
		}
	}},
	{Meta: rules.Meta{
		ID: "ecs-desired-count", Code: invalidParameter, Doc: docService, Text: "desiredCount must be at least 0",
	}, Check: func(r *rules.Report, in *update) {
		if value(in.DesiredCount) < 0 {
			r.Add(rules.Problem{Path: "DesiredCount", Got: "less than 0", Want: "0 or more"})
		}
	}},
}

var updateDeploymentRules = []rules.Rule[update]{
	{Meta: minimumHealthyMeta, Check: func(r *rules.Report, in *update) { minimumHealthy(r, in.DeploymentConfiguration) }},
	{Meta: maximumPercentMeta, Check: func(r *rules.Report, in *update) {
		s, ok := current(r, in)
		maximumPercent(r, in.DeploymentConfiguration, ok && daemon(s))
	}},
	{Meta: bothHundredMeta, Check: func(r *rules.Report, in *update) {
		s, ok := current(r, in)
		bothHundred(r, in.DeploymentConfiguration, ok && daemon(s))
	}},
	{Meta: breakerMeta, Check: func(r *rules.Report, in *update) { breaker(r, in.DeploymentConfiguration) }},
	{Meta: alarmsMeta, Check: func(r *rules.Report, in *update) { alarms(r, in.DeploymentConfiguration) }},
	{Meta: bakeMeta, Check: func(r *rules.Report, in *update) { bake(r, in.DeploymentConfiguration) }},
	{Meta: earlyMeta, Check: func(r *rules.Report, in *update) { early(r, in.DeploymentConfiguration) }},
}

// updateBalancerRules ask what a new service is asked of its load balancers, of
// the service as it will be.
var updateBalancerRules = append([]rules.Rule[update]{
	{Meta: rules.Meta{ID: "ecs-balancer-port-changed", Code: invalidParameter, Doc: guide + "troubleshoot-service-load-balancers.html"},
		Check: balancedPortChanged},
}, onMerged(balancerRules)...)

// current returns the service as it is.
func current(r *rules.Report, in *update) (*service, bool) {
	ref := value(in.Service)
	if !strings.HasPrefix(ref, "arn:") {
		cluster := value(in.Cluster)
		if cluster == "" {
			cluster = "default"
		}
		ref = cluster + "/" + ref
	}
	state, found, known := r.Get(model.KindService, ref)
	s, ok := state.(*model.Service)
	if !found || !known || !ok {
		return nil, false
	}
	return &s.Create, true
}

// merged is the service as the update leaves it, as far as rules look at it.
func merged(r *rules.Report, in *update) service {
	s := service{Cluster: in.Cluster}
	if c, ok := current(r, in); ok {
		s = *c
	}
	if in.TaskDefinition != nil {
		s.TaskDefinition = in.TaskDefinition
	}
	if in.NetworkConfiguration != nil {
		s.NetworkConfiguration = in.NetworkConfiguration
	}
	if in.LoadBalancers != nil {
		s.LoadBalancers = in.LoadBalancers
	}
	if in.ServiceRegistries != nil {
		s.ServiceRegistries = in.ServiceRegistries
	}
	if in.PlatformVersion != nil {
		s.PlatformVersion = in.PlatformVersion
	}
	if in.EnableExecuteCommand != nil {
		s.EnableExecuteCommand = *in.EnableExecuteCommand
	}
	if in.PlacementConstraints != nil {
		s.PlacementConstraints = in.PlacementConstraints
	}
	if in.PlacementStrategy != nil {
		s.PlacementStrategy = in.PlacementStrategy
	}
	if in.CapacityProviderStrategy != nil {
		s.LaunchType, s.CapacityProviderStrategy = "", in.CapacityProviderStrategy
	}
	return s
}

func ofUpdate(r *rules.Report, in *update) launch {
	s := merged(r, in)
	return ofService(r, &s)
}

// onMerged makes rules of new services rules of updates.
func onMerged(of []serviceRule) []rules.Rule[update] {
	all := make([]rules.Rule[update], len(of))
	for i, rule := range of {
		all[i] = rules.Rule[update]{Meta: rule.Meta, Check: func(r *rules.Report, in *update) {
			s := merged(r, in)
			rule.Check(r, &s)
		}}
	}
	return all
}

// balancedPortChanged has its own words for a new task definition that lacks what
// the load balancer of the service points at.
func balancedPortChanged(r *rules.Report, in *update) {
	s, ok := current(r, in)
	t, known := taskOf(r, value(in.TaskDefinition))
	if !ok || !known || in.LoadBalancers != nil {
		return
	}
	for i := range s.LoadBalancers {
		lb := &s.LoadBalancers[i]
		c, found := find(t, value(lb.ContainerName))
		if !found || !exposes(c, value(lb.ContainerPort)) {
			r.Add(rules.Problem{
				Path: "TaskDefinition", Got: "one without the container or port behind the load balancer", Want: "the same container and port",
				Text: "Unable to update the service " + value(s.ServiceName) + ": Load balancer container name or port changed in task definition",
			})
		}
	}
}
