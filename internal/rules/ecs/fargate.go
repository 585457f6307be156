// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

// fargateRules look at task definitions that require Fargate.
var fargateRules = []taskRule{
	{Meta: rules.Meta{
		ID: "ecs-fargate-network-mode", Code: clientException, Doc: docFargate,
		Text: "Fargate only supports network mode ‘awsvpc’.",
	}, Check: onFargate(func(r *rules.Report, in *task) {
		if in.NetworkMode != ecstypes.NetworkModeAwsvpc {
			r.Add(rules.Problem{Path: "NetworkMode", Got: quote(string(in.NetworkMode)), Want: "awsvpc"})
		}
	})},
	{Meta: rules.Meta{
		ID: "ecs-fargate-task-cpu", Code: clientException, Doc: docFargateSize,
		Text: "Fargate requires that 'cpu' be defined at the task level",
	}, Check: onFargate(func(r *rules.Report, in *task) {
		if in.Cpu == nil {
			r.Add(rules.Problem{Path: "Cpu", Got: "none", Want: "a size of Fargate's table"})
		}
	})},
	{Meta: rules.Meta{
		ID: "ecs-fargate-task-memory", Code: clientException, Doc: docFargateSize,
		Text: "Fargate requires that 'memory' be defined at the task level",
	}, Check: onFargate(func(r *rules.Report, in *task) {
		if in.Memory == nil {
			r.Add(rules.Problem{Path: "Memory", Got: "none", Want: "a size of Fargate's table"})
		}
	})},
	{Meta: rules.Meta{ID: "ecs-fargate-size", Code: clientException, Doc: docFargateSize}, Check: onFargate(fargateSize)},
	{Meta: rules.Meta{
		ID: "ecs-fargate-placement", Code: clientException, Doc: docFargate,
		Text: "Fargate compatible task definitions do not support constraints",
	}, Check: onFargate(func(r *rules.Report, in *task) {
		if len(in.PlacementConstraints) > 0 {
			r.Add(rules.Problem{Path: "PlacementConstraints", Got: count(len(in.PlacementConstraints), "constraint"), Want: "none on Fargate"})
		}
	})},
	{Meta: rules.Meta{
		ID: "ecs-fargate-ipc-mode", Code: clientException, Doc: docFargate,
		Text: "Fargate compatible task definitions do not support ipcMode",
	}, Check: onFargate(func(r *rules.Report, in *task) {
		if in.IpcMode != "" {
			r.Add(rules.Problem{Path: "IpcMode", Got: string(in.IpcMode), Want: "none on Fargate"})
		}
	})},
	{Meta: rules.Meta{
		ID: "ecs-fargate-pid-mode", Code: clientException, Doc: docFargate,
		Text: "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'.",
	}, Check: onFargate(func(r *rules.Report, in *task) {
		if in.PidMode == ecstypes.PidModeHost {
			r.Add(rules.Problem{Path: "PidMode", Got: "host", Want: "task, or none"})
		}
	})},
	{Meta: rules.Meta{ID: "ecs-ephemeral-storage", Code: clientException, Doc: api + "API_EphemeralStorage.html"}, Check: ephemeralStorage},
	{Meta: rules.Meta{
		ID: "ecs-fargate-gpu", Code: clientException, Doc: docFargate,
		Text: "Tasks using the Fargate launch type do not support GPU resource requirements.",
	}, Check: onFargate(containers(func(r *rules.Report, path string, c *container) {
		for _, q := range c.ResourceRequirements {
			if q.Type == ecstypes.ResourceTypeGpu {
				r.Add(rules.Problem{Path: path + ".ResourceRequirements", Got: value(q.Value) + " GPU", Want: "none on Fargate"})
			}
		}
	}))},
	{Meta: rules.Meta{
		ID: "ecs-fargate-privileged", Code: clientException, Doc: docFargate,
		Text: "Fargate compatible task definitions do not support privileged",
	}, Check: onFargate(containers(func(r *rules.Report, path string, c *container) {
		if value(c.Privileged) {
			r.Add(rules.Problem{Path: path + ".Privileged", Got: "true", Want: "false on Fargate"})
		}
	}))},
	{Meta: rules.Meta{
		ID: "ecs-fargate-security-options", Code: clientException, Doc: docFargate,
		Text: "Fargate compatible task definitions do not support dockerSecurityOptions",
	}, Check: onFargate(containers(func(r *rules.Report, path string, c *container) {
		if len(c.DockerSecurityOptions) > 0 {
			r.Add(rules.Problem{Path: path + ".DockerSecurityOptions", Got: strings.Join(c.DockerSecurityOptions, ", "), Want: "none on Fargate"})
		}
	}))},
	{Meta: rules.Meta{ID: "ecs-fargate-linux-parameters", Code: clientException, Doc: api + "API_LinuxParameters.html"},
		Check: onFargate(containers(linuxParameters))},
	{Meta: rules.Meta{ID: "ecs-fargate-capabilities", Code: clientException, Doc: api + "API_KernelCapabilities.html"},
		Check: onFargate(containers(capabilities))},
	{Meta: rules.Meta{ID: "ecs-fargate-log-driver", Code: clientException, Doc: api + "API_LogConfiguration.html"},
		Check: onFargate(containers(fargateLogDriver))},
	{Meta: rules.Meta{
		ID: "ecs-fargate-firelens-s3", Code: clientException, Doc: "https://github.com/aws/aws-sdk/issues/311",
		Text: "Invalid arn syntax.",
	}, Check: onFargate(containers(firelensFile))},
	{Meta: rules.Meta{
		ID: "ecs-fargate-ulimit", Code: clientException, Doc: api + "API_Ulimit.html",
		Text: "Fargate compatible task definitions only support the nofile ulimit",
		Warn: true,
	}, Check: onFargate(containers(fargateUlimits))},
	{Meta: rules.Meta{ID: "ecs-fargate-stop-timeout", Code: clientException, Doc: docContainer}, Check: onFargate(containers(stopTimeout))},
	{Meta: rules.Meta{
		ID: "ecs-fargate-host-volume", Code: clientException, Doc: api + "API_HostVolumeProperties.html",
		Text: "host.sourcePath should not be set for volumes in Fargate.",
	}, Check: onFargate(fargateVolumes)},
}

