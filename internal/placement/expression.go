// SPDX-License-Identifier: Apache-2.0

// Package placement knows where ECS puts tasks on container instances, and which
// it stops: the cluster query language, constraints, strategies, and the words in
// which ECS says that no instance will do. It is pure: it calls nothing, and the
// same cluster and the same request give the same choice.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement.html
package placement

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

const docLanguage = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html"

// MaxExpression is how many characters an expression may have.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PlacementConstraint.html
const MaxExpression = 2000

// ErrNotModelled is in errors about expressions that ECS may well take, but whose
// meaning is not known here: patterns that only Java understands, and comparisons
// that AWS does not explain.
var ErrNotModelled = errors.New("not modelled")

// Error says what is wrong with an expression, and where.
type Error struct {
	// Column counts characters from 1.
	Column int
	Text   string
	// Err is [ErrNotModelled], or nil where ECS itself would refuse.
	Err error
}

// Error names the column, and AWS's page.
func (e *Error) Error() string { return e.Reason() + " (" + docLanguage + ")" }

// Reason is the error without the page.
func (e *Error) Reason() string {
	if e.Err != nil {
		return fmt.Sprintf("column %d: %v: %s", e.Column, e.Err, e.Text)
	}
	return fmt.Sprintf("column %d: %s", e.Column, e.Text)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Expression is a query of the cluster query language, ready to be put to
// instances. It does not change.
type Expression struct {
	tree Node
	test test
	// dynamic expressions look at the tasks of an instance.
	dynamic bool
}

// Parse reads an expression. Its errors are of type *[Error].
func Parse(text string) (*Expression, error) {
	if n := utf8.RuneCountInString(text); n > MaxExpression {
		return nil, &Error{Column: MaxExpression + 1, Text: fmt.Sprintf("got %d characters, want at most %d", n, MaxExpression)}
	}
	p := &parser{text: text, at: map[*Comparison]int{}}
	tree, err := p.whole()
	if err != nil {
		return nil, err
	}
	c := compiler{fail: func(c *Comparison, text string, cause error) error { return p.errorAt(p.at[c], text, cause) }}
	test, err := c.node(tree)
	if err != nil {
		return nil, err
	}
	return &Expression{tree: tree, test: test, dynamic: c.dynamic}, nil
}

// Tree is what the expression was read as.
func (e *Expression) Tree() Node { return e.tree }

// String is the expression in one fixed form; [Parse] reads it as an equal tree.
func (e *Expression) String() string { return e.tree.String() }

// Matches reports whether the instance is a member of what the expression
// describes. The error is [ErrNotModelled]: a value of the instance cannot be
// compared.
func (e *Expression) Matches(i *Instance) (bool, error) { return e.test(i) }
