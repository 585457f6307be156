// SPDX-License-Identifier: Apache-2.0

// Package iam declares IAM roles with their trust, policies and grants.
//
// A declared role belongs to the stack: its path is /slipway/<stack>/, unless it
// is given another one, and nothing else should change it.
package iam
