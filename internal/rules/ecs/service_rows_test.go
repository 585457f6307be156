// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	modelelb "github.com/slipway-go/slipway/internal/model/elb"
	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

type (
	service    = awsecs.CreateServiceInput
	serviceRow = row[service]
)

const invalid = "InvalidParameterException"

// world is a cluster with services, task definitions and target groups.
func world() things {
	define := func(change func(*task)) *model.TaskDefinition {
		in := plainTask()
		in.TaskRoleArn = aws.String(role)
		in.ContainerDefinitions[0].PortMappings[0].Name = aws.String("http")
		change(in)
		return &model.TaskDefinition{Register: *in}
	}
	group := func(t elbtypes.TargetTypeEnum) *modelelb.TargetGroup {
		return &modelelb.TargetGroup{Create: awselb.CreateTargetGroupInput{TargetType: t}}
	}
	running := func(change func(*service)) *model.Service {
		in := plainService()
		change(in)
		return &model.Service{Create: *in}
	}
	w := things{}
	add := func(kind, name string, state any) { w[slipway.ID{Kind: kind, Name: name}] = state }
	add(model.KindCluster, "default", &model.Cluster{})
	add(model.KindCluster, "named", &model.Cluster{Create: awsecs.CreateClusterInput{ServiceConnectDefaults: &ecstypes.ClusterServiceConnectDefaultsRequest{}}})
	add(model.KindTaskDefinition, "web", define(func(*task) {}))
	add(model.KindTaskDefinition, "constrained", define(func(in *task) {
		ec2(in)
		in.PlacementConstraints = []ecstypes.TaskDefinitionPlacementConstraint{{Type: "memberOf", Expression: aws.String("attribute:x exists")}}
	}))
	add(model.KindTaskDefinition, "renamed", define(app(func(c *container) { c.Name = aws.String("renamed") })))
	add(model.KindTaskDefinition, "roleless", define(func(in *task) { in.TaskRoleArn = nil }))
	add(model.KindTaskDefinition, "bridge", define(ec2))
	add(model.KindTaskDefinition, "efs", define(func(in *task) {
		in.Volumes = []ecstypes.Volume{{Name: aws.String("v"), EfsVolumeConfiguration: &ecstypes.EFSVolumeConfiguration{}}}
	}))
	add(model.KindTaskDefinition, "launch", define(func(in *task) {
		in.Volumes = []ecstypes.Volume{{Name: aws.String("v"), ConfiguredAtLaunch: aws.Bool(true)}}
	}))
	add(modelelb.KindTargetGroup, "ip", group(elbtypes.TargetTypeEnumIp))
	add(modelelb.KindTargetGroup, "instance", group(""))
	addRegistries(w)
	add(model.KindTaskDefinition, "none", define(func(in *task) { ec2(in); in.NetworkMode = ecstypes.NetworkModeNone }))
	add(model.KindService, "default/web", running(balanced("ip", "app", 80)))
	add(model.KindService, "default/daemon", running(func(in *service) { in.SchedulingStrategy = ecstypes.SchedulingStrategyDaemon }))
	add(model.KindService, "default/deployed", running(controlled(ecstypes.DeploymentControllerTypeCodeDeploy)))
	addManaged(add, define)
	return w
}

func plainService() *service {
	return &service{
		ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(1), LaunchType: ecstypes.LaunchTypeFargate,
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}},
	}
}

func balanced(group, container string, port int32) func(*service) {
	return func(in *service) {
		in.LoadBalancers = []ecstypes.LoadBalancer{{TargetGroupArn: &group, ContainerName: &container, ContainerPort: &port}}
	}
}

func controlled(by ecstypes.DeploymentControllerType) func(*service) {
	return func(in *service) { in.DeploymentController = &ecstypes.DeploymentController{Type: by} }
}

// runs has the service run another task definition.
func runs(name string) func(*service) { return func(in *service) { in.TaskDefinition = &name } }

