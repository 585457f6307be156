// SPDX-License-Identifier: Apache-2.0

package observe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/observe"
)

var (
	cluster = slipway.ID{Kind: "ecs:Cluster", Name: "shop"}
	service = slipway.ID{Kind: "ecs:Service", Name: "shop/web"}
	role    = slipway.ID{Kind: "iam:Role", Name: "web"}
)

// story is an apply in which the service fails.
func story() []slipway.Event {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	failed := errors.New("rolled back\nexit code 3")
	return []slipway.Event{
		slipway.Begun{Stack: "shop@eu-central-1", IDs: []slipway.ID{cluster, role, service}},
		slipway.Started{ID: cluster, Verb: slipway.Create},
		slipway.Done{ID: cluster, Verb: slipway.Create, Took: 1200 * time.Millisecond},
		slipway.Started{ID: role, Verb: slipway.Create},
		slipway.Waiting{ID: role, Reason: "not visible yet"},
		slipway.Done{ID: role, Verb: slipway.Create, Took: 340 * time.Millisecond},
		slipway.Started{ID: service, Verb: slipway.Update},
		slipway.Progress{ID: service, Done: 1, Total: 2, Unit: "tasks"},
		slipway.Message{ID: service, Time: at, Text: "(service web) has started 1 tasks"},
		slipway.Done{ID: service, Verb: slipway.Update, Took: 65 * time.Second, Err: failed},
		slipway.Ended{Stack: "shop@eu-central-1", Took: 66 * time.Second, Err: failed},
	}
}

func tell(o slipway.Observer, events []slipway.Event) {
	for _, e := range events {
		o.Observe(context.Background(), e)
	}
}

func ExampleLines() {
	o := observe.Lines(os.Stdout)
	for _, e := range story() {
		o.Observe(context.Background(), e)
	}
	// Output:
	// shop@eu-central-1: 3 resources
	// ecs:Cluster/shop: create
	// ecs:Cluster/shop: done after 1s
	// iam:Role/web: create
	// iam:Role/web: waiting, not visible yet
	// iam:Role/web: done after 300ms
	// ecs:Service/shop/web: update
	// ecs:Service/shop/web: (service web) has started 1 tasks
	// ecs:Service/shop/web: failed after 1m5s: rolled back
	//     exit code 3
	// shop@eu-central-1: failed after 1m6s
}

func ExampleSlog() {
	handler := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})
	o := observe.Slog(slog.New(handler))
	for _, e := range story()[:3] {
		o.Observe(context.Background(), e)
	}
	// Output:
	// level=INFO msg=begun stack=shop@eu-central-1 resources=3
	// level=INFO msg=started id=ecs:Cluster/shop verb=create
	// level=INFO msg=done id=ecs:Cluster/shop verb=create took=1.2s
}

func ExampleTerminal() {
	o := observe.Terminal(os.Stdout) // not a terminal here, so plain lines
	defer o.Close()
	tell(o, story()[:2])
	// Output:
	// shop@eu-central-1: 3 resources
	// ecs:Cluster/shop: create
}

func TestSlogLevels(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := observe.Slog(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	tell(o, story())
	require.Equal(t, 11, strings.Count(out.String(), "\n"), "one record an event")
	require.Contains(t, out.String(), `level=DEBUG msg=waiting id=iam:Role/web reason="not visible yet"`)
	require.Contains(t, out.String(), `level=DEBUG msg=progress id=ecs:Service/shop/web done=1 total=2 unit=tasks`)
	require.Contains(t, out.String(), `level=ERROR msg=done id=ecs:Service/shop/web verb=update took=1m5s error="rolled back\nexit code 3"`)
	require.Contains(t, out.String(), `level=INFO msg=message`)
}

func TestLinesCounts(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	tell(observe.Lines(&out), []slipway.Event{
		slipway.Begun{Stack: "a"}, slipway.Begun{Stack: "b", IDs: []slipway.ID{role}}, slipway.Ended{Stack: "b"},
	})
	require.Equal(t, "a: nothing to do\nb: 1 resource\nb: done after 0s\n", out.String())
}

// TestTree shows the screen as it is left at the end of a run.
func TestTree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		o := observe.NewTree(&out)
		for _, e := range story() {
			o.Observe(t.Context(), e)
			time.Sleep(time.Second)
		}
		o.Close()
		o.Close()
		require.Equal(t, []string{
			"shop@eu-central-1: failed after 1m6s",
			"├─ ecs",
			"│  ├─ ✓ Cluster/shop  create  1s",
			"│  └─ ✗ Service/shop/web  update  1m5s  rolled back",
			"└─ iam",
			"   └─ ✓ Role/web  create  300ms",
		}, lastScreen(out.String(), 6))
		require.Contains(t, out.String(), "1/2 tasks", "a bar where there is something to count")
		require.Contains(t, out.String(), "━")
	})
}

// lastScreen returns the last n lines drawn, columns set apart by two spaces,
// without the terminal's own language.
func lastScreen(s string, n int) []string {
	_, last, _ := strings.Cut(s[strings.LastIndex(s, "\x1b["):], "J")
	lines := strings.Split(strings.TrimRight(last, "\n"), "\n")
	gap := regexp.MustCompile(`(\S) {2,}`)
	for i, l := range lines {
		tree, rest, found := strings.Cut(l, "─ ")
		if found {
			tree += "─ "
		} else {
			tree, rest = "", l
		}
		lines[i] = tree + strings.TrimRight(gap.ReplaceAllString(rest, "$1  "), " ")
	}
	return lines[max(0, len(lines)-n):]
}

func TestTreeOutsideOfARun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		o := observe.NewTree(&out)
		defer o.Close()
		o.Observe(t.Context(), slipway.Started{ID: role, Verb: slipway.Create})
		o.Observe(t.Context(), slipway.Done{ID: role, Verb: slipway.Create})
		require.Contains(t, out.String(), "iam:Role/web", "the screen ends with the last thing")
	})
}

func TestTreeCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		o := observe.NewTree(&out)
		tell(o, story()[:4])
		o.Close()
		require.Contains(t, out.String(), "│  ├─ ✓ Cluster/shop")
		require.Contains(t, out.String(), "│  └─ · Service/shop/web")
	})
}

func BenchmarkTree(b *testing.B) {
	o := observe.NewTree(io.Discard)
	defer o.Close()
	ids := make([]slipway.ID, 100)
	for i := range ids {
		ids[i] = slipway.ID{Kind: "ecs:Cluster", Name: fmt.Sprint(i)}
	}
	o.Observe(b.Context(), slipway.Begun{Stack: "shop", IDs: ids})
	for b.Loop() {
		o.Observe(b.Context(), slipway.Progress{ID: ids[0], Done: 1, Total: 2})
	}
}
