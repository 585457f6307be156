// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/gosource"
)

// defineContainers writes a variable for each container, those first that others
// name.
func (x *exporter) defineContainers() {
	rest := x.task.Register.ContainerDefinitions
	for len(rest) > 0 {
		var later []ecstypes.ContainerDefinition
		for i := range rest {
			if x.ready(&rest[i]) {
				x.defineContainer(&rest[i])
			} else {
				later = append(later, rest[i])
			}
		}
		if len(later) == len(rest) { // a circle: names must do
			x.defineContainer(&later[0])
			later = later[1:]
		}
		rest = later
	}
}

// ready reports whether all containers that c names have a variable.
func (x *exporter) ready(c *ecstypes.ContainerDefinition) bool {
	for _, d := range c.DependsOn {
		if _, ok := x.containers[text(d.ContainerName)]; !ok {
			return false
		}
	}
	for _, v := range c.VolumesFrom {
		if _, ok := x.containers[text(v.SourceContainer)]; !ok {
			return false
		}
	}
	return true
}

func (x *exporter) defineContainer(d *ecstypes.ContainerDefinition) {
	name := text(d.Name)
	c := gosource.Define(x.body, x.container(d), name, name+"Container", "container")
	x.bases[name], x.containers[name] = c, c
	if on, more := x.containerOnEC2(c, d); more {
		x.containers[name] = gosource.Define(x.body, on, name+"OnEC2", "onEC2")
	}
}

// containerNamed is a container by its variable, or one of its name for those who
// want no more.
func (x *exporter) containerNamed(name string) expressed[Container] {
	if c, ok := x.bases[name]; ok {
		return c
	}
	image := gosource.Call(x.p, ImageRef(""), "ecs.ImageRef", "")
	return gosource.Call(x.p, NewContainer(name, image.V), "ecs.NewContainer", name, image)
}

func (x *exporter) container(d *ecstypes.ContainerDefinition) expressed[Container] {
	image := gosource.Call(x.p, ImageRef(text(d.Image)), "ecs.ImageRef", text(d.Image))
	c := gosource.Call(x.p, NewContainer(text(d.Name), image.V), "ecs.NewContainer", text(d.Name), image)
	if d.Essential != nil && !*d.Essential {
		c = c.Then(c.V.WithNonEssential(), "WithNonEssential")
	}
	c = containerSize(c, d)
	c = x.containerPorts(c, d)
	c = x.containerValues(c, d)
	c = x.containerMounts(c, d)
	c = x.containerHealth(c, d)
	c = containerProcess(c, d)
	return containerLimits(c, d)
}

func containerSize(c expressed[Container], d *ecstypes.ContainerDefinition) expressed[Container] {
	if n := CPU(d.Cpu); n != 0 {
		c = c.Then(c.V.WithCPU(n), "WithCPU", n)
	}
	if n := Memory(aws.ToInt32(d.Memory)); n != 0 {
		c = c.Then(c.V.WithMemoryLimit(n), "WithMemoryLimit", n)
	}
	if n := Memory(aws.ToInt32(d.MemoryReservation)); n != 0 {
		c = c.Then(c.V.WithMemoryReservation(n), "WithMemoryReservation", n)
	}
	return c
}

func (x *exporter) containerPorts(c expressed[Container], d *ecstypes.ContainerDefinition) expressed[Container] {
	for _, m := range d.PortMappings {
		p := x.port(m)
		if number := p.V.Number(); number != 0 {
			p = gosource.Define(x.body, p, text(m.Name), text(m.Name)+"Port", "port"+strconv.Itoa(number))
			x.ports[portOf{text(d.Name), clamp(number)}] = p
		}
		c = c.Then(c.V.WithPort(p.V), "WithPort", p)
	}
	return c
}

