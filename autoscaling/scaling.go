// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"maps"
	"slices"

	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
)

// Scaling says between which task counts a service scales, and by what. It is a
// value: each With returns a copy. It becomes a resource by [Scaling.For].
type Scaling struct {
	min, max  int
	suspended Suspension
	policies  []Policy
	tags      map[string]string
	overrides []func(*awsaas.RegisterScalableTargetInput)
}

// Between returns a scaling that keeps the number of tasks within least and
// most, both included; least may be 0, though a service without tasks sends no CPU or
// memory metric that could bring it back. Without a policy nothing scales, but a
// count outside the bounds is moved into them when something does.
//
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
func Between(least, most int) Scaling { return Scaling{min: least, max: most} }

// WithPolicy adds a policy, such as [TargetTracking]. Of several policies the one
// that asks for the most tasks wins; tasks are taken away only if all agree.
func (s Scaling) WithPolicy(p Policy) Scaling {
	s.policies = append(slices.Clip(s.policies), p)
	return s
}

// WithSuspended stops some of the scaling, for instance during an incident, and
// keeps the policies. [Suspension]'s zero value resumes all.
func (s Scaling) WithSuspended(what Suspension) Scaling {
	s.suspended = what
	return s
}

// WithTag adds a tag to the scalable target.
func (s Scaling) WithTag(key, value string) Scaling {
	s.tags = maps.Clone(s.tags)
	if s.tags == nil {
		s.tags = map[string]string{}
	}
	s.tags[key] = value
	return s
}

// WithOverride has f change the input of RegisterScalableTarget, after all else.
func (s Scaling) WithOverride(f func(*awsaas.RegisterScalableTargetInput)) Scaling {
	s.overrides = append(slices.Clip(s.overrides), f)
	return s
}

// For returns the scaling of one ECS service as a resource. Package ecs calls it
// for services that it declares.
func (s Scaling) For(service ECSService) ServiceScaling {
	return ServiceScaling{scaling: s, service: service}
}

// Suspension names what does not scale for the time being. The zero value
// suspends nothing.
type Suspension struct {
	// ScaleIn: no policy takes tasks away.
	ScaleIn bool
	// ScaleOut: no policy adds tasks.
	ScaleOut bool
	// Scheduled: scheduled actions do nothing.
	Scheduled bool
}
