// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"go/token"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway"
)

// ExportOption is an option of [Export].
type ExportOption func(*exportSettings)

type exportSettings struct {
	pkg   string
	stack string
}

// ExportPackage sets the package of the source, an identifier of Go; "main" if not given, which has a
// function main that prints the plan of the stack.
func ExportPackage(name string) ExportOption {
	return func(s *exportSettings) { s.pkg = name }
}

// ExportStack names the stack of a service that no stack owns; by default it has the
// name of the service. The stack of a service that has one is always that.
func ExportStack(name string) ExportOption {
	return func(s *exportSettings) { s.stack = name }
}

func (s exportSettings) validate() error {
	if !token.IsIdentifier(s.pkg) || s.pkg == "_" {
		return slipway.FieldError{Path: "ExportPackage", Got: fmt.Sprintf("%q", s.pkg), Want: "the name of a Go package"}
	}
	if s.stack != "" {
		return slipway.NewStack(s.stack).Validate()
	}
	return nil
}

// ExportError lists what the source of [Export] does not tell as AWS has it. The
// source is returned with it, and says the same in comments.
type ExportError struct {
	// Service by the names of its cluster and its own: "shop/web".
	Service string
	// Left is what is missing or differs, each in a sentence, without values.
	Left []string
}

// Error lists all of it, each in a line if it is more than one thing.
func (e *ExportError) Error() string {
	const item = "\n  - "
	if len(e.Left) == 1 {
		return "export of " + e.Service + " is not complete: " + e.Left[0]
	}
	return "export of " + e.Service + " is not complete:" + item + strings.Join(e.Left, item)
}

// Is reports whether target is [slipway.ErrInvalid].
func (e *ExportError) Is(target error) bool { return target == slipway.ErrInvalid }

// Export returns the declaration of a service that exists, but for those of Express Mode
// and on Managed Instances, as a Go source file: the builders of the service, on Fargate or
// on EC2, of its task definition, and of all around them that the service's stack owns, its
// instances included, in a function
//
//	func Stack() slipway.Stack
//
// What the stack does not own is referred to by its name, ID or ARN. A service that no
// stack owns is declared with its task definition and its scaling only, and a function
// Adopt returns the option by which a stack takes these over. What the builders do not
// offer stands in functions of WithOverride.
//
// The stack is planned before Export returns, which only reads. If it would change
// anything, for instance since a scaling policy cannot be declared, the source is
// returned together with an [*ExportError], and has comments that say so.
//
// What sounds secret is never part of the source, nor of the error: the values of
// environment variables, log options, labels and tags of such names, of headers and query
// parameters that listener rules demand, settings of agents and options of volume drivers
// of such names, passwords within URLs, what a text or command
// gives to a key, flag or variable of such a name, and what looks like a private key or a
// well-known kind of token. [ExportedSecret] stands in their place, and the error says
// where. A secret under a name that does not sound like one is not known to be one: read
// the source before you share it.
func Export(ctx context.Context, cfg aws.Config, service ServiceRef, opts ...ExportOption) ([]byte, error) {
	set := exportSettings{pkg: "main"}
	for _, o := range opts {
		o(&set)
	}
	if err := set.validate(); err != nil {
		return nil, err
	}
	at, err := located(service)
	if err != nil {
		return nil, err
	}
	facts, err := readExport(ctx, newCall(cfg), at)
	if err != nil {
		return nil, err
	}
	x := newExporter(facts, set)
	x.write()
	x.verify(ctx, cfg)
	source, err := x.file()
	if err != nil {
		return nil, fmt.Errorf("export of %s: %w", at, err)
	}
	if len(x.left) > 0 {
		return source, &ExportError{Service: at.String(), Left: x.left}
	}
	return source, nil
}

var notInStackName = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// stackName is the stack that owns the service, or that is to.
func (x *exporter) stackName() string {
	if name, _, ok := strings.Cut(x.owner, "@"); ok {
		return name
	}
	if x.set.stack != "" {
		return x.set.stack
	}
	const longest = 64
	name := strings.TrimLeft(notInStackName.ReplaceAllString(x.at.service, "-"), "-_0123456789")
	if name == "" {
		name = "exported"
	}
	return name[:min(len(name), longest)]
}

// verify plans what was written and says what the plan would change.
func (x *exporter) verify(ctx context.Context, cfg aws.Config) {
	plan, err := slipway.NewStack(x.stackName(), x.resources...).Plan(ctx, cfg, slipway.Adopt(x.adopt...))
	if err != nil {
		x.leavef("its plan fails: %s", err)
	}
	if plan == nil {
		return
	}
	for _, c := range plan.Changes {
		switch {
		case c.Verb == slipway.Delete:
			x.leavef("the stack also owns %s, which is not declared here: to apply this would delete it", c.ID)
		case c.Verb != slipway.Adopted:
			x.leavef("to apply this would change %s (%s)%s", c.ID, c.Verb, changedPaths(c))
		case len(c.Fields) > 0:
			x.leavef("to adopt %s would change it%s", c.ID, changedPaths(c))
		}
	}
}

// changedPaths tells which fields a change has, not their values: these may be
// secrets, such as an argument of a command, whose path does not sound like one.
func changedPaths(c slipway.Change) string {
	const most = 5
	var paths []string
	for _, f := range c.Fields {
		if !slices.Contains(paths, f.Path) {
			paths = append(paths, f.Path)
		}
	}
	if len(paths) > most {
		paths = append(paths[:most], fmt.Sprintf("and %d more fields", len(paths)-most))
	}
	if len(paths) == 0 {
		return ""
	}
	return ": " + strings.Join(paths, ", ")
}

// leavef notes what the source does not tell, each once.
func (x *exporter) leavef(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(x.left, text) {
		x.left = append(x.left, text)
	}
}
