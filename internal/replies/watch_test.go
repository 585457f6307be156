// SPDX-License-Identifier: Apache-2.0

package replies_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	ecsmodel "github.com/slipway-go/slipway/internal/model/ecs"
)

// watched runs the watcher of services on a published service deployment and
// returns what was emitted.
func watched(t *testing.T, file string) ([]slipway.Event, error) {
	t.Helper()
	p := load(t, file)
	driver := driverOf[ecsmodel.Service](t, ecs.Kinds(), ecsmodel.KindService)
	watcher, ok := driver.(slipway.Watcher[ecsmodel.Service])
	require.True(t, ok)
	want := state[ecsmodel.Service](t, p.Declare)
	driver.Defaults(want)
	var events []slipway.Event
	call := slipway.Call{
		Config: p.Replies.config(), ID: slipway.ID{Kind: ecsmodel.KindService, Name: "example-service"},
		Emit: func(e slipway.Event) { events = append(events, e) },
	}
	err := watcher.Watch(t.Context(), call, want)
	return events, err
}

func TestWatchEndsWithPublishedSuccess(t *testing.T) {
	t.Parallel()
	events, err := watched(t, "testdata/watch/cli-successful.json")
	require.NoError(t, err)
	require.Contains(t, events, slipway.Progress{
		ID:   slipway.ID{Kind: ecsmodel.KindService, Name: "example-service"},
		Done: 1, Total: 1, Unit: "tasks", Text: "1 of 1 tasks running",
	})
}
