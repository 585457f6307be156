// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/internal/exporttest"
	"github.com/slipway-go/slipway/storage"
	"github.com/slipway-go/slipway/vpc"
)

// exportedMachine has every setting of containers and task definitions on EC2, and runs
// nothing.
func exportedMachine() []slipway.Resource {
	network := vpc.Default()
	service := ecs.NewEC2Service("web", ecs.NewCluster("shop"), fullEC2Task(), network).WithCount(0).
		WithPlacementConstraint(ecs.DistinctInstance{}).WithPlacementConstraint(ecs.MemberOf("attribute:rack == a")).
		WithPlacementStrategy(ecs.BinpackMemory).WithPlacementStrategy(ecs.SpreadByAttribute("rack")).WithPlacementStrategy(ecs.RandomPlacement{}).
		WithExec().WithPropagateTags(ecs.TagsOfService).WithManagedTags().WithTag("team", "shop")
	return []slipway.Resource{service}
}

// exportedGroup is a service behind a balancer, on instances of the stack.
func exportedGroup() []slipway.Resource {
	network := vpc.Default()
	template := ecs.NewInstanceTemplate("nodes", ecs.NewCluster("shop"), ecs.AL2023, network).WithInstanceType("m5.large").
		WithSpotDraining().WithAttribute("rack", "a").WithAgentSetting("ECS_RESERVED_MEMORY", "64")
	group := autoscaling.NewGroup("nodes", template.LaunchTemplate().WithInstanceTag("team", "shop"), network).WithSize(1, 4).WithScaleInProtection().
		WithExternalScaling().WithLifecycleHook(autoscaling.LifecycleHook{Name: "leave", On: autoscaling.Terminating, Timeout: time.Minute, Continue: true}).
		WithTag("team", "shop").WithPropagatedTag("cost", "web")
	warmup := time.Minute
	provider := ecs.NewGroupProvider("nodes", group).WithTerminationProtection().
		WithManagedScaling(ecs.ManagedScaling{TargetCapacity: 90, MaxStep: 2, Warmup: &warmup}).WithTag("team", "shop")
	cluster := ecs.NewCluster("shop").WithCapacityProvider(provider)
	c := app("nginx:1").WithMemoryReservation(64 * ecs.MiB)
	fixed := ecs.OnEC2(app("nginx:1").WithMemoryReservation(64*ecs.MiB)).WithHostPort(http, 80).
		WithMount(ecs.HostVolume{Name: "logs", Path: "/var/log/app"}, "/logs").
		WithReadOnlyMount(ecs.DockerVolume{Name: "data", Shared: true, Autoprovision: true, Labels: map[string]string{"a": "b"}}, "/data")
	agent := ecs.NewEC2TaskDefinition("agent").WithNetworkMode(ecs.Host).
		WithContainer(ecs.NewContainer("agent", ecs.ImageRef("agent:1")).WithMemoryReservation(64 * ecs.MiB))
	return []slipway.Resource{
		ecs.NewEC2Service("web", cluster, ecs.NewEC2TaskDefinition("web").WithContainer(c), network).WithCount(2).
			WithRoute(elb.NewApplication("shop", network).Route("/*"), c, http).
			WithCapacity(ecs.InstanceCapacity{Provider: provider, Base: 1, Weight: 1}).
			WithPlacementStrategy(ecs.SpreadByZone).WithPlacementStrategy(ecs.BinpackCPU).
			WithScaling(autoscaling.Between(2, 4).WithPolicy(autoscaling.TargetTracking{Metric: autoscaling.CPUUtilization, Target: 60})),
		ecs.NewEC2Service("fixed", cluster, ecs.NewEC2TaskDefinition("fixed").WithContainer(fixed), network).
			WithCapacity(ecs.InstanceCapacity{Provider: provider, Weight: 1}).WithDeployment(ecs.Rolling{MinimumHealthyPercent: ecs.NoneHealthy}),
		ecs.NewEC2DaemonService("agent", cluster, agent, network).
			WithDeployment(ecs.DaemonRolling{MinimumHealthyPercent: 50, Threshold: ecs.FailedTasks(3), CountAllFailures: true}),
	}
}

// exportedNamed is on a provider and in security groups that the stack does not own.
func exportedNamed() []slipway.Resource {
	network := vpc.Default()
	c := app("nginx:1").WithMemoryLimit(64*ecs.MiB).WithMount(ecs.EFSVolume{Name: "files", FileSystem: storage.FileSystemID("fs-0123456789abcdef0")}, "/files").
		WithMount(ecs.EBSVolume{Name: "data", Size: 10 * ecs.GiB, Type: ecs.GP3, FileSystem: ecs.EXT4, Tags: map[string]string{"a": "b"}}, "/data")
	task := ecs.NewEC2TaskDefinition("web").WithNetworkMode(ecs.AWSVPC).WithContainer(c).WithArchitecture(ecs.X86_64)
	return []slipway.Resource{
		ecs.NewEC2Service("web", ecs.NewCluster("shop"), task, network).WithCount(0).WithZoneRebalancing(ecs.DontRebalanceZones).
			WithRoute(elb.NewApplication("shop", network).Route("/*"), c, http).
			WithDeployment(ecs.Canary{Percent: 10, Bake: 5 * time.Minute}),
	}
}

func TestExportOnEC2PlansEmpty(t *testing.T) {
	t.Parallel()
	var cases []exporttest.Case
	for _, c := range []struct {
		name   string
		stack  []slipway.Resource
		source string
	}{
		{"Machine", exportedMachine(), "exportedMachine()..."},
		{"Group", exportedGroup(), "exportedGroup()..."},
		{"Named", exportedNamed(), "exportedNamed()..."},
	} {
		cloud := exportedCloud(t, c.stack...)
		source, err := ecs.Export(t.Context(), cloud.Config(), ecs.ServiceNamed("shop", "web"), ecs.ExportPackage("exported"))
		require.NoError(t, err, "%s", source)
		cases = append(cases, exporttest.Case{Name: c.name, Source: source, Cloud: "exportedCloud(t, " + c.source + ")"})
	}
	exporttest.PlansEmpty(t, "ecs_test", cases...)
}
