// SPDX-License-Identifier: Apache-2.0

package scaling_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

var web = aws.String("service/shop/web")

// shop is a cloud with a service of four tasks, between two and ten, that alarms scale by
// steps. A task takes a minute to start.
type shop struct {
	t      *testing.T
	cloud  *fakes.Cloud
	ecs    *awsecs.Client
	aas    *awsaas.Client
	cw     *awscw.Client
	alarms map[string]string // by policy
}

func openShop(t *testing.T) *shop {
	t.Helper()
	cloud := fakes.New(fakes.Options{Timing: fakes.Timing{Schedule: 5 * time.Second, Provision: time.Minute}})
	config := cloud.Config()
	s := &shop{
		t: t, cloud: cloud, ecs: awsecs.NewFromConfig(config), aas: awsaas.NewFromConfig(config), cw: awscw.NewFromConfig(config), alarms: map[string]string{},
	}
	_, err := s.ecs.CreateCluster(t.Context(), &awsecs.CreateClusterInput{ClusterName: aws.String("shop")})
	require.NoError(t, err)
	_, err = s.ecs.RegisterTaskDefinition(t.Context(), &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"), Cpu: aws.String("256"), Memory: aws.String("512"), NetworkMode: ecstypes.NetworkModeAwsvpc,
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ContainerDefinitions:    []ecstypes.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("public.ecr.aws/shop/web:1")}},
	})
	require.NoError(t, err)
	subnets, err := awsec2.NewFromConfig(config).DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	_, err = s.ecs.CreateService(t.Context(), &awsecs.CreateServiceInput{
		Cluster: aws.String("shop"), ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(4),
		LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: []string{*subnets.Subnets[0].SubnetId}, AssignPublicIp: ecstypes.AssignPublicIpEnabled,
		}},
	})
	require.NoError(t, err)
	cloud.Advance(10 * time.Minute)
	_, err = s.aas.RegisterScalableTarget(t.Context(), &awsaas.RegisterScalableTargetInput{
		ServiceNamespace: "ecs", ScalableDimension: dimension, ResourceId: web, MinCapacity: aws.Int32(2), MaxCapacity: aws.Int32(10),
	})
	require.NoError(t, err)
	return s
}

// policy makes a step policy and an alarm that calls it, with a threshold of 50.
func (s *shop) policy(name string, c aastypes.StepScalingPolicyConfiguration) {
	s.t.Helper()
	if c.AdjustmentType == "" {
		c.AdjustmentType = aastypes.AdjustmentTypeChangeInCapacity
	}
	out, err := s.aas.PutScalingPolicy(s.t.Context(), &awsaas.PutScalingPolicyInput{
		PolicyName: &name, PolicyType: aastypes.PolicyTypeStepScaling, ServiceNamespace: "ecs", ScalableDimension: dimension, ResourceId: web,
		StepScalingPolicyConfiguration: &c,
	})
	require.NoError(s.t, err)
	_, err = s.cw.PutMetricAlarm(s.t.Context(), &awscw.PutMetricAlarmInput{
		AlarmName: &name, Namespace: aws.String("Shop"), MetricName: aws.String("Load"), Statistic: cwtypes.StatisticAverage, Period: aws.Int32(60),
		EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(50), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold,
		AlarmActions: []string{*out.PolicyARN},
	})
	require.NoError(s.t, err)
}

// outAndIn makes "grow", which adds two tasks, and "shrink", which takes one away; both wait no
// time.
func (s *shop) outAndIn() {
	s.t.Helper()
	s.policy("grow", aastypes.StepScalingPolicyConfiguration{
		Cooldown: aws.Int32(0), StepAdjustments: []aastypes.StepAdjustment{{MetricIntervalLowerBound: aws.Float64(0), ScalingAdjustment: aws.Int32(2)}},
	})
	s.policy("shrink", aastypes.StepScalingPolicyConfiguration{
		Cooldown: aws.Int32(0), StepAdjustments: []aastypes.StepAdjustment{{MetricIntervalUpperBound: aws.Float64(0), ScalingAdjustment: aws.Int32(-1)}},
	})
}

