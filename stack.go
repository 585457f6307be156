// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"errors"
	"regexp"
	"slices"
)

// Stack is a set of resources that are planned, applied and destroyed together.
// It is a value: methods that change it return a copy. What a stack made is known
// by its tags in AWS; there is no state file.
type Stack struct {
	name      string
	resources []Resource
	kinds     []Kind
}

// NewStack returns a stack of that name with those resources, and all that they
// use. The name marks what the stack owns in a region: 1 to 64 letters, digits,
// hyphens and underscores, beginning with a letter. Resources that another one
// uses need not be named, and may be.
func NewStack(name string, resources ...Resource) Stack {
	return Stack{name: name, resources: slices.Clone(resources)}
}

// Name returns the stack's name.
func (s Stack) Name() string { return s.name }

// With adds resources.
func (s Stack) With(resources ...Resource) Stack {
	s.resources = append(slices.Clip(s.resources), resources...)
	return s
}

// WithKinds adds kinds to those among which the stack looks for things that it
// owns and that are no longer declared. The kinds of its resources, and those
// that these stand on, are looked at anyway.
func (s Stack) WithKinds(kinds ...Kind) Stack {
	s.kinds = append(slices.Clip(s.kinds), kinds...)
	return s
}

// Validate returns all that AWS would always reject, joined in the order of the
// declarations; each is a [FieldError]. It sends nothing.
func (s Stack) Validate() error {
	_, _, err := s.declared()
	return err
}

// Warnings returns what AWS probably rejects, or what is legal but risky.
func (s Stack) Warnings() []FieldError {
	_, problems, _ := s.declared()
	return slices.DeleteFunc(problems, func(e FieldError) bool { return !e.Warn })
}

// declared builds and checks all resources.
func (s Stack) declared() (*declarations, []FieldError, error) {
	d, err := s.build()
	problems := d.check(d.refs(nil), func(n *node) any { return n.declared })
	return d, problems, errors.Join(err, JoinFields(problems))
}

var stackName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)

// checkName reports a name that cannot be part of tags and role paths.
func (s Stack) checkName() error {
	if stackName.MatchString(s.name) {
		return nil
	}
	return FieldError{
		Path: "Stack.Name", Got: s.name,
		Want: "1 to 64 letters, digits, hyphens and underscores, beginning with a letter",
	}
}
