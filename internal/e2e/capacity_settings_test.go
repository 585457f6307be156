// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
)

// herdSetting is one of what runs on instances, or of the instances.
type herdSetting struct {
	set func(h *herd)
	// want is in the plan that takes the setting away again.
	want string
}

func inWeb(f func(ecs.EC2Service) ecs.EC2Service) func(*herd) {
	return func(h *herd) { h.web = f }
}

func inProvider(f func(ecs.GroupProvider) ecs.GroupProvider) func(*herd) {
	return func(h *herd) { h.provider = f }
}

func herdSettings() map[string]herdSetting {
	type service = ecs.EC2Service
	type provider = ecs.GroupProvider
	minute, fast := time.Minute, ecs.MemberOf("attribute:disk == fast")
	return map[string]herdSetting{
		"member of": {
			inWeb(func(s service) service { return s.WithPlacementConstraint(fast) }),
			`PlacementConstraints[0]: {Expression: "attribute:disk == fast", Type: "memberOf"} -> none (no rollout)`,
		},
		"distinct instance": {
			inWeb(func(s service) service { return s.WithPlacementConstraint(ecs.DistinctInstance{}) }),
			`PlacementConstraints[0]: {Expression: "", Type: "distinctInstance"} -> none (no rollout)`,
		},
		"packed, so that zones are not evened out": {
			inWeb(func(s service) service { return s.WithPlacementStrategy(ecs.BinpackMemory) }),
			`AvailabilityZoneRebalancing: "DISABLED" -> "ENABLED" (no rollout)`,
		},
		"spread over zones, then packed": {
			inWeb(func(s service) service {
				return s.WithPlacementStrategy(ecs.SpreadByZone).WithPlacementStrategy(ecs.BinpackCPU)
			}),
			`PlacementStrategy[1]: {Field: "cpu", Type: "binpack"} -> none (no rollout)`,
		},
		"at random": {
			inWeb(func(s service) service { return s.WithPlacementStrategy(ecs.RandomPlacement{}) }),
			`PlacementStrategy[0]: {Field: "", Type: "random"} -> none (no rollout)`,
		},
		"count": {
			inWeb(func(s service) service { return s.WithCount(5) }),
			"DesiredCount: 5 -> 3 (no rollout)",
		},
		"zone rebalancing": {
			inWeb(func(s service) service { return s.WithZoneRebalancing(ecs.DontRebalanceZones) }),
			`AvailabilityZoneRebalancing: "DISABLED" -> "ENABLED" (no rollout)`,
		},
		"deployment": {
			inWeb(func(s service) service {
				return s.WithDeployment(ecs.Rolling{MinimumHealthyPercent: 50, MaximumPercent: 150})
			}),
			"DeploymentConfiguration.MaximumPercent: 150 -> 200 (no rollout)",
		},
		"base of the strategy": {
			func(h *herd) { h.base = 1 },
			".Base: 1 -> 0 (rolls tasks)",
		},
		"placement of the task": {
			func(h *herd) {
				h.task = func(d ecs.EC2TaskDefinition) ecs.EC2TaskDefinition { return d.WithPlacement("attribute:disk exists") }
			},
			"~ ecs:Service/shop/web (rolls tasks)",
		},
		"memory of the task": {
			func(h *herd) {
				h.task = func(d ecs.EC2TaskDefinition) ecs.EC2TaskDefinition { return d.WithMemory(768 * ecs.MiB) }
			},
			"~ ecs:Service/shop/api (rolls tasks)",
		},
		"daemon's constraint": {
			func(h *herd) {
				h.agent = func(s ecs.EC2DaemonService) ecs.EC2DaemonService { return s.WithPlacementConstraint(fast) }
			},
			`PlacementConstraints[0]: {Expression: "attribute:disk == fast", Type: "memberOf"} -> none (no rollout)`,
		},
		"daemon's deployment": {
			func(h *herd) {
				h.agent = func(s ecs.EC2DaemonService) ecs.EC2DaemonService {
					return s.WithDeployment(ecs.DaemonRolling{MinimumHealthyPercent: 50})
				}
			},
			"DeploymentConfiguration.MinimumHealthyPercent: 50 -> 0 (no rollout)",
		},
		"target capacity": {
			inProvider(func(p provider) provider { return p.WithManagedScaling(ecs.ManagedScaling{TargetCapacity: 80}) }),
			"ManagedScaling.TargetCapacity: 80 -> 100",
		},
		"warm-up": {
			inProvider(func(p provider) provider { return p.WithManagedScaling(ecs.ManagedScaling{Warmup: &minute}) }),
			"ManagedScaling.InstanceWarmupPeriod: 60 -> 300",
		},
		"no draining": {
			inProvider(provider.WithoutManagedDraining),
			`ManagedDraining: "DISABLED" -> "ENABLED"`,
		},
		"provider's tag": {
			inProvider(func(p provider) provider { return p.WithTag("a", "b") }),
			"Create.Tags[a]",
		},
		"instances in reserve": {
			func(h *herd) { h.least = 3 },
			"Create.MinSize: 3 -> 0",
		},
	}
}

// TestEverySettingOfAHerdGoesBack applies a setting, takes it away, and finds what was;
// the plan says what that does to tasks.
func TestEverySettingOfAHerdGoesBack(t *testing.T) {
	t.Parallel()
	for name, s := range herdSettings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := pasture(fakes.Options{Timing: fakes.Realistic})
				with := plainHerd()
				s.set(&with)
				applied(t, cloud, with.stack())
				p, err := plainHerd().stack().Plan(t.Context(), cloud.Config())
				require.NoError(t, err)
				require.Contains(t, p.String(), s.want)
				require.Equal(t, strings.Contains(s.want, "rolls tasks"), strings.Contains(p.String(), "rolls tasks"), "%s", p)
				applied(t, cloud, plainHerd().stack())
				applied(t, cloud, with.stack())
			})
		})
	}
}
