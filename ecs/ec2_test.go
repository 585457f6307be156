// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/cloudmap"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/internal/buildertest"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	modelelb "github.com/slipway-go/slipway/internal/model/elb"
	modelvpc "github.com/slipway-go/slipway/internal/model/vpc"
	"github.com/slipway-go/slipway/vpc"
)

func TestForksOnEC2(t *testing.T) {
	t.Parallel()
	network := vpc.Default()
	route := elb.NewApplication("shop", network).Route("/*")
	samples := []any{
		ecs.ProviderNamed("a"), ecs.ProviderNamed("b"), cloudmap.ServiceID("a"), cloudmap.ServiceID("b"), cloudmap.NamespaceID("a"), cloudmap.NamespaceID("b"),
		app("nginx:1"), ecs.NewContainer("other", ecs.ImageRef("other:1")), http, ecs.TCP("admin", 9000), route, route.WithHost("example.com"),
		ecs.HostVolume{Name: "a"}, ecs.DockerVolume{Name: "b"}, iam.RoleARN("arn:aws:iam::123456789012:role/a"), iam.NewRole("b"),
		vpc.GroupID("sg-1"), vpc.GroupID("sg-2"), autoscaling.Between(1, 2), autoscaling.Between(3, 4),
		ecs.Rolling{MaximumPercent: 150}, ecs.Rolling{MaximumPercent: 120}, elb.NewTargetGroup("a", 80, network), elb.NewTargetGroup("b", 80, network),
		ecs.DistinctInstance{}, ecs.MemberOf("attribute:x exists"), ecs.MemberOf("attribute:y exists"), ecs.SpreadByZone, ecs.BinpackCPU,
	}
	override := func(in *awsecs.CreateServiceInput) { in.Role = nil }
	buildertest.Fork(t, ecs.OnEC2(app("nginx:1")), samples...)
	buildertest.Fork(t, ecs.NewEC2TaskDefinition("web"), append(samples, func(in *awsecs.RegisterTaskDefinitionInput) { in.Family = nil })...)
	buildertest.Fork(t, ecs.NewEC2Service("web", ecs.NewCluster("shop"), fullEC2Task(), network), append(samples, override)...)
	buildertest.Fork(t, ecs.NewEC2DaemonService("web", ecs.NewCluster("shop"), fullEC2Task(), network), append(samples, override)...)
	buildertest.Fork(t, ecs.NewEC2Job("web", ecs.NewCluster("shop"), fullEC2Task(), network), append(samples,
		func(in *awsecs.RunTaskInput) { in.Tags = nil })...)
}

func TestGoldensOnEC2(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]slipway.Resource{"ec2task": fullEC2Task(), "ec2service": fullEC2Service(), "daemon": fullDaemon()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desired, err := r.Build()
			require.NoError(t, err)
			golden(t, name+".json", desired.State)
			again, err := r.Build()
			require.NoError(t, err)
			require.Equal(t, desired.State, again.State, "Build is repeatable")
		})
	}
}

func TestFullValuesOnEC2AreValid(t *testing.T) {
	t.Parallel()
	require.NoError(t, fullEC2Task().Validate())
	require.NoError(t, fullEC2Service().Validate())
	require.NoError(t, fullDaemon().Validate())
}

// machine is a plain task on EC2.
func machine(mode ecs.NetworkMode) ecs.EC2TaskDefinition {
	return ecs.NewEC2TaskDefinition("machine").WithNetworkMode(mode).WithContainer(app("nginx:1").WithMemoryReservation(64 * ecs.MiB))
}

