// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"fmt"
	"time"

	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/vpc"
)

// More instances the further the CPU is above its threshold, and ten for one evening.
func ExampleGroupStepScaling() {
	template := autoscaling.NewLaunchTemplate("node", autoscaling.AMI("ami-0123456789abcdef0")).WithInstanceType("m5.large")
	nodes := autoscaling.NewGroup("nodes", template, vpc.Default()).WithSize(2, 10).WithMetrics(autoscaling.AllGroupMetrics()...)
	grow := func(steps ...autoscaling.GroupStep) error {
		return nodes.WithPolicy(autoscaling.GroupStepScaling{Name: "cpu", Alarm: autoscaling.GroupAlarm{Threshold: 60}, Steps: steps}).
			WithSchedule(autoscaling.GroupAt("sale", time.Date(2035, 11, 23, 18, 0, 0, 0, time.UTC)).WithSize(10, 10)).Validate()
	}
	fmt.Println(grow(
		autoscaling.GroupStep{From: autoscaling.Bound(0), To: autoscaling.Bound(20), Change: 1},
		autoscaling.GroupStep{From: autoscaling.Bound(20), Change: 3}))
	fmt.Println(grow(autoscaling.GroupStep{From: autoscaling.Bound(0), To: autoscaling.Bound(20), Change: 1}) != nil)
	// Output:
	// <nil>
	// true
}

// A stack prunes what it no longer declares, of the kinds that it knows.
func ExampleKinds() {
	fmt.Println(len(autoscaling.Kinds()) > 0)
	// Output: true
}
