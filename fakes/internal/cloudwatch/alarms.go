// SPDX-License-Identifier: Apache-2.0

package cloudwatch

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/cloudwatch"
)

func (f *Fake) alarmOperations(s *sim.Service) {
	sim.Handle(s, "PutMetricAlarm", f.putAlarm,
		onAlarms("PutMetricAlarm", func(in *awscw.PutMetricAlarmInput) []string { return one(in.AlarmName) }),
		sim.Refuses[awscw.PutMetricAlarmInput]("ActionConfiguration", "EvaluationCriteria", "EvaluationInterval",
			"EvaluationWindow", "ThresholdMetricId", "WarmUpConfiguration"))
	sim.Handle(s, "DescribeAlarms", f.describeAlarms,
		sim.Refuses[awscw.DescribeAlarmsInput]("ChildrenOfAlarmName", "ParentsOfAlarmName"))
	sim.Handle(s, "DescribeAlarmsForMetric", f.alarmsForMetric)
	sim.Handle(s, "DeleteAlarms", f.deleteAlarms,
		onAlarms("DeleteAlarms", func(in *awscw.DeleteAlarmsInput) []string { return in.AlarmNames }))
}

// putAlarm makes an alarm or overwrites its settings; its state and tags stay.
func (f *Fake) putAlarm(c *sim.Call, in *awscw.PutMetricAlarmInput) (*awscw.PutMetricAlarmOutput, error) {
	if err := sim.Check(rules.PutMetricAlarm, nil, in, typed); err != nil {
		return nil, err
	}
	if err := computable(in.Metrics); err != nil {
		return nil, err
	}
	r, now := f.regions.In(c), c.Now()
	name := aws.ToString(in.AlarmName)
	a, exists := r.alarms[name]
	summary := "Alarm \"" + name + "\" updated"
	if !exists {
		summary = "Alarm \"" + name + "\" created"
		a = &alarm{tags: in.Tags, described: cwtypes.MetricAlarm{
			AlarmArn: aws.String(arn(c, name)), AlarmName: &name,
			StateValue:  cwtypes.StateValueInsufficientData,
			StateReason: aws.String("Unchecked: Initial alarm creation"), StateUpdatedTimestamp: &now, StateTransitionedTimestamp: &now,
		}}
		r.alarms[name] = a
	}
	a.described = configure(a.described, in)
	a.described.AlarmConfigurationUpdatedTimestamp = &now
	r.record(c, name, cwtypes.HistoryItemTypeConfigurationUpdate, summary)
	return &awscw.PutMetricAlarmOutput{}, nil
}

// configure returns the alarm with the settings of the input.
func configure(a cwtypes.MetricAlarm, in *awscw.PutMetricAlarmInput) cwtypes.MetricAlarm {
	a.ActionsEnabled = aws.Bool(in.ActionsEnabled == nil || *in.ActionsEnabled)
	a.AlarmActions, a.OKActions, a.InsufficientDataActions = in.AlarmActions, in.OKActions, in.InsufficientDataActions
	a.AlarmDescription, a.ComparisonOperator, a.Threshold = in.AlarmDescription, in.ComparisonOperator, in.Threshold
	a.EvaluationPeriods, a.DatapointsToAlarm, a.TreatMissingData = in.EvaluationPeriods, in.DatapointsToAlarm, in.TreatMissingData
	a.EvaluateLowSampleCountPercentile = in.EvaluateLowSampleCountPercentile
	a.Namespace, a.MetricName, a.Dimensions, a.Metrics = in.Namespace, in.MetricName, in.Dimensions, in.Metrics
	a.Statistic, a.ExtendedStatistic, a.Period, a.Unit = in.Statistic, in.ExtendedStatistic, in.Period, in.Unit
	return a
}

