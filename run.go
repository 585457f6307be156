// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway/internal/place"
)

// run is one Plan, Apply or Destroy.
type run struct {
	*declarations
	stack Stack
	set   *settings
	cfg   aws.Config
	// owner is "<stack>@<region>".
	owner, account, partition, domain string
	// reads are what was found, by node.
	reads  []*reading
	herald *herald
	emit   func(Event)
	// replaces are the things replaced beside the old ones, and losses what that costs.
	replaces []Replacement
	losses   []FieldError
	// clients are the SDK clients made so far.
	clients *sync.Map
}

// reading is what is known of a node.
type reading struct {
	// resolved is the declared state with all placeholders that are known.
	resolved any
	// want is resolved with its defaults.
	want any
	// ahead are the states that follow want, where that is on the way to another one.
	ahead []any
	// have is what AWS has; its state has its defaults.
	have *live
	// outputs are nil until they are known.
	outputs map[string][]string
	change  Change
	// started is when work on it began.
	started time.Time
	// cleared: the thing is deleted before it is made again, for another one's sake.
	cleared bool
	err     error
}

// start prepares a run: it tells the account if a placeholder needs it.
func (s Stack) start(ctx context.Context, cfg aws.Config, d *declarations, set *settings) (*run, error) {
	if cfg.Region == "" {
		return nil, FieldError{Path: "Config.Region", Want: "a region, such as \"eu-central-1\""}
	}
	r := &run{
		declarations: d, stack: s, set: set, cfg: cfg,
		owner: s.name + "@" + cfg.Region,
		reads: make([]*reading, len(d.nodes)), herald: &herald{observers: set.observers, last: map[ID]string{}},
		clients: &sync.Map{},
	}
	r.emit = func(e Event) { r.herald.emit(ctx, e) }
	r.partition, r.domain = partitionOf(cfg.Region)
	for i := range r.reads {
		r.reads[i] = &reading{}
	}
	if err := r.identify(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// partitions by the beginning of their regions' names, with the domains of their
// services; all others are "aws".
var partitions = []struct{ prefix, partition, domain string }{
	{"cn-", "aws-cn", "amazonaws.com.cn"},
	{"us-gov-", "aws-us-gov", "amazonaws.com"},
	{"us-iso-", "aws-iso", "c2s.ic.gov"},
	{"us-isob-", "aws-iso-b", "sc2s.sgov.gov"},
	{"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"},
	{"us-isof-", "aws-iso-f", "csp.hci.ic.gov"},
	{"eusc-", "aws-eusc", "amazonaws.eu"},
}

func partitionOf(region string) (partition, domain string) {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return p.partition, p.domain
		}
	}
	return "aws", "amazonaws.com"
}

// call returns what a driver is given for a resource.
func (r *run) call(id ID) Call {
	return Call{
		Config: r.cfg, Stack: r.owner, ID: id,
		Account: r.account, Region: r.cfg.Region, Partition: r.partition, Emit: r.emit,
		clients: r.clients,
	}
}

// identify asks for the account, if a placeholder stands for it.
func (r *run) identify(ctx context.Context) error {
	account := place.Ref{Kind: selfKind, Name: selfName, Attribute: "account"}
	for _, n := range r.nodes {
		if slices.Contains(n.refs, account) {
			return r.askAccount(ctx, n.id)
		}
	}
	return nil
}

func (r *run) askAccount(ctx context.Context, id ID) error {
	for _, k := range r.kinds() {
		who := k.driver.identifier()
		if who == nil {
			continue
		}
		account, err := who.Identify(ctx, r.call(id))
		if err != nil {
			return &ResourceError{ID: id, Verb: None, Err: err}
		}
		r.account = account
		return nil
	}
	return &ResourceError{ID: id, Verb: None, Err: errors.New("no kind of the stack can tell the account")}
}

// self returns the values of the call's own placeholders.
func (r *run) self(attribute string) (values []string, known bool) {
	value := map[string]string{
		"account": r.account, "region": r.cfg.Region, "partition": r.partition, "domain": r.domain, "stack": r.stack.name,
	}[attribute]
	return []string{value}, value != ""
}

// resolve replaces in v what is known by now.
func (r *run) resolve(v any) (any, error) {
	return place.Resolve(v, func(ref place.Ref) ([]string, bool, error) {
		if ref.Kind == selfKind && ref.Name == selfName {
			values, known := r.self(ref.Attribute)
			return values, known, nil
		}
		i, ok := r.index[ID{Kind: ref.Kind, Name: ref.Name}]
		if !ok || r.reads[i].outputs == nil {
			return nil, false, nil
		}
		values, ok := r.reads[i].outputs[ref.Attribute]
		if !ok {
			return nil, false, fmt.Errorf("%w: %s/%s has no output %q", ErrInvalid, ref.Kind, ref.Name, ref.Attribute)
		}
		return values, true, nil
	})
}

// prepare resolves node i as far as that is possible now.
func (r *run) prepare(i int) error {
	n, got := r.nodes[i], r.reads[i]
	var err error
	if got.resolved, err = r.resolve(n.declared); err != nil {
		return err
	}
	// A second resolution is a copy, which Defaults may change.
	if got.want, err = place.Resolve(got.resolved, unknown); err != nil {
		return err
	}
	n.kind.driver.defaults(got.want)
	return nil
}

// read reads node i.
func (r *run) read(ctx context.Context, i int) (*live, error) {
	n := r.nodes[i]
	have, err := n.kind.driver.read(ctx, r.call(n.id), r.reads[i].want)
	return n.completed(have), err
}

// completed gives a state read from AWS its defaults.
func (n *node) completed(have *live) *live {
	if have != nil {
		n.kind.driver.defaults(have.state)
	}
	return have
}

// begin tells the observers what will be worked on, and returns how to tell them
// that it is over.
func (r *run) begin(work []*doomed) (end func(error)) {
	var ids []ID
	order, _ := r.order.Order()
	for _, i := range order {
		if v := r.reads[i].change.Verb; v != None && v != "" {
			ids = append(ids, r.nodes[i].id)
		}
	}
	for _, d := range work {
		if !slices.Contains(ids, d.id) {
			ids = append(ids, d.id)
		}
	}
	start := time.Now()
	r.emit(Begun{Stack: r.owner, IDs: ids})
	return func(err error) { r.emit(Ended{Stack: r.owner, Took: time.Since(start), Err: err}) }
}
