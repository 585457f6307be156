// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	model "github.com/slipway-go/slipway/internal/model/ecs"
	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

type (
	provider    = awsecs.CreateCapacityProviderInput
	providerRow = row[provider]
)

const (
	managedPath      = "ManagedInstancesProvider."
	templatePath     = managedPath + "InstanceLaunchTemplate."
	requirementsPath = templatePath + "InstanceRequirements."
)

// managed changes Managed Instances that lack nothing.
func managed(change func(*ecstypes.CreateManagedInstancesProviderConfiguration)) func(*provider) {
	return func(in *provider) {
		in.Cluster = aws.String("shop")
		in.ManagedInstancesProvider = &ecstypes.CreateManagedInstancesProviderConfiguration{
			InfrastructureRoleArn: aws.String(role),
			InstanceLaunchTemplate: &ecstypes.InstanceLaunchTemplate{
				Ec2InstanceProfileArn: aws.String("arn:aws:iam::123456789012:instance-profile/nodes"),
				NetworkConfiguration:  &ecstypes.ManagedInstancesNetworkConfiguration{Subnets: []string{"subnet-1"}, SecurityGroups: []string{"sg-1"}},
			},
		}
		change(in.ManagedInstancesProvider)
	}
}

func template(change func(*ecstypes.InstanceLaunchTemplate)) func(*provider) {
	return managed(func(m *ecstypes.CreateManagedInstancesProviderConfiguration) { change(m.InstanceLaunchTemplate) })
}

// required changes requirements that lack nothing.
func required(change func(*ecstypes.InstanceRequirementsRequest)) func(*provider) {
	return template(func(t *ecstypes.InstanceLaunchTemplate) {
		t.InstanceRequirements = &ecstypes.InstanceRequirementsRequest{
			VCpuCount: &ecstypes.VCpuCountRangeRequest{Min: aws.Int32(1)}, MemoryMiB: &ecstypes.MemoryMiBRequest{Min: aws.Int32(512)},
		}
		change(t.InstanceRequirements)
	})
}

