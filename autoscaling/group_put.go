// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
)

// settleMost is how long what a call needs may take to propagate: a new instance
// profile, the service-linked role, another change of the group.
const settleMost = 2 * time.Minute

// insist makes a call again while AWS says that something has yet to propagate, or that
// another change is under way.
func insist(ctx context.Context, c slipway.Call, op string, call func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, settleMost)
	defer cancel()
	var last error
	err := slipway.Poll(bounded, func(ctx context.Context) (bool, error) {
		err := call(ctx)
		reason := passes(err)
		if reason == "" {
			return err == nil, err
		}
		last = err
		c.Emit(slipway.Waiting{ID: c.ID, Reason: reason})
		return false, nil
	})
	if last != nil && errors.Is(err, slipway.ErrTimeout) && ctx.Err() == nil {
		err = last
	}
	return awserr.Wrap(err, op)
}

// passes returns why a call may succeed later, or "".
func passes(err error) string {
	switch {
	case err == nil:
		return ""
	case strings.Contains(err.Error(), "Invalid IAM Instance Profile"):
		return "EC2 does not see the new instance profile yet"
	case awserr.Is(err, "ServiceLinkedRoleFailure"):
		return "the service-linked role of EC2 Auto Scaling is not there yet"
	case awserr.Is(err, "ResourceContention"):
		return "another change of the group is under way"
	case awserr.Is(err, "ScalingActivityInProgress"):
		return "a scaling activity is under way"
	default:
		return ""
	}
}

// Put makes the group, or changes what differs in it and in its parts, and then has
// instances replaced that are not current.
func (d groupDriver) Put(ctx context.Context, c slipway.Call, have *liveGroup, want *model.Group) error {
	if have == nil {
		made, err := d.create(ctx, c, want)
		if err != nil {
			return err
		}
		have = made
	}
	was := have.State
	d.Defaults(&was)
	for _, step := range []func(context.Context, slipway.Call, *model.Group, *model.Group) error{
		d.putTags, d.putHooks, d.putSettings, d.putTargets, d.putMetrics, d.putPool, d.putPolicies, d.putSchedules, d.putSuspended,
	} {
		if err := step(ctx, c, &was, want); err != nil {
			return err
		}
	}
	return d.refresh(ctx, c, &was, want)
}

// create makes the group. One that exists by now and is the stack's own has been made by
// a call whose answer was lost.
func (d groupDriver) create(ctx context.Context, c slipway.Call, want *model.Group) (*liveGroup, error) {
	in := creation(want)
	for _, k := range sortedKeys(c.Tags()) {
		in.Tags = append(slices.Clip(in.Tags), asgtypes.Tag{
			Key: aws.String(k), Value: aws.String(c.Tags()[k]), PropagateAtLaunch: aws.Bool(false),
		})
	}
	in.LifecycleHookSpecificationList = sentHooks(in.LifecycleHookSpecificationList)
	in.MixedInstancesPolicy = sentMix(nil, in.MixedInstancesPolicy)
	err := insist(ctx, c, "create auto scaling group", func(ctx context.Context) error {
		_, err := asgClient(c).CreateAutoScalingGroup(ctx, &in)
		return err
	})
	if err == nil || awserr.Is(err, "AlreadyExists") {
		there, readErr := d.Read(ctx, c, want)
		switch {
		case err == nil && readErr != nil:
			return nil, readErr
		case there != nil && there.Owner == c.Owner():
			return there, nil
		case err == nil:
			return &liveGroup{State: model.Group{Create: want.Create, Subnets: want.Subnets}}, nil
		}
	}
	return nil, err
}

// sentMix is a policy as it is sent: what clears a price is left out where there is none.
func sentMix(was, want *asgtypes.MixedInstancesPolicy) *asgtypes.MixedInstancesPolicy {
	if want == nil || want.InstancesDistribution == nil || aws.ToString(want.InstancesDistribution.SpotMaxPrice) != "" ||
		was != nil && was.InstancesDistribution != nil && aws.ToString(was.InstancesDistribution.SpotMaxPrice) != "" {
		return want
	}
	sent, distribution := *want, *want.InstancesDistribution
	distribution.SpotMaxPrice = nil
	sent.InstancesDistribution = &distribution
	return &sent
}