// onInstances runs the service on instances.
func onInstances(in *service) {
	in.LaunchType, in.NetworkConfiguration, in.TaskDefinition = ecstypes.LaunchTypeEc2, nil, aws.String("bridge")
}

func daemon(in *service) {
	onInstances(in)
	in.SchedulingStrategy, in.DesiredCount = ecstypes.SchedulingStrategyDaemon, nil
}

func strategyOf(items ...ecstypes.CapacityProviderStrategyItem) func(*service) {
	return func(in *service) { in.LaunchType, in.CapacityProviderStrategy = "", items }
}

func share(name string, base, weight int32) ecstypes.CapacityProviderStrategyItem {
	return ecstypes.CapacityProviderStrategyItem{CapacityProvider: &name, Base: base, Weight: weight}
}

func TestEveryRuleOfServices(t *testing.T) {
	t.Parallel()
	var rows []serviceRow
	for _, some := range [][]serviceRow{
		serviceShapeRows(), launchRows(), deploymentRows(), shiftRows(), placementRows(), lookupRows(), balancerRows(), registryRows(), volumesRows(), connectRows(),
		managedLaunchRows(),
	} {
		rows = append(rows, some...)
	}
	holds(t, ecsrules.CreateService, world(), plainService, rows)
}

func serviceShapeRows() []serviceRow {
	name := func(s string) func(*service) { return func(in *service) { in.ServiceName = &s } }
	token := func(n int) func(*service) {
		return func(in *service) { in.ClientToken = aws.String(strings.Repeat("x", n)) }
	}
	count := func(n int32) func(*service) { return func(in *service) { in.DesiredCount = &n } }
	grace := func(in *service) { in.HealthCheckGracePeriodSeconds = aws.Int32(0) }
	tag := func(key string) func(*service) {
		return func(in *service) { in.Tags = []ecstypes.Tag{{Key: &key}} }
	}
	evened := func(in *service) { in.AvailabilityZoneRebalancing = ecstypes.AvailabilityZoneRebalancingEnabled }
	classic := func(in *service) { in.LoadBalancers = []ecstypes.LoadBalancer{{LoadBalancerName: aws.String("old")}} }
	most := func(percent int32) func(*service) {
		return func(in *service) {
			in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{MaximumPercent: &percent}
		}
	}
	within := func(expression string) func(*service) {
		return func(in *service) {
			in.PlacementConstraints = []ecstypes.PlacementConstraint{{Type: ecstypes.PlacementConstraintTypeMemberOf, Expression: &expression}}
		}
	}
	return []serviceRow{
		{"ecs-service-name", "none", name(""), nil, "ServiceName", invalid, "must match"},
		{"ecs-service-name", "256 characters", name(strings.Repeat("x", 256)), name(strings.Repeat("x", 255)), "ServiceName", invalid, "must match"},
		{"ecs-service-name", "another alphabet", name("wéb"), name("w-_9"), "ServiceName", invalid, "but was w?b"},
		{"ecs-client-token", "37 characters", token(37), token(36), "ClientToken", invalid, "36"},
		{"ecs-desired-count", "none", func(in *service) { in.DesiredCount = nil }, nil, "DesiredCount", invalid, "REPLICA"},
		{"ecs-desired-count", "-1", count(-1), count(0), "DesiredCount", invalid, "at least 0"},
		{"ecs-desired-count", "none of an external one", func(in *service) { in.DesiredCount = nil }, all(controlled(ecstypes.DeploymentControllerTypeExternal), func(in *service) { in.DesiredCount = nil }), "DesiredCount", invalid, ""},
		{"ecs-grace-period", "without balancer", grace, all(grace, balanced("ip", "app", 80)), "HealthCheckGracePeriodSeconds", invalid, "load balancers"},
		{"ecs-tags", "reserved", tag("aws:x"), tag("x"), "Tags[aws:x]", invalid, ""},
		{"ecs-daemon-desired-count", "1", all(daemon, count(1)), daemon, "DesiredCount", invalid, "daemon"},
		{"ecs-daemon-placement", "a strategy", all(daemon, placed("spread", "x")), daemon, "PlacementStrategy", invalid, "daemon"},
		{"ecs-daemon-zone-rebalancing", "on", all(daemon, func(in *service) { in.AvailabilityZoneRebalancing = "ENABLED" }),
			all(daemon, func(in *service) { in.AvailabilityZoneRebalancing = "DISABLED" }), "AvailabilityZoneRebalancing", invalid, "DAEMON"},
		{"ecs-zone-rebalancing", "no room for another task", all(evened, most(100)), all(evened, most(101)), "AvailabilityZoneRebalancing", invalid, ""},
		{"ecs-zone-rebalancing", "a Classic Load Balancer", all(evened, classic), classic, "AvailabilityZoneRebalancing", invalid, ""},
		{"ecs-zone-rebalancing", "a constraint on zones", all(evened, within("attribute:ecs.availability-zone == us-east-1a")),
			all(evened, within("attribute:ecs.instance-type == m5.large")), "AvailabilityZoneRebalancing", invalid, ""},
		{"ecs-zone-rebalancing", "packed first", all(evened, placed("binpack", "cpu")), all(evened, placed("spread", "attribute:ecs.availability-zone")),
			"AvailabilityZoneRebalancing", invalid, ""},
		{"ecs-daemon-fargate", "on Fargate", func(in *service) { in.SchedulingStrategy = "DAEMON" }, daemon, "SchedulingStrategy", invalid, "FARGATE"},
	}
}

