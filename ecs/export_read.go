// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/awsid"
	"github.com/slipway-go/slipway/internal/inspect"
	modelasg "github.com/slipway-go/slipway/internal/model/autoscaling"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	modelelb "github.com/slipway-go/slipway/internal/model/elb"
	modeliam "github.com/slipway-go/slipway/internal/model/iam"
	modelvpc "github.com/slipway-go/slipway/internal/model/vpc"
	"github.com/slipway-go/slipway/vpc"
)

// exportFacts is all that Export reads.
type exportFacts struct {
	call  slipway.Call
	owner string
	// owned are the things of the stack, by ID.
	owned map[slipway.ID]inspect.Thing
	// outputs are those of all that may be referred to.
	outputs map[slipway.ID]map[string][]string
	// services are the one that was asked for, and the others of its stack.
	services []*serviceFacts
}

// serviceFacts is what concerns one service.
type serviceFacts struct {
	at      place
	service model.Service
	task    model.TaskDefinition
	scaling *modelasg.Scaling
	// networks are look-ups and what they find: candidates, the likeliest first.
	networks []foundNetwork
	// defaultGroup is the VPC's default security group, if the service names none.
	defaultGroup string
}

// exportReader reads a service.
type exportReader struct {
	*exportFacts
	*serviceFacts
}

// foundNetwork is a look-up with the text that makes it and what it finds.
type foundNetwork struct {
	network vpc.Network
	make    func(p *exporter) expressed[vpc.Network]
	outputs map[string][]string
}

// readExport reads the service and what is around it.
func readExport(ctx context.Context, c slipway.Call, at place) (*exportFacts, error) {
	account, err := awsid.Identity{}.Identify(ctx, c)
	if err != nil {
		return nil, err
	}
	c.Account = account
	f := &exportFacts{call: c, owned: map[slipway.ID]inspect.Thing{}, outputs: map[slipway.ID]map[string][]string{}}
	first := exportReader{f, &serviceFacts{at: at}}
	if err := first.readService(ctx); err != nil {
		return nil, err
	}
	if err := f.readOwned(ctx); err != nil {
		return nil, err
	}
	if err := first.readAround(ctx); err != nil {
		return nil, err
	}
	if err := f.readOthers(ctx, at); err != nil {
		return nil, err
	}
	return f, nil
}

// readOthers reads the other services of the stack: without them its plan would
// delete them.
func (f *exportFacts) readOthers(ctx context.Context, at place) error {
	for _, id := range f.sortedOwned(model.KindService) {
		cluster, name, ok := strings.Cut(id.Name, "/")
		other := place{cluster: cluster, service: name}
		if !ok || other == at {
			continue
		}
		r := exportReader{f, &serviceFacts{at: other}}
		if err := r.readService(ctx); err != nil {
			return err
		}
		if err := r.readAround(ctx); err != nil {
			return err
		}
	}
	return nil
}

