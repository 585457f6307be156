// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"
)

// Preflighter is a [Driver] that can tell, before anything is changed, whether
// what surrounds a thing is as it needs it to be.
type Preflighter[T any] interface {
	// Preflight reads AWS, and only reads. In want, strings whose placeholders are
	// not known yet still hold them: what the stack itself will make is looked up in
	// refs and taken as given. The error says that nothing could be found out; a
	// single thing that could not is a [Check] without an answer.
	Preflight(ctx context.Context, c Call, refs Refs, want *T) ([]Check, error)
}

// Simulator is a [Driver] that can find out whether the caller has permissions.
type Simulator interface {
	// Simulate returns a check for each permission.
	Simulate(ctx context.Context, c Call, permissions []Permission) []Check
}

// Check is one thing that was looked at before a change.
type Check struct {
	// ID is the resource that needs it; zero for what the caller needs.
	ID ID
	// Subject says what has to be so, such as "image shop/web:1 exists for linux/amd64".
	Subject string
	// Cause says why it is not so; nil if it is, or is not known.
	Cause *Cause
	// Unknown says why it could not be found out; empty if it was.
	Unknown string
}

// String returns the check on a line, with the cause below it.
func (c Check) String() string {
	switch {
	case c.Cause != nil:
		return "FAILED   " + c.Subject + "\n  " + strings.ReplaceAll(c.Cause.String(), "\n", "\n  ")
	case c.Unknown != "":
		return "unknown  " + c.Subject + ": " + c.Unknown
	default:
		return "ok       " + c.Subject
	}
}

// Report is what [Stack.Preflight] has found. Print it to read it.
type Report struct {
	// Stack is "<stack>@<region>".
	Stack string
	// Checks are in the order in which things can be made, the caller's permissions at
	// the end.
	Checks []Check
}

// String returns a line for each check, with what is wrong and what to do about it.
func (r *Report) String() string {
	var b strings.Builder
	failed, unknown := 0, 0
	for _, c := range r.Checks {
		switch {
		case c.Cause != nil:
			failed++
		case c.Unknown != "":
			unknown++
		}
	}
	fmt.Fprintf(&b, "%s: %d checks, %d failed, %d unknown\n", r.Stack, len(r.Checks), failed, unknown)
	for _, c := range r.Checks {
		b.WriteString(c.String() + "\n")
	}
	return b.String()
}

// Err returns a [*PreflightError] with the checks that have failed; nil if none has.
// What could not be found out is no failure.
func (r *Report) Err() error {
	e := &PreflightError{Stack: r.Stack}
	for _, c := range r.Checks {
		if c.Cause != nil {
			e.Failed = append(e.Failed, c)
		}
	}
	if len(e.Failed) == 0 {
		return nil
	}
	return e
}

// PreflightError says what in AWS is not as a stack needs it. It matches [ErrFailed].
type PreflightError struct {
	// Stack is "<stack>@<region>".
	Stack string
	// Failed are the checks that have failed; each has a Cause.
	Failed []Check
}

// Error says what is wrong.
func (e *PreflightError) Error() string {
	lines := []string{e.Stack + ": not ready to be applied"}
	for _, c := range e.Failed {
		lines = append(lines, c.String())
	}
	return strings.Join(lines, "\n")
}

// Is reports whether target is [ErrFailed].
func (e *PreflightError) Is(target error) bool { return target == ErrFailed }

// Preflight reads AWS and finds out, before anything is changed, whether what the stack
// needs beside itself is there: images for the platform of their tasks, roles that the
// service can assume, secrets and parameters and the permission to read them, log
// groups, certificates for the host names, routes and free addresses of subnets,
// quotas of which the stack needs more than is left, and the caller's own permissions by
// simulation of their policies. What the stack will make itself is taken as given.
// Values of secrets are never read.
//
// What could not be found out, for want of a permission to look, is part of the report
// and no failure. The error is that of [Stack.Plan], or says that AWS could not be read;
// what is wrong is the report's [Report.Err].
func (s Stack) Preflight(ctx context.Context, cfg aws.Config) (*Report, error) {
	r, work, err := s.prepare(ctx, cfg, newSettings())
	if r == nil {
		return nil, err
	}
	order, _ := r.order.Order()
	found := make([][]Check, len(order))
	group := errgroup.Group{}
	group.SetLimit(r.set.limit)
	for k, i := range order {
		group.Go(func() error {
			if r.reads[i].want == nil {
				return nil
			}
			n := r.nodes[i]
			checks, err := n.kind.driver.preflight(ctx, r.call(n.id), r.refs(r.reads), r.reads[i].want)
			if err != nil {
				return &ResourceError{ID: n.id, Verb: None, Err: err}
			}
			for j := range checks {
				checks[j].ID = n.id
			}
			found[k] = checks
			return nil
		})
	}
	err = errors.Join(err, group.Wait())
	report := &Report{Stack: r.owner}
	for _, checks := range found {
		report.add(checks)
	}
	rations, failure := r.ration(ctx)
	report.add(rations)
	report.add(r.simulate(ctx, r.permissions(work)))
	return report, errors.Join(err, failure)
}

// add adds checks, those of one subject once.
func (r *Report) add(checks []Check) {
	for _, c := range checks {
		known := false
		for _, k := range r.Checks {
			known = known || k.Subject == c.Subject
		}
		if !known {
			r.Checks = append(r.Checks, c)
		}
	}
}

// simulate checks the caller's permissions, if a kind of the stack can.
func (r *run) simulate(ctx context.Context, permissions []Permission) []Check {
	for _, k := range r.kinds() {
		if s := k.driver.simulator(); s != nil {
			return s.Simulate(ctx, r.call(ID{}), permissions)
		}
	}
	return nil
}
