// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/elb"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// site is a balancer that answers requests.
type site struct {
	*lab
	arn, listener, host string
}

// newSite makes a balancer whose listener forwards to the group "web" with the
// targets 10.0.0.1 and 10.0.1.1.
func newSite(t *testing.T) (s site, web string) {
	t.Helper()
	l := newLab(t, world.Timing{})
	web = l.group("web")
	s = site{lab: l}
	s.arn, s.listener = l.balancer("shop", web)
	l.register(web, "10.0.0.1", "10.0.1.1")
	l.sim.Advance(time.Second)
	out := must[awselb.DescribeLoadBalancersOutput](l, "DescribeLoadBalancers", &awselb.DescribeLoadBalancersInput{})
	s.host = aws.ToString(out.LoadBalancers[0].DNSName)
	return s, web
}

// get sends a request; the path may have a query, and changes a header or method.
func (s site) get(path string, changes ...func(*http.Request)) (status int, body string, header http.Header) {
	s.t.Helper()
	response, err := s.send("http://"+s.host+path, changes...)
	require.NoError(s.t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, response.Body.Close())
	return response.StatusCode, string(text), response.Header
}

func (s site) send(url string, changes ...func(*http.Request)) (*http.Response, error) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, url, nil)
	require.NoError(s.t, err)
	for _, change := range changes {
		change(r)
	}
	client := http.Client{
		Transport:     s.fake,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return client.Do(r)
}

// rule adds a rule that says its name.
func (s site) rule(priority int32, name string, conditions ...elbtypes.RuleCondition) {
	s.t.Helper()
	s.act(priority, saying(name), conditions...)
}

func (s site) act(priority int32, action elbtypes.Action, conditions ...elbtypes.RuleCondition) string {
	s.t.Helper()
	out := must[awselb.CreateRuleOutput](s.lab, "CreateRule", &awselb.CreateRuleInput{
		ListenerArn: &s.listener, Priority: &priority, Conditions: conditions, Actions: []elbtypes.Action{action},
	})
	return aws.ToString(out.Rules[0].RuleArn)
}

func saying(text string) elbtypes.Action {
	return elbtypes.Action{Type: elbtypes.ActionTypeEnumFixedResponse, FixedResponseConfig: &elbtypes.FixedResponseActionConfig{
		StatusCode: aws.String("203"), ContentType: aws.String("text/plain"), MessageBody: &text,
	}}
}

func path(patterns ...string) elbtypes.RuleCondition {
	return elbtypes.RuleCondition{
		Field: aws.String("path-pattern"), PathPatternConfig: &elbtypes.PathPatternConditionConfig{Values: patterns},
	}
}

func hosts(patterns ...string) elbtypes.RuleCondition {
	return elbtypes.RuleCondition{
		Field: aws.String("host-header"), HostHeaderConfig: &elbtypes.HostHeaderConditionConfig{Values: patterns},
	}
}

func headers(name string, patterns ...string) elbtypes.RuleCondition {
	return elbtypes.RuleCondition{
		Field:            aws.String("http-header"),
		HttpHeaderConfig: &elbtypes.HttpHeaderConditionConfig{HttpHeaderName: &name, Values: patterns},
	}
}

func methods(list ...string) elbtypes.RuleCondition {
	return elbtypes.RuleCondition{
		Field:                   aws.String("http-request-method"),
		HttpRequestMethodConfig: &elbtypes.HttpRequestMethodConditionConfig{Values: list},
	}
}

func query(key *string, value string) elbtypes.RuleCondition {
	return elbtypes.RuleCondition{
		Field: aws.String("query-string"), QueryStringConfig: &elbtypes.QueryStringConditionConfig{
			Values: []elbtypes.QueryStringKeyValuePair{{Key: key, Value: &value}},
		},
	}
}

func sources(ranges ...string) elbtypes.RuleCondition {
	return elbtypes.RuleCondition{
		Field: aws.String("source-ip"), SourceIpConfig: &elbtypes.SourceIpConditionConfig{Values: ranges},
	}
}

