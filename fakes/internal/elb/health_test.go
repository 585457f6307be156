// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

func TestTargetTurnsHealthyAfterOneCheck(t *testing.T) {
	t.Parallel()
	l := newLab(t, realistic)
	g := l.group("web")
	l.balancer("shop", g)
	l.register(g, "10.0.0.1")
	l.wants(g, "10.0.0.1", "initial", "Elb.RegistrationInProgress", "Target registration is in progress")
	l.sim.Advance(2 * time.Minute)
	l.wants(g, "10.0.0.1", "initial", "Elb.RegistrationInProgress", "Target registration is in progress")
	require.Zero(t, l.program.probes, "a balancer that is not active checks nothing")
	l.sim.Advance(30 * time.Second)
	l.wants(g, "10.0.0.1", "healthy", "", "")
	require.Equal(t, 1, l.program.probes)
	require.Equal(t, "/", l.program.lastPath)
	require.EqualValues(t, 8080, l.program.lastPort)
}

func TestTargetTurnsUnhealthyAndBack(t *testing.T) {
	t.Parallel()
	l := newLab(t, realistic)
	g := l.group("web", func(in *awselb.CreateTargetGroupInput) {
		in.HealthCheckIntervalSeconds, in.HealthCheckTimeoutSeconds = aws.Int32(10), aws.Int32(5)
		in.UnhealthyThresholdCount, in.HealthyThresholdCount = aws.Int32(3), aws.Int32(4)
	})
	l.balancer("shop", g)
	l.register(g, "10.0.0.1")
	l.sim.Advance(2*time.Minute + 10*time.Second)
	l.wants(g, "10.0.0.1", "healthy", "", "")

	l.program.status = 503
	l.sim.Advance(20 * time.Second)
	l.wants(g, "10.0.0.1", "healthy", "", "")
	l.sim.Advance(10 * time.Second)
	l.wants(g, "10.0.0.1", "unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]")

	l.program.status = 200
	l.sim.Advance(30 * time.Second)
	l.wants(g, "10.0.0.1", "unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]")
	l.sim.Advance(10 * time.Second)
	l.wants(g, "10.0.0.1", "healthy", "", "")
	l.sawInOrder("10.0.0.1 initial Elb.RegistrationInProgress", "10.0.0.1 healthy ",
		"10.0.0.1 unhealthy Target.ResponseCodeMismatch", "10.0.0.1 healthy ")
}

func TestInitialChecksThatFail(t *testing.T) {
	t.Parallel()
	l := newLab(t, realistic)
	l.program.deaf = true
	g := l.group("web")
	l.balancer("shop", g)
	l.register(g, "10.0.0.1")
	l.sim.Advance(2*time.Minute + 30*time.Second)
	l.wants(g, "10.0.0.1", "initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
	l.sim.Advance(30 * time.Second)
	l.wants(g, "10.0.0.1", "unhealthy", "Target.FailedHealthChecks", "Health checks failed")
}

func TestReasons(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, why string
		address   string
		prepare   func(l *lab)
		change    func(*awselb.CreateTargetGroupInput)
		want      [3]string
	}{
		{
			name: "groups closed", why: "packets are dropped", address: "10.0.0.1", prepare: func(l *lab) { l.network.closed = true },
			want: [3]string{"unhealthy", "Target.Timeout", "Request timed out"},
		},
		{
			name: "nobody there", why: "nothing answers for the address", address: "10.9.9.9", prepare: func(l *lab) { l.program.deaf = true },
			want: [3]string{"unhealthy", "Target.Timeout", "Request timed out"},
		},
		{
			name: "port closed", why: "the connection is refused", address: "10.0.0.1", prepare: func(l *lab) { l.program.deaf = true },
			want: [3]string{"unhealthy", "Target.FailedHealthChecks", "Health checks failed"},
		},
		{
			name: "redirect", why: "302 is not 200", address: "10.0.0.1", prepare: func(l *lab) { l.program.status = 302 },
			want: [3]string{"unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [302]"},
		},
		{
			name: "redirect allowed", why: "the matcher has it", address: "10.0.0.1", prepare: func(l *lab) { l.program.status = 302 },
			change: func(in *awselb.CreateTargetGroupInput) {
				in.Matcher = &elbtypes.Matcher{HttpCode: aws.String("200,300-399")}
			},
			want: [3]string{"healthy", "", ""},
		},
		{
			name: "other zone", why: "the balancer is not there", address: "10.0.2.1", prepare: func(*lab) {},
			want: [3]string{"unused", "Target.NotInUse", "Target is in an Availability Zone that is not enabled for the load balancer"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, world.Timing{})
			row.prepare(l)
			change := row.change
			if change == nil {
				change = func(*awselb.CreateTargetGroupInput) {}
			}
			g := l.group("web", change)
			l.balancer("shop", g)
			l.register(g, row.address)
			l.sim.Advance(time.Second)
			l.wants(g, row.address, row.want[0], row.want[1], row.want[2])
		})
	}
}

