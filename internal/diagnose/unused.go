// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
)

// otherZone is what distinguishes the two descriptions that AWS has for targets which
// are not in use.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html#target-health-reason-codes
const otherZone = "Availability Zone that is not enabled"

// unused adds why targets of a group are not in use: they get no traffic and no health
// checks, so a deployment waits for them without an end.
func (all *findings) unused(g TargetGroup) {
	var idle, elsewhere []string
	for _, h := range g.Health {
		switch {
		case h.TargetHealth == nil || h.TargetHealth.Reason != elbtypes.TargetHealthReasonEnumNotInUse:
		case strings.Contains(aws.ToString(h.TargetHealth.Description), otherZone):
			elsewhere = append(elsewhere, idleTarget(h))
		default:
			idle = append(idle, idleTarget(h))
		}
	}
	arn, name := aws.ToString(g.Group.TargetGroupArn), aws.ToString(g.Group.TargetGroupName)
	if len(idle) > 0 {
		all.add(arn, slipway.Cause{
			Code: slipway.TargetGroupUnused, Confidence: slipway.Certain, Evidence: idle,
			Summary: fmt.Sprintf("no listener of a load balancer forwards to target group %s, at which container %s, port %d, is registered", name, g.Container, g.Port),
		})
	}
	if len(elsewhere) > 0 {
		all.add(arn, slipway.Cause{
			Code: slipway.TargetZoneDisabled, Confidence: slipway.Certain, Evidence: append(g.zones(), elsewhere...),
			Summary: fmt.Sprintf("targets of target group %s are in a zone that its load balancer is not in, so they get no traffic", name),
		})
	}
}

// idleTarget tells of a target that is not in use, and of its zone if that is known.
func idleTarget(h elbtypes.TargetHealthDescription) string {
	zone := aws.ToString(h.Target.AvailabilityZone)
	if zone != "" {
		zone = " in " + zone
	}
	return fmt.Sprintf("target %s:%d%s is %s: %s (%s)", aws.ToString(h.Target.Id), aws.ToInt32(h.Target.Port), zone,
		h.TargetHealth.State, aws.ToString(h.TargetHealth.Description), h.TargetHealth.Reason)
}

// zones says in which zones the load balancers of the group are.
func (g TargetGroup) zones() []string {
	said := make([]string, len(g.Balancers))
	for i, b := range g.Balancers {
		var names []string
		for _, z := range b.AvailabilityZones {
			names = append(names, aws.ToString(z.ZoneName))
		}
		slices.Sort(names)
		said[i] = fmt.Sprintf("load balancer %s is in %s", aws.ToString(b.LoadBalancerName), strings.Join(names, ", "))
	}
	return said
}
