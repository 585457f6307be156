// SPDX-License-Identifier: Apache-2.0

package fakes_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// canary is a service of Express Mode of web:1, which answers 200; web:2 answers 202,
// web:bad 404 to all but its health checks, and web:broken does not run.
type canary struct {
	*testing.T
	cloud  *fakes.Cloud
	client *awsecs.Client
	arn    string
	url    string
}

func newCanary(t *testing.T, change func(*awsecs.CreateExpressGatewayServiceInput)) canary {
	t.Helper()
	cloud := fakes.New(fakes.Options{})
	for image, status := range map[string]int{"web:1": http.StatusOK, "web:2": http.StatusAccepted, "web:bad": http.StatusNotFound} {
		cloud.Image("public.ecr.aws/shop/"+image, fakes.Program{Status: func(path string, _ time.Duration) int {
			if path == "/health" {
				return http.StatusOK
			}
			return status
		}})
	}
	cloud.Image("public.ecr.aws/shop/web:broken", fakes.Program{Exit: &fakes.Exit{Code: 1}})
	in := expressInput(t, cloud)
	in.PrimaryContainer.Image, in.HealthCheckPath = aws.String("public.ecr.aws/shop/web:1"), aws.String("/health")
	if change != nil {
		change(in)
	}
	client := awsecs.NewFromConfig(cloud.Config())
	created, err := client.CreateExpressGatewayService(t.Context(), in)
	require.NoError(t, err)
	s := expressWait(t, cloud, *created.Service.ServiceArn)
	return canary{t, cloud, client, *s.ServiceArn, "https://" + *s.ActiveConfigurations[0].IngressPaths[0].Endpoint + "/"}
}

// update deploys another image.
func (c canary) update(image string) {
	c.Helper()
	_, err := c.client.UpdateExpressGatewayService(c.Context(), &awsecs.UpdateExpressGatewayServiceInput{
		ServiceArn: &c.arn, PrimaryContainer: &ecstypes.ExpressGatewayContainer{Image: aws.String("public.ecr.aws/shop/" + image)},
	})
	require.NoError(c, err)
}

// answers are how many of a hundred requests got which status.
func (c canary) answers() map[int]int {
	c.Helper()
	count := map[int]int{}
	for range 100 {
		request, err := http.NewRequestWithContext(c.Context(), http.MethodGet, c.url, nil)
		require.NoError(c, err)
		answer, err := c.cloud.Config().HTTPClient.Do(request)
		require.NoError(c, err)
		require.NoError(c, answer.Body.Close())
		count[answer.StatusCode]++
	}
	return count
}

func (c canary) described() *ecstypes.ECSExpressGatewayService {
	c.Helper()
	out, err := c.client.DescribeExpressGatewayService(c.Context(), &awsecs.DescribeExpressGatewayServiceInput{ServiceArn: &c.arn})
	require.NoError(c, err)
	return out.Service
}

func (c canary) service() ecstypes.Service {
	c.Helper()
	out, err := c.client.DescribeServices(c.Context(), &awsecs.DescribeServicesInput{Services: []string{c.arn}})
	require.NoError(c, err)
	return out.Services[0]
}

// deployment is the newest one.
func (c canary) deployment() ecstypes.ServiceDeployment {
	c.Helper()
	all, err := c.client.ListServiceDeployments(c.Context(), &awsecs.ListServiceDeploymentsInput{Service: &c.arn})
	require.NoError(c, err)
	out, err := c.client.DescribeServiceDeployments(c.Context(), &awsecs.DescribeServiceDeploymentsInput{
		ServiceDeploymentArns: []string{*all.ServiceDeployments[0].ServiceDeploymentArn},
	})
	require.NoError(c, err)
	return out.ServiceDeployments[0]
}

// images of the active configurations.
func (c canary) images() (all []string) {
	c.Helper()
	for _, x := range c.described().ActiveConfigurations {
		all = append(all, *x.PrimaryContainer.Image)
	}
	return all
}

