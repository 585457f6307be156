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

// app changes the first container.
func app(change func(*container)) func(*task) {
	return func(in *task) { change(&in.ContainerDefinitions[0]) }
}

// bounded are the facts that a number has a least and a most value.
func bounded[T any](name, source string, least, most int32, set func(*T, int32)) []fact[T] {
	to := func(n int32) func(*T) { return func(in *T) { set(in, n) } }
	return []fact[T]{
		{name: fmt.Sprintf("%s, at least %d", name, least), source: source, legal: to(least), broken: to(least - 1)},
		{name: fmt.Sprintf("%s, at most %d", name, most), source: source, legal: to(most), broken: to(most + 1)},
	}
}

func TestHealthChecks(t *testing.T) {
	t.Parallel()
	const source = api + "API_HealthCheck.html"
	check := func(set func(*ecstypes.HealthCheck, int32)) func(*task, int32) {
		return func(in *task, n int32) {
			app(func(c *container) {
				c.HealthCheck = &ecstypes.HealthCheck{Command: []string{"CMD", "true"}}
				set(c.HealthCheck, n)
			})(in)
		}
	}
	command := func(words ...string) func(*task) {
		return app(func(c *container) { c.HealthCheck = &ecstypes.HealthCheck{Command: words} })
	}
	tasks().hold(t, slices.Concat(
		bounded("interval", source, 5, 300, check(func(h *ecstypes.HealthCheck, n int32) { h.Interval = &n })),
		bounded("timeout", source, 2, 60, check(func(h *ecstypes.HealthCheck, n int32) { h.Timeout = &n })),
		bounded("retries", source, 1, 10, check(func(h *ecstypes.HealthCheck, n int32) { h.Retries = &n })),
		bounded("start period", source, 0, 300, check(func(h *ecstypes.HealthCheck, n int32) { h.StartPeriod = &n })),
		[]fact[task]{
			{name: "CMD", source: source, legal: command("CMD", "curl", "localhost"), broken: command("curl", "localhost")},
			{name: "CMD-SHELL", source: source, legal: command("CMD-SHELL", "curl localhost"), broken: command("SHELL", "curl localhost")},
		},
	))
}

// TestHealthCheckDefaults: 30 s, 5 s, 3 retries, no start period.
func TestHealthCheckDefaults(t *testing.T) {
	t.Parallel()
	in := plainTask()
	in.ContainerDefinitions[0].HealthCheck = &ecstypes.HealthCheck{Command: []string{"CMD", "true"}}
	out, err := awsecs.NewFromConfig(fakes.New(fakes.Options{}).Config()).RegisterTaskDefinition(t.Context(), in)
	require.NoError(t, err)
	check := out.TaskDefinition.ContainerDefinitions[0].HealthCheck
	require.Equal(t, []int32{30, 5, 3}, []int32{*check.Interval, *check.Timeout, *check.Retries}, api+"API_HealthCheck.html")
	require.Zero(t, aws.ToInt32(check.StartPeriod), "off")
}

func TestDependencies(t *testing.T) {
	t.Parallel()
	const source = api + "API_ContainerDependency.html"
	until := func(condition ecstypes.ContainerCondition, side func(*container)) func(*task) {
		return func(in *task) {
			in.ContainerDefinitions[0].DependsOn = []ecstypes.ContainerDependency{{ContainerName: aws.String("side"), Condition: condition}}
			side(&in.ContainerDefinitions[1])
		}
	}
	essential := func(yes bool) func(*container) { return func(c *container) { c.Essential = &yes } }
	checked := func(c *container) { c.HealthCheck = &ecstypes.HealthCheck{Command: []string{"CMD", "true"}} }
	tasks().hold(t, []fact[task]{
		{name: "START of any", source: source, legal: until("START", essential(true)), broken: until("STARTED", essential(true))},
		{name: "COMPLETE of what is not essential", source: source, legal: until("COMPLETE", essential(false)), broken: until("COMPLETE", essential(true))},
		{name: "SUCCESS of what is not essential", source: source, legal: until("SUCCESS", essential(false)), broken: until("SUCCESS", essential(true))},
		{name: "HEALTHY of what has a check", source: source, legal: until("HEALTHY", checked), broken: until("HEALTHY", essential(true))},
	})
}

func TestRestartPolicies(t *testing.T) {
	t.Parallel()
	const source = api + "API_ContainerRestartPolicy.html"
	policy := func(set func(*ecstypes.ContainerRestartPolicy, int32)) func(*task, int32) {
		return func(in *task, n int32) {
			app(func(c *container) {
				c.RestartPolicy = &ecstypes.ContainerRestartPolicy{Enabled: aws.Bool(true)}
				set(c.RestartPolicy, n)
			})(in)
		}
	}
	codes := policy(func(p *ecstypes.ContainerRestartPolicy, n int32) { p.IgnoredExitCodes = make([]int32, n) })
	tasks().hold(t, append(
		bounded("period", source, 60, 1800, policy(func(p *ecstypes.ContainerRestartPolicy, n int32) { p.RestartAttemptPeriod = &n })),
		fact[task]{name: "50 exit codes", source: source, legal: func(in *task) { codes(in, 50) }, broken: func(in *task) { codes(in, 51) }},
	))
}

func port(change func(*ecstypes.PortMapping)) func(*task) {
	return app(func(c *container) { change(&c.PortMappings[0]) })
}

