// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// stored puts a secret and a parameter into the cloud.
func stored(t *testing.T, cloud *fakes.Cloud) {
	t.Helper()
	_, err := awssm.NewFromConfig(cloud.Config()).CreateSecret(t.Context(), &awssm.CreateSecretInput{
		Name: aws.String("shop/db"), SecretString: aws.String(`{"url":"postgres://"}`),
	})
	require.NoError(t, err)
	_, err = awsssm.NewFromConfig(cloud.Config()).PutParameter(t.Context(), &awsssm.PutParameterInput{
		Name: aws.String("/shop/key"), Value: aws.String("k"), Type: ssmtypes.ParameterTypeString,
	})
	require.NoError(t, err)
}

// secretive is a service whose container reads both and logs.
func secretive() ecs.FargateService {
	c := ecs.NewContainer("work", ecs.ImageRef("worker:1")).
		WithSecret("DB", ecs.SecretsManager("shop/db").Key("url")).WithSecret("KEY", ecs.SSMParameter("/shop/key"))
	task := ecs.NewFargateTaskDefinition("worker", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c)
	return ecs.NewFargateService("worker", ecs.NewCluster("shop"), task, vpc.Default()).WithExec()
}

func TestDerivedExecutionRoleIsEnough(t *testing.T) {
	t.Parallel()
	ctx, cloud := patience(t), fakes.New(fakes.Options{})
	stored(t, cloud)
	cloud.Image("worker:1", fakes.Program{Logs: []string{"ready"}})
	_, err := slipway.NewStack("shop", secretive()).Apply(ctx, cloud.Config())
	require.NoError(t, err, "the role that was derived reads the secrets and writes the log")
	streams, err := awslogs.NewFromConfig(cloud.Config()).DescribeLogStreams(ctx, &awslogs.DescribeLogStreamsInput{LogGroupName: aws.String("/ecs/worker")})
	require.NoError(t, err)
	require.Len(t, streams.LogStreams, 1)
}

func TestMissingSecretIsExplained(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	_, err := slipway.NewStack("shop", secretive()).Apply(patience(t), cloud.Config())
	var failed *ecs.DeploymentError
	require.ErrorAs(t, err, &failed)
	require.NotEmpty(t, failed.Tasks)
	require.Contains(t, failed.Tasks[0].Reason, "ResourceInitializationError")
}

// TestLeastPermissions deploys with nothing but the policy that the plan prints.
func TestLeastPermissions(t *testing.T) {
	t.Parallel()
	ctx, cloud := patience(t), fakes.New(fakes.Options{})
	stack := slipway.NewStack("shop", web(app("nginx:1")))
	plan, err := stack.Plan(ctx, cloud.Config())
	require.NoError(t, err)
	caller := deployer(t, cloud, plan.Policy())
	_, err = stack.Apply(ctx, caller)
	require.NoError(t, err)
}

// deployer is a role that may do what the policy allows.
func deployer(t *testing.T, cloud *fakes.Cloud, policy string) aws.Config {
	t.Helper()
	client := awsiam.NewFromConfig(cloud.Config())
	_, err := client.CreateRole(t.Context(), &awsiam.CreateRoleInput{
		RoleName:                 aws.String("deployer"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
	})
	require.NoError(t, err)
	_, err = client.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
		RoleName: aws.String("deployer"), PolicyName: aws.String("deploy"), PolicyDocument: aws.String(policy),
	})
	require.NoError(t, err)
	return cloud.ConfigAs("deployer")
}

func TestPolicyNamesWhatIsDeployed(t *testing.T) {
	t.Parallel()
	plan, err := slipway.NewStack("shop", web(app("nginx:1"))).Plan(patience(t), fakes.New(fakes.Options{}).Config())
	require.NoError(t, err)
	for _, arn := range []string{
		"arn:aws:ecs:us-east-1:123456789012:cluster/shop", "arn:aws:ecs:us-east-1:123456789012:service/shop/web",
		"arn:aws:ecs:us-east-1:123456789012:task-definition/web:*", "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/web",
	} {
		require.Contains(t, plan.Policy(), arn)
	}
	require.Contains(t, plan.Policy(), "iam:PassedToService")
}

// TestDerivedExecutionRoleIsLeast: what one statement allows is needed.
func TestDerivedExecutionRoleIsLeast(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"secretsmanager:GetSecretValue", "ssm:GetParameters"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			ctx, cloud := patience(t), fakes.New(fakes.Options{})
			stored(t, cloud)
			require.NoError(t, apply(t, cloud, secretive().WithCount(0)))
			client := awsiam.NewFromConfig(cloud.Config())
			name := &awsiam.GetRolePolicyInput{RoleName: aws.String("worker-execution-us-east-1"), PolicyName: aws.String("slipway")}
			policy, err := client.GetRolePolicy(ctx, name)
			require.NoError(t, err)
			text, err := url.QueryUnescape(*policy.PolicyDocument)
			require.NoError(t, err)
			require.Contains(t, text, action)
			_, err = client.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{
				RoleName: name.RoleName, PolicyName: name.PolicyName, PolicyDocument: aws.String(strings.ReplaceAll(text, action, "sts:GetCallerIdentity")),
			})
			require.NoError(t, err)
			run, err := awsecs.NewFromConfig(cloud.Config()).UpdateService(ctx, &awsecs.UpdateServiceInput{
				Cluster: aws.String("shop"), Service: aws.String("worker"), DesiredCount: aws.Int32(1),
			})
			require.NoError(t, err)
			require.Zero(t, run.Service.RunningCount)
			require.NoError(t, slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
				tasks, err := awsecs.NewFromConfig(cloud.Config()).ListTasks(ctx, &awsecs.ListTasksInput{
					Cluster: aws.String("shop"), DesiredStatus: ecstypes.DesiredStatusStopped,
				})
				return err == nil && len(tasks.TaskArns) > 0, err
			}), "the task cannot start without "+action)
		})
	}
}