// alarm sets the state of an alarm, with the metric's value.
func (s *shop) alarm(name string, state cwtypes.StateValue, value float64) {
	s.t.Helper()
	_, err := s.cw.SetAlarmState(s.t.Context(), &awscw.SetAlarmStateInput{
		AlarmName: &name, StateValue: state, StateReason: aws.String("a test"), StateReasonData: aws.String(fmt.Sprintf(`{"recentDatapoints":[1,%g]}`, value)),
	})
	require.NoError(s.t, err)
}

// once has an alarm fire one time.
func (s *shop) once(name string, value float64) {
	s.t.Helper()
	s.alarm(name, cwtypes.StateValueAlarm, value)
	s.alarm(name, cwtypes.StateValueOk, 0)
}

func (s *shop) service() ecstypes.Service {
	s.t.Helper()
	out, err := s.ecs.DescribeServices(s.t.Context(), &awsecs.DescribeServicesInput{Cluster: aws.String("shop"), Services: []string{"web"}})
	require.NoError(s.t, err)
	return out.Services[0]
}

// activities are the newest first.
func (s *shop) activities(all bool) []aastypes.ScalingActivity {
	s.t.Helper()
	out, err := s.aas.DescribeScalingActivities(s.t.Context(), &awsaas.DescribeScalingActivitiesInput{
		ServiceNamespace: "ecs", ResourceId: web, IncludeNotScaledActivities: &all,
	})
	require.NoError(s.t, err)
	return out.ScalingActivities
}

func (s *shop) deploy() {
	s.t.Helper()
	_, err := s.ecs.UpdateService(s.t.Context(), &awsecs.UpdateServiceInput{Cluster: aws.String("shop"), Service: aws.String("web"), ForceNewDeployment: true})
	require.NoError(s.t, err)
}

// TestScaleInIsOffWhileDeploying: scale-out goes on, and what waited comes after the
// deployment.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html
func TestScaleInIsOffWhileDeploying(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.outAndIn()
	s.deploy()
	s.cloud.Advance(10 * time.Second)
	require.Equal(t, ecstypes.DeploymentRolloutStateInProgress, s.service().Deployments[0].RolloutState)

	s.once("shrink", 10)
	require.Equal(t, int32(4), s.service().DesiredCount)
	require.Empty(t, s.activities(false), "what changed nothing has to be asked for")
	got := s.activities(true)
	require.Len(t, got, 1)
	require.Equal(t, "Attempting to scale due to alarm triggered", *got[0].Description)
	require.Equal(t, "monitor alarm shrink in state ALARM triggered policy shrink", *got[0].Cause)
	require.Equal(t, aastypes.ScalingActivityStatusCodeFailed, got[0].StatusCode)
	require.Equal(t, "TargetServicePutResourceAsUnscalable", *got[0].NotScaledReasons[0].Code)

	s.once("grow", 90)
	require.Equal(t, int32(6), s.service().DesiredCount)

	s.alarm("shrink", cwtypes.StateValueAlarm, 10)
	require.Equal(t, int32(6), s.service().DesiredCount)
	s.cloud.Advance(10 * time.Minute)
	require.Len(t, s.service().Deployments, 1)
	require.Equal(t, int32(2), s.service().DesiredCount, "the alarm goes on, so it shrinks to its minimum")
	got = s.activities(true)
	require.Equal(t, "AlreadyAtMinCapacity", *got[0].NotScaledReasons[0].Code)
	require.Equal(t, int32(2), *got[0].NotScaledReasons[0].MinCapacity)
}

