// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

func warned(s ecs.FargateService) []string {
	var found []string
	for _, w := range slipway.NewStack("shop", s).Warnings() {
		found = append(found, w.Rule)
	}
	return found
}

func TestGroupsThatNobodyOpensAreWarnedOf(t *testing.T) {
	t.Parallel()
	c := app("nginx:1")
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c)
	bare := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default())
	behind := bare.WithRoute(elb.NewApplication("shop", vpc.Default()).Route("/*"), c, http)
	foreign := vpc.GroupID("sg-0123456789abcdef0")
	own := vpc.NewSecurityGroup("web", "Web.", vpc.Default())
	require.NotContains(t, warned(bare.WithSecurityGroup(foreign)), "ecs-service-group-ingress", "no balancer must get through")
	require.NotContains(t, warned(behind), "ecs-service-group-ingress", "the derived group is opened")
	require.NotContains(t, warned(behind.WithSecurityGroup(foreign).WithSecurityGroup(own)), "ecs-service-group-ingress", "one of them is opened")
	require.Contains(t, warned(behind.WithSecurityGroup(foreign)), "ecs-service-group-ingress")
	require.NoError(t, behind.WithSecurityGroup(foreign).Validate(), "it is only a warning")
}

func TestSettingsThatNobodySeesAreWarnedOf(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(*awsecs.CreateServiceInput){
		"monitoring": func(in *awsecs.CreateServiceInput) {
			in.Monitoring = &ecstypes.MonitoringConfiguration{MetricConfigurations: make([]ecstypes.MetricConfiguration, 1)}
		},
		"gateway": func(in *awsecs.CreateServiceInput) { in.GatewayConnectors = make([]ecstypes.GatewayConnector, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, warned(worker("worker:1").WithOverride(f)), "ecs-service-unseen")
		})
	}
	require.NotContains(t, warned(worker("worker:1")), "ecs-service-unseen")
}

// TestWhatAnOverrideSetIsCompared: VPC Lattice, which the simulation lacks, is played
// by interceptors.
func TestWhatAnOverrideSetIsCompared(t *testing.T) {
	t.Parallel()
	ctx, cloud := patience(t), fakes.New(fakes.Options{})
	require.NoError(t, apply(t, cloud, worker("worker:1")))
	lattice := func(port string) []ecstypes.VpcLatticeConfiguration {
		return []ecstypes.VpcLatticeConfiguration{{PortName: &port, RoleArn: aws.String("r"), TargetGroupArn: aws.String("g")}}
	}
	with := func(port string) slipway.Stack {
		return slipway.NewStack("shop", worker("worker:1").WithOverride(func(in *awsecs.CreateServiceInput) {
			in.VpcLatticeConfigurations = lattice(port)
		}))
	}
	plan, err := with("http").Plan(ctx, cloud.Config())
	require.NoError(t, err)
	require.Len(t, plan.Changes, 1)
	require.True(t, plan.Changes[0].RollsTasks, "%s", plan)

	var kept []ecstypes.VpcLatticeConfiguration
	cloud.Inject(fakes.Match{Service: "ECS", Operation: "UpdateService"}, func(_ context.Context, r *fakes.Request, _ func() (any, error)) (any, error) {
		in, ok := r.Input.(*awsecs.UpdateServiceInput)
		if ok {
			kept = in.VpcLatticeConfigurations
		}
		return &awsecs.UpdateServiceOutput{}, nil
	})
	cloud.Inject(fakes.Match{Service: "ECS", Operation: "DescribeServices", Times: fakes.Always}, func(_ context.Context, _ *fakes.Request, next func() (any, error)) (any, error) {
		out, err := next()
		if described, ok := out.(*awsecs.DescribeServicesOutput); ok && len(described.Services) > 0 {
			described.Services[0].Deployments[0].VpcLatticeConfigurations = kept
		}
		return out, err
	})
	_, err = with("http").Apply(ctx, cloud.Config())
	require.NoError(t, err)
	require.Equal(t, lattice("http"), kept)
	plan, err = with("http").Plan(ctx, cloud.Config())
	require.NoError(t, err)
	require.Empty(t, plan.Changes, "%s", plan)
	plan, err = with("admin").Plan(ctx, cloud.Config())
	require.NoError(t, err)
	require.Len(t, plan.Changes, 1)
}

// Who leaves the strategy to the cluster has nobody launch instances.
func TestServicesBesideTheDefaultStrategyAreWarnedOf(t *testing.T) {
	t.Parallel()
	const rule = "ecs-service-default-strategy"
	warned := func(s slipway.Resource) []string {
		var found []string
		for _, w := range slipway.NewStack("shop", s).Warnings() {
			found = append(found, w.Rule)
		}
		return found
	}
	share := ecs.InstanceCapacity{Provider: ecs.ProviderNamed("nodes"), Weight: 1}
	cluster := ecs.NewCluster("shop").WithInstanceCapacity(share)
	task := ecs.NewEC2TaskDefinition("web").WithContainer(app("nginx:1").WithMemoryLimit(256 * ecs.MiB))
	web := ecs.NewEC2Service("web", cluster, task, vpc.Default())
	require.Contains(t, warned(web), rule)
	require.NotContains(t, warned(web.WithCapacity(share)), rule)
	require.NotContains(t, warned(ecs.NewEC2Service("web", ecs.NewCluster("shop"), task, vpc.Default())), rule, "the cluster has none")
	require.NotContains(t, warned(ecs.NewEC2DaemonService("web", cluster, task, vpc.Default())), rule, "a daemon is where instances are")
}
