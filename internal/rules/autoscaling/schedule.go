// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"

	model "github.com/slipway-go/slipway/internal/model/autoscaling"
	"github.com/slipway-go/slipway/internal/rules"
)

// PutScheduledAction holds the rules of scheduled actions.
var PutScheduledAction = rules.Of[awsaas.PutScheduledActionInput]{
	{Meta: rules.Meta{
		ID: "aas-schedule-target", Code: "ObjectNotFoundException", Doc: api + "API_PutScheduledAction.html",
	}, Check: func(r *rules.Report, in *awsaas.PutScheduledActionInput) {
		checkTarget(r, in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	}},
	{Meta: rules.Meta{
		ID: "aas-schedule-action", Code: validation, Text: "ScalableTargetAction must be set",
		Doc: preflight + "pf-appautoscaling-scalable-target-action-required",
	}, Check: func(r *rules.Report, in *awsaas.PutScheduledActionInput) {
		if in.ScalableTargetAction == nil && isNew(r, in) {
			r.Add(rules.Problem{Path: "ScalableTargetAction", Got: "none", Want: "new bounds"})
		}
	}},
	{Meta: rules.Meta{
		ID: "aas-schedule-action-empty", Code: validation,
		Text: "At least one of minimum capacity and maximum capacity should be provided",
		Doc:  preflight + "pf-appautoscaling-scalable-target-action-empty",
	}, Check: func(r *rules.Report, in *awsaas.PutScheduledActionInput) {
		if a := in.ScalableTargetAction; a != nil && a.MinCapacity == nil && a.MaxCapacity == nil {
			r.Add(rules.Problem{Path: "ScalableTargetAction", Got: "neither", Want: "MinCapacity, MaxCapacity or both"})
		}
	}},
	{Meta: rules.Meta{
		ID: "aas-schedule-required", Code: validation, Text: "Schedule must be set", Doc: api + "API_PutScheduledAction.html",
	}, Check: func(r *rules.Report, in *awsaas.PutScheduledActionInput) {
		if in.Schedule == nil && isNew(r, in) {
			r.Add(rules.Problem{Path: "Schedule", Got: "none", Want: scheduleForm})
		}
	}},
	{Meta: rules.Meta{
		ID: "aas-schedule-syntax", Code: validation, Doc: api + "API_PutScheduledAction.html",
	}, Check: checkSchedule},
	{Meta: rules.Meta{
		ID: "aas-schedule-times", Code: validation, Text: "StartTime must be before EndTime",
		Doc: preflight + "pf-appautoscaling-scheduled-action-start-end-order",
	}, Check: func(r *rules.Report, in *awsaas.PutScheduledActionInput) {
		if in.StartTime != nil && in.EndTime != nil && in.StartTime.After(*in.EndTime) {
			r.Add(rules.Problem{Path: "StartTime", Got: in.StartTime.Format(time.RFC3339), Want: "before EndTime"})
		}
	}},
	{Meta: rules.Meta{
		// The names known here are those of the machine's own database.
		ID: "aas-schedule-timezone", Warn: true, Doc: api + "API_PutScheduledAction.html",
	}, Check: func(r *rules.Report, in *awsaas.PutScheduledActionInput) {
		zone := aws.ToString(in.Timezone)
		if _, err := time.LoadLocation(zone); in.Timezone != nil && (err != nil || zone == "" || zone == "Local") {
			r.Add(rules.Problem{
				Path: "Timezone", Got: strconv.Quote(zone), Want: "a name of the IANA time zone database, such as Europe/Berlin",
			})
		}
	}},
}

// ScheduleRef names a scheduled action for [rules.Refs], which then answers for a
// [model.KindScaling]: the reference of its target and its name.
func ScheduleRef(in *awsaas.PutScheduledActionInput) string {
	return TargetRef(in.ServiceNamespace, in.ResourceId, in.ScalableDimension) + "|" + aws.ToString(in.ScheduledActionName)
}

// isNew reports whether the action is not there to be changed yet. Where that is
// not known, it is new.
func isNew(r *rules.Report, in *awsaas.PutScheduledActionInput) bool {
	_, found, known := r.Get(model.KindScaling, ScheduleRef(in))
	return !known || !found
}

const scheduleForm = "at(yyyy-mm-ddThh:mm:ss), rate(N minutes|hours|days) or cron(minutes hours day month weekday year)"

var (
	scheduleAt   = regexp.MustCompile(`^at\((.*)\)$`)
	scheduleRate = regexp.MustCompile(`^rate\((\d+) (minutes?|hours?|days?)\)$`)
	scheduleCron = regexp.MustCompile(`^cron\((.*)\)$`)
)

func checkSchedule(r *rules.Report, in *awsaas.PutScheduledActionInput) {
	if in.Schedule == nil {
		return
	}
	if text := scheduleProblem(*in.Schedule); text != "" {
		r.Add(rules.Problem{Path: "Schedule", Got: *in.Schedule, Want: scheduleForm, Text: text})
	}
}

// scheduleProblem is AWS's answer to a schedule, or "".
func scheduleProblem(s string) string {
	if m := scheduleAt.FindStringSubmatch(s); m != nil {
		if _, err := time.Parse("2006-01-02T15:04:05", m[1]); err == nil {
			return ""
		}
	}
	if m := scheduleRate.FindStringSubmatch(s); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil && n > 0 {
			return ""
		}
		const never = "1970-01-01T00:00:00.000Z"
		return "Invalid schedule frequency. Run for '" + never + "' and '" + never + "' are less than 60 seconds apart"
	}
	if m := scheduleCron.FindStringSubmatch(s); m != nil {
		return cronProblem(strings.Fields(m[1]))
	}
	return "Schedule expression must be in the form of " + scheduleForm
}

// The fields of a cron expression are minutes, hours, the day within a month, the
// month, the day within a week, and the year. Some writers put seconds first,
// which AWS tolerates.
const (
	cronFields = 6
	cronDay    = 2
	cronWeek   = 4
)

func cronProblem(fields []string) string {
	if len(fields) == cronFields+1 {
		fields = fields[1:]
	}
	const invalid = "Invalid schedule expression. Details: Invalid CRON expression: "
	if len(fields) != cronFields {
		return invalid + "wrong number of fields"
	}
	if (fields[cronDay] == "?") == (fields[cronWeek] == "?") {
		return invalid + "error at position 1, details: '?' can only be specified for Day-of-Month or Day-of-Week."
	}
	return ""
}
