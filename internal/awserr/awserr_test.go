// SPDX-License-Identifier: Apache-2.0

package awserr_test

import (
	"errors"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	require.NoError(t, awserr.Wrap(nil, "anything"), "nil stays nil")
	err := awserr.Wrap(&smithy.GenericAPIError{Code: "NoSuchEntity", Message: "gone"}, "get role")
	require.ErrorIs(t, err, slipway.ErrNotFound)
	require.NotErrorIs(t, err, slipway.ErrConflict)
	var call *slipway.CallError
	require.ErrorAs(t, err, &call)
	require.Equal(t, "get role", call.Op)
}

func TestIs(t *testing.T) {
	t.Parallel()
	err := awserr.Wrap(&smithy.GenericAPIError{Code: "NoSuchEntity"}, "get role")
	require.True(t, awserr.Is(err, "DeleteConflict", "NoSuchEntity"))
	require.False(t, awserr.Is(err, "DeleteConflict"))
	require.False(t, awserr.Is(errors.New("no code"), ""), "an empty code is no code")
}
