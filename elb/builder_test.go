// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strings"
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
	"github.com/slipway-go/slipway/internal/buildertest"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/vpc"
)

var update = flag.Bool("update", false, "write the golden files")

// overrides are two functions of which the fork test can tell apart.
func overrides[T any](a, b func(*T)) []any { return []any{a, b} }

func TestForks(t *testing.T) {
	t.Parallel()
	app := fullApplication()
	group := fullTargetGroup()
	peers := []any{vpc.CIDR("10.0.0.0/8"), vpc.CIDR("192.168.0.0/16"), vpc.GroupID("sg-1"), vpc.GroupID("sg-2")}
	buildertest.Fork(t, elb.NewApplication("shop", vpc.Default()), append(peers, overrides(
		func(in *awselb.CreateLoadBalancerInput) { in.Name = aws.String("a") },
		func(in *awselb.CreateLoadBalancerInput) { in.Name = aws.String("b") })...)...)
	buildertest.Fork(t, group, overrides(
		func(in *awselb.CreateTargetGroupInput) { in.Name = aws.String("a") },
		func(in *awselb.CreateTargetGroupInput) { in.Name = aws.String("b") })...)
	buildertest.Fork(t, fullListener(app, group), overrides(
		func(in *awselb.CreateListenerInput) { in.Port = aws.Int32(1) },
		func(in *awselb.CreateListenerInput) { in.Port = aws.Int32(2) })...)
	buildertest.Fork(t, fullRule(app.Listener(), group), overrides(
		func(in *awselb.CreateRuleInput) { in.Priority = aws.Int32(1) },
		func(in *awselb.CreateRuleInput) { in.Priority = aws.Int32(2) })...)
	buildertest.Fork(t, app.Route("/*"), app.Route("/a"), app.Route("/b"))
	buildertest.Fork(t, elb.ListenerARN("arn"), peers...)
	forkNetworks(t, peers)
}

func forkNetworks(t *testing.T, peers []any) {
	t.Helper()
	balancer := overrides(
		func(in *awselb.CreateLoadBalancerInput) { in.Name = aws.String("a") },
		func(in *awselb.CreateLoadBalancerInput) { in.Name = aws.String("b") })
	nlb, second := elb.NewNetwork("mqtt", vpc.Default()), elb.NewNetwork("second", vpc.Default())
	buildertest.Fork(t, nlb, append(balancer, peers...)...)
	buildertest.Fork(t, nlb.TLS(1, certificate), nlb.TCP(1), nlb.TCP(2))
	buildertest.Fork(t, elb.NewNetworkListener(nlb, elb.TCP, 80, elb.Forward{}), overrides(
		func(in *awselb.CreateListenerInput) { in.Port = aws.Int32(1) },
		func(in *awselb.CreateListenerInput) { in.Port = aws.Int32(2) })...)
	buildertest.Fork(t, elb.NewClassic("old", vpc.Default(), elb.ClassicListener{}), append(overrides(
		func(in *awsclassic.CreateLoadBalancerInput) { in.LoadBalancerName = aws.String("a") },
		func(in *awsclassic.CreateLoadBalancerInput) { in.LoadBalancerName = aws.String("b") }), peers...)...)
	buildertest.Fork(t, elb.NewEndpointService("mqtt", nlb), append(overrides(
		func(in *awsec2.CreateVpcEndpointServiceConfigurationInput) { in.PrivateDnsName = aws.String("a") },
		func(in *awsec2.CreateVpcEndpointServiceConfigurationInput) { in.PrivateDnsName = aws.String("b") }), nlb, second)...)
}

