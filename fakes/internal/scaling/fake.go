// SPDX-License-Identifier: Apache-2.0

// Package scaling is the simulated Application Auto Scaling. It keeps scalable
// targets of ECS services, policies and scheduled actions. Step scaling acts on the
// alarms that have its policies as actions; nothing else acts.
package scaling

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
	rules "github.com/slipway-go/slipway/internal/rules/autoscaling"
)

// Fake is the simulated service.
type Fake struct {
	sim      *sim.Sim
	access   world.Access
	services world.Services
	regions  sim.Regional[region]
}

// region has the scalable targets of a region by [rules.TargetRef].
type region struct {
	name    string
	targets map[string]*target
	// activities of all targets, those that are gone too; the newest are last.
	activities []*aastypes.ScalingActivity
}

// target is a scalable target with its policies and scheduled actions, by name.
type target struct {
	described aastypes.ScalableTarget
	tags      map[string]string
	policies  map[string]aastypes.ScalingPolicy
	schedules map[string]aastypes.ScheduledAction
	// waits are the cooldowns of policies.
	waits map[string]cooldown
}

// New returns the service without scalable targets.
func New(s *sim.Sim, access world.Access, services world.Services, metrics world.Metrics) *Fake {
	f := &Fake{sim: s, access: access, services: services}
	f.regions.New = func(_, name string) *region { return &region{name: name, targets: map[string]*target{}} }
	metrics.OnBreach(f.alarmed)
	services.OnSteady(f.steady)
	return f
}

// Services returns the operations of Application Auto Scaling.
func (f *Fake) Services() []*sim.Service {
	s := sim.NewService("Application Auto Scaling", "application-autoscaling")
	s.Things = f.things
	f.targetOperations(s)
	f.policyOperations(s)
	f.scheduleOperations(s)
	f.tagOperations(s)
	return []*sim.Service{s}
}

// Get answers the rules: whether a target, or a scheduled action, exists.
func (r *region) Get(kind, ref string) (state any, found, known bool) {
	if kind != model.KindScaling {
		return nil, false, false
	}
	if t, ok := r.targets[ref]; ok {
		return &model.Scaling{Target: awsaas.RegisterScalableTargetInput{ResourceId: t.described.ResourceId}}, true, true
	}
	cut := strings.LastIndex(ref, "|")
	if cut < 0 {
		return nil, false, true
	}
	if t, ok := r.targets[ref[:cut]]; ok {
		_, found = t.schedules[ref[cut+1:]]
	}
	return nil, found, true
}

// find returns the target, or AWS's answer that there is none.
func (r *region) find(namespace aastypes.ServiceNamespace, id *string, d aastypes.ScalableDimension) (*target, error) {
	if t, ok := r.targets[rules.TargetRef(namespace, id, d)]; ok {
		return t, nil
	}
	return nil, notFound(rules.NoTarget(namespace, id, d))
}

func notFound(text string) error { return &aastypes.ObjectNotFoundException{Message: &text} }
func invalid(text string) error  { return &aastypes.ValidationException{Message: &text} }

func typed(code, message string) error {
	switch code {
	case "ValidationException":
		return invalid(message)
	case "ObjectNotFoundException":
		return notFound(message)
	default:
		return nil
	}
}

// page cuts a page as the Describe operations do.
func page[E any](all []E, token *string, size *int32, most int) ([]E, *string, error) {
	n := most
	if size != nil {
		n = int(*size)
	}
	if n < 1 || n > most {
		return nil, nil, invalid("1 validation error detected: Value at 'maxResults' failed to satisfy constraint: " +
			"Member must have a value in the range of the operation")
	}
	cut, next, err := sim.Page(all, token, n)
	if err != nil {
		return nil, nil, &aastypes.InvalidNextTokenException{Message: aws.String("Invalid next token")}
	}
	return cut, next, nil
}

// filter is what the Describe operations of policies, actions and activities
// have in common.
type filter struct {
	namespace aastypes.ServiceNamespace
	resource  *string
	dimension aastypes.ScalableDimension
}

func (f filter) check() error {
	if f.dimension != "" && f.resource == nil {
		return invalid("Resource id must be specified if scalable dimension is specified")
	}
	return nil
}

func (f filter) passes(t *target) bool {
	d := &t.described
	return d.ServiceNamespace == f.namespace &&
		(f.resource == nil || *f.resource == aws.ToString(d.ResourceId)) &&
		(f.dimension == "" || f.dimension == d.ScalableDimension)
}
