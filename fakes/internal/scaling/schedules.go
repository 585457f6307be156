// SPDX-License-Identifier: Apache-2.0

package scaling

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/autoscaling"
)

func (f *Fake) scheduleOperations(s *sim.Service) {
	sim.Handle(s, "PutScheduledAction", f.putSchedule)
	sim.Handle(s, "DeleteScheduledAction", f.deleteSchedule)
	sim.Handle(s, "DescribeScheduledActions", f.describeSchedules)
}

// putSchedule makes a scheduled action or changes the one there: what is left out
// stays, but for start and end, which are then deleted.
func (f *Fake) putSchedule(c *sim.Call, in *awsaas.PutScheduledActionInput) (*awsaas.PutScheduledActionOutput, error) {
	r := f.regions.In(c)
	if err := sim.Check(rules.PutScheduledAction, r, in, typed); err != nil {
		return nil, err
	}
	t, err := r.find(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.ScheduledActionName)
	a, exists := t.schedules[name]
	if !exists {
		if len(t.schedules) >= maxSchedules {
			return nil, &aastypes.LimitExceededException{Message: aws.String(fmt.Sprintf(
				"The limit of %d scheduled actions for the scalable target has been reached", maxSchedules))}
		}
		id := c.UUID("scheduled-action", c.Region, aws.ToString(in.ResourceId), name)
		a = aastypes.ScheduledAction{
			ScheduledActionARN: aws.String(c.ARN("autoscaling", fmt.Sprintf("scheduledAction:%s:resource/%s/%s:scheduledActionName/%s",
				id, in.ServiceNamespace, aws.ToString(in.ResourceId), name))),
			ScheduledActionName: in.ScheduledActionName, CreationTime: new(c.Now()),
			ServiceNamespace: in.ServiceNamespace, ResourceId: in.ResourceId, ScalableDimension: in.ScalableDimension,
		}
	}
	if in.Schedule != nil {
		a.Schedule = in.Schedule
	}
	if in.Timezone != nil {
		a.Timezone = in.Timezone
	}
	if in.ScalableTargetAction != nil {
		a.ScalableTargetAction = in.ScalableTargetAction
	}
	a.StartTime, a.EndTime = in.StartTime, in.EndTime
	t.schedules[name] = a
	return &awsaas.PutScheduledActionOutput{}, nil
}

func (f *Fake) deleteSchedule(
	c *sim.Call, in *awsaas.DeleteScheduledActionInput,
) (*awsaas.DeleteScheduledActionOutput, error) {
	t, err := f.regions.In(c).find(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	if err == nil && t.schedules[aws.ToString(in.ScheduledActionName)].ScheduledActionName != nil {
		delete(t.schedules, *in.ScheduledActionName)
		return &awsaas.DeleteScheduledActionOutput{}, nil
	}
	return nil, notFound(fmt.Sprintf(
		"No scheduled action found for service namespace: %s, resource ID: %s, scalable dimension: %s, scheduled action name: %s",
		in.ServiceNamespace, aws.ToString(in.ResourceId), in.ScalableDimension, aws.ToString(in.ScheduledActionName)))
}

func (f *Fake) describeSchedules(
	c *sim.Call, in *awsaas.DescribeScheduledActionsInput,
) (*awsaas.DescribeScheduledActionsOutput, error) {
	by := filter{in.ServiceNamespace, in.ResourceId, in.ScalableDimension}
	if err := by.check(); err != nil {
		return nil, err
	}
	var all []aastypes.ScheduledAction
	for _, t := range f.sorted(c, by) {
		for _, name := range slices.Sorted(maps.Keys(t.schedules)) {
			if len(in.ScheduledActionNames) == 0 || slices.Contains(in.ScheduledActionNames, name) {
				all = append(all, t.schedules[name])
			}
		}
	}
	cut, next, err := page(all, in.NextToken, in.MaxResults, pageSchedules)
	return &awsaas.DescribeScheduledActionsOutput{ScheduledActions: cut, NextToken: next}, err
}
