// SPDX-License-Identifier: Apache-2.0

// Package place finds placeholders in the strings of SDK inputs and puts values
// in their stead.
//
// A placeholder is ${slipway:<kind>/<name>#<attribute>}. The name may hold
// slashes, and placeholders of its own, which are part of the name.
package place

import (
	"fmt"
	"strings"
)

// Open and Close are the ends of a placeholder.
const (
	Open  = "${slipway:"
	Close = "}"
)

// Ref is what a placeholder refers to.
type Ref struct{ Kind, Name, Attribute string }

// String returns the placeholder.
func (r Ref) String() string { return Open + r.Kind + "/" + r.Name + "#" + r.Attribute + Close }

// Part of a string: either text, or a placeholder.
type Part struct {
	Text string
	Ref  Ref
	// IsRef: the part is a placeholder, whose own form is in Text.
	IsRef bool
}

// Parse cuts s into its parts. A placeholder that is not closed, or lacks a kind,
// a name or an attribute, is an error.
func Parse(s string) ([]Part, error) {
	var parts []Part
	for s != "" {
		start := strings.Index(s, Open)
		if start < 0 {
			return append(parts, Part{Text: s}), nil
		}
		if start > 0 {
			parts = append(parts, Part{Text: s[:start]})
		}
		s = s[start:]
		end, hash := scan(s)
		if end < 0 {
			return nil, fmt.Errorf("placeholder %q is not closed", s)
		}
		ref, err := parseRef(s[:end], hash)
		if err != nil {
			return nil, err
		}
		parts = append(parts, Part{Text: s[:end], Ref: ref, IsRef: true})
		s = s[end:]
	}
	return parts, nil
}

// scan returns the end of the placeholder that s begins with, and where its last
// # outside of inner placeholders is; -1 where there is none.
func scan(s string) (end, hash int) {
	hash = -1
	depth := 0
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "${"):
			depth++
			i++
		case s[i] == '#' && depth == 1:
			hash = i
		case s[i] == '}':
			depth--
			if depth == 0 {
				return i + 1, hash
			}
		}
	}
	return -1, hash
}

func parseRef(s string, hash int) (Ref, error) {
	if hash >= 0 {
		kind, name, _ := strings.Cut(s[len(Open):hash], "/")
		r := Ref{Kind: kind, Name: name, Attribute: s[hash+1 : len(s)-len(Close)]}
		if r.Kind != "" && r.Name != "" && r.Attribute != "" {
			return r, nil
		}
	}
	return Ref{}, fmt.Errorf("placeholder %q is not of the form %s<kind>/<name>#<attribute>%s", s, Open, Close)
}
