// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"
)

// Plan is what [Stack.Apply] would do. Print it to read it.
type Plan struct {
	// Stack is "<stack>@<region>".
	Stack string
	// Changes are in the order in which they can be made; unchanged resources are
	// left out.
	Changes []Change
	// Unchanged counts the resources that are as they should be.
	Unchanged int
	// Warnings are what AWS probably rejects, or what is risky.
	Warnings []FieldError

	permissions []Permission
	outputs     map[ID]map[string][]string
}

// Outputs returns the outputs that a resource has now, such as its "arn"; nil if it
// is not there yet, or made anew. It lets a program use what another one applied.
func (p *Plan) Outputs(id ID) map[string][]string {
	if p == nil {
		return nil
	}
	return maps.Clone(p.outputs[id])
}

// Empty reports whether there is nothing to do.
func (p *Plan) Empty() bool { return len(p.Changes) == 0 }

// Plan finds out what Apply would do. It only reads, a fixed number of calls for
// each resource. Where something stands in the way, such as a thing of the same
// name that the stack does not own ([ErrConflict]; see [Adopt]) or a change that
// AWS does not allow (see [AllowReplace]), the plan is returned with the error.
func (s Stack) Plan(ctx context.Context, cfg aws.Config, opts ...PlanOption) (*Plan, error) {
	set := newSettings()
	for _, o := range opts {
		o.forPlan(set)
	}
	r, work, err := s.prepare(ctx, cfg, set)
	if r == nil {
		return nil, err
	}
	return r.plan(work), err
}

// prepare validates, reads and compares everything, as Plan and Apply both do.
func (s Stack) prepare(ctx context.Context, cfg aws.Config, set *settings) (*run, []*doomed, error) {
	d, _, err := s.declared()
	if err != nil {
		return nil, nil, err
	}
	r, err := s.start(ctx, cfg, d, set)
	if err != nil {
		return nil, nil, err
	}
	r.survey(ctx, r.decide)
	r.cascade()
	work, err := r.orphans(ctx)
	r.foretell(work)
	err = errors.Join(err, r.protections(ctx, append(r.firsts(), work...)))
	for i := range r.nodes {
		err = errors.Join(err, r.failure(i))
	}
	problems := d.check(d.refs(r.reads), func(n *node) any { return r.reads[d.index[n.id]].checkable(n) })
	return r, work, errors.Join(err, JoinFields(problems))
}

// checkable is the state on which rules run again.
func (g *reading) checkable(n *node) any {
	if g.resolved == nil {
		return n.declared
	}
	return g.resolved
}

// failure returns what went wrong with node i while it was read.
func (r *run) failure(i int) error {
	if err := r.reads[i].err; err != nil {
		return &ResourceError{ID: r.nodes[i].id, Verb: None, Err: err}
	}
	return nil
}

// plan gathers the changes for the user.
func (r *run) plan(work []*doomed) *Plan {
	p := &Plan{Stack: r.owner, outputs: map[ID]map[string][]string{}}
	order, _ := r.order.Order()
	for _, i := range order {
		got := r.reads[i]
		if !unsettled(got.outputs) {
			p.outputs[r.nodes[i].id] = got.outputs
		}
		switch {
		case got.err != nil: // part of the error
		case got.change.Verb == None:
			p.Unchanged++
		default:
			p.Changes = append(p.Changes, got.change)
		}
	}
	for _, d := range work {
		if d.node < 0 {
			p.Changes = append(p.Changes, d.change())
		}
	}
	problems := r.check(r.refs(r.reads), func(n *node) any { return r.reads[r.index[n.id]].checkable(n) })
	for _, e := range problems {
		if e.Warn {
			p.Warnings = append(p.Warnings, e)
		}
	}
	p.Warnings = append(p.Warnings, r.losses...)
	p.permissions = r.permissions(work)
	return p
}

// unsettled reports whether outputs depend on what is not there yet.
func unsettled(outputs map[string][]string) bool {
	for _, values := range outputs {
		if slices.ContainsFunc(values, HasRef) {
			return true
		}
	}
	return false
}

// survey reads all nodes, wave by wave: what a wave needs to be resolved was read
// before it. Things of a kind that reads many go in one call a wave.
func (r *run) survey(ctx context.Context, then func(i int) error) {
	for _, wave := range r.byRef.Levels() {
		group := errgroup.Group{}
		group.SetLimit(r.set.limit)
		for _, batch := range r.batches(wave) {
			group.Go(func() error {
				r.readBatch(ctx, batch)
				return nil
			})
		}
		_ = group.Wait() // each reading has its own error
		for _, i := range wave {
			if r.reads[i].err == nil {
				r.reads[i].err = then(i)
			}
		}
	}
}

