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
	// ForceDelete: deleting the repository deletes its images. AWS has no place for
	// it but a tag, [TagForceDelete].
	ForceDelete bool
}

// TagForceDelete marks repositories that are deleted with their images.
const TagForceDelete = "slipway:force-delete"
