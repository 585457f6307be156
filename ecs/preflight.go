// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

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
	f := &needed{
		call: c, refs: refs, role: want.Register.ExecutionRoleArn, planned: true,
		platform: platformOf(&ecstypes.TaskDefinition{
			RuntimePlatform: want.Register.RuntimePlatform, RequiresCompatibilities: want.Register.RequiresCompatibilities,
		}),
	}
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
	desired := int(aws.ToInt32(in.DesiredCount))
	l := launch{
		definition: aws.ToString(in.TaskDefinition), network: in.NetworkConfiguration, strategy: in.CapacityProviderStrategy, tasks: desired, added: desired,
		kind: in.LaunchType, cluster: aws.ToString(in.Cluster), constraints: in.PlacementConstraints, daemon: in.SchedulingStrategy == ecstypes.SchedulingStrategyDaemon,
	}
	if !known(in.Cluster) {
		return launched(ctx, c, refs, l), nil
	}
	found, err := describeServices(ctx, c, lastPart(*in.Cluster), []string{aws.ToString(in.ServiceName)})
	if err != nil {
		return nil, err
	}
	// Beside those that run there are new tasks while it is deployed.
	if s := found[aws.ToString(in.ServiceName)]; s != nil && desired > 0 {
		most := percent(aws.ToInt32(in.DesiredCount), in.DeploymentConfiguration)
		l.tasks, l.added = max(desired, min(most, desired+1)), max(most-int(s.RunningCount), 0)
	}
	return launched(ctx, c, refs, l), nil
}

