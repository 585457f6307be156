// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// gpusOf is how many GPUs a container asks for; each is its own.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-gpu.html
func gpusOf(c *ecstypes.ContainerDefinition) int {
	sum := 0
	for _, r := range c.ResourceRequirements {
		if n, err := strconv.Atoi(value(r.Value)); r.Type == ecstypes.ResourceTypeGpu && err == nil {
			sum += n
		}
	}
	return sum
}

// onlyGPUs refuses what else containers can ask for.
func onlyGPUs(list []ecstypes.ContainerDefinition) error {
	for i := range list {
		for _, r := range list[i].ResourceRequirements {
			if r.Type != ecstypes.ResourceTypeGpu {
				return sim.NotModelled("resources of type %s of ECS containers are not modelled", r.Type)
			}
		}
	}
	return nil
}

// gpuIDs name the GPUs of an instance.
func gpuIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = "GPU-" + strconv.Itoa(i)
	}
	return ids
}

// freeGPUs are those that no container has.
func (n *node) freeGPUs() []string {
	return slices.DeleteFunc(gpuIDs(n.resources.GPUs), func(id string) bool { return n.gpus[id] })
}

// pinGPUs gives the containers of a task GPUs of its instance.
func (t *task) pinGPUs() {
	if t.spec.host.request.Needs.GPUs == 0 {
		return
	}
	free := t.node.freeGPUs()
	for _, c := range t.containers {
		n := min(gpusOf(c.def), len(free))
		c.gpus, free = free[:n:n], free[n:]
		for _, id := range c.gpus {
			t.node.gpus[id] = true
		}
	}
}

// unpinGPUs gives them back; who asks later still sees which they were.
func (t *task) unpinGPUs() {
	for _, c := range t.containers {
		for _, id := range c.gpus {
			delete(t.node.gpus, id)
		}
	}
}
