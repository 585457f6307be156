// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// account is a cloud's default network and its ELB client.
type account struct {
	t       *testing.T
	cloud   *fakes.Cloud
	api     *awselb.Client
	vpc     string
	subnets []string
}

func newAccount(t *testing.T, opts fakes.Options) *account {
	t.Helper()
	cloud := fakes.New(opts)
	a := &account{t: t, cloud: cloud, api: awselb.NewFromConfig(cloud.Config())}
	out, err := awsec2.NewFromConfig(cloud.Config()).DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	for _, s := range out.Subnets {
		a.vpc = aws.ToString(s.VpcId)
		a.subnets = append(a.subnets, aws.ToString(s.SubnetId))
	}
	require.GreaterOrEqual(t, len(a.subnets), 2)
	return a
}

func (a *account) balancer(name string) elbtypes.LoadBalancer {
	a.t.Helper()
	out, err := a.api.CreateLoadBalancer(a.t.Context(), &awselb.CreateLoadBalancerInput{Name: &name, Subnets: a.subnets[:2]})
	require.NoError(a.t, err)
	return out.LoadBalancers[0]
}

func (a *account) group(name string) elbtypes.TargetGroup {
	a.t.Helper()
	out, err := a.api.CreateTargetGroup(a.t.Context(), &awselb.CreateTargetGroupInput{
		Name: &name, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: &a.vpc, TargetType: elbtypes.TargetTypeEnumIp,
	})
	require.NoError(a.t, err)
	return out.TargetGroups[0]
}

func (a *account) listener(balancer *string, port int32, group *string) elbtypes.Listener {
	a.t.Helper()
	out, err := a.api.CreateListener(a.t.Context(), &awselb.CreateListenerInput{
		LoadBalancerArn: balancer, Port: &port, Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: forwardTo(aws.ToString(group)),
	})
	require.NoError(a.t, err)
	return out.Listeners[0]
}

func (a *account) rule(listener *string, priority int32, group *string) (*awselb.CreateRuleOutput, error) {
	return a.api.CreateRule(a.t.Context(), &awselb.CreateRuleInput{
		ListenerArn: listener, Priority: &priority, Actions: forwardTo(aws.ToString(group)),
		Conditions: []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{fmt.Sprintf("/%d/*", priority)}}},
	})
}

func TestBalancerBecomesAvailable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAccount(t, fakes.Options{Timing: fakes.Realistic})
		b := a.balancer("shop")
		require.Equal(t, elbtypes.LoadBalancerStateEnumProvisioning, b.State.Code)
		require.Contains(t, aws.ToString(b.DNSName), ".us-east-1.elb.amazonaws.com")
		started := time.Now()
		in := &awselb.DescribeLoadBalancersInput{Names: []string{"shop"}}
		require.NoError(t, awselb.NewLoadBalancerAvailableWaiter(a.api).Wait(t.Context(), in, 10*time.Minute))
		require.GreaterOrEqual(t, time.Since(started), fakes.Realistic.LoadBalancer)

		_, err := a.api.DeleteLoadBalancer(t.Context(), &awselb.DeleteLoadBalancerInput{LoadBalancerArn: b.LoadBalancerArn})
		require.NoError(t, err)
		require.NoError(t, awselb.NewLoadBalancersDeletedWaiter(a.api).Wait(t.Context(), in, time.Minute))
	})
}

func TestWaiterTimesOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAccount(t, fakes.Options{Timing: fakes.Realistic})
		a.balancer("shop")
		err := awselb.NewLoadBalancerAvailableWaiter(a.api).Wait(t.Context(),
			&awselb.DescribeLoadBalancersInput{Names: []string{"shop"}}, time.Minute)
		require.ErrorContains(t, err, "exceeded max wait time")
		g := a.group("web")
		_, err = a.api.RegisterTargets(t.Context(), &awselb.RegisterTargetsInput{
			TargetGroupArn: g.TargetGroupArn, Targets: []elbtypes.TargetDescription{{Id: aws.String("172.31.0.9")}},
		})
		require.NoError(t, err)
		err = awselb.NewTargetInServiceWaiter(a.api).Wait(t.Context(),
			&awselb.DescribeTargetHealthInput{TargetGroupArn: g.TargetGroupArn}, 5*time.Minute)
		require.ErrorContains(t, err, "exceeded max wait time", "nothing forwards to the group")
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	a := newAccount(t, fakes.Options{})
	first := a.balancer("shop")
	require.Equal(t, first.LoadBalancerArn, a.balancer("shop").LoadBalancerArn, "the same again is the same")
	_, err := a.api.CreateLoadBalancer(t.Context(), &awselb.CreateLoadBalancerInput{
		Name: aws.String("shop"), Subnets: a.subnets[:2], Scheme: elbtypes.LoadBalancerSchemeEnumInternal,
	})
	var duplicate *elbtypes.DuplicateLoadBalancerNameException
	require.ErrorAs(t, err, &duplicate)
	require.Contains(t, duplicate.ErrorMessage(), "exists, but with different settings")
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	require.Equal(t, 400, response.HTTPStatusCode())

	a.group("web")
	_, err = a.api.CreateTargetGroup(t.Context(), &awselb.CreateTargetGroupInput{
		Name: aws.String("web"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(81), VpcId: &a.vpc,
	})
	var same *elbtypes.DuplicateTargetGroupNameException
	require.ErrorAs(t, err, &same)
}

