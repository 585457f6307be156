// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
	"github.com/slipway-go/slipway/internal/override"
)

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// problem is one that the state of a group does not show.
func problem(path, got, want string) slipway.FieldError {
	return slipway.FieldError{Path: path, Got: got, Want: want, Rule: "asg-group-builder"}
}

func (g Group) state() (s *model.Group, overridden []string, problems []slipway.FieldError) {
	s = &model.Group{Create: g.create(&problems), Subnets: g.network.Subnets(), Current: true, External: g.external, Roles: g.roles()}
	overridden = override.Run("Create.", &s.Create, g.overrides...)
	if in := &s.Create; in.VPCZoneIdentifier != nil {
		s.Subnets, in.VPCZoneIdentifier = strings.Split(*in.VPCZoneIdentifier, ","), nil
	}
	name := aws.ToString(s.Create.AutoScalingGroupName)
	if p := g.pool; p != nil {
		s.WarmPool = []awsasg.PutWarmPoolInput{p.put(name, &problems)}
	}
	s.Refresh = g.refreshInput(name, &problems)
	s.Policies = g.groupPolicies(name, &problems)
	for i, schedule := range g.schedules {
		in, found := schedule.put(name)
		problems = append(problems, below(fmt.Sprintf("Schedules[%d]", i), in.ScheduledActionName, found)...)
		s.Schedules = append(s.Schedules, in)
	}
	for _, m := range g.metrics {
		s.Metrics = append(s.Metrics, string(m))
	}
	for _, p := range g.suspended {
		s.Suspended = append(s.Suspended, string(p))
	}
	problems = append(problems, twice("Policies", s.Policies, func(p model.GroupPolicy) string { return p.Name })...)
	problems = append(problems, twice("Schedules", s.Schedules, func(p awsasg.PutScheduledUpdateGroupActionInput) string {
		return aws.ToString(p.ScheduledActionName)
	})...)
	return s, overridden, problems
}

// roles are those that the group's instances have.
func (g Group) roles() []string {
	if p, ok := g.template.InstanceProfile().(iam.InstanceProfile); ok {
		return []string{p.Role().ARN()}
	}
	return nil
}

// below puts an element of a list before the paths of its problems.
func below(path string, name *string, found []slipway.FieldError) []slipway.FieldError {
	if list, _, ok := strings.Cut(path, "["); ok && aws.ToString(name) != "" {
		path = list + "[" + *name + "]"
	}
	for i := range found {
		found[i].Path = path + "." + found[i].Path
	}
	return found
}

// twice finds names that are there more than once.
func twice[T any](list string, all []T, name func(T) string) (found []slipway.FieldError) {
	seen := map[string]bool{}
	for _, e := range all {
		n := name(e)
		if seen[n] {
			found = append(found, problem(list+"["+n+"]", strconv.Quote(n)+" twice", "names that are unique in the group"))
		}
		seen[n] = true
	}
	return found
}

func (g Group) create(problems *[]slipway.FieldError) awsasg.CreateAutoScalingGroupInput {
	in := awsasg.CreateAutoScalingGroupInput{
		AutoScalingGroupName:             aws.String(g.name),
		MinSize:                          quantity("Create.MinSize", g.least, problems),
		MaxSize:                          quantity("Create.MaxSize", g.most, problems),
		CapacityRebalance:                aws.Bool(g.rebalance),
		NewInstancesProtectedFromScaleIn: aws.Bool(g.protected),
		HealthCheckGracePeriod:           wholeSeconds("Create.HealthCheckGracePeriod", g.grace, problems),
		MaxInstanceLifetime:              secondsOrNil("Create.MaxInstanceLifetime", g.lifetime, problems),
		HealthCheckType:                  g.healthChecks(),
		LifecycleHookSpecificationList:   g.hookList(problems),
		TargetGroupARNs:                  g.targetARNs(problems),
		Tags:                             g.tagList(),
	}
	if g.desired != nil {
		in.DesiredCapacity = quantity("Create.DesiredCapacity", *g.desired, problems)
	}
	if g.warmup != nil {
		in.DefaultInstanceWarmup = wholeSeconds("Create.DefaultInstanceWarmup", *g.warmup, problems)
	}
	if g.cooldown != nil {
		in.DefaultCooldown = wholeSeconds("Create.DefaultCooldown", *g.cooldown, problems)
	}
	for _, p := range g.terminations {
		in.TerminationPolicies = append(in.TerminationPolicies, string(p))
	}
	if m := g.maintenance; m != nil {
		in.InstanceMaintenancePolicy = &asgtypes.InstanceMaintenancePolicy{
			MinHealthyPercentage: quantity("Create.InstanceMaintenancePolicy.MinHealthyPercentage", m.MinHealthy, problems),
			MaxHealthyPercentage: quantity("Create.InstanceMaintenancePolicy.MaxHealthyPercentage", m.MaxHealthy, problems),
		}
	}
	from := &asgtypes.LaunchTemplateSpecification{
		LaunchTemplateName: aws.String(g.template.Name()), Version: aws.String(g.template.Version()),
	}
	if len(g.types) == 0 && g.requirements == nil && g.mix == nil {
		in.LaunchTemplate = from
	} else {
		in.MixedInstancesPolicy = g.mixed(from, problems)
	}
	return in
}

