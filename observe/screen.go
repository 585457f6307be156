// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/slipway-go/slipway"
)

const (
	refresh  = 100 * time.Millisecond
	barWidth = 24
)

// screen is a tree of rows: the stack, the services (the part of a kind before
// its colon), and their resources.
type screen struct {
	bars *mpb.Progress
	rows map[slipway.ID]*row
	all  []*mpb.Bar
	// outcome stands behind the title.
	outcome atomic.Value
}

// newScreen shows the IDs as a tree under title; without a title there is no tree.
func newScreen(w io.Writer, title string, ids []slipway.ID) *screen {
	s := &screen{
		bars: mpb.New(mpb.WithOutput(w), mpb.WithAutoRefresh(), mpb.WithRefreshRate(refresh)),
		rows: map[slipway.ID]*row{},
	}
	s.outcome.Store("")
	if title != "" {
		s.heading(decor.Any(func(decor.Statistics) string { return fmt.Sprint(title, s.outcome.Load()) }))
	}
	groups := grouped(ids)
	for i, g := range groups {
		s.heading(decor.Name(branch(i, len(groups)) + g.service))
		stem := "│  "
		if i == len(groups)-1 {
			stem = "   "
		}
		for k, id := range g.ids {
			s.add(id, stem+branch(k, len(g.ids)), short(id))
		}
	}
	return s
}

// group are the resources of one service.
type group struct {
	service string
	ids     []slipway.ID
}

// grouped sorts IDs by service, each in the order of its first appearance.
func grouped(ids []slipway.ID) []*group {
	var out []*group
	byService := map[string]*group{}
	for _, id := range ids {
		service, _, _ := strings.Cut(id.Kind, ":")
		g := byService[service]
		if g == nil {
			g = &group{service: service}
			byService[service] = g
			out = append(out, g)
		}
		g.ids = append(g.ids, id)
	}
	return out
}

func branch(i, n int) string {
	if i == n-1 {
		return "└─ "
	}
	return "├─ "
}

// short returns the ID without the service, which stands above it.
func short(id slipway.ID) string {
	_, kind, found := strings.Cut(id.Kind, ":")
	if !found {
		kind = id.Kind
	}
	return kind + "/" + id.Name
}

// heading adds a row that is only text.
func (s *screen) heading(text decor.Decorator) {
	nothing := mpb.BarFillerFunc(func(io.Writer, decor.Statistics) error { return nil })
	s.all = append(s.all, s.bars.MustAdd(1, nothing, mpb.PrependDecorators(text)))
}

// row returns the row of a resource, which is added if nobody knew of it.
func (s *screen) row(id slipway.ID) *row {
	if r, ok := s.rows[id]; ok {
		return r
	}
	return s.add(id, "", id.String())
}

// add adds a row; stem is what joins it to the tree.
func (s *screen) add(id slipway.ID, stem, label string) *row {
	r := &row{}
	r.bar = s.bars.New(0, mpb.BarStyle().Lbound("").Rbound("").Filler("━").Tip("╸").Padding("─"),
		mpb.BarWidth(barWidth), mpb.BarFillerMiddleware(r.counted),
		mpb.PrependDecorators(
			decor.Name(stem),
			decor.Any(r.sign),
			decor.Name(label, decor.WCSyncSpaceR),
		),
		mpb.AppendDecorators(decor.Any(r.status)),
	)
	s.rows[id] = r
	s.all = append(s.all, r.bar)
	return r
}

// idle reports whether nothing is being worked on.
func (s *screen) idle() bool {
	for _, r := range s.rows {
		if r.state() == working {
			return false
		}
	}
	return true
}

// end draws the screen for the last time.
func (s *screen) end() {
	for _, bar := range s.all {
		bar.Abort(false)
	}
	s.bars.Wait()
}
