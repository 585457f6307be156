// SPDX-License-Identifier: Apache-2.0

package facts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

type item = ecstypes.CapacityProviderStrategyItem

func share(provider string, base, weight int32) item {
	return item{CapacityProvider: &provider, Base: base, Weight: weight}
}

// strategy gives a service its capacity providers.
func strategy(items ...item) func(*service) {
	return func(in *service) { in.LaunchType, in.CapacityProviderStrategy = "", items }
}

func TestServices(t *testing.T) {
	t.Parallel()
	const source, strategies = api + "API_CreateService.html", api + "API_CapacityProviderStrategyItem.html"
	name := func(n int) func(*service) {
		return func(in *service) { in.ServiceName = aws.String(strings.Repeat("s", n)) }
	}
	letters := func(s string) func(*service) { return func(in *service) { in.ServiceName = &s } }
	token := func(n int) func(*service) {
		return func(in *service) { in.ClientToken = aws.String(strings.Repeat("t", n)) }
	}
	tags := func(n int) func(*service) {
		return func(in *service) {
			in.Tags = nil
			for i := range n {
				in.Tags = append(in.Tags, ecstypes.Tag{Key: aws.String(fmt.Sprint("k", i)), Value: aws.String("")})
			}
		}
	}
	launch := func(in *service) { in.LaunchType = ecstypes.LaunchTypeFargate }
	count := func(n *int32) func(*service) { return func(in *service) { in.DesiredCount = n } }
	services().hold(t, slices.Concat(
		bounded("base", strategies, 0, 100000, func(in *service, n int32) { strategy(share("FARGATE", n, 1))(in) }),
		bounded("weight", strategies, 0, 1000, func(in *service, n int32) { strategy(share("FARGATE", 0, 1), share("FARGATE_SPOT", 0, n))(in) }),
		[]fact[service]{
			{name: "255 characters", source: source, legal: name(255), broken: name(256)},
			{name: "letters, digits, hyphens and underscores", source: source, legal: letters("aZ9-_"), broken: letters("a.b")},
			{name: "a token of 36 characters", source: source, legal: token(36), broken: token(37)},
			{name: "50 tags", source: source, legal: tags(50), broken: tags(51)},
			{name: "a launch type or a strategy", source: source, legal: func(in *service) { strategy()(in); launch(in) }, broken: launch},
			{name: "a count, of a REPLICA", source: source, legal: count(aws.Int32(0)), broken: count(nil)},
			{name: "a base on one provider", source: strategies, legal: strategy(share("FARGATE", 1, 1), share("FARGATE_SPOT", 0, 1)), broken: strategy(share("FARGATE", 1, 1), share("FARGATE_SPOT", 1, 1))},
			{name: "a weight above 0", source: strategies, legal: strategy(share("FARGATE", 0, 0), share("FARGATE_SPOT", 0, 1)), broken: strategy(share("FARGATE", 0, 0), share("FARGATE_SPOT", 0, 0))},
			{
				name: "Fargate's providers or others", source: "https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-ecs/README.md",
				legal: strategy(share("FARGATE", 0, 1), share("FARGATE_SPOT", 0, 1)), broken: strategy(share("FARGATE", 0, 1), share("mine", 0, 1)),
			},
		},
	))
}

// TestTwentyProviders: the fake knows no more than 20 of its own.
func TestTwentyProviders(t *testing.T) {
	t.Parallel()
	s := services()
	for n, legal := range map[int]bool{20: true, 21: false} {
		var items []item
		for i := range n {
			items = append(items, share(fmt.Sprint("p", i), 0, 1))
		}
		in := s.base()
		strategy(items...)(in)
		require.Equal(t, legal, s.check(in) == nil, "%d providers: %s", n, api+"API_CreateService.html")
	}
}

// TestPlacementOfServices are facts about services on instances.
func TestPlacementOfServices(t *testing.T) {
	t.Parallel()
	const source, strategies, constraints = api + "API_CreateService.html", api + "API_PlacementStrategy.html", api + "API_PlacementConstraint.html"
	spread := func(n int) func(*service) {
		return func(in *service) {
			for i := range n {
				in.PlacementStrategy = append(in.PlacementStrategy, ecstypes.PlacementStrategy{Type: "spread", Field: aws.String(fmt.Sprint("attribute:a", i))})
			}
		}
	}
	by := func(kind ecstypes.PlacementStrategyType, field string) func(*service) {
		return func(in *service) {
			p := ecstypes.PlacementStrategy{Type: kind}
			if field != "" {
				p.Field = &field
			}
			in.PlacementStrategy = []ecstypes.PlacementStrategy{p}
		}
	}
	where := func(n int, kind ecstypes.PlacementConstraintType, expression string) func(*service) {
		return func(in *service) {
			for range n {
				c := ecstypes.PlacementConstraint{Type: kind}
				if expression != "" {
					c.Expression = &expression
				}
				in.PlacementConstraints = append(in.PlacementConstraints, c)
			}
		}
	}
	long := func(n int) string {
		const subject = "attribute:x == "
		return subject + strings.Repeat("y", n-len(subject))
	}
	hosted().hold(t, []fact[service]{
		{name: "5 strategies", source: source, legal: spread(5), broken: spread(6)},
		{name: "10 constraints", source: source, legal: where(10, "memberOf", "attribute:x exists"), broken: where(11, "memberOf", "attribute:x exists")},
		{name: "spread by instance", source: strategies, legal: by("spread", "instanceId"), broken: by("spread", "")},
		{name: "spread by host", source: strategies, legal: by("spread", "host"), broken: by("spread", "ecs.availability-zone")},
		{name: "spread by zone", source: strategies, legal: by("spread", "attribute:ecs.availability-zone"), broken: by("spread", "zone")},
		{name: "pack by CPU", source: strategies, legal: by("binpack", "cpu"), broken: by("binpack", "instanceId")},
		{name: "pack by memory", source: strategies, legal: by("binpack", "memory"), broken: by("binpack", "")},
		{name: "random has no field", source: strategies, legal: by("random", ""), broken: by("random", "cpu"), warned: true},
		{name: "distinct instances have no expression", source: constraints, legal: where(1, "distinctInstance", ""), broken: where(1, "distinctInstance", "attribute:x exists")},
		{name: "members have one", source: constraints, legal: where(1, "memberOf", "attribute:x exists"), broken: where(1, "memberOf", "")},
		{name: "of 2000 characters", source: constraints, legal: where(1, "memberOf", long(2000)), broken: where(1, "memberOf", long(2001))},
	})
}