func asHost(host string) func(*http.Request)   { return func(r *http.Request) { r.Host = host } }
func asMethod(name string) func(*http.Request) { return func(r *http.Request) { r.Method = name } }
func with(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Add(name, value) }
}

func TestTargetsTakeTurns(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t)
	for _, want := range []string{"10.0.0.1", "10.0.1.1", "10.0.0.1"} {
		status, body, _ := s.get("/cart?id=1")
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, body, want+":8080")
		require.Equal(t, "/cart", s.program.lastPath)
	}
	s.program.status = http.StatusTeapot
	status, _, _ := s.get("")
	require.Equal(t, http.StatusTeapot, status, "the program's own status")
	require.Equal(t, "/", s.program.lastPath)
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, why string
		condition elbtypes.RuleCondition
		path      string
		change    func(*http.Request)
		meets     bool
	}{
		{name: "path", why: "a star stands for any characters", condition: path("/api/*"), path: "/api/v1/carts", meets: true},
		{name: "other path", why: "the whole path is compared", condition: path("/api"), path: "/api/v1"},
		{name: "path and case", why: "paths are compared as they are", condition: path("/API/*"), path: "/api/x"},
		{name: "path and query", why: "the query is no part of the path", condition: path("/cart"), path: "/cart?id=1", meets: true},
		{name: "one character", why: "a question mark stands for one", condition: path("/v?/x"), path: "/v2/x", meets: true},
		{name: "second value", why: "one of the values will do", condition: path("/a", "/b"), path: "/b", meets: true},
		{name: "dot", why: "it is no wildcard", condition: path("/a.b"), path: "/axb"},
		{name: "host", why: "whatever the case", condition: hosts("*.Example.com"), change: asHost("shop.example.COM"), meets: true},
		{name: "host and port", why: "the port is no part of the host", condition: hosts("shop.example.com"), change: asHost("shop.example.com:80"), meets: true},
		{name: "bare domain", why: "the dot is part of the pattern", condition: hosts("*.example.com"), change: asHost("example.com")},
		{name: "own host", why: "without a Host header it is the balancer's name", condition: hosts("*.elb.amazonaws.com"), meets: true},
		{name: "header", why: "whatever the case", condition: headers("User-Agent", "*chrome*"), change: with("user-agent", "Chrome/1"), meets: true},
		{name: "no header", why: "there must be one", condition: headers("X-Beta", "*")},
		{name: "method", why: "it is the request's", condition: methods("POST"), change: asMethod("POST"), meets: true},
		{name: "other method", why: "it is not", condition: methods("POST")},
		{name: "pair", why: "one of the query's pairs", condition: query(aws.String("version"), "v*"), path: "/?a=b&VERSION=V1", meets: true},
		{name: "any key", why: "no key is given", condition: query(nil, "x"), path: "/?a=x", meets: true},
		{name: "other value", why: "the key alone is not enough", condition: query(aws.String("a"), "x"), path: "/?a=y&b=x"},
		{name: "escaped star", why: "it stands for itself", condition: query(aws.String("a"), `\*`), path: "/?a=b"},
		{name: "encoded value", why: "it is decoded before", condition: query(aws.String("q"), "a b"), path: "/?q=a%20b", meets: true},
		{name: "everywhere", why: "the client is on the internet", condition: sources("0.0.0.0/0"), meets: true},
		{name: "office", why: "the client is elsewhere", condition: sources("198.51.100.0/24")},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s, _ := newSite(t)
			s.rule(1, "met", row.condition)
			change := row.change
			if change == nil {
				change = func(*http.Request) {}
			}
			status, _, _ := s.get(row.path, change)
			want := http.StatusOK
			if row.meets {
				want = http.StatusNonAuthoritativeInfo
			}
			require.Equal(t, want, status, row.why)
		})
	}
}

