// SPDX-License-Identifier: Apache-2.0

// Package cron reads the schedule expressions of AWS, cron(...), rate(...) and at(...),
// and tells when they are due.
//
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
package cron

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Schedule is an expression in a time zone.
type Schedule struct {
	cron  *fields
	every time.Duration
	at    time.Time
	zone  *time.Location
}

// Parse reads an expression that is evaluated in a time zone.
func Parse(expression string, zone *time.Location) (*Schedule, error) {
	kind, rest, ok := strings.Cut(expression, "(")
	inner, closed := strings.CutSuffix(rest, ")")
	if !ok || !closed {
		return nil, fmt.Errorf("%q is none of cron(...), rate(...) and at(...)", expression)
	}
	s := &Schedule{zone: zone}
	var err error
	switch kind {
	case "cron":
		s.cron, err = parseFields(inner)
	case "rate":
		s.every, err = parseRate(inner)
	case "at":
		s.at, err = time.ParseInLocation("2006-01-02T15:04:05", inner, zone)
	default:
		err = fmt.Errorf("%q is none of cron, rate and at", kind)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", expression, err)
	}
	return s, nil
}

func parseRate(text string) (time.Duration, error) {
	value, unit, _ := strings.Cut(text, " ")
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is not a positive whole number", value)
	}
	const day = 24 * time.Hour
	units := map[string]time.Duration{"minute": time.Minute, "minutes": time.Minute, "hour": time.Hour, "hours": time.Hour, "day": day, "days": day}
	d, ok := units[unit]
	if !ok {
		return 0, fmt.Errorf("%q is none of minutes, hours and days", unit)
	}
	return time.Duration(n) * d, nil
}

// Once reports whether the schedule is due but once.
func (s *Schedule) Once() bool { return !s.at.IsZero() }

// Next returns when the schedule is due for the first time after a moment, in UTC; the
// zero time if never. A rate counts from start, when it is due for the first time.
//
// Hours that a change to summer time skips are left out, and those that a change back
// repeats count once. A rate counts hours as they pass.
func (s *Schedule) Next(after, start time.Time) time.Time {
	switch {
	case s.cron != nil:
		return s.cron.next(after.In(s.zone)).UTC()
	case s.every > 0:
		if after.Before(start) {
			return start.UTC()
		}
		return after.Add(s.every - after.Sub(start)%s.every).UTC()
	case s.at.After(after):
		return s.at.UTC()
	default:
		return time.Time{}
	}
}
