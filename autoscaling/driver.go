// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"context"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/awsid"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
	"github.com/slipway-go/slipway/internal/rules"
	aasrules "github.com/slipway-go/slipway/internal/rules/autoscaling"
)

// driver keeps a scalable target with its policies and scheduled actions.
type driver struct{ awsid.Identity }

type live = slipway.Live[model.Scaling]

// Defaults fills in what AWS assumes for ECS services.
func (driver) Defaults(s *model.Scaling) {
	if s.Target.SuspendedState == nil {
		s.Target.SuspendedState = &aastypes.SuspendedState{}
	}
	suspended := s.Target.SuspendedState
	setDefault(&suspended.DynamicScalingInSuspended, false)
	setDefault(&suspended.DynamicScalingOutSuspended, false)
	setDefault(&suspended.ScheduledScalingSuspended, false)
	if strings.Contains(aws.ToString(s.Target.RoleARN), ":role/aws-service-role/") {
		s.Target.RoleARN = nil // AWS's own, which it uses unless told otherwise
	}
	if s.Target.Tags == nil { // no tags are a wish for none
		s.Target.Tags = map[string]string{}
	}
	for i := range s.Policies {
		policyDefaults(&s.Policies[i])
	}
	for i := range s.Schedules {
		setDefault(&s.Schedules[i].Timezone, "UTC")
	}
}

func policyDefaults(p *awsaas.PutScalingPolicyInput) {
	cooldown := int32(DefaultCooldown / time.Second)
	if t := p.TargetTrackingScalingPolicyConfiguration; t != nil {
		setDefault(&t.DisableScaleIn, false)
		setDefault(&t.ScaleInCooldown, cooldown)
		setDefault(&t.ScaleOutCooldown, cooldown)
	}
	if t := p.StepScalingPolicyConfiguration; t != nil {
		setDefault(&t.Cooldown, cooldown)
		if t.MetricAggregationType == "" {
			t.MetricAggregationType = aastypes.MetricAggregationTypeAverage
		}
	}
	if t := p.PredictiveScalingPolicyConfiguration; t != nil {
		if t.Mode == "" {
			t.Mode = aastypes.PredictiveScalingModeForecastOnly
		}
		if t.MaxCapacityBreachBehavior == "" {
			t.MaxCapacityBreachBehavior = aastypes.PredictiveScalingMaxCapacityBreachBehaviorHonorMaxCapacity
		}
	}
}

func setDefault[T any](p **T, v T) {
	if *p == nil {
		*p = &v
	}
}

// Check runs the rules. The target of policies and schedules is this state's own,
// so that it is not looked up.
func (driver) Check(refs slipway.Refs, s *model.Scaling) []slipway.FieldError {
	found := rules.At("Target", aasrules.RegisterScalableTarget.All(refs, &s.Target))
	for i := range s.Policies {
		p := &s.Policies[i]
		found = append(found, rules.At(rules.Elem("Policies", p.PolicyName, i), aasrules.PutScalingPolicy.All(nil, p))...)
	}
	for i := range s.Schedules {
		a := &s.Schedules[i]
		at := rules.Elem("Schedules", a.ScheduledActionName, i)
		found = append(found, rules.At(at, aasrules.PutScheduledAction.All(nil, a))...)
	}
	return found
}

// Effects: all is changed in place, but for what names the target.
func (driver) Effects() slipway.Effects {
	fields := map[string]slipway.Effect{}
	for _, name := range []string{"ServiceNamespace", "ScalableDimension", "ResourceId"} {
		fields["Target."+name] = slipway.Replace
	}
	return slipway.Effects{
		Default: slipway.InPlace,
		Fields:  fields,
		Keys:    map[string]string{"Policies": "PolicyName", "Schedules": "ScheduledActionName"},
	}
}

// Kinds returns that of the scaling of services, which stands on no other.
func (driver) Kinds() []slipway.Kind { return []slipway.Kind{scalingKind()} }

// Before is empty: nothing stands on scaling.
func (driver) Before() []string { return nil }

// Put registers the target and makes its policies and schedules those wanted.
func (d driver) Put(ctx context.Context, c slipway.Call, have *live, want *model.Scaling) error {
	client := slipway.Client(c, awsaas.NewFromConfig)
	if err := d.register(ctx, c, client, have, want); err != nil {
		return err
	}
	var old model.Scaling
	if have != nil {
		old = have.State
		d.Defaults(&old)
	}
	if err := d.putPolicies(ctx, c, client, old.Policies, want.Policies); err != nil {
		return err
	}
	return d.putSchedules(ctx, c, client, old.Schedules, want.Schedules)
}

