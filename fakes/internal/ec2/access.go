// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// access is the action of the call on things, given as "security-group/sg-...".
func access(c *sim.Call, things ...string) []sim.Access {
	list := make([]sim.Access, len(things))
	for i, t := range things {
		list[i] = sim.Access{Action: "ec2:" + c.Operation, Resource: c.ARN("ec2", t)}
	}
	return list
}

// tagContext are the condition keys of a request that tags something.
func tagContext(tags []ec2types.Tag) map[string][]string {
	keys := map[string][]string{"aws:TagKeys": tagKeys(tags)}
	for _, t := range tags {
		keys["aws:RequestTag/"+aws.ToString(t.Key)] = []string{aws.ToString(t.Value)}
	}
	return keys
}

// creating adds to what a create call needs what its tags need.
func creating(c *sim.Call, specs []ec2types.TagSpecification, needed ...sim.Access) []sim.Access {
	for _, s := range specs {
		keys := tagContext(s.Tags)
		for i := range needed {
			needed[i].Context = keys
		}
		tagging := tagContext(s.Tags)
		tagging["ec2:CreateAction"] = []string{c.Operation}
		needed = append(needed, sim.Access{
			Action: "ec2:CreateTags", Resource: c.ARN("ec2", string(s.ResourceType)+"/*"), Context: tagging,
		})
	}
	return needed
}

// tagAccess is what tagging needs, for each thing.
func tagAccess(c *sim.Call, ids []string, tags []ec2types.Tag) []sim.Access {
	list := make([]sim.Access, len(ids))
	for i, id := range ids {
		k, _ := kindOf(id)
		list[i] = sim.Access{Action: "ec2:" + c.Operation, Resource: c.ARN("ec2", string(k.tagged)+"/"+id), Context: tagContext(tags)}
	}
	return list
}
