// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"cmp"
	"context"
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/diagnose"
	"github.com/slipway-go/slipway/internal/probe"
	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

// hosting is where tasks on instances may run.
type hosting struct {
	// cluster is its ARN.
	cluster string
	// providers are capacity providers; none if any instance will do.
	providers []string
	// constraints of the service, besides those of the task definition.
	constraints []ecstypes.PlacementConstraint
}

// hosted tells where the service's tasks run; ok is false if not on instances of one's
// own.
func hosted(s *ecstypes.Service) (h hosting, ok bool) {
	h = hosting{aws.ToString(s.ClusterArn), providersOf(s.CapacityProviderStrategy), s.PlacementConstraints}
	if len(s.CapacityProviderStrategy) == 0 {
		return h, s.LaunchType == ecstypes.LaunchTypeEc2
	}
	return h, len(h.providers) > 0
}

// hostedTask does the same for a task of its own.
func hostedTask(t *ecstypes.Task) (h hosting, ok bool) {
	h.cluster = aws.ToString(t.ClusterArn)
	if name := aws.ToString(t.CapacityProviderName); name != "" {
		h.providers = []string{name}
		return h, !awsProvider(name)
	}
	return h, t.LaunchType == ecstypes.LaunchTypeEc2
}

// hosting is that of the service, or of the task.
func (e *examination) hosting() (hosting, bool) {
	switch {
	case e.facts.Service != nil:
		return hosted(e.facts.Service)
	case len(e.facts.Stopped) > 0:
		return hostedTask(&e.facts.Stopped[0])
	default:
		return hosting{}, false
	}
}

// hosts looks at the instances that the tasks may run on, and at the groups that bring
// them. What may not be looked at is left out.
func (e *examination) hosts(ctx context.Context, on hosting) {
	h := &diagnose.Hosts{Cluster: lastPart(on.cluster)}
	names := on.providers
	joined, err := containerInstances(ctx, e.call, on.cluster)
	if err != nil {
		return
	}
	h.Instances = slices.DeleteFunc(open(joined), func(i ecstypes.ContainerInstance) bool {
		return len(names) > 0 && !slices.Contains(names, aws.ToString(i.CapacityProviderName))
	})
	d := e.placed(ctx)
	h.CPU, h.Memory, h.GPUs = e.needs(d)
	h.Constraint = unmet(on.constraints, d, h.Instances)
	e.facts.Hosts = h
	if len(names) == 0 {
		if found, err := describeClusters(ctx, e.call, []string{h.Cluster}); err == nil && found[h.Cluster] != nil {
			names = slices.DeleteFunc(slices.Clone(found[h.Cluster].CapacityProviders), awsProvider)
		}
	}
	if len(names) > 0 {
		e.providers(ctx, on.cluster, names, joined)
	}
}

// placed is the definition of the tasks that wait for an instance, or else the one in
// question, which may be that of older tasks.
func (e *examination) placed(ctx context.Context) *ecstypes.TaskDefinition {
	for i := range e.facts.Running {
		t := &e.facts.Running[i]
		if t.ContainerInstanceArn != nil || aws.ToString(t.TaskDefinitionArn) == aws.ToString(e.facts.Definition.TaskDefinitionArn) {
			continue
		}
		out, err := client(e.call).DescribeTaskDefinition(ctx, &awsecs.DescribeTaskDefinitionInput{TaskDefinition: t.TaskDefinitionArn})
		if err == nil {
			return out.TaskDefinition
		}
	}
	return e.facts.Definition
}

// needs are the CPU units, the MiB and the GPUs that a task needs of an instance: those of
// the task, or else the sums of its containers', with what the task overrides.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
func (e *examination) needs(d *ecstypes.TaskDefinition) (cpu, memory, gpus int32) {
	o := &ecstypes.TaskOverride{}
	if e.facts.Service == nil && e.facts.Stopped[0].Overrides != nil {
		o = e.facts.Stopped[0].Overrides
	}
	for _, c := range d.ContainerDefinitions {
		c = ecsrules.Overridden(c, o)
		cpu += c.Cpu
		memory += cmp.Or(aws.ToInt32(c.MemoryReservation), aws.ToInt32(c.Memory))
		for _, r := range c.ResourceRequirements {
			if n, err := strconv.ParseInt(aws.ToString(r.Value), 10, 32); err == nil && r.Type == ecstypes.ResourceTypeGpu {
				gpus += int32(n)
			}
		}
	}
	whole := func(sum int32, texts ...*string) int32 {
		for _, s := range texts {
			if n, err := strconv.ParseInt(aws.ToString(s), 10, 32); err == nil {
				return int32(n)
			}
		}
		return sum
	}
	return whole(cpu, o.Cpu, d.Cpu), whole(memory, o.Memory, d.Memory), gpus
}

