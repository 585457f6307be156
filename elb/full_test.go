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

func fullNetwork() elb.Network {
	return elb.NewNetwork("mqtt", vpc.Default()).WithInternal().WithClients(vpc.CIDR("10.0.0.0/8")).
		WithIPAddressType(elb.IPv4).WithCrossZone().WithZoneAffinity(elb.EntirelyOwnZone).WithDeletionProtection().
		WithAccessLogs("logs", "mqtt").WithAttribute("zonal_shift.config.enabled", "true").WithTag("team", "iot")
}

func fullNetworkRoute(nlb elb.Network) elb.NetworkRoute {
	return nlb.TLS(8883, certificate, another).WithSSLPolicy("ELBSecurityPolicy-TLS13-1-3-2021-06").WithALPN(elb.HTTP2Optional).
		WithEncryptedTargets().WithHealthCheck(elb.HealthCheck{
		Path: "/live", Port: 9000, Protocol: elb.HTTP, Interval: 10 * time.Second, Timeout: 3 * time.Second,
		Healthy: 3, Unhealthy: 4, Codes: "200-299",
	}).
		WithTargetType(elb.IPTargets).WithClientIP(true).WithProxyProtocol().WithCrossZone(false).
		WithDeregistrationDelay(time.Minute).WithAttribute("deregistration_delay.connection_termination.enabled", "true").
		WithTag("team", "iot")
}

func fullNetworkListener(nlb elb.Network, group elb.TargetGroup) elb.NetworkListener {
	return elb.NewNetworkListener(nlb, elb.TCP, 1883, elb.ForwardTo(group)).WithIdleTimeout(time.Minute).
		WithAttribute("tcp.idle_timeout.seconds", "90").WithTag("team", "iot")
}

func fullClassic(b elb.Classic) elb.Classic {
	return b.WithListener(elb.ClassicListener{Protocol: elb.SSL, Port: 8883, TargetProtocol: elb.TCP, TargetPort: 1883, Certificate: certificate}).
		WithClients(vpc.CIDR("10.0.0.0/8")).
		WithHealthCheck(elb.ClassicHealthCheck{
			Protocol: elb.HTTP, Port: 8080, Path: "/live", Interval: 10 * time.Second, Timeout: 3 * time.Second, Healthy: 3, Unhealthy: 4,
		}).
		WithIdleTimeout(time.Minute).WithDraining(time.Minute).WithCrossZone().WithAccessLogs("logs", "old").WithTag("team", "old")
}

func fullService(s elb.EndpointService) elb.EndpointService {
	return s.WithBalancer(elb.NewNetwork("more", vpc.Default())).WithAllowed("*", "arn:aws:iam::123456789012:root").
		WithoutAcceptance().WithPrivateDNSName("mqtt.example.com").WithTag("team", "iot")
}
