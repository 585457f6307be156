// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/internal/placement"
	rules "github.com/slipway-go/slipway/internal/rules/ecs"
)

func (f *Fake) handleStartTask() {
	sim.Handle(f.api, "StartTask", f.startTask, sim.Needs(f.needsStart))
}

// asRun is what RunTask would be asked for.
func asRun(in *awsecs.StartTaskInput) *awsecs.RunTaskInput {
	return &awsecs.RunTaskInput{
		Cluster: in.Cluster, TaskDefinition: in.TaskDefinition, LaunchType: ecstypes.LaunchTypeEc2, EnableECSManagedTags: in.EnableECSManagedTags,
		EnableExecuteCommand: in.EnableExecuteCommand, Group: in.Group, NetworkConfiguration: in.NetworkConfiguration, Overrides: in.Overrides,
		PropagateTags: in.PropagateTags, StartedBy: in.StartedBy, Tags: in.Tags, VolumeConfigurations: in.VolumeConfigurations,
	}
}

func (f *Fake) needsStart(c *sim.Call, in *awsecs.StartTaskInput) []sim.Access {
	list := f.needsRun(c, asRun(in))
	list[0].Action = "ecs:StartTask"
	list[0].Resource = c.ARN("ecs", "task-definition/"+lastPart(value(in.TaskDefinition)))
	return list
}

// mostStarted is on how many instances one call starts a task.
const mostStarted = 10

// startTask puts a task on each of the instances, whatever placement would choose.
func (f *Fake) startTask(c *sim.Call, in *awsecs.StartTaskInput) (*awsecs.StartTaskOutput, error) {
	r, asked := f.of(c), asRun(in)
	if err := sim.Check(rules.RunTask, refs{r}, asked, typed); err != nil {
		return nil, err
	}
	cl, err := r.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if err := some("Container instances", in.ContainerInstances, mostStarted); err != nil {
		return nil, err
	}
	sp, _, err := cl.runSpec(asked)
	if err != nil {
		return nil, err
	}
	out := &awsecs.StartTaskOutput{Failures: []ecstypes.Failure{}}
	var tasks []*task
	for _, ref := range in.ContainerInstances {
		n := cl.node(ref)
		if why := sp.misfit(n); why != "" {
			arn := cl.r.arn("container-instance/" + cl.name + "/" + lastPart(ref))
			out.Failures = append(out.Failures, ecstypes.Failure{Arn: &arn, Reason: &why})
			continue
		}
		t := cl.newTask(sp, nil)
		if err := t.assumeRoles(); err != nil {
			return nil, err
		}
		if no := t.sitOn(n); no != nil {
			out.Failures = append(out.Failures, no.failures...)
			continue
		}
		tasks = append(tasks, t)
	}
	for _, t := range tasks {
		t.launch()
	}
	out.Tasks = views(tasks)
	return out, nil
}

// misfit is why a task cannot be started on an instance, whatever room it has; "" if it
// can.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
func (sp *spec) misfit(n *node) string {
	switch {
	case n == nil:
		return "MISSING"
	case n.status == inactive:
		return "INACTIVE"
	}
	for _, a := range sp.host.request.Attributes {
		v, has := n.attributes[a.Name]
		switch {
		case has && (len(a.Values) == 0 || slices.Contains(a.Values, v)):
		case a.Name == placement.AvailabilityZone:
			return "LOCATION"
		default:
			return string(placement.AttributeMissing)
		}
	}
	return ""
}
