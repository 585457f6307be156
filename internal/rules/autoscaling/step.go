// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"

	"github.com/slipway-go/slipway/internal/rules"
)

// step is an interval of a step scaling policy; open ends are infinite.
type step struct{ lower, upper float64 }

func (s step) String() string { return fmt.Sprintf("[%g, %g)", s.lower, s.upper) }

const stepsPath = "StepScalingPolicyConfiguration.StepAdjustments"

func stepMeta(id, text, page string) rules.Meta {
	return rules.Meta{ID: id, Code: validation, Text: text, Doc: preflight + "pf-appautoscaling-step-adjustment-" + page}
}

// stepRule makes a rule of a check on a policy's steps, sorted by their bounds.
func stepRule(check func(steps []step) (got, want string)) func(*rules.Report, *awsaas.PutScalingPolicyInput) {
	return func(r *rules.Report, in *awsaas.PutScalingPolicyInput) {
		if in.StepScalingPolicyConfiguration == nil {
			return
		}
		var steps []step
		for _, a := range in.StepScalingPolicyConfiguration.StepAdjustments {
			s := step{math.Inf(-1), math.Inf(1)}
			if a.MetricIntervalLowerBound != nil {
				s.lower = aws.ToFloat64(a.MetricIntervalLowerBound)
			}
			if a.MetricIntervalUpperBound != nil {
				s.upper = aws.ToFloat64(a.MetricIntervalUpperBound)
			}
			steps = append(steps, s)
		}
		slices.SortStableFunc(steps, func(a, b step) int {
			return cmp.Or(cmp.Compare(a.lower, b.lower), cmp.Compare(a.upper, b.upper))
		})
		if got, want := check(steps); want != "" {
			r.Add(rules.Problem{Path: stepsPath, Got: got, Want: want})
		}
	}
}

func show(steps []step) string {
	var all []string
	for _, s := range steps {
		all = append(all, s.String())
	}
	return strings.Join(all, " ")
}

func checkStepOrder(steps []step) (got, want string) {
	for _, s := range steps {
		if s.lower >= s.upper {
			return s.String(), "a lower bound below the upper"
		}
	}
	return "", ""
}

func openLower(s step) bool { return math.IsInf(s.lower, -1) }
func openUpper(s step) bool { return math.IsInf(s.upper, 1) }

func checkTwoLower(steps []step) (got, want string) {
	return atMostOne(steps, openLower, "at most one step without a lower bound")
}

func checkTwoUpper(steps []step) (got, want string) {
	return atMostOne(steps, openUpper, "at most one step without an upper bound")
}

func atMostOne(steps []step, is func(step) bool, text string) (got, want string) {
	count := 0
	for _, s := range steps {
		if is(s) {
			count++
		}
	}
	if count > 1 {
		return show(steps), text
	}
	return "", ""
}

func checkOpenLower(steps []step) (got, want string) {
	negative := func(s step) bool { return s.lower < 0 && !openLower(s) }
	if slices.ContainsFunc(steps, negative) && !slices.ContainsFunc(steps, openLower) {
		return show(steps), "a step without a lower bound below the negative one"
	}
	return "", ""
}

func checkOpenUpper(steps []step) (got, want string) {
	positive := func(s step) bool { return s.upper > 0 && !openUpper(s) }
	if slices.ContainsFunc(steps, positive) && !slices.ContainsFunc(steps, openUpper) {
		return show(steps), "a step without an upper bound above the positive one"
	}
	return "", ""
}

func checkGap(steps []step) (got, want string) {
	return adjacent(steps, func(a, b step) bool { return a.upper < b.lower }, "intervals without gaps")
}

func checkOverlap(steps []step) (got, want string) {
	return adjacent(steps, func(a, b step) bool { return a.upper > b.lower }, "intervals that do not overlap")
}

func adjacent(steps []step, bad func(a, b step) bool, text string) (got, want string) {
	for i := 1; i < len(steps); i++ {
		if bad(steps[i-1], steps[i]) {
			return steps[i-1].String() + " " + steps[i].String(), text
		}
	}
	return "", ""
}
