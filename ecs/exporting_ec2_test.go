// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
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

// exportedBalanced is behind Network and Classic Load Balancers, on instances whose
// security group is the stack's.
func exportedBalanced() []slipway.Resource {
	network := vpc.Default()
	admin := ecs.TCP("admin", 9000)
	c := ecs.OnEC2(app("nginx:1").WithPort(admin).WithMemoryReservation(64*ecs.MiB)).WithHostPort(http, 80)
	nlb := elb.NewNetwork("front", network).WithCrossZone().WithTag("team", "shop")
	classic := elb.NewClassic("old", network, elb.ClassicListener{Protocol: elb.HTTP, Port: 80, TargetPort: 80}).
		WithHealthCheck(elb.ClassicHealthCheck{Protocol: elb.HTTP, Path: "/up", Interval: 10 * time.Second}).WithDraining(time.Minute).WithCrossZone().
		WithClients(vpc.CIDR("10.0.0.0/8"))
	instances := vpc.NewSecurityGroup("instances", "Instances of the cluster", network)
	cluster, task := ecs.NewCluster("shop"), ecs.NewEC2TaskDefinition("web").WithContainer(c)
	return []slipway.Resource{
		ecs.NewEC2Service("web", cluster, task, network).WithCount(0).WithInstanceSecurityGroup(instances).
			WithRoute(nlb.TCP(80).WithDeregistrationDelay(10*time.Second).WithIdleTimeout(10*time.Minute), c, http).
			WithRoute(nlb.TLS(443, "arn:aws:acm:us-east-1:123456789012:certificate/1").WithALPN(elb.HTTP2Preferred).WithEncryptedTargets(), c, admin),
		ecs.NewEC2Service("old", cluster, task, network).WithCount(0).WithInstanceSecurityGroup(instances).WithClassicLoadBalancer(classic, c, http),
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
		{"Balanced", exportedBalanced(), "exportedBalanced()..."},
		{"Named", exportedNamed(), "exportedNamed()..."},
	} {
		cloud := exportedCloud(t, c.stack...)
		source, err := ecs.Export(t.Context(), cloud.Config(), ecs.ServiceNamed("shop", "web"), ecs.ExportPackage("exported"))
		require.NoError(t, err, "%s", source)
		cases = append(cases, exporttest.Case{Name: c.name, Source: source, Cloud: "exportedCloud(t, " + c.source + ")"})
	}
	exporttest.PlansEmpty(t, "ecs_test", cases...)
}

// foreignCloud has a service on instances that calls of the SDK have made.
func foreignCloud(t *testing.T) *fakes.Cloud {
	t.Helper()
	cloud := exportedCloud(t, ecs.NewCluster("shop"))
	client := awsecs.NewFromConfig(cloud.Config())
	_, err := client.RegisterTaskDefinition(t.Context(), &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String("raw"), NetworkMode: ecstypes.NetworkModeBridge,
		ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String("x:1"), Memory: aws.Int32(64), Privileged: aws.Bool(true),
			PortMappings:         []ecstypes.PortMapping{{ContainerPort: aws.Int32(80)}, {ContainerPort: aws.Int32(81), HostPort: aws.Int32(8081)}},
			MountPoints:          []ecstypes.MountPoint{{SourceVolume: aws.String("host"), ContainerPath: aws.String("/h")}},
			ResourceRequirements: []ecstypes.ResourceRequirement{{Type: ecstypes.ResourceTypeGpu, Value: aws.String("1")}},
		}},
		Volumes:              []ecstypes.Volume{{Name: aws.String("host"), Host: &ecstypes.HostVolumeProperties{SourcePath: aws.String("/h")}}},
		PlacementConstraints: []ecstypes.TaskDefinitionPlacementConstraint{{Type: "memberOf", Expression: aws.String("attribute:rack == a")}},
	})
	require.NoError(t, err)
	_, err = client.CreateService(t.Context(), &awsecs.CreateServiceInput{
		Cluster: aws.String("shop"), ServiceName: aws.String("raw"), TaskDefinition: aws.String("raw"), DesiredCount: aws.Int32(0),
		LaunchType: ecstypes.LaunchTypeEc2, PlacementStrategy: []ecstypes.PlacementStrategy{{Type: "spread", Field: aws.String("attribute:rack")}},
	})
	require.NoError(t, err)
	_, err = client.CreateService(t.Context(), &awsecs.CreateServiceInput{
		Cluster: aws.String("shop"), ServiceName: aws.String("each"), TaskDefinition: aws.String("raw"),
		LaunchType: ecstypes.LaunchTypeEc2, SchedulingStrategy: ecstypes.SchedulingStrategyDaemon,
	})
	require.NoError(t, err)
	return cloud
}

