// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
	"github.com/slipway-go/slipway/internal/rules/autoscaling"
	"github.com/slipway-go/slipway/internal/rules/rulestest"
)

const (
	validation = "ValidationException"
	denied     = "AccessDeniedException"
	notFound   = "ObjectNotFoundException"
	ecs        = aastypes.ServiceNamespaceEcs
	tasks      = aastypes.ScalableDimensionECSServiceDesiredCount
	registered = "service/shop/web"
)

// targets is one registered target with a schedule "night".
func targets() rulestest.Things {
	ref := autoscaling.TargetRef(ecs, aws.String(registered), tasks)
	return rulestest.Things{
		slipway.ID{Kind: model.KindScaling, Name: ref}:            &model.Scaling{},
		slipway.ID{Kind: model.KindScaling, Name: ref + "|night"}: &model.Scaling{},
	}
}

func TestEveryRuleOfTargets(t *testing.T) {
	t.Parallel()
	type target = awsaas.RegisterScalableTargetInput
	id := func(s string) func(*target) { return func(in *target) { in.ResourceId = &s } }
	bounds := func(low, high *int32) func(*target) {
		return func(in *target) { in.MinCapacity, in.MaxCapacity = low, high }
	}
	of := func(namespace aastypes.ServiceNamespace, id string, d aastypes.ScalableDimension, role *string) func(*target) {
		return func(in *target) {
			in.ServiceNamespace, in.ResourceId, in.ScalableDimension, in.RoleARN = namespace, &id, d, role
		}
	}
	emr := func(role *string) func(*target) {
		return of(aastypes.ServiceNamespaceEmr, "instancegroup/j-1/ig-1", aastypes.ScalableDimensionEMRInstanceGroupInstanceCount, role)
	}
	base := func() *target {
		return &target{ServiceNamespace: ecs, ScalableDimension: tasks, ResourceId: aws.String("service/shop/new"), MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(2)}
	}
	known := func(in *target) { in.ResourceId = aws.String(registered) }
	rulestest.Holds(t, autoscaling.RegisterScalableTarget, targets(), base, []rulestest.Row[target]{
		{Rule: "aas-resource-id", Name: "a service alone", Breaks: id("service/web"), Legal: id("service/shop/web"), Path: "ResourceId", Code: validation, Text: "Unsupported"},
		{Rule: "aas-resource-id", Name: "another prefix", Breaks: id("shop/web"), Path: "ResourceId", Code: validation},
		{Rule: "aas-resource-id", Name: "no service", Breaks: id("service/shop/"), Path: "ResourceId", Code: validation},
		{
			Rule: "aas-resource-id", Name: "a table of ECS", Breaks: id("table/orders"),
			Legal: of(aastypes.ServiceNamespaceDynamodb, "table/orders", "dynamodb:table:ReadCapacityUnits", nil), Path: "ResourceId", Code: validation,
		},
		{
			Rule: "aas-dimension", Name: "one of RDS", Breaks: func(in *target) { in.ScalableDimension = "rds:cluster:ReadReplicaCount" },
			Path: "ScalableDimension", Code: denied, Text: "not authorized",
		},
		{Rule: "aas-role-required", Name: "EMR", Breaks: emr(nil), Legal: emr(aws.String("arn:aws:iam::123456789012:role/emr")), Path: "RoleARN", Code: validation},
		{Rule: "aas-capacity-negative", Name: "least", Breaks: bounds(aws.Int32(-1), aws.Int32(1)), Legal: bounds(aws.Int32(0), aws.Int32(1)), Path: "MinCapacity", Code: validation, Text: "'-1' at 'minCapacity'"},
		{Rule: "aas-capacity-negative", Name: "most", Breaks: bounds(nil, aws.Int32(-1)), Legal: bounds(aws.Int32(0), aws.Int32(0)), Path: "MaxCapacity", Code: validation},
		{Rule: "aas-capacity-order", Name: "more at least than at most", Breaks: bounds(aws.Int32(3), aws.Int32(2)), Legal: bounds(aws.Int32(2), aws.Int32(2)), Path: "MinCapacity", Code: validation},
		{Rule: "aas-capacity-required", Name: "no least", Breaks: bounds(nil, aws.Int32(2)), Legal: func(in *target) { known(in); bounds(nil, aws.Int32(2))(in) }, Path: "MinCapacity", Code: validation},
		{Rule: "aas-capacity-required", Name: "no most", Breaks: bounds(aws.Int32(1), nil), Legal: func(in *target) { known(in); bounds(nil, nil)(in) }, Path: "MaxCapacity", Code: validation},
		{Rule: "aas-cluster-arn", Name: "in place of its name", Breaks: id("service/arn:aws:ecs:us-east-1:123456789012:cluster/shop/web"), Path: "ResourceId"},
	})
}

