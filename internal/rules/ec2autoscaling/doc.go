// SPDX-License-Identifier: Apache-2.0

// Package ec2autoscaling holds what EC2 Auto Scaling rejects in inputs that concern
// groups of instances.
package ec2autoscaling

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway/internal/rules"
)

const (
	// validation is the code of nearly everything that EC2 Auto Scaling rejects.
	validation = "ValidationError"

	api       = "https://docs.aws.amazon.com/autoscaling/ec2/APIReference/"
	guide     = "https://docs.aws.amazon.com/autoscaling/ec2/userguide/"
	preflight = "https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/autoscaling/"
	groupDoc  = api + "API_CreateAutoScalingGroup.html"
)

// constraint is AWS's answer to a value that the model of the API does not allow.
func constraint(value any, field, want string) string {
	return fmt.Sprintf("1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: %s", value, field, want)
}

// within demands that a number, if it is given, is from least to most, in unit.
func within(r *rules.Report, path, field, unit string, n *int32, least, most int32) {
	if n == nil || (*n >= least && *n <= most) {
		return
	}
	want := fmt.Sprintf("%d to %d%s", least, most, unit)
	text := constraint(*n, field, fmt.Sprintf("Member must have value greater than or equal to %d", least))
	if *n > most {
		text = constraint(*n, field, fmt.Sprintf("Member must have value less than or equal to %d", most))
	}
	r.Add(rules.Problem{Path: path, Got: fmt.Sprintf("%d%s", *n, unit), Want: want, Text: text})
}

// oneOf demands that a text, if it is given, is one of a list.
func oneOf(r *rules.Report, path, field string, got *string, list ...string) {
	if got == nil || slices.Contains(list, *got) {
		return
	}
	r.Add(rules.Problem{
		Path: path, Got: fmt.Sprintf("%q", aws.ToString(got)), Want: fmt.Sprintf("one of %q", list),
		Text: constraint(*got, field, fmt.Sprintf("Member must satisfy enum value set: %v", list)),
	})
}
