// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"maps"
	"slices"
	"strconv"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	"github.com/slipway-go/slipway/internal/placement"
)

const (
	registering   = "REGISTERING"
	deregistering = "DEREGISTERING"
)

// node is a container instance. One that was deregistered stays, INACTIVE, for as long
// as stopped tasks do.
type node struct {
	cl      *cluster
	id, arn string
	ec2     string
	iface   world.Interface
	status  string
	// connected: the agent answers.
	connected bool
	// zone in which its tasks run.
	zone       string
	registered time.Time
	attributes map[string]string
	resources  placement.Resources
	version    ecstypes.VersionInfo
	provider   string
	tags       []ecstypes.Tag
	changes    int64
	drainsSpot bool
	// role is who the instance is, for the pulls and logs of tasks without an execution
	// role.
	role sim.Principal
	// tasks that have their place on it, and how many of them are on their way to
	// RUNNING and are RUNNING.
	tasks            map[string]*task
	pending, running int32
	// ports of the host that containers have.
	ports    map[int32]hostPort
	lastPort int32
	// gpus are those that containers have.
	gpus map[string]bool
	// guarded: it was protected from scale-in, for it has tasks.
	guarded bool
	// held: its Auto Scaling group, or what manages it, waits for its tasks to end.
	held bool
	// agentUpdate is how far the last update of the agent is; pinned: it cannot be updated.
	agentUpdate ecstypes.AgentUpdateStatus
	pinned      bool
	// trunk is the network interface that branches for tasks, reason why the instance is
	// in its status.
	trunk, reason string
	// managed: it is one of Managed Instances.
	managed bool
}

// hostPort is what listens on a port of an instance.
type hostPort struct {
	c    *container
	port int32
}

// Names under which placement knows what users cannot ask for: the space keeps them
// out of expressions.
const (
	providerKey = "capacity provider"
	launchKey   = "launch type"
)

// publish tells placement of the instance as it is now.
func (n *node) publish() {
	n.changes++
	attributes := maps.Clone(n.attributes)
	attributes[providerKey], attributes[launchKey] = n.provider, n.launchType()
	n.cl.places.Put(placement.Instance{
		ID: n.id, EC2: n.ec2, Attributes: attributes, Registered: n.resources, AgentConnected: n.connected,
		AgentVersion: value(n.version.AgentVersion), RegisteredAt: n.registered, Status: n.status,
	})
}

func (n *node) launchType() string {
	if n.managed {
		return string(ecstypes.LaunchTypeManagedInstances)
	}
	return string(ecstypes.LaunchTypeEc2)
}

// become moves the instance to another status.
func (n *node) become(status string) {
	n.status = status
	n.publish()
}

// settled are the tasks of the instance, oldest first.
func (n *node) settled() []*task {
	return slices.SortedFunc(maps.Values(n.tasks), func(a, b *task) int { return a.seq - b.seq })
}

// busy reports whether a task that is no daemon's has its place there.
func (n *node) busy() bool {
	for _, t := range n.tasks {
		if !t.daemon() {
			return true
		}
	}
	return false
}

// view is the instance as DescribeContainerInstances shows it.
func (n *node) view(include []ecstypes.ContainerInstanceField) ecstypes.ContainerInstance {
	v := ecstypes.ContainerInstance{
		ContainerInstanceArn: &n.arn, Ec2InstanceId: optional(n.ec2), Status: new(n.status), AgentConnected: n.connected, RegisteredAt: at(n.registered),
		RunningTasksCount: n.running, PendingTasksCount: n.pending, VersionInfo: &n.version, Version: n.changes,
		CapacityProviderName: optional(n.provider), RegisteredResources: resources(n.resources, gpuIDs(n.resources.GPUs)), RemainingResources: resources(placement.Resources{}, nil),
		Attachments: []ecstypes.Attachment{}, Attributes: n.attributeList(), AgentUpdateStatus: n.agentUpdate, StatusReason: optional(n.reason),
	}
	if _, left, found := n.cl.places.Instance(n.id); found {
		v.RemainingResources = resources(left, n.freeGPUs())
	}
	if slices.Contains(include, ecstypes.ContainerInstanceFieldTags) {
		v.Tags = orEmpty(n.tags)
	}
	if slices.Contains(include, ecstypes.ContainerInstanceFieldContainerInstanceHealth) {
		v.HealthStatus = &ecstypes.ContainerInstanceHealthStatus{OverallStatus: ecstypes.InstanceHealthCheckStateOk}
	}
	return v
}

func (n *node) attributeList() []ecstypes.Attribute {
	list := []ecstypes.Attribute{}
	for _, name := range slices.Sorted(maps.Keys(n.attributes)) {
		list = append(list, ecstypes.Attribute{Name: &name, Value: optional(n.attributes[name])})
	}
	return list
}

// The names of resources.
const (
	resourceCPU    = "CPU"
	resourceMemory = "MEMORY"
	resourceTCP    = "PORTS"
	resourceUDP    = "PORTS_UDP"
	resourceGPU    = "GPU"
)

func resources(r placement.Resources, gpus []string) []ecstypes.Resource {
	list := []ecstypes.Resource{
		{Name: new(resourceCPU), Type: new("INTEGER"), IntegerValue: int32(r.CPU)},
		{Name: new(resourceMemory), Type: new("INTEGER"), IntegerValue: int32(r.Memory)},
		{Name: new(resourceTCP), Type: new("STRINGSET"), StringSetValue: numbers(r.TCP)},
		{Name: new(resourceUDP), Type: new("STRINGSET"), StringSetValue: numbers(r.UDP)},
	}
	if len(gpus) > 0 {
		list = append(list, ecstypes.Resource{Name: new(resourceGPU), Type: new("STRINGSET"), StringSetValue: gpus})
	}
	return list
}

func numbers(list []int) []string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = strconv.Itoa(n)
	}
	return texts
}
