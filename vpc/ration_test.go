// SPDX-License-Identifier: Apache-2.0

package vpc_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// TestPreflightOfRules: the rules of a group fit the quota together, or do not, in each
// direction; AWS's own rule, which lets all out, counts.
func TestPreflightOfRules(t *testing.T) {
	t.Parallel()
	web := vpc.NewSecurityGroup("web", "web", vpc.Default())
	in := func(ports ...int32) (rules []slipway.Resource) {
		for _, p := range ports {
			rules = append(rules, vpc.Ingress(web, vpc.AnyIPv4, vpc.TCP(p)))
		}
		return rules
	}
	out := []slipway.Resource{vpc.Egress(web, vpc.CIDR("10.0.0.0/8"), vpc.TCP(443)), vpc.Egress(web, vpc.CIDR("10.0.0.0/8"), vpc.TCP(80))}
	for _, row := range []struct {
		name  string
		there []slipway.Resource
		want  []slipway.Resource
		text  string
	}{
		{"below", nil, in(1), ""},
		{"at", nil, in(1, 2), ""},
		{"above", nil, in(1, 2, 3), "is 2, of which 0 are used on security group web, inbound, and 3 more are needed"},
		{"outbound", nil, out, "is 2, of which 1 are used on security group web, outbound, and 2 more are needed"},
		{"another where there is one", in(1), in(1, 2), ""},
		{"two where there is one", in(1), in(1, 2, 3), "inbound, and 2 more are needed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			cloud := fakes.New(fakes.Options{})
			if row.there != nil {
				apply(t, cloud, row.there...)
			}
			require.NoError(t, cloud.Quota("vpc", "L-0EA8095F", 2))
			stack := slipway.NewStack("shop", row.want...)
			report, err := stack.Preflight(t.Context(), cloud.Config())
			require.NoError(t, err)
			_, applied := stack.Apply(t.Context(), cloud.Config())
			if row.text == "" {
				require.NoError(t, report.Err())
				require.NoError(t, applied)
				return
			}
			require.ErrorContains(t, report.Err(), row.text)
			require.ErrorContains(t, applied, "RulesPerSecurityGroupLimitExceeded", "nor can it be applied")
		})
	}
}