// networkInputs builds the fullest values of Network Load Balancers and their like.
func networkInputs(t *testing.T) map[string]any {
	t.Helper()
	nlb := fullNetwork().WithSecurityGroup(vpc.GroupID("sg-1")).WithPrivateIP("subnet-1", "10.0.0.1")
	public := elb.NewNetwork("public", vpc.Default()).WithElasticIP("subnet-1", "eipalloc-1")
	group, listener := fullNetworkRoute(nlb).Forward("web", 8080, vpc.Default())
	pair := fullNetworkRoute(nlb).WithTestRoute(nlb.TCP(81)).ForwardPair("web", 8080, vpc.Default())
	classic := fullClassic(elb.NewClassic("old", vpc.Default(), elb.ClassicListener{Protocol: elb.HTTP, Port: 80, TargetPort: 8080}).
		WithInternal().WithSecurityGroup(vpc.GroupID("sg-1")))
	return map[string]any{
		"network-balancers": []any{built[model.LoadBalancer](t, nlb).Create, built[model.LoadBalancer](t, public).Create},
		"network-group":     built[model.TargetGroup](t, group),
		"network-listeners": []any{
			built[model.Listener](t, listener), built[model.Listener](t, pair.Rule), built[model.Listener](t, pair.Test),
		},
		"classic":          built[model.Classic](t, classic),
		"endpoint-service": built[model.EndpointService](t, fullService(elb.NewEndpointService("mqtt", nlb))),
	}
}

// inputs builds the fullest values.
func inputs(t *testing.T) (b awselb.CreateLoadBalancerInput, l []any, g []any, r []any) {
	t.Helper()
	app := fullApplication().WithSecurityGroup(vpc.GroupID("sg-1"))
	derived, rule := fullRoute(app).Forward("web", 8080, vpc.Default())
	group := fullTargetGroup()
	listener := fullListener(app, group)
	weighted := elb.Forward{Targets: []elb.Weighted{{Group: group, Weight: 1}, {Group: derived, Weight: 3}}, Stickiness: time.Hour}
	fixed := elb.FixedResponse{Status: 503, ContentType: "text/html", Body: "<p>closed</p>"}
	b = built[model.LoadBalancer](t, app).Create
	for _, x := range []elb.Listener{listener, elb.NewListener(app, 81, weighted), elb.NewListener(app, 82, fixed), elb.NewListener(app, 83, elb.Redirect{Protocol: "HTTPS", Host: "a.example.com", Port: "443", Path: "/", Query: "x=1"})} {
		l = append(l, built[model.Listener](t, x).Create)
	}
	for _, x := range []elb.TargetGroup{group, derived} {
		g = append(g, built[model.TargetGroup](t, x).Create)
	}
	for _, x := range []elb.ListenerRule{
		rule, fullRule(listener, group), elb.NewListenerRule("split", listener, weighted).WithPath("/*"),
		elb.NewListenerRule("closed", listener, fixed).WithSourceIP("10.0.0.0/8"),
	} {
		r = append(r, built[model.ListenerRule](t, x).Create)
	}
	return b, l, g, r
}

func built[T any](t *testing.T, r slipway.Resource) *T {
	t.Helper()
	desired, err := r.Build()
	require.NoError(t, err)
	again, err := r.Build()
	require.NoError(t, err)
	require.Equal(t, desired.State, again.State, "Build is repeatable")
	state, ok := desired.State.(*T)
	require.True(t, ok, "%T", desired.State)
	return state
}

func TestDrift(t *testing.T) {
	t.Parallel()
	b, l, g, r := inputs(t)
	more := networkInputs(t)
	balancers, _ := more["network-balancers"].([]any)
	buildertest.Drift(t, append(balancers, b)...)
	for _, x := range more["network-listeners"].([]any) {
		listener, ok := x.(*model.Listener)
		require.True(t, ok)
		l = append(l, listener.Create)
	}
	classic, _ := more["classic"].(*model.Classic)
	service, _ := more["endpoint-service"].(*model.EndpointService)
	buildertest.Drift(t, classic.Create)
	buildertest.Drift(t, service.Create)
	buildertest.Drift(t, l...)
	buildertest.Drift(t, g...)
	buildertest.Drift(t, r...)
}

func TestGolden(t *testing.T) {
	t.Parallel()
	b, l, g, r := inputs(t)
	all := networkInputs(t)
	maps.Copy(all, map[string]any{"balancer": b, "listeners": l, "groups": g, "rules": r})
	for name, got := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := json.MarshalIndent(got, "", "  ")
			require.NoError(t, err)
			file := filepath.Join("testdata", name+".json")
			if *update {
				require.NoError(t, os.WriteFile(file, append(data, '\n'), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.JSONEq(t, string(want), string(data))
		})
	}
}

