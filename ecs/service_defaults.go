// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	model "github.com/slipway-go/slipway/internal/model/ecs"
)

const (
	latestPlatform   = "LATEST"
	defaultThreshold = 50
)

// Defaults fills in what ECS would.
func (services) Defaults(s *model.Service) {
	in := &s.Create
	minimum := in.DeploymentConfiguration != nil && in.DeploymentConfiguration.MinimumHealthyPercent != nil
	daemon := in.SchedulingStrategy == ecstypes.SchedulingStrategyDaemon
	given := *in
	fill(in)
	overridesOnly(in, &given)
	if !minimum && !daemon {
		in.DeploymentConfiguration.MinimumHealthyPercent = aws.Int32(everyTask)
	}
	if *in.Cluster == "" {
		in.Cluster = aws.String("default")
	}
	if known(in.Cluster) {
		in.Cluster = aws.String(lastPart(*in.Cluster))
	}
	def(&in.SchedulingStrategy, ecstypes.SchedulingStrategyReplica)
	def(&in.DeploymentController.Type, ecstypes.DeploymentControllerTypeEcs)
	if daemon {
		def(&in.AvailabilityZoneRebalancing, ecstypes.AvailabilityZoneRebalancingDisabled)
		defTo(&in.DeploymentConfiguration.MaximumPercent, everyTask)
	}
	def(&in.AvailabilityZoneRebalancing, ecstypes.AvailabilityZoneRebalancingEnabled)
	def(&in.PropagateTags, ecstypes.PropagateTagsNone)
	n := in.NetworkConfiguration.AwsvpcConfiguration
	if len(n.Subnets) == 0 {
		def(&n.AssignPublicIp, noneSet)
	}
	def(&n.AssignPublicIp, ecstypes.AssignPublicIpDisabled)
	if !onInstances(in) {
		defTo(&in.PlatformVersion, latestPlatform)
	}
	for i := range in.CapacityProviderStrategy {
		if item := &in.CapacityProviderStrategy[i]; len(in.CapacityProviderStrategy) == 1 && item.Weight == 0 && item.Base == 0 {
			item.Weight = 1
		}
	}
	defaultDeployment(in.DeploymentConfiguration)
	defaultShift(in.DeploymentConfiguration, given.DeploymentConfiguration)
}

// onInstances reports whether tasks are known not to run on Fargate, whose platform has
// versions.
func onInstances(in *awsecs.CreateServiceInput) bool {
	foreign := func(i ecstypes.CapacityProviderStrategyItem) bool {
		p := aws.ToString(i.CapacityProvider)
		return p != string(Fargate) && p != string(FargateSpot)
	}
	return in.LaunchType == ecstypes.LaunchTypeEc2 || in.LaunchType == ecstypes.LaunchTypeExternal ||
		slices.ContainsFunc(in.CapacityProviderStrategy, foreign)
}

// overridesOnly leaves what the builder does not offer as it was given, without
// blanks: only what an override has set is compared.
func overridesOnly(in, given *awsecs.CreateServiceInput) {
	in.VpcLatticeConfigurations = given.VpcLatticeConfigurations
}

func defaultDeployment(d *ecstypes.DeploymentConfiguration) {
	def(&d.Strategy, ecstypes.DeploymentStrategyRolling)
	defTo(&d.MaximumPercent, twiceAsMany)
	b := d.DeploymentCircuitBreaker
	if !b.Enable { // a threshold means nothing then, whether AWS shows one or not
		b.ThresholdConfiguration = &ecstypes.ThresholdConfiguration{}
	}
	def(&b.ThresholdConfiguration.Type, ecstypes.ThresholdTypeBoundedPercent)
	if b.ThresholdConfiguration.Value == 0 {
		b.ThresholdConfiguration.Value = defaultThreshold
	}
	if e := d.EarlySuccessCriteria; e.Enable {
		defTo(&e.HealthyPercent, everyTask)
		def(&e.SourceServiceRevisionCleanup, ecstypes.ServiceRevisionCleanupBlocking)
	}
}

// creation is the input that makes a service: without blanks.
func creation(s *model.Service) *awsecs.CreateServiceInput {
	in := s.Create
	strip(&in)
	if in.SchedulingStrategy != ecstypes.SchedulingStrategyDaemon {
		in.DesiredCount = s.Create.DesiredCount
	}
	in.DeploymentConfiguration = sentDeployment(s.Create.DeploymentConfiguration)
	return &in
}

