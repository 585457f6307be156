// SPDX-License-Identifier: Apache-2.0

package placement

// group counts the tasks of a task group.
type group struct {
	total int
	// on is how many there are on each slot, by how many on each value of an attribute.
	on []int32
	// mine are the tasks on each slot, in the order of their start.
	mine [][]*placed
	by   map[string][]int32
}

func (c *Cluster) groupOf(name string) *group {
	g, there := c.groups[name]
	if !there {
		g = &group{on: make([]int32, len(c.nodes)), mine: make([][]*placed, len(c.nodes)), by: map[string][]int32{}}
		c.groups[name] = g
	}
	return g
}

func (g *group) add(c *Cluster, slot, n int) {
	g.total += n
	g.on[slot] += int32(n)
	g.addBy(c, slot, n)
}

// addBy counts tasks of a slot by attribute only.
func (g *group) addBy(c *Cluster, slot, n int) {
	for name, counts := range g.by {
		f := c.fields[name]
		counts = f.cover(counts)
		counts[f.value[slot]] += int32(n)
		g.by[name] = counts
	}
}

// recount counts the tasks of a slot out of the columns by attribute, times -1, and
// in again, times 1, around a change of its attributes.
func (c *Cluster) recount(slot, times int) {
	for name, n := range c.nodes[slot].Groups {
		c.groups[name].addBy(c, slot, times*n)
	}
}

// values returns how many tasks of the group there are by value of an attribute.
func (c *Cluster) values(g *group, f *field, name string) []int32 {
	counts, there := g.by[name]
	if !there {
		counts = make([]int32, len(f.names))
		for slot, n := range g.on {
			counts[f.value[slot]] += n
		}
	}
	counts = f.cover(counts)
	g.by[name] = counts
	return counts
}

// Spread returns how many tasks of a group there are by value of an attribute, with
// 0 for values of instances without one.
func (c *Cluster) Spread(groupName, attribute string) map[string]int {
	f, tasks := c.field(attribute), map[string]int{}
	for _, slot := range c.sorted() {
		tasks[f.names[f.value[slot]]] += c.nodes[slot].Groups[groupName]
	}
	return tasks
}

// field has the values of an attribute by slot, as numbers. Number 0 is of
// instances without the attribute: they are one place to spread to, as any value.
type field struct {
	value   []int32
	numbers map[string]int32
	names   []string
}

func (c *Cluster) field(name string) *field {
	f, there := c.fields[name]
	if !there {
		f = &field{value: make([]int32, len(c.nodes)), numbers: map[string]int32{}, names: []string{""}}
		for slot := range c.nodes {
			f.set(slot, c.nodes[slot].Attributes, name)
		}
		c.fields[name] = f
	}
	return f
}

func (f *field) set(slot int, attributes map[string]string, name string) {
	value, has := attributes[name]
	if !has {
		f.value[slot] = 0
		return
	}
	number, known := f.numbers[value]
	if !known {
		number = int32(len(f.names))
		f.numbers[value], f.names = number, append(f.names, value)
	}
	f.value[slot] = number
}

// cover makes counts as long as there are values.
func (f *field) cover(counts []int32) []int32 {
	return append(counts, make([]int32, len(f.names)-len(counts))...)
}
