// SPDX-License-Identifier: Apache-2.0

// Package autoscaling scales ECS services by AWS's Application Auto Scaling:
// bounds for the number of tasks, and policies that move it.
package autoscaling
