// SPDX-License-Identifier: Apache-2.0

package facts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

type deployment = ecstypes.DeploymentConfiguration

func deployed(change func(*deployment)) func(*service) {
	return func(in *service) {
		in.DeploymentConfiguration = &deployment{}
		change(in.DeploymentConfiguration)
	}
}

// running creates the service "web" on Fargate.
func running(t *testing.T, c *fakes.Cloud, client *awsecs.Client, desired int32, config *deployment) {
	t.Helper()
	in := plainService()
	in.LaunchType, in.CapacityProviderStrategy, in.DesiredCount, in.DeploymentConfiguration = ecstypes.LaunchTypeFargate, nil, &desired, config
	networked(t, c, in)
	_, err := client.CreateService(t.Context(), in)
	require.NoError(t, err)
}

// revised registers another revision of "web" and has the service run it.
func revised(t *testing.T, client *awsecs.Client, image string) {
	t.Helper()
	in := plainTask()
	in.ContainerDefinitions[0].Image = &image
	_, err := client.RegisterTaskDefinition(t.Context(), in)
	require.NoError(t, err)
	update(t, client, func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = aws.String("web") })
}

func update(t *testing.T, client *awsecs.Client, change func(*awsecs.UpdateServiceInput)) {
	t.Helper()
	in := &awsecs.UpdateServiceInput{Cluster: aws.String("main"), Service: aws.String("web")}
	change(in)
	_, err := client.UpdateService(t.Context(), in)
	require.NoError(t, err)
}

// rollout is the newest service deployment.
func rollout(t *testing.T, client *awsecs.Client) ecstypes.ServiceDeployment {
	t.Helper()
	all, err := client.ListServiceDeployments(t.Context(), &awsecs.ListServiceDeploymentsInput{Cluster: aws.String("main"), Service: aws.String("web")})
	require.NoError(t, err)
	out, err := client.DescribeServiceDeployments(t.Context(), &awsecs.DescribeServiceDeploymentsInput{
		ServiceDeploymentArns: []string{*all.ServiceDeployments[0].ServiceDeploymentArn},
	})
	require.NoError(t, err)
	return out.ServiceDeployments[0]
}

// TestRoundingOfPercentages has AWS's examples: the minimum is rounded up, the maximum
// down, and where nothing may stop nor start an event says so.
func TestRoundingOfPercentages(t *testing.T) {
	t.Parallel()
	const (
		rolling = guide + "deployment-type-ecs.html"
		events  = guide + "service-event-messages-list.html"
		stuck   = "was unable to stop or start tasks during a deployment because of the service deployment configuration."
	)
	for _, test := range []struct {
		name               string
		desired, low, high int32
		// least tasks run, most are there at a time.
		least, most int32
		stuck       bool
		source      string
	}{
		{"50 % of four: two may stop first", 4, 50, 100, 2, 4, false, rolling},
		{"200 % of four: four start first", 4, 100, 200, 4, 8, false, rolling},
		{"75 % of two are two", 2, 75, 100, 2, 2, true, events},
		{"125 % of three are three", 3, 100, 125, 3, 3, true, events},
		{"33 % of three is one", 3, 33, 100, 1, 3, false, api + "API_DeploymentConfiguration.html"},
		{"34 % of three are two", 3, 34, 100, 2, 3, false, api + "API_DeploymentConfiguration.html"},
		{"133 % of three are three, so one stops first", 3, 50, 133, 2, 3, false, api + "API_DeploymentConfiguration.html"},
		{"134 % of three are four", 3, 100, 134, 3, 4, false, api + "API_DeploymentConfiguration.html"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			app := ecs.NewContainer("app", ecs.ImageRef(image))
			definition := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
			err := ecs.NewFargateService("web", ecs.NewCluster("main"), definition, vpc.Default()).WithCount(int(test.desired)).
				WithDeployment(ecs.Rolling{MinimumHealthyPercent: int(test.low), MaximumPercent: int(test.high)}).Validate()
			require.Equal(t, test.stuck, err != nil, "the builder: %v: %s", err, test.source)

			c, client := cloudOf(t, fakes.Realistic)
			running(t, c, client, test.desired, &deployment{MinimumHealthyPercent: &test.low, MaximumPercent: &test.high})
			c.Advance(5 * minute)
			revised(t, client, "public.ecr.aws/nginx/nginx:2")
			least, most := test.desired, test.desired
			for range 300 {
				c.Advance(time.Second)
				s := describe(t, client)
				least, most = min(least, s.RunningCount), max(most, s.RunningCount+s.PendingCount)
			}
			require.Equal(t, []int32{test.least, test.most}, []int32{least, most}, test.source)
			said := slices.ContainsFunc(describe(t, client).Events, func(e ecstypes.ServiceEvent) bool { return strings.Contains(*e.Message, stuck) })
			require.Equal(t, test.stuck, said, test.source)
		})
	}
}

