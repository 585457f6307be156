// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"
	"strings"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	docExpress          = api + "API_CreateExpressGatewayService.html"
	docExpressUpdate    = api + "API_UpdateExpressGatewayService.html"
	docExpressContainer = api + "API_ExpressGatewayContainer.html"
	docExpressScaling   = api + "API_ExpressGatewayScalingTarget.html"
	docExpressLogs      = api + "API_ExpressGatewayServiceAwsLogsConfiguration.html"
	docExpressWork      = guide + "express-service-work.html"
)

// CreateExpressGatewayService has the rules of new services of Express Mode.
var CreateExpressGatewayService = rules.Of[awsecs.CreateExpressGatewayServiceInput](slices.Concat(
	expressCreateRules, expressRules(ofExpressCreate),
	[]rules.Rule[awsecs.CreateExpressGatewayServiceInput]{{Meta: tagMeta, Check: func(r *rules.Report, in *awsecs.CreateExpressGatewayServiceInput) { tags(r, in.Tags) }}},
))

// UpdateExpressGatewayService has the rules of changes to them.
var UpdateExpressGatewayService = rules.Of[awsecs.UpdateExpressGatewayServiceInput](slices.Concat(
	[]rules.Rule[awsecs.UpdateExpressGatewayServiceInput]{{
		Meta: rules.Meta{ID: "ecs-express-arn", Code: invalidParameter, Doc: docExpressUpdate, Text: "Invalid service ARN."},
		Check: func(r *rules.Report, in *awsecs.UpdateExpressGatewayServiceInput) {
			if arn := value(in.ServiceArn); !slipway.HasRef(arn) && !strings.HasPrefix(arn, "arn:") {
				r.Add(rules.Problem{Path: "ServiceArn", Got: quote(arn), Want: "the ARN of a service"})
			}
		},
	}}, expressRules(ofExpressUpdate),
))

// express is what the inputs of both operations have in common.
type express struct {
	cpu, memory, execution, task, definition, health *string
	architecture                                     ecstypes.ExpressCpuArchitecture
	network                                          *ecstypes.ExpressGatewayServiceNetworkConfiguration
	container                                        *ecstypes.ExpressGatewayContainer
	scaling                                          *ecstypes.ExpressGatewayScalingTarget
}

func ofExpressCreate(in *awsecs.CreateExpressGatewayServiceInput) express {
	return express{
		cpu: in.Cpu, memory: in.Memory, execution: in.ExecutionRoleArn, task: in.TaskRoleArn, definition: in.TaskDefinitionArn,
		health: in.HealthCheckPath, architecture: in.CpuArchitecture, network: in.NetworkConfiguration,
		container: in.PrimaryContainer, scaling: in.ScalingTarget,
	}
}

func ofExpressUpdate(in *awsecs.UpdateExpressGatewayServiceInput) express {
	return express{
		cpu: in.Cpu, memory: in.Memory, execution: in.ExecutionRoleArn, task: in.TaskRoleArn, definition: in.TaskDefinitionArn,
		health: in.HealthCheckPath, architecture: in.CpuArchitecture, network: in.NetworkConfiguration,
		container: in.PrimaryContainer, scaling: in.ScalingTarget,
	}
}

var expressCreateRules = []rules.Rule[awsecs.CreateExpressGatewayServiceInput]{
	{Meta: rules.Meta{ID: "ecs-express-infrastructure-role", Code: invalidParameter, Doc: docExpress},
		Check: func(r *rules.Report, in *awsecs.CreateExpressGatewayServiceInput) {
			roleARN(r, "InfrastructureRoleArn", in.InfrastructureRoleArn, true)
		}},
	{Meta: rules.Meta{ID: "ecs-express-name", Code: invalidParameter, Doc: docExpress},
		Check: func(r *rules.Report, in *awsecs.CreateExpressGatewayServiceInput) {
			if in.ServiceName != nil {
				serviceName(r, &service{ServiceName: in.ServiceName})
			}
		}},
	{Meta: rules.Meta{ID: "ecs-express-image", Code: invalidParameter, Doc: docExpress},
		Check: func(r *rules.Report, in *awsecs.CreateExpressGatewayServiceInput) {
			if in.PrimaryContainer == nil && in.TaskDefinitionArn == nil {
				r.Add(rules.Problem{Path: "PrimaryContainer", Got: "none", Want: "a primary container, or TaskDefinitionArn"})
			}
		}},
	{Meta: rules.Meta{ID: "ecs-express-execution-role", Code: invalidParameter, Doc: docExpress},
		Check: func(r *rules.Report, in *awsecs.CreateExpressGatewayServiceInput) {
			if in.TaskDefinitionArn == nil {
				roleARN(r, "ExecutionRoleArn", in.ExecutionRoleArn, true)
			}
		}},
	{Meta: rules.Meta{ID: "ecs-express-cluster", Code: clusterNotFound, Doc: docExpressWork, Text: "Cluster not found."}, Check: expressCluster},
}