func TestGroupsInUse(t *testing.T) {
	t.Parallel()
	a := newAccount(t, fakes.Options{})
	b, g := a.balancer("shop"), a.group("web")
	l := a.listener(b.LoadBalancerArn, 80, g.TargetGroupArn)
	_, err := a.api.DeleteTargetGroup(t.Context(), &awselb.DeleteTargetGroupInput{TargetGroupArn: g.TargetGroupArn})
	var used *elbtypes.ResourceInUseException
	require.ErrorAs(t, err, &used)
	require.Contains(t, used.ErrorMessage(), "is currently in use by a listener or a rule")

	out, err := a.api.DescribeTargetGroups(t.Context(), &awselb.DescribeTargetGroupsInput{LoadBalancerArn: b.LoadBalancerArn})
	require.NoError(t, err)
	require.Equal(t, []string{aws.ToString(b.LoadBalancerArn)}, out.TargetGroups[0].LoadBalancerArns)

	other := a.balancer("other")
	_, err = a.api.CreateListener(t.Context(), &awselb.CreateListenerInput{
		LoadBalancerArn: other.LoadBalancerArn, Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: forwardTo(aws.ToString(g.TargetGroupArn)),
	})
	var limit *elbtypes.TargetGroupAssociationLimitException
	require.ErrorAs(t, err, &limit)

	_, err = a.api.DeleteListener(t.Context(), &awselb.DeleteListenerInput{ListenerArn: l.ListenerArn})
	require.NoError(t, err)
	_, err = a.api.DeleteTargetGroup(t.Context(), &awselb.DeleteTargetGroupInput{TargetGroupArn: g.TargetGroupArn})
	require.NoError(t, err)
	_, err = a.api.DescribeTargetGroups(t.Context(), &awselb.DescribeTargetGroupsInput{Names: []string{"web"}})
	var gone *elbtypes.TargetGroupNotFoundException
	require.ErrorAs(t, err, &gone)
	require.Equal(t, "One or more target groups not found", gone.ErrorMessage())
}

func TestRulesKeepTheirPlaces(t *testing.T) {
	t.Parallel()
	a := newAccount(t, fakes.Options{})
	b, g := a.balancer("shop"), a.group("web")
	l := a.listener(b.LoadBalancerArn, 80, g.TargetGroupArn)
	two, err := a.rule(l.ListenerArn, 2, g.TargetGroupArn)
	require.NoError(t, err)
	one, err := a.rule(l.ListenerArn, 1, g.TargetGroupArn)
	require.NoError(t, err)
	_, err = a.rule(l.ListenerArn, 2, g.TargetGroupArn)
	var taken *elbtypes.PriorityInUseException
	require.ErrorAs(t, err, &taken)
	require.Equal(t, "Priority '2' is currently in use", taken.ErrorMessage())

	_, err = a.api.SetRulePriorities(t.Context(), &awselb.SetRulePrioritiesInput{RulePriorities: []elbtypes.RulePriorityPair{
		{RuleArn: one.Rules[0].RuleArn, Priority: aws.Int32(2)}, {RuleArn: two.Rules[0].RuleArn, Priority: aws.Int32(1)},
	}})
	require.NoError(t, err, "they may change places")
	out, err := a.api.DescribeRules(t.Context(), &awselb.DescribeRulesInput{ListenerArn: l.ListenerArn})
	require.NoError(t, err)
	require.Len(t, out.Rules, 3)
	require.Equal(t, two.Rules[0].RuleArn, out.Rules[0].RuleArn)
	require.Equal(t, "default", aws.ToString(out.Rules[2].Priority))
	require.Equal(t, []string{"/2/*"}, out.Rules[0].Conditions[0].Values)
	require.Equal(t, []string{"/2/*"}, out.Rules[0].Conditions[0].PathPatternConfig.Values)

	_, err = a.api.DeleteRule(t.Context(), &awselb.DeleteRuleInput{RuleArn: out.Rules[2].RuleArn})
	var denied *elbtypes.OperationNotPermittedException
	require.ErrorAs(t, err, &denied)
}

