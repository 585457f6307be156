// SPDX-License-Identifier: Apache-2.0

package placement_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/placement"
)

// strategies reads "spread instanceId", "binpack memory", "random".
func strategies(all ...string) []ecstypes.PlacementStrategy {
	var some []ecstypes.PlacementStrategy
	for _, s := range all {
		kind, field, _ := strings.Cut(s, " ")
		next := ecstypes.PlacementStrategy{Type: ecstypes.PlacementStrategyType(kind)}
		if field != "" {
			next.Field = aws.String(field)
		}
		some = append(some, next)
	}
	return some
}

const byZone = "spread attribute:" + placement.AvailabilityZone

func memberOf(expression string) ecstypes.PlacementConstraint {
	return ecstypes.PlacementConstraint{Type: ecstypes.PlacementConstraintTypeMemberOf, Expression: &expression}
}

var distinct = ecstypes.PlacementConstraint{Type: ecstypes.PlacementConstraintTypeDistinctInstance}

// member is an instance with 2048 CPU units, 4096 MiB and three interfaces.
func member(id, zone string) placement.Instance {
	return placement.Instance{
		ID: id, EC2: "i-" + id, AgentConnected: true, Status: placement.Active,
		Attributes: map[string]string{placement.AvailabilityZone: zone},
		Registered: placement.Resources{CPU: 2048, Memory: 4096, Interfaces: 3, TCP: []int{22, 2375, 2376, 51678, 51679}},
	}
}

// zones is a cluster with the instances a1, a2, b1, b2, c1, c2 in three zones.
func zones() *placement.Cluster {
	c := placement.NewCluster()
	for _, id := range []string{"c2", "a1", "b1", "a2", "b2", "c1"} {
		c.Put(member(id, "us-east-1"+id[:1]))
	}
	return c
}

func compiled(t testing.TB, r placement.Request) *placement.Query {
	t.Helper()
	q, err := placement.Compile(r)
	require.NoError(t, err)
	return q
}

// place starts n tasks and returns where, in order.
func place(t testing.TB, c *placement.Cluster, r placement.Request, n int) []string {
	t.Helper()
	q, where := compiled(t, r), make([]string, n)
	for i := range n {
		id, err := c.Choose(q, uint64(i))
		require.NoError(t, err)
		require.NoError(t, c.Start(placement.Task{ID: fmt.Sprintf("%s/%04d", r.Group, i), Group: r.Group, Needs: r.Needs}, id))
		where[i] = id
	}
	return where
}

// TestStrategies has those of
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/strategy-examples.html
func TestStrategies(t *testing.T) {
	t.Parallel()
	small := placement.Resources{CPU: 512, Memory: 256}
	for _, test := range []struct {
		name       string
		group      string
		strategies []ecstypes.PlacementStrategy
		want       string
	}{
		{"a service is spread over zones, then instances", "service:web", nil, "a1,b1,c1,a2,b2,c2,a1"},
		{"zones and then instances, said", "family:web", strategies(byZone, "spread instanceId"), "a1,b1,c1,a2,b2,c2,a1"},
		{"zones only", "service:web", strategies(byZone), "a1,b1,c1,a1,b1,c1,a1"},
		{"instances only", "service:web", strategies("spread instanceId"), "a1,a2,b1,b2,c1,c2,a1"},
		{"host is the instance", "service:web", strategies("spread host"), "a1,a2,b1,b2,c1,c2,a1"},
		{"packed by CPU: four fit", "service:web", strategies("binpack cpu"), "a1,a1,a1,a1,a2,a2,a2"},
		{"zones, and packed in them", "service:web", strategies(byZone, "binpack memory"), "a1,b1,c1,a1,b1,c1,a1"},
		{"all without an attribute are one place", "service:web", strategies("spread attribute:rack", "spread host"), "a1,a2,b1,b2,c1,c2,a1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := place(t, zones(), placement.Request{Group: test.group, Needs: small, Strategies: test.strategies}, 7)
			require.Equal(t, test.want, strings.Join(got, ","))
		})
	}
}

func TestPackingLooksAtOneResource(t *testing.T) {
	t.Parallel()
	c := zones()
	require.NoError(t, c.Start(placement.Task{ID: "cpu", Group: "x", Needs: placement.Resources{CPU: 1024}}, "b1"))
	require.NoError(t, c.Start(placement.Task{ID: "memory", Group: "x", Needs: placement.Resources{Memory: 1024}}, "c1"))
	require.Equal(t, []string{"b1"}, place(t, c, placement.Request{Group: "y", Strategies: strategies("binpack CPU")}, 1))
	require.Equal(t, []string{"c1"}, place(t, c, placement.Request{Group: "z", Strategies: strategies("binpack memory")}, 1))
}