// sentDeployment is a deployment configuration without blanks, except those that
// take something away.
func sentDeployment(d *ecstypes.DeploymentConfiguration) *ecstypes.DeploymentConfiguration {
	sent := *d
	strip(&sent)
	sentShift(&sent, d)
	sent.DeploymentCircuitBreaker = d.DeploymentCircuitBreaker
	if !d.DeploymentCircuitBreaker.Enable {
		sent.DeploymentCircuitBreaker = &ecstypes.DeploymentCircuitBreaker{}
	}
	return &sent
}

// modification is the input that changes what differs, and nothing else: some
// fields roll the tasks by being there.
func modification(s *model.Service, changed map[string]bool) *awsecs.UpdateServiceInput {
	in, want := &awsecs.UpdateServiceInput{Service: s.Create.ServiceName, Cluster: s.Create.Cluster}, &s.Create
	rollingFields(in, want, changed)
	placementFields(in, want, changed)
	if changed["DesiredCount"] {
		in.DesiredCount = want.DesiredCount
	}
	if changed["DeploymentConfiguration"] {
		in.DeploymentConfiguration = modifiedDeployment(want.DeploymentConfiguration)
	}
	if changed["CapacityProviderStrategy"] || changed["LaunchType"] {
		in.CapacityProviderStrategy = want.CapacityProviderStrategy // an empty list goes back to the launch type
		in.ForceNewDeployment = true                                // ECS wants that, and no task would move without
	}
	if changed["AvailabilityZoneRebalancing"] {
		in.AvailabilityZoneRebalancing = want.AvailabilityZoneRebalancing
	}
	if changed["EnableExecuteCommand"] {
		in.EnableExecuteCommand = aws.Bool(want.EnableExecuteCommand)
	}
	if changed["EnableECSManagedTags"] {
		in.EnableECSManagedTags = aws.Bool(want.EnableECSManagedTags)
	}
	if changed["PropagateTags"] {
		in.PropagateTags = want.PropagateTags
	}
	if changed["HealthCheckGracePeriodSeconds"] {
		in.HealthCheckGracePeriodSeconds = want.HealthCheckGracePeriodSeconds
	}
	return in
}

// modifiedDeployment says of alarms and early success that they are off, where
// leaving them out would leave them on.
func modifiedDeployment(d *ecstypes.DeploymentConfiguration) *ecstypes.DeploymentConfiguration {
	sent := sentDeployment(d)
	if sent.Alarms == nil {
		sent.Alarms = &ecstypes.DeploymentAlarms{AlarmNames: []string{}}
	}
	return sent
}

// rollingFields are those that start a deployment.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
func rollingFields(in *awsecs.UpdateServiceInput, want *awsecs.CreateServiceInput, changed map[string]bool) {
	if changed["TaskDefinition"] {
		in.TaskDefinition = want.TaskDefinition
	}
	if changed["NetworkConfiguration"] {
		in.NetworkConfiguration = want.NetworkConfiguration
	}
	if changed["LoadBalancers"] {
		in.LoadBalancers = []ecstypes.LoadBalancer{}
		for _, lb := range want.LoadBalancers {
			strip(&lb)
			in.LoadBalancers = append(in.LoadBalancers, lb)
		}
	}
	if changed["PlatformVersion"] {
		in.PlatformVersion = want.PlatformVersion
	}
	if changed["ServiceConnectConfiguration"] {
		connect := *want.ServiceConnectConfiguration
		strip(&connect)
		in.ServiceConnectConfiguration = &connect
	}
	if changed["ServiceRegistries"] {
		in.ServiceRegistries = []ecstypes.ServiceRegistry{}
		for _, r := range want.ServiceRegistries {
			strip(&r)
			in.ServiceRegistries = append(in.ServiceRegistries, r)
		}
	}
	if changed["VolumeConfigurations"] {
		in.VolumeConfigurations = []ecstypes.ServiceVolumeConfiguration{} // none, where nil would leave them
		for _, v := range want.VolumeConfigurations {
			strip(&v)
			in.VolumeConfigurations = append(in.VolumeConfigurations, v)
		}
	}
	if changed["VpcLatticeConfigurations"] {
		in.VpcLatticeConfigurations = want.VpcLatticeConfigurations
	}
}

// placementFields are lists that are sent empty to take them away.
func placementFields(in *awsecs.UpdateServiceInput, want *awsecs.CreateServiceInput, changed map[string]bool) {
	if changed["PlacementConstraints"] {
		in.PlacementConstraints = []ecstypes.PlacementConstraint{}
		for _, c := range want.PlacementConstraints {
			strip(&c)
			in.PlacementConstraints = append(in.PlacementConstraints, c)
		}
	}
	if changed["PlacementStrategy"] {
		in.PlacementStrategy = []ecstypes.PlacementStrategy{}
		for _, p := range want.PlacementStrategy {
			strip(&p)
			in.PlacementStrategy = append(in.PlacementStrategy, p)
		}
	}
}