// providersOf are the capacity providers of a strategy that are not AWS's own.
func providersOf(strategy []ecstypes.CapacityProviderStrategyItem) []string {
	var names []string
	for _, i := range strategy {
		if name := aws.ToString(i.CapacityProvider); !awsProvider(name) {
			names = append(names, name)
		}
	}
	return names
}

// instanceBatch is how many container instances one call describes.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeContainerInstances.html
const instanceBatch = 100

// containerInstances are all of a cluster, even those that register or take no more tasks.
func containerInstances(ctx context.Context, c slipway.Call, cluster string) ([]ecstypes.ContainerInstance, error) {
	var all []ecstypes.ContainerInstance
	pages := awsecs.NewListContainerInstancesPaginator(client(c), &awsecs.ListContainerInstancesInput{
		Cluster: &cluster, MaxResults: aws.Int32(instanceBatch),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "list container instances")
		}
		if len(page.ContainerInstanceArns) == 0 {
			continue
		}
		out, err := client(c).DescribeContainerInstances(ctx, &awsecs.DescribeContainerInstancesInput{Cluster: &cluster, ContainerInstances: page.ContainerInstanceArns})
		if err != nil {
			return nil, awserr.Wrap(err, "describe container instances")
		}
		all = append(all, out.ContainerInstances...)
	}
	return all, nil
}

// open are the instances that take tasks.
func open(all []ecstypes.ContainerInstance) []ecstypes.ContainerInstance {
	return slices.DeleteFunc(slices.Clone(all), func(i ecstypes.ContainerInstance) bool {
		return aws.ToString(i.Status) != active
	})
}

// unmet is an expression of the constraints, or of the task definition, that is known to
// describe none of the instances. Where there are none it does not matter.
func unmet(constraints []ecstypes.PlacementConstraint, d *ecstypes.TaskDefinition, instances []ecstypes.ContainerInstance) string {
	var expressions []string
	for _, c := range constraints {
		if c.Type == ecstypes.PlacementConstraintTypeMemberOf {
			expressions = append(expressions, aws.ToString(c.Expression))
		}
	}
	for _, c := range d.PlacementConstraints {
		expressions = append(expressions, aws.ToString(c.Expression))
	}
	for _, expression := range expressions {
		if strings.Contains(expression, "task:group") {
			continue // which tasks are on an instance was not looked at
		}
		may := func(i ecstypes.ContainerInstance) bool {
			matches, err := MemberOf(expression).Matches(attributesOf(&i))
			return matches || err != nil
		}
		if len(instances) > 0 && !slices.ContainsFunc(instances, may) {
			return expression
		}
	}
	return ""
}

// attributesOf is a container instance as expressions see it, but for the groups of its
// tasks.
func attributesOf(i *ecstypes.ContainerInstance) InstanceAttributes {
	a := InstanceAttributes{
		Custom: map[string]string{}, InstanceID: aws.ToString(i.Ec2InstanceId), AgentDisconnected: !i.AgentConnected,
		Registered: aws.ToTime(i.RegisteredAt), RunningTasks: int(i.RunningTasksCount),
	}
	if i.VersionInfo != nil {
		a.AgentVersion = aws.ToString(i.VersionInfo.AgentVersion)
	}
	for _, own := range i.Attributes {
		a.Custom[aws.ToString(own.Name)] = aws.ToString(own.Value)
	}
	return a
}

// providers looks at capacity providers of groups.
func (e *examination) providers(ctx context.Context, cluster string, names []string, joined []ecstypes.ContainerInstance) {
	out, err := client(e.call).DescribeCapacityProviders(ctx, &awsecs.DescribeCapacityProvidersInput{CapacityProviders: names})
	if err != nil {
		return
	}
	groups := slipway.Client(e.call, awsasg.NewFromConfig)
	for _, described := range out.CapacityProviders {
		g := described.AutoScalingGroupProvider
		if g == nil {
			continue
		}
		p := diagnose.Provider{Name: aws.ToString(described.Name)}
		p.Managed = g.ManagedScaling != nil && g.ManagedScaling.Status == ecstypes.ManagedScalingStatusEnabled
		group := lastPart(aws.ToString(g.AutoScalingGroupArn))
		found, err := groups.DescribeAutoScalingGroups(ctx, &awsasg.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{group}})
		if err != nil || len(found.AutoScalingGroups) == 0 {
			continue
		}
		p.Group = found.AutoScalingGroups[0]
		if activities, err := groups.DescribeScalingActivities(ctx, &awsasg.DescribeScalingActivitiesInput{AutoScalingGroupName: &group}); err == nil {
			p.Activities = activities.Activities
		}
		p.Absent = e.absentees(ctx, cluster, &p.Group, joined)
		e.facts.Hosts.Providers = append(e.facts.Hosts.Providers, p)
	}
}

