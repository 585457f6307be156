// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"strings"
)

// ID names a resource within a stack: its kind, such as "ecs:Service", and a
// name that is unique within the kind, such as "shop/web".
type ID struct {
	Kind string
	Name string
}

// String returns the ID as "kind/name", the form used in plans, errors and the
// tag slipway:resource.
func (id ID) String() string { return id.Kind + "/" + id.Name }

// ParseID reads the form that [ID.String] writes.
func ParseID(s string) (ID, bool) {
	kind, name, ok := strings.Cut(s, "/")
	return ID{Kind: kind, Name: name}, ok && kind != "" && name != ""
}

// Resource is the declaration of one thing that AWS keeps.
type Resource interface {
	// ID names the resource. It may not change between calls.
	ID() ID
	// Build returns the wanted state. It is pure: no input or output, clock or
	// randomness, and the same answer each time.
	Build() (Desired, error)
}

// Desired is what a [Resource] asks for.
type Desired struct {
	// Kind knows how AWS keeps such a thing.
	Kind Kind
	// State is a *T for a kind made by NewKind[T]: SDK inputs, in whose strings
	// placeholders (see [Ref]) stand for outputs of other resources.
	State any
	// Uses are resources declared together with this one.
	Uses []Resource
	// After names resources that must be ready before this one although no
	// placeholder shows it.
	After []ID
	// Overridden are the paths that the user's own function has changed; a plan
	// shows them.
	Overridden []string
}

const (
	refOpen  = "${slipway:"
	refClose = "}"
)

// Ref returns the placeholder for an output of another resource, for instance
// Ref(cluster.ID(), "arn"). The engine replaces it with the value once that is
// known. An element of a []string that is one whole placeholder may stand for
// several values.
func Ref(id ID, attribute string) string {
	return refOpen + id.String() + "#" + attribute + refClose
}

// Self returns the placeholder for an attribute of the call itself: "account"
// (12 digits), "region", "partition" (such as "aws"), "domain" (of the partition's
// services, such as "amazonaws.com") or "stack".
func Self(attribute string) string { return refOpen + "aws/self#" + attribute + refClose }

// HasRef reports whether s still holds a placeholder. Rules ignore such a
// string: its value is not known yet.
func HasRef(s string) bool { return strings.Contains(s, refOpen) }
