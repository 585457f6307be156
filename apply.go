// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// appearance is how long a thing that was made may take to be seen.
const appearance = 2 * time.Minute

// Apply makes AWS hold what the stack declares, and deletes what the stack owns
// and no longer declares. What does not depend on one another is worked on at the
// same time. A failure stops only what depends on it; all are joined into the
// error, which the result comes with. When cut off, it can be run again.
func (s Stack) Apply(ctx context.Context, cfg aws.Config, opts ...ApplyOption) (*Result, error) {
	set := newSettings()
	for _, o := range opts {
		o.forApply(set)
	}
	r, work, err := s.prepare(ctx, cfg, set)
	if err != nil {
		return nil, err
	}
	for _, got := range r.reads {
		if got.change.Verb != None {
			got.outputs = nil
		}
	}
	end := r.begin(work)
	errs := r.walk(ctx)
	result, err := r.result(errs)
	pruned, pruneErr := r.prune(ctx, work, err == nil)
	result.Changes = append(result.Changes, pruned...)
	err = errors.Join(err, pruneErr)
	end(err)
	return result, err
}

// result gathers what became of the declared resources.
func (r *run) result(errs []error) (*Result, error) {
	out := &Result{Stack: r.owner, outputs: map[ID]map[string][]string{}}
	var failures []error
	order, _ := r.order.Order()
	for _, i := range order {
		got, id := r.reads[i], r.nodes[i].id
		if got.outputs != nil {
			out.outputs[id] = got.outputs
		}
		err := because(errs[i], func(n int) ID { return r.nodes[n].id })
		if err = got.change.end(err); err != nil {
			failures = append(failures, err)
		}
		if got.change.Verb != None || err != nil {
			out.Changes = append(out.Changes, got.change)
		}
	}
	return out, errors.Join(failures...)
}

// prune deletes what is no longer declared, once all else has succeeded: before
// that it may still be in use.
func (r *run) prune(ctx context.Context, work []*doomed, succeeded bool) ([]Change, error) {
	current := r.identities()
	var things []*doomed
	for _, d := range work {
		if !current[[2]string{d.kind.name, d.have.identity()}] {
			things = append(things, d)
		}
	}
	if succeeded {
		return r.deleteAll(ctx, things)
	}
	changes := make([]Change, len(things))
	for i, d := range things {
		changes[i] = d.change()
		changes[i].Outcome = Skipped
	}
	return changes, nil
}

// apply brings node i into its wanted state.
func (r *run) apply(ctx context.Context, i int) error {
	n, got := r.nodes[i], r.reads[i]
	if err := r.renew(ctx, i); err != nil {
		return err
	}
	settled := got.have != nil && got.have.phase == Ready
	if got.change.Verb == None && (settled || n.kind.driver.effects().Existing) {
		return nil
	}
	got.started = time.Now()
	r.emit(Started{ID: n.id, Verb: got.change.Verb})
	r.setOut(i)
	err := r.herald.cutOff(n.id, r.change(ctx, i))
	if err != nil || len(got.ahead) == 0 {
		r.done(i, err)
	}
	return err
}

// done tells that the work on node i is over.
func (r *run) done(i int, err error) {
	got := r.reads[i]
	r.emit(Done{ID: r.nodes[i].id, Verb: got.change.Verb, Took: time.Since(got.started), Err: err})
}

// renew looks again at a node whose placeholders have other values than the plan
// knew.
func (r *run) renew(ctx context.Context, i int) error {
	n, got := r.nodes[i], r.reads[i]
	old, planned := got.resolved, got.change
	if err := r.prepare(i); err != nil {
		return err
	}
	if reflect.DeepEqual(old, got.resolved) {
		return nil
	}
	if err := JoinFields(n.check(r.settled(i), got.resolved)); err != nil {
		return err
	}
	var err error
	if got.have, err = r.read(ctx, i); err != nil {
		return err
	}
	if err := r.decide(i); err != nil {
		return err
	}
	if got.change.Verb == Create && planned.Verb == Replaced {
		got.change.Verb, got.change.Fields = Replaced, planned.Fields
	}
	return nil
}

