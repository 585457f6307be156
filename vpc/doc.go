// SPDX-License-Identifier: Apache-2.0

// Package vpc looks up the networks that containers run in and declares the
// security groups between them.
//
// A [Network] is never made or changed, only found: the region's default VPC,
// one by ID, or one by tags. A [SecurityGroup] and its rules ([Ingress],
// [Egress]) are resources of their own, so that two groups may refer to each
// other.
package vpc
