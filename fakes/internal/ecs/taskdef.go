// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ecs"
)

// family is all revisions of a task definition, the first at index 0. A deleted
// one is nil.
type family struct {
	revisions []*taskDef
}

// taskDef is one revision. Its definition is replaced, never edited.
type taskDef struct {
	input      awsecs.RegisterTaskDefinitionInput
	definition *ecstypes.TaskDefinition
	tags       []ecstypes.Tag
	// plan is how its containers start, worked out once.
	plan *plan
}

func (d *taskDef) arn() string    { return *d.definition.TaskDefinitionArn }
func (d *taskDef) family() string { return *d.definition.Family }
func (d *taskDef) active() bool {
	return d.definition.Status == ecstypes.TaskDefinitionStatusActive
}

func (f *Fake) handleTaskDefinitions() {
	sim.Handle(f.api, "RegisterTaskDefinition", f.registerTaskDefinition,
		sim.Needs(needsRegister),
		sim.Refuses[awsecs.RegisterTaskDefinitionInput](
			"InferenceAccelerators", "ProxyConfiguration", "ContainerDefinitions.CredentialSpecs",
			"Volumes.FsxWindowsFileServerVolumeConfiguration", "Volumes.S3filesVolumeConfiguration",
		))
	sim.Handle(f.api, "DescribeTaskDefinition", f.describeTaskDefinition)
	sim.Handle(f.api, "DeregisterTaskDefinition", f.deregisterTaskDefinition)
	sim.Handle(f.api, "DeleteTaskDefinitions", f.deleteTaskDefinitions)
	sim.Handle(f.api, "ListTaskDefinitions", f.listTaskDefinitions)
	sim.Handle(f.api, "ListTaskDefinitionFamilies", f.listTaskDefinitionFamilies)
}

func needsRegister(c *sim.Call, in *awsecs.RegisterTaskDefinitionInput) []sim.Access {
	list := withTags("ecs:RegisterTaskDefinition", c.ARN("ecs", "task-definition/"+value(in.Family)+":*"), in.Tags)
	return append(list, passRoles(in.TaskRoleArn, in.ExecutionRoleArn)...)
}

func (f *Fake) registerTaskDefinition(c *sim.Call, in *awsecs.RegisterTaskDefinitionInput) (*awsecs.RegisterTaskDefinitionOutput, error) {
	r := f.of(c)
	if err := sim.Check(rules.RegisterTaskDefinition, refs{r}, in, typed); err != nil {
		return nil, err
	}
	if err := r.ownParameters(in); err != nil {
		return nil, err
	}
	if err := outputsModelled(in); err != nil {
		return nil, err
	}
	fam := r.families[*in.Family]
	if fam == nil {
		fam = &family{}
		r.families[*in.Family] = fam
	}
	d := &taskDef{input: *in, tags: in.Tags, definition: r.definition(c, in, len(fam.revisions)+1)}
	d.plan = newPlan(d.definition)
	fam.revisions = append(fam.revisions, d)
	return &awsecs.RegisterTaskDefinitionOutput{TaskDefinition: d.definition, Tags: d.tags}, nil
}

// ownParameters refuses parameters of other accounts.
func (r *region) ownParameters(in *awsecs.RegisterTaskDefinitionInput) error {
	for i := range in.ContainerDefinitions {
		for _, s := range in.ContainerDefinitions[i].Secrets {
			const account = 4
			part := strings.Split(value(s.ValueFrom), ":")
			if len(part) > account && part[2] == "ssm" && part[account] != r.account {
				return clientError("The Systems Manager parameter ARN has a different account ID than the current account. The current account ID is %s "+
					"and the ARN account ID is %s. Cross-account access for ARNs is not currently supported.", r.account, part[account])
			}
		}
	}
	return nil
}

// definition is what AWS makes of the input, with its defaults.
func (r *region) definition(c *sim.Call, in *awsecs.RegisterTaskDefinitionInput, revision int) *ecstypes.TaskDefinition {
	d := &ecstypes.TaskDefinition{
		TaskDefinitionArn: new(r.arn(fmt.Sprintf("task-definition/%s:%d", *in.Family, revision))),
		Family:            in.Family, Revision: int32(revision), Status: ecstypes.TaskDefinitionStatusActive,
		ContainerDefinitions: make([]ecstypes.ContainerDefinition, len(in.ContainerDefinitions)),
		Cpu:                  normalCPU(in.Cpu), Memory: normalMemory(in.Memory),
		EnableFaultInjection: in.EnableFaultInjection, EphemeralStorage: in.EphemeralStorage, ExecutionRoleArn: in.ExecutionRoleArn, TaskRoleArn: in.TaskRoleArn,
		IpcMode: in.IpcMode, PidMode: in.PidMode, NetworkMode: in.NetworkMode, Volumes: orEmpty(in.Volumes),
		PlacementConstraints: orEmpty(in.PlacementConstraints), RuntimePlatform: in.RuntimePlatform,
		RequiresCompatibilities: in.RequiresCompatibilities, Compatibilities: compatibilities(in),
		RegisteredAt: new(c.Now()), RegisteredBy: optional(c.Caller.ARN),
	}
	if d.NetworkMode == "" && !isFargate(in) {
		d.NetworkMode = ecstypes.NetworkModeBridge
	}
	for i := range in.ContainerDefinitions {
		d.ContainerDefinitions[i] = normalContainer(in.ContainerDefinitions[i], d.NetworkMode)
	}
	return d
}

