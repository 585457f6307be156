// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"fmt"
	"testing"

	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// TestATargetGroupThatIsReplacedWithoutAWay: AWS cannot change a target group's port, and
// requests fail where the old one cannot stay beside the new one.
func TestATargetGroupThatIsReplacedWithoutAWay(t *testing.T) {
	t.Parallel()
	app := elb.NewApplication("shop", vpc.Default())
	shared := func(port int32, others int) (elb.TargetGroup, elb.Forward) {
		changing, _ := app.Route("/*").Forward("changing", port, vpc.Default())
		forward := elb.Forward{Targets: []elb.Weighted{{Group: changing, Weight: 1}}}
		for i := range others {
			forward.Targets = append(forward.Targets, elb.Weighted{Group: elb.NewTargetGroup(fmt.Sprint("other", i), 80, vpc.Default()), Weight: 1})
		}
		return changing, forward
	}
	listener := func(port int32, others int) slipway.Stack {
		_, forward := shared(port, others)
		return slipway.NewStack("shop", elb.NewListener(app, 8000, forward))
	}
	rule := func(port int32, others int) slipway.Stack {
		_, forward := shared(port, others)
		return slipway.NewStack("shop", elb.NewListenerRule("web", elb.NewListener(app, 8000, elb.FixedResponse{Status: 404}), forward).WithPath("/*"))
	}
	bare := func(port int32, _ int) slipway.Stack {
		changing, forward := shared(port, 0)
		return slipway.NewStack("shop", elb.NewListener(app, 8000, forward).WithOverride(func(in *awselb.CreateListenerInput) {
			arn := changing.ARN()
			in.DefaultActions = []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &arn}}
		}))
	}
	for _, test := range []struct {
		name, reason string
		stack        func(port int32, others int) slipway.Stack
		others       int
		want         string
	}{
		{"a listener with four", "there is a place", listener, 3, ""},
		{"a listener with five", "there is none", listener, 4, "elb:Listener/shop/8000 Create.DefaultActions"},
		{"a rule with five", "there is none", rule, 4, "elb:ListenerRule/web Create.Actions"},
		{"an ARN alone", "it is the same as one group", bare, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cloud := fakes.New(fakes.Options{})
			_, err := test.stack(8080, test.others).Apply(t.Context(), cloud.Config())
			require.NoError(t, err)
			p, err := test.stack(9090, test.others).Plan(t.Context(), cloud.Config())
			require.NoError(t, err)
			if test.want == "" {
				require.Empty(t, p.Warnings, test.reason)
				require.Contains(t, p.String(), "in steps")
				return
			}
			require.Len(t, p.Warnings, 1, "%s: %s", test.reason, p)
			require.Contains(t, p.Warnings[0].Error(), test.want)
			require.ErrorContains(t, p.Warnings[0], "elb:TargetGroup/changing replaced")
			apply(t, cloud, test.stack(9090, test.others))
		})
	}
}
