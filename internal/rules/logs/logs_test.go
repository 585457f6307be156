// SPDX-License-Identifier: Apache-2.0

package logs_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules/logs"
	"github.com/slipway-go/slipway/internal/rules/rulestest"
)

const invalid = "InvalidParameterException"

func TestEveryRuleOfLogGroups(t *testing.T) {
	t.Parallel()
	type group = awslogs.CreateLogGroupInput
	name := func(s string) func(*group) { return func(in *group) { in.LogGroupName = &s } }
	tags := func(n int) func(*group) {
		return func(in *group) {
			in.Tags = map[string]string{}
			for i := range n {
				in.Tags["k"+strconv.Itoa(i)] = ""
			}
		}
	}
	base := func() *group { return &group{LogGroupName: aws.String("/ecs/shop")} }
	rulestest.Holds(t, logs.CreateLogGroup, nil, base, []rulestest.Row[group]{
		{
			Rule: "logs-group-name", Name: "none", Breaks: name(""), Legal: name("g"),
			Path: "LogGroupName", Code: invalid, Text: "greater than or equal to 1",
		},
		{
			Rule: "logs-group-name", Name: "513 characters", Breaks: name(strings.Repeat("g", 513)), Legal: name(strings.Repeat("g", 512)),
			Path: "LogGroupName", Code: invalid, Text: "less than or equal to 512",
		},
		{
			Rule: "logs-group-name", Name: "a blank", Breaks: name("a b"), Legal: name("/aws/a.b-c_d#E9"),
			Path: "LogGroupName", Code: invalid, Text: "regular expression pattern",
		},
		{
			Rule: "logs-group-name", Name: "but not one that is known later", Breaks: name("a b"), Legal: name("/ecs/" + slipway.Self("region")),
			Path: "LogGroupName", Code: invalid,
		},
		{Rule: "logs-group-tags", Name: "51", Breaks: tags(51), Legal: tags(50), Path: "Tags", Code: invalid, Text: "50"},
	})
}

func TestEveryRuleOfLogStreams(t *testing.T) {
	t.Parallel()
	type stream = awslogs.CreateLogStreamInput
	name := func(s string) func(*stream) { return func(in *stream) { in.LogStreamName = &s } }
	base := func() *stream { return &stream{LogStreamName: aws.String("app/1")} }
	rulestest.Holds(t, logs.CreateLogStream, nil, base, []rulestest.Row[stream]{
		{Rule: "logs-stream-name", Name: "a colon", Breaks: name("a:b"), Legal: name("a b"), Path: "LogStreamName", Code: invalid, Text: "[^:*]*"},
		{Rule: "logs-stream-name", Name: "an asterisk", Breaks: name("a*"), Legal: name("a/b"), Path: "LogStreamName", Code: invalid},
		{
			Rule: "logs-stream-name", Name: "513 characters", Breaks: name(strings.Repeat("s", 513)), Legal: name(strings.Repeat("s", 512)),
			Path: "LogStreamName", Code: invalid,
		},
	})
}

// TestRetention tries every number of days up to eleven years.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
func TestRetention(t *testing.T) {
	t.Parallel()
	var legal []int32
	for days := range int32(4000) {
		found := logs.PutRetentionPolicy.All(nil, &awslogs.PutRetentionPolicyInput{RetentionInDays: &days})
		if len(found) == 0 {
			legal = append(legal, days)
			continue
		}
		require.Equal(t, "RetentionInDays", found[0].Path)
		require.Equal(t, invalid, found[0].Code)
	}
	require.Equal(t, []int32{
		1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
	}, legal)
	require.Empty(t, logs.PutRetentionPolicy.All(nil, &awslogs.PutRetentionPolicyInput{}), "the SDK asks for it")
}
