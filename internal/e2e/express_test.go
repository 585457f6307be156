// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/vpc"
)

// gateway is a service of Express Mode in a cluster of the stack.
func gateway() ecs.ExpressService {
	return ecs.NewExpressService("web", ecs.ImageRef("public.ecr.aws/shop/web:1")).WithCluster(ecs.NewCluster("shop")).WithNetwork(vpc.Default())
}

// expressSettings are those of services of Express Mode.
func expressSettings() map[string]func(ecs.ExpressService) ecs.ExpressService {
	type service = ecs.ExpressService
	return map[string]func(service) service{
		"size":         func(s service) service { return s.WithSize(ecs.VCPU, 4*ecs.GiB) },
		"architecture": func(s service) service { return s.WithArchitecture(ecs.ARM64) },
		"port":         func(s service) service { return s.WithPort(8080) },
		"health check": func(s service) service { return s.WithHealthCheckPath("/up?deep=1") },
		"env":          func(s service) service { return s.WithEnv("B", "2").WithEnv("A", "1") },
		"secret":       func(s service) service { return s.WithSecret("KEY", ecs.SSMParameter("/shop/key")) },
		"command":      func(s service) service { return s.WithCommand("serve", "-v") },
		"logs":         func(s service) service { return s.WithLogs(ecs.NewLogGroup("/shop/web"), "web") },
		"security group": func(s service) service {
			return s.WithSecurityGroup(vpc.NewSecurityGroup("extra", "extra", vpc.Default()))
		},
		"scaling": func(s service) service {
			return s.WithScaling(ecs.ExpressScaling{Min: 2, Max: 4, Metric: ecs.RequestsPerTarget, Target: 1000})
		},
		"memory as metric": func(s service) service {
			return s.WithScaling(ecs.ExpressScaling{Metric: ecs.AverageMemory, Target: 70})
		},
		"tag":            func(s service) service { return s.WithTag("a", "b") },
		"execution role": func(s service) service { return s.WithExecutionRole(iam.NewRole("runs")) },
	}
}

// TestExpressSettingsGoBack: each is applied, found again, taken away, and the stack
// destroyed, after which nothing is left but what ECS keeps.
func TestExpressSettingsGoBack(t *testing.T) {
	t.Parallel()
	for name, set := range expressSettings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := account(t, fakes.Options{})
				before := cloud.Snapshot()
				for i, s := range []ecs.ExpressService{set(gateway()), gateway()} {
					stack := slipway.NewStack("shop", s)
					p, err := stack.Plan(t.Context(), cloud.Config())
					require.NoError(t, err)
					require.False(t, p.Empty(), "step %d is a change", i)
					_, err = stack.Apply(t.Context(), cloud.Config())
					require.NoError(t, err, "step %d", i)
					p, err = stack.Plan(t.Context(), cloud.Config())
					require.NoError(t, err)
					require.True(t, p.Empty(), "after step %d: %s", i, p)
				}
				require.NoError(t, slipway.NewStack("shop", gateway()).Destroy(t.Context(), cloud.Config()))
				require.Empty(t, cloud.Calls().Of("Application Auto Scaling", "DeregisterScalableTarget"), "it has the service's tags, and is ECS's own")
				for name := range created(before, cloud.Snapshot()) {
					require.Regexp(t, expressLeft, name)
				}
			})
		})
	}
}

// expressLeft is what stays when a service of Express Mode is gone: the log group and the
// task definitions that ECS made, and the roles of services.
const expressLeft = `^(logs us-east-1 log-group /aws/ecs/shop/web-|ecs us-east-1 task-definition shop-web:|iam global role AWSServiceRole)`

// created are the names of what is there now and was not before.
func created(before, now fakes.Snapshot) map[string]bool {
	names := map[string]bool{}
	for _, name := range now.Names() {
		if before.State(name) == "" {
			names[name] = true
		}
	}
	return names
}

// TestExpressBesideOtherServices: each is taken for what it is, and what is not declared
// any more is deleted.
func TestExpressBesideOtherServices(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := account(t, fakes.Options{})
		_, plain := worker().build()
		both := slipway.NewStack("shop", plain, ecs.NewExpressService("front", ecs.ImageRef("nginx:1")).WithCluster(ecs.ClusterNamed("shop")))
		one := slipway.NewStack("shop", plain).WithKinds(ecs.Kinds()...)
		for _, stack := range []slipway.Stack{slipway.NewStack("shop", plain), both, one, both} {
			_, err := stack.Apply(t.Context(), cloud.Config())
			require.NoError(t, err)
			p, err := stack.Plan(t.Context(), cloud.Config())
			require.NoError(t, err)
			require.True(t, p.Empty(), "%s", p)
		}
		require.NoError(t, both.Destroy(t.Context(), cloud.Config()))
	})
}
