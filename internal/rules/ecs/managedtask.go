// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	docManagedTasks      = guide + "managed-instances-tasks-services.html"
	docManagedNetworking = guide + "managed-instance-networking.html"
	docManagedPlacement  = guide + "task-placement.html"
)

func managedInstances(in *task) bool {
	return slices.Contains(in.RequiresCompatibilities, ecstypes.CompatibilityManagedInstances)
}

// onManaged makes check one of tasks that must run on Managed Instances.
func onManaged(check func(*rules.Report, *task)) func(*rules.Report, *task) {
	return func(r *rules.Report, in *task) {
		if managedInstances(in) {
			check(r, in)
		}
	}
}

// managedTaskRules look at task definitions that require Managed Instances. AWS's texts
// for them are not known.
var managedTaskRules = []taskRule{
	{Meta: rules.Meta{ID: "ecs-managed-network-mode", Code: clientException, Doc: docManagedNetworking}, Check: onManaged(func(r *rules.Report, in *task) {
		if in.NetworkMode == ecstypes.NetworkModeBridge {
			r.Add(rules.Problem{Path: "NetworkMode", Got: "bridge", Want: "awsvpc or host on Managed Instances"})
		}
	})},
	// Of these the pages for the API and the guide tell different things.
	{Meta: rules.Meta{ID: "ecs-managed-network-none", Code: clientException, Doc: docManagedNetworking, Warn: true}, Check: onManaged(func(r *rules.Report, in *task) {
		if in.NetworkMode == "" || in.NetworkMode == ecstypes.NetworkModeNone {
			r.Add(rules.Problem{Path: "NetworkMode", Got: quote(string(in.NetworkMode)), Want: "awsvpc or host on Managed Instances"})
		}
	})},
	{Meta: rules.Meta{ID: "ecs-managed-os", Code: clientException, Doc: guide + "ManagedInstances.html"}, Check: onManaged(func(r *rules.Report, in *task) {
		if windows(in) {
			r.Add(rules.Problem{Path: "RuntimePlatform.OperatingSystemFamily", Got: string(in.RuntimePlatform.OperatingSystemFamily), Want: "LINUX on Managed Instances"})
		}
	})},
	{Meta: rules.Meta{ID: "ecs-managed-task", Code: clientException, Doc: docManagedTasks}, Check: onManaged(managedTask)},
	{Meta: rules.Meta{ID: "ecs-managed-container", Code: clientException, Doc: docManagedTasks}, Check: onManaged(containers(managedContainer))},
	{Meta: rules.Meta{ID: "ecs-managed-linux-parameters", Code: clientException, Doc: docManagedTasks}, Check: onManaged(containers(managedLinux))},
	{Meta: rules.Meta{ID: "ecs-managed-volume", Code: clientException, Doc: docManagedTasks}, Check: onManaged(managedVolumes)},
	{Meta: rules.Meta{ID: "ecs-managed-log-driver", Code: clientException, Doc: api + "API_LogConfiguration.html"}, Check: onManaged(containers(managedLogDriver))},
}

// unsupported is a parameter that Managed Instances do not have.
type unsupported struct {
	field string
	set   bool
}

func reportUnsupported(r *rules.Report, path string, fields []unsupported) {
	for _, f := range fields {
		if f.set {
			r.Add(rules.Problem{Path: path + f.field, Got: "a setting", Want: "none on Managed Instances"})
		}
	}
}

func managedTask(r *rules.Report, in *task) {
	reportUnsupported(r, "", []unsupported{
		{"EphemeralStorage", in.EphemeralStorage != nil},
		{"IpcMode", in.IpcMode != ""},
		{"ProxyConfiguration", in.ProxyConfiguration != nil},
	})
}

func managedContainer(r *rules.Report, path string, c *container) {
	reportUnsupported(r, path+".", []unsupported{
		{"DisableNetworking", value(c.DisableNetworking)},
		{"DnsSearchDomains", len(c.DnsSearchDomains) > 0},
		{"DnsServers", len(c.DnsServers) > 0},
		{"DockerLabels", len(c.DockerLabels) > 0},
		{"DockerSecurityOptions", len(c.DockerSecurityOptions) > 0},
		{"ExtraHosts", len(c.ExtraHosts) > 0},
		{"Hostname", value(c.Hostname) != ""},
		{"Links", len(c.Links) > 0},
	})
}

func managedLinux(r *rules.Report, path string, c *container) {
	if p := c.LinuxParameters; p != nil {
		reportUnsupported(r, path+".LinuxParameters.", []unsupported{
			{"MaxSwap", p.MaxSwap != nil},
			{"SharedMemorySize", p.SharedMemorySize != nil},
			{"Swappiness", p.Swappiness != nil},
			{"Tmpfs", len(p.Tmpfs) > 0},
		})
	}
}

