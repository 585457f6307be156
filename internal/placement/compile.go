// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// test asks an instance.
type test func(i *Instance) (bool, error)

// compiler makes tests of trees, and refuses what a subject cannot be asked.
type compiler struct {
	fail    func(c *Comparison, text string, cause error) error
	dynamic bool
}

func (c *compiler) node(n Node) (test, error) {
	switch n := n.(type) {
	case And:
		return c.both(n.X, n.Y, false)
	case Or:
		return c.both(n.X, n.Y, true)
	case Not:
		x, err := c.node(n.X)
		return func(i *Instance) (bool, error) {
			ok, err := x(i)
			return !ok, err
		}, err
	default:
		return c.comparison(n.(*Comparison)) //nolint:forcetypeassert // the fourth of four
	}
}

// both ends with X where that decides.
func (c *compiler) both(left, right Node, decides bool) (test, error) {
	x, err := c.node(left)
	if err != nil {
		return nil, err
	}
	y, err := c.node(right)
	return func(i *Instance) (bool, error) {
		if ok, err := x(i); err != nil || ok == decides {
			return ok, err
		}
		return y(i)
	}, err
}

const attributePrefix = "attribute:"

var attributeName = regexp.MustCompile(`^[A-Za-z0-9_\-./\\]{1,128}$`)

func (c *compiler) comparison(n *Comparison) (test, error) {
	if name, ok := strings.CutPrefix(n.Subject, attributePrefix); ok {
		return c.attribute(n, name)
	}
	switch n.Subject {
	case "agentConnected":
		return c.text(n, func(i *Instance) string { return strconv.FormatBool(i.AgentConnected) })
	case "ec2InstanceId":
		return c.text(n, func(i *Instance) string { return i.EC2 })
	case "agentVersion":
		return ordered(c, n, parseVersion, slices.Compare, "a version such as 1.14.5", func(i *Instance) (version, bool, error) {
			if i.AgentVersion == "" {
				return nil, false, nil
			}
			v, err := parseVersion(i.AgentVersion)
			return v, true, err
		})
	case "registeredAt":
		return ordered(c, n, parseDate, time.Time.Compare, "a date such as 2018-06-18 or 2018-06-18T22:28:28Z", func(i *Instance) (time.Time, bool, error) {
			return i.RegisteredAt, !i.RegisteredAt.IsZero(), nil
		})
	case "runningTasksCount":
		c.dynamic = true
		return ordered(c, n, strconv.Atoi, cmp.Compare[int], "a whole number", func(i *Instance) (int, bool, error) {
			return i.Running, true, nil
		})
	case "task:group":
		c.dynamic = true
		return c.group(n)
	default:
		return nil, c.fail(n, fmt.Sprintf("got subject %q, want agentConnected, agentVersion, attribute:NAME, "+
			"ec2InstanceId, registeredAt, runningTasksCount or task:group", n.Subject), nil)
	}
}

func (c *compiler) allow(n *Comparison, operators []Operator) error {
	if slices.Contains(operators, n.Operator) {
		return nil
	}
	allowed := make([]string, len(operators))
	for i, o := range operators {
		allowed[i] = string(o)
	}
	return c.fail(n, fmt.Sprintf("%s cannot be asked %s, only %s", n.Subject, n.Operator, strings.Join(allowed, " ")), nil)
}

// text compares what every instance has.
func (c *compiler) text(n *Comparison, of func(*Instance) string) (test, error) {
	if err := c.allow(n, texts); err != nil {
		return nil, err
	}
	is, err := c.is(n)
	return func(i *Instance) (bool, error) { return is(of(i)) != n.Operator.negates(), nil }, err
}

// is tells whether a value is what the operator, or its opposite, asks for.
func (c *compiler) is(n *Comparison) (func(string) bool, error) {
	if !n.Operator.takesPattern() {
		return func(s string) bool { return slices.Contains(n.Arguments, s) }, nil
	}
	pattern, err := javaPattern(n.Arguments[0])
	if err != nil {
		return nil, c.fail(n, err.Text, err.Err)
	}
	return pattern.MatchString, nil
}

// attribute: an instance without the attribute is none of ==, !=, in, !in, =~ and
// !~. AWS lists with "attribute:stack != prod" those that have the attribute stack,
// with another value.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-constraints.html
// https://github.com/aws/containers-roadmap/issues/486
func (c *compiler) attribute(n *Comparison, name string) (test, error) {
	if !attributeName.MatchString(name) {
		return nil, c.fail(n, fmt.Sprintf("got attribute %q, want 1 to 128 letters, digits and any of - _ . / and \\", name), nil)
	}
	if n.Operator.takesNone() {
		return func(i *Instance) (bool, error) {
			_, has := i.Attributes[name]
			return has != n.Operator.negates(), nil
		}, nil
	}
	if n.Operator.orders() {
		return c.number(n, name)
	}
	is, err := c.is(n)
	return func(i *Instance) (bool, error) {
		value, has := i.Attributes[name]
		return has && is(value) != n.Operator.negates(), nil
	}, err
}

// number orders attributes. AWS does not say how it orders text.
func (c *compiler) number(n *Comparison, name string) (test, error) {
	bound, err := strconv.ParseFloat(n.Arguments[0], 64)
	if err != nil {
		return nil, c.fail(n, fmt.Sprintf("AWS does not say how %s orders %q, which is no number", n.Operator, n.Arguments[0]), ErrNotModelled)
	}
	return func(i *Instance) (bool, error) {
		value, has := i.Attributes[name]
		if !has {
			return false, nil
		}
		got, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return false, fmt.Errorf("%w: AWS does not say how %s %s %s orders %q", ErrNotModelled, n.Subject, n.Operator, n.Arguments[0], value)
		}
		return n.Operator.holds(cmp.Compare(got, bound)), nil
	}, nil
}

// group asks for an instance with a task of such a group. AWS writes the opposite
// as not(task:group == x), and does not say what != means for an instance with
// tasks of several groups.
func (c *compiler) group(n *Comparison) (test, error) {
	if n.Operator.takesNone() {
		return func(i *Instance) (bool, error) { return len(i.Groups) > 0 != n.Operator.negates(), nil }, nil
	}
	if n.Operator.negates() || n.Operator.orders() {
		return nil, c.fail(n, fmt.Sprintf("AWS does not explain task:group %s; write not(task:group == %s)", n.Operator, literal(n.Arguments[0])), ErrNotModelled)
	}
	if n.Operator == Equals {
		return func(i *Instance) (bool, error) { return i.Groups[n.Arguments[0]] > 0, nil }, nil
	}
	is, err := c.is(n)
	return func(i *Instance) (bool, error) {
		for g := range i.Groups {
			if is(g) {
				return true, nil
			}
		}
		return false, nil
	}, err
}

// ordered compares what has an order. Instances that do not have the subject are
// out of every comparison.
func ordered[T any](c *compiler, n *Comparison, parse func(string) (T, error), compare func(a, b T) int, form string, of func(*Instance) (T, bool, error)) (test, error) {
	if err := c.allow(n, order); err != nil {
		return nil, err
	}
	bound, err := parse(n.Arguments[0])
	if err != nil {
		return nil, c.fail(n, fmt.Sprintf("got %s %q, want %s", n.Subject, n.Arguments[0], form), nil)
	}
	return func(i *Instance) (bool, error) {
		got, has, err := of(i)
		if !has || err != nil {
			return false, err
		}
		return n.Operator.holds(compare(got, bound)), nil
	}, nil
}