// change does what has been decided for node i, and waits until it has settled.
func (r *run) change(ctx context.Context, i int) error {
	n, got := r.nodes[i], r.reads[i]
	d, call := n.kind.driver, r.call(n.id)
	if err := r.makeRoom(ctx, i); err != nil {
		return err
	}
	if got.have != nil && (got.change.Verb == Adopted || got.have.owner.Stack != r.owner) {
		if err := d.tag(ctx, call, got.have); err != nil {
			return err
		}
	}
	if r.puts(i) {
		if err := r.put(ctx, i); err != nil {
			return err
		}
	}
	err := d.watch(ctx, call, got.want)
	if err != nil {
		r.lastWords(ctx, i)
		return err
	}
	return r.settle(ctx, i)
}

// put makes or changes node i's thing. Where AWS refuses to make what the stack
// has made already, because a reply was lost and the SDK asked again, it is
// completed instead.
func (r *run) put(ctx context.Context, i int) error {
	n, got := r.nodes[i], r.reads[i]
	call := r.call(n.id)
	err := n.kind.driver.put(ctx, call, got.have, got.want)
	class := Classify(err)
	if got.have != nil || !errors.Is(class, ErrConflict) && !errors.Is(class, ErrInvalid) {
		return err
	}
	made, readErr := r.read(ctx, i)
	if readErr != nil || made == nil || made.owner != call.Owner() || made.phase == Deleting {
		return err
	}
	return n.kind.driver.put(ctx, call, made, got.want)
}

// makeRoom leaves nothing in have where a new thing is to be made: it waits for
// what is being deleted, and deletes what may not stay beside the new thing.
func (r *run) makeRoom(ctx context.Context, i int) error {
	n, got := r.nodes[i], r.reads[i]
	if got.have == nil || got.change.Verb != Create && got.change.Verb != Replaced {
		return nil
	}
	old := &doomed{kind: n.kind, id: n.id, have: got.have, node: i, want: got.want}
	got.have = nil
	switch {
	case old.have.phase == Deleting:
		return r.gone(ctx, old)
	case r.beside(i):
		return nil
	}
	if err := n.kind.driver.remove(ctx, r.call(n.id), old.have); err != nil {
		return err
	}
	return r.gone(ctx, old)
}

// puts reports whether something is to be written for node i.
func (r *run) puts(i int) bool {
	got := r.reads[i]
	switch got.change.Verb {
	case None:
		return false
	case Adopted:
		return len(got.change.Fields) > 0 || got.have.phase == Broken
	default:
		return true
	}
}

// settle reads node i until it is ready, and keeps its outputs.
func (r *run) settle(ctx context.Context, i int) error {
	n, got := r.nodes[i], r.reads[i]
	start := time.Now()
	reason := "-"
	return Poll(ctx, func(ctx context.Context) (bool, error) {
		have, err := r.read(ctx, i)
		if err != nil {
			return false, err
		}
		done, why, err := progress(have, time.Since(start))
		if done {
			got.have, got.outputs = have, have.outputs
		}
		if !done && err == nil && why != reason {
			reason = why
			r.emit(Waiting{ID: n.id, Reason: why})
		}
		return done, err
	})
}

// progress judges what a read found after some time.
func progress(have *live, waited time.Duration) (done bool, why string, err error) {
	switch {
	case have == nil && waited > appearance:
		return false, "", fmt.Errorf("%w: it was made and cannot be found", ErrTimeout)
	case have == nil:
		return false, "not visible yet", nil
	case have.phase == Broken:
		return false, "", fmt.Errorf("%w: %s", ErrFailed, have.reason)
	case have.phase == Ready:
		return true, "", nil
	case have.reason != "":
		return false, have.reason, nil
	default:
		return false, "changing", nil
	}
}

// lastWords keeps the outputs of a thing that did not settle, as far as there are
// any: they tell which deployment it was.
func (r *run) lastWords(ctx context.Context, i int) {
	if have, err := r.read(ctx, i); err == nil && have != nil {
		r.reads[i].outputs = have.outputs
	}
}
