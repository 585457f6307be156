// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsclassic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	classictypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// oldLab is a Classic Load Balancer that sends from port 80 to 8080 of the fleet.
type oldLab struct {
	*lab
	fleet *fleet
	host  string
	heard []string
}

func newOldLab(t *testing.T, timing world.Timing) *oldLab {
	t.Helper()
	l := &oldLab{lab: newLab(t, timing), fleet: newFleet()}
	l.fake.SetInstances(l.fleet)
	l.fake.OnInstanceHealth(func(_, name, instance, state, reason, _ string) {
		l.heard = append(l.heard, name+" "+instance+" "+state+" "+reason)
	})
	out, err := old[awsclassic.CreateLoadBalancerOutput](l, "CreateLoadBalancer", newOld())
	require.NoError(t, err)
	l.host = *out.DNSName
	return l
}

func newOld() *awsclassic.CreateLoadBalancerInput {
	return &awsclassic.CreateLoadBalancerInput{
		LoadBalancerName: aws.String("old"), Subnets: []string{"subnet-a"}, SecurityGroups: []string{"sg-1"},
		Listeners: []classictypes.Listener{{Protocol: aws.String("http"), LoadBalancerPort: 80, InstancePort: aws.Int32(8080)}},
	}
}

// old makes one call of an operation of the older API.
func old[O any](l *oldLab, operation string, in any) (*O, error) {
	l.t.Helper()
	var (
		out any
		err error
	)
	l.sim.Do(func() {
		op := l.fake.Services()[1].Operation(operation)
		require.NotNil(l.t, op, operation)
		c := &sim.Call{Sim: l.sim, Region: region, Account: l.sim.Account(), Partition: "aws", Operation: operation}
		out, err = op.Call(c, in)
	})
	typed, _ := out.(*O)
	return typed, err
}

func (l *oldLab) register(id string) error {
	_, err := old[awsclassic.RegisterInstancesWithLoadBalancerOutput](l, "RegisterInstancesWithLoadBalancer", &awsclassic.RegisterInstancesWithLoadBalancerInput{
		LoadBalancerName: aws.String("old"), Instances: []classictypes.Instance{{InstanceId: &id}},
	})
	return err
}

func (l *oldLab) state(id string) (state, description string) {
	l.t.Helper()
	out, err := old[awsclassic.DescribeInstanceHealthOutput](l, "DescribeInstanceHealth", &awsclassic.DescribeInstanceHealthInput{
		LoadBalancerName: aws.String("old"), Instances: []classictypes.Instance{{InstanceId: &id}},
	})
	require.NoError(l.t, err)
	return *out.InstanceStates[0].State, *out.InstanceStates[0].Description
}

func TestClassicSendsToInstances(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // the fakes' clock goes on with the real one
		l := newOldLab(t, world.Timing{})
		at := site{lab: l.lab, host: l.host}
		status, _, _ := at.get("/")
		require.Equal(t, http.StatusServiceUnavailable, status, "no instance yet")
		require.ErrorContains(t, l.register("i-9"), "Could not find EC2 instance i-9")
		require.ErrorContains(t, l.register("i-3"), "not in the same VPC")
		require.NoError(t, l.register("i-1"))
		state, text := l.state("i-1")
		require.Equal(t, []string{"OutOfService", "Instance registration is still in progress."}, []string{state, text})
		l.sim.Advance(time.Second)
		state, _ = l.state("i-1")
		require.Equal(t, "InService", state)
		require.Equal(t, int32(8080), l.program.lastPort)
		_, body, _ := at.get("/")
		require.Contains(t, body, "i-1:8080")
		l.program.deaf = true
		l.sim.Advance(2 * time.Minute)
		state, text = l.state("i-1")
		require.Equal(t, "OutOfService", state)
		require.Contains(t, text, "UnhealthyThreshold number of health checks consecutively")
		l.turn(l.fleet, "i-1", "terminated")
		l.sim.Advance(time.Second)
		_, text = l.state("i-1")
		require.Contains(t, text, "not currently registered")
		require.Equal(t, []string{"old i-1 OutOfService ELB", "old i-1 InService N/A", "old i-1 OutOfService Instance", "old i-1  "}, l.heard)
	})
}

