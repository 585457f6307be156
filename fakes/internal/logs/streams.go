// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) streamOperations(s *sim.Service) {
	sim.Handle(s, "CreateLogStream", f.createStream,
		onStream("CreateLogStream", func(in *awslogs.CreateLogStreamInput) (group, stream *string) {
			return in.LogGroupName, in.LogStreamName
		}))
	sim.Handle(s, "DeleteLogStream", f.deleteStream,
		onStream("DeleteLogStream", func(in *awslogs.DeleteLogStreamInput) (group, stream *string) {
			return in.LogGroupName, in.LogStreamName
		}))
	sim.Handle(s, "DescribeLogStreams", f.describeStreams,
		onGroup("DescribeLogStreams", func(in *awslogs.DescribeLogStreamsInput) *string {
			return cmp.Or(in.LogGroupName, in.LogGroupIdentifier)
		}))
}

func (f *Fake) deleteStream(c *sim.Call, in *awslogs.DeleteLogStreamInput) (*awslogs.DeleteLogStreamOutput, error) {
	g, err := f.group(c, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	s, err := g.stream(in.LogStreamName)
	if err != nil {
		return nil, err
	}
	delete(g.streams, s.name)
	return &awslogs.DeleteLogStreamOutput{}, nil
}

func (f *Fake) describeStreams(c *sim.Call, in *awslogs.DescribeLogStreamsInput) (*awslogs.DescribeLogStreamsOutput, error) {
	byTime := in.OrderBy == logstypes.OrderByLastEventTime
	if byTime && in.LogStreamNamePrefix != nil {
		return nil, invalidf("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	g, err := f.groupOf(c, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	var all []logstypes.LogStream
	for name, s := range g.streams {
		if strings.HasPrefix(name, aws.ToString(in.LogStreamNamePrefix)) {
			all = append(all, s.describe())
		}
	}
	slices.SortFunc(all, func(a, b logstypes.LogStream) int {
		order := cmp.Compare(aws.ToString(a.LogStreamName), aws.ToString(b.LogStreamName))
		if byTime {
			order = cmp.Or(cmp.Compare(aws.ToInt64(a.LastEventTimestamp), aws.ToInt64(b.LastEventTimestamp)), order)
		}
		if aws.ToBool(in.Descending) {
			return -order
		}
		return order
	})
	page, next, err := pageOf(all, in.NextToken, in.Limit)
	return &awslogs.DescribeLogStreamsOutput{LogStreams: page, NextToken: next}, err
}

// describe is what Describe shows of a stream. Streams without events have no
// times of them.
func (s *stream) describe() logstypes.LogStream {
	d := logstypes.LogStream{
		Arn: &s.arn, LogStreamName: &s.name, CreationTime: aws.Int64(s.created.UnixMilli()),
		StoredBytes:         aws.Int64(0), //nolint:staticcheck // deprecated, but AWS still sends it
		UploadSequenceToken: aws.String(uploadToken),
	}
	if len(s.events) > 0 {
		last := s.events[len(s.events)-1]
		ingested := last.ingested
		for _, e := range s.events {
			ingested = max(ingested, e.ingested)
		}
		d.FirstEventTimestamp, d.LastEventTimestamp = aws.Int64(s.events[0].time), aws.Int64(last.time)
		d.LastIngestionTime = &ingested
	}
	return d
}

// uploadToken is a sequence token. PutLogEvents has ignored them since 2023.
const uploadToken = "49039859567054291523467154292113486543171653521284186210"

func (s *stream) bytes() (n int64) {
	for _, e := range s.events {
		n += int64(len(e.message)) + overhead
	}
	return n
}