// expressCluster looks for the cluster; "default" is made if it is not there.
func expressCluster(r *rules.Report, in *awsecs.CreateExpressGatewayServiceInput) {
	if name := value(in.Cluster); name != "" && name != "default" {
		clusterExists(r, launch{cluster: name})
	}
}

// roleARN checks the shape of a role's ARN.
func roleARN(r *rules.Report, path string, arn *string, required bool) {
	s := value(arn)
	if slipway.HasRef(s) || strings.Contains(s, ":role/") || s == "" && !required {
		return
	}
	r.Add(rules.Problem{Path: path, Got: quote(s), Want: "the ARN of a role"})
}

// expressRule looks at what both operations take.
type expressRule struct {
	meta  rules.Meta
	check func(r *rules.Report, in express)
}

func expressRules[T any](view func(*T) express) []rules.Rule[T] {
	var all []rules.Rule[T]
	for _, rule := range expressCommon {
		all = append(all, rules.Rule[T]{Meta: rule.meta, Check: func(r *rules.Report, in *T) { rule.check(r, view(in)) }})
	}
	return all
}

var expressCommon = []expressRule{
	{rules.Meta{ID: "ecs-express-own-definition", Code: invalidParameter, Doc: docExpress}, expressOwnDefinition},
	{rules.Meta{ID: "ecs-express-role-arns", Code: invalidParameter, Doc: docExpress}, func(r *rules.Report, in express) {
		roleARN(r, "ExecutionRoleArn", in.execution, false)
		roleARN(r, "TaskRoleArn", in.task, false)
	}},
	{rules.Meta{ID: "ecs-express-architecture", Code: invalidParameter, Doc: docExpress}, func(r *rules.Report, in express) {
		if a := in.architecture; a != "" && !slices.Contains(a.Values(), a) {
			r.Add(rules.Problem{Path: "CpuArchitecture", Got: quote(string(a)), Want: "X86_64 or ARM64"})
		}
	}},
	{rules.Meta{ID: "ecs-express-size", Code: clientException, Doc: docFargateSize}, func(r *rules.Report, in express) {
		fargateSize(r, &task{Cpu: in.cpu, Memory: in.memory})
	}},
	{rules.Meta{ID: "ecs-express-health-path", Code: invalidParameter, Doc: docExpress}, func(r *rules.Report, in express) {
		if p := in.health; p != nil && !strings.HasPrefix(*p, "/") && !slipway.HasRef(*p) {
			r.Add(rules.Problem{Path: "HealthCheckPath", Got: quote(*p), Want: "a path that begins with /"})
		}
	}},
	{rules.Meta{ID: "ecs-express-container", Code: invalidParameter, Doc: docExpressContainer}, expressContainer},
	{rules.Meta{ID: "ecs-express-logs", Code: invalidParameter, Doc: docExpressLogs}, expressLogs},
	{rules.Meta{ID: "ecs-express-scaling", Code: invalidParameter, Doc: docExpressScaling}, expressScaling},
	{rules.Meta{ID: "ecs-express-subnets", Code: invalidParameter, Doc: docExpressWork, Warn: true}, func(r *rules.Report, in express) {
		const zones = 2
		if in.network != nil && len(in.network.Subnets) > 0 && len(in.network.Subnets) < zones && !slices.ContainsFunc(in.network.Subnets, slipway.HasRef) {
			r.Add(rules.Problem{
				Path: "NetworkConfiguration.Subnets", Got: count(len(in.network.Subnets), "subnet"),
				Want: "at least 2, in different zones, each with 8 free addresses: the load balancer stands in them",
			})
		}
	}},
}

