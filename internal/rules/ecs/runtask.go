// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

// RunTask has the rules of tasks that no service looks after.
var RunTask = rules.Of[awsecs.RunTaskInput](slices.Concat(
	runRules, shape(ofRun), onRun(placementRules), lookups(ofRun), ebsRules(runVolumes), overrideRules,
))

const maxRun = 10

var runRules = []rules.Rule[awsecs.RunTaskInput]{
	{Meta: rules.Meta{
		ID: "ecs-run-count", Code: invalidParameter, Doc: api + "API_RunTask.html", Text: "Invalid count. Specify a count between 1 and 10.",
	}, Check: func(r *rules.Report, in *awsecs.RunTaskInput) { between(r, "Count", in.Count, 1, maxRun, " tasks", "") }},
}

var overrideRules = []rules.Rule[awsecs.RunTaskInput]{
	{Meta: rules.Meta{
		ID: "ecs-run-override-container", Code: invalidParameter, Doc: api + "API_ContainerOverride.html",
	}, Check: overriddenContainers},
	{Meta: rules.Meta{ID: "ecs-run-override-size", Code: clientException, Doc: docFargateSize}, Check: overriddenSize},
}

// overriddenSize: on Fargate what is overridden of CPU and memory has to go together
// with what is not.
func overriddenSize(r *rules.Report, in *awsecs.RunTaskInput) {
	o := in.Overrides
	if o == nil || o.Cpu == nil && o.Memory == nil {
		return
	}
	t, ok := taskOf(r, value(in.TaskDefinition))
	switch {
	case ok && !fargate(t), !ok && in.LaunchType != ecstypes.LaunchTypeFargate:
		return
	case !ok:
		t = &task{}
	}
	sized := *t
	sized.Cpu, sized.Memory = cmp.Or(o.Cpu, t.Cpu), cmp.Or(o.Memory, t.Memory)
	sizeUnder(r, "Overrides.", &sized)
}

// overriddenContainers: what is overridden is of a container of the task definition.
func overriddenContainers(r *rules.Report, in *awsecs.RunTaskInput) {
	t, ok := taskOf(r, value(in.TaskDefinition))
	if !ok || in.Overrides == nil {
		return
	}
	for i, o := range in.Overrides.ContainerOverrides {
		name := value(o.Name)
		if reflect.ValueOf(o).IsZero() || slices.ContainsFunc(t.ContainerDefinitions, func(c ecstypes.ContainerDefinition) bool { return value(c.Name) == name }) {
			continue
		}
		r.Add(rules.Problem{
			Path: "Overrides.ContainerOverrides[" + strconv.Itoa(i) + "].Name", Got: quote(name), Want: "a container of the task definition",
			Text: "Override for container named " + name + " is not a container in the TaskDefinition.",
		})
	}
}

func ofRun(_ *rules.Report, in *awsecs.RunTaskInput) launch {
	return launch{
		cluster: value(in.Cluster), taskDefinition: value(in.TaskDefinition), launchType: in.LaunchType,
		strategy: in.CapacityProviderStrategy, network: in.NetworkConfiguration, platformVersion: in.PlatformVersion,
		exec: in.EnableExecuteCommand, tags: in.Tags,
	}
}
