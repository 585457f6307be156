// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/internal/placement"
)

// The attributes that tasks ask for.
const (
	vpcAttribute        = "ecs.vpc-id"
	subnetAttribute     = "ecs.subnet-id"
	loggingDriver       = capability + "logging-driver."
	privilegedContainer = capability + "privileged-container"
	taskRoleAttribute   = capability + "task-iam-role"
	hostRoleAttribute   = capability + "task-iam-role-network-host"
	dockerPlugin        = capability + "docker-plugin."
)

// hosted is what tasks that run on container instances ask of them.
type hosted struct {
	request placement.Request
	// queries by capacity provider; "" is launch type EC2.
	queries map[string]*placement.Query
}

// onInstances reports whether tasks of a launch type, or of a strategy, run on container
// instances.
func onInstances(launch ecstypes.LaunchType, strategy []ecstypes.CapacityProviderStrategyItem) bool {
	if launch != "" {
		return launch == ecstypes.LaunchTypeEc2
	}
	return len(strategy) == 0 || !ownProvider(value(strategy[0].CapacityProvider))
}

// host works out what tasks ask of instances.
func (r *region) host(d *taskDef, group string, network ecstypes.AwsVpcConfiguration, role string, overrides *ecstypes.TaskOverride,
	constraints []ecstypes.PlacementConstraint, strategies []ecstypes.PlacementStrategy,
) (*hosted, error) {
	q := placement.Request{
		Group: group, Needs: needsOf(d, overrides), Attributes: requires(d, role), Constraints: slices.Clone(constraints), Strategies: strategies,
	}
	for _, c := range d.input.PlacementConstraints {
		q.Constraints = append(q.Constraints, ecstypes.PlacementConstraint{Type: ecstypes.PlacementConstraintTypeMemberOf, Expression: c.Expression})
	}
	q.Attributes = append(q.Attributes, r.places(network)...)
	h := &hosted{request: q, queries: map[string]*placement.Query{}}
	if _, err := h.query(""); err != nil {
		return nil, invalid("%s", err)
	}
	return h, nil
}

// query is the request to the instances of a capacity provider, or to all for launch
// type EC2.
func (h *hosted) query(provider string) (*placement.Query, error) {
	if q := h.queries[provider]; q != nil {
		return q, nil
	}
	request := h.request
	request.Attributes = slices.Clone(request.Attributes)
	if provider != "" {
		request.Attributes = append(request.Attributes, placement.Attribute{Name: providerKey, Values: []string{provider}})
	} else {
		request.Attributes = append(request.Attributes, placement.Attribute{Name: launchKey, Values: []string{string(ecstypes.LaunchTypeEc2)}})
	}
	q, err := placement.Compile(request)
	if err != nil {
		return nil, err
	}
	h.queries[provider] = q
	return q, nil
}

// needsOf are the resources of a task: its own sizes, or the sums of its containers', of
// whose memory what they reserve counts, or their limit.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
func needsOf(d *taskDef, o *ecstypes.TaskOverride) placement.Resources {
	n := placement.Resources{}
	for _, c := range overridden(d, o) {
		n.CPU += int(c.Cpu)
		n.Memory += int(or(c.MemoryReservation, value(c.Memory)))
		n.GPUs += gpusOf(&c)
	}
	cpu, memory := d.definition.Cpu, d.definition.Memory
	if o != nil && o.Cpu != nil {
		cpu = normalCPU(o.Cpu)
	}
	if o != nil && o.Memory != nil {
		memory = normalMemory(o.Memory)
	}
	if v, err := strconv.Atoi(value(cpu)); err == nil {
		n.CPU = v
	}
	if v, err := strconv.Atoi(value(memory)); err == nil {
		n.Memory = v
	}
	if d.definition.NetworkMode == ecstypes.NetworkModeAwsvpc {
		n.Interfaces = 1
		return n
	}
	n.TCP, n.UDP = hostPorts(d, ecstypes.TransportProtocolTcp), hostPorts(d, ecstypes.TransportProtocolUdp)
	return n
}

// hostPorts are the ports of the host that the task definition names.
func hostPorts(d *taskDef, protocol ecstypes.TransportProtocol) []int {
	var list []int
	for i := range d.definition.ContainerDefinitions {
		for _, p := range d.definition.ContainerDefinitions[i].PortMappings {
			if host := staticPort(p, d.definition.NetworkMode); p.Protocol == protocol && host != 0 {
				list = append(list, int(host))
			}
		}
	}
	return list
}

// staticPort is the port of the host that a mapping names, 0 if it is found when the
// task starts or there is none.
func staticPort(p ecstypes.PortMapping, mode ecstypes.NetworkMode) int32 {
	switch mode {
	case ecstypes.NetworkModeHost:
		return or(p.HostPort, value(p.ContainerPort))
	case ecstypes.NetworkModeBridge:
		return value(p.HostPort)
	default:
		return 0
	}
}

// requires are the attributes that the agent must have for the task definition.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html
func requires(d *taskDef, role string) []placement.Attribute {
	seen := map[string]bool{}
	var list []placement.Attribute
	need := func(wanted bool, name string) {
		if wanted && !seen[name] {
			seen[name] = true
			list = append(list, placement.Attribute{Name: name})
		}
	}
	def := d.definition
	host := def.NetworkMode == ecstypes.NetworkModeHost
	need(role != "" && !host, taskRoleAttribute)
	need(role != "" && host, hostRoleAttribute)
	need(def.NetworkMode == ecstypes.NetworkModeAwsvpc, "ecs.capability.task-eni")
	need(def.Cpu != nil || def.Memory != nil, "ecs.capability.task-cpu-mem-limit")
	for _, v := range def.Volumes {
		need(v.EfsVolumeConfiguration != nil, "ecs.capability.efs")
		if docker := v.DockerVolumeConfiguration; docker != nil {
			need(true, dockerPlugin+or(docker.Driver, "local"))
		}
	}
	for i := range def.ContainerDefinitions {
		c := &def.ContainerDefinitions[i]
		need(value(c.Privileged), privilegedContainer)
		need(privateECR(value(c.Image)), capability+"ecr-auth")
		need(len(c.DependsOn) > 0, "ecs.capability.container-ordering")
		need(c.HealthCheck != nil, "ecs.capability.container-health-check")
		if l := c.LogConfiguration; l != nil {
			need(true, loggingDriver+string(l.LogDriver))
		}
	}
	if p := def.RuntimePlatform; p != nil && p.CpuArchitecture != "" {
		list = append(list, placement.Attribute{Name: placement.CPUArchitecture, Values: []string{architecture(p)}})
	}
	return list
}

// places are what a task with an interface of its own asks: an instance in the VPC and
// in the zone of one of the subnets.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-networking-awsvpc.html
func (r *region) places(network ecstypes.AwsVpcConfiguration) []placement.Attribute {
	var vpc string
	var zones []string
	for _, id := range network.Subnets {
		if s, ok := r.f.needs.Network.Subnet(r.name, id); ok {
			vpc = s.VPC
			zones = append(zones, s.Zone)
		}
	}
	if len(zones) == 0 {
		return nil
	}
	return []placement.Attribute{{Name: vpcAttribute, Values: []string{vpc}}, {Name: placement.AvailabilityZone, Values: zones}}
}

// hostable refuses what instances are not modelled with.
func hostable(d *taskDef) error {
	if f := platformFamily(d.definition.RuntimePlatform); f != "Linux" {
		return sim.NotModelled("container instances of %s are not modelled", f)
	}
	return onlyGPUs(d.definition.ContainerDefinitions)
}
