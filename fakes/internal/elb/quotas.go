// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// The quotas of an account in a region that cannot be changed here; the others are in
// package world.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
const (
	maxTargets      = 1000 // of a balancer, and of a group
	maxCertificates = 25   // of a balancer, without the default ones
)

// limits returns the quotas as AWS lists them; the rules see to those of single
// actions and conditions.
func (f *Fake) limits() []elbtypes.Limit {
	var all []elbtypes.Limit
	for _, l := range []struct {
		name string
		most int
	}{
		{"application-load-balancers", f.quotas.Of(world.QuotaBalancers)},
		{"certificates-per-application-load-balancer", maxCertificates},
		{"condition-values-per-alb-rule", 5},
		{"condition-wildcards-per-alb-rule", 6},
		{"listeners-per-application-load-balancer", f.quotas.Of(world.QuotaListeners)},
		{"rules-per-application-load-balancer", f.quotas.Of(world.QuotaRules)},
		{"target-groups", f.quotas.Of(world.QuotaGroups)},
		{"target-groups-per-action-on-application-load-balancer", 5},
		{"target-groups-per-application-load-balancer", f.quotas.Of(world.QuotaUsedGroups)},
		{"targets-per-application-load-balancer", maxTargets},
	} {
		all = append(all, elbtypes.Limit{Name: aws.String(l.name), Max: aws.String(strconv.Itoa(l.most))})
	}
	return all
}

func (f *Fake) describeAccountLimits(
	_ *sim.Call, in *awselb.DescribeAccountLimitsInput,
) (*awselb.DescribeAccountLimitsOutput, error) {
	page, next, err := pageOf(f.limits(), in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &awselb.DescribeAccountLimitsOutput{Limits: page, NextMarker: next}, nil
}

// roomForBalancer reports that a region has all the balancers it may have.
// https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/95
func (r *region) roomForBalancer() error {
	if len(r.balancers) < r.quotas.Of(world.QuotaBalancers) {
		return nil
	}
	return &elbtypes.TooManyLoadBalancersException{Message: aws.String("The maximum number of load balancers has been reached")}
}

// roomForGroup reports that a region has all the target groups it may have. The
// words are those of the API reference.
func (r *region) roomForGroup() error {
	if len(r.groups) < r.quotas.Of(world.QuotaGroups) {
		return nil
	}
	return &elbtypes.TooManyTargetGroupsException{Message: aws.String(
		"You've reached the limit on the number of target groups for your Amazon Web Services account.")}
}

// roomForActions reports that a balancer would use too many target groups or
// targets if the rule (nil for a new one) had the actions.
// https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/3767
func (r *region) roomForActions(b *balancer, changed *rule, actions []elbtypes.Action) error {
	used := r.groupsUsed(b, changed)
	for _, arn := range groupsOf(actions) {
		used[arn] = true
	}
	if most := r.quotas.Of(world.QuotaUsedGroups); len(used) > most && !b.network() {
		return &elbtypes.TooManyUniqueTargetGroupsPerLoadBalancerException{Message: aws.String(fmt.Sprintf(
			"You have reached the maximum number of unique target groups that you can associate with a load balancer "+
				"of type '%s': [%d]", b.view.Type, most))}
	}
	n := 0
	for arn := range used {
		if g := r.group(arn); g != nil {
			n += len(g.targets)
		}
	}
	return b.roomForTargets(n)
}

// groupsUsed are the groups to which a balancer's rules forward.
func (r *region) groupsUsed(b *balancer, but *rule) map[string]bool {
	used := map[string]bool{}
	for _, o := range r.rules {
		l := r.listener(o.listener)
		if o == but || l == nil || aws.ToString(l.view.LoadBalancerArn) != b.arn() {
			continue
		}
		for _, arn := range groupsOf(o.view.Actions) {
			used[arn] = true
		}
	}
	return used
}

// roomForTargets reports that n targets are too many for a balancer.
// https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/2302
func (b *balancer) roomForTargets(n int) error {
	if n <= maxTargets {
		return nil
	}
	return &elbtypes.TooManyTargetsException{Message: aws.String(fmt.Sprintf(
		"The maximum number of targets per load balancer '%d' has been reached on load balancer '%s'", maxTargets, b.arn()))}
}

// roomFor reports that a group, or the balancer that it belongs to, has no room for
// more targets.
func (r *region) roomFor(g *group, targets []elbtypes.TargetDescription) error {
	more := 0
	for _, d := range targets {
		if g.target(given(g, d)) == nil {
			more++
		}
	}
	if len(g.targets)+more > maxTargets {
		return &elbtypes.TooManyTargetsException{Message: aws.String("You've reached the limit on the number of targets.")}
	}
	for _, arn := range g.view.LoadBalancerArns {
		n := more
		for _, o := range r.groups {
			if slices.Contains(o.view.LoadBalancerArns, arn) {
				n += len(o.targets)
			}
		}
		if b := r.balancer(arn); b != nil && more > 0 {
			if err := b.roomForTargets(n); err != nil {
				return err
			}
		}
	}
	return nil
}
