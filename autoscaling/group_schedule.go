// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/slipway-go/slipway"
)

// GroupSchedule sets the size of a group at certain times. It is a value: each With
// returns a copy.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScheduledUpdateGroupAction.html
type GroupSchedule struct {
	name, cron, zone     string
	start, end           time.Time
	least, most, desired *int
}

// GroupCron returns a schedule by an expression of Unix's cron, "minute hour
// day-of-month month day-of-week", such as "0 8 * * 1-5", in UTC. The name is unique in
// the group.
func GroupCron(name, expression string) GroupSchedule {
	return GroupSchedule{name: name, cron: expression}
}

// GroupAt returns a schedule for one time. Once it has come, AWS forgets the schedule,
// and a plan would make it again: take it out of the declaration.
func GroupAt(name string, at time.Time) GroupSchedule { return GroupSchedule{name: name, start: at} }

// WithTimeZone evaluates the expression in a time zone of the IANA database, such as
// "Europe/Berlin".
func (s GroupSchedule) WithTimeZone(name string) GroupSchedule {
	s.zone = name
	return s
}

// WithPeriod has the schedule begin and end at certain times; either may be zero.
func (s GroupSchedule) WithPeriod(start, end time.Time) GroupSchedule {
	s.start, s.end = start, end
	return s
}

// WithSize sets the bounds from then on.
func (s GroupSchedule) WithSize(least, most int) GroupSchedule {
	s.least, s.most = &least, &most
	return s
}

// WithDesired sets the number of instances.
func (s GroupSchedule) WithDesired(n int) GroupSchedule {
	s.desired = &n
	return s
}

func (s GroupSchedule) put(group string) (awsasg.PutScheduledUpdateGroupActionInput, []slipway.FieldError) {
	var found []slipway.FieldError
	in := awsasg.PutScheduledUpdateGroupActionInput{
		AutoScalingGroupName: aws.String(group), ScheduledActionName: aws.String(s.name),
		Recurrence: textOrNil(s.cron), TimeZone: textOrNil(s.zone), StartTime: timeOrNil(s.start), EndTime: timeOrNil(s.end),
	}
	for _, n := range []struct {
		name string
		from *int
		to   **int32
	}{{"MinSize", s.least, &in.MinSize}, {"MaxSize", s.most, &in.MaxSize}, {"DesiredCapacity", s.desired, &in.DesiredCapacity}} {
		if n.from != nil {
			*n.to = quantity(n.name, *n.from, &found)
		}
	}
	return in, found
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	utc := t.UTC()
	return &utc
}
