// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
)

// maxEvents is how many events a service shows.
const maxEvents = 100

// eventf adds to the events of the service.
func (s *service) eventf(format string, args ...any) {
	f := s.cl.r.f
	s.events = append(s.events, ecstypes.ServiceEvent{
		Id: new(f.sim.UUID("ecs-event", s.arn)), CreatedAt: new(f.sim.Now()), Message: new(fmt.Sprintf(format, args...)),
	})
	if len(s.events) >= 2*maxEvents {
		s.events = slices.Clone(s.events[len(s.events)-maxEvents:])
	}
}

// repeated is after how long an event is said again whose cause lasts.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages.html
const repeated = 6 * time.Hour

// eventOnce adds an event, unless it was added since the service was steady or a
// short while ago.
func (s *service) eventOnce(message string) {
	now := s.cl.r.f.sim.Now()
	for _, e := range slices.Backward(s.events) {
		if e.CreatedAt.Before(s.steadyAt) || e.CreatedAt.Before(now.Add(-repeated)) {
			break
		}
		if *e.Message == message {
			return
		}
	}
	s.eventf("%s", message)
}

// unableToPlace says why a task has no place, or could not be started there.
func (s *service) unableToPlace(reason string) {
	s.eventOnce("(service " + s.name + ") was unable to place a task. Reason: " + strings.TrimSuffix(reason, ".") +
		". For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.")
}

// saidProtected says that protection from scale-in leaves more tasks than are desired.
func (s *service) saidProtected(d *deployment) {
	n := 0
	for _, t := range d.tasks {
		if t.protected() {
			n++
		}
	}
	if n > 0 {
		s.eventOnce(fmt.Sprintf("(service %s) was unable to reach steady state because (taskSet %s) was unable to scale in due to (reason %d tasks under protection)",
			s.name, d.id, n))
	}
}

// newest are the events as they are described, the newest first.
func (s *service) newest() []ecstypes.ServiceEvent {
	list := slices.Clone(s.events[max(0, len(s.events)-maxEvents):])
	slices.Reverse(list)
	return orEmpty(list)
}

// eventTasks is how many tasks one event names.
const eventTasks = 10

func (s *service) startedEvent(tasks []*task) {
	even, tasks := partition(tasks)
	s.evenedEvents(even, "has started %d tasks in %s to AZ Rebalance: %s.")
	for chunk := range slices.Chunk(tasks, eventTasks) {
		s.eventf("(service %s) has started %d tasks: %s.%s", s.name, len(chunk), names(chunk), s.replacement(len(chunk)))
	}
}

// replacement ends the event of n tasks that took the places of unhealthy ones.
func (s *service) replacement(n int) string {
	n = min(n, s.replaced)
	if n == 0 {
		return ""
	}
	s.replaced -= n
	return fmt.Sprintf(" Amazon ECS replaced %d tasks due to an unhealthy status.", n)
}

// stoppedEvent is said of tasks that were running, of the others only their number.
func (s *service) stoppedEvent(running []*task, pending int) {
	even, running := partition(running)
	s.evenedEvents(even, "has stopped %d running tasks in %s due to AZ rebalancing: %s.")
	for chunk := range slices.Chunk(running, eventTasks) {
		s.eventf("(service %s) has stopped %d running tasks: %s.", s.name, len(chunk), names(chunk))
	}
	if pending > 0 {
		s.eventf("(service %s) stopped %d pending tasks.", s.name, pending)
	}
}

// partition tells the tasks that even out zones from the others.
func partition(tasks []*task) (even, others []*task) {
	if !slices.ContainsFunc(tasks, func(t *task) bool { return t.evens }) {
		return nil, tasks
	}
	for _, t := range tasks {
		if t.evens {
			even = append(even, t)
		} else {
			others = append(others, t)
		}
	}
	return even, others
}

func names(tasks []*task) string {
	list := make([]string, len(tasks))
	for i, t := range tasks {
		list[i] = t.id
	}
	return "(task " + strings.Join(list, ") (task ") + ")"
}

// message is the text of an exception without its code.
func message(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorMessage()
	}
	return err.Error()
}
