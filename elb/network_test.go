// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsclassic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// served is a stack of routes that are served on ports from 9000 on.
func served(routes ...elb.ServiceRoute) slipway.Stack {
	var all []slipway.Resource
	for i, r := range routes {
		group, forwarder := r.Serve("web"+string(rune('a'+i)), int32(9000+i), vpc.Default())
		all = append(all, group, forwarder)
	}
	return slipway.NewStack("shop", all...)
}

func TestNetworkApplyChangeDestroy(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	api := awselb.NewFromConfig(cloud.Config())
	nlb := elb.NewNetwork("mqtt", vpc.Default())
	apply(t, cloud, served(nlb.TCP(1883), nlb.UDP(53), nlb.TCPUDP(54), nlb.TLS(8883, certificate, another)))
	b, err := api.DescribeLoadBalancers(t.Context(), &awselb.DescribeLoadBalancersInput{})
	require.NoError(t, err)
	require.Equal(t, elbtypes.LoadBalancerTypeEnumNetwork, b.LoadBalancers[0].Type)
	require.Len(t, b.LoadBalancers[0].SecurityGroups, 1)
	require.Contains(t, *b.LoadBalancers[0].LoadBalancerArn, ":loadbalancer/net/mqtt/")

	// Everything that can be changed, and back.
	other := nlb.WithCrossZone().WithTag("team", "iot").WithZoneAffinity(elb.PartlyOwnZone)
	apply(t, cloud, served(
		other.TCP(1883).WithIdleTimeout(time.Minute).WithClientIP(true).WithProxyProtocol().WithSourceStickiness(),
		other.TLS(8883, another).WithALPN(elb.HTTP2Preferred).WithDeregistrationDelay(time.Second),
	))
	l, err := api.DescribeListeners(t.Context(), &awselb.DescribeListenersInput{LoadBalancerArn: b.LoadBalancers[0].LoadBalancerArn})
	require.NoError(t, err)
	require.Len(t, l.Listeners, 2)
	apply(t, cloud, served(nlb.TCP(1883), nlb.TLS(8883, another)))

	require.NoError(t, served(nlb.TCP(1883)).Destroy(t.Context(), cloud.Config()))
	left, err := api.DescribeLoadBalancers(t.Context(), &awselb.DescribeLoadBalancersInput{})
	require.NoError(t, err)
	require.Empty(t, left.LoadBalancers)
	groups, err := api.DescribeTargetGroups(t.Context(), &awselb.DescribeTargetGroupsInput{})
	require.NoError(t, err)
	require.Empty(t, groups.TargetGroups)
}

func TestNetworkWithStaticAddresses(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	network := awsec2.NewFromConfig(cloud.Config())
	out, err := network.DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	address, err := network.AllocateAddress(t.Context(), &awsec2.AllocateAddressInput{})
	require.NoError(t, err)
	public := elb.NewNetwork("public", vpc.Default()).WithElasticIP(*out.Subnets[0].SubnetId, *address.AllocationId)
	apply(t, cloud, slipway.NewStack("public", public))
	held, err := network.DescribeAddresses(t.Context(), &awsec2.DescribeAddressesInput{})
	require.NoError(t, err)
	require.NotNil(t, held.Addresses[0].AssociationId)
	_, err = slipway.NewStack("twice", elb.NewNetwork("twice", vpc.Default()).
		WithElasticIP(*out.Subnets[1].SubnetId, *address.AllocationId)).Apply(t.Context(), cloud.Config())
	require.ErrorContains(t, err, "already in use")

	inner := elb.NewNetwork("inner", vpc.Default()).WithInternal().WithPrivateIP(*out.Subnets[0].SubnetId, "172.31.0.99")
	apply(t, cloud, slipway.NewStack("inner", inner))
	_, err = slipway.NewStack("inner", inner.WithPrivateIP(*out.Subnets[1].SubnetId, "10.0.0.1")).Plan(t.Context(), cloud.Config())
	require.NoError(t, err, "the subnet's range is not known before")
	require.NoError(t, slipway.NewStack("public", public).Destroy(t.Context(), cloud.Config()))
	held, err = network.DescribeAddresses(t.Context(), &awsec2.DescribeAddressesInput{})
	require.NoError(t, err)
	require.Nil(t, held.Addresses[0].AssociationId, "the address is free again")
}

