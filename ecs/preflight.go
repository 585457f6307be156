// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/probe"
)

// Preflight looks up what the tasks need before they can run: images, roles, secrets,
// parameters, log groups, and the permissions of roles that the stack does not make.
func (taskDefinitions) Preflight(ctx context.Context, c slipway.Call, refs slipway.Refs, want *model.TaskDefinition) ([]slipway.Check, error) {
	f := &needed{call: c, refs: refs, definition: &want.Register, platform: platformOf(&ecstypes.TaskDefinition{RuntimePlatform: want.Register.RuntimePlatform})}
	if err := f.identify(ctx); err != nil {
		return nil, err
	}
	for _, role := range []*string{want.Register.ExecutionRoleArn, want.Register.TaskRoleArn} {
		if known(role) {
			f.add(probe.Role(ctx, f.call, *role, tasksPrincipal, "arn:"+c.Partition+":ecs:"+c.Region+":"+f.call.Account+":*"))
		}
	}
	for i := range want.Register.ContainerDefinitions {
		f.container(ctx, &want.Register.ContainerDefinitions[i])
	}
	return f.checks, nil
}

// Preflight looks up whether the service's tasks reach what they need to start, have
// addresses, and fit the quota.
func (services) Preflight(ctx context.Context, c slipway.Call, refs slipway.Refs, want *model.Service) ([]slipway.Check, error) {
	in := &want.Create
	most := percent(aws.ToInt32(in.DesiredCount), in.DeploymentConfiguration)
	return launched(ctx, c, refs, launch{
		definition: aws.ToString(in.TaskDefinition), network: in.NetworkConfiguration, strategy: in.CapacityProviderStrategy, tasks: most,
	}), nil
}

// Preflight does the same for a job.
func (jobs) Preflight(ctx context.Context, c slipway.Call, refs slipway.Refs, want *model.Job) ([]slipway.Check, error) {
	return launched(ctx, c, refs, launch{
		definition: aws.ToString(want.Run.TaskDefinition), network: want.Run.NetworkConfiguration, strategy: want.Run.CapacityProviderStrategy, tasks: 1,
	}), nil
}

// percent is how many tasks there are at most while a service is deployed.
func percent(desired int32, d *ecstypes.DeploymentConfiguration) int {
	const twice = 200
	high := int32(twice)
	if d != nil && d.MaximumPercent != nil && *d.MaximumPercent > 0 {
		high = *d.MaximumPercent
	}
	return int(desired) * int(high) / hundredPercent
}

const hundredPercent = 100

// needed gathers what a task definition needs.
type needed struct {
	call       slipway.Call
	refs       slipway.Refs
	definition *awsecs.RegisterTaskDefinitionInput
	platform   string
	checks     []slipway.Check
}

func (f *needed) add(checks ...slipway.Check) { f.checks = append(f.checks, checks...) }

func (f *needed) identify(ctx context.Context) error {
	if f.call.Account != "" {
		return nil
	}
	account, err := (taskDefinitions{}).Identify(ctx, f.call)
	f.call.Account = account
	return err
}

func (f *needed) container(ctx context.Context, d *ecstypes.ContainerDefinition) {
	if known(d.Image) {
		f.add(probe.Image(ctx, f.call, *d.Image, f.platform))
	}
	for _, s := range d.Secrets {
		if known(s.ValueFrom) {
			f.secret(ctx, *s.ValueFrom)
		}
	}
	if r := d.RepositoryCredentials; r != nil && known(r.CredentialsParameter) {
		f.secret(ctx, *r.CredentialsParameter)
	}
	if l := d.LogConfiguration; l != nil && l.LogDriver == ecstypes.LogDriverAwslogs {
		f.logs(ctx, l)
	}
}

