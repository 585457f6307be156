// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strconv"
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const primary = "PRIMARY"

// deployment is one service revision, as far as it is rolled out.
type deployment struct {
	service  *service
	id       string // "ecs-svc/<number>"
	revision string // ARN
	input    awsecs.CreateServiceInput
	spec     *spec
	strategy []ecstypes.CapacityProviderStrategyItem
	// balancers are those of the input, with the target groups that the tasks use.
	balancers   []ecstypes.LoadBalancer
	status      string
	state       ecstypes.DeploymentRolloutState
	stateReason string
	created     time.Time
	updated     time.Time
	// tasks are those not asked to stop.
	tasks []*task
	// pending, running, healthy and leaving (DEACTIVATING) count tasks.
	pending, running, healthy, leaving int32
	// moving counts the tasks in whose place others are to be started.
	moving int

	zones     map[string]int
	providers map[string]int32
	// digests of the images, by container.
	digests map[string]string
	// failed counts tasks since the last healthy one (or all, see the breaker).
	failed int32
	// reached: one of its tasks was RUNNING.
	reached bool
	// streak counts attempts in a row that never were RUNNING; the next comes
	// notBefore.
	streak    int
	notBefore time.Time
	// retry is the time of the look that was planned for notBefore.
	retry time.Time
	// unplaced counts attempts in a row for which Fargate had no place.
	unplaced int
}

// deploy adds a deployment of the service as its input is now. It becomes PRIMARY.
func (s *service) deploy() *deployment {
	r, now := s.cl.r, s.cl.r.f.sim.Now()
	number := number(r.f.sim.ID(16, "ecs-revision", r.name, s.cl.name, s.name))
	dep := &deployment{
		service: s, id: "ecs-svc/" + number, input: s.input, strategy: s.strategy, spec: s.spec(), balancers: s.placed(),
		revision: r.arn("service-revision/" + s.cl.name + "/" + s.name + "/" + number),
		created:  now, zones: map[string]int{}, providers: map[string]int32{}, digests: map[string]string{},
	}
	dep.spec.startedBy = dep.id
	r.revisions[dep.revision] = dep
	s.promote(dep)
	return dep
}

// number writes hex digits as a decimal of 19 digits.
func number(hex string) string {
	n, err := strconv.ParseUint(hex, 16, 64)
	if err != nil {
		return hex
	}
	const low = 1_000_000_000_000_000_000
	return strconv.FormatUint(low+n%(8*low), 10)
}

// promote makes dep the PRIMARY deployment, in progress; the others are ACTIVE.
func (s *service) promote(dep *deployment) {
	s.stopBalancing()
	now := s.cl.r.f.sim.Now()
	rest := []*deployment{dep}
	for _, d := range s.deployments {
		if d != dep {
			d.status = active
			rest = append(rest, d)
		}
	}
	s.deployments = rest
	dep.status, dep.updated = primary, now
	dep.state = ecstypes.DeploymentRolloutStateInProgress
	dep.stateReason = "ECS deployment " + dep.id + " in progress."
	dep.failed, dep.streak, dep.notBefore, dep.reached = 0, 0, time.Time{}, false
	s.steady = false
	s.moveDrained()
}

func (d *deployment) add(t *task) {
	t.slot, t.counted = len(d.tasks), true
	d.tasks = append(d.tasks, t)
	d.zones[t.zone]++
	d.providers[t.provider]++
}

// lost takes out a task that was asked to stop, and counts it as failed if it
// went by itself before it proved healthy.
func (d *deployment) lost(t *task) {
	last := len(d.tasks) - 1
	d.tasks[t.slot] = d.tasks[last]
	d.tasks[t.slot].slot = t.slot
	d.tasks[last] = nil
	d.tasks = d.tasks[:last]
	d.zones[t.zone]--
	d.providers[t.provider]--
	t.counted = false
	if t.moving {
		d.moving--
	}
	d.service.steady = false
	d.service.ending++
	switch {
	case t.unfit:
		d.service.replaced++
		d.taskFailed(false, t.proven)
	case t.code == ecstypes.TaskStopCodeServiceSchedulerInitiated:
	case t.code == ecstypes.TaskStopCodeUserInitiated, t.code == ecstypes.TaskStopCodeSpotInterruption:
		d.delay(d.service.pause())
	default:
		d.taskFailed(!t.reached, t.proven)
	}
	d.service.wake()
}

// taskFailed counts a task that ended by itself. unstarted: it never was RUNNING;
// proven: it had been healthy.
func (d *deployment) taskFailed(unstarted, proven bool) {
	if d.state == ecstypes.DeploymentRolloutStateInProgress && !proven {
		d.failed++
	}
	d.updated = d.service.cl.r.f.sim.Now()
	if !unstarted {
		d.delay(d.service.pause())
		return
	}
	d.streak++
	d.delay(d.service.backoff(d.streak))
	if d.streak == throttledAfter {
		d.service.eventf("(service %s) is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.", d.service.name)
	}
}

// delay holds back the next start.
func (d *deployment) delay(pause time.Duration) {
	if t := d.service.cl.r.f.sim.Now().Add(pause); t.After(d.notBefore) {
		d.notBefore = t
	}
}

// view is the deployment as DescribeServices shows it.
func (d *deployment) view() ecstypes.Deployment {
	v := ecstypes.Deployment{
		Id: &d.id, Status: new(d.status), TaskDefinition: new(d.spec.td.arn()), DesiredCount: d.desired(),
		RunningCount: d.running, PendingCount: d.pending, FailedTasks: d.failed,
		CreatedAt: &d.created, UpdatedAt: &d.updated, RolloutState: d.state, RolloutStateReason: new(d.stateReason),
		NetworkConfiguration: networkView(d.spec.network), CapacityProviderStrategy: d.strategy,
		PlatformVersion: optional(d.spec.platformVersion), PlatformFamily: d.spec.family(),
		ServiceConnectConfiguration: d.input.ServiceConnectConfiguration, VolumeConfigurations: d.input.VolumeConfigurations,
	}
	v.LaunchType = d.spec.launchType(d.strategy)
	return v
}

func (d *deployment) desired() int32 {
	if d.status == primary {
		return d.service.desired
	}
	return int32(len(d.tasks))
}

// name is how events call the deployment.
func (d *deployment) name() string { return "(deployment " + d.id + ")" }
