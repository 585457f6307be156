// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"fmt"
	"slices"
)

// Reason is why an instance will not do, as the failures of RunTask word it.
type Reason string

// The reasons, in the order in which they are looked for.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
const (
	AgentGone        Reason = "AGENT"
	AttributeMissing Reason = "ATTRIBUTE"
	CPUShort         Reason = "RESOURCE:CPU"
	MemoryShort      Reason = "RESOURCE:MEMORY"
	GPUShort         Reason = "RESOURCE:GPU"
	PortsTaken       Reason = "RESOURCE:PORTS"
	InterfacesShort  Reason = "RESOURCE:ENI"
	NotMember        Reason = "MemberOf placement constraint unsatisfied."
	NotDistinct      Reason = "DistinctInstance placement constraint unsatisfied."
)

// reasons from what is furthest from a place to what is closest.
var reasons = []Reason{
	AgentGone, AttributeMissing, CPUShort, MemoryShort, GPUShort, PortsTaken, InterfacesShort, NotMember, NotDistinct,
}

// phrases are what service events say of the closest instance; other reasons are
// quoted as they are.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
var phrases = map[Reason]string{
	CPUShort:         "has insufficient CPU units available",
	MemoryShort:      "has insufficient memory available",
	PortsTaken:       "is already using a port required by your task",
	AttributeMissing: "is missing an attribute required by your task",
}

// NoInstances is what ECS says of a cluster without instances that take tasks: in a
// service's event, and in RunTask's InvalidParameterException.
const NoInstances = "No Container Instances were found in your cluster."

// Failure is an instance that will not do.
type Failure struct {
	// Instance is the ID of the container instance.
	Instance string
	Reason   Reason
}

// UnplacedError is the error when no instance will do.
type UnplacedError struct {
	// Failures has an entry for each instance that takes tasks, by ID; none if there
	// is no such instance.
	Failures []Failure
}

// Closest returns the instance that came closest: it failed at the last of the checks.
func (e *UnplacedError) Closest() (f Failure, found bool) {
	best := -1
	for _, failed := range e.Failures {
		if at := slices.Index(reasons, failed.Reason); at > best {
			best, f = at, failed
		}
	}
	return f, best >= 0
}

const unmet = "was unable to place a task because no container instance met all of its requirements. "

// Error says of the closest instance what is wrong with it.
func (e *UnplacedError) Error() string { return unmet + e.why() }

// Event is the message of the event of a service.
func (e *UnplacedError) Event(service string) string {
	return fmt.Sprintf("(service %s) %s%s For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.", service, unmet, e.why())
}

func (e *UnplacedError) why() string {
	f, found := e.Closest()
	if !found {
		return "Reason: " + NoInstances
	}
	phrase, known := phrases[f.Reason]
	if !known {
		phrase = fmt.Sprintf("encountered error %q", f.Reason)
	}
	return fmt.Sprintf("The closest matching (container-instance %s) %s.", f.Instance, phrase)
}

// unplaced asks each instance.
func (c *Cluster) unplaced(q *Query, verdicts []verdict) error {
	e := &UnplacedError{}
	for _, slot := range c.sorted() {
		if !c.room[slot].open {
			continue
		}
		reason, err := c.refuses(slot, q, verdicts)
		if err != nil {
			return err
		}
		e.Failures = append(e.Failures, Failure{c.nodes[slot].ID, reason})
	}
	return e
}