func managedRows() []providerRow {
	plain := managed(func(*ecstypes.CreateManagedInstancesProviderConfiguration) {})
	grouped := func(in *provider) { in.AutoScalingGroupProvider = &ecstypes.AutoScalingGroupProvider{} }
	cluster := func(name *string) func(*provider) { return func(in *provider) { in.Cluster = name } }
	scaleIn := func(n int32) func(*provider) {
		return managed(func(m *ecstypes.CreateManagedInstancesProviderConfiguration) {
			m.InfrastructureOptimization = &ecstypes.InfrastructureOptimization{ScaleInAfter: &n}
		})
	}
	option := func(o ecstypes.CapacityOptionType, p ecstypes.CapacityReservationPreference, group *string) func(*provider) {
		return template(func(t *ecstypes.InstanceLaunchTemplate) {
			t.CapacityOptionType, t.CapacityReservations = o, &ecstypes.CapacityReservationRequest{ReservationPreference: p, ReservationGroupArn: group}
		})
	}
	storage := func(n int32) func(*provider) {
		return template(func(t *ecstypes.InstanceLaunchTemplate) {
			t.StorageConfiguration = &ecstypes.ManagedInstancesStorageConfiguration{StorageSizeGiB: &n}
		})
	}
	local := func(volume bool, s ecstypes.LocalStorage) func(*provider) {
		return all(required(func(q *ecstypes.InstanceRequirementsRequest) { q.LocalStorage = s }), func(in *provider) {
			t := in.ManagedInstancesProvider.InstanceLaunchTemplate
			t.LocalStorageConfiguration = &ecstypes.ManagedInstancesLocalStorageConfiguration{UseLocalStorage: true}
			if volume {
				t.StorageConfiguration = &ecstypes.ManagedInstancesStorageConfiguration{StorageSizeGiB: aws.Int32(30)}
			}
		})
	}
	tagged := func(shown bool) func(*provider) {
		return func(in *provider) {
			managed(func(m *ecstypes.CreateManagedInstancesProviderConfiguration) {
				m.PropagateTags, m.InstanceLaunchTemplate.InstanceMetadataTagsPropagation = ecstypes.PropagateMITagsCapacityProvider, &shown
			})(in)
			in.Tags = []ecstypes.Tag{{Key: aws.String("a/b"), Value: aws.String("")}}
		}
	}
	monitoring := func(m ecstypes.ManagedInstancesMonitoringOptions) func(*provider) {
		return template(func(t *ecstypes.InstanceLaunchTemplate) { t.Monitoring = m })
	}
	reserved, full := ecstypes.CapacityOptionTypeReserved, aws.String("arn:aws:resource-groups:us-east-1:123456789012:group/mine")
	return []providerRow{
		{"ecs-capacity-provider-one", "both", all(plain, grouped), plain, "ManagedInstancesProvider", client, ""},
		{"ecs-managed-cluster", "none", all(plain, cluster(nil)), plain, "Cluster", client, ""},
		{"ecs-managed-cluster-name", "its ARN", all(plain, cluster(aws.String("arn:aws:ecs:us-east-1:123456789012:cluster/shop"))), plain, "Cluster", client, ""},
		{"ecs-capacity-provider-cluster", "of a group", all(grouped, cluster(aws.String("shop"))), plain, "Cluster", client, ""},
		{"ecs-managed-roles", "no infrastructure role", managed(func(m *ecstypes.CreateManagedInstancesProviderConfiguration) { m.InfrastructureRoleArn = nil }), plain,
			managedPath + "InfrastructureRoleArn", client, ""},
		{"ecs-managed-roles", "no profile", template(func(t *ecstypes.InstanceLaunchTemplate) { t.Ec2InstanceProfileArn = nil }), plain,
			templatePath + "Ec2InstanceProfileArn", client, ""},
		{"ecs-managed-network", "none", template(func(t *ecstypes.InstanceLaunchTemplate) { t.NetworkConfiguration = nil }), plain, templatePath + "NetworkConfiguration", client, ""},
		{"ecs-managed-subnets", "none", template(func(t *ecstypes.InstanceLaunchTemplate) { t.NetworkConfiguration.Subnets = nil }), plain,
			templatePath + "NetworkConfiguration.Subnets", client, ""},
		{"ecs-managed-choices", "no such option", option("CHEAP", "", nil), option(reserved, "RESERVATIONS_FIRST", nil), templatePath + "CapacityOptionType", client, ""},
		{"ecs-managed-choices", "no such preference", option(reserved, "NEVER", nil), option(reserved, "RESERVATIONS_ONLY", nil),
			templatePath + "CapacityReservations.ReservationPreference", client, ""},
		{"ecs-managed-choices", "that of EC2", monitoring("ENABLED"), monitoring("DETAILED"), templatePath + "Monitoring", client, ""},
		{"ecs-managed-choices", "tags of a task definition", managed(func(m *ecstypes.CreateManagedInstancesProviderConfiguration) { m.PropagateTags = "TASK_DEFINITION" }), plain,
			managedPath + "PropagateTags", client, ""},
		{"ecs-managed-choices", "no such repair", managed(func(m *ecstypes.CreateManagedInstancesProviderConfiguration) {
			m.AutoRepairConfiguration = &ecstypes.AutoRepairConfiguration{ActionsStatus: "ON"}
		}), managed(func(m *ecstypes.CreateManagedInstancesProviderConfiguration) {
			m.AutoRepairConfiguration = &ecstypes.AutoRepairConfiguration{ActionsStatus: "ENABLED"}
		}), managedPath + "AutoRepairConfiguration.ActionsStatus", client, ""},
		{"ecs-managed-storage", "0 GiB", storage(0), storage(1), templatePath + "StorageConfiguration.StorageSizeGiB", client, ""},
		{"ecs-managed-storage-unused", "no types for it", local(false, "excluded"), local(false, "included"), templatePath + "LocalStorageConfiguration.UseLocalStorage", client, ""},
		{"ecs-managed-storage-unused", "a volume, too", local(true, "required"), local(true, "included"), templatePath + "StorageConfiguration", client, ""},
		{"ecs-managed-scale-in", "-2 s", scaleIn(-2), scaleIn(-1), managedPath + "InfrastructureOptimization.ScaleInAfter", client, ""},
		{"ecs-managed-scale-in", "3601 s", scaleIn(3601), scaleIn(3600), managedPath + "InfrastructureOptimization.ScaleInAfter", client, ""},
		{"ecs-managed-reservations", "with Spot", option("SPOT", "", nil), option(reserved, "", nil), templatePath + "CapacityReservations", client, ""},
		{"ecs-managed-reservations", "excluded", option(reserved, "RESERVATIONS_EXCLUDED", full), option(reserved, "RESERVATIONS_EXCLUDED", nil),
			templatePath + "CapacityReservations.ReservationGroupArn", client, ""},
		{"ecs-managed-metadata-tags", "a slash", tagged(true), tagged(false), "Tags[a/b]", client, ""},
	}
}