func TestRegularExpressions(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t)
	s.rule(1, "number", elbtypes.RuleCondition{
		Field: aws.String("path-pattern"), PathPatternConfig: &elbtypes.PathPatternConditionConfig{RegexValues: []string{`^/cart/\d+$`}},
	})
	_, body, _ := s.get("/cart/17")
	require.Equal(t, "number", body)
	status, _, _ := s.get("/cart/x")
	require.Equal(t, http.StatusOK, status)
}

func TestRulesAreTriedByPriority(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t)
	s.rule(20, "later", path("/api/*"))
	s.rule(3, "first", path("/api/v1/*"))
	s.rule(100, "both", path("/*"), hosts("beta.example.com"))
	_, body, _ := s.get("/api/v1/x")
	require.Equal(t, "first", body)
	_, body, _ = s.get("/api/v2/x")
	require.Equal(t, "later", body)
	_, body, _ = s.get("/x", asHost("beta.example.com"))
	require.Equal(t, "both", body)
	_, body, _ = s.get("/x")
	require.Contains(t, body, "10.0.0.1", "all conditions must be met, else the default rule answers")
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	to := func(c elbtypes.RedirectActionConfig) elbtypes.Action {
		return elbtypes.Action{Type: elbtypes.ActionTypeEnumRedirect, RedirectConfig: &c}
	}
	for _, row := range []struct {
		name, why string
		config    elbtypes.RedirectActionConfig
		status    int
		location  string
	}{
		{
			name: "to HTTPS", why: "the rest is the request's", status: http.StatusMovedPermanently,
			config: elbtypes.RedirectActionConfig{
				Protocol: aws.String("HTTPS"), Port: aws.String("443"), StatusCode: elbtypes.RedirectActionStatusCodeEnumHttp301,
			},
			location: "https://shop.example.com:443/old/cart?id=1",
		},
		{
			name: "all parts", why: "keywords may stand among other text", status: http.StatusFound,
			config: elbtypes.RedirectActionConfig{
				Host: aws.String("www.#{host}"), Path: aws.String("/new/#{path}"), Query: aws.String("from=#{port}&#{query}"),
				StatusCode: elbtypes.RedirectActionStatusCodeEnumHttp302,
			},
			location: "http://www.shop.example.com:80/new/old/cart?from=80&id=1",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s, _ := newSite(t)
			s.act(1, to(row.config), path("/old/*"))
			status, _, header := s.get("/old/cart?id=1", asHost("shop.example.com"))
			require.Equal(t, row.status, status)
			require.Equal(t, row.location, header.Get("Location"), row.why)
		})
	}
}

func TestFixedResponse(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t)
	s.rule(1, "gone fishing", path("/*"))
	status, body, header := s.get("/")
	require.Equal(t, http.StatusNonAuthoritativeInfo, status)
	require.Equal(t, "gone fishing", body)
	require.Equal(t, "text/plain; charset=utf-8", header.Get("Content-Type"))
	status, body, header = s.get("/", asMethod(http.MethodHead))
	require.Equal(t, http.StatusNonAuthoritativeInfo, status)
	require.Empty(t, body, "HEAD has no body")
	require.Equal(t, "12", header.Get("Content-Length"))
}

