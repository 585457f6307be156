// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// fail stops the task before it was RUNNING.
func (t *task) fail(reason string) { t.stop(ecstypes.TaskStopCodeTaskFailedToStart, reason) }

// unstartable fails a task for what Fargate could not get for it, which the events
// of its service tell too.
func (t *task) unstartable(reason string) {
	if t.dep != nil && t.spec.host == nil {
		t.dep.service.unableToPlace(reason)
	}
	t.fail(reason)
}

// begin leads the task from PROVISIONING on, or has it wait for an instance.
func (t *task) begin() {
	switch {
	case t.spec.host == nil:
		t.then(t.fake().timing.Provision, t.attach)
	case t.node == nil:
		t.await()
	default:
		t.settleIn()
	}
}

// attach gives the task its network interface.
func (t *task) attach() {
	n := t.spec.network
	public := n.AssignPublicIp == ecstypes.AssignPublicIpEnabled
	nic, err := t.fake().needs.Network.Attach(t.region(), t.subnet, n.SecurityGroups, public, t.arn,
		t.cl.r.arn("attachment/"+t.attachment()))
	if err != nil {
		t.fail(noInterface(t.subnet, public, err))
		return
	}
	t.nic = nic
	t.cl.r.addresses[address{nic.VPC, nic.PrivateIP}] = t
	t.become(pending)
	t.prepare()
}

// prepare gets what the task needs before its images.
func (t *task) prepare() {
	t.connected = t.now()
	if reason := t.makeVolumes(); reason != "" {
		t.unstartable(reason)
		return
	}
	if reason := t.initialize(); reason != "" {
		t.unstartable(reason)
		return
	}
	t.pull()
}

// pull fetches the images, one after the other.
func (t *task) pull() {
	t.pullStarted = t.now()
	t.then(t.fake().timing.Pull*time.Duration(len(t.containers)), func() {
		t.pullStopped = t.now()
		left := int64(t.storage().SizeInGiB) << 30
		for _, c := range t.containers {
			reason := c.pull()
			if left -= c.program.Size; reason == "" && left < 0 && t.spec.host == nil {
				reason = noSpace
			}
			if reason == "" {
				reason = c.bind()
			}
			if reason != "" {
				c.reason = reason
				t.unstartable(reason)
				return
			}
		}
		t.startReady()
	})
}

// startReady starts the containers whose dependencies are met. Once all have
// begun the task is on its way to RUNNING.
func (t *task) startReady() {
	for again := true; again; {
		again = false
		for _, i := range t.spec.td.plan.order {
			c := t.containers[i]
			if c.begun {
				continue
			}
			switch t.met(t.spec.td.plan.awaited[i]) {
			case depMet:
				if c.reason = c.unrunnable(); c.reason != "" {
					t.fail(c.reason)
					return
				}
				c.run()
				again = true
			case depImpossible:
				t.fail("Task failed to start")
				return
			case depWaiting:
			}
		}
	}
	for _, c := range t.containers {
		if !c.begun {
			return
		}
	}
	t.activate()
}

// activate registers the task where it is load balanced, and leads to RUNNING.
func (t *task) activate() {
	if t.status != pending {
		return
	}
	t.become(activating)
	t.register()
	t.then(t.fake().timing.Activate, func() {
		t.become(running)
		t.started = t.now()
		t.reached = true
		t.assess()
		if t.dep != nil {
			t.dep.service.wake()
		}
	})
}

type depState int

const (
	depMet depState = iota
	depWaiting
	depImpossible
)

// met says whether what a container depends on has come about.
func (t *task) met(awaited []ecstypes.ContainerDependency) depState {
	state := depMet
	for _, d := range awaited {
		on := t.container(value(d.ContainerName))
		if on == nil {
			continue
		}
		switch on.meets(d.Condition) {
		case depImpossible:
			return depImpossible
		case depWaiting:
			state = depWaiting
		case depMet:
		}
	}
	return state
}

