// SPDX-License-Identifier: Apache-2.0

// Package iam holds the states of IAM's kinds.
package iam

import awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

// Kinds.
const (
	KindRole = "iam:Role" // outputs: arn, name, id
)

// Role is a role with its policies.
type Role struct {
	Create awsiam.CreateRoleInput
	// Inline has policy documents (JSON) by policy name.
	Inline map[string]string
	// Attached are ARNs of managed policies.
	Attached []string
}
