// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/rules/elb"
)

func TestConditionForms(t *testing.T) {
	t.Parallel()
	paths := func(values ...string) *elbtypes.PathPatternConditionConfig {
		return &elbtypes.PathPatternConditionConfig{Values: values}
	}
	for _, row := range []struct {
		name, why  string
		conditions []elbtypes.RuleCondition
		text       string
		warn       bool
	}{
		{
			name: "no field", why: "AWS wants it named", text: "A condition field must be specified",
			conditions: []elbtypes.RuleCondition{{PathPatternConfig: paths("/x")}},
		},
		{
			name: "both forms", why: "AWS would not know which", text: "You cannot provide both Values and 'PathPatternConfig' for a condition of type 'path-pattern'",
			conditions: []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/x"}, PathPatternConfig: paths("/x")}},
		},
		{
			name: "seven wildcards", why: "the quota is six", warn: true,
			conditions: []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), PathPatternConfig: paths("/*/*/*", "/a?", "/*/*/*")}},
		},
		{
			name: "six wildcards", why: "as many as allowed",
			conditions: []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), PathPatternConfig: paths("/*/*/*", "/*/*/*")}},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			found := elb.CreateRule.All(nil, &awselb.CreateRuleInput{
				ListenerArn: aws.String("arn"), Priority: aws.Int32(1), Conditions: row.conditions,
				Actions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: aws.String("arn")}},
			})
			if row.text == "" && !row.warn {
				require.Empty(t, found, row.why)
				return
			}
			require.Len(t, found, 1, row.why)
			require.Equal(t, row.text, found[0].Text)
			require.Equal(t, row.warn, found[0].Warn)
		})
	}
}

func TestActionsWithoutConfiguration(t *testing.T) {
	t.Parallel()
	for kind, text := range map[elbtypes.ActionTypeEnum]string{
		elbtypes.ActionTypeEnumRedirect:      "For actions of type 'redirect', you must specify the following fields: 'RedirectConfig'",
		elbtypes.ActionTypeEnumFixedResponse: "For actions of type 'fixed-response', you must specify the following fields: 'FixedResponseConfig'",
	} {
		found := elb.CreateListener.All(nil, &awselb.CreateListenerInput{
			LoadBalancerArn: aws.String("arn"), Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp,
			DefaultActions: []elbtypes.Action{{Type: kind}},
		})
		require.Len(t, found, 1)
		require.Equal(t, text, found[0].Text)
		require.Equal(t, "InvalidLoadBalancerAction", found[0].Code)
	}
}
