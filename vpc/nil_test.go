// SPDX-License-Identifier: Apache-2.0

package vpc_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/vpc"
)

// TestWhatIsMissingIsTold: a nil in place of a group or a peer is a mistake like
// any other, not a panic.
func TestWhatIsMissingIsTold(t *testing.T) {
	t.Parallel()
	group := vpc.NewSecurityGroup("web", "tasks", vpc.Default())
	for _, row := range []struct {
		name string
		rule vpc.SecurityGroupRule
		want string
	}{
		{"nothing at all", vpc.Ingress(nil, nil, vpc.TCP(80)), "security group"},
		{"no group", vpc.Ingress(nil, vpc.AnyIPv4, vpc.TCP(80)), "security group"},
		{"no peer", vpc.Ingress(group, nil, vpc.TCP(80)), "IpPermissions[0]"},
		{"a peer without its group", vpc.Ingress(group, vpc.FromGroup(nil), vpc.TCP(80)), "IpPermissions[0]"},
		{"the zero value", vpc.SecurityGroupRule{}, "security group"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, err := range []error{row.rule.Validate(), slipway.NewStack("shop", row.rule).Validate()} {
				require.ErrorIs(t, err, slipway.ErrInvalid)
				require.ErrorContains(t, err, row.want)
			}
		})
	}
	require.NoError(t, group.WithOverride(nil).Validate(), "a function that is not there changes nothing")
}