// TestHealthyAfter40Seconds: a task without load balancer and health check counts as
// healthy 40 s after it runs.
func TestHealthyAfter40Seconds(t *testing.T) {
	t.Parallel()
	c, client := cloudOf(t, fakes.Realistic)
	running(t, c, client, 1, nil)
	c.Advance(5 * minute)
	revised(t, client, "public.ecr.aws/nginx/nginx:2")
	ran := time.Duration(0)
	for describe(t, client).RunningCount < 2 {
		c.Advance(time.Second)
	}
	for describe(t, client).RunningCount == 2 {
		c.Advance(time.Second)
		ran += time.Second
		require.Less(t, ran, minute, "the old task stays")
	}
	require.InDelta(t, 40, ran.Seconds(), fakes.Realistic.Schedule.Seconds(), api+"API_DeploymentConfiguration.html")
}

// TestBreakerThresholds has the table of AWS's guide, and that the threshold follows the
// latest count.
func TestBreakerThresholds(t *testing.T) {
	t.Parallel()
	const source = guide + "deployment-circuit-breaker.html"
	for _, test := range []struct {
		name           string
		threshold      ecs.Threshold
		desired, later int32
		want, then     int32
	}{
		{"the default: half of 1, 3 at least", ecs.Threshold{}, 1, 1, 3, 3},
		{"the default: half of 25, rounded up", ecs.Threshold{}, 25, 25, 13, 13},
		{"the default: half of 400", ecs.Threshold{}, 400, 400, 200, 200},
		{"the default: half of 800, 200 at most", ecs.Threshold{}, 800, 800, 200, 200},
		{"half of 800, unbounded", ecs.FailedPercentUnbounded(50), 800, 800, 400, 400},
		{"half of 1, unbounded", ecs.FailedPercentUnbounded(50), 1, 1, 1, 1},
		{"a count", ecs.FailedTasks(7), 25, 25, 7, 7},
		{"100 %", ecs.FailedPercent(100), 25, 25, 25, 25},
		{"1 %", ecs.FailedPercent(1), 25, 25, 3, 3},
		{"the latest count", ecs.Threshold{}, 25, 100, 13, 50},
		{"the latest count, and it is less", ecs.FailedPercentUnbounded(50), 100, 10, 50, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, client := cloudOf(t, fakes.Realistic)
			built, err := ecs.NewFargateService("web", ecs.NewCluster("main"),
				ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(ecs.NewContainer("app", ecs.ImageRef(image))), vpc.Default(),
			).WithDeployment(ecs.Rolling{Threshold: test.threshold}).Build()
			require.NoError(t, err)
			running(t, c, client, test.desired, configurationOf(t, built))
			require.Equal(t, test.want, rollout(t, client).DeploymentCircuitBreaker.Threshold, source)
			update(t, client, func(in *awsecs.UpdateServiceInput) { in.DesiredCount = &test.later })
			require.Equal(t, test.then, rollout(t, client).DeploymentCircuitBreaker.Threshold, source)
		})
	}
}

// TestBreakerBounds: 1 to 100 percent.
func TestBreakerBounds(t *testing.T) {
	t.Parallel()
	share := func(n int32) func(*service) {
		return deployed(func(d *deployment) {
			d.DeploymentCircuitBreaker = &ecstypes.DeploymentCircuitBreaker{
				Enable: true, ThresholdConfiguration: &ecstypes.ThresholdConfiguration{Type: ecstypes.ThresholdTypeUnboundedPercent, Value: n},
			}
		})
	}
	services().hold(t, []fact[service]{
		{name: "1 % at least", source: guide + "deployment-circuit-breaker.html", legal: share(1), broken: share(0), warned: true},
		{name: "100 % at most", source: guide + "deployment-circuit-breaker.html", legal: share(100), broken: share(101), warned: true},
	})
}

// TestBreakerTripsAtItsThreshold: not one failure earlier. With nothing to go back to the
// deployment stalls.
func TestBreakerTripsAtItsThreshold(t *testing.T) {
	t.Parallel()
	const source = guide + "deployment-circuit-breaker.html"
	c, client := cloudOf(t, fakes.Realistic)
	c.Image(image, fakes.Program{Exit: &fakes.Exit{Code: 1}})
	running(t, c, client, 1, &deployment{DeploymentCircuitBreaker: &ecstypes.DeploymentCircuitBreaker{
		Enable: true, Rollback: true, ThresholdConfiguration: &ecstypes.ThresholdConfiguration{Type: ecstypes.ThresholdTypeCount, Value: 2},
	}})
	for rollout(t, client).DeploymentCircuitBreaker.FailureCount < 1 {
		c.Advance(time.Second)
	}
	require.Equal(t, ecstypes.ServiceDeploymentStatusInProgress, rollout(t, client).Status, source)
	c.Advance(10 * minute)
	r := rollout(t, client)
	require.Equal(t, int32(2), r.DeploymentCircuitBreaker.FailureCount, source)
	require.Equal(t, ecstypes.ServiceDeploymentRollbackMonitorsStatusTriggered, r.DeploymentCircuitBreaker.Status, source)
	require.Equal(t, ecstypes.DeploymentRolloutStateFailed, describe(t, client).Deployments[0].RolloutState, "no COMPLETED deployment: %s", source)
	before := started(t, client)
	c.Advance(10 * minute)
	require.Equal(t, before, started(t, client), "no new tasks: %s", source)
}

