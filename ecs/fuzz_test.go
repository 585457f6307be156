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
	"github.com/slipway-go/slipway/storage"
	"github.com/slipway-go/slipway/vpc"
)

// FuzzBuild builds services of any text and number twice: no panic, and the same
// answer each time.
func FuzzBuild(f *testing.F) {
	f.Add("web", "nginx:1", "KEY", 256, 512, 80, 30, uint16(0))
	f.Add("", "", "", 0, 0, 0, 0, uint16(0xffff))
	f.Add("${slipway:x}", "\xff", "aws:", -1, 1<<40, 65536, -1, uint16(0x5555))
	f.Fuzz(func(t *testing.T, name, image, key string, cpu, memory, port, secs int, with uint16) {
		builtTwice(t, fuzzed(name, image, key, cpu, memory, port, secs, with))
	})
}

// builtTwice has a resource answer the same each time.
func builtTwice(t *testing.T, r interface {
	slipway.Resource
	Validate() error
},
) {
	t.Helper()
	first, second := r.Validate(), r.Validate()
	require.Equal(t, first, second)
	desired, err := r.Build()
	again, errAgain := r.Build()
	require.Equal(t, err, errAgain)
	require.Equal(t, desired.State, again.State)
	require.Equal(t, desired.After, again.After)
	require.Equal(t, ids(desired.Uses), ids(again.Uses))
}

func ids(rs []slipway.Resource) []slipway.ID {
	all := make([]slipway.ID, len(rs))
	for i, r := range rs {
		all[i] = r.ID()
	}
	return all
}

// fuzzed has what the bits of with say.
func fuzzed(name, image, key string, cpu, memory, port, secs int, with uint16) ecs.FargateService {
	network, d, p := vpc.Default(), time.Duration(secs)*time.Second, ecs.TCP(key, port)
	c := ecs.NewContainer(name, ecs.ImageRef(image)).WithPort(p)
	files := ecs.EFSVolume{Name: key, FileSystem: storage.FileSystemID(name), IAM: true, TransitPort: port}
	for i, change := range []func(ecs.Container) ecs.Container{
		func(c ecs.Container) ecs.Container {
			return c.WithEnv(key, image).WithSecret(key, ecs.SecretsManager(name).Key(key))
		},
		func(c ecs.Container) ecs.Container {
			return c.WithSecret(name, ecs.SSMParameter(image)).WithEnvFile(image)
		},
		func(c ecs.Container) ecs.Container { return c.WithMount(files, name).WithReadOnlyMount(nil, key) },
		func(c ecs.Container) ecs.Container {
			return c.WithHealthCheck(ecs.HealthCheck{Command: []string{key}, Interval: d, Timeout: d, Retries: port})
		},
		func(c ecs.Container) ecs.Container { return c.WithDependency(c, ecs.Healthy).WithNonEssential() },
		func(c ecs.Container) ecs.Container {
			return c.WithLogging(ecs.FireLens{Options: map[string]string{key: name}})
		},
	} {
		if with>>i&1 == 1 {
			c = change(c)
		}
	}
	task := ecs.NewFargateTaskDefinition(name, ecs.CPU(cpu), ecs.Memory(memory)).WithContainer(c)
	s := ecs.NewFargateService(name, ecs.NewCluster(name), task, network)
	for i, change := range []func(ecs.FargateService) ecs.FargateService{
		func(s ecs.FargateService) ecs.FargateService { return s.WithCount(port) },
		func(s ecs.FargateService) ecs.FargateService {
			return s.WithRoute(elb.NewApplication(name, network).Route(key), c, p)
		},
		func(s ecs.FargateService) ecs.FargateService { return s.WithScaling(autoscaling.Between(cpu, memory)) },
		func(s ecs.FargateService) ecs.FargateService { return s.WithHealthCheckGrace(d).WithExec() },
		func(s ecs.FargateService) ecs.FargateService { return s.WithTag(key, name).WithPlatformVersion(image) },
		func(s ecs.FargateService) ecs.FargateService {
			return s.WithDeployment(ecs.Rolling{MinimumHealthyPercent: cpu, MaximumPercent: memory, Threshold: ecs.FailedPercent(port)})
		},
	} {
		if with>>(8+i)&1 == 1 {
			s = change(s)
		}
	}
	return s
}
