// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
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

// rolling is a service web of the image whose deployments go as told.
func rolling(image string, how ecs.Rolling) ecs.FargateService {
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app(image))
	return ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default()).WithCount(2).WithDeployment(how)
}

// rolledBack runs the test on such a service.
func rolledBack(t *testing.T, how ecs.Rolling, test func(c clinic)) {
	t.Helper()
	bubbled(t, fakes.Realistic, func(c clinic) {
		c.cloud = fakes.New(fakes.Options{Timing: fakes.Realistic})
		c.must(nil, apply(c.T, c.cloud, rolling("web:1", how)))
		test(c)
	})
}

// other begins another service with the same task definition.
func (c clinic) other() *ecstypes.Service {
	s := c.described()
	out, err := awsecs.NewFromConfig(c.cloud.Config()).CreateService(c.Context(), &awsecs.CreateServiceInput{
		Cluster: aws.String("shop"), ServiceName: aws.String("raw"), TaskDefinition: s.TaskDefinition, DesiredCount: aws.Int32(1),
		LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: s.NetworkConfiguration,
	})
	require.NoError(c, err)
	return out.Service
}

// TestRollbackAfterFailureForGood: ECS has left the old tasks in place, and has the
// failed revision as the service's.
func TestRollbackAfterFailureForGood(t *testing.T) {
	t.Parallel()
	rolledBack(t, ecs.Rolling{WithoutRollback: true}, func(c clinic) {
		c.cloud.Image("web:2", fakes.Program{Exit: &fakes.Exit{Code: 1}})
		require.Error(c, apply(c.T, c.cloud, rolling("web:2", ecs.Rolling{WithoutRollback: true})))
		s, err := ecs.Status(c.Context(), c.cloud.Config(), shopWeb)
		require.NoError(c, err)
		require.Equal(c, []int{2, 2, 0}, []int{s.Desired, s.Running, s.Updated})
		require.False(c, s.Steady(), "no task is of the revision that the service is to have")
		require.Contains(c, s.String(), "shop/web: 2 of 2 tasks running, 0 of them of web:2, 4 failed\n")
		c.succeeds(ecs.Rollback(c.Context(), c.cloud.Config(), shopWeb))
		require.Equal(c, "web:1", *c.definition().ContainerDefinitions[0].Image)
	})
}

// TestRollbackOfTheFirst has nothing to go back to, and leaves the deployment alone.
func TestRollbackOfTheFirst(t *testing.T) {
	t.Parallel()
	rolledBack(t, ecs.Rolling{}, func(c clinic) {
		other, raw := c.other(), ecs.ServiceNamed("shop", "raw")
		c.cloud.ForgetCalls()
		_, err := ecs.Rollback(c.Context(), c.cloud.Config(), raw)
		require.ErrorIs(c, err, slipway.ErrNotFound)
		require.Empty(c, c.cloud.Calls().Writes())
		stopped, err := ecs.Stop(c.Context(), c.cloud.Config(), raw)
		require.NoError(c, err)
		require.Equal(c, *other.CurrentServiceDeployment, stopped)
	})
}

// TestRollbackTakesAwayWhatCameLater: an update leaves alone what it does not name.
func TestRollbackTakesAwayWhatCameLater(t *testing.T) {
	t.Parallel()
	rolledBack(t, ecs.Rolling{}, func(c clinic) {
		connected := rolling("web:1", ecs.Rolling{}).WithServiceConnect(ecs.Connect{Namespace: "shop", Endpoints: []ecs.Endpoint{{Port: http}}})
		c.must(nil, apply(c.T, c.cloud, connected))
		require.True(c, c.described().Deployments[0].ServiceConnectConfiguration.Enabled)
		c.succeeds(ecs.Rollback(c.Context(), c.cloud.Config(), shopWeb))
		require.False(c, c.described().Deployments[0].ServiceConnectConfiguration.Enabled)
	})
}

// TestRollbackIsNoDrift: after it the stack's older declaration has nothing to do but for
// the revision of the task definition.
func TestRollbackIsNoDrift(t *testing.T) {
	t.Parallel()
	rolledBack(t, ecs.Rolling{}, func(c clinic) {
		c.must(nil, apply(c.T, c.cloud, rolling("web:2", ecs.Rolling{})))
		c.succeeds(ecs.Rollback(c.Context(), c.cloud.Config(), shopWeb))
		require.Equal(c, "LATEST", *c.described().PlatformVersion, "not the number that it stood for")
		plan, err := slipway.NewStack("shop", rolling("web:2", ecs.Rolling{})).Plan(c.Context(), c.cloud.Config())
		require.NoError(c, err)
		require.Len(c, plan.Changes, 1, "%s", plan)
		require.Len(c, plan.Changes[0].Fields, 1)
		require.Equal(c, "Create.TaskDefinition", plan.Changes[0].Fields[0].Path)
	})
}