func (x *exporter) port(m ecstypes.PortMapping) expressed[Port] {
	name, one := text(m.Name), int(aws.ToInt32(m.ContainerPort))
	udp := m.Protocol == ecstypes.TransportProtocolUdp
	var p expressed[Port]
	first, last, ranged := strings.Cut(text(m.ContainerPortRange), "-")
	from, _ := strconv.Atoi(first)
	to, _ := strconv.Atoi(last)
	switch {
	case ranged && udp:
		p = gosource.Call(x.p, UDPRange(name, from, to), "ecs.UDPRange", name, from, to)
	case ranged:
		p = gosource.Call(x.p, TCPRange(name, from, to), "ecs.TCPRange", name, from, to)
	case udp:
		p = gosource.Call(x.p, UDP(name, one), "ecs.UDP", name, one)
	default:
		p = gosource.Call(x.p, TCP(name, one), "ecs.TCP", name, one)
	}
	if app := AppProtocol(m.AppProtocol); app != "" {
		p = p.On(p.V.WithAppProtocol(app), "WithAppProtocol", app)
	}
	return p
}

// containerValues are what the process finds in its environment.
func (x *exporter) containerValues(c expressed[Container], d *ecstypes.ContainerDefinition) expressed[Container] {
	for _, e := range d.Environment {
		c = c.Then(c.V.WithEnv(text(e.Name), text(e.Value)), "WithEnv", text(e.Name), text(e.Value))
	}
	for _, f := range d.EnvironmentFiles {
		c = c.Then(c.V.WithEnvFile(text(f.Value)), "WithEnvFile", text(f.Value))
	}
	for _, s := range d.Secrets {
		secret := x.secret(text(s.ValueFrom))
		c = c.Then(c.V.WithSecret(text(s.Name), secret.V), "WithSecret", text(s.Name), secret)
	}
	if r := d.RepositoryCredentials; r != nil {
		secret := x.secretsManager(text(r.CredentialsParameter))
		c = c.Then(c.V.WithRegistryCredentials(secret.V), "WithRegistryCredentials", secret)
	}
	for _, k := range sortedKeys(d.DockerLabels) {
		c = c.Then(c.V.WithLabel(k, d.DockerLabels[k]), "WithLabel", k, d.DockerLabels[k])
	}
	return c
}

func (x *exporter) containerMounts(c expressed[Container], d *ecstypes.ContainerDefinition) expressed[Container] {
	if !x.mountsOnEC2(d) {
		for _, m := range d.MountPoints {
			c = x.mounted(c, m)
		}
	}
	for _, v := range d.VolumesFrom {
		other := x.containerNamed(text(v.SourceContainer))
		if aws.ToBool(v.ReadOnly) {
			c = c.Then(c.V.WithReadOnlyVolumesFrom(other.V), "WithReadOnlyVolumesFrom", other)
		} else {
			c = c.Then(c.V.WithVolumesFrom(other.V), "WithVolumesFrom", other)
		}
	}
	return c
}

func (x *exporter) containerHealth(c expressed[Container], d *ecstypes.ContainerDefinition) expressed[Container] {
	if h := d.HealthCheck; h != nil && len(h.Command) > 0 {
		check := HealthCheck{
			Command: h.Command, Interval: unless(h.Interval, defaultInterval), Timeout: unless(h.Timeout, defaultTimeout),
			StartPeriod: unless(h.StartPeriod, 0),
		}
		if n := aws.ToInt32(h.Retries); n != defaultRetries {
			check.Retries = int(n)
		}
		c = c.Then(c.V.WithHealthCheck(check), "WithHealthCheck", check)
	}
	if r := d.RestartPolicy; r != nil && aws.ToBool(r.Enabled) {
		policy := RestartPolicy{AttemptPeriod: unless(r.RestartAttemptPeriod, defaultRestart)}
		for _, code := range r.IgnoredExitCodes {
			policy.IgnoredExitCodes = append(policy.IgnoredExitCodes, int(code))
		}
		c = c.Then(c.V.WithRestartPolicy(policy), "WithRestartPolicy", policy)
	}
	for _, on := range d.DependsOn {
		other, until := x.containerNamed(text(on.ContainerName)), Condition(on.Condition)
		c = c.Then(c.V.WithDependency(other.V, until), "WithDependency", other, until)
	}
	if logs, ok := x.logging(d); ok {
		c = c.Then(c.V.WithLogging(logs.V), "WithLogging", logs)
	}
	if f := d.FirelensConfiguration; f != nil {
		router := LogRouter{
			Fluentd: f.Type == ecstypes.FirelensConfigurationTypeFluentd, ConfigFile: f.Options["config-file-value"],
			WithoutMetadata: f.Options["enable-ecs-log-metadata"] == "false",
		}
		c = c.Then(c.V.WithLogRouter(router), "WithLogRouter", router)
	}
	return c
}

