// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/vpc"
)

// parts are the builders of a stack, each of which a setting may change before
// they are put together.
type parts struct {
	app        ecs.Container
	task       ecs.FargateTaskDefinition
	logs       ecs.LogGroup
	cluster    ecs.Cluster
	role       iam.Role
	balancer   elb.Application
	route      func(elb.Route) elb.Route
	service    func(ecs.FargateService) ecs.FargateService
	scaling    autoscaling.Scaling
	repository ecr.Repository
	group      vpc.SecurityGroup
	rule       func(vpc.SecurityGroupRule) vpc.SecurityGroupRule
}

func plainParts() parts {
	return parts{
		app:        ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")),
		task:       ecs.NewFargateTaskDefinition("web", ecs.VCPU/2, 1*ecs.GiB),
		logs:       ecs.NewLogGroup("/shop/audit"),
		cluster:    ecs.NewCluster("shop"),
		role:       iam.NewRole("web"),
		balancer:   elb.NewApplication("shop", vpc.Default()),
		route:      func(r elb.Route) elb.Route { return r },
		service:    func(s ecs.FargateService) ecs.FargateService { return s },
		scaling:    autoscaling.Between(1, 4).WithPolicy(autoscaling.TargetTracking{Metric: autoscaling.CPUUtilization, Target: 60}),
		repository: ecr.NewRepository("web"),
		group:      vpc.NewSecurityGroup("shop-extra", "extra", vpc.Default()),
		rule:       func(r vpc.SecurityGroupRule) vpc.SecurityGroupRule { return r },
	}
}

func (p parts) stack() slipway.Stack {
	http := ecs.TCP("http", 8080)
	app := p.app.WithPort(http)
	task := p.task.WithContainer(app).WithTaskRole(p.role.WithAllow("arn:aws:s3:::shop-assets/*", "s3:GetObject"))
	service := ecs.NewFargateService("web", p.cluster, task, vpc.Default()).
		WithRoute(p.route(p.balancer.Route("/*")), app, http).
		WithSecurityGroup(p.group).
		WithScaling(p.scaling)
	rule := p.rule(vpc.Ingress(p.group, vpc.CIDR("10.0.0.0/8"), vpc.TCP(22)))
	return slipway.NewStack("shop", p.service(service), p.repository, p.logs, rule)
}

// setting is one that is there and then taken away.
type setting struct {
	name string
	set  func(p *parts)
	// fixed: AWS cannot change it, so that the plan is an error.
	fixed bool
}

func inService(f func(ecs.FargateService) ecs.FargateService) func(*parts) {
	return func(p *parts) { p.service = f }
}

func inRoute(f func(elb.Route) elb.Route) func(*parts) { return func(p *parts) { p.route = f } }

func containerSettings() []setting {
	return []setting{
		{name: "cpu", set: func(p *parts) { p.app = p.app.WithCPU(ecs.VCPU / 4) }},
		{name: "memory limit", set: func(p *parts) { p.app = p.app.WithMemoryLimit(512 * ecs.MiB) }},
		{name: "memory reservation", set: func(p *parts) { p.app = p.app.WithMemoryReservation(256 * ecs.MiB) }},
		{name: "env", set: func(p *parts) { p.app = p.app.WithEnv("A", "1") }},
		{name: "health check", set: func(p *parts) { p.app = p.app.WithHealthCheck(ecs.HealthCheck{Command: []string{"CMD", "/check"}}) }},
		{name: "restart policy", set: func(p *parts) { p.app = p.app.WithRestartPolicy(ecs.RestartPolicy{AttemptPeriod: time.Minute}) }},
		{name: "mount", set: func(p *parts) { p.app = p.app.WithMount(ecs.BindMount{Name: "tmp"}, "/tmp/x") }},
		{name: "ulimit", set: func(p *parts) { p.app = p.app.WithUlimit(ecs.Ulimit{Name: ecs.OpenFiles, Soft: 1024, Hard: 2048}) }},
		{name: "system control", set: func(p *parts) { p.app = p.app.WithSystemControl("net.ipv4.tcp_keepalive_time", "500") }},
		{name: "label", set: func(p *parts) { p.app = p.app.WithLabel("a", "b") }},
		{name: "entry point", set: func(p *parts) { p.app = p.app.WithEntryPoint("/entry") }},
		{name: "command", set: func(p *parts) { p.app = p.app.WithCommand("serve") }},
		{name: "user", set: func(p *parts) { p.app = p.app.WithUser("1000") }},
		{name: "working directory", set: func(p *parts) { p.app = p.app.WithWorkingDirectory("/srv") }},
		{name: "read-only root", set: func(p *parts) { p.app = p.app.WithReadOnlyRoot() }},
		{name: "start timeout", set: func(p *parts) { p.app = p.app.WithStartTimeout(time.Minute) }},
		{name: "stop timeout", set: func(p *parts) { p.app = p.app.WithStopTimeout(time.Minute) }},
		{name: "init", set: func(p *parts) { p.app = p.app.WithInit() }},
		{name: "ptrace", set: func(p *parts) { p.app = p.app.WithPtrace() }},
		{name: "capability", set: func(p *parts) { p.app = p.app.WithoutCapability("NET_RAW") }},
		{name: "interactive", set: func(p *parts) { p.app = p.app.WithInteractive() }},
		{name: "terminal", set: func(p *parts) { p.app = p.app.WithTerminal() }},
		{name: "version consistency", set: func(p *parts) { p.app = p.app.WithoutVersionConsistency() }},
		{name: "blocking logs", set: func(p *parts) { p.app = p.app.WithLogging(ecs.AWSLogs{Blocking: true}) }},
	}
}