// linuxParameters reports what Fargate does not have.
func linuxParameters(r *rules.Report, path string, c *container) {
	p := c.LinuxParameters
	if p == nil {
		return
	}
	for _, f := range []struct {
		field, name string
		set         bool
	}{
		{"Devices", "devices", len(p.Devices) > 0},
		{"SharedMemorySize", "sharedMemorySize", p.SharedMemorySize != nil},
		{"Tmpfs", "tmpfs", len(p.Tmpfs) > 0},
		{"MaxSwap", "maxSwap", p.MaxSwap != nil},
		{"Swappiness", "swappiness", p.Swappiness != nil},
	} {
		if f.set {
			r.Add(rules.Problem{
				Path: path + ".LinuxParameters." + f.field, Got: "a setting", Want: "none on Fargate",
				Text: "Fargate compatible task definitions do not support " + f.name,
			})
		}
	}
}

func capabilities(r *rules.Report, path string, c *container) {
	if c.LinuxParameters == nil || c.LinuxParameters.Capabilities == nil {
		return
	}
	for _, add := range c.LinuxParameters.Capabilities.Add {
		if add != "SYS_PTRACE" {
			r.Add(rules.Problem{
				Path: path + ".LinuxParameters.Capabilities.Add", Got: add, Want: "SYS_PTRACE alone on Fargate",
				Text: add + " is not allowed on Fargate.",
			})
		}
	}
}

var fargateLogDrivers = []ecstypes.LogDriver{ecstypes.LogDriverAwslogs, ecstypes.LogDriverSplunk, ecstypes.LogDriverAwsfirelens}

func fargateLogDriver(r *rules.Report, path string, c *container) {
	if c.LogConfiguration == nil || slices.Contains(fargateLogDrivers, c.LogConfiguration.LogDriver) {
		return
	}
	got := string(c.LogConfiguration.LogDriver)
	r.Add(rules.Problem{
		Path: path + ".LogConfiguration.LogDriver", Got: got, Want: "awslogs, splunk or awsfirelens on Fargate",
		Text: got + " is not a valid log driver. Must be one of [awslogs,splunk,awsfirelens]",
	})
}

func firelensFile(r *rules.Report, path string, c *container) {
	if c.FirelensConfiguration != nil && c.FirelensConfiguration.Options["config-file-type"] == "s3" {
		r.Add(rules.Problem{
			Path: path + ".FirelensConfiguration.Options[config-file-type]", Got: "s3", Want: "file on Fargate, a path within the image",
		})
	}
}

func fargateUlimits(r *rules.Report, path string, c *container) {
	for i, u := range c.Ulimits {
		if name := string(u.Name); u.Name != ecstypes.UlimitNameNofile {
			r.Add(rules.Problem{Path: rules.Elem(path+".Ulimits", &name, i), Got: name, Want: "nofile: Fargate overrides no other limit"})
		}
	}
}

// The bounds of the stop timeout on Fargate, in seconds.
const (
	minStopTimeout = 2
	maxStopTimeout = 120
)

func stopTimeout(r *rules.Report, path string, c *container) {
	between(r, path+".StopTimeout", c.StopTimeout, minStopTimeout, maxStopTimeout, "s",
		"The stopTimeout setting for container '"+value(c.Name)+"' must be between 2 and 120 on Fargate.")
}

func fargateVolumes(r *rules.Report, in *task) {
	for i := range in.Volumes {
		v := &in.Volumes[i]
		path := rules.Elem("Volumes", v.Name, i)
		if v.Host != nil && value(v.Host.SourcePath) != "" {
			r.Add(rules.Problem{Path: path + ".Host.SourcePath", Got: quote(*v.Host.SourcePath), Want: "none on Fargate"})
		}
		if v.DockerVolumeConfiguration != nil {
			r.Add(rules.Problem{
				Path: path + ".DockerVolumeConfiguration", Got: "a Docker volume", Want: "a bind mount, EFS, S3 Files or EBS on Fargate",
				Text: "Fargate compatible task definitions do not support dockerVolumeConfiguration",
			})
		}
	}
}
