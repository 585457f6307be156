// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// span returns where the calls of a name begin and end; they must be there.
func span(t *testing.T, names []string, name string) (first, last int) {
	t.Helper()
	first = slices.Index(names, name)
	require.GreaterOrEqual(t, first, 0, "%s in %v", name, names)
	for i, n := range names {
		if n == name {
			last = i
		}
	}
	return first, last
}

// TestDestroyKeepsTheOrderOfAWS checks the sequence of deletions.
func TestDestroyKeepsTheOrderOfAWS(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	apply(t, cloud, standard())
	cloud.ForgetCalls()
	stack, _ := standard().build()
	require.NoError(t, stack.Destroy(t.Context(), cloud.Config()))
	names := cloud.Calls().Writes().Names()
	for _, row := range []struct{ before, after, reason string }{
		{"Application Auto Scaling.DeregisterScalableTarget", "ECS.DeleteService", "scaling would start tasks again"},
		{"ECS.DeleteService", "ECS.DeleteCluster", "a cluster with services is not deleted"},
		{"ECS.DeleteService", "Elastic Load Balancing v2.DeleteRule", "traffic goes to the service until it drains"},
		{"Elastic Load Balancing v2.DeleteRule", "Elastic Load Balancing v2.DeleteTargetGroup", "a group in use is not deleted"},
		{"Elastic Load Balancing v2.DeleteListener", "Elastic Load Balancing v2.DeleteLoadBalancer", "listeners stand on the balancer"},
		{"Elastic Load Balancing v2.DeleteLoadBalancer", "EC2.DeleteSecurityGroup", "its interfaces use the group"},
		{"EC2.RevokeSecurityGroupIngress", "EC2.DeleteSecurityGroup", "rules refer to groups"},
		{"ECS.DeleteService", "IAM.DeleteRole", "tasks use their roles until they stop"},
		{"IAM.DeleteRolePolicy", "IAM.DeleteRole", "a role with policies is not deleted"},
		{"ECS.DeleteService", "CloudWatch Logs.DeleteLogGroup", "tasks write to it until they stop"},
	} {
		first, _ := span(t, names, row.before)
		_, last := span(t, names, row.after)
		require.Less(t, first, last, "%s before %s: %s", row.before, row.after, row.reason)
	}
	for _, c := range cloud.Calls().Writes() {
		require.NoError(t, c.Err, "AWS refuses nothing, so that nothing is retried")
	}
}

// TestDestroyIsResumed ends the program right after the n-th write of a Destroy,
// for every n, and runs it again.
func TestDestroyIsResumed(t *testing.T) {
	t.Parallel()
	stack, _ := standard().build()
	clean := account(t, fakes.Options{})
	apply(t, clean, standard())
	clean.ForgetCalls()
	require.NoError(t, stack.Destroy(t.Context(), clean.Config(), slipway.Concurrency(1)))
	writes := len(clean.Calls().Writes())
	clean.Advance(forgotten)
	want := kinds(clean.Snapshot())
	for n := range writes {
		t.Run(fmt.Sprint("write ", n), func(t *testing.T) {
			t.Parallel()
			cloud := account(t, fakes.Options{})
			apply(t, cloud, standard())
			ctx, kill := context.WithCancel(t.Context())
			defer kill()
			killing(ctx, cloud, n, kill, fakes.Call.Write)
			require.Error(t, stack.Destroy(ctx, cloud.Config(), slipway.Concurrency(1)))
			require.NoError(t, stack.Destroy(t.Context(), cloud.Config()))
			cloud.Advance(forgotten)
			require.Equal(t, want, kinds(cloud.Snapshot()))
		})
	}
}

// killing ends the program, whose context is ctx, after n more of the calls.
func killing(ctx context.Context, cloud *fakes.Cloud, n int, kill func(), counts func(fakes.Call) bool) {
	var calls countdown
	cloud.Inject(fakes.Match{Times: fakes.Always}, func(_ context.Context, r *fakes.Request, next func() (any, error)) (any, error) {
		out, err := next()
		if ctx.Err() == nil && counts(fakes.Call{Operation: r.Operation}) && calls.hit(n) {
			kill()
			return nil, errors.New("the program is gone")
		}
		return out, err
	})
}

func TestMakeDestroyMake(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	stack, _ := standard().build()
	for range 3 {
		apply(t, cloud, standard())
		require.True(t, plan(t, cloud, standard()).Empty())
		for _, c := range cloud.Calls().Of("ECS", "CreateService") {
			require.NotContains(t, fmt.Sprintf("%+v", c.Input), "ClientToken:0x", "AWS may remember the token of a service that is gone")
		}
		require.NoError(t, stack.Destroy(t.Context(), cloud.Config()))
	}
}

func TestDeletionProtectionIsFoundFirst(t *testing.T) {
	t.Parallel()
	network := vpc.Default()
	cloud := account(t, fakes.Options{})
	declared := func(app elb.Application) slipway.Stack { return slipway.NewStack("edge", app) }
	open := elb.NewApplication("edge", network)
	closed := declared(open.WithDeletionProtection())
	_, err := closed.Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	before := cloud.Snapshot()

	none := slipway.NewStack("edge").WithKinds(elb.Kinds()...)
	_, planned := none.Plan(t.Context(), cloud.Config())
	_, applied := none.Apply(t.Context(), cloud.Config())
	for name, err := range map[string]error{
		"destroy": closed.Destroy(t.Context(), cloud.Config()), "plan": planned, "apply": applied,
	} {
		require.ErrorIs(t, err, slipway.ErrConflict, name)
		require.ErrorContains(t, err, "delete elb:LoadBalancer/edge", name)
		require.ErrorContains(t, err, "apply the balancer without WithDeletionProtection first", name)
	}
	require.Empty(t, cloud.Snapshot().Since(before), "no listener is gone")

	_, err = declared(open).Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.NoError(t, closed.Destroy(t.Context(), cloud.Config()))
}

func TestARepositoryWithImagesIsKept(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	repository := ecr.NewRepository("web")
	stack := slipway.NewStack("images", repository, ecr.NewRepository("other"))
	_, err := stack.Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	image, err := random.Image(1<<10, 1)
	require.NoError(t, err)
	_, err = ecr.Push(t.Context(), cloud.Config(), ecr.RepositoryNamed("web"), ecr.FromImage(image))
	require.NoError(t, err)

	err = stack.Destroy(t.Context(), cloud.Config())
	require.ErrorIs(t, err, slipway.ErrConflict)
	require.ErrorContains(t, err, "delete ecr:Repository/web: conflict: it holds images")
	out, err := awsecr.NewFromConfig(cloud.Config()).DescribeRepositories(t.Context(), &awsecr.DescribeRepositoriesInput{})
	require.NoError(t, err)
	require.Len(t, out.Repositories, 2, "the empty one stays, too")

	forced := slipway.NewStack("images", repository.WithForceDelete(), ecr.NewRepository("other"))
	_, err = forced.Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.NoError(t, forced.Destroy(t.Context(), cloud.Config()))
}
