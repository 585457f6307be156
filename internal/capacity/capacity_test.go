// SPDX-License-Identifier: Apache-2.0

package capacity_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/capacity"
	"github.com/slipway-go/slipway/internal/placement"
)

// Where the examples below are published.
const (
	guide = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-scaling-behavior.html"
	blog  = "https://aws.amazon.com/blogs/containers/deep-dive-on-amazon-ecs-cluster-auto-scaling/"
)

// small and large are instance types of two and eight vCPUs.
var (
	small = placement.Resources{CPU: 2048, Memory: 3800, Interfaces: 2}
	large = placement.Resources{CPU: 8192, Memory: 15400, Interfaces: 3}
)

// TestReservation: M / N x 100, with its two special cases.
func TestReservation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		needed, running int
		want            float64
		source          string
	}{
		{"as many as needed", 3, 3, 100, blog},
		{"one idle of three", 2, 3, 66.667, blog},
		{"half as many again", 6, 4, 150, guide},
		{"all idle", 0, 4, 0, guide},
		{"none and none needed", 0, 0, 100, blog},
		{"none but one is needed", 1, 0, 200, blog},
		{"none but some are needed", 5, 0, 200, blog},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.InDelta(t, c.want, capacity.Reservation(c.needed, c.running), 0.001, c.source)
		})
	}
}

func TestAdditional(t *testing.T) {
	t.Parallel()
	demand := func(tasks int, needs placement.Resources) capacity.Demand {
		return capacity.Demand{Needs: needs, Tasks: tasks}
	}
	for name, c := range map[string]struct {
		demands []capacity.Demand
		types   []placement.Resources
		want    int
	}{
		"nothing waits":                       {nil, []placement.Resources{small}, 0},
		"no types":                            {[]capacity.Demand{demand(1, placement.Resources{CPU: 1})}, nil, 0},
		"packed by CPU":                       {[]capacity.Demand{demand(5, placement.Resources{CPU: 1024, Memory: 100})}, []placement.Resources{small}, 3},
		"packed by memory":                    {[]capacity.Demand{demand(5, placement.Resources{CPU: 100, Memory: 1900})}, []placement.Resources{small}, 3},
		"an interface each":                   {[]capacity.Demand{demand(5, placement.Resources{CPU: 1, Interfaces: 1})}, []placement.Resources{small}, 3},
		"a port of the host each":             {[]capacity.Demand{demand(5, placement.Resources{CPU: 1, TCP: []int{80}})}, []placement.Resources{small}, 5},
		"the group that needs most":           {[]capacity.Demand{demand(2, placement.Resources{CPU: 2048}), demand(6, placement.Resources{CPU: 1024})}, []placement.Resources{small}, 3},
		"a lower bound by the largest type":   {[]capacity.Demand{demand(16, placement.Resources{CPU: 1024})}, []placement.Resources{small, large}, 2},
		"too large for the smallest type":     {[]capacity.Demand{demand(3, placement.Resources{CPU: 4096})}, []placement.Resources{small, large}, 0},
		"a GPU that no type has":              {[]capacity.Demand{demand(3, placement.Resources{GPUs: 1})}, []placement.Resources{small}, 0},
		"what fits beside what does not":      {[]capacity.Demand{demand(3, placement.Resources{GPUs: 1}), demand(1, placement.Resources{CPU: 1})}, []placement.Resources{small}, 1},
		"a group of no tasks needs no thing":  {[]capacity.Demand{demand(0, placement.Resources{CPU: 1})}, []placement.Resources{small}, 0},
		"tasks that need nothing find a room": {[]capacity.Demand{demand(9, placement.Resources{})}, []placement.Resources{small}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, capacity.Additional(c.demands, c.types))
		})
	}
}

func TestNeeded(t *testing.T) {
	t.Parallel()
	set := capacity.Settings{Target: 100, MinStep: 1, MaxStep: 10000}
	waiting := func(tasks int) []capacity.Demand {
		return []capacity.Demand{{Needs: placement.Resources{CPU: 2048}, Tasks: tasks}}
	}
	types := []placement.Resources{small}
	for name, c := range map[string]struct {
		state capacity.State
		set   capacity.Settings
		want  int
	}{
		"all busy":                      {capacity.State{Instances: 3, Busy: 3, Types: types}, set, 3},
		"one idle":                      {capacity.State{Instances: 3, Busy: 2, Types: types}, set, 2},
		"two tasks wait":                {capacity.State{Instances: 3, Busy: 3, Demands: waiting(2), Types: types}, set, 5},
		"at least the step":             {capacity.State{Instances: 3, Busy: 3, Demands: waiting(1), Types: types}, capacity.Settings{Target: 100, MinStep: 4, MaxStep: 9}, 7},
		"at most the step":              {capacity.State{Instances: 3, Busy: 3, Demands: waiting(50), Types: types}, capacity.Settings{Target: 100, MinStep: 1, MaxStep: 9}, 12},
		"those that warm up will do":    {capacity.State{Instances: 5, Busy: 3, Warming: 2, Demands: waiting(2), Types: types}, set, 5},
		"those that warm up are short":  {capacity.State{Instances: 5, Busy: 3, Warming: 2, Demands: waiting(3), Types: types}, set, 6},
		"the step does not bound going": {capacity.State{Instances: 20, Busy: 1, Types: types}, capacity.Settings{Target: 100, MinStep: 5, MaxStep: 5}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.state.Needed(c.set))
		})
	}
}

// TestDesired has the examples of the blog: with M = 2 and N = 3 a target of 100 takes an
// instance away, a target of 50 adds one. From zero it is always two, as the guide says.
func TestDesired(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                          string
		needed, running, target, want int
		source                        string
	}{
		{"one of three idles", 2, 3, 100, 2, blog},
		{"half are to be spare", 2, 3, 50, 4, blog},
		{"what is needed", 3, 3, 100, 3, blog},
		{"none is needed", 0, 4, 100, 0, guide},
		{"two from zero", 1, 0, 100, 2, guide},
		{"two from zero, whatever is due", 5, 0, 100, 2, guide},
		{"two from zero, whatever is to be spare", 5, 0, 50, 2, guide},
		{"a tenth to be spare", 9, 9, 90, 10, "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ManagedScaling.html"},
		{"a part of an instance is a whole", 1, 1, 90, 2, guide},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, capacity.Desired(c.needed, c.running, capacity.Settings{Target: c.target}), c.source)
		})
	}
}

// TestScaledIn: at least one instance and at most half of them go in a minute.
func TestScaledIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                string
		desired, want, next int
	}{
		{"half of an even number", 10, 0, 5},
		{"half, rounded down", 5, 0, 3},
		{"one of three", 3, 0, 2},
		{"the last one", 1, 0, 0},
		{"no more than are due", 10, 8, 8},
		{"nothing is due", 4, 4, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.next, capacity.ScaledIn(c.desired, c.want), guide)
		})
	}
}

func TestIncompatible(t *testing.T) {
	t.Parallel()
	types := []placement.Resources{small, large}
	much, little := placement.Resources{CPU: 4096}, placement.Resources{CPU: 1}
	for _, c := range []struct {
		name    string
		demands []capacity.Demand
		want    bool
	}{
		{"nothing waits", nil, false},
		{"a group of no tasks", []capacity.Demand{{Needs: much}}, false},
		{"more than the smallest type has", []capacity.Demand{{Needs: much, Tasks: 1}}, true},
		{"one group fits", []capacity.Demand{{Needs: much, Tasks: 1}, {Needs: little, Tasks: 1}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, capacity.State{Demands: c.demands, Types: types}.Incompatible(), guide)
		})
	}
}