func TestTasksOnEC2SayOnlyWhatTheyMust(t *testing.T) {
	t.Parallel()
	in := built[model.TaskDefinition](t, machine(ecs.Bridge)).Register
	require.Nil(t, in.Cpu)
	require.Nil(t, in.Memory)
	require.Nil(t, in.RuntimePlatform, "they run on any processor")
	require.Equal(t, []ecstypes.Compatibility{ecstypes.CompatibilityEc2}, in.RequiresCompatibilities)
	require.Equal(t, ecstypes.NetworkModeBridge, built[model.TaskDefinition](t, ecs.NewEC2TaskDefinition("x").WithContainer(app("a"))).Register.NetworkMode)
	require.Nil(t, in.ContainerDefinitions[0].PortMappings[0].HostPort, "instances pick a port")
	require.NoError(t, machine(ecs.Bridge).WithContainer(ecs.NewContainer("b", platformImage("linux/arm64")).WithMemoryLimit(64*ecs.MiB)).Validate())
}

func TestTaskDefinitionsOnEC2ConvergeOnTheFakes(t *testing.T) {
	t.Parallel()
	fixed := ecs.NewEC2TaskDefinition("machine").WithArchitecture(ecs.ARM64).WithCPU(ecs.VCPU).WithMemory(1 * ecs.GiB).
		WithContainer(ecs.OnEC2(app("nginx:1")).WithHostPort(http, 80).WithMount(ecs.HostVolume{Name: "logs", Path: "/logs"}, "/logs"))
	for name, task := range map[string]ecs.EC2TaskDefinition{
		"fixed": fixed, "bridge": machine(ecs.Bridge), "host": machine(ecs.Host), "awsvpc": machine(ecs.AWSVPC),
		"none": ecs.NewEC2TaskDefinition("machine").WithNetworkMode(ecs.NoNetwork).WithContainer(ecs.NewContainer("a", ecs.ImageRef("a")).WithMemoryLimit(64 * ecs.MiB)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := fakes.New(fakes.Options{})
			require.NoError(t, apply(t, cloud, task))
			plan, err := slipway.NewStack("shop", task).Plan(t.Context(), cloud.Config())
			require.NoError(t, err)
			require.True(t, plan.Empty(), "%s", plan)
		})
	}
}

func TestMistakesOnEC2(t *testing.T) {
	t.Parallel()
	c := app("nginx:1").WithMemoryLimit(64 * ecs.MiB)
	base := ecs.NewEC2TaskDefinition("machine")
	for _, test := range []struct {
		name string
		task ecs.EC2TaskDefinition
		path string
	}{
		{"no memory at all", base.WithContainer(app("nginx:1")), "ContainerDefinitions[app]"},
		{"a nil container", base.WithContainer(nil), "Name"},
		{"a host port for a port that it has not", base.WithContainer(ecs.OnEC2(c).WithHostPort(ecs.TCP("admin", 9000), 80)), "ContainerDefinitions[app].PortMappings"},
		{"another host port with a network interface", base.WithNetworkMode(ecs.AWSVPC).WithContainer(ecs.OnEC2(c).WithHostPort(http, 80)), "HostPort"},
		{"another host port on the host's network", base.WithNetworkMode(ecs.Host).WithContainer(ecs.OnEC2(c).WithHostPort(http, 80)), "HostPort"},
		{"a link without a bridge", base.WithNetworkMode(ecs.Host).WithContainer(ecs.OnEC2(c).WithLink(c)), "Links"},
		{"a host name with a network interface", base.WithNetworkMode(ecs.AWSVPC).WithContainer(ecs.OnEC2(c).WithHostname("x")), "Hostname"},
		{"a placement that cannot be parsed", base.WithContainer(c).WithPlacement("attribute:"), "PlacementConstraints"},
		{"no GPU", base.WithContainer(ecs.OnEC2(c).WithGPU(-1)), "ResourceRequirements"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := test.task.Validate()
			require.ErrorIs(t, err, slipway.ErrInvalid)
			require.ErrorContains(t, err, test.path)
		})
	}
}