// revision is what ECS manages for a revision.
func (c canary) revision(arn string) *ecstypes.ECSManagedResources {
	c.Helper()
	out, err := c.client.DescribeServiceRevisions(c.Context(), &awsecs.DescribeServiceRevisionsInput{ServiceRevisionArns: []string{arn}})
	require.NoError(c, err)
	return out.ServiceRevisions[0].EcsManagedResources
}

// TestExpressUpdatesAreCanaries: 5 % for 3 minutes, all of it for another 3, then the old
// tasks go.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-update-full.html
func TestExpressUpdatesAreCanaries(t *testing.T) {
	t.Parallel()
	c := newCanary(t, nil)
	config := c.service().DeploymentConfiguration
	require.Equal(t, ecstypes.DeploymentStrategyCanary, config.Strategy)
	require.InDelta(t, 5, *config.CanaryConfiguration.CanaryPercent, 0)
	require.EqualValues(t, 3, *config.CanaryConfiguration.CanaryBakeTimeInMinutes)
	require.EqualValues(t, 3, *config.BakeTimeInMinutes)
	require.True(t, config.DeploymentCircuitBreaker.Rollback)
	require.Empty(t, c.service().LoadBalancers, "they are ECS's own")
	first := c.described().ActiveConfigurations[0]

	c.update("web:2")
	for _, look := range []struct {
		after        time.Duration
		stage        ecstypes.ServiceDeploymentLifecycleStage
		share, tasks int
	}{
		{time.Minute, ecstypes.ServiceDeploymentLifecycleStageProductionTrafficShift, 5, 2},
		{100 * time.Second, ecstypes.ServiceDeploymentLifecycleStageProductionTrafficShift, 5, 2},
		{40 * time.Second, ecstypes.ServiceDeploymentLifecycleStageBakeTime, 100, 2},
		{140 * time.Second, ecstypes.ServiceDeploymentLifecycleStageBakeTime, 100, 2},
	} {
		c.cloud.Advance(look.after)
		require.Equal(t, look.share, c.answers()[http.StatusAccepted])
		d := c.deployment()
		require.Equal(t, look.stage, d.LifecycleStage)
		require.InDelta(t, look.share, *d.TargetServiceRevision.RequestedProductionTrafficWeight, 0)
		require.EqualValues(t, look.tasks, c.service().RunningCount)
		require.Len(t, c.described().ActiveConfigurations, 2, "of both revisions")
	}
	s := expressWait(t, c.cloud, c.arn)
	require.Equal(t, []string{"public.ecr.aws/shop/web:2"}, c.images())
	require.Equal(t, map[int]int{http.StatusAccepted: 100}, c.answers())
	require.EqualValues(t, 1, c.service().RunningCount)
	require.Equal(t, ecstypes.ServiceDeploymentStatusSuccessful, c.deployment().Status)

	before, after := c.revision(*first.ServiceRevisionArn).IngressPaths[0], c.revision(*s.ActiveConfigurations[0].ServiceRevisionArn).IngressPaths[0]
	require.NotEqual(t, before.TargetGroups[0].Arn, after.TargetGroups[0].Arn, "they take turns")
	require.Equal(t, before.TargetGroups[1].Arn, after.TargetGroups[0].Arn)
	require.Equal(t, before.Endpoint, after.Endpoint)
	rules, err := awselb.NewFromConfig(c.cloud.Config()).DescribeRules(t.Context(), &awselb.DescribeRulesInput{RuleArns: []string{*after.Rule.Arn}})
	require.NoError(t, err)
	weights := map[string]int32{}
	for _, g := range rules.Rules[0].Actions[0].ForwardConfig.TargetGroups {
		weights[*g.TargetGroupArn] = *g.Weight
	}
	require.Equal(t, map[string]int32{*after.TargetGroups[0].Arn: 100, *before.TargetGroups[0].Arn: 0}, weights)

	c.update("web:1")
	s = expressWait(t, c.cloud, c.arn)
	require.Equal(t, before.TargetGroups[0].Arn, c.revision(*s.ActiveConfigurations[0].ServiceRevisionArn).IngressPaths[0].TargetGroups[0].Arn)
	require.Equal(t, map[int]int{http.StatusOK: 100}, c.answers())
}

