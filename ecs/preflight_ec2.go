// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	modelasg "github.com/slipway-go/slipway/internal/model/autoscaling"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/probe"
)

// grounds are the instances that tasks may run on, as far as they are known before
// anything is made.
type grounds struct {
	call slipway.Call
	refs slipway.Refs
	launch
	checks []slipway.Check
	// platforms of the instances; most is how many there may be at most, if known.
	platforms map[string]bool
	most      int
	known     bool
}

// instancesReady looks up whether there are, or can be, instances for the tasks: capacity
// providers and their groups, as many instances as fixed host ports take, and images for
// their processors.
func instancesReady(ctx context.Context, c slipway.Call, refs slipway.Refs, l launch, d *awsecs.RegisterTaskDefinitionInput) []slipway.Check {
	g := &grounds{call: c, refs: refs, launch: l, platforms: map[string]bool{}, known: true}
	for _, name := range providersOf(l.strategy) {
		if slipway.HasRef(name) {
			g.declared(ctx, name)
		} else {
			g.existing(ctx, name)
		}
	}
	if len(l.strategy) == 0 {
		g.known = false
		g.cluster(ctx)
	}
	if d != nil {
		g.ports(d)
		g.images(ctx, d)
	}
	return g.checks
}

func (g *grounds) add(c ...slipway.Check) { g.checks = append(g.checks, c...) }

// stateOf is the state of a resource of the stack, nil if it is none.
func stateOf[T any](refs slipway.Refs, kind, ref string) *T {
	if refs == nil {
		return nil
	}
	state, _, _ := refs.Get(kind, ref)
	typed, _ := state.(*T)
	return typed
}

// declared takes in a provider that the stack makes.
func (g *grounds) declared(ctx context.Context, ref string) {
	p := stateOf[model.CapacityProvider](g.refs, model.KindCapacityProvider, ref)
	if p == nil || p.Create.AutoScalingGroupProvider == nil {
		g.known = false
		return
	}
	arn := aws.ToString(p.Create.AutoScalingGroupProvider.AutoScalingGroupArn)
	group := stateOf[modelasg.Group](g.refs, modelasg.KindGroup, arn)
	if group == nil {
		g.known = false
		return
	}
	g.most += orZero(group.Create.MaxSize)
	from := group.Create.LaunchTemplate
	if m := group.Create.MixedInstancesPolicy; from == nil && m != nil && m.LaunchTemplate != nil {
		from = m.LaunchTemplate.LaunchTemplateSpecification
	}
	if from == nil {
		return
	}
	t := stateOf[modelasg.LaunchTemplate](g.refs, modelasg.KindLaunchTemplate, aws.ToString(from.LaunchTemplateName))
	if t == nil || t.Create.LaunchTemplateData == nil || !known(t.Create.LaunchTemplateData.ImageId) {
		return
	}
	check, platform := probe.MachineImage(ctx, g.call, *t.Create.LaunchTemplateData.ImageId)
	g.add(check)
	if platform != "" {
		g.platforms[platform] = true
	}
}

// existing looks up a provider, and its group.
func (g *grounds) existing(ctx context.Context, name string) {
	subject := "capacity provider " + name + " is active"
	out, err := client(g.call).DescribeCapacityProviders(ctx, &awsecs.DescribeCapacityProvidersInput{CapacityProviders: []string{name}})
	switch {
	case err != nil:
		g.known = false
		g.add(slipway.Check{Subject: subject, Unknown: err.Error()})
		return
	case len(out.CapacityProviders) == 0 || out.CapacityProviders[0].Status != ecstypes.CapacityProviderStatusActive:
		g.known = false
		g.add(unready(subject, slipway.NoInstances, "capacity provider "+name+" does not exist, or is not active", "ECS finds none that is active", "make it, or name another one"))
		return
	}
	g.add(slipway.Check{Subject: subject})
	own := out.CapacityProviders[0].AutoScalingGroupProvider
	if own == nil {
		g.known = false
		return
	}
	g.group(ctx, lastPart(aws.ToString(own.AutoScalingGroupArn)))
}

