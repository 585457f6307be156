// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// fleet are instances under control.
type fleet struct {
	world.Instances
	all  map[string]world.Instance
	told []func(region string, i world.Instance)
}

func (h *fleet) Instance(_, id string) (world.Instance, bool) {
	i, ok := h.all[id]
	return i, ok
}

func (h *fleet) OnInstance(f func(region string, i world.Instance)) { h.told = append(h.told, f) }

// turn changes the state of an instance.
func (l *lab) turn(h *fleet, id, state string) {
	l.sim.Do(func() {
		i := h.all[id]
		i.State = state
		h.all[id] = i
		for _, f := range h.told {
			f(region, i)
		}
	})
}

func newFleet() *fleet {
	return &fleet{all: map[string]world.Instance{
		"i-1": {ID: "i-1", State: "running", Interface: world.Interface{ID: "eni-i1", VPC: vpcID, Zone: region + "a", PrivateIP: "10.0.0.1"}},
		"i-2": {ID: "i-2", State: "pending", Interface: world.Interface{ID: "eni-i2", VPC: vpcID, Zone: region + "a", PrivateIP: "10.0.1.1"}},
		"i-3": {ID: "i-3", State: "running", Interface: world.Interface{ID: "eni-i3", VPC: "vpc-2", Zone: region + "a", PrivateIP: "10.9.0.1"}},
	}}
}

func tcp(in *awselb.CreateTargetGroupInput) { in.Protocol = elbtypes.ProtocolEnumTcp }

// network makes a Network Load Balancer with a listener of the protocol on port 80.
func (l *lab) networkBalancer(name string, p elbtypes.ProtocolEnum, groups ...string) site {
	l.t.Helper()
	b := must[awselb.CreateLoadBalancerOutput](l, "CreateLoadBalancer", &awselb.CreateLoadBalancerInput{
		Name: &name, Subnets: []string{"subnet-a"}, Type: elbtypes.LoadBalancerTypeEnumNetwork,
	}).LoadBalancers[0]
	action := elbtypes.Action{Type: elbtypes.ActionTypeEnumForward, ForwardConfig: &elbtypes.ForwardActionConfig{}}
	for i, g := range groups {
		weight := int32(100)
		if i > 0 {
			weight = 0
		}
		action.ForwardConfig.TargetGroups = append(action.ForwardConfig.TargetGroups, elbtypes.TargetGroupTuple{TargetGroupArn: &g, Weight: &weight})
	}
	in := &awselb.CreateListenerInput{
		LoadBalancerArn: b.LoadBalancerArn, Port: aws.Int32(80), Protocol: p, DefaultActions: []elbtypes.Action{action},
	}
	if p == elbtypes.ProtocolEnumTls {
		in.Certificates = []elbtypes.Certificate{{CertificateArn: aws.String("arn:aws:acm:us-east-1:123456789012:certificate/1")}}
	}
	made := must[awselb.CreateListenerOutput](l, "CreateListener", in)
	l.sim.Advance(time.Second)
	return site{lab: l, arn: *b.LoadBalancerArn, listener: *made.Listeners[0].ListenerArn, host: *b.DNSName}
}

func TestNetworkPassesConnectionsOn(t *testing.T) {
	t.Parallel()
	l := newLab(t, world.Timing{})
	web := l.group("web", tcp)
	l.register(web, "10.0.0.1")
	s := l.networkBalancer("mqtt", elbtypes.ProtocolEnumTcp, web)
	require.Regexp(t, `^mqtt-[0-9a-f]{16}\.elb\.eu-west-1\.amazonaws\.com$`, s.host)
	l.sim.Advance(time.Second)
	l.wants(web, "10.0.0.1", "healthy", "", "")
	require.Empty(t, l.program.lastPath, "the health check of a TCP group only connects")
	status, body, _ := s.get("/x")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "10.0.0.1:8080")
	l.program.status = http.StatusTeapot
	status, _, header := s.get("/")
	require.Equal(t, http.StatusTeapot, status)
	require.Empty(t, header.Get("Server"), "the balancer does not look into what passes")
}

func TestNetworkHasNoPagesOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		protocol elbtypes.ProtocolEnum
		sabotage func(l *lab, web string)
		want     error
		reason   string
	}{
		{"no target", elbtypes.ProtocolEnumTcp, func(l *lab, web string) { l.deregister(web, "10.0.0.1") }, syscall.ECONNRESET, "nobody is there"},
		{"deaf", elbtypes.ProtocolEnumTcp, func(l *lab, _ string) { l.program.deaf = true }, syscall.ECONNRESET, "the target refuses"},
		{"closed", elbtypes.ProtocolEnumTcp, func(l *lab, _ string) { l.network.inside = true; l.network.closed = true }, syscall.ETIMEDOUT, "the target's groups drop it"},
		{"plain to TLS", elbtypes.ProtocolEnumTls, func(*lab, string) {}, syscall.ECONNRESET, "no handshake"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, world.Timing{})
			web := l.group("web", tcp)
			l.register(web, "10.0.0.1")
			s := l.networkBalancer("mqtt", row.protocol, web)
			row.sabotage(l, web)
			l.sim.Advance(time.Second)
			_, err := s.send("http://" + s.host + ":80/")
			require.ErrorIs(t, err, row.want, row.reason)
		})
	}
}

func TestShiftedTrafficOfListenersAndRules(t *testing.T) {
	t.Parallel()
	l := newLab(t, world.Timing{})
	blue, green := l.group("blue", tcp), l.group("green", tcp)
	l.register(blue, "10.0.0.1")
	l.network.at["10.0.0.2"] = world.Interface{ID: "eni-d", VPC: vpcID, Zone: region + "a"}
	l.register(green, "10.0.0.2")
	nlb := l.networkBalancer("mqtt", elbtypes.ProtocolEnumTcp, blue, green)
	alb, web := newSite(t)
	second := alb.group("second")
	alb.network.at["10.0.1.2"] = world.Interface{ID: "eni-d", VPC: vpcID, Zone: region + "b"}
	alb.register(second, "10.0.1.2")
	rule := alb.act(1, elbtypes.Action{Type: elbtypes.ActionTypeEnumForward, ForwardConfig: &elbtypes.ForwardActionConfig{
		TargetGroups: []elbtypes.TargetGroupTuple{{TargetGroupArn: &web, Weight: aws.Int32(100)}, {TargetGroupArn: &second, Weight: aws.Int32(0)}},
	}}, path("/*"))
	for _, row := range []struct {
		name                    string
		at                      site
		arn, production, second string
		address                 string
	}{
		{"listener", nlb, nlb.listener, blue, green, "10.0.0.2"},
		{"rule", alb, rule, web, second, "10.0.1.2"},
	} {
		t.Run(row.name, func(t *testing.T) { //nolint:paralleltest // they share the clock
			row.at.sim.Advance(time.Second)
			for _, percent := range []int{0, 10, 50, 100} {
				row.at.sim.Do(func() {
					row.at.fake.SetWeights(region, row.arn, map[string]int{row.production: 100 - percent, row.second: percent, "stranger": 7})
					got, ok := row.at.fake.Weights(region, row.arn)
					require.True(t, ok)
					require.Equal(t, map[string]int{row.production: 100 - percent, row.second: percent}, got)
				})
				n := 0
				for range 100 {
					if _, body, _ := row.at.get("/"); strings.Contains(body, row.address) {
						n++
					}
				}
				require.Equal(t, percent, n, "exactly so many of a hundred requests")
			}
		})
	}
	l.sim.Do(func() {
		_, ok := l.fake.Weights(region, "arn:nothing")
		require.False(t, ok)
		l.fake.SetWeights(region, "arn:nothing", nil)
	})
	out := must[awselb.DescribeListenersOutput](l, "DescribeListeners", &awselb.DescribeListenersInput{ListenerArns: []string{nlb.listener}})
	require.Equal(t, int32(0), *out.Listeners[0].DefaultActions[0].ForwardConfig.TargetGroups[0].Weight, "and it is described so")
}

