// SPDX-License-Identifier: Apache-2.0

// Package ecr declares private repositories of Amazon ECR and pushes images to
// them.
//
// A repository is a stack of its own: [Push] to a declared [Repository] applies
// just that, and destroying a service never deletes images.
package ecr
