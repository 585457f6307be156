// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"slices"
	"time"

	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
	"github.com/slipway-go/slipway/vpc"
)

// TargetGroup is what a group registers its instances with, such as a target group of
// package elb whose targets are instances.
type TargetGroup interface {
	// ARN returns the target group's ARN or a placeholder for it.
	ARN() string
	// Resources returns what must be declared with it.
	Resources() []slipway.Resource
}

// Group is an EC2 Auto Scaling group: a number of instances of a launch template. It is
// a value: each With returns a copy.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html
type Group struct {
	name         string
	template     LaunchTemplate
	network      vpc.Network
	least, most  int
	desired      *int
	external     bool
	types        []InstanceType
	requirements *Requirements
	mix          *Mix
	pool         *WarmPool
	refresh      *InstanceRefresh
	stale        bool
	hooks        []LifecycleHook
	checks       []HealthCheck
	grace        time.Duration
	protected    bool
	terminations []TerminationPolicy
	rebalance    bool
	lifetime     time.Duration
	warmup       *time.Duration
	cooldown     *time.Duration
	maintenance  *Maintenance
	metrics      []GroupMetricName
	suspended    []Process
	targets      []TargetGroup
	policies     []GroupPolicy
	schedules    []GroupSchedule
	tags         []groupTag
	overrides    []func(*awsasg.CreateAutoScalingGroupInput)
}

type groupTag struct {
	key, value string
	propagate  bool
}

// NewGroup returns a group of one instance, see [Group.WithSize], in the network's
// subnets. The name has up to 255 printable ASCII characters without a colon, and is
// unique in the region. It cannot be changed later.
func NewGroup(name string, template LaunchTemplate, network vpc.Network) Group {
	return Group{name: name, template: template, network: network, least: 1, most: 1}
}

// WithSize bounds the number of instances, or of the units of weight if types have
// weights. Both may be 0.
func (g Group) WithSize(least, most int) Group {
	g.least, g.most = least, most
	return g
}

// WithDesired sets the number of instances. In a group that scales, by itself or by
// something else, it is that at the beginning. Without it, a new group has the least
// number, and later whatever others set is left alone.
func (g Group) WithDesired(n int) Group {
	g.desired = &n
	return g
}

// WithExternalScaling leaves the number of instances to something else, such as a
// capacity provider of ECS with managed scaling, after the beginning. Such a group should
// not have policies or schedules of its own; [Group.Validate] does not refuse them, but
// plans warn.
func (g Group) WithExternalScaling() Group {
	g.external = true
	return g
}

// WithInstanceTypes lets instances be of several types, in the order of preference for
// On-Demand ones. Up to 40; all or none have weights.
func (g Group) WithInstanceTypes(types ...InstanceType) Group {
	g.types = append(slices.Clip(g.types), types...)
	return g
}

// WithRequirements has AWS choose among all types that meet the requirements.
func (g Group) WithRequirements(r Requirements) Group {
	g.requirements = &r
	return g
}

// WithMix says which of the instances are On-Demand and which Spot. Without it all are
// On-Demand.
func (g Group) WithMix(m Mix) Group {
	g.mix = &m
	return g
}

// WithWarmPool keeps instances ready beside those in service. Not with a [Mix].
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-warm-pools.html
func (g Group) WithWarmPool(p WarmPool) Group {
	g.pool = &p
	return g
}

// WithInstanceRefresh says how instances are replaced when the template or the types
// have changed.
func (g Group) WithInstanceRefresh(r InstanceRefresh) Group {
	g.refresh, g.stale = &r, false
	return g
}

// WithoutInstanceRefresh keeps instances as they are when the template changes; only new
// ones are launched from its new version.
func (g Group) WithoutInstanceRefresh() Group {
	g.refresh, g.stale = nil, true
	return g
}

// WithLifecycleHook has instances wait, when they are launched or terminated, for
// something that prepares or drains them.
func (g Group) WithLifecycleHook(h LifecycleHook) Group {
	g.hooks = append(slices.Clip(g.hooks), h)
	return g
}

// WithHealthCheck adds checks beside that of EC2, after whose failure an instance is
// replaced, and sets how long a new instance is spared, in whole seconds.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html
func (g Group) WithHealthCheck(grace time.Duration, checks ...HealthCheck) Group {
	g.grace = grace
	g.checks = append(slices.Clip(g.checks), checks...)
	return g
}

// WithScaleInProtection protects new instances from being taken away when the group
// scales in, until something clears it. Capacity providers with managed termination
// protection need it.
func (g Group) WithScaleInProtection() Group {
	g.protected = true
	return g
}

// WithTerminationPolicies adds policies by which instances are chosen when the group
// scales in; in their order. Without any it is AWS's default.
func (g Group) WithTerminationPolicies(policies ...TerminationPolicy) Group {
	g.terminations = append(slices.Clip(g.terminations), policies...)
	return g
}

// WithCapacityRebalance launches another Spot instance as soon as one is at risk.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-capacity-rebalancing.html
func (g Group) WithCapacityRebalance() Group {
	g.rebalance = true
	return g
}

