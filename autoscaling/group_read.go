// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
)

func asgClient(c slipway.Call) *awsasg.Client { return slipway.Client(c, awsasg.NewFromConfig) }

func isAWS(key string) bool { return strings.HasPrefix(key, "aws:") }

// Read returns the group with its parts, or nil if there is none of the name.
func (d groupDriver) Read(ctx context.Context, c slipway.Call, want *model.Group) (*liveGroup, error) {
	name := aws.ToString(want.Create.AutoScalingGroupName)
	if name == "" || slipway.HasRef(name) {
		return nil, nil //nolint:nilnil // that is how a driver says that there is none
	}
	g, err := describeGroup(ctx, c, name)
	if err != nil || g == nil {
		return nil, err
	}
	return d.rebuild(ctx, c, g, want)
}

// List returns the stack's groups.
func (d groupDriver) List(ctx context.Context, c slipway.Call) ([]*liveGroup, error) {
	var all []*liveGroup
	pages := awsasg.NewDescribeAutoScalingGroupsPaginator(asgClient(c), &awsasg.DescribeAutoScalingGroupsInput{
		Filters: []asgtypes.Filter{{Name: aws.String("tag:" + slipway.TagStack), Values: []string{c.Stack}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "list auto scaling groups")
		}
		for i := range page.AutoScalingGroups {
			found, err := d.rebuild(ctx, c, &page.AutoScalingGroups[i], nil)
			if err != nil {
				return nil, err
			}
			all = append(all, found)
		}
	}
	return all, nil
}

// describeGroup returns the group of that name, nil if there is none.
func describeGroup(ctx context.Context, c slipway.Call, name string) (*asgtypes.AutoScalingGroup, error) {
	out, err := asgClient(c).DescribeAutoScalingGroups(ctx, &awsasg.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err != nil {
		return nil, awserr.Wrap(err, "describe auto scaling group")
	}
	if len(out.AutoScalingGroups) == 0 {
		return nil, nil //nolint:nilnil // absent
	}
	return &out.AutoScalingGroups[0], nil
}

// rebuild makes the state of a described group; want, if any, says what its instances
// should be.
func (d groupDriver) rebuild(ctx context.Context, c slipway.Call, g *asgtypes.AutoScalingGroup, want *model.Group) (*liveGroup, error) {
	tags, owner := groupTags(g.Tags)
	live := &liveGroup{
		Outputs: map[string][]string{"arn": {aws.ToString(g.AutoScalingGroupARN)}, "name": {aws.ToString(g.AutoScalingGroupName)}},
		Owner:   owner, State: model.Group{Create: rebuildCreate(g), Subnets: subnetsOf(g), Current: current(g, want)},
	}
	s := &live.State
	s.Create.Tags = tags
	if aws.ToString(g.Status) != "" {
		live.Phase, live.Reason = slipway.Deleting, *g.Status
	}
	for _, m := range g.EnabledMetrics {
		s.Metrics = append(s.Metrics, aws.ToString(m.Metric))
	}
	for _, p := range g.SuspendedProcesses {
		s.Suspended = append(s.Suspended, aws.ToString(p.ProcessName))
	}
	if p := g.WarmPoolConfiguration; p != nil && p.Status != asgtypes.WarmPoolStatusPendingDelete {
		s.WarmPool = []awsasg.PutWarmPoolInput{{
			AutoScalingGroupName: g.AutoScalingGroupName, InstanceReusePolicy: p.InstanceReusePolicy,
			MaxGroupPreparedCapacity: p.MaxGroupPreparedCapacity, MinSize: p.MinSize, PoolState: p.PoolState,
		}}
	}
	if live.Phase == slipway.Deleting {
		return live, nil
	}
	var err error
	if s.Create.LifecycleHookSpecificationList, err = readHooks(ctx, c, g.AutoScalingGroupName); err != nil {
		return nil, err
	}
	if s.Policies, err = readGroupPolicies(ctx, c, g.AutoScalingGroupName); err != nil {
		return nil, err
	}
	s.Schedules, err = readGroupSchedules(ctx, c, g.AutoScalingGroupName)
	return live, err
}

func rebuildCreate(g *asgtypes.AutoScalingGroup) awsasg.CreateAutoScalingGroupInput {
	return awsasg.CreateAutoScalingGroupInput{
		AutoScalingGroupName: g.AutoScalingGroupName, AvailabilityZoneDistribution: g.AvailabilityZoneDistribution,
		AvailabilityZoneImpairmentPolicy: g.AvailabilityZoneImpairmentPolicy, CapacityRebalance: g.CapacityRebalance,
		CapacityReservationSpecification: g.CapacityReservationSpecification, DefaultCooldown: g.DefaultCooldown,
		DefaultInstanceWarmup: g.DefaultInstanceWarmup, DeletionProtection: g.DeletionProtection, DesiredCapacity: g.DesiredCapacity,
		DesiredCapacityType: g.DesiredCapacityType, HealthCheckGracePeriod: g.HealthCheckGracePeriod, HealthCheckType: healthChecks(g.HealthCheckType),
		InstanceLifecyclePolicy: g.InstanceLifecyclePolicy, InstanceMaintenancePolicy: g.InstanceMaintenancePolicy,
		LaunchTemplate: byName(g.LaunchTemplate), LoadBalancerNames: g.LoadBalancerNames, MaxInstanceLifetime: g.MaxInstanceLifetime,
		MaxSize: g.MaxSize, MinSize: g.MinSize, MixedInstancesPolicy: mixedByName(g.MixedInstancesPolicy),
		NewInstancesProtectedFromScaleIn: g.NewInstancesProtectedFromScaleIn, PlacementGroup: g.PlacementGroup,
		ServiceLinkedRoleARN: g.ServiceLinkedRoleARN, TargetGroupARNs: g.TargetGroupARNs, TerminationPolicies: g.TerminationPolicies,
	}
}

// healthChecks puts the names of checks in order.
func healthChecks(list *string) *string {
	if list == nil {
		return nil
	}
	names := strings.Split(*list, ",")
	slices.Sort(names)
	return aws.String(strings.Join(names, ","))
}

// byName is a template as a state has it.
func byName(t *asgtypes.LaunchTemplateSpecification) *asgtypes.LaunchTemplateSpecification {
	if t == nil || t.LaunchTemplateName == nil {
		return t
	}
	return &asgtypes.LaunchTemplateSpecification{LaunchTemplateName: t.LaunchTemplateName, Version: t.Version}
}

func mixedByName(m *asgtypes.MixedInstancesPolicy) *asgtypes.MixedInstancesPolicy {
	if m == nil || m.LaunchTemplate == nil {
		return m
	}
	template := *m.LaunchTemplate
	template.LaunchTemplateSpecification = byName(template.LaunchTemplateSpecification)
	template.Overrides = slices.Clone(template.Overrides)
	for i := range template.Overrides {
		template.Overrides[i].LaunchTemplateSpecification = byName(template.Overrides[i].LaunchTemplateSpecification)
	}
	return &asgtypes.MixedInstancesPolicy{InstancesDistribution: m.InstancesDistribution, LaunchTemplate: &template}
}

func subnetsOf(g *asgtypes.AutoScalingGroup) []string {
	if aws.ToString(g.VPCZoneIdentifier) == "" {
		return nil
	}
	return strings.Split(*g.VPCZoneIdentifier, ",")
}

// groupTags takes the ownership tags, and AWS's own, out of the others.
func groupTags(all []asgtypes.TagDescription) (tags []asgtypes.Tag, owner slipway.Owner) {
	for _, t := range all {
		switch key := aws.ToString(t.Key); {
		case key == slipway.TagStack:
			owner.Stack = aws.ToString(t.Value)
		case key == slipway.TagResource:
			owner.Resource = aws.ToString(t.Value)
		case key == managedTag, isAWS(key):
		default:
			tags = append(tags, asgtypes.Tag{Key: t.Key, Value: t.Value, PropagateAtLaunch: t.PropagateAtLaunch})
		}
	}
	return tags, owner
}

// managedTag is what ECS puts on groups of capacity providers.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/asg-capacity-providers.html
const managedTag = "AmazonECSManaged"

// current reports whether all instances are of the version and the types wanted. A
// version that is no number tells nothing.
func current(g *asgtypes.AutoScalingGroup, want *model.Group) bool {
	if want == nil {
		return true
	}
	template, types := launched(&want.Create)
	version := aws.ToString(template.Version)
	if _, err := strconv.ParseInt(version, 10, 64); err != nil {
		return true
	}
	for _, i := range g.Instances {
		if strings.HasPrefix(string(i.LifecycleState), "Termin") {
			continue
		}
		if i.LaunchTemplate == nil || aws.ToString(i.LaunchTemplate.Version) != version ||
			len(types) > 0 && !slices.Contains(types, aws.ToString(i.InstanceType)) {
			return false
		}
	}
	return true
}

// launched is the template of a group, and the instance types that it names.
func launched(in *awsasg.CreateAutoScalingGroupInput) (template asgtypes.LaunchTemplateSpecification, types []string) {
	if in.LaunchTemplate != nil {
		return *in.LaunchTemplate, nil
	}
	if in.MixedInstancesPolicy == nil || in.MixedInstancesPolicy.LaunchTemplate == nil {
		return template, nil
	}
	t := in.MixedInstancesPolicy.LaunchTemplate
	if t.LaunchTemplateSpecification != nil {
		template = *t.LaunchTemplateSpecification
	}
	for _, o := range t.Overrides {
		if o.InstanceType == nil || o.LaunchTemplateSpecification != nil {
			return template, nil // chosen by requirements, or of a template of its own
		}
		types = append(types, *o.InstanceType)
	}
	return template, types
}

func readHooks(ctx context.Context, c slipway.Call, group *string) ([]asgtypes.LifecycleHookSpecification, error) {
	out, err := asgClient(c).DescribeLifecycleHooks(ctx, &awsasg.DescribeLifecycleHooksInput{AutoScalingGroupName: group})
	if err != nil {
		return nil, awserr.Wrap(err, "describe lifecycle hooks")
	}
	var all []asgtypes.LifecycleHookSpecification
	for _, h := range out.LifecycleHooks {
		if aws.ToString(h.LifecycleHookName) == drainHook {
			continue
		}
		all = append(all, asgtypes.LifecycleHookSpecification{
			LifecycleHookName: h.LifecycleHookName, LifecycleTransition: h.LifecycleTransition, DefaultResult: h.DefaultResult,
			HeartbeatTimeout: h.HeartbeatTimeout, NotificationMetadata: h.NotificationMetadata,
			NotificationTargetARN: h.NotificationTargetARN, RoleARN: h.RoleARN,
		})
	}
	return all, nil
}

// drainHook is what ECS puts on groups whose instances it drains.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instance-draining.html
const drainHook = "ecs-managed-draining-termination-hook"

// ecsPolicy begins the names of policies that ECS makes for managed scaling.
const ecsPolicy = "ECSManagedAutoScalingPolicy-"

func readGroupPolicies(ctx context.Context, c slipway.Call, group *string) ([]model.GroupPolicy, error) {
	var all []model.GroupPolicy
	pages := awsasg.NewDescribePoliciesPaginator(asgClient(c), &awsasg.DescribePoliciesInput{AutoScalingGroupName: group})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "describe scaling policies")
		}
		for i := range page.ScalingPolicies {
			p := &page.ScalingPolicies[i]
			if strings.HasPrefix(aws.ToString(p.PolicyName), ecsPolicy) {
				continue
			}
			alarms, err := readAlarms(ctx, c, p)
			if err != nil {
				return nil, err
			}
			all = append(all, model.GroupPolicy{Name: aws.ToString(p.PolicyName), Put: rebuildPolicy(p), Alarms: alarms})
		}
	}
	return all, nil
}