// group looks up whether a group can launch instances.
func (g *grounds) group(ctx context.Context, name string) {
	subject := "Auto Scaling group " + name + " can launch instances"
	out, err := slipway.Client(g.call, awsasg.NewFromConfig).DescribeAutoScalingGroups(ctx, &awsasg.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	switch {
	case err != nil:
		g.known = false
		g.add(slipway.Check{Subject: subject, Unknown: err.Error()})
		return
	case len(out.AutoScalingGroups) == 0:
		g.known = false
		g.add(unready(subject, slipway.LaunchFailed, "Auto Scaling group "+name+" does not exist", "EC2 Auto Scaling finds none", "make the group and its capacity provider anew"))
		return
	}
	found := out.AutoScalingGroups[0]
	g.most += orZero(found.MaxSize)
	suspended := slices.ContainsFunc(found.SuspendedProcesses, func(p asgtypes.SuspendedProcess) bool { return aws.ToString(p.ProcessName) == "Launch" })
	switch {
	case orZero(found.MaxSize) == 0 && g.tasks > 0:
		g.add(unready(subject, slipway.ProviderFull, "Auto Scaling group "+name+" may have no instances", "its largest size is 0", "raise the largest size of the group"))
	case suspended && orZero(found.DesiredCapacity) == 0 && g.tasks > 0:
		g.add(unready(subject, slipway.LaunchFailed, "Auto Scaling group "+name+" has no instances and launches none", "its process Launch is suspended", "resume the process Launch of the group"))
	default:
		g.add(slipway.Check{Subject: subject})
	}
}

// cluster looks at the instances that the cluster has: others may come, so that there are
// none is no failure.
func (g *grounds) cluster(ctx context.Context) {
	if !known(&g.launch.cluster) || g.launch.cluster == "" {
		return
	}
	name := lastPart(g.launch.cluster)
	subject := "cluster " + name + " has container instances"
	instances, err := containerInstances(ctx, g.call, name)
	instances = open(instances)
	switch {
	case err != nil:
		g.add(slipway.Check{Subject: subject, Unknown: err.Error()})
	case len(instances) == 0:
		g.add(slipway.Check{Subject: subject, Unknown: "it has none by now"})
	default:
		g.add(slipway.Check{Subject: subject})
	}
	for i := range instances {
		for _, a := range instances[i].Attributes {
			if aws.ToString(a.Name) == "ecs.cpu-architecture" {
				g.platforms[Architecture(strings.ToUpper(aws.ToString(a.Value))).platform()] = true
			}
		}
	}
}

// ports looks whether there can be as many instances as tasks, if an instance takes but
// one of them.
func (g *grounds) ports(d *awsecs.RegisterTaskDefinitionInput) {
	port := fixedPort(d)
	if port == 0 || g.daemon || !g.known || g.tasks <= 1 {
		return
	}
	subject := fmt.Sprintf("there can be an instance for each of %d tasks with host port %d", g.tasks, port)
	if g.most >= g.tasks {
		g.add(slipway.Check{Subject: subject})
		return
	}
	g.add(unready(subject, slipway.HostPortTaken, fmt.Sprintf("%d tasks with host port %d need as many instances, and there can be %d", g.tasks, port, g.most),
		"no two tasks with the same host port fit on an instance", "raise the largest size of the group, or leave the host port to the instance"))
}

// fixedPort is a port of the instance that each task takes; 0 if there is none.
func fixedPort(d *awsecs.RegisterTaskDefinitionInput) int32 {
	for i := range d.ContainerDefinitions {
		for _, m := range d.ContainerDefinitions[i].PortMappings {
			switch {
			case d.NetworkMode == ecstypes.NetworkModeAwsvpc:
				return 0
			case aws.ToInt32(m.HostPort) != 0:
				return *m.HostPort
			case d.NetworkMode == ecstypes.NetworkModeHost:
				return aws.ToInt32(m.ContainerPort)
			}
		}
	}
	return 0
}

// images looks up the images of tasks that run on any processor, if the instances have but
// one.
func (g *grounds) images(ctx context.Context, d *awsecs.RegisterTaskDefinitionInput) {
	if d.RuntimePlatform != nil || len(g.platforms) != 1 || len(g.constraints)+len(d.PlacementConstraints) > 0 {
		return
	}
	for platform := range g.platforms {
		for i := range d.ContainerDefinitions {
			if image := d.ContainerDefinitions[i].Image; known(image) {
				g.add(probe.Image(ctx, g.call, *image, platform))
			}
		}
	}
}

const docProviders = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/asg-capacity-providers.html"

// unready is a check that failed.
func unready(subject string, code slipway.CauseCode, summary, evidence, remedy string) slipway.Check {
	return slipway.Check{Subject: subject, Cause: &slipway.Cause{
		Code: code, Confidence: slipway.Certain, Summary: summary, Evidence: []string{evidence}, Remedy: remedy, Doc: docProviders,
	}}
}