func TestRandomPlacement(t *testing.T) {
	t.Parallel()
	for _, test := range []placement.Request{{Group: "family:job"}, {Group: "service:web", Strategies: strategies("random")}} {
		first, again := place(t, zones(), test, 300), place(t, zones(), test, 300)
		require.Equal(t, first, again, "the same seeds")
		on := map[string]int{}
		for _, id := range first {
			on[id]++
		}
		require.Len(t, on, 6)
		for id, n := range on {
			require.InDelta(t, 50, n, 30, id)
		}
	}
	one := strings.Join(place(t, zones(), placement.Request{Group: "g", Strategies: strategies(byZone, "random")}, 6), "")
	require.Equal(t, 2, strings.Count(one, "a"), "random within the zone")
}

func TestSpreadCountsOwnTasksOnly(t *testing.T) {
	t.Parallel()
	c := zones()
	place(t, c, placement.Request{Group: "service:other", Strategies: strategies("spread host")}, 1)
	require.Equal(t, []string{"a1", "b1"}, place(t, c, placement.Request{Group: "service:web"}, 2))
	require.Equal(t, map[string]int{"us-east-1a": 1, "us-east-1b": 1, "us-east-1c": 0}, c.Spread("service:web", placement.AvailabilityZone))
}

func TestConstraints(t *testing.T) {
	t.Parallel()
	c := zones()
	affine := placement.Request{Group: "service:log", Constraints: []ecstypes.PlacementConstraint{memberOf("task:group == service:web"), distinct}}
	_, err := c.Choose(compiled(t, affine), 0)
	require.EqualError(t, err, "was unable to place a task because no container instance met all of its requirements. "+
		`The closest matching (container-instance a1) encountered error "MemberOf placement constraint unsatisfied.".`)
	web := placement.Request{Group: "service:web", Constraints: []ecstypes.PlacementConstraint{memberOf("attribute:ecs.availability-zone in [us-east-1b, us-east-1c]"), distinct}}
	require.Equal(t, []string{"b1", "c1", "b2", "c2"}, place(t, c, web, 4))
	_, err = c.Choose(compiled(t, web), 0)
	var unplaced *placement.UnplacedError
	require.ErrorAs(t, err, &unplaced)
	require.Equal(t, []placement.Failure{
		{"a1", placement.NotMember}, {"a2", placement.NotMember}, {"b1", placement.NotDistinct},
		{"b2", placement.NotDistinct}, {"c1", placement.NotDistinct}, {"c2", placement.NotDistinct},
	}, unplaced.Failures)
	require.Equal(t, []string{"b1", "c1", "b2", "c2"}, place(t, c, affine, 4), "where the tasks of web are")
	idle := compiled(t, placement.Request{Group: "service:idle", Constraints: []ecstypes.PlacementConstraint{memberOf("runningTasksCount > 0")}})
	_, err = c.Choose(idle, 0)
	require.Error(t, err, "tasks that do not run yet do not count")
	c.Running("service:log/0003")
	c.Running("service:log/0003")
	id, err := c.Choose(idle, 0)
	require.NoError(t, err)
	require.Equal(t, "c2", id)
	i, _, _ := c.Instance("c2")
	require.Equal(t, 1, i.Running)
}