func requirementRows() []providerRow {
	vcpus := func(least, most *int32) func(*provider) {
		return required(func(q *ecstypes.InstanceRequirementsRequest) {
			q.VCpuCount = &ecstypes.VCpuCountRangeRequest{Min: least, Max: most}
		})
	}
	perCPU := func(least, most float64) func(*provider) {
		return required(func(q *ecstypes.InstanceRequirementsRequest) {
			q.MemoryGiBPerVCpu = &ecstypes.MemoryGiBPerVCpuRequest{Min: &least, Max: &most}
		})
	}
	types := func(allowed, excluded []string) func(*provider) {
		return required(func(q *ecstypes.InstanceRequirementsRequest) {
			q.AllowedInstanceTypes, q.ExcludedInstanceTypes = allowed, excluded
		})
	}
	spot := func(over, of *int32) func(*provider) {
		return required(func(q *ecstypes.InstanceRequirementsRequest) {
			q.SpotMaxPricePercentageOverLowestPrice, q.MaxSpotPriceAsPercentageOfOptimalOnDemandPrice = over, of
		})
	}
	bare := func(b ecstypes.BareMetal) func(*provider) {
		return required(func(q *ecstypes.InstanceRequirementsRequest) { q.BareMetal = b })
	}
	one := aws.Int32
	rows := []providerRow{
		{"ecs-managed-required", "no vCPUs", vcpus(nil, one(2)), vcpus(one(2), nil), requirementsPath + "VCpuCount.Min", client, ""},
		{"ecs-managed-required", "no memory", required(func(q *ecstypes.InstanceRequirementsRequest) { q.MemoryMiB = nil }), vcpus(one(0), nil), requirementsPath + "MemoryMiB.Min", client, ""},
		{"ecs-managed-ranges", "the most below the least", vcpus(one(4), one(2)), vcpus(one(4), one(4)), requirementsPath + "VCpuCount", client, ""},
		{"ecs-managed-ranges", "-1", vcpus(one(-1), nil), vcpus(one(0), nil), requirementsPath + "VCpuCount.Min", client, ""},
		{"ecs-managed-ranges", "at most -1", vcpus(one(0), one(-1)), vcpus(one(0), one(0)), requirementsPath + "VCpuCount.Max", client, ""},
		{"ecs-managed-ranges", "fractions", perCPU(2.5, 2), perCPU(2, 2.5), requirementsPath + "MemoryGiBPerVCpu", client, ""},
		{"ecs-managed-inclusions", "another word", bare("yes"), bare("required"), requirementsPath + "BareMetal", client, ""},
		{"ecs-managed-types", "401", types(slices.Repeat([]string{"m5.*"}, 401), nil), types(slices.Repeat([]string{"m5.*"}, 400), nil), requirementsPath + "AllowedInstanceTypes", client, ""},
		{"ecs-managed-types", "a blank", types(nil, []string{"m5 large"}), types(nil, []string{"m5.large"}), requirementsPath + "ExcludedInstanceTypes[0]", client, ""},
		{"ecs-managed-types", "31 characters", types([]string{strings.Repeat("m", 31)}, nil), types([]string{strings.Repeat("m", 30)}, nil), requirementsPath + "AllowedInstanceTypes[0]", client, ""},
		{"ecs-managed-types-both", "both", types([]string{"m5.*"}, []string{"m5.large"}), types([]string{"m5.*"}, nil), requirementsPath + "ExcludedInstanceTypes", client, ""},
		{"ecs-managed-spot-price", "both", spot(one(1), one(1)), spot(one(1), nil), requirementsPath + "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice", client, ""},
	}
	return append(rows, rangeRows()...)
}

