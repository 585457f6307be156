// SPDX-License-Identifier: Apache-2.0

package ec2autoscaling

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/slipway-go/slipway/internal/rules"
)

// step is an interval of a step scaling policy; open ends are infinite.
type step struct{ lower, upper float64 }

func (s step) String() string { return fmt.Sprintf("[%g, %g)", s.lower, s.upper) }

func stepsOf(in *policy) []step {
	steps := make([]step, 0, len(in.StepAdjustments))
	for _, a := range in.StepAdjustments {
		s := step{math.Inf(-1), math.Inf(1)}
		if a.MetricIntervalLowerBound != nil {
			s.lower = *a.MetricIntervalLowerBound
		}
		if a.MetricIntervalUpperBound != nil {
			s.upper = *a.MetricIntervalUpperBound
		}
		steps = append(steps, s)
	}
	slices.SortStableFunc(steps, func(a, b step) int {
		return cmp.Or(cmp.Compare(a.lower, b.lower), cmp.Compare(a.upper, b.upper))
	})
	return steps
}

// checkSteps: the intervals lie side by side, and one that touches nothing beyond zero
// leaves no part of its side of the threshold out.
func checkSteps(r *rules.Report, in *policy) {
	steps := stepsOf(in)
	report := func(got fmt.Stringer, want, text string) {
		r.Add(rules.Problem{Path: "StepAdjustments", Got: got.String(), Want: want, Text: text})
	}
	for i, s := range steps {
		switch {
		case s.lower >= s.upper:
			report(s, "a lower bound below the upper", "Lower bound must be less than upper bound for a step adjustment")
		case i > 0 && steps[i-1].upper < s.lower:
			report(s, "intervals without gaps", "Step adjustment intervals cannot have gaps between them")
		case i > 0 && steps[i-1].upper > s.lower:
			report(s, "intervals that do not overlap", "Step adjustment intervals cannot overlap")
		}
	}
	if len(steps) == 0 {
		return
	}
	first, last := steps[0], steps[len(steps)-1]
	if first.lower < 0 && !math.IsInf(first.lower, -1) {
		report(first, "a step without a lower bound below it",
			"There must be a step adjustment with an unspecified lower bound when one step adjustment has a negative lower bound")
	}
	if last.upper > 0 && !math.IsInf(last.upper, 1) {
		report(last, "a step without an upper bound above it",
			"There must be a step adjustment with an unspecified upper bound when one step adjustment has a positive upper bound")
	}
}
