// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/internal/gosource"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	modeliam "github.com/slipway-go/slipway/internal/model/iam"
	"github.com/slipway-go/slipway/internal/policy"
)

// taskDefinition declares the service's task definition in a variable.
func (x *exporter) taskDefinition() expressed[taskCore] {
	in := &x.task.Register
	family := text(in.Family)
	x.grants(family)
	x.defineContainers()
	t := x.newTask(family, CPU(number(in.Cpu)), Memory(number(in.Memory)))
	for i := range in.ContainerDefinitions {
		c := x.containers[text(in.ContainerDefinitions[i].Name)]
		t = t.Then(t.V.withContainer(c.V), "WithContainer", c)
	}
	t = x.taskRoles(t)
	t = x.taskSettings(t)
	for _, tag := range in.Tags {
		t = t.Then(t.V.withTag(text(tag.Key), text(tag.Value)), "WithTag", text(tag.Key), text(tag.Value))
	}
	t = x.execFirst(t)
	return gosource.Define(x.body, x.overriddenTask(t), "task", family+"Task")
}

// newTask begins a task definition of the service's sort.
func (x *exporter) newTask(family string, cpu CPU, memory Memory) expressed[taskCore] {
	name := x.on.taskConstructor()
	if !x.onEC2() {
		return gosource.Call(x.p, NewFargateTaskDefinition(family, cpu, memory).core, name, family, cpu, memory)
	}
	t := gosource.Call(x.p, NewEC2TaskDefinition(family).core, name, family)
	if m := NetworkMode(x.task.Register.NetworkMode); m != "" && m != Bridge {
		t = t.Then(t.V.withNetworkMode(m), "WithNetworkMode", m)
	}
	if cpu != 0 {
		t = t.Then(t.V.withCPU(cpu), "WithCPU", cpu)
	}
	if memory != 0 {
		t = t.Then(t.V.withMemory(memory), "WithMemory", memory)
	}
	for _, c := range x.task.Register.PlacementConstraints {
		m := MemberOf(text(c.Expression))
		t = t.Then(t.V.withPlacement(m), "WithPlacement", m)
	}
	return t
}

func number(s *string) int {
	n, _ := strconv.Atoi(text(s))
	return n
}

func (x *exporter) taskSettings(t expressed[taskCore]) expressed[taskCore] {
	in := &x.task.Register
	if r := in.RuntimePlatform; r != nil && Architecture(r.CpuArchitecture) != "" && (x.onEC2() || Architecture(r.CpuArchitecture) != X86_64) {
		t = t.Then(t.V.withArchitecture(Architecture(r.CpuArchitecture)), "WithArchitecture", Architecture(r.CpuArchitecture))
	}
	if s := in.EphemeralStorage; !x.onEC2() && s != nil && s.SizeInGiB != 0 && s.SizeInGiB != defaultStorage {
		size := Memory(s.SizeInGiB) * GiB
		t = t.Then(t.V.withEphemeralStorage(size), "WithEphemeralStorage", size)
	}
	own := logGroupPrefix + text(in.Family)
	if g := ownedState[model.LogGroup](x, model.KindLogGroup, own); g != nil && x.plainGroup(own) && g.RetentionInDays != DefaultRetention {
		days := int(g.RetentionInDays)
		t = t.Then(t.V.withLogRetention(days), "WithLogRetention", days)
	}
	t = x.sharing(t)
	if aws.ToBool(in.EnableFaultInjection) {
		t = t.Then(t.V.withFaultInjection(), "WithFaultInjection")
	}
	return t
}

