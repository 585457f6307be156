// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"regexp"
	"slices"
	"strconv"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

type (
	serviceRule = rules.Rule[awsecs.CreateServiceInput]
	service     = awsecs.CreateServiceInput
)

// CreateService has the rules of new services.
var CreateService = rules.Of[awsecs.CreateServiceInput](slices.Concat(
	serviceShapeRules, shape(ofService), daemonRules, placementRules, zoneRules, deploymentRules, createShiftRules(),
	lookups(ofService), balancerRules, registryRules, ebsRules(serviceVolumes), connectRules,
))

func ofService(_ *rules.Report, in *service) launch {
	return launch{
		cluster: value(in.Cluster), taskDefinition: value(in.TaskDefinition), launchType: in.LaunchType,
		strategy: in.CapacityProviderStrategy, network: in.NetworkConfiguration, platformVersion: in.PlatformVersion,
		exec: in.EnableExecuteCommand, tags: in.Tags,
		external: in.DeploymentController != nil && in.DeploymentController.Type == ecstypes.DeploymentControllerTypeExternal,
	}
}

var serviceShapeRules = []serviceRule{
	{Meta: rules.Meta{ID: "ecs-service-name", Code: invalidParameter, Doc: docService}, Check: serviceName},
	{Meta: rules.Meta{
		ID: "ecs-client-token", Code: invalidParameter, Doc: docService,
		Text: "clientToken can have at most 36 characters.",
	}, Check: func(r *rules.Report, in *service) {
		const longest = 36
		if n := len(value(in.ClientToken)); n > longest {
			r.Add(rules.Problem{Path: "ClientToken", Got: count(n, "character"), Want: "at most 36"})
		}
	}},
	{Meta: rules.Meta{
		ID: "ecs-desired-count", Code: invalidParameter, Doc: docService,
		Text: "desiredCount must be specified and at least 0 for the REPLICA scheduling strategy.",
	}, Check: desiredCount},
	{Meta: rules.Meta{
		ID: "ecs-grace-period", Code: invalidParameter, Doc: docService,
		Text: "Health check grace period is only valid for services configured to use load balancers",
	}, Check: func(r *rules.Report, in *service) {
		if in.HealthCheckGracePeriodSeconds != nil && len(in.LoadBalancers)+len(in.VpcLatticeConfigurations)+len(in.GatewayConnectors) == 0 {
			r.Add(rules.Problem{Path: "HealthCheckGracePeriodSeconds", Got: "a period without load balancer", Want: "a load balancer"})
		}
	}},
}

var servicePattern = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,255}$`)

func serviceName(r *rules.Report, in *service) {
	name := value(in.ServiceName)
	if slipway.HasRef(name) || servicePattern.MatchString(name) {
		return
	}
	r.Add(rules.Problem{
		Path: "ServiceName", Got: quote(name), Want: "1 to 255 letters, digits, hyphens and underscores",
		Text: `ServiceName must match ^[a-zA-Z0-9\\-_]{1,255}, but was ` + ascii(name),
	})
}

func daemon(in *service) bool { return in.SchedulingStrategy == ecstypes.SchedulingStrategyDaemon }

func external(in *service) bool {
	return in.DeploymentController != nil && in.DeploymentController.Type == ecstypes.DeploymentControllerTypeExternal
}

func desiredCount(r *rules.Report, in *service) {
	switch {
	case daemon(in) || external(in):
	case in.DesiredCount == nil:
		r.Add(rules.Problem{Path: "DesiredCount", Got: "none", Want: "0 or more"})
	case *in.DesiredCount < 0:
		r.Add(rules.Problem{Path: "DesiredCount", Got: strconv.Itoa(int(*in.DesiredCount)), Want: "0 or more"})
	}
}

// daemonRules look at services with a task on each instance.
var daemonRules = []serviceRule{
	{Meta: rules.Meta{
		ID: "ecs-daemon-desired-count", Code: invalidParameter, Doc: docPreflight,
		Text: "The daemon scheduling strategy does not support a desired count for services",
	}, Check: onDaemon(func(r *rules.Report, in *service) {
		if in.DesiredCount != nil {
			r.Add(rules.Problem{Path: "DesiredCount", Got: strconv.Itoa(int(*in.DesiredCount)), Want: "none with DAEMON"})
		}
	})},
	{Meta: rules.Meta{
		ID: "ecs-daemon-placement", Code: invalidParameter, Doc: docPreflight,
		Text: "The daemon scheduling strategy does not support placement strategies. Remove the placement strategy and try again",
	}, Check: onDaemon(func(r *rules.Report, in *service) {
		if len(in.PlacementStrategy) > 0 {
			r.Add(rules.Problem{Path: "PlacementStrategy", Got: "a strategy", Want: "none with DAEMON"})
		}
	})},
	{Meta: rules.Meta{
		ID: "ecs-daemon-zone-rebalancing", Code: invalidParameter, Doc: docPreflight,
		Text: "The service couldn't be created because Availability Zone Rebalancing does not support DAEMON as scheduling strategy. " +
			"Update scheduling strategy and try again.",
	}, Check: onDaemon(func(r *rules.Report, in *service) {
		if in.AvailabilityZoneRebalancing == ecstypes.AvailabilityZoneRebalancingEnabled {
			r.Add(rules.Problem{Path: "AvailabilityZoneRebalancing", Got: "ENABLED", Want: "DISABLED with DAEMON"})
		}
	})},
	{Meta: rules.Meta{
		ID: "ecs-daemon-fargate", Code: invalidParameter, Doc: docService,
		Text: "The daemon scheduling strategy is not supported for the FARGATE launch type.",
	}, Check: onDaemon(func(r *rules.Report, in *service) {
		if ofService(r, in).fargate() {
			r.Add(rules.Problem{Path: "SchedulingStrategy", Got: "DAEMON on Fargate", Want: "REPLICA"})
		}
	})},
}

func onDaemon(check func(*rules.Report, *service)) func(*rules.Report, *service) {
	return func(r *rules.Report, in *service) {
		if daemon(in) {
			check(r, in)
		}
	}
}
