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
func javaPattern(pattern string) (*regexp.Regexp, *Error) {
	s := javaScanner{text: pattern}
	if err := s.scan(); err != nil {
		return nil, err
	}
	if s.quoting {
		pattern += `\E`
	}
	// By itself first: around "a)(b" the parentheses below would close.
	_, err := syntax.Parse(pattern, syntax.Perl)
	var compiled *regexp.Regexp
	if err == nil {
		compiled, err = regexp.Compile(`^(?:` + pattern + `)$`)
	}
	var wrong *syntax.Error
	switch {
	case errors.As(err, &wrong) && wrong.Code == syntax.ErrInvalidRepeatSize:
		return nil, s.refuse("a count that is over 1000, or falls")
	case err != nil:
		return nil, &Error{Text: fmt.Sprintf("got %q, which is no pattern: %v", pattern, err)}
	default:
		return compiled, nil
	}
}

// javaScanner looks for what Java and Go read differently.
type javaScanner struct {
	text string
	pos  int
	// quoting: the pattern ends in a quotation.
	quoting bool
}

// same are the letters that mean the same after a backslash.
const same = "dDwWsSbBAztnfra"

var counted = regexp.MustCompile(`^\{[0-9]+(,[0-9]*)?\}`)

func (s *javaScanner) scan() *Error {
	var err *Error
	for err == nil && s.pos < len(s.text) {
		switch s.text[s.pos] {
		case '\\':
			err = s.escape()
		case '[':
			err = s.class()
		case '(':
			err = s.group()
		case '*', '+', '?', '{':
			err = s.repeat()
		default:
			s.pos++
		}
	}
	return err
}

func (s *javaScanner) refuse(what string) *Error {
	return &Error{Text: fmt.Sprintf("pattern %q has %s", s.text, what), Err: ErrNotModelled}
}

func (s *javaScanner) want(what string) *Error {
	return &Error{Text: fmt.Sprintf("got pattern %q, want %s", s.text, what)}
}

func (s *javaScanner) escape() *Error {
	rest := s.text[s.pos+1:]
	switch {
	case rest == "":
		return s.want("something after the backslash")
	case rest[0] == 'Q':
		end := strings.Index(rest, `\E`)
		if s.quoting = end < 0; s.quoting {
			end = len(rest) - len(`\E`)
		}
		s.pos += 1 + end + len(`\E`)
		return nil
	case wordRune(rune(rest[0])) && !strings.ContainsRune(same, rune(rest[0])), rest[0] >= 0x80:
		return s.refuse(`\` + rest[:1])
	default:
		s.pos += 2
		return nil
	}
}

// class steps over [...]. In Java a class may stand in a class, and && cuts two.
func (s *javaScanner) class() *Error {
	s.pos++
	if strings.HasPrefix(s.text[s.pos:], "^") {
		s.pos++
	}
	for first := true; s.pos < len(s.text); first = false {
		switch c := s.text[s.pos]; {
		case c == ']' && !first:
			s.pos++
			return nil
		case c == '[':
			return s.refuse("a class in a class")
		case strings.HasPrefix(s.text[s.pos:], "&&"):
			return s.refuse("&& in a class")
		case strings.HasPrefix(s.text[s.pos:], `\Q`):
			return s.refuse(`\Q in a class`)
		case c == '\\':
			if err := s.escape(); err != nil {
				return err
			}
		default:
			s.pos++
		}
	}
	return s.want("] at the end of the class")
}

// group steps over the head of (...).
func (s *javaScanner) group() *Error {
	rest := s.text[s.pos:]
	if strings.HasPrefix(rest, "(?") && !strings.HasPrefix(rest, "(?:") && !strings.HasPrefix(rest, "(?i)") {
		return s.refuse("a group with (?, of which only (?: and (?i) are known")
	}
	s.pos++
	if strings.HasPrefix(rest, "(?") {
		s.pos++
	}
	return nil
}

// repeat steps over *, +, ? or a count, and the ? that makes it reluctant.
func (s *javaScanner) repeat() *Error {
	found := s.text[s.pos : s.pos+1]
	if found == "{" {
		found = counted.FindString(s.text[s.pos:])
	}
	if found == "" {
		return s.want("a count after {")
	}
	s.pos += len(found)
	switch rest := s.text[s.pos:]; {
	case strings.HasPrefix(rest, "+"):
		return s.refuse("a possessive repeat")
	case strings.HasPrefix(rest, "?"):
		s.pos++
	}
	return nil
}