// sentHooks are hooks without the empty texts of what they do not have.
func sentHooks(hooks []asgtypes.LifecycleHookSpecification) []asgtypes.LifecycleHookSpecification {
	hooks = slices.Clone(hooks)
	for i := range hooks {
		h := &hooks[i]
		h.NotificationTargetARN, h.NotificationMetadata = filled(h.NotificationTargetARN), filled(h.NotificationMetadata)
		h.RoleARN = filled(h.RoleARN)
	}
	return hooks
}

// filled is s, or nil if it is empty.
func filled(s *string) *string { return textOrNil(aws.ToString(s)) }

// putSettings changes the group itself. What a refresh with auto rollback is to bring is
// left to it.
func (d groupDriver) putSettings(ctx context.Context, c slipway.Call, was, want *model.Group) error {
	update := updateOf(want)
	if slices.Contains(groupDriver{}.Unmanaged(want), "Create.DesiredCapacity") {
		update.DesiredCapacity = nil
	}
	if rollsBack(want) {
		g, err := describeGroup(ctx, c, *want.Create.AutoScalingGroupName)
		if err != nil {
			return err
		}
		if g != nil && !current(g, want) {
			update.LaunchTemplate, update.MixedInstancesPolicy = nil, nil
		}
	}
	if !changed(updateOf(was), update) {
		return nil
	}
	if update.LaunchTemplate != nil || update.MixedInstancesPolicy != nil {
		brought, err := d.overtake(ctx, c, was, want)
		if err != nil {
			return err
		}
		if brought {
			update.LaunchTemplate, update.MixedInstancesPolicy = nil, nil
		}
		if !changed(updateOf(was), update) {
			return nil
		}
	}
	update.MixedInstancesPolicy = sentMix(was.Create.MixedInstancesPolicy, update.MixedInstancesPolicy)
	return insist(ctx, c, "update auto scaling group", func(ctx context.Context) error {
		_, err := asgClient(c).UpdateAutoScalingGroup(ctx, update)
		return err
	})
}

// putTags changes tags; those of ownership are there.
func (groupDriver) putTags(ctx context.Context, c slipway.Call, was, want *model.Group) error {
	name := want.Create.AutoScalingGroupName
	key := func(t *asgtypes.Tag) string { return aws.ToString(t.Key) }
	var set, gone []asgtypes.Tag
	err := sync(was.Create.Tags, want.Create.Tags, key,
		func(t *asgtypes.Tag) error { set = append(set, ofGroup(name, *t)); return nil },
		func(t *asgtypes.Tag) error { gone = append(gone, ofGroup(name, *t)); return nil })
	if err != nil {
		return err
	}
	if len(set) > 0 {
		if _, err := asgClient(c).CreateOrUpdateTags(ctx, &awsasg.CreateOrUpdateTagsInput{Tags: set}); err != nil {
			return awserr.Wrap(err, "tag auto scaling group")
		}
	}
	if len(gone) == 0 {
		return nil
	}
	_, err = asgClient(c).DeleteTags(ctx, &awsasg.DeleteTagsInput{Tags: gone})
	return awserr.Wrap(err, "untag auto scaling group")
}

func ofGroup(name *string, t asgtypes.Tag) asgtypes.Tag {
	t.ResourceId, t.ResourceType = name, aws.String("auto-scaling-group")
	return t
}

// Tag marks the group as the stack's.
func (groupDriver) Tag(ctx context.Context, c slipway.Call, have *liveGroup) error {
	var tags []asgtypes.Tag
	for _, k := range sortedKeys(c.Tags()) {
		tags = append(tags, ofGroup(have.State.Create.AutoScalingGroupName, asgtypes.Tag{
			Key: aws.String(k), Value: aws.String(c.Tags()[k]), PropagateAtLaunch: aws.Bool(false),
		}))
	}
	_, err := asgClient(c).CreateOrUpdateTags(ctx, &awsasg.CreateOrUpdateTagsInput{Tags: tags})
	return awserr.Wrap(err, "tag auto scaling group")
}

