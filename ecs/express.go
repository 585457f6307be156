// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/vpc"
)

// ExpressService declares a service of ECS Express Mode: a web application from one
// image, for which ECS itself makes and keeps the load balancer, the certificate, the
// target group, the security groups, the scaling and the alarm of its deployments.
//
// ECS brings out each change as a canary, with 5 % of the traffic for three minutes and all
// of it for another three, and rolls it back if more than one percent of the answers are
// errors in two of three minutes, 4xx among them, or if its tasks fail. Apply then returns
// a [DeploymentError]. Name, cluster and infrastructure role cannot be
// changed. The log group that ECS makes stays when the service is deleted.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-overview.html
type ExpressService struct {
	name           string
	cluster        ClusterRef
	image          Image
	definition     *FargateTaskDefinition
	cpu            CPU
	memory         Memory
	architecture   Architecture
	port           int
	health         string
	env            map[string]string
	secrets        []namedSecret
	command        []string
	logs           LogGroupRef
	prefix         string
	registry       *SecretsManagerSecret
	network        *vpc.Network
	groups         []vpc.GroupRef
	scaling        ExpressScaling
	execution      iam.RoleRef
	task           iam.RoleRef
	infrastructure iam.RoleRef
	tags           map[string]string
	overrides      []func(*awsecs.CreateExpressGatewayServiceInput)
}

// ExpressMetric is what the number of tasks of an [ExpressService] follows.
type ExpressMetric ecstypes.ExpressGatewayServiceScalingMetric

// The metrics. The zero value is AverageCPU.
const (
	AverageCPU        ExpressMetric = "AVERAGE_CPU"
	AverageMemory     ExpressMetric = "AVERAGE_MEMORY"
	RequestsPerTarget ExpressMetric = "REQUEST_COUNT_PER_TARGET"
)

// ExpressScaling is how the number of tasks of an [ExpressService] moves.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExpressGatewayScalingTarget.html
type ExpressScaling struct {
	// Min and Max number of tasks; 0 is 1 and 20.
	Min, Max int
	// Metric that is held at Target.
	Metric ExpressMetric
	// Target is in percent, 1 to 100, or in requests a target and minute, 1 to 65536; 0 is
	// 60.
	Target int
}

// The size and health check of an [ExpressService] that are sent if none are set, since
// AWS's own texts disagree on the defaults.
const (
	DefaultExpressCPU    = VCPU / 4
	DefaultExpressMemory = 512 * MiB
	DefaultExpressHealth = "/"
	DefaultExpressPort   = 80
)

// NewExpressService declares a service of that name, up to 255 letters, digits, hyphens
// and underscores, that runs the image in the cluster "default", which AWS makes if it is
// not there.
func NewExpressService(name string, image Image) ExpressService {
	return ExpressService{
		name: name, image: image, cluster: ClusterNamed("default"), cpu: DefaultExpressCPU, memory: DefaultExpressMemory,
		architecture: X86_64, port: DefaultExpressPort, health: DefaultExpressHealth,
	}
}

// ExpressServiceOf declares a service that runs a task definition of one's own, which may
// have sidecars. Its container named "Main" gets the requests, on its only port, a TCP port
// with a name. Size, architecture, environment and task roles are those of the task
// definition: setting them here is a mistake.
func ExpressServiceOf(name string, task FargateTaskDefinition) ExpressService {
	return ExpressService{name: name, definition: &task, cluster: ClusterNamed("default"), health: DefaultExpressHealth}
}

// WithCluster sets the cluster, which must exist. It cannot be changed.
func (s ExpressService) WithCluster(c ClusterRef) ExpressService {
	s.cluster = c
	return s
}

// WithSize sets the CPU and memory of each task, a pair that Fargate has.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
func (s ExpressService) WithSize(cpu CPU, memory Memory) ExpressService {
	s.cpu, s.memory = cpu, memory
	return s
}

// WithArchitecture sets the architecture; X86_64 if not called.
func (s ExpressService) WithArchitecture(a Architecture) ExpressService {
	s.architecture = a
	return s
}

// WithPort sets the port on which the container listens, 1 to 65535; 80 if not called.
func (s ExpressService) WithPort(port int) ExpressService {
	s.port = port
	return s
}

// WithHealthCheckPath sets what the load balancer asks for, with or without a query. It
// must answer 200. "/" if not called.
func (s ExpressService) WithHealthCheckPath(path string) ExpressService {
	s.health = path
	return s
}

// WithEnv sets a variable of the environment.
func (s ExpressService) WithEnv(name, value string) ExpressService {
	s.env = with(s.env, name, value)
	return s
}

