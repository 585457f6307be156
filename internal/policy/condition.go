// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"bytes"
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// compare reports whether a request's value satisfies a policy's.
type compare func(want, got string, variables lookup) bool

// operators are the comparisons by lower-case name; those that negate another
// one are in negations.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
var operators = map[string]compare{
	"stringequals":             sameText,
	"stringequalsignorecase":   sameFold,
	"stringlike":               like,
	"arnequals":                matchARN,
	"arnlike":                  matchARN,
	"bool":                     func(want, got string, _ lookup) bool { return strings.EqualFold(want, got) },
	"binaryequals":             sameBinary,
	"ipaddress":                inNetwork,
	"numericequals":            numeric(func(c int) bool { return c == 0 }),
	"numericlessthan":          numeric(func(c int) bool { return c < 0 }),
	"numericlessthanequals":    numeric(func(c int) bool { return c <= 0 }),
	"numericgreaterthan":       numeric(func(c int) bool { return c > 0 }),
	"numericgreaterthanequals": numeric(func(c int) bool { return c >= 0 }),
	"dateequals":               date(func(c int) bool { return c == 0 }),
	"datelessthan":             date(func(c int) bool { return c < 0 }),
	"datelessthanequals":       date(func(c int) bool { return c <= 0 }),
	"dategreaterthan":          date(func(c int) bool { return c > 0 }),
	"dategreaterthanequals":    date(func(c int) bool { return c >= 0 }),
}

// negations are true unless the operator they name is.
var negations = map[string]string{
	"stringnotequals":           "stringequals",
	"stringnotequalsignorecase": "stringequalsignorecase",
	"stringnotlike":             "stringlike",
	"arnnotequals":              "arnequals",
	"arnnotlike":                "arnlike",
	"notipaddress":              "ipaddress",
	"numericnotequals":          "numericequals",
	"datenotequals":             "dateequals",
}

// operator is a parsed condition operator.
type operator struct {
	// set is "", "forallvalues" or "foranyvalue".
	set      string
	null     bool
	negated  bool
	ifExists bool
	test     compare
}

// parseOperator reads a name such as "ForAllValues:StringLikeIfExists".
func parseOperator(name string) (operator, bool) {
	var o operator
	name = strings.ToLower(name)
	if set, rest, ok := strings.Cut(name, ":"); ok {
		if set != "forallvalues" && set != "foranyvalue" {
			return o, false
		}
		o.set, name = set, rest
	}
	if name == "null" {
		o.null = true
		return o, o.set == ""
	}
	name, o.ifExists = strings.CutSuffix(name, "ifexists")
	if positive, ok := negations[name]; ok {
		o.negated, name = true, positive
	}
	o.test = operators[name]
	return o, o.test != nil
}

// holds reports whether a condition is met by the context.
func (c Condition) holds(context keys, variables lookup) bool {
	o, ok := parseOperator(c.Operator)
	if !ok {
		return false
	}
	got, present := context.get(c.Key)
	switch {
	case o.null:
		return o.isNull(c.Values, present && len(got) > 0)
	case !present && o.ifExists, o.set == "forallvalues" && len(got) == 0:
		return true
	case len(got) == 0:
		return o.negated && o.set == ""
	case o.set == "forallvalues":
		return o.every(c.Values, got, variables)
	case o.set == "foranyvalue":
		return o.some(c.Values, got, variables)
	case o.negated:
		return o.every(c.Values, got, variables)
	default:
		return o.some(c.Values, got, variables)
	}
}

func (o operator) isNull(values []string, present bool) bool {
	for _, v := range values {
		if strings.EqualFold(v, "true") != present {
			return true
		}
	}
	return false
}

func (o operator) every(want, got []string, variables lookup) bool {
	for _, g := range got {
		if !o.one(want, g, variables) {
			return false
		}
	}
	return true
}

func (o operator) some(want, got []string, variables lookup) bool {
	for _, g := range got {
		if o.one(want, g, variables) {
			return true
		}
	}
	return false
}

// one compares one value of the request with all of the policy's: any of them
// will do, or, negated, none may match.
func (o operator) one(want []string, got string, variables lookup) bool {
	for _, w := range want {
		if o.test(w, got, variables) {
			return !o.negated
		}
	}
	return o.negated
}

// literal expands variables in a value in which wildcards mean themselves.
func literal(s string, variables lookup) (string, bool) {
	runes, ok := expand(s, variables)
	for i, r := range runes {
		switch r {
		case anyRunes:
			runes[i] = '*'
		case oneRune:
			runes[i] = '?'
		}
	}
	return string(runes), ok
}

func sameText(want, got string, variables lookup) bool {
	w, ok := literal(want, variables)
	return ok && w == got
}

func sameFold(want, got string, variables lookup) bool {
	w, ok := literal(want, variables)
	return ok && strings.EqualFold(w, got)
}

func sameBinary(want, got string, _ lookup) bool {
	w, err := base64.StdEncoding.DecodeString(want)
	if err != nil {
		return false
	}
	g, err := base64.StdEncoding.DecodeString(got)
	return err == nil && bytes.Equal(w, g)
}

func inNetwork(want, got string, _ lookup) bool {
	address, err := netip.ParseAddr(got)
	if err != nil {
		return false
	}
	if network, err := netip.ParsePrefix(want); err == nil {
		return network.Contains(address)
	}
	single, err := netip.ParseAddr(want)
	return err == nil && single == address
}

func numeric(ok func(sign int) bool) compare {
	return func(want, got string, _ lookup) bool {
		w, err := strconv.ParseFloat(want, 64)
		if err != nil {
			return false
		}
		g, err := strconv.ParseFloat(got, 64)
		return err == nil && ok(sign(g, w))
	}
}

func sign(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

func date(ok func(sign int) bool) compare {
	return func(want, got string, _ lookup) bool {
		w, valid := instant(want)
		if !valid {
			return false
		}
		g, valid := instant(got)
		return valid && ok(g.Compare(w))
	}
}

// instant reads one of the W3C forms of ISO 8601, or seconds of the epoch.
func instant(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	seconds, err := strconv.ParseInt(s, 10, 64)
	return time.Unix(seconds, 0), err == nil
}
