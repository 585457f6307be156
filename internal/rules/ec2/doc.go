// SPDX-License-Identifier: Apache-2.0

// Package ec2 holds what EC2 rejects in inputs that concern networks.
//
// EC2 has no exceptions of its own, only codes, see
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html.
package ec2

// EC2's codes that several rules share.
const (
	invalidValue     = "InvalidParameterValue"
	missingParameter = "MissingParameter"
	invalidCombined  = "InvalidParameterCombination"
	malformed        = "InvalidPermission.Malformed"
)

const reference = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"
