// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/vpc"
)

// TestWhatIsNamedAndDeclaredComesFirst: a stack may declare what its other resources
// take for existing.
func TestWhatIsNamedAndDeclaredComesFirst(t *testing.T) {
	t.Parallel()
	cluster, group := ecs.NewCluster("shop"), ecs.NewLogGroup("/shop/web")
	tasks := iam.ServicePrincipal{Service: "ecs-tasks.amazonaws.com"}
	role := iam.NewRole("reader").WithTrust(tasks).WithPath("/")
	named, reader := ecs.ClusterNamed("shop"), iam.RoleARN("arn:aws:iam::123456789012:role/reader")
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithTaskRole(reader).
		WithContainer(ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")).
			WithLogging(ecs.AWSLogs{Group: ecs.LogGroupNamed("/shop/web")}))
	template := ecs.NewInstanceTemplate("nodes", named, ecs.AL2023, vpc.Default()).WithInstanceType("m5.large").LaunchTemplate()
	for _, row := range []struct {
		name        string
		user, named slipway.Resource
	}{
		{"a service's cluster", ecs.NewFargateService("web", named, task, vpc.Default()), cluster},
		{"an express service's cluster", ecs.NewExpressService("web", ecs.ImageRef("public.ecr.aws/shop/web:1")).WithCluster(named), cluster},
		{"a template's cluster", template, cluster},
		{"a task's log group", task, group},
		{"a task's role", task, role},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			cfg := fakes.New(fakes.Options{}).Config()
			stack := slipway.NewStack("shop", row.user, cluster, group, role)
			p, err := stack.Plan(t.Context(), cfg)
			require.NoError(t, err)
			at := func(id slipway.ID) int {
				return slices.IndexFunc(p.Changes, func(c slipway.Change) bool { return c.ID == id })
			}
			require.GreaterOrEqual(t, at(row.named.ID()), 0)
			require.Greater(t, at(row.user.ID()), at(row.named.ID()), "%s", p)
			_, err = stack.Apply(t.Context(), cfg)
			require.NoError(t, err)
		})
	}
}
