// SPDX-License-Identifier: Apache-2.0

package scaling

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// defaultCooldown is that of step scaling, in seconds.
const defaultCooldown = 300

// cooldown is what a policy waits for after it has scaled.
type cooldown struct {
	// out and in are until when scaling out, and in, waits.
	out, in time.Time
	// from is the capacity before the scaling out that is waited for.
	from int
}

// alarmed acts on an alarm that has a policy as its action.
func (f *Fake) alarmed(region string, b world.Breach) {
	r := f.regions.Of(f.sim.Account(), region)
	for _, ref := range slices.Sorted(maps.Keys(r.targets)) {
		t := r.targets[ref]
		for _, name := range slices.Sorted(maps.Keys(t.policies)) {
			if p := t.policies[name]; aws.ToString(p.PolicyARN) == b.Action && p.StepScalingPolicyConfiguration != nil {
				f.step(r, t, &p, b)
			}
		}
	}
}

// service is the cluster and the name of the target's ECS service.
func (t *target) service() (cluster, name string) {
	cluster, name, _ = strings.Cut(strings.TrimPrefix(aws.ToString(t.described.ResourceId), "service/"), "/")
	return cluster, name
}

// step does what a step scaling policy says of an alarm. It goes by the tasks that run,
// as long as they are not more than desired.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html
func (f *Fake) step(r *region, t *target, p *aastypes.ScalingPolicy, b world.Breach) {
	cluster, name := t.service()
	s, found := f.services.Service(r.name, cluster, name)
	if !found {
		return
	}
	wait := t.waits[*p.PolicyName]
	base := min(s.Desired, s.Running)
	if f.sim.Now().Before(wait.out) {
		base = min(base, wait.from)
	}
	want, ok := adjusted(p.StepScalingPolicyConfiguration, base, b.Value-b.Threshold)
	cause := "monitor alarm " + b.Alarm + " in state ALARM triggered policy " + *p.PolicyName
	switch {
	case !ok:
	case want > base:
		f.scaleOut(r, t, p, s, base, want, cause)
	case want < base:
		f.scaleIn(r, t, p, s, want, cause)
	default:
		f.notScaled(r, t, cause, aastypes.NotScaledReason{Code: aws.String("AlreadyAtDesiredCapacity"), CurrentCapacity: int32of(s.Desired)})
	}
}

func int32of(n int) *int32 { return aws.Int32(int32(n)) }

// scaleOut goes on while deployments run. What a policy has added is not added again
// before its cooldown ends, but more is.
func (f *Fake) scaleOut(r *region, t *target, p *aastypes.ScalingPolicy, s world.Service, base, want int, cause string) {
	low, high := int(aws.ToInt32(t.described.MinCapacity)), int(aws.ToInt32(t.described.MaxCapacity))
	want = min(max(want, low), high)
	switch {
	case aws.ToBool(t.described.SuspendedState.DynamicScalingOutSuspended):
	case s.Desired >= high:
		f.notScaled(r, t, cause, aastypes.NotScaledReason{Code: aws.String("AlreadyAtMaxCapacity"), MaxCapacity: int32of(high)})
	case want <= s.Desired:
		f.notScaled(r, t, cause, aastypes.NotScaledReason{Code: aws.String("AlreadyAtDesiredCapacity"), CurrentCapacity: int32of(s.Desired)})
	default:
		t.waits[*p.PolicyName] = cooldown{out: f.sim.Now().Add(cooldownOf(p)), from: base}
		for name, other := range t.waits { // it ends what keeps from scaling in
			other.in = time.Time{}
			t.waits[name] = other
		}
		f.set(r, t, want, cause)
	}
}

// scaleIn is off while a deployment runs. AWS does not say with which reason.
func (f *Fake) scaleIn(r *region, t *target, p *aastypes.ScalingPolicy, s world.Service, want int, cause string) {
	low, high := int(aws.ToInt32(t.described.MinCapacity)), int(aws.ToInt32(t.described.MaxCapacity))
	wait := t.waits[*p.PolicyName]
	switch {
	case aws.ToBool(t.described.SuspendedState.DynamicScalingInSuspended):
	case s.Deploying:
		f.notScaled(r, t, cause, aastypes.NotScaledReason{Code: aws.String("TargetServicePutResourceAsUnscalable")})
	case s.Desired <= low:
		f.notScaled(r, t, cause, aastypes.NotScaledReason{Code: aws.String("AlreadyAtMinCapacity"), MinCapacity: int32of(low)})
	case f.sim.Now().Before(wait.in):
	default:
		wait.in = f.sim.Now().Add(cooldownOf(p))
		t.waits[*p.PolicyName] = wait
		f.set(r, t, min(max(want, low), high), cause)
	}
}

func cooldownOf(p *aastypes.ScalingPolicy) time.Duration {
	seconds := int32(defaultCooldown)
	if c := p.StepScalingPolicyConfiguration.Cooldown; c != nil {
		seconds = *c
	}
	return time.Duration(seconds) * time.Second
}

// adjusted is the capacity that a policy wants when the metric is so much above the
// threshold of the alarm; ok is false where no step says anything.
//
// https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
func adjusted(c *aastypes.StepScalingPolicyConfiguration, base int, above float64) (want int, ok bool) {
	for _, s := range c.StepAdjustments {
		if s.MetricIntervalLowerBound != nil && above < *s.MetricIntervalLowerBound ||
			s.MetricIntervalUpperBound != nil && above >= *s.MetricIntervalUpperBound {
			continue
		}
		by := int(aws.ToInt32(s.ScalingAdjustment))
		switch c.AdjustmentType {
		case aastypes.AdjustmentTypeExactCapacity:
			return by, true
		case aastypes.AdjustmentTypePercentChangeInCapacity:
			return max(base+share(base, by, int(aws.ToInt32(c.MinAdjustmentMagnitude))), 0), true
		default:
			return max(base+by, 0), true
		}
	}
	return 0, false
}

// share is a percentage of n, rounded toward zero, but within one of zero away from it;
// and at least so much.
func share(n, percent, least int) int {
	const whole = 100
	by := n * percent / whole
	switch {
	case n*percent > 0:
		return max(by, 1, least)
	case n*percent < 0:
		return min(by, -1, -least)
	}
	return 0
}
