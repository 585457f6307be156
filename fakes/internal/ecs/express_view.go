// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"regexp"
	"slices"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

var expressHost = regexp.MustCompile(`^[a-z0-9-]+\.ecs\.([a-z0-9-]+)\.on\.aws$`)

// Serves reports whether a host name is one of Express Mode.
func Serves(host string) bool { return expressHost.MatchString(strings.ToLower(host)) }

// Balancer is the DNS name of the load balancer behind a name of Express Mode; empty
// while there is none.
func (f *Fake) Balancer(host string) string {
	m := expressHost.FindStringSubmatch(strings.ToLower(host))
	if m == nil {
		return ""
	}
	for _, g := range f.in(m[1]).gateways {
		for _, e := range g.members {
			if e.host == m[0] {
				return g.dns
			}
		}
	}
	return ""
}

// managedBy is who looks after what the service stands on.
func (s *service) managedBy() ecstypes.ResourceManagementType {
	if s.express != nil {
		return ecstypes.ResourceManagementTypeEcs
	}
	return ecstypes.ResourceManagementTypeCustomer
}

func (e *express) status() *ecstypes.ExpressGatewayServiceStatus {
	v := &ecstypes.ExpressGatewayServiceStatus{StatusCode: ecstypes.ExpressGatewayServiceStatusCode(e.s.status)}
	for _, p := range e.parts {
		if p.reason != "" {
			v.StatusReason = new(p.reason)
			break
		}
	}
	return v
}

// view is the service as DescribeExpressGatewayService shows it.
func (e *express) view(tags bool) *ecstypes.ECSExpressGatewayService {
	s := e.s
	v := &ecstypes.ECSExpressGatewayService{
		Cluster: &s.cl.name, CreatedAt: &s.created, InfrastructureRoleArn: &e.infrastructure, ServiceArn: &s.arn, ServiceName: &s.name,
		Status: e.status(), UpdatedAt: &e.updated, ActiveConfigurations: []ecstypes.ExpressGatewayServiceConfiguration{},
	}
	for _, d := range s.deployments {
		v.ActiveConfigurations = append(v.ActiveConfigurations, *e.configuration(d))
	}
	if s.current != nil {
		v.CurrentDeployment = &s.current.arn
	}
	if tags {
		v.Tags = s.tags
	}
	return v
}

// configuration is that of one revision.
func (e *express) configuration(d *deployment) *ecstypes.ExpressGatewayServiceConfiguration {
	x := e.revisions[d.revision]
	v := &ecstypes.ExpressGatewayServiceConfiguration{
		Cpu: x.cpu, Memory: x.memory, CpuArchitecture: x.architecture, CreatedAt: &d.created, ExecutionRoleArn: x.execution, TaskRoleArn: x.task,
		HealthCheckPath: x.health, ScalingTarget: &x.scaling, ServiceRevisionArn: &d.revision, TaskDefinitionArn: &x.definition,
		IngressPaths: []ecstypes.IngressPathSummary{{AccessType: e.access(), Endpoint: &e.host}},
		NetworkConfiguration: &ecstypes.ExpressGatewayServiceNetworkConfiguration{
			Subnets: d.spec.network.Subnets, SecurityGroups: slices.Clone(x.groups),
		},
	}
	if e.made.group != "" {
		v.NetworkConfiguration.SecurityGroups = append(v.NetworkConfiguration.SecurityGroups, e.made.group)
	}
	if x.container != nil {
		main := *x.container
		main.Command, main.Environment, main.Secrets = orEmpty(main.Command), orEmpty(main.Environment), orEmpty(main.Secrets)
		v.PrimaryContainer = &main
	}
	return v
}

func (e *express) access() ecstypes.AccessType {
	if e.place.public {
		return ecstypes.AccessTypePublic
	}
	return ecstypes.AccessTypePrivate
}

// state is the status of a part, with its reason.
func (p *part) state() (ecstypes.ManagedResourceStatus, *string) { return p.status, optional(p.reason) }

// managedResources are the parts as DescribeServiceRevisions shows them.
func (s *service) managedResources(d *deployment) *ecstypes.ECSManagedResources {
	e := s.express
	if e == nil || e.parts == nil {
		return nil
	}
	x := e.revisions[d.revision]
	v := &ecstypes.ECSManagedResources{IngressPaths: []ecstypes.ManagedIngressPath{e.ingress(d)}, AutoScaling: e.autoScaling(x)}
	alarm, group := e.parts[partAlarm], e.parts[partServiceGroup]
	status, reason := alarm.state()
	v.MetricAlarms = []ecstypes.ManagedMetricAlarm{{
		Status: status, StatusReason: reason, UpdatedAt: &alarm.updated, Arn: new(e.arn("cloudwatch", "alarm:"+e.alarmName())),
	}}
	status, reason = group.state()
	v.ServiceSecurityGroups = []ecstypes.ManagedSecurityGroup{{Status: status, StatusReason: reason, UpdatedAt: &group.updated, Arn: e.groupARN(e.made.group)}}
	if name := e.made.logGroup; name != "" {
		v.LogGroups = []ecstypes.ManagedLogGroup{{
			LogGroupName: &name, Status: ecstypes.ManagedResourceStatusActive, UpdatedAt: &s.created, Arn: new(e.arn("logs", "log-group:"+name)),
		}}
	}
	return v
}

