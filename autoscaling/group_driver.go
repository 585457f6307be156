// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
	"github.com/slipway-go/slipway/internal/rules"
	asgrules "github.com/slipway-go/slipway/internal/rules/ec2autoscaling"
)

func groupKind() slipway.Kind { return slipway.NewKind[model.Group](model.KindGroup, groupDriver{}) }

// groupDriver keeps Auto Scaling groups with their parts.
type groupDriver struct{ family }

type liveGroup = slipway.Live[model.Group]

var (
	_ slipway.Driver[model.Group]    = groupDriver{}
	_ slipway.Checker[model.Group]   = groupDriver{}
	_ slipway.Lister[model.Group]    = groupDriver{}
	_ slipway.Watcher[model.Group]   = groupDriver{}
	_ slipway.Unmanager[model.Group] = groupDriver{}
	_ slipway.Permitter[model.Group] = groupDriver{}
	_ slipway.Family                 = groupDriver{}
)

// What AWS assumes of a group, see
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html.
const (
	hookTimeout  = 3600
	noPercentage = -1
	noWarmup     = -1
)

// Before names what stands on groups.
func (groupDriver) Before() []string { return []string{"ecs:Service", "ecs:CapacityProvider"} }

// Defaults fills in what AWS would.
func (groupDriver) Defaults(s *model.Group) {
	createDefaults(&s.Create)
	s.Given = []string{}
	if m := s.Create.MixedInstancesPolicy; m != nil && m.LaunchTemplate != nil {
		s.Given = given(m.LaunchTemplate.Overrides)
	}
	s.Metrics, s.Suspended = orEmpty(s.Metrics), orEmpty(s.Suspended)
	for i := range s.WarmPool {
		poolDefaults(&s.WarmPool[i])
	}
	for i := range s.Policies {
		groupPolicyDefaults(&s.Policies[i])
	}
	for i := range s.Schedules {
		if s.Schedules[i].Recurrence != nil {
			setDefault(&s.Schedules[i].TimeZone, "UTC")
		}
	}
	if s.WarmPool == nil {
		s.WarmPool = []awsasg.PutWarmPoolInput{}
	}
	if s.Policies == nil {
		s.Policies = []model.GroupPolicy{}
	}
	if s.Schedules == nil {
		s.Schedules = []awsasg.PutScheduledUpdateGroupActionInput{}
	}
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func createDefaults(in *awsasg.CreateAutoScalingGroupInput) {
	setDefault(&in.DefaultCooldown, int32(DefaultCooldown.Seconds()))
	setDefault(&in.DefaultInstanceWarmup, noWarmup)
	setDefault(&in.HealthCheckType, "EC2")
	setDefault(&in.HealthCheckGracePeriod, 0)
	setDefault(&in.CapacityRebalance, false)
	setDefault(&in.NewInstancesProtectedFromScaleIn, false)
	setDefault(&in.MaxInstanceLifetime, 0)
	setDefault(&in.PlacementGroup, "")
	setDefault(&in.DesiredCapacityType, "units")
	if in.DeletionProtection == "" {
		in.DeletionProtection = asgtypes.DeletionProtectionNone
	}
	if len(in.TerminationPolicies) == 0 {
		in.TerminationPolicies = []string{string(DefaultTermination)}
	}
	if in.InstanceMaintenancePolicy == nil {
		in.InstanceMaintenancePolicy = &asgtypes.InstanceMaintenancePolicy{}
	}
	setDefault(&in.InstanceMaintenancePolicy.MinHealthyPercentage, noPercentage)
	setDefault(&in.InstanceMaintenancePolicy.MaxHealthyPercentage, noPercentage)
	if in.AvailabilityZoneDistribution == nil {
		in.AvailabilityZoneDistribution = &asgtypes.AvailabilityZoneDistribution{
			CapacityDistributionStrategy: asgtypes.CapacityDistributionStrategyBalancedBestEffort,
		}
	}
	if strings.HasSuffix(aws.ToString(in.ServiceLinkedRoleARN), "/AWSServiceRoleForAutoScaling") {
		in.ServiceLinkedRoleARN = nil // AWS's own, which it uses unless told otherwise
	}
	in.TargetGroupARNs, in.LoadBalancerNames = orEmpty(in.TargetGroupARNs), orEmpty(in.LoadBalancerNames)
	if in.Tags == nil {
		in.Tags = []asgtypes.Tag{}
	}
	for i := range in.Tags {
		setDefault(&in.Tags[i].Value, "")
		setDefault(&in.Tags[i].PropagateAtLaunch, false)
	}
	if in.LifecycleHookSpecificationList == nil {
		in.LifecycleHookSpecificationList = []asgtypes.LifecycleHookSpecification{}
	}
	for i := range in.LifecycleHookSpecificationList {
		hookDefaults(&in.LifecycleHookSpecificationList[i])
	}
	if m := in.MixedInstancesPolicy; m != nil {
		mixDefaults(m)
	}
}

func hookDefaults(h *asgtypes.LifecycleHookSpecification) {
	setDefault(&h.DefaultResult, "ABANDON")
	setDefault(&h.HeartbeatTimeout, hookTimeout)
	setDefault(&h.NotificationTargetARN, "")
	setDefault(&h.NotificationMetadata, "")
	setDefault(&h.RoleARN, "")
}

func mixDefaults(m *asgtypes.MixedInstancesPolicy) {
	if m.InstancesDistribution == nil {
		m.InstancesDistribution = &asgtypes.InstancesDistribution{}
	}
	d := m.InstancesDistribution
	onDemand := string(Prioritized)
	if t := m.LaunchTemplate; t != nil && slices.ContainsFunc(t.Overrides, func(o asgtypes.LaunchTemplateOverrides) bool {
		return o.InstanceRequirements != nil
	}) {
		onDemand = string(CheapestOnDemand)
	}
	setDefault(&d.OnDemandAllocationStrategy, onDemand)
	setDefault(&d.OnDemandBaseCapacity, 0)
	setDefault(&d.OnDemandPercentageAboveBaseCapacity, 100)
	setDefault(&d.SpotAllocationStrategy, string(LowestPrice))
	setDefault(&d.SpotMaxPrice, "")
	if *d.SpotAllocationStrategy == string(LowestPrice) {
		setDefault(&d.SpotInstancePools, 2)
	}
}

func poolDefaults(p *awsasg.PutWarmPoolInput) {
	if p.PoolState == "" {
		p.PoolState = asgtypes.WarmPoolStateStopped
	}
	setDefault(&p.MinSize, 0)
	setDefault(&p.MaxGroupPreparedCapacity, -1)
	if p.InstanceReusePolicy == nil {
		p.InstanceReusePolicy = &asgtypes.InstanceReusePolicy{}
	}
	setDefault(&p.InstanceReusePolicy.ReuseOnScaleIn, false)
}

func groupPolicyDefaults(p *model.GroupPolicy) {
	setDefault(&p.Put.PolicyType, "SimpleScaling")
	setDefault(&p.Put.Enabled, true)
	if t := p.Put.TargetTrackingConfiguration; t != nil {
		setDefault(&t.DisableScaleIn, false)
	}
	if p.Alarms == nil {
		p.Alarms = []awscw.PutMetricAlarmInput{}
	}
	for i := range p.Alarms {
		alarmDefaults(&p.Alarms[i])
	}
}

func alarmDefaults(a *awscw.PutMetricAlarmInput) {
	setDefault(&a.ActionsEnabled, true)
	setDefault(&a.AlarmDescription, "")
	setDefault(&a.TreatMissingData, "missing")
	if a.AlarmActions == nil {
		a.AlarmActions = []string{}
	}
}

// Effects: a group is changed in place; instances are replaced by a refresh.
func (groupDriver) Effects() slipway.Effects {
	return slipway.Effects{
		Fields: map[string]slipway.Effect{
			"Create.AutoScalingGroupName": slipway.NewName,
			"Create.TrafficSources":       slipway.CreateOnly,
			"Current":                     slipway.RollsTasks,
		},
		Keys: map[string]string{
			"Create.LifecycleHookSpecificationList": "LifecycleHookName",
			"Create.Tags":                           "Key",
			"Policies":                              "Name",
			"Policies.Alarms":                       "AlarmName",
			"Policies.Alarms.Dimensions":            "Name",
			"Schedules":                             "ScheduledActionName",
			"WarmPool":                              "AutoScalingGroupName",
		},
		Sets: []string{"Create.TargetGroupARNs", "Create.LoadBalancerNames", "Subnets", "Metrics", "Suspended", "Given"},
		Ignore: []string{
			"Create.AvailabilityZones", "Create.AvailabilityZoneIds", "Create.Context", "Create.InstanceId",
			"Create.SkipZonalShiftValidation", "Create.Operator", "Create.Tags.ResourceId", "Create.Tags.ResourceType",
			"Refresh", "External", "Roles",
		},
	}
}

// Unmanaged leaves the number of instances to what scales them, and the instances of old
// versions in a group that is not to be refreshed.
func (groupDriver) Unmanaged(want *model.Group) []string {
	var paths []string
	if want.External || len(want.Policies)+len(want.Schedules) > 0 {
		paths = append(paths, "Create.DesiredCapacity")
	}
	if want.Refresh == nil {
		paths = append(paths, "Current")
	}
	return paths
}

// Check runs the rules of the group and of each part.
func (groupDriver) Check(refs slipway.Refs, s *model.Group) []slipway.FieldError {
	in := s.Create
	in.VPCZoneIdentifier = aws.String(strings.Join(s.Subnets, ","))
	found := rules.At("Create", asgrules.CreateAutoScalingGroup.All(refs, &in))
	for i := range s.WarmPool {
		found = append(found, rules.At("WarmPool", asgrules.PutWarmPool.All(refs, &s.WarmPool[i]))...)
	}
	if s.Refresh != nil {
		refresh := *s.Refresh
		refresh.DesiredConfiguration = desiredConfiguration(s)
		found = append(found, rules.At("Refresh", asgrules.StartInstanceRefresh.All(refs, &refresh))...)
	}
	for i := range s.Policies {
		p := &s.Policies[i]
		found = append(found, rules.At(rules.Elem("Policies", &p.Name, i), asgrules.PutScalingPolicy.All(refs, &p.Put))...)
	}
	for i := range s.Schedules {
		a := &s.Schedules[i]
		at := rules.Elem("Schedules", a.ScheduledActionName, i)
		found = append(found, rules.At(at, asgrules.PutScheduledUpdateGroupAction.All(refs, a))...)
	}
	return append(found, externally.All(refs, s)...)
}

// externally has the rule of groups that something else scales.
var externally = rules.Of[model.Group]{{
	Meta: rules.Meta{
		ID: "asg-scaled-twice", Warn: true,
		Doc: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-scaling-behavior.html",
	},
	Check: func(r *rules.Report, s *model.Group) {
		if s.External && len(s.Policies)+len(s.Schedules) > 0 {
			r.Add(rules.Problem{
				Path: "Policies", Got: "policies or schedules of the group's own", Want: "none: something else, such as a capacity provider, scales the group",
			})
		}
	},
}}

// changed returns update's fields without those in which have agrees with it.
func changed(have, update *awsasg.UpdateAutoScalingGroupInput) (differs bool) {
	old, now := reflect.ValueOf(have).Elem(), reflect.ValueOf(update).Elem()
	for i := range now.NumField() {
		name := now.Type().Field(i).Name
		if !now.Type().Field(i).IsExported() || name == "AutoScalingGroupName" {
			continue
		}
		if reflect.DeepEqual(old.Field(i).Interface(), now.Field(i).Interface()) {
			now.Field(i).SetZero()
		}
		differs = differs || !now.Field(i).IsZero()
	}
	return differs
}

// updateOf is the input of UpdateAutoScalingGroup that asks for a state.
func updateOf(s *model.Group) *awsasg.UpdateAutoScalingGroupInput {
	in := &s.Create
	subnets := slices.Sorted(slices.Values(s.Subnets))
	return &awsasg.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: in.AutoScalingGroupName, AvailabilityZoneDistribution: in.AvailabilityZoneDistribution,
		AvailabilityZoneImpairmentPolicy: in.AvailabilityZoneImpairmentPolicy, CapacityRebalance: in.CapacityRebalance,
		CapacityReservationSpecification: in.CapacityReservationSpecification, DefaultCooldown: in.DefaultCooldown,
		DefaultInstanceWarmup: in.DefaultInstanceWarmup, DeletionProtection: in.DeletionProtection, DesiredCapacity: in.DesiredCapacity,
		DesiredCapacityType: in.DesiredCapacityType, HealthCheckGracePeriod: in.HealthCheckGracePeriod, HealthCheckType: in.HealthCheckType,
		InstanceLifecyclePolicy: in.InstanceLifecyclePolicy, InstanceMaintenancePolicy: in.InstanceMaintenancePolicy,
		LaunchTemplate: in.LaunchTemplate, MaxInstanceLifetime: in.MaxInstanceLifetime, MaxSize: in.MaxSize, MinSize: in.MinSize,
		MixedInstancesPolicy: in.MixedInstancesPolicy, NewInstancesProtectedFromScaleIn: in.NewInstancesProtectedFromScaleIn,
		PlacementGroup: in.PlacementGroup, ServiceLinkedRoleARN: in.ServiceLinkedRoleARN, SkipZonalShiftValidation: in.SkipZonalShiftValidation,
		TerminationPolicies: in.TerminationPolicies, VPCZoneIdentifier: aws.String(strings.Join(subnets, ",")),
	}
}

// creation is the input of CreateAutoScalingGroup, without what AWS assumes anyway.
func creation(s *model.Group) awsasg.CreateAutoScalingGroupInput {
	var assumed awsasg.CreateAutoScalingGroupInput
	createDefaults(&assumed)
	in := s.Create
	old, now := reflect.ValueOf(assumed), reflect.ValueOf(&in).Elem()
	for i := range now.NumField() {
		if now.Type().Field(i).IsExported() && reflect.DeepEqual(old.Field(i).Interface(), now.Field(i).Interface()) {
			now.Field(i).SetZero()
		}
	}
	in.VPCZoneIdentifier = aws.String(strings.Join(s.Subnets, ","))
	return in
}