// WithMaxInstanceLifetime replaces instances before they are older, one day to 365 days
// in whole seconds.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-max-instance-lifetime.html
func (g Group) WithMaxInstanceLifetime(d time.Duration) Group {
	g.lifetime = d
	return g
}

// WithDefaultWarmup says how long a new instance takes until its metrics count, in whole
// seconds; AWS advises to set it, be it to 0.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-default-instance-warmup.html
func (g Group) WithDefaultWarmup(d time.Duration) Group {
	g.warmup = &d
	return g
}

// WithCooldown says how long [GroupSimpleScaling] waits between activities, in whole
// seconds; [DefaultCooldown] if not called.
func (g Group) WithCooldown(d time.Duration) Group {
	g.cooldown = &d
	return g
}

// WithMaintenance bounds how many instances are in service while some are replaced.
func (g Group) WithMaintenance(m Maintenance) Group {
	g.maintenance = &m
	return g
}

// WithMetrics has metrics of the group itself collected, free of charge; see
// [AllGroupMetrics].
func (g Group) WithMetrics(names ...GroupMetricName) Group {
	g.metrics = append(slices.Clip(g.metrics), names...)
	return g
}

// WithSuspended stops processes of the group, for instance during an incident.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html
func (g Group) WithSuspended(processes ...Process) Group {
	g.suspended = append(slices.Clip(g.suspended), processes...)
	return g
}

// WithTargetGroup registers the instances with a target group. Services of ECS register
// their tasks themselves.
func (g Group) WithTargetGroup(t TargetGroup) Group {
	g.targets = append(slices.Clip(g.targets), t)
	return g
}

// WithPolicy adds a policy that scales the group, such as [GroupTargetTracking].
func (g Group) WithPolicy(p GroupPolicy) Group {
	g.policies = append(slices.Clip(g.policies), p)
	return g
}

// WithSchedule sets the size at certain times.
func (g Group) WithSchedule(s GroupSchedule) Group {
	g.schedules = append(slices.Clip(g.schedules), s)
	return g
}

// WithTag sets a tag of the group.
func (g Group) WithTag(key, value string) Group { return g.tag(groupTag{key, value, false}) }

// WithPropagatedTag sets a tag of the group that new instances get, too. Their volumes
// have only the tags that the template gives them.
func (g Group) WithPropagatedTag(key, value string) Group { return g.tag(groupTag{key, value, true}) }

func (g Group) tag(t groupTag) Group {
	g.tags = append(slices.DeleteFunc(slices.Clone(g.tags), func(old groupTag) bool { return old.key == t.key }), t)
	return g
}

// WithOverride has f change the input of CreateAutoScalingGroup after everything else,
// for what this builder does not offer. The subnets of the network are not part of it,
// but take the place of what it sets.
func (g Group) WithOverride(f func(*awsasg.CreateAutoScalingGroupInput)) Group {
	g.overrides = append(slices.Clip(g.overrides), f)
	return g
}

// ID names the group.
func (g Group) ID() slipway.ID { return slipway.ID{Kind: model.KindGroup, Name: g.name} }

// ARN returns the group's ARN, as a placeholder.
func (g Group) ARN() string { return slipway.Ref(g.ID(), "arn") }

// Name returns the group's name.
func (g Group) Name() string { return g.name }

// Template returns what instances are launched from.
func (g Group) Template() LaunchTemplate { return g.template }

// Network returns where instances are launched.
func (g Group) Network() vpc.Network { return g.network }

// SecurityGroups returns those of the instances.
func (g Group) SecurityGroups() []vpc.GroupRef { return g.template.SecurityGroups() }

// ProtectsFromScaleIn reports whether new instances are protected.
func (g Group) ProtectsFromScaleIn() bool { return g.protected }

// Scales reports whether the group has policies or schedules of its own.
func (g Group) Scales() bool { return len(g.policies)+len(g.schedules) > 0 }

// Resources returns the group itself, which brings its template.
func (g Group) Resources() []slipway.Resource { return []slipway.Resource{g} }

// Build returns the group with its parts.
func (g Group) Build() (slipway.Desired, error) {
	state, overridden, problems := g.state()
	if err := failed(g.ID(), problems); err != nil {
		return slipway.Desired{}, err
	}
	return slipway.Desired{Kind: groupKind(), State: state, Uses: g.needs(), Overridden: overridden}, nil
}

// Validate reports everything that AWS would reject in the group and its template.
func (g Group) Validate() error {
	state, _, problems := g.state()
	return failed(g.ID(), append(problems, groupDriver{}.Check(nil, state)...))
}

func (g Group) needs() []slipway.Resource {
	all := append(g.template.Resources(), g.network.Resources()...)
	for _, t := range g.targets {
		if t != nil {
			all = append(all, t.Resources()...)
		}
	}
	for _, h := range g.hooks {
		if h.Role != nil {
			all = append(all, h.Role.Resources()...)
		}
	}
	return all
}

// GroupOutputs is what AWS says of a group once it exists; see [slipway.Output].
type GroupOutputs struct {
	// ARN and Name of the group.
	ARN, Name string
}

// Outputs reads the outputs of the group.
func (g Group) Outputs(values map[string][]string) GroupOutputs {
	return GroupOutputs{ARN: first(values["arn"]), Name: first(values["name"])}
}