// TestScalingActivity has the words of AWS's guide.
//
// https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html
func TestScalingActivity(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.outAndIn()
	s.once("grow", 90)
	a := s.activities(false)[0]
	require.Equal(t, "Setting desired count to 6.", *a.Description)
	require.Equal(t, "monitor alarm grow in state ALARM triggered policy grow", *a.Cause)
	require.Equal(t, aastypes.ScalingActivityStatusCodeInProgress, a.StatusCode)
	require.Equal(t, "Successfully set desired count to 6. Waiting for change to be fulfilled by ecs.", *a.StatusMessage)
	require.Nil(t, a.EndTime)
	s.cloud.Advance(5 * time.Minute)
	a = s.activities(false)[0]
	require.Equal(t, aastypes.ScalingActivityStatusCodeSuccessful, a.StatusCode)
	require.Equal(t, "Successfully set desired count to 6. Change successfully fulfilled by ecs.", *a.StatusMessage)
	require.NotNil(t, a.EndTime)

	s.policy("more", aastypes.StepScalingPolicyConfiguration{
		StepAdjustments: []aastypes.StepAdjustment{{MetricIntervalLowerBound: aws.Float64(0), ScalingAdjustment: aws.Int32(4)}},
	})
	s.once("grow", 90)
	s.once("more", 90)
	require.Equal(t, int32(10), s.service().DesiredCount)
	require.Equal(t, aastypes.ScalingActivityStatusCodeOverridden, s.activities(false)[1].StatusCode)
	s.cloud.Advance(6 * 7 * 24 * time.Hour)
	require.Empty(t, s.activities(true), "they are shown for six weeks")
}

// TestSteps has how much a step changes, of four tasks between two and ten.
//
// https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
func TestSteps(t *testing.T) {
	t.Parallel()
	const percent = aastypes.AdjustmentTypePercentChangeInCapacity
	step := func(low, high *float64, by int32) aastypes.StepAdjustment {
		return aastypes.StepAdjustment{MetricIntervalLowerBound: low, MetricIntervalUpperBound: high, ScalingAdjustment: &by}
	}
	for name, c := range map[string]struct {
		config aastypes.StepScalingPolicyConfiguration
		value  float64
		want   int32
	}{
		"the first step":       {aastypes.StepScalingPolicyConfiguration{StepAdjustments: []aastypes.StepAdjustment{step(aws.Float64(0), aws.Float64(10), 1), step(aws.Float64(10), nil, 3)}}, 59, 5},
		"the second":           {aastypes.StepScalingPolicyConfiguration{StepAdjustments: []aastypes.StepAdjustment{step(aws.Float64(0), aws.Float64(10), 1), step(aws.Float64(10), nil, 3)}}, 60, 7},
		"no step":              {aastypes.StepScalingPolicyConfiguration{StepAdjustments: []aastypes.StepAdjustment{step(aws.Float64(0), nil, 1)}}, 49, 4},
		"more than the most":   {aastypes.StepScalingPolicyConfiguration{StepAdjustments: []aastypes.StepAdjustment{step(aws.Float64(0), nil, 20)}}, 60, 10},
		"less than the least":  {aastypes.StepScalingPolicyConfiguration{StepAdjustments: []aastypes.StepAdjustment{step(nil, aws.Float64(0), -3)}}, 40, 2},
		"exactly":              {aastypes.StepScalingPolicyConfiguration{AdjustmentType: aastypes.AdjustmentTypeExactCapacity, StepAdjustments: []aastypes.StepAdjustment{step(aws.Float64(0), nil, 9)}}, 60, 9},
		"37 percent, 1.48":     {aastypes.StepScalingPolicyConfiguration{AdjustmentType: percent, StepAdjustments: []aastypes.StepAdjustment{step(aws.Float64(0), nil, 37)}}, 60, 5},
		"5 percent, 0.2":       {aastypes.StepScalingPolicyConfiguration{AdjustmentType: percent, StepAdjustments: []aastypes.StepAdjustment{step(aws.Float64(0), nil, 5)}}, 60, 5},
		"5 percent less, -0.2": {aastypes.StepScalingPolicyConfiguration{AdjustmentType: percent, StepAdjustments: []aastypes.StepAdjustment{step(nil, aws.Float64(0), -5)}}, 40, 3},
		"a percentage, but two": {aastypes.StepScalingPolicyConfiguration{
			AdjustmentType: percent, MinAdjustmentMagnitude: aws.Int32(2), StepAdjustments: []aastypes.StepAdjustment{step(aws.Float64(0), nil, 25)},
		}, 60, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t)
			s.policy("step", c.config)
			s.once("step", c.value)
			require.Equal(t, c.want, s.service().DesiredCount)
		})
	}
}