func orEmpty[E any](s []E) []E {
	if s == nil {
		return []E{}
	}
	return s
}

func isFargate(in *awsecs.RegisterTaskDefinitionInput) bool {
	return slices.Contains(in.RequiresCompatibilities, ecstypes.CompatibilityFargate)
}

// compatibilities are the launch types for which AWS finds the input fit.
func compatibilities(in *awsecs.RegisterTaskDefinitionInput) []ecstypes.Compatibility {
	list := []ecstypes.Compatibility{ecstypes.CompatibilityEc2}
	if isFargate(in) {
		list = append(list, ecstypes.CompatibilityFargate)
	}
	if slices.Contains(in.RequiresCompatibilities, ecstypes.CompatibilityManagedInstances) {
		list = append(list, ecstypes.CompatibilityManagedInstances)
	}
	return list
}

// normalContainer fills in what AWS does in the definition of a container.
func normalContainer(c ecstypes.ContainerDefinition, mode ecstypes.NetworkMode) ecstypes.ContainerDefinition {
	if c.Essential == nil {
		c.Essential = new(true)
	}
	c.Environment, c.MountPoints, c.VolumesFrom = orEmpty(c.Environment), orEmpty(c.MountPoints), orEmpty(c.VolumesFrom)
	c.SystemControls = orEmpty(c.SystemControls)
	ports := make([]ecstypes.PortMapping, len(c.PortMappings))
	for i, p := range c.PortMappings {
		if p.Protocol == "" {
			p.Protocol = ecstypes.TransportProtocolTcp
		}
		switch own := mode == ecstypes.NetworkModeAwsvpc || mode == ecstypes.NetworkModeHost; {
		case p.HostPort != nil || p.ContainerPort == nil:
		case own:
			p.HostPort = new(*p.ContainerPort)
		case mode == ecstypes.NetworkModeBridge:
			p.HostPort = new(int32(0))
		}
		ports[i] = p
	}
	c.PortMappings = ports
	if c.FirelensConfiguration != nil && c.User == nil {
		c.User = new("0") // https://github.com/cloudposse/terraform-aws-ecs-container-definition/pull/97
	}
	if h := c.HealthCheck; h != nil {
		c.HealthCheck = &ecstypes.HealthCheck{
			Command: h.Command, StartPeriod: h.StartPeriod,
			Interval: new(or(h.Interval, 30)), Timeout: new(or(h.Timeout, 5)), Retries: new(or(h.Retries, 3)),
		}
	}
	return c
}

// normalCPU turns "1 vCPU" or "0.5 vcpu" into units.
func normalCPU(s *string) *string {
	n, ok := strings.CutSuffix(strings.ToLower(value(s)), "vcpu")
	if !ok {
		return s
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(n), 64)
	if err != nil {
		return s
	}
	return new(strconv.Itoa(int(v * 1024)))
}

// normalMemory turns "2 GB" into MiB.
func normalMemory(s *string) *string {
	n, ok := strings.CutSuffix(strings.ToLower(value(s)), "gb")
	if !ok {
		return s
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(n), 64)
	if err != nil {
		return s
	}
	return new(strconv.Itoa(int(v * 1024)))
}

// taskDefinition finds a revision by ARN, family:revision or family, which is
// its newest active one.
func (r *region) taskDefinition(ref string) *taskDef {
	name, revision, exact := strings.Cut(lastPart(ref), ":")
	fam := r.families[name]
	if fam == nil {
		return nil
	}
	if exact {
		n, err := strconv.Atoi(revision)
		if err != nil || n < 1 || n > len(fam.revisions) {
			return nil
		}
		return fam.revisions[n-1]
	}
	for _, v := range slices.Backward(fam.revisions) {
		if d := v; d != nil && d.active() {
			return d
		}
	}
	return nil
}

// runnable finds a revision that tasks may be started from.
func (r *region) runnable(ref *string) (*taskDef, error) {
	d := r.taskDefinition(value(ref))
	switch {
	case d == nil:
		return nil, clientError("TaskDefinition not found.")
	case !d.active():
		return nil, clientError("TaskDefinition is inactive")
	}
	return d, nil
}
