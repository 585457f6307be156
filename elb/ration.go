// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/probe"
)

// Ration looks up whether the region has room for more application load balancers.
func (loadBalancers) Ration(ctx context.Context, c slipway.Call, _ slipway.Refs, made []*model.LoadBalancer) ([]slipway.Check, error) {
	return []slipway.Check{probe.Balancers.Room(ctx, c, "", len(made), func() (int, error) {
		all, err := describeBalancers(ctx, client(c), &awselb.DescribeLoadBalancersInput{})
		n := 0
		for _, b := range all {
			if b.Type == elbtypes.LoadBalancerTypeEnumApplication {
				n++
			}
		}
		return n, err
	})}, nil
}

// Ration looks up whether the region has room for more target groups.
func (targetGroups) Ration(ctx context.Context, c slipway.Call, _ slipway.Refs, made []*model.TargetGroup) ([]slipway.Check, error) {
	return []slipway.Check{probe.TargetGroups.Room(ctx, c, "", len(made), func() (int, error) {
		all, err := groupsOn(ctx, c, nil)
		return len(all), err
	})}, nil
}

// groupsOn returns the ARNs of the region's target groups, or those that a load balancer
// uses.
func groupsOn(ctx context.Context, c slipway.Call, balancer *string) ([]string, error) {
	var arns []string
	for pages := awselb.NewDescribeTargetGroupsPaginator(client(c), &awselb.DescribeTargetGroupsInput{LoadBalancerArn: balancer}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "describe target groups")
		}
		for _, g := range page.TargetGroups {
			arns = append(arns, aws.ToString(g.TargetGroupArn))
		}
	}
	return arns, nil
}

// Ration looks up whether load balancers have room for more listeners.
func (listeners) Ration(ctx context.Context, c slipway.Call, _ slipway.Refs, made []*model.Listener) ([]slipway.Check, error) {
	var all loads
	for _, l := range made {
		all.on(l.Create.LoadBalancerArn).made++
	}
	checks := make([]slipway.Check, len(all))
	for i, l := range all {
		checks[i] = probe.Listeners.Room(ctx, c, l.name(), l.made, l.used(func(arn string) (int, error) {
			there, err := listenersOf(ctx, client(c), []string{arn})
			return len(there), err
		}))
	}
	return checks, nil
}

// Ration looks up whether load balancers have room for more rules, and for the target
// groups to which these forward.
func (d listenerRules) Ration(ctx context.Context, c slipway.Call, refs slipway.Refs, made []*model.ListenerRule) ([]slipway.Check, error) {
	all, err := loadsOf(ctx, c, refs, made)
	if err != nil {
		return nil, err
	}
	var checks []slipway.Check
	for _, l := range all {
		checks = append(checks,
			probe.ListenerRules.Room(ctx, c, l.name(), l.made, l.used(func(arn string) (int, error) { return d.count(ctx, c, arn) })),
			l.groupCheck(ctx, c))
	}
	return checks, nil
}

// count is how many rules a load balancer has, without the default ones.
func (d listenerRules) count(ctx context.Context, c slipway.Call, balancer string) (int, error) {
	there, err := listenersOf(ctx, client(c), []string{balancer})
	if err != nil {
		return 0, err
	}
	var arns []string
	for _, l := range there {
		arns = append(arns, aws.ToString(l.ListenerArn))
	}
	n := 0
	rules, err := d.rulesOf(ctx, client(c), arns)
	for _, list := range rules {
		n += len(list)
	}
	return n, err
}

// load is what is to be made of one load balancer.
type load struct {
	// balancer is its ARN, or a placeholder if it has yet to be made.
	balancer string
	made     int
	// groups are the target groups to which it is to forward.
	groups map[string]bool
}

type loads []*load

// on returns the load of a balancer.
func (all *loads) on(balancer *string) *load {
	for _, l := range *all {
		if l.balancer == aws.ToString(balancer) {
			return l
		}
	}
	l := &load{balancer: aws.ToString(balancer), groups: map[string]bool{}}
	*all = append(*all, l)
	return l
}

// loadsOf tells rules apart by the load balancers of their listeners.
func loadsOf(ctx context.Context, c slipway.Call, refs slipway.Refs, made []*model.ListenerRule) (loads, error) {
	var all loads
	of := map[string]*elbtypes.Listener{}
	for _, r := range made {
		ref := aws.ToString(r.Create.ListenerArn)
		if of[ref] == nil {
			listener, err := listenerOf(ctx, c, refs, ref)
			if err != nil {
				return nil, err
			}
			of[ref] = listener
		}
		if of[ref].LoadBalancerArn == nil {
			continue // it is not known whose
		}
		l := all.on(of[ref].LoadBalancerArn)
		l.made++
		l.forward(of[ref].DefaultActions)
		l.forward(r.Create.Actions)
	}
	return all, nil
}

// listenerOf is the stack's listener that a reference names, or else the one that AWS
// has; empty if there is none.
func listenerOf(ctx context.Context, c slipway.Call, refs slipway.Refs, ref string) (*elbtypes.Listener, error) {
	if refs != nil {
		state, found, _ := refs.Get(model.KindListener, ref)
		if l, ok := state.(*model.Listener); ok && found {
			return &elbtypes.Listener{LoadBalancerArn: l.Create.LoadBalancerArn, DefaultActions: l.Create.DefaultActions}, nil
		}
	}
	if !known(&ref) {
		return &elbtypes.Listener{}, nil
	}
	out, err := client(c).DescribeListeners(ctx, &awselb.DescribeListenersInput{ListenerArns: []string{ref}})
	switch {
	case awserr.Is(err, "ListenerNotFound", "AccessDenied"):
		return &elbtypes.Listener{}, nil
	case err != nil:
		return nil, awserr.Wrap(err, "describe listener")
	case len(out.Listeners) == 0:
		return &elbtypes.Listener{}, nil
	}
	return &out.Listeners[0], nil
}

// forward adds the target groups of actions.
func (l *load) forward(actions []elbtypes.Action) {
	for _, a := range actions {
		if a.TargetGroupArn != nil {
			l.groups[*a.TargetGroupArn] = true
		}
		if a.ForwardConfig == nil {
			continue
		}
		for _, g := range a.ForwardConfig.TargetGroups {
			l.groups[aws.ToString(g.TargetGroupArn)] = true
		}
	}
}

// used counts something of the load balancer; nil if it has yet to be made.
func (l *load) used(count func(arn string) (int, error)) func() (int, error) {
	if !known(&l.balancer) {
		return nil
	}
	return func() (int, error) { return count(l.balancer) }
}

// groupCheck looks up whether the load balancer can use as many more target groups.
// What cannot be read is unknown.
func (l *load) groupCheck(ctx context.Context, c slipway.Call) slipway.Check {
	if !known(&l.balancer) {
		return probe.UsedGroups.Room(ctx, c, l.name(), len(l.groups), nil)
	}
	there, err := groupsOn(ctx, c, &l.balancer)
	for _, arn := range there {
		delete(l.groups, arn)
	}
	return probe.UsedGroups.Room(ctx, c, l.name(), len(l.groups), func() (int, error) { return len(there), err })
}

// name is for who reads it: "load balancer shop".
func (l *load) name() string {
	name := l.balancer
	if _, rest, ok := strings.Cut(name, "loadbalancer/app/"); ok {
		name, _, _ = strings.Cut(rest, "/")
	} else if _, rest, ok := strings.Cut(name, model.KindLoadBalancer+"/"); ok {
		name, _, _ = strings.Cut(rest, "#")
	}
	return "load balancer " + name
}