// TestNamesAreTaken: by a service that is ACTIVE or DRAINING, not by one that is INACTIVE.
func TestNamesAreTaken(t *testing.T) {
	t.Parallel()
	c, client := cloudOf(t, fakes.Realistic)
	created := int32(0)
	create := func() error { // another one each time: the same again would be no second service
		in := plainService()
		created++
		in.DesiredCount = &created
		in.LaunchType, in.CapacityProviderStrategy = ecstypes.LaunchTypeFargate, nil
		networked(t, c, in)
		_, err := client.CreateService(t.Context(), in)
		return err
	}
	require.NoError(t, create())
	c.Advance(2 * minute)
	var taken *ecstypes.InvalidParameterException
	require.ErrorAs(t, create(), &taken, api+"API_CreateService.html")
	remove := func(force bool) error {
		_, err := client.DeleteService(t.Context(), &awsecs.DeleteServiceInput{Cluster: aws.String("main"), Service: aws.String("web"), Force: &force})
		return err
	}
	require.ErrorAs(t, remove(false), &taken, "with a count above 0 it takes force: %s", api+"API_DeleteService.html")
	require.NoError(t, remove(true))
	require.Equal(t, "DRAINING", *describe(t, client).Status)
	require.ErrorAs(t, create(), &taken, api+"API_DeleteService.html")
	c.Advance(5 * minute)
	require.Equal(t, "INACTIVE", *describe(t, client).Status)
	require.NoError(t, create())
}

// TestServiceDefaults: zones are balanced; REPLICA has 100 and 200 %, DAEMON 0 and 100 %.
func TestServiceDefaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, source string
		scheduling   ecstypes.SchedulingStrategy
		low, high    int32
		zones        ecstypes.AvailabilityZoneRebalancing
	}{
		{"REPLICA", api + "API_DeploymentConfiguration.html", "REPLICA", 100, 200, "ENABLED"},
		{"DAEMON", api + "API_DeploymentConfiguration.html", "DAEMON", 0, 100, "DISABLED"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, client := cloud(t)
			in := hosted().base()
			in.SchedulingStrategy = test.scheduling
			if test.scheduling == ecstypes.SchedulingStrategyDaemon {
				in.DesiredCount = nil
			}
			registerHosted(t, client)
			out, err := client.CreateService(t.Context(), in)
			require.NoError(t, err)
			d := out.Service.DeploymentConfiguration
			require.Equal(t, []int32{test.low, test.high}, []int32{*d.MinimumHealthyPercent, *d.MaximumPercent}, test.source)
			require.Equal(t, test.zones, out.Service.AvailabilityZoneRebalancing, api+"API_CreateService.html")
		})
	}
}

// TestZoneRebalancingStays: an update that does not speak of it leaves it.
func TestZoneRebalancingStays(t *testing.T) {
	t.Parallel()
	for _, was := range []ecstypes.AvailabilityZoneRebalancing{"ENABLED", "DISABLED"} {
		_, client := cloud(t)
		registerHosted(t, client)
		in := hosted().base()
		in.AvailabilityZoneRebalancing = was
		_, err := client.CreateService(t.Context(), in)
		require.NoError(t, err)
		out, err := client.UpdateService(t.Context(), &awsecs.UpdateServiceInput{Cluster: in.Cluster, Service: in.ServiceName, DesiredCount: aws.Int32(2)})
		require.NoError(t, err)
		require.Equal(t, was, out.Service.AvailabilityZoneRebalancing, api+"API_UpdateService.html")
	}
}

// TestProvidersThatStay: Fargate's own cannot be deleted.
func TestProvidersThatStay(t *testing.T) {
	t.Parallel()
	_, client := cloud(t)
	for _, name := range []string{"FARGATE", "FARGATE_SPOT"} {
		_, err := client.DeleteCapacityProvider(t.Context(), &awsecs.DeleteCapacityProviderInput{CapacityProvider: &name})
		require.Error(t, err, api+"API_DeleteCapacityProvider.html")
	}
}