func rebuildPolicy(p *asgtypes.ScalingPolicy) awsasg.PutScalingPolicyInput {
	in := awsasg.PutScalingPolicyInput{
		AutoScalingGroupName: p.AutoScalingGroupName, PolicyName: p.PolicyName, PolicyType: p.PolicyType, AdjustmentType: p.AdjustmentType,
		Cooldown: p.Cooldown, Enabled: p.Enabled, EstimatedInstanceWarmup: p.EstimatedInstanceWarmup,
		MetricAggregationType: p.MetricAggregationType, MinAdjustmentMagnitude: p.MinAdjustmentMagnitude,
		PredictiveScalingConfiguration: p.PredictiveScalingConfiguration, ScalingAdjustment: p.ScalingAdjustment,
		StepAdjustments: p.StepAdjustments, TargetTrackingConfiguration: p.TargetTrackingConfiguration,
	}
	if len(in.StepAdjustments) == 0 {
		in.StepAdjustments = nil
	}
	return in
}

// readAlarms reads the alarms that call a policy, but for those that AWS keeps.
func readAlarms(ctx context.Context, c slipway.Call, p *asgtypes.ScalingPolicy) ([]awscw.PutMetricAlarmInput, error) {
	if p.TargetTrackingConfiguration != nil {
		return nil, nil
	}
	out, err := slipway.Client(c, awscw.NewFromConfig).DescribeAlarms(ctx, &awscw.DescribeAlarmsInput{
		ActionPrefix: p.PolicyARN, AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm},
	})
	if err != nil {
		return nil, awserr.Wrap(err, "describe alarms")
	}
	var all []awscw.PutMetricAlarmInput
	for i := range out.MetricAlarms {
		all = append(all, rebuildAlarm(&out.MetricAlarms[i], aws.ToString(p.PolicyARN)))
	}
	return all, nil
}