// Preflight does the same for a job.
func (jobs) Preflight(ctx context.Context, c slipway.Call, refs slipway.Refs, want *model.Job) ([]slipway.Check, error) {
	return launched(ctx, c, refs, launch{
		definition: aws.ToString(want.Run.TaskDefinition), network: want.Run.NetworkConfiguration, strategy: want.Run.CapacityProviderStrategy, tasks: 1, added: 1,
		kind: want.Run.LaunchType, cluster: aws.ToString(want.Run.Cluster), constraints: want.Run.PlacementConstraints,
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
	call slipway.Call
	refs slipway.Refs
	// role is the execution role.
	role     *string
	platform string
	// planned: the stack has yet to make its own things.
	planned bool
	checks  []slipway.Check
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
		f.image(ctx, *d.Image)
	}
	secrets := slices.Clone(d.Secrets)
	if d.LogConfiguration != nil {
		secrets = append(secrets, d.LogConfiguration.SecretOptions...)
	}
	for _, s := range secrets {
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

// image looks up an image, and whether the role may pull it.
func (f *needed) image(ctx context.Context, ref string) {
	f.add(probe.Image(ctx, f.call, ref, f.platform))
	r, private := probe.RepositoryOf(ref)
	if !private {
		return
	}
	f.permitted(ctx, slipway.PullDenied, probe.Grant{Action: "ecr:GetAuthorizationToken", Resource: "*"})
	arn := "arn:" + f.call.Partition + ":ecr:" + r.Region + ":" + r.Account + ":repository/" + r.Name
	own := sync.OnceValues(func() (string, error) { return r.Policy(ctx, f.call) })
	if r.Account != f.call.Account {
		own = nil // both sides have to allow it
	}
	for _, action := range []string{"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"} {
		f.permitted(ctx, slipway.PullDenied, probe.Grant{Action: action, Resource: arn, Policy: own})
	}
}

// secret looks up a secret or parameter, and whether the role may read it.
func (f *needed) secret(ctx context.Context, from string) {
	var (
		code  = slipway.ParameterDenied
		grant = probe.Grant{Action: "ssm:GetParameters"}
		check slipway.Check
		kept  probe.Kept
	)
	if strings.Contains(from, ":secretsmanager:") {
		code, grant.Action = slipway.SecretDenied, "secretsmanager:GetSecretValue"
		grant.Policy = func() (string, error) { return probe.SecretPolicy(ctx, f.call, probe.SecretARN(from)) }
		check, kept = probe.Secret(ctx, f.call, from)
	} else {
		check, kept = probe.Parameter(ctx, f.call, from)
	}
	f.add(check)
	if grant.Resource = kept.ARN; kept.ARN == "" {
		return // who may read what is not there does not matter
	}
	f.permitted(ctx, code, grant)
	if kept.Key != "" {
		f.permitted(ctx, code, probe.Grant{Action: "kms:Decrypt", Resource: kept.Key, Hidden: true})
	}
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
	f.permitted(ctx, slipway.LogsDenied, probe.Grant{
		Action: "logs:CreateLogStream", Resource: "arn:" + f.call.Partition + ":logs:" + f.call.Region + ":" + f.call.Account + ":log-group:" + group + ":log-stream:*",
	})
}

// permitted looks up whether the execution role may do something, if the role is there
// already and not the stack's to make.
func (f *needed) permitted(ctx context.Context, code slipway.CauseCode, g probe.Grant) {
	if !known(f.role) || f.planned && strings.Contains(*f.role, ":role/slipway/") {
		return
	}
	g.Role = *f.role
	f.add(probe.Permission(ctx, f.call, g, slipway.Cause{
		Code: code, Summary: "role " + lastPart(g.Role) + " may not " + g.Action + " on " + g.Resource, Remedy: "allow the role " + g.Action + " on " + g.Resource,
		Doc: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html",
	}))
}

// launch is where tasks are to run, and how many.
type launch struct {
	definition string
	network    *ecstypes.NetworkConfiguration
	strategy   []ecstypes.CapacityProviderStrategyItem
	// tasks there have to be room for at a time; added are those that may need new
	// addresses.
	tasks, added int
	// kind is the launch type, empty with a strategy; cluster is a name or ARN.
	kind        ecstypes.LaunchType
	cluster     string
	constraints []ecstypes.PlacementConstraint
	daemon      bool
}

// onInstances reports whether the tasks run on instances of one's own.
func (l launch) onInstances() bool {
	return l.kind == ecstypes.LaunchTypeEc2 || len(providersOf(l.strategy)) > 0
}

func launched(ctx context.Context, c slipway.Call, refs slipway.Refs, l launch) []slipway.Check {
	var checks []slipway.Check
	definition := definitionOf(refs, l.definition)
	if l.onInstances() {
		checks = instancesReady(ctx, c, refs, l, definition)
	} else if definition != nil {
		checks = append(checks, vcpus(ctx, c, aws.ToString(definition.Cpu), l)...)
	}
	if l.network == nil || l.network.AwsvpcConfiguration == nil {
		return checks
	}
	n := l.network.AwsvpcConfiguration
	if slices.ContainsFunc(n.Subnets, slipway.HasRef) {
		return checks
	}
	if definition != nil && !l.onInstances() { // on EC2 it is the agent that gets what tasks need
		at := probe.Placement{Subnets: n.Subnets, PublicIP: n.AssignPublicIp == ecstypes.AssignPublicIpEnabled, Default: len(n.SecurityGroups) == 0}
		for _, g := range n.SecurityGroups {
			if !slipway.HasRef(g) {
				at.Groups = append(at.Groups, g)
			}
		}
		checks = append(checks, probe.Routes(ctx, c, at, destinations(c.Config.Region, definition.ContainerDefinitions)...)...)
	}
	return append(checks, probe.Addresses(ctx, c, n.Subnets, l.added))
}

// vcpus looks up the quotas of the tasks on Fargate and on Fargate Spot.
func vcpus(ctx context.Context, c slipway.Call, cpu string, l launch) []slipway.Check {
	units, err := strconv.Atoi(cpu)
	if err != nil {
		return nil
	}
	var checks []slipway.Check
	onDemand, spot := shares(l.strategy, l.tasks)
	for _, share := range []struct {
		spot  bool
		tasks int
	}{{false, onDemand}, {true, spot}} {
		if share.tasks > 0 {
			checks = append(checks, probe.FargateVCPUs(ctx, c, share.spot, float64(units*share.tasks)/float64(VCPU)))
		}
	}
	return checks
}

// shares are how many of the tasks run at least on Fargate, and on Fargate Spot: the
// base, and of the others by weight.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
func shares(strategy []ecstypes.CapacityProviderStrategyItem, tasks int) (onDemand, spot int) {
	if len(strategy) == 0 {
		return tasks, 0
	}
	weights, rest := 0, tasks
	for _, s := range strategy {
		weights, rest = weights+int(s.Weight), rest-int(s.Base)
	}
	for _, s := range strategy {
		n := min(int(s.Base), tasks)
		if rest > 0 && weights > 0 {
			n += rest * int(s.Weight) / weights
		}
		switch aws.ToString(s.CapacityProvider) {
		case string(FargateSpot):
			spot += n
		case string(Fargate):
			onDemand += n
		}
	}
	return onDemand, spot
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