// TestRollbackPassesOverRestarts, whose revisions are those before, and is undone by
// another one.
func TestRollbackPassesOverRestarts(t *testing.T) {
	t.Parallel()
	rolledBack(t, ecs.Rolling{}, func(c clinic) {
		cfg := c.cloud.Config()
		c.succeeds(ecs.UpdateImage(c.Context(), cfg, shopWeb, "app", ecs.ImageRef("web:2")))
		for range 21 { // more than ECS lists at a time
			c.succeeds(ecs.Restart(c.Context(), cfg, shopWeb))
		}
		c.succeeds(ecs.Rollback(c.Context(), cfg, shopWeb))
		require.Equal(c, "web:1", *c.definition().ContainerDefinitions[0].Image)
		c.succeeds(ecs.Rollback(c.Context(), cfg, shopWeb))
		require.Equal(c, "web:2", *c.definition().ContainerDefinitions[0].Image)
	})
}

func TestRollbackToWhatIsNot(t *testing.T) {
	t.Parallel()
	rolledBack(t, ecs.Rolling{}, func(c clinic) {
		cfg, client := c.cloud.Config(), awsecs.NewFromConfig(c.cloud.Config())
		_, err := ecs.Rollback(c.Context(), cfg, shopWeb, ecs.ToRevision(""))
		require.ErrorIs(c, err, slipway.ErrInvalid)
		_, err = ecs.Rollback(c.Context(), cfg, shopWeb, ecs.ToRevision(*c.other().CurrentServiceRevisions[0].Arn))
		require.ErrorIs(c, err, slipway.ErrNotFound, "of another service")

		c.succeeds(ecs.UpdateImage(c.Context(), cfg, shopWeb, "app", ecs.ImageRef("web:2")))
		c.must(client.DeregisterTaskDefinition(c.Context(), &awsecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String("web:1")}))
		_, err = ecs.Rollback(c.Context(), cfg, shopWeb)
		require.ErrorContains(c, err, "with task definition web:1: ")
		require.ErrorContains(c, err, "TaskDefinition is inactive")
		require.Equal(c, "web:2", *c.definition().ContainerDefinitions[0].Image)
	})
}

// TestStopTwice: the rollback goes on, whoever asks for it again.
func TestStopTwice(t *testing.T) {
	t.Parallel()
	one := ecs.Rolling{MinimumHealthyPercent: ecs.NoneHealthy, MaximumPercent: 100, WithoutCircuitBreaker: true}
	rolledBack(t, one, func(c clinic) {
		cfg := c.cloud.Config()
		c.cloud.Image("web:2", fakes.Program{Exit: &fakes.Exit{Code: 1}})
		deployment, err := ecs.UpdateImage(c.Context(), cfg, shopWeb, "app", ecs.ImageRef("web:2"))
		require.NoError(c, err)
		time.Sleep(time.Minute)
		for range 2 {
			for _, stop := range []func() (string, error){
				func() (string, error) { return ecs.Stop(c.Context(), cfg, shopWeb) },
				func() (string, error) { return ecs.Rollback(c.Context(), cfg, shopWeb) },
			} {
				stopped, err := stop()
				require.NoError(c, err)
				require.Equal(c, deployment, stopped)
			}
		}
		_, err = c.watched(c.Context(), deployment)
		require.ErrorContains(c, err, "was rolled back")
		require.Equal(c, "web:1", *c.definition().ContainerDefinitions[0].Image)
	})
}

// TestOfWhatIsBeingDeleted: it can be looked at, and not be changed.
func TestOfWhatIsBeingDeleted(t *testing.T) {
	t.Parallel()
	rolledBack(t, ecs.Rolling{}, func(c clinic) {
		cfg := c.cloud.Config()
		c.must(awsecs.NewFromConfig(cfg).DeleteService(c.Context(), &awsecs.DeleteServiceInput{
			Cluster: aws.String("shop"), Service: aws.String("web"), Force: aws.Bool(true),
		}))
		s, err := ecs.Status(c.Context(), cfg, shopWeb)
		require.NoError(c, err)
		require.Equal(c, "DRAINING", s.State)
		require.False(c, s.Steady())
		require.Contains(c, s.String(), ", draining\n")
		for name, change := range map[string]func() (string, error){
			"Restart":  func() (string, error) { return ecs.Restart(c.Context(), cfg, shopWeb) },
			"Stop":     func() (string, error) { return ecs.Stop(c.Context(), cfg, shopWeb) },
			"Rollback": func() (string, error) { return ecs.Rollback(c.Context(), cfg, shopWeb) },
			"Scale":    func() (string, error) { return "", ecs.Scale(c.Context(), cfg, shopWeb, 1) },
			"UpdateImage": func() (string, error) {
				return ecs.UpdateImage(c.Context(), cfg, shopWeb, "app", ecs.ImageRef("web:2"))
			},
		} {
			_, err := change()
			require.ErrorIs(c, err, slipway.ErrNotFound, name)
			require.ErrorContains(c, err, "is being deleted", name)
		}
		time.Sleep(10 * time.Minute)
		_, err = ecs.Status(c.Context(), cfg, shopWeb)
		require.ErrorIs(c, err, slipway.ErrNotFound)
	})
}
