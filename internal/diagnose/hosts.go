// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
)

// Hosts are the instances on which tasks may run, and what brings them.
type Hosts struct {
	// Cluster by its name.
	Cluster string
	// Instances are the container instances that the tasks may run on.
	Instances []ecstypes.ContainerInstance
	// Providers are the capacity providers of the tasks, or all of the cluster for tasks
	// that have none.
	Providers []Provider
	// Constraint is an expression that none of Instances meets; empty if they do, or if
	// that is not known.
	Constraint string
	// CPU, Memory and GPUs are what a task needs of an instance, in CPU units and MiB.
	CPU, Memory, GPUs int32
}

// Provider is a capacity provider with its Auto Scaling group.
type Provider struct {
	Name string
	// Managed: ECS adds instances when tasks do not fit.
	Managed bool
	Group   asgtypes.AutoScalingGroup
	// Activities of the group, the newest first.
	Activities []asgtypes.Activity
	// Absent are instances of the group that run, and are not in the cluster.
	Absent []Absentee
}

// Absentee is an instance that runs, and is no container instance of its cluster.
type Absentee struct {
	Instance ec2types.Instance
	// Checks of what it needs to join.
	Checks []slipway.Check
	// Cluster that its user data names; empty if none, or if it may not be read.
	Cluster string
}

// hosts adds why there is no instance for tasks. A group that launches as it should is
// no cause.
func (all *findings) hosts(f *Facts) {
	h := f.Hosts
	if h == nil {
		return
	}
	for i := range h.Providers {
		p := &h.Providers[i]
		all.launches(p)
		all.absent(h, p)
		if !all.large(f, p) {
			all.full(f, p)
		}
	}
	all.disconnected(f)
	all.outside(f)
}

// launches adds why the group has fewer instances than it should.
func (all *findings) launches(p *Provider) {
	if name := aws.ToString(p.Group.AutoScalingGroupName); suspended(&p.Group) {
		all.add(name, slipway.Cause{
			Code: slipway.LaunchFailed, Confidence: slipway.Certain, Summary: "Auto Scaling group " + name + " does not launch instances: its process Launch is suspended",
			Evidence: []string{sizeOf(&p.Group)}, Remedy: "resume the process Launch of the group",
		})
	}
	a := lastLaunch(p.Activities)
	if a == nil || a.StatusCode != asgtypes.ScalingActivityStatusCodeFailed {
		return
	}
	name := aws.ToString(a.AutoScalingGroupName)
	all.add(name, slipway.Cause{
		Code: slipway.LaunchFailed, Confidence: slipway.Certain, Summary: "Auto Scaling group " + name + " cannot launch instances: " + aws.ToString(a.StatusMessage),
		Evidence: []string{"activity " + string(a.StatusCode) + ": " + aws.ToString(a.Description), sizeOf(&p.Group)},
	})
}

// sizeOf is the size of a group.
func sizeOf(g *asgtypes.AutoScalingGroup) string {
	return fmt.Sprintf("group %s has %d instances, and wants %d of %d to %d", aws.ToString(g.AutoScalingGroupName), len(g.Instances),
		aws.ToInt32(g.DesiredCapacity), aws.ToInt32(g.MinSize), aws.ToInt32(g.MaxSize))
}

func suspended(g *asgtypes.AutoScalingGroup) bool {
	return slices.ContainsFunc(g.SuspendedProcesses, func(p asgtypes.SuspendedProcess) bool { return aws.ToString(p.ProcessName) == "Launch" })
}

// lastLaunch is the newest launch that has an end; nil if there is none.
func lastLaunch(newestFirst []asgtypes.Activity) *asgtypes.Activity {
	for i := range newestFirst {
		a := &newestFirst[i]
		if strings.HasPrefix(aws.ToString(a.Description), "Launching") && a.EndTime != nil && a.StatusCode != asgtypes.ScalingActivityStatusCodeCancelled {
			return a
		}
	}
	return nil
}

// absent adds instances that run, and do not join the cluster.
func (all *findings) absent(h *Hosts, p *Provider) {
	for _, a := range p.Absent {
		id := aws.ToString(a.Instance.InstanceId)
		c := slipway.Cause{
			Code: slipway.NotJoined, Confidence: slipway.Likely, Evidence: []string{absentee(&a)},
			Summary: fmt.Sprintf("instances of group %s run, and do not join cluster %s", aws.ToString(p.Group.AutoScalingGroupName), h.Cluster),
		}
		for _, check := range a.Checks {
			if check.Cause != nil {
				c.Confidence = max(c.Confidence, check.Cause.Confidence)
				c.Evidence = append(append(c.Evidence, check.Cause.Summary), check.Cause.Evidence...)
			}
		}
		switch {
		case a.Instance.IamInstanceProfile == nil:
			c.Confidence = slipway.Certain
			c.Evidence = append(c.Evidence, "instance "+id+" has no instance profile, so its agent may not register it")
		case a.Cluster != "" && a.Cluster != h.Cluster:
			c.Confidence = slipway.Certain
			c.Evidence = append(c.Evidence, "the user data of instance "+id+" names the cluster "+a.Cluster)
		}
		all.add(aws.ToString(p.Group.AutoScalingGroupName), c)
	}
}

func absentee(a *Absentee) string {
	i := &a.Instance
	text := fmt.Sprintf("instance %s (%s, %s) runs", aws.ToString(i.InstanceId), i.InstanceType, aws.ToString(i.ImageId))
	if i.LaunchTime != nil {
		text += " since " + i.LaunchTime.UTC().Format("2006-01-02 15:04:05")
	}
	return text
}