// expressOwnDefinition: a task definition of one's own excludes what it has itself.
func expressOwnDefinition(r *rules.Report, in express) {
	if in.definition == nil {
		return
	}
	for _, f := range []struct {
		path string
		set  bool
	}{
		{"PrimaryContainer", in.container != nil}, {"ExecutionRoleArn", in.execution != nil}, {"TaskRoleArn", in.task != nil},
		{"Cpu", in.cpu != nil}, {"Memory", in.memory != nil}, {"CpuArchitecture", in.architecture != ""},
	} {
		if f.set {
			r.Add(rules.Problem{Path: f.path, Got: "one with TaskDefinitionArn", Want: "either of them"})
		}
	}
	expressDefinition(r, *in.definition)
}

// expressDefinition looks at the task definition: its container Main gets the traffic.
func expressDefinition(r *rules.Report, arn string) {
	t, ok := taskOf(r, arn)
	if !ok {
		return
	}
	if !fargate(t) {
		r.Add(rules.Problem{Path: "TaskDefinitionArn", Got: "one that does not require FARGATE", Want: "one that does"})
	}
	main, ok := find(t, "Main")
	if !ok {
		r.Add(rules.Problem{Path: "TaskDefinitionArn", Got: "no container Main", Want: "a container named Main"})
		return
	}
	p := main.PortMappings
	if len(p) != 1 || p[0].ContainerPort == nil || value(p[0].Name) == "" || p[0].Protocol != "" && p[0].Protocol != ecstypes.TransportProtocolTcp {
		r.Add(rules.Problem{Path: "TaskDefinitionArn", Got: "other ports of Main", Want: "a single TCP port of Main, with containerPort and name"})
	}
}

func expressContainer(r *rules.Report, in express) {
	c := in.container
	if c == nil {
		return
	}
	if value(c.Image) == "" {
		r.Add(rules.Problem{Path: "PrimaryContainer.Image", Got: `""`, Want: "an image"})
	}
	const ports = 65535
	between(r, "PrimaryContainer.ContainerPort", c.ContainerPort, 1, ports, "", "")
	as := &container{Environment: c.Environment, Secrets: c.Secrets}
	environmentNames(r, "PrimaryContainer", as)
	secretNames(r, "PrimaryContainer", as)
	if c.RepositoryCredentials != nil && value(c.RepositoryCredentials.CredentialsParameter) == "" {
		r.Add(rules.Problem{Path: "PrimaryContainer.RepositoryCredentials.CredentialsParameter", Got: `""`, Want: "the ARN of a secret"})
	}
}

func expressLogs(r *rules.Report, in express) {
	if in.container == nil || in.container.AwsLogsConfiguration == nil {
		return
	}
	l := in.container.AwsLogsConfiguration
	for _, f := range []struct {
		field string
		got   *string
	}{{"LogGroup", l.LogGroup}, {"LogStreamPrefix", l.LogStreamPrefix}} {
		if value(f.got) == "" {
			r.Add(rules.Problem{Path: "PrimaryContainer.AwsLogsConfiguration." + f.field, Got: `""`, Want: "both a log group and a prefix"})
		}
	}
}

// Bounds of scaling targets.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html
const (
	maxPercentTarget = 100
	maxRequestTarget = 65536
	expressMinTasks  = 1
	expressMaxTasks  = 20
)

func expressScaling(r *rules.Report, in express) {
	s := in.scaling
	if s == nil {
		return
	}
	if m := s.AutoScalingMetric; m != "" && !slices.Contains(m.Values(), m) {
		r.Add(rules.Problem{Path: "ScalingTarget.AutoScalingMetric", Got: quote(string(m)), Want: "AVERAGE_CPU, AVERAGE_MEMORY or REQUEST_COUNT_PER_TARGET"})
	}
	most := int32(maxPercentTarget)
	if s.AutoScalingMetric == ecstypes.ExpressGatewayServiceScalingMetricRequestCountPerTarget {
		most = maxRequestTarget
	}
	between(r, "ScalingTarget.AutoScalingTargetValue", s.AutoScalingTargetValue, 1, most, "", "")
	low, high := int32(expressMinTasks), int32(expressMaxTasks)
	if s.MinTaskCount != nil {
		low = *s.MinTaskCount
	}
	if s.MaxTaskCount != nil {
		high = *s.MaxTaskCount
	}
	if low < 0 || s.MaxTaskCount != nil && high < 1 || s.MaxTaskCount != nil && low > high {
		r.Add(rules.Problem{
			Path: "ScalingTarget.MinTaskCount", Got: strconv.Itoa(int(low)) + " to " + strconv.Itoa(int(high)) + " tasks", Want: "a minimum that is not above the maximum",
		})
	}
}
