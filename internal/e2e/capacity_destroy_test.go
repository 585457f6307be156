// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// lone is a service alone on its instances, which are protected from scale-in while they
// have tasks.
func (h herd) lone() slipway.Stack {
	app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")).WithMemoryLimit(512 * ecs.MiB)
	task := ecs.NewEC2TaskDefinition("web").WithContainer(app)
	cluster := h.cluster().WithInstanceCapacity(h.capacity())
	web := ecs.NewEC2Service("web", cluster, task, vpc.Default()).WithCount(3)
	if !h.loose {
		web = web.WithCapacity(h.capacity())
	}
	return slipway.NewStack("shop", web)
}

// grazing is a cloud in which that stack runs.
func grazing(t *testing.T) *fakes.Cloud {
	t.Helper()
	cloud := pasture(fakes.Options{Timing: fakes.Realistic})
	_, err := plainHerd().lone().Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	cloud.ForgetCalls()
	return cloud
}

// TestDestroyOfAHerdKeepsTheOrderOfAWS: AWS refuses nothing, so that nothing is retried, and
// does not wait for what nobody would do.
func TestDestroyOfAHerdKeepsTheOrderOfAWS(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := grazing(t)
		began := cloud.Now()
		require.NoError(t, plainHerd().lone().Destroy(t.Context(), cloud.Config()))
		require.Less(t, cloud.Now().Sub(began), 5*time.Minute, "protected instances are not waited for")
		names := cloud.Calls().Writes().Names()
		for _, row := range []struct{ before, after, reason string }{
			{"ECS.DeleteService", "ECS.PutClusterCapacityProviders", "no provider is taken away that a service uses"},
			{"ECS.PutClusterCapacityProviders", "ECS.DeleteCapacityProvider", "nor deleted while the cluster has it"},
			{"Auto Scaling.SetInstanceProtection", "Auto Scaling.DeleteAutoScalingGroup", "protected instances would stay"},
			{"ECS.DeleteCapacityProvider", "Auto Scaling.DeleteAutoScalingGroup", "the provider would scale the group"},
			{"Auto Scaling.DeleteAutoScalingGroup", "EC2.DeleteLaunchTemplate", "the group launches from it"},
			{"EC2.DeleteLaunchTemplate", "IAM.DeleteInstanceProfile", "the template names it"},
			{"IAM.DeleteInstanceProfile", "IAM.DeleteRole", "the profile has the role"},
			{"Auto Scaling.DeleteAutoScalingGroup", "EC2.DeleteSecurityGroup", "instances have the group"},
			{"Auto Scaling.DeleteAutoScalingGroup", "ECS.DeleteCluster", "a cluster with instances is not deleted"},
		} {
			_, last := span(t, names, row.before)
			first, _ := span(t, names, row.after)
			require.Less(t, last, first, "%s before %s: %s", row.before, row.after, row.reason)
		}
		for _, c := range cloud.Calls().Writes() {
			require.NoError(t, c.Err, c.Operation)
		}
	})
}

// herdWrites is how many writes the tear-down takes.
func herdWrites(t *testing.T) (n int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cloud := grazing(t)
		require.NoError(t, plainHerd().lone().Destroy(t.Context(), cloud.Config(), slipway.Concurrency(1)))
		n = len(cloud.Calls().Writes())
	})
	require.Greater(t, n, 10)
	return n
}

// TestDestroyOfAHerdIsResumed ends the program right after the n-th write of a Destroy,
// for every n, and runs it again.
func TestDestroyOfAHerdIsResumed(t *testing.T) {
	t.Parallel()
	for n := range herdWrites(t) {
		t.Run(fmt.Sprint("write ", n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				before := fakes.New(fakes.Options{}).Snapshot()
				cloud := grazing(t)
				ctx, kill := context.WithCancel(t.Context())
				defer kill()
				killing(ctx, cloud, n, kill, fakes.Call.Write)
				require.Error(t, plainHerd().lone().Destroy(ctx, cloud.Config(), slipway.Concurrency(1)))
				require.NoError(t, plainHerd().lone().Destroy(t.Context(), cloud.Config()))
				cloud.Advance(forgotten)
				require.Empty(t, leftOf(cloud, before))
			})
		})
	}
}

// faulty has the write after n others go wrong.
func faulty(cloud *fakes.Cloud, n int, fault fakes.Interceptor) {
	var seen countdown
	cloud.Inject(fakes.Match{Times: fakes.Always}, func(c context.Context, r *fakes.Request, next func() (any, error)) (any, error) {
		if (fakes.Call{Operation: r.Operation}).Write() && seen.hit(n) {
			return fault(c, r, next)
		}
		return next()
	})
}

