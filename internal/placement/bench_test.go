// SPDX-License-Identifier: Apache-2.0

package placement_test

import (
	"fmt"
	"strconv"
	"testing"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/placement"
)

// BenchmarkPlace places tasks one at a time over 1,000 instances. The budget: ten
// times the tasks take at most twelve times the time.
func BenchmarkPlace(b *testing.B) {
	needs := placement.Resources{CPU: 10, Memory: 20}
	for name, r := range map[string]placement.Request{
		"default": {}, "binpack": {Strategies: strategies("binpack memory")}, "random": {Strategies: strategies("random")},
		"zones and packed": {Strategies: strategies(byZone, "binpack cpu")},
		"memberOf":         {Constraints: []ecstypes.PlacementConstraint{memberOf("attribute:ecs.availability-zone != z1")}},
		"anti-affinity":    {Constraints: []ecstypes.PlacementConstraint{memberOf("not(task:group == service:db)")}},
	} {
		r.Group, r.Needs = "service:web", needs
		for _, tasks := range []int{1_000, 10_000, 50_000} {
			b.Run(fmt.Sprintf("%s/tasks=%d", name, tasks), func(b *testing.B) { benchmarkPlace(b, r, tasks) })
		}
	}
}

func benchmarkPlace(b *testing.B, r placement.Request, tasks int) {
	q, ids := compiled(b, r), make([]string, tasks)
	for i := range ids {
		ids[i] = strconv.Itoa(i)
	}
	b.ReportAllocs()
	for b.Loop() {
		c := placement.NewCluster()
		for i := range 1000 {
			c.Put(member(strconv.Itoa(i), "z"+strconv.Itoa(i%3)))
		}
		for i, id := range ids {
			on, err := c.Choose(q, uint64(i))
			require.NoError(b, err)
			require.NoError(b, c.Start(placement.Task{ID: id, Group: r.Group, Needs: r.Needs}, on))
		}
	}
}

// BenchmarkScaleIn stops 10,000 tasks one at a time.
func BenchmarkScaleIn(b *testing.B) {
	r := placement.Request{Group: "service:web", Needs: placement.Resources{CPU: 10, Memory: 20}}
	q := compiled(b, r)
	for b.Loop() {
		b.StopTimer()
		c := placement.NewCluster()
		for i := range 1000 {
			c.Put(member(strconv.Itoa(i), "z"+strconv.Itoa(i%3)))
		}
		place(b, c, r, 10_000)
		b.StartTimer()
		for range 10_000 {
			task, found := c.Victim(q, 0, nil)
			require.True(b, found)
			c.Stop(task)
		}
	}
}