// rangeRows has each range once the wrong way round.
func rangeRows() []providerRow {
	high, low := aws.Int32(2), aws.Int32(1)
	more, less := aws.Float64(2), aws.Float64(1)
	var rows []providerRow
	for field, change := range map[string]func(q *ecstypes.InstanceRequirementsRequest){
		"MemoryMiB": func(q *ecstypes.InstanceRequirementsRequest) {
			q.MemoryMiB = &ecstypes.MemoryMiBRequest{Min: high, Max: low}
		},
		"AcceleratorCount": func(q *ecstypes.InstanceRequirementsRequest) {
			q.AcceleratorCount = &ecstypes.AcceleratorCountRequest{Min: high, Max: low}
		},
		"AcceleratorTotalMemoryMiB": func(q *ecstypes.InstanceRequirementsRequest) {
			q.AcceleratorTotalMemoryMiB = &ecstypes.AcceleratorTotalMemoryMiBRequest{Min: high, Max: low}
		},
		"BaselineEbsBandwidthMbps": func(q *ecstypes.InstanceRequirementsRequest) {
			q.BaselineEbsBandwidthMbps = &ecstypes.BaselineEbsBandwidthMbpsRequest{Min: high, Max: low}
		},
		"NetworkInterfaceCount": func(q *ecstypes.InstanceRequirementsRequest) {
			q.NetworkInterfaceCount = &ecstypes.NetworkInterfaceCountRequest{Min: high, Max: low}
		},
		"NetworkBandwidthGbps": func(q *ecstypes.InstanceRequirementsRequest) {
			q.NetworkBandwidthGbps = &ecstypes.NetworkBandwidthGbpsRequest{Min: more, Max: less}
		},
		"TotalLocalStorageGB": func(q *ecstypes.InstanceRequirementsRequest) {
			q.TotalLocalStorageGB = &ecstypes.TotalLocalStorageGBRequest{Min: more, Max: less}
		},
	} {
		rows = append(rows, providerRow{
			"ecs-managed-ranges", field, required(change), required(func(*ecstypes.InstanceRequirementsRequest) {}), requirementsPath + field, client, "",
		})
	}
	return rows
}

func TestEveryRuleOfManagedInstances(t *testing.T) {
	t.Parallel()
	rows := slices.Concat(managedRows(), requirementRows())
	holds(t, ecsrules.CreateCapacityProvider, nil, func() *provider { return &provider{Name: aws.String("mine")} }, rows, groupRuleIDs...)

	type update = awsecs.UpdateCapacityProviderInput
	holds(t, ecsrules.UpdateCapacityProvider, nil, func() *update { return &update{Name: aws.String("mine")} }, []row[update]{
		{"ecs-managed-scale-in", "an hour and more", func(in *update) {
			in.ManagedInstancesProvider = &ecstypes.UpdateManagedInstancesProviderConfiguration{
				InfrastructureOptimization: &ecstypes.InfrastructureOptimization{ScaleInAfter: aws.Int32(4000)},
			}
		}, nil, managedPath + "InfrastructureOptimization.ScaleInAfter", client, ""},
		{"ecs-managed-required", "no memory", func(in *update) {
			in.ManagedInstancesProvider = &ecstypes.UpdateManagedInstancesProviderConfiguration{InstanceLaunchTemplate: &ecstypes.InstanceLaunchTemplateUpdate{
				InstanceRequirements: &ecstypes.InstanceRequirementsRequest{VCpuCount: &ecstypes.VCpuCountRangeRequest{Min: aws.Int32(1)}},
			}}
		}, nil, requirementsPath + "MemoryMiB.Min", client, ""},
	}, ids(ecsrules.CreateCapacityProvider)...)
}