func taskSettings() []setting {
	return []setting{
		{name: "architecture", set: func(p *parts) { p.task = p.task.WithArchitecture(ecs.ARM64) }},
		{name: "ephemeral storage", set: func(p *parts) { p.task = p.task.WithEphemeralStorage(40 * ecs.GiB) }},
		{name: "log retention", set: func(p *parts) { p.task = p.task.WithLogRetention(7) }},
		{name: "shared processes", set: func(p *parts) { p.task = p.task.WithSharedProcesses() }},
		{name: "fault injection", set: func(p *parts) { p.task = p.task.WithFaultInjection() }},
		{name: "tag", set: func(p *parts) { p.task = p.task.WithTag("a", "b") }},
	}
}

func serviceSettings() []setting {
	type service = ecs.FargateService
	return []setting{
		{name: "public ip", set: inService(func(s service) service { return s.WithPublicIP(true).WithTag("x", "y") })},
		{name: "deployment", set: inService(func(s service) service {
			return s.WithDeployment(ecs.Rolling{MinimumHealthyPercent: 50, MaximumPercent: 300, WithoutCircuitBreaker: true})
		})},
		{name: "grace", set: inService(func(s service) service { return s.WithHealthCheckGrace(time.Minute) })},
		{name: "exec", set: inService(func(s service) service { return s.WithExec() })},
		{name: "platform version", set: inService(func(s service) service { return s.WithPlatformVersion("1.4.0") })},
		{name: "zone rebalancing", set: inService(func(s service) service { return s.WithZoneRebalancing(ecs.DontRebalanceZones) })},
		{name: "propagated tags", set: inService(func(s service) service { return s.WithPropagateTags(ecs.TagsOfService) })},
		{name: "managed tags", set: inService(func(s service) service { return s.WithManagedTags() })},
		{name: "tag", set: inService(func(s service) service { return s.WithTag("a", "b") })},
		{name: "most tasks", set: func(p *parts) {
			p.scaling = autoscaling.Between(1, 9).WithPolicy(autoscaling.TargetTracking{Metric: autoscaling.CPUUtilization, Target: 60})
		}},
		{name: "second policy", set: func(p *parts) {
			p.scaling = p.scaling.WithPolicy(autoscaling.TargetTracking{Metric: autoscaling.MemoryUtilization, Target: 70})
		}},
		{name: "suspension", set: func(p *parts) { p.scaling = p.scaling.WithSuspended(autoscaling.Suspension{ScaleIn: true}) }},
		{name: "scaling's tag", set: func(p *parts) { p.scaling = p.scaling.WithTag("a", "b") }},
		{name: "cluster's insights", set: func(p *parts) { p.cluster = p.cluster.WithInsights(ecs.InsightsOn) }},
		{name: "cluster's exec logging", set: func(p *parts) { p.cluster = p.cluster.WithExecLogging(ecs.ExecLogging{Group: p.logs}) }},
		{name: "cluster's tag", set: func(p *parts) { p.cluster = p.cluster.WithTag("a", "b") }},
	}
}