// mostAbsent is how many instances that do not join are looked at.
const mostAbsent = 3

// absentees are instances of a group that are in service, have passed EC2's own checks,
// and are none of the cluster's.
func (e *examination) absentees(ctx context.Context, cluster string, g *asgtypes.AutoScalingGroup, joined []ecstypes.ContainerInstance) []diagnose.Absentee {
	var ids []string
	for _, i := range g.Instances {
		known := slices.ContainsFunc(joined, func(c ecstypes.ContainerInstance) bool {
			return aws.ToString(c.Ec2InstanceId) == aws.ToString(i.InstanceId)
		})
		if !known && i.LifecycleState == asgtypes.LifecycleStateInService && len(ids) < mostAbsent {
			ids = append(ids, aws.ToString(i.InstanceId))
		}
	}
	if ids = e.checked(ctx, ids); len(ids) == 0 {
		return nil
	}
	out, err := slipway.Client(e.call, awsec2.NewFromConfig).DescribeInstances(ctx, &awsec2.DescribeInstancesInput{InstanceIds: ids})
	if err != nil {
		return nil
	}
	var all []diagnose.Absentee
	for _, r := range out.Reservations {
		for i := range r.Instances {
			all = append(all, e.absentee(ctx, cluster, &r.Instances[i]))
		}
	}
	return all
}

// checked are those of the instances that have passed EC2's checks, which takes longer
// than to join a cluster.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html
func (e *examination) checked(ctx context.Context, ids []string) []string {
	if len(ids) == 0 {
		return nil
	}
	out, err := slipway.Client(e.call, awsec2.NewFromConfig).DescribeInstanceStatus(ctx, &awsec2.DescribeInstanceStatusInput{InstanceIds: ids})
	if err != nil {
		return nil
	}
	var passed []string
	for _, s := range out.InstanceStatuses {
		if s.InstanceStatus != nil && s.InstanceStatus.Status == ec2types.SummaryStatusOk {
			passed = append(passed, aws.ToString(s.InstanceId))
		}
	}
	return passed
}

// absentee looks up what an instance needs to join.
func (e *examination) absentee(ctx context.Context, cluster string, i *ec2types.Instance) diagnose.Absentee {
	a := diagnose.Absentee{Instance: *i, Cluster: e.userCluster(ctx, aws.ToString(i.InstanceId))}
	if i.IamInstanceProfile != nil {
		a.Checks = probe.InstanceProfile(ctx, e.call, aws.ToString(i.IamInstanceProfile.Arn), cluster)
	}
	at := probe.Placement{Subnets: []string{aws.ToString(i.SubnetId)}, PublicIP: aws.ToString(i.PublicIpAddress) != "", Instances: true}
	for _, g := range i.SecurityGroups {
		at.Groups = append(at.Groups, aws.ToString(g.GroupId))
	}
	a.Checks = append(a.Checks, probe.Routes(ctx, e.call, at, probe.ECS)...)
	return a
}

var namesCluster = regexp.MustCompile(`(?m)ECS_CLUSTER=["']?([A-Za-z0-9_-]+)|^\s*cluster\s*=\s*"([A-Za-z0-9_-]+)"`)

// userCluster is the cluster that the user data of an instance names, for the agent or
// for Bottlerocket.
func (e *examination) userCluster(ctx context.Context, id string) string {
	out, err := slipway.Client(e.call, awsec2.NewFromConfig).DescribeInstanceAttribute(ctx, &awsec2.DescribeInstanceAttributeInput{
		InstanceId: &id, Attribute: ec2types.InstanceAttributeNameUserData,
	})
	if err != nil || out.UserData == nil {
		return ""
	}
	data, err := base64.StdEncoding.DecodeString(aws.ToString(out.UserData.Value))
	if err != nil {
		return ""
	}
	found := namesCluster.FindAllStringSubmatch(string(data), -1)
	if len(found) == 0 {
		return ""
	}
	last := found[len(found)-1]
	return last[1] + last[2]
}
