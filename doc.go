// SPDX-License-Identifier: Apache-2.0

// Package slipway declares container infrastructure on AWS as Go values and
// plans, applies and destroys it straight through the AWS APIs, without a state
// file.
//
// The packages beside this one hold the builders: ecs, elb, ecr, iam, vpc and
// autoscaling. The package fakes holds a simulated AWS for tests.
package slipway