// TestOneFaultInTheDestroyOfAHerd: what was lost or throttled is asked for again.
func TestOneFaultInTheDestroyOfAHerd(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault fakes.Interceptor
		step  int
	}{"lost reply": {fakes.LostReply(), 1}, "throttling": {fakes.Throttling(), 5}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			every(t, herdWrites(t), row.step, func(t *testing.T, at int) {
				synctest.Test(t, func(t *testing.T) {
					before := fakes.New(fakes.Options{}).Snapshot()
					cloud := grazing(t)
					faulty(cloud, at, row.fault)
					require.NoError(t, plainHerd().lone().Destroy(t.Context(), cloud.Config()))
					cloud.Advance(forgotten)
					require.Empty(t, leftOf(cloud, before))
				})
			})
		})
	}
}

// TestAProviderThatOthersUse is not taken away from them.
func TestAProviderThatOthersUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := grazing(t)
		client := awsecs.NewFromConfig(cloud.Config())
		provider := clusterOf(t, cloud).DefaultCapacityProviderStrategy[0].CapacityProvider
		_, err := client.RegisterTaskDefinition(t.Context(), &awsecs.RegisterTaskDefinitionInput{
			Family: aws.String("other"), ContainerDefinitions: []ecstypes.ContainerDefinition{{
				Name: aws.String("app"), Image: aws.String("public.ecr.aws/shop/web:1"), Memory: aws.Int32(64),
			}},
		})
		require.NoError(t, err)
		_, err = client.CreateService(t.Context(), &awsecs.CreateServiceInput{
			Cluster: aws.String("shop"), ServiceName: aws.String("other"), TaskDefinition: aws.String("other"), DesiredCount: aws.Int32(1),
			CapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: provider, Weight: 1}},
		})
		require.NoError(t, err)
		cloud.Advance(time.Minute)
		before := cloud.Snapshot()

		_, planned := slipway.NewStack("shop", ecs.NewCluster("shop")).Plan(t.Context(), cloud.Config())
		for name, err := range map[string]error{
			"destroy": plainHerd().lone().Destroy(t.Context(), cloud.Config()), "plan": planned,
		} {
			require.ErrorIs(t, err, slipway.ErrConflict, name)
			require.ErrorContains(t, err, "delete ecs:CapacityProvider/nodes: conflict: services use it that are not of this stack: shop/other; "+
				"delete them or give them another capacity provider first")
		}
		require.Empty(t, cloud.Snapshot().Since(before), "nothing was begun")

		_, err = client.DeleteService(t.Context(), &awsecs.DeleteServiceInput{Cluster: aws.String("shop"), Service: aws.String("other"), Force: aws.Bool(true)})
		require.NoError(t, err)
		require.NoError(t, plainHerd().lone().Destroy(t.Context(), cloud.Config()))
	})
}

// TestMakingAHerdIsResumed ends the program right after the n-th write of an Apply, for
// every n, or loses what AWS says to that, and runs it again: nothing is there twice.
func TestMakingAHerdIsResumed(t *testing.T) {
	t.Parallel()
	var want map[string]int
	writes := 0
	synctest.Test(t, func(t *testing.T) {
		cloud := pasture(fakes.Options{Timing: fakes.Realistic})
		_, err := plainHerd().lone().Apply(t.Context(), cloud.Config(), slipway.Concurrency(1))
		require.NoError(t, err)
		writes, want = len(cloud.Calls().Writes()), kinds(cloud.Snapshot())
	})
	require.Greater(t, writes, 10)
	every(t, 2*writes, 1, func(t *testing.T, at int) {
		synctest.Test(t, func(t *testing.T) {
			cloud := pasture(fakes.Options{Timing: fakes.Realistic})
			ctx, kill := context.WithCancel(t.Context())
			defer kill()
			if at < writes {
				killing(ctx, cloud, at, kill, fakes.Call.Write)
			} else {
				faulty(cloud, at-writes, fakes.LostReply())
			}
			_, err := plainHerd().lone().Apply(ctx, cloud.Config(), slipway.Concurrency(1))
			require.Equal(t, at < writes, err != nil, "%v", err)
			applied(t, cloud, plainHerd().lone())
			require.Equal(t, want, withoutRevisions(kinds(cloud.Snapshot()), want))
		})
	})
}
