// SPDX-License-Identifier: Apache-2.0

package placement

import "slices"

// verdict is what the fixed part of a query says of an instance.
type verdict uint8

const (
	unknown verdict = iota
	suitable
	lacksAttribute
	noMember
)

// maxVerdicts is how many queries' verdicts are kept before all are forgotten.
const maxVerdicts = 1024

func (c *Cluster) verdictsOf(q *Query) []verdict {
	v, there := c.verdicts[q.fixed]
	if !there {
		if len(c.verdicts) >= maxVerdicts {
			clear(c.verdicts)
		}
		v = make([]verdict, len(c.nodes))
		c.verdicts[q.fixed] = v
	}
	return v
}

// allowed reports whether an instance with room, as [Cluster.fits] has it, will do.
func (c *Cluster) allowed(slot int, q *Query, verdicts []verdict) (bool, error) {
	reason, err := c.refuses(slot, q, verdicts)
	return reason == "", err
}

// refuses returns why an instance will not do, empty if it will. The resources come
// first, then the constraints, as AWS lists the steps. An agent that is gone, and
// attributes that a task requires, are looked at before: AWS reported AGENT of an
// instance that met no constraint either.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-strategies.html
// https://github.com/aws/amazon-ecs-agent/pull/3044
func (c *Cluster) refuses(slot int, q *Query, verdicts []verdict) (Reason, error) {
	n := &c.nodes[slot]
	if !n.AgentConnected {
		return AgentGone, nil
	}
	if verdicts[slot] == unknown {
		v, err := q.judge(&n.Instance)
		if err != nil {
			return "", err
		}
		verdicts[slot] = v
	}
	if verdicts[slot] == lacksAttribute {
		return AttributeMissing, nil
	}
	if reason := c.short(slot, q); reason != "" {
		return reason, nil
	}
	if verdicts[slot] == noMember {
		return NotMember, nil
	}
	for _, e := range q.members {
		if !e.dynamic {
			continue
		}
		if ok, err := e.Matches(&n.Instance); !ok || err != nil {
			return NotMember, err
		}
	}
	if q.distinct && n.Groups[q.group] > 0 {
		return NotDistinct, nil
	}
	return "", nil
}

// judge looks at what tasks do not change.
func (q *Query) judge(i *Instance) (verdict, error) {
	for _, a := range q.attributes {
		value, has := i.Attributes[a.Name]
		if !has || (len(a.Values) > 0 && !slices.Contains(a.Values, value)) {
			return lacksAttribute, nil
		}
	}
	for _, e := range q.members {
		if e.dynamic {
			continue
		}
		if ok, err := e.Matches(i); !ok || err != nil {
			return noMember, err
		}
	}
	return suitable, nil
}

// short returns which resource an instance has not enough of.
func (c *Cluster) short(slot int, q *Query) Reason {
	left, needs := &c.room[slot], &q.needs
	switch {
	case int(left.cpu) < needs.CPU:
		return CPUShort
	case int(left.memory) < needs.Memory:
		return MemoryShort
	case int(left.gpus) < needs.GPUs:
		return GPUShort
	case q.ports && c.portsTaken(slot, q):
		return PortsTaken
	case int(left.interfaces) < needs.Interfaces:
		return InterfacesShort
	default:
		return ""
	}
}

// maxPorts can be reserved on an instance, those of the instance itself included.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
const maxPorts = 100

func (c *Cluster) portsTaken(slot int, q *Query) bool {
	n := &c.nodes[slot]
	taken := func(ports map[int]int) func(int) bool {
		return func(p int) bool { return ports[p] > 0 }
	}
	return slices.ContainsFunc(q.needs.TCP, taken(n.tcp)) || slices.ContainsFunc(q.needs.UDP, taken(n.udp)) ||
		len(n.tcp)+len(n.udp)+len(q.needs.TCP)+len(q.needs.UDP) > maxPorts
}
