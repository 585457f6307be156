// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// The limits of one PutLogEvents.
//
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
const (
	maxEvents  = 10_000
	maxBytes   = 1_048_576
	overhead   = 26 // bytes counted for each event beside its message
	maxSpan    = 24 * time.Hour
	maxPast    = 14 * 24 * time.Hour
	maxFuture  = 2 * time.Hour
	maxResults = 10_000
)

// event is one line. Times are milliseconds since 1970. seq is its number in the
// group, by arrival.
type event struct {
	time, ingested int64
	seq            int64
	message        string
}

func (e event) compare(o event) int {
	return cmp.Or(cmp.Compare(e.time, o.time), cmp.Compare(e.seq, o.seq))
}

// append adds an event to a stream of the group. Streams keep their events sorted.
func (g *group) append(stream string, e event) {
	g.seq++
	e.seq = g.seq
	s := g.streams[stream]
	at, _ := slices.BinarySearchFunc(s.events, e, event.compare)
	s.events = slices.Insert(s.events, at, e)
}

func (f *Fake) eventOperations(s *sim.Service) {
	sim.Handle(s, "PutLogEvents", f.putEvents,
		onStream("PutLogEvents", func(in *awslogs.PutLogEventsInput) (group, stream *string) {
			return in.LogGroupName, in.LogStreamName
		}),
		sim.Refuses[awslogs.PutLogEventsInput]("Entity"))
	sim.Handle(s, "GetLogEvents", f.getEvents,
		onStream("GetLogEvents", func(in *awslogs.GetLogEventsInput) (group, stream *string) {
			return cmp.Or(in.LogGroupName, in.LogGroupIdentifier), in.LogStreamName
		}),
		sim.Refuses[awslogs.GetLogEventsInput]("Unmask"))
	sim.Handle(s, "FilterLogEvents", f.filterEvents,
		onGroup("FilterLogEvents", func(in *awslogs.FilterLogEventsInput) *string {
			return cmp.Or(in.LogGroupName, in.LogGroupIdentifier)
		}),
		sim.Refuses[awslogs.FilterLogEventsInput]("Unmask"))
}