// register makes or changes the target. Tags can only be given to a new target;
// later they are changed by themselves.
func (d driver) register(
	ctx context.Context, c slipway.Call, client *awsaas.Client, have *live, want *model.Scaling,
) error {
	in := want.Target
	in.Tags = nil
	if have == nil {
		in.Tags = allTags(c, want.Target.Tags)
		return retried(ctx, c, "register scalable target", func(ctx context.Context) error {
			_, err := client.RegisterScalableTarget(ctx, &in)
			return err
		})
	}
	old := have.State
	d.Defaults(&old)
	oldTags := old.Target.Tags
	old.Target.Tags = nil
	if !reflect.DeepEqual(old.Target, in) {
		err := retried(ctx, c, "change scalable target", func(ctx context.Context) error {
			_, err := client.RegisterScalableTarget(ctx, &in)
			return err
		})
		if err != nil {
			return err
		}
	}
	return retag(ctx, c, client, have, oldTags, want.Target.Tags)
}

func (driver) putPolicies(
	ctx context.Context, c slipway.Call, client *awsaas.Client, have, want []awsaas.PutScalingPolicyInput,
) error {
	name := func(p *awsaas.PutScalingPolicyInput) string { return aws.ToString(p.PolicyName) }
	return sync(have, want, name,
		func(p *awsaas.PutScalingPolicyInput) error {
			return retried(ctx, c, "put scaling policy "+name(p), func(ctx context.Context) error {
				_, err := client.PutScalingPolicy(ctx, p)
				return err
			})
		},
		func(p *awsaas.PutScalingPolicyInput) error {
			return retried(ctx, c, "delete scaling policy "+name(p), func(ctx context.Context) error {
				_, err := client.DeleteScalingPolicy(ctx, &awsaas.DeleteScalingPolicyInput{
					PolicyName: p.PolicyName, ResourceId: p.ResourceId,
					ScalableDimension: p.ScalableDimension, ServiceNamespace: p.ServiceNamespace,
				})
				return gone(err)
			})
		})
}

func (driver) putSchedules(
	ctx context.Context, c slipway.Call, client *awsaas.Client, have, want []awsaas.PutScheduledActionInput,
) error {
	name := func(p *awsaas.PutScheduledActionInput) string { return aws.ToString(p.ScheduledActionName) }
	return sync(have, want, name,
		func(a *awsaas.PutScheduledActionInput) error {
			return retried(ctx, c, "put scheduled action "+name(a), func(ctx context.Context) error {
				_, err := client.PutScheduledAction(ctx, a)
				return err
			})
		},
		func(a *awsaas.PutScheduledActionInput) error {
			return retried(ctx, c, "delete scheduled action "+name(a), func(ctx context.Context) error {
				_, err := client.DeleteScheduledAction(ctx, &awsaas.DeleteScheduledActionInput{
					ScheduledActionName: a.ScheduledActionName, ResourceId: a.ResourceId,
					ScalableDimension: a.ScalableDimension, ServiceNamespace: a.ServiceNamespace,
				})
				return gone(err)
			})
		})
}

// Delete deregisters the target; its policies and schedules go with it.
func (driver) Delete(ctx context.Context, c slipway.Call, have *live) error {
	t := have.State.Target
	return retried(ctx, c, "deregister scalable target", func(ctx context.Context) error {
		_, err := slipway.Client(c, awsaas.NewFromConfig).DeregisterScalableTarget(ctx, &awsaas.DeregisterScalableTargetInput{
			ResourceId: t.ResourceId, ScalableDimension: t.ScalableDimension, ServiceNamespace: t.ServiceNamespace,
		})
		return gone(err)
	})
}

// Tag marks the target as the stack's.
func (driver) Tag(ctx context.Context, c slipway.Call, have *live) error {
	_, err := slipway.Client(c, awsaas.NewFromConfig).TagResource(ctx, &awsaas.TagResourceInput{
		ResourceARN: aws.String(have.Outputs["arn"][0]), Tags: c.Tags(),
	})
	return awserr.Wrap(err, "tag scalable target")
}
