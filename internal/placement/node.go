// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"regexp"
	"strings"
)

// Node is part of an expression: [And], [Or], [Not] or *[Comparison].
type Node interface {
	String() string
	// binds is how tightly: Or 1, And 2, the others 3.
	binds() int
}

// And holds where both do.
type And struct{ X, Y Node }

// Or holds where one does.
type Or struct{ X, Y Node }

// Not holds where X does not.
type Not struct{ X Node }

// Comparison is a subject, an operator and its arguments.
type Comparison struct {
	// Subject such as "attribute:ecs.instance-type" or "runningTasksCount".
	Subject  string
	Operator Operator
	// Arguments: none of exists and !exists, several of in and !in, else one.
	Arguments []string
}

func (And) binds() int         { return 2 }
func (Or) binds() int          { return 1 }
func (Not) binds() int         { return 3 }
func (*Comparison) binds() int { return 3 }

// String writes "X and Y".
func (n And) String() string { return within(n.X, 2) + " and " + within(n.Y, 3) }

// String writes "X or Y".
func (n Or) String() string { return within(n.X, 1) + " or " + within(n.Y, 2) }

// String writes "not(X)".
func (n Not) String() string { return "not(" + n.X.String() + ")" }

// String writes the operator as a symbol where it has one, and quotes arguments
// that need it.
func (n *Comparison) String() string {
	s := n.Subject + " " + string(n.Operator)
	if n.Operator.takesNone() {
		return s
	}
	arguments := make([]string, len(n.Arguments))
	for i, a := range n.Arguments {
		arguments[i] = literal(a)
	}
	if n.Operator.takesList() {
		return s + " [" + strings.Join(arguments, ", ") + "]"
	}
	return s + " " + arguments[0]
}

// within puts n into parentheses if it binds less than what is around it.
func within(n Node, around int) string {
	if n.binds() < around {
		return "(" + n.String() + ")"
	}
	return n.String()
}

var plain = regexp.MustCompile(`^[A-Za-z0-9_.:@/*+-]+$`)

// literal writes an argument. None holds both sorts of quotes: nothing escapes one.
func literal(a string) string {
	switch {
	case plain.MatchString(a) && a != "and" && a != "or":
		return a
	case strings.Contains(a, "'"):
		return `"` + a + `"`
	default:
		return "'" + a + "'"
	}
}
