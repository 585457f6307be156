// SPDX-License-Identifier: Apache-2.0

package iam_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
	fakeiam "github.com/slipway-go/slipway/fakes/internal/iam"
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// answer is AWS's error.
func answer(t *testing.T, err error) smithy.APIError {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	return api
}

func TestARoleMayDoWhatItsPoliciesAllow(t *testing.T) {
	t.Parallel()
	cloud, client := newIAM()
	makeRole(t, client, "ci", rootTrust)
	ci := awsiam.NewFromConfig(cloud.ConfigAs("ci"))
	get := func() error {
		_, err := ci.GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("ci")})
		return err
	}
	err := get()
	require.Equal(t, "AccessDenied", answer(t, err).ErrorCode())
	require.Equal(t, "User: arn:aws:sts::123456789012:assumed-role/ci/slipway is not authorized to perform: iam:GetRole on resource: "+
		"role ci because no identity-based policy allows the iam:GetRole action", answer(t, err).ErrorMessage())
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	require.Equal(t, 403, response.HTTPStatusCode())

	allow(t, client, "ci", `{"Effect":"Allow","Action":"iam:Get*","Resource":"arn:aws:iam::123456789012:role/ci"}`)
	require.NoError(t, get())

	allow(t, client, "ci", `{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:GetRole","Resource":"*"}`)
	require.Contains(t, answer(t, get()).ErrorMessage(), "with an explicit deny in an identity-based policy")
}

func TestABoundaryBounds(t *testing.T) {
	t.Parallel()
	cloud, client := newIAM()
	made, err := client.CreatePolicy(t.Context(), &awsiam.CreatePolicyInput{
		PolicyName:     aws.String("bound"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}`),
	})
	require.NoError(t, err)
	_, err = client.CreateRole(t.Context(), &awsiam.CreateRoleInput{
		RoleName: aws.String("ci"), AssumeRolePolicyDocument: aws.String(rootTrust), PermissionsBoundary: made.Policy.Arn,
	})
	require.NoError(t, err)
	allow(t, client, "ci", `{"Effect":"Allow","Action":"*","Resource":"*"}`)
	_, err = awsiam.NewFromConfig(cloud.ConfigAs("ci")).ListRoles(t.Context(), &awsiam.ListRolesInput{})
	require.Contains(t, answer(t, err).ErrorMessage(), "because no permissions boundary allows the iam:ListRoles action")

	_, err = client.DeleteRolePermissionsBoundary(t.Context(), &awsiam.DeleteRolePermissionsBoundaryInput{RoleName: aws.String("ci")})
	require.NoError(t, err)
	_, err = awsiam.NewFromConfig(cloud.ConfigAs("ci")).ListRoles(t.Context(), &awsiam.ListRolesInput{})
	require.NoError(t, err)
}

func TestConfigAsOfAnUnknownRoleFailsLoudly(t *testing.T) {
	t.Parallel()
	cloud, client := newIAM()
	config := cloud.ConfigAs("nobody")
	_, err := awssts.NewFromConfig(config).GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
	require.Equal(t, "InvalidClientTokenId", answer(t, err).ErrorCode())
	require.Contains(t, answer(t, err).ErrorMessage(), `no role "nobody"`)

	makeRole(t, client, "nobody", rootTrust)
	out, err := awssts.NewFromConfig(config).GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
	require.NoError(t, err, "the role is looked up at each call")
	require.Equal(t, "arn:aws:sts::123456789012:assumed-role/nobody/slipway", *out.Arn)
}

func TestAssumeRole(t *testing.T) {
	t.Parallel()
	cloud, client := newIAM()
	makeRole(t, client, "deploy", rootTrust)
	makeRole(t, client, "tasks", tasksTrust)
	allow(t, client, "deploy", `{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*"}`)
	sts := awssts.NewFromConfig(cloud.Config())
	in := &awssts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::123456789012:role/deploy"), RoleSessionName: aws.String("me"), DurationSeconds: aws.Int32(900),
	}
	out, err := sts.AssumeRole(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, "arn:aws:sts::123456789012:assumed-role/deploy/me", *out.AssumedRoleUser.Arn)
	require.Regexp(t, "^ASIA", *out.Credentials.AccessKeyId)

	config := cloud.Config()
	config.Credentials = credentials.NewStaticCredentialsProvider(
		*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
	_, err = awsiam.NewFromConfig(config).ListRoles(t.Context(), &awsiam.ListRolesInput{})
	require.NoError(t, err)
	_, err = awsiam.NewFromConfig(config).ListUsers(t.Context(), &awsiam.ListUsersInput{})
	require.Equal(t, "AccessDenied", answer(t, err).ErrorCode())

	cloud.Advance(time.Hour)
	_, err = awsiam.NewFromConfig(config).ListRoles(t.Context(), &awsiam.ListRolesInput{})
	require.Equal(t, "ExpiredToken", answer(t, err).ErrorCode())

	in.RoleArn = aws.String("arn:aws:iam::123456789012:role/tasks")
	_, err = sts.AssumeRole(t.Context(), in)
	require.Equal(t, "User: arn:aws:iam::123456789012:root is not authorized to perform: sts:AssumeRole on resource: "+
		"arn:aws:iam::123456789012:role/tasks", answer(t, err).ErrorMessage(), "its trust policy names only ECS")

	for _, seconds := range []int32{600, 7200} {
		in.RoleArn, in.DurationSeconds = aws.String("arn:aws:iam::123456789012:role/deploy"), &seconds
		_, err = sts.AssumeRole(t.Context(), in)
		require.Equal(t, "ValidationError", answer(t, err).ErrorCode())
	}
}

func TestUsersKeys(t *testing.T) {
	t.Parallel()
	cloud, client := newIAM()
	ctx := t.Context()
	_, err := client.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("ann")})
	require.NoError(t, err)
	key, err := client.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: aws.String("ann")})
	require.NoError(t, err)
	config := cloud.Config()
	config.Credentials = credentials.NewStaticCredentialsProvider(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "")
	ann := awsiam.NewFromConfig(config)

	_, err = ann.GetUser(ctx, &awsiam.GetUserInput{})
	require.Contains(t, answer(t, err).ErrorMessage(), "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: iam:GetUser")
	_, err = client.PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{
		UserName: aws.String("ann"), PolicyName: aws.String("self"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*",` +
			`"Resource":"arn:aws:iam::*:user/${aws:username}"}]}`),
	})
	require.NoError(t, err)
	got, err := ann.GetUser(ctx, &awsiam.GetUserInput{})
	require.NoError(t, err, "the variable is the user's name")
	require.Equal(t, "ann", *got.User.UserName)

	_, err = client.DeleteUser(ctx, &awsiam.DeleteUserInput{UserName: aws.String("ann")})
	var conflict *iamtypes.DeleteConflictException
	require.ErrorAs(t, err, &conflict)
}

func TestAFreshRoleCannotBeAssumedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{Timing: fakes.Timing{Propagate: 8 * time.Second}})
		client := awsiam.NewFromConfig(cloud.Config())
		role := makeRole(t, client, "web", rootTrust)
		assume := func() error {
			_, err := awssts.NewFromConfig(cloud.Config()).AssumeRole(t.Context(), &awssts.AssumeRoleInput{
				RoleArn: role.Arn, RoleSessionName: aws.String("me"),
			})
			return err
		}
		require.Equal(t, "AccessDenied", answer(t, assume()).ErrorCode())
		time.Sleep(8 * time.Second)
		require.NoError(t, assume())
	})
}

func newFake() *fakeiam.Fake { return fakeiam.New(sim.New(sim.Options{}), world.Timing{}) }

func TestDenialsAreInTheServicesWords(t *testing.T) {
	t.Parallel()
	fake := newFake()
	session := sim.Principal{ARN: "arn:aws:sts::1:assumed-role/x/y", Role: "arn:aws:iam::1:role/x", Account: "1"}
	const who = "User: arn:aws:sts::1:assumed-role/x/y is not authorized to perform: "
	for _, tt := range []struct{ name, action, resource, code, text string }{
		{
			"JSON services name the resource", "ecs:RunTask", "*", "AccessDeniedException",
			who + "ecs:RunTask on resource: * because no identity-based policy allows the ecs:RunTask action",
		},
		{
			"ELB leaves out what is not there", "elasticloadbalancing:DescribeRules", "*", "AccessDenied",
			who + "elasticloadbalancing:DescribeRules because no identity-based policy allows the elasticloadbalancing:DescribeRules action",
		},
		{
			"EC2 has an opening sentence", "ec2:CreateVpc", "arn:aws:ec2:r:1:vpc/*", "UnauthorizedOperation",
			"You are not authorized to perform this operation. " + who +
				"ec2:CreateVpc on resource: arn:aws:ec2:r:1:vpc/* because no identity-based policy allows the ec2:CreateVpc action",
		},
		{
			"IAM names what it was asked for by name", "iam:GetRole", "arn:aws:iam::1:role/a/b", "AccessDenied",
			who + "iam:GetRole on resource: role b because no identity-based policy allows the iam:GetRole action",
		},
		{
			"but what is passed by its ARN", "iam:PassRole", "arn:aws:iam::1:role/a/b", "AccessDenied",
			who + "iam:PassRole on resource: arn:aws:iam::1:role/a/b because no identity-based policy allows the iam:PassRole action",
		},
		{
			"a policy is known by ARN", "iam:GetPolicy", "arn:aws:iam::1:policy/p", "AccessDenied",
			who + "iam:GetPolicy on resource: policy arn:aws:iam::1:policy/p because no identity-based policy allows the iam:GetPolicy action",
		},
		{
			"an instance profile", "iam:GetInstanceProfile", "arn:aws:iam::1:instance-profile/p", "AccessDenied",
			who + "iam:GetInstanceProfile on resource: instance profile p " +
				"because no identity-based policy allows the iam:GetInstanceProfile action",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api := answer(t, newFake().Authorize(session, sim.Access{Action: tt.action, Resource: tt.resource}))
			require.Equal(t, tt.code, api.ErrorCode())
			require.Equal(t, tt.text, api.ErrorMessage())
		})
	}
	pass := sim.Access{Action: "iam:PassRole", Resource: "arn:aws:iam::1:role/t"}.With("iam:PassedToService", "ecs-tasks.amazonaws.com")
	require.Equal(t, "AccessDeniedException", answer(t, fake.Authorize(session, pass)).ErrorCode(), "the service that passes it answers")
	require.Error(t, fake.Authorize(sim.Principal{}, pass), "nobody may do nothing")
	require.NoError(t, fake.Authorize(sim.Principal{Service: "ecs.amazonaws.com"}, pass), "AWS itself")
}