func TestFullestValuesAreValid(t *testing.T) {
	t.Parallel()
	app, group := fullApplication(), fullTargetGroup()
	listener := fullListener(app, group)
	derived, rule := fullRoute(app).Forward("web", 8080, vpc.Default())
	for _, v := range []interface{ Validate() error }{app, group, listener, derived, rule, fullRule(listener, group)} {
		require.NoError(t, v.Validate())
	}
}

func TestValidateReportsEverything(t *testing.T) {
	t.Parallel()
	app := elb.NewApplication("my_alb", vpc.Default()).WithIdleTimeout(2 * time.Hour).WithHTTPS("cert.pem")
	err := app.Validate()
	require.ErrorIs(t, err, slipway.ErrInvalid)
	for _, part := range []string{
		`elb:LoadBalancer/my_alb Name: got "my_alb"`, "Attributes[idle_timeout.timeout_seconds]: got 7200, want 1 to 4000",
		"elb:Listener/my_alb/443 Certificates[0].CertificateArn",
	} {
		require.ErrorContains(t, err, part)
	}
	group := elb.NewTargetGroup(strings.Repeat("x", 33), 0, vpc.Default()).
		WithHealthCheck(elb.HealthCheck{Path: "live", Interval: time.Second, Codes: "599"}).WithSlowStart(time.Second)
	err = group.Validate()
	for _, path := range []string{"Name", "Port", "HealthCheckIntervalSeconds", "HealthCheckPath", "Matcher.HttpCode", "Attributes[slow_start.duration_seconds]"} {
		require.ErrorContains(t, err, " "+path+": ")
	}
	require.ErrorContains(t, elb.NewListenerRule("none", app.Listener(), nil).Validate(), "Conditions: got none")
}

func TestRouteURL(t *testing.T) {
	t.Parallel()
	app := elb.NewApplication("shop", vpc.Default())
	dns := slipway.Ref(app.ID(), "dns")
	for _, row := range []struct {
		name, want string
		route      elb.Route
	}{
		{"plain", "http://" + dns + "/", app.Route("/*")},
		{"encrypted", "https://" + dns + "/api/", app.WithHTTPS(certificate).Route("/api/*")},
		{"host", "https://shop.example.com/", app.WithHTTPS(certificate).Route("/*").WithHost("*.example.com", "shop.example.com")},
		{"other port", "http://" + dns + ":8080/", elb.NewListener(app, 8080, elb.FixedResponse{Status: 404}).Route("/*")},
		{"existing", "", elb.ListenerARN("arn").Route("/*")},
		{"existing with a host", "https://a.example.com/x", elb.ListenerARN("arn").Route("/x").WithHost("a.example.com")},
		{"existing with a URL", "https://b.example.com/", elb.ListenerARN("arn").WithURL("https://b.example.com").Route("/*")},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, row.want, row.route.URL())
		})
	}
}

func TestDerivedNames(t *testing.T) {
	t.Parallel()
	name := func(name string, port int32, change func(elb.Route) elb.Route) string {
		app := elb.NewApplication("shop", vpc.Default())
		group, _ := change(app.Route("/*")).Forward(name, port, vpc.Default())
		return *built[model.TargetGroup](t, group).Create.Name
	}
	same := func(r elb.Route) elb.Route { return r }
	first := name("web", 80, same)
	require.Regexp(t, `^web-[0-9a-f]{6}$`, first)
	require.Equal(t, first, name("web", 80, func(r elb.Route) elb.Route {
		return r.WithHealthCheck(elb.HealthCheck{Path: "/x"}).WithSlowStart(time.Minute)
	}), "what AWS can change does not change the name")
	require.NotEqual(t, first, name("web", 81, same))
	require.NotEqual(t, first, name("web", 80, func(r elb.Route) elb.Route { return r.WithProtocol(elb.HTTPS) }))
	long := name("shop/"+strings.Repeat("x", 60), 80, same)
	require.Len(t, long, 32)
	require.Regexp(t, `^shop-x+-[0-9a-f]{6}$`, long)
}