// arn is that of something of another service.
func (e *express) arn(service, resource string) string {
	r := e.s.cl.r
	return "arn:" + r.partition + ":" + service + ":" + r.name + ":" + r.account + ":" + resource
}

func (e *express) groupARN(id string) *string {
	if id == "" {
		return nil
	}
	return new(e.arn("ec2", "security-group/"+id))
}

func (e *express) autoScaling(x expressConfig) *ecstypes.ManagedAutoScaling {
	target, policy := e.parts[partScalableTarget], e.parts[partScalingPolicy]
	status, reason := target.state()
	v := &ecstypes.ManagedAutoScaling{ScalableTarget: &ecstypes.ManagedScalableTarget{
		MinCapacity: *x.scaling.MinTaskCount, MaxCapacity: *x.scaling.MaxTaskCount, Status: status, StatusReason: reason, UpdatedAt: &target.updated,
	}}
	status, reason = policy.state()
	v.ApplicationAutoScalingPolicies = []ecstypes.ManagedApplicationAutoScalingPolicy{{
		Metric: new(string(metrics[x.scaling.AutoScalingMetric])), PolicyType: new("TargetTrackingScaling"), Status: status, StatusReason: reason,
		TargetValue: float64(*x.scaling.AutoScalingTargetValue), UpdatedAt: &policy.updated, Arn: optional(e.made.policy),
	}}
	return v
}

func (e *express) ingress(d *deployment) ecstypes.ManagedIngressPath {
	g := e.gateway
	if g == nil {
		g = &gateway{public: e.place.public, subnets: e.place.subnets}
	}
	scheme := "internal"
	if g.public {
		scheme = "internet-facing"
	}
	v := ecstypes.ManagedIngressPath{
		AccessType: e.access(), Endpoint: &e.host,
		Certificate:  &ecstypes.ManagedCertificate{DomainName: &e.host, Arn: optional(e.made.certificate)},
		Listener:     &ecstypes.ManagedListener{Arn: optional(g.listener)},
		LoadBalancer: &ecstypes.ManagedLoadBalancer{Scheme: &scheme, Arn: optional(g.balancer), SubnetIds: g.subnets},
		Rule:         &ecstypes.ManagedListenerRule{Arn: optional(e.made.rule)},
	}
	for _, f := range []struct {
		kind partKind
		to   managedState
	}{
		{partCertificate, managedState{&v.Certificate.Status, &v.Certificate.StatusReason}},
		{partListener, managedState{&v.Listener.Status, &v.Listener.StatusReason}},
		{partBalancer, managedState{&v.LoadBalancer.Status, &v.LoadBalancer.StatusReason}},
		{partRule, managedState{&v.Rule.Status, &v.Rule.StatusReason}},
	} {
		*f.to.status, *f.to.reason = e.parts[f.kind].state()
	}
	v.Certificate.UpdatedAt, v.Listener.UpdatedAt = &e.parts[partCertificate].updated, &e.parts[partListener].updated
	v.LoadBalancer.UpdatedAt, v.Rule.UpdatedAt = &e.parts[partBalancer].updated, &e.parts[partRule].updated
	if g.group != "" {
		v.LoadBalancer.SecurityGroupIds = []string{g.group}
	}
	status, reason := e.parts[partBalancerGroup].state()
	v.LoadBalancerSecurityGroups = []ecstypes.ManagedSecurityGroup{{
		Status: status, StatusReason: reason, UpdatedAt: &e.parts[partBalancerGroup].updated, Arn: e.groupARN(g.group),
	}}
	v.TargetGroups = e.targetGroups(d)
	return v
}

// targetGroups are both, that of the revision first.
func (e *express) targetGroups(d *deployment) []ecstypes.ManagedTargetGroup {
	p, slot := e.parts[partTargetGroups], e.slots[d.revision]
	status, reason := p.state()
	var list []ecstypes.ManagedTargetGroup
	for _, g := range []expressTargets{e.made.groups[slot], e.made.groups[1-slot]} {
		if g.arn == "" {
			g.port, g.health = e.port(), value(e.config.health)
		}
		list = append(list, ecstypes.ManagedTargetGroup{
			Arn: optional(g.arn), HealthCheckPath: new(g.health), HealthCheckPort: g.port, Port: g.port,
			Status: status, StatusReason: reason, UpdatedAt: &p.updated,
		})
	}
	return list
}

// managedState is where a part's status and reason are shown.
type managedState struct {
	status *ecstypes.ManagedResourceStatus
	reason **string
}
