// SPDX-License-Identifier: Apache-2.0

// Package ecr holds the states of ECR's kinds.
package ecr

import awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"

// Kinds.
const (
	KindRepository = "ecr:Repository" // outputs: arn, name, uri
)

// Repository is a private repository with its policies.
type Repository struct {
	Create awsecr.CreateRepositoryInput
	// Lifecycle and Policy are JSON documents; nil means none.
	Lifecycle *string
	Policy    *string
}
