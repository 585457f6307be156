// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"slices"
	"strings"

	"github.com/slipway-go/slipway/internal/diff"
)

// Change is what is done to one resource.
type Change struct {
	ID   ID
	Verb Verb
	// RollsTasks: running tasks are replaced.
	RollsTasks bool
	// Fields are what differs. For a thing that is made they are what the
	// declaration sets, without tags and AWS's defaults; for one that is deleted
	// there are none.
	Fields []FieldChange
	// Overridden are the fields that the user's own function has set.
	Overridden []string
	// Reason says in words what the fields do not.
	Reason string
	// Outcome and Err say how it went; the Outcome of a plan is Planned.
	Outcome Outcome
	Err     error
}

// FieldChange is one field that differs. Values under names that sound secret
// (password, token, secret, credential, key) are masked.
type FieldChange struct {
	// Path has the SDK's field names, list elements by name.
	Path string
	// Old and New are the values as text; "" when absent.
	Old, New string
	// Unknown: the new value is known only when other changes have been made.
	Unknown bool
	// Effect is what changing the field does.
	Effect Effect
}

// Outcome is how a [Change] went.
type Outcome int

// The outcomes.
const (
	// Planned: nothing has been done yet.
	Planned Outcome = iota
	// Applied: the thing is in its wanted state.
	Applied
	// Failed: see Err.
	Failed
	// Skipped: something that comes before it failed.
	Skipped
)

// compare returns the fields of have that must change to make it want. Both have
// their defaults.
func (n *node) compare(have, want any) []FieldChange {
	effects := n.kind.driver.effects()
	unmanaged := n.kind.driver.unmanaged(want)
	found := diff.Compare(have, want, diff.Options{
		Keys: effects.Keys, Sets: effects.Sets, Documents: effects.Documents, Ignore: effects.Ignore,
	})
	var out []FieldChange
	for _, c := range found {
		effect := effects.of(c.Field)
		left := slices.ContainsFunc(unmanaged, func(p string) bool { return covers(p, c.Field) || covers(p, c.Path) })
		if left || effect == CreateOnly {
			continue
		}
		out = append(out, FieldChange{Path: c.Path, Old: c.Old, New: c.New, Unknown: c.Unknown, Effect: effect})
	}
	return out
}

// made returns the fields that a declaration sets, without its tags.
func (n *node) made(declared any) []FieldChange {
	effects := n.kind.driver.effects()
	var out []FieldChange
	for _, c := range diff.Describe(declared, diff.Options{
		Keys: effects.Keys, Sets: effects.Sets, Documents: effects.Documents, Ignore: effects.Ignore,
	}) {
		if !isTag(c.Field) {
			out = append(out, FieldChange{Path: c.Path, New: c.New, Unknown: c.Unknown})
		}
	}
	return out
}

// isTag reports whether the field is a tag of the thing itself.
func isTag(field string) bool {
	names := strings.SplitN(field, ".", 3)
	return slices.ContainsFunc(names[:min(len(names), 2)], func(name string) bool {
		return name == "Tags" || name == "TagSpecifications"
	})
}

// of returns the effect of changing the field: that of the longest path which
// covers it.
func (e Effects) of(field string) Effect {
	effect, longest := e.Default, -1
	for path, other := range e.Fields {
		if covers(path, field) && len(path) > longest {
			effect, longest = other, len(path)
		}
	}
	return effect
}

// replaces reports whether changes may make a new thing beside the old one, which
// is then pruned.
func (e Effects) replaces() bool {
	if e.Default == Replace {
		return true
	}
	for _, effect := range e.Fields {
		if effect == Replace {
			return true
		}
	}
	return false
}

// covers reports whether field is path or below it.
func covers(path, field string) bool {
	return path == field || strings.HasPrefix(field, path+".") || strings.HasPrefix(field, path+"[")
}
