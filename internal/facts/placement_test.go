// SPDX-License-Identifier: Apache-2.0

package facts_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/placement"
)

const language = guide + "cluster-query-language.html"

// operators are those of the query language, as a sign and as a word.
var operators = []struct{ sign, word string }{
	{"==", "equals"}, {"!=", "not_equals"}, {">", "greater_than"}, {">=", "greater_than_equal"}, {"<", "less_than"}, {"<=", "less_than_equal"},
	{"exists", "exists"}, {"!exists", "not_exists"}, {"in", "in"}, {"!in", "not_in"}, {"=~", "matches"}, {"!~", "not_matches"},
}

// TestOperatorsOfSubjects has AWS's list: which operators each subject knows. A word is
// the same as its sign.
func TestOperatorsOfSubjects(t *testing.T) {
	t.Parallel()
	equality, order, lists := []string{"==", "!="}, []string{">", ">=", "<", "<="}, []string{"in", "!in", "=~", "!~"}
	for _, subject := range []struct {
		name, argument string
		knows          []string
	}{
		{"agentConnected", "true", slices.Concat(equality, lists)},
		{"agentVersion", "1.14.5", slices.Concat(equality, order)},
		{"ec2InstanceId", "i-abcd1234", slices.Concat(equality, lists)},
		{"registeredAt", "2018-06-18", slices.Concat(equality, order)},
		{"runningTasksCount", "1", slices.Concat(equality, order)},
		{"attribute:rank", "1", slices.Concat(equality, order, lists, []string{"exists", "!exists"})},
	} {
		for _, o := range operators {
			legal := slices.Contains(subject.knows, o.sign)
			argument := " " + subject.argument
			switch o.sign {
			case "in", "!in":
				argument = " [" + subject.argument + "]"
			case "exists", "!exists":
				argument = ""
			}
			t.Run(subject.name+" "+o.sign, func(t *testing.T) {
				t.Parallel()
				sign, err := placement.Parse(subject.name + " " + o.sign + argument)
				require.Equal(t, legal, err == nil, "%v: %s", err, language)
				word, err := placement.Parse(subject.name + " " + o.word + argument)
				require.Equal(t, legal, err == nil, "%v: %s", err, language)
				if legal {
					require.Equal(t, sign.String(), word.String(), language)
				}
			})
		}
	}
}

// TestDates has the four forms of dates, and expressions as AWS combines them.
func TestDates(t *testing.T) {
	t.Parallel()
	for _, date := range []string{"2018-06-18T22:28:28+00:00", "2018-06-18T22:28:28Z", "2018-06-18T22:28:28", "2018-06-18"} {
		_, err := placement.Parse("registeredAt < " + date)
		require.NoError(t, err, language)
	}
	for word, sign := range map[string]string{
		"attribute:a == 1 and attribute:b == 2": "attribute:a == 1 && attribute:b == 2",
		"attribute:a == 1 or attribute:b == 2":  "attribute:a == 1 || attribute:b == 2",
		"not(attribute:a == 1)":                 "!(attribute:a == 1)",
	} {
		a, err := placement.Parse(word)
		require.NoError(t, err, language)
		b, err := placement.Parse(sign)
		require.NoError(t, err, language)
		require.Equal(t, a.String(), b.String(), language)
	}
}

// member is an instance with 1024 units and 1024 MiB in a zone, named "a1".
func member(id string) placement.Instance {
	return placement.Instance{
		ID: id, EC2: "i-" + id, AgentConnected: true, Status: placement.Active,
		Attributes: map[string]string{placement.AvailabilityZone: "us-east-1" + id[:1]},
		Registered: placement.Resources{CPU: 1024, Memory: 1024, Interfaces: 3},
	}
}

func zones(t *testing.T, tasks ...string) *placement.Cluster {
	t.Helper()
	c := placement.NewCluster()
	for _, id := range []string{"a1", "a2", "b1", "b2", "c1", "c2"} {
		c.Put(member(id))
	}
	for i, id := range tasks {
		require.NoError(t, c.Start(placement.Task{ID: fmt.Sprint("there", i), Group: "service:web", Needs: small}, id))
	}
	return c
}

var small = placement.Resources{CPU: 128, Memory: 256}

func query(t *testing.T, strategies ...ecstypes.PlacementStrategy) *placement.Query {
	t.Helper()
	q, err := placement.Compile(placement.Request{Group: "service:web", Needs: small, Strategies: strategies})
	require.NoError(t, err)
	return q
}

func by(kind ecstypes.PlacementStrategyType, field string) ecstypes.PlacementStrategy {
	return ecstypes.PlacementStrategy{Type: kind, Field: aws.String(field)}
}