// putEvents takes no notice of the sequence token, as AWS since 2023.
func (f *Fake) putEvents(c *sim.Call, in *awslogs.PutLogEventsInput) (*awslogs.PutLogEventsOutput, error) {
	if err := checkBatch(in.LogEvents); err != nil {
		return nil, err
	}
	g, err := f.group(c, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	s, err := g.stream(in.LogStreamName)
	if err != nil {
		return nil, err
	}
	kept, rejected := g.acceptable(c.Now(), in.LogEvents)
	for _, e := range kept {
		g.append(s.name, event{time: aws.ToInt64(e.Timestamp), ingested: c.Now().UnixMilli(), message: aws.ToString(e.Message)})
	}
	return &awslogs.PutLogEventsOutput{NextSequenceToken: aws.String(uploadToken), RejectedLogEventsInfo: rejected}, nil
}

// checkBatch refuses batches that are refused as a whole.
func checkBatch(batch []logstypes.InputLogEvent) error {
	if len(batch) == 0 || len(batch) > maxEvents {
		return invalidf(fmt.Sprintf("1 validation error detected: Value at 'logEvents' failed to satisfy constraint: "+
			"Member must have length between 1 and %d", maxEvents))
	}
	size, last := 0, int64(0)
	for _, e := range batch {
		if aws.ToString(e.Message) == "" {
			return invalidf("1 validation error detected: Value '' at 'logEvents.member.message' failed to satisfy constraint: " +
				"Member must have length greater than or equal to 1")
		}
		if aws.ToInt64(e.Timestamp) < last {
			return invalidf("Log events in a single PutLogEvents request must be in chronological order.")
		}
		last = aws.ToInt64(e.Timestamp)
		size += len(*e.Message) + overhead
	}
	if size > maxBytes {
		return invalidf(fmt.Sprintf("Upload too large: %d bytes exceeds limit of %d", size, maxBytes))
	}
	if last-aws.ToInt64(batch[0].Timestamp) > maxSpan.Milliseconds() {
		return invalidf("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
	}
	return nil
}

// acceptable sorts out events that are too old or too new, by their time.
func (g *group) acceptable(now time.Time, batch []logstypes.InputLogEvent) ([]logstypes.InputLogEvent, *logstypes.RejectedLogEventsInfo) {
	at := func(t time.Time) int {
		i, _ := slices.BinarySearchFunc(batch, t.UnixMilli(), func(e logstypes.InputLogEvent, ms int64) int {
			return cmp.Compare(aws.ToInt64(e.Timestamp), ms)
		})
		return i
	}
	var info logstypes.RejectedLogEventsInfo
	first, end := at(now.Add(-maxPast)), at(now.Add(maxFuture).Add(time.Millisecond))
	rejected := first > 0 || end < len(batch)
	if first > 0 {
		info.TooOldLogEventEndIndex = aws.Int32(int32(first))
	}
	if end < len(batch) {
		info.TooNewLogEventStartIndex = aws.Int32(int32(end))
	}
	if days := g.described.RetentionInDays; days != nil {
		if kept := at(now.AddDate(0, 0, -int(*days))); kept > first {
			first, rejected = kept, true
			info.ExpiredLogEventEndIndex = aws.Int32(int32(kept))
		}
	}
	if !rejected {
		return batch, nil
	}
	return batch[min(first, end):end], &info
}

// between returns the events that are not before start, not after end, and not
// past retention.
func (g *group) between(s *stream, now time.Time, start, end *int64) []event {
	var found []event
	for _, e := range s.events {
		if start != nil && e.time < *start || end != nil && e.time > *end {
			continue
		}
		if days := g.described.RetentionInDays; days != nil && e.time < now.AddDate(0, 0, -int(*days)).UnixMilli() {
			continue
		}
		found = append(found, e)
	}
	return found
}

// limitOf is how many events to return.
func limitOf(limit *int32) (int, error) {
	if limit == nil {
		return maxResults, nil
	}
	if *limit < 1 || *limit > maxResults {
		return 0, invalidf(fmt.Sprintf("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: "+
			"Member must have value between 1 and %d", *limit, maxResults))
	}
	return int(*limit), nil
}

func (f *Fake) getEvents(c *sim.Call, in *awslogs.GetLogEventsInput) (*awslogs.GetLogEventsOutput, error) {
	limit, err := limitOf(in.Limit)
	if err != nil {
		return nil, err
	}
	g, err := f.groupOf(c, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	s, err := g.stream(in.LogStreamName)
	if err != nil {
		return nil, err
	}
	all := g.between(s, c.Now(), in.StartTime, in.EndTime)
	from, page, err := cut(all, in.NextToken, aws.ToBool(in.StartFromHead), limit)
	if err != nil {
		return nil, err
	}
	first, last := from, from
	if len(page) > 0 {
		first, last = position{page[0].time, page[0].seq - 1}, position{page[len(page)-1].time, page[len(page)-1].seq}
	}
	out := &awslogs.GetLogEventsOutput{
		NextForwardToken: aws.String("f/" + last.String()), NextBackwardToken: aws.String("b/" + first.String()),
	}
	for _, e := range page {
		out.Events = append(out.Events, logstypes.OutputLogEvent{
			Message: aws.String(e.message), Timestamp: aws.Int64(e.time), IngestionTime: aws.Int64(e.ingested),
		})
	}
	return out, nil
}

// position is a place between two events: after the event that it names. A token
// at the end of a stream stays the same until there is more.
type position struct{ time, seq int64 }

func (p position) String() string { return fmt.Sprintf("%032d%024d", p.time, p.seq) }

// cut returns a page and the position from which it was read.
func cut(all []event, token *string, head bool, limit int) (from position, page []event, err error) {
	if token == nil {
		if head {
			return from, all[:min(limit, len(all))], nil
		}
		return from, all[max(0, len(all)-limit):], nil
	}
	backward := strings.HasPrefix(*token, "b/")
	const digits = 56
	if !backward && !strings.HasPrefix(*token, "f/") || len(*token) != len("f/")+digits {
		return from, nil, invalidf("The specified nextToken is invalid.")
	}
	if _, err := fmt.Sscanf((*token)[2:], "%32d%24d", &from.time, &from.seq); err != nil {
		return from, nil, invalidf("The specified nextToken is invalid.")
	}
	at, _ := slices.BinarySearchFunc(all, event{time: from.time, seq: from.seq + 1}, event.compare)
	if backward {
		return from, all[max(0, at-limit):at], nil
	}
	return from, all[at:min(at+limit, len(all))], nil
}
