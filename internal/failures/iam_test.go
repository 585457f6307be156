// SPDX-License-Identifier: Apache-2.0

package failures_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// iamCases are the cases of this file's area, by id.
var iamCases = map[string]func(t *testing.T, c Case){
	"iam-delete-role-attached-policies": func(t *testing.T, c Case) {
		t.Helper()
		a := newAccount(t)
		a.role("web", `{"Service":"ecs-tasks.amazonaws.com"}`)
		a.attach("web", "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
		_, err := a.iam.DeleteRole(t.Context(), &awsiam.DeleteRoleInput{RoleName: aws.String("web")})
		replied(t, c, err, c.Message)
	},
	"iam-delete-policy-attached": func(t *testing.T, c Case) {
		t.Helper()
		a := newAccount(t)
		a.role("web", `{"Service":"ecs-tasks.amazonaws.com"}`)
		made, err := a.iam.CreatePolicy(t.Context(), &awsiam.CreatePolicyInput{
			PolicyName: aws.String("p"), PolicyDocument: aws.String(document(`"Action":"s3:*","Resource":"*"`)),
		})
		require.NoError(t, err)
		a.attach("web", *made.Policy.Arn)
		_, err = a.iam.DeletePolicy(t.Context(), &awsiam.DeletePolicyInput{PolicyArn: made.Policy.Arn})
		replied(t, c, err, c.Message)
	},
	"ecs-passrole-denied": func(t *testing.T, c Case) {
		t.Helper()
		a := newAccount(t)
		execution := a.role("ecsTaskExecutionRole", `{"Service":"ecs-tasks.amazonaws.com"}`)
		a.role("ci", `{"AWS":"123456789012"}`)
		a.allow("ci", `"Action":["ecs:*"],"Resource":"*"`)
		register := func() error {
			_, err := awsecs.NewFromConfig(a.cloud.ConfigAs("ci")).RegisterTaskDefinition(t.Context(),
				task(func(in *awsecs.RegisterTaskDefinitionInput, _ *ecstypes.ContainerDefinition) {
					in.ExecutionRoleArn = &execution
				}))
			return err
		}
		const because = "because no identity-based policy allows the iam:PassRole action"
		replied(t, c, register(), because)
		require.ErrorContains(t, register(), "is not authorized to perform: iam:PassRole on resource: "+execution)

		pass := func(to string) string {
			return `"Action":["ecs:*","iam:PassRole"],"Resource":"*","Condition":{"StringEqualsIfExists":{"iam:PassedToService":"` + to + `"}}`
		}
		a.allow("ci", pass("ec2.amazonaws.com"))
		replied(t, c, register(), because)
		a.allow("ci", pass("ecs-tasks.amazonaws.com"))
		require.NoError(t, register())
	},
	"ecs-secret-ssm-access-denied": func(t *testing.T, c Case) {
		t.Helper()
		a := newAccount(t)
		_, err := awsssm.NewFromConfig(a.cloud.Config()).PutParameter(t.Context(), &awsssm.PutParameterInput{
			Name: aws.String("db"), Value: aws.String("x"), Type: ssmtypes.ParameterTypeSecureString,
		})
		require.NoError(t, err)
		reason := a.stopped(func(app *ecstypes.ContainerDefinition) {
			app.Secrets = []ecstypes.Secret{{
				Name: aws.String("DB"), ValueFrom: aws.String("arn:aws:ssm:us-east-1:123456789012:parameter/db"),
			}}
		})
		require.Contains(t, reason, strings.TrimSuffix(c.Message, " ...."))
		require.Contains(t, reason, "is not authorized to perform: ssm:GetParameters")
	},
	"ecs-awslogs-create-group-denied": func(t *testing.T, c Case) {
		t.Helper()
		reason := newAccount(t).stopped(func(app *ecstypes.ContainerDefinition) {
			app.LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwslogs, Options: map[string]string{
				"awslogs-group": "/new", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "x", "awslogs-create-group": "true",
			}}
		})
		const fragment = "failed to create Cloudwatch log group: AccessDeniedException: User: arn:aws:sts::"
		require.Contains(t, c.Message, fragment)
		require.Contains(t, reason, fragment)
	},
}

