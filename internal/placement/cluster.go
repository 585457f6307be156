// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
)

// Cluster is a set of instances and what runs on them. What choices look at is kept
// in columns by slot, up to date after each change, so that a choice reads a few
// numbers of each instance. It is not safe for concurrent use.
type Cluster struct {
	nodes []node
	slots map[string]int
	free  []int
	// order has the slots by the ID of the instance; nil after a change of their set.
	order []int
	// room is what is left of each slot.
	room []room
	// ending is a place for what choosing a victim notes of each slot.
	ending []*placed
	tasks  map[string]*placed
	groups map[string]*group
	fields map[string]*field
	// verdicts of queries by what is fixed of them.
	verdicts map[string][]verdict
	// indexes of queries by their keys, and what they may not know yet.
	indexes map[string]*index
	changes changes
}

// node is an instance and its tasks.
type node struct {
	Instance
	tcp  map[int]int
	udp  map[int]int
	hash uint64
}

// room is small, for choices read all of it.
type room struct {
	cpu, memory, gpus, interfaces int32
	// open: the instance takes tasks.
	open bool
}

// Task is one that has a place.
type Task struct {
	ID, Group string
	Needs     Resources
}

type placed struct {
	Task
	slot    int
	running bool
}

// NewCluster returns one without instances.
func NewCluster() *Cluster {
	return &Cluster{
		slots: map[string]int{}, tasks: map[string]*placed{}, groups: map[string]*group{},
		fields: map[string]*field{}, verdicts: map[string][]verdict{}, indexes: map[string]*index{},
	}
}

// Put adds an instance, or replaces what is known of the one with the ID; its tasks
// stay. Running and Groups are not looked at.
func (c *Cluster) Put(i Instance) {
	slot, there := c.slots[i.ID]
	if !there {
		slot = c.grow(i.ID)
	}
	n := &c.nodes[slot]
	if !there || !maps.Equal(n.Attributes, i.Attributes) {
		c.changes.next()
	}
	c.changed(slot)
	c.recount(slot, -1)
	i.Attributes = maps.Clone(i.Attributes)
	i.Running, i.Groups = n.Running, n.Groups
	c.register(slot, n.Registered, -1)
	n.Instance = i
	c.register(slot, i.Registered, 1)
	c.room[slot].open = i.Status == Active || i.Status == ""
	for name, f := range c.fields {
		f.set(slot, i.Attributes, name)
	}
	for _, v := range c.verdicts {
		v[slot] = unknown
	}
	c.recount(slot, 1)
}

// grow finds a slot.
func (c *Cluster) grow(id string) int {
	c.order = nil
	slot := len(c.nodes)
	if last := len(c.free) - 1; last >= 0 {
		slot, c.free = c.free[last], c.free[:last]
	} else {
		c.nodes, c.room, c.ending = append(c.nodes, node{}), append(c.room, room{}), append(c.ending, nil)
		for _, g := range c.groups {
			g.on, g.mine = append(g.on, 0), append(g.mine, nil)
		}
		for _, f := range c.fields {
			f.value = append(f.value, 0)
		}
		for key := range c.verdicts {
			c.verdicts[key] = append(c.verdicts[key], unknown)
		}
	}
	c.nodes[slot] = node{
		Instance: Instance{Groups: map[string]int{}}, hash: hash(id),
		tcp: map[int]int{}, udp: map[int]int{},
	}
	c.room[slot], c.slots[id] = room{}, slot
	return slot
}

// Remove forgets an instance and its tasks.
func (c *Cluster) Remove(instance string) {
	slot, there := c.slots[instance]
	if !there {
		return
	}
	for _, name := range slices.Collect(maps.Keys(c.nodes[slot].Groups)) {
		for _, t := range slices.Clone(c.groups[name].mine[slot]) {
			c.Stop(t.ID)
		}
	}
	c.changes.next()
	delete(c.slots, instance)
	c.nodes[slot], c.room[slot], c.order = node{}, room{}, nil
	c.free = append(c.free, slot)
}