func (groupDriver) putHooks(ctx context.Context, c slipway.Call, was, want *model.Group) error {
	name := func(h *asgtypes.LifecycleHookSpecification) string { return aws.ToString(h.LifecycleHookName) }
	group := want.Create.AutoScalingGroupName
	return sync(was.Create.LifecycleHookSpecificationList, want.Create.LifecycleHookSpecificationList, name,
		func(h *asgtypes.LifecycleHookSpecification) error {
			target := h.NotificationTargetARN // an empty one clears that of before
			if !slices.ContainsFunc(was.Create.LifecycleHookSpecificationList, func(old asgtypes.LifecycleHookSpecification) bool {
				return name(&old) == name(h) && aws.ToString(old.NotificationTargetARN) != ""
			}) {
				target = filled(target)
			}
			_, err := asgClient(c).PutLifecycleHook(ctx, &awsasg.PutLifecycleHookInput{
				AutoScalingGroupName: group, LifecycleHookName: h.LifecycleHookName, LifecycleTransition: h.LifecycleTransition,
				DefaultResult: h.DefaultResult, HeartbeatTimeout: h.HeartbeatTimeout, NotificationMetadata: filled(h.NotificationMetadata),
				NotificationTargetARN: target, RoleARN: filled(h.RoleARN),
			})
			return awserr.Wrap(err, "put lifecycle hook "+name(h))
		},
		func(h *asgtypes.LifecycleHookSpecification) error {
			_, err := asgClient(c).DeleteLifecycleHook(ctx, &awsasg.DeleteLifecycleHookInput{
				AutoScalingGroupName: group, LifecycleHookName: h.LifecycleHookName,
			})
			return awserr.Wrap(err, "delete lifecycle hook "+name(h))
		})
}

// lacking are those elements of a that b lacks.
func lacking(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(e string) bool { return slices.Contains(b, e) })
}

func (groupDriver) putTargets(ctx context.Context, c slipway.Call, was, want *model.Group) error {
	group, api := want.Create.AutoScalingGroupName, asgClient(c)
	if arns := lacking(want.Create.TargetGroupARNs, was.Create.TargetGroupARNs); len(arns) > 0 {
		_, err := api.AttachLoadBalancerTargetGroups(ctx, &awsasg.AttachLoadBalancerTargetGroupsInput{AutoScalingGroupName: group, TargetGroupARNs: arns})
		if err != nil {
			return awserr.Wrap(err, "attach target groups")
		}
	}
	if arns := lacking(was.Create.TargetGroupARNs, want.Create.TargetGroupARNs); len(arns) > 0 {
		_, err := api.DetachLoadBalancerTargetGroups(ctx, &awsasg.DetachLoadBalancerTargetGroupsInput{AutoScalingGroupName: group, TargetGroupARNs: arns})
		if err != nil {
			return awserr.Wrap(err, "detach target groups")
		}
	}
	if names := lacking(want.Create.LoadBalancerNames, was.Create.LoadBalancerNames); len(names) > 0 {
		_, err := api.AttachLoadBalancers(ctx, &awsasg.AttachLoadBalancersInput{AutoScalingGroupName: group, LoadBalancerNames: names})
		if err != nil {
			return awserr.Wrap(err, "attach load balancers")
		}
	}
	if names := lacking(was.Create.LoadBalancerNames, want.Create.LoadBalancerNames); len(names) > 0 {
		_, err := api.DetachLoadBalancers(ctx, &awsasg.DetachLoadBalancersInput{AutoScalingGroupName: group, LoadBalancerNames: names})
		return awserr.Wrap(err, "detach load balancers")
	}
	return nil
}

