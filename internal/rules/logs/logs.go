// SPDX-License-Identifier: Apache-2.0

// Package logs holds the rules of CloudWatch Logs' groups.
package logs

import (
	"regexp"
	"slices"
	"strconv"

	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	invalidParameter = "InvalidParameterException"

	docGroup     = "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html"
	docRetention = "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"
)

var namePattern = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)

// CreateLogGroup has the rules of new log groups.
var CreateLogGroup = rules.Of[awslogs.CreateLogGroupInput]{
	{Meta: rules.Meta{ID: "logs-group-name", Code: invalidParameter, Doc: docGroup}, Check: func(r *rules.Report, in *awslogs.CreateLogGroupInput) {
		name := ""
		if in.LogGroupName != nil {
			name = *in.LogGroupName
		}
		if !slipway.HasRef(name) && !namePattern.MatchString(name) {
			r.Add(rules.Problem{
				Path: "LogGroupName", Got: strconv.Quote(name), Want: "1 to 512 letters, digits and _ - / . #",
				Text: "1 validation error detected: Value '" + name + "' at 'logGroupName' failed to satisfy constraint: " +
					"Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
			})
		}
	}},
}

// retentions are the days that a retention policy may have.
var retentions = []int32{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// PutRetentionPolicy has the rules of retention policies.
var PutRetentionPolicy = rules.Of[awslogs.PutRetentionPolicyInput]{
	{Meta: rules.Meta{ID: "logs-retention", Code: invalidParameter, Doc: docRetention}, Check: func(r *rules.Report, in *awslogs.PutRetentionPolicyInput) {
		if in.RetentionInDays != nil && !slices.Contains(retentions, *in.RetentionInDays) {
			days := strconv.Itoa(int(*in.RetentionInDays))
			r.Add(rules.Problem{
				Path: "RetentionInDays", Got: days + " days", Want: "one of " + list(retentions),
				Text: "1 validation error detected: Value '" + days + "' at 'retentionInDays' failed to satisfy constraint: " +
					"Member must satisfy enum value set: [" + list(retentions) + "]",
			})
		}
	}},
}

// Retention checks the days of a group whose logs are kept for ever with 0.
func Retention(days int32) []slipway.FieldError {
	if days == 0 {
		return nil
	}
	return PutRetentionPolicy.All(nil, &awslogs.PutRetentionPolicyInput{RetentionInDays: &days})
}

func list(days []int32) string {
	s := ""
	for i, d := range days {
		if i > 0 {
			s += ", "
		}
		s += strconv.Itoa(int(d))
	}
	return s
}