func TestGroupWithoutListener(t *testing.T) {
	t.Parallel()
	l := newLab(t, world.Timing{})
	g := l.group("web")
	l.register(g, "10.0.0.1")
	l.sim.Advance(time.Hour)
	l.wants(g, "10.0.0.1", "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer")
	require.Zero(t, l.program.probes)

	_, listener := l.balancer("shop", g)
	l.sim.Advance(time.Second)
	l.wants(g, "10.0.0.1", "healthy", "", "")

	must[awselb.DeleteListenerOutput](l, "DeleteListener", &awselb.DeleteListenerInput{ListenerArn: &listener})
	l.wants(g, "10.0.0.1", "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer")
	n := l.program.probes
	l.sim.Advance(time.Hour)
	require.Equal(t, n, l.program.probes, "what is not used is not checked")
}

func TestDraining(t *testing.T) {
	t.Parallel()
	l := newLab(t, realistic)
	g := l.group("web")
	l.balancer("shop", g)
	l.register(g, "10.0.0.1")
	l.sim.Advance(3 * time.Minute)
	l.deregister(g, "10.0.0.1")
	l.wants(g, "10.0.0.1", "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
	l.sim.Advance(299 * time.Second)
	l.wants(g, "10.0.0.1", "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
	l.sim.Advance(time.Second + time.Millisecond)
	l.wants(g, "10.0.0.1", "", "", "")
	l.sawInOrder("10.0.0.1 healthy ", "10.0.0.1 draining Target.DeregistrationInProgress", "10.0.0.1  ")
}

func TestDrainingTargetComesBack(t *testing.T) {
	t.Parallel()
	l := newLab(t, realistic)
	g := l.group("web")
	l.balancer("shop", g)
	l.register(g, "10.0.0.1")
	l.sim.Advance(3 * time.Minute)
	l.deregister(g, "10.0.0.1")
	l.register(g, "10.0.0.1")
	l.sim.Advance(10 * time.Minute)
	l.wants(g, "10.0.0.1", "healthy", "", "")
}

func TestInstantDrain(t *testing.T) {
	t.Parallel()
	l := newLab(t, world.Timing{})
	g := l.group("web")
	l.balancer("shop", g)
	l.register(g, "10.0.0.1")
	l.sim.Advance(time.Second)
	l.deregister(g, "10.0.0.1")
	l.sim.Advance(2 * world.Repeat)
	l.wants(g, "10.0.0.1", "", "", "")
}

func TestADayOfChecksIsCheap(t *testing.T) {
	t.Parallel()
	l := newLab(t, world.Timing{})
	g := l.group("web")
	l.balancer("shop", g)
	l.register(g, "10.0.0.1")
	l.sim.Advance(24 * time.Hour)
	require.Less(t, l.program.probes, 3000, "a settled target is checked at the declared interval")
	l.program.status = 500
	l.sim.Advance(30*time.Second + 10*time.Millisecond)
	state, _, _ := l.health(g, "10.0.0.1")
	require.Equal(t, "unhealthy", state, "what speaks against the state is looked at again at once")
}

func TestCheckThatIsChanged(t *testing.T) {
	t.Parallel()
	l := newLab(t, realistic)
	g := l.group("web")
	l.balancer("shop", g)
	l.register(g, "10.0.0.1")
	l.sim.Advance(3 * time.Minute)
	must[awselb.ModifyTargetGroupOutput](l, "ModifyTargetGroup", &awselb.ModifyTargetGroupInput{
		TargetGroupArn: &g, HealthCheckPath: aws.String("/live"), HealthCheckPort: aws.String("9000"),
	})
	l.sim.Advance(30 * time.Second)
	require.Equal(t, "/live", l.program.lastPath)
	require.EqualValues(t, 9000, l.program.lastPort)
}

func TestInterfacesOfBalancers(t *testing.T) {
	t.Parallel()
	l := newLab(t, world.Timing{})
	arn, _ := l.balancer("shop", l.group("web"))
	require.Len(t, l.network.attached, 2, "one in each subnet")
	must[awselb.SetSubnetsOutput](l, "SetSubnets", &awselb.SetSubnetsInput{
		LoadBalancerArn: &arn, Subnets: []string{"subnet-a", "subnet-b", "subnet-c"},
	})
	require.Len(t, l.network.attached, 3)
	must[awselb.DeleteLoadBalancerOutput](l, "DeleteLoadBalancer", &awselb.DeleteLoadBalancerInput{LoadBalancerArn: &arn})
	require.Empty(t, l.network.attached)
	l.network.full = true
	_, err := call[awselb.CreateLoadBalancerOutput](l, "CreateLoadBalancer", &awselb.CreateLoadBalancerInput{
		Name: aws.String("late"), Subnets: []string{"subnet-a", "subnet-b"},
	})
	var full *elbtypes.InvalidSubnetException
	require.ErrorAs(t, err, &full)
	require.Contains(t, full.ErrorMessage(), "at least 8 free IP addresses")
}

func TestGRPC(t *testing.T) {
	t.Parallel()
	l := newLab(t, world.Timing{})
	b, _ := l.balancer("shop", l.group("web"))
	g := l.group("grpc", func(in *awselb.CreateTargetGroupInput) { in.ProtocolVersion = aws.String("GRPC") })
	must[awselb.CreateListenerOutput](l, "CreateListener", &awselb.CreateListenerInput{
		LoadBalancerArn: &b, Port: aws.Int32(443), Protocol: elbtypes.ProtocolEnumHttps, DefaultActions: forwardTo(g),
		Certificates: []elbtypes.Certificate{{CertificateArn: aws.String("arn:aws:acm:eu-west-1:123456789012:certificate/1")}},
	})
	l.register(g, "10.0.0.1")
	l.sim.Advance(time.Second)
	l.wants(g, "10.0.0.1", "healthy", "", "")
	require.Equal(t, "/AWS.ALB/healthcheck", l.program.lastPath)
}

// starts has the program listen after d.
func (l *lab) starts(d time.Duration) {
	l.program.deaf = true
	at := l.sim.Now().Add(d)
	l.program.start = func() time.Duration { return at.Sub(l.sim.Now()) }
	l.sim.At(at, func() { l.program.deaf = false })
}

func TestSlowStartersHaveTheDeclaredTime(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, why string
		start     time.Duration
		after     time.Duration
		state     string
	}{
		{name: "starting", why: "two intervals of 30 s are not over", start: 50 * time.Second, after: 49 * time.Second, state: "initial"},
		{name: "started", why: "it is looked at when it listens", start: 50 * time.Second, after: 51 * time.Second, state: "healthy"},
		{name: "too slow", why: "AWS would not wait longer", start: 2 * time.Minute, after: 61 * time.Second, state: "unhealthy"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, world.Timing{})
			g := l.group("web")
			l.balancer("shop", g)
			l.starts(row.start)
			l.register(g, "10.0.0.1")
			l.sim.Advance(row.after)
			state, _, _ := l.health(g, "10.0.0.1")
			require.Equal(t, row.state, state, row.why)
			require.Less(t, l.program.probes, 10, "nobody is asked again and again meanwhile")
		})
	}
}
