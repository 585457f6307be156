// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"errors"
	"slices"
	"strconv"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/internal/placement"
)

func (f *Fake) handleNodes() {
	sim.Handle(f.api, "RegisterContainerInstance", f.registerNode,
		sim.Needs(onCluster("ecs:RegisterContainerInstance", func(in *awsecs.RegisterContainerInstanceInput) *string { return in.Cluster })),
		sim.Refuses[awsecs.RegisterContainerInstanceInput]("PlatformDevices", "ContainerInstanceArn"))
	sim.Handle(f.api, "DeregisterContainerInstance", f.deregisterNode,
		sim.Needs(onCluster("ecs:DeregisterContainerInstance", func(in *awsecs.DeregisterContainerInstanceInput) *string { return in.Cluster })))
	sim.Handle(f.api, "DescribeContainerInstances", f.describeNodes, sim.Needs(onNodes("ecs:DescribeContainerInstances",
		func(in *awsecs.DescribeContainerInstancesInput) (*string, []string) {
			return in.Cluster, in.ContainerInstances
		})))
	sim.Handle(f.api, "ListContainerInstances", f.listNodes,
		sim.Needs(onCluster("ecs:ListContainerInstances", func(in *awsecs.ListContainerInstancesInput) *string { return in.Cluster })))
	sim.Handle(f.api, "UpdateContainerInstancesState", f.updateNodes, sim.Needs(onNodes("ecs:UpdateContainerInstancesState",
		func(in *awsecs.UpdateContainerInstancesStateInput) (*string, []string) {
			return in.Cluster, in.ContainerInstances
		})))
	f.handleAgents()
	f.handleAttributes()
	f.handleStartTask()
}

// onNodes is the access to an operation on container instances.
func onNodes[I any](action string, refs func(*I) (cluster *string, nodes []string)) func(*sim.Call, *I) []sim.Access {
	return func(c *sim.Call, in *I) []sim.Access {
		cluster, nodes := refs(in)
		return onEach(c, action, cluster, "container-instance", nodes)
	}
}

// node finds a container instance by id or ARN.
func (cl *cluster) node(ref string) *node { return cl.nodes[lastPart(ref)] }

func nodeNotFound() error { return invalid("Referenced container instance %s not found.", "ID") }

// registerNode is what agents call; here it stands for an instance outside EC2's fake.
func (f *Fake) registerNode(c *sim.Call, in *awsecs.RegisterContainerInstanceInput) (*awsecs.RegisterContainerInstanceOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	res, err := registeredResources(in.TotalResources)
	if err != nil {
		return nil, err
	}
	n := cl.newNode(documentID(value(in.InstanceIdentityDocument)))
	n.resources, n.tags, n.connected = res, in.Tags, true
	for _, a := range in.Attributes {
		n.attributes[value(a.Name)] = value(a.Value)
	}
	n.zone = n.attributes[placement.AvailabilityZone]
	if in.VersionInfo != nil {
		n.version = *in.VersionInfo
	}
	if n.ec2 != "" && f.needs.Instances != nil {
		i, ok := f.needs.Instances.Instance(c.Region, n.ec2)
		if !ok {
			return nil, clientError("The instance identity document is not valid.")
		}
		n.iface, n.zone = i.Interface, i.Interface.Zone
		n.attributes[placement.AvailabilityZone] = n.zone
	}
	n.activate(active)
	return &awsecs.RegisterContainerInstanceOutput{ContainerInstance: new(n.view(nil))}, nil
}

// registeredResources reads what an agent offers.
func registeredResources(list []ecstypes.Resource) (placement.Resources, error) {
	res := placement.Resources{}
	for _, r := range list {
		switch value(r.Name) {
		case resourceCPU:
			res.CPU = int(r.IntegerValue)
		case resourceMemory:
			res.Memory = int(r.IntegerValue)
		case resourceTCP, resourceUDP:
			ports, err := portsOf(r.StringSetValue)
			if err != nil {
				return res, err
			}
			if value(r.Name) == resourceTCP {
				res.TCP = ports
			} else {
				res.UDP = ports
			}
		case resourceGPU:
			res.GPUs = len(r.StringSetValue)
		default:
			return res, invalid("Invalid resource name: %s", value(r.Name))
		}
	}
	return res, nil
}

func portsOf(texts []string) ([]int, error) {
	ports := make([]int, len(texts))
	for i, s := range texts {
		n, err := strconv.Atoi(s)
		if err != nil {
			return nil, invalid("Invalid port: %s", s)
		}
		ports[i] = n
	}
	return ports, nil
}

