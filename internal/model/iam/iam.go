// SPDX-License-Identifier: Apache-2.0

// Package iam holds the states of IAM's kinds.
package iam

import awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

// Kinds.
const (
	KindRole            = "iam:Role"            // outputs: arn, name, id
	KindInstanceProfile = "iam:InstanceProfile" // outputs: arn, name, id
)

// Role is a role with its policies.
type Role struct {
	Create awsiam.CreateRoleInput
	// Inline has policy documents (JSON) by policy name.
	Inline map[string]string
	// Attached are ARNs of managed policies.
	Attached []string
}

// InstanceProfile is an instance profile with its role.
type InstanceProfile struct {
	Create awsiam.CreateInstanceProfileInput
	// Role is the ARN of the role.
	Role string
}
