// SPDX-License-Identifier: Apache-2.0

// Package e2e_test runs whole stacks on the simulated AWS and shows the engine's
// properties with the real kinds.
package e2e_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/vpc"
)

// shop is a declaration that can be varied.
type shop struct {
	image   string
	env     string
	path    string
	count   int
	tag     string
	scaling bool
	route   bool
}

func standard() shop {
	return shop{image: "public.ecr.aws/shop/web:1", env: "info", path: "/health", count: 2, route: true, scaling: true}
}

func (s shop) build() (slipway.Stack, ecs.FargateService) {
	http := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", ecs.ImageRef(s.image)).
		WithPort(http).
		WithSecret("DB_URL", ecs.SecretsManager("shop/db")).
		WithSecret("API_KEY", ecs.SSMParameter("/shop/key"))
	if s.env != "" {
		app = app.WithEnv("LOG_LEVEL", s.env)
	}
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/2, 1*ecs.GiB).
		WithContainer(app).
		WithTaskRole(iam.NewRole("web").WithAllow("arn:aws:s3:::shop-assets/*", "s3:GetObject"))
	network := vpc.Default()
	cluster := ecs.NewCluster("shop")
	if s.tag != "" {
		cluster = cluster.WithTag("team", s.tag)
	}
	web := ecs.NewFargateService("web", cluster, task, network).WithCount(s.count)
	if s.route {
		route := elb.NewApplication("shop", network).Route("/*").WithHealthCheck(elb.HealthCheck{Path: s.path})
		web = web.WithRoute(route, app, http)
	}
	if s.scaling {
		web = web.WithScaling(autoscaling.Between(2, 20).
			WithPolicy(autoscaling.TargetTracking{Metric: autoscaling.CPUUtilization, Target: 60}))
	}
	return slipway.NewStack("shop", web), web
}

// account is a cloud with the secrets that the shop reads.
func account(t testing.TB, opts fakes.Options) *fakes.Cloud {
	t.Helper()
	cloud := fakes.New(opts)
	_, err := awssm.NewFromConfig(cloud.Config()).CreateSecret(t.Context(), &awssm.CreateSecretInput{
		Name: aws.String("shop/db"), SecretString: aws.String("postgres://hunter2"),
	})
	require.NoError(t, err)
	_, err = awsssm.NewFromConfig(cloud.Config()).PutParameter(t.Context(), &awsssm.PutParameterInput{
		Name: aws.String("/shop/key"), Value: aws.String("k-hunter2"), Type: ssmtypes.ParameterTypeSecureString,
	})
	require.NoError(t, err)
	return cloud
}

// apply deploys and returns what the service says of itself.
func apply(t testing.TB, cloud *fakes.Cloud, s shop, opts ...slipway.ApplyOption) ecs.ServiceOutputs {
	t.Helper()
	stack, web := s.build()
	result, err := stack.Apply(t.Context(), cloud.Config(), opts...)
	require.NoError(t, err)
	return slipway.Output(result, web)
}

func plan(t testing.TB, cloud *fakes.Cloud, s shop) *slipway.Plan {
	t.Helper()
	stack, _ := s.build()
	p, err := stack.Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	return p
}

func service(t testing.TB, cloud *fakes.Cloud) ecstypes.Service {
	t.Helper()
	out, err := awsecs.NewFromConfig(cloud.Config()).DescribeServices(t.Context(), &awsecs.DescribeServicesInput{
		Cluster: aws.String("shop"), Services: []string{"web"},
	})
	require.NoError(t, err)
	require.Len(t, out.Services, 1)
	return out.Services[0]
}

func TestApplyThenPlanIsEmpty(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	out := apply(t, cloud, standard())
	require.Equal(t, ecs.Succeeded, out.Outcome)
	require.Regexp(t, `^http://shop-[^/]+\.elb\.amazonaws\.com/$`, out.URL)
	require.EqualValues(t, 2, service(t, cloud).RunningCount)

	cloud.ForgetCalls()
	p := plan(t, cloud, standard())
	require.True(t, p.Empty(), "%s", p)
	require.Empty(t, cloud.Calls().Writes().Names())

	cloud.ForgetCalls()
	apply(t, cloud, standard())
	require.Empty(t, cloud.Calls().Writes().Names(), "a second apply changes nothing")
}

func TestAPlanChangesNothingAndHidesSecrets(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	before := cloud.Snapshot()
	p := plan(t, cloud, standard())
	require.False(t, p.Empty())
	require.Empty(t, cloud.Snapshot().Since(before))
	require.NotContains(t, p.String(), "hunter2")
	require.Contains(t, p.String(), "+ ecs:Service/shop/web")
}

func TestASettingTakenAwayGoesBack(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	s := standard()
	s.tag = "a"
	apply(t, cloud, s)
	bare := s
	bare.env, bare.path, bare.tag = "", "", ""
	require.False(t, plan(t, cloud, bare).Empty())
	apply(t, cloud, bare)
	p := plan(t, cloud, bare)
	require.True(t, p.Empty(), "%s", p)

	fresh := account(t, fakes.Options{})
	apply(t, fresh, bare)
	state := func(c *fakes.Cloud, name string) string { return c.Snapshot().State(name) }
	require.Equal(t, state(fresh, "ecs us-east-1 cluster shop"), state(cloud, "ecs us-east-1 cluster shop"))
}