// TestSchedulerWithoutStrategy has AWS's examples of the service scheduler: balance the
// zones, then favour the instance with the fewest tasks of the service; in the same way
// the other way round when tasks are stopped.
func TestSchedulerWithoutStrategy(t *testing.T) {
	t.Parallel()
	const source = guide + "ecs_services.html"
	for _, test := range []struct {
		name    string
		tasks   []string
		starts  []string // where the next task may be placed
		stopped []string // of which instances the next task may be stopped
	}{
		{"zone a has one, b and c have none", []string{"a1"}, []string{"b1", "b2", "c1", "c2"}, []string{"a1"}},
		{"zone a has one, b and c have two", []string{"a1", "b1", "b2", "c1", "c2"}, []string{"a2"}, []string{"b1", "b2", "c1", "c2"}},
		{"the instance with the fewest in the zone", []string{"a1", "b1", "b2", "c1", "c2", "c2"}, []string{"a2"}, []string{"c2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(20) {
				c, q := zones(t, test.tasks...), query(t)
				id, err := c.Choose(q, seed)
				require.NoError(t, err)
				require.Contains(t, test.starts, id, source)
				victim, found := c.Victim(q, seed, nil)
				require.True(t, found)
				where, _ := c.Where(victim)
				require.Contains(t, test.stopped, where, source)
			}
		})
	}
}

// TestExampleStrategies has the strategies of AWS's page of examples.
func TestExampleStrategies(t *testing.T) {
	t.Parallel()
	const source = guide + "strategy-examples.html"
	zone, instance := by("spread", "attribute:ecs.availability-zone"), by("spread", "instanceId")
	memory, cpu := by("binpack", "memory"), by("binpack", "cpu")
	for _, test := range []struct {
		name       string
		strategies []ecstypes.PlacementStrategy
		tasks      int
		// perZone and perInstance are how many tasks zones and instances have, sorted.
		perZone, perInstance []int
	}{
		{"evenly across zones", []ecstypes.PlacementStrategy{zone}, 6, []int{2, 2, 2}, nil},
		{"evenly across instances", []ecstypes.PlacementStrategy{instance}, 12, nil, []int{2, 2, 2, 2, 2, 2}},
		{"packed by memory: four are an instance", []ecstypes.PlacementStrategy{memory}, 6, nil, []int{0, 0, 0, 0, 2, 4}},
		{"packed by CPU, though memory is full first", []ecstypes.PlacementStrategy{cpu}, 6, nil, []int{0, 0, 0, 0, 2, 4}},
		{"zones, then instances", []ecstypes.PlacementStrategy{zone, instance}, 6, []int{2, 2, 2}, []int{1, 1, 1, 1, 1, 1}},
		{"zones, then packed by memory", []ecstypes.PlacementStrategy{zone, memory}, 9, []int{3, 3, 3}, []int{0, 0, 0, 3, 3, 3}},
		{"packed by memory, then zones: the first counts", []ecstypes.PlacementStrategy{memory, zone}, 4, []int{0, 0, 4}, []int{0, 0, 0, 0, 0, 4}},
		{"instances, then packed by memory", []ecstypes.PlacementStrategy{instance, memory}, 6, nil, []int{1, 1, 1, 1, 1, 1}},
		{"host is the instance", []ecstypes.PlacementStrategy{by("spread", "host")}, 6, nil, []int{1, 1, 1, 1, 1, 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, q := zones(t), query(t, test.strategies...)
			zones, instances := map[string]int{"a": 0, "b": 0, "c": 0}, map[string]int{"a1": 0, "a2": 0, "b1": 0, "b2": 0, "c1": 0, "c2": 0}
			for i := range test.tasks {
				id, err := c.Choose(q, uint64(i))
				require.NoError(t, err)
				require.NoError(t, c.Start(placement.Task{ID: fmt.Sprint(i), Group: "service:web", Needs: small}, id))
				zones[id[:1]]++
				instances[id]++
			}
			if test.perZone != nil {
				require.Equal(t, test.perZone, sorted(zones), source)
			}
			if test.perInstance != nil {
				require.Equal(t, test.perInstance, sorted(instances), source)
			}
		})
	}
}

func sorted(counts map[string]int) []int {
	var list []int
	for _, n := range counts {
		list = append(list, n)
	}
	slices.Sort(list)
	return list
}

// TestDistinctInstances: each task of the group is on an instance of its own, and there is
// no seventh on six.
func TestDistinctInstances(t *testing.T) {
	t.Parallel()
	const source = api + "API_PlacementConstraint.html"
	q, err := placement.Compile(placement.Request{
		Group: "service:web", Needs: small, Constraints: []ecstypes.PlacementConstraint{{Type: ecstypes.PlacementConstraintTypeDistinctInstance}},
	})
	require.NoError(t, err)
	c := zones(t)
	seen := map[string]bool{}
	for i := range 6 {
		id, err := c.Choose(q, 0)
		require.NoError(t, err)
		require.False(t, seen[id], source)
		seen[id] = true
		require.NoError(t, c.Start(placement.Task{ID: fmt.Sprint(i), Group: "service:web", Needs: small}, id))
	}
	_, err = c.Choose(q, 0)
	require.Error(t, err, source)
}
