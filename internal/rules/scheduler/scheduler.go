// SPDX-License-Identifier: Apache-2.0

// Package scheduler holds what EventBridge Scheduler rejects.
package scheduler

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // machines that deploy need not have the time zones

	"github.com/aws/aws-sdk-go-v2/aws"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/cron"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	invalid = "ValidationException"
	api     = "https://docs.aws.amazon.com/scheduler/latest/APIReference/"
)

// What names of schedules and groups look like.
var names = regexp.MustCompile(`^[0-9a-zA-Z_.-]{1,64}$`)

const likeNames = "1 to 64 letters, digits, hyphens, underscores and dots"

// CreateScheduleGroup holds the rules of groups.
var CreateScheduleGroup = rules.Of[awsscheduler.CreateScheduleGroupInput]{
	{Meta: rules.Meta{ID: "scheduler-group-name", Code: invalid, Doc: api + "API_CreateScheduleGroup.html"},
		Check: func(r *rules.Report, in *awsscheduler.CreateScheduleGroupInput) {
			checkName(r, "Name", "name", in.Name)
		}},
}

// checkName reports a name that is none.
func checkName(r *rules.Report, path, member string, name *string) {
	if name == nil || names.MatchString(*name) {
		return
	}
	r.Add(rules.Problem{Path: path, Got: strconv.Quote(*name), Want: likeNames, Text: fmt.Sprintf(
		"1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-zA-Z-_.]+", *name, member)})
}

// CreateSchedule holds the rules of schedules. Those of UpdateSchedule are the same.
var CreateSchedule = rules.Of[awsscheduler.CreateScheduleInput]{
	{Meta: rules.Meta{ID: "scheduler-name", Code: invalid, Doc: api + "API_CreateSchedule.html"},
		Check: func(r *rules.Report, in *awsscheduler.CreateScheduleInput) {
			checkName(r, "Name", "name", in.Name)
			checkName(r, "GroupName", "groupName", in.GroupName)
		}},
	{Meta: rules.Meta{ID: "scheduler-timezone", Code: invalid, Doc: api + "API_CreateSchedule.html"}, Check: timezone},
	{Meta: rules.Meta{ID: "scheduler-expression", Code: invalid, Doc: "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html"},
		Check: expression},
	{Meta: rules.Meta{ID: "scheduler-window", Code: invalid, Doc: api + "API_FlexibleTimeWindow.html"}, Check: window},
	{Meta: rules.Meta{ID: "scheduler-dates", Code: invalid, Doc: api + "API_CreateSchedule.html"}, Check: dates},
	{Meta: rules.Meta{ID: "scheduler-description", Code: invalid, Doc: api + "API_CreateSchedule.html"},
		Check: func(r *rules.Report, in *awsscheduler.CreateScheduleInput) {
			const most = 512
			if n := len(aws.ToString(in.Description)); n > most {
				r.Add(rules.Problem{Path: "Description", Got: strconv.Itoa(n) + " characters", Want: "at most 512"})
			}
		}},
	{Meta: rules.Meta{ID: "scheduler-retry", Code: invalid, Doc: api + "API_RetryPolicy.html"}, Check: retry},
	{Meta: rules.Meta{ID: "scheduler-ecs", Code: invalid, Doc: api + "API_EcsParameters.html"}, Check: ecsParameters},
	{Meta: rules.Meta{ID: "scheduler-placement", Code: invalid, Doc: api + "API_EcsParameters.html"}, Check: placement},
	{Meta: rules.Meta{ID: "scheduler-input", Code: invalid, Doc: api + "API_Target.html"},
		Check: func(r *rules.Report, in *awsscheduler.CreateScheduleInput) {
			if in.Target != nil && in.Target.Input != nil && !slipway.HasRef(*in.Target.Input) && !json.Valid([]byte(*in.Target.Input)) {
				r.Add(rules.Problem{Path: "Target.Input", Got: "no JSON", Want: "JSON", Text: "Provided Input is not valid JSON."})
			}
		}},
}

func timezone(r *rules.Report, in *awsscheduler.CreateScheduleInput) {
	if _, err := Zone(in.ScheduleExpressionTimezone); err != nil {
		r.Add(rules.Problem{
			Path: "ScheduleExpressionTimezone", Got: strconv.Quote(*in.ScheduleExpressionTimezone), Want: "a name of the IANA time zone database, as in Europe/Berlin",
			Text: "Invalid ScheduleExpressionTimezone " + *in.ScheduleExpressionTimezone + ".",
		})
	}
}

// Zone is the time zone of a name; UTC if there is none.
func Zone(name *string) (*time.Location, error) {
	if aws.ToString(name) == "Local" { // which is Go's word for the machine's own
		return nil, errLocal
	}
	return time.LoadLocation(aws.ToString(name))
}

var errLocal = errors.New("unknown time zone Local")

func expression(r *rules.Report, in *awsscheduler.CreateScheduleInput) {
	text := aws.ToString(in.ScheduleExpression)
	if in.ScheduleExpression == nil || slipway.HasRef(text) {
		return
	}
	if _, err := cron.Parse(text, time.UTC); err != nil {
		r.Add(rules.Problem{
			Path: "ScheduleExpression", Got: text, Want: "cron(minutes hours day-of-month month day-of-week year), rate(value unit) or at(yyyy-mm-ddThh:mm:ss): " + err.Error(),
			Text: "Invalid Schedule Expression " + text + ".",
		})
	}
}