// meets says whether the container has come as far as a condition asks.
func (c *container) meets(condition ecstypes.ContainerCondition) depState {
	met := false
	switch condition {
	case ecstypes.ContainerConditionStart:
		met = c.begun
	case ecstypes.ContainerConditionComplete:
		met = c.exit != nil
	case ecstypes.ContainerConditionSuccess:
		if c.exit != nil && *c.exit != 0 {
			return depImpossible
		}
		met = c.exit != nil
	case ecstypes.ContainerConditionHealthy:
		if c.health == ecstypes.HealthStatusUnhealthy || c.exit != nil {
			return depImpossible
		}
		met = c.health == ecstypes.HealthStatusHealthy
	}
	if met {
		return depMet
	}
	return depWaiting
}

func (t *task) container(name string) *container {
	for _, c := range t.containers {
		if value(c.def.Name) == name {
			return c
		}
	}
	return nil
}

// plan is what can be said of a task definition before any task runs.
type plan struct {
	// order of the containers in which dependencies come first.
	order []int
	// awaited is what each container depends on.
	awaited [][]ecstypes.ContainerDependency
	// platform that images must have, "linux/amd64".
	platform string
}

func newPlan(d *ecstypes.TaskDefinition) *plan {
	p := &plan{platform: platformOf(d.RuntimePlatform)}
	index := map[string]int{}
	for i := range d.ContainerDefinitions {
		index[value(d.ContainerDefinitions[i].Name)] = i
		p.awaited = append(p.awaited, awaited(d.ContainerDefinitions, i))
	}
	seen := make([]bool, len(d.ContainerDefinitions))
	var visit func(i int)
	visit = func(i int) {
		if seen[i] {
			return
		}
		seen[i] = true
		for _, dep := range p.awaited[i] {
			if j, ok := index[value(dep.ContainerName)]; ok {
				visit(j)
			}
		}
		p.order = append(p.order, i)
	}
	for i := range d.ContainerDefinitions {
		visit(i)
	}
	return p
}

// awaited is what container i depends on: what it says, and the start of the log
// router if it sends its output there and neither of the two says anything else.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_firelens.html
func awaited(list []ecstypes.ContainerDefinition, i int) []ecstypes.ContainerDependency {
	c := &list[i]
	if c.LogConfiguration == nil || c.LogConfiguration.LogDriver != ecstypes.LogDriverAwsfirelens {
		return c.DependsOn
	}
	for j := range list {
		router := &list[j]
		if j == i || router.FirelensConfiguration == nil || dependsOn(c, router) || dependsOn(router, c) {
			continue
		}
		start := ecstypes.ContainerDependency{ContainerName: router.Name, Condition: ecstypes.ContainerConditionStart}
		return append(slices.Clip(c.DependsOn), start)
	}
	return c.DependsOn
}

func dependsOn(c, other *ecstypes.ContainerDefinition) bool {
	return slices.ContainsFunc(c.DependsOn, func(d ecstypes.ContainerDependency) bool {
		return value(d.ContainerName) == value(other.Name)
	})
}

func platformOf(p *ecstypes.RuntimePlatform) string {
	const linux, windows = "linux", "windows"
	os, arch := linux, "amd64"
	if p == nil {
		return os + "/" + arch
	}
	if p.CpuArchitecture == ecstypes.CPUArchitectureArm64 {
		arch = "arm64"
	}
	if p.OperatingSystemFamily != "" && p.OperatingSystemFamily != ecstypes.OSFamilyLinux {
		os = windows
	}
	return os + "/" + arch
}

// fits reports whether one of the platforms, with or without variant, is wanted.
func fits(platforms []string, wanted string) bool {
	if len(platforms) == 0 {
		return true
	}
	for _, p := range platforms {
		if p == wanted || len(p) > len(wanted) && p[:len(wanted)+1] == wanted+"/" {
			return true
		}
	}
	return false
}
