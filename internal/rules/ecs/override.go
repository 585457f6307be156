// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

type run = awsecs.RunTaskInput

const docOverride = api + "API_ContainerOverride.html"

// overrideRules look at what a task has otherwise than its task definition says.
var overrideRules = []rules.Rule[run]{
	{Meta: rules.Meta{
		ID: "ecs-run-override-accelerators", Code: invalidParameter, Doc: api + "API_TaskOverride.html",
		Text: "Unsupported field 'inferenceAccelerators'.",
	}, Check: overriddenAccelerators},
	{Meta: rules.Meta{
		ID: "ecs-run-override-length", Code: invalidParameter, Doc: api + "API_RunTask.html",
		Text: "Container Overrides length must be at most 8192",
	}, Check: overrideLength},
	{Meta: rules.Meta{ID: "ecs-run-override-container", Code: invalidParameter, Doc: docOverride}, Check: overriddenContainers},
	{Meta: rules.Meta{ID: "ecs-run-override-size", Code: clientException, Doc: docFargateSize}, Check: overriddenSize},
	{Meta: rules.Meta{
		ID: "ecs-run-override-resources", Code: invalidParameter, Doc: docOverride,
	}, Check: overrides(overriddenResources)},
	{Meta: rules.Meta{
		ID: "ecs-run-override-environment-files", Code: invalidParameter, Doc: api + "API_EnvironmentFile.html",
	}, Check: overrides(func(r *rules.Report, path string, c *container, _ launch) {
		environmentFileCount(r, path, c)
		environmentFiles(r, path, c)
	})},
	{Meta: rules.Meta{
		ID: "ecs-run-override-memory", Code: invalidParameter, Doc: docOverride,
		Text: "'memory' must be greater than or equal to 'memoryReservation'",
	}, Check: overrides(func(r *rules.Report, path string, c *container, _ launch) { memoryReservation(r, path, c) })},
	{Meta: rules.Meta{
		ID: "ecs-run-override-sum", Code: invalidParameter, Doc: docOverride, Warn: true,
		Text: "The sums of the containers' 'cpu' and 'memoryReservation' values cannot be greater than those of the task.",
	}, Check: overriddenSums},
	{Meta: rules.Meta{
		ID: "ecs-run-override-storage", Code: invalidParameter, Doc: api + "API_TaskOverride.html",
	}, Check: overriddenStorage},
}

// Overridden returns a container with what a task has otherwise. Variables that the task
// definition has not are added. o may be nil.
func Overridden(c ecstypes.ContainerDefinition, o *ecstypes.TaskOverride) ecstypes.ContainerDefinition {
	if o == nil {
		return c
	}
	for i := range o.ContainerOverrides {
		given := &o.ContainerOverrides[i]
		if value(given.Name) != value(c.Name) {
			continue
		}
		if given.Command != nil {
			c.Command = given.Command
		}
		c.Cpu, c.Memory = value(cmp.Or(given.Cpu, &c.Cpu)), cmp.Or(given.Memory, c.Memory)
		c.MemoryReservation = cmp.Or(given.MemoryReservation, c.MemoryReservation)
		if given.EnvironmentFiles != nil {
			c.EnvironmentFiles = given.EnvironmentFiles
		}
		if given.ResourceRequirements != nil {
			c.ResourceRequirements = given.ResourceRequirements
		}
		c.Environment = withVariables(c.Environment, given.Environment)
	}
	return c
}

// withVariables are the variables of a container with those of an override in their place.
func withVariables(all, given []ecstypes.KeyValuePair) []ecstypes.KeyValuePair {
	all = slices.Clone(all)
	for _, v := range given {
		i := slices.IndexFunc(all, func(o ecstypes.KeyValuePair) bool { return value(o.Name) == value(v.Name) })
		if i < 0 {
			all = append(all, v)
		} else {
			all[i] = v
		}
	}
	return all
}

// overrides makes check one of each container that is overridden, as it is then; of a task
// definition that is not known as much as the override says.
func overrides(check func(r *rules.Report, path string, c *container, l launch)) func(*rules.Report, *run) {
	return func(r *rules.Report, in *run) {
		if in.Overrides == nil {
			return
		}
		t, known := taskOf(r, value(in.TaskDefinition))
		for i := range in.Overrides.ContainerOverrides {
			name := in.Overrides.ContainerOverrides[i].Name
			c := container{Name: name}
			if known {
				if at := slices.IndexFunc(t.ContainerDefinitions, func(c container) bool { return value(c.Name) == value(name) }); at >= 0 {
					c = t.ContainerDefinitions[at]
				}
			}
			c = Overridden(c, in.Overrides)
			check(r, rules.Elem("Overrides.ContainerOverrides", name, i), &c, ofRun(r, in))
		}
	}
}

