// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/slipway-go/slipway/internal/graph"
)

// doomed is a thing that the stack owns and that is to be deleted.
type doomed struct {
	kind Kind
	id   ID
	have *live
	// node is the declaration of the ID, or -1.
	node int
	// want is what it was read with; nil if it was listed.
	want   any
	reason string
}

func (d *doomed) change() Change {
	return Change{ID: d.id, Verb: Delete, Reason: d.reason}
}

// identity tells two things of a kind apart.
func (l *live) identity() string {
	for _, output := range []string{"arn", "id", "name"} {
		if v := l.outputs[output]; len(v) > 0 {
			return strings.Join(v, " ")
		}
	}
	return l.owner.Resource
}

// kinds returns all kinds among which the stack may own things, by name.
func (r *run) kinds() []Kind {
	byName := map[string]Kind{}
	add := func(kinds ...Kind) {
		for _, k := range kinds {
			if _, ok := byName[k.name]; !ok && k.driver != nil {
				byName[k.name] = k
			}
		}
	}
	for _, n := range r.nodes {
		add(n.kind)
	}
	add(r.stack.kinds...)
	for _, k := range slices.Collect(maps.Values(byName)) {
		if f := k.driver.family(); f != nil {
			add(f.Kinds()...)
		}
	}
	out := make([]Kind, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		out = append(out, byName[name])
	}
	return out
}

// listed returns, by kind, what the stack owns in AWS.
func (r *run) listed(ctx context.Context) ([]Kind, [][]*live, error) {
	kinds := r.kinds()
	found := make([][]*live, len(kinds))
	errs := make([]error, len(kinds))
	group := errgroup.Group{}
	group.SetLimit(r.set.limit)
	for i, k := range kinds {
		if !k.driver.lists() || k.driver.effects().Existing {
			continue
		}
		group.Go(func() error {
			found[i], errs[i] = r.list(ctx, k)
			return nil
		})
	}
	_ = group.Wait() // errors are joined in the order of kinds
	return kinds, found, errors.Join(errs...)
}

// list returns the things of a kind that the stack owns, by identity. What has the tags
// of a thing of another kind is AWS's: it was made for that one, and tagged as it is, as
// ECS does for services of Express Mode.
func (r *run) list(ctx context.Context, k Kind) ([]*live, error) {
	all, err := k.driver.list(ctx, r.call(ID{}))
	if err != nil {
		return nil, &ResourceError{ID: ID{Kind: k.name, Name: "*"}, Verb: "list", Err: err}
	}
	all = slices.DeleteFunc(all, func(l *live) bool {
		if l == nil || l.owner.Stack != r.owner {
			return true
		}
		id, ok := ParseID(l.owner.Resource)
		return ok && id.Kind != k.name
	})
	slices.SortFunc(all, func(a, b *live) int {
		return strings.Compare(a.owner.Resource+" "+a.identity(), b.owner.Resource+" "+b.identity())
	})
	return all, nil
}

// orphans finds what the stack owns and no longer declares, and the old versions
// of what is replaced.
func (r *run) orphans(ctx context.Context) ([]*doomed, error) {
	kinds, found, err := r.listed(ctx)
	if err != nil {
		return nil, err
	}
	current := r.identities()
	var out []*doomed
	for i, k := range kinds {
		for _, l := range found[i] {
			if d := r.orphan(k, l, current); d != nil {
				out = append(out, d)
			}
		}
	}
	return append(out, r.replaced(out)...), nil
}

// identities returns what the declared resources are in AWS.
func (r *run) identities() map[[2]string]bool {
	current := map[[2]string]bool{}
	for i, n := range r.nodes {
		if have := r.reads[i].have; have != nil {
			current[[2]string{n.kind.name, have.identity()}] = true
		}
	}
	return current
}

// orphan returns l as doomed, or nil if it is to stay.
func (r *run) orphan(k Kind, l *live, current map[[2]string]bool) *doomed {
	if current[[2]string{k.name, l.identity()}] || l.phase == Deleting {
		return nil
	}
	id, ok := ParseID(l.owner.Resource)
	if !ok {
		id = ID{Kind: k.name, Name: l.identity()}
	}
	d := &doomed{kind: k, id: id, have: l, node: -1, reason: "no longer declared"}
	i, declared := r.index[id]
	if !declared {
		return d
	}
	if !k.driver.effects().replaces() || r.reads[i].err != nil {
		return nil
	}
	d.node, d.reason = i, "replaced"
	if change := &r.reads[i].change; change.Verb == Create {
		old := r.nodes[i].completed(l)
		change.Verb, change.Fields = Replaced, r.nodes[i].compare(old.state, r.expected(r.reads[i].want))
	}
	return d
}

// replaced returns the old versions that were read rather than listed.
func (r *run) replaced(listed []*doomed) []*doomed {
	var out []*doomed
	for i, n := range r.nodes {
		got := r.reads[i]
		if got.have == nil || got.change.Verb != Replaced || r.firstDeleted(i) {
			continue
		}
		known := slices.ContainsFunc(listed, func(d *doomed) bool {
			return d.kind.name == n.kind.name && d.have.identity() == got.have.identity()
		})
		if !known {
			out = append(out, &doomed{kind: n.kind, id: n.id, have: got.have, node: i, reason: "replaced"})
		}
	}
	return out
}

// beside reports whether node i is replaced by a new thing beside the old one,
// rather than deleted first.
func (r *run) beside(i int) bool {
	for _, f := range r.reads[i].change.Fields {
		if f.Effect == NewName {
			return false
		}
	}
	return true
}

// deletions orders what is to be deleted: by the kinds that must be gone before,
// and dependants before what they depend on.
func (r *run) deletions(things []*doomed) (*graph.Graph, error) {
	g := graph.New(len(things))
	for i, first := range things {
		for j, then := range things {
			if i != j && r.goesBefore(first, then) {
				g.Add(i, j)
			}
		}
	}
	_, loop := g.Order()
	if loop == nil {
		return g, nil
	}
	names := make([]string, len(loop))
	for i, n := range loop {
		names[i] = things[n].id.String()
	}
	return nil, errors.New("a cycle of deletions: " + strings.Join(names, " before "))
}

// goesBefore reports whether a must be gone before b can be deleted. What the
// kinds say counts more than what the declarations do.
func (r *run) goesBefore(a, b *doomed) bool {
	if before(b.kind, a.kind) {
		return true
	}
	if before(a.kind, b.kind) || a.node < 0 || b.node < 0 || a.node == b.node {
		return false
	}
	return slices.Contains(r.order.Before(a.node), b.node)
}

// before reports whether things of first must be gone before those of k.
func before(k, first Kind) bool {
	f := k.driver.family()
	return f != nil && slices.Contains(f.Before(), first.name)
}