// TestClassicThresholds: ten good answers make an instance healthy, not one.
func TestClassicThresholds(t *testing.T) {
	t.Parallel()
	l := newOldLab(t, realistic)
	require.NoError(t, l.register("i-1"))
	l.sim.Advance(299 * time.Second)
	state, _ := l.state("i-1")
	require.Equal(t, "OutOfService", state)
	l.sim.Advance(2 * time.Second)
	state, _ = l.state("i-1")
	require.Equal(t, "InService", state, "10 checks at 30 seconds")
	l.turn(l.fleet, "i-1", "stopped")
	state, text := l.state("i-1")
	require.Equal(t, []string{"OutOfService", "Instance is in stopped state."}, []string{state, text})
	l.turn(l.fleet, "i-1", "running")
	state, _ = l.state("i-1")
	require.Equal(t, "OutOfService", state, "it begins anew")
}

func TestClassicDrains(t *testing.T) {
	t.Parallel()
	l := newOldLab(t, world.Timing{Drain: true})
	_, err := old[awsclassic.ModifyLoadBalancerAttributesOutput](l, "ModifyLoadBalancerAttributes", &awsclassic.ModifyLoadBalancerAttributesInput{
		LoadBalancerName: aws.String("old"), LoadBalancerAttributes: &classictypes.LoadBalancerAttributes{
			ConnectionDraining: &classictypes.ConnectionDraining{Enabled: true, Timeout: aws.Int32(60)},
		},
	})
	require.NoError(t, err)
	l.sim.Do(func() { l.fake.RegisterInstance(region, "old", "i-1") })
	l.sim.Advance(time.Second)
	l.sim.Do(func() { l.fake.DeregisterInstance(region, "old", "i-1") })
	_, text := l.state("i-1")
	require.Equal(t, "Instance deregistration currently in progress.", text)
	l.sim.Advance(61 * time.Second)
	l.sim.Do(func() {
		state, _, _ := l.fake.InstanceHealth(region, "old", "i-1")
		require.Empty(t, state)
	})
}

func TestClassicNames(t *testing.T) {
	t.Parallel()
	l := newOldLab(t, world.Timing{})
	out, err := old[awsclassic.CreateLoadBalancerOutput](l, "CreateLoadBalancer", newOld())
	require.NoError(t, err, "the same again")
	require.Equal(t, l.host, *out.DNSName)
	other := newOld()
	other.Listeners[0].InstancePort = aws.Int32(1)
	_, err = old[awsclassic.CreateLoadBalancerOutput](l, "CreateLoadBalancer", other)
	require.ErrorContains(t, err, "already exists and it is configured with different parameters")
	_, err = old[awsclassic.CreateLoadBalancerListenersOutput](l, "CreateLoadBalancerListeners", &awsclassic.CreateLoadBalancerListenersInput{
		LoadBalancerName: aws.String("old"), Listeners: other.Listeners,
	})
	require.ErrorContains(t, err, "A listener already exists for old with LoadBalancerPort 80")
	_, err = old[awsclassic.DescribeLoadBalancersOutput](l, "DescribeLoadBalancers", &awsclassic.DescribeLoadBalancersInput{LoadBalancerNames: []string{"none"}})
	require.ErrorContains(t, err, "There is no ACTIVE Load Balancer named 'none'")
	l.sim.Do(func() {
		b, ok := l.fake.ClassicBalancer(region, "old")
		require.True(t, ok)
		require.Equal(t, world.ClassicBalancer{Name: "old", VPC: vpcID, Ports: []int32{8080}}, b)
		_, ok = l.fake.ClassicBalancer(region, "none")
		require.False(t, ok)
	})
}

func TestClassicHTTPChecks(t *testing.T) {
	t.Parallel()
	l := newOldLab(t, world.Timing{})
	check := func(target string) error {
		_, err := old[awsclassic.ConfigureHealthCheckOutput](l, "ConfigureHealthCheck", &awsclassic.ConfigureHealthCheckInput{
			LoadBalancerName: aws.String("old"), HealthCheck: &classictypes.HealthCheck{
				Target: &target, Interval: aws.Int32(30), Timeout: aws.Int32(5), HealthyThreshold: aws.Int32(2), UnhealthyThreshold: aws.Int32(2),
			},
		})
		return err
	}
	require.Error(t, check("HTTP:8080"), "a path is missing")
	require.Error(t, check("TCP:8080/x"), "a path is too much")
	require.NoError(t, check("HTTP:8080/live"))
	l.program.status = http.StatusFound
	require.NoError(t, l.register("i-1"))
	l.sim.Advance(time.Second)
	state, _ := l.state("i-1")
	require.Equal(t, "OutOfService", state, "only 200 is good")
	require.Equal(t, "/live", l.program.lastPath)
	response, err := site{lab: l.lab, host: l.host}.send("http://" + l.host + "/")
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
}
