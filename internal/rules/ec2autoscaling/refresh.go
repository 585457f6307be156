// SPDX-License-Identifier: Apache-2.0

package ec2autoscaling

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/slipway-go/slipway/internal/rules"
)

// The longest pauses of an instance refresh, in seconds.
const (
	delayMost = 172_800
	bakeMost  = 172_800
)

// StartInstanceRefresh has the rules of instance refreshes.
var StartInstanceRefresh = rules.Of[awsasg.StartInstanceRefreshInput]{
	{
		Meta:  rules.Meta{ID: "asg-refresh-preferences", Code: validation, Doc: api + "API_RefreshPreferences.html"},
		Check: checkPreferences,
	},
	{
		Meta: rules.Meta{ID: "asg-refresh-rollback", Code: validation, Doc: guide + "instance-refresh-rollback.html",
			// hashicorp/terraform-provider-aws#29830
			Text: "The request isn't valid. The AutoRollback parameter cannot be set to true when the DesiredConfiguration parameter is empty. " +
				"Set AutoRollback to false or specify a desired configuration and try again."},
		Check: func(r *rules.Report, in *awsasg.StartInstanceRefreshInput) {
			if in.Preferences != nil && aws.ToBool(in.Preferences.AutoRollback) && in.DesiredConfiguration == nil {
				r.Add(rules.Problem{Path: "Preferences.AutoRollback", Got: "true", Want: "DesiredConfiguration beside it"})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "asg-refresh-configuration", Code: validation, Doc: api + "API_DesiredConfiguration.html",
			Text: "Valid requests must contain either LaunchTemplate or MixedInstancesPolicy parameter."},
		Check: func(r *rules.Report, in *awsasg.StartInstanceRefreshInput) {
			d := in.DesiredConfiguration
			if d != nil && given(d.LaunchTemplate != nil, d.MixedInstancesPolicy != nil) != 1 {
				r.Add(rules.Problem{Path: "DesiredConfiguration", Got: "both or neither", Want: "LaunchTemplate or MixedInstancesPolicy"})
			}
		},
	},
}

func checkPreferences(r *rules.Report, in *awsasg.StartInstanceRefreshInput) {
	p := in.Preferences
	if p == nil {
		return
	}
	const path = "Preferences."
	checkHealthy(r, path, p.MinHealthyPercentage, p.MaxHealthyPercentage)
	within(r, path+"InstanceWarmup", "instanceWarmup", "s", p.InstanceWarmup, -1, periodMost)
	within(r, path+"CheckpointDelay", "checkpointDelay", "s", p.CheckpointDelay, 0, delayMost)
	within(r, path+"BakeTime", "bakeTime", "s", p.BakeTime, -1, bakeMost)
	if p.MaxHealthyPercentage != nil && p.MinHealthyPercentage == nil {
		r.Add(rules.Problem{Path: path + "MinHealthyPercentage", Got: "none", Want: "one beside MaxHealthyPercentage",
			Text: "You must specify MinHealthyPercentage when MaxHealthyPercentage is specified."})
	}
	last := int32(0)
	for i, n := range p.CheckpointPercentages {
		if n <= last || n > 100 {
			r.Add(rules.Problem{Path: rules.Elem(path+"CheckpointPercentages", nil, i), Got: fmt.Sprintf("%d%%", n), Want: "rising numbers from 1% to 100%",
				Text: "CheckpointPercentages must be between 1 and 100 and in ascending order."})
			return
		}
		last = n
	}
}
