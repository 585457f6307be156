// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/gosource"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// awsvpc reports whether each task has a network interface of its own.
func awsvpc(t *model.TaskDefinition) bool {
	return t.Register.NetworkMode == ecstypes.NetworkModeAwsvpc
}

// containerOnEC2 adds the settings that only EC2 has; more is false if there are none.
func (x *exporter) containerOnEC2(base expressed[Container], d *ecstypes.ContainerDefinition) (c expressed[Container], more bool) {
	if !x.onEC2() {
		return base, false
	}
	c = gosource.Call(x.p, base.V, "ecs.OnEC2", base)
	begun := c.Source()
	c = x.hostPorts(c, d)
	c = x.hostNetwork(c, d)
	c = hostRights(c, d)
	if d.LinuxParameters != nil {
		c = hostParameters(c, d.LinuxParameters)
	}
	if x.mountsOnEC2(d) {
		for _, m := range d.MountPoints {
			c = x.mounted(c, m)
		}
	}
	return c, c.Source() != begun
}

// hostPorts are those that are not the container's own, or any.
func (x *exporter) hostPorts(c expressed[Container], d *ecstypes.ContainerDefinition) expressed[Container] {
	for _, m := range d.PortMappings {
		number, own := int(aws.ToInt32(m.HostPort)), int(aws.ToInt32(m.ContainerPort))
		p, ok := x.ports[portOf{text(d.Name), clamp(own)}]
		if number == 0 || !ok || number == own && x.task.Register.NetworkMode != ecstypes.NetworkModeBridge {
			continue
		}
		c = c.Then(OnEC2(c.V).WithHostPort(p.V, number).container, "WithHostPort", p, number)
	}
	return c
}

// hostNetwork is how the container finds others, and others find it.
func (x *exporter) hostNetwork(c expressed[Container], d *ecstypes.ContainerDefinition) expressed[Container] {
	for _, l := range d.Links {
		name, alias, has := strings.Cut(l, ":")
		to := x.containerNamed(name)
		if has {
			c = c.Then(OnEC2(c.V).WithLinkAs(to.V, alias).container, "WithLinkAs", to, alias)
		} else {
			c = c.Then(OnEC2(c.V).WithLink(to.V).container, "WithLink", to)
		}
	}
	for _, h := range d.ExtraHosts {
		c = c.Then(OnEC2(c.V).WithExtraHost(text(h.Hostname), text(h.IpAddress)).container, "WithExtraHost", text(h.Hostname), text(h.IpAddress))
	}
	if name := text(d.Hostname); name != "" {
		c = c.Then(OnEC2(c.V).WithHostname(name).container, "WithHostname", name)
	}
	for _, server := range d.DnsServers {
		c = c.Then(OnEC2(c.V).WithDNSServer(server).container, "WithDNSServer", server)
	}
	for _, domain := range d.DnsSearchDomains {
		c = c.Then(OnEC2(c.V).WithDNSSearch(domain).container, "WithDNSSearch", domain)
	}
	if aws.ToBool(d.DisableNetworking) {
		c = c.Then(OnEC2(c.V).WithoutNetworking().container, "WithoutNetworking")
	}
	return c
}

// hostRights is what the container may do on the instance.
func hostRights(c expressed[Container], d *ecstypes.ContainerDefinition) expressed[Container] {
	if aws.ToBool(d.Privileged) {
		c = c.Then(OnEC2(c.V).WithPrivileged().container, "WithPrivileged")
	}
	for _, option := range d.DockerSecurityOptions {
		c = c.Then(OnEC2(c.V).WithSecurityOption(option).container, "WithSecurityOption", option)
	}
	for _, r := range d.ResourceRequirements {
		if n, err := strconv.Atoi(text(r.Value)); r.Type == ecstypes.ResourceTypeGpu && err == nil {
			c = c.Then(OnEC2(c.V).WithGPU(n).container, "WithGPU", n)
		}
	}
	return c
}

// hostParameters are those of Linux.
func hostParameters(c expressed[Container], l *ecstypes.LinuxParameters) expressed[Container] {
	for _, d := range l.Devices {
		device := Device{Path: text(d.HostPath), ContainerPath: text(d.ContainerPath)}
		for _, p := range d.Permissions {
			device.Permissions = append(device.Permissions, string(p))
		}
		c = c.Then(OnEC2(c.V).WithDevice(device).container, "WithDevice", device)
	}
	if n := Memory(aws.ToInt32(l.SharedMemorySize)); n != 0 {
		c = c.Then(OnEC2(c.V).WithSharedMemory(n).container, "WithSharedMemory", n)
	}
	for _, t := range l.Tmpfs {
		tmpfs := Tmpfs{Path: text(t.ContainerPath), Size: Memory(t.Size), Options: t.MountOptions}
		c = c.Then(OnEC2(c.V).WithTmpfs(tmpfs).container, "WithTmpfs", tmpfs)
	}
	if l.MaxSwap != nil {
		swap := Swap{Most: Memory(*l.MaxSwap), Swappiness: orZero(l.Swappiness)}
		if l.Swappiness != nil && *l.Swappiness == 0 {
			swap.Swappiness = NeverSwappy
		}
		c = c.Then(OnEC2(c.V).WithSwap(swap).container, "WithSwap", swap)
	}
	if l.Capabilities == nil {
		return c
	}
	if add := l.Capabilities.Add; len(add) > 0 && !onlyTraces(add) {
		c = c.Then(OnEC2(c.V).WithCapability(add...).container, "WithCapability", list(add)...)
	}
	return c
}

// onlyTraces: there is a setting for it that Fargate has, too.
func onlyTraces(add []string) bool { return len(add) == 1 && add[0] == "SYS_PTRACE" }

// placed says on which instances the tasks are.
func (x *exporter) placed(s expressed[serviceCore]) expressed[serviceCore] {
	in := &x.service.Create
	if !x.onEC2() {
		return s
	}
	for _, c := range in.PlacementConstraints {
		var constraint PlacementConstraint = DistinctInstance{}
		if c.Type == ecstypes.PlacementConstraintTypeMemberOf {
			constraint = MemberOf(text(c.Expression))
		}
		s = s.Then(s.V.withConstraint(constraint), "WithPlacementConstraint", gosource.Of(x.p, constraint, x.literalOf(constraint)))
	}
	for _, p := range in.PlacementStrategy {
		var strategy PlacementStrategy = RandomPlacement{}
		switch p.Type {
		case ecstypes.PlacementStrategyTypeSpread:
			strategy = SpreadBy(text(p.Field))
		case ecstypes.PlacementStrategyTypeBinpack:
			strategy = BinpackBy(text(p.Field))
		default:
		}
		s = s.Then(s.V.withStrategy(strategy), "WithPlacementStrategy", gosource.Of(x.p, strategy, x.literalOf(strategy)))
	}
	return s
}

// literalOf is a value that an interface takes: a string with its type.
func (x *exporter) literalOf(v any) string {
	if name, ok := exportNames()[v]; ok {
		return name
	}
	switch v := v.(type) {
	case MemberOf:
		return "ecs.MemberOf(" + x.p.Literal(string(v)) + ")"
	case SpreadBy:
		return "ecs.SpreadBy(" + x.p.Literal(string(v)) + ")"
	case BinpackBy:
		return "ecs.BinpackBy(" + x.p.Literal(string(v)) + ")"
	default:
		return x.p.Literal(v)
	}
}