// WithSecret sets a variable to a secret, which the execution role is allowed to read.
func (s ExpressService) WithSecret(name string, secret Secret) ExpressService {
	s.secrets = append(slices.Clip(s.secrets), namedSecret{name, secret})
	return s
}

// WithCommand replaces the command of the image.
func (s ExpressService) WithCommand(args ...string) ExpressService {
	s.command = slices.Clone(args)
	return s
}

// WithLogs sends what the container writes to a log group, in streams that begin with
// prefix. ECS makes a group of its own if not called.
func (s ExpressService) WithLogs(group LogGroupRef, prefix string) ExpressService {
	s.logs, s.prefix = group, prefix
	return s
}

// WithRegistryCredentials signs in to a private registry.
func (s ExpressService) WithRegistryCredentials(secret SecretsManagerSecret) ExpressService {
	s.registry = &secret
	return s
}

// WithNetwork runs the tasks in the network's subnets, and the load balancer too: private
// subnets make it an internal one. The subnets need two zones and 8 free addresses each.
// The first service of a VPC settles the zones for all. The public subnets of the default
// VPC if not called; what was set once is not taken back by leaving it out.
func (s ExpressService) WithNetwork(n vpc.Network) ExpressService {
	s.network = &n
	return s
}

// WithSecurityGroup adds a security group to the one that ECS gives the tasks; only with
// [ExpressService.WithNetwork].
func (s ExpressService) WithSecurityGroup(g vpc.GroupRef) ExpressService {
	s.groups = append(slices.Clip(s.groups), g)
	return s
}

// WithScaling sets how the number of tasks moves.
func (s ExpressService) WithScaling(x ExpressScaling) ExpressService {
	s.scaling = x
	return s
}

// WithTaskRole sets the role of the application. AWS has no way to take it away again.
func (s ExpressService) WithTaskRole(r iam.RoleRef) ExpressService {
	s.task = r
	return s
}

// WithExecutionRole replaces the execution role that is derived. A declared role is given
// what it needs.
func (s ExpressService) WithExecutionRole(r iam.RoleRef) ExpressService {
	s.execution = r
	return s
}

// WithInfrastructureRole replaces the role that is derived, in whose name ECS makes the
// parts. A declared role is given what it needs. It cannot be changed.
func (s ExpressService) WithInfrastructureRole(r iam.RoleRef) ExpressService {
	s.infrastructure = r
	return s
}

// WithTag sets a tag.
func (s ExpressService) WithTag(key, value string) ExpressService {
	s.tags = with(s.tags, key, value)
	return s
}

// WithOverride has f change the input of CreateExpressGatewayService after everything
// else. Updates follow it.
func (s ExpressService) WithOverride(f func(*awsecs.CreateExpressGatewayServiceInput)) ExpressService {
	s.overrides = append(slices.Clip(s.overrides), f)
	return s
}

// ID names the service by its cluster and its own name.
func (s ExpressService) ID() slipway.ID {
	return slipway.ID{Kind: model.KindExpressService, Name: place{s.clusterName(), s.name}.String()}
}

func (s ExpressService) clusterName() string {
	if s.cluster == nil {
		return ""
	}
	return s.cluster.ClusterName()
}

// ARN returns the service's ARN, as a placeholder.
func (s ExpressService) ARN() string { return slipway.Ref(s.ID(), "arn") }

// URL returns where the service is reached, by HTTPS, as a placeholder.
func (s ExpressService) URL() string { return slipway.Ref(s.ID(), "url") }

// Resources returns the service itself, which brings its roles and whatever else is
// declared with it.
func (s ExpressService) Resources() []slipway.Resource { return []slipway.Resource{s} }

// Validate reports everything that AWS would reject in the service and all that it brings.
func (s ExpressService) Validate() error { return slipway.NewStack("validate", s).Validate() }

// ExpressOutputs are what is known of an [ExpressService] once it is there.
type ExpressOutputs struct {
	// ARN of the service, and where it is reached.
	ARN, URL string
	// Revision is the ARN of the newest service revision, by which [Watch] finds its
	// deployment.
	Revision string
}

// Outputs makes sense of what [slipway.Output] hands it.
func (s ExpressService) Outputs(values map[string][]string) ExpressOutputs {
	first := func(name string) string {
		if len(values[name]) == 0 {
			return ""
		}
		return values[name][0]
	}
	return ExpressOutputs{ARN: first("arn"), URL: first("url"), Revision: first("revision")}
}

func (s ExpressService) located() (place, error) {
	if s.name == "" {
		return place{}, slipway.FieldError{Path: "ExpressService", Got: "the zero value", Want: "a service of NewExpressService"}
	}
	return place{cluster: s.clusterName(), service: s.name}, nil
}
