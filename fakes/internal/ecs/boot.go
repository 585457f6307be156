// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"
	"strings"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	"github.com/slipway-go/slipway/internal/placement"
)

// The versions of what the AMIs bring along.
const (
	agentVersion  = "1.99.0"
	dockerVersion = "25.0.8"
)

// ec2Service is who assumes the roles of instances.
const ec2Service = "ec2.amazonaws.com"

// retryAgent is the pause between two attempts of an agent to register.
const retryAgent = time.Minute

// onInstance hears of the changes of EC2 instances.
func (f *Fake) onInstance(region string, i world.Instance) {
	r := f.in(region)
	if m := r.managedBy(i.ID); m != nil {
		defer m.changed(i)
	}
	switch i.State {
	case "running":
		if r.nodeOf(i.ID) != nil {
			return
		}
		f.sim.After(f.timing.Boot, func() { r.boot(i.ID) })
	case "shutting-down", "terminated":
		r.vanished(i.ID, "terminated")
	case "stopping", "stopped":
		r.vanished(i.ID, "stopped")
	}
}

// image returns the AMI for ECS that the instance has, if it is one.
func (r *region) image(id string) (image world.MachineImage, bottlerocket, found bool) {
	for _, m := range r.f.needs.AMIs.MachineImages(r.name) {
		if m.ID != id {
			continue
		}
		bottlerocket = strings.Contains(m.Parameter, "/bottlerocket/aws-ecs-")
		return m, bottlerocket, bottlerocket || strings.Contains(m.Parameter, "/ecs/optimized-ami/")
	}
	return world.MachineImage{}, false, false
}

// boot is the start of the agent on an instance: it registers in its cluster, or tries
// again.
func (r *region) boot(id string) {
	i, ok := r.f.needs.Instances.Instance(r.name, id)
	if !ok || i.State != "running" || r.nodeOf(id) != nil {
		return
	}
	m, bottlerocket, ok := r.image(i.Image)
	if !ok {
		return
	}
	config := readUserData(i.UserData, bottlerocket)
	if config.cluster == "" {
		config.cluster = defaultCluster
	}
	cl, role := r.join(i, config.cluster)
	if cl == nil {
		r.f.sim.After(retryAgent, func() { r.boot(id) })
		return
	}
	n := cl.newNode(i.ID)
	n.iface, n.zone, n.role, n.drainsSpot = i.Interface, i.Interface.Zone, role, config.drainsSpot
	n.resources = r.offers(i.Type, m, config)
	n.attributes = r.attributesOf(i, m, config)
	n.version = ecstypes.VersionInfo{AgentVersion: new(r.f.agent), DockerVersion: new("DockerVersion: " + dockerVersion)}
	n.connected, n.pinned = n.answers(), config.pinned || pinsAgent(m.Parameter, bottlerocket)
	if managed := r.managedBy(i.ID); managed != nil {
		managed.adopt(n, i, m)
	}
	n.register(r.trunks(i.Type.Trunk))
}

// join has the agent ask for its cluster, as the role of the instance; nil if it is not
// let in.
func (r *region) join(i world.Instance, name string) (*cluster, sim.Principal) {
	_, arn, found := r.f.needs.Profiles.InstanceProfile(i.Profile)
	if !found || arn == "" || !r.f.needs.Network.Reaches(r.name, i.Interface, "ecs") {
		return nil, sim.Principal{}
	}
	p, err := r.f.needs.Access.Assume(arn, ec2Service, i.ID, map[string][]string{"aws:SourceAccount": {r.account}})
	if err != nil {
		return nil, p
	}
	resource := r.arn("cluster/" + name)
	if r.f.needs.Access.Authorize(p, sim.Access{Action: "ecs:RegisterContainerInstance", Resource: resource}) != nil {
		return nil, p
	}
	cl, err := r.cluster(&name)
	if err != nil {
		return nil, p
	}
	return cl, p
}

// answers reports whether the agent can be told what to do.
func (n *node) answers() bool {
	f := n.cl.r.f
	for _, a := range []sim.Access{{Action: "ecs:DiscoverPollEndpoint", Resource: "*"}, {Action: "ecs:Poll", Resource: n.arn}} {
		if f.needs.Access.Authorize(n.role, a) != nil {
			return false
		}
	}
	return f.needs.Network.Reaches(n.cl.r.name, n.iface, "ecs-agent")
}

// newNode makes a container instance that takes no tasks yet.
func (cl *cluster) newNode(ec2 string) *node {
	f := cl.r.f
	const digits = 32
	id := f.sim.ID(digits, "ecs-container-instance", cl.r.name, cl.name)
	return &node{
		cl: cl, id: id, arn: cl.r.arn("container-instance/" + cl.name + "/" + id), ec2: ec2, status: registering,
		registered: f.sim.Now(), attributes: map[string]string{}, tasks: map[string]*task{}, ports: map[int32]hostPort{},
		gpus: map[string]bool{},
	}
}

// activate makes the instance known in a status: daemons come first, then what waits for
// a place.
func (n *node) activate(status string) {
	cl := n.cl
	cl.nodes[n.id] = n
	if n.ec2 != "" {
		cl.r.nodes[n.ec2] = n
		cl.r.hosts[address{n.iface.VPC, n.iface.PrivateIP}] = n
	}
	cl.adopt(n)
	n.become(status)
	cl.nodesChanged()
}