// TestExportOfForeignOnEC2 adopts what no stack owns.
func TestExportOfForeignOnEC2(t *testing.T) {
	t.Parallel()
	var cases []exporttest.Case
	for name, service := range map[string]string{"Raw": "raw", "Each": "each"} {
		source, err := ecs.Export(t.Context(), foreignCloud(t).Config(), ecs.ServiceNamed("shop", service), ecs.ExportPackage("exported"))
		require.NoError(t, err, "%s", source)
		cases = append(cases, exporttest.Case{Name: name, Source: source, Cloud: "foreignCloud(t)", Adopts: true})
	}
	exporttest.PlansEmpty(t, "ecs_test", cases...)
}

// TestExportOfGroups: whatever the instances are like.
func TestExportOfGroups(t *testing.T) {
	t.Parallel()
	network := vpc.Default()
	own := vpc.NewSecurityGroup("own", "Own.", network)
	bottlerocket := ecs.NewInstanceTemplate("nodes", ecs.NewCluster("shop"), ecs.Bottlerocket, network).WithInstanceType("m5.large").
		WithSpotDraining().WithAttribute("rack", "a").WithAgentSetting("reserved-memory", "256")
	linux := ecs.NewInstanceTemplate("nodes", ecs.NewCluster("shop"), ecs.AL2023, network).WithSecurityGroup(own)
	plain := func(l autoscaling.LaunchTemplate) autoscaling.Group {
		return autoscaling.NewGroup("nodes", l, network).WithSize(0, 3).WithExternalScaling()
	}
	for name, test := range map[string]struct {
		group autoscaling.Group
		says  []string
	}{
		"Bottlerocket":          {plain(bottlerocket.LaunchTemplate()), []string{"ecs.Bottlerocket", `WithAttribute("rack", "a")`, `WithAgentSetting("reserved-memory", "256")`, "WithSpotDraining()"}},
		"Bottlerocket's quotes": {plain(bottlerocket.WithAttribute(`a\b`, `c\d`).LaunchTemplate()), []string{`WithAttribute("a\\b", "c\\d")`}},
		"requirements": {plain(linux.LaunchTemplate()).WithRequirements(autoscaling.Requirements{
			MinVCPUs: 2, MaxVCPUs: 8, MinMemory: 4096, Excluded: []string{"m5.*"}, Manufacturers: []asgtypes.CpuManufacturer{asgtypes.CpuManufacturerIntel},
			CurrentGeneration: true, Burstable: true, LocalStorage: true, MinGPUs: 1,
		}), []string{"WithRequirements(autoscaling.Requirements{", "[]asgtypes.CpuManufacturer{"}},
		"several types": {plain(linux.LaunchTemplate()).WithInstanceTypes(autoscaling.InstanceType{Name: "m5.large"}, autoscaling.InstanceType{Name: "m5.xlarge"}).
			WithMix(autoscaling.Mix{OnDemandBase: 1, OnDemandPercent: 50}), []string{"WithMix(", "WithInstanceTypes(", "WithSecurityGroup(own)"}},
		"a warm pool and limits": {plain(linux.WithInstanceType("m5.large").LaunchTemplate().WithTag("team", "shop").WithDetailedMonitoring()).
			WithWarmPool(autoscaling.WarmPool{MinSize: 1, Reuse: true}).WithMaxInstanceLifetime(48*time.Hour).WithDefaultWarmup(time.Minute).
			WithCooldown(time.Minute).WithMaintenance(autoscaling.Maintenance{MinHealthy: 90, MaxHealthy: 120}).WithHealthCheck(time.Minute, autoscaling.BalancerHealth).
			WithTerminationPolicies("OldestInstance").WithCapacityRebalance(), []string{"WithWarmPool(", "autoscaling.BalancerHealth"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider := ecs.NewGroupProvider("nodes", test.group)
			cluster := ecs.NewCluster("shop").WithInstanceCapacity(ecs.InstanceCapacity{Provider: provider, Weight: 1})
			service := ecs.NewEC2Service("web", cluster, machine(ecs.Bridge), network).WithCount(0)
			source, err := ecs.Export(t.Context(), exportedCloud(t, service).Config(), service)
			require.NoError(t, err, "%s", source)
			for _, text := range test.says {
				require.Contains(t, string(source), text)
			}
			require.Contains(t, string(source), "WithInstanceCapacity(ecs.InstanceCapacity{")
		})
	}
}

