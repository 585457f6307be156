// SPDX-License-Identifier: Apache-2.0

package placement_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/placement"
)

// TestScaleIn: the example of zones, and strategies the other way round, are those of
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html
func TestScaleIn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		strategies []ecstypes.PlacementStrategy
		// on has the instances of the tasks, want those of the tasks stopped.
		on, want string
	}{
		{"the zone with most", nil, "a1,b1,b2,c1,c2", "b,c"},
		{"the instance with most in it", nil, "a1,a1,a2,b1,b2", "a1"},
		{"of two equal zones", strategies(byZone), "b1,b2,c1", "b"},
		{"spread by host", strategies("spread host"), "a1,b1,b1,c1", "b1"},
		{"packed: where most is left", strategies("binpack memory"), "a1,a1,a1,b1,b1,c1", "c1,b1,b1,a1"},
		{"zones first, then packed", strategies(byZone, "binpack cpu"), "a1,a1,a2,b1", "a2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := zones()
			for i, id := range strings.Split(test.on, ",") {
				require.NoError(t, c.Start(placement.Task{ID: fmt.Sprint(i), Group: "service:web", Needs: placement.Resources{CPU: 100, Memory: 100}}, id))
			}
			q := compiled(t, placement.Request{Group: "service:web", Strategies: test.strategies})
			wants := strings.Split(test.want, ",")
			stopped := make([]string, len(wants))
			for i := range wants {
				task, found := c.Victim(q, 7, nil)
				require.True(t, found)
				stopped[i], _ = c.Where(task)
				c.Stop(task)
			}
			if len(wants[0]) == 1 { // zones only
				for i := range stopped {
					stopped[i] = stopped[i][:1]
				}
			}
			if wants[0] == "b" && len(wants) == 2 { // b and c are equal
				slices.Sort(stopped)
			}
			require.Equal(t, wants, stopped)
		})
	}
}

func TestWhatMayBeStopped(t *testing.T) {
	t.Parallel()
	c := zones()
	q := compiled(t, placement.Request{Group: "service:web"})
	_, found := c.Victim(q, 0, nil)
	require.False(t, found, "there is none")
	for _, id := range []string{"0", "1", "2"} {
		require.NoError(t, c.Start(placement.Task{ID: id, Group: "service:web"}, "a1"))
	}
	require.NoError(t, c.Start(placement.Task{ID: "3", Group: "service:web"}, "b1"))
	task, _ := c.Victim(q, 0, nil)
	require.Equal(t, "2", task, "the last of a1")
	task, _ = c.Victim(q, 0, func(id string) bool { return id != "2" })
	require.Equal(t, "1", task)
	task, _ = c.Victim(q, 0, func(id string) bool { return id == "3" })
	require.Equal(t, "3", task)
	_, found = c.Victim(q, 0, func(string) bool { return false })
	require.False(t, found)
}

func TestPackedTasksOfTwoSizes(t *testing.T) {
	t.Parallel()
	c := zones()
	// Once its task has ended, b1 has all of its memory, a1 all but 100 MiB.
	for id, task := range map[string]placement.Task{"a1": {ID: "small"}, "b1": {ID: "large", Needs: placement.Resources{Memory: 900}}} {
		task.Group = "service:web"
		require.NoError(t, c.Start(task, id))
	}
	require.NoError(t, c.Start(placement.Task{ID: "other", Needs: placement.Resources{Memory: 100}}, "a1"))
	task, _ := c.Victim(compiled(t, placement.Request{Group: "service:web", Strategies: strategies("binpack memory")}), 0, nil)
	require.Equal(t, "large", task)
}
