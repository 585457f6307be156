// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// javaPattern compiles a pattern of java.util.regex, which must match the whole
// value: AWS's own example for G2 instances is "g2.*". Go's expressions differ;
// what means something else in them, or nothing, is a problem that says so.
// https://docs.oracle.com/javase/8/docs/api/java/util/regex/Pattern.html
func javaPattern(pattern string) (compiled *regexp.Regexp, cause error, problem string) {
	s := javaScanner{text: pattern}
	if cause, problem = s.scan(); problem != "" {
		return nil, cause, problem
	}
	compiled, err := regexp.Compile(`^(?:` + pattern + `)$`)
	var wrong *syntax.Error
	switch {
	case errors.As(err, &wrong) && wrong.Code == syntax.ErrInvalidRepeatSize:
		return nil, ErrNotModelled, fmt.Sprintf("pattern %q repeats more than 1000 times", pattern)
	case err != nil:
		return nil, nil, fmt.Sprintf("got %q, which is no pattern: %v", pattern, err)
	default:
		return compiled, nil, ""
	}
}

// javaScanner looks for what Java and Go read differently.
type javaScanner struct {
	text string
	pos  int
}

// same are the letters that mean the same after a backslash.
const same = "dDwWsSbBAztnfra"

var count = regexp.MustCompile(`^\{[0-9]+(,[0-9]*)?\}`)

func (s *javaScanner) scan() (cause error, problem string) {
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		switch {
		case c == '\\':
			cause, problem = s.escape()
		case c == '[':
			cause, problem = s.class()
		case c == '(':
			cause, problem = s.group()
		case c == '{' && !count.MatchString(s.text[s.pos:]):
			return nil, fmt.Sprintf("got pattern %q, want a count after {", s.text)
		case c == '*' || c == '+' || c == '?' || c == '{':
			cause, problem = s.repeat()
		default:
			s.pos++
		}
		if problem != "" {
			return cause, problem
		}
	}
	return nil, ""
}

func (s *javaScanner) refuse(what string) (error, string) {
	return ErrNotModelled, fmt.Sprintf("pattern %q has %s", s.text, what)
}

func (s *javaScanner) escape() (error, string) {
	rest := s.text[s.pos+1:]
	switch {
	case rest == "":
		return nil, fmt.Sprintf("got pattern %q, want something after the backslash", s.text)
	case rest[0] == 'Q':
		s.pos = len(s.text)
		if end := strings.Index(rest, `\E`); end >= 0 {
			s.pos -= len(rest) - end - len(`\E`)
		}
		return nil, ""
	case wordRune(rune(rest[0])) && !strings.ContainsRune(same, rune(rest[0])), rest[0] >= 0x80:
		return s.refuse(`\` + rest[:1])
	default:
		s.pos += 2
		return nil, ""
	}
}

// class steps over [...]. In Java a class may stand in a class, and && cuts two.
func (s *javaScanner) class() (error, string) {
	s.pos++
	if strings.HasPrefix(s.text[s.pos:], "^") {
		s.pos++
	}
	for first := true; s.pos < len(s.text); first = false {
		switch c := s.text[s.pos]; {
		case c == ']' && !first:
			s.pos++
			return nil, ""
		case c == '[':
			return s.refuse("a class in a class")
		case strings.HasPrefix(s.text[s.pos:], "&&"):
			return s.refuse("&& in a class")
		case strings.HasPrefix(s.text[s.pos:], `\Q`):
			return s.refuse(`\Q in a class`)
		case c == '\\':
			if cause, problem := s.escape(); problem != "" {
				return cause, problem
			}
		default:
			s.pos++
		}
	}
	return nil, fmt.Sprintf("got pattern %q, want ] at the end of the class", s.text)
}

// group steps over the head of (...).
func (s *javaScanner) group() (error, string) {
	rest := s.text[s.pos:]
	if strings.HasPrefix(rest, "(?") && !strings.HasPrefix(rest, "(?:") && !strings.HasPrefix(rest, "(?i)") {
		return s.refuse("a group with (?, of which only (?: and (?i) are known")
	}
	s.pos++
	if strings.HasPrefix(rest, "(?") {
		s.pos++
	}
	return nil, ""
}

// repeat steps over *, +, ? or a count, and the ? that makes it reluctant.
func (s *javaScanner) repeat() (error, string) {
	if found := count.FindString(s.text[s.pos:]); found != "" {
		s.pos += len(found)
	} else {
		s.pos++
	}
	switch rest := s.text[s.pos:]; {
	case strings.HasPrefix(rest, "+"):
		return s.refuse("a possessive repeat")
	case strings.HasPrefix(rest, "?"):
		s.pos++
	}
	return nil, ""
}