func networkSettings() []setting {
	type route = elb.Route
	return []setting{
		{name: "clients", set: func(p *parts) { p.balancer = p.balancer.WithClients(vpc.CIDR("10.0.0.0/8")) }},
		{name: "idle timeout", set: func(p *parts) { p.balancer = p.balancer.WithIdleTimeout(2 * time.Minute) }},
		{name: "deletion protection", set: func(p *parts) { p.balancer = p.balancer.WithDeletionProtection() }},
		{name: "attribute", set: func(p *parts) {
			p.balancer = p.balancer.WithAttribute("routing.http.drop_invalid_header_fields.enabled", "true")
		}},
		{name: "balancer's tag", set: func(p *parts) { p.balancer = p.balancer.WithTag("a", "b") }},
		{name: "internal", set: func(p *parts) { p.balancer = p.balancer.WithInternal() }, fixed: true},
		{name: "host", set: inRoute(func(r route) route { return r.WithHost("shop.example.com") })},
		{name: "header", set: inRoute(func(r route) route { return r.WithHeader("X-Shop", "1") })},
		{name: "method", set: inRoute(func(r route) route { return r.WithMethod("GET") })},
		{name: "query", set: inRoute(func(r route) route { return r.WithQuery("a", "b") })},
		{name: "source ip", set: inRoute(func(r route) route { return r.WithSourceIP("10.0.0.0/8") })},
		{name: "health check", set: inRoute(func(r route) route {
			return r.WithHealthCheck(elb.HealthCheck{Path: "/up", Interval: 10 * time.Second})
		})},
		{name: "protocol version", set: inRoute(func(r route) route { return r.WithProtocolVersion(elb.HTTP2) })},
		{name: "deregistration delay", set: inRoute(func(r route) route { return r.WithDeregistrationDelay(10 * time.Second) })},
		{name: "slow start", set: inRoute(func(r route) route { return r.WithSlowStart(30 * time.Second) })},
		{name: "stickiness", set: inRoute(func(r route) route { return r.WithStickiness(time.Hour) })},
		{name: "application's stickiness", set: inRoute(func(r route) route { return r.WithAppStickiness("shop", time.Hour) })},
		{name: "algorithm", set: inRoute(func(r route) route { return r.WithAlgorithm(elb.LeastOutstandingRequests) })},
		{name: "route's tag", set: inRoute(func(r route) route { return r.WithTag("a", "b") })},
		{name: "group's tag", set: func(p *parts) { p.group = p.group.WithTag("a", "b") }},
		{name: "rule's description", set: func(p *parts) {
			p.rule = func(r vpc.SecurityGroupRule) vpc.SecurityGroupRule { return r.WithDescription("ssh") }
		}},
		{name: "rule's tag", set: func(p *parts) {
			p.rule = func(r vpc.SecurityGroupRule) vpc.SecurityGroupRule { return r.WithTag("a", "b") }
		}},
	}
}

func otherSettings() []setting {
	return []setting{
		{name: "statement", set: func(p *parts) { p.role = p.role.WithAllow("*", "s3:ListAllMyBuckets") }},
		{name: "trust", set: func(p *parts) { p.role = p.role.WithTrust(iam.ServicePrincipal{Service: "lambda.amazonaws.com"}) }},
		{name: "managed policy", set: func(p *parts) {
			p.role = p.role.WithManagedPolicy("arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly")
		}},
		{name: "description", set: func(p *parts) { p.role = p.role.WithDescription("reads") }},
		{name: "session", set: func(p *parts) { p.role = p.role.WithMaxSession(2 * time.Hour) }},
		{name: "role's tag", set: func(p *parts) { p.role = p.role.WithTag("a", "b") }},
		{name: "path", set: func(p *parts) { p.role = p.role.WithPath("/own/") }, fixed: true},
		{name: "immutable tags", set: func(p *parts) { p.repository = p.repository.WithImmutableTags() }},
		{name: "scan", set: func(p *parts) { p.repository = p.repository.WithScanOnPush() }},
		{name: "lifecycle", set: func(p *parts) { p.repository = p.repository.WithLifecycle(ecr.ExpireUntagged{AfterDays: 1}) }},
		{name: "forced deletion", set: func(p *parts) { p.repository = p.repository.WithForceDelete() }},
		{name: "repository's tag", set: func(p *parts) { p.repository = p.repository.WithTag("a", "b") }},
		{name: "retention", set: func(p *parts) { p.logs = p.logs.WithRetention(7) }},
		{name: "class", set: func(p *parts) { p.logs = p.logs.WithClass(ecs.InfrequentAccessLogs) }, fixed: true},
		{name: "log group's tag", set: func(p *parts) { p.logs = p.logs.WithTag("a", "b") }},
	}
}

// TestEverySettingGoesBack applies a setting, takes it away, and finds AWS's
// default again; what AWS cannot change is said to be so.
func TestEverySettingGoesBack(t *testing.T) {
	t.Parallel()
	for kind, settings := range map[string][]setting{
		"container": containerSettings(), "task definition": taskSettings(), "service": serviceSettings(),
		"network": networkSettings(), "other": otherSettings(),
	} {
		for _, s := range settings {
			t.Run(kind+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				goesBack(t, s)
			})
		}
	}
}

func goesBack(t *testing.T, s setting) {
	t.Helper()
	cloud := account(t, fakes.Options{})
	cfg := cloud.Config()
	with := plainParts()
	s.set(&with)
	_, err := with.stack().Apply(t.Context(), cfg)
	require.NoError(t, err)
	p, err := with.stack().Plan(t.Context(), cfg)
	require.NoError(t, err)
	require.True(t, p.Empty(), "with the setting: %s", p)

	without := plainParts().stack()
	p, err = without.Plan(t.Context(), cfg)
	if s.fixed {
		require.ErrorIs(t, err, slipway.ErrConflict)
		require.ErrorContains(t, err, "needs a new name")
		return
	}
	require.NoError(t, err)
	require.False(t, p.Empty(), "taking it away is a change")
	_, err = without.Apply(t.Context(), cfg)
	require.NoError(t, err)
	p, err = without.Plan(t.Context(), cfg)
	require.NoError(t, err)
	require.True(t, p.Empty(), "without the setting: %s", p)
}
