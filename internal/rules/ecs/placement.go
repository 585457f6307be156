// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"errors"
	"strconv"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/placement"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	maxPlacementStrategies  = 5
	maxPlacementConstraints = 10

	docPlacementStrategy   = api + "API_PlacementStrategy.html"
	docPlacementConstraint = api + "API_PlacementConstraint.html"
	docQuery               = guide + "cluster-query-language.html"
)

var (
	placementConstraintsMeta = rules.Meta{
		ID: "ecs-placement-constraints", Code: invalidParameter, Doc: docService, Text: "Maximum number of constraints is 10.",
	}
	memberOfMeta = rules.Meta{ID: "ecs-member-of", Code: invalidParameter, Doc: docQuery}
	// unclearMeta is of expressions that ECS may take, but that no test can evaluate.
	unclearMeta = rules.Meta{ID: "ecs-member-of-unclear", Code: invalidParameter, Doc: docQuery, Warn: true}
)

// placementRules look at where tasks may go on instances.
var placementRules = []serviceRule{
	{Meta: rules.Meta{
		ID: "ecs-placement-strategies", Code: invalidParameter, Doc: docService, Text: "Maximum number of strategies is 5.",
	}, Check: func(r *rules.Report, in *service) {
		if n := len(in.PlacementStrategy); n > maxPlacementStrategies {
			r.Add(rules.Problem{Path: "PlacementStrategy", Got: strconv.Itoa(n) + " strategies", Want: "at most 5"})
		}
	}},
	{Meta: placementConstraintsMeta, Check: placementConstraints},
	{Meta: rules.Meta{ID: "ecs-spread-field", Code: invalidParameter, Doc: docPlacementStrategy}, Check: fieldOf(ecstypes.PlacementStrategyTypeSpread)},
	{Meta: rules.Meta{ID: "ecs-binpack-field", Code: invalidParameter, Doc: docPlacementStrategy}, Check: fieldOf(ecstypes.PlacementStrategyTypeBinpack)},
	// AWS says that random does not use the field, not that it refuses one.
	{Meta: rules.Meta{ID: "ecs-random-field", Code: invalidParameter, Doc: docPlacementStrategy, Warn: true}, Check: fieldOf(ecstypes.PlacementStrategyTypeRandom)},
	{Meta: rules.Meta{
		ID: "ecs-distinct-instance", Code: invalidParameter, Doc: docPlacementConstraint,
		Text: "distinctInstance expression should not be specified.",
	}, Check: func(r *rules.Report, in *service) {
		for i, c := range in.PlacementConstraints {
			if c.Type == ecstypes.PlacementConstraintTypeDistinctInstance && c.Expression != nil {
				r.Add(rules.Problem{Path: rules.Elem("PlacementConstraints", nil, i) + ".Expression", Got: quote(*c.Expression), Want: "none"})
			}
		}
	}},
	{Meta: memberOfMeta, Check: onMembers(memberOf)},
	{Meta: unclearMeta, Check: onMembers(unclear)},
	{Meta: rules.Meta{
		ID: "ecs-fargate-service-placement", Code: invalidParameter, Doc: docFargate,
		Text: "Placement constraints and strategies are not supported with the FARGATE launch type.",
	}, Check: func(r *rules.Report, in *service) {
		if ofService(r, in).fargate() && len(in.PlacementConstraints)+len(in.PlacementStrategy) > 0 {
			r.Add(rules.Problem{Path: "PlacementConstraints", Got: "placement on Fargate", Want: "none"})
		}
	}},
	managedPlacement,
}

// placementConstraints: those of the task definition count, too.
func placementConstraints(r *rules.Report, in *service) {
	n, got := len(in.PlacementConstraints), ""
	if t, ok := taskOf(r, value(in.TaskDefinition)); ok && n > 0 && len(t.PlacementConstraints) > 0 {
		n += len(t.PlacementConstraints)
		got = " with those of the task definition"
	}
	if n > maxPlacementConstraints {
		r.Add(rules.Problem{Path: "PlacementConstraints", Got: count(n, "constraint") + got, Want: "at most 10"})
	}
}

