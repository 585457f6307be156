// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/storage"
	"github.com/slipway-go/slipway/vpc"
)

// thereAndBack makes base, changes it, and changes it back. Each time the second
// plan must be empty: what ECS describes is what was wanted. rolls says whether the
// change replaces tasks.
func thereAndBack(t *testing.T, base, changed slipway.Resource, rolls bool) {
	t.Helper()
	ctx, cloud := patience(t), fakes.New(fakes.Options{})
	for i, r := range []slipway.Resource{base, changed, base} {
		stack := slipway.NewStack("shop", r)
		plan, err := stack.Plan(ctx, cloud.Config())
		require.NoError(t, err)
		require.NotEmpty(t, plan.Changes, "step %d changes nothing", i)
		if i > 0 {
			require.Equal(t, rolls, replacesTasks(plan), "step %d: %s", i, plan)
		}
		_, err = stack.Apply(ctx, cloud.Config())
		require.NoError(t, err, "step %d: %s", i, plan)
		plan, err = stack.Plan(ctx, cloud.Config())
		require.NoError(t, err)
		require.Empty(t, plan.Changes, "after step %d: %s", i, plan)
	}
	require.NoError(t, slipway.NewStack("shop", base).Destroy(ctx, cloud.Config()))
}

func replacesTasks(p *slipway.Plan) bool {
	for _, c := range p.Changes {
		if c.RollsTasks {
			return true
		}
	}
	return false
}

func TestServiceChanges(t *testing.T) {
	t.Parallel()
	network := vpc.Default()
	c := app("nginx:1")
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c).WithExec()
	base := ecs.NewFargateService("web", ecs.NewCluster("shop").WithNamespace("shop"), task, network).
		WithRoute(elb.NewApplication("shop", network).Route("/*"), c, http)
	for _, test := range []struct {
		name    string
		changed ecs.FargateService
		rolls   bool
	}{
		{"count", base.WithCount(3), false},
		{"health check grace", base.WithHealthCheckGrace(time.Minute), false},
		{"exec", base.WithExec(), false},
		{"zones", base.WithZoneRebalancing(ecs.DontRebalanceZones), false},
		{"propagated tags", base.WithPropagateTags(ecs.TagsOfService), false},
		{"managed tags", base.WithManagedTags(), false},
		{"tag", base.WithTag("team", "shop"), false},
		{"platform version", base.WithPlatformVersion("1.4.0"), true},
		{"spot", base.WithSpot(), true},
		{"scaling to more", base.WithScaling(autoscaling.Between(2, 4)).WithCount(2), false},
		{"another security group", base.WithSecurityGroup(vpc.NewSecurityGroup("more", "More.", network)), true},
		{"service connect", base.WithServiceConnect(ecs.Connect{Endpoints: []ecs.Endpoint{{Port: http, DNSName: "web"}}}), true},
		{"second route", base.WithRoute(elb.NewApplication("shop", network).Route("/more/*"), c, http), true},
		{"percentages", base.WithDeployment(ecs.Rolling{MinimumHealthyPercent: ecs.NoneHealthy, MaximumPercent: 150}), false},
		{"no circuit breaker", base.WithDeployment(ecs.Rolling{WithoutCircuitBreaker: true}), false},
		{"no rollback", base.WithDeployment(ecs.Rolling{WithoutRollback: true, CountAllFailures: true}), false},
		{"threshold", base.WithDeployment(ecs.Rolling{Threshold: ecs.FailedTasks(7)}), false},
		{"alarms", base.WithDeployment(ecs.Rolling{Alarms: []string{"errors"}}), false},
		{"scaling", base.WithScaling(autoscaling.Between(1, 4)), false},
		{"early success", base.WithDeployment(ecs.Rolling{EarlySuccess: &ecs.EarlySuccess{HealthyPercent: 100, Deferred: true}}), false},
		{"shares", base.WithCapacity(ecs.Capacity{Provider: ecs.Fargate, Base: 1, Weight: 1}).WithCapacity(ecs.Capacity{Provider: ecs.FargateSpot, Weight: 1}), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			thereAndBack(t, base, test.changed, test.rolls)
		})
	}
}

