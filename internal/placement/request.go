// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Request describes tasks that want a place.
type Request struct {
	// Group of the task: "service:web" of the tasks of a service.
	Group string
	// Needs are the resources; its ports are those of the host that the task names.
	Needs Resources
	// Attributes that an instance must have.
	Attributes []Attribute
	// Constraints of the service or the run and of the task definition.
	Constraints []ecstypes.PlacementConstraint
	// Strategies in their order. Without any, tasks of a service are spread over zones
	// and then instances, and other tasks go anywhere.
	Strategies []ecstypes.PlacementStrategy
}

// Attribute is one that a task requires.
type Attribute struct {
	Name string
	// Values of which one is wanted; any value will do if empty.
	Values []string
}

// servicePrefix begins the groups of services' tasks.
const servicePrefix = "service:"

// Query is a request made ready to be put to a [Cluster] again and again. It does
// not change.
type Query struct {
	group      string
	needs      Resources
	ports      bool
	attributes []Attribute
	members    []*Expression
	distinct   bool
	criteria   []criterion
	// fixed names what the query asks for that tasks do not change; key all of it.
	fixed, key string
}

// criterion is a strategy: instances with the least of it are the best.
type criterion struct {
	by by
	// field is an attribute's name, for byAttribute.
	field string
}

type by int

const (
	byRandom by = iota
	byInstance
	byAttribute
	byCPU
	byMemory
)

// byDefault is how the scheduler places the tasks of services.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
var byDefault = []criterion{{by: byAttribute, field: AvailabilityZone}, {by: byInstance}}

// Compile reads the request. The errors are those of [Parse], and about constraints
// and strategies that ECS does not take.
func Compile(r Request) (*Query, error) {
	q := &Query{group: r.Group, needs: r.Needs, ports: len(r.Needs.TCP)+len(r.Needs.UDP) > 0, attributes: r.Attributes}
	for i := range r.Constraints {
		if err := q.constrain(&r.Constraints[i]); err != nil {
			return nil, fmt.Errorf("placement constraint %d: %w", i, err)
		}
	}
	for i := range r.Strategies {
		c, err := criterionOf(&r.Strategies[i])
		if err != nil {
			return nil, fmt.Errorf("placement strategy %d: %w", i, err)
		}
		q.criteria = append(q.criteria, c)
	}
	if len(q.criteria) == 0 && strings.HasPrefix(r.Group, servicePrefix) {
		q.criteria = byDefault
	}
	q.fixed = q.fix()
	q.key = fmt.Sprintf("%q %v %v %v %q %s", q.group, q.needs, q.distinct, q.criteria, q.members, q.fixed)
	return q, nil
}

func (q *Query) constrain(c *ecstypes.PlacementConstraint) error {
	switch c.Type {
	case ecstypes.PlacementConstraintTypeDistinctInstance:
		q.distinct = true
		return nil
	case ecstypes.PlacementConstraintTypeMemberOf:
		e, err := Parse(aws.ToString(c.Expression))
		q.members = append(q.members, e)
		return err
	default:
		return fmt.Errorf("got type %q, want distinctInstance or memberOf", c.Type)
	}
}

// fix writes what decides between [Query.judge]'s verdicts.
func (q *Query) fix() string {
	var s strings.Builder
	for _, a := range q.attributes {
		fmt.Fprintf(&s, "%q%q", a.Name, a.Values)
	}
	for _, e := range q.members {
		if !e.dynamic {
			fmt.Fprintf(&s, " %q", e.String())
		}
	}
	return s.String()
}

// Field reports what is wrong with the field of a strategy, in words of what is
// wanted; empty if nothing is.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PlacementStrategy.html
func Field(s *ecstypes.PlacementStrategy) (want string) {
	field := aws.ToString(s.Field)
	switch s.Type {
	case ecstypes.PlacementStrategyTypeSpread:
		name, ok := strings.CutPrefix(field, attributePrefix)
		if field != "instanceId" && field != "host" && (!ok || !attributeName.MatchString(name)) {
			return "instanceId, host or attribute:NAME"
		}
	case ecstypes.PlacementStrategyTypeBinpack:
		if f := strings.ToLower(field); f != "cpu" && f != "memory" {
			return "cpu or memory"
		}
	case ecstypes.PlacementStrategyTypeRandom:
		if field != "" {
			return "none with random"
		}
	}
	return ""
}

func criterionOf(s *ecstypes.PlacementStrategy) (criterion, error) {
	if want := Field(s); want != "" {
		return criterion{}, fmt.Errorf("got field %q, want %s", aws.ToString(s.Field), want)
	}
	field := aws.ToString(s.Field)
	switch s.Type {
	case ecstypes.PlacementStrategyTypeRandom:
		return criterion{by: byRandom}, nil
	case ecstypes.PlacementStrategyTypeBinpack:
		if strings.EqualFold(field, "cpu") {
			return criterion{by: byCPU}, nil
		}
		return criterion{by: byMemory}, nil
	case ecstypes.PlacementStrategyTypeSpread:
		if name, ok := strings.CutPrefix(field, attributePrefix); ok {
			return criterion{by: byAttribute, field: name}, nil
		}
		return criterion{by: byInstance}, nil
	default:
		return criterion{}, fmt.Errorf("got type %q, want random, spread or binpack", s.Type)
	}
}
