// SPDX-License-Identifier: Apache-2.0

package fakes

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Snapshot is all that a cloud holds at one instant, for comparison: what a
// program has left behind, and whether two ways have led to the same state.
type Snapshot struct {
	things map[string]string
}

// Snapshot returns what the cloud holds now. The default VPC of a region other
// than the cloud's own is in it once somebody has looked at that region.
func (c *Cloud) Snapshot() Snapshot {
	things := map[string]string{}
	c.sim.Do(func() {
		c.parts.ec2.Open(c.opts.Region)
		for _, s := range c.services {
			if s.Things == nil {
				continue
			}
			for _, t := range s.Things() {
				state, err := json.Marshal(t.State)
				if err != nil {
					state = fmt.Appendf(nil, "%+v", t.State)
				}
				things[strings.Join([]string{s.Prefix, cmp.Or(t.Region, "global"), t.Type, t.ID}, " ")] = string(state)
			}
		}
	})
	return Snapshot{things: things}
}

// Names returns "<service> <region> <type> <id>" of everything, sorted, such as
// "ecs us-east-1 cluster shop"; the region of a global service is "global".
func (s Snapshot) Names() []string { return slices.Sorted(maps.Keys(s.things)) }

// State returns what the cloud says of the thing of that name, as JSON, or "".
func (s Snapshot) State(name string) string { return s.things[name] }

// Since returns what has changed since an earlier snapshot, one line each: "+"
// with what is new, "-" with what is gone, "~" with what is otherwise.
func (s Snapshot) Since(earlier Snapshot) []string {
	var lines []string
	all := maps.Clone(earlier.things)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, s.things)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		now, is := s.things[name]
		before, was := earlier.things[name]
		switch {
		case !was:
			lines = append(lines, "+ "+name)
		case !is:
			lines = append(lines, "- "+name)
		case now != before:
			lines = append(lines, "~ "+name)
		}
	}
	return lines
}

// String returns the whole snapshot, a line a thing.
func (s Snapshot) String() string {
	var b strings.Builder
	for _, name := range s.Names() {
		fmt.Fprintf(&b, "%s %s\n", name, s.things[name])
	}
	return b.String()
}
