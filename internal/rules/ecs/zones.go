// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/placement"
	"github.com/slipway-go/slipway/internal/rules"
)

// zoneAttribute is how placement calls the Availability Zone.
const zoneAttribute = "attribute:" + placement.AvailabilityZone

// zoneRules look at services whose zones ECS is asked to even out. What it answers where
// it cannot is not known.
var zoneRules = []serviceRule{
	{Meta: rules.Meta{
		ID: "ecs-zone-rebalancing", Code: invalidParameter, Doc: guide + "service-rebalancing.html", Warn: true,
		Text: "Availability Zone rebalancing does not work for this service.",
	}, Check: func(r *rules.Report, in *service) {
		if got := unevenable(in); got != "" && in.AvailabilityZoneRebalancing == ecstypes.AvailabilityZoneRebalancingEnabled {
			r.Add(rules.Problem{Path: "AvailabilityZoneRebalancing", Got: "ENABLED with " + got, Want: "DISABLED"})
		}
	}},
}

// unevenable is what keeps ECS from evening out the zones of a service; "" if nothing.
func unevenable(in *service) string {
	const all = 100
	most := orNone(in.DeploymentConfiguration).MaximumPercent
	switch {
	case most != nil && *most <= all:
		return "a maximum of " + strconv.Itoa(int(*most)) + " percent"
	case slices.ContainsFunc(in.LoadBalancers, func(lb ecstypes.LoadBalancer) bool { return value(lb.LoadBalancerName) != "" }):
		return "a Classic Load Balancer"
	case slices.ContainsFunc(in.PlacementConstraints, func(c ecstypes.PlacementConstraint) bool {
		return strings.Contains(value(c.Expression), zoneAttribute)
	}):
		return "a constraint on zones"
	case len(in.PlacementStrategy) > 0 && (in.PlacementStrategy[0].Type != ecstypes.PlacementStrategyTypeSpread || value(in.PlacementStrategy[0].Field) != zoneAttribute):
		return "another placement strategy first"
	}
	return ""
}
