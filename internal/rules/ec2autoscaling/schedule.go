// SPDX-License-Identifier: Apache-2.0

package ec2autoscaling

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/slipway-go/slipway/internal/rules"
)

const scheduleDoc = api + "API_PutScheduledUpdateGroupAction.html"

// PutScheduledUpdateGroupAction has the rules of scheduled actions.
var PutScheduledUpdateGroupAction = rules.Of[awsasg.PutScheduledUpdateGroupActionInput]{
	{
		Meta: rules.Meta{ID: "asg-schedule-name", Code: validation, Doc: scheduleDoc},
		Check: func(r *rules.Report, in *awsasg.PutScheduledUpdateGroupActionInput) {
			if n := len(aws.ToString(in.ScheduledActionName)); n < 1 || n > 255 {
				r.Add(rules.Problem{Path: "ScheduledActionName", Got: fmt.Sprintf("%d characters", n), Want: "1 to 255 characters",
					Text: constraint(aws.ToString(in.ScheduledActionName), "scheduledActionName", "Member must have length between 1 and 255")})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "asg-schedule-numbers", Code: validation, Doc: scheduleDoc,
			Text: "At least one of the following attributes must be specified: MinSize, MaxSize, DesiredCapacity"},
		Check: func(r *rules.Report, in *awsasg.PutScheduledUpdateGroupActionInput) {
			if in.MinSize == nil && in.MaxSize == nil && in.DesiredCapacity == nil {
				r.Add(rules.Problem{Path: "DesiredCapacity", Got: "no number", Want: "MinSize, MaxSize or DesiredCapacity"})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "asg-schedule-bounds", Code: validation, Doc: scheduleDoc},
		Check: func(r *rules.Report, in *awsasg.PutScheduledUpdateGroupActionInput) {
			s := settings{min: in.MinSize, max: in.MaxSize, desired: in.DesiredCapacity}
			checkBounds(r, s)
			checkDesired(r, s)
		},
	},
	{
		Meta: rules.Meta{ID: "asg-schedule-when", Code: validation, Doc: scheduleDoc, Text: "Either a recurrence or a start time must be specified."},
		Check: func(r *rules.Report, in *awsasg.PutScheduledUpdateGroupActionInput) {
			if in.Recurrence == nil && in.StartTime == nil && in.Time == nil {
				r.Add(rules.Problem{Path: "Recurrence", Got: "no time", Want: "Recurrence or StartTime"})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "asg-schedule-recurrence", Code: validation, Doc: scheduleDoc},
		Check: func(r *rules.Report, in *awsasg.PutScheduledUpdateGroupActionInput) {
			if in.Recurrence == nil {
				return
			}
			if _, err := ParseRecurrence(*in.Recurrence, time.UTC); err != nil {
				r.Add(rules.Problem{Path: "Recurrence", Got: fmt.Sprintf("%q", *in.Recurrence), Want: "minute, hour, day of the month, month and day of the week",
					Text: "Given recurrence string:" + *in.Recurrence + " is invalid"})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "asg-schedule-zone", Code: validation, Doc: scheduleDoc},
		Check: func(r *rules.Report, in *awsasg.PutScheduledUpdateGroupActionInput) {
			if _, err := Zone(in.TimeZone); err != nil {
				r.Add(rules.Problem{Path: "TimeZone", Got: fmt.Sprintf("%q", *in.TimeZone), Want: "a name of the IANA time zone database, such as Europe/Berlin",
					Text: fmt.Sprintf("The time zone %s is not valid.", *in.TimeZone)})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "asg-schedule-order", Code: validation, Doc: scheduleDoc, Text: "Start time must be before end time"},
		Check: func(r *rules.Report, in *awsasg.PutScheduledUpdateGroupActionInput) {
			if in.StartTime != nil && in.EndTime != nil && !in.StartTime.Before(*in.EndTime) {
				r.Add(rules.Problem{Path: "StartTime", Got: in.StartTime.Format(time.RFC3339), Want: "before EndTime (" + in.EndTime.Format(time.RFC3339) + ")"})
			}
		},
	},
}

// Zone returns the time zone of a scheduled action, which is UTC unless it says another.
func Zone(name *string) (*time.Location, error) {
	if name == nil {
		return time.UTC, nil
	}
	if *name == "" || *name == "Local" {
		return nil, fmt.Errorf("%q is not a time zone", *name)
	}
	return time.LoadLocation(*name)
}
