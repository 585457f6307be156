// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// fleet is a stack of n services behind one balancer.
func fleet(n int) slipway.Stack { return named("fleet", "fleet", n) }

// named is a stack of that name whose things' names begin with prefix.
func named(stack, prefix string, n int) slipway.Stack {
	network := vpc.Default()
	cluster := ecs.NewCluster(prefix)
	balancer := elb.NewApplication(prefix, network)
	var all []slipway.Resource
	for i := range n {
		name := fmt.Sprintf("%s-%d", prefix, i)
		http := ecs.TCP("http", 8080)
		app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")).WithPort(http)
		task := ecs.NewFargateTaskDefinition(name, ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
		all = append(all, ecs.NewFargateService(name, cluster, task, network).
			WithRoute(balancer.Route("/"+name), app, http))
	}
	return slipway.NewStack(stack, all...)
}

func TestTwoStacksInOneAccount(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	one, two := named("one", "a", 2), named("two", "b", 1)
	for _, s := range []slipway.Stack{one, two} {
		_, err := s.Apply(t.Context(), cloud.Config())
		require.NoError(t, err)
	}
	for _, s := range []slipway.Stack{one, two} {
		p, err := s.Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		require.True(t, p.Empty(), "neither prunes what is the other's: %s", p)
	}
	require.NoError(t, one.Destroy(t.Context(), cloud.Config()))
	p, err := two.Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.True(t, p.Empty(), "%s", p)
}

func TestOneStackInTwoRegions(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	here, there := cloud.Config(), cloud.Config()
	there.Region = "eu-central-1"
	s := named("one", "a", 1)
	for _, cfg := range []aws.Config{here, there} {
		_, err := s.Apply(t.Context(), cfg)
		require.NoError(t, err)
	}
	before := inRegion(cloud, there.Region)
	require.NoError(t, s.Destroy(t.Context(), here))
	p, err := s.Plan(t.Context(), there)
	require.NoError(t, err)
	require.True(t, p.Empty(), "roles of the other region stay, too: %s", p)
	require.Equal(t, before, inRegion(cloud, there.Region))
}

// inRegion returns the names of what a region holds, and of its roles.
func inRegion(cloud *fakes.Cloud, region string) []string {
	var out []string
	for _, name := range cloud.Snapshot().Names() {
		if strings.Contains(name, region) {
			out = append(out, name)
		}
	}
	return out
}

// TestAnOutsiderEndsNothing: a stack without declarations and with all kinds finds
// nothing that is another stack's.
func TestAnOutsiderEndsNothing(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	apply(t, cloud, standard())
	cloud.Advance(time.Minute)
	before := cloud.Snapshot()
	require.NoError(t, slipway.NewStack("sho").WithKinds(everyKind()...).Destroy(context.WithoutCancel(t.Context()), cloud.Config()))
	require.Empty(t, cloud.Snapshot().Since(before))
}