// batches prepares the nodes of a wave, and puts those together that are read in
// one call.
func (r *run) batches(wave []int) [][]int {
	var out [][]int
	many := map[string]int{}
	for _, i := range wave {
		if err := r.prepare(i); err != nil {
			r.reads[i].err = err
			continue
		}
		kind := r.nodes[i].kind
		at, ok := many[kind.name]
		switch {
		case ok:
			out[at] = append(out[at], i)
			continue
		case kind.driver.readsMany():
			many[kind.name] = len(out)
		}
		out = append(out, []int{i})
	}
	return out
}

func (r *run) readBatch(ctx context.Context, batch []int) {
	first := r.nodes[batch[0]]
	if !first.kind.driver.readsMany() {
		r.reads[batch[0]].have, r.reads[batch[0]].err = r.read(ctx, batch[0])
		return
	}
	calls := make([]Call, len(batch))
	want := make([]any, len(batch))
	for k, i := range batch {
		calls[k], want[k] = r.call(r.nodes[i].id), r.reads[i].want
	}
	all, err := first.kind.driver.readMany(ctx, calls, want)
	for k, i := range batch {
		if err != nil {
			r.reads[i].err = err
			continue
		}
		r.reads[i].have = r.nodes[i].completed(all[k])
	}
}

// decide says what is to be done with node i, which has been read.
func (r *run) decide(i int) error {
	n, got := r.nodes[i], r.reads[i]
	have := got.have
	got.change = Change{ID: n.id, Verb: None, Overridden: n.overridden}
	if n.kind.driver.effects().Existing {
		if have == nil {
			return fmt.Errorf("%w: the stack only refers to it, and it does not exist", ErrNotFound)
		}
		got.outputs = have.outputs
		return nil
	}
	if have == nil || have.phase == Deleting {
		got.change.Verb, got.change.Fields = Create, n.made(r.expected(got.resolved))
		return nil
	}
	if err := r.owned(n, have, &got.change); err != nil {
		return err
	}
	got.change.Fields = n.compare(have.state, r.expected(got.want))
	fix(got.change.Fields, n.kind.driver.fixed(r.settled(i), have.state))
	err := r.judge(n, have, &got.change)
	if got.change.Verb == None || got.change.Verb == Update || got.change.Verb == Adopted {
		got.outputs = have.outputs
	}
	return err
}

// owned makes the change an adoption where the thing is not marked as n's, or
// refuses to touch it.
func (r *run) owned(n *node, have *live, change *Change) error {
	want := r.call(n.id).Owner()
	switch {
	case have.owner == want, have.owner == Owner{Stack: want.Stack}:
		return nil
	case have.owner.Stack == want.Stack:
		other, _ := ParseID(have.owner.Resource)
		if _, declared := r.index[other]; declared {
			return fmt.Errorf("%w: it belongs to %s, which the stack declares too", ErrConflict, other)
		}
		change.Verb, change.Reason = Adopted, "was "+have.owner.Resource
	case r.set.adopt[n.id]:
		change.Verb, change.Reason = Adopted, "belonged to "+ownerName(have.owner)
	default:
		return fmt.Errorf("%w: it exists and belongs to %s; allow it by Adopt, or choose another name",
			ErrConflict, ownerName(have.owner))
	}
	return nil
}

func ownerName(o Owner) string {
	if o.Stack == "" {
		return "no stack"
	}
	return "stack " + o.Stack
}

// fix has the changes of these paths need a new name.
func fix(changes []FieldChange, paths []string) {
	for i, f := range changes {
		if slices.ContainsFunc(paths, func(p string) bool { return covers(p, f.Path) }) {
			changes[i].Effect = NewName
		}
	}
}

// judge turns the field changes into a verb.
func (r *run) judge(n *node, have *live, change *Change) error {
	worst, field := InPlace, ""
	for _, f := range change.Fields {
		change.RollsTasks = change.RollsTasks || f.Effect == RollsTasks
		if f.Effect > worst {
			worst, field = f.Effect, f.Path
		}
	}
	switch {
	case worst == NewName && !r.set.replace[n.id]:
		return fmt.Errorf("%w: AWS cannot change %s of a thing that exists; it needs a new name, or AllowReplace to be deleted and made again",
			ErrConflict, field)
	case worst == NewName:
		change.Verb, change.Reason = Replaced, "deleted first, then made again"
	case worst == Replace:
		change.Verb = Replaced
	case worst == Revise:
		change.Verb = Revised
	case change.Verb == Adopted:
	case len(change.Fields) > 0:
		change.Verb = Update
	case have.phase == Broken:
		change.Verb, change.Reason = Update, "is broken: "+have.reason
	}
	return nil
}