// sharing lets containers see each other, or what else runs on the instance.
func (x *exporter) sharing(t expressed[taskCore]) expressed[taskCore] {
	in := &x.task.Register
	if in.PidMode == ecstypes.PidModeTask {
		t = t.Then(t.V.withSharedProcesses(), "WithSharedProcesses")
	}
	if !x.onEC2() {
		return t
	}
	if in.PidMode == ecstypes.PidModeHost {
		t = t.Then(t.V.withPIDMode(in.PidMode), "WithHostProcesses")
	}
	switch in.IpcMode { //nolint:exhaustive // the others are overridden
	case ecstypes.IpcModeTask:
		t = t.Then(t.V.withIPCMode(in.IpcMode), "WithSharedIPC")
	case ecstypes.IpcModeHost:
		t = t.Then(t.V.withIPCMode(in.IpcMode), "WithHostIPC")
	}
	return t
}

// execFirst gives the task role what ECS Exec needs where only the role shows it:
// the service's own switch is off.
func (x *exporter) execFirst(t expressed[taskCore]) expressed[taskCore] {
	if x.service.Create.EnableExecuteCommand || !x.taskGranted["ssmmessages:OpenDataChannel"]["*"] {
		return t
	}
	return t.Then(t.V.withExec(), "WithExec")
}

// grants finds out what the task's roles allow by the policies that a task
// definition brings.
func (x *exporter) grants(family string) {
	x.granted = x.allowed(x.task.Register.ExecutionRoleArn, family+"-execution")
	x.taskGranted = x.allowed(x.task.Register.TaskRoleArn, family+"-task")
	x.keys = sortedKeys(x.granted["kms:Decrypt"])
}

// allowed are the resources of each action.
func (x *exporter) allowed(arn *string, name string) map[string]map[string]bool {
	all := map[string]map[string]bool{}
	_, thing, ok := x.ownedBy(modeliam.KindRole, "arn", text(arn))
	role, isRole := thing.State.(*modeliam.Role)
	if !ok || !isRole {
		return all
	}
	document, ok := role.Inline[shortened("ecs-"+name, maxPolicyName)]
	if !ok {
		document = role.Inline["slipway"]
	}
	parsed, err := policy.Parse(document)
	if err != nil {
		return all
	}
	for _, s := range parsed.Statements {
		for _, action := range s.Actions {
			for _, resource := range s.Resources {
				if all[action] == nil {
					all[action] = map[string]bool{}
				}
				all[action][resource] = true
			}
		}
	}
	return all
}

// taskRoles names the roles that are not derived.
func (x *exporter) taskRoles(t expressed[taskCore]) expressed[taskCore] {
	in := &x.task.Register
	family := text(in.Family)
	if role, ok := x.role(in.ExecutionRoleArn, family+"-execution"); ok {
		t = t.Then(t.V.withExecutionRole(role.V), "WithExecutionRole", role)
	}
	if role, ok := x.role(in.TaskRoleArn, family+"-task"); ok {
		t = t.Then(t.V.withTaskRole(role.V), "WithTaskRole", role)
	}
	return t
}

// role is a role of the task; ok is false where there is none or the task
// definition derives it.
func (x *exporter) role(arn *string, derived string) (role expressed[iam.RoleRef], ok bool) {
	if text(arn) == "" {
		return role, false
	}
	id, thing, owned := x.ownedBy(modeliam.KindRole, "arn", *arn)
	if owned && id.Name == shortened(derived, maxDerivedRole) {
		return role, false
	}
	state, isRole := thing.State.(*modeliam.Role)
	if !owned || !isRole {
		return gosource.Call(x.p, iam.RoleARN(*arn), "iam.RoleARN", *arn), true
	}
	if known, ok := x.roles[id]; ok {
		return known, true
	}
	r := x.declaredRole(id, state)
	r = gosource.Define(x.body, r, id.Name, id.Name+"Role", "role")
	x.roles[id] = gosource.As[iam.RoleRef](r, r.V)
	return x.roles[id], true
}

