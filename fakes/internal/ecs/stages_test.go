// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/ecs"
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// crossing is a bench with a listener rule that forwards to two target groups.
type crossing struct {
	*bench
	*neighbours
	rule    string
	weights map[string]int
}

const (
	otherGroup  = targetGroup + "2"
	infraRole   = "arn:aws:iam::123456789012:role/infrastructure"
	hookFunc    = "arn:aws:lambda:us-east-1:123456789012:function:check"
	albListener = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/shop/1/2/3"
	nlbListener = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/net/shop/1/2"
)

func newCrossing(t *testing.T, timing world.Timing, rule string) *crossing {
	t.Helper()
	s := sim.New(sim.Options{})
	w := newNeighbours()
	c := &crossing{neighbours: w, rule: rule, weights: map[string]int{targetGroup: 100, otherGroup: 0}}
	c.bench = benchOf(t, s, w, ecs.New(s, timing, ecs.Needs{
		Access: c, Images: w, Network: w, Targets: w, Secrets: w, Logs: w, Alarms: w, FileSystems: w, Traffic: c,
	}))
	for _, arn := range []string{targetGroup, otherGroup} {
		w.groups[arn] = world.TargetGroup{ARN: arn, VPC: "vpc-1", TargetType: "ip", LoadBalancers: []string{"lb"}}
	}
	c.cluster()
	c.image("app:1")
	return c
}

func (c *crossing) Assume(role, _, session string, _ map[string][]string) (sim.Principal, error) {
	return sim.Principal{ARN: role + "/" + session, Account: account, Role: role}, nil
}

func (c *crossing) Weights(_, rule string) (map[string]int, bool) { return c.weights, rule == c.rule }

func (c *crossing) SetWeights(_, _ string, weights map[string]int) { c.weights = weights }

// deploy creates the service, lets it settle, and begins a deployment of another image.
func (c *crossing) deploy(image string, d ecstypes.DeploymentConfiguration) {
	c.tb.Helper()
	c.create(2, func(in *awsecs.CreateServiceInput) {
		in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{Strategy: ecstypes.DeploymentStrategyBlueGreen, BakeTimeInMinutes: aws.Int32(0)}
		in.LoadBalancers = []ecstypes.LoadBalancer{{
			TargetGroupArn: aws.String(targetGroup), ContainerName: aws.String("app"), ContainerPort: aws.Int32(8080),
			AdvancedConfiguration: &ecstypes.AdvancedConfiguration{
				AlternateTargetGroupArn: aws.String(otherGroup), ProductionListenerRule: &c.rule, RoleArn: aws.String(infraRole),
			},
		}}
	})
	c.wait(time.Hour)
	require.Equal(c.tb, ecstypes.ServiceDeploymentStatusSuccessful, c.rollouts()[0].Status)
	c.image(image)
	c.update(func(in *awsecs.UpdateServiceInput) {
		in.TaskDefinition, in.DeploymentConfiguration = aws.String("web"), &d
	})
}

func blueGreen(hooks ...ecstypes.DeploymentLifecycleHook) ecstypes.DeploymentConfiguration {
	return ecstypes.DeploymentConfiguration{
		Strategy: ecstypes.DeploymentStrategyBlueGreen, BakeTimeInMinutes: aws.Int32(0), LifecycleHooks: hooks,
	}
}

func hook(kind ecstypes.DeploymentLifecycleHookTargetType, stage ecstypes.DeploymentLifecycleHookStage, minutes int32,
	action ecstypes.DeploymentLifecycleHookAction,
) ecstypes.DeploymentLifecycleHook {
	h := ecstypes.DeploymentLifecycleHook{TargetType: kind, LifecycleStages: []ecstypes.DeploymentLifecycleHookStage{stage}}
	if kind == ecstypes.DeploymentLifecycleHookTargetTypeAwsLambda {
		h.HookTargetArn, h.RoleArn = aws.String(hookFunc), aws.String(infraRole)
	}
	if minutes > 0 {
		h.TimeoutConfiguration = &ecstypes.DeploymentLifecycleHookTimeoutConfiguration{TimeoutInMinutes: &minutes, Action: action}
	}
	return h
}