func launchRows() []serviceRow {
	version := func(v string) func(*service) { return func(in *service) { in.PlatformVersion = &v } }
	network := func(subnets, groups int) func(*service) {
		return func(in *service) {
			n := in.NetworkConfiguration.AwsvpcConfiguration
			n.Subnets, n.SecurityGroups = make([]string, subnets), make([]string, groups)
		}
	}
	items := func(n int) func(*service) {
		var all []ecstypes.CapacityProviderStrategyItem
		for i := range n {
			all = append(all, share("mine"+strings.Repeat("x", i), 0, 1))
		}
		return strategyOf(all...)
	}
	const strategy = "CapacityProviderStrategy"
	const subnets = "NetworkConfiguration.AwsvpcConfiguration."
	return []serviceRow{
		{"ecs-launch-type-or-strategy", "both", all(strategyOf(share("FARGATE", 0, 1)), func(in *service) { in.LaunchType = "FARGATE" }), strategyOf(share("FARGATE", 0, 1)), "LaunchType", invalid, "both"},
		{"ecs-strategy-weights", "none", strategyOf(share("FARGATE", 1, 0), share("FARGATE_SPOT", 0, 0)), strategyOf(share("FARGATE", 0, 0)), strategy, invalid, "weight"},
		{"ecs-strategy", "21 items", items(21), items(20), strategy, invalid, ""},
		{"ecs-strategy", "a base of 100001", strategyOf(share("FARGATE", 100001, 1)), strategyOf(share("FARGATE", 100000, 1)), strategy + "[FARGATE].Base", invalid, ""},
		{"ecs-strategy", "a weight of 1001", strategyOf(share("FARGATE", 0, 1001)), strategyOf(share("FARGATE", 0, 1000)), strategy + "[FARGATE].Weight", invalid, ""},
		{"ecs-strategy", "twice", strategyOf(share("FARGATE", 0, 1), share("FARGATE", 0, 1)), strategyOf(share("FARGATE", 0, 1), share("FARGATE_SPOT", 0, 1)), strategy + "[FARGATE]", invalid, "duplicate"},
		{"ecs-strategy", "two bases", strategyOf(share("FARGATE", 1, 1), share("FARGATE_SPOT", 1, 1)), strategyOf(share("FARGATE", 1, 1), share("FARGATE_SPOT", 0, 1)), strategy, invalid, "base"},
		{"ecs-strategy", "two sorts", strategyOf(share("FARGATE", 0, 1), share("mine", 0, 1)), strategyOf(share("yours", 0, 1), share("mine", 0, 1)), strategy, invalid, "mix"},
		{"ecs-platform-version", "1.5.0", version("1.5.0"), version("1.4.0"), "PlatformVersion", "PlatformUnknownException", "does not exist"},
		{"ecs-platform-version-ec2", "on instances", all(onInstances, version("LATEST")), onInstances, "PlatformVersion", invalid, "EC2"},
		{"ecs-subnets", "none", network(0, 0), network(1, 0), subnets + "Subnets", invalid, "empty"},
		{"ecs-subnets", "17", network(17, 0), network(16, 0), subnets + "Subnets", invalid, "at most 16"},
		{"ecs-subnets", "6 groups", network(1, 6), network(1, 5), subnets + "SecurityGroups", invalid, "at most 5"},
	}
}