const longestWindow = 1440

func window(r *rules.Report, in *awsscheduler.CreateScheduleInput) {
	w := in.FlexibleTimeWindow
	if w == nil {
		return
	}
	minutes := w.MaximumWindowInMinutes
	switch {
	case w.Mode == schedulertypes.FlexibleTimeWindowModeOff && minutes != nil:
		r.Add(rules.Problem{Path: "FlexibleTimeWindow.MaximumWindowInMinutes", Got: strconv.Itoa(int(*minutes)), Want: "none with mode OFF",
			Text: "MaximumWindowInMinutes must not be specified when FlexibleTimeWindow Mode is OFF."})
	case w.Mode == schedulertypes.FlexibleTimeWindowModeFlexible && (minutes == nil || *minutes < 1 || *minutes > longestWindow):
		r.Add(rules.Problem{Path: "FlexibleTimeWindow.MaximumWindowInMinutes", Got: strconv.Itoa(int(aws.ToInt32(minutes))) + " minutes", Want: "1 to 1440 minutes"})
	}
}

func dates(r *rules.Report, in *awsscheduler.CreateScheduleInput) {
	if in.StartDate != nil && in.EndDate != nil && !in.StartDate.Before(*in.EndDate) {
		r.Add(rules.Problem{Path: "EndDate", Got: in.EndDate.Format(time.RFC3339), Want: "later than StartDate, " + in.StartDate.Format(time.RFC3339),
			Text: "The EndDate you specify must come after the StartDate."})
	}
}

func retry(r *rules.Report, in *awsscheduler.CreateScheduleInput) {
	if in.Target == nil || in.Target.RetryPolicy == nil {
		return
	}
	bound := func(member, unit string, n *int32, low, high int32) {
		if n != nil && (*n < low || *n > high) {
			r.Add(rules.Problem{Path: "Target.RetryPolicy." + member, Got: fmt.Sprintf("%d%s", *n, unit), Want: fmt.Sprintf("%d to %d%s", low, high, unit)})
		}
	}
	bound("MaximumEventAgeInSeconds", " s", in.Target.RetryPolicy.MaximumEventAgeInSeconds, 60, 86400)
	bound("MaximumRetryAttempts", "", in.Target.RetryPolicy.MaximumRetryAttempts, 0, 185)
}

// bounds of what a schedule may say of its tasks. ECS looks at the rest when they run.
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_EcsParameters.html
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_PlacementConstraint.html
const (
	maxTasks       = 10
	maxShares      = 6
	maxConstraints = 10
	maxStrategies  = 5
	maxExpression  = 2000
)

func ecsParameters(r *rules.Report, in *awsscheduler.CreateScheduleInput) {
	if in.Target == nil {
		return
	}
	onECS := strings.Contains(aws.ToString(in.Target.Arn), ":ecs:") && strings.Contains(*in.Target.Arn, ":cluster/")
	p := in.Target.EcsParameters
	switch {
	case p == nil && onECS:
		r.Add(rules.Problem{Path: "Target.EcsParameters", Got: "none", Want: "the task to run, for the target is a cluster",
			Text: "EcsParameters must be specified for ECS targets."})
	case p == nil:
	case p.TaskCount != nil && (*p.TaskCount < 1 || *p.TaskCount > maxTasks):
		r.Add(rules.Problem{Path: "Target.EcsParameters.TaskCount", Got: strconv.Itoa(int(*p.TaskCount)), Want: "1 to 10"})
	case p.LaunchType == schedulertypes.LaunchTypeFargate && p.NetworkConfiguration == nil:
		r.Add(rules.Problem{Path: "Target.EcsParameters.NetworkConfiguration", Got: "none", Want: "subnets, for tasks on Fargate"})
	}
}

// placement bounds the lists that say where the tasks run.
func placement(r *rules.Report, in *awsscheduler.CreateScheduleInput) {
	if in.Target == nil || in.Target.EcsParameters == nil {
		return
	}
	const parameters = "Target.EcsParameters."
	p := in.Target.EcsParameters
	bound := func(member string, n, most int) {
		if n > most {
			r.Add(rules.Problem{Path: parameters + member, Got: strconv.Itoa(n), Want: fmt.Sprintf("at most %d", most)})
		}
	}
	bound("CapacityProviderStrategy", len(p.CapacityProviderStrategy), maxShares)
	bound("PlacementConstraints", len(p.PlacementConstraints), maxConstraints)
	bound("PlacementStrategy", len(p.PlacementStrategy), maxStrategies)
	for i, c := range p.PlacementConstraints {
		if n := len(aws.ToString(c.Expression)); n > maxExpression {
			path := rules.Elem(parameters+"PlacementConstraints", nil, i) + ".Expression"
			r.Add(rules.Problem{Path: path, Got: strconv.Itoa(n) + " characters", Want: "at most 2000"})
		}
	}
}
