// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	nethttp "net/http"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/internal/buildertest"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/vpc"
)

func expressWeb() ecs.ExpressService {
	return ecs.NewExpressService("web", ecs.ImageRef("public.ecr.aws/nginx/nginx:1")).WithEnv("B", "2").WithEnv("A", "1")
}

// fullExpress sets all there is, but a task definition.
func fullExpress() ecs.ExpressService {
	network := vpc.Default()
	return expressWeb().WithCluster(ecs.NewCluster("shop")).WithSize(ecs.VCPU, 2*ecs.GiB).WithArchitecture(ecs.ARM64).WithPort(8080).
		WithHealthCheckPath("/health?deep=1").WithSecret("TOKEN", ecs.SecretsManager("token")).WithCommand("serve", "-v").
		WithLogs(ecs.NewLogGroup("/web"), "web").WithRegistryCredentials(ecs.SecretsManager("registry")).
		WithNetwork(network).WithSecurityGroup(vpc.NewSecurityGroup("extra", "Extra", network)).
		WithScaling(ecs.ExpressScaling{Min: 2, Max: 5, Metric: ecs.RequestsPerTarget, Target: 1000}).
		WithTaskRole(iam.NewRole("app")).WithTag("team", "web")
}

func ownTask() ecs.FargateTaskDefinition {
	return ecs.NewFargateTaskDefinition("own", ecs.VCPU/4, 512*ecs.MiB).
		WithContainer(ecs.NewContainer("Main", ecs.ImageRef("nginx:1")).WithPort(ecs.TCP("http", 80)))
}

func TestExpressForks(t *testing.T) {
	t.Parallel()
	network := vpc.Default()
	buildertest.Fork(t, expressWeb(), ecs.NewCluster("a"), ecs.NewCluster("b"), ecs.SecretsManager("a"), ecs.SecretsManager("b"),
		ecs.LogGroupNamed("a"), ecs.LogGroupNamed("b"), network, network.Private(), vpc.GroupID("sg-1"), vpc.GroupID("sg-2"),
		iam.NewRole("a"), iam.NewRole("b"), func(in *awsecs.CreateExpressGatewayServiceInput) { in.Cluster = nil })
}

func TestExpressKnowsEveryField(t *testing.T) {
	t.Parallel()
	buildertest.Drift(t, built[model.ExpressService](t, fullExpress()).Create, built[model.ExpressService](t, ecs.ExpressServiceOf("own", ownTask())).Create)
}

func TestExpressGolden(t *testing.T) {
	t.Parallel()
	desired, err := fullExpress().Build()
	require.NoError(t, err)
	golden(t, "express.json", desired.State)
	again, err := fullExpress().Build()
	require.NoError(t, err)
	require.Equal(t, desired.State, again.State, "Build is repeatable")
}

func TestExpressOfOnesOwnTask(t *testing.T) {
	t.Parallel()
	own := ecs.ExpressServiceOf("own", ownTask())
	require.NoError(t, own.Validate())
	err := own.WithEnv("A", "1").WithSize(ecs.VCPU, 2*ecs.GiB).WithArchitecture(ecs.ARM64).WithTaskRole(iam.RoleARN("arn:aws:iam::123456789012:role/x")).Validate()
	for _, field := range []string{"PrimaryContainer", "Cpu", "CpuArchitecture", "TaskRoleArn"} {
		require.ErrorContains(t, err, field)
	}
	require.ErrorIs(t, err, slipway.ErrInvalid)
	noMain := ecs.NewFargateTaskDefinition("own", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app("nginx:1"))
	require.ErrorContains(t, ecs.ExpressServiceOf("own", noMain).Validate(), "Main")
}

func TestExpressRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		s    ecs.ExpressService
		want string
	}{
		{"a path without slash", expressWeb().WithHealthCheckPath("ping"), "HealthCheckPath"},
		{"a size that Fargate does not have", expressWeb().WithSize(ecs.VCPU, 512*ecs.MiB), "Memory"},
		{"a percentage over 100", expressWeb().WithScaling(ecs.ExpressScaling{Target: 101}), "AutoScalingTargetValue"},
		{"more at least than at most", expressWeb().WithScaling(ecs.ExpressScaling{Min: 3, Max: 2}), "MinTaskCount"},
		{"groups without network", expressWeb().WithSecurityGroup(vpc.GroupID("sg-1")), "SecurityGroups"},
		{"a port that is none", expressWeb().WithPort(70000), "ContainerPort"},
		{"no image", ecs.NewExpressService("web", nil), "Image"},
		{"no name", ecs.NewExpressService("a b", ecs.ImageRef("nginx")), "ServiceName"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, test.s.Validate(), test.want)
		})
	}
}

