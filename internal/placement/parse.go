// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// parser reads an expression from left to right. "not" binds tighter than "and",
// and that tighter than "or"; operators of one sort group from the left.
type parser struct {
	text string
	pos  int
	// at is where comparisons begin.
	at map[*Comparison]int
}

func (p *parser) errorAt(pos int, text string, cause error) *Error {
	return &Error{Column: utf8.RuneCountInString(p.text[:pos]) + 1, Text: text, Err: cause}
}

// want reports what should stand here.
func (p *parser) want(what string) error {
	return p.errorAt(p.pos, "got "+p.found()+", want "+what, nil)
}

// found describes what stands here.
func (p *parser) found() string {
	if p.pos == len(p.text) {
		return "the end"
	}
	rest := p.text[p.pos:]
	if end := strings.IndexAny(rest, blanks); end > 0 {
		rest = rest[:end]
	}
	return fmt.Sprintf("%q", rest)
}

func (p *parser) whole() (Node, error) {
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.skip(); p.pos < len(p.text) {
		return nil, p.want("and, or, or the end; an argument with blanks or parentheses needs quotes")
	}
	return n, nil
}

func (p *parser) or() (Node, error) {
	return p.chain(p.and, func(x, y Node) Node { return Or{x, y} }, "||", "or")
}

func (p *parser) and() (Node, error) {
	return p.chain(p.unary, func(x, y Node) Node { return And{x, y} }, "&&", "and")
}

// chain reads operands between one sort of operator.
func (p *parser) chain(operand func() (Node, error), join func(x, y Node) Node, symbol, word string) (Node, error) {
	n, err := operand()
	for err == nil && (p.take(symbol) || p.keyword(word)) {
		var next Node
		if next, err = operand(); err == nil {
			n = join(n, next)
		}
	}
	return n, err
}

func (p *parser) unary() (Node, error) {
	switch {
	case p.take("!") || p.keyword("not"):
		n, err := p.unary()
		return Not{n}, err
	case p.take("("):
		n, err := p.or()
		if err == nil && !p.take(")") {
			err = p.want("a closing parenthesis")
		}
		return n, err
	default:
		return p.comparison()
	}
}

func (p *parser) comparison() (Node, error) {
	p.skip()
	c := &Comparison{}
	p.at[c] = p.pos
	if c.Subject = p.run(nameRune); c.Subject == "" {
		return nil, p.want("a subject, such as attribute:ecs.instance-type or runningTasksCount")
	}
	var err error
	if c.Operator, err = p.operator(); err != nil {
		return nil, err
	}
	c.Arguments, err = p.arguments(c.Operator)
	return c, err
}

func (p *parser) operator() (Operator, error) {
	for _, o := range symbols {
		if p.take(string(o)) {
			return o, nil
		}
	}
	p.skip()
	start := p.pos
	if strings.HasPrefix(p.text[p.pos:], "!") {
		p.pos++
	}
	p.run(wordRune)
	if o, ok := words[p.text[start:p.pos]]; ok {
		return o, nil
	}
	p.pos = start
	return "", p.want("an operator, such as ==, !=, in, =~ or exists")
}

func (p *parser) arguments(o Operator) ([]string, error) {
	switch {
	case o.takesNone():
		return nil, nil
	case o.takesList():
		return p.list()
	case o.takesPattern():
		return p.one(patternRune)
	default:
		return p.one(valueRune)
	}
}

func (p *parser) one(bare func(rune) bool) ([]string, error) {
	a, err := p.argument(bare)
	return []string{a}, err
}

func (p *parser) list() ([]string, error) {
	if !p.take("[") {
		return nil, p.want("a list such as [a, b]")
	}
	var all []string
	for {
		a, err := p.argument(valueRune)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
		if p.take("]") {
			return all, nil
		}
		if !p.take(",") {
			return nil, p.want("a comma or the end of the list")
		}
	}
}

// argument reads what stands in quotes as it is, or a bare word.
func (p *parser) argument(bare func(rune) bool) (string, error) {
	p.skip()
	for _, quote := range []string{"'", `"`} {
		if !p.take(quote) {
			continue
		}
		length := strings.Index(p.text[p.pos:], quote)
		if length < 0 {
			return "", p.errorAt(p.pos-1, "the quote is never closed", nil)
		}
		p.pos += length + 1
		return p.text[p.pos-1-length : p.pos-1], nil
	}
	start := p.pos
	a := p.run(bare)
	if a == "" || a == "and" || a == "or" || strings.ContainsRune("=!<>~", rune(a[0])) {
		p.pos = start
		return "", p.want("an argument; quote one that is a word or sign of the language")
	}
	return a, nil
}