func TestGroupsOnlyAtCreation(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	bare := elb.NewNetwork("bare", vpc.Default()).WithoutSecurityGroup()
	apply(t, cloud, slipway.NewStack("bare", bare))
	_, err := slipway.NewStack("bare", elb.NewNetwork("bare", vpc.Default())).Apply(t.Context(), cloud.Config())
	require.ErrorContains(t, err, "created without any security groups")
}

func TestAdmissions(t *testing.T) {
	t.Parallel()
	nlb := elb.NewNetwork("mqtt", vpc.Default()).WithSecurityGroup(vpc.GroupID("sg-1"))
	for _, row := range []struct {
		name  string
		route elb.ServiceRoute
		want  []vpc.Ports
		why   string
	}{
		{"tcp", nlb.TCP(1), []vpc.Ports{vpc.TCP(80)}, "the port and no more"},
		{"udp", nlb.UDP(1), []vpc.Ports{vpc.UDP(80), vpc.TCP(80)}, "datagrams, and the health check, which is none"},
		{"both", nlb.TCPUDP(1), []vpc.Ports{vpc.UDP(80), vpc.TCP(80)}, "both on one port"},
		{"check", nlb.TCP(1).WithHealthCheck(elb.HealthCheck{Port: 81}), []vpc.Ports{vpc.TCP(80), vpc.TCP(81)}, "the check has its own port"},
		{"application", elb.NewApplication("shop", vpc.Default()).Route("/*"), []vpc.Ports{vpc.TCP(80)}, "as ever"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var got []vpc.Ports
			for _, a := range row.route.Admissions(80) {
				got = append(got, a.Ports)
			}
			require.Equal(t, row.want, got, row.why)
		})
	}
	open := nlb.WithoutSecurityGroup().TCP(1).Admissions(80)
	require.Equal(t, []vpc.Peer{vpc.CIDR("0.0.0.0/0"), vpc.CIDR("::/0")}, []vpc.Peer{open[0].From, open[1].From}, "the clients come by themselves")
}

func TestNetworkURL(t *testing.T) {
	t.Parallel()
	nlb := elb.NewNetwork("mqtt", vpc.Default())
	dns := slipway.Ref(nlb.ID(), "dns")
	require.Equal(t, "tcp://"+dns+":1883", nlb.TCP(1883).URL())
	require.Equal(t, "tls://"+dns+":8883", nlb.TLS(8883, certificate).URL())
	require.Equal(t, "tcp://"+dns+":53", nlb.TCPUDP(53).URL())
}

func TestValidateNetwork(t *testing.T) {
	t.Parallel()
	nlb := elb.NewNetwork("my_nlb", vpc.Default()).WithAttribute("idle_timeout.timeout_seconds", "5").
		WithPrivateIP("subnet-1", "10.0.0.1").WithIPAddressType(elb.DualstackWithoutPublicIPv4)
	err := nlb.Validate()
	for _, part := range []string{
		`Name: got "my_nlb"`, "Attributes[idle_timeout.timeout_seconds]: got an unknown key", "IpAddressType: got dualstack-without",
		"SubnetMappings[0].PrivateIPv4Address: got 10.0.0.1, want none unless it is an internal network load balancer",
	} {
		require.ErrorContains(t, err, part)
	}
	group := elb.NewTargetGroup("udp", 53, vpc.Default()).WithProtocol(elb.UDP).WithClientIP(false)
	require.ErrorContains(t, group.Validate(), "Attributes[preserve_client_ip.enabled]: got false, want true")
	web := elb.NewTargetGroup("web", 80, vpc.Default())
	listener := elb.NewNetworkListener(elb.NewNetwork("n", vpc.Default()), elb.TCP, 80, elb.ForwardTo(web)).WithALPN(elb.HTTP1Only)
	require.ErrorContains(t, listener.Validate(), "AlpnPolicy: got HTTP1Only, want none")
	require.ErrorContains(t, slipway.NewStack("s", listener).Validate(), "a target group of HTTP on a listener of TCP, want one of TCP or TCP_UDP")
}

func TestEverythingOfNetworksComesBack(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	nlb := fullNetwork()
	group, listener := fullNetworkRoute(nlb).Forward("web", 8080, nlb.Network())
	second := elb.NewTargetGroup("second", 80, vpc.Default()).WithProtocol(elb.TCP).WithCrossZone(true).WithSourceStickiness().WithProxyProtocol()
	apply(t, cloud, slipway.NewStack("shop", nlb, group, listener, second, fullNetworkListener(nlb, second)))
}

