// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/gosource"
	modelvpc "github.com/slipway-go/slipway/internal/model/vpc"
)

// declaredService declares the service in a variable.
func (x *exporter) declaredService(cluster expressed[ClusterRef], task expressed[taskCore]) expressed[serviceCore] {
	in := &x.service.Create
	core := newServiceCore(x.at.service, cluster.V, task.V, x.network.V, x.on.launch)
	if core.daemon = x.on.daemon; core.daemon {
		core = core.withDeployment(daemonDeployment(DaemonRolling{}))
	}
	s := gosource.Call(x.p, core, x.on.constructor(), x.at.service, cluster, task, x.network)
	if count := orZero(in.DesiredCount); x.scaling == nil && count != 1 && !x.on.daemon {
		s = s.Then(s.V.withCount(count), "WithCount", count)
	}
	s = x.serviceNetwork(s)
	s = x.balancing(s)
	s = x.scaled(s)
	if d, ok := x.deployment(); ok {
		s = s.Then(s.V.withDeployment(d.V), "WithDeployment", d)
	}
	s = x.serviceSettings(s)
	if connect, ok := x.connect(); ok {
		s = s.Then(s.V.withServiceConnect(connect.V), "WithServiceConnect", connect)
	}
	for _, t := range in.Tags {
		s = s.Then(s.V.withTag(text(t.Key), text(t.Value)), "WithTag", text(t.Key), text(t.Value))
	}
	return gosource.Define(x.body, x.overriddenService(s), x.serviceHints()...)
}

// serviceHints are names for the service's variable.
func (x *exporter) serviceHints() []string {
	if len(x.services) == 1 {
		return []string{"service"}
	}
	return []string{x.at.service, x.at.service + "Service", "service"}
}

// serviceNetwork gives the tasks their groups and addresses.
func (x *exporter) serviceNetwork(s expressed[serviceCore]) expressed[serviceCore] {
	network := serviceNetwork(&x.service)
	if !awsvpc(&x.task) {
		return x.instanceGroups(s)
	}
	if public := network.AssignPublicIp == ecstypes.AssignPublicIpEnabled; !x.onEC2() && public != x.network.V.AssignsPublicIP() {
		s = s.Then(s.V.withPublicIP(public), "WithPublicIP", public)
	}
	if len(network.SecurityGroups) == 1 {
		id, thing, ok := x.ownedBy(modelvpc.KindSecurityGroup, "id", network.SecurityGroups[0])
		group, isGroup := thing.State.(*modelvpc.SecurityGroup)
		if ok && isGroup && id.Name == "ecs-"+x.at.cluster+"-"+x.at.service && len(group.Create.TagSpecifications) == 0 &&
			text(group.Create.Description) == "Tasks of the ECS service "+x.at.String() {
			return s
		}
	}
	groups := network.SecurityGroups
	if len(groups) == 0 && x.defaultGroup != "" {
		groups = []string{x.defaultGroup} // or the builder derives one; an override takes it away again
	}
	for _, id := range groups {
		g := x.securityGroup(id)
		s = s.Then(s.V.withSecurityGroup(g.V), "WithSecurityGroup", g)
	}
	return s
}

func (x *exporter) serviceSettings(s expressed[serviceCore]) expressed[serviceCore] {
	in := &x.service.Create
	if grace := unless(in.HealthCheckGracePeriodSeconds, 0); grace != 0 {
		s = s.Then(s.V.withHealthCheckGrace(grace), "WithHealthCheckGrace", grace)
	}
	if in.EnableExecuteCommand {
		s = s.Then(s.V.withExec(), "WithExec")
	}
	shares := x.shares(in.CapacityProviderStrategy)
	switch {
	case len(shares) == 1 && shares[0].V == share(Capacity{Provider: FargateSpot, Weight: 1}):
		s = s.Then(s.V.withCapacity(shares[0].V), "WithSpot")
	default:
		for _, share := range shares {
			s = s.Then(s.V.withCapacity(share.V), "WithCapacity", share)
		}
	}
	s = x.placed(s)
	if v := text(in.PlatformVersion); v != "" && v != latestPlatform {
		s = s.Then(s.V.withPlatformVersion(v), "WithPlatformVersion", v)
	}
	if z := ZoneRebalancing(in.AvailabilityZoneRebalancing); z != "" && (z == RebalanceZones) != s.V.rebalances() && !x.on.daemon {
		s = s.Then(s.V.withZoneRebalancing(z), "WithZoneRebalancing", z)
	}
	if from := TagSource(in.PropagateTags); from == TagsOfService || from == TagsOfTaskDefinition {
		s = s.Then(s.V.withPropagateTags(from), "WithPropagateTags", from)
	}
	if in.EnableECSManagedTags {
		s = s.Then(s.V.withManagedTags(), "WithManagedTags")
	}
	return s
}

