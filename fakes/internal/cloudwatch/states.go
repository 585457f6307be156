// SPDX-License-Identifier: Apache-2.0

package cloudwatch

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) stateOperations(s *sim.Service) {
	sim.Handle(s, "SetAlarmState", f.setState,
		onAlarms("SetAlarmState", func(in *awscw.SetAlarmStateInput) []string { return one(in.AlarmName) }))
	sim.Handle(s, "EnableAlarmActions",
		func(c *sim.Call, in *awscw.EnableAlarmActionsInput) (*awscw.EnableAlarmActionsOutput, error) {
			f.enable(c, in.AlarmNames, true)
			return &awscw.EnableAlarmActionsOutput{}, nil
		}, onAlarms("EnableAlarmActions", func(in *awscw.EnableAlarmActionsInput) []string { return in.AlarmNames }))
	sim.Handle(s, "DisableAlarmActions",
		func(c *sim.Call, in *awscw.DisableAlarmActionsInput) (*awscw.DisableAlarmActionsOutput, error) {
			f.enable(c, in.AlarmNames, false)
			return &awscw.DisableAlarmActionsOutput{}, nil
		}, onAlarms("DisableAlarmActions", func(in *awscw.DisableAlarmActionsInput) []string { return in.AlarmNames }))
	sim.Handle(s, "DescribeAlarmHistory", f.describeHistory,
		sim.Refuses[awscw.DescribeAlarmHistoryInput]("AlarmContributorId"))
}

// change changes the state of an alarm and tells those who asked to know. It reports
// whether the state is another one now.
func (f *Fake) change(c *sim.Call, in *awscw.SetAlarmStateInput) (bool, error) {
	name := aws.ToString(in.AlarmName)
	r := f.regions.In(c)
	a, ok := r.alarms[name]
	if !ok {
		return false, &cwtypes.ResourceNotFound{Message: aws.String("Unknown")}
	}
	if !slices.Contains(in.StateValue.Values(), in.StateValue) {
		return false, sim.Errorf("ValidationError", "1 validation error detected: Value '%s' at 'stateValue' failed to satisfy "+
			"constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]", in.StateValue)
	}
	if in.StateReasonData != nil && !json.Valid([]byte(*in.StateReasonData)) {
		return false, &cwtypes.InvalidFormatFault{Message: aws.String("StateReasonData was not valid JSON")}
	}
	old, now := a.described.StateValue, c.Now()
	a.described.StateReason, a.described.StateReasonData, a.described.StateUpdatedTimestamp = in.StateReason, in.StateReasonData, &now
	if old == in.StateValue {
		return false, nil
	}
	a.described.StateValue, a.described.StateTransitionedTimestamp = in.StateValue, &now
	r.record(c, name, cwtypes.HistoryItemTypeStateUpdate, fmt.Sprintf("Alarm updated from %s to %s", old, in.StateValue))
	for _, tell := range f.listeners {
		tell(c.Region, name, string(in.StateValue))
	}
	return true, nil
}

// enable takes no notice of names that do not exist.
func (f *Fake) enable(c *sim.Call, names []string, on bool) {
	for _, name := range names {
		if a, ok := f.regions.In(c).alarms[name]; ok {
			a.described.ActionsEnabled = &on
		}
	}
}

// record adds to the history, newest last.
func (r *region) record(c *sim.Call, name string, kind cwtypes.HistoryItemType, summary string) {
	now := c.Now()
	r.history = append(r.history, cwtypes.AlarmHistoryItem{
		AlarmName: &name, AlarmType: cwtypes.AlarmTypeMetricAlarm, HistoryItemType: kind, HistorySummary: &summary, Timestamp: &now,
	})
}

func (f *Fake) describeHistory(
	c *sim.Call, in *awscw.DescribeAlarmHistoryInput,
) (*awscw.DescribeAlarmHistoryOutput, error) {
	var all []cwtypes.AlarmHistoryItem
	for _, h := range f.regions.In(c).history {
		if (in.AlarmName == nil || *in.AlarmName == aws.ToString(h.AlarmName)) &&
			(in.HistoryItemType == "" || in.HistoryItemType == h.HistoryItemType) &&
			(len(in.AlarmTypes) == 0 || slices.Contains(in.AlarmTypes, h.AlarmType)) &&
			(in.StartDate == nil || !h.Timestamp.Before(*in.StartDate)) &&
			(in.EndDate == nil || !h.Timestamp.After(*in.EndDate)) {
			all = append(all, h)
		}
	}
	if in.ScanBy != cwtypes.ScanByTimestampAscending {
		slices.Reverse(all)
	}
	cut, next, err := page(all, in.NextToken, in.MaxRecords)
	return &awscw.DescribeAlarmHistoryOutput{AlarmHistoryItems: cut, NextToken: next}, err
}