func TestAResourcesPolicyAllowsByItself(t *testing.T) {
	t.Parallel()
	session := sim.Principal{ARN: "arn:aws:sts::1:assumed-role/x/y", Role: "arn:aws:iam::1:role/x", Account: "1"}
	pull := sim.Access{Action: "ecr:BatchGetImage", Resource: "arn:aws:ecr:r:1:repository/a"}
	require.Error(t, newFake().Authorize(session, pull))
	pull.Policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:role/x"},"Action":"ecr:*"}]}`
	require.NoError(t, newFake().Authorize(session, pull))
	pull.Policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"ecr:*"}]}`
	require.Contains(t, newFake().Authorize(session, pull).Error(), "with an explicit deny in a resource-based policy")
}

func TestServicesAssumeWhatTrustsThem(t *testing.T) {
	t.Parallel()
	cloud, client := newIAM()
	makeRole(t, client, "web", tasksTrust)
	require.NotNil(t, cloud)
	fake := newFake()
	_, err := fake.Assume("arn:aws:iam::123456789012:role/web", "ecs-tasks.amazonaws.com", "task", nil)
	require.Error(t, err, "no such role")

	arn := fake.ServiceLinkedRole("ecs.amazonaws.com")
	require.Equal(t, "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", arn)
	p, err := fake.Assume(arn, "ecs.amazonaws.com", "ecs", nil)
	require.NoError(t, err)
	require.Equal(t, sim.Principal{
		ARN: "arn:aws:sts::123456789012:assumed-role/AWSServiceRoleForECS/ecs", UserID: p.UserID, Account: "123456789012", Role: arn,
	}, p)
	_, err = fake.Assume(arn, "ecs-tasks.amazonaws.com", "ecs", nil)
	require.ErrorContains(t, err, "User: ecs-tasks.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: "+arn)
	require.Empty(t, fake.ServiceLinkedRole("s3.amazonaws.com"), "a service without one")
}
