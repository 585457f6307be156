// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

// RegisterTaskDefinition has the rules of task definitions.
var RegisterTaskDefinition = rules.Of[awsecs.RegisterTaskDefinitionInput](slices.Concat(
	shapeRules, retiredRules, containerRules, portRules, memoryRules, awsvpcRules, fargateRules, managedTaskRules, instanceRules,
	taskPlacementRules, healthRules, loggingRules, volumeRules, roleRules, tagRules,
))

// shapeRules look at what must be there at all.
var shapeRules = []taskRule{
	{Meta: rules.Meta{
		ID: "ecs-family", Code: clientException, Doc: docTaskDefinition,
		Text: "Family contains invalid characters.",
	}, Check: family},
	{Meta: rules.Meta{
		ID: "ecs-container-list-empty", Code: clientException, Doc: docTaskDefinition,
		Text: "Container list cannot be empty.",
	}, Check: func(r *rules.Report, in *task) {
		if len(in.ContainerDefinitions) == 0 {
			r.Add(rules.Problem{Path: "ContainerDefinitions", Got: "none", Want: "at least one container"})
		}
	}},
}

// retiredRules refuse what ECS once took.
var retiredRules = []taskRule{
	{Meta: rules.Meta{
		ID: "ecs-inference-accelerators", Code: clientException, Doc: docPreflight,
		Text: "Unsupported field 'inferenceAccelerators'.",
	}, Check: func(r *rules.Report, in *task) {
		if len(in.InferenceAccelerators) > 0 {
			r.Add(rules.Problem{Path: "InferenceAccelerators", Got: "some", Want: "none: the field is retired"})
		}
	}},
}

// memoryRules come before Fargate's table.
var memoryRules = []taskRule{
	{Meta: rules.Meta{ID: "ecs-container-memory", Code: clientException, Doc: docContainer}, Check: containerMemory},
	{Meta: rules.Meta{
		ID: "ecs-memory-reservation", Code: clientException, Doc: docContainer,
		Text: "'memory' must be greater than or equal to 'memoryReservation'",
	}, Check: containers(memoryReservation)},
	{Meta: rules.Meta{
		ID: "ecs-container-cpu-sum", Code: clientException, Doc: docContainer,
		Text: "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.",
	}, Check: cpuSum},
	{Meta: rules.Meta{
		ID: "ecs-container-memory-sum", Code: clientException, Doc: docContainer,
		Text: "The sum of all container 'memoryReservation' values cannot be greater than the value of the task 'memory'.",
	}, Check: memorySum},
}

func family(r *rules.Report, in *task) {
	if f := value(in.Family); !slipway.HasRef(f) && !familyPattern.MatchString(f) {
		r.Add(rules.Problem{Path: "Family", Got: quote(f), Want: "1 to 255 letters, digits, hyphens and underscores"})
	}
}

func containerMemory(r *rules.Report, in *task) {
	if in.Memory != nil {
		return
	}
	containers(func(r *rules.Report, path string, c *container) {
		if c.Memory == nil && c.MemoryReservation == nil {
			r.Add(rules.Problem{
				Path: path, Got: "neither Memory nor MemoryReservation", Want: "one of them, for the task has no Memory",
				Text: "Invalid setting for container '" + value(c.Name) + "'. At least one of 'memory' or 'memoryReservation' must be specified.",
			})
		}
	})(r, in)
}

func memoryReservation(r *rules.Report, path string, c *container) {
	if c.Memory != nil && c.MemoryReservation != nil && *c.Memory < *c.MemoryReservation {
		r.Add(rules.Problem{
			Path: path + ".MemoryReservation", Got: mib(*c.MemoryReservation), Want: "at most Memory, " + mib(*c.Memory),
		})
	}
}

// tagRules are those of every taggable thing of ECS.
var tagRules = []taskRule{
	{Meta: tagMeta, Check: func(r *rules.Report, in *task) { tags(r, in.Tags) }},
}

var tagMeta = rules.Meta{ID: "ecs-tags", Code: invalidParameter, Doc: api + "API_Tag.html"}

// tags checks number, keys and values.
func tags(r *rules.Report, all []ecstypes.Tag) {
	const most, longestKey, longestValue = 50, 128, 256
	if len(all) > most {
		r.Add(rules.Problem{Path: "Tags", Got: count(len(all), "tag"), Want: "at most 50", Text: "Too many tags. The maximum number of tags is 50."})
	}
	seen := map[string]bool{}
	for i, t := range all {
		path, key := rules.Elem("Tags", t.Key, i), value(t.Key)
		switch {
		case key == "" || len([]rune(key)) > longestKey:
			r.Add(rules.Problem{Path: path, Got: quote(key), Want: "a key of 1 to 128 characters"})
		case len([]rune(value(t.Value))) > longestValue:
			r.Add(rules.Problem{Path: path, Got: count(len([]rune(*t.Value)), "character"), Want: "a value of at most 256 characters"})
		case reservedTag(key):
			r.Add(rules.Problem{Path: path, Got: quote(key), Want: "a key without AWS's prefix aws:", Text: "Some tags contain invalid values. Valid values are UTF-8 letters, numbers, whitespace, and _.:/=+-@"})
		case seen[key]:
			r.Add(rules.Problem{Path: path, Got: quote(key) + " twice", Want: "each key once", Text: "Duplicate tag keys found. Please note that Tag keys are case insensitive."})
		}
		seen[key] = true
	}
}