// exportedRolling is a deployment with the expression of its threshold.
type exportedRolling struct {
	Rolling
	threshold string
	value     int
}

func rollingOf(c *ecstypes.DeploymentConfiguration) exportedRolling {
	if c == nil {
		return exportedRolling{}
	}
	var d exportedRolling
	if n := orZero(c.MinimumHealthyPercent); c.MinimumHealthyPercent != nil && n != everyTask {
		d.MinimumHealthyPercent = n
		if n == 0 {
			d.MinimumHealthyPercent = NoneHealthy
		}
	}
	if n := orZero(c.MaximumPercent); c.MaximumPercent != nil && n != twiceAsMany {
		d.MaximumPercent = n
	}
	if a := c.Alarms; a != nil && a.Enable {
		d.Alarms = slices.Clone(a.AlarmNames)
		d.WithoutRollback = !a.Rollback
	}
	d.breaker(c.DeploymentCircuitBreaker)
	if e := c.EarlySuccessCriteria; e != nil && e.Enable {
		d.EarlySuccess = &EarlySuccess{Deferred: e.SourceServiceRevisionCleanup == ecstypes.ServiceRevisionCleanupDeferred}
		if n := orZero(e.HealthyPercent); n != everyTask {
			d.EarlySuccess.HealthyPercent = n
		}
	}
	return d
}

func (d *exportedRolling) breaker(b *ecstypes.DeploymentCircuitBreaker) {
	if b == nil || !b.Enable {
		d.WithoutCircuitBreaker = true
		return
	}
	d.WithoutRollback = !b.Rollback
	d.CountAllFailures = b.ResetOnHealthyTask != nil && !*b.ResetOnHealthyTask
	t := b.ThresholdConfiguration
	if t == nil || t.Value == 0 || t.Type == ecstypes.ThresholdTypeBoundedPercent && t.Value == defaultThreshold {
		return
	}
	d.value = int(t.Value)
	switch t.Type {
	case ecstypes.ThresholdTypeCount:
		d.Threshold, d.threshold = FailedTasks(d.value), "ecs.FailedTasks"
	case ecstypes.ThresholdTypeUnboundedPercent:
		d.Threshold, d.threshold = FailedPercentUnbounded(d.value), "ecs.FailedPercentUnbounded"
	default:
		d.Threshold, d.threshold = FailedPercent(d.value), "ecs.FailedPercent"
	}
}

// plain reports whether nothing is said about the deployment.
func (d exportedRolling) plain() bool {
	return d.MinimumHealthyPercent == 0 && d.MaximumPercent == 0 && !d.WithoutCircuitBreaker && !d.WithoutRollback &&
		d.threshold == "" && !d.CountAllFailures && len(d.Alarms) == 0 && d.EarlySuccess == nil
}

