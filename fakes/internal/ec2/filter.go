// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

const (
	pageLeast, pageMost = 5, 1000
	// filterMost is the most values of one filter, see
	// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html.
	filterMost = 200
)

// query is what the inputs of all describe operations have in common.
type query struct {
	ids     []string
	filters []ec2types.Filter
	size    *int32
	token   *string
}

// view says how things of one kind are described.
type view[T any] struct {
	// prefix is that of the IDs.
	prefix string
	id     func(T) string
	// filters give the values that a filter of that name is compared with.
	filters map[string]func(T) []string
	// untagged things cannot be filtered by tags.
	untagged bool
}

// describe returns the page of things that a query asks for.
func describe[T any](r *region, v view[T], all []T, q query) ([]T, *string, error) {
	matches, err := v.compile(r, q.filters)
	if err != nil {
		return nil, nil, err
	}
	if all, err = v.named(all, q.ids); err != nil {
		return nil, nil, err
	}
	var found []T
	for _, t := range all {
		if matches(t) {
			found = append(found, t)
		}
	}
	return page(found, q)
}

func page[T any](found []T, q query) ([]T, *string, error) {
	size := pageMost
	if q.size != nil {
		size = int(*q.size)
		if size < pageLeast { // https://github.com/aws/aws-sdk-ruby/pull/2575
			return nil, nil, sim.Errorf("InvalidParameterValue",
				"Value ( %d ) for parameter maxResults is invalid. Expecting a value greater than %d.", size, pageLeast)
		}
		size = min(size, pageMost)
	}
	list, next, err := sim.Page(found, q.token, size)
	if err != nil {
		return nil, nil, sim.Errorf("InvalidNextToken", "Invalid value '%s' for nextToken.", aws.ToString(q.token))
	}
	return list, next, nil
}

// named returns the things of the IDs, in the order in which they were made; all
// if there are no IDs.
func (v view[T]) named(all []T, ids []string) ([]T, error) {
	if len(ids) == 0 {
		return all, nil
	}
	wanted := map[string]bool{}
	for _, id := range ids {
		wanted[id] = true
	}
	var found []T
	for _, t := range all {
		if id := v.id(t); wanted[id] {
			found = append(found, t)
			delete(wanted, id)
		}
	}
	for _, id := range ids {
		if wanted[id] {
			return nil, missing(v.prefix, id)
		}
	}
	return found, nil
}

// compile turns filters into one predicate: the values of a filter are
// alternatives, all filters must match.
func (v view[T]) compile(r *region, filters []ec2types.Filter) (func(T) bool, error) {
	tests := make([]func(T) bool, 0, len(filters))
	for _, f := range filters {
		values, ok := v.values(r, aws.ToString(f.Name))
		if !ok {
			return nil, sim.Errorf("InvalidParameterValue", "The filter '%s' is invalid", aws.ToString(f.Name))
		}
		if len(f.Values) > filterMost {
			return nil, sim.Errorf("FilterLimitExceeded", "The maximum number of filter values specified on a single call is %d", filterMost)
		}
		tests = append(tests, func(t T) bool { return anyMatch(f.Values, values(t)) })
	}
	return func(t T) bool {
		for _, test := range tests {
			if !test(t) {
				return false
			}
		}
		return true
	}, nil
}

func (v view[T]) values(r *region, name string) (func(T) []string, bool) {
	if values, ok := v.filters[name]; ok {
		return values, true
	}
	if v.untagged {
		return nil, false
	}
	if key, ok := strings.CutPrefix(name, "tag:"); ok {
		return func(t T) []string { return tagValues(r.tags[v.id(t)], key) }, true
	}
	if name == "tag-key" {
		return func(t T) []string { return tagKeys(r.tags[v.id(t)]) }, true
	}
	return nil, false
}

func anyMatch(patterns, values []string) bool {
	for _, p := range patterns {
		for _, v := range values {
			if glob(p, v) {
				return true
			}
		}
	}
	return false
}

// glob matches a filter's value: * is any text, ? one character, and a backslash
// takes the meaning from the next character.
func glob(pattern, s string) bool {
	p, text := []rune(pattern), []rune(s)
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(text) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && matchOne(p, &i, text[j]):
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

// matchOne matches one character and moves i behind its pattern.
func matchOne(p []rune, i *int, c rune) bool {
	at := *i
	if p[at] == '\\' && at+1 < len(p) {
		at++
		if p[at] != c {
			return false
		}
	} else if p[at] != '?' && p[at] != c {
		return false
	}
	*i = at + 1
	return true
}

// The values that filters are compared with, for views.

func one[T any](f func(T) *string) func(T) []string {
	return func(t T) []string {
		if s := f(t); s != nil {
			return []string{*s}
		}
		return nil
	}
}

func text[T any, S ~string](f func(T) S) func(T) []string {
	return func(t T) []string { return []string{string(f(t))} }
}

func flag[T any](f func(T) *bool) func(T) []string {
	return func(t T) []string {
		if aws.ToBool(f(t)) {
			return []string{"true"}
		}
		return []string{"false"}
	}
}

func each[T, E any](list func(T) []E, f func(E) *string) func(T) []string {
	return func(t T) []string {
		var values []string
		for _, e := range list(t) {
			if s := f(e); s != nil {
				values = append(values, *s)
			}
		}
		return values
	}
}