// started is how many tasks the service has had.
func started(t *testing.T, client *awsecs.Client) int {
	t.Helper()
	n := 0
	for _, status := range []ecstypes.DesiredStatus{ecstypes.DesiredStatusRunning, ecstypes.DesiredStatusStopped} {
		out, err := client.ListTasks(t.Context(), &awsecs.ListTasksInput{Cluster: aws.String("main"), DesiredStatus: status})
		require.NoError(t, err)
		n += len(out.TaskArns)
	}
	return n
}

// TestEarlySuccess: 0 to 100 percent, and at least the minimum healthy percent.
func TestEarlySuccess(t *testing.T) {
	t.Parallel()
	const source = api + "API_DeploymentEarlySuccessCriteria.html"
	early := func(low, share int32, cleanup ecstypes.ServiceRevisionCleanup) func(*service) {
		return deployed(func(d *deployment) {
			d.MinimumHealthyPercent = &low
			d.EarlySuccessCriteria = &ecstypes.DeploymentEarlySuccessCriteria{Enable: true, HealthyPercent: &share, SourceServiceRevisionCleanup: cleanup}
		})
	}
	services().hold(t, []fact[service]{
		{name: "0 % at least", source: source, legal: early(0, 0, "BLOCKING"), broken: early(0, -1, "BLOCKING")},
		{name: "100 % at most", source: source, legal: early(0, 100, "DEFERRED"), broken: early(0, 101, "DEFERRED")},
		{name: "the minimum at least", source: source, legal: early(50, 50, "BLOCKING"), broken: early(50, 49, "BLOCKING")},
		{name: "and what becomes of the rest", source: source, legal: early(50, 50, "DEFERRED"), broken: early(50, 50, "")},
	})
}

// TestDeploymentAlarms: their names are required.
func TestDeploymentAlarms(t *testing.T) {
	t.Parallel()
	alarms := func(names ...string) func(*service) {
		return deployed(func(d *deployment) {
			d.Alarms = &ecstypes.DeploymentAlarms{AlarmNames: names, Enable: true, Rollback: true}
		})
	}
	s := services()
	in := s.base()
	alarms()(in)
	require.ErrorIs(t, s.check(in), slipway.ErrInvalid, api+"API_DeploymentAlarms.html")
	require.ErrorIs(t, s.build(alarms()), slipway.ErrInvalid)
	require.NoError(t, s.build(alarms("errors")))
}

// TestUpdatesThatRoll: what starts a deployment, and what does not.
func TestUpdatesThatRoll(t *testing.T) {
	t.Parallel()
	type change = func(*awsecs.UpdateServiceInput)
	for _, test := range []struct {
		name   string
		rolls  bool
		change change
	}{
		{"taskDefinition", true, func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = aws.String("other") }},
		{"networkConfiguration", true, func(in *awsecs.UpdateServiceInput) {
			in.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp = "DISABLED"
		}},
		{"platformVersion", true, func(in *awsecs.UpdateServiceInput) { in.PlatformVersion = aws.String("1.4.0") }},
		{"serviceConnectConfiguration", true, func(in *awsecs.UpdateServiceInput) {
			in.ServiceConnectConfiguration = &ecstypes.ServiceConnectConfiguration{Enabled: true, Namespace: aws.String("shop")}
		}},
		{"forceNewDeployment", true, func(in *awsecs.UpdateServiceInput) { in.ForceNewDeployment = true }},
		{"volumeConfigurations, null", false, func(in *awsecs.UpdateServiceInput) { in.VolumeConfigurations = nil }},
		{"desiredCount", false, func(in *awsecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(3) }},
		{"deploymentConfiguration", false, func(in *awsecs.UpdateServiceInput) {
			in.DeploymentConfiguration = &deployment{MinimumHealthyPercent: aws.Int32(50)}
		}},
		{"availabilityZoneRebalancing", false, func(in *awsecs.UpdateServiceInput) { in.AvailabilityZoneRebalancing = "DISABLED" }},
		{"enableExecuteCommand", false, func(in *awsecs.UpdateServiceInput) { in.EnableExecuteCommand = aws.Bool(false) }},
		{"enableECSManagedTags", false, func(in *awsecs.UpdateServiceInput) { in.EnableECSManagedTags = aws.Bool(true) }},
		{"propagateTags", false, func(in *awsecs.UpdateServiceInput) { in.PropagateTags = ecstypes.PropagateTagsService }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, client := cloud(t)
			other := plainTask()
			other.Family = aws.String("other")
			_, err := client.RegisterTaskDefinition(t.Context(), other)
			require.NoError(t, err)
			running(t, c, client, 1, nil)
			c.Advance(minute)
			before := describe(t, client)
			update(t, client, func(in *awsecs.UpdateServiceInput) {
				in.NetworkConfiguration = before.NetworkConfiguration
				test.change(in)
			})
			after := describe(t, client)
			require.Equal(t, test.rolls, *before.Deployments[0].Id != *after.Deployments[0].Id, fmt.Sprint(test.name, ": ", api, "API_UpdateService.html"))
		})
	}
}
