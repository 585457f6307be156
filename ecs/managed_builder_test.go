// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/cloudmap"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/internal/buildertest"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/vpc"
)

func fullRequirements() ecs.InstanceRequirements {
	return ecs.InstanceRequirements{
		VCPUs: ecs.Range{Min: 2, Max: 16}, Memory: ecs.MemoryRange{Min: 4 * ecs.GiB, Max: 64 * ecs.GiB},
		MemoryPerVCPU: ecs.MemoryRange{Min: 2 * ecs.GiB, Max: 8 * ecs.GiB}, Excluded: []string{"m5.*"},
		Manufacturers: []ecstypes.CpuManufacturer{ecstypes.CpuManufacturerIntel}, Generations: []ecstypes.InstanceGeneration{ecstypes.InstanceGenerationCurrent},
		Burstable: ecstypes.BurstablePerformanceIncluded, BareMetal: ecstypes.BareMetalExcluded, LocalStorage: ecstypes.LocalStorageRequired,
		LocalStorageTypes: []ecstypes.LocalStorageType{ecstypes.LocalStorageTypeSsd}, TotalLocalStorage: ecs.Span{Min: 100, Max: 1000},
		NetworkInterfaces: ecs.Range{Min: 2, Max: 8}, NetworkBandwidth: ecs.Span{Min: 5, Max: 50}, EBSBandwidth: ecs.Range{Min: 500, Max: 5000},
		Accelerators: ecs.Range{Min: 1, Max: 4}, AcceleratorMemory: ecs.MemoryRange{Min: 8 * ecs.GiB, Max: 96 * ecs.GiB},
		AcceleratorTypes:         []ecstypes.AcceleratorType{ecstypes.AcceleratorTypeGpu},
		AcceleratorManufacturers: []ecstypes.AcceleratorManufacturer{ecstypes.AcceleratorManufacturerNvidia},
		AcceleratorNames:         []ecstypes.AcceleratorName{ecstypes.AcceleratorNameA10g}, Hibernation: true, OnDemandPriceLimit: 20, SpotPriceLimit: 50,
	}
}

func fullManaged() ecs.ManagedInstances {
	return managedNodes().WithRequirements(fullRequirements()).WithFIPS(true).WithStorage(100*ecs.GiB).WithDetailedMonitoring().
		WithReservations(ecs.CapacityReservations{
			Group:      "arn:aws:resource-groups:us-east-1:123456789012:group/reserved",
			Preference: ecstypes.CapacityReservationPreferenceReservationsFirst,
		}).
		WithSecurityGroup(vpc.GroupID("sg-0123456789abcdef0")).WithInfrastructureRole(iam.RoleARN("arn:aws:iam::123456789012:role/managing")).
		WithInstanceProfile(iam.ProfileARN("arn:aws:iam::123456789012:instance-profile/nodes")).WithoutMetadataTags().WithPropagatedTags().
		WithScaleInAfter(10*time.Minute).WithAutoRepair(true).WithTag("team", "shop")
}

// otherManaged has what does not go with the rest.
func otherManaged() ecs.ManagedInstances {
	return managedNodes().WithSpot().WithLocalStorage().WithRequirements(ecs.InstanceRequirements{
		VCPUs: ecs.Range{Min: 2}, Memory: ecs.MemoryRange{Min: 4 * ecs.GiB}, Allowed: []string{"m7i.*"}, SpotPriceShare: 60,
	})
}

func fullManagedTask() ecs.ManagedTaskDefinition {
	c := ecs.OnManagedInstances(app("nginx:1").WithMemoryLimit(512 * ecs.MiB)).WithPrivileged().WithCapability("NET_ADMIN").
		WithDevice(ecs.Device{Path: "/dev/fuse", ContainerPath: "/dev/f", Permissions: []string{"read"}}).WithGPU(1)
	return ecs.NewManagedTaskDefinition("managed").WithContainer(c).WithCPU(ecs.VCPU).WithMemory(2*ecs.GiB).WithArchitecture(ecs.X86_64).
		WithPlacement("attribute:ecs.instance-type =~ g5.*").WithHostProcesses().WithLogRetention(7).WithTag("team", "shop").
		WithTaskRole(iam.NewRole("managed")).WithExecutionRole(iam.NewRole("managed-execution"))
}

func fullManagedService() ecs.ManagedService {
	network := vpc.Default()
	return ecs.NewManagedService("managed", ecs.NewCluster("shop"), managedNodes(), fullManagedTask(), network).WithCount(3).
		WithRoute(elb.NewApplication("shop", network).Route("/*"), app("nginx:1"), http).WithHealthCheckGrace(time.Minute).
		WithCapacity(ecs.ManagedCapacity{Provider: managedNodes(), Base: 1, Weight: 1}).
		WithCapacity(ecs.ManagedCapacity{Provider: ecs.ManagedProviderNamed("more"), Weight: 2}).
		WithPlacementConstraint(ecs.DistinctInstance{}).WithPropagateTags(ecs.TagsOfService).WithManagedTags().WithTag("team", "shop")
}