func TestClassicApplyChangeDestroy(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	plain := elb.NewClassic("old", vpc.Default(), elb.ClassicListener{Protocol: elb.HTTP, Port: 80, TargetPort: 8080})
	stack := slipway.NewStack("shop", plain)
	plan, err := stack.Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.Contains(t, plan.String(), "legacy", "the plan warns")
	apply(t, cloud, stack)
	apply(t, cloud, slipway.NewStack("shop", fullClassic(plain)))
	apply(t, cloud, stack)
	require.NoError(t, stack.Destroy(t.Context(), cloud.Config()))
	left, err := awsclassic.NewFromConfig(cloud.Config()).DescribeLoadBalancers(t.Context(), &awsclassic.DescribeLoadBalancersInput{})
	require.NoError(t, err)
	require.Empty(t, left.LoadBalancerDescriptions)
}

func TestValidateClassic(t *testing.T) {
	t.Parallel()
	b := elb.NewClassic("old_elb", vpc.Default(), elb.ClassicListener{Protocol: elb.HTTPS, Port: 443, TargetProtocol: elb.TCP, TargetPort: 0}).
		WithHealthCheck(elb.ClassicHealthCheck{Path: "/x", Interval: time.Second}).WithIdleTimeout(2 * time.Hour).WithDraining(2 * time.Hour)
	err := b.Validate()
	for _, part := range []string{
		"LoadBalancerName", "Listeners[0].InstanceProtocol: got TCP behind HTTPS", "Listeners[0].SSLCertificateId: got none",
		"Listeners[0].InstancePort: got 0", "HealthCheck.Target", "HealthCheck.Interval: got 1s", "Attributes.ConnectionSettings.IdleTimeout",
		"Attributes.ConnectionDraining.Timeout",
	} {
		require.ErrorContains(t, err, part)
	}
}

func TestEndpointService(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	nlb := elb.NewNetwork("mqtt", vpc.Default())
	service := elb.NewEndpointService("mqtt", nlb)
	apply(t, cloud, slipway.NewStack("shop", service))
	apply(t, cloud, slipway.NewStack("shop", fullService(service)))
	balancers := awselb.NewFromConfig(cloud.Config())
	_, err := balancers.DeleteLoadBalancer(t.Context(), &awselb.DeleteLoadBalancerInput{LoadBalancerArn: first(t, balancers, "mqtt")})
	require.ErrorContains(t, err, "currently associated with another service")
	network := awsec2.NewFromConfig(cloud.Config())
	out, err := network.DescribeVpcEndpointServiceConfigurations(t.Context(), &awsec2.DescribeVpcEndpointServiceConfigurationsInput{})
	require.NoError(t, err)
	require.Len(t, out.ServiceConfigurations, 1)
	require.False(t, *out.ServiceConfigurations[0].AcceptanceRequired)
	require.Len(t, out.ServiceConfigurations[0].NetworkLoadBalancerArns, 2)
	apply(t, cloud, slipway.NewStack("shop", service))
	require.NoError(t, slipway.NewStack("shop", service).Destroy(t.Context(), cloud.Config()))
	out, err = network.DescribeVpcEndpointServiceConfigurations(t.Context(), &awsec2.DescribeVpcEndpointServiceConfigurationsInput{})
	require.NoError(t, err)
	require.Empty(t, out.ServiceConfigurations)
	require.ErrorContains(t, service.WithAllowed("everybody").Validate(), `Principals[0]: got "everybody"`)
}

func first(t *testing.T, api *awselb.Client, name string) *string {
	t.Helper()
	out, err := api.DescribeLoadBalancers(t.Context(), &awselb.DescribeLoadBalancersInput{Names: []string{name}})
	require.NoError(t, err)
	return out.LoadBalancers[0].LoadBalancerArn
}

func TestLeastPolicyIsEnoughForTheRest(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	nlb := elb.NewNetwork("mqtt", vpc.Default())
	group, listener := nlb.TLS(8883, certificate, another).Forward("web", 80, vpc.Default())
	classic := elb.NewClassic("old", vpc.Default(), elb.ClassicListener{Protocol: elb.TCP, Port: 80, TargetPort: 8080}).WithTag("a", "b")
	stack := slipway.NewStack("shop", group, listener, classic, elb.NewEndpointService("mqtt", nlb).WithAllowed("*"))
	plan, err := stack.Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	deployer(t, cloud, plan.Policy())
	_, err = stack.Apply(t.Context(), cloud.ConfigAs("deployer"))
	require.NoError(t, err)
}

