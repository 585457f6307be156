// SPDX-License-Identifier: Apache-2.0

package fakes_test

import (
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// door is a balancer in the default VPC, with the VPC's default security group.
func door(t *testing.T, cfg aws.Config) (url, group string) {
	t.Helper()
	network, balancers := awsec2.NewFromConfig(cfg), awselb.NewFromConfig(cfg)
	subnets, err := network.DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	made, err := balancers.CreateLoadBalancer(t.Context(), &awselb.CreateLoadBalancerInput{
		Name: aws.String("door"), Subnets: []string{*subnets.Subnets[0].SubnetId, *subnets.Subnets[1].SubnetId},
	})
	require.NoError(t, err)
	b := made.LoadBalancers[0]
	_, err = balancers.CreateListener(t.Context(), &awselb.CreateListenerInput{
		LoadBalancerArn: b.LoadBalancerArn, Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: []elbtypes.Action{{
			Type:                elbtypes.ActionTypeEnumFixedResponse,
			FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: aws.String("418")},
		}},
	})
	require.NoError(t, err)
	return "http://" + *b.DNSName, b.SecurityGroups[0]
}

// TestRequestsToBalancers asks a balancer as a client on the internet would.
func TestRequestsToBalancers(t *testing.T) {
	t.Parallel()
	cfg := fakes.New(fakes.Options{}).Config()
	url, group := door(t, cfg)
	get := func(body string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
		require.NoError(t, err)
		return cfg.HTTPClient.Do(r)
	}
	_, err := get("")
	require.ErrorIs(t, err, syscall.ETIMEDOUT, "a default group lets only its own members in")

	_, err = awsec2.NewFromConfig(cfg).AuthorizeSecurityGroupIngress(t.Context(), &awsec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &group, IpPermissions: []ec2types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80),
			IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
		}},
	})
	require.NoError(t, err)
	response, err := get("a body")
	require.NoError(t, err)
	require.Equal(t, http.StatusTeapot, response.StatusCode)
	require.NoError(t, response.Body.Close())
}

func TestOtherHostsAreRefused(t *testing.T) {
	t.Parallel()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.com", nil)
	require.NoError(t, err)
	_, err = fakes.New(fakes.Options{}).Config().HTTPClient.Do(r)
	var not *fakes.NotModelledError
	require.ErrorAs(t, err, &not)
}