func deploymentRows() []serviceRow {
	config := func(change func(*ecstypes.DeploymentConfiguration)) func(*service) {
		return func(in *service) {
			in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{}
			change(in.DeploymentConfiguration)
		}
	}
	percents := func(low, high int32) func(*service) {
		return config(func(d *ecstypes.DeploymentConfiguration) { d.MinimumHealthyPercent, d.MaximumPercent = &low, &high })
	}
	threshold := func(kind ecstypes.ThresholdType, n int32) func(*service) {
		return config(func(d *ecstypes.DeploymentConfiguration) {
			d.DeploymentCircuitBreaker = &ecstypes.DeploymentCircuitBreaker{ThresholdConfiguration: &ecstypes.ThresholdConfiguration{Type: kind, Value: n}}
		})
	}
	alarms := func(names ...string) func(*service) {
		return config(func(d *ecstypes.DeploymentConfiguration) {
			d.Alarms = &ecstypes.DeploymentAlarms{Enable: true, AlarmNames: names}
		})
	}
	bake := func(n int32) func(*service) {
		return config(func(d *ecstypes.DeploymentConfiguration) { d.BakeTimeInMinutes = &n })
	}
	early := func(low int32, share *int32, cleanup ecstypes.ServiceRevisionCleanup) func(*service) {
		return config(func(d *ecstypes.DeploymentConfiguration) {
			d.MinimumHealthyPercent = &low
			d.EarlySuccessCriteria = &ecstypes.DeploymentEarlySuccessCriteria{Enable: true, HealthyPercent: share, SourceServiceRevisionCleanup: cleanup}
		})
	}
	deploy := controlled(ecstypes.DeploymentControllerTypeCodeDeploy)
	const at = "DeploymentConfiguration."
	const breaker = at + "DeploymentCircuitBreaker.ThresholdConfiguration.Value"
	return []serviceRow{
		{"ecs-minimum-healthy-percent", "-1", percents(-1, 200), percents(0, 200), at + "MinimumHealthyPercent", invalid, "at least 0"},
		{"ecs-minimum-healthy-percent", "101", percents(101, 200), percents(100, 200), at + "MinimumHealthyPercent", invalid, "at most 100"},
		{"ecs-maximum-percent", "99", percents(0, 99), percents(0, 100), at + "MaximumPercent", invalid, "at least 100"},
		{"ecs-maximum-percent", "-1 of a daemon", all(daemon, percents(0, -1)), all(daemon, percents(0, 0)), at + "MaximumPercent", invalid, "at least 0"},
		{"ecs-percents-block", "both 100", percents(100, 100), percents(99, 100), "DeploymentConfiguration", invalid, "block"},
		{"ecs-percents-block", "by default", config(func(d *ecstypes.DeploymentConfiguration) { d.MaximumPercent = aws.Int32(100) }), percents(100, 101), "DeploymentConfiguration", invalid, "block"},
		{"ecs-circuit-breaker-threshold", "0", threshold("COUNT", 0), threshold("COUNT", 1), breaker, invalid, ""},
		{"ecs-circuit-breaker-threshold", "101 %", threshold("BOUNDED_PERCENT", 101), threshold("UNBOUNDED_PERCENT", 100), breaker, invalid, ""},
		{"ecs-circuit-breaker-threshold", "101 tasks", threshold("", 101), threshold("COUNT", 101), breaker, invalid, ""},
		{"ecs-deployment-alarms", "none", alarms(), alarms("errors"), at + "Alarms.AlarmNames", invalid, ""},
		{"ecs-bake-time", "a day and a minute", bake(1441), bake(1440), at + "BakeTimeInMinutes", invalid, ""},
		{"ecs-early-success", "no share", early(50, nil, "BLOCKING"), early(50, aws.Int32(50), "BLOCKING"), at + "EarlySuccessCriteria.HealthyPercent", invalid, ""},
		{"ecs-early-success", "101 %", early(50, aws.Int32(101), "BLOCKING"), early(50, aws.Int32(100), "DEFERRED"), at + "EarlySuccessCriteria.HealthyPercent", invalid, ""},
		{"ecs-early-success", "-1 %", early(0, aws.Int32(-1), "BLOCKING"), early(0, aws.Int32(0), "BLOCKING"), at + "EarlySuccessCriteria.HealthyPercent", invalid, ""},
		{"ecs-early-success", "less than must be healthy", early(50, aws.Int32(49), "BLOCKING"), early(50, aws.Int32(50), "BLOCKING"), at + "EarlySuccessCriteria.HealthyPercent", invalid, ""},
		{"ecs-early-success", "no clean-up", early(50, aws.Int32(50), ""), early(50, aws.Int32(50), "DEFERRED"), at + "EarlySuccessCriteria.SourceServiceRevisionCleanup", invalid, ""},
		{"ecs-codedeploy-balancer", "none", deploy, all(deploy, balanced("ip", "app", 80)), "LoadBalancers", invalid, "CODE_DEPLOY"},
	}
}