func (g Group) healthChecks() *string {
	if len(g.checks) == 0 {
		return aws.String("EC2")
	}
	var names []string
	for _, c := range g.checks {
		names = append(names, string(c))
	}
	slices.Sort(names)
	return aws.String(strings.Join(slices.Compact(names), ","))
}

func (g Group) hookList(problems *[]slipway.FieldError) []asgtypes.LifecycleHookSpecification {
	var all []asgtypes.LifecycleHookSpecification
	for _, h := range g.hooks {
		path := "Create.LifecycleHookSpecificationList[" + h.Name + "]"
		spec := asgtypes.LifecycleHookSpecification{
			LifecycleHookName: aws.String(h.Name), LifecycleTransition: aws.String(string(h.On)), DefaultResult: aws.String("ABANDON"),
			HeartbeatTimeout:      secondsOrNil(path+".HeartbeatTimeout", h.Timeout, problems),
			NotificationTargetARN: textOrNil(h.Notify), NotificationMetadata: textOrNil(h.Metadata),
		}
		if h.Continue {
			spec.DefaultResult = aws.String("CONTINUE")
		}
		if h.Role != nil {
			spec.RoleARN = aws.String(h.Role.ARN())
		}
		all = append(all, spec)
	}
	return all
}

func (g Group) targetARNs(problems *[]slipway.FieldError) []string {
	var all []string
	for i, t := range g.targets {
		if t == nil {
			*problems = append(*problems, problem(fmt.Sprintf("Create.TargetGroupARNs[%d]", i), "nil", "a target group"))
			continue
		}
		all = append(all, t.ARN())
	}
	return all
}

func (g Group) tagList() []asgtypes.Tag {
	var all []asgtypes.Tag
	for _, t := range g.tags {
		all = append(all, asgtypes.Tag{Key: aws.String(t.key), Value: aws.String(t.value), PropagateAtLaunch: aws.Bool(t.propagate)})
	}
	slices.SortFunc(all, func(a, b asgtypes.Tag) int { return strings.Compare(*a.Key, *b.Key) })
	return all
}

// mixed is the policy of a group with several types or with both kinds of instances.
func (g Group) mixed(from *asgtypes.LaunchTemplateSpecification, problems *[]slipway.FieldError) *asgtypes.MixedInstancesPolicy {
	p := &asgtypes.MixedInstancesPolicy{LaunchTemplate: &asgtypes.LaunchTemplate{LaunchTemplateSpecification: from}}
	for _, t := range g.types {
		o := asgtypes.LaunchTemplateOverrides{InstanceType: aws.String(t.Name)}
		if t.Weight != 0 {
			o.WeightedCapacity = aws.String(strconv.Itoa(t.Weight))
		}
		p.LaunchTemplate.Overrides = append(p.LaunchTemplate.Overrides, o)
	}
	if r := g.requirements; r != nil {
		if len(g.types) > 0 {
			*problems = append(*problems, problem("Create.MixedInstancesPolicy.LaunchTemplate.Overrides",
				"instance types and requirements", "either of the two"))
		}
		p.LaunchTemplate.Overrides = append(p.LaunchTemplate.Overrides, asgtypes.LaunchTemplateOverrides{InstanceRequirements: r.build(problems)})
	}
	if m := g.mix; m != nil {
		p.InstancesDistribution = m.build(problems)
	}
	return p
}

func (m Mix) build(problems *[]slipway.FieldError) *asgtypes.InstancesDistribution {
	const path = "Create.MixedInstancesPolicy.InstancesDistribution."
	d := &asgtypes.InstancesDistribution{
		OnDemandBaseCapacity:                quantity(path+"OnDemandBaseCapacity", m.OnDemandBase, problems),
		OnDemandPercentageAboveBaseCapacity: quantity(path+"OnDemandPercentageAboveBaseCapacity", m.OnDemandPercent, problems),
		OnDemandAllocationStrategy:          textOrNil(string(m.OnDemand)),
		SpotAllocationStrategy:              aws.String(string(orElse(m.Spot, PriceCapacityOptimized))),
		SpotMaxPrice:                        textOrNil(m.SpotMaxPrice),
	}
	if m.SpotPools != 0 {
		d.SpotInstancePools = quantity(path+"SpotInstancePools", m.SpotPools, problems)
	}
	return d
}

