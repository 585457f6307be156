// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

func (f *fleet) policy(in *awsasg.PutScalingPolicyInput) *awsasg.PutScalingPolicyOutput {
	f.Helper()
	in.AutoScalingGroupName, in.PolicyName = group, aws.String("p")
	out, err := f.asg.PutScalingPolicy(f.Context(), in)
	require.NoError(f, err)
	return out
}

func (f *fleet) desired() int { return int(*f.describe().DesiredCapacity) }

func TestTargetTracking(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(1, 10, 2, func(in *awsasg.CreateAutoScalingGroupInput) { in.DefaultInstanceWarmup = aws.Int32(60) })
	out := f.policy(&awsasg.PutScalingPolicyInput{
		PolicyType: aws.String("TargetTrackingScaling"),
		TargetTrackingConfiguration: &asgtypes.TargetTrackingConfiguration{
			TargetValue:                   aws.Float64(50),
			PredefinedMetricSpecification: &asgtypes.PredefinedMetricSpecification{PredefinedMetricType: asgtypes.MetricTypeASGAverageCPUUtilization},
		},
	})
	cw := awscw.NewFromConfig(f.cloud.Config())
	alarms, err := cw.DescribeAlarms(t.Context(), &awscw.DescribeAlarmsInput{AlarmNamePrefix: aws.String("TargetTracking-fleet-")})
	require.NoError(t, err)
	require.Len(t, alarms.MetricAlarms, 2)
	require.Equal(t, []float64{50, 35}, []float64{*alarms.MetricAlarms[0].Threshold, *alarms.MetricAlarms[1].Threshold}, "the low one is 0.7 of the target")
	require.Equal(t, []int32{3, 15}, []int32{*alarms.MetricAlarms[0].EvaluationPeriods, *alarms.MetricAlarms[1].EvaluationPeriods})
	require.Equal(t, *out.Alarms[0].AlarmName, *alarms.MetricAlarms[0].AlarmName)

	work := 160.0 // percent of one instance
	f.cloud.GroupLoad("fleet", func(_ time.Time, serving int) float64 { return min(100, work/float64(serving)) })
	f.cloud.Advance(110 * time.Second) // the minutes of alarms are those of the clock
	require.Equal(t, 2, f.desired(), "three minutes have not passed")
	f.cloud.Advance(160 * time.Second)
	require.Equal(t, 4, f.desired(), "2 x 80% is 4 x 40%")
	require.Contains(t, *f.activities()[0].Cause, "a monitor alarm "+*out.Alarms[0].AlarmName+
		" in state ALARM triggered policy p changing the desired capacity from 2 to 4.")
	f.cloud.Advance(time.Hour)
	require.Equal(t, 4, f.desired(), "between the alarms nothing changes")
	work = 20
	f.cloud.Advance(10 * time.Minute)
	require.Equal(t, 4, f.desired(), "it is slow to shrink")
	f.cloud.Advance(40 * time.Minute)
	require.Equal(t, 1, f.desired())

	_, err = f.asg.DeletePolicy(t.Context(), &awsasg.DeletePolicyInput{AutoScalingGroupName: group, PolicyName: aws.String("p")})
	require.NoError(t, err)
	alarms, err = cw.DescribeAlarms(t.Context(), &awscw.DescribeAlarmsInput{})
	require.NoError(t, err)
	require.Empty(t, alarms.MetricAlarms, "the alarms go with the policy")
}

