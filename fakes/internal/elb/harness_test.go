// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/elb"
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

const region, vpcID = "eu-west-1", "vpc-1"

// network is a VPC with subnets in two zones where everything that is not closed
// is open.
type network struct {
	attached map[string]string // interface to subnet
	made     int
	at       map[string]world.Interface
	closed   bool // to all
	inside   bool // closed between balancers and targets
	private  bool // subnets
	full     bool
}

func newNetwork() *network {
	return &network{attached: map[string]string{}, at: map[string]world.Interface{
		"10.0.0.1": {ID: "eni-a", VPC: vpcID, Zone: region + "a"},
		"10.0.1.1": {ID: "eni-b", VPC: vpcID, Zone: region + "b"},
		"10.0.2.1": {ID: "eni-c", VPC: vpcID, Zone: region + "c"},
	}}
}

func (n *network) Subnet(_, id string) (world.Subnet, bool) {
	zones := map[string]string{"subnet-a": "a", "subnet-b": "b", "subnet-c": "c"}
	zone, ok := zones[id]
	free := 100
	if n.full {
		free = 7
	}
	return world.Subnet{ID: id, VPC: vpcID, Zone: region + zone, Free: free, Public: !n.private}, ok
}
func (n *network) GroupVPC(_, id string) (string, bool) {
	return vpcID, id == "sg-1" || id == "sg-default"
}
func (n *network) DefaultGroup(_, vpc string) string {
	if vpc == vpcID {
		return "sg-default"
	}
	return ""
}

func (n *network) Attach(_, subnet string, _ []string, _ bool, _, _ string) (world.Interface, error) {
	n.made++
	id := fmt.Sprintf("eni-%d", n.made)
	n.attached[id] = subnet
	return world.Interface{ID: id, Subnet: subnet}, nil
}
func (n *network) Detach(_, id string)                          { delete(n.attached, id) }
func (n *network) Reaches(string, world.Interface, string) bool { return true }
func (n *network) Permits(_ string, from, _ []string, _ int32) bool {
	return !n.closed && (!n.inside || len(from) == 0)
}
func (n *network) InterfaceByIP(_, _, ip string) (world.Interface, bool) {
	i, ok := n.at[ip]
	return i, ok
}

// program answers health checks and counts them.
type program struct {
	status   int
	answers  map[string]int // by address, before status
	deaf     bool
	start    func() time.Duration // what is left of the program's start
	probes   int
	lastPath string
	lastPort int32
}

func (p *program) Probe(_, _, ip string, port int32, path string) (int, bool) {
	p.probes++
	p.lastPort, p.lastPath = port, path
	if status, ok := p.answers[ip]; ok {
		return status, !p.deaf
	}
	return p.status, !p.deaf
}

// Starting says that the program is deaf because it has not started yet.
func (p *program) Starting(string, string, string, int32) (time.Duration, bool) {
	if p.start == nil {
		return 0, false
	}
	left := p.start()
	p.deaf = left > 0
	return left, left > 0
}

// lab is the service by itself, with a network and a program under control.
type lab struct {
	t       *testing.T
	sim     *sim.Sim
	fake    *elb.Fake
	network *network
	program *program
	heard   []string
}

func newLab(t *testing.T, timing world.Timing) *lab {
	t.Helper()
	l := &lab{t: t, sim: sim.New(sim.Options{}), network: newNetwork(), program: &program{status: 200}}
	l.fake = elb.New(l.sim, timing, l.network)
	l.fake.SetProber(l.program)
	l.fake.OnHealth(func(_, _ string, target world.Target, state, reason, _ string) {
		l.heard = append(l.heard, fmt.Sprintf("%s %s %s", target.ID, state, reason))
	})
	return l
}

// call makes one call of an operation.
func call[O any](l *lab, operation string, in any) (*O, error) {
	l.t.Helper()
	var (
		out any
		err error
	)
	l.sim.Do(func() {
		op := l.fake.Services()[0].Operation(operation)
		require.NotNil(l.t, op, operation)
		c := &sim.Call{Sim: l.sim, Region: region, Account: l.sim.Account(), Partition: "aws", Operation: operation}
		out, err = op.Call(c, in)
	})
	typed, _ := out.(*O)
	return typed, err
}

func must[O any](l *lab, operation string, in any) *O {
	l.t.Helper()
	out, err := call[O](l, operation, in)
	require.NoError(l.t, err)
	return out
}

// balancer makes a balancer with a listener that forwards to the group.
func (l *lab) balancer(name, group string) (arn, listener string) {
	l.t.Helper()
	b := must[awselb.CreateLoadBalancerOutput](l, "CreateLoadBalancer", &awselb.CreateLoadBalancerInput{
		Name: &name, Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-1"},
	})
	arn = aws.ToString(b.LoadBalancers[0].LoadBalancerArn)
	made := must[awselb.CreateListenerOutput](l, "CreateListener", &awselb.CreateListenerInput{
		LoadBalancerArn: &arn, Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: forwardTo(group),
	})
	return arn, aws.ToString(made.Listeners[0].ListenerArn)
}

func forwardTo(group string) []elbtypes.Action {
	return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: aws.String(group)}}
}

func (l *lab) group(name string, changes ...func(*awselb.CreateTargetGroupInput)) string {
	l.t.Helper()
	in := &awselb.CreateTargetGroupInput{
		Name: &name, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(8080), VpcId: aws.String(vpcID),
		TargetType: elbtypes.TargetTypeEnumIp,
	}
	for _, change := range changes {
		change(in)
	}
	out := must[awselb.CreateTargetGroupOutput](l, "CreateTargetGroup", in)
	return aws.ToString(out.TargetGroups[0].TargetGroupArn)
}

func (l *lab) register(group string, addresses ...string) {
	l.t.Helper()
	l.sim.Do(func() {
		for _, a := range addresses {
			l.fake.Register(region, group, world.Target{ID: a, Port: 8080})
		}
	})
}

func (l *lab) deregister(group, address string) {
	l.t.Helper()
	l.sim.Do(func() { l.fake.Deregister(region, group, world.Target{ID: address, Port: 8080}) })
}

// health is "state reason description" without what is empty.
func (l *lab) health(group, address string) (state, reason, text string) {
	l.sim.Do(func() { state, reason, text = l.fake.Health(region, group, world.Target{ID: address, Port: 8080}) })
	return state, reason, text
}

func (l *lab) wants(group, address, state, reason, text string) {
	l.t.Helper()
	gotState, gotReason, gotText := l.health(group, address)
	require.Equal(l.t, []string{state, reason, text}, []string{gotState, gotReason, gotText})
}

func (l *lab) sawInOrder(events ...string) {
	l.t.Helper()
	rest := slices.Clone(l.heard)
	for _, e := range events {
		i := slices.Index(rest, e)
		require.GreaterOrEqual(l.t, i, 0, "%q in %q", e, l.heard)
		rest = rest[i+1:]
	}
}

// realistic keeps intervals and delays.
var realistic = world.Timing{LoadBalancer: 2 * time.Minute, Probes: true, Drain: true}
