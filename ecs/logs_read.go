// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/slipway-go/slipway/internal/awserr"
)

// late is how long after others of its time an event may be seen by CloudWatch.
const late = 30 * time.Second

// read yields what is new in all groups, in the order of time, and no more of it at once
// than a page of each group has. With an error it yields what could be read. left is
// true once yield wants no more.
func (r *logReader) read(ctx context.Context, yield func(LogLine) bool) (left bool, err error) {
	var errs []error
	var heads []*logHead
	advance := func(h *logHead) (more bool) {
		var failure error
		if h.line, failure, more = h.next(); failure != nil {
			errs = append(errs, failure)
		}
		return more && failure == nil
	}
	var stops []func()
	defer func() {
		for _, stop := range stops {
			stop()
		}
	}()
	for group := range r.streams {
		next, stop := iter.Pull2(r.readGroup(ctx, group))
		stops = append(stops, stop)
		if h := (&logHead{next: next}); advance(h) {
			heads = append(heads, h)
		}
	}
	for len(heads) > 0 {
		first := slices.MinFunc(heads, func(a, b *logHead) int { return a.line.compare(b.line) })
		if !yield(first.line) {
			return true, nil
		}
		if !advance(first) {
			heads = slices.DeleteFunc(heads, func(h *logHead) bool { return h == first })
		}
	}
	return false, errors.Join(errs...)
}

// logHead is the next line of a group, and what gets the one after it.
type logHead struct {
	line LogLine
	next func() (LogLine, error, bool)
}

// compare orders lines by time.
func (l LogLine) compare(other LogLine) int {
	return cmp.Or(l.Time.Compare(other.Time), strings.Compare(l.Task, other.Task), strings.Compare(l.Container, other.Container))
}

// client is of the region where the group is.
func (r *logReader) client(of logGroup) *awslogs.Client {
	return awslogs.NewFromConfig(r.call.Config, func(o *awslogs.Options) { o.Region = cmp.Or(of.region, o.Region) })
}

// readGroup yields what is new in a group, page by page: CloudWatch has it in the order
// of time. It ends with the first error.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
func (r *logReader) readGroup(ctx context.Context, group logGroup) iter.Seq2[LogLine, error] {
	return func(yield func(LogLine, error) bool) {
		from := max(r.since.UnixMilli(), r.last[group]-late.Milliseconds(), 0)
		in := &awslogs.FilterLogEventsInput{LogGroupName: &group.name, StartTime: &from, LogStreamNamePrefix: set(commonPrefix(r.streams[group]))}
		for pages := awslogs.NewFilterLogEventsPaginator(r.client(group), in); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if awserr.Is(err, "ResourceNotFoundException") {
				return // nothing was written yet
			}
			if err != nil { // the pages that are left are read next time
				yield(LogLine{}, awserr.Wrap(err, "read log group "+group.name))
				return
			}
			for _, l := range r.news(group, page.Events) {
				if !yield(l, nil) {
					return
				}
			}
		}
	}
}

// news are the lines of a page that were not told yet, in the order of time.
func (r *logReader) news(group logGroup, events []logstypes.FilteredLogEvent) []LogLine {
	var lines []LogLine
	for i := range events {
		if l, ours := r.line(group, &events[i]); ours {
			lines = append(lines, l)
			r.last[group] = max(r.last[group], l.Time.UnixMilli())
		}
	}
	r.forget(group)
	slices.SortStableFunc(lines, LogLine.compare)
	return lines
}

// line is what an event says; false if it was told already, or is of another task.
func (r *logReader) line(group logGroup, e *logstypes.FilteredLogEvent) (LogLine, bool) {
	of, ours := r.streams[group][aws.ToString(e.LogStreamName)]
	at, id := aws.ToInt64(e.Timestamp), aws.ToString(e.EventId)
	if _, told := r.seen[group][id]; told || !ours {
		return LogLine{}, false
	}
	r.seen[group][id] = at
	return LogLine{time.UnixMilli(at).UTC(), of.task, of.container, strings.TrimRight(aws.ToString(e.Message), "\r\n")}, true
}

// forget drops the events that are not read again.
func (r *logReader) forget(group logGroup) {
	oldest := r.last[group] - late.Milliseconds()
	maps.DeleteFunc(r.seen[group], func(_ string, at int64) bool { return at < oldest })
}

// commonPrefix is what the names of all streams begin with.
func commonPrefix(streams map[string]source) string {
	prefix, first := "", true
	for name := range streams {
		if first {
			prefix, first = name, false
		}
		for !strings.HasPrefix(name, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return prefix
}