func TestEveryRuleOfSchedules(t *testing.T) {
	t.Parallel()
	type action = awsaas.PutScheduledActionInput
	bounds := func(low, high *int32) func(*action) {
		return func(in *action) {
			in.ScalableTargetAction = &aastypes.ScalableTargetAction{MinCapacity: low, MaxCapacity: high}
		}
	}
	schedule := func(s string) func(*action) { return func(in *action) { in.Schedule = &s } }
	zone := func(s string) func(*action) { return func(in *action) { in.Timezone = &s } }
	noon := time.Date(2035, 1, 1, 12, 0, 0, 0, time.UTC)
	span := func(d time.Duration) func(*action) {
		return func(in *action) { in.StartTime, in.EndTime = &noon, aws.Time(noon.Add(d)) }
	}
	// change changes the action that is there.
	change := func(drop func(*action)) func(*action) {
		return func(in *action) { in.ScheduledActionName = aws.String("night"); drop(in) }
	}
	noAction := func(in *action) { in.ScalableTargetAction = nil }
	noSchedule := func(in *action) { in.Schedule = nil }
	base := func() *action {
		return &action{
			ServiceNamespace: ecs, ScalableDimension: tasks, ResourceId: aws.String(registered), ScheduledActionName: aws.String("day"),
			Schedule: aws.String("rate(1 day)"), ScalableTargetAction: &aastypes.ScalableTargetAction{MinCapacity: aws.Int32(1)},
		}
	}
	rulestest.Holds(t, autoscaling.PutScheduledAction, targets(), base, []rulestest.Row[action]{
		{Rule: "aas-schedule-target", Name: "not registered", Breaks: func(in *action) { in.ResourceId = aws.String("service/shop/x") }, Path: "ResourceId", Code: notFound, Text: "service/shop/x"},
		{Rule: "aas-schedule-action", Name: "none", Breaks: noAction, Legal: change(noAction), Path: "ScalableTargetAction", Code: validation},
		{Rule: "aas-schedule-action-empty", Name: "no bound", Breaks: bounds(nil, nil), Legal: bounds(nil, aws.Int32(1)), Path: "ScalableTargetAction", Code: validation},
		{Rule: "aas-schedule-required", Name: "none", Breaks: noSchedule, Legal: change(noSchedule), Path: "Schedule", Code: validation},
		{Rule: "aas-schedule-syntax", Name: "no form", Breaks: schedule("every day"), Legal: schedule("rate(2 days)"), Path: "Schedule", Code: validation, Text: "form"},
		{Rule: "aas-schedule-syntax", Name: "no rate at all", Breaks: schedule("rate(0 minutes)"), Legal: schedule("rate(1 minute)"), Path: "Schedule", Code: validation, Text: "frequency"},
		{Rule: "aas-schedule-syntax", Name: "two days", Breaks: schedule("cron(0 8 1 * MON *)"), Legal: schedule("cron(0 8 ? * MON *)"), Path: "Schedule", Code: validation, Text: "'?'"},
		{Rule: "aas-schedule-syntax", Name: "five fields", Breaks: schedule("cron(0 8 ? * MON)"), Legal: schedule("cron(0 0 8 ? * MON *)"), Path: "Schedule", Code: validation, Text: "number of fields"},
		{Rule: "aas-schedule-times", Name: "ends first", Breaks: span(-time.Second), Legal: span(time.Second), Path: "StartTime", Code: validation},
		{Rule: "aas-schedule-timezone", Name: "a nickname", Breaks: zone("Berlin"), Legal: zone("Europe/Berlin"), Path: "Timezone"},
	})
}
