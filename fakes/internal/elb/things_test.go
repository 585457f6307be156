// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

func TestSnapshotsHoldTargetGroups(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	empty := cloud.Snapshot()
	var vpc string
	for _, name := range empty.Names() {
		if id, ok := strings.CutPrefix(name, "ec2 us-east-1 vpc "); ok {
			vpc = id
		}
	}
	client := awselb.NewFromConfig(cloud.Config())
	made, err := client.CreateTargetGroup(t.Context(), &awselb.CreateTargetGroupInput{
		Name: aws.String("web"), Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp, VpcId: &vpc,
		TargetType: elbtypes.TargetTypeEnumIp,
	})
	require.NoError(t, err)
	before := cloud.Snapshot()
	require.Equal(t, []string{"+ elasticloadbalancing us-east-1 target-group web"}, before.Since(empty))

	_, err = client.RegisterTargets(t.Context(), &awselb.RegisterTargetsInput{
		TargetGroupArn: made.TargetGroups[0].TargetGroupArn,
		Targets:        []elbtypes.TargetDescription{{Id: aws.String("172.31.0.10")}},
	})
	require.NoError(t, err)
	require.Equal(t, []string{"~ elasticloadbalancing us-east-1 target-group web"}, cloud.Snapshot().Since(before))
}