func TestExpressIsReachedByItsURL(t *testing.T) {
	t.Parallel()
	ctx, cloud := patience(t), fakes.New(fakes.Options{})
	s := expressWeb()
	stack := slipway.NewStack("shop", s)
	plan, err := stack.Plan(ctx, cloud.Config())
	require.NoError(t, err)
	require.Contains(t, plan.String(), "4xx", "the plan warns of the canary")
	result, err := stack.Apply(ctx, cloud.Config())
	require.NoError(t, err)
	out := slipway.Output(result, s)
	request, err := nethttp.NewRequestWithContext(ctx, nethttp.MethodGet, out.URL, nil)
	require.NoError(t, err)
	answer, err := cloud.Config().HTTPClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, nethttp.StatusOK, answer.StatusCode)

	for _, ref := range []ecs.ServiceRef{s, ecs.ServiceARN(out.ARN)} {
		_, err = ecs.Status(ctx, cloud.Config(), ref)
		require.NoError(t, err)
		_, err = ecs.Diagnose(ctx, cloud.Config(), ref)
		require.NoError(t, err)
	}
	require.NoError(t, stack.Destroy(ctx, cloud.Config()))
	left, err := awsecs.NewFromConfig(cloud.Config()).DescribeExpressGatewayService(ctx, &awsecs.DescribeExpressGatewayServiceInput{ServiceArn: aws.String(out.ARN)})
	require.NoError(t, err)
	require.Equal(t, ecstypes.ExpressGatewayServiceStatusCodeInactive, left.Service.Status.StatusCode)
}

func TestExpressThereAndBack(t *testing.T) {
	t.Parallel()
	network := vpc.Default()
	inNetwork := expressWeb().WithNetwork(network)
	for _, test := range []struct {
		name          string
		base, changed ecs.ExpressService
	}{
		{"image", expressWeb(), ecs.NewExpressService("web", ecs.ImageRef("public.ecr.aws/nginx/nginx:2"))},
		{"size", expressWeb(), expressWeb().WithSize(ecs.VCPU, 2*ecs.GiB)},
		{"architecture", expressWeb(), expressWeb().WithArchitecture(ecs.ARM64)},
		{"port", expressWeb(), expressWeb().WithPort(8080)},
		{"health", expressWeb(), expressWeb().WithHealthCheckPath("/health")},
		{"environment", expressWeb(), expressWeb().WithEnv("C", "3")},
		{"secret", expressWeb(), expressWeb().WithSecret("TOKEN", ecs.SSMParameter("token"))},
		{"command", expressWeb(), expressWeb().WithCommand("serve")},
		{"logs", expressWeb(), expressWeb().WithLogs(ecs.NewLogGroup("/web"), "web")},
		{"security group", inNetwork, inNetwork.WithSecurityGroup(vpc.NewSecurityGroup("extra", "Extra", network))},
		{"scaling", expressWeb(), expressWeb().WithScaling(ecs.ExpressScaling{Min: 2, Max: 3, Metric: ecs.RequestsPerTarget, Target: 1000})},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { expressThereAndBack(t, test.base, test.changed) })
		})
	}
}

// expressThereAndBack makes base, changes it and changes it back; each time the second
// plan must be empty.
func expressThereAndBack(t *testing.T, base, changed ecs.ExpressService) {
	t.Helper()
	ctx, cloud := t.Context(), fakes.New(fakes.Options{})
	_, err := awsssm.NewFromConfig(cloud.Config()).PutParameter(ctx, &awsssm.PutParameterInput{
		Name: aws.String("token"), Value: aws.String("x"), Type: ssmtypes.ParameterTypeString,
	})
	require.NoError(t, err)
	for i, r := range []ecs.ExpressService{base, changed, base} {
		stack := slipway.NewStack("shop", r)
		plan, err := stack.Plan(ctx, cloud.Config())
		require.NoError(t, err)
		require.NotEmpty(t, plan.Changes, "step %d changes nothing", i)
		require.Equal(t, i > 0, replacesTasks(plan), "step %d: %s", i, plan)
		_, err = stack.Apply(ctx, cloud.Config())
		require.NoError(t, err, "step %d: %s", i, plan)
		plan, err = stack.Plan(ctx, cloud.Config())
		require.NoError(t, err)
		require.Empty(t, plan.Changes, "after step %d: %s", i, plan)
	}
	require.NoError(t, slipway.NewStack("shop", base).Destroy(ctx, cloud.Config()))
}
