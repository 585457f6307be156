// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/override"
)

const (
	docExpress = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateExpressGatewayService.html"

	executionPolicy      = "service-role/AmazonECSTaskExecutionRolePolicy"
	infrastructurePolicy = "service-role/AmazonECSInfrastructureRoleforExpressGatewayServices"
)

// problems are what the service cannot be built with.
func (s ExpressService) problems() []slipway.FieldError {
	var all []slipway.FieldError
	add := func(path, got, want string) {
		all = append(all, slipway.FieldError{Path: s.ID().String() + " " + path, Got: got, Want: want, Doc: docExpress, Rule: "ecs-builder"})
	}
	if s.cluster == nil {
		add("Cluster", "nil", "a cluster")
	}
	if s.definition != nil {
		for path, set := range s.excluded() {
			if set {
				add(path, "one with a task definition of one's own", "either of them")
			}
		}
		return all
	}
	if s.image == nil {
		add("PrimaryContainer.Image", "nil", "an image")
	} else if !runsOn(s.image, s.architecture.platform()) {
		add("PrimaryContainer.Image", "an image for "+strings.Join(s.image.ImagePlatforms(), ", "), "one for "+s.architecture.platform())
	}
	for _, one := range s.secrets {
		path := fmt.Sprintf("PrimaryContainer.Secrets[%s]", one.name)
		if one.secret == nil {
			add(path, "nil", "a secret")
		} else if got, want := one.secret.check(); want != "" {
			add(path+".ValueFrom", got, want)
		}
	}
	if len(s.groups) > 0 && s.network == nil {
		add("NetworkConfiguration.SecurityGroups", "security groups without a network", "WithNetwork")
	}
	for i, g := range s.groups {
		if g == nil {
			add(fmt.Sprintf("NetworkConfiguration.SecurityGroups[%d]", i), "nil", "a security group")
		}
	}
	return all
}

// excluded are the settings that a task definition of one's own has itself.
func (s ExpressService) excluded() map[string]bool {
	return map[string]bool{
		"Cpu": s.cpu != 0 || s.memory != 0, "CpuArchitecture": s.architecture != "", "ExecutionRoleArn": s.execution != nil, "TaskRoleArn": s.task != nil,
		"PrimaryContainer": s.port != 0 || len(s.env)+len(s.secrets)+len(s.command) > 0 || s.logs != nil || s.registry != nil,
	}
}

// Build returns the wanted state.
func (s ExpressService) Build() (slipway.Desired, error) {
	if err := slipway.JoinFields(s.problems()); err != nil {
		return slipway.Desired{}, err
	}
	infrastructure := s.infrastructureRole()
	uses := append(s.cluster.Resources(), infrastructure.Resources()...)
	in := awsecs.CreateExpressGatewayServiceInput{
		ServiceName: aws.String(s.name), Cluster: aws.String(s.cluster.clusterRef()), InfrastructureRoleArn: aws.String(infrastructure.ARN()),
		HealthCheckPath: aws.String(s.health), ScalingTarget: s.scaling.input(), Tags: tagList(s.tags),
	}
	if s.network != nil {
		in.NetworkConfiguration = &ecstypes.ExpressGatewayServiceNetworkConfiguration{Subnets: s.network.Subnets()}
		uses = append(uses, s.network.Resources()...)
		for _, g := range s.groups {
			in.NetworkConfiguration.SecurityGroups = append(in.NetworkConfiguration.SecurityGroups, g.GroupID())
			uses = append(uses, g.Resources()...)
		}
	}
	if s.definition != nil {
		in.TaskDefinitionArn = aws.String(s.definition.ARN())
		uses = append(uses, *s.definition)
	} else {
		uses = append(uses, s.container(&in)...)
	}
	overridden := override.Run("Create.", &in, s.overrides...)
	return slipway.Desired{
		Kind: expressKind(), Uses: uses, Overridden: overridden,
		State: &model.ExpressService{Create: in, ARN: ownARN("ecs", "service/"+s.clusterName()+"/"+s.name)},
	}, nil
}

