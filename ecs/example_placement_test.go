// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"fmt"

	"github.com/slipway-go/slipway/ecs"
)

// A constraint is tested before any instance runs.
func ExampleMemberOf_Matches() {
	gpus := ecs.MemberOf("attribute:ecs.instance-type =~ g5.* and not(task:group == service:training)")

	for _, i := range []ecs.InstanceAttributes{
		{InstanceType: "g5.xlarge"},
		{InstanceType: "g5.xlarge", TaskGroups: []string{"service:training"}},
		{InstanceType: "m7g.large"},
	} {
		matches, err := gpus.Matches(i)
		fmt.Println(i.InstanceType, i.TaskGroups, matches, err)
	}

	_, err := ecs.MemberOf("attribute:ecs.instance-type = g5.xlarge").Matches(ecs.InstanceAttributes{})
	fmt.Println(err)
	// Output:
	// g5.xlarge [] true <nil>
	// g5.xlarge [service:training] false <nil>
	// m7g.large [] false <nil>
	// invalid: member of "attribute:ecs.instance-type = g5.xlarge": column 29: got "=", want an operator, such as ==, !=, in, =~ or exists (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html)
}

// Tasks are spread over zones, and packed within each.
func ExampleSpreadBy() {
	for _, s := range []ecs.PlacementStrategy{ecs.SpreadByZone, ecs.BinpackMemory, ecs.SpreadByAttribute("rack")} {
		fmt.Println(s)
	}
	// Output:
	// attribute:ecs.availability-zone
	// memory
	// attribute:rack
}
