// SPDX-License-Identifier: Apache-2.0

// Package observe shows the progress of an apply or destroy: as a live tree on a
// terminal, as plain lines elsewhere, or as records of log/slog.
package observe

import (
	"context"
	"log/slog"

	"github.com/slipway-go/slipway"
)

// Slog returns an observer that logs each event, with the attributes id, verb,
// took and error where they apply. What begins, ends or is said by AWS has level
// Info, what fails Error, and waiting and progress Debug.
func Slog(l *slog.Logger) slipway.Observer { return logger{l} }

type logger struct{ log *slog.Logger }

// Observe logs one event.
func (l logger) Observe(ctx context.Context, e slipway.Event) {
	level, message, attrs := record(e)
	l.log.LogAttrs(ctx, level, message, attrs...)
}

// record returns what is logged of an event.
func record(e slipway.Event) (slog.Level, string, []slog.Attr) {
	switch e := e.(type) {
	case slipway.Begun:
		return slog.LevelInfo, "begun", []slog.Attr{slog.String("stack", e.Stack), slog.Int("resources", len(e.IDs))}
	case slipway.Ended:
		return ending("ended", e.Err, slog.String("stack", e.Stack), slog.Duration("took", e.Took))
	case slipway.Started:
		return slog.LevelInfo, "started", []slog.Attr{id(e.ID), slog.String("verb", string(e.Verb))}
	case slipway.Done:
		return ending("done", e.Err, id(e.ID), slog.String("verb", string(e.Verb)), slog.Duration("took", e.Took))
	case slipway.Progress:
		return slog.LevelDebug, "progress", []slog.Attr{
			id(e.ID), slog.Int64("done", e.Done), slog.Int64("total", e.Total),
			slog.String("unit", e.Unit), slog.String("text", e.Text),
		}
	case slipway.Message:
		return slog.LevelInfo, "message", []slog.Attr{id(e.ID), slog.Time("at", e.Time), slog.String("text", e.Text)}
	case slipway.Waiting:
		return slog.LevelDebug, "waiting", []slog.Attr{id(e.ID), slog.String("reason", e.Reason)}
	default:
		return slog.LevelDebug, "event", []slog.Attr{slog.Any("event", e)}
	}
}

func ending(message string, err error, attrs ...slog.Attr) (slog.Level, string, []slog.Attr) {
	if err == nil {
		return slog.LevelInfo, message, attrs
	}
	return slog.LevelError, message, append(attrs, slog.Any("error", err))
}

func id(id slipway.ID) slog.Attr { return slog.String("id", id.String()) }
