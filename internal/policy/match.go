// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"strings"
	"unicode/utf8"
)

// Wildcards of an expanded pattern; no string decodes to negative runes.
const (
	anyRunes rune = -1
	oneRune  rune = -2
)

// lookup finds the value of a policy variable. It answers false for a key that
// is absent or has several values.
type lookup func(key string) (string, bool)

// expand turns a pattern into runes in which wildcards and the values of
// variables cannot be confused. It answers false if a variable has no value.
func expand(pattern string, variables lookup) ([]rune, bool) {
	var out []rune
	for pattern != "" {
		if name, rest, ok := variable(pattern); ok && variables != nil {
			value, known := resolve(name, variables)
			if !known {
				return nil, false
			}
			out = append(out, []rune(value)...)
			pattern = rest
			continue
		}
		r, size := utf8.DecodeRuneInString(pattern)
		out = append(out, wildcard(r))
		pattern = pattern[size:]
	}
	return out, true
}

func wildcard(r rune) rune {
	switch r {
	case '*':
		return anyRunes
	case '?':
		return oneRune
	default:
		return r
	}
}

// variable cuts "${name}" off the start of a pattern.
func variable(pattern string) (name, rest string, ok bool) {
	if !strings.HasPrefix(pattern, "${") {
		return "", "", false
	}
	return strings.Cut(pattern[2:], "}")
}

// resolve gives the value of "key", of "key, 'default'", or of the escapes "*",
// "?" and "$".
func resolve(name string, variables lookup) (string, bool) {
	if name == "*" || name == "?" || name == "$" {
		return name, true
	}
	key, fallback, has := strings.Cut(name, ",")
	if value, ok := variables(strings.TrimSpace(key)); ok {
		return value, true
	}
	return strings.Trim(strings.TrimSpace(fallback), "'"), has
}

// glob matches an expanded pattern against the whole of s.
func glob(pattern, s []rune) bool {
	star, retry := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == anyRunes:
			star, retry = i, j
			i++
		case i < len(pattern) && (pattern[i] == oneRune || pattern[i] == s[j]):
			i++
			j++
		case star >= 0:
			retry++
			i, j = star+1, retry
		default:
			return false
		}
	}
	for i < len(pattern) && pattern[i] == anyRunes {
		i++
	}
	return i == len(pattern)
}

func like(pattern, s string, variables lookup) bool {
	p, ok := expand(pattern, variables)
	return ok && glob(p, []rune(s))
}

// MatchAction reports whether an action pattern such as "ecs:Describe*" covers
// an action. Case does not matter.
func MatchAction(pattern, action string) bool {
	return like(strings.ToLower(pattern), strings.ToLower(action), nil)
}

// arnParts is the number of parts of an ARN; the last one may hold colons.
const arnParts = 6

// matchARN compares part by part: a wildcard does not reach across a colon,
// except in the last part.
func matchARN(pattern, arn string, variables lookup) bool {
	p, a := arnSplit(pattern), strings.SplitN(arn, ":", arnParts)
	if len(a) != arnParts {
		return like(pattern, arn, variables)
	}
	if len(p) == 1 && pattern == "*" {
		return true
	}
	for len(p) < arnParts {
		p = append(p, "*")
	}
	for i := range p {
		if !like(p[i], a[i], variables) {
			return false
		}
	}
	return true
}

// arnSplit splits a pattern at colons outside variables.
func arnSplit(pattern string) []string {
	var (
		parts []string
		depth bool
		start int
	)
	for i := range len(pattern) {
		switch c := pattern[i]; {
		case c == '{' && i > 0 && pattern[i-1] == '$':
			depth = true
		case c == '}':
			depth = false
		case c == ':' && !depth && len(parts) < arnParts-1:
			parts = append(parts, pattern[start:i])
			start = i + 1
		}
	}
	return append(parts, pattern[start:])
}

// matchResource compares a Resource element with what a request is about.
func matchResource(pattern, resource string, variables lookup) bool {
	if pattern == "*" {
		return true
	}
	if !strings.HasPrefix(pattern, "arn:") && !strings.Contains(pattern, ":") {
		return like(pattern, resource, variables)
	}
	if resource == "*" {
		return false
	}
	return matchARN(pattern, resource, variables)
}
