// SPDX-License-Identifier: Apache-2.0

// Package facts_test holds the numbers, the ranges and the worked examples that AWS
// publishes about ECS, each with its source, against the three places where a program
// meets them: the rules, the builders and the fake.
package facts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/vpc"
)

// Where the facts are published.
const (
	api   = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/"
	guide = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"
)

type (
	task      = awsecs.RegisterTaskDefinitionInput
	container = ecstypes.ContainerDefinition
	service   = awsecs.CreateServiceInput
)

// fact is what AWS takes and what it does not take any more.
type fact[T any] struct {
	name, source  string
	legal, broken func(*T)
	// warned: AWS's reference does not say so, so that the fake takes it.
	warned bool
}

// sides are where a fact about an input shows.
type sides[T any] struct {
	base func() *T
	// check looks at the input offline.
	check func(*T) error
	// build validates a builder that an override has changed.
	build func(change func(*T)) error
	// call sends the input to a fake.
	call func(t *testing.T, in *T) error
}

func (s sides[T]) hold(t *testing.T, facts []fact[T]) {
	t.Helper()
	for _, f := range facts {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			require.True(t, strings.HasPrefix(f.source, "https://"), "no source")
			legal, broken := s.base(), s.base()
			f.legal(legal)
			f.broken(broken)
			require.NoError(t, s.check(legal), "the rules refuse what is legal: %s", f.source)
			require.NoError(t, s.build(f.legal), "the builder refuses what is legal: %s", f.source)
			require.NoError(t, s.call(t, legal), "the fake refuses what is legal: %s", f.source)
			if f.warned {
				require.NoError(t, s.check(broken), "a warning only: %s", f.source)
				return
			}
			require.ErrorIs(t, s.check(broken), slipway.ErrInvalid, "the rules take it: %s", f.source)
			require.ErrorIs(t, s.build(f.broken), slipway.ErrInvalid, "the builder takes it: %s", f.source)
			var refused smithy.APIError
			require.ErrorAs(t, s.call(t, broken), &refused, "the fake takes it: %s", f.source)
		})
	}
}

// cloud is a simulated AWS with the cluster "main" and the task definition "web".
func cloud(t *testing.T) (*fakes.Cloud, *awsecs.Client) {
	t.Helper()
	return cloudOf(t, fakes.Timing{})
}

func cloudOf(t *testing.T, timing fakes.Timing) (*fakes.Cloud, *awsecs.Client) {
	t.Helper()
	c := fakes.New(fakes.Options{Timing: timing})
	client := awsecs.NewFromConfig(c.Config())
	_, err := client.CreateCluster(t.Context(), &awsecs.CreateClusterInput{ClusterName: aws.String("main")})
	require.NoError(t, err)
	_, err = client.RegisterTaskDefinition(t.Context(), plainTask())
	require.NoError(t, err)
	return c, client
}

const image = "public.ecr.aws/nginx/nginx:1"

func plainTask() *task {
	return &task{
		Family: aws.String("web"), Cpu: aws.String("256"), Memory: aws.String("512"), NetworkMode: ecstypes.NetworkModeAwsvpc,
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ContainerDefinitions: []container{
			{Name: aws.String("app"), Image: aws.String(image), PortMappings: []ecstypes.PortMapping{{ContainerPort: aws.Int32(80)}}},
			{Name: aws.String("side"), Image: aws.String(image), Essential: aws.Bool(false)},
		},
	}
}

// tasks are the sides of task definitions on Fargate.
func tasks() sides[task] {
	return sides[task]{
		base: plainTask, check: func(in *task) error { return ecs.Check(in) },
		build: func(change func(*task)) error {
			app := ecs.NewContainer("app", ecs.ImageRef(image)).WithPort(ecs.TCP("http", 80))
			side := ecs.NewContainer("side", ecs.ImageRef(image)).WithNonEssential()
			return ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app).WithContainer(side).WithOverride(change).Validate()
		},
		call: func(t *testing.T, in *task) error {
			t.Helper()
			_, err := awsecs.NewFromConfig(fakes.New(fakes.Options{}).Config()).RegisterTaskDefinition(t.Context(), in)
			return err
		},
	}
}