func (r Requirements) build(problems *[]slipway.FieldError) *asgtypes.InstanceRequirements {
	const path = "Create.MixedInstancesPolicy.LaunchTemplate.Overrides[0].InstanceRequirements."
	number := func(name string, n int) *int32 { return quantity(path+name, n, problems) }
	most := func(name string, n int) *int32 {
		if n == 0 {
			return nil
		}
		return number(name, n)
	}
	out := &asgtypes.InstanceRequirements{
		VCpuCount:             &asgtypes.VCpuCountRequest{Min: number("VCpuCount.Min", r.MinVCPUs), Max: most("VCpuCount.Max", r.MaxVCPUs)},
		MemoryMiB:             &asgtypes.MemoryMiBRequest{Min: number("MemoryMiB.Min", r.MinMemory), Max: most("MemoryMiB.Max", r.MaxMemory)},
		AllowedInstanceTypes:  slices.Clone(r.Allowed),
		ExcludedInstanceTypes: slices.Clone(r.Excluded),
		CpuManufacturers:      slices.Clone(r.Manufacturers),
		BurstablePerformance:  asgtypes.BurstablePerformanceExcluded,
		LocalStorage:          asgtypes.LocalStorageIncluded,
		BareMetal:             asgtypes.BareMetalExcluded,
	}
	if r.CurrentGeneration {
		out.InstanceGenerations = []asgtypes.InstanceGeneration{asgtypes.InstanceGenerationCurrent}
	}
	if r.Burstable {
		out.BurstablePerformance = asgtypes.BurstablePerformanceIncluded
	}
	if r.LocalStorage {
		out.LocalStorage = asgtypes.LocalStorageRequired
	}
	if r.MinGPUs > 0 {
		out.AcceleratorCount = &asgtypes.AcceleratorCountRequest{Min: number("AcceleratorCount.Min", r.MinGPUs)}
		out.AcceleratorTypes = []asgtypes.AcceleratorType{asgtypes.AcceleratorTypeGpu}
	}
	return out
}

func (p WarmPool) put(group string, problems *[]slipway.FieldError) awsasg.PutWarmPoolInput {
	in := awsasg.PutWarmPoolInput{
		AutoScalingGroupName: aws.String(group), PoolState: orElse(p.State, asgtypes.WarmPoolStateStopped),
		MinSize:             quantity("WarmPool.MinSize", p.MinSize, problems),
		InstanceReusePolicy: &asgtypes.InstanceReusePolicy{ReuseOnScaleIn: aws.Bool(p.Reuse)},
	}
	if p.MaxPrepared != 0 {
		in.MaxGroupPreparedCapacity = quantity("WarmPool.MaxGroupPreparedCapacity", p.MaxPrepared, problems)
	}
	return in
}

func (g Group) groupPolicies(name string, problems *[]slipway.FieldError) (all []model.GroupPolicy) {
	for i, p := range g.policies {
		path := fmt.Sprintf("Policies[%d]", i)
		if p == nil {
			*problems = append(*problems, problem(path, "nil", "a policy"))
			continue
		}
		out, found := p.forGroup(name)
		*problems = append(*problems, below(path, &out.Name, found)...)
		all = append(all, out)
	}
	return all
}

// refreshInput is how instances are replaced; nil if they are not.
func (g Group) refreshInput(name string, problems *[]slipway.FieldError) *awsasg.StartInstanceRefreshInput {
	if g.stale {
		return nil
	}
	var r InstanceRefresh
	if g.refresh != nil {
		r = *g.refresh
	}
	return &awsasg.StartInstanceRefreshInput{
		AutoScalingGroupName: aws.String(name), Strategy: asgtypes.RefreshStrategyRolling, Preferences: r.preferences(problems),
	}
}

func (r InstanceRefresh) preferences(problems *[]slipway.FieldError) *asgtypes.RefreshPreferences {
	const path = "Refresh.Preferences."
	p := &asgtypes.RefreshPreferences{
		SkipMatching:              aws.Bool(true),
		ScaleInProtectedInstances: orElse(r.Protected, asgtypes.ScaleInProtectedInstancesRefresh), StandbyInstances: r.Standby,
		InstanceWarmup:  secondsOrNil(path+"InstanceWarmup", r.Warmup, problems),
		CheckpointDelay: secondsOrNil(path+"CheckpointDelay", r.CheckpointDelay, problems),
		BakeTime:        secondsOrNil(path+"BakeTime", r.Bake, problems),
	}
	switch {
	case r.NoneHealthy && r.MinHealthy != 0:
		*problems = append(*problems, problem(path+"MinHealthyPercentage", fmt.Sprintf("%d with NoneHealthy", r.MinHealthy), "either of the two"))
	case r.NoneHealthy:
		p.MinHealthyPercentage = aws.Int32(0)
	case r.MinHealthy != 0:
		p.MinHealthyPercentage = quantity(path+"MinHealthyPercentage", r.MinHealthy, problems)
	}
	if r.MaxHealthy != 0 {
		p.MaxHealthyPercentage = quantity(path+"MaxHealthyPercentage", r.MaxHealthy, problems)
	}
	for i, c := range r.Checkpoints {
		if n := quantity(fmt.Sprintf("%sCheckpointPercentages[%d]", path, i), c, problems); n != nil {
			p.CheckpointPercentages = append(p.CheckpointPercentages, *n)
		}
	}
	if r.AutoRollback {
		p.AutoRollback = aws.Bool(true)
	}
	if len(r.Alarms) > 0 {
		p.AlarmSpecification = &asgtypes.AlarmSpecification{Alarms: slices.Clone(r.Alarms)}
	}
	return p
}
