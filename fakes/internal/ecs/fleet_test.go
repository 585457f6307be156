// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/ecs"
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// fleet is a bench with EC2 instances, and one Auto Scaling group "nodes" that is obeyed
// at once.
type fleet struct {
	*bench
	timing     world.Timing
	instances  map[string]*world.Instance
	group      world.Group
	held       bool
	causes     []string
	made       int
	onInstance func(string, world.Instance)
	onSpot     func(string, world.Instance)
	onGroup    func(region, group, instance string)
	registries enlisted
}

const joinMain = "#!/bin/bash\necho ECS_CLUSTER=main >> /etc/ecs/ecs.config\n"

// node is the type of the fleet's instances: two vCPUs, and 3799 MiB as the agent counts.
var node = world.InstanceType{Name: "c5.large", VCPUs: 2, Memory: 3996, Interfaces: 3, Architecture: "x86_64"}

func newFleet(tb testing.TB, timing world.Timing) *fleet {
	tb.Helper()
	s := sim.New(sim.Options{})
	w := newNeighbours()
	f := &fleet{timing: timing, instances: map[string]*world.Instance{}, group: world.Group{
		ARN: "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:1:autoScalingGroupName/nodes", Name: "nodes", Max: 10, Types: []string{node.Name},
	}}
	f.bench = benchOf(tb, s, w, ecs.New(s, timing, ecs.Needs{
		Access: w, Images: w, Network: w, Targets: w, Secrets: w, Logs: w, Alarms: w, FileSystems: w,
		Instances: f, AMIs: f, Profiles: f, Groups: f, Registries: &f.registries,
	}))
	f.cluster()
	return f
}

// launch starts n instances, in the zones a, b, c in turn.
func (f *fleet) launch(n int, change func(*world.Instance)) []string {
	f.tb.Helper()
	var ids []string
	f.sim.Do(func() {
		for range n {
			ids = append(ids, f.start(change))
		}
	})
	f.settle()
	return ids
}

func (f *fleet) start(change func(*world.Instance)) string {
	f.made++
	zone := string(rune('a' + (f.made-1)%3))
	i := &world.Instance{
		ID: fmt.Sprintf("i-%05d", f.made), Image: "ami-ecs", Type: node, State: "running", Profile: "nodes", UserData: joinMain, Launched: f.sim.Now(),
		Interface: world.Interface{
			ID: fmt.Sprintf("eni-host-%d", f.made), Subnet: "subnet-" + zone, VPC: "vpc-1", Zone: "us-east-1" + zone,
			PrivateIP: fmt.Sprintf("172.16.%d.%d", f.made>>8, f.made&255),
		},
	}
	if change != nil {
		change(i)
	}
	f.instances[i.ID] = i
	f.onInstance(region, *i)
	return i.ID
}

// kill ends an instance.
func (f *fleet) kill(id string) {
	f.sim.Do(func() { f.Terminate(region, id) })
	f.settle()
}

func (f *fleet) Terminate(_, id string) {
	i := f.instances[id]
	i.State = "terminated"
	f.onInstance(region, *i)
}

func (f *fleet) Launch(string, world.Launch) (world.Instance, error) { return world.Instance{}, nil }
func (f *fleet) Dry(string, world.Launch) error                      { return nil }
func (f *fleet) Template(string, string, string) (world.Template, error) {
	return world.Template{}, nil
}
func (f *fleet) Stop(string, string)        {}
func (f *fleet) Start(string, string) error { return nil }
func (f *fleet) Instance(_, id string) (world.Instance, bool) {
	i, ok := f.instances[id]
	if !ok {
		return world.Instance{}, false
	}
	return *i, true
}
func (f *fleet) InstanceType(string) (world.InstanceType, bool)       { return node, true }
func (f *fleet) OnInstance(h func(region string, i world.Instance))   { f.onInstance = h }
func (f *fleet) OnSpotNotice(h func(region string, i world.Instance)) { f.onSpot = h }