func (d exportedRolling) source(p *gosource.Printer) string {
	var fields []gosource.Field
	add := func(set bool, name string, value any) {
		if set {
			fields = append(fields, gosource.Field{Name: name, Value: value})
		}
	}
	add(d.MinimumHealthyPercent > 0, "MinimumHealthyPercent", d.MinimumHealthyPercent)
	add(d.MinimumHealthyPercent == NoneHealthy, "MinimumHealthyPercent", gosource.Of(p, 0, "ecs.NoneHealthy"))
	add(d.MaximumPercent != 0, "MaximumPercent", d.MaximumPercent)
	add(d.WithoutCircuitBreaker, "WithoutCircuitBreaker", true)
	add(d.WithoutRollback, "WithoutRollback", true)
	add(d.threshold != "", "Threshold", gosource.Call(p, d.Threshold, d.threshold, d.value))
	add(d.CountAllFailures, "CountAllFailures", true)
	add(len(d.Alarms) > 0, "Alarms", d.Alarms)
	add(d.EarlySuccess != nil, "EarlySuccess", d.EarlySuccess)
	return p.Struct("ecs.Rolling", fields...)
}

// connect is the service's part in Service Connect.
func (x *exporter) connect() (expressed[Connect], bool) {
	in := x.service.Create.ServiceConnectConfiguration
	if in == nil || !in.Enabled {
		return expressed[Connect]{}, false
	}
	value := Connect{Namespace: text(in.Namespace)}
	var fields []gosource.Field
	if value.Namespace != "" {
		fields = append(fields, gosource.Field{Name: "Namespace", Value: value.Namespace})
	}
	var endpoints []any
	for i := range in.Services {
		e, source := x.endpoint(&in.Services[i])
		value.Endpoints = append(value.Endpoints, e)
		endpoints = append(endpoints, source)
	}
	if len(endpoints) > 0 {
		fields = append(fields, gosource.Field{Name: "Endpoints", Value: gosource.Of(x.p, 0, x.p.List("[]ecs.Endpoint", endpoints...))})
	}
	return gosource.Of(x.p, value, x.p.Struct("ecs.Connect", fields...)), true
}

func (x *exporter) endpoint(s *ecstypes.ServiceConnectService) (Endpoint, expressed[int]) {
	port := x.portNamed(text(s.PortName))
	e := Endpoint{Port: port.V, DiscoveryName: text(s.DiscoveryName), ProxyPort: orZero(s.IngressPortOverride)}
	if len(s.ClientAliases) > 0 {
		e.DNSName, e.ClientPort = text(s.ClientAliases[0].DnsName), orZero(s.ClientAliases[0].Port)
	}
	if t := s.Timeout; t != nil {
		e.IdleTimeout, e.RequestTimeout = seconds64(t.IdleTimeoutSeconds), seconds64(t.PerRequestTimeoutSeconds)
	}
	fields := []gosource.Field{{Name: "Port", Value: port}}
	for _, f := range []struct {
		set   bool
		field gosource.Field
	}{
		{e.DiscoveryName != "", gosource.Field{Name: "DiscoveryName", Value: e.DiscoveryName}},
		{e.DNSName != "", gosource.Field{Name: "DNSName", Value: e.DNSName}},
		{e.ClientPort != 0, gosource.Field{Name: "ClientPort", Value: e.ClientPort}},
		{e.ProxyPort != 0, gosource.Field{Name: "ProxyPort", Value: e.ProxyPort}},
		{e.IdleTimeout != 0, gosource.Field{Name: "IdleTimeout", Value: e.IdleTimeout}},
		{e.RequestTimeout != 0, gosource.Field{Name: "RequestTimeout", Value: e.RequestTimeout}},
	} {
		if f.set {
			fields = append(fields, f.field)
		}
	}
	return e, gosource.Of(x.p, 0, x.p.Struct("", fields...))
}

func seconds64(n *int32) time.Duration { return time.Duration(aws.ToInt32(n)) * time.Second }

// portNamed is a port of the task by its name.
func (x *exporter) portNamed(name string) expressed[Port] {
	for _, c := range x.task.Register.ContainerDefinitions {
		for _, m := range c.PortMappings {
			if text(m.Name) != name {
				continue
			}
			if p, ok := x.ports[portOf{text(c.Name), aws.ToInt32(m.ContainerPort)}]; ok {
				return p
			}
			return x.port(m)
		}
	}
	return gosource.Call(x.p, TCP(name, 0), "ecs.TCP", name, 0)
}
