// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"fmt"
	"strings"

	"github.com/slipway-go/slipway/internal/place"
)

// signs of the verbs in a printed plan.
var signs = map[Verb]string{
	Create: "+", Update: "~", Revised: "~", Adopted: "~", Replaced: "-/+", Delete: "-",
}

// String returns the plan for people. What is made is shown as it is declared,
// without AWS's defaults and tags; long values are cut off, and <kind/name#output>
// stands for what is known once another thing has been made. Values under names
// that sound secret (password, token, secret, credential, key) are never shown.
func (p *Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", p.Stack, p.summary())
	for _, c := range p.Changes {
		b.WriteString(c.String())
	}
	for _, w := range p.Warnings {
		fmt.Fprintf(&b, "! %v\n", w)
	}
	return b.String()
}

// summary counts the verbs.
func (p *Plan) summary() string {
	if p.Empty() {
		return fmt.Sprintf("nothing to do, %d unchanged", p.Unchanged)
	}
	counts := map[Verb]int{}
	for _, c := range p.Changes {
		counts[c.Verb]++
	}
	var parts []string
	for _, v := range []Verb{Create, Update, Revised, Adopted, Replaced, Delete} {
		if counts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", counts[v], v))
		}
	}
	return strings.Join(append(parts, fmt.Sprintf("%d unchanged", p.Unchanged)), ", ")
}

// String returns the change for people, a line for each field.
func (c Change) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", signs[c.Verb], c.ID)
	for _, note := range c.notes() {
		fmt.Fprintf(&b, " (%s)", note)
	}
	b.WriteByte('\n')
	for _, f := range c.Fields {
		fmt.Fprintf(&b, "    %s\n", c.line(f))
	}
	if len(c.Overridden) > 0 {
		fmt.Fprintf(&b, "    overridden: %s\n", strings.Join(c.Overridden, ", "))
	}
	return b.String()
}

// line is how a field is shown: for a thing that is made, only what it will be.
func (c Change) line(f FieldChange) string {
	if c.Verb != Create {
		return f.String()
	}
	return named(f.Path) + ": " + shortened(named(f.New))
}

// named returns text with each placeholder in it as <kind/name#output>.
func named(text string) string {
	parts, err := place.Parse(text)
	if err != nil {
		return text
	}
	var b strings.Builder
	for _, p := range parts {
		if p.IsRef {
			p.Text = "<" + strings.NewReplacer(refOpen, "", refClose, "").Replace(p.Text) + ">"
		}
		b.WriteString(p.Text)
	}
	return b.String()
}

// longest is how many characters of a value are shown.
const longest = 240

// shortened cuts off what would fill the screen.
func shortened(text string) string {
	runes := []rune(text)
	if len(runes) <= longest {
		return text
	}
	return string(runes[:longest]) + "..."
}

func (c Change) notes() []string {
	var notes []string
	switch c.Verb {
	case Revised:
		notes = append(notes, "new revision")
	case Adopted:
		notes = append(notes, "adopt")
	}
	if c.RollsTasks {
		notes = append(notes, "rolls tasks")
	}
	if c.Reason != "" {
		notes = append(notes, c.Reason)
	}
	return notes
}

// String returns the field as "Path: old -> new".
func (f FieldChange) String() string {
	wanted := orNone(f.New)
	if f.Unknown {
		wanted = "known after apply"
	}
	s := f.Path + ": " + orNone(f.Old) + " -> " + wanted
	if label := f.Effect.label(); label != "" {
		s += " (" + label + ")"
	}
	return s
}

// label says what changing a field does; empty where it goes without saying.
func (e Effect) label() string {
	switch e {
	case NoRollout:
		return "no rollout"
	case RollsTasks:
		return "rolls tasks"
	case Replace:
		return "replaces"
	case NewName:
		return "immutable, replaces"
	default:
		return ""
	}
}

// orNone returns the text of a value that may be absent.
func orNone(value string) string {
	if value == "" {
		return "none"
	}
	return value
}