// instanceTasks are the sides of task definitions on instances.
func instanceTasks() sides[task] {
	s := tasks()
	s.base = func() *task {
		in := plainTask()
		in.NetworkMode, in.RequiresCompatibilities = ecstypes.NetworkModeBridge, nil
		return in
	}
	s.build = func(change func(*task)) error {
		app := ecs.NewContainer("app", ecs.ImageRef(image)).WithMemoryLimit(64 * ecs.MiB).WithPort(ecs.TCP("http", 80))
		side := ecs.NewContainer("side", ecs.ImageRef(image)).WithMemoryLimit(64 * ecs.MiB).WithNonEssential()
		return ecs.NewEC2TaskDefinition("web").WithContainer(app).WithContainer(side).WithOverride(change).Validate()
	}
	return s
}

func plainService() *service {
	return &service{
		Cluster: aws.String("main"), ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(1),
		CapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE"), Weight: 1}},
	}
}

// services are the sides of services on Fargate.
func services() sides[service] {
	return sides[service]{
		base: plainService, check: func(in *service) error { return ecs.Check(in) },
		build: func(change func(*service)) error {
			definition := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(ecs.NewContainer("app", ecs.ImageRef(image)))
			s := ecs.NewFargateService("web", ecs.NewCluster("main"), definition, vpc.Default()).
				WithCapacity(ecs.Capacity{Provider: ecs.Fargate, Weight: 1}).WithOverride(change)
			return s.Validate()
		},
		call: func(t *testing.T, in *service) error {
			t.Helper()
			c, client := cloud(t)
			networked(t, c, in)
			_, err := client.PutClusterCapacityProviders(t.Context(), &awsecs.PutClusterCapacityProvidersInput{
				Cluster: in.Cluster, CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"}, DefaultCapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{},
			})
			require.NoError(t, err)
			_, err = client.CreateService(t.Context(), in)
			return err
		},
	}
}

// networked gives the service the subnets of the default VPC.
func networked(t *testing.T, c *fakes.Cloud, in *service) {
	t.Helper()
	out, err := awsec2.NewFromConfig(c.Config()).DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	var ids []string
	for _, s := range out.Subnets {
		ids = append(ids, *s.SubnetId)
	}
	in.NetworkConfiguration = &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: ids, AssignPublicIp: "ENABLED"}}
}

// registerHosted registers the task definition "hosted", for instances.
func registerHosted(t *testing.T, client *awsecs.Client) {
	t.Helper()
	in := instanceTasks().base()
	in.Family = aws.String("hosted")
	_, err := client.RegisterTaskDefinition(t.Context(), in)
	require.NoError(t, err)
}

// hosted are the sides of services on instances.
func hosted() sides[service] {
	s := services()
	s.base = func() *service {
		in := plainService()
		in.TaskDefinition, in.LaunchType, in.CapacityProviderStrategy = aws.String("hosted"), ecstypes.LaunchTypeEc2, nil
		return in
	}
	s.build = func(change func(*service)) error {
		app := ecs.NewContainer("app", ecs.ImageRef(image)).WithMemoryLimit(64 * ecs.MiB)
		return ecs.NewEC2Service("web", ecs.NewCluster("main"), ecs.NewEC2TaskDefinition("web").WithContainer(app), vpc.Default()).WithOverride(change).Validate()
	}
	s.call = func(t *testing.T, in *service) error {
		t.Helper()
		_, client := cloud(t)
		registerHosted(t, client)
		_, err := client.CreateService(t.Context(), in)
		return err
	}
	return s
}

// describe is the service "web" as it is.
func describe(t *testing.T, client *awsecs.Client) ecstypes.Service {
	t.Helper()
	out, err := client.DescribeServices(t.Context(), &awsecs.DescribeServicesInput{Cluster: aws.String("main"), Services: []string{"web"}})
	require.NoError(t, err)
	require.Len(t, out.Services, 1)
	return out.Services[0]
}

const minute = time.Minute

// configurationOf is how a service that was built is deployed.
func configurationOf(t *testing.T, d slipway.Desired) *ecstypes.DeploymentConfiguration {
	t.Helper()
	state, ok := d.State.(*model.Service)
	require.True(t, ok)
	return state.Create.DeploymentConfiguration
}
