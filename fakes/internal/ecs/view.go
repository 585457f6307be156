// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// at is nil for a time that has not come.
func at(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// view is the task as ECS describes it.
func (t *task) view(tags bool) *ecstypes.Task {
	d := t.spec.td.definition
	v := &ecstypes.Task{
		TaskArn: &t.arn, ClusterArn: &t.cl.arn, TaskDefinitionArn: d.TaskDefinitionArn,
		LastStatus: new(t.status), DesiredStatus: new(t.desired), HealthStatus: t.health(),
		AvailabilityZone: optional(t.zone), Group: optional(t.spec.group), StartedBy: optional(t.spec.startedBy),
		Cpu: t.cpu(), Memory: t.memory(), EnableExecuteCommand: t.spec.exec,
		PlatformVersion: optional(t.spec.platformVersion), PlatformFamily: t.spec.family(), CapacityProviderName: optional(t.provider),
		CreatedAt: at(t.created), PullStartedAt: at(t.pullStarted), PullStoppedAt: at(t.pullStopped), StartedAt: at(t.started),
		StoppingAt: at(t.stopRequested), ExecutionStoppedAt: at(t.executionStopped), StoppedAt: at(t.ended), ConnectivityAt: at(t.connected),
		StopCode: t.code, StoppedReason: optional(t.reason), Version: t.version,
		Attributes: []ecstypes.Attribute{{Name: new("ecs.cpu-architecture"), Value: new(architecture(d.RuntimePlatform))}},
		Overrides:  t.overrides(), Attachments: t.attachments(),
		InferenceAccelerators: []ecstypes.InferenceAccelerator{},
	}
	if !t.connected.IsZero() {
		v.Connectivity = ecstypes.ConnectivityConnected
	}
	t.viewPlace(v)
	if tags {
		v.Tags = t.tags
	}
	v.Containers = make([]ecstypes.Container, len(t.containers))
	for i, c := range t.containers {
		v.Containers[i] = c.view()
	}
	return v
}

// viewPlace shows what the task runs on.
func (t *task) viewPlace(v *ecstypes.Task) {
	if t.spec.host == nil {
		v.LaunchType = ecstypes.LaunchTypeFargate
		v.EphemeralStorage = t.storage()
		v.FargateEphemeralStorage = &ecstypes.TaskEphemeralStorage{SizeInGiB: t.storage().SizeInGiB}
		return
	}
	v.LaunchType = ecstypes.LaunchTypeEc2
	if t.cl.r.isManaged(t.provider) {
		v.LaunchType = ecstypes.LaunchTypeManagedInstances
	}
	if t.node != nil {
		v.ContainerInstanceArn = &t.node.arn
	}
	if v.Cpu == nil {
		v.Cpu = new(strconv.Itoa(t.spec.host.request.Needs.CPU))
	}
	if v.Memory == nil {
		v.Memory = new(strconv.Itoa(t.spec.host.request.Needs.Memory))
	}
}

func (t *task) cpu() *string {
	if o := t.spec.overrides; o != nil && o.Cpu != nil {
		return normalCPU(o.Cpu)
	}
	return t.spec.td.definition.Cpu
}

func (t *task) memory() *string {
	if o := t.spec.overrides; o != nil && o.Memory != nil {
		return normalMemory(o.Memory)
	}
	return t.spec.td.definition.Memory
}

// defaultStorage is what Fargate gives every task, in GiB.
const defaultStorage = 20

func (t *task) storage() *ecstypes.EphemeralStorage {
	if o := t.spec.overrides; o != nil && o.EphemeralStorage != nil {
		return o.EphemeralStorage
	}
	if s := t.spec.td.definition.EphemeralStorage; s != nil {
		return s
	}
	return &ecstypes.EphemeralStorage{SizeInGiB: defaultStorage}
}

func (t *task) overrides() *ecstypes.TaskOverride {
	if t.spec.overrides != nil {
		o := *t.spec.overrides
		o.InferenceAcceleratorOverrides = []ecstypes.InferenceAcceleratorOverride{}
		o.ContainerOverrides = orEmpty(o.ContainerOverrides)
		return &o
	}
	list := make([]ecstypes.ContainerOverride, len(t.containers))
	for i, c := range t.containers {
		list[i].Name = c.def.Name
	}
	return &ecstypes.TaskOverride{ContainerOverrides: list, InferenceAcceleratorOverrides: []ecstypes.InferenceAcceleratorOverride{}}
}

// attachmentStatus is that of the network interface while the task has a status.
func (t *task) attachmentStatus() string {
	switch {
	case t.status == stopped:
		return "DELETED"
	case t.nic.ID == "" && t.nic.PrivateIP == "":
		return "PRECREATED"
	default:
		return "ATTACHED"
	}
}

// attachment is the id of the network interface's attachment.
func (t *task) attachment() string { return uuidOf(t.id) }

func (t *task) attachmentView() ecstypes.Attachment {
	pair := func(name, v string) ecstypes.KeyValuePair { return ecstypes.KeyValuePair{Name: &name, Value: &v} }
	details := []ecstypes.KeyValuePair{pair("subnetId", t.subnet)}
	if t.nic.ID != "" {
		details = append(details, pair("networkInterfaceId", t.nic.ID), pair("macAddress", t.nic.MAC),
			pair("privateDnsName", "ip-"+dashed(t.nic.PrivateIP)+".ec2.internal"), pair("privateIPv4Address", t.nic.PrivateIP))
	}
	return ecstypes.Attachment{
		Id: new(t.attachment()), Type: new("ElasticNetworkInterface"), Status: new(t.attachmentStatus()), Details: details,
	}
}

func dashed(ip string) string {
	b := []byte(ip)
	for i := range b {
		if b[i] == '.' {
			b[i] = '-'
		}
	}
	return string(b)
}

func platformFamily(p *ecstypes.RuntimePlatform) string {
	if p == nil || p.OperatingSystemFamily == "" || p.OperatingSystemFamily == ecstypes.OSFamilyLinux {
		return "Linux"
	}
	return string(p.OperatingSystemFamily)
}

func architecture(p *ecstypes.RuntimePlatform) string {
	if p != nil && p.CpuArchitecture == ecstypes.CPUArchitectureArm64 {
		return "arm64"
	}
	return "x86_64"
}

func (c *container) arn() string {
	t := c.t
	return t.cl.r.arn("container/" + t.cl.name + "/" + t.id + "/" + uuidOf(t.id[8:]+t.id[:8]+c.id))
}

func (c *container) view() ecstypes.Container {
	v := ecstypes.Container{
		ContainerArn: new(c.arn()), TaskArn: &c.t.arn, Name: c.def.Name, Image: c.def.Image, ImageDigest: optional(c.image.Digest),
		LastStatus: new(c.status), HealthStatus: c.health, ExitCode: c.exit, Reason: optional(c.reason),
		Cpu: new(strconv.Itoa(int(c.def.Cpu))), NetworkBindings: orEmpty(slices.Clone(c.bindings)), GpuIds: c.gpus,
		NetworkInterfaces: []ecstypes.NetworkInterface{}, ManagedAgents: c.agents(),
	}
	if c.begun {
		v.RuntimeId = new(c.t.id + "-" + c.id)
	}
	if c.def.Memory != nil {
		v.Memory = new(strconv.Itoa(int(*c.def.Memory)))
	}
	if c.def.MemoryReservation != nil {
		v.MemoryReservation = new(strconv.Itoa(int(*c.def.MemoryReservation)))
	}
	if c.t.nic.ID != "" {
		v.NetworkInterfaces = append(v.NetworkInterfaces, ecstypes.NetworkInterface{
			AttachmentId: new(c.t.attachment()), PrivateIpv4Address: &c.t.nic.PrivateIP,
		})
	}
	return v
}
