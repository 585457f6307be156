// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) filterEvents(c *sim.Call, in *awslogs.FilterLogEventsInput) (*awslogs.FilterLogEventsOutput, error) {
	limit, err := limitOf(in.Limit)
	if err != nil {
		return nil, err
	}
	if in.LogStreamNamePrefix != nil && in.LogStreamNames != nil {
		return nil, invalidf("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.")
	}
	g, err := f.groupOf(c, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	matches, err := parsePattern(aws.ToString(in.FilterPattern))
	if err != nil {
		return nil, err
	}
	streams, err := g.chosen(in)
	if err != nil {
		return nil, err
	}
	page, next, err := sim.Page(g.search(c, in, streams, matches), in.NextToken, limit)
	if err != nil {
		return nil, invalidf("The specified nextToken is invalid.")
	}
	return &awslogs.FilterLogEventsOutput{Events: page, NextToken: next}, nil
}

// chosen returns the streams that the input names.
func (g *group) chosen(in *awslogs.FilterLogEventsInput) ([]*stream, error) {
	var chosen []*stream
	for _, name := range in.LogStreamNames {
		s, err := g.stream(&name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, s)
	}
	if in.LogStreamNames != nil {
		return chosen, nil
	}
	for name, s := range g.streams {
		if strings.HasPrefix(name, aws.ToString(in.LogStreamNamePrefix)) {
			chosen = append(chosen, s)
		}
	}
	return chosen, nil
}

// search returns the events of the streams, interleaved by time.
func (g *group) search(
	c *sim.Call, in *awslogs.FilterLogEventsInput, streams []*stream, matches func(string) bool,
) []logstypes.FilteredLogEvent {
	type found struct {
		event
		stream *stream
	}
	var all []found
	for _, s := range streams {
		for _, e := range g.between(s, c.Now(), in.StartTime, in.EndTime) {
			if matches(e.message) {
				all = append(all, found{e, s})
			}
		}
	}
	slices.SortFunc(all, func(a, b found) int { return a.compare(b.event) })
	if in.StartFromHead != nil && !*in.StartFromHead {
		slices.Reverse(all)
	}
	out := make([]logstypes.FilteredLogEvent, 0, len(all))
	for _, e := range all {
		out = append(out, logstypes.FilteredLogEvent{
			EventId: aws.String(fmt.Sprintf("%032d%024d", e.time, e.seq)), LogStreamName: &e.stream.name,
			Message: aws.String(e.message), Timestamp: aws.Int64(e.time), IngestionTime: aws.Int64(e.ingested),
		})
	}
	return out
}

// term is a part of a filter pattern: all plain terms must be in a message, one
// of the optional ones, and none of the excluded.
type term struct {
	text               string
	optional, excluded bool
}

// parsePattern reads a filter pattern for unstructured events: words and quoted
// phrases, with ? before alternatives and - before what must not be there.
// Patterns for JSON, for fields and by regular expression are refused.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
func parsePattern(pattern string) (func(message string) bool, error) {
	trimmed := strings.TrimSpace(pattern)
	if strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[") || strings.Contains(trimmed, "%") {
		return nil, sim.NotModelled("filter pattern %q: only terms are modelled", pattern)
	}
	var terms []term
	for rest := trimmed; rest != ""; rest = strings.TrimSpace(rest) {
		var t term
		switch rest[0] {
		case '?':
			t.optional, rest = true, rest[1:]
		case '-':
			t.excluded, rest = true, rest[1:]
		}
		text, after, ok := nextText(rest)
		if !ok {
			return nil, invalidf("Invalid filter pattern")
		}
		t.text, rest = text, after
		terms = append(terms, t)
	}
	return func(message string) bool { return matches(terms, message) }, nil
}

// nextText takes a word or a quoted phrase off s.
func nextText(s string) (text, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, " \t")
		if end < 0 {
			end = len(s)
		}
		return s[:end], s[end:], end > 0
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], true
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

func matches(terms []term, message string) bool {
	optional, hit := false, false
	for _, t := range terms {
		has := strings.Contains(message, t.text)
		switch {
		case t.excluded && has, !t.excluded && !t.optional && !has:
			return false
		case t.optional:
			optional, hit = true, hit || has
		}
	}
	return !optional || hit
}