// waiting are the tasks that wait for an instance of a capacity provider, or waited in
// vain.
func (f *Facts) waiting(provider string) int {
	n := 0
	for _, t := range slices.Concat(f.Running, f.Stopped) {
		began := aws.ToString(t.LastStatus) != "PROVISIONING" && t.StopCode != ecstypes.TaskStopCodeTaskFailedToStart
		if !began && t.ContainerInstanceArn == nil && aws.ToString(t.CapacityProviderName) == provider {
			n++
		}
	}
	return n
}

// full adds that tasks wait, and the group may not grow. While instances of it are still
// to come, or if none would do, that is no cause.
func (all *findings) full(f *Facts, p *Provider) {
	g, n := &p.Group, f.waiting(p.Name)
	if n == 0 || f.Hosts.Constraint != "" || !p.Managed || g.MaxSize == nil || aws.ToInt32(g.DesiredCapacity) < *g.MaxSize || len(p.Absent) > 0 || joining(f.Hosts, g) {
		return
	}
	name := aws.ToString(g.AutoScalingGroupName)
	all.add(name, slipway.Cause{
		Code: slipway.ProviderFull, Confidence: slipway.Certain,
		Summary:  fmt.Sprintf("capacity provider %s is at its maximum: group %s may have %d instances, and has them", p.Name, name, *g.MaxSize),
		Evidence: []string{fmt.Sprintf("%d tasks wait for an instance", n), sizeOf(g)},
	})
}

// large adds that tasks wait which are larger than any instance; certain means that no
// number of instances will do.
func (all *findings) large(f *Facts, p *Provider) (certain bool) {
	if f.waiting(p.Name) == 0 {
		return false
	}
	for _, r := range []struct {
		code slipway.CauseCode
		name string
		unit string
		need int32
	}{{slipway.NoCPULeft, "CPU", "CPU units", f.Hosts.CPU}, {slipway.NoMemoryLeft, "MEMORY", "MiB", f.Hosts.Memory}, {slipway.NoGPULeft, "GPU", "GPUs", f.Hosts.GPUs}} {
		most, known := f.Hosts.largest(p.Name, r.name)
		if !known || r.need <= most {
			continue
		}
		confidence := slipway.Certain
		if p.Group.MixedInstancesPolicy != nil {
			confidence = slipway.Likely // it may have larger ones, too
		}
		certain = certain || confidence == slipway.Certain
		all.add("", slipway.Cause{
			Code: r.code, Confidence: confidence,
			Summary:  fmt.Sprintf("no instance of capacity provider %s is large enough: a task needs %d %s, and an instance has %d", p.Name, r.need, r.unit, most),
			Evidence: []string{fmt.Sprintf("%d tasks wait for an instance", f.waiting(p.Name)), sizeOf(&p.Group)},
		})
	}
	return certain
}

// largest is how much of a resource the instances of a provider have at most; known is
// false if there are no instances to tell. Instances without GPUs do not register any.
func (h *Hosts) largest(provider, resource string) (most int32, known bool) {
	for _, i := range h.Instances {
		if aws.ToString(i.CapacityProviderName) != provider {
			continue
		}
		for _, r := range i.RegisteredResources {
			known = true
			if aws.ToString(r.Name) == resource {
				most = max(most, r.IntegerValue, int32(len(r.StringSetValue)))
			}
		}
	}
	return most, known
}

// joining reports whether instances of the group are still to come, or their agents do
// not answer.
func joining(h *Hosts, g *asgtypes.AutoScalingGroup) bool {
	joined := 0
	for _, i := range g.Instances {
		if slices.ContainsFunc(h.Instances, func(c ecstypes.ContainerInstance) bool {
			return c.AgentConnected && aws.ToString(c.Ec2InstanceId) == aws.ToString(i.InstanceId)
		}) {
			joined++
		}
	}
	return joined < int(aws.ToInt32(g.DesiredCapacity))
}

// disconnected adds instances whose agents do not answer, if there are no others or if
// ECS has said so.
func (all *findings) disconnected(f *Facts) {
	var silent []string
	for i := range f.Hosts.Instances {
		c := &f.Hosts.Instances[i]
		if !c.AgentConnected {
			silent = append(silent, "the agent of "+instance(c)+" is not connected")
		}
	}
	if len(silent) == 0 || len(silent) < len(f.Hosts.Instances) && !all.has(slipway.AgentDisconnected) {
		return
	}
	all.add("", slipway.Cause{
		Code: slipway.AgentDisconnected, Confidence: slipway.Certain, Summary: summaries[slipway.AgentDisconnected], Evidence: silent,
	})
}

// instance names a container instance as EC2 does, and by its own ID.
func instance(c *ecstypes.ContainerInstance) string {
	arn := aws.ToString(c.ContainerInstanceArn)
	return aws.ToString(c.Ec2InstanceId) + " (container instance " + arn[strings.LastIndexByte(arn, '/')+1:] + ")"
}

// outside adds that no instance meets an expression: of tasks that wait ECS does not say
// so.
func (all *findings) outside(f *Facts) {
	if f.Hosts.Constraint == "" || len(f.Hosts.Instances) == 0 {
		return
	}
	all.add("", slipway.Cause{
		Code: slipway.ConstraintUnmet, Confidence: slipway.Certain, Summary: summaries[slipway.ConstraintUnmet],
		Evidence: []string{fmt.Sprintf("none of %d container instances is a member of %q", len(f.Hosts.Instances), f.Hosts.Constraint)},
	})
}