func overriddenAccelerators(r *rules.Report, in *run) {
	if in.Overrides != nil && len(in.Overrides.InferenceAcceleratorOverrides) > 0 {
		r.Add(rules.Problem{Path: "Overrides.InferenceAcceleratorOverrides", Got: "some", Want: "none: the field is retired"})
	}
}

// overrideLength counts characters with those of JSON.
func overrideLength(r *rules.Report, in *run) {
	if in.Overrides == nil {
		return
	}
	const most = 8192
	var text strings.Builder
	sent := json.NewEncoder(&text)
	sent.SetEscapeHTML(false)
	err := sent.Encode(wire(reflect.ValueOf(*in.Overrides)))
	if n := utf8.RuneCountInString(strings.TrimSpace(text.String())); err == nil && n > most {
		r.Add(rules.Problem{Path: "Overrides", Got: count(n, "character"), Want: "at most 8192, as JSON"})
	}
}

// wire is a value as it is sent: without what is not set. The names of fields are as long
// as those that are sent.
func wire(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		return wire(v.Elem())
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = wire(v.Index(i))
		}
		return list
	case reflect.Struct:
		fields := map[string]any{}
		for f, field := range v.Fields() {
			if f.IsExported() && !field.IsZero() {
				fields[f.Name] = wire(field)
			}
		}
		return fields
	default:
		return v.Interface()
	}
}

// overriddenSize: on Fargate what is overridden of CPU and memory has to go together
// with what is not.
func overriddenSize(r *rules.Report, in *run) {
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
func overriddenContainers(r *rules.Report, in *run) {
	if in.Overrides == nil {
		return
	}
	t, ok := taskOf(r, value(in.TaskDefinition))
	for i, o := range in.Overrides.ContainerOverrides {
		name := value(o.Name)
		if reflect.ValueOf(o).IsZero() || !ok && name != "" ||
			ok && slices.ContainsFunc(t.ContainerDefinitions, func(c ecstypes.ContainerDefinition) bool { return value(c.Name) == name }) {
			continue
		}
		r.Add(rules.Problem{
			Path: "Overrides.ContainerOverrides[" + strconv.Itoa(i) + "].Name", Got: quote(name), Want: "a container of the task definition",
			Text: "Override for container named " + name + " is not a container in the TaskDefinition.",
		})
	}
}

// overriddenResources: GPUs are a number, and none on Fargate; inference accelerators are
// no more.
func overriddenResources(r *rules.Report, path string, c *container, l launch) {
	for i, q := range c.ResourceRequirements {
		path := rules.Elem(path+".ResourceRequirements", nil, i)
		n, err := strconv.Atoi(value(q.Value))
		switch {
		case q.Type == ecstypes.ResourceTypeInferenceAccelerator:
			r.Add(rules.Problem{Path: path + ".Type", Got: string(q.Type), Want: "GPU", Text: "Unsupported field 'inferenceAccelerators'."})
		case q.Type != ecstypes.ResourceTypeGpu:
		case l.fargate():
			r.Add(rules.Problem{
				Path: path, Got: value(q.Value) + " GPU", Want: "none on Fargate", Code: clientException,
				Text: "Tasks using the Fargate launch type do not support GPU resource requirements.",
			})
		case err != nil || n < 1:
			r.Add(rules.Problem{
				Path: path + ".Value", Got: quote(value(q.Value)), Want: "a number of GPUs",
				Text: "Invalid setting for container '" + value(c.Name) + "'. The value of a GPU resource requirement must be a positive integer.",
			})
		}
	}
}

// overriddenSums: the containers have to go into the task.
func overriddenSums(r *rules.Report, in *run) {
	t, ok := taskOf(r, value(in.TaskDefinition))
	if !ok || in.Overrides == nil {
		return
	}
	sized := *t
	sized.Cpu, sized.Memory = cmp.Or(in.Overrides.Cpu, t.Cpu), cmp.Or(in.Overrides.Memory, t.Memory)
	sized.ContainerDefinitions = slices.Clone(t.ContainerDefinitions)
	for i := range sized.ContainerDefinitions {
		sized.ContainerDefinitions[i] = Overridden(sized.ContainerDefinitions[i], in.Overrides)
	}
	cpuSumAt(r, "Overrides.ContainerOverrides", &sized)
	memorySumAt(r, "Overrides.ContainerOverrides", &sized)
}

// overriddenStorage: only Fargate gives a task storage by the GiB.
func overriddenStorage(r *rules.Report, in *run) {
	if in.Overrides == nil || in.Overrides.EphemeralStorage == nil {
		return
	}
	if in.LaunchType == ecstypes.LaunchTypeEc2 || in.LaunchType == ecstypes.LaunchTypeExternal {
		r.Add(rules.Problem{
			Path: "Overrides.EphemeralStorage", Got: "a size on " + string(in.LaunchType), Want: "none: it is Fargate's",
			Text: "Ephemeral storage overrides are only supported on Fargate.",
		})
		return
	}
	storageUnder(r, "Overrides.", in.Overrides.EphemeralStorage)
}
