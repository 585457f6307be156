// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"time"

	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/vpc"
)

// The fullest values of each builder.

func fullApplication() elb.Application {
	return elb.NewApplication("shop", vpc.Default()).WithHTTPS(certificate, another).
		WithSSLPolicy("ELBSecurityPolicy-TLS13-1-3-2021-06").WithInternal().
		WithClients(vpc.CIDR("10.0.0.0/8")).WithIPAddressType(elb.Dualstack).
		WithIdleTimeout(5*time.Minute).WithDeletionProtection().WithAccessLogs("logs", "shop").
		WithAttribute("routing.http.drop_invalid_header_fields.enabled", "true").WithTag("team", "shop")
}

func fullRoute(app elb.Application) elb.Route {
	return app.Route("/api/*").WithHost("*.example.com").WithHeader("X-Beta", "1").WithMethod("GET").
		WithSourceIP("10.0.0.0/8").WithPriority(7).
		WithHealthCheck(elb.HealthCheck{
			Path: "/live", Port: 9000, Protocol: elb.HTTPS, Interval: 10 * time.Second, Timeout: 3 * time.Second,
			Healthy: 3, Unhealthy: 4, Codes: "200-299",
		}).
		WithProtocol(elb.HTTPS).WithProtocolVersion(elb.HTTP2).WithTargetType(elb.IPTargets).
		WithDeregistrationDelay(time.Minute).WithSlowStart(30*time.Second).WithStickiness(time.Hour).
		WithAlgorithm(elb.RoundRobin).WithAttribute("load_balancing.cross_zone.enabled", "true").WithTag("team", "shop")
}

func fullTargetGroup() elb.TargetGroup {
	return elb.NewTargetGroup("second", 8443, vpc.Default()).WithProtocol(elb.HTTPS).WithProtocolVersion(elb.GRPC).
		WithTargetType(elb.InstanceTargets).
		WithHealthCheck(elb.HealthCheck{Path: "/grpc.health/Check", Codes: "0"}).
		WithDeregistrationDelay(0).WithAppStickiness("session", time.Hour).
		WithAlgorithm(elb.WeightedRandom).WithAttribute("load_balancing.algorithm.anomaly_mitigation", "on").WithTag("team", "shop")
}

func fullListener(app elb.Application, group elb.TargetGroup) elb.Listener {
	return elb.NewListener(app, 8443, elb.ForwardTo(group)).WithCertificate(certificate, another).
		WithSSLPolicy("ELBSecurityPolicy-FS-2018-06").
		WithAttribute("routing.http.response.server.enabled", "false").WithTag("team", "shop")
}

func fullRule(listener elb.ListenerRef, group elb.TargetGroupRef) elb.ListenerRule {
	_ = group
	return elb.NewListenerRule("moved", listener, elb.Redirect{
		Protocol: "HTTPS", Host: "new.example.com", Port: "443", Path: "/#{path}", Query: "from=old", Temporary: true,
	}).
		WithPath("/old/*").WithHost("old.example.com").WithHeader("X-Old", "1").WithMethod("GET").WithQuery("v", "1").
		WithPriority(1).WithTag("team", "shop")
}
