// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsclassic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	classictypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/rules/elb"
	"github.com/slipway-go/slipway/internal/rules/rulestest"
)

const (
	validation    = "ValidationError"
	configuration = "InvalidConfigurationRequest"
)

type (
	classic  = awsclassic.CreateLoadBalancerInput
	listener = classictypes.Listener
)

func classicListener() listener {
	return listener{Protocol: aws.String("http"), LoadBalancerPort: 80, InstancePort: aws.Int32(8080)}
}

func plainClassic() *classic {
	return &classic{
		LoadBalancerName: aws.String("shop"), Listeners: []listener{classicListener()},
		Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-1"},
	}
}

// listens changes the only listener.
func listens(change func(*listener)) func(*classic) {
	return func(in *classic) { change(&in.Listeners[0]) }
}

// speaks sets both protocols and the certificate.
func speaks(front, back, certificate string) func(*classic) {
	return listens(func(l *listener) {
		l.Protocol = &front
		if back != "" {
			l.InstanceProtocol = &back
		}
		if certificate != "" {
			l.SSLCertificateId = &certificate
		}
	})
}

func TestEveryRuleOfClassicBalancers(t *testing.T) {
	t.Parallel()
	name := func(s string) func(*classic) { return func(in *classic) { in.LoadBalancerName = &s } }
	front := func(n int32) func(*classic) { return listens(func(l *listener) { l.LoadBalancerPort = n }) }
	back := func(n int32) func(*classic) { return listens(func(l *listener) { l.InstancePort = &n }) }
	scheme := func(s string) func(*classic) { return func(in *classic) { in.Scheme = &s } }
	subnets := func(ids ...string) func(*classic) { return func(in *classic) { in.Subnets = ids } }
	tag := func(key string) func(*classic) {
		return func(in *classic) { in.Tags = []classictypes.Tag{{Key: &key}} }
	}
	twice := func(port int32) func(*classic) {
		return func(in *classic) {
			second := classicListener()
			second.LoadBalancerPort = port
			in.Listeners = append(in.Listeners, second)
		}
	}
	const at = "Listeners[0]."
	rulestest.Holds(t, elb.CreateClassic, account(), plainClassic, []rulestest.Row[classic]{
		{Rule: "elb-classic-name", Name: "none", Breaks: name(""), Legal: name("s"), Path: "LoadBalancerName", Code: validation, Text: "hyphen"},
		{Rule: "elb-classic-name", Name: "33 characters", Breaks: name(strings.Repeat("s", 33)), Legal: name(strings.Repeat("s", 32)), Path: "LoadBalancerName", Code: validation},
		{Rule: "elb-classic-name", Name: "a hyphen first", Breaks: name("-s"), Legal: name("s-1"), Path: "LoadBalancerName", Code: validation},
		{Rule: "elb-classic-name", Name: "a hyphen last", Breaks: name("s-"), Legal: name("S9"), Path: "LoadBalancerName", Code: validation},
		{Rule: "elb-classic-name", Name: "a dot", Breaks: name("s.t"), Path: "LoadBalancerName", Code: validation},
		{Rule: "elb-classic-listeners", Name: "none", Breaks: func(in *classic) { in.Listeners = nil }, Path: "Listeners", Code: validation},
		{Rule: "elb-classic-listeners", Name: "a port twice", Breaks: twice(80), Legal: twice(81), Path: "Listeners[1].LoadBalancerPort", Code: "DuplicateListener"},
		{Rule: "elb-classic-listeners", Name: "port 0", Breaks: front(0), Legal: front(1), Path: at + "LoadBalancerPort", Code: validation},
		{Rule: "elb-classic-listeners", Name: "port 65536", Breaks: front(65536), Legal: front(65535), Path: at + "LoadBalancerPort", Code: validation},
		{Rule: "elb-classic-listeners", Name: "port 65536 of instances", Breaks: back(65536), Legal: back(65535), Path: at + "InstancePort", Code: validation},
		{Rule: "elb-classic-listeners", Name: "no port of instances", Breaks: listens(func(l *listener) { l.InstancePort = nil }), Path: at + "InstancePort", Code: validation},
		{Rule: "elb-classic-listeners", Name: "UDP", Breaks: speaks("UDP", "", ""), Legal: speaks("tcp", "", ""), Path: at + "Protocol", Code: "UnsupportedProtocol"},
		{Rule: "elb-classic-listeners", Name: "two layers", Breaks: speaks("HTTP", "TCP", ""), Legal: speaks("HTTP", "https", ""), Path: at + "InstanceProtocol", Code: configuration},
		{Rule: "elb-classic-listeners", Name: "two layers the other way round", Breaks: speaks("TCP", "HTTP", ""), Legal: speaks("TCP", "SSL", ""), Path: at + "InstanceProtocol", Code: configuration},
		{Rule: "elb-classic-listeners", Name: "HTTPS without certificate", Breaks: speaks("HTTPS", "HTTP", ""), Legal: speaks("HTTPS", "HTTP", certificate), Path: at + "SSLCertificateId", Code: configuration},
		{Rule: "elb-classic-listeners", Name: "HTTP with certificate", Breaks: speaks("HTTP", "", certificate), Legal: speaks("SSL", "", certificate), Path: at + "SSLCertificateId", Code: configuration},
		{Rule: "elb-classic-listeners", Name: "a name for a certificate", Breaks: speaks("SSL", "", "mine"), Legal: speaks("SSL", "TCP", certificate), Path: at + "SSLCertificateId", Code: "CertificateNotFound"},
		{Rule: "elb-classic-scheme", Name: "private", Breaks: scheme("private"), Legal: scheme("internal"), Path: "Scheme", Code: "InvalidScheme"},
		{Rule: "elb-classic-subnets", Name: "none", Breaks: subnets(), Legal: subnets("subnet-a"), Path: "Subnets", Code: validation, Text: "Either"},
		{Rule: "elb-classic-groups", Name: "one of another VPC", Breaks: func(in *classic) { in.SecurityGroups = []string{"sg-other"} }, Path: "SecurityGroups[0]", Code: configuration},
		{Rule: "elb-classic-tags", Name: "reserved", Breaks: tag("aws:x"), Legal: tag("x"), Path: "Tags[aws:x]", Code: validation},
	}, "elb-classic-legacy")
}

