// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func registerCapacity(s *sim.Service, f *Fake) {
	sim.Handle(s, "SetDesiredCapacity", f.setDesired,
		onGroups("SetDesiredCapacity", func(in *awsasg.SetDesiredCapacityInput) *string { return in.AutoScalingGroupName }))
}

// cooled begins the cooldown after an activity.
func (g *group) cooled() {
	g.cooldown = g.now().Add(time.Duration(*g.settings.DefaultCooldown) * time.Second)
}

// busy is AWS's answer to those who honor the cooldown while it lasts or while an activity
// goes on.
func (g *group) busy() error {
	if a := g.running(); a != nil {
		return &asgtypes.ScalingActivityInProgressFault{
			Message: aws.String(fmt.Sprintf("Scaling activity %s is in progress and blocks this action.", *a.ActivityId)),
		}
	}
	if g.now().Before(g.cooldown) {
		last := g.activities[len(g.activities)-1]
		return &asgtypes.ScalingActivityInProgressFault{
			Message: aws.String(fmt.Sprintf("Scaling activity %s is in cooldown until %s and blocks this action.",
				*last.ActivityId, g.cooldown.UTC().Format(time.RFC3339))),
		}
	}
	return nil
}

func (f *Fake) setDesired(c *sim.Call, in *awsasg.SetDesiredCapacityInput) (*awsasg.SetDesiredCapacityOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	n := aws.ToInt32(in.DesiredCapacity)
	switch {
	case g.deleting:
		return nil, &asgtypes.ScalingActivityInProgressFault{Message: aws.String("AutoScalingGroup is pending delete: " + g.name())}
	case n > *g.settings.MaxSize:
		return nil, invalid(fmt.Sprintf("New SetDesiredCapacity value %d is above max value %d for the AutoScalingGroup.", n, *g.settings.MaxSize))
	case n < *g.settings.MinSize:
		return nil, invalid(fmt.Sprintf("New SetDesiredCapacity value %d is below min value %d for the AutoScalingGroup.", n, *g.settings.MinSize))
	}
	if aws.ToBool(in.HonorCooldown) {
		if err := g.busy(); err != nil {
			return nil, err
		}
	}
	g.wants(int(n), "a user request explicitly set group desired capacity")
	return &awsasg.SetDesiredCapacityOutput{}, nil
}

// within is a number inside the group's bounds.
func (g *group) within(n int) int {
	return min(max(n, int(*g.settings.MinSize)), int(*g.settings.MaxSize))
}
