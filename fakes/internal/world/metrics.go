// SPDX-License-Identifier: Apache-2.0

package world

import (
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
)

// Metric is one of AWS's own.
type Metric struct {
	// Namespace and Name such as "AWS/EC2" and "CPUUtilization".
	Namespace, Name string
	// Dimensions such as "AutoScalingGroupName" and the group's name.
	Dimensions map[string]string
	// Unit such as "Percent".
	Unit string
}

// Breach is an alarm that has an action for somebody.
type Breach struct {
	// Alarm is the name, Action the ARN that the alarm has for it.
	Alarm, Action string
	// Value is the newest of the metric; Threshold is the alarm's.
	Value, Threshold float64
}

// Metrics are met by the CloudWatch fake, for EC2 Auto Scaling and for ECS.
type Metrics interface {
	// Publish adds a value to a metric. The alarms on it are evaluated at the end of
	// their period.
	Publish(region string, m Metric, value float64)
	// SetAlarm makes an alarm and returns its ARN; it takes the place of one of its name.
	SetAlarm(region string, in *awscw.PutMetricAlarmInput) (arn string)
	DropAlarm(region, name string)
	// OnBreach has f called for each action of an alarm that goes to ALARM, and again at
	// every evaluation that finds it there, as CloudWatch does with scaling policies.
	OnBreach(f func(region string, b Breach))
}