func TestWhyNothingFits(t *testing.T) {
	t.Parallel()
	attributes := []placement.Attribute{{Name: placement.AvailabilityZone, Values: []string{"us-east-1a"}}, {Name: "ecs.capability.task-eni"}}
	for _, test := range []struct {
		name   string
		change func(*placement.Instance)
		ask    placement.Request
		reason placement.Reason
		phrase string
	}{
		{"CPU", nil, placement.Request{Needs: placement.Resources{CPU: 2049}}, "RESOURCE:CPU", "has insufficient CPU units available."},
		{"memory", nil, placement.Request{Needs: placement.Resources{Memory: 4097}}, "RESOURCE:MEMORY", "has insufficient memory available."},
		{"an interface", func(i *placement.Instance) { i.Registered.Interfaces = 0 }, placement.Request{Needs: placement.Resources{Interfaces: 1}}, "RESOURCE:ENI", `encountered error "RESOURCE:ENI".`},
		{"a GPU", nil, placement.Request{Needs: placement.Resources{GPUs: 1}}, "RESOURCE:GPU", `encountered error "RESOURCE:GPU".`},
		{"a port of the instance", nil, placement.Request{Needs: placement.Resources{TCP: []int{22}}}, "RESOURCE:PORTS", "is already using a port required by your task."},
		{"more than 100 ports", nil, placement.Request{Needs: placement.Resources{UDP: sequence(1000, 96)}}, "RESOURCE:PORTS", "is already using a port required by your task."},
		{"the agent", func(i *placement.Instance) { i.AgentConnected = false }, placement.Request{Constraints: []ecstypes.PlacementConstraint{memberOf("attribute:x exists")}}, "AGENT", `encountered error "AGENT".`},
		{"an attribute", nil, placement.Request{Attributes: attributes}, "ATTRIBUTE", "is missing an attribute required by your task."},
		{"an attribute with a value", attributed("ecs.capability.task-eni", ""), placement.Request{Attributes: []placement.Attribute{{Name: placement.AvailabilityZone, Values: []string{"us-east-1b"}}}}, "ATTRIBUTE", "is missing an attribute required by your task."},
		{"the resource before the constraint", nil, placement.Request{Needs: placement.Resources{CPU: 4096}, Constraints: []ecstypes.PlacementConstraint{memberOf("attribute:x exists")}}, "RESOURCE:CPU", "has insufficient CPU units available."},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, i := placement.NewCluster(), member("0af", "us-east-1a")
			if test.change != nil {
				test.change(&i)
			}
			c.Put(i)
			_, err := c.Choose(compiled(t, test.ask), 0)
			var unplaced *placement.UnplacedError
			require.ErrorAs(t, err, &unplaced)
			require.Equal(t, []placement.Failure{{"0af", test.reason}}, unplaced.Failures)
			require.Equal(t, "(service web) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance 0af) "+
				test.phrase+" For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.", unplaced.Event("web"))
		})
	}
}

func attributed(name, value string) func(*placement.Instance) {
	return func(i *placement.Instance) { i.Attributes[name] = value }
}

func sequence(from, n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = from + i
	}
	return all
}

func TestNoInstances(t *testing.T) {
	t.Parallel()
	c := placement.NewCluster()
	i := member("0af", "us-east-1a")
	i.Status = "DRAINING"
	for range 2 {
		_, err := c.Choose(compiled(t, placement.Request{}), 0)
		var unplaced *placement.UnplacedError
		require.ErrorAs(t, err, &unplaced)
		require.Empty(t, unplaced.Failures)
		require.Equal(t, "(service web) was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster. "+
			"For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.", unplaced.Event("web"))
		c.Put(i)
	}
	i.Status = ""
	c.Put(i)
	require.Equal(t, []string{"0af"}, place(t, c, placement.Request{}, 1))
}

func TestTheClosestFailsLast(t *testing.T) {
	t.Parallel()
	c := zones()
	require.NoError(t, c.Start(placement.Task{ID: "big", Needs: placement.Resources{CPU: 2000}}, "a1"))
	gone := member("a2", "us-east-1a")
	gone.AgentConnected = false
	c.Put(gone)
	_, err := c.Choose(compiled(t, placement.Request{Group: "x", Needs: placement.Resources{CPU: 100, Memory: 5000}}), 0)
	var unplaced *placement.UnplacedError
	require.ErrorAs(t, err, &unplaced)
	closest, found := unplaced.Closest()
	require.True(t, found)
	require.Equal(t, placement.Failure{Instance: "b1", Reason: placement.MemoryShort}, closest)
	require.Equal(t, []placement.Failure{{"a1", placement.CPUShort}, {"a2", placement.AgentGone}}, unplaced.Failures[:2])
}

func TestPortsAndRoom(t *testing.T) {
	t.Parallel()
	c := placement.NewCluster()
	c.Put(member("a1", "us-east-1a"))
	ask := placement.Request{Group: "service:dns", Needs: placement.Resources{CPU: 1, Interfaces: 1, TCP: []int{53}, UDP: []int{53}}}
	place(t, c, ask, 1)
	_, left, found := c.Instance("a1")
	require.True(t, found)
	require.Equal(t, placement.Resources{CPU: 2047, Memory: 4096, Interfaces: 2, TCP: []int{22, 53, 2375, 2376, 51678, 51679}, UDP: []int{53}}, left)
	udp := compiled(t, placement.Request{Group: "service:udp", Needs: placement.Resources{UDP: []int{53}}})
	_, err := c.Choose(udp, 0)
	require.ErrorContains(t, err, "already using a port")
	_, err = c.Choose(compiled(t, placement.Request{Needs: placement.Resources{UDP: []int{22}}}), 0)
	require.NoError(t, err, "another protocol")
	c.Stop("service:dns/0000")
	c.Stop("service:dns/0000")
	_, err = c.Choose(udp, 0)
	require.NoError(t, err)
}