func (groupDriver) putMetrics(ctx context.Context, c slipway.Call, was, want *model.Group) error {
	group := want.Create.AutoScalingGroupName
	if names := lacking(want.Metrics, was.Metrics); len(names) > 0 {
		_, err := asgClient(c).EnableMetricsCollection(ctx, &awsasg.EnableMetricsCollectionInput{
			AutoScalingGroupName: group, Granularity: aws.String("1Minute"), Metrics: names,
		})
		if err != nil {
			return awserr.Wrap(err, "enable metrics collection")
		}
	}
	if names := lacking(was.Metrics, want.Metrics); len(names) > 0 {
		_, err := asgClient(c).DisableMetricsCollection(ctx, &awsasg.DisableMetricsCollectionInput{AutoScalingGroupName: group, Metrics: names})
		return awserr.Wrap(err, "disable metrics collection")
	}
	return nil
}

func (groupDriver) putSuspended(ctx context.Context, c slipway.Call, was, want *model.Group) error {
	group := want.Create.AutoScalingGroupName
	if names := lacking(want.Suspended, was.Suspended); len(names) > 0 {
		_, err := asgClient(c).SuspendProcesses(ctx, &awsasg.SuspendProcessesInput{AutoScalingGroupName: group, ScalingProcesses: names})
		if err != nil {
			return awserr.Wrap(err, "suspend processes")
		}
	}
	if names := lacking(was.Suspended, want.Suspended); len(names) > 0 {
		_, err := asgClient(c).ResumeProcesses(ctx, &awsasg.ResumeProcessesInput{AutoScalingGroupName: group, ScalingProcesses: names})
		return awserr.Wrap(err, "resume processes")
	}
	return nil
}

func (groupDriver) putPool(ctx context.Context, c slipway.Call, was, want *model.Group) error {
	name := func(p *awsasg.PutWarmPoolInput) string { return aws.ToString(p.AutoScalingGroupName) }
	return sync(was.WarmPool, want.WarmPool, name,
		func(p *awsasg.PutWarmPoolInput) error {
			_, err := asgClient(c).PutWarmPool(ctx, p)
			return awserr.Wrap(err, "put warm pool")
		},
		func(p *awsasg.PutWarmPoolInput) error {
			return insist(ctx, c, "delete warm pool", func(ctx context.Context) error {
				_, err := asgClient(c).DeleteWarmPool(ctx, &awsasg.DeleteWarmPoolInput{
					AutoScalingGroupName: p.AutoScalingGroupName, ForceDelete: aws.Bool(true),
				})
				return err
			})
		})
}

func (groupDriver) putSchedules(ctx context.Context, c slipway.Call, was, want *model.Group) error {
	name := func(a *awsasg.PutScheduledUpdateGroupActionInput) string { return aws.ToString(a.ScheduledActionName) }
	return sync(was.Schedules, want.Schedules, name,
		func(a *awsasg.PutScheduledUpdateGroupActionInput) error {
			if old := slices.IndexFunc(was.Schedules, func(o awsasg.PutScheduledUpdateGroupActionInput) bool { return name(&o) == name(a) }); old >= 0 && sameSchedule(&was.Schedules[old], a) {
				return nil
			}
			_, err := asgClient(c).PutScheduledUpdateGroupAction(ctx, a)
			return awserr.Wrap(err, "put scheduled action "+name(a))
		},
		func(a *awsasg.PutScheduledUpdateGroupActionInput) error {
			_, err := asgClient(c).DeleteScheduledAction(ctx, &awsasg.DeleteScheduledActionInput{
				AutoScalingGroupName: a.AutoScalingGroupName, ScheduledActionName: a.ScheduledActionName,
			})
			return awserr.Wrap(err, "delete scheduled action "+name(a))
		})
}

// sameSchedule: the start that AWS makes up for a recurrence counts for nothing.
func sameSchedule(was, want *awsasg.PutScheduledUpdateGroupActionInput) bool {
	old := *was
	if want.StartTime == nil {
		old.StartTime = nil
	}
	return canonical(old) == canonical(*want)
}
