// SPDX-License-Identifier: Apache-2.0

package iam_test

import (
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

const (
	tasksTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},` +
		`"Action":"sts:AssumeRole"}]}`
	rootTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}`
	execution = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
)

// newIAM returns a cloud with a client of its IAM.
func newIAM() (*fakes.Cloud, *awsiam.Client) {
	cloud := fakes.New(fakes.Options{})
	return cloud, awsiam.NewFromConfig(cloud.Config())
}

func makeRole(t *testing.T, client *awsiam.Client, name, trust string) *iamtypes.Role {
	t.Helper()
	out, err := client.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
	require.NoError(t, err)
	return out.Role
}

func allow(t *testing.T, client *awsiam.Client, role, statement string) {
	t.Helper()
	_, err := client.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
		RoleName: &role, PolicyName: aws.String("test"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + statement + `]}`),
	})
	require.NoError(t, err)
}

func TestRoleLifeCycle(t *testing.T) {
	t.Parallel()
	_, client := newIAM()
	ctx := t.Context()
	made, err := client.CreateRole(ctx, &awsiam.CreateRoleInput{
		RoleName: aws.String("web"), Path: aws.String("/teams/"), AssumeRolePolicyDocument: aws.String(tasksTrust),
		Description: aws.String("web tasks"), MaxSessionDuration: aws.Int32(7200),
		Tags: []iamtypes.Tag{{Key: aws.String("team"), Value: aws.String("web")}},
	})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:iam::123456789012:role/teams/web", *made.Role.Arn)
	require.Regexp(t, "^AROA[0-9A-Z]{17}$", *made.Role.RoleId)

	got, err := client.GetRole(ctx, &awsiam.GetRoleInput{RoleName: aws.String("web")})
	require.NoError(t, err)
	trust, err := url.PathUnescape(*got.Role.AssumeRolePolicyDocument)
	require.NoError(t, err)
	require.Equal(t, tasksTrust, trust, "the document comes back URL-encoded")
	require.NotContains(t, *got.Role.AssumeRolePolicyDocument, "+", "as RFC 3986 does")
	require.Equal(t, int32(7200), *got.Role.MaxSessionDuration)
	require.Len(t, got.Role.Tags, 1)

	_, err = client.UpdateRole(ctx, &awsiam.UpdateRoleInput{
		RoleName: aws.String("web"), Description: aws.String("new"), MaxSessionDuration: aws.Int32(3600),
	})
	require.NoError(t, err)
	_, err = client.UpdateAssumeRolePolicy(ctx, &awsiam.UpdateAssumeRolePolicyInput{
		RoleName: aws.String("web"), PolicyDocument: aws.String(rootTrust),
	})
	require.NoError(t, err)
	got, err = client.GetRole(ctx, &awsiam.GetRoleInput{RoleName: aws.String("web")})
	require.NoError(t, err)
	require.Equal(t, "new", *got.Role.Description)
	require.Contains(t, *got.Role.AssumeRolePolicyDocument, "123456789012")

	_, err = client.DeleteRole(ctx, &awsiam.DeleteRoleInput{RoleName: aws.String("web")})
	require.NoError(t, err)
	_, err = client.GetRole(ctx, &awsiam.GetRoleInput{RoleName: aws.String("web")})
	var missing *iamtypes.NoSuchEntityException
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "The role with name web cannot be found.", missing.ErrorMessage())
}
