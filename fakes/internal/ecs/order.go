// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"
	"strings"
)

// forget takes a task out that stopped long ago. The order is tidied once half of
// it is forgotten, so that each task costs the same however many there are.
func (cl *cluster) forget(t *task) {
	delete(cl.tasks, t.id)
	t.forgotten = true
	cl.forgotten++
	if 2*cl.forgotten < len(cl.order) {
		return
	}
	cl.order = slices.DeleteFunc(cl.order, func(t *task) bool { return t.forgotten })
	cl.forgotten = 0
}

// tokenPrefix is how tokens of lists of tasks begin; the number of the last task
// listed follows.
const tokenPrefix = "after-"

// page is up to size of the tasks to keep, oldest first, from where the token
// says on. next is the token of the page after, if there is one. A page costs what
// it holds, not what the cluster does.
func (cl *cluster) page(keep func(*task) bool, token *string, size int) (tasks []*task, next *string, err error) {
	start := 0
	if value(token) != "" {
		last, err := strconv.Atoi(strings.TrimPrefix(*token, tokenPrefix))
		if err != nil || !strings.HasPrefix(*token, tokenPrefix) {
			return nil, nil, invalid("Invalid token in request: %s", *token)
		}
		start, _ = slices.BinarySearchFunc(cl.order, last+1, func(t *task, n int) int { return t.seq - n })
	}
	for _, t := range cl.order[start:] {
		if t.forgotten || !keep(t) {
			continue
		}
		if len(tasks) == size {
			return tasks, new(tokenPrefix + strconv.Itoa(tasks[size-1].seq)), nil
		}
		tasks = append(tasks, t)
	}
	return tasks, nil, nil
}