func placed(kind ecstypes.PlacementStrategyType, fields ...string) func(*service) {
	return func(in *service) {
		for _, f := range fields {
			in.PlacementStrategy = append(in.PlacementStrategy, ecstypes.PlacementStrategy{Type: kind, Field: &f})
		}
	}
}

func placementRows() []serviceRow {
	constraints := func(n int, c ecstypes.PlacementConstraint) func(*service) {
		return func(in *service) {
			for range n {
				in.PlacementConstraints = append(in.PlacementConstraints, c)
			}
		}
	}
	distinct := ecstypes.PlacementConstraint{Type: ecstypes.PlacementConstraintTypeDistinctInstance}
	expressed := ecstypes.PlacementConstraint{Type: distinct.Type, Expression: aws.String("x")}
	member := func(expression string) func(*service) {
		return all(onInstances, constraints(1, ecstypes.PlacementConstraint{Type: ecstypes.PlacementConstraintTypeMemberOf, Expression: &expression}))
	}
	const at = "PlacementConstraints[0].Expression"
	return []serviceRow{
		{"ecs-placement-strategies", "six", all(onInstances, placed("spread", "a", "b", "c", "d", "e", "f")), all(onInstances, placed("spread", "a", "b", "c", "d", "e")), "PlacementStrategy", invalid, "5"},
		{"ecs-placement-constraints", "eleven", all(onInstances, constraints(11, distinct)), all(onInstances, constraints(10, distinct)), "PlacementConstraints", invalid, "10"},
		{"ecs-placement-constraints", "ten, and one of the task definition", all(onInstances, constraints(10, distinct), runs("constrained")), all(onInstances, constraints(9, distinct), runs("constrained")), "PlacementConstraints", invalid, "10"},
		{"ecs-spread-field", "a zone by itself", all(onInstances, placed("spread", "ecs.availability-zone")), all(onInstances, placed("spread", "attribute:ecs.availability-zone", "instanceId", "host")), "PlacementStrategy[0].Field", invalid, "spread field"},
		{"ecs-spread-field", "none", all(onInstances, placed("spread", "")), nil, "PlacementStrategy[0].Field", invalid, "''"},
		{"ecs-random-field", "CPU", all(onInstances, placed("random", "cpu")), all(onInstances, placed("random", "")), "PlacementStrategy[0].Field", invalid, "random"},
		{"ecs-member-of", "no expression", all(onInstances, constraints(1, ecstypes.PlacementConstraint{Type: "memberOf"})), member("attribute:x exists"), at, invalid, "column 1: got the end"},
		{"ecs-member-of", "a single equals", member("attribute:x = y"), member("attribute:x == y"), at, invalid, "column 13"},
		{"ecs-member-of", "2001 characters", member("attribute:x == " + strings.Repeat("y", 1986)), member("attribute:x == " + strings.Repeat("y", 1985)), at, invalid, "2000"},
		{"ecs-member-of", "order of an ID, but not what only Java reads", member("ec2InstanceId > i-1"), member("attribute:x =~ a++"), at, invalid, "cannot be asked >"},
		{"ecs-member-of", "but not what is known later", member("attribute:x = y"), member("attribute:x = " + slipway.Self("region")), at, invalid, ""},
		{"ecs-member-of-unclear", "what only Java reads", member("attribute:x =~ a++"), member("attribute:x =~ a+"), at, invalid, ""},
		{"ecs-binpack-field", "by zone", all(onInstances, placed("binpack", "zone")), all(onInstances, placed("binpack", "memory")), "PlacementStrategy[0].Field", invalid, "'zone'"},
		{"ecs-distinct-instance", "an expression", all(onInstances, constraints(1, expressed)), all(onInstances, constraints(1, distinct)), "PlacementConstraints[0].Expression", invalid, "distinctInstance"},
		{"ecs-fargate-service-placement", "a strategy", placed("spread", "x"), all(onInstances, placed("spread", "x")), "PlacementConstraints", invalid, "FARGATE"},
	}
}

