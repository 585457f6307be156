// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"go/format"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/internal/exporttest"
	"github.com/slipway-go/slipway/vpc"
)

func exportedCloud(t *testing.T, resources ...slipway.Resource) *fakes.Cloud {
	t.Helper()
	cloud := fakes.New(fakes.Options{})
	_, err := slipway.NewStack("shop", resources...).Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	return cloud
}

// exportedFull has every setting of the builders. It runs no tasks: there are no
// secrets that they could have.
func exportedFull() []slipway.Resource {
	network := vpc.Default()
	other := elb.NewTargetGroup("other", 8080, network)
	balancer := elb.NewApplication("shop", network).WithInternal()
	group := vpc.NewSecurityGroup("own", "Own.", network)
	return []slipway.Resource{
		fullServiceIn(network, group).WithCount(0),
		elb.NewListenerRule("other", balancer.Listener(), elb.ForwardTo(other)).WithPath("/other/*").WithHeader("X-Team", "shop"),
		elb.NewListenerRule("old", balancer.Listener(), elb.Redirect{Path: "/new"}).WithPath("/old").WithMethod("GET").WithQuery("a", "b"),
		vpc.Ingress(group, vpc.FromGroup(balancer.SecurityGroup()), vpc.AllTraffic()).WithDescription("checks"),
		vpc.Egress(group, vpc.CIDR("10.0.0.0/8"), vpc.TCPRange(1024, 2048)),
	}
}

// exportedPair is a stack of two services, one of them behind two listeners.
func exportedPair() []slipway.Resource {
	network, c := vpc.Default(), app("nginx:1")
	balancer := elb.NewApplication("shop", network).
		WithHTTPS("arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012").WithClients(vpc.CIDR("10.0.0.0/8"))
	admin := elb.NewListener(balancer, 8443, elb.FixedResponse{Status: 404, Body: "no"}).WithTag("team", "shop")
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c).WithExec()
	requests := autoscaling.TargetTracking{
		Metric: autoscaling.RequestsPerTarget, Target: 100, ScaleOutCooldown: autoscaling.NoCooldown, Name: "requests",
	}
	web := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, network).
		WithRoute(balancer.Route("/*").WithHost("shop.example.com"), c, http).
		WithRoute(admin.Route("/admin/*").WithHealthCheck(elb.HealthCheck{Path: "/up", Interval: time.Minute}), c, http).
		WithScaling(autoscaling.Between(1, 3).WithPolicy(requests).WithSuspended(autoscaling.Suspension{ScaleIn: true})).
		WithDeployment(ecs.Rolling{MinimumHealthyPercent: ecs.NoneHealthy, Threshold: ecs.FailedPercentUnbounded(20)})
	return []slipway.Resource{web, worker("worker:1"), ecs.NewLogGroup("/shop/audit").WithRetention(3)}
}

// TestExportPlansEmpty compiles what is written and plans it.
func TestExportPlansEmpty(t *testing.T) {
	t.Parallel()
	var cases []exporttest.Case
	for _, c := range []struct {
		name   string
		stack  []slipway.Resource
		source string
	}{
		{"Web", []slipway.Resource{web(app("nginx:1"))}, `web(app("nginx:1"))`},
		{"Full", exportedFull(), "exportedFull()..."},
		{"Pair", exportedPair(), "exportedPair()..."},
	} {
		cloud := exportedCloud(t, c.stack...)
		source, err := ecs.Export(t.Context(), cloud.Config(), ecs.ServiceNamed("shop", "web"), ecs.ExportPackage("exported"))
		require.NoError(t, err, "%s", source)
		cases = append(cases, exporttest.Case{Name: c.name, Source: source, Cloud: "exportedCloud(t, " + c.source + ")"})
	}
	program, err := ecs.Export(t.Context(), exportedCloud(t, worker("worker:1")).Config(), ecs.ServiceNamed("shop", "worker"))
	require.NoError(t, err)
	exporttest.PlansEmpty(t, "ecs_test", append(cases, exporttest.Case{Name: "Program", Source: program})...)
}

// TestExportIsStable: the same things give the same source, which is formatted.
func TestExportIsStable(t *testing.T) {
	t.Parallel()
	cloud := exportedCloud(t, exportedPair()...)
	var first []byte
	for range 5 {
		source, err := ecs.Export(t.Context(), cloud.Config(), ecs.ServiceNamed("shop", "web"))
		require.NoError(t, err)
		formatted, err := format.Source(source)
		require.NoError(t, err)
		require.Equal(t, string(formatted), string(source))
		if first == nil {
			first = source
		}
		require.Equal(t, string(first), string(source))
	}
}

