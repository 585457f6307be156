// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TaskContainer is a container of a task on EC2: a [Container], a [ManagedContainer], or an
// [EC2Container] with settings that only EC2 has. The set is sealed.
type TaskContainer interface {
	// Name returns the container's name.
	Name() string

	finished() Container
}

func (c Container) finished() Container { return c }

// containerOf is the container; one without a name, which is reported, if it is nil.
func containerOf(c TaskContainer) Container {
	if c == nil {
		return Container{}
	}
	return c.finished()
}

// EC2Container is a finished container with settings that only EC2 has. No task
// definition of Fargate or of Managed Instances takes it.
type EC2Container struct{ container Container }

// OnEC2 adds settings that only EC2 has to a finished container.
func OnEC2(c Container) EC2Container { return EC2Container{c} }

// Name returns the container's name.
func (c EC2Container) Name() string { return c.container.name }

func (c EC2Container) finished() Container { return c.container }

// host are the settings of a container that only EC2 has.
type host struct {
	privileged, offline bool
	devices             []Device
	gpus                int
	links               []string
	entries             []ecstypes.HostEntry
	name                string
	servers, search     []string
	security            []string
	shared              Memory
	tmpfs               []Tmpfs
	swap                *Swap
	capabilities        []string
	ports               []hostPort
}

// hostPort is the port of the instance that a container's port has.
type hostPort struct {
	port     int
	protocol ecstypes.TransportProtocol
	host     int
}

// Device is a device of the container instance that a container may use.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Device.html
type Device struct {
	// Path of the device on the instance, such as "/dev/fuse".
	Path string
	// ContainerPath where the container finds it; as on the instance if empty.
	ContainerPath string
	// Permissions: "read", "write" and "mknod"; all three if empty.
	Permissions []string
}

// Tmpfs is a file system in memory.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Tmpfs.html
type Tmpfs struct {
	// Path where it is mounted.
	Path string
	// Size, at most.
	Size Memory
	// Options of the mount, such as "noexec".
	Options []string
}

// Swap is how much of its memory a container may have swapped out, on instances that
// have swap space.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-swap.html
type Swap struct {
	// Most that the container may swap out; none if 0.
	Most Memory
	// Swappiness is how readily pages are swapped, 1 to 100; 60 if 0, and
	// [NeverSwappy] for not unless it must be.
	Swappiness int
}

// NeverSwappy as [Swap.Swappiness] swaps pages only if it must be.
const NeverSwappy = -1

// WithPrivileged gives the container the instance's rights, as of its root user.
func (c EC2Container) WithPrivileged() EC2Container {
	c.container.host.privileged = true
	return c
}

// WithDevice lets the container use a device of the instance.
func (c EC2Container) WithDevice(d Device) EC2Container {
	d.Permissions = slices.Clone(d.Permissions)
	c.container.host.devices = append(slices.Clip(c.container.host.devices), d)
	return c
}

// WithGPU gives the container that many GPUs of the instance, 1 or more, for itself.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-gpu-specifying.html
func (c EC2Container) WithGPU(n int) EC2Container {
	c.container.host.gpus = n
	return c
}

// WithLink lets the container reach another one of the task by its name. Only with
// [Bridge].
func (c EC2Container) WithLink(to TaskContainer) EC2Container { return c.WithLinkAs(to, "") }

// WithLinkAs is WithLink by another name. The name of the container is used if it is
// empty.
func (c EC2Container) WithLinkAs(to TaskContainer, alias string) EC2Container {
	link := containerOf(to).name
	if alias != "" {
		link += ":" + alias
	}
	c.container.host.links = append(slices.Clip(c.container.host.links), link)
	return c
}

// WithExtraHost adds a name and its IP address to /etc/hosts. Not with [AWSVPC].
func (c EC2Container) WithExtraHost(name, address string) EC2Container {
	c.container.host.entries = append(slices.Clip(c.container.host.entries), ecstypes.HostEntry{Hostname: &name, IpAddress: &address})
	return c
}

// WithHostname sets the container's host name. Not with [AWSVPC].
func (c EC2Container) WithHostname(name string) EC2Container {
	c.container.host.name = name
	return c
}

// WithDNSServer adds the IP address of a DNS server. Not with [AWSVPC].
func (c EC2Container) WithDNSServer(address string) EC2Container {
	c.container.host.servers = append(slices.Clip(c.container.host.servers), address)
	return c
}

// WithDNSSearch adds a domain in which names without a dot are looked up. Not with
// [AWSVPC].
func (c EC2Container) WithDNSSearch(domain string) EC2Container {
	c.container.host.search = append(slices.Clip(c.container.host.search), domain)
	return c
}

// WithoutNetworking cuts the container off from the network.
func (c EC2Container) WithoutNetworking() EC2Container {
	c.container.host.offline = true
	return c
}

// WithSecurityOption adds an option of Docker, such as "no-new-privileges" or
// "label:type:svirt_apache_t". The instance's agent must be set up for SELinux and
// AppArmor.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
func (c EC2Container) WithSecurityOption(option string) EC2Container {
	c.container.host.security = append(slices.Clip(c.container.host.security), option)
	return c
}

// WithSharedMemory sets the size of /dev/shm; 64 MiB if not called.
func (c EC2Container) WithSharedMemory(n Memory) EC2Container {
	c.container.host.shared = n
	return c
}

// WithTmpfs mounts a file system in memory.
func (c EC2Container) WithTmpfs(t Tmpfs) EC2Container {
	t.Options = slices.Clone(t.Options)
	c.container.host.tmpfs = append(slices.Clip(c.container.host.tmpfs), t)
	return c
}

// WithSwap lets the container's memory be swapped out. Needs a memory limit.
func (c EC2Container) WithSwap(s Swap) EC2Container {
	c.container.host.swap = &s
	return c
}

// WithCapability adds Linux capabilities, such as "NET_ADMIN", or "ALL".
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_KernelCapabilities.html
func (c EC2Container) WithCapability(names ...string) EC2Container {
	c.container.host.capabilities = append(slices.Clip(c.container.host.capabilities), names...)
	return c
}

// WithHostPort gives a port of the container a fixed port of the instance, 1 to 65535:
// no two tasks that have it fit on one instance. With [Bridge], ports without one get a
// free port of the instance, and with [Host] each port is the instance's own.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
func (c EC2Container) WithHostPort(p Port, number int) EC2Container {
	c.container.host.ports = append(slices.Clip(c.container.host.ports), hostPort{p.from, p.protocol, number})
	return c
}

// WithMount mounts a volume at a path. The task definition declares the volume.
func (c EC2Container) WithMount(v EC2Volume, path string) EC2Container {
	c.container.mounts = append(slices.Clip(c.container.mounts), mount{volume: v, path: path})
	return c
}

// WithReadOnlyMount mounts a volume at a path, without letting the container write to
// it.
func (c EC2Container) WithReadOnlyMount(v EC2Volume, path string) EC2Container {
	c.container.mounts = append(slices.Clip(c.container.mounts), mount{volume: v, path: path, readOnly: true})
	return c
}
