// SPDX-License-Identifier: Apache-2.0

package ecs

import "slices"

// ManagedTaskContainer is a container of a task on Managed Instances: a [Container], or a
// [ManagedContainer] with settings that Fargate does not have. The set is sealed.
type ManagedTaskContainer interface {
	TaskContainer

	managed()
}

func (c Container) managed() {}

// ManagedContainer is a finished container with settings that Managed Instances have and
// Fargate has not. Tasks on EC2 take it, too.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instances-tasks-services.html
type ManagedContainer struct{ container Container }

// OnManagedInstances adds settings that Fargate does not have to a finished container.
func OnManagedInstances(c Container) ManagedContainer { return ManagedContainer{c} }

// Name returns the container's name.
func (c ManagedContainer) Name() string { return c.container.name }

func (c ManagedContainer) finished() Container { return c.container }
func (c ManagedContainer) managed()            {}

// WithPrivileged gives the container the instance's rights, as of its root user.
func (c ManagedContainer) WithPrivileged() ManagedContainer {
	c.container.host.privileged = true
	return c
}

// WithCapability adds Linux capabilities, such as "NET_ADMIN", or "ALL".
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_KernelCapabilities.html
func (c ManagedContainer) WithCapability(names ...string) ManagedContainer {
	c.container.host.capabilities = append(slices.Clip(c.container.host.capabilities), names...)
	return c
}

// WithDevice lets the container use a device of the instance.
func (c ManagedContainer) WithDevice(d Device) ManagedContainer {
	d.Permissions = slices.Clone(d.Permissions)
	c.container.host.devices = append(slices.Clip(c.container.host.devices), d)
	return c
}

// WithGPU gives the container that many GPUs of the instance, 1 or more, for itself.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-gpu-specifying.html
func (c ManagedContainer) WithGPU(n int) ManagedContainer {
	c.container.host.gpus = n
	return c
}