func TestExportOnlyReads(t *testing.T) {
	t.Parallel()
	cloud := exportedCloud(t, exportedPair()...)
	cloud.ForgetCalls()
	_, err := ecs.Export(t.Context(), cloud.Config(), ecs.ServiceNamed("shop", "web"))
	require.NoError(t, err)
	require.Empty(t, cloud.Calls().Writes())
}

// TestExportKeepsSecrets: neither the source nor the error has them.
func TestExportKeepsSecrets(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	c := app("nginx:1").WithEnv("DB_PASSWORD", secret).WithEnv("DB", "postgres://shop:"+secret+"@db/shop").WithEnv("LEVEL", "info").
		WithLabel("api_key", secret).WithCommand("--url=https://me:"+secret+"@example.com", "--token", secret, "API_KEY="+secret+" run", "PASSWORD=$DB_PASSWORD run").
		WithHealthCheck(ecs.HealthCheck{Command: []string{"CMD-SHELL", "check --password=" + secret}}).
		WithLogging(ecs.AWSLogs{})
	service := web(c).WithTag("token", secret)
	cloud := exportedCloud(t, service)
	source, err := ecs.Export(t.Context(), cloud.Config(), service)
	var left *ecs.ExportError
	require.ErrorAs(t, err, &left)
	require.ErrorIs(t, err, slipway.ErrInvalid)
	require.Equal(t, "shop/web", left.Service)
	require.NotContains(t, string(source), secret)
	require.NotContains(t, err.Error(), secret)
	for _, what := range []string{"environment variable DB_PASSWORD", "environment variable DB of", "label api_key", "the command", "the health check", "the value of token of the service"} {
		require.Contains(t, string(source), what, "the source says what is missing")
		require.ErrorContains(t, err, what)
	}
	require.Contains(t, string(source), `WithEnv("DB_PASSWORD", "`+ecs.ExportedSecret+`")`)
	require.Contains(t, string(source), `"postgres://shop:`+ecs.ExportedSecret+`@db/shop"`)
	require.Contains(t, string(source), `WithEnv("LEVEL", "info")`)
	require.Contains(t, string(source), "PASSWORD=$DB_PASSWORD run", "the name of a variable is no secret")
}

// TestExportSaysWhatIsMissing: what cannot be declared is told, in the source too.
func TestExportSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	service := web(app("nginx:1"))
	cloud := exportedCloud(t, service)
	_, err := awsaas.NewFromConfig(cloud.Config()).PutScalingPolicy(t.Context(), &awsaas.PutScalingPolicyInput{
		PolicyName: aws.String("steps"), PolicyType: aastypes.PolicyTypeStepScaling, ResourceId: aws.String("service/shop/web"),
		ScalableDimension: aastypes.ScalableDimensionECSServiceDesiredCount, ServiceNamespace: aastypes.ServiceNamespaceEcs,
		StepScalingPolicyConfiguration: &aastypes.StepScalingPolicyConfiguration{
			AdjustmentType:  aastypes.AdjustmentTypeChangeInCapacity,
			StepAdjustments: []aastypes.StepAdjustment{{MetricIntervalLowerBound: aws.Float64(0), ScalingAdjustment: aws.Int32(1)}},
		},
	})
	require.NoError(t, err)
	source, err := ecs.Export(t.Context(), cloud.Config(), service)
	require.ErrorContains(t, err, "the scaling policy steps (StepScaling) cannot be declared")
	require.Contains(t, string(source), "//   - the scaling policy steps (StepScaling) cannot be declared")
	require.ErrorContains(t, err, "to apply this would change autoscaling:Scaling/shop/web")
}

func TestExportRefuses(t *testing.T) {
	t.Parallel()
	cloud := exportedCloud(t, worker("worker:1"))
	for _, test := range []struct {
		name    string
		service ecs.ServiceRef
		want    error
	}{
		{"a service that is not there", ecs.ServiceNamed("shop", "other"), slipway.ErrNotFound},
		{"a cluster that is not there", ecs.ServiceNamed("other", "worker"), slipway.ErrNotFound},
		{"no service", nil, slipway.ErrInvalid},
		{"an ARN that is none", ecs.ServiceARN("worker"), slipway.ErrInvalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			source, err := ecs.Export(t.Context(), cloud.Config(), test.service)
			require.ErrorIs(t, err, test.want)
			require.Empty(t, source)
		})
	}
}
