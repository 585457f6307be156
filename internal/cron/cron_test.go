// SPDX-License-Identifier: Apache-2.0

package cron_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/cron"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

// TestNext has the examples of AWS's page, and what is special about months and zones.
func TestNext(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		expression, zone, after string
		want                    []string
	}{
		{"cron(15 10 * * ? *)", "UTC", "2026-01-31T10:15:00Z", []string{"2026-02-01T10:15:00Z", "2026-02-02T10:15:00Z"}},
		{"cron(0 8 1 * ? *)", "UTC", "2026-01-31T10:15:00Z", []string{"2026-02-01T08:00:00Z", "2026-03-01T08:00:00Z"}},
		{"cron(0 18 ? * MON-FRI *)", "UTC", "2026-01-30T18:00:00Z", []string{"2026-02-02T18:00:00Z", "2026-02-03T18:00:00Z"}},
		{"cron(0/15 * * * ? *)", "UTC", "2026-01-31T23:40:00Z", []string{"2026-01-31T23:45:00Z", "2026-02-01T00:00:00Z"}},
		{"cron(0/30 20-2 ? * MON-FRI *)", "UTC", "2026-01-31T23:40:00Z", nil},
		{"cron(5,35 14 * * ? *)", "UTC", "2026-01-31T14:05:00Z", []string{"2026-01-31T14:35:00Z", "2026-02-01T14:05:00Z"}},
		{"cron(0 10 L * ? *)", "UTC", "2028-01-31T10:00:00Z", []string{"2028-02-29T10:00:00Z", "2028-03-31T10:00:00Z"}},
		{"cron(0 10 1W * ? *)", "UTC", "2026-07-02T00:00:00Z", []string{"2026-08-03T10:00:00Z", "2026-09-01T10:00:00Z"}},
		{"cron(0 10 31W * ? *)", "UTC", "2026-05-01T00:00:00Z", []string{"2026-05-29T10:00:00Z", "2026-06-30T10:00:00Z"}},
		{"cron(15 10 ? * 6L 2026-2027)", "UTC", "2026-01-01T00:00:00Z", []string{"2026-01-30T10:15:00Z", "2026-02-27T10:15:00Z"}},
		{"cron(0 10 ? * TUE#2 *)", "UTC", "2026-01-01T00:00:00Z", []string{"2026-01-13T10:00:00Z", "2026-02-10T10:00:00Z"}},
		{"cron(0 10 ? * L *)", "UTC", "2026-01-01T00:00:00Z", []string{"2026-01-03T10:00:00Z"}},
		{"cron(0 0 1 1 ? 2025)", "UTC", "2026-01-01T00:00:00Z", []string{""}},
		{"cron(0 0 29 feb ? *)", "UTC", "2026-01-01T00:00:00Z", []string{"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}},
		{"cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-28T12:00:00Z", []string{"2026-03-30T00:30:00Z"}},
		{"cron(30 2 * * ? *)", "Europe/Berlin", "2026-10-24T12:00:00Z", []string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
		{"cron(0 3 * * ? *)", "America/New_York", "2026-07-01T00:00:00Z", []string{"2026-07-01T07:00:00Z"}},
		{"rate(1 day)", "Europe/Berlin", "2026-03-28T12:00:00Z", []string{"2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z"}},
		{"rate(90 minutes)", "UTC", "2026-01-01T00:00:00Z", []string{"2026-01-01T01:30:00Z", "2026-01-01T03:00:00Z"}},
		{"rate(5 hours)", "UTC", "2025-12-31T23:00:00Z", []string{"2026-01-01T00:00:00Z", "2026-01-01T05:00:00Z"}},
		{"at(2026-06-01T12:00:00)", "America/New_York", "2026-01-01T00:00:00Z", []string{"2026-06-01T16:00:00Z", ""}},
	} {
		t.Run(row.expression, func(t *testing.T) {
			t.Parallel()
			s, err := cron.Parse(row.expression, zone(t, row.zone))
			if row.want == nil {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			now, err := time.Parse(time.RFC3339, row.after)
			require.NoError(t, err)
			start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			for _, want := range row.want {
				next := s.Next(now, start)
				if want == "" {
					require.True(t, next.IsZero(), next)
					break
				}
				require.Equal(t, want, next.Format(time.RFC3339))
				require.Equal(t, time.UTC, next.Location())
				now = next
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"":                        "none of cron",
		"every day":               "none of cron",
		"daily(1)":                `"daily" is none of`,
		"cron(0 3 * * ?)":         "it has 5 fields",
		"cron(0 3 * * * *)":       "has to be ?",
		"cron(0 3 ? * ? *)":       "has to be ?",
		"cron(60 3 * * ? *)":      `minutes: "60" is not between 0 and 59`,
		"cron(0 24 * * ? *)":      `hours: "24"`,
		"cron(0 3 32 * ? *)":      `day of month: "32"`,
		"cron(0 3 * 13 ? *)":      `month: "13"`,
		"cron(0 3 ? * 8 *)":       `day of week: "8"`,
		"cron(0 3 ? * MON#6 *)":   `week of month: "6"`,
		"cron(0 3 * * ? 2200)":    `year: "2200"`,
		"cron(0/0 3 * * ? *)":     `"0" is no step`,
		"cron(5-1 3 * * ? *)":     "ends before it begins",
		"cron(a 3 * * ? *)":       `minutes: "a"`,
		"rate(0 minutes)":         "not a positive whole number",
		"rate(5 mins)":            `"mins" is none of minutes, hours and days`,
		"rate(5)":                 "none of minutes",
		"at(2026-06-01)":          "cannot parse",
		"at(2026-06-01T12:00:00Z": "none of cron",
	} {
		_, err := cron.Parse(expression, time.UTC)
		require.ErrorContains(t, err, want, expression)
	}
}

func TestOnce(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]bool{"at(2026-06-01T12:00:00)": true, "rate(1 day)": false, "cron(0 3 * * ? *)": false} {
		s, err := cron.Parse(expression, time.UTC)
		require.NoError(t, err)
		require.Equal(t, want, s.Once())
	}
}

// FuzzNext: what is due is after the moment, and expressions never panic.
func FuzzNext(f *testing.F) {
	f.Add("cron(0 3 ? * MON#2 *)", int64(1_700_000_000))
	f.Add("rate(5 minutes)", int64(0))
	f.Fuzz(func(t *testing.T, expression string, seconds int64) {
		s, err := cron.Parse(expression, time.UTC)
		if err != nil || seconds < 0 || seconds > 4_000_000_000 {
			return
		}
		after := time.Unix(seconds, 0).UTC()
		if next := s.Next(after, after); !next.IsZero() && !next.After(after) {
			t.Fatalf("%s after %s is %s", expression, after, next)
		}
	})
}