// TestStageLimits: a stage lasts 24 hours at most, a pause as long as its time-out, and
// the whole 30 days.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/canary-deployment.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/pause-lifecycle-hooks.html
func TestStageLimits(t *testing.T) {
	t.Parallel()
	const (
		pause  = ecstypes.DeploymentLifecycleHookTargetTypePause
		lambda = ecstypes.DeploymentLifecycleHookTargetTypeAwsLambda
		post   = ecstypes.DeploymentLifecycleHookStagePostScaleUp
		shift  = ecstypes.DeploymentLifecycleHookStageProductionTrafficShift
		goesOn = ecstypes.DeploymentLifecycleHookActionContinue
		back   = ecstypes.DeploymentLifecycleHookActionRollback
		day    = 24 * time.Hour
	)
	late := func(stage string) string {
		return fmt.Sprintf("Service deployment rolled back because the lifecycle stage %s took longer than 24 hours.", stage)
	}
	const byHook = "Service deployment rolled back because of hook execution failure(s)."
	for name, c := range map[string]struct {
		image  string
		config ecstypes.DeploymentConfiguration
		lasts  time.Duration // and is still in progress a minute before
		status ecstypes.ServiceDeploymentStatus
		reason string
	}{
		"tasks never get healthy": {"app:bad", blueGreen(), day, ecstypes.ServiceDeploymentStatusRollbackSuccessful, late("SCALE_UP")},
		"a function without time-out is never done": {"app:2", blueGreen(hook(lambda, post, 0, "")), day,
			ecstypes.ServiceDeploymentStatusRollbackSuccessful, byHook},
		"a function with a longer time-out": {"app:2", blueGreen(hook(lambda, post, 2000, goesOn)), day,
			ecstypes.ServiceDeploymentStatusRollbackSuccessful, late("POST_SCALE_UP")},
		"a function while traffic is shifted": {"app:2", blueGreen(hook(lambda, shift, 2000, goesOn)), day,
			ecstypes.ServiceDeploymentStatusRollbackSuccessful, late("PRODUCTION_TRAFFIC_SHIFT")},
		"a function that may time out": {"app:2", blueGreen(hook(lambda, post, 60, goesOn)), time.Hour,
			ecstypes.ServiceDeploymentStatusSuccessful, ""},
		"a pause without time-out": {"app:2", blueGreen(hook(pause, post, 0, "")), day, ecstypes.ServiceDeploymentStatusRollbackSuccessful, byHook},
		"a pause of 14 days":       {"app:2", blueGreen(hook(pause, post, 20160, goesOn)), 14 * day, ecstypes.ServiceDeploymentStatusSuccessful, ""},
		"a pause of 14 days, and back": {"app:2", blueGreen(hook(pause, post, 20160, back)), 14 * day,
			ecstypes.ServiceDeploymentStatusRollbackSuccessful, byHook},
		"pauses of 42 days": {"app:2", blueGreen(hook(pause, ecstypes.DeploymentLifecycleHookStagePreScaleUp, 20160, goesOn), hook(pause, post, 20160, goesOn),
			hook(pause, ecstypes.DeploymentLifecycleHookStagePreProductionTrafficShift, 20160, goesOn)), 30 * day,
			ecstypes.ServiceDeploymentStatusRollbackSuccessful, "Service deployment rolled back because it took longer than 30 days."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newCrossing(t, world.Timing{Schedule: 5 * time.Second}, albListener)
			b.fake.SetFunction(hookFunc, func(world.HookEvent) world.HookAnswer {
				return world.HookAnswer{Status: ecstypes.DeploymentLifecycleHookStatusInProgress, Delay: time.Hour}
			})
			b.fake.SetProgram("app:bad", world.Program{Start: 100 * day})
			if c.image == "app:bad" {
				b.world.health[otherGroup] = "initial"
			}
			b.deploy(c.image, c.config)
			b.wait(c.lasts - time.Minute)
			require.Equal(t, ecstypes.ServiceDeploymentStatusInProgress, b.rollouts()[0].Status)
			b.wait(3 * time.Minute)
			got := b.rollouts()[0]
			require.Equal(t, c.status, got.Status)
			require.Equal(t, c.reason, aws.ToString(got.StatusReason))
			if c.reason != "" {
				require.Equal(t, 100, b.weights[targetGroup], "traffic is where it was")
			}
		})
	}
}

// TestNetworkShift: where a Network Load Balancer shifts traffic, the two stages of that
// last ten minutes longer each.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/nlb-resources-for-blue-green.html
func TestNetworkShift(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule   string
		stages map[time.Duration]ecstypes.ServiceDeploymentLifecycleStage
	}{
		"application": {albListener, map[time.Duration]ecstypes.ServiceDeploymentLifecycleStage{
			5 * time.Minute: ecstypes.ServiceDeploymentLifecycleStageBakeTime,
		}},
		"network": {nlbListener, map[time.Duration]ecstypes.ServiceDeploymentLifecycleStage{
			5 * time.Minute: ecstypes.ServiceDeploymentLifecycleStageTestTrafficShift, 15 * time.Minute: ecstypes.ServiceDeploymentLifecycleStageProductionTrafficShift,
			25 * time.Minute: ecstypes.ServiceDeploymentLifecycleStageBakeTime,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newCrossing(t, world.Timing{Schedule: 5 * time.Second, NetworkShift: world.Realistic.NetworkShift}, c.rule)
			config := blueGreen()
			config.BakeTimeInMinutes = aws.Int32(60)
			b.deploy("app:2", config)
			for at := time.Duration(0); at <= 25*time.Minute; at += 5 * time.Minute {
				if stage, ok := c.stages[at]; ok {
					require.Equal(t, stage, b.rollouts()[0].LifecycleStage, at)
				}
				b.wait(5 * time.Minute)
			}
		})
	}
}
