// SPDX-License-Identifier: Apache-2.0

// Package autoscaling scales ECS services by AWS's Application Auto Scaling: bounds for
// the number of tasks, and policies that move it. And it declares what such tasks may run
// on: launch templates, and groups of EC2 instances by EC2 Auto Scaling.
package autoscaling