func (f *needed) secret(ctx context.Context, from string) {
	if strings.Contains(from, ":secretsmanager:") {
		arn := probe.SecretARN(from)
		f.add(probe.Secret(ctx, f.call, from))
		f.permitted(ctx, "secretsmanager:GetSecretValue", arn, slipway.SecretDenied)
		return
	}
	f.add(probe.Parameter(ctx, f.call, from))
	if !strings.HasPrefix(from, "arn:") {
		from = "arn:aws:ssm:" + f.call.Region + ":" + f.call.Account + ":parameter/" + strings.TrimPrefix(from, "/")
	}
	f.permitted(ctx, "ssm:GetParameters", from, slipway.ParameterDenied)
}

// logs looks up the log group, unless the stack or the driver makes it.
func (f *needed) logs(ctx context.Context, l *ecstypes.LogConfiguration) {
	group, region := l.Options["awslogs-group"], l.Options["awslogs-region"]
	if slipway.HasRef(group) || l.Options["awslogs-create-group"] == "true" || region != "" && !slipway.HasRef(region) && region != f.call.Region {
		return
	}
	if f.refs != nil {
		if _, declared, _ := f.refs.Get(model.KindLogGroup, group); declared {
			return
		}
	}
	f.add(probe.LogGroup(ctx, f.call, group))
	f.permitted(ctx, "logs:CreateLogStream", "arn:"+f.call.Partition+":logs:"+f.call.Region+":"+f.call.Account+":log-group:"+group+":log-stream:*", slipway.LogsDenied)
}

// permitted looks up whether the execution role may do something, if the role is there
// already and not the stack's to make.
func (f *needed) permitted(ctx context.Context, action, resource string, code slipway.CauseCode) {
	role := f.definition.ExecutionRoleArn
	if !known(role) || strings.Contains(*role, ":role/slipway/") {
		return
	}
	f.add(probe.Permission(ctx, f.call, *role, action, resource, slipway.Cause{
		Code: code, Summary: "role " + lastPart(*role) + " may not " + action + " on " + resource, Remedy: "allow the role " + action + " on " + resource,
		Doc: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html",
	}))
}

// launch is where tasks are to run, and how many.
type launch struct {
	definition string
	network    *ecstypes.NetworkConfiguration
	strategy   []ecstypes.CapacityProviderStrategyItem
	tasks      int
}

func launched(ctx context.Context, c slipway.Call, refs slipway.Refs, l launch) []slipway.Check {
	var checks []slipway.Check
	definition := definitionOf(refs, l.definition)
	if definition != nil {
		if units, err := strconv.Atoi(aws.ToString(definition.Cpu)); err == nil && l.tasks > 0 {
			checks = append(checks, probe.FargateVCPUs(ctx, c, onlySpot(l.strategy), float64(units*l.tasks)/float64(VCPU)))
		}
	}
	if l.network == nil || l.network.AwsvpcConfiguration == nil {
		return checks
	}
	n := l.network.AwsvpcConfiguration
	if slices.ContainsFunc(n.Subnets, slipway.HasRef) {
		return checks
	}
	if definition != nil {
		at := probe.Placement{Subnets: n.Subnets, PublicIP: n.AssignPublicIp == ecstypes.AssignPublicIpEnabled}
		for _, g := range n.SecurityGroups {
			if !slipway.HasRef(g) {
				at.Groups = append(at.Groups, g)
			}
		}
		checks = append(checks, probe.Routes(ctx, c, at, destinations(definition.ContainerDefinitions)...)...)
	}
	return append(checks, probe.Addresses(ctx, c, n.Subnets, l.tasks))
}

// onlySpot reports whether all tasks run on Fargate Spot.
func onlySpot(strategy []ecstypes.CapacityProviderStrategyItem) bool {
	for _, s := range strategy {
		if aws.ToString(s.CapacityProvider) != string(FargateSpot) && (s.Weight > 0 || s.Base > 0) {
			return false
		}
	}
	return len(strategy) > 0
}

// definitionOf is the task definition of the stack that a reference names; nil if it is
// none of the stack's.
func definitionOf(refs slipway.Refs, ref string) *awsecs.RegisterTaskDefinitionInput {
	if refs == nil {
		return nil
	}
	state, found, _ := refs.Get(model.KindTaskDefinition, ref)
	if d, ok := state.(*model.TaskDefinition); ok && found {
		return &d.Register
	}
	return nil
}
