// SPDX-License-Identifier: Apache-2.0

// Package scheduler holds the states of EventBridge Scheduler's kinds.
package scheduler

import (
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
)

// Kinds.
const (
	KindGroup    = "scheduler:ScheduleGroup" // outputs: arn, name
	KindSchedule = "scheduler:Schedule"      // outputs: arn, name
)

// Group is a schedule group.
type Group struct {
	Create awsscheduler.CreateScheduleGroupInput
}

// Schedule is a schedule.
type Schedule struct {
	Create awsscheduler.CreateScheduleInput
}