func TestStepScalingByAnAlarmOfOnesOwn(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(1, 10, 2, func(in *awsasg.CreateAutoScalingGroupInput) { in.DefaultInstanceWarmup = aws.Int32(0) })
	out := f.policy(&awsasg.PutScalingPolicyInput{
		PolicyType: aws.String("StepScaling"), AdjustmentType: aws.String("ChangeInCapacity"),
		StepAdjustments: []asgtypes.StepAdjustment{
			{MetricIntervalLowerBound: aws.Float64(0), MetricIntervalUpperBound: aws.Float64(20), ScalingAdjustment: aws.Int32(1)},
			{MetricIntervalLowerBound: aws.Float64(20), ScalingAdjustment: aws.Int32(3)},
		},
	})
	cw := awscw.NewFromConfig(f.cloud.Config())
	_, err := cw.PutMetricAlarm(t.Context(), &awscw.PutMetricAlarmInput{
		AlarmName: aws.String("busy"), Namespace: aws.String("AWS/EC2"), MetricName: aws.String("CPUUtilization"), Statistic: cwtypes.StatisticAverage,
		Dimensions: []cwtypes.Dimension{{Name: aws.String("AutoScalingGroupName"), Value: group}}, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1),
		Threshold: aws.Float64(60), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanOrEqualToThreshold, AlarmActions: []string{*out.PolicyARN},
	})
	require.NoError(t, err)
	f.cloud.GroupLoad("fleet", func(_ time.Time, serving int) float64 {
		return map[int]float64{2: 85, 5: 70}[serving]
	})
	f.cloud.Advance(61 * time.Second)
	require.Equal(t, 5, f.desired(), "25 above the threshold is the second step")
	f.cloud.Advance(time.Minute)
	require.Equal(t, 6, f.desired(), "10 above it is the first, while the alarm lasts")
	f.cloud.Advance(time.Hour)
	require.Equal(t, 6, f.desired())
	state, err := cw.DescribeAlarms(t.Context(), &awscw.DescribeAlarmsInput{AlarmNames: []string{"busy"}})
	require.NoError(t, err)
	require.Equal(t, cwtypes.StateValueOk, state.MetricAlarms[0].StateValue)
}

func TestSimplePoliciesAreExecuted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind  string
		by    int32
		least *int32
		want  int
	}{
		"one more":                        {"ChangeInCapacity", 1, nil, 5},
		"so many":                         {"ExactCapacity", 7, nil, 7},
		"no more than the group may have": {"ExactCapacity", 70, nil, 10},
		"a percentage, rounded down":      {"PercentChangeInCapacity", 40, nil, 5},
		"at least one":                    {"PercentChangeInCapacity", 1, nil, 5},
		"at least so many":                {"PercentChangeInCapacity", 1, aws.Int32(3), 7},
		"fewer by a percentage":           {"PercentChangeInCapacity", -60, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t, fakes.Timing{})
			f.create(1, 10, 4, nil)
			f.policy(&awsasg.PutScalingPolicyInput{AdjustmentType: &c.kind, ScalingAdjustment: &c.by, MinAdjustmentMagnitude: c.least})
			ask := &awsasg.ExecutePolicyInput{AutoScalingGroupName: group, PolicyName: aws.String("p"), HonorCooldown: aws.Bool(true)}
			_, err := f.asg.ExecutePolicy(t.Context(), ask)
			var busy *asgtypes.ScalingActivityInProgressFault
			require.ErrorAs(t, err, &busy, "the cooldown lasts")
			ask.HonorCooldown = nil
			_, err = f.asg.ExecutePolicy(t.Context(), ask)
			require.NoError(t, err)
			require.Equal(t, c.want, f.desired())
		})
	}
}

func TestScheduledActions(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(0, 4, 1, nil)
	_, err := f.asg.PutScheduledUpdateGroupAction(t.Context(), &awsasg.PutScheduledUpdateGroupActionInput{
		AutoScalingGroupName: group, ScheduledActionName: aws.String("morning"), Recurrence: aws.String("0 8 * * 1-5"), TimeZone: aws.String("Europe/Berlin"),
		MinSize: aws.Int32(2), MaxSize: aws.Int32(6), DesiredCapacity: aws.Int32(3),
	})
	require.NoError(t, err)
	out, err := f.asg.DescribeScheduledActions(t.Context(), &awsasg.DescribeScheduledActionsInput{AutoScalingGroupName: group})
	require.NoError(t, err)
	require.Len(t, out.ScheduledUpdateGroupActions, 1)
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	due := out.ScheduledUpdateGroupActions[0].StartTime.In(berlin)
	require.Equal(t, 8, due.Hour())
	require.NotContains(t, []time.Weekday{time.Saturday, time.Sunday}, due.Weekday())

	f.cloud.Advance(due.Sub(f.cloud.Now()) + time.Second)
	g := f.describe()
	require.Equal(t, [3]int32{2, 6, 3}, [3]int32{*g.MinSize, *g.MaxSize, *g.DesiredCapacity})
	require.Contains(t, *f.activities()[0].Cause, "the scheduled action morning executed. Setting min size from 0 to 2. Setting max size from 4 to 6. ")

	failed, err := f.asg.BatchPutScheduledUpdateGroupAction(t.Context(), &awsasg.BatchPutScheduledUpdateGroupActionInput{
		AutoScalingGroupName: group, ScheduledUpdateGroupActions: []asgtypes.ScheduledUpdateGroupActionRequest{
			{ScheduledActionName: aws.String("once"), StartTime: aws.Time(f.cloud.Now().Add(time.Hour)), DesiredCapacity: aws.Int32(5)},
			{ScheduledActionName: aws.String("never"), DesiredCapacity: aws.Int32(5)},
		},
	})
	require.NoError(t, err)
	require.Len(t, failed.FailedScheduledUpdateGroupActions, 1)
	require.Equal(t, "never", *failed.FailedScheduledUpdateGroupActions[0].ScheduledActionName)
	f.cloud.Advance(time.Hour + time.Second)
	require.Equal(t, 5, f.desired())
	_, err = f.asg.DeleteScheduledAction(t.Context(), &awsasg.DeleteScheduledActionInput{AutoScalingGroupName: group, ScheduledActionName: aws.String("once")})
	fails(t, err, "ValidationError", "Scheduled action name not found")
	_, err = f.asg.DeleteScheduledAction(t.Context(), &awsasg.DeleteScheduledActionInput{AutoScalingGroupName: group, ScheduledActionName: aws.String("morning")})
	require.NoError(t, err)
	f.desire(2)
	f.cloud.Advance(4 * 24 * time.Hour)
	require.Equal(t, 2, f.desired())
}