// unless is a number of seconds; 0 for the default.
func unless(n *int32, usual int32) time.Duration {
	if aws.ToInt32(n) == usual {
		return 0
	}
	return time.Duration(aws.ToInt32(n)) * time.Second
}

func containerProcess(c expressed[Container], d *ecstypes.ContainerDefinition) expressed[Container] {
	if len(d.EntryPoint) > 0 {
		c = c.Then(c.V.WithEntryPoint(d.EntryPoint...), "WithEntryPoint", list(d.EntryPoint)...)
	}
	if len(d.Command) > 0 {
		c = c.Then(c.V.WithCommand(d.Command...), "WithCommand", list(d.Command)...)
	}
	if user := text(d.User); user != "" && (d.FirelensConfiguration == nil || user != routerUser) {
		c = c.Then(c.V.WithUser(user), "WithUser", user)
	}
	if directory := text(d.WorkingDirectory); directory != "" {
		c = c.Then(c.V.WithWorkingDirectory(directory), "WithWorkingDirectory", directory)
	}
	if wait := unless(d.StartTimeout, 0); wait != 0 {
		c = c.Then(c.V.WithStartTimeout(wait), "WithStartTimeout", wait)
	}
	if wait := unless(d.StopTimeout, 0); wait != 0 {
		c = c.Then(c.V.WithStopTimeout(wait), "WithStopTimeout", wait)
	}
	for _, flag := range []struct {
		set  bool
		with func(Container) Container
		name string
	}{
		{aws.ToBool(d.ReadonlyRootFilesystem), Container.WithReadOnlyRoot, "WithReadOnlyRoot"},
		{aws.ToBool(d.Interactive), Container.WithInteractive, "WithInteractive"},
		{aws.ToBool(d.PseudoTerminal), Container.WithTerminal, "WithTerminal"},
		{d.VersionConsistency == ecstypes.VersionConsistencyDisabled, Container.WithoutVersionConsistency, "WithoutVersionConsistency"},
	} {
		if flag.set {
			c = c.Then(flag.with(c.V), flag.name)
		}
	}
	return c
}

func containerLimits(c expressed[Container], d *ecstypes.ContainerDefinition) expressed[Container] {
	for _, u := range d.Ulimits {
		limit := Ulimit{Name: u.Name, Soft: int(u.SoftLimit), Hard: int(u.HardLimit)}
		c = c.Then(c.V.WithUlimit(limit), "WithUlimit", limit)
	}
	for _, s := range d.SystemControls {
		c = c.Then(c.V.WithSystemControl(text(s.Namespace), text(s.Value)), "WithSystemControl", text(s.Namespace), text(s.Value))
	}
	l := d.LinuxParameters
	if l == nil {
		return c
	}
	if aws.ToBool(l.InitProcessEnabled) {
		c = c.Then(c.V.WithInit(), "WithInit")
	}
	if l.Capabilities == nil {
		return c
	}
	if len(l.Capabilities.Add) == 1 && l.Capabilities.Add[0] == "SYS_PTRACE" {
		c = c.Then(c.V.WithPtrace(), "WithPtrace")
	}
	if drop := l.Capabilities.Drop; len(drop) > 0 {
		c = c.Then(c.V.WithoutCapability(drop...), "WithoutCapability", list(drop)...)
	}
	return c
}