// TestCooldowns: what was added is not added again, but more is; scaling in waits.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html
func TestCooldowns(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.policy("grow", aastypes.StepScalingPolicyConfiguration{StepAdjustments: []aastypes.StepAdjustment{
		{MetricIntervalLowerBound: aws.Float64(0), MetricIntervalUpperBound: aws.Float64(20), ScalingAdjustment: aws.Int32(1)},
		{MetricIntervalLowerBound: aws.Float64(20), ScalingAdjustment: aws.Int32(3)},
	}})
	s.policy("shrink", aastypes.StepScalingPolicyConfiguration{
		StepAdjustments: []aastypes.StepAdjustment{{MetricIntervalUpperBound: aws.Float64(0), ScalingAdjustment: aws.Int32(-1)}},
	})
	desired := func(after time.Duration) int32 {
		s.cloud.Advance(after)
		return s.service().DesiredCount
	}
	s.once("grow", 60)
	require.Equal(t, int32(5), desired(2*time.Minute))
	s.once("grow", 60)
	require.Equal(t, int32(5), desired(0), "that is what was added")
	s.once("grow", 80)
	require.Equal(t, int32(7), desired(0), "three more than four")
	require.Equal(t, int32(7), desired(6*time.Minute))
	s.once("shrink", 10)
	require.Equal(t, int32(6), desired(2*time.Minute))
	s.once("shrink", 10)
	require.Equal(t, int32(6), desired(0), "scaling in waits five minutes")
	s.once("grow", 60)
	require.Equal(t, int32(7), desired(2*time.Minute), "scaling out does not")
	s.once("shrink", 10)
	require.Equal(t, int32(6), desired(0), "and ends the wait")
}

// TestNothingIsScaled has what keeps a policy from acting.
func TestNothingIsScaled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(s *shop)
		codes  []string
	}{
		"suspended": {func(s *shop) {
			_, err := s.aas.RegisterScalableTarget(s.t.Context(), &awsaas.RegisterScalableTargetInput{
				ServiceNamespace: "ecs", ScalableDimension: dimension, ResourceId: web,
				SuspendedState: &aastypes.SuspendedState{DynamicScalingInSuspended: aws.Bool(true), DynamicScalingOutSuspended: aws.Bool(true)},
			})
			require.NoError(s.t, err)
		}, nil},
		"already there": {func(s *shop) {
			_, err := s.aas.RegisterScalableTarget(s.t.Context(), &awsaas.RegisterScalableTargetInput{
				ServiceNamespace: "ecs", ScalableDimension: dimension, ResourceId: web, MinCapacity: aws.Int32(4), MaxCapacity: aws.Int32(4),
			})
			require.NoError(s.t, err)
		}, []string{"AlreadyAtMinCapacity", "AlreadyAtMaxCapacity"}},
		"the alarm's actions are off": {func(s *shop) {
			_, err := s.cw.DisableAlarmActions(s.t.Context(), &awscw.DisableAlarmActionsInput{AlarmNames: []string{"shrink", "grow"}})
			require.NoError(s.t, err)
		}, nil},
		"the policy is gone": {func(s *shop) {
			for _, name := range []string{"shrink", "grow"} {
				_, err := s.aas.DeleteScalingPolicy(s.t.Context(), &awsaas.DeleteScalingPolicyInput{
					PolicyName: &name, ServiceNamespace: "ecs", ScalableDimension: dimension, ResourceId: web,
				})
				require.NoError(s.t, err)
			}
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t)
			s.outAndIn()
			c.change(s)
			s.once("grow", 90)
			s.once("shrink", 10)
			s.once("shrink", 10)
			require.Equal(t, int32(4), s.service().DesiredCount)
			var codes []string
			for _, a := range s.activities(true) {
				codes = append(codes, *a.NotScaledReasons[0].Code)
			}
			require.Equal(t, c.codes, codes, "each once in a row")
		})
	}
}

// TestAlarmWithoutData: a policy goes by the data points in the reason.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
func TestAlarmWithoutData(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.outAndIn()
	_, err := s.cw.SetAlarmState(t.Context(), &awscw.SetAlarmStateInput{
		AlarmName: aws.String("grow"), StateValue: cwtypes.StateValueAlarm, StateReason: aws.String("a test"),
	})
	require.NoError(t, err)
	require.Equal(t, int32(4), s.service().DesiredCount)
	require.Empty(t, s.activities(true))
}
