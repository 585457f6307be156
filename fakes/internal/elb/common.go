// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// most is how many things a page has at most, and if no size is asked for.
const most = 400

// pageOf cuts a page.
func pageOf[E any](all []E, marker *string, size *int32) ([]E, *string, error) {
	n := most
	if size != nil {
		n = int(*size)
	}
	if n < 1 || n > most {
		return nil, nil, validation("1 validation error detected: Value '%d' at 'pageSize' failed to satisfy constraint: "+
			"Member must have value between 1 and 400", n)
	}
	page, next, err := sim.Page(all, marker, n)
	if err != nil {
		return nil, nil, validation("Invalid marker: %s", aws.ToString(marker))
	}
	return page, next, nil
}

// choose looks things up; missing is the first reference to nothing.
func choose[T comparable](refs []string, look func(string) T) (found []T, missing string) {
	var none T
	for _, ref := range refs {
		t := look(ref)
		if t == none {
			return nil, ref
		}
		found = append(found, t)
	}
	return found, ""
}

// merged returns m with the entries of more; m stays as it is.
func merged(m, more map[string]string) map[string]string {
	all := maps.Clone(m)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, more)
	return all
}

// pairs returns m as tags, sorted by key.
func pairs(m map[string]string) []elbtypes.Tag {
	var all []elbtypes.Tag
	for _, k := range slices.Sorted(maps.Keys(m)) {
		all = append(all, elbtypes.Tag{Key: aws.String(k), Value: aws.String(m[k])})
	}
	return all
}

func tagMap(list []elbtypes.Tag) map[string]string {
	m := make(map[string]string, len(list))
	for _, t := range list {
		m[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return m
}

// one is a list of one ARN.
func one(arn *string) []string { return []string{aws.ToString(arn)} }

// needs says that a call needs its action on each of the resources.
func needs[I any](operation string, resources func(in *I) []string) sim.Option[I] {
	return sim.Needs(func(_ *sim.Call, in *I) []sim.Access {
		var all []sim.Access
		for _, arn := range resources(in) {
			all = append(all, sim.Access{Action: "elasticloadbalancing:" + operation, Resource: arn})
		}
		return all
	})
}

// creates is what a call needs that makes made, in or on parent: AddTags too if
// there are tags.
func creates(operation, parent, made string, tags []elbtypes.Tag) []sim.Access {
	context := map[string][]string{}
	for _, t := range tags {
		key := aws.ToString(t.Key)
		context["aws:RequestTag/"+key] = []string{aws.ToString(t.Value)}
		context["aws:TagKeys"] = append(context["aws:TagKeys"], key)
	}
	all := []sim.Access{{Action: "elasticloadbalancing:" + operation, Resource: parent, Context: context}}
	if len(tags) > 0 {
		all = append(all, sim.Access{Action: "elasticloadbalancing:AddTags", Resource: made, Context: context})
	}
	return all
}
