// SPDX-License-Identifier: Apache-2.0

package iam_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
)

// TestANilPrincipalIsTold: it is a mistake like any other, not a panic.
func TestANilPrincipalIsTold(t *testing.T) {
	t.Parallel()
	role := iam.NewRole("web").WithTrust(nil)
	for _, err := range []error{role.Validate(), slipway.NewStack("shop", role).Validate()} {
		require.ErrorIs(t, err, slipway.ErrInvalid)
		require.ErrorContains(t, err, "AssumeRolePolicyDocument: got nil, want a principal")
	}
}
