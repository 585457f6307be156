// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/slipway-go/slipway"
)

// Lines returns an observer that writes a line for each event worth one: what
// begins, ends, waits, or is said by AWS. It is meant for logs and pipes.
func Lines(w io.Writer) slipway.Observer { return lines{w} }

type lines struct{ w io.Writer }

// Observe writes the event's line, if it has one. What cannot be written is lost:
// progress must not fail the work.
func (l lines) Observe(_ context.Context, e slipway.Event) {
	if s := line(e); s != "" {
		_, _ = fmt.Fprintln(l.w, s)
	}
}

func line(e slipway.Event) string {
	switch e := e.(type) {
	case slipway.Begun:
		return fmt.Sprintf("%s: %s", e.Stack, count(len(e.IDs)))
	case slipway.Ended:
		return fmt.Sprintf("%s: %s after %s", e.Stack, how("done", e.Err), span(e.Took))
	case slipway.Started:
		return fmt.Sprintf("%s: %s", e.ID, e.Verb)
	case slipway.Done:
		return fmt.Sprintf("%s: %s after %s%s", e.ID, how("done", e.Err), span(e.Took), because(e.Err))
	case slipway.Message:
		return fmt.Sprintf("%s: %s", e.ID, e.Text)
	case slipway.Waiting:
		return fmt.Sprintf("%s: waiting, %s", e.ID, e.Reason)
	default:
		return ""
	}
}

func count(n int) string {
	switch n {
	case 0:
		return "nothing to do"
	case 1:
		return "1 resource"
	default:
		return fmt.Sprintf("%d resources", n)
	}
}

func how(well string, err error) string {
	if err != nil {
		return "failed"
	}
	return well
}

// because returns the error for the end of a line, its own lines indented.
func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + strings.ReplaceAll(err.Error(), "\n", "\n    ")
}

// span returns a duration without the digits that nobody reads.
func span(d time.Duration) string {
	if d < time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