// reservedPorts are taken by SSH, Docker and the agent.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
var reservedPorts = []int{22, 2375, 2376, 51678, 51679}

// offers are the resources of an instance type that the agent registers. Some memory is
// taken by the platform before the agent counts it.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/memory-management.html
func (r *region) offers(t world.InstanceType, m world.MachineImage, config agentConfig) placement.Resources {
	const (
		share = 24 // one part in so many
		fixed = 30 // MiB
	)
	reserved, err := strconv.Atoi(config.reserved)
	if err != nil {
		reserved = 0
	}
	res := placement.Resources{
		CPU: unitsPerCPU * t.VCPUs, Memory: max(t.Memory-t.Memory/share-fixed-reserved, 0), Interfaces: max(t.Interfaces-1, 0), TCP: reservedPorts,
	}
	if strings.Contains(m.Parameter, "gpu") || strings.Contains(m.Parameter, "nvidia") {
		res.GPUs = t.GPUs
	}
	if r.trunks(t.Trunk) {
		res.Interfaces = t.Trunk
	}
	return res
}

// capability begins the names of most of what an agent can do.
const capability = "com.amazonaws.ecs.capability."

// capabilities of the agent on Linux, without those that depend on its settings.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-constraints.html
var capabilities = []string{
	capability + "docker-remote-api.1.18", capability + "docker-remote-api.1.21", capability + "docker-remote-api.1.29",
	capability + "ecr-auth", capability + "docker-plugin.local",
	"ecs.capability.task-eni", "ecs.capability.execution-role-awslogs", "ecs.capability.execution-role-ecr-pull",
	"ecs.capability.container-health-check", "ecs.capability.container-ordering", "ecs.capability.private-registry-authentication.secretsmanager",
	"ecs.capability.secrets.asm.environment-variables", "ecs.capability.secrets.ssm.environment-variables", "ecs.capability.efs", "ecs.capability.efsAuth",
	"ecs.capability.env-files.s3", "ecs.capability.firelens.fluentd", "ecs.capability.firelens.fluentbit", "ecs.capability.task-cpu-mem-limit",
	"ecs.capability.pid-ipc-namespace-sharing", "ecs.capability.container-restart-policy",
}

// amiDrivers are the log drivers that the AMIs offer.
var amiDrivers = []string{"json-file", "syslog", "awslogs", "fluentd", "awsfirelens", "none"}

// attributesOf an instance, as its agent registers them.
func (r *region) attributesOf(i world.Instance, m world.MachineImage, config agentConfig) map[string]string {
	set := map[string]string{
		placement.AvailabilityZone: i.Interface.Zone, placement.InstanceType: i.Type.Name, placement.AMI: m.ID, placement.OSType: "linux",
		placement.CPUArchitecture: i.Type.Architecture, vpcAttribute: i.Interface.VPC, subnetAttribute: i.Interface.Subnet,
	}
	for _, name := range capabilities {
		set[name] = ""
	}
	drivers := config.drivers
	if drivers == nil {
		drivers = amiDrivers
	}
	for _, d := range drivers {
		set[loggingDriver+d] = ""
	}
	if !config.unprivileged {
		set[privilegedContainer] = ""
	}
	if !config.roleless {
		set[taskRoleAttribute], set[hostRoleAttribute] = "", ""
	}
	for name, v := range config.attributes {
		if !strings.HasPrefix(name, "ecs.") && !strings.HasPrefix(name, "com.amazonaws.") {
			set[name] = v
		}
	}
	return set
}

// nodeOf returns the container instance of an EC2 instance.
func (r *region) nodeOf(ec2 string) *node { return r.nodes[ec2] }

// vanished ends the tasks of an instance that is no more, and forgets it.
func (r *region) vanished(ec2, how string) {
	n := r.nodeOf(ec2)
	if n == nil {
		return
	}
	n.connected = false
	for _, t := range n.settled() {
		t.loseHost("Host EC2 (instance " + ec2 + ") " + how + ".")
	}
	n.deregister()
}

// forget deregisters the instance.
func (n *node) forget() {
	delete(n.cl.r.nodes, n.ec2)
	delete(n.cl.r.hosts, address{n.iface.VPC, n.iface.PrivateIP})
	n.status, n.connected = inactive, false
	n.changes++
	n.cl.places.Remove(n.id)
	n.cl.nodesChanged()
	n.cl.r.f.sim.After(kept, func() { delete(n.cl.nodes, n.id) })
}

// onSpotNotice has the agent drain an instance that is about to be taken away, if it is
// told to.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-spot.html
func (f *Fake) onSpotNotice(region string, i world.Instance) {
	n := f.in(region).nodeOf(i.ID)
	if n != nil && n.drainsSpot && n.connected && n.status == active {
		n.drain()
	}
}

// sortedNodes are the cluster's instances by id.
func (cl *cluster) sortedNodes() []*node {
	list := make([]*node, 0, len(cl.nodes))
	for _, n := range cl.nodes {
		list = append(list, n)
	}
	slices.SortFunc(list, func(a, b *node) int { return strings.Compare(a.id, b.id) })
	return list
}