// ingress are the rules that a service brings for a security group.
func ingress(t *testing.T, r slipway.Resource) []string {
	t.Helper()
	desired, err := r.Build()
	require.NoError(t, err)
	var all []string
	for _, u := range desired.Uses {
		if u.ID().Kind == modelvpc.KindSecurityGroupRule && strings.HasPrefix(u.ID().Name, "instances/") {
			all = append(all, u.ID().Name)
		}
	}
	return all
}

func targetType(t *testing.T, r slipway.Resource) string {
	t.Helper()
	desired, err := r.Build()
	require.NoError(t, err)
	for _, u := range desired.Uses {
		if u.ID().Kind == modelelb.KindTargetGroup {
			return string(built[modelelb.TargetGroup](t, u).Create.TargetType)
		}
	}
	return ""
}

func TestRoutesReachTheInstances(t *testing.T) {
	t.Parallel()
	network := vpc.Default()
	c := app("nginx:1").WithMemoryReservation(64 * ecs.MiB)
	fixed := ecs.OnEC2(c).WithHostPort(http, 80)
	group := vpc.NewSecurityGroup("instances", "Instances", network)
	route := elb.NewApplication("shop", network).Route("/*")
	service := func(mode ecs.NetworkMode, c ecs.TaskContainer) ecs.EC2Service {
		task := ecs.NewEC2TaskDefinition("machine").WithNetworkMode(mode).WithContainer(c)
		return ecs.NewEC2Service("web", ecs.NewCluster("shop"), task, network).WithInstanceSecurityGroup(group).WithRoute(route, c, http)
	}
	for _, test := range []struct {
		name    string
		service ecs.EC2Service
		targets string
		ports   string
	}{
		{"bridge, any port", service(ecs.Bridge, c), "instance", "32768-65535"},
		{"bridge, fixed port", service(ecs.Bridge, fixed), "instance", "80"},
		{"host", service(ecs.Host, c), "instance", "8080"},
		{"a network interface of its own", service(ecs.AWSVPC, c), "ip", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, test.service.Validate())
			require.Equal(t, test.targets, targetType(t, test.service))
			rules := strings.Join(ingress(t, test.service), "\n")
			require.Contains(t, rules, test.ports)
			in := built[model.Service](t, test.service).Create
			if test.targets == "ip" {
				require.Empty(t, rules, "nobody comes through the instance")
				require.Empty(t, in.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp)
				return
			}
			require.Nil(t, in.NetworkConfiguration)
		})
	}
	provider := ecs.NewGroupProvider("nodes", nodes("nodes"))
	behind := ecs.NewEC2Service("web", growing(provider), machine(ecs.Bridge), network).WithRoute(route, c, http).
		WithCapacity(ecs.InstanceCapacity{Provider: provider, Weight: 1})
	desired, err := behind.Build()
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(desired.Uses, func(u slipway.Resource) bool {
		return u.ID().Kind == modelvpc.KindSecurityGroupRule && strings.Contains(u.ID().Name, "ingress/tcp/32768-65535")
	}), "the group behind the provider is opened")
	unknown := ecs.NewEC2Service("web", ecs.NewCluster("shop"), machine(ecs.Bridge), network).WithRoute(route, c, http)
	require.Equal(t, []string{"none known of the instances"}, built[model.Service](t, unknown).Foreign, "the plan warns")
}

func TestClassicLoadBalancersNeedOnePort(t *testing.T) {
	t.Parallel()
	network := vpc.Default()
	c := app("nginx:1").WithMemoryReservation(64 * ecs.MiB)
	behind := func(mode ecs.NetworkMode, c ecs.TaskContainer) ecs.EC2Service {
		task := ecs.NewEC2TaskDefinition("machine").WithNetworkMode(mode).WithContainer(c)
		return ecs.NewEC2Service("web", ecs.NewCluster("shop"), task, network).WithClassicLoadBalancer(oldBalancer(network), c, http)
	}
	require.ErrorContains(t, behind(ecs.Bridge, c).Validate(), "WithHostPort")
	require.ErrorContains(t, behind(ecs.Bridge, ecs.OnEC2(c).WithHostPort(http, 81)).Validate(), "got host port 81")
	require.ErrorContains(t, behind(ecs.AWSVPC, c).Validate(), "network mode awsvpc")
	good := behind(ecs.Bridge, ecs.OnEC2(c).WithHostPort(http, 80))
	require.NoError(t, good.Validate())
	in := built[model.Service](t, good).Create
	require.Equal(t, "${slipway:elb:ClassicLoadBalancer/old#name}", aws.ToString(in.LoadBalancers[0].LoadBalancerName))
	require.Equal(t, ecstypes.AvailabilityZoneRebalancingDisabled, in.AvailabilityZoneRebalancing)
}