func TestTaskDefinitionChanges(t *testing.T) {
	t.Parallel()
	base := ecs.NewFargateTaskDefinition("web", ecs.VCPU, 2*ecs.GiB)
	side := ecs.NewContainer("side", ecs.ImageRef("side:1")).WithNonEssential()
	healthy := side.WithHealthCheck(ecs.HealthCheck{Command: []string{"CMD", "true"}})
	plain := app("nginx:1")
	scratch := ecs.BindMount{Name: "scratch"}
	files := ecs.EFSVolume{Name: "files", FileSystem: storage.FileSystemID("fs-0123456789abcdef0"), AccessPoint: storage.AccessPointID("fsap-0123456789abcdef0"), IAM: true}
	for _, test := range []struct {
		name    string
		changed ecs.FargateTaskDefinition
	}{
		{"cpu", ecs.NewFargateTaskDefinition("web", ecs.VCPU/2, 2*ecs.GiB).WithContainer(plain)},
		{"memory", ecs.NewFargateTaskDefinition("web", ecs.VCPU, 3*ecs.GiB).WithContainer(plain)},
		{"architecture", base.WithContainer(plain).WithArchitecture(ecs.ARM64)},
		{"storage", base.WithContainer(plain).WithEphemeralStorage(30 * ecs.GiB)},
		{"processes", base.WithContainer(plain).WithSharedProcesses()},
		{"exec", base.WithContainer(plain).WithExec()},
		{"task role", base.WithContainer(plain).WithTaskRole(iam.NewRole("web").WithAllow("*", "s3:ListAllMyBuckets"))},
		{"execution role", base.WithContainer(plain).WithExecutionRole(iam.NewRole("starter"))},
		{"tag", base.WithContainer(plain).WithTag("team", "shop")},
		{"log retention", base.WithContainer(plain).WithLogRetention(7)},
		{"image", base.WithContainer(app("nginx:2"))},
		{"second container", base.WithContainer(plain).WithContainer(side)},
		{"dependency", base.WithContainer(plain.WithDependency(healthy, ecs.Healthy)).WithContainer(healthy)},
		{"cpu of container", base.WithContainer(plain.WithCPU(ecs.VCPU / 4))},
		{"memory of container", base.WithContainer(plain.WithMemoryLimit(1 * ecs.GiB).WithMemoryReservation(512 * ecs.MiB))},
		{"port", base.WithContainer(plain.WithPort(ecs.UDP("dns", 53)).WithPort(ecs.TCPRange("many", 9000, 9010)))},
		{"protocol", base.WithContainer(ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithPort(http.WithAppProtocol(ecs.HTTP2)))},
		{"environment", base.WithContainer(plain.WithEnv("B", "2").WithEnv("A", ""))},
		{"environment file", base.WithContainer(plain.WithEnvFile("arn:aws:s3:::shop/web.env"))},
		{"secret", base.WithContainer(plain.WithSecret("DB", ecs.SecretsManager("shop/db").Key("url")).WithSecret("P", ecs.SSMParameter("/shop/p")))},
		{"bind mount", base.WithContainer(plain.WithMount(scratch, "/tmp")).WithContainer(side.WithReadOnlyVolumesFrom(plain))},
		{"file system", base.WithContainer(plain.WithMount(files, "/files").WithReadOnlyMount(files, "/read"))},
		{"health check", base.WithContainer(plain.WithHealthCheck(ecs.HealthCheck{Command: []string{"CMD", "true"}, StartPeriod: time.Minute}))},
		{"restart", base.WithContainer(plain.WithRestartPolicy(ecs.RestartPolicy{IgnoredExitCodes: []int{0}}))},
		{"no log", base.WithContainer(plain.WithLogging(ecs.NoLogging{}))},
		{"other log", base.WithContainer(plain.WithLogging(ecs.AWSLogs{Group: ecs.NewLogGroup("other"), Blocking: true}))},
		{"splunk", base.WithContainer(plain.WithLogging(ecs.Splunk{URL: "https://splunk.example:8088", Token: ecs.SSMParameter("splunk")}))},
		{"router", base.WithContainer(plain.WithLogging(ecs.FireLens{Options: map[string]string{"Name": "stdout"}})).
			WithContainer(ecs.NewContainer("router", ecs.ImageRef("fluent-bit:1")).WithLogRouter(ecs.LogRouter{}))},
		{"limit", base.WithContainer(plain.WithUlimit(ecs.Ulimit{Name: ecs.OpenFiles, Soft: 1024, Hard: 4096}))},
		{"kernel", base.WithContainer(plain.WithSystemControl("net.ipv4.tcp_keepalive_time", "60"))},
		{"label", base.WithContainer(plain.WithLabel("team", "shop"))},
		{"registry", base.WithContainer(plain.WithRegistryCredentials(ecs.SecretsManager("dockerhub")))},
		{"command", base.WithContainer(plain.WithEntryPoint("/bin/sh", "-c").WithCommand("serve"))},
		{"user", base.WithContainer(plain.WithUser("1000:1000").WithWorkingDirectory("/srv").WithReadOnlyRoot())},
		{"timeouts", base.WithContainer(plain.WithStartTimeout(time.Minute).WithStopTimeout(time.Minute))},
		{"linux", base.WithContainer(plain.WithInit().WithPtrace().WithoutCapability("NET_RAW"))},
		{"terminal", base.WithContainer(plain.WithInteractive().WithTerminal())},
		{"tag not pinned", base.WithContainer(plain.WithoutVersionConsistency())},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			thereAndBack(t, base.WithContainer(plain), test.changed, false)
		})
	}
}