func TestManagedForks(t *testing.T) {
	t.Parallel()
	network := vpc.Default()
	route := elb.NewApplication("shop", network).Route("/*")
	samples := []any{
		app("nginx:1"), ecs.NewContainer("other", ecs.ImageRef("other:1")), http, ecs.TCP("admin", 9000), route, route.WithHost("example.com"),
		iam.RoleARN("arn:aws:iam::123456789012:role/a"), iam.NewRole("b"), vpc.GroupID("sg-1"), vpc.GroupID("sg-2"),
		iam.ProfileARN("arn:aws:iam::123456789012:instance-profile/a"), iam.NewInstanceProfile("b", iam.NewRole("b")), autoscaling.Between(1, 2), autoscaling.Between(3, 4),
		ecs.Rolling{MaximumPercent: 150}, ecs.Rolling{MaximumPercent: 120}, elb.NewTargetGroup("a", 80, network), elb.NewTargetGroup("b", 80, network),
		ecs.ManagedCapacity{Provider: ecs.ManagedProviderNamed("a"), Weight: 1}, ecs.ManagedCapacity{Provider: ecs.ManagedProviderNamed("b"), Weight: 1},
		ecs.DistinctInstance{}, ecs.MemberOf("attribute:rack == a"), fullRequirements(), ecs.InstanceRequirements{VCPUs: ecs.Range{Min: 1}},
		ecs.CapacityReservations{Group: "a"}, ecs.CapacityReservations{Group: "b"},
		cloudmap.ServiceID("a"), cloudmap.ServiceID("b"), cloudmap.NamespaceID("a"), cloudmap.NamespaceID("b"),
	}
	buildertest.Fork(t, managedNodes(), append(samples, func(in *awsecs.CreateCapacityProviderInput) { in.Tags = nil })...)
	buildertest.Fork(t, managedTask(), append(samples, func(in *awsecs.RegisterTaskDefinitionInput) { in.Family = nil })...)
	buildertest.Fork(t, ecs.OnManagedInstances(app("nginx:1")), samples...)
	buildertest.Fork(t, ecs.NewManagedService("web", ecs.NewCluster("shop"), managedNodes(), managedTask(), network), append(samples,
		func(in *awsecs.CreateServiceInput) { in.Role = nil })...)
	buildertest.Fork(t, ecs.NewManagedJob("report", ecs.NewCluster("shop"), managedNodes(), managedTask(), network), append(samples,
		func(in *awsecs.RunTaskInput) { in.Tags = nil })...)
}

func TestManagedGoldens(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]slipway.Resource{"managed": fullManaged(), "managedtask": fullManagedTask(), "managedservice": fullManagedService()} {
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
	for _, r := range []interface{ Validate() error }{fullManaged(), otherManaged(), fullManagedTask(), fullManagedService()} {
		require.NoError(t, r.Validate())
	}
}

func TestNameOfManagedInstances(t *testing.T) {
	t.Parallel()
	name := func(p ecs.ManagedInstances) string { return *built[model.CapacityProvider](t, p).Create.Name }
	plain := name(managedNodes())
	require.Equal(t, plain, name(managedNodes().WithDetailedMonitoring().WithTag("a", "b").WithScaleInAfter(time.Minute)), "what can be changed does not count")
	small := ecs.InstanceRequirements{VCPUs: ecs.Range{Min: 1}, Memory: ecs.MemoryRange{Min: ecs.GiB}}
	large := ecs.InstanceRequirements{VCPUs: ecs.Range{Min: 8}, Memory: ecs.MemoryRange{Min: 32 * ecs.GiB}}
	require.Equal(t, name(managedNodes().WithRequirements(small)), name(managedNodes().WithRequirements(large)))
	seen := map[string]string{plain: "plain"}
	for what, p := range map[string]ecs.ManagedInstances{
		"Spot": managedNodes().WithSpot(), "FIPS": managedNodes().WithFIPS(false), "requirements": managedNodes().WithRequirements(small),
		"storage": managedNodes().WithStorage(50 * ecs.GiB),
		"cluster": ecs.NewManagedInstances("nodes", ecs.NewCluster("other"), vpc.Default()),
	} {
		require.Empty(t, seen[name(p)], "%s", what)
		seen[name(p)] = what
	}
}

func TestManagedProblems(t *testing.T) {
	t.Parallel()
	cluster, network := ecs.NewCluster("shop"), vpc.Default()
	service := func(task ecs.ManagedTaskDefinition) ecs.ManagedService {
		return ecs.NewManagedService("web", cluster, managedNodes(), task, network)
	}
	spread := service(managedTask()).WithCapacity(ecs.ManagedCapacity{Provider: managedNodes(), Base: 1}).
		WithCapacity(ecs.ManagedCapacity{Provider: ecs.ManagedProviderNamed("b"), Base: 1, Weight: 1})
	crossed := ecs.InstanceRequirements{VCPUs: ecs.Range{Min: 1}, Memory: ecs.MemoryRange{Min: 4 * ecs.GiB, Max: 2 * ecs.GiB}}
	for want, r := range map[string]interface{ Validate() error }{
		"got nil, want a capacity provider of Managed Instances": ecs.NewManagedService("web", cluster, nil, managedTask(), network),
		"got 1500 MiB, want whole GiB":                           managedNodes().WithStorage(1500 * ecs.MiB),
		"got 7200 s, want -1 s to 3600 s":                        managedNodes().WithScaleInAfter(2 * time.Hour),
		"got -2s, want 0 s to 1 h, or WithoutScaleIn":            managedNodes().WithScaleInAfter(-2 * time.Second),
		"not beginning with aws, ecs or fargate":                 ecs.NewManagedInstances("fargate-nodes", cluster, network),
		"got 2 providers with a base, want at most one":          spread,
		"got 4096 to 2048 MiB, want the least before the most":   managedNodes().WithRequirements(crossed),
	} {
		require.ErrorContains(t, r.Validate(), want)
	}
	mixed := ecs.NewCluster("shop").WithManagedCapacity(ecs.ManagedCapacity{Provider: managedNodes(), Weight: 1}).
		WithCapacity(ecs.Capacity{Provider: ecs.Fargate, Weight: 1})
	require.ErrorContains(t, slipway.NewStack("shop", mixed).Validate(), "got Fargate and other providers, want only one sort")
}