func TestPorts(t *testing.T) {
	t.Parallel()
	const source = api + "API_PortMapping.html"
	name := func(s string) func(*task) { return port(func(p *ecstypes.PortMapping) { p.Name = &s }) }
	host := func(n int32) func(*task) { return port(func(p *ecstypes.PortMapping) { p.HostPort = &n }) }
	span := func(s string) func(*task) {
		return port(func(p *ecstypes.PortMapping) { p.ContainerPort, p.HostPort, p.ContainerPortRange = nil, nil, &s })
	}
	spans := func(n int) func(*task) {
		return app(func(c *container) {
			c.PortMappings = nil
			for i := range n {
				c.PortMappings = append(c.PortMappings, ecstypes.PortMapping{ContainerPortRange: aws.String(fmt.Sprintf("%d-%d", 1000+2*i, 1001+2*i))})
			}
		})
	}
	tasks().hold(t, []fact[task]{
		{name: "64 characters", source: source, legal: name(strings.Repeat("p", 64)), broken: name(strings.Repeat("p", 65))},
		{name: "lower case, digits, underscore, hyphen", source: source, legal: name("_a-9"), broken: name("A")},
		{name: "no hyphen first", source: source, legal: name("a-"), broken: name("-a")},
		{name: "the host port is the container's", source: source, legal: host(80), broken: host(8080)},
		{name: "a range ends after it begins", source: source, legal: span("80-81"), broken: span("80-80")},
		{name: "a range begins at 1", source: source, legal: span("1-80"), broken: span("0-80")},
		{name: "a range ends at 65535", source: source, legal: span("80-65535"), broken: span("80-65536")},
		{name: "100 ranges", source: source, legal: spans(100), broken: spans(101)},
	})
}

// TestHostPorts are facts about tasks on instances.
func TestHostPorts(t *testing.T) {
	t.Parallel()
	const source = api + "API_PortMapping.html"
	on := func(mode ecstypes.NetworkMode, change func(*ecstypes.PortMapping)) func(*task) {
		return func(in *task) {
			in.NetworkMode = mode
			port(change)(in)
		}
	}
	host := func(n int32) func(*ecstypes.PortMapping) {
		return func(p *ecstypes.PortMapping) { p.HostPort = &n }
	}
	span := func(p *ecstypes.PortMapping) {
		p.ContainerPort, p.HostPort, p.ContainerPortRange = nil, nil, aws.String("8000-8010")
	}
	facts := []fact[task]{
		{name: "the host port is the container's, on the host's network", source: source, legal: on("host", host(80)), broken: on("host", host(8080))},
		{name: "ranges on a bridge", source: source, legal: on("bridge", span), broken: on("host", span)},
	}
	for _, n := range []int32{22, 2375, 2376, 51678, 51679, 51680} {
		facts = append(facts, fact[task]{
			name: fmt.Sprintf("port %d is reserved", n), source: source, legal: on("bridge", host(n+1000)), broken: on("bridge", host(n)), warned: true,
		})
	}
	instanceTasks().hold(t, facts)
}

func TestVolumes(t *testing.T) {
	t.Parallel()
	const source = api + "API_EFSVolumeConfiguration.html"
	efs := func(change func(*ecstypes.EFSVolumeConfiguration)) func(*task) {
		return func(in *task) {
			v := &ecstypes.EFSVolumeConfiguration{FileSystemId: aws.String("fs-12345678"), TransitEncryption: "ENABLED"}
			change(v)
			in.Volumes = []ecstypes.Volume{{Name: aws.String("data"), EfsVolumeConfiguration: v}}
		}
	}
	point := func(root string, transit ecstypes.EFSTransitEncryption) func(*task) {
		return efs(func(v *ecstypes.EFSVolumeConfiguration) {
			v.TransitEncryption, v.AuthorizationConfig = transit, &ecstypes.EFSAuthorizationConfig{AccessPointId: aws.String("fsap-12345678")}
			if root != "" {
				v.RootDirectory = &root
			}
		})
	}
	iam := func(transit ecstypes.EFSTransitEncryption) func(*task) {
		return efs(func(v *ecstypes.EFSVolumeConfiguration) {
			v.TransitEncryption, v.AuthorizationConfig = transit, &ecstypes.EFSAuthorizationConfig{Iam: "ENABLED"}
		})
	}
	tasks().hold(t, []fact[task]{
		{name: "an access point is encrypted on the way", source: source, legal: point("", "ENABLED"), broken: point("", "DISABLED")},
		{name: "IAM is encrypted on the way", source: api + "API_EFSAuthorizationConfig.html", legal: iam("ENABLED"), broken: iam("")},
		{name: "an access point has its own root", source: source, legal: point("/", "ENABLED"), broken: point("/data", "ENABLED")},
	})
}

func TestSizes(t *testing.T) {
	t.Parallel()
	storage := func(in *task, n int32) { in.EphemeralStorage = &ecstypes.EphemeralStorage{SizeInGiB: n} }
	stop := func(in *task, n int32) { app(func(c *container) { c.StopTimeout = &n })(in) }
	tasks().hold(t, slices.Concat(
		bounded("ephemeral storage in GiB", api+"API_EphemeralStorage.html", 21, 200, storage),
		bounded("stop timeout", api+"API_ContainerDefinition.html", 2, 120, stop),
	))
	cpu := func(in *task, n int32) { in.Cpu = aws.String(fmt.Sprint(n)) }
	instanceTasks().hold(t, bounded("CPU units of tasks on instances", api+"API_RegisterTaskDefinition.html", 128, 196608, cpu))
}
