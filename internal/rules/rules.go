// SPDX-License-Identifier: Apache-2.0

// Package rules is the mechanism by which Slipway knows what AWS rejects. The
// packages below it hold the rules, one a service, over the SDK's own inputs.
//
// Builders ask for all violations of an input, fakes for the first one, in the
// order in which AWS checks.
package rules

import (
	"fmt"
	"strings"

	"github.com/slipway-go/slipway"
)

// Meta says what a rule is and where it comes from.
type Meta struct {
	// ID names the rule, such as "ecs-healthcheck-interval".
	ID string
	// Code is AWS's error code, such as "ClientException".
	Code string
	// Text is AWS's message; a Check whose message varies gives its own.
	Text string
	// Doc is the page or thread that says so.
	Doc string
	// Warn marks rules that AWS's reference does not confirm. Fakes skip them.
	Warn bool
}

// Rule is one thing that AWS rejects in a T.
type Rule[T any] struct {
	Meta
	// Check reports violations in in, by r.Add.
	Check func(r *Report, in *T)
}

// Of is a list of rules in the order in which AWS checks.
type Of[T any] []Rule[T]

// Refs looks up other resources; see [slipway.Refs].
type Refs = slipway.Refs

// Problem is one violation, as a Check reports it.
type Problem struct {
	// Path of the field, list elements by name: "ContainerDefinitions[app].Cpu".
	Path string
	// Got and Want are for people, with units: "1s", "5s to 300s".
	Got, Want string
	// Text is AWS's message, if the rule's own does not do.
	Text string
	// Code is AWS's error code, if the rule's own does not do.
	Code string
}

// Report collects the problems that a Check finds.
type Report struct {
	refs  Refs
	meta  Meta
	found []slipway.FieldError
}

// Add reports a problem. One whose Got holds a placeholder is dropped: the value
// is not known yet.
func (r *Report) Add(p Problem) {
	if slipway.HasRef(p.Got) {
		return
	}
	e := slipway.FieldError{
		Path: p.Path, Got: p.Got, Want: p.Want, Doc: r.meta.Doc, Rule: r.meta.ID,
		Code: r.meta.Code, Text: r.meta.Text, Warn: r.meta.Warn,
	}
	if p.Code != "" {
		e.Code = p.Code
	}
	if p.Text != "" {
		e.Text = p.Text
	}
	r.found = append(r.found, e)
}

// Get looks up another resource, as [slipway.Refs] does. It answers "not known"
// where nobody was given to ask.
func (r *Report) Get(kind, ref string) (state any, found, known bool) {
	if r.refs == nil {
		return nil, false, false
	}
	return r.refs.Get(kind, ref)
}

// All returns every violation in in, warnings too. refs may be nil.
func (rs Of[T]) All(refs Refs, in *T) []slipway.FieldError {
	r := &Report{refs: refs}
	for i := range rs {
		r.meta = rs[i].Meta
		rs[i].Check(r, in)
	}
	return r.found
}

// First returns the violation with which AWS would answer, if any. Warnings do
// not count.
func (rs Of[T]) First(refs Refs, in *T) (slipway.FieldError, bool) {
	r := &Report{refs: refs}
	for i := range rs {
		if rs[i].Warn {
			continue
		}
		r.meta = rs[i].Meta
		rs[i].Check(r, in)
		if len(r.found) > 0 {
			return r.found[0], true
		}
	}
	return slipway.FieldError{}, false
}

// At returns errs with a prefix before each path, for inputs that are part of a
// larger state.
func At(prefix string, errs []slipway.FieldError) []slipway.FieldError {
	out := make([]slipway.FieldError, len(errs))
	for i, e := range errs {
		e.Path = strings.TrimSuffix(prefix+"."+e.Path, ".")
		out[i] = e
	}
	return out
}

// Errors joins errs, without the warnings; nil when none is left.
func Errors(errs []slipway.FieldError) error {
	return slipway.JoinFields(errs)
}

// Elem names a list element in a path: by name if it has one, else by index.
func Elem(list string, name *string, index int) string {
	if name != nil && *name != "" {
		return fmt.Sprintf("%s[%s]", list, *name)
	}
	return fmt.Sprintf("%s[%d]", list, index)
}