func lookupRows() []serviceRow {
	cluster := func(name string) func(*service) { return func(in *service) { in.Cluster = &name } }
	version := func(v string) func(*service) { return func(in *service) { in.PlatformVersion = &v } }
	exec := func(in *service) { in.EnableExecuteCommand = true }
	return []serviceRow{
		{"ecs-cluster-exists", "unknown", cluster("x"), cluster("named"), "Cluster", "ClusterNotFoundException", "not found"},
		{"ecs-task-definition-exists", "unknown", runs("x"), runs("efs"), "TaskDefinition", client, "not found"},
		{"ecs-fargate-compatible", "one for instances", runs("bridge"), onInstances, "TaskDefinition", invalid, "FARGATE"},
		{"ecs-fargate-compatible", "by strategy", all(runs("bridge"), strategyOf(share("FARGATE_SPOT", 0, 1))), all(onInstances, strategyOf(share("mine", 0, 1))), "TaskDefinition", invalid, "FARGATE"},
		{"ecs-network-configuration", "none", func(in *service) { in.NetworkConfiguration = nil }, onInstances, "NetworkConfiguration", invalid, "must be provided"},
		{"ecs-network-configuration-bridge", "on a bridge", all(onInstances, func(in *service) { in.NetworkConfiguration = plainService().NetworkConfiguration }), onInstances, "NetworkConfiguration", invalid, "not valid"},
		{"ecs-platform-capabilities", "EFS on 1.3.0", all(runs("efs"), version("1.3.0")), all(runs("efs"), version("1.4.0")), "PlatformVersion", "PlatformTaskDefinitionIncompatibilityException", "capabilities"},
		{"ecs-exec-task-role", "none", all(exec, runs("roleless")), exec, "EnableExecuteCommand", invalid, "taskRoleArn"},
	}
}