func TestAWarmPool(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(0, 4, 1, nil)
	_, err := f.asg.PutWarmPool(t.Context(), &awsasg.PutWarmPoolInput{
		AutoScalingGroupName: group, MaxGroupPreparedCapacity: aws.Int32(3), InstanceReusePolicy: &asgtypes.InstanceReusePolicy{ReuseOnScaleIn: aws.Bool(true)},
	})
	require.NoError(t, err)
	f.cloud.Advance(time.Second)
	pool := func() map[string]int {
		out, err := f.asg.DescribeWarmPool(t.Context(), &awsasg.DescribeWarmPoolInput{AutoScalingGroupName: group})
		require.NoError(t, err)
		all := map[string]int{}
		for _, i := range out.Instances {
			all[string(i.LifecycleState)]++
		}
		return all
	}
	require.Equal(t, map[string]int{"Warmed:Stopped": 2}, pool(), "3 prepared, 1 of them in service")
	require.Len(t, f.ids(), 1, "the pool is not in the group")
	f.desire(2)
	require.Contains(t, *f.activities()[0].Description, "Launching a new EC2 instance from warm pool: i-")
	require.Equal(t, map[string]int{"InService": 2}, f.states())
	require.Equal(t, map[string]int{"Warmed:Stopped": 1}, pool())
	f.desire(1)
	require.Equal(t, map[string]int{"Warmed:Stopped": 2}, pool(), "it goes back into the pool")
	_, err = f.asg.DeleteWarmPool(t.Context(), &awsasg.DeleteWarmPoolInput{AutoScalingGroupName: group})
	require.NoError(t, err)
	f.cloud.Advance(time.Second)
	require.Empty(t, pool())
	require.Nil(t, f.describe().WarmPoolConfiguration)
	require.Len(t, f.ids(), 1)
}

// A warm pool is spread over the zones, and gives to the one with the fewest in service.
func TestAWarmPoolIsSpread(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(0, 9, 0, nil)
	_, err := f.asg.PutWarmPool(t.Context(), &awsasg.PutWarmPoolInput{AutoScalingGroupName: group, MaxGroupPreparedCapacity: aws.Int32(6)})
	require.NoError(t, err)
	f.cloud.Advance(time.Second)
	out, err := f.asg.DescribeWarmPool(t.Context(), &awsasg.DescribeWarmPoolInput{AutoScalingGroupName: group})
	require.NoError(t, err)
	pool := map[string]int{}
	for _, i := range out.Instances {
		pool[*i.AvailabilityZone]++
	}
	require.Equal(t, map[string]int{"us-east-1a": 2, "us-east-1b": 2, "us-east-1c": 2}, pool)
	f.desire(3)
	require.Equal(t, map[string]int{"us-east-1a": 1, "us-east-1b": 1, "us-east-1c": 1}, f.zones())
}
