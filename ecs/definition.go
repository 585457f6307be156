// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// definition is the container as ECS wants it.
func (c Container) definition(own LogGroup) ecstypes.ContainerDefinition {
	d := ecstypes.ContainerDefinition{
		Name: aws.String(c.name), Essential: aws.Bool(!c.nonEssential), Cpu: clamp(int(c.cpu)),
		Memory: optional(int(c.memory)), MemoryReservation: optional(int(c.reservation)),
		Environment: pairs(c.environment), DockerLabels: maps.Clone(c.labels),
		LogConfiguration: c.logConfiguration(own), LinuxParameters: c.process.linux(),
	}
	if c.image != nil {
		d.Image = aws.String(c.image.ImageReference())
	}
	if c.health != nil {
		d.HealthCheck = c.health.input()
	}
	if c.restart != nil {
		d.RestartPolicy = c.restart.input()
	}
	if c.router != nil {
		d.FirelensConfiguration = c.router.input()
	}
	if c.registry != nil {
		d.RepositoryCredentials = &ecstypes.RepositoryCredentials{CredentialsParameter: aws.String(c.registry.base())}
	}
	c.lists(&d)
	c.process.apply(&d)
	c.host.apply(&d)
	return d
}

// lists fills in what a container has several of.
func (c Container) lists(d *ecstypes.ContainerDefinition) {
	for _, p := range c.ports {
		d.PortMappings = append(d.PortMappings, p.mapping())
	}
	for _, f := range c.files {
		d.EnvironmentFiles = append(d.EnvironmentFiles, ecstypes.EnvironmentFile{
			Type: ecstypes.EnvironmentFileTypeS3, Value: aws.String(f),
		})
	}
	d.Secrets = secretList(c.secrets)
	for _, m := range c.mounts {
		if m.volume != nil {
			d.MountPoints = append(d.MountPoints, ecstypes.MountPoint{
				SourceVolume: aws.String(m.volume.volumeName()), ContainerPath: aws.String(m.path), ReadOnly: aws.Bool(m.readOnly),
			})
		}
	}
	for _, v := range c.from {
		d.VolumesFrom = append(d.VolumesFrom, ecstypes.VolumeFrom{
			SourceContainer: aws.String(v.container), ReadOnly: aws.Bool(v.readOnly),
		})
	}
	for _, on := range c.dependencies {
		d.DependsOn = append(d.DependsOn, ecstypes.ContainerDependency{
			ContainerName: aws.String(on.container), Condition: ecstypes.ContainerCondition(on.condition),
		})
	}
	for _, u := range c.ulimits {
		d.Ulimits = append(d.Ulimits, ecstypes.Ulimit{Name: u.Name, SoftLimit: clamp(u.Soft), HardLimit: clamp(u.Hard)})
	}
	for _, name := range slices.Sorted(maps.Keys(c.controls)) {
		d.SystemControls = append(d.SystemControls, ecstypes.SystemControl{
			Namespace: aws.String(name), Value: aws.String(c.controls[name]),
		})
	}
}

func secretList(named []namedSecret) []ecstypes.Secret {
	var all []ecstypes.Secret
	for _, s := range named {
		if s.secret != nil {
			all = append(all, ecstypes.Secret{Name: aws.String(s.name), ValueFrom: aws.String(s.secret.from())})
		}
	}
	return all
}

func (p process) apply(d *ecstypes.ContainerDefinition) {
	d.EntryPoint, d.Command = slices.Clone(p.entryPoint), slices.Clone(p.command)
	d.User, d.WorkingDirectory = set(p.user), set(p.directory)
	d.ReadonlyRootFilesystem, d.Interactive, d.PseudoTerminal = on(p.readOnlyRoot), on(p.interactive), on(p.terminal)
	d.StartTimeout, d.StopTimeout = seconds(p.start), seconds(p.stop)
	if p.tagNotPinned {
		d.VersionConsistency = ecstypes.VersionConsistencyDisabled
	}
}

func (p process) linux() *ecstypes.LinuxParameters {
	if !p.init && !p.trace && len(p.drop) == 0 {
		return nil
	}
	l := &ecstypes.LinuxParameters{InitProcessEnabled: on(p.init)}
	if p.trace || len(p.drop) > 0 {
		l.Capabilities = &ecstypes.KernelCapabilities{Drop: slices.Clone(p.drop)}
	}
	if p.trace {
		l.Capabilities.Add = []string{"SYS_PTRACE"}
	}
	return l
}

// set is a string, or nil if it is empty.
func set(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// on is true, or nil if it is false.
func on(b bool) *bool {
	if !b {
		return nil
	}
	return &b
}