// groupRuleIDs are those of other capacity providers, which have a test of their own.
var groupRuleIDs = []string{
	"ecs-capacity-provider-name", "ecs-capacity-provider-scaling", "ecs-capacity-provider-steps", "ecs-capacity-provider-protection", "ecs-tags",
}

// managedRuleIDs are those of Managed Instances, for the other test.
func managedRuleIDs() []string {
	return slices.DeleteFunc(ids(ecsrules.CreateCapacityProvider), func(id string) bool { return slices.Contains(groupRuleIDs, id) })
}

func managedTaskRows() []taskRow {
	on := func(changes ...func(*task)) func(*task) {
		return func(in *task) {
			in.RequiresCompatibilities = []ecstypes.Compatibility{ecstypes.CompatibilityManagedInstances}
			all(changes...)(in)
		}
	}
	mode := func(m ecstypes.NetworkMode) func(*task) { return on(func(in *task) { in.NetworkMode = m }) }
	os := func(f ecstypes.OSFamily) func(*task) {
		return on(func(in *task) { in.RuntimePlatform = &ecstypes.RuntimePlatform{OperatingSystemFamily: f} })
	}
	driver := func(d ecstypes.LogDriver) func(*task) {
		return on(app(func(c *container) { c.LogConfiguration = &ecstypes.LogConfiguration{LogDriver: d} }))
	}
	rows := []taskRow{
		{"ecs-managed-network-mode", "bridge", mode("bridge"), mode("host"), "NetworkMode", client, ""},
		{"ecs-managed-network-none", "none", mode("none"), mode("awsvpc"), "NetworkMode", client, ""},
		{"ecs-managed-os", "Windows", os(ecstypes.OSFamilyWindowsServer2022Core), os(ecstypes.OSFamilyLinux), "RuntimePlatform.OperatingSystemFamily", client, ""},
		{"ecs-managed-log-driver", "Docker's", driver(ecstypes.LogDriverSyslog), driver(ecstypes.LogDriverJsonFile), "ContainerDefinitions[app].LogConfiguration.LogDriver", client, ""},
	}
	for path, change := range map[string]func(*task){
		"EphemeralStorage":   func(in *task) { in.EphemeralStorage = &ecstypes.EphemeralStorage{SizeInGiB: 30} },
		"IpcMode":            func(in *task) { in.IpcMode = ecstypes.IpcModeTask },
		"ProxyConfiguration": func(in *task) { in.ProxyConfiguration = &ecstypes.ProxyConfiguration{} },
	} {
		rows = append(rows, taskRow{"ecs-managed-task", path, on(change), on(), path, client, ""})
	}
	for field, change := range map[string]func(*container){
		"DisableNetworking":     func(c *container) { c.DisableNetworking = aws.Bool(true) },
		"DnsSearchDomains":      func(c *container) { c.DnsSearchDomains = []string{"local"} },
		"DnsServers":            func(c *container) { c.DnsServers = []string{"10.0.0.2"} },
		"DockerLabels":          func(c *container) { c.DockerLabels = map[string]string{"a": "b"} },
		"DockerSecurityOptions": func(c *container) { c.DockerSecurityOptions = []string{"no-new-privileges"} },
		"ExtraHosts":            func(c *container) { c.ExtraHosts = make([]ecstypes.HostEntry, 1) },
		"Hostname":              func(c *container) { c.Hostname = aws.String("web") },
		"Links":                 func(c *container) { c.Links = []string{"db"} },
	} {
		legal := on(app(func(c *container) { c.Privileged = aws.Bool(true) }))
		rows = append(rows, taskRow{"ecs-managed-container", field, on(app(change)), legal, "ContainerDefinitions[app]." + field, client, ""})
	}
	for field, p := range map[string]ecstypes.LinuxParameters{
		"MaxSwap": {MaxSwap: aws.Int32(1)}, "SharedMemorySize": {SharedMemorySize: aws.Int32(64)}, "Swappiness": {Swappiness: aws.Int32(1)},
		"Tmpfs": {Tmpfs: make([]ecstypes.Tmpfs, 1)},
	} {
		legal := on(app(func(c *container) { c.LinuxParameters = &ecstypes.LinuxParameters{Devices: make([]ecstypes.Device, 1)} }))
		rows = append(rows, taskRow{"ecs-managed-linux-parameters", field, on(app(func(c *container) { c.LinuxParameters = &p })), legal, "ContainerDefinitions[app].LinuxParameters." + field, client, ""})
	}
	for field, v := range map[string]ecstypes.Volume{
		"DockerVolumeConfiguration":               {DockerVolumeConfiguration: &ecstypes.DockerVolumeConfiguration{}},
		"FsxWindowsFileServerVolumeConfiguration": {FsxWindowsFileServerVolumeConfiguration: &ecstypes.FSxWindowsFileServerVolumeConfiguration{}},
		"Host.SourcePath":                         {Host: &ecstypes.HostVolumeProperties{SourcePath: aws.String("/data")}},
	} {
		v.Name = aws.String("v")
		legal := on(func(in *task) {
			in.Volumes = []ecstypes.Volume{{Name: aws.String("v"), Host: &ecstypes.HostVolumeProperties{}}}
		})
		rows = append(rows, taskRow{"ecs-managed-volume", field, on(func(in *task) { in.Volumes = []ecstypes.Volume{v} }), legal, "Volumes[v]." + field, client, ""})
	}
	return rows
}