// declaredRole declares a role without what the task definition adds to it.
func (x *exporter) declaredRole(id slipway.ID, s *modeliam.Role) expressed[iam.Role] {
	in := &s.Create
	r := gosource.Call(x.p, iam.NewRole(id.Name), "iam.NewRole", id.Name)
	if text(in.RoleName) == id.Name+"-"+x.call.Region {
		r = gosource.Call(x.p, iam.NewDerivedRole(id.Name), "iam.NewDerivedRole", id.Name)
	}
	if path := text(in.Path); path != "/slipway/"+x.stackName()+"/" {
		r = r.Then(r.V.WithPath(path), "WithPath", path)
	}
	if d := text(in.Description); d != "" {
		r = r.Then(r.V.WithDescription(d), "WithDescription", d)
	}
	const anHour = 3600
	if session := unless(in.MaxSessionDuration, anHour); session != 0 {
		r = r.Then(r.V.WithMaxSession(session), "WithMaxSession", session)
	}
	if boundary := text(in.PermissionsBoundary); boundary != "" {
		r = r.Then(r.V.WithPermissionsBoundary(boundary), "WithPermissionsBoundary", boundary)
	}
	r = x.roleTrust(r, text(in.AssumeRolePolicyDocument))
	r = x.rolePolicies(r, s)
	for _, t := range in.Tags {
		r = r.Then(r.V.WithTag(text(t.Key), text(t.Value)), "WithTag", text(t.Key), text(t.Value))
	}
	return r
}

func (x *exporter) rolePolicies(r expressed[iam.Role], s *modeliam.Role) expressed[iam.Role] {
	family := text(x.task.Register.Family)
	added := []string{
		shortened("ecs-"+family+"-execution", maxPolicyName), shortened("ecs-"+family+"-task", maxPolicyName),
	}
	for _, name := range sortedKeys(s.Inline) {
		if slices.Contains(added, name) {
			continue
		}
		p, err := rolePolicy(s.Inline[name])
		if err != nil {
			x.leavef("policy %s of role %s cannot be declared: %s", name, text(s.Create.RoleName), err)
			continue
		}
		if name == "slipway" {
			r = roleStatements(r, p)
			continue
		}
		r = r.Then(r.V.WithPolicy(name, p), "WithPolicy", name, p)
	}
	for _, arn := range s.Attached {
		r = r.Then(r.V.WithManagedPolicy(arn), "WithManagedPolicy", arn)
	}
	return r
}

// roleStatements are those of the policy that With methods of roles write.
func roleStatements(r expressed[iam.Role], p iam.Policy) expressed[iam.Role] {
	for _, s := range p.Statements {
		if len(s.Resources) == 1 && len(s.Actions) > 0 && s.SID == "" && s.Effect == iam.Allow && len(s.Conditions) == 0 {
			r = r.Then(r.V.WithAllow(s.Resources[0], s.Actions...), "WithAllow", append([]any{s.Resources[0]}, list(s.Actions)...)...)
			continue
		}
		r = r.Then(r.V.WithStatement(s), "WithStatement", s)
	}
	return r
}

func rolePolicy(document string) (iam.Policy, error) {
	parsed, err := policy.Parse(document)
	if err != nil {
		return iam.Policy{}, err
	}
	p := iam.Policy{ID: parsed.ID}
	for _, s := range parsed.Statements {
		out := iam.Statement{
			SID: s.SID, Actions: s.Actions, NotActions: s.NotActions, Resources: s.Resources, NotResources: s.NotResources,
			Conditions: conditionsOf(s.Conditions),
		}
		if s.Effect == policy.Deny {
			out.Effect = iam.Deny
		}
		p.Statements = append(p.Statements, out)
	}
	return p, nil
}

func conditionsOf(list []policy.Condition) iam.Conditions {
	all := iam.Conditions{}
	for _, c := range list {
		if all[c.Operator] == nil {
			all[c.Operator] = map[string][]string{}
		}
		all[c.Operator][c.Key] = append(all[c.Operator][c.Key], c.Values...)
	}
	if len(all) == 0 {
		return nil
	}
	return all
}
