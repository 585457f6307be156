// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// How far an activity has come, in percent, as AWS shows it.
const (
	progressBegun = 30
	progressHeld  = 40
	progressDone  = 100
)

// record begins an activity. what is the sentence of its cause.
func (g *group) record(description, what, details string) *asgtypes.Activity {
	a := &asgtypes.Activity{
		ActivityId: aws.String(g.r.f.sim.UUID("activity", g.r.name, g.name())), AutoScalingGroupName: g.settings.AutoScalingGroupName,
		AutoScalingGroupARN: g.settings.AutoScalingGroupARN, Cause: aws.String(strings.TrimSpace(g.cause + g.stamp(what))), Description: &description,
		Details: &details, StartTime: aws.Time(g.now()), StatusCode: asgtypes.ScalingActivityStatusCodeInProgress, Progress: aws.Int32(progressBegun),
	}
	g.activities = append(g.activities, a)
	return a
}

// close ends an activity; a message says why it went wrong.
func (g *group) close(a *asgtypes.Activity, status asgtypes.ScalingActivityStatusCode, message string) {
	a.StatusCode, a.EndTime, a.Progress = status, aws.Time(g.now()), aws.Int32(progressDone)
	if message != "" {
		a.StatusMessage = &message
		a.Description = aws.String(*a.Description + ".  Status Reason: " + message)
	}
}

// details are where an instance is, as JSON.
func (m *member) details() string { return whereabouts(place{subnet: m.subnet, zone: m.zone}) }

func whereabouts(p place) string {
	text, err := json.Marshal(struct {
		Subnet string `json:"Subnet ID"`
		Zone   string `json:"Availability Zone"`
	}{p.subnet, p.zone})
	if err != nil {
		return "{}"
	}
	return string(text)
}

// finish ends the activity about the instance, if one goes on.
func (m *member) finish() {
	if m.activity != nil {
		m.g.close(m.activity, asgtypes.ScalingActivityStatusCodeSuccessful, "")
		m.activity = nil
	}
}

// cancel ends the activity about the instance, if one goes on, in vain.
func (m *member) cancel(why string) {
	if m.activity != nil {
		m.g.close(m.activity, asgtypes.ScalingActivityStatusCodeCancelled, why)
		m.activity = nil
	}
}

// running is an activity of the group that goes on, or nil.
func (g *group) running() *asgtypes.Activity {
	for _, a := range g.activities {
		if a.EndTime == nil {
			return a
		}
	}
	return nil
}

func registerActivities(s *sim.Service, f *Fake) {
	sim.Handle(s, "DescribeScalingActivities", f.describeActivities, sim.Refuses[awsasg.DescribeScalingActivitiesInput]("Filters"))
}

const pageActivities = 100

// describeActivities shows the newest first.
func (f *Fake) describeActivities(c *sim.Call, in *awsasg.DescribeScalingActivitiesInput) (*awsasg.DescribeScalingActivitiesOutput, error) {
	r := f.regions.In(c)
	groups := r.sorted(nil)
	if in.AutoScalingGroupName != nil && !aws.ToBool(in.IncludeDeletedGroups) {
		if _, err := r.find(in.AutoScalingGroupName); err != nil {
			return nil, err
		}
	}
	if aws.ToBool(in.IncludeDeletedGroups) {
		groups = slices.Concat(groups, r.gone)
	}
	var all []asgtypes.Activity
	for _, g := range groups {
		for _, a := range g.activities {
			if (in.AutoScalingGroupName == nil || *in.AutoScalingGroupName == g.name()) &&
				(len(in.ActivityIds) == 0 || slices.Contains(in.ActivityIds, *a.ActivityId)) {
				all = append(all, *a)
			}
		}
	}
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b asgtypes.Activity) int { return b.StartTime.Compare(*a.StartTime) })
	cut, next, err := page(all, in.NextToken, in.MaxRecords, pageActivities, pageActivities)
	return &awsasg.DescribeScalingActivitiesOutput{Activities: cut, NextToken: next}, err
}