func managedVolumes(r *rules.Report, in *task) {
	for i := range in.Volumes {
		v := &in.Volumes[i]
		reportUnsupported(r, rules.Elem("Volumes", v.Name, i)+".", []unsupported{
			{"DockerVolumeConfiguration", v.DockerVolumeConfiguration != nil},
			{"FsxWindowsFileServerVolumeConfiguration", v.FsxWindowsFileServerVolumeConfiguration != nil},
			{"Host.SourcePath", v.Host != nil && value(v.Host.SourcePath) != ""},
		})
	}
}

var managedLogDrivers = []ecstypes.LogDriver{
	ecstypes.LogDriverAwslogs, ecstypes.LogDriverSplunk, ecstypes.LogDriverAwsfirelens, ecstypes.LogDriverJsonFile,
}

func managedLogDriver(r *rules.Report, path string, c *container) {
	if c.LogConfiguration != nil && !slices.Contains(managedLogDrivers, c.LogConfiguration.LogDriver) {
		r.Add(rules.Problem{
			Path: path + ".LogConfiguration.LogDriver", Got: string(c.LogConfiguration.LogDriver),
			Want: "awslogs, splunk, awsfirelens or json-file on Managed Instances",
		})
	}
}

// managedProvider reports whether a capacity provider is known to be of Managed
// Instances.
func managedProvider(r *rules.Report, name string) bool {
	state, found, known := r.Get(model.KindCapacityProvider, name)
	p, ok := state.(*model.CapacityProvider)
	return found && known && ok && p.Create.ManagedInstancesProvider != nil
}

// managed reports whether a share of the tasks is known to be for Managed Instances.
func (l launch) managed(r *rules.Report) bool {
	return slices.ContainsFunc(l.strategy, func(i ecstypes.CapacityProviderStrategyItem) bool {
		return managedProvider(r, value(i.CapacityProvider))
	})
}

// managedLaunchRules look at what runs on Managed Instances. AWS's texts for them are not
// known.
var managedLaunchRules = []launchRule{
	{rules.Meta{ID: "ecs-managed-launch-type", Code: invalidParameter, Doc: docService}, func(r *rules.Report, l launch) {
		if l.launchType == ecstypes.LaunchTypeManagedInstances {
			r.Add(rules.Problem{Path: "LaunchType", Got: string(l.launchType), Want: "a capacity provider strategy in its place"})
		}
	}},
	{rules.Meta{ID: "ecs-managed-public-ip", Code: invalidParameter, Doc: "https://github.com/aws/aws-cdk/pull/35644", Warn: true}, func(r *rules.Report, l launch) {
		if n := awsvpc(l.network); n != nil && n.AssignPublicIp == ecstypes.AssignPublicIpEnabled && l.managed(r) {
			r.Add(rules.Problem{Path: "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp", Got: "ENABLED", Want: "DISABLED on Managed Instances"})
		}
	}},
	withTask(rules.Meta{ID: "ecs-managed-task-network", Code: invalidParameter, Doc: docManagedNetworking}, func(r *rules.Report, l launch, t *task) {
		if l.managed(r) && (t.NetworkMode == "" || t.NetworkMode == ecstypes.NetworkModeBridge) {
			r.Add(rules.Problem{Path: "TaskDefinition", Got: "network mode " + quote(string(t.NetworkMode)), Want: "awsvpc or host on Managed Instances"})
		}
	}),
	withTask(rules.Meta{ID: "ecs-managed-compatible", Code: invalidParameter, Doc: docManagedTasks, Warn: true}, func(r *rules.Report, l launch, t *task) {
		if l.managed(r) && !managedInstances(t) {
			r.Add(rules.Problem{Path: "TaskDefinition", Got: "one that does not require MANAGED_INSTANCES", Want: "one that does"})
		}
	}),
}

// managedPlacement warns of strategies: ECS chooses the instances itself, by the task's
// needs and its constraints.
var managedPlacement = rules.Rule[service]{
	Meta: rules.Meta{ID: "ecs-managed-placement", Code: invalidParameter, Doc: docManagedPlacement, Warn: true},
	Check: func(r *rules.Report, in *service) {
		if len(in.PlacementStrategy) > 0 && ofService(r, in).managed(r) {
			r.Add(rules.Problem{Path: "PlacementStrategy", Got: "a strategy on Managed Instances", Want: "none: ECS chooses the instance"})
		}
	},
}
