// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/vpc"
)

// TestWhatIsMissingIsTold: a nil is a mistake like any other, not a panic.
func TestWhatIsMissingIsTold(t *testing.T) {
	t.Parallel()
	app := elb.NewApplication("shop", vpc.Default())
	for _, row := range []struct {
		name string
		app  elb.Application
		want string
	}{
		{"no group", app.WithSecurityGroup(nil), "SecurityGroups[0]: got none, want the ID of a security group"},
		{"no client", app.WithClients(nil), "IpPermissions[0]"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			err := slipway.NewStack("shop", row.app).Validate()
			require.ErrorIs(t, err, slipway.ErrInvalid)
			require.ErrorContains(t, err, row.want)
		})
	}
	require.NotPanics(t, func() {
		rule := elb.NewListenerRule("all", app.Listener(), elb.ForwardTo(nil))
		require.Error(t, rule.Validate(), "a rule forwards to a group")
	})
}