func TestWeights(t *testing.T) {
	t.Parallel()
	s, web := newSite(t)
	canary := s.group("canary")
	none := s.group("none")
	weigh := func(n, m int32) elbtypes.Action {
		return elbtypes.Action{Type: elbtypes.ActionTypeEnumForward, ForwardConfig: &elbtypes.ForwardActionConfig{
			TargetGroups: []elbtypes.TargetGroupTuple{
				{TargetGroupArn: &web, Weight: &n}, {TargetGroupArn: &canary, Weight: &m}, {TargetGroupArn: &none, Weight: aws.Int32(0)},
			},
		}}
	}
	rule := s.act(1, weigh(80, 20), path("/*"))
	s.register(canary, "10.0.0.9")
	s.network.at["10.0.0.9"] = world.Interface{ID: "eni-9", VPC: vpcID, Zone: region + "a"}
	s.sim.Advance(time.Second)
	light := func() (n int) {
		for range 10 {
			if _, body, _ := s.get("/"); strings.Contains(body, "10.0.0.9") {
				n++
			}
		}
		return n
	}
	require.Equal(t, 2, light(), "80 to 20")
	change := func(n, m int32) {
		must[awselb.ModifyRuleOutput](s.lab, "ModifyRule", &awselb.ModifyRuleInput{
			RuleArn: &rule, Actions: []elbtypes.Action{weigh(n, m)},
		})
	}
	change(0, 1)
	require.Equal(t, 10, light())
	change(0, 0)
	status, _, _ := s.get("/")
	require.Equal(t, http.StatusServiceUnavailable, status, "nobody has any weight")
}

func TestWhoGetsRequests(t *testing.T) {
	t.Parallel()
	s, web := newSite(t)
	s.program.answers = map[string]int{"10.0.0.1": http.StatusInternalServerError}
	s.sim.Advance(time.Minute)
	for range 3 {
		_, body, _ := s.get("/")
		require.Contains(t, body, "10.0.1.1", "the healthy one alone")
	}
	s.program.answers["10.0.1.1"] = http.StatusInternalServerError
	s.sim.Advance(time.Minute)
	first, _, _ := s.get("/")
	_, one, _ := s.get("/")
	_, two, _ := s.get("/")
	require.Equal(t, http.StatusInternalServerError, first, "with no healthy target the balancer fails open")
	require.NotEqual(t, one, two)

	s.deregister(web, "10.0.0.1")
	s.deregister(web, "10.0.1.1")
	s.sim.Advance(time.Second)
	status, body, header := s.get("/")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body, "503 Service Temporarily Unavailable")
	require.Equal(t, "awselb/2.0", header.Get("Server"))
}

func TestThresholdOfRouting(t *testing.T) {
	t.Parallel()
	s, web := newSite(t)
	s.program.answers = map[string]int{"10.0.0.1": http.StatusInternalServerError}
	s.sim.Advance(time.Minute)
	must[awselb.ModifyTargetGroupAttributesOutput](s.lab, "ModifyTargetGroupAttributes", &awselb.ModifyTargetGroupAttributesInput{
		TargetGroupArn: &web, Attributes: []elbtypes.TargetGroupAttribute{{
			Key:   aws.String("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage"),
			Value: aws.String("60"),
		}},
	})
	seen := map[int]int{}
	for range 4 {
		status, _, _ := s.get("/")
		seen[status]++
	}
	require.Equal(t, map[int]int{200: 2, 500: 2}, seen, "half of the targets are fewer than 60 %")
}

func TestTargetsThatDoNotAnswer(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t)
	s.program.deaf = true
	status, body, _ := s.get("/")
	require.Equal(t, http.StatusBadGateway, status, "the connection is refused")
	require.Contains(t, body, "502 Bad Gateway")
	s.network.inside = true
	status, body, _ = s.get("/")
	require.Equal(t, http.StatusGatewayTimeout, status, "the target's groups drop the packets")
	require.Contains(t, body, "504 Gateway Time-out")
}

func TestRewrittenURL(t *testing.T) {
	t.Parallel()
	s, web := newSite(t)
	must[awselb.CreateRuleOutput](s.lab, "CreateRule", &awselb.CreateRuleInput{
		ListenerArn: &s.listener, Priority: aws.Int32(1), Conditions: []elbtypes.RuleCondition{path("/api/*")}, Actions: forwardTo(web),
		Transforms: []elbtypes.RuleTransform{{
			Type: elbtypes.TransformTypeEnumUrlRewrite,
			UrlRewriteConfig: &elbtypes.UrlRewriteConfig{Rewrites: []elbtypes.RewriteConfig{
				{Regex: aws.String(`^/api/(\w+)/`), Replace: aws.String("/$1x/")},
			}},
		}},
	})
	s.get("/api/v1/carts?id=1")
	require.Equal(t, "/v1x/carts", s.program.lastPath)
}

