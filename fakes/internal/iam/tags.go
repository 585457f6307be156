// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// mostTags is how many tags a role, policy or user can have.
const mostTags = 50

func tagMap(tags []iamtypes.Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return m
}

// tagged returns old with more added or replaced, in order of first mention.
func tagged(old, more []iamtypes.Tag) ([]iamtypes.Tag, error) {
	all := slices.Clone(old)
	for _, t := range more {
		at := slices.IndexFunc(all, func(o iamtypes.Tag) bool { return *o.Key == *t.Key })
		if at < 0 {
			all = append(all, t)
			continue
		}
		all[at] = t
	}
	if len(all) > mostTags {
		return nil, limit("The number of tags has reached the maximum limit.")
	}
	return all, nil
}

// requestTags are the condition keys about tags that a request carries.
func requestTags(tags []iamtypes.Tag) map[string][]string {
	if len(tags) == 0 {
		return nil
	}
	keys := map[string][]string{}
	for _, t := range tags {
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], aws.ToString(t.Key))
		keys["aws:RequestTag/"+aws.ToString(t.Key)] = []string{aws.ToString(t.Value)}
	}
	return keys
}

func withBoundary(keys map[string][]string, boundary *string) map[string][]string {
	if boundary == nil {
		return keys
	}
	if keys == nil {
		keys = map[string][]string{}
	}
	keys["iam:PermissionsBoundary"] = []string{*boundary}
	return keys
}

// page is one page of a list.
type page[E any] struct {
	items  []E
	marker *string
	more   bool
}

// pageSize is IAM's default.
const pageSize = 100

func paged[E any](all []E, marker *string, size *int32) (page[E], error) {
	n := pageSize
	if size != nil {
		n = int(*size)
	}
	items, next, err := sim.Page(all, marker, n)
	if err != nil {
		return page[E]{}, sim.Errorf("ValidationError", "Invalid Marker.")
	}
	if items == nil {
		items = []E{}
	}
	return page[E]{items: items, marker: next, more: next != nil}, nil
}

func untagged(old []iamtypes.Tag, keys []string) []iamtypes.Tag {
	return slices.DeleteFunc(slices.Clone(old), func(t iamtypes.Tag) bool { return slices.Contains(keys, *t.Key) })
}
