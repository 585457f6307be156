// SPDX-License-Identifier: Apache-2.0

package awsid_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/internal/awsid"
)

func TestIdentify(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{Account: "210987654321"})
	var who slipway.Identifier = awsid.Identity{}
	account, err := who.Identify(t.Context(), slipway.Call{Config: cloud.Config()})
	require.NoError(t, err)
	require.Equal(t, "210987654321", account)
}
