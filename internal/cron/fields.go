// SPDX-License-Identifier: Apache-2.0

package cron

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// fields are the six of a cron expression.
type fields struct {
	minutes, hours, months, years set
	// day reports whether a day is meant, by its place in the month or the week.
	day func(date time.Time) bool
}

// set of small numbers.
type set map[int]bool

// bounds of a field, with the names that stand for its numbers, from the lowest.
type bounds struct {
	name      string
	low, high int
	names     []string
}

var (
	minutes  = bounds{name: "minutes", high: 59}
	hours    = bounds{name: "hours", high: 23}
	monthDay = bounds{name: "day of month", low: 1, high: 31}
	months   = bounds{"month", 1, 12, []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}}
	weekDay  = bounds{"day of week", 1, 7, []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}}
	years    = bounds{name: "year", low: 1970, high: 2199}
)

// any day, as one of the two fields of days has to say.
const anyDay = "?"

func parseFields(text string) (*fields, error) {
	part := strings.Fields(text)
	const all = 6
	if len(part) != all {
		return nil, fmt.Errorf("it has %d fields; it takes six: minutes hours day-of-month month day-of-week year", len(part))
	}
	f := &fields{}
	var errs [5]error
	f.minutes, errs[0] = minutes.parse(part[0])
	f.hours, errs[1] = hours.parse(part[1])
	f.months, errs[2] = months.parse(part[3])
	f.years, errs[3] = years.parse(part[5])
	f.day, errs[4] = parseDays(part[2], part[4])
	return f, errors.Join(errs[:]...)
}

// parse reads a list of numbers, ranges and steps.
func (b bounds) parse(text string) (set, error) {
	numbers := set{}
	for item := range strings.SplitSeq(text, ",") {
		span, step, stepped := strings.Cut(item, "/")
		low, high, err := b.span(span)
		by := 1
		if err == nil && stepped {
			if by, err = strconv.Atoi(step); err != nil || by < 1 {
				return nil, fmt.Errorf("%s: %q is no step", b.name, step)
			}
			if low == high { // from there on
				high = b.high
			}
		}
		if err != nil {
			return nil, err
		}
		for n := low; n <= high; n += by {
			numbers[n] = true
		}
	}
	return numbers, nil
}

func (b bounds) span(text string) (low, high int, err error) {
	if text == "*" {
		return b.low, b.high, nil
	}
	from, to, isRange := strings.Cut(text, "-")
	if low, err = b.number(from); err != nil {
		return 0, 0, err
	}
	high = low
	if isRange {
		high, err = b.number(to)
	}
	if err == nil && high < low {
		err = fmt.Errorf("%s: %q ends before it begins", b.name, text)
	}
	return low, high, err
}

func (b bounds) number(text string) (int, error) {
	for i, name := range b.names {
		if strings.EqualFold(text, name) {
			return b.low + i, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < b.low || n > b.high {
		return 0, fmt.Errorf("%s: %q is not between %d and %d", b.name, text, b.low, b.high)
	}
	return n, nil
}

// parseDays reads the two fields of days, one of which has to be "?".
func parseDays(ofMonth, ofWeek string) (func(time.Time) bool, error) {
	switch {
	case (ofMonth == anyDay) == (ofWeek == anyDay):
		return nil, fmt.Errorf("day of month is %q and day of week %q; one of them, and not both, has to be ?", ofMonth, ofWeek)
	case ofWeek == anyDay:
		return parseMonthDay(ofMonth)
	default:
		return parseWeekDay(ofWeek)
	}
}

func parseMonthDay(text string) (func(time.Time) bool, error) {
	if text == "L" {
		return func(d time.Time) bool { return d.Day() == lastDay(d) }, nil
	}
	if near, ok := strings.CutSuffix(text, "W"); ok {
		n, err := monthDay.number(near)
		return func(d time.Time) bool { return d.Day() == nearestWeekday(d, n) }, err
	}
	days, err := monthDay.parse(text)
	return func(d time.Time) bool { return days[d.Day()] }, err
}

func lastDay(d time.Time) int { return time.Date(d.Year(), d.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day() }

// nearestWeekday is the day from Monday to Friday nearest to day n in the month of d.
func nearestWeekday(d time.Time, n int) int {
	last := lastDay(d)
	n = min(n, last)
	switch time.Date(d.Year(), d.Month(), n, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if n == 1 {
			return n + 2
		}
		return n - 1
	case time.Sunday:
		if n == last {
			return n - 2
		}
		return n + 1
	default:
		return n
	}
}

const week = 7

func parseWeekDay(text string) (func(time.Time) bool, error) {
	if day, nth, ok := strings.Cut(text, "#"); ok {
		n, err := weekDay.number(day)
		k, kErr := bounds{name: "week of month", low: 1, high: 5}.number(nth)
		return func(d time.Time) bool { return weekdayOf(d) == n && (d.Day()-1)/week+1 == k }, errors.Join(err, kErr)
	}
	if day, ok := strings.CutSuffix(text, "L"); ok {
		if day == "" {
			return func(d time.Time) bool { return d.Weekday() == time.Saturday }, nil
		}
		n, err := weekDay.number(day)
		return func(d time.Time) bool { return weekdayOf(d) == n && d.Day() > lastDay(d)-week }, err
	}
	days, err := weekDay.parse(text)
	return func(d time.Time) bool { return days[weekdayOf(d)] }, err
}

// weekdayOf counts from Sunday, which is 1.
func weekdayOf(d time.Time) int { return int(d.Weekday()) + 1 }

// next is the first moment after the given one; zero if there is none.
func (f *fields) next(after time.Time) time.Time {
	zone := after.Location()
	year, month, day := after.Date()
	for date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC); date.Year() <= years.high; date = date.AddDate(0, 0, 1) {
		switch {
		case !f.years[date.Year()]:
			date = time.Date(date.Year(), time.December, 31, 0, 0, 0, 0, time.UTC)
			continue
		case !f.months[int(date.Month())]:
			date = time.Date(date.Year(), date.Month(), lastDay(date), 0, 0, 0, 0, time.UTC)
			continue
		case !f.day(date):
			continue
		}
		if t := f.within(date, zone, after); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// within is the first moment of a day after the given one.
func (f *fields) within(date time.Time, zone *time.Location, after time.Time) time.Time {
	for hour := hours.low; hour <= hours.high; hour++ {
		if !f.hours[hour] {
			continue
		}
		for minute := minutes.low; minute <= minutes.high; minute++ {
			if !f.minutes[minute] {
				continue
			}
			t := first(time.Date(date.Year(), date.Month(), date.Day(), hour, minute, 0, 0, zone))
			if t.Hour() == hour && t.Minute() == minute && t.After(after) { // and it is not skipped
				return t
			}
		}
	}
	return time.Time{}
}

// first is the earlier moment at which clocks show the same, where they are set back.
func first(t time.Time) time.Time {
	for _, back := range []time.Duration{time.Hour, time.Hour / 2} {
		if earlier := t.Add(-back); earlier.Hour() == t.Hour() && earlier.Minute() == t.Minute() {
			return earlier
		}
	}
	return t
}
