// SPDX-License-Identifier: Apache-2.0

package vpc_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// allow gives the role "ci", made if need be, a policy and nothing else.
func allow(t *testing.T, cloud *fakes.Cloud, policy string) aws.Config {
	t.Helper()
	client := awsiam.NewFromConfig(cloud.Config())
	if _, err := client.GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("ci")}); err != nil {
		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}`
		_, err := client.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: aws.String("ci"), AssumeRolePolicyDocument: aws.String(trust)})
		require.NoError(t, err)
	}
	_, err := client.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
		RoleName: aws.String("ci"), PolicyName: aws.String("plan"), PolicyDocument: aws.String(policy),
	})
	require.NoError(t, err)
	return cloud.ConfigAs("ci")
}

// TestPlannedPolicySuffices applies plans as a role that may do only what the
// plan says it needs.
func TestPlannedPolicySuffices(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	_, resources := pair()
	api := vpc.NewSecurityGroup("api", "api servers", vpc.Default())
	steps := [][]slipway.Resource{
		resources,
		{vpc.Ingress(api.WithTag("team", "shop"), vpc.AnyIPv4, vpc.TCP(443))},
		{vpc.Ingress(api.WithTag("team", "data"), vpc.AnyIPv4, vpc.TCP(443)).WithDescription("customers").WithTag("team", "data")},
	}
	for _, step := range steps {
		stack := slipway.NewStack("shop", step...)
		plan, err := stack.Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		require.False(t, plan.Empty())
		_, err = stack.Apply(t.Context(), allow(t, cloud, plan.Policy()))
		require.NoError(t, err, "%s", plan.Policy())
	}
	_, err := slipway.NewStack("shop", resources...).Apply(t.Context(), allow(t, cloud,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}]}`))
	require.ErrorIs(t, err, slipway.ErrDenied)
	require.Equal(t, "UnauthorizedOperation", slipway.ErrorCode(err))
	require.ErrorContains(t, err, "is not authorized to perform: ec2:CreateSecurityGroup")
	groups, err := awsec2.NewFromConfig(cloud.Config()).DescribeSecurityGroups(t.Context(), &awsec2.DescribeSecurityGroupsInput{})
	require.NoError(t, err)
	require.Len(t, groups.SecurityGroups, 2, "the default group and what the last step made")
}
