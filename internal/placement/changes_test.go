// SPDX-License-Identifier: Apache-2.0

package placement_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/placement"
)

// TestManyChanges compares choices, after changes of all sorts, with those of a
// cluster that was made anew, and with those of the strategies' plain words.
func TestManyChanges(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	c, instances, tasks := placement.NewCluster(), map[string]placement.Instance{}, map[string]placement.Task{}
	requests := []placement.Request{
		{Group: "service:web", Needs: placement.Resources{CPU: 100, Memory: 50}},
		{Group: "service:api", Needs: placement.Resources{CPU: 50, Memory: 200, TCP: []int{80}}, Strategies: strategies(byZone, "binpack memory")},
		{Group: "family:job", Needs: placement.Resources{Interfaces: 1}, Constraints: []ecstypes.PlacementConstraint{memberOf("not(task:group == service:api) and attribute:ecs.availability-zone != z2")}},
		{Group: "service:log", Constraints: []ecstypes.PlacementConstraint{distinct}, Strategies: strategies("spread attribute:rack", "random")},
	}
	queries := make([]*placement.Query, len(requests))
	plain := []func(placement.Instance, placement.Resources, map[string]int) []int{
		func(i placement.Instance, _ placement.Resources, zones map[string]int) []int {
			return []int{zones[i.Attributes[placement.AvailabilityZone]], i.Groups["service:web"]}
		},
		func(i placement.Instance, left placement.Resources, zones map[string]int) []int {
			return []int{zones[i.Attributes[placement.AvailabilityZone]], left.Memory}
		},
	}
	for i := range requests {
		queries[i] = compiled(t, requests[i])
	}
	for step := range 3000 {
		switch k := random.IntN(10); {
		case k == 0:
			i := member(fmt.Sprint(random.IntN(30)), fmt.Sprintf("z%d", random.IntN(4)))
			if random.IntN(2) == 0 {
				i.Attributes["rack"] = fmt.Sprint(random.IntN(5))
			}
			c.Put(i)
			instances[i.ID] = i
		case k == 1 && step%4 == 0:
			id := fmt.Sprint(random.IntN(30))
			for task := range tasks {
				if on, _ := c.Where(task); on == id {
					delete(tasks, task)
				}
			}
			c.Remove(id)
			delete(instances, id)
		case k < 4 && len(tasks) > 0:
			id := slices.Sorted(maps.Keys(tasks))[random.IntN(len(tasks))]
			c.Stop(id)
			delete(tasks, id)
		default:
			n := random.IntN(len(requests))
			if on, err := c.Choose(queries[n], uint64(step)); err == nil {
				task := placement.Task{ID: fmt.Sprintf("%05d", step), Group: requests[n].Group, Needs: requests[n].Needs}
				require.NoError(t, c.Start(task, on))
				tasks[task.ID] = task
			}
		}
		if step%20 == 0 {
			sameAsNew(t, c, instances, tasks, queries, uint64(step))
			for n, words := range plain {
				got, _ := c.Choose(queries[n], 0)
				require.Equal(t, inWords(c, instances, requests[n], words), got)
			}
		}
	}
	require.NotEmpty(t, tasks)
}

// inWords looks for the instance with room for which words gives the least numbers.
func inWords(c *placement.Cluster, instances map[string]placement.Instance, r placement.Request, words func(placement.Instance, placement.Resources, map[string]int) []int) string {
	best, least, zones := "", []int(nil), c.Spread(r.Group, placement.AvailabilityZone)
	for _, id := range slices.Sorted(maps.Keys(instances)) {
		i, left, _ := c.Instance(id)
		if left.CPU < r.Needs.CPU || left.Memory < r.Needs.Memory || (len(r.Needs.TCP) > 0 && slices.Contains(left.TCP, 80)) {
			continue
		}
		if numbers := words(i, left, zones); best == "" || slices.Compare(numbers, least) < 0 {
			best, least = id, numbers
		}
	}
	return best
}

func sameAsNew(t *testing.T, c *placement.Cluster, instances map[string]placement.Instance, tasks map[string]placement.Task, queries []*placement.Query, seed uint64) {
	t.Helper()
	anew := placement.NewCluster()
	for _, i := range instances {
		anew.Put(i)
	}
	for _, id := range slices.Sorted(maps.Keys(tasks)) {
		on, _ := c.Where(id)
		require.NoError(t, anew.Start(tasks[id], on))
	}
	for _, q := range queries {
		want, wantErr := anew.Choose(q, seed)
		got, err := c.Choose(q, seed)
		require.Equal(t, want, got)
		require.Equal(t, wantErr, err)
		victim, _ := anew.Victim(q, seed, nil)
		same, _ := c.Victim(q, seed, nil)
		require.Equal(t, victim, same)
	}
}