// TestPairKeepsItsWeights: who shifts traffic is not fought.
func TestPairKeepsItsWeights(t *testing.T) {
	t.Parallel()
	nlb := elb.NewNetwork("mqtt", vpc.Default())
	app := elb.NewApplication("shop", vpc.Default())
	for _, row := range []struct {
		name     string
		route    func(tag string) elb.ServiceRoute
		describe func(t *testing.T, api *awselb.Client) []elbtypes.Action
		modify   func(t *testing.T, api *awselb.Client, actions []elbtypes.Action)
	}{
		{"application", func(tag string) elb.ServiceRoute {
			return app.Route("/*").WithTag("a", tag).WithTestRoute(app.Route("/*").WithHeader("X-Test", "1"))
		}, ruleActions, func(t *testing.T, api *awselb.Client, actions []elbtypes.Action) {
			t.Helper()
			arn := productionRule(t, api).RuleArn
			_, err := api.ModifyRule(t.Context(), &awselb.ModifyRuleInput{RuleArn: arn, Actions: actions})
			require.NoError(t, err)
		}},
		{"network", func(tag string) elb.ServiceRoute {
			return nlb.TCP(80).WithTag("a", tag).WithTestRoute(nlb.TCP(81))
		}, func(t *testing.T, api *awselb.Client) []elbtypes.Action {
			t.Helper()
			return networkListener(t, api).DefaultActions
		}, func(t *testing.T, api *awselb.Client, actions []elbtypes.Action) {
			t.Helper()
			arn := networkListener(t, api).ListenerArn
			_, err := api.ModifyListener(t.Context(), &awselb.ModifyListenerInput{ListenerArn: arn, DefaultActions: actions})
			require.NoError(t, err)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			cloud := fakes.New(fakes.Options{})
			api := awselb.NewFromConfig(cloud.Config())
			stack := func(tag string) slipway.Stack {
				return slipway.NewStack("shop", row.route(tag).ForwardPair("web", 8080, vpc.Default()).Resources()...)
			}
			require.NotNil(t, row.route("1").ForwardPair("web", 8080, vpc.Default()).Test)
			apply(t, cloud, stack("1"))
			actions := row.describe(t, api)
			require.Equal(t, []int32{100, 0}, weights(actions))
			shifted := actions[0].ForwardConfig.TargetGroups
			shifted[0].Weight, shifted[1].Weight = aws.Int32(5), aws.Int32(95)
			row.modify(t, api, actions)
			apply(t, cloud, stack("1"))
			apply(t, cloud, stack("2"))
			require.Equal(t, []int32{5, 95}, weights(row.describe(t, api)), "another change leaves them alone")
		})
	}
}

func weights(actions []elbtypes.Action) []int32 {
	var all []int32
	for _, g := range actions[0].ForwardConfig.TargetGroups {
		all = append(all, *g.Weight)
	}
	return all
}

func networkListener(t *testing.T, api *awselb.Client) elbtypes.Listener {
	t.Helper()
	out, err := api.DescribeListeners(t.Context(), &awselb.DescribeListenersInput{LoadBalancerArn: first(t, api, "mqtt")})
	require.NoError(t, err)
	for _, l := range out.Listeners {
		if *l.Port == 80 {
			return l
		}
	}
	require.Fail(t, "no listener on port 80")
	return elbtypes.Listener{}
}

func productionRule(t *testing.T, api *awselb.Client) elbtypes.Rule {
	t.Helper()
	l, err := api.DescribeListeners(t.Context(), &awselb.DescribeListenersInput{LoadBalancerArn: first(t, api, "shop")})
	require.NoError(t, err)
	out, err := api.DescribeRules(t.Context(), &awselb.DescribeRulesInput{ListenerArn: l.Listeners[0].ListenerArn})
	require.NoError(t, err)
	for _, r := range out.Rules {
		if len(r.Conditions) == 1 {
			return r
		}
	}
	require.Fail(t, "no rule of production traffic")
	return elbtypes.Rule{}
}

func ruleActions(t *testing.T, api *awselb.Client) []elbtypes.Action {
	t.Helper()
	return productionRule(t, api).Actions
}