func (f *Fake) deregisterNode(c *sim.Call, in *awsecs.DeregisterContainerInstanceInput) (*awsecs.DeregisterContainerInstanceOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	n := cl.node(value(in.ContainerInstance))
	if n == nil || n.status == inactive {
		return nil, nodeNotFound()
	}
	if len(n.tasks) > 0 && !value(in.Force) {
		return nil, invalid("Found running tasks on the instance.")
	}
	tasks := n.settled()
	n.connected = false
	n.deregister()
	for _, t := range tasks {
		t.orphan()
	}
	return &awsecs.DeregisterContainerInstanceOutput{ContainerInstance: new(n.view(nil))}, nil
}

func (f *Fake) describeNodes(c *sim.Call, in *awsecs.DescribeContainerInstancesInput) (*awsecs.DescribeContainerInstancesOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if err := some("Container instances", in.ContainerInstances, maxDescribed); err != nil {
		return nil, err
	}
	out := &awsecs.DescribeContainerInstancesOutput{ContainerInstances: []ecstypes.ContainerInstance{}, Failures: []ecstypes.Failure{}}
	for _, ref := range in.ContainerInstances {
		n := cl.node(ref)
		if n == nil {
			out.Failures = append(out.Failures, gone(cl.r.arn("container-instance/"+cl.name+"/"+lastPart(ref))))
			continue
		}
		out.ContainerInstances = append(out.ContainerInstances, n.view(in.Include))
	}
	return out, nil
}

// some checks that a list names at least one thing and not too many.
func some(what string, list []string, most int) error {
	switch {
	case len(list) == 0:
		return invalid("%s cannot be empty.", what)
	case len(list) > most:
		return invalid("%s cannot be longer than %d.", what, most)
	}
	return nil
}

func (f *Fake) listNodes(c *sim.Call, in *awsecs.ListContainerInstancesInput) (*awsecs.ListContainerInstancesOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	var filter *placement.Expression
	if value(in.Filter) != "" {
		if filter, err = placement.Parse(*in.Filter); err != nil {
			return nil, filterError(err)
		}
	}
	var arns []string
	for _, n := range cl.sortedNodes() {
		if n.status == inactive || in.Status != "" && n.status != string(in.Status) {
			continue
		}
		yes, err := n.matches(filter)
		if err != nil {
			return nil, filterError(err)
		}
		if yes {
			arns = append(arns, n.arn)
		}
	}
	page, next, err := paged(arns, in.NextToken, in.MaxResults, maxDescribed)
	if err != nil {
		return nil, err
	}
	return &awsecs.ListContainerInstancesOutput{ContainerInstanceArns: page, NextToken: next}, nil
}

// filterError tells what ECS would refuse from what is not known here.
func filterError(err error) error {
	if errors.Is(err, placement.ErrNotModelled) {
		return sim.NotModelled("%s", err)
	}
	return invalid("Invalid filter: %s", err)
}

func (n *node) matches(filter *placement.Expression) (bool, error) {
	if filter == nil {
		return true, nil
	}
	i, _, _ := n.cl.places.Instance(n.id)
	return filter.Matches(&i)
}

// mostUpdated is how many instances one call updates.
const mostUpdated = 10

func (f *Fake) updateNodes(c *sim.Call, in *awsecs.UpdateContainerInstancesStateInput) (*awsecs.UpdateContainerInstancesStateOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if err := some("Container instances", in.ContainerInstances, mostUpdated); err != nil {
		return nil, err
	}
	if !slices.Contains([]string{active, draining}, string(in.Status)) {
		return nil, invalid("The status must be ACTIVE or DRAINING.")
	}
	out := &awsecs.UpdateContainerInstancesStateOutput{ContainerInstances: []ecstypes.ContainerInstance{}, Failures: []ecstypes.Failure{}}
	for _, ref := range in.ContainerInstances {
		n := cl.node(ref)
		if n == nil || n.status == inactive {
			out.Failures = append(out.Failures, gone(cl.r.arn("container-instance/"+cl.name+"/"+lastPart(ref))))
			continue
		}
		if n.status != active && n.status != draining { // AWS's words are not known
			return nil, invalid("The container instance %s cannot be updated, for its status is %s.", n.arn, n.status)
		}
		if string(in.Status) == draining {
			n.drain()
		} else {
			n.resume()
		}
		out.ContainerInstances = append(out.ContainerInstances, n.view(nil))
	}
	return out, nil
}