func TestSecurityGroups(t *testing.T) {
	t.Parallel()
	app := elb.NewApplication("shop", vpc.Default())
	require.Equal(t, slipway.Ref(slipway.ID{Kind: "vpc:SecurityGroup", Name: app.SecurityGroup().(vpc.SecurityGroup).ID().Name}, "id"), app.SecurityGroup().GroupID())
	given := app.WithSecurityGroup(vpc.GroupID("sg-1")).WithSecurityGroup(vpc.GroupID("sg-2"))
	require.Equal(t, "sg-1", given.SecurityGroup().GroupID())
	require.Len(t, given.Route("/*").SecurityGroups(), 2)
	_, known := elb.ListenerARN("arn").Route("/*").Application()
	require.False(t, known)
	require.Empty(t, elb.ListenerARN("arn").Route("/*").SecurityGroups())
	require.Len(t, elb.ListenerARN("arn").WithSecurityGroup(vpc.GroupID("sg-1")).Route("/*").SecurityGroups(), 1)
}

func TestCheck(t *testing.T) {
	t.Parallel()
	require.NoError(t, elb.Check(&awselb.CreateRuleInput{
		ListenerArn: aws.String("arn"), Priority: aws.Int32(1),
		Conditions: []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/*"}}},
		Actions:    []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: aws.String("arn")}},
	}))
	require.ErrorIs(t, elb.Check(&awselb.CreateRuleInput{}), slipway.ErrInvalid)
	require.Error(t, elb.Check(42))
}

func TestOverride(t *testing.T) {
	t.Parallel()
	app := elb.NewApplication("shop", vpc.Default()).
		WithOverride(func(in *awselb.CreateLoadBalancerInput) { in.Name = aws.String("first") }).
		WithOverride(func(in *awselb.CreateLoadBalancerInput) { in.Name = aws.String(*in.Name + "-second") })
	require.Equal(t, "first-second", *built[model.LoadBalancer](t, app).Create.Name)
}

func TestOverridesAreTold(t *testing.T) {
	t.Parallel()
	app := elb.NewApplication("shop", vpc.Default())
	group, rule := app.Route("/*").Forward("web", 80, vpc.Default())
	for _, tt := range []struct {
		name string
		of   slipway.Resource
		want []string
	}{
		{"none", app, nil},
		{"a balancer", app.WithOverride(func(in *awselb.CreateLoadBalancerInput) {
			in.Scheme = elbtypes.LoadBalancerSchemeEnumInternal
		}), []string{"Create.Scheme"}},
		{"a listener", elb.NewListener(app, 81, elb.RedirectToHTTPS()).WithOverride(func(in *awselb.CreateListenerInput) {
			in.Port = aws.Int32(82)
		}), []string{"Create.Port"}},
		{"a rule", rule.WithOverride(func(in *awselb.CreateRuleInput) {
			in.Priority = aws.Int32(7)
		}), []string{"Create.Priority"}},
		{"a group sees its derived name", group.WithOverride(func(in *awselb.CreateTargetGroupInput) {
			in.Name = aws.String(*in.Name + "x")
		}), []string{"Create.Name"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := tt.of.Build()
			require.NoError(t, err)
			require.Equal(t, tt.want, d.Overridden)
		})
	}
	name := *built[model.TargetGroup](t, group).Create.Name
	renamed := group.WithOverride(func(in *awselb.CreateTargetGroupInput) { in.Name = aws.String(*in.Name + "x") })
	require.Equal(t, name+"x", *built[model.TargetGroup](t, renamed).Create.Name)
}

func TestOverridesAreChecked(t *testing.T) {
	t.Parallel()
	app := elb.NewApplication("shop", vpc.Default()).WithOverride(func(in *awselb.CreateLoadBalancerInput) {
		in.Name = aws.String("internal-shop")
	})
	require.ErrorContains(t, app.Validate(), "elb:LoadBalancer/shop")
}