func rebuildAlarm(a *cwtypes.MetricAlarm, policy string) awscw.PutMetricAlarmInput {
	return awscw.PutMetricAlarmInput{
		AlarmName: a.AlarmName, AlarmDescription: a.AlarmDescription, ActionsEnabled: a.ActionsEnabled,
		AlarmActions: slices.DeleteFunc(slices.Clone(a.AlarmActions), func(arn string) bool { return arn == policy }),
		MetricName:   a.MetricName, Namespace: a.Namespace, Statistic: a.Statistic, Dimensions: a.Dimensions, Period: a.Period,
		EvaluationPeriods: a.EvaluationPeriods, DatapointsToAlarm: a.DatapointsToAlarm, Threshold: a.Threshold,
		ComparisonOperator: a.ComparisonOperator, TreatMissingData: a.TreatMissingData,
	}
}

func readGroupSchedules(ctx context.Context, c slipway.Call, group *string) ([]awsasg.PutScheduledUpdateGroupActionInput, error) {
	var all []awsasg.PutScheduledUpdateGroupActionInput
	pages := awsasg.NewDescribeScheduledActionsPaginator(asgClient(c), &awsasg.DescribeScheduledActionsInput{AutoScalingGroupName: group})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "describe scheduled actions")
		}
		for _, a := range page.ScheduledUpdateGroupActions {
			all = append(all, awsasg.PutScheduledUpdateGroupActionInput{
				AutoScalingGroupName: a.AutoScalingGroupName, ScheduledActionName: a.ScheduledActionName, DesiredCapacity: a.DesiredCapacity,
				MinSize: a.MinSize, MaxSize: a.MaxSize, Recurrence: a.Recurrence, TimeZone: a.TimeZone, StartTime: a.StartTime, EndTime: a.EndTime,
			})
		}
	}
	return all, nil
}