// TestClassicBalancersAreLegacy: every one is warned of, and made all the same.
func TestClassicBalancersAreLegacy(t *testing.T) {
	t.Parallel()
	found := elb.CreateClassic.All(account(), plainClassic())
	require.Len(t, found, 1)
	require.True(t, found[0].Warn)
	_, refused := elb.CreateClassic.First(account(), plainClassic())
	require.False(t, refused)
}

func TestEveryRuleOfClassicListeners(t *testing.T) {
	t.Parallel()
	type more = awsclassic.CreateLoadBalancerListenersInput
	base := func() *more { return &more{Listeners: []listener{classicListener()}} }
	rulestest.Holds(t, elb.CreateClassicListeners, account(), base, []rulestest.Row[more]{
		{
			Rule: "elb-classic-listeners", Name: "port 0", Breaks: func(in *more) { in.Listeners[0].LoadBalancerPort = 0 },
			Legal: func(in *more) { in.Listeners[0].LoadBalancerPort = 1 }, Path: "Listeners[0].LoadBalancerPort", Code: validation,
		},
	})
}

// TestEveryRuleOfClassicHealth has the bounds of
// https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_HealthCheck.html
func TestEveryRuleOfClassicHealth(t *testing.T) {
	t.Parallel()
	type check = awsclassic.ConfigureHealthCheckInput
	health := func(change func(*classictypes.HealthCheck)) func(*check) {
		return func(in *check) { change(in.HealthCheck) }
	}
	target := func(s string) func(*check) {
		return health(func(h *classictypes.HealthCheck) { h.Target = &s })
	}
	base := func() *check {
		return &check{HealthCheck: &classictypes.HealthCheck{
			Target: aws.String("HTTP:80/ping"), Interval: aws.Int32(300), Timeout: aws.Int32(5), HealthyThreshold: aws.Int32(10), UnhealthyThreshold: aws.Int32(2),
		}}
	}
	row := func(name, path string, breaks, legal func(*check)) rulestest.Row[check] {
		return rulestest.Row[check]{Rule: "elb-classic-health", Name: name, Breaks: breaks, Legal: legal, Path: "HealthCheck." + path, Code: validation}
	}
	rows := []rulestest.Row[check]{
		row("HTTP without path", "Target", target("HTTP:80"), target("HTTPS:443/")),
		row("TCP with path", "Target", target("TCP:80/ping"), target("TCP:80")),
		row("port 0", "Target", target("SSL:0"), target("SSL:1")),
		row("port 65536", "Target", target("TCP:65536"), target("TCP:65535")),
		row("another protocol", "Target", target("UDP:53"), target("SSL:443")),
		row("as long as the interval", "Timeout", health(func(h *classictypes.HealthCheck) { h.Interval, h.Timeout = aws.Int32(5), aws.Int32(5) }),
			health(func(h *classictypes.HealthCheck) { h.Interval, h.Timeout = aws.Int32(5), aws.Int32(4) })),
	}
	for _, f := range []struct {
		field     string
		low, high int32
		set       func(*classictypes.HealthCheck, int32)
	}{
		{"Interval", 5, 300, func(h *classictypes.HealthCheck, n int32) { h.Interval, h.Timeout = &n, nil }},
		{"Timeout", 2, 60, func(h *classictypes.HealthCheck, n int32) { h.Timeout = &n }},
		{"HealthyThreshold", 2, 10, func(h *classictypes.HealthCheck, n int32) { h.HealthyThreshold = &n }},
		{"UnhealthyThreshold", 2, 10, func(h *classictypes.HealthCheck, n int32) { h.UnhealthyThreshold = &n }},
	} {
		to := func(n int32) func(*check) { return health(func(h *classictypes.HealthCheck) { f.set(h, n) }) }
		rows = append(rows, row(f.field+" too small", f.field, to(f.low-1), to(f.low)), row(f.field+" too large", f.field, to(f.high+1), to(f.high)))
	}
	rulestest.Holds(t, elb.ConfigureHealthCheck, account(), base, rows)
}