// readAround reads what belongs to the service.
func (f exportReader) readAround(ctx context.Context) error {
	f.services = append(f.services, f.serviceFacts)
	for _, read := range []func(context.Context) error{f.readTask, f.readRoles, f.readScaling, f.readNetworks} {
		if err := read(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (f exportReader) readService(ctx context.Context) error {
	found, err := describeServices(ctx, f.call, f.at.cluster, []string{f.at.service})
	if err != nil {
		return err
	}
	s, ok := found[f.at.service]
	if !ok {
		return fmt.Errorf("%w: service %s", slipway.ErrNotFound, f.at)
	}
	if s.ResourceManagementType == ecstypes.ResourceManagementTypeEcs {
		return fmt.Errorf("%w: service %s is one of Express Mode, whose declaration is short: write it with ecs.NewExpressService, and plan it", slipway.ErrInvalid, f.at)
	}
	live := rebuildService(s, nil, nil)
	f.service, f.owner = live.State, live.Owner.Stack
	f.call.Stack = f.owner
	f.outputs[serviceID(f.at)] = live.Outputs
	f.outputs[slipway.ID{Kind: model.KindCluster, Name: f.at.cluster}] = map[string][]string{
		"name": {f.at.cluster}, "arn": {aws.ToString(s.ClusterArn)},
	}
	return nil
}

// readTask reads the revision that the service runs.
func (f exportReader) readTask(ctx context.Context) error {
	ref := aws.ToString(f.service.Create.TaskDefinition)
	live, err := taskDefinitions{}.describe(ctx, f.call, ref)
	if err != nil {
		return err
	}
	if live == nil {
		return fmt.Errorf("%w: an active task definition %s", slipway.ErrNotFound, ref)
	}
	if slices.Contains(live.State.Register.RequiresCompatibilities, ecstypes.CompatibilityManagedInstances) {
		return fmt.Errorf("%w: service %s is for Managed Instances, which Export does not write: declare it with ecs.NewManagedService, and plan it",
			slipway.ErrInvalid, f.at)
	}
	f.task = live.State
	f.outputs[slipway.ID{Kind: model.KindTaskDefinition, Name: aws.ToString(live.State.Register.Family)}] = live.Outputs
	return nil
}

// readOwned lists what the service's stack owns.
func (f *exportFacts) readOwned(ctx context.Context) error {
	if f.owner == "" {
		return nil
	}
	for _, k := range (family{}).Kinds() {
		things, err := k.Inspect(ctx, f.call, inspect.Query{})
		if err != nil {
			return err
		}
		for _, t := range things {
			f.own(t)
		}
	}
	return nil
}

// own takes a thing in if the service's stack owns it.
func (f *exportFacts) own(t inspect.Thing) {
	id, ok := slipway.ParseID(t.Resource)
	if !ok || f.owner == "" || t.Stack != f.owner {
		return
	}
	f.owned[id], f.outputs[id] = t, t.Outputs
}

// readRoles reads the task's roles: those with a path of their own are not listed.
func (f exportReader) readRoles(ctx context.Context) error {
	for _, arn := range []*string{f.task.Register.ExecutionRoleArn, f.task.Register.TaskRoleArn} {
		if aws.ToString(arn) == "" || f.owner == "" {
			continue
		}
		want := &modeliam.Role{Create: awsiam.CreateRoleInput{RoleName: aws.String(lastPart(*arn))}}
		things, err := iam.Kinds()[0].Inspect(ctx, f.call, inspect.Query{Want: want})
		if err != nil {
			return err
		}
		for _, t := range things {
			f.own(t)
		}
	}
	return nil
}

func (f exportReader) readScaling(ctx context.Context) error {
	service := autoscaling.Between(0, 0).For(autoscaling.ECSService{Cluster: f.at.cluster, Service: f.at.service})
	desired, err := service.Build()
	if err != nil {
		return err
	}
	things, err := desired.Kind.Inspect(ctx, f.call, inspect.Query{Want: desired.State})
	if err != nil || len(things) == 0 {
		return err
	}
	f.scaling, _ = things[0].State.(*modelasg.Scaling)
	return nil
}

// readNetworks tries look-ups that find the service's VPC. By which one it was found says
// nothing in AWS, and makes no difference.
func (f exportReader) readNetworks(ctx context.Context) error {
	subnets := serviceNetwork(&f.service).Subnets
	client := slipway.Client(f.call, awsec2.NewFromConfig)
	id, err := f.vpc(ctx, subnets)
	if err != nil {
		return err
	}
	in := &awsec2.DescribeVpcsInput{VpcIds: []string{id}}
	if id == "" {
		in = &awsec2.DescribeVpcsInput{Filters: []ec2types.Filter{{Name: aws.String("is-default"), Values: []string{"true"}}}}
	}
	vpcs, err := client.DescribeVpcs(ctx, in)
	if err != nil {
		return awserr.Wrap(err, "describe VPC of "+f.at.String())
	}
	if len(vpcs.Vpcs) == 0 {
		return fmt.Errorf("%w: the VPC of %s", slipway.ErrNotFound, f.at)
	}
	id = aws.ToString(vpcs.Vpcs[0].VpcId)
	for i := range vpcs.Vpcs {
		if aws.ToBool(vpcs.Vpcs[i].IsDefault) {
			f.tryNetwork(ctx, id, vpc.Default(), defaultNetwork)
		}
	}
	f.tryNetwork(ctx, id, vpc.ByID(id), networkByID(id))
	if len(subnets) > 0 {
		f.tryNetwork(ctx, id, vpc.ByID(id).WithSubnets(subnets...), networkByID(id, subnets...))
	}
	return f.readDefaultGroup(ctx, id)
}

// vpc finds the VPC of the service: by the subnets of its tasks, by its target groups, by
// the groups of instances that the stack owns, or by an instance of the cluster. Empty if
// nothing tells.
func (f exportReader) vpc(ctx context.Context, subnets []string) (string, error) {
	for _, lb := range f.service.Create.LoadBalancers {
		for _, t := range f.owned {
			group, ok := t.State.(*modelelb.TargetGroup)
			if ok && len(subnets) == 0 && t.Output("arn") == aws.ToString(lb.TargetGroupArn) {
				return aws.ToString(group.Create.VpcId), nil
			}
		}
	}
	for _, id := range f.sortedOwned(modelasg.KindGroup) {
		if g, ok := f.owned[id].State.(*modelasg.Group); ok && len(subnets) == 0 {
			subnets = g.Subnets
		}
	}
	if len(subnets) == 0 {
		return f.vpcOfInstances(ctx)
	}
	out, err := slipway.Client(f.call, awsec2.NewFromConfig).DescribeSubnets(ctx, &awsec2.DescribeSubnetsInput{SubnetIds: subnets})
	if err != nil {
		return "", awserr.Wrap(err, "describe subnets of "+f.at.String())
	}
	if len(out.Subnets) == 0 {
		return "", fmt.Errorf("%w: subnets of %s", slipway.ErrNotFound, f.at)
	}
	return aws.ToString(out.Subnets[0].VpcId), nil
}

// vpcOfInstances is the VPC that an instance of the cluster has as its attribute.
func (f exportReader) vpcOfInstances(ctx context.Context) (string, error) {
	instances, err := containerInstances(ctx, f.call, f.at.cluster)
	if err != nil {
		return "", err
	}
	for _, i := range instances {
		for _, a := range i.Attributes {
			if aws.ToString(a.Name) == "ecs.vpc-id" {
				return aws.ToString(a.Value), nil
			}
		}
	}
	return "", nil
}

// readDefaultGroup finds the group that tasks have whose service names none.
func (f exportReader) readDefaultGroup(ctx context.Context, id string) error {
	if n := serviceNetwork(&f.service); len(n.Subnets) == 0 || len(n.SecurityGroups) > 0 {
		return nil
	}
	out, err := slipway.Client(f.call, awsec2.NewFromConfig).DescribeSecurityGroups(ctx, &awsec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{
			{Name: aws.String("vpc-id"), Values: []string{id}}, {Name: aws.String("group-name"), Values: []string{"default"}},
		},
	})
	if err != nil {
		return awserr.Wrap(err, "describe default security group of "+id)
	}
	for i := range out.SecurityGroups {
		f.defaultGroup = aws.ToString(out.SecurityGroups[i].GroupId)
	}
	return nil
}

// tryNetwork takes a look-up in if it finds that VPC. One that finds none, or
// several, is no candidate.
func (f exportReader) tryNetwork(ctx context.Context, id string, n vpc.Network, text func(*exporter) expressed[vpc.Network]) {
	desired, err := n.Build()
	if err != nil {
		return
	}
	state, ok := desired.State.(*modelvpc.Network)
	if !ok {
		return
	}
	things, err := desired.Kind.Inspect(ctx, f.call, inspect.Query{Want: state})
	if err != nil || len(things) == 0 || things[0].Output("id") != id {
		return
	}
	f.networks = append(f.networks, foundNetwork{network: n, make: text, outputs: things[0].Outputs})
	f.outputs[n.ID()] = things[0].Outputs
}
