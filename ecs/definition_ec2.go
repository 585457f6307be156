// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// apply adds what only EC2 has.
func (h host) apply(d *ecstypes.ContainerDefinition) {
	d.Privileged, d.DisableNetworking, d.Hostname = on(h.privileged), on(h.offline), set(h.name)
	d.Links, d.ExtraHosts = slices.Clone(h.links), slices.Clone(h.entries)
	d.DnsServers, d.DnsSearchDomains = slices.Clone(h.servers), slices.Clone(h.search)
	d.DockerSecurityOptions = slices.Clone(h.security)
	if h.gpus != 0 {
		d.ResourceRequirements = []ecstypes.ResourceRequirement{{Type: ecstypes.ResourceTypeGpu, Value: aws.String(strconv.Itoa(h.gpus))}}
	}
	for i := range d.PortMappings {
		p := &d.PortMappings[i]
		if n := h.portOf(int(aws.ToInt32(p.ContainerPort)), p.Protocol); n != 0 {
			p.HostPort = aws.Int32(clamp(n))
		}
	}
	if h.linux() {
		if d.LinuxParameters == nil {
			d.LinuxParameters = &ecstypes.LinuxParameters{}
		}
		h.parameters(d.LinuxParameters)
	}
}

// portOf is the fixed port of the instance that a container's port has; 0 if it has
// none.
func (h host) portOf(port int, protocol ecstypes.TransportProtocol) int {
	for _, p := range h.ports {
		if p.port == port && p.protocol == protocol {
			return p.host
		}
	}
	return 0
}

func (h host) linux() bool {
	return len(h.devices) > 0 || h.shared != 0 || len(h.tmpfs) > 0 || h.swap != nil || len(h.capabilities) > 0
}

func (h host) parameters(l *ecstypes.LinuxParameters) {
	for _, d := range h.devices {
		device := ecstypes.Device{HostPath: aws.String(d.Path), ContainerPath: set(d.ContainerPath)}
		for _, p := range d.Permissions {
			device.Permissions = append(device.Permissions, ecstypes.DeviceCgroupPermission(p))
		}
		l.Devices = append(l.Devices, device)
	}
	for _, t := range h.tmpfs {
		l.Tmpfs = append(l.Tmpfs, ecstypes.Tmpfs{ContainerPath: aws.String(t.Path), Size: clamp(int(t.Size)), MountOptions: slices.Clone(t.Options)})
	}
	l.SharedMemorySize = optional(int(h.shared))
	if h.swap != nil {
		l.MaxSwap, l.Swappiness = aws.Int32(clamp(int(h.swap.Most))), optional(h.swap.Swappiness)
		if h.swap.Swappiness == NeverSwappy {
			l.Swappiness = aws.Int32(0)
		}
	}
	if len(h.capabilities) > 0 {
		if l.Capabilities == nil {
			l.Capabilities = &ecstypes.KernelCapabilities{}
		}
		l.Capabilities.Add = append(l.Capabilities.Add, h.capabilities...)
	}
}