// account is a cloud in which the tests of this file make roles.
type account struct {
	t     *testing.T
	cloud *fakes.Cloud
	iam   *awsiam.Client
}

func newAccount(t *testing.T) account {
	t.Helper()
	cloud := fakes.New(fakes.Options{})
	return account{t: t, cloud: cloud, iam: awsiam.NewFromConfig(cloud.Config())}
}

func document(statement string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + statement + `}]}`
}

// role makes a role that trusts the principal and returns its ARN.
func (a account) role(name, principal string) string {
	a.t.Helper()
	out, err := a.iam.CreateRole(a.t.Context(), &awsiam.CreateRoleInput{
		RoleName: &name, AssumeRolePolicyDocument: aws.String(document(`"Principal":` + principal + `,"Action":"sts:AssumeRole"`)),
	})
	require.NoError(a.t, err)
	return *out.Role.Arn
}

func (a account) attach(role, policy string) {
	a.t.Helper()
	_, err := a.iam.AttachRolePolicy(a.t.Context(), &awsiam.AttachRolePolicyInput{RoleName: &role, PolicyArn: &policy})
	require.NoError(a.t, err)
}

func (a account) allow(role, statement string) {
	a.t.Helper()
	_, err := a.iam.PutRolePolicy(a.t.Context(), &awsiam.PutRolePolicyInput{
		RoleName: &role, PolicyName: aws.String("test"), PolicyDocument: aws.String(document(statement)),
	})
	require.NoError(a.t, err)
}

// stopped runs a task whose execution role has AWS's own policy and returns why it
// has stopped.
func (a account) stopped(change func(app *ecstypes.ContainerDefinition)) string {
	a.t.Helper()
	execution := a.role("execution", `{"Service":"ecs-tasks.amazonaws.com"}`)
	a.attach("execution", "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")
	client, ctx := awsecs.NewFromConfig(a.cloud.Config()), a.t.Context()
	_, err := client.CreateCluster(ctx, &awsecs.CreateClusterInput{})
	require.NoError(a.t, err)
	_, err = client.RegisterTaskDefinition(ctx, task(func(in *awsecs.RegisterTaskDefinitionInput, app *ecstypes.ContainerDefinition) {
		in.ExecutionRoleArn = &execution
		change(app)
	}))
	require.NoError(a.t, err)
	subnets, err := awsec2.NewFromConfig(a.cloud.Config()).DescribeSubnets(ctx, &awsec2.DescribeSubnetsInput{})
	require.NoError(a.t, err)
	ran, err := client.RunTask(ctx, &awsecs.RunTaskInput{
		TaskDefinition: aws.String("web"), LaunchType: ecstypes.LaunchTypeFargate,
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: []string{*subnets.Subnets[0].SubnetId}, AssignPublicIp: ecstypes.AssignPublicIpEnabled,
		}},
	})
	require.NoError(a.t, err)
	in := &awsecs.DescribeTasksInput{Tasks: []string{*ran.Tasks[0].TaskArn}}
	for {
		out, err := client.DescribeTasks(ctx, in)
		require.NoError(a.t, err)
		if t := out.Tasks[0]; aws.ToString(t.LastStatus) == "STOPPED" {
			return aws.ToString(t.StoppedReason)
		}
		require.NotEqual(a.t, "RUNNING", aws.ToString(out.Tasks[0].LastStatus), "it should not come up")
	}
}

// replied demands that the fake's answer has the case's code and a fragment of its
// message.
func replied(t *testing.T, c Case, err error, fragment string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, c.Code, api.ErrorCode())
	require.Contains(t, strings.Join(strings.Fields(c.Message), " "), fragment)
	require.Contains(t, api.ErrorMessage(), fragment)
}
