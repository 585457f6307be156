// SPDX-License-Identifier: Apache-2.0

// Package logs holds what CloudWatch Logs rejects.
package logs

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	invalid = "InvalidParameterException"
	api     = "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/"
	// maxName is the length of names of groups and streams.
	maxName = 512
	maxTags = 50
)

// RetentionDays are the retention periods that CloudWatch Logs has.
//
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var RetentionDays = []int32{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

// CreateLogGroup holds the rules of log groups.
var CreateLogGroup = rules.Of[awslogs.CreateLogGroupInput]{
	{Meta: rules.Meta{
		ID: "logs-group-name", Code: invalid, Doc: api + "API_CreateLogGroup.html",
	}, Check: func(r *rules.Report, in *awslogs.CreateLogGroupInput) {
		checkName(r, "LogGroupName", "logGroupName", in.LogGroupName, groupName, `[\.\-_/#A-Za-z0-9]+`)
	}},
	{Meta: rules.Meta{
		ID: "logs-group-tags", Code: invalid, Doc: api + "API_CreateLogGroup.html",
	}, Check: func(r *rules.Report, in *awslogs.CreateLogGroupInput) {
		if len(in.Tags) > maxTags {
			r.Add(rules.Problem{
				Path: "Tags", Got: strconv.Itoa(len(in.Tags)), Want: "at most 50",
				Text: "1 validation error detected: Value at 'tags' failed to satisfy constraint: Map must have length less than or equal to 50",
			})
		}
	}},
}

// CreateLogStream holds the rules of log streams.
var CreateLogStream = rules.Of[awslogs.CreateLogStreamInput]{
	{Meta: rules.Meta{
		ID: "logs-stream-name", Code: invalid, Doc: api + "API_CreateLogStream.html",
	}, Check: func(r *rules.Report, in *awslogs.CreateLogStreamInput) {
		checkName(r, "LogStreamName", "logStreamName", in.LogStreamName, streamName, "[^:*]*")
	}},
}

// PutRetentionPolicy holds the rules of retention.
var PutRetentionPolicy = rules.Of[awslogs.PutRetentionPolicyInput]{
	{Meta: rules.Meta{
		ID: "logs-retention", Code: invalid, Doc: api + "API_PutRetentionPolicy.html",
	}, Check: func(r *rules.Report, in *awslogs.PutRetentionPolicyInput) {
		if in.RetentionInDays == nil || slices.Contains(RetentionDays, *in.RetentionInDays) {
			return
		}
		r.Add(rules.Problem{
			Path: "RetentionInDays", Got: strconv.Itoa(int(*in.RetentionInDays)), Want: "one of " + days(),
			Text: fmt.Sprintf("1 validation error detected: Value '%d' at 'retentionInDays' failed to satisfy constraint: "+
				"Member must satisfy enum value set: [%s]", *in.RetentionInDays, days()),
		})
	}},
}

func days() string {
	var all []string
	for _, d := range RetentionDays {
		all = append(all, strconv.Itoa(int(d)))
	}
	return strings.Join(all, ", ")
}

var (
	groupName  = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]+$`)
	streamName = regexp.MustCompile(`^[^:*]*$`)
)

func checkName(r *rules.Report, path, member string, value *string, ok *regexp.Regexp, pattern string) {
	if value == nil || slipway.HasRef(*value) {
		return
	}
	name := aws.ToString(value)
	var constraint string
	switch {
	case name == "":
		constraint = "Member must have length greater than or equal to 1"
	case len(name) > maxName:
		constraint = "Member must have length less than or equal to 512"
	case !ok.MatchString(name):
		constraint = "Member must satisfy regular expression pattern: " + pattern
	default:
		return
	}
	r.Add(rules.Problem{
		Path: path, Got: strconv.Quote(name), Want: "1 to 512 characters of " + pattern,
		Text: fmt.Sprintf("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", name, member, constraint),
	})
}