func TestTwoCloudsTellTheSameStory(t *testing.T) {
	t.Parallel()
	names := func(seed uint64) []string {
		cloud := account(t, fakes.Options{Seed: seed})
		apply(t, cloud, standard(), slipway.Concurrency(16))
		return cloud.Snapshot().Names()
	}
	first := names(1)
	require.Equal(t, first, names(1), "ids do not depend on the order in which concurrent calls arrive")
}

// forgotten is when AWS no longer shows stopped tasks: after an hour.
const forgotten = 2 * time.Hour

// linkedRoles are what AWS keeps: it made them for itself.
var linkedRoles = []string{
	"+ iam global role AWSServiceRoleForApplicationAutoScaling_ECSService",
	"+ iam global role AWSServiceRoleForECS",
}

func TestDestroyLeavesNothing(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	before := cloud.Snapshot()
	apply(t, cloud, standard())
	stack, _ := standard().build()
	require.NoError(t, stack.Destroy(t.Context(), cloud.Config()))
	cloud.Advance(forgotten)
	require.Equal(t, linkedRoles, cloud.Snapshot().Since(before))
	require.NoError(t, stack.Destroy(t.Context(), cloud.Config()), "what is gone stays gone")
}

func TestPruning(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	apply(t, cloud, standard())
	s := standard()
	s.scaling = false
	p := plan(t, cloud, s)
	require.Contains(t, p.String(), "- autoscaling:Scaling/shop/web")
	apply(t, cloud, s)
	require.True(t, plan(t, cloud, s).Empty())
}

func TestForeignThingsAreNotTouched(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	_, err := awsecs.NewFromConfig(cloud.Config()).CreateCluster(t.Context(), &awsecs.CreateClusterInput{ClusterName: aws.String("shop")})
	require.NoError(t, err)
	stack, _ := standard().build()
	before := cloud.Snapshot()
	_, err = stack.Apply(t.Context(), cloud.Config())
	require.ErrorIs(t, err, slipway.ErrConflict)
	require.ErrorContains(t, err, "ecs:Cluster/shop")
	require.Empty(t, cloud.Snapshot().Since(before), "nothing was begun")

	_, err = stack.Apply(t.Context(), cloud.Config(), slipway.Adopt(ecs.NewCluster("shop").ID()))
	require.NoError(t, err)
	require.True(t, plan(t, cloud, standard()).Empty())
}

func TestABadVersionIsRolledBack(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	apply(t, cloud, standard())
	bad := standard()
	bad.image = "public.ecr.aws/shop/web:2"
	cloud.Image(bad.image, fakes.Program{Exit: &fakes.Exit{Code: 3}})
	stack, _ := bad.build()
	_, err := stack.Apply(t.Context(), cloud.Config())
	require.ErrorIs(t, err, slipway.ErrFailed)
	var failed *ecs.DeploymentError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, ecs.RolledBack, failed.Outcome)
	require.NotEmpty(t, failed.Tasks)
	require.NotEmpty(t, failed.Events)
	require.ErrorContains(t, err, "Essential container in task exited")
	require.ErrorContains(t, err, "exit code 3")
	require.Contains(t, *service(t, cloud).TaskDefinition, "web:1", "the service has gone back")

	require.False(t, plan(t, cloud, bad).Empty(), "the bad version is still wanted")
	apply(t, cloud, standard())
	require.True(t, plan(t, cloud, standard()).Empty())
}

func TestScalingKeepsItsCount(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	apply(t, cloud, standard())
	_, err := awsecs.NewFromConfig(cloud.Config()).UpdateService(t.Context(), &awsecs.UpdateServiceInput{
		Cluster: aws.String("shop"), Service: aws.String("web"), DesiredCount: aws.Int32(7),
	})
	require.NoError(t, err)
	require.True(t, plan(t, cloud, standard()).Empty(), "a count that scaling moves is create-only")
	s := standard()
	s.image = "public.ecr.aws/shop/web:3"
	apply(t, cloud, s)
	require.EqualValues(t, 7, service(t, cloud).DesiredCount)
}

func TestScaledToZero(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	s := standard()
	s.count, s.scaling = 0, false
	require.Equal(t, ecs.ScaledToZero, apply(t, cloud, s).Outcome)
}

func TestAMissingNetworkIsClear(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	client := awsec2.NewFromConfig(cloud.Config())
	vpcs, err := client.DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{})
	require.NoError(t, err)
	require.Len(t, vpcs.Vpcs, 1)
	stack := slipway.NewStack("shop", ecs.NewFargateService("web", ecs.NewCluster("shop"),
		ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(ecs.NewContainer("app", ecs.ImageRef("nginx:1"))),
		vpc.ByID("vpc-0123456789abcdef0")))
	_, err = stack.Plan(t.Context(), cloud.Config())
	require.ErrorIs(t, err, slipway.ErrNotFound)
	require.ErrorContains(t, err, "vpc-0123456789abcdef0")
}