func balancerRows() []serviceRow {
	lb := func(change func(*ecstypes.LoadBalancer)) func(*service) {
		return all(balanced("ip", "app", 80), func(in *service) { change(&in.LoadBalancers[0]) })
	}
	asRole := func(in *service) { in.Role = aws.String(role) }
	volume := func(in *service) {
		in.VolumeConfigurations = []ecstypes.ServiceVolumeConfiguration{{Name: aws.String("v")}}
	}
	return []serviceRow{
		{"ecs-balancer-shape", "neither", lb(func(l *ecstypes.LoadBalancer) { l.TargetGroupArn = nil }), balanced("ip", "app", 80), "LoadBalancers[app]", invalid, "must be specified"},
		{"ecs-balancer-shape", "both", lb(func(l *ecstypes.LoadBalancer) { l.LoadBalancerName = aws.String("x") }), nil, "LoadBalancers[app].LoadBalancerName", invalid, "not both"},
		{"ecs-balancer-shape", "no container", lb(func(l *ecstypes.LoadBalancer) { l.ContainerName = nil }), nil, "LoadBalancers[0].ContainerName", invalid, "containerName"},
		{"ecs-balancer-shape", "no port", lb(func(l *ecstypes.LoadBalancer) { l.ContainerPort = nil }), nil, "LoadBalancers[app].ContainerPort", invalid, "containerPort"},
		{"ecs-role-service-linked", "a role", asRole, all(onInstances, asRole), "Role", invalid, "service linked role"},
		{"ecs-balancer-container", "a stranger", balanced("ip", "x", 80), balanced("ip", "app", 80), "LoadBalancers[x].ContainerName", invalid, "x does not exist"},
		{"ecs-balancer-port", "another", balanced("ip", "app", 81), balanced("ip", "app", 80), "LoadBalancers[app].ContainerPort", invalid, "port 81"},
		{"ecs-target-group-exists", "unknown", balanced("x", "app", 80), balanced("ip", "app", 80), "LoadBalancers[app].TargetGroupArn", invalid, "does not exist"},
		{"ecs-target-type", "instances", balanced("instance", "app", 80), balanced("ip", "app", 80), "LoadBalancers[app].TargetGroupArn", invalid, "incompatible with the awsvpc"},
		{"ecs-target-type", "addresses on a bridge", all(onInstances, balanced("ip", "app", 80)), all(onInstances, balanced("instance", "app", 80)), "LoadBalancers[app].TargetGroupArn", invalid, "incompatible with the bridge"},
		{"ecs-volume-at-launch", "unknown", volume, all(runs("launch"), volume), "VolumeConfigurations[v]", invalid, "'v'"},
	}
}

func connectRows() []serviceRow {
	connect := func(namespace string, services ...ecstypes.ServiceConnectService) func(*service) {
		return func(in *service) {
			in.ServiceConnectConfiguration = &ecstypes.ServiceConnectConfiguration{Enabled: true, Services: services}
			if namespace != "" {
				in.ServiceConnectConfiguration.Namespace = &namespace
			}
		}
	}
	port := func(name string, aliases ...int32) ecstypes.ServiceConnectService {
		s := ecstypes.ServiceConnectService{PortName: &name}
		for _, a := range aliases {
			s.ClientAliases = append(s.ClientAliases, ecstypes.ServiceConnectClientAlias{Port: &a})
		}
		return s
	}
	const at = "ServiceConnectConfiguration."
	return []serviceRow{
		{"ecs-connect-namespace", "none", connect(""), connect("shop"), at + "Namespace", invalid, "Namespace"},
		{"ecs-connect-namespace", "none of the cluster", connect(""), all(connect(""), func(in *service) { in.Cluster = aws.String("named") }), at + "Namespace", invalid, "Namespace"},
		{"ecs-connect-port", "a stranger", connect("shop", port("x")), connect("shop", port("http")), at + "Services[x].PortName", invalid, "portName x"},
		{"ecs-connect-alias", "two", connect("shop", port("http", 80, 81)), connect("shop", port("http", 80)), at + "Services[http].ClientAliases", invalid, ""},
		{"ecs-connect-alias", "port 65536", connect("shop", port("http", 65536)), connect("shop", port("http", 65535)), at + "Services[http].ClientAliases[0].Port", invalid, ""},
	}
}