// TestExpressRollsBackForErrors: 5 % of the answers are 404, which is more than one.
func TestExpressRollsBackForErrors(t *testing.T) {
	t.Parallel()
	c := newCanary(t, nil)
	good := c.described().ActiveConfigurations[0]
	_, err := c.client.UpdateExpressGatewayService(t.Context(), &awsecs.UpdateExpressGatewayServiceInput{
		ServiceArn: &c.arn, PrimaryContainer: &ecstypes.ExpressGatewayContainer{Image: aws.String("public.ecr.aws/shop/web:bad")},
		ScalingTarget: &ecstypes.ExpressGatewayScalingTarget{MinTaskCount: aws.Int32(1), MaxTaskCount: aws.Int32(7)}, HealthCheckPath: aws.String("/health?new"),
	})
	require.NoError(t, err)
	began := c.cloud.Now()
	for c.deployment().Rollback == nil {
		c.cloud.Advance(20 * time.Second)
		c.answers()
		require.Less(t, c.cloud.Now().Sub(began), 4*time.Minute)
	}
	require.Equal(t, map[int]int{http.StatusOK: 100}, c.answers(), "the traffic goes back at once")
	s := expressWait(t, c.cloud, c.arn)
	d := c.deployment()
	require.Equal(t, ecstypes.ServiceDeploymentStatusRollbackSuccessful, d.Status)
	require.Contains(t, *d.StatusReason, "CloudWatch alarm")
	require.Equal(t, ecstypes.ServiceDeploymentRollbackMonitorsStatusTriggered, d.Alarms.Status)
	require.Equal(t, *good.ServiceRevisionArn, *d.Rollback.ServiceRevisionArn)

	require.Len(t, s.ActiveConfigurations, 1)
	now := s.ActiveConfigurations[0]
	require.Equal(t, good.ServiceRevisionArn, now.ServiceRevisionArn, "the configuration is that of the last good revision")
	require.Equal(t, good.PrimaryContainer.Image, now.PrimaryContainer.Image)
	require.EqualValues(t, 20, *now.ScalingTarget.MaxTaskCount)
	require.EqualValues(t, 20, c.revision(*now.ServiceRevisionArn).AutoScaling.ScalableTarget.MaxCapacity)

	c.cloud.Advance(5 * time.Minute)
	alarms, err := awscw.NewFromConfig(c.cloud.Config()).DescribeAlarms(t.Context(), &awscw.DescribeAlarmsInput{})
	require.NoError(t, err)
	require.Equal(t, cwtypes.StateValueOk, alarms.MetricAlarms[0].StateValue, "without errors it goes off again")
	_, err = c.client.UpdateExpressGatewayService(t.Context(), &awsecs.UpdateExpressGatewayServiceInput{ServiceArn: &c.arn, HealthCheckPath: aws.String("/health?again")})
	require.NoError(t, err)
	s = expressWait(t, c.cloud, c.arn)
	require.Equal(t, good.PrimaryContainer.Image, s.ActiveConfigurations[0].PrimaryContainer.Image, "updates go on from the good one")
}

// TestExpressToleratesAFewErrors: one percent is not more than one.
func TestExpressToleratesAFewErrors(t *testing.T) {
	t.Parallel()
	c := newCanary(t, nil)
	var asked int
	c.cloud.Image("public.ecr.aws/shop/web:1", fakes.Program{Status: func(path string, _ time.Duration) int {
		if asked++; path != "/health" && asked%100 == 0 {
			return http.StatusNotFound
		}
		return http.StatusOK
	}})
	c.update("web:1")
	for range 12 {
		c.cloud.Advance(20 * time.Second)
		require.LessOrEqual(t, c.answers()[http.StatusNotFound], 1)
	}
	expressWait(t, c.cloud, c.arn)
	require.Equal(t, ecstypes.ServiceDeploymentStatusSuccessful, c.deployment().Status)
}

