// SPDX-License-Identifier: Apache-2.0

package cloudwatch

import (
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// setState is SetAlarmState. Scaling policies that the alarm has as actions go by the
// newest of the data points in the reason, without which they do nothing.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
func (f *Fake) setState(c *sim.Call, in *awscw.SetAlarmStateInput) (*awscw.SetAlarmStateOutput, error) {
	changed, err := f.change(c, in)
	if err != nil {
		return nil, err
	}
	r := f.regions.In(c)
	name := aws.ToString(in.AlarmName)
	if value, ok := newest(in.StateReasonData); ok && changed && in.StateValue == cwtypes.StateValueAlarm {
		f.keepActing(r, name, r.alarms[name], value)
	}
	return &awscw.SetAlarmStateOutput{}, nil
}

// newest reads the newest data point of a reason.
func newest(data *string) (float64, bool) {
	var reason struct {
		RecentDatapoints []float64 `json:"recentDatapoints"`
	}
	if json.Unmarshal([]byte(aws.ToString(data)), &reason) != nil || len(reason.RecentDatapoints) == 0 {
		return 0, false
	}
	return reason.RecentDatapoints[len(reason.RecentDatapoints)-1], true
}

// keepActing has the actions of an alarm act at once, and each minute for as long as it
// stays in ALARM, as scaling policies are asked again.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
func (f *Fake) keepActing(r *region, name string, a *alarm, value float64) {
	f.act(r, name, a, value)
	since := *a.described.StateTransitionedTimestamp
	f.sim.After(time.Minute, func() {
		d := a.described
		if r.alarms[name] == a && len(d.AlarmActions) > 0 && d.StateValue == cwtypes.StateValueAlarm && d.StateTransitionedTimestamp.Equal(since) {
			f.keepActing(r, name, a, value)
		}
	})
}

// act tells of the actions of an alarm that is in ALARM.
func (f *Fake) act(r *region, name string, a *alarm, value float64) {
	if !aws.ToBool(a.described.ActionsEnabled) {
		return
	}
	for _, action := range a.described.AlarmActions {
		for _, fn := range f.breached {
			fn(r.name, world.Breach{Alarm: name, Action: action, Value: value, Threshold: aws.ToFloat64(a.described.Threshold)})
		}
	}
}
