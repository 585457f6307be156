// SPDX-License-Identifier: Apache-2.0

package placement

import "slices"

// Operator compares a subject with arguments. It is written as below, or as a word.
type Operator string

// The operators.
const (
	Equals           Operator = "=="
	NotEquals        Operator = "!="
	GreaterThan      Operator = ">"
	GreaterThanEqual Operator = ">="
	LessThan         Operator = "<"
	LessThanEqual    Operator = "<="
	Exists           Operator = "exists"
	NotExists        Operator = "!exists"
	In               Operator = "in"
	NotIn            Operator = "!in"
	Matches          Operator = "=~"
	NotMatches       Operator = "!~"
)

// symbols are tried in this order: the longer before its beginning.
var symbols = []Operator{Equals, NotEquals, Matches, NotMatches, GreaterThanEqual, LessThanEqual, GreaterThan, LessThan}

// words are the other spellings, and those operators that are words.
var words = map[string]Operator{
	"equals": Equals, "not_equals": NotEquals,
	"greater_than": GreaterThan, "greater_than_equal": GreaterThanEqual,
	"less_than": LessThan, "less_than_equal": LessThanEqual,
	"exists": Exists, "!exists": NotExists, "not_exists": NotExists,
	"in": In, "!in": NotIn, "not_in": NotIn,
	"matches": Matches, "not_matches": NotMatches,
}

func (o Operator) takesNone() bool { return o == Exists || o == NotExists }

func (o Operator) takesList() bool { return o == In || o == NotIn }

func (o Operator) takesPattern() bool { return o == Matches || o == NotMatches }

func (o Operator) orders() bool { return slices.Contains(order[2:], o) }

// negates: the operator is the opposite of another.
func (o Operator) negates() bool {
	return o == NotEquals || o == NotExists || o == NotIn || o == NotMatches
}

// The operators that AWS allows for the sorts of subjects.
var (
	order = []Operator{Equals, NotEquals, GreaterThan, GreaterThanEqual, LessThan, LessThanEqual}
	texts = []Operator{Equals, NotEquals, In, NotIn, Matches, NotMatches}
)

// holds reports whether an order, below 0 for less, is what the operator asks for.
func (o Operator) holds(compared int) bool {
	switch o {
	case Equals:
		return compared == 0
	case NotEquals:
		return compared != 0
	case GreaterThan:
		return compared > 0
	case GreaterThanEqual:
		return compared >= 0
	case LessThan:
		return compared < 0
	case LessThanEqual:
		return compared <= 0
	default:
		return false
	}
}