// TestExpressRollsBackWhatDoesNotRun by its circuit breaker.
func TestExpressRollsBackWhatDoesNotRun(t *testing.T) {
	t.Parallel()
	c := newCanary(t, nil)
	c.update("web:broken")
	expressWait(t, c.cloud, c.arn)
	d := c.deployment()
	require.Equal(t, ecstypes.ServiceDeploymentStatusRollbackSuccessful, d.Status)
	require.Contains(t, *d.StatusReason, "circuit breaker")
	require.Equal(t, []string{"public.ecr.aws/shop/web:1"}, c.images())
	require.Equal(t, map[int]int{http.StatusOK: 100}, c.answers())
}

// TestExpressFirstDeploymentThatFails has nothing to go back to.
func TestExpressFirstDeploymentThatFails(t *testing.T) {
	t.Parallel()
	c := newCanary(t, func(in *awsecs.CreateExpressGatewayServiceInput) {
		in.PrimaryContainer.Image = aws.String("public.ecr.aws/shop/web:broken")
	})
	require.Equal(t, ecstypes.ServiceDeploymentStatusRollbackFailed, c.deployment().Status)
	c.update("web:1")
	expressWait(t, c.cloud, c.arn)
	require.Equal(t, ecstypes.ServiceDeploymentStatusSuccessful, c.deployment().Status)
	require.Equal(t, map[int]int{http.StatusOK: 100}, c.answers())
}

// TestExpressSupersedes: the newest update counts, and no request is lost.
func TestExpressSupersedes(t *testing.T) {
	t.Parallel()
	c := newCanary(t, nil)
	c.update("web:bad")
	c.cloud.Advance(time.Minute)
	c.update("web:2")
	c.cloud.Advance(time.Minute)
	require.Equal(t, map[int]int{http.StatusOK: 95, http.StatusAccepted: 5}, c.answers())
	expressWait(t, c.cloud, c.arn)
	require.Equal(t, map[int]int{http.StatusAccepted: 100}, c.answers())
}

// TestExpressOtherPort: a target group cannot change its port, so that another one comes.
func TestExpressOtherPort(t *testing.T) {
	t.Parallel()
	c := newCanary(t, nil)
	first := c.revision(*c.described().ActiveConfigurations[0].ServiceRevisionArn).IngressPaths[0]
	_, err := c.client.UpdateExpressGatewayService(t.Context(), &awsecs.UpdateExpressGatewayServiceInput{
		ServiceArn: &c.arn, PrimaryContainer: &ecstypes.ExpressGatewayContainer{Image: aws.String("public.ecr.aws/shop/web:2"), ContainerPort: aws.Int32(8080)},
	})
	require.NoError(t, err)
	c.cloud.Advance(time.Minute)
	require.Equal(t, map[int]int{http.StatusOK: 95, http.StatusAccepted: 5}, c.answers(), "both ports are open")
	s := expressWait(t, c.cloud, c.arn)
	require.Equal(t, map[int]int{http.StatusAccepted: 100}, c.answers())
	now := c.revision(*s.ActiveConfigurations[0].ServiceRevisionArn).IngressPaths[0]
	require.EqualValues(t, 8080, now.TargetGroups[0].Port)
	require.EqualValues(t, 80, now.TargetGroups[1].Port)
	require.NotEqual(t, first.TargetGroups[1].Arn, now.TargetGroups[0].Arn, "it is a new one")
	groups, err := awselb.NewFromConfig(c.cloud.Config()).DescribeTargetGroups(t.Context(), &awselb.DescribeTargetGroupsInput{})
	require.NoError(t, err)
	require.Len(t, groups.TargetGroups, 2, "the one whose place it took is gone")

	_, err = c.client.DeleteExpressGatewayService(t.Context(), &awsecs.DeleteExpressGatewayServiceInput{ServiceArn: &c.arn})
	require.NoError(t, err)
	expressGone(t, c.cloud, c.arn)
	nothingLeft(t, c.cloud)
}