func TestInstancesAsTargets(t *testing.T) {
	t.Parallel()
	l, h := newLab(t, world.Timing{}), newFleet()
	l.fake.SetInstances(h)
	web := l.group("web", tcp, func(in *awselb.CreateTargetGroupInput) { in.TargetType = elbtypes.TargetTypeEnumInstance })
	s := l.networkBalancer("mqtt", elbtypes.ProtocolEnumTcp, web)
	register := func(id string) error {
		_, err := call[awselb.RegisterTargetsOutput](l, "RegisterTargets", &awselb.RegisterTargetsInput{
			TargetGroupArn: &web, Targets: []elbtypes.TargetDescription{{Id: &id, Port: aws.Int32(32768)}},
		})
		return err
	}
	require.ErrorContains(t, register("i-9"), "'i-9' is not valid")
	require.ErrorContains(t, register("i-2"), "not in a running state")
	require.ErrorContains(t, register("i-3"), "not in the target group VPC")
	require.NoError(t, register("i-1"))
	l.sim.Advance(time.Second)
	require.Equal(t, int32(32768), l.program.lastPort, "the host port is asked")
	_, body, _ := s.get("/")
	require.Contains(t, body, "i-1:32768")
	l.turn(h, "i-1", "stopping")
	l.sim.Advance(time.Second)
	state := func() elbtypes.TargetHealth {
		out := must[awselb.DescribeTargetHealthOutput](l, "DescribeTargetHealth", &awselb.DescribeTargetHealthInput{TargetGroupArn: &web})
		if len(out.TargetHealthDescriptions) == 0 {
			return elbtypes.TargetHealth{}
		}
		return *out.TargetHealthDescriptions[0].TargetHealth
	}
	require.Equal(t, elbtypes.TargetHealthReasonEnumInvalidState, state().Reason)
	l.turn(h, "i-1", "running")
	l.sim.Advance(time.Second)
	require.Equal(t, elbtypes.TargetHealthStateEnumHealthy, state().State)
	l.turn(h, "i-1", "terminated")
	l.sim.Advance(time.Second)
	require.Empty(t, state().State, "it is no target any more")
}

func TestBalancerAsTarget(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t)
	behind := s.group("behind", tcp, func(in *awselb.CreateTargetGroupInput) {
		in.TargetType, in.Port = elbtypes.TargetTypeEnumAlb, aws.Int32(80)
	})
	register := func(id string, port int32) error {
		_, err := call[awselb.RegisterTargetsOutput](s.lab, "RegisterTargets", &awselb.RegisterTargetsInput{
			TargetGroupArn: &behind, Targets: []elbtypes.TargetDescription{{Id: &id, Port: &port}},
		})
		return err
	}
	require.ErrorContains(t, register(s.arn, 81), "must have at least one listener that matches the target group port")
	require.NoError(t, register(s.arn, 80))
	nlb := s.networkBalancer("front", elbtypes.ProtocolEnumTcp, behind)
	require.ErrorContains(t, register(nlb.arn, 80), "not an Application Load Balancer")
	s.sim.Advance(time.Second)
	_, body, _ := nlb.get("/")
	require.Contains(t, body, "10.0.", "the answer comes from a target of the second balancer")
	_, err := call[awselb.DeleteListenerOutput](s.lab, "DeleteListener", &awselb.DeleteListenerInput{ListenerArn: &s.listener})
	require.ErrorContains(t, err, "Listener port ‘80’ is in use by registered target ‘"+s.arn+"’ and cannot be removed.")
	_, err = call[awselb.DeleteLoadBalancerOutput](s.lab, "DeleteLoadBalancer", &awselb.DeleteLoadBalancerInput{LoadBalancerArn: &s.arn})
	require.ErrorContains(t, err, "is in use by registered target")
}

func TestRulesOfNetworkListeners(t *testing.T) {
	t.Parallel()
	l := newLab(t, world.Timing{})
	web, four := l.group("web", tcp), l.group("four", tcp)
	l.network.at["10.0.0.2"] = world.Interface{ID: "eni-d", VPC: vpcID, Zone: region + "a"}
	l.register(web, "10.0.0.1")
	l.register(four, "10.0.0.2")
	s := l.networkBalancer("mqtt", elbtypes.ProtocolEnumTcp, web)
	create := func(config *elbtypes.SourceIpConditionConfig) error {
		_, err := call[awselb.CreateRuleOutput](l, "CreateRule", &awselb.CreateRuleInput{
			ListenerArn: &s.listener, Priority: aws.Int32(1), Actions: forwardTo(four),
			Conditions: []elbtypes.RuleCondition{{Field: aws.String("source-ip"), SourceIpConfig: config}},
		})
		return err
	}
	require.Error(t, create(&elbtypes.SourceIpConditionConfig{Values: []string{"10.0.0.0/8"}}), "ranges are for Application Load Balancers")
	require.NoError(t, create(&elbtypes.SourceIpConditionConfig{IpAddressType: elbtypes.SourceIpAddressTypeEnumIpv4}))
	l.sim.Advance(time.Second)
	_, body, _ := s.get("/")
	require.Contains(t, body, "10.0.0.2", "the client has an IPv4 address")
}

func TestNetworkTLS(t *testing.T) {
	t.Parallel()
	l := newLab(t, world.Timing{})
	web := l.group("web", tcp)
	l.register(web, "10.0.0.1")
	s := l.networkBalancer("mqtt", elbtypes.ProtocolEnumTls, web)
	l.sim.Advance(time.Second)
	response, err := s.send("https://" + s.host + ":80/")
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Contains(t, string(text), "10.0.0.1")
}