func TestClusterChanges(t *testing.T) {
	t.Parallel()
	base := ecs.NewCluster("shop")
	for _, test := range []struct {
		name    string
		changed ecs.Cluster
	}{
		{"insights", base.WithInsights(ecs.InsightsEnhanced)},
		{"default strategy", base.WithCapacity(ecs.Capacity{Provider: ecs.FargateSpot, Weight: 3}).
			WithCapacity(ecs.Capacity{Provider: ecs.Fargate, Base: 1, Weight: 1})},
		{"namespace", base.WithNamespace("shop")},
		{"exec log", base.WithExecLogging(ecs.ExecLogging{Group: ecs.NewLogGroup("exec")})},
		{"no exec log", base.WithoutExecLogging()},
		{"exec key", base.WithExecKMS("arn:aws:kms:us-east-1:123456789012:key/1")},
		{"storage key", base.WithStorageKMS("arn:aws:kms:us-east-1:123456789012:key/1")},
		{"tag", base.WithTag("team", "shop")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			thereAndBack(t, base, test.changed, false)
		})
	}
}

func TestLogGroupChanges(t *testing.T) {
	t.Parallel()
	base := ecs.NewLogGroup("/shop/web")
	for _, test := range []struct {
		name    string
		changed ecs.LogGroup
	}{
		{"retention", base.WithRetention(14)},
		{"key", base.WithKMS("arn:aws:kms:us-east-1:123456789012:key/1")},
		{"tag", base.WithTag("team", "shop")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			thereAndBack(t, base, test.changed, false)
		})
	}
}

// TestClassOfALogGroupStays: AWS cannot change it, and the name is the user's.
func TestClassOfALogGroupStays(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	base := ecs.NewLogGroup("/shop/web")
	require.NoError(t, apply(t, cloud, base))
	other := base.WithClass(ecs.InfrequentAccessLogs)
	require.ErrorContains(t, apply(t, cloud, other), "LogGroupClass")
	require.NoError(t, apply(t, cloud, other, slipway.AllowReplace(other.ID())))
}

// TestWithoutPublicAddress: in a subnet without NAT nothing can be reached.
func TestWithoutPublicAddress(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	require.NoError(t, apply(t, cloud, worker("worker:1").WithPublicIP(true)), "as the default network has it")
	var failed *ecs.DeploymentError
	require.ErrorAs(t, apply(t, cloud, worker("worker:1").WithPublicIP(false)), &failed)
	require.Equal(t, ecs.RolledBack, failed.Outcome)
	require.Contains(t, failed.Tasks[0].Reason, "ResourceInitializationError")
	require.NoError(t, apply(t, cloud, worker("worker:1")))
}