// managedLaunchRows have the capacity provider "managed".
func managedLaunchRows() []serviceRow {
	on := func(name string, changes ...func(*service)) func(*service) {
		return all(append([]func(*service){strategyOf(share(name, 0, 1)), runs("managed")}, changes...)...)
	}
	public := func(in *service) {
		in.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp = ecstypes.AssignPublicIpEnabled
	}
	packed := func(in *service) {
		in.PlacementStrategy = []ecstypes.PlacementStrategy{{Type: ecstypes.PlacementStrategyTypeRandom}}
	}
	bridge := func(in *service) { in.TaskDefinition, in.NetworkConfiguration = aws.String("bridge"), nil }
	return []serviceRow{
		{"ecs-managed-launch-type", "one", func(in *service) { in.LaunchType = ecstypes.LaunchTypeManagedInstances }, on("managed"), "LaunchType", invalid, ""},
		{"ecs-managed-public-ip", "one", on("managed", public), on("managed"), "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp", invalid, ""},
		{"ecs-managed-placement", "random", on("managed", packed), on("group", packed), "PlacementStrategy", invalid, ""},
		{"ecs-managed-task-network", "bridge", on("managed", bridge), on("group", bridge), "TaskDefinition", invalid, ""},
		{"ecs-managed-compatible", "for Fargate", on("managed", runs("web")), on("managed"), "TaskDefinition", invalid, ""},
	}
}

// addManaged adds what managedLaunchRows need to a world.
func addManaged(add func(kind, name string, state any), define func(func(*task)) *model.TaskDefinition) {
	mine := &provider{}
	managed(func(*ecstypes.CreateManagedInstancesProviderConfiguration) {})(mine)
	add(model.KindCapacityProvider, "managed", &model.CapacityProvider{Create: *mine})
	add(model.KindCapacityProvider, "group", &model.CapacityProvider{Create: provider{AutoScalingGroupProvider: &ecstypes.AutoScalingGroupProvider{}}})
	add(model.KindTaskDefinition, "managed", define(func(in *task) {
		in.RequiresCompatibilities = []ecstypes.Compatibility{ecstypes.CompatibilityManagedInstances}
	}))
}