func TestInstancesComeAndGo(t *testing.T) {
	t.Parallel()
	c := zones()
	place(t, c, placement.Request{Group: "service:web"}, 6)
	c.Remove("a2")
	c.Remove("a2")
	require.Equal(t, 5, c.Len())
	_, placed := c.Where("service:web/0003")
	require.False(t, placed, "it went with its instance")
	moved := member("a1", "us-east-1b")
	moved.Registered.CPU = 4096
	c.Put(moved)
	c.Put(member("d1", "us-east-1d"))
	require.Equal(t, map[string]int{"us-east-1b": 3, "us-east-1c": 2, "us-east-1d": 0}, c.Spread("service:web", placement.AvailabilityZone))
	on, placed := c.Where("service:web/0000")
	require.True(t, placed)
	require.Equal(t, "a1", on)
	_, left, _ := c.Instance("a1")
	require.Equal(t, 4096, left.CPU)
	require.Error(t, c.Start(placement.Task{ID: "x"}, "a2"))
	require.Error(t, c.Start(placement.Task{ID: "service:web/0000"}, "d1"))
	_, _, found := c.Instance("a2")
	require.False(t, found)
}

func TestAnInstanceChanges(t *testing.T) {
	t.Parallel()
	c := placement.NewCluster()
	q := compiled(t, placement.Request{
		Group: "service:web", Attributes: []placement.Attribute{{Name: "driver"}},
		Constraints: []ecstypes.PlacementConstraint{memberOf("attribute:stack == prod"), memberOf("agentVersion >= 1.80")},
	})
	i := member("0af", "us-east-1a")
	for _, step := range []struct {
		change func()
		reason placement.Reason
	}{
		{func() {}, placement.AttributeMissing},
		{func() { i.Attributes = map[string]string{"driver": "", "stack": "dev"} }, placement.NotMember},
		{func() { i.Attributes = map[string]string{"driver": "", "stack": "prod"} }, placement.NotMember},
		{func() { i.AgentVersion = "1.80.1" }, ""},
		{func() { i.AgentConnected = false }, placement.AgentGone},
		{func() { i.AgentConnected, i.AgentVersion = true, "1.79" }, placement.NotMember},
	} {
		step.change()
		c.Put(i)
		_, err := c.Choose(q, 0)
		if step.reason == "" {
			require.NoError(t, err)
			continue
		}
		var unplaced *placement.UnplacedError
		require.ErrorAs(t, err, &unplaced)
		require.Equal(t, step.reason, unplaced.Failures[0].Reason)
	}
}

func TestRequestsThatECSDoesNotTake(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]placement.Request{
		`strategy 0: got field "zone", want instanceId, host or attribute:NAME`: {Strategies: strategies("spread zone")},
		`strategy 1: got field "", want instanceId, host or attribute:NAME`:     {Strategies: strategies("random", "spread")},
		`strategy 0: got field "gpu", want cpu or memory`:                       {Strategies: strategies("binpack gpu")},
		`strategy 0: got field "cpu", want none with random`:                    {Strategies: strategies("random cpu")},
		`strategy 0: got type "even"`:                                           {Strategies: strategies("even")},
		`constraint 1: column 1: got the end`:                                   {Constraints: []ecstypes.PlacementConstraint{distinct, memberOf("")}},
		`constraint 0: got type "x"`:                                            {Constraints: []ecstypes.PlacementConstraint{{Type: "x"}}},
	} {
		_, err := placement.Compile(r)
		require.ErrorContains(t, err, want)
	}
}

func TestValuesThatCannotBeCompared(t *testing.T) {
	t.Parallel()
	c := zones()
	i := member("a2", "us-east-1a")
	i.Attributes["rank"] = "high"
	c.Put(i)
	_, err := c.Choose(compiled(t, placement.Request{Constraints: []ecstypes.PlacementConstraint{memberOf("attribute:rank > 1")}}), 0)
	require.ErrorIs(t, err, placement.ErrNotModelled)
}