// container puts in what the managed task definition is made of, and returns what it
// needs.
func (s ExpressService) container(in *awsecs.CreateExpressGatewayServiceInput) []slipway.Resource {
	var uses []slipway.Resource
	execution := s.executionRole()
	in.Cpu, in.Memory, in.CpuArchitecture = units(s.cpu), units(s.memory), ecstypes.ExpressCpuArchitecture(s.architecture)
	in.ExecutionRoleArn = aws.String(execution.ARN())
	uses = append(uses, execution.Resources()...)
	if s.task != nil {
		task := wired(s.task, s.name+"-task", &grants{})
		in.TaskRoleArn = aws.String(task.ARN())
		uses = append(uses, task.Resources()...)
	}
	main := &ecstypes.ExpressGatewayContainer{
		Image: aws.String(s.image.ImageReference()), ContainerPort: aws.Int32(clamp(s.port)), Command: s.command, Environment: pairs(s.env),
	}
	for _, one := range s.secrets {
		main.Secrets = append(main.Secrets, ecstypes.Secret{Name: aws.String(one.name), ValueFrom: aws.String(one.secret.from())})
	}
	if s.logs != nil {
		main.AwsLogsConfiguration = &ecstypes.ExpressGatewayServiceAwsLogsConfiguration{
			LogGroup: aws.String(s.logs.LogGroupName()), LogStreamPrefix: aws.String(s.prefix),
		}
		uses = append(uses, s.logs.Resources()...)
	}
	if s.registry != nil {
		main.RepositoryCredentials = &ecstypes.ExpressGatewayRepositoryCredentials{CredentialsParameter: aws.String(s.registry.from())}
	}
	in.PrimaryContainer = main
	return uses
}

func (x ExpressScaling) input() *ecstypes.ExpressGatewayScalingTarget {
	return &ecstypes.ExpressGatewayScalingTarget{
		AutoScalingMetric: ecstypes.ExpressGatewayServiceScalingMetric(x.Metric), AutoScalingTargetValue: optional(x.Target),
		MinTaskCount: optional(x.Min), MaxTaskCount: optional(x.Max),
	}
}

// awsPolicy is the ARN of a managed policy of AWS.
func awsPolicy(name string) string {
	return "arn:" + slipway.Self("partition") + ":iam::aws:policy/" + name
}

// executionRole is the role with AWS's policy, which Express Mode asks for, and what the
// secrets need.
func (s ExpressService) executionRole() iam.RoleRef {
	n := &needs{}
	n.image(s.image)
	for _, one := range s.secrets {
		n.secret(one.secret)
	}
	if s.registry != nil {
		n.secret(*s.registry)
	}
	given := s.execution
	if given == nil {
		role := iam.NewDerivedRole(shortened(s.clusterName()+"-"+s.name+"-execution", maxDerivedRole)).WithManagedPolicy(awsPolicy(executionPolicy))
		for _, statement := range n.executionRole.statements() {
			role = role.WithStatement(statement)
		}
		return role.WithTrust(tasksTrust())
	}
	return wired(given, s.clusterName()+"-"+s.name, &n.executionRole)
}

// loadBalancing is what making a load balancer may ask for, too, in accounts that never
// had one. AWS's policy lacks it.
// https://github.com/pulumi/pulumi-eks/issues/576
const loadBalancing = "ec2:DescribeAccountAttributes"

// infrastructureRole lets ECS make the parts of the service.
func (s ExpressService) infrastructureRole() iam.RoleRef {
	role, declared := s.infrastructure.(iam.Role)
	switch {
	case s.infrastructure != nil && !declared:
		return s.infrastructure
	case !declared:
		role = iam.NewDerivedRole(shortened(s.clusterName()+"-"+s.name+"-infrastructure", maxDerivedRole))
	}
	return role.WithManagedPolicy(awsPolicy(infrastructurePolicy)).WithAllow("*", loadBalancing).
		WithTrust(iam.ServicePrincipal{Service: "ecs.amazonaws.com", SourceAccount: slipway.Self("account")})
}
