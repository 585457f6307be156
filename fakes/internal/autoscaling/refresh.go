// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"cmp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ec2autoscaling"
)

// refresh replaces the instances of a group.
type refresh struct {
	described asgtypes.InstanceRefresh
	prefs     asgtypes.RefreshPreferences
	// left are still to be replaced; total is how many there were.
	left  []*member
	total int
	// before are the settings to which a rollback returns.
	before asgtypes.AutoScalingGroup
	// checkpoint is the next one; nothing is replaced until resume. progress is when the
	// last instance was replaced.
	checkpoint       int
	resume, progress time.Time
	moved            int
}

// AWS's defaults of a refresh, in percent and seconds, and how long one waits for progress.
//
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html
const (
	minHealthy      = 90
	maxHealthy      = 100
	checkpointDelay = 3600
	refreshPatience = time.Hour
)

func registerRefreshes(s *sim.Service, f *Fake) {
	sim.Handle(s, "StartInstanceRefresh", f.startRefresh,
		onLaunches(f, "StartInstanceRefresh", func(in *awsasg.StartInstanceRefreshInput) (*string, source) {
			if d := in.DesiredConfiguration; d != nil {
				return in.AutoScalingGroupName, source{d.LaunchTemplate, d.MixedInstancesPolicy}
			}
			return in.AutoScalingGroupName, source{}
		}),
		sim.Refuses[awsasg.StartInstanceRefreshInput](append(prefixed("DesiredConfiguration.", mixedUnmodelled), "Preferences.AlarmSpecification", "Preferences.BakeTime")...))
	sim.Handle(s, "CancelInstanceRefresh", f.cancelRefresh,
		onGroups("CancelInstanceRefresh", func(in *awsasg.CancelInstanceRefreshInput) *string { return in.AutoScalingGroupName }),
		sim.Refuses[awsasg.CancelInstanceRefreshInput]("WaitForTransitioningInstances"))
	sim.Handle(s, "RollbackInstanceRefresh", f.rollbackRefresh,
		onGroups("RollbackInstanceRefresh", func(in *awsasg.RollbackInstanceRefreshInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "DescribeInstanceRefreshes", f.describeRefreshes)
}

func (f *Fake) startRefresh(c *sim.Call, in *awsasg.StartInstanceRefreshInput) (*awsasg.StartInstanceRefreshOutput, error) {
	r := f.regions.In(c)
	if err := sim.Check(rules.StartInstanceRefresh, r, in, typed); err != nil {
		return nil, err
	}
	if in.Strategy != "" && in.Strategy != asgtypes.RefreshStrategyRolling {
		return nil, sim.NotModelled("the strategy %s of instance refreshes is not modelled", in.Strategy)
	}
	g, err := r.find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if g.refresh != nil {
		return nil, &asgtypes.InstanceRefreshInProgressFault{
			Message: aws.String("An Instance Refresh is already in progress and blocks the execution of this Instance Refresh."),
		}
	}
	before := g.settings
	if d := in.DesiredConfiguration; d != nil {
		g.settings.LaunchTemplate, g.settings.MixedInstancesPolicy = d.LaunchTemplate, d.MixedInstancesPolicy
		if err := g.settle(); err != nil {
			g.settings = before
			return nil, err
		}
	}
	p := preferences(in.Preferences, g)
	if aws.ToBool(p.AutoRollback) && floats(before) {
		g.settings = before
		return nil, invalid("Auto rollback is not possible for a launch template of version $Latest or $Default.")
	}
	x := &refresh{prefs: p, before: before, progress: c.Now(), described: asgtypes.InstanceRefresh{
		AutoScalingGroupName: g.settings.AutoScalingGroupName, InstanceRefreshId: aws.String(c.UUID("instance-refresh", c.Region, g.name())),
		StartTime: aws.Time(c.Now()), Status: asgtypes.InstanceRefreshStatusInProgress, Strategy: asgtypes.RefreshStrategyRolling,
		DesiredConfiguration: in.DesiredConfiguration, Preferences: &p,
	}}
	for _, m := range g.counted() {
		if !aws.ToBool(p.SkipMatching) || !g.matches(m) {
			x.left = append(x.left, m)
		}
	}
	for _, m := range slices.Clone(g.members) {
		if m.warm() && !g.matches(m) {
			m.leave("an instance was taken out of service in response to an instance refresh")
		}
	}
	x.total = len(x.left)
	g.refresh = x
	g.refreshes = append(g.refreshes, x)
	g.plan()
	return &awsasg.StartInstanceRefreshOutput{InstanceRefreshId: x.described.InstanceRefreshId}, nil
}

// brings: the refresh has a desired configuration, which new instances have at once and the
// group itself once the refresh succeeds.
//
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_StartInstanceRefresh.html
func (x *refresh) brings() bool { return x.described.DesiredConfiguration != nil }

// preferences are those given with AWS's defaults for the others, of which some are the
// group's own.
func preferences(given *asgtypes.RefreshPreferences, g *group) asgtypes.RefreshPreferences {
	var p asgtypes.RefreshPreferences
	if given != nil {
		p = *given
	}
	if m := g.settings.InstanceMaintenancePolicy; m != nil && p.MinHealthyPercentage == nil {
		p.MinHealthyPercentage, p.MaxHealthyPercentage = m.MinHealthyPercentage, m.MaxHealthyPercentage
	}
	p.MinHealthyPercentage = cmp.Or(p.MinHealthyPercentage, aws.Int32(minHealthy))
	p.MaxHealthyPercentage = cmp.Or(p.MaxHealthyPercentage, aws.Int32(maxHealthy))
	p.InstanceWarmup = cmp.Or(positive(p.InstanceWarmup), g.settings.DefaultInstanceWarmup, g.settings.HealthCheckGracePeriod)
	if len(p.CheckpointPercentages) > 0 {
		p.CheckpointDelay = cmp.Or(p.CheckpointDelay, aws.Int32(checkpointDelay))
	}
	p.ScaleInProtectedInstances = cmp.Or(p.ScaleInProtectedInstances, asgtypes.ScaleInProtectedInstancesWait)
	p.StandbyInstances = cmp.Or(p.StandbyInstances, asgtypes.StandbyInstancesWait)
	return p
}

// matches: the instance is what the group would launch now.
func (g *group) matches(m *member) bool {
	offers, err := g.offers()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(offers, func(o offer) bool {
		t, err := g.r.f.needs.Instances.Template(g.r.name, aws.ToString(o.template.LaunchTemplateId), aws.ToString(o.template.Version))
		return err == nil && t.ID == *m.template.LaunchTemplateId && versionText(t) == *m.template.Version && (o.kind == "" || o.kind == m.kind)
	})
}

// warmedUp: the instance has served for the refresh's warm-up time.
func (x *refresh) warmedUp(m *member, now time.Time) bool {
	return m.serves() && !now.Before(m.served.Add(time.Duration(aws.ToInt32(x.prefs.InstanceWarmup))*time.Second))
}

// roll takes the refresh a step on.
func (g *group) roll() {
	x := g.refresh
	if x == nil || g.suspends("InstanceRefresh") {
		return
	}
	x.left = slices.DeleteFunc(x.left, func(m *member) bool {
		return !m.counts() || m.protected && x.prefs.ScaleInProtectedInstances == asgtypes.ScaleInProtectedInstancesIgnore
	})
	healthy, pending := g.standing(x)
	if moved := max(x.total-len(x.left)-pending, 0); moved > x.moved {
		x.moved, x.progress = moved, g.now()
	}
	switch {
	case x.described.Status == asgtypes.InstanceRefreshStatusCancelling:
		g.endRefresh(asgtypes.InstanceRefreshStatusCancelled, "")
	case len(x.left) == 0 && pending == 0 && g.capacity() >= g.desired():
		g.endRefresh(x.succeeded(), "")
	case g.now().Sub(x.progress) >= refreshPatience && !g.now().Before(x.resume):
		g.refreshFails("Instance refresh has made no progress for an hour.")
	case g.paused(x):
	default:
		g.replace(x, healthy, pending)
	}
	if g.refresh == x {
		g.r.f.sim.At(x.progress.Add(refreshPatience), g.plan)
	}
}

// standing counts the instances that are healthy, and the new ones that are not yet.
func (g *group) standing(x *refresh) (healthy, pending int) {
	for _, m := range g.counted() {
		isNew := !slices.Contains(x.left, m)
		switch {
		case m.serves() && (!isNew || x.warmedUp(m, g.now())):
			healthy++
			m.balancing = false
		case isNew:
			pending++
			if m.serves() {
				g.r.f.sim.At(m.served.Add(time.Duration(aws.ToInt32(x.prefs.InstanceWarmup))*time.Second), g.plan)
			}
		}
	}
	return healthy, pending
}

// paused reports whether the refresh waits at a checkpoint, where it arrives now perhaps.
func (g *group) paused(x *refresh) bool {
	if g.now().Before(x.resume) {
		return true
	}
	points := x.prefs.CheckpointPercentages
	if x.checkpoint >= len(points) || x.total == 0 || x.percent() < points[x.checkpoint] || points[x.checkpoint] >= 100 {
		return false
	}
	x.checkpoint++
	x.resume = g.now().Add(time.Duration(*x.prefs.CheckpointDelay) * time.Second)
	x.progress = x.resume
	g.r.f.sim.At(x.resume, g.plan)
	return true
}

func (x *refresh) percent() int32 {
	if x.total == 0 {
		return 100
	}
	return int32(x.moved * 100 / x.total)
}

// limit is how many instances a refresh may have replaced by the next checkpoint.
func (x *refresh) limit() int {
	if points := x.prefs.CheckpointPercentages; x.checkpoint < len(points) {
		return (x.total*int(points[x.checkpoint]) + 99) / 100
	}
	return x.total
}

// replace launches what goes beyond the desired capacity, where the refresh may, and ends
// as many old instances as leaves enough that are healthy: one at least where it may not.
func (g *group) replace(x *refresh, healthy, pending int) {
	most := g.desired() * int(*x.prefs.MaxHealthyPercentage) / 100
	beyond := *x.prefs.MaxHealthyPercentage > maxHealthy
	if beyond {
		most = max(most, g.desired()+1)
	}
	room := x.limit() - (x.total - len(x.left))
	for beyond && g.capacity() < most && pending < room && !g.now().Before(g.retry) {
		if !g.launch(launchOrder{what: "an instance was launched in response to an instance refresh", balancing: true}) {
			g.backOff()
			break
		}
		pending++
	}
	least := (g.desired()*int(*x.prefs.MinHealthyPercentage) + 99) / 100
	spare := healthy - least
	if spare < 1 && healthy >= g.desired() && !beyond {
		spare = 1
	}
	for _, m := range slices.Clone(x.left) {
		if spare < 1 || room < 1 {
			return
		}
		if !m.serves() || m.protected && x.prefs.ScaleInProtectedInstances == asgtypes.ScaleInProtectedInstancesWait {
			continue
		}
		m.leave("an instance was taken out of service in response to an instance refresh")
		spare, room = spare-1, room-1
	}
	x.left = slices.DeleteFunc(x.left, func(m *member) bool { return !m.counts() })
}

func (x *refresh) succeeded() asgtypes.InstanceRefreshStatus {
	if x.described.Status == asgtypes.InstanceRefreshStatusRollbackInProgress {
		return asgtypes.InstanceRefreshStatusRollbackSuccessful
	}
	return asgtypes.InstanceRefreshStatusSuccessful
}

// refreshFails ends a refresh that makes no progress, or turns it round.
func (g *group) refreshFails(why string) {
	x := g.refresh
	switch {
	case x.described.Status == asgtypes.InstanceRefreshStatusRollbackInProgress:
		g.endRefresh(asgtypes.InstanceRefreshStatusRollbackFailed, why)
	case aws.ToBool(x.prefs.AutoRollback):
		g.turn(why)
	default:
		g.endRefresh(asgtypes.InstanceRefreshStatusFailed, why)
	}
}

// endRefresh ends a refresh. The group keeps the desired configuration of one that
// succeeded only.
func (g *group) endRefresh(status asgtypes.InstanceRefreshStatus, why string) {
	x := g.refresh
	if x.brings() && status != asgtypes.InstanceRefreshStatusSuccessful {
		g.settings.LaunchTemplate, g.settings.MixedInstancesPolicy = x.before.LaunchTemplate, x.before.MixedInstancesPolicy
	}
	x.described.Status, x.described.EndTime = status, aws.Time(g.now())
	if why != "" {
		x.described.StatusReason = &why
	}
	for _, m := range g.members {
		m.balancing = false
	}
	g.refresh = nil
	g.told("")
	g.plan()
}

// turn rolls a refresh back: what has been launched for it is replaced in turn.
func (g *group) turn(why string) {
	x := g.refresh
	x.described.RollbackDetails = &asgtypes.RollbackDetails{
		RollbackReason: &why, RollbackStartTime: aws.Time(g.now()), PercentageCompleteOnRollback: aws.Int32(x.percent()),
		InstancesToUpdateOnRollback: aws.Int32(int32(len(x.left))),
	}
	x.described.Status = asgtypes.InstanceRefreshStatusRollbackInProgress
	g.settings.LaunchTemplate, g.settings.MixedInstancesPolicy = x.before.LaunchTemplate, x.before.MixedInstancesPolicy
	x.left = slices.DeleteFunc(g.counted(), g.matches)
	x.total, x.moved, x.progress, x.resume, x.checkpoint = len(x.left), 0, g.now(), time.Time{}, len(x.prefs.CheckpointPercentages)
	g.failures, g.retry = 0, time.Time{}
	g.plan()
}

// refreshing is the refresh of a group that goes on, or AWS's answer that there is none.
func (f *Fake) refreshing(c *sim.Call, name *string) (*group, error) {
	g, err := f.regions.In(c).find(name)
	if err != nil {
		return nil, err
	}
	if g.refresh == nil {
		return nil, &asgtypes.ActiveInstanceRefreshNotFoundFault{
			Message: aws.String("No in progress or pending Instance Refresh found for Auto Scaling group " + g.name()),
		}
	}
	return g, nil
}

func (f *Fake) cancelRefresh(c *sim.Call, in *awsasg.CancelInstanceRefreshInput) (*awsasg.CancelInstanceRefreshOutput, error) {
	g, err := f.refreshing(c, in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	x := g.refresh
	x.described.Status = asgtypes.InstanceRefreshStatusCancelling
	g.plan()
	return &awsasg.CancelInstanceRefreshOutput{InstanceRefreshId: x.described.InstanceRefreshId}, nil
}

func (f *Fake) rollbackRefresh(c *sim.Call, in *awsasg.RollbackInstanceRefreshInput) (*awsasg.RollbackInstanceRefreshOutput, error) {
	g, err := f.refreshing(c, in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	x := g.refresh
	if x.described.DesiredConfiguration == nil || x.described.Status == asgtypes.InstanceRefreshStatusRollbackInProgress || floats(x.before) {
		return nil, &asgtypes.IrreversibleInstanceRefreshFault{
			Message: aws.String("The instance refresh can't be rolled back: it has no desired configuration, is being rolled back, " +
				"or began with a launch template of version $Latest or $Default."),
		}
	}
	g.turn("User initiated rollback.")
	return &awsasg.RollbackInstanceRefreshOutput{InstanceRefreshId: x.described.InstanceRefreshId}, nil
}

// floats reports whether the settings follow a version that moves, to which nothing can be
// rolled back.
//
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-rollback.html
func floats(d asgtypes.AutoScalingGroup) bool {
	t := d.LaunchTemplate
	if d.MixedInstancesPolicy != nil {
		t = d.MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification
	}
	v := aws.ToString(t.Version)
	return v == "" || v == "$Latest" || v == "$Default"
}

// describeRefreshes shows the newest first.
func (f *Fake) describeRefreshes(c *sim.Call, in *awsasg.DescribeInstanceRefreshesInput) (*awsasg.DescribeInstanceRefreshesOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	var all []asgtypes.InstanceRefresh
	for _, x := range slices.Backward(g.refreshes) {
		if len(in.InstanceRefreshIds) == 0 || slices.Contains(in.InstanceRefreshIds, *x.described.InstanceRefreshId) {
			d := x.described
			d.PercentageComplete, d.InstancesToUpdate = aws.Int32(x.percent()), aws.Int32(int32(x.total-x.moved))
			all = append(all, d)
		}
	}
	cut, next, err := page(all, in.NextToken, in.MaxRecords, pageGroups, pageGroupsMost)
	return &awsasg.DescribeInstanceRefreshesOutput{InstanceRefreshes: cut, NextToken: next}, err
}
