// SPDX-License-Identifier: Apache-2.0

package scaling

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// remembered is how long activities are shown.
//
// https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html
const remembered = 6 * 7 * 24 * time.Hour

// record begins an activity.
func (f *Fake) record(r *region, t *target, what, cause string) *aastypes.ScalingActivity {
	d := &t.described
	a := &aastypes.ScalingActivity{
		ActivityId:  aws.String(f.sim.UUID("scaling-activity", r.name, aws.ToString(d.ResourceId))),
		Cause:       &cause,
		Description: &what, ResourceId: d.ResourceId, ScalableDimension: d.ScalableDimension, ServiceNamespace: d.ServiceNamespace,
		StartTime: aws.Time(f.sim.Now()), StatusCode: aastypes.ScalingActivityStatusCodeInProgress,
	}
	r.activities = append(r.activities, a)
	return a
}

// set has the service run so many tasks. An activity that is under way is overridden.
func (f *Fake) set(r *region, t *target, n int, cause string) {
	if a := r.underWay(t); a != nil {
		a.StatusCode, a.EndTime = aastypes.ScalingActivityStatusCodeOverridden, aws.Time(f.sim.Now())
	}
	a := f.record(r, t, fmt.Sprintf("Setting desired count to %d.", n), cause)
	a.StatusMessage = aws.String(fmt.Sprintf("Successfully set desired count to %d. Waiting for change to be fulfilled by ecs.", n))
	cluster, name := t.service()
	f.services.Scale(r.name, cluster, name, n)
}

// underWay is the activity of the target that is in progress, or nil.
func (r *region) underWay(t *target) *aastypes.ScalingActivity {
	for _, a := range slices.Backward(r.activities) {
		if *a.ResourceId == *t.described.ResourceId && a.StatusCode == aastypes.ScalingActivityStatusCodeInProgress {
			return a
		}
	}
	return nil
}

// steady ends the activity that the service has fulfilled.
func (f *Fake) steady(region, cluster, name string) {
	r := f.regions.Of(f.sim.Account(), region)
	for _, t := range r.targets {
		c, n := t.service()
		if c != cluster || n != name {
			continue
		}
		if a := r.underWay(t); a != nil {
			s, _ := f.services.Service(region, cluster, name)
			a.StatusCode, a.EndTime = aastypes.ScalingActivityStatusCodeSuccessful, aws.Time(f.sim.Now())
			a.StatusMessage = aws.String(fmt.Sprintf("Successfully set desired count to %d. Change successfully fulfilled by ecs.", s.Desired))
		}
	}
}

// notScaled notes why an alarm changed nothing, unless that was the last that was noted.
func (f *Fake) notScaled(r *region, t *target, cause string, why aastypes.NotScaledReason) {
	for _, a := range slices.Backward(r.activities) {
		if *a.ResourceId != *t.described.ResourceId {
			continue
		}
		if len(a.NotScaledReasons) > 0 && *a.NotScaledReasons[0].Code == *why.Code {
			return
		}
		break
	}
	a := f.record(r, t, "Attempting to scale due to alarm triggered", cause)
	a.StatusCode, a.NotScaledReasons = aastypes.ScalingActivityStatusCodeFailed, []aastypes.NotScaledReason{why}
}

// describeActivities has the newest first. Those that changed nothing have to be asked
// for.
func (f *Fake) describeActivities(
	c *sim.Call, in *awsaas.DescribeScalingActivitiesInput,
) (*awsaas.DescribeScalingActivitiesOutput, error) {
	by := filter{in.ServiceNamespace, in.ResourceId, in.ScalableDimension}
	if err := by.check(); err != nil {
		return nil, err
	}
	all := []aastypes.ScalingActivity{}
	for _, a := range slices.Backward(f.regions.In(c).activities) {
		of := &target{described: aastypes.ScalableTarget{
			ServiceNamespace: a.ServiceNamespace, ResourceId: a.ResourceId, ScalableDimension: a.ScalableDimension,
		}}
		if by.passes(of) && a.StartTime.After(c.Now().Add(-remembered)) && (len(a.NotScaledReasons) == 0 || aws.ToBool(in.IncludeNotScaledActivities)) {
			all = append(all, *a)
		}
	}
	cut, next, err := page(all, in.NextToken, in.MaxResults, pageTargets)
	return &awsaas.DescribeScalingActivitiesOutput{ScalingActivities: cut, NextToken: next}, err
}