func (f *Fake) describeAlarms(c *sim.Call, in *awscw.DescribeAlarmsInput) (*awscw.DescribeAlarmsOutput, error) {
	if len(in.AlarmNames) > 0 && in.AlarmNamePrefix != nil {
		return nil, sim.Errorf("ValidationError", "AlarmNames and AlarmNamePrefix are mutually exclusive")
	}
	var all []cwtypes.MetricAlarm
	if len(in.AlarmTypes) == 0 || slices.Contains(in.AlarmTypes, cwtypes.AlarmTypeMetricAlarm) {
		all = f.regions.In(c).sorted(func(a cwtypes.MetricAlarm) bool {
			name := aws.ToString(a.AlarmName)
			acts := func(action string) bool { return strings.HasPrefix(action, aws.ToString(in.ActionPrefix)) }
			return (len(in.AlarmNames) == 0 || slices.Contains(in.AlarmNames, name)) &&
				strings.HasPrefix(name, aws.ToString(in.AlarmNamePrefix)) &&
				(in.StateValue == "" || in.StateValue == a.StateValue) &&
				(in.ActionPrefix == nil ||
					slices.ContainsFunc(slices.Concat(a.AlarmActions, a.OKActions, a.InsufficientDataActions), acts))
		})
	}
	cut, next, err := page(all, in.NextToken, in.MaxRecords)
	return &awscw.DescribeAlarmsOutput{MetricAlarms: cut, NextToken: next}, err
}

func (r *region) sorted(keep func(cwtypes.MetricAlarm) bool) []cwtypes.MetricAlarm {
	var all []cwtypes.MetricAlarm
	for _, name := range slices.Sorted(maps.Keys(r.alarms)) {
		if keep(r.alarms[name].described) {
			all = append(all, r.alarms[name].described)
		}
	}
	return all
}

func (f *Fake) alarmsForMetric(
	c *sim.Call, in *awscw.DescribeAlarmsForMetricInput,
) (*awscw.DescribeAlarmsForMetricOutput, error) {
	key := metricKey(in.Namespace, in.MetricName, in.Dimensions)
	all := f.regions.In(c).sorted(func(a cwtypes.MetricAlarm) bool {
		return metricKey(a.Namespace, a.MetricName, a.Dimensions) == key &&
			(in.Statistic == "" || in.Statistic == a.Statistic) && (in.Unit == "" || in.Unit == a.Unit) &&
			(in.Period == nil || *in.Period == aws.ToInt32(a.Period)) &&
			(in.ExtendedStatistic == nil || *in.ExtendedStatistic == aws.ToString(a.ExtendedStatistic))
	})
	return &awscw.DescribeAlarmsForMetricOutput{MetricAlarms: all}, nil
}

// deleteAlarms takes no notice of names that do not exist, as AWS.
func (f *Fake) deleteAlarms(c *sim.Call, in *awscw.DeleteAlarmsInput) (*awscw.DeleteAlarmsOutput, error) {
	if len(in.AlarmNames) > pageSize {
		return nil, sim.Errorf("ValidationError", "At most 100 alarms can be deleted at once")
	}
	r := f.regions.In(c)
	for _, name := range in.AlarmNames {
		if _, ok := r.alarms[name]; ok {
			delete(r.alarms, name)
			r.record(c, name, cwtypes.HistoryItemTypeConfigurationUpdate, "Alarm \""+name+"\" deleted")
		}
	}
	return &awscw.DeleteAlarmsOutput{}, nil
}

// tagged finds an alarm by its ARN.
func (f *Fake) tagged(c *sim.Call, id *string) (*alarm, error) {
	for _, a := range f.regions.In(c).alarms {
		if aws.ToString(a.described.AlarmArn) == aws.ToString(id) {
			return a, nil
		}
	}
	return nil, &cwtypes.ResourceNotFoundException{
		Message: aws.String("Unknown"), ResourceType: aws.String("alarm"), ResourceId: id,
	}
}

func (a *alarm) without(keys []string) []cwtypes.Tag {
	return slices.DeleteFunc(slices.Clone(a.tags), func(t cwtypes.Tag) bool { return slices.Contains(keys, aws.ToString(t.Key)) })
}

func (f *Fake) tag(c *sim.Call, in *awscw.TagResourceInput) (*awscw.TagResourceOutput, error) {
	a, err := f.tagged(c, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	for _, t := range in.Tags {
		a.tags = append(a.without([]string{aws.ToString(t.Key)}), t)
	}
	return &awscw.TagResourceOutput{}, nil
}

func (f *Fake) untag(c *sim.Call, in *awscw.UntagResourceInput) (*awscw.UntagResourceOutput, error) {
	a, err := f.tagged(c, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	a.tags = a.without(in.TagKeys)
	return &awscw.UntagResourceOutput{}, nil
}

func (f *Fake) listTags(c *sim.Call, in *awscw.ListTagsForResourceInput) (*awscw.ListTagsForResourceOutput, error) {
	a, err := f.tagged(c, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	return &awscw.ListTagsForResourceOutput{Tags: a.tags}, nil
}