// TestExportOnEC2SaysWhatIsMissing: what the source cannot have is told.
func TestExportOnEC2SaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	network := vpc.Default()
	plain := ecs.NewInstanceTemplate("nodes", ecs.NewCluster("shop"), ecs.AL2023, network).WithInstanceType("m5.large")
	service := func(l autoscaling.LaunchTemplate, policies ...autoscaling.GroupPolicy) ecs.EC2Service {
		group := autoscaling.NewGroup("nodes", l, network)
		for _, p := range policies {
			group = group.WithPolicy(p)
		}
		provider := ecs.NewGroupProvider("nodes", group).WithoutManagedScaling()
		return ecs.NewEC2Service("web", ecs.NewCluster("shop").WithCapacityProvider(provider), machine(ecs.Bridge), network).
			WithCapacity(ecs.InstanceCapacity{Provider: provider, Weight: 1})
	}
	for _, test := range []struct {
		name    string
		service ecs.EC2Service
		want    string
	}{
		{"user data of one's own", service(plain.LaunchTemplate().WithUserData("#!/bin/bash\nsed -i s/x/y/ /etc/x\necho ECS_CLUSTER=shop >> /etc/ecs/ecs.config\n")),
			"launch template nodes cannot be declared"},
		{"the provider of such instances", service(plain.LaunchTemplate().WithUserData("#!/bin/bash\necho ECS_CLUSTER=shop >> /etc/ecs/ecs.config\n")),
			"its group nodes is not the stack's, or cannot be declared either"},
		{"a scaling policy of the group", service(plain.LaunchTemplate(), autoscaling.GroupTargetTracking{Metric: autoscaling.GroupCPUUtilization, Target: 50}),
			"to apply this would change autoscaling:Group/nodes"},
		{"a secret of the agent", service(plain.WithAgentSetting("ECS_ENGINE_AUTH_SECRET", "hunter2").LaunchTemplate()), "setting ECS_ENGINE_AUTH_SECRET"},
		{"a secret of a volume driver", ecs.NewEC2Service("web", ecs.NewCluster("shop"), ecs.NewEC2TaskDefinition("web").WithContainer(
			ecs.OnEC2(app("nginx:1").WithMemoryLimit(64*ecs.MiB)).WithMount(ecs.DockerVolume{
				Name: "share", Options: map[string]string{"password": "hunter2"},
			}, "/x")), network).WithCount(0), "driver option password of volume share"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cloud := exportedCloud(t, test.service)
			source, err := ecs.Export(t.Context(), cloud.Config(), test.service)
			require.ErrorIs(t, err, slipway.ErrInvalid, "%s", source)
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, string(source), "hunter2")
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}
