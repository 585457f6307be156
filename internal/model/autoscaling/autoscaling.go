// SPDX-License-Identifier: Apache-2.0

// Package autoscaling holds the states of Application Auto Scaling's kinds.
package autoscaling

import awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"

// Kinds.
const (
	KindScaling = "autoscaling:Scaling" // outputs: arn
)

// Scaling is a scalable target with its policies and schedules.
type Scaling struct {
	Target awsaas.RegisterScalableTargetInput
	// Policies and Schedules are keyed by name.
	Policies  []awsaas.PutScalingPolicyInput
	Schedules []awsaas.PutScheduledActionInput
}