// fieldOf checks the fields of one type of strategies.
func fieldOf(kind ecstypes.PlacementStrategyType) func(*rules.Report, *service) {
	return func(r *rules.Report, in *service) {
		for i := range in.PlacementStrategy {
			s := &in.PlacementStrategy[i]
			if want := placement.Field(s); s.Type == kind && want != "" {
				r.Add(rules.Problem{
					Path: rules.Elem("PlacementStrategy", nil, i) + ".Field", Got: quote(value(s.Field)), Want: want,
					Text: string(kind) + " field '" + value(s.Field) + "' is invalid.",
				})
			}
		}
	}
}

// onMembers has check look at the expressions of memberOf constraints.
func onMembers(check func(r *rules.Report, path string, expression *string)) func(*rules.Report, *service) {
	return func(r *rules.Report, in *service) {
		for i, c := range in.PlacementConstraints {
			if c.Type == ecstypes.PlacementConstraintTypeMemberOf {
				check(r, rules.Elem("PlacementConstraints", nil, i)+".Expression", c.Expression)
			}
		}
	}
}

// memberOf reports an expression that is none of the cluster query language.
func memberOf(r *rules.Report, path string, expression *string) {
	_, err := placement.Parse(value(expression))
	var wrong *placement.Error
	if errors.As(err, &wrong) && wrong.Err == nil {
		r.Add(rules.Problem{
			Path: path, Got: quote(value(expression)), Want: "an expression of the cluster query language: " + wrong.Reason(),
			Text: "Invalid expression: " + wrong.Reason(),
		})
	}
}

// unclear reports an expression whose meaning AWS leaves open, or only Java knows.
func unclear(r *rules.Report, path string, expression *string) {
	_, err := placement.Parse(value(expression))
	var wrong *placement.Error
	if errors.As(err, &wrong) && errors.Is(wrong, placement.ErrNotModelled) {
		r.Add(rules.Problem{Path: path, Got: quote(value(expression)), Want: "an expression that can be tested offline: " + wrong.Reason()})
	}
}

// taskPlacementRules look at the constraints that a task definition brings.
var taskPlacementRules = []taskRule{
	{Meta: withCode(placementConstraintsMeta, docTaskDefinition), Check: func(r *rules.Report, in *task) {
		if n := len(in.PlacementConstraints); n > maxPlacementConstraints {
			r.Add(rules.Problem{Path: "PlacementConstraints", Got: count(n, "constraint"), Want: "at most 10"})
		}
	}},
	{Meta: rules.Meta{
		ID: "ecs-task-constraint-type", Code: clientException, Doc: "https://github.com/aws-samples/aws-cdk-examples/issues/628",
	}, Check: func(r *rules.Report, in *task) {
		for i, c := range in.PlacementConstraints {
			if c.Type != ecstypes.TaskDefinitionPlacementConstraintTypeMemberOf {
				r.Add(rules.Problem{
					Path: rules.Elem("PlacementConstraints", nil, i) + ".Type", Got: quote(string(c.Type)), Want: "memberOf in a task definition",
					Text: "constraint.type '" + string(c.Type) + "' is not supported.",
				})
			}
		}
	}},
	{Meta: withCode(memberOfMeta, docQuery), Check: onTaskMembers(memberOf)},
	{Meta: withCode(unclearMeta, docQuery), Check: onTaskMembers(unclear)},
}

// withCode is a rule of services as task definitions have it.
func withCode(m rules.Meta, doc string) rules.Meta {
	m.Code, m.Doc = clientException, doc
	return m
}

func onTaskMembers(check func(r *rules.Report, path string, expression *string)) func(*rules.Report, *task) {
	return func(r *rules.Report, in *task) {
		for i, c := range in.PlacementConstraints {
			if c.Type == ecstypes.TaskDefinitionPlacementConstraintTypeMemberOf {
				check(r, rules.Elem("PlacementConstraints", nil, i)+".Expression", c.Expression)
			}
		}
	}
}

// onRun makes rules of services rules of single tasks.
func onRun(of []serviceRule) []rules.Rule[awsecs.RunTaskInput] {
	all := make([]rules.Rule[awsecs.RunTaskInput], len(of))
	for i, rule := range of {
		all[i] = rules.Rule[awsecs.RunTaskInput]{Meta: rule.Meta, Check: func(r *rules.Report, in *awsecs.RunTaskInput) {
			rule.Check(r, &service{
				TaskDefinition: in.TaskDefinition, LaunchType: in.LaunchType, CapacityProviderStrategy: in.CapacityProviderStrategy,
				PlacementConstraints: in.PlacementConstraints, PlacementStrategy: in.PlacementStrategy,
			})
		}}
	}
	return all
}