func TestZonesAreRebalancedWhereTheyCanBe(t *testing.T) {
	t.Parallel()
	base := ecs.NewEC2Service("web", ecs.NewCluster("shop"), machine(ecs.Bridge), vpc.Default())
	for _, test := range []struct {
		name    string
		service ecs.EC2Service
		want    ecstypes.AvailabilityZoneRebalancing
	}{
		{"no strategy", base, ""},
		{"zones first", base.WithPlacementStrategy(ecs.SpreadByZone).WithPlacementStrategy(ecs.BinpackMemory), ""},
		{"another first", base.WithPlacementStrategy(ecs.BinpackMemory), ecstypes.AvailabilityZoneRebalancingDisabled},
		{"as asked for", base.WithPlacementStrategy(ecs.BinpackMemory).WithZoneRebalancing(ecs.RebalanceZones), ecstypes.AvailabilityZoneRebalancingEnabled},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, built[model.Service](t, test.service).Create.AvailabilityZoneRebalancing)
		})
	}
}

func TestServicesOnEC2CannotBeBuiltOfNothing(t *testing.T) {
	t.Parallel()
	err := ecs.NewEC2Service("web", ecs.NewCluster("shop"), machine(ecs.Bridge), vpc.Default()).
		WithInstanceSecurityGroup(nil).WithPlacementConstraint(nil).WithPlacementStrategy(nil).Validate()
	require.EqualError(t, err, "ecs:Service/shop/web InstanceSecurityGroups[0]: got nil, want a security group\n"+
		"ecs:Service/shop/web PlacementConstraints[0]: got nil, want a placement constraint\n"+
		"ecs:Service/shop/web PlacementStrategy[0]: got nil, want a placement strategy")
	err = ecs.NewEC2Job("web", ecs.NewCluster("shop"), machine(ecs.Bridge), vpc.Default()).
		WithPlacementConstraint(nil).WithPlacementStrategy(nil).Validate()
	require.ErrorContains(t, err, "PlacementStrategy[0]: got nil")
}

func TestJobsOnEC2(t *testing.T) {
	t.Parallel()
	base := ecs.NewEC2Job("report", ecs.NewCluster("shop"), machine(ecs.Bridge), vpc.Default())
	run := built[model.Job](t, base.WithPlacementConstraint(ecs.MemberOf("attribute:x exists")).WithPlacementStrategy(ecs.SpreadByZone)).Run
	require.Equal(t, ecstypes.LaunchTypeEc2, run.LaunchType)
	require.Nil(t, run.NetworkConfiguration)
	require.Len(t, run.PlacementConstraints, 1)
	require.Len(t, run.PlacementStrategy, 1)
	shared := built[model.Job](t, base.WithCapacity(ecs.InstanceCapacity{Provider: ecs.ProviderNamed("group"), Weight: 1})).Run
	require.Empty(t, shared.LaunchType)
	require.Equal(t, "group", aws.ToString(shared.CapacityProviderStrategy[0].CapacityProvider))
	own := built[model.Job](t, ecs.NewEC2Job("report", ecs.NewCluster("shop"), machine(ecs.AWSVPC), vpc.Default())).Run
	require.NotEmpty(t, own.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups)
	require.Empty(t, own.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp)
	require.NoError(t, base.Validate())
}
