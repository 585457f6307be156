// SPDX-License-Identifier: Apache-2.0

package ec2autoscaling

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slipway-go/slipway/internal/cron"
)

// Recurrence is when a scheduled action acts again and again.
type Recurrence struct {
	// schedules of which each one counts: a crontab that restricts both the day of the
	// month and that of the week means either.
	schedules []*cron.Schedule
}

// The fields of a crontab.
const (
	cronMonthDay = 2
	cronMonth    = 3
	cronWeekDay  = 4
	cronFields   = 5
)

// ParseRecurrence reads a crontab of five fields: minute, hour, day (of the month), month and
// day of the week, where 0 and 7 are Sunday.
//
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html
func ParseRecurrence(text string, zone *time.Location) (*Recurrence, error) {
	f := strings.Fields(text)
	if len(f) != cronFields {
		return nil, fmt.Errorf("%q has %d fields, not 5", text, len(f))
	}
	week, err := weekDays(f[cronWeekDay])
	if err != nil {
		return nil, err
	}
	days := [][2]string{{f[cronMonthDay], "?"}}
	switch {
	case week == "*":
	case f[cronMonthDay] == "*":
		days = [][2]string{{"?", week}}
	default:
		days = append(days, [2]string{"?", week})
	}
	r := &Recurrence{}
	for _, d := range days {
		s, err := cron.Parse(fmt.Sprintf("cron(%s %s %s %s %s *)", f[0], f[1], d[0], f[cronMonth], d[1]), zone)
		if err != nil {
			return nil, err
		}
		r.schedules = append(r.schedules, s)
	}
	return r, nil
}

// Next returns the first time after another; zero if there is none.
func (r *Recurrence) Next(after time.Time) time.Time {
	var next time.Time
	for _, s := range r.schedules {
		if t := s.Next(after, after); !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	return next
}

// weekDays turns days of the week from 0 for Sunday to those from 1. Names stay.
func weekDays(text string) (string, error) {
	if text == "*" || text == "?" {
		return "*", nil
	}
	var out []string
	for part := range strings.SplitSeq(text, ",") {
		days, err := weekDay(part)
		if err != nil {
			return "", err
		}
		out = append(out, days...)
	}
	return strings.Join(out, ","), nil
}

// weekDay reads one day, a range or steps through either.
func weekDay(text string) ([]string, error) {
	span, step, stepped := strings.Cut(text, "/")
	by := 1
	if stepped {
		n, err := strconv.Atoi(step)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("step %q is not a number above 0", step)
		}
		by = n
	}
	low, high, ranged := strings.Cut(span, "-")
	if span == "*" {
		low, high = "0", "6"
	} else if !ranged {
		high = low
		if stepped {
			high = "6"
		}
	}
	from, err := dayOf(low)
	if err != nil {
		return nil, err
	}
	to, err := dayOf(high)
	if err != nil {
		return nil, err
	}
	if to < from {
		return nil, fmt.Errorf("range %q runs backwards", span)
	}
	var out []string
	for d := from; d <= to; d += by {
		out = append(out, strconv.Itoa(d%7+1))
	}
	return out, nil
}

var dayNames = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}

func dayOf(text string) (int, error) {
	if i := slices.Index(dayNames, strings.ToUpper(text)); i >= 0 {
		return i, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 7 {
		return 0, fmt.Errorf("%q is not a day of the week: 0 to 7 or a name", text)
	}
	return n, nil
}
