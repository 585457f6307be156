// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	model "github.com/slipway-go/slipway/internal/model/ecs"
	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

// What ECS does where a task definition says nothing.
const (
	defaultStorage   = 20
	defaultInterval  = 30
	defaultTimeout   = 5
	defaultRetries   = 3
	defaultRestart   = 300
	defaultDirectory = "/"
	routerUser       = "0" // of a log router
)

// Defaults fills in what ECS would.
func (taskDefinitions) Defaults(s *model.TaskDefinition) {
	in := &s.Register
	for i := range in.ContainerDefinitions {
		// Here false means something, so nil is told before the blanks.
		if c := &in.ContainerDefinitions[i]; c.Essential == nil {
			c.Essential = aws.Bool(true)
		}
	}
	fill(in)
	if n, ok := ecsrules.CPU(*in.Cpu); ok {
		in.Cpu = aws.String(strconv.Itoa(n))
	}
	if n, ok := ecsrules.Memory(*in.Memory); ok {
		in.Memory = aws.String(strconv.Itoa(n))
	}
	if in.EphemeralStorage.SizeInGiB == 0 {
		in.EphemeralStorage.SizeInGiB = defaultStorage
	}
	def(&in.PidMode, noneSet)
	def(&in.IpcMode, noneSet)
	defaultPlatform(in)
	for i := range in.ContainerDefinitions {
		defaultContainer(&in.ContainerDefinitions[i], in.NetworkMode)
	}
	for i := range in.Volumes {
		defaultVolume(&in.Volumes[i])
	}
}

// defaultPlatform: on EC2, tasks that say nothing run on any processor.
func defaultPlatform(in *awsecs.RegisterTaskDefinitionInput) {
	p := in.RuntimePlatform
	if p.CpuArchitecture == "" && p.OperatingSystemFamily == "" && !slices.Contains(in.RequiresCompatibilities, ecstypes.CompatibilityFargate) {
		p.CpuArchitecture, p.OperatingSystemFamily = noneSet, noneSet
	}
	def(&p.CpuArchitecture, ecstypes.CPUArchitectureX8664)
	def(&p.OperatingSystemFamily, ecstypes.OSFamilyLinux)
}

func defaultContainer(c *ecstypes.ContainerDefinition, mode ecstypes.NetworkMode) {
	def(&c.VersionConsistency, ecstypes.VersionConsistencyEnabled)
	for i := range c.PortMappings {
		p := &c.PortMappings[i]
		def(&p.Protocol, ecstypes.TransportProtocolTcp)
		def(&p.AppProtocol, noneSet)
		if mode == ecstypes.NetworkModeAwsvpc || mode == ecstypes.NetworkModeHost {
			defTo(&p.HostPort, *p.ContainerPort)
		}
	}
	if h := c.HealthCheck; len(h.Command) > 0 {
		defTo(&h.Interval, defaultInterval)
		defTo(&h.Timeout, defaultTimeout)
		defTo(&h.Retries, defaultRetries)
	}
	if *c.RestartPolicy.Enabled {
		defTo(&c.RestartPolicy.RestartAttemptPeriod, defaultRestart)
	}
	def(&c.LogConfiguration.LogDriver, noneSet)
	if c.FirelensConfiguration.Type != "" && c.FirelensConfiguration.Type != noneSet {
		defTo(&c.User, routerUser)
	}
	def(&c.FirelensConfiguration.Type, noneSet)
}

func defaultVolume(v *ecstypes.Volume) {
	efs := v.EfsVolumeConfiguration
	if *efs.FileSystemId == "" {
		return
	}
	defTo(&efs.RootDirectory, defaultDirectory)
	def(&efs.TransitEncryption, ecstypes.EFSTransitEncryptionDisabled)
	def(&efs.AuthorizationConfig.Iam, ecstypes.EFSAuthorizationConfigIAMDisabled)
}

// registration is the input that is sent: without blanks.
func registration(s *model.TaskDefinition) *awsecs.RegisterTaskDefinitionInput {
	in := s.Register
	strip(&in)
	in.NetworkMode = s.Register.NetworkMode // none is a mode
	if in.EphemeralStorage != nil && in.EphemeralStorage.SizeInGiB == defaultStorage {
		in.EphemeralStorage = nil
	}
	return &in
}