func TestConnections(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, why string
		prepare   func(s *site)
		url       func(s site) string
		want      error
	}{
		{name: "other port", why: "no listener", url: func(s site) string { return "http://" + s.host + ":81" }, want: syscall.ECONNREFUSED},
		{
			name: "closed groups", why: "packets are dropped", prepare: func(s *site) { s.network.closed = true }, want: syscall.ETIMEDOUT,
		},
		{
			name: "private subnets", why: "there is no way from the internet",
			prepare: func(s *site) { s.network.private = true }, want: syscall.ETIMEDOUT,
		},
		{name: "TLS to HTTP", why: "the answer is no TLS", url: func(s site) string { return "https://" + s.host + ":80" }, want: http.ErrSchemeMismatch},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s, _ := newSite(t)
			if row.prepare != nil {
				row.prepare(&s)
			}
			url := "http://" + s.host
			if row.url != nil {
				url = row.url(s)
			}
			_, err := s.send(url)
			require.ErrorIs(t, err, row.want, row.why)
		})
	}
}

func TestTimeoutsAreTimeouts(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t)
	s.network.closed = true
	_, err := s.send("http://" + s.host)
	var timeout net.Error
	require.ErrorAs(t, err, &timeout)
	require.True(t, timeout.Timeout())
	require.ErrorContains(t, err, s.host+":80: connect: connection timed out")
}

func TestUnknownNames(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t)
	_, err := s.send("http://nobody-1.eu-west-1.elb.amazonaws.com")
	var dns *net.DNSError
	require.ErrorAs(t, err, &dns)
	require.True(t, dns.IsNotFound)
	require.False(t, elb.Serves("example.com"))

	must[awselb.DeleteLoadBalancerOutput](s.lab, "DeleteLoadBalancer", &awselb.DeleteLoadBalancerInput{LoadBalancerArn: &s.arn})
	_, err = s.send("http://" + s.host)
	require.ErrorAs(t, err, &dns, "the name goes with the balancer")
}

func TestInternalBalancerIsOutOfReach(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t)
	out := must[awselb.CreateLoadBalancerOutput](s.lab, "CreateLoadBalancer", &awselb.CreateLoadBalancerInput{
		Name: aws.String("inner"), Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-1"},
		Scheme: elbtypes.LoadBalancerSchemeEnumInternal,
	})
	s.sim.Advance(time.Second)
	_, err := s.send("http://" + aws.ToString(out.LoadBalancers[0].DNSName))
	require.ErrorIs(t, err, syscall.ETIMEDOUT)
}

func TestHTTPS(t *testing.T) {
	t.Parallel()
	s, web := newSite(t)
	must[awselb.CreateListenerOutput](s.lab, "CreateListener", &awselb.CreateListenerInput{
		LoadBalancerArn: &s.arn, Port: aws.Int32(443), Protocol: elbtypes.ProtocolEnumHttps, DefaultActions: forwardTo(web),
		Certificates: []elbtypes.Certificate{{CertificateArn: aws.String("arn:aws:acm:eu-west-1:123456789012:certificate/1")}},
	})
	response, err := s.send("https://dualstack." + strings.ToUpper(s.host))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NoError(t, response.Body.Close())
	response, err = s.send("http://" + s.host + ":443")
	require.NoError(t, err)
	require.Equal(t, http.StatusBadRequest, response.StatusCode, "it wants TLS")
	require.NoError(t, response.Body.Close())
}

func TestCancelledRequest(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.send("http://"+s.host, func(r *http.Request) { *r = *r.WithContext(ctx) })
	require.ErrorIs(t, err, context.Canceled)
}
