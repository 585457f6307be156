// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"maps"
	"slices"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Container is one container of a task. It is essential unless
// [Container.WithNonEssential] says otherwise: when it ends, the task ends. It
// logs to the task definition's log group unless [Container.WithLogging] says
// otherwise.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
type Container struct {
	name         string
	image        Image
	nonEssential bool
	cpu          CPU
	memory       Memory
	reservation  Memory
	ports        []Port
	environment  map[string]string
	files        []string
	secrets      []namedSecret
	mounts       []mount
	from         []sharedVolumes
	health       *HealthCheck
	restart      *RestartPolicy
	dependencies []dependency
	logging      Logging
	router       *LogRouter
	ulimits      []Ulimit
	controls     map[string]string
	labels       map[string]string
	registry     *SecretsManagerSecret
	process      process
	host         host
}

// process is how a container's process is run.
type process struct {
	entryPoint, command, drop []string
	user, directory           string
	readOnlyRoot, init, trace bool
	interactive, terminal     bool
	start, stop               time.Duration
	tagNotPinned              bool
}

type namedSecret struct {
	name   string
	secret Secret
}

type mount struct {
	volume   EC2Volume
	path     string
	readOnly bool
}

type sharedVolumes struct {
	container string
	readOnly  bool
}

type dependency struct {
	container string
	condition Condition
}

// NewContainer returns a container of the image. The name has up to 255 letters,
// digits, hyphens and underscores and is unique in the task definition.
func NewContainer(name string, image Image) Container { return Container{name: name, image: image} }

// Name returns the container's name.
func (c Container) Name() string { return c.name }

// WithNonEssential lets the task go on when the container ends.
func (c Container) WithNonEssential() Container {
	c.nonEssential = true
	return c
}

// WithCPU reserves CPU for the container; the sum of all containers' is at most
// the task's.
func (c Container) WithCPU(n CPU) Container {
	c.cpu = n
	return c
}

// WithMemoryLimit kills the container when it uses more.
func (c Container) WithMemoryLimit(n Memory) Container {
	c.memory = n
	return c
}

// WithMemoryReservation reserves memory for the container, at most its limit.
func (c Container) WithMemoryReservation(n Memory) Container {
	c.reservation = n
	return c
}

// WithPort adds a port on which the container listens.
func (c Container) WithPort(p Port) Container {
	c.ports = append(slices.Clip(c.ports), p)
	return c
}

// WithEnv sets an environment variable.
func (c Container) WithEnv(name, value string) Container {
	c.environment = with(c.environment, name, value)
	return c
}

// WithEnvFile adds a file of variables by the ARN of an S3 object that ends in
// ".env"; at most 10. Variables set by [Container.WithEnv] win.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html
func (c Container) WithEnvFile(objectARN string) Container {
	c.files = append(slices.Clip(c.files), objectARN)
	return c
}

// WithSecret sets an environment variable to the value that the secret has when
// the container starts.
func (c Container) WithSecret(name string, s Secret) Container {
	c.secrets = append(slices.Clip(c.secrets), namedSecret{name, s})
	return c
}

// WithMount mounts a volume at a path. The task definition declares the volume.
func (c Container) WithMount(v Volume, path string) Container {
	c.mounts = append(slices.Clip(c.mounts), mount{volume: v, path: path})
	return c
}

// WithReadOnlyMount mounts a volume at a path, without letting the container write
// to it.
func (c Container) WithReadOnlyMount(v Volume, path string) Container {
	c.mounts = append(slices.Clip(c.mounts), mount{volume: v, path: path, readOnly: true})
	return c
}

// WithVolumesFrom mounts all that another container of the task mounts, at the
// same paths.
func (c Container) WithVolumesFrom(other Container) Container {
	c.from = append(slices.Clip(c.from), sharedVolumes{container: other.name})
	return c
}

// WithReadOnlyVolumesFrom is WithVolumesFrom without letting the container write.
func (c Container) WithReadOnlyVolumesFrom(other Container) Container {
	c.from = append(slices.Clip(c.from), sharedVolumes{container: other.name, readOnly: true})
	return c
}

// WithHealthCheck sets the health check that ECS runs in the container.
func (c Container) WithHealthCheck(h HealthCheck) Container {
	h.Command = slices.Clone(h.Command)
	c.health = &h
	return c
}

// WithRestartPolicy restarts the container in place when it ends.
func (c Container) WithRestartPolicy(p RestartPolicy) Container {
	p.IgnoredExitCodes = slices.Clone(p.IgnoredExitCodes)
	c.restart = &p
	return c
}

