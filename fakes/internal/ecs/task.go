// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// What a task goes through.
const (
	provisioning   = "PROVISIONING"
	pending        = "PENDING"
	activating     = "ACTIVATING"
	running        = "RUNNING"
	deactivating   = "DEACTIVATING"
	stopping       = "STOPPING"
	deprovisioning = "DEPROVISIONING"
	stopped        = "STOPPED"
)

// kept is how long a stopped task is still described.
const kept = time.Hour

// spec is what tasks are started from; those of a deployment share one.
type spec struct {
	td              *taskDef
	network         ecstypes.AwsVpcConfiguration
	volumes         []launchVolume
	platformVersion string
	overrides       *ecstypes.TaskOverride
	// containers are those of the task definition with what is overridden.
	containers []ecstypes.ContainerDefinition
	group      string
	startedBy  string
	exec       bool
	tags       []ecstypes.Tag
	fargate    bool // by launch type, not by capacity provider
	// host is what the tasks ask of container instances, nil on Fargate.
	host          *hosted
	taskRole      string
	executionRole string
}

// task is one task, in the life of which things happen.
type task struct {
	cl      *cluster
	spec    *spec
	dep     *deployment // nil for tasks of RunTask
	slot    int         // its place in dep.tasks
	seq     int
	id, arn string

	status, desired string
	provider        string
	// node is the container instance; none on Fargate, and while the task waits for one.
	node  *node
	waits bool
	// expects is the EC2 instance of Managed Instances that is launched for it.
	expects      string
	tags         []ecstypes.Tag
	zone, subnet string
	nic          world.Interface
	containers   []*container
	volumes      []*taskVolume
	execution    sim.Principal
	role         sim.Principal

	code   ecstypes.TaskStopCode
	reason string
	// reached is set once RUNNING, healthy while the service counts on it,
	// proven once it has been healthy.
	reached, healthy, proven bool
	// forgotten: it is not described any more.
	forgotten bool
	// unfit: its checks failed, so the scheduler stops it.
	unfit bool
	// counted: it is one of its deployment's. moving: another task is to take its place.
	// evens: it moves, or is started, to even out zones.
	counted, moving, evens bool
	// drains is how many targets, and instances of Classic Load Balancers, are being
	// drained before the containers stop; leaving are the names of those balancers.
	drains         int
	leaving        []string
	protectedUntil time.Time

	created, connected, pullStarted, pullStopped    time.Time
	started, stopRequested, executionStopped, ended time.Time
	version                                         int64
}

// isPending reports whether a task of the status counts as pending.
func isPending(status string) bool {
	return status == provisioning || status == pending || status == activating
}

// become moves the task to another status and keeps the counts.
func (t *task) become(status string) {
	t.count(-1)
	t.status = status
	t.version++
	t.count(1)
}

func (t *task) count(n int32) {
	if t.node != nil {
		t.node.count(t, n)
	}
	switch {
	case isPending(t.status):
		t.cl.pending += n
		if t.dep != nil {
			t.dep.pending += n
		}
	case t.status == running:
		t.cl.running += n
		if t.dep != nil {
			t.dep.running += n
		}
	case t.status == deactivating && t.dep != nil:
		t.dep.leaving += n
	}
}

// wanted reports whether nobody has asked the task to stop.
func (t *task) wanted() bool { return t.desired == running }

// setHealthy keeps the deployment's count of healthy tasks.
func (t *task) setHealthy(healthy bool) {
	if t.healthy == healthy {
		return
	}
	t.healthy = healthy
	if t.dep == nil {
		return
	}
	if healthy {
		t.dep.healthy++
	} else {
		t.dep.healthy--
	}
}

func (t *task) now() time.Time  { return t.cl.r.f.sim.Now() }
func (t *task) fake() *Fake     { return t.cl.r.f }
func (t *task) region() string  { return t.cl.r.name }
func (t *task) protected() bool { return t.now().Before(t.protectedUntil) }

// then plays f after d, unless the task was asked to stop meanwhile.
func (t *task) then(d time.Duration, f func()) {
	t.fake().sim.After(d, func() {
		if t.wanted() {
			f()
		}
	})
}

// stop asks the task to end, for the reason that AWS will show.
func (t *task) stop(code ecstypes.TaskStopCode, reason string) {
	if !t.wanted() {
		return
	}
	t.setHealthy(false)
	t.desired = stopped
	t.code, t.reason = code, reason
	t.stopRequested = t.now()
	if t.dep != nil {
		t.dep.lost(t)
	}
	if t.status == running || t.status == activating {
		t.become(deactivating)
		t.drain(code == ecstypes.TaskStopCodeServiceSchedulerInitiated)
		return
	}
	t.stopContainers()
}

// finishIfEnded goes on once all containers of a stopping task have ended.
func (t *task) finishIfEnded() {
	if t.wanted() || t.status == deprovisioning || t.status == stopped {
		return
	}
	for _, c := range t.containers {
		if c.status == running {
			return
		}
	}
	t.executionStopped = t.now()
	t.become(deprovisioning)
	t.fake().sim.After(t.fake().timing.Deprovision, t.end)
}

// end is the last step: the task is STOPPED, and forgotten an hour later.
func (t *task) end() {
	if t.nic.ID != "" {
		delete(t.cl.r.addresses, address{t.nic.VPC, t.nic.PrivateIP})
		t.fake().needs.Network.Detach(t.region(), t.nic.ID)
	}
	t.releaseVolumes()
	for _, c := range t.containers {
		c.status = stopped
	}
	t.become(stopped)
	t.release()
	t.ended = t.now()
	if t.dep != nil {
		t.dep.service.ending--
		t.dep.service.wake()
	}
	t.fake().sim.After(kept, func() { t.cl.forget(t) })
}
