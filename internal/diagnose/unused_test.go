// SPDX-License-Identifier: Apache-2.0

package diagnose_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/diagnose"
)

const (
	noRule  = "Target group is not configured to receive traffic from the load balancer"
	farZone = "Target is in an Availability Zone that is not enabled for the load balancer"
)

func target(id, zone string, state elbtypes.TargetHealthStateEnum, reason elbtypes.TargetHealthReasonEnum, text string) elbtypes.TargetHealthDescription {
	d := elbtypes.TargetHealthDescription{
		Target:       &elbtypes.TargetDescription{Id: aws.String(id), Port: aws.Int32(8080)},
		TargetHealth: &elbtypes.TargetHealth{State: state, Reason: reason, Description: aws.String(text)},
	}
	if zone != "" {
		d.Target.AvailabilityZone = aws.String(zone)
	}
	return d
}

func TestTargetsNotInUse(t *testing.T) {
	t.Parallel()
	const unused, notInUse = elbtypes.TargetHealthStateEnumUnused, elbtypes.TargetHealthReasonEnumNotInUse
	balancer := elbtypes.LoadBalancer{LoadBalancerName: aws.String("shop"), AvailabilityZones: []elbtypes.AvailabilityZone{
		{ZoneName: aws.String("us-east-1b")}, {ZoneName: aws.String("us-east-1a")},
	}}
	for _, row := range []struct {
		name, reason string
		health       []elbtypes.TargetHealthDescription
		want         []slipway.CauseCode
		evidence     []string
	}{
		{
			"no rule", "none of the targets gets anything",
			[]elbtypes.TargetHealthDescription{target("10.0.0.1", "", unused, notInUse, noRule)},
			[]slipway.CauseCode{slipway.TargetGroupUnused}, []string{"target 10.0.0.1:8080 is unused: " + noRule + " (Target.NotInUse)"},
		},
		{
			"one in another zone", "it gets nothing, though the others do",
			[]elbtypes.TargetHealthDescription{
				target("10.0.0.1", "us-east-1a", elbtypes.TargetHealthStateEnumHealthy, "", ""), target("10.0.9.1", "us-east-1c", unused, notInUse, farZone),
			},
			[]slipway.CauseCode{slipway.TargetZoneDisabled},
			[]string{"load balancer shop is in us-east-1a, us-east-1b", "target 10.0.9.1:8080 in us-east-1c is unused: " + farZone + " (Target.NotInUse)"},
		},
		{
			"new words", "the reason is the one that counts",
			[]elbtypes.TargetHealthDescription{target("10.0.0.1", "", unused, notInUse, "Not used.")},
			[]slipway.CauseCode{slipway.TargetGroupUnused}, []string{"target 10.0.0.1:8080 is unused: Not used. (Target.NotInUse)"},
		},
		{
			"on its way out", "a target that was deregistered is not used either",
			[]elbtypes.TargetHealthDescription{target("10.0.0.1", "", unused, elbtypes.TargetHealthReasonEnumNotRegistered, "Target is not registered to the target group")},
			nil, nil,
		},
		{
			"on its way in", "its checks have yet to begin",
			[]elbtypes.TargetHealthDescription{target("10.0.0.1", "", elbtypes.TargetHealthStateEnumInitial, elbtypes.TargetHealthReasonEnumRegistrationInProgress, "")},
			nil, nil,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			causes := diagnose.Causes(&diagnose.Facts{Targets: []diagnose.TargetGroup{{
				Group:  elbtypes.TargetGroup{TargetGroupArn: aws.String("arn:tg"), TargetGroupName: aws.String("web")},
				Health: row.health, Container: "app", Port: 8080, Balancers: []elbtypes.LoadBalancer{balancer},
			}}})
			require.Len(t, causes, len(row.want), row.reason)
			for i, c := range causes {
				require.Equal(t, row.want[i], c.Code)
				require.Equal(t, slipway.Certain, c.Confidence)
				require.Equal(t, row.evidence, c.Evidence)
				require.Contains(t, c.Summary, "target group")
				require.NotEmpty(t, c.Remedy)
				require.NotEmpty(t, c.Doc)
			}
		})
	}
}