// WithDependency starts the container only when another one of the task meets the
// condition.
func (c Container) WithDependency(on Container, until Condition) Container {
	c.dependencies = append(slices.Clip(c.dependencies), dependency{on.name, until})
	return c
}

// WithLogging sets where the container's output goes; by default to the task
// definition's log group.
func (c Container) WithLogging(l Logging) Container {
	c.logging = l
	return c
}

// WithLogRouter makes the container the FireLens log router of the task, to which
// containers with [FireLens] logging send their output.
func (c Container) WithLogRouter(r LogRouter) Container {
	c.router = &r
	return c
}

// WithUlimit adds a limit of the operating system.
func (c Container) WithUlimit(u Ulimit) Container {
	c.ulimits = append(slices.Clip(c.ulimits), u)
	return c
}

// WithSystemControl sets a kernel parameter, such as "net.ipv4.tcp_keepalive_time".
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_SystemControl.html
func (c Container) WithSystemControl(namespace, value string) Container {
	c.controls = with(c.controls, namespace, value)
	return c
}

// WithLabel sets a Docker label.
func (c Container) WithLabel(key, value string) Container {
	c.labels = with(c.labels, key, value)
	return c
}

// WithRegistryCredentials names the secret by which a private registry other than
// ECR is asked for the image.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/private-auth.html
func (c Container) WithRegistryCredentials(s SecretsManagerSecret) Container {
	c.registry = &s
	return c
}

// WithEntryPoint replaces the image's entry point.
func (c Container) WithEntryPoint(args ...string) Container {
	c.process.entryPoint = slices.Clone(args)
	return c
}

// WithCommand replaces the image's command.
func (c Container) WithCommand(args ...string) Container {
	c.process.command = slices.Clone(args)
	return c
}

// WithUser runs the process as a user of the image: "name", "uid", or with a group
// as in "uid:gid".
func (c Container) WithUser(user string) Container {
	c.process.user = user
	return c
}

// WithWorkingDirectory runs the process in a directory.
func (c Container) WithWorkingDirectory(path string) Container {
	c.process.directory = path
	return c
}

// WithReadOnlyRoot lets the process write to mounts only.
func (c Container) WithReadOnlyRoot() Container {
	c.process.readOnlyRoot = true
	return c
}

// WithStartTimeout gives up on the container's dependencies after d, 2 s to 120 s;
// 3 min if not called.
func (c Container) WithStartTimeout(d time.Duration) Container {
	c.process.start = d
	return c
}

// WithStopTimeout kills the process when it has not ended d after SIGTERM, 2 s to
// 120 s on Fargate; 30 s if not called.
func (c Container) WithStopTimeout(d time.Duration) Container {
	c.process.stop = d
	return c
}

// WithInit runs an init process that forwards signals and reaps processes.
func (c Container) WithInit() Container {
	c.process.init = true
	return c
}

// WithPtrace adds the capability SYS_PTRACE, the only one that Fargate lets be
// added, for debuggers and tracers.
func (c Container) WithPtrace() Container {
	c.process.trace = true
	return c
}

// WithoutCapability takes Linux capabilities away that containers have by default,
// such as "NET_RAW", or "ALL".
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_KernelCapabilities.html
func (c Container) WithoutCapability(names ...string) Container {
	c.process.drop = append(slices.Clip(c.process.drop), names...)
	return c
}

// WithInteractive keeps standard input open.
func (c Container) WithInteractive() Container {
	c.process.interactive = true
	return c
}

// WithTerminal gives the process a terminal.
func (c Container) WithTerminal() Container {
	c.process.terminal = true
	return c
}

// WithoutVersionConsistency lets each task resolve an image's tag anew. By default
// ECS pins what the tag meant when the deployment began.
func (c Container) WithoutVersionConsistency() Container {
	c.process.tagNotPinned = true
	return c
}

// with returns a copy of m in which key has the value.
func with[V any](m map[string]V, key string, value V) map[string]V {
	m = maps.Clone(m)
	if m == nil {
		m = map[string]V{}
	}
	m[key] = value
	return m
}

// pairs lists a map as ECS does, in order of the keys.
func pairs(m map[string]string) []ecstypes.KeyValuePair {
	var all []ecstypes.KeyValuePair
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v := m[k]
		all = append(all, ecstypes.KeyValuePair{Name: &k, Value: &v})
	}
	return all
}

// tagList lists tags in order of the keys.
func tagList(m map[string]string) []ecstypes.Tag {
	var all []ecstypes.Tag
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v := m[k]
		all = append(all, ecstypes.Tag{Key: &k, Value: &v})
	}
	return all
}
