// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"

	"github.com/slipway-go/slipway/internal/rules"
)

// healthRules look at the containers' health checks.
var healthRules = []taskRule{
	{Meta: rules.Meta{ID: "ecs-healthcheck-command", Code: clientException, Doc: docHealthCheck}, Check: containers(healthCommand)},
	{Meta: rules.Meta{ID: "ecs-healthcheck-bounds", Code: clientException, Doc: docHealthCheck}, Check: containers(healthBounds)},
}

func healthCommand(r *rules.Report, path string, c *container) {
	h := c.HealthCheck
	if h == nil || (len(h.Command) > 1 && (h.Command[0] == "CMD" || h.Command[0] == "CMD-SHELL")) {
		return
	}
	got := "none"
	if len(h.Command) > 0 {
		got = fmt.Sprintf("%q", h.Command)
	}
	r.Add(rules.Problem{
		Path: path + ".HealthCheck.Command", Got: got, Want: "CMD or CMD-SHELL, then a command",
		Text: fmt.Sprintf("Invalid 'healthCheck' setting for container '%s'. The command must start with CMD or CMD-SHELL.", value(c.Name)),
	})
}

func healthBounds(r *rules.Report, path string, c *container) {
	h := c.HealthCheck
	if h == nil {
		return
	}
	for _, f := range []struct {
		field, name string
		got         *int32
		low, high   int32
		unit        string
	}{
		{"Interval", "interval", h.Interval, 5, 300, "s"},
		{"Timeout", "timeout", h.Timeout, 2, 60, "s"},
		{"Retries", "retries", h.Retries, 1, 10, ""},
		{"StartPeriod", "startPeriod", h.StartPeriod, 0, 300, "s"},
	} {
		between(r, path+".HealthCheck."+f.field, f.got, f.low, f.high, f.unit, healthText(f.name, value(f.got), f.low, f.high, value(c.Name)))
	}
}

func healthText(name string, got, low, high int32, container string) string {
	if got < low {
		return fmt.Sprintf("Health check %s must be greater than or equal to the minimum allowed value %d for container '%s'", name, low, container)
	}
	return fmt.Sprintf("Health check %s must be less than or equal to the maximum allowed value %d for container '%s'", name, high, container)
}
