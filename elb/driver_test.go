// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/vpc"
)

func TestApplyWaitsUntilTheBalancerIsActive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
		started := time.Now()
		_, err := slipway.NewStack("shop", elb.NewApplication("shop", vpc.Default())).Apply(t.Context(), cloud.Config())
		require.NoError(t, err)
		require.GreaterOrEqual(t, time.Since(started), fakes.Realistic.LoadBalancer)
	})
}

func TestHalfMadeThingsAreFinished(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{
		"ModifyTargetGroupAttributes", "CreateListener", "AddListenerCertificates", "CreateRule", "ModifyLoadBalancerAttributes",
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			cloud := fakes.New(fakes.Options{})
			app := elb.NewApplication("shop", vpc.Default()).WithHTTPS(certificate, another).WithIdleTimeout(time.Hour)
			stack := web(app, func(r elb.Route) elb.Route { return r.WithDeregistrationDelay(time.Second) })
			cloud.Inject(fakes.Match{Operation: operation}, fakes.Failing("AccessDenied", "not now"))
			_, err := stack.Apply(t.Context(), cloud.Config())
			require.ErrorIs(t, err, slipway.ErrDenied)
			apply(t, cloud, stack)
		})
	}
}

func TestDeletionProtectionStopsDestroy(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	stack := slipway.NewStack("shop", elb.NewApplication("shop", vpc.Default()).WithDeletionProtection())
	apply(t, cloud, stack)
	err := stack.Destroy(t.Context(), cloud.Config())
	require.ErrorIs(t, err, slipway.ErrConflict)
	require.ErrorContains(t, err, "without WithDeletionProtection first")
	apply(t, cloud, slipway.NewStack("shop", elb.NewApplication("shop", vpc.Default())))
	require.NoError(t, stack.Destroy(t.Context(), cloud.Config()))
}

func TestPriorityOfAStranger(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	app := elb.NewApplication("shop", vpc.Default())
	apply(t, cloud, slipway.NewStack("shop", app))
	api := awselb.NewFromConfig(cloud.Config())
	listeners, err := api.DescribeListeners(t.Context(), &awselb.DescribeListenersInput{LoadBalancerArn: balancerARN(t, api)})
	require.NoError(t, err)
	arn := aws.ToString(listeners.Listeners[0].ListenerArn)
	_, err = api.CreateRule(t.Context(), &awselb.CreateRuleInput{
		ListenerArn: &arn, Priority: aws.Int32(5), Actions: listeners.Listeners[0].DefaultActions,
		Conditions: []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/theirs"}}},
	})
	require.NoError(t, err)
	rule := elb.NewListenerRule("ours", elb.ListenerARN(arn), elb.FixedResponse{Status: 200}).WithPath("/ours")
	_, err = slipway.NewStack("other", rule.WithPriority(5)).Plan(t.Context(), cloud.Config())
	require.ErrorIs(t, err, slipway.ErrConflict, "a rule that is not ours is in that place")
	apply(t, cloud, slipway.NewStack("other", rule.WithPriority(6)))
	apply(t, cloud, slipway.NewStack("other", rule.WithPriority(7)))
	_, err = slipway.NewStack("other", rule.WithPriority(5)).Apply(t.Context(), cloud.Config())
	require.ErrorIs(t, err, slipway.ErrConflict, "nor can ours move there")
}

func TestDefaultsAreIdempotent(t *testing.T) {
	t.Parallel()
	b, l, g, r := inputs(t)
	balancer := &model.LoadBalancer{Create: b}
	twice(t, balancer, model.FillLoadBalancer)
	for _, in := range l {
		create, ok := in.(awselb.CreateListenerInput)
		require.True(t, ok)
		twice(t, &model.Listener{Create: create}, model.FillListener)
	}
	for _, in := range g {
		create, ok := in.(awselb.CreateTargetGroupInput)
		require.True(t, ok)
		twice(t, &model.TargetGroup{Create: create}, model.FillTargetGroup)
	}
	for _, in := range r {
		create, ok := in.(awselb.CreateRuleInput)
		require.True(t, ok)
		twice(t, &model.ListenerRule{Create: create}, model.FillListenerRule)
	}
}

func twice[T any](t *testing.T, state *T, fill func(*T)) {
	t.Helper()
	fill(state)
	once := *state
	again := *state
	fill(&again)
	require.Equal(t, once, again)
}

func TestLeastPolicyIsEnough(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	stack := web(elb.NewApplication("shop", vpc.Default()).WithHTTPS(certificate, another).WithIdleTimeout(time.Hour), plain)
	plan, err := stack.Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	deployer(t, cloud, plan.Policy())
	_, err = stack.Apply(t.Context(), cloud.ConfigAs("deployer"))
	require.NoError(t, err)
}

// deployer makes the role of that name, which may do what the policy allows.
func deployer(t *testing.T, cloud *fakes.Cloud, policy string) {
	t.Helper()
	roles := awsiam.NewFromConfig(cloud.Config())
	_, err := roles.CreateRole(t.Context(), &awsiam.CreateRoleInput{
		RoleName: aws.String("deployer"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
			"Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`),
	})
	require.NoError(t, err)
	_, err = roles.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
		RoleName: aws.String("deployer"), PolicyName: aws.String("plan"), PolicyDocument: aws.String(policy),
	})
	require.NoError(t, err)
}