// Start gives a task its place on an instance, whether or not it fits. The errors:
// no such instance, or the task has a place already.
func (c *Cluster) Start(t Task, instance string) error {
	slot, there := c.slots[instance]
	if !there {
		return fmt.Errorf("no container instance %q", instance)
	}
	if _, there := c.tasks[t.ID]; there {
		return fmt.Errorf("task %q has a place already", t.ID)
	}
	p, g := &placed{Task: t, slot: slot}, c.groupOf(t.Group)
	c.tasks[t.ID], g.mine[slot] = p, append(g.mine[slot], p)
	count(c.nodes[slot].Groups, t.Group, 1)
	c.use(slot, t.Needs, 1)
	g.add(c, slot, 1)
	c.changed(slot)
	return nil
}

// Running says that a task is in the status RUNNING from now on.
func (c *Cluster) Running(task string) {
	if t, there := c.tasks[task]; there && !t.running {
		t.running = true
		c.nodes[t.slot].Running++
		c.changed(t.slot)
	}
}

// Stop frees a task's place.
func (c *Cluster) Stop(task string) {
	t, there := c.tasks[task]
	if !there {
		return
	}
	delete(c.tasks, task)
	n, g := &c.nodes[t.slot], c.groups[t.Group]
	if t.running {
		n.Running--
	}
	at := slices.Index(g.mine[t.slot], t)
	g.mine[t.slot] = slices.Delete(g.mine[t.slot], at, at+1)
	count(n.Groups, t.Group, -1)
	c.use(t.slot, t.Needs, -1)
	c.changed(t.slot)
	if g.add(c, t.slot, -1); g.total == 0 {
		delete(c.groups, t.Group)
	}
}

// changed tells the indexes.
func (c *Cluster) changed(slot int) { c.changes.add(slot, len(c.nodes)) }

// register adds, times 1, or takes away, times -1, what an instance has.
func (c *Cluster) register(slot int, r Resources, times int) {
	c.room[slot].add(r, times)
	c.reserve(slot, r, times)
}

// use takes a task's needs, times 1, or gives them back, times -1.
func (c *Cluster) use(slot int, r Resources, times int) {
	c.room[slot].add(r, -times)
	c.reserve(slot, r, times)
}

func (left *room) add(r Resources, times int) {
	left.cpu += int32(times * r.CPU)
	left.memory += int32(times * r.Memory)
	left.gpus += int32(times * r.GPUs)
	left.interfaces += int32(times * r.Interfaces)
}

func (c *Cluster) reserve(slot int, r Resources, times int) {
	n := &c.nodes[slot]
	for _, p := range r.TCP {
		count(n.tcp, p, times)
	}
	for _, p := range r.UDP {
		count(n.udp, p, times)
	}
}

// count keeps no key whose count is 0.
func count[K comparable](in map[K]int, key K, n int) {
	if in[key] += n; in[key] == 0 {
		delete(in, key)
	}
}

func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // never fails
	return h.Sum64()
}

// Instance returns what is known of an instance, with its tasks counted, and what
// is left of its resources. Its maps are copies.
func (c *Cluster) Instance(id string) (i Instance, left Resources, found bool) {
	slot, there := c.slots[id]
	if !there {
		return Instance{}, Resources{}, false
	}
	n, r := &c.nodes[slot], c.room[slot]
	i = n.Instance
	i.Attributes, i.Groups = maps.Clone(i.Attributes), maps.Clone(i.Groups)
	return i, Resources{
		CPU: int(r.cpu), Memory: int(r.memory), GPUs: int(r.gpus), Interfaces: int(r.interfaces),
		TCP: slices.Sorted(maps.Keys(n.tcp)), UDP: slices.Sorted(maps.Keys(n.udp)),
	}, true
}

// Where returns the instance on which a task has its place.
func (c *Cluster) Where(task string) (instance string, found bool) {
	t, there := c.tasks[task]
	if !there {
		return "", false
	}
	return c.nodes[t.slot].ID, true
}

// Len is how many instances there are.
func (c *Cluster) Len() int { return len(c.slots) }

// sorted returns the slots in use, by the IDs of their instances.
func (c *Cluster) sorted() []int {
	if c.order == nil {
		c.order = slices.SortedFunc(maps.Values(c.slots), func(a, b int) int {
			return strings.Compare(c.nodes[a].ID, c.nodes[b].ID)
		})
	}
	return c.order
}