func TestEveryRuleOfClassicAttributes(t *testing.T) {
	t.Parallel()
	type change = awsclassic.ModifyLoadBalancerAttributesInput
	attributes := func(a classictypes.LoadBalancerAttributes) func(*change) {
		return func(in *change) { in.LoadBalancerAttributes = &a }
	}
	idle := func(n int32) func(*change) {
		return attributes(classictypes.LoadBalancerAttributes{ConnectionSettings: &classictypes.ConnectionSettings{IdleTimeout: &n}})
	}
	drain := func(n int32) func(*change) {
		return attributes(classictypes.LoadBalancerAttributes{ConnectionDraining: &classictypes.ConnectionDraining{Enabled: true, Timeout: &n}})
	}
	logs := func(on bool, bucket string, every int32) func(*change) {
		return attributes(classictypes.LoadBalancerAttributes{AccessLog: &classictypes.AccessLog{Enabled: on, S3BucketName: &bucket, EmitInterval: &every}})
	}
	row := func(name, path string, breaks, legal func(*change)) rulestest.Row[change] {
		return rulestest.Row[change]{Rule: "elb-classic-attributes", Name: name, Breaks: breaks, Legal: legal, Path: "Attributes." + path, Code: configuration}
	}
	rulestest.Holds(t, elb.ModifyClassicAttributes, account(), func() *change { return &change{} }, []rulestest.Row[change]{
		row("no idle time", "ConnectionSettings.IdleTimeout", idle(0), idle(1)),
		row("4001 s idle", "ConnectionSettings.IdleTimeout", idle(4001), idle(4000)),
		row("no time to drain", "ConnectionDraining.Timeout", drain(0), drain(1)),
		row("3601 s to drain", "ConnectionDraining.Timeout", drain(3601), drain(3600)),
		row("logs without bucket", "AccessLog.S3BucketName", logs(true, "", 60), logs(false, "", 60)),
		row("logs every ten minutes", "AccessLog.EmitInterval", logs(true, "b", 10), logs(true, "b", 5)),
	})
}