func TestPages(t *testing.T) {
	t.Parallel()
	a := newAccount(t, fakes.Options{})
	for i := range 5 {
		a.group(fmt.Sprintf("web-%d", i))
	}
	var names []string
	pages := awselb.NewDescribeTargetGroupsPaginator(a.api, &awselb.DescribeTargetGroupsInput{PageSize: aws.Int32(2)})
	for n := 0; pages.HasMorePages(); n++ {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, g := range page.TargetGroups {
			names = append(names, aws.ToString(g.TargetGroupName))
		}
		require.LessOrEqual(t, n, 2)
	}
	require.Equal(t, []string{"web-0", "web-1", "web-2", "web-3", "web-4"}, names)
	_, err := a.api.DescribeTargetGroups(t.Context(), &awselb.DescribeTargetGroupsInput{Marker: aws.String("x")})
	var invalid smithy.APIError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, "ValidationError", invalid.ErrorCode())
}

func TestDeletionProtection(t *testing.T) {
	t.Parallel()
	a := newAccount(t, fakes.Options{})
	b := a.balancer("shop")
	protect := func(value string) {
		_, err := a.api.ModifyLoadBalancerAttributes(t.Context(), &awselb.ModifyLoadBalancerAttributesInput{
			LoadBalancerArn: b.LoadBalancerArn,
			Attributes:      []elbtypes.LoadBalancerAttribute{{Key: aws.String("deletion_protection.enabled"), Value: &value}},
		})
		require.NoError(t, err)
	}
	protect("true")
	_, err := a.api.DeleteLoadBalancer(t.Context(), &awselb.DeleteLoadBalancerInput{LoadBalancerArn: b.LoadBalancerArn})
	var denied *elbtypes.OperationNotPermittedException
	require.ErrorAs(t, err, &denied)
	require.Contains(t, denied.ErrorMessage(), "deletion protection is enabled")
	protect("false")
	for range 2 {
		_, err = a.api.DeleteLoadBalancer(t.Context(), &awselb.DeleteLoadBalancerInput{LoadBalancerArn: b.LoadBalancerArn})
		require.NoError(t, err, "also when it is gone")
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	a := newAccount(t, fakes.Options{})
	g := a.group("web")
	arns := []string{aws.ToString(g.TargetGroupArn)}
	_, err := a.api.AddTags(t.Context(), &awselb.AddTagsInput{ResourceArns: arns, Tags: []elbtypes.Tag{
		{Key: aws.String("team"), Value: aws.String("shop")}, {Key: aws.String("env"), Value: aws.String("test")},
	}})
	require.NoError(t, err)
	_, err = a.api.RemoveTags(t.Context(), &awselb.RemoveTagsInput{ResourceArns: arns, TagKeys: []string{"env"}})
	require.NoError(t, err)
	out, err := a.api.DescribeTags(t.Context(), &awselb.DescribeTagsInput{ResourceArns: arns})
	require.NoError(t, err)
	require.Equal(t, []elbtypes.Tag{{Key: aws.String("team"), Value: aws.String("shop")}}, out.TagDescriptions[0].Tags)
	_, err = a.api.DescribeTags(t.Context(), &awselb.DescribeTagsInput{ResourceArns: make([]string, 21)})
	require.ErrorContains(t, err, "ValidationError")
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	a := newAccount(t, fakes.Options{})
	b, g := a.balancer("shop"), a.group("web")
	arn := func(n int) elbtypes.Certificate {
		return elbtypes.Certificate{CertificateArn: aws.String(fmt.Sprintf("arn:aws:acm:us-east-1:123456789012:certificate/%d", n))}
	}
	made, err := a.api.CreateListener(t.Context(), &awselb.CreateListenerInput{
		LoadBalancerArn: b.LoadBalancerArn, Port: aws.Int32(443), Protocol: elbtypes.ProtocolEnumHttps,
		Certificates: []elbtypes.Certificate{arn(1)}, DefaultActions: forwardTo(aws.ToString(g.TargetGroupArn)),
	})
	require.NoError(t, err)
	l := made.Listeners[0].ListenerArn
	require.Equal(t, "ELBSecurityPolicy-2016-08", aws.ToString(made.Listeners[0].SslPolicy))
	_, err = a.api.AddListenerCertificates(t.Context(), &awselb.AddListenerCertificatesInput{
		ListenerArn: l, Certificates: []elbtypes.Certificate{arn(2), arn(3)},
	})
	require.NoError(t, err)
	_, err = a.api.RemoveListenerCertificates(t.Context(), &awselb.RemoveListenerCertificatesInput{
		ListenerArn: l, Certificates: []elbtypes.Certificate{arn(2)},
	})
	require.NoError(t, err)
	out, err := a.api.DescribeListenerCertificates(t.Context(), &awselb.DescribeListenerCertificatesInput{ListenerArn: l})
	require.NoError(t, err)
	require.Len(t, out.Certificates, 2)
	require.True(t, *out.Certificates[0].IsDefault)
	_, err = a.api.RemoveListenerCertificates(t.Context(), &awselb.RemoveListenerCertificatesInput{
		ListenerArn: l, Certificates: []elbtypes.Certificate{arn(1)},
	})
	var denied *elbtypes.OperationNotPermittedException
	require.ErrorAs(t, err, &denied)
	_, err = a.api.ModifyListener(t.Context(), &awselb.ModifyListenerInput{ListenerArn: l, SslPolicy: aws.String("nope")})
	var policy *elbtypes.SSLPolicyNotFoundException
	require.ErrorAs(t, err, &policy)
}

func TestPortsAreUnique(t *testing.T) {
	t.Parallel()
	a := newAccount(t, fakes.Options{})
	b, g := a.balancer("shop"), a.group("web")
	a.listener(b.LoadBalancerArn, 80, g.TargetGroupArn)
	_, err := a.api.CreateListener(t.Context(), &awselb.CreateListenerInput{
		LoadBalancerArn: b.LoadBalancerArn, Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: forwardTo(aws.ToString(g.TargetGroupArn)),
	})
	var duplicate *elbtypes.DuplicateListenerException
	require.ErrorAs(t, err, &duplicate)
	require.Contains(t, duplicate.ErrorMessage(), "A listener already exists on this port for this load balancer")
}

func TestUnregisteredTarget(t *testing.T) {
	t.Parallel()
	a := newAccount(t, fakes.Options{})
	g := a.group("web")
	out, err := a.api.DescribeTargetHealth(t.Context(), &awselb.DescribeTargetHealthInput{
		TargetGroupArn: g.TargetGroupArn, Targets: []elbtypes.TargetDescription{{Id: aws.String("172.31.0.9")}},
	})
	require.NoError(t, err)
	h := out.TargetHealthDescriptions[0].TargetHealth
	require.Equal(t, elbtypes.TargetHealthStateEnumUnused, h.State)
	require.Equal(t, elbtypes.TargetHealthReasonEnumNotRegistered, h.Reason)
}

func TestNotModelled(t *testing.T) {
	t.Parallel()
	a := newAccount(t, fakes.Options{})
	_, err := a.api.CreateLoadBalancer(t.Context(), &awselb.CreateLoadBalancerInput{
		Name: aws.String("gateway"), Subnets: a.subnets, Type: elbtypes.LoadBalancerTypeEnumGateway,
	})
	require.ErrorContains(t, err, "not modelled")
	_, err = a.api.CreateTargetGroup(t.Context(), &awselb.CreateTargetGroupInput{
		Name: aws.String("fn"), TargetType: elbtypes.TargetTypeEnumLambda,
	})
	require.ErrorContains(t, err, "not modelled")
}

func TestAccount(t *testing.T) {
	t.Parallel()
	a := newAccount(t, fakes.Options{})
	policies, err := a.api.DescribeSSLPolicies(t.Context(), &awselb.DescribeSSLPoliciesInput{Names: []string{"ELBSecurityPolicy-TLS13-1-3-2021-06"}})
	require.NoError(t, err)
	require.Equal(t, []string{"TLSv1.3"}, policies.SslPolicies[0].SslProtocols)
	limits, err := a.api.DescribeAccountLimits(t.Context(), &awselb.DescribeAccountLimitsInput{PageSize: aws.Int32(3)})
	require.NoError(t, err)
	require.Len(t, limits.Limits, 3)
	require.NotNil(t, limits.NextMarker)
}
