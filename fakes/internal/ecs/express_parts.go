// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// part is one thing of another service that Express Mode makes.
type part struct {
	kind    partKind
	status  ecstypes.ManagedResourceStatus
	reason  string
	updated time.Time
	// made is what it was made for; another want has it changed.
	made, want string
}

type partKind int

// In the order in which they are made.
const (
	partBalancerGroup partKind = iota
	partServiceGroup
	partCertificate
	partBalancer
	partListener
	partTargetGroups
	partRule
	partScalableTarget
	partScalingPolicy
	partAlarm
	partCount
)

// madeParts are the names under which other services know the parts.
type madeParts struct {
	group, certificate, rule, logGroup, policy, policyName string
	// groups are the target groups, and old those which have been replaced.
	groups [2]expressTargets
	old    []string
	// ports that the service's group admits.
	ports    []int32
	scalable bool
}

// errWaiting: a part must wait for another one.
var errWaiting = errors.New("waiting")

// plan says what the parts are to be, as the configuration is now.
func (e *express) plan() {
	now := e.s.cl.r.f.sim.Now()
	if e.parts == nil {
		for kind := range partCount {
			e.parts = append(e.parts, &part{kind: kind})
		}
	}
	for _, p := range e.parts {
		p.want = e.wanted(p.kind)
		if p.status != ecstypes.ManagedResourceStatusActive || p.made != p.want {
			p.status, p.updated, e.ready = ecstypes.ManagedResourceStatusProvisioning, now, false
		}
	}
	e.again()
}

// wanted is what a part depends on.
func (e *express) wanted(kind partKind) string {
	x := &e.config
	switch kind {
	case partServiceGroup:
		return strconv.Itoa(int(e.port()))
	case partTargetGroups, partRule, partAlarm:
		return strconv.Itoa(e.slot()) + ":" + strconv.Itoa(int(e.port())) + value(x.health)
	case partScalableTarget:
		return strconv.Itoa(int(*x.scaling.MinTaskCount)) + "-" + strconv.Itoa(int(*x.scaling.MaxTaskCount))
	case partScalingPolicy:
		want := string(x.scaling.AutoScalingMetric) + strconv.Itoa(int(*x.scaling.AutoScalingTargetValue))
		if x.scaling.AutoScalingMetric == ecstypes.ExpressGatewayServiceScalingMetricRequestCountPerTarget {
			want += "@" + strconv.Itoa(e.slot()) + ":" + strconv.Itoa(int(e.port()))
		}
		return want
	default:
		return "made"
	}
}

// provisioning makes what is missing of the parts, and reports whether the service must
// wait for them.
func (s *service) provisioning() bool {
	e := s.express
	if e == nil || e.ready {
		return false
	}
	if e.early() {
		return true
	}
	for _, p := range e.parts {
		if p.status == ecstypes.ManagedResourceStatusActive {
			continue
		}
		if !e.try(p, e.make, ecstypes.ManagedResourceStatusActive) {
			return true
		}
		p.made = p.want
	}
	e.ready = true
	e.attach()
	return false
}

// deprovisioned takes the parts away, and reports whether all are gone.
func (s *service) deprovisioned() bool {
	e := s.express
	if e == nil {
		return true
	}
	if e.early() {
		return false
	}
	for _, p := range slices.Backward(e.parts) {
		if p.status == ecstypes.ManagedResourceStatusDeleted {
			continue
		}
		if p.status == ecstypes.ManagedResourceStatusActive {
			p.status = ecstypes.ManagedResourceStatusDeprovisioning
		}
		if !e.try(p, e.takeAway, ecstypes.ManagedResourceStatusDeleted) {
			return false
		}
	}
	e.leave()
	return true
}

// early reports whether the next attempt is still to come.
func (e *express) early() bool { return e.s.cl.r.f.sim.Now().Before(e.retry) }

// try does something about a part, and plans another attempt if that fails.
func (e *express) try(p *part, do func(partKind) error, done ecstypes.ManagedResourceStatus) bool {
	s, now := e.s, e.s.cl.r.f.sim.Now()
	err := do(p.kind)
	if err == nil {
		p.status, p.reason, p.updated, e.failures = done, "", now, 0
		return true
	}
	if errors.Is(err, errWaiting) {
		e.retry = now.Add(max(s.pause(), world.Repeat))
	} else {
		e.failures++
		e.retry = now.Add(s.backoff(e.failures))
		if p.reason != message(err) {
			s.eventf("(service %s) %s", s.name, message(err))
		}
		p.status, p.reason, p.updated = ecstypes.ManagedResourceStatusFailed, message(err), now
	}
	s.wakeAt(e.retry)
	return false
}

// make makes a part, or changes it; one that is there already is fine.
func (e *express) make(kind partKind) error {
	switch kind {
	case partBalancerGroup:
		return e.join().makeGroup(e)
	case partServiceGroup:
		return e.makeServiceGroup()
	case partCertificate:
		return e.makeCertificate()
	case partBalancer:
		return e.gateway.makeBalancer(e)
	case partListener:
		return e.gateway.makeListener(e)
	case partTargetGroups:
		return e.makeTargetGroups()
	case partRule:
		return e.makeRule()
	case partScalableTarget:
		return e.makeScalableTarget()
	case partScalingPolicy:
		return e.makeScalingPolicy()
	case partAlarm:
		return e.makeAlarm()
	default:
		return nil
	}
}

// vanished reports whether somebody else has deleted a part.
func vanished(err error) bool {
	return err != nil && slices.Contains([]string{
		"RuleNotFound", "ListenerNotFound", "LoadBalancerNotFound", "TargetGroupNotFound", "InvalidGroup.NotFound", "InvalidPermission.NotFound",
		"ResourceNotFoundException", "ResourceNotFound", "ObjectNotFoundException",
	}, code(err))
}

func code(err error) string {
	code, _, _ := strings.Cut(exception(err), ":")
	return code
}

// takeAway takes a part away; one that is gone is fine.
func (e *express) takeAway(kind partKind) error {
	if err := e.unmake(kind); !vanished(err) {
		return err
	}
	return nil
}

// unmake takes a part away. What is shared goes with the last service that has it.
func (e *express) unmake(kind partKind) error {
	switch kind {
	case partBalancerGroup:
		return e.gateway.unmakeGroup(e)
	case partServiceGroup:
		return e.unmakeServiceGroup()
	case partCertificate:
		return e.unmakeCertificate()
	case partBalancer:
		return e.gateway.unmakeBalancer(e)
	case partListener:
		return e.gateway.unmakeListener(e)
	case partTargetGroups:
		return e.unmakeTargetGroups()
	case partRule:
		return e.unmakeRule()
	case partScalableTarget:
		return e.unmakeScalableTarget()
	case partScalingPolicy:
		return e.unmakeScalingPolicy()
	case partAlarm:
		return e.unmakeAlarm()
	default:
		return nil
	}
}

// port is the one on which the container listens.
func (e *express) port() int32 {
	if c := e.config.container; c != nil && c.ContainerPort != nil {
		return *c.ContainerPort
	}
	return expressPort
}
