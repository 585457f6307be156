// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// The exit codes of signals.
const (
	exitKilled     int32 = 137
	exitTerminated int32 = 143
)

// container is one container of a task, running its program.
type container struct {
	t     *task
	def   *ecstypes.ContainerDefinition
	needs []ecstypes.ContainerDependency
	// id is its number in the task definition.
	id      string
	program world.Program
	image   world.Image
	status  string
	exit    *int32
	reason  string
	health  ecstypes.HealthStatus
	begun   bool
	// ending: it was sent SIGTERM.
	ending  bool
	started time.Time
	// life counts starts; what was planned for an earlier one is void.
	life     int
	failures int32
	// bindings are its ports of the host.
	bindings []ecstypes.NetworkBinding
	// gpus are those of its instance that it has.
	gpus []string
}

func (c *container) essential() bool { return or(c.def.Essential, true) }

// then plays f after d, unless the container has ended or restarted meanwhile.
func (c *container) then(d time.Duration, f func()) {
	life := c.life
	c.t.fake().sim.After(d, func() {
		if c.life == life && c.status == running {
			f()
		}
	})
}

// run starts the program.
func (c *container) run() {
	c.begun, c.status, c.started = true, running, c.t.now()
	c.life++
	c.failures = 0
	c.t.version++
	c.health = ecstypes.HealthStatusUnknown
	c.log(c.program.Logs)
	c.startRouter()
	if e := c.program.Exit; e != nil {
		c.then(e.After, func() { c.exited(e) })
	}
	c.watchHealth()
	c.limitWait()
}

// unrunnable is why the container runtime cannot start the program.
func (c *container) unrunnable() string {
	command := c.command()
	if c.program.Executables == nil || len(command) == 0 || slices.Contains(c.program.Executables, command[0]) {
		return ""
	}
	why := "executable file not found in $PATH"
	if strings.Contains(command[0], "/") {
		why = "stat " + command[0] + ": no such file or directory"
	}
	return fmt.Sprintf("CannotStartContainerError: failed to create task for container: failed to create shim task: OCI runtime create failed: "+
		"runc create failed: unable to start container process: exec: %q: %s: unknown", command[0], why)
}

// command is what the container runs, as far as the task says.
func (c *container) command() []string {
	entry := c.def.EntryPoint
	if len(entry) == 0 {
		entry = c.image.Entrypoint
	}
	return slices.Concat(entry, c.def.Command)
}

// limitWait has the task fail if, at the start timeout, others still wait for what
// they need of the container.
func (c *container) limitWait() {
	if c.def.StartTimeout == nil {
		return
	}
	for _, other := range c.t.containers {
		for _, d := range other.needs {
			if other.begun || value(d.ContainerName) != value(c.def.Name) || d.Condition == ecstypes.ContainerConditionStart {
				continue
			}
			c.t.then(seconds(*c.def.StartTimeout), func() {
				if !other.begun && c.meets(d.Condition) == depWaiting {
					c.t.fail("Task failed to start")
				}
			})
		}
	}
}

// exited is the end of a program by itself.
func (c *container) exited(e *world.Exit) {
	code, reason := e.Code, ""
	if e.OutOfMemory {
		code, reason = exitKilled, "OutOfMemoryError: Container killed due to memory usage"
	}
	c.end(code, reason)
	t := c.t
	if !t.wanted() {
		t.terminate()
		return
	}
	if c.restarts(code) {
		c.t.then(max(t.fake().timing.Activate, world.Repeat), func() { c.restart() })
		return
	}
	if c.essential() {
		t.essentialEnded()
		return
	}
	t.startReady()
}

func (c *container) end(code int32, reason string) {
	c.status, c.exit, c.reason = stopped, &code, reason
	c.life++
	c.t.version++
}

// defaultRestartPeriod is that of a restart policy without one, in seconds.
const defaultRestartPeriod = 300

// restarts reports whether the restart policy brings the container back: not for
// ignored codes, and only if it ran for the attempt period.
func (c *container) restarts(code int32) bool {
	p := c.def.RestartPolicy
	if p == nil || !value(p.Enabled) {
		return false
	}
	if slices.Contains(p.IgnoredExitCodes, code) {
		return false
	}
	return c.t.now().Sub(c.started) >= seconds(or(p.RestartAttemptPeriod, defaultRestartPeriod))
}

func (c *container) restart() {
	if c.status == running {
		return
	}
	c.exit, c.reason = nil, ""
	c.run()
}

// essentialEnded stops the task, which cannot do without what has ended.
func (t *task) essentialEnded() {
	t.stop(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited")
}

// stopContainers sends SIGTERM to the containers that run, and SIGKILL to those
// that have not ended after their stop timeout.
func (t *task) stopContainers() {
	if t.status == stopping || t.status == deprovisioning || t.status == stopped {
		return
	}
	t.become(stopping)
	t.terminate()
}

// terminate ends the containers that no running one depends on; the others follow
// when those have ended: dependencies hold in reverse.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html
func (t *task) terminate() {
	if t.status == stopping {
		for _, i := range slices.Backward(t.spec.td.plan.order) {
			if c := t.containers[i]; !c.ending && !t.needed(c) {
				c.ending = true
				c.terminate()
			}
		}
	}
	t.finishIfEnded()
}

// needed reports whether a running container depends on c.
func (t *task) needed(c *container) bool {
	for _, other := range t.containers {
		if other.status != running {
			continue
		}
		for _, d := range other.needs {
			if value(d.ContainerName) == value(c.def.Name) {
				return true
			}
		}
	}
	return false
}

// defaultStopTimeout is that of Fargate, in seconds.
const defaultStopTimeout = 30

func (c *container) terminate() {
	if c.status != running {
		c.status = stopped
		return
	}
	if !c.program.IgnoresTerm {
		c.end(exitTerminated, "")
		return
	}
	c.then(seconds(or(c.def.StopTimeout, defaultStopTimeout)), func() {
		c.end(exitKilled, "")
		c.t.terminate()
	})
}

func seconds(n int32) time.Duration { return time.Duration(n) * time.Second }

// listens reports whether the program answers on a port.
func (c *container) listens(port int32) bool {
	if c.status != running || c.t.now().Sub(c.started) < c.program.Start {
		return false
	}
	return c.opens(port)
}

// opens reports whether the program listens on a port once it has started.
func (c *container) opens(port int32) bool {
	if c.program.Ports == nil {
		return c.declares(port)
	}
	return slices.Contains(c.program.Ports, port)
}

func (c *container) declares(port int32) bool {
	for _, p := range c.def.PortMappings {
		if value(p.ContainerPort) == port {
			return true
		}
	}
	return false
}