func (f *fleet) AMI(string, string) (string, bool) { return "ami-ecs", true }
func (f *fleet) MachineImages(string) []world.MachineImage {
	return []world.MachineImage{
		{ID: "ami-ecs", Architecture: "x86_64", Parameter: "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended"},
		{ID: "ami-gpu", Architecture: "x86_64", Parameter: "/aws/service/ecs/optimized-ami/amazon-linux-2023/gpu/recommended"},
		{ID: "ami-rocket", Architecture: "x86_64", Parameter: "/aws/service/bottlerocket/aws-ecs-2/x86_64/latest"},
		{ID: "ami-plain", Architecture: "x86_64", Parameter: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"},
	}
}

func (f *fleet) InstanceProfile(name string) (profile, role string, found bool) {
	return "arn:aws:iam::123456789012:instance-profile/nodes", "arn:aws:iam::123456789012:role/nodes", name == "nodes"
}

func (f *fleet) Group(_, name string) (world.Group, bool) {
	g := f.group
	g.Instances = slices.Clone(g.Instances)
	return g, name == g.Name || name == g.ARN
}

// SetDesired is obeyed at once.
func (f *fleet) SetDesired(_, _ string, n int, cause string) {
	f.group.Desired = n
	f.causes = append(f.causes, fmt.Sprintf("%d: %s", n, cause))
	f.sim.After(0, f.obey)
}

func (f *fleet) obey() {
	for len(f.group.Instances) < f.group.Desired {
		i := world.GroupInstance{ID: fmt.Sprintf("i-%05d", f.made+1), Lifecycle: "InService", Protected: f.group.Protects}
		f.group.Instances = append(f.group.Instances, i)
		f.start(nil)
		f.onGroup(region, "nodes", i.ID)
	}
	for at := len(f.group.Instances) - 1; at >= 0 && len(f.group.Instances) > f.group.Desired; at-- {
		switch i := &f.group.Instances[at]; {
		case i.Protected:
		case f.held:
			if i.Lifecycle == "InService" {
				i.Lifecycle = "Terminating:Wait"
				f.onGroup(region, "nodes", i.ID)
				return
			}
		default:
			f.drop(at)
		}
	}
}

func (f *fleet) drop(at int) {
	id := f.group.Instances[at].ID
	f.group.Instances = slices.Delete(f.group.Instances, at, at+1)
	f.Terminate(region, id)
	f.onGroup(region, "nodes", id)
}

func (f *fleet) Protect(_, _, id string, on bool) {
	for i := range f.group.Instances {
		if f.group.Instances[i].ID == id {
			f.group.Instances[i].Protected = on
		}
	}
}

func (f *fleet) Tag(_, _, key, value string) { f.group.Tags = map[string]string{key: value} }

func (f *fleet) HoldTerminating(_, _, hook string, on bool) {
	f.held = on && hook == "ecs-managed-draining-termination-hook"
}

func (f *fleet) Release(_, _, _, id string) {
	f.sim.After(0, func() {
		if at := slices.IndexFunc(f.group.Instances, func(i world.GroupInstance) bool { return i.ID == id }); at >= 0 {
			f.drop(at)
		}
		f.obey()
	})
}

func (f *fleet) OnGroup(h func(region, group, instance string)) { f.onGroup = h }

// nodes are the cluster's container instances, oldest EC2 instance first.
func (f *fleet) nodes() []ecstypes.ContainerInstance {
	f.tb.Helper()
	list, err := f.client.ListContainerInstances(f.tb.Context(), &awsecs.ListContainerInstancesInput{Cluster: aws.String("main")})
	require.NoError(f.tb, err)
	if len(list.ContainerInstanceArns) == 0 {
		return nil
	}
	out, err := f.client.DescribeContainerInstances(f.tb.Context(), &awsecs.DescribeContainerInstancesInput{
		Cluster: aws.String("main"), ContainerInstances: list.ContainerInstanceArns,
	})
	require.NoError(f.tb, err)
	slices.SortFunc(out.ContainerInstances, func(a, b ecstypes.ContainerInstance) int {
		return len(*a.Ec2InstanceId) - len(*b.Ec2InstanceId) + compare(*a.Ec2InstanceId, *b.Ec2InstanceId)
	})
	return out.ContainerInstances
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// host registers a task definition for instances, in bridge mode with a port that is
// found at start.
func (f *fleet) host(change func(*awsecs.RegisterTaskDefinitionInput)) {
	f.tb.Helper()
	f.define("web", func(in *awsecs.RegisterTaskDefinitionInput) {
		in.RequiresCompatibilities = []ecstypes.Compatibility{ecstypes.CompatibilityEc2}
		in.NetworkMode, in.Cpu, in.Memory = ecstypes.NetworkModeBridge, nil, nil
		in.ContainerDefinitions[0].Cpu, in.ContainerDefinitions[0].Memory = 512, aws.Int32(512)
		if change != nil {
			change(in)
		}
	})
}

// place creates the service "web" on instances.
func (f *fleet) place(desired int32, change func(*awsecs.CreateServiceInput)) {
	f.tb.Helper()
	f.create(desired, func(in *awsecs.CreateServiceInput) {
		in.LaunchType, in.NetworkConfiguration = ecstypes.LaunchTypeEc2, nil
		if change != nil {
			change(in)
		}
	})
	f.settle()
}

// runOn runs tasks of "web" on instances.
func (f *fleet) runOn(count int32, change func(*awsecs.RunTaskInput)) *awsecs.RunTaskOutput {
	f.tb.Helper()
	in := &awsecs.RunTaskInput{Cluster: aws.String("main"), TaskDefinition: aws.String("web"), LaunchType: ecstypes.LaunchTypeEc2, Count: &count}
	if change != nil {
		change(in)
	}
	out, err := f.client.RunTask(f.tb.Context(), in)
	require.NoError(f.tb, err)
	return out
}
