// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// enlisted are the instances that ECS has registered, by ID. The registries "a", "aaaa" and
// "srv" have a record each.
type enlisted struct {
	instances map[string]map[string]string
	health    map[string]bool
}

const registryARN = "arn:aws:servicediscovery:us-east-1:123456789012:service/"

func (e *enlisted) Registry(_, arn string) (world.Registry, bool) {
	types, ok := map[string][]string{registryARN + "a": {"A"}, registryARN + "srv": {"SRV"}, registryARN + "aaaa": {"AAAA"}}[arn]
	return world.Registry{ARN: arn, Records: types}, ok
}

func (e *enlisted) RegisterTask(_, _, id string, attributes map[string]string) {
	if e.instances == nil {
		e.instances, e.health = map[string]map[string]string{}, map[string]bool{}
	}
	e.instances[id] = attributes
}

func (e *enlisted) DeregisterTask(_, _, id string) { delete(e.instances, id) }

func (e *enlisted) TaskHealth(_, _, id string, healthy bool) { e.health[id] = healthy }

// in registers the tasks in a registry.
func in(name string, container *string, port *int32) func(*awsecs.CreateServiceInput) {
	return func(in *awsecs.CreateServiceInput) {
		in.ServiceRegistries = []ecstypes.ServiceRegistry{{RegistryArn: aws.String(registryARN + name), ContainerName: container, ContainerPort: port}}
	}
}

// TestTasksOnABridgeRegisterTheirHostPorts: a task is found at its instance's address.
func TestTasksOnABridgeRegisterTheirHostPorts(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.launch(1, nil)
	f.host(nil)
	f.place(2, in("srv", aws.String("app"), aws.Int32(8080)))
	all := slices.Collect(maps.Values(f.registries.instances))
	require.Len(t, all, 2)
	ports := []string{}
	for _, attributes := range all {
		ports = append(ports, attributes["AWS_INSTANCE_PORT"])
		delete(attributes, "AWS_INSTANCE_PORT")
		require.Equal(t, map[string]string{
			"AWS_INSTANCE_IPV4": "172.16.0.1", "AWS_INIT_HEALTH_STATUS": "HEALTHY", "EC2_INSTANCE_ID": "i-00001", "AVAILABILITY_ZONE": "us-east-1a",
			"REGION": "us-east-1", "ECS_CLUSTER_NAME": "main", "ECS_SERVICE_NAME": "web", "ECS_TASK_DEFINITION_FAMILY": "web",
		}, attributes)
	}
	require.ElementsMatch(t, []string{"32768", "32769"}, ports)
	described := f.service("web")
	require.NotEmpty(t, described.ServiceRegistries)
	require.Contains(t, *described.RoleArn, "AWSServiceRoleForECS")
	f.update(func(in *awsecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(1) })
	f.settle()
	require.Len(t, f.registries.instances, 1)
	f.update(func(in *awsecs.UpdateServiceInput) { in.ServiceRegistries = []ecstypes.ServiceRegistry{} })
	f.settle()
	require.Empty(t, f.registries.instances, "its new task does not register")
}

// TestHealthIsReported: Cloud Map hears what the checks of containers say.
func TestHealthIsReported(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.launch(1, nil)
	ill := false
	f.fake.SetProgram("app:1", world.Program{Health: func(time.Duration) int {
		if ill {
			return 1
		}
		return 0
	}})
	f.host(func(in *awsecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].HealthCheck = &ecstypes.HealthCheck{Command: []string{"CMD", "/check"}, Interval: aws.Int32(5), Retries: aws.Int32(1)}
	})
	f.place(1, in("srv", aws.String("app"), aws.Int32(8080)))
	first := slices.Collect(maps.Keys(f.registries.instances))
	require.Len(t, first, 1)
	require.Equal(t, "UNHEALTHY", f.registries.instances[first[0]]["AWS_INIT_HEALTH_STATUS"], "nothing has been checked yet")
	require.True(t, f.registries.health[first[0]])
	ill = true
	f.sim.Advance(10 * time.Second)
	require.False(t, f.registries.health[first[0]])
	require.NotContains(t, f.registries.instances, first[0], "it is replaced")
}

// TestRegistriesThatTasksCannotUse are refused when the service is made, and by an update.
func TestRegistriesThatTasksCannotUse(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.define("web", nil)
	for name, c := range map[string]struct {
		change func(*awsecs.CreateServiceInput)
		want   string
	}{
		"unknown": {in("x", nil, nil), "a service of Cloud Map that exists"},
		"no port": {in("srv", nil, nil), "a container with its port, or a port"},
		"a port":  {in("a", aws.String("app"), aws.Int32(8080)), "do not require a value for 'containerPort'. Remove the value and retry."},
		"IPv6":    {in("aaaa", nil, nil), "not modelled"},
		"no ARN": {func(in *awsecs.CreateServiceInput) {
			in.ServiceRegistries = []ecstypes.ServiceRegistry{{RegistryArn: aws.String("srv-1")}}
		}, "The format of the supplied service registry ARN is invalid: srv-1."},
	} {
		service := &awsecs.CreateServiceInput{
			Cluster: aws.String("main"), ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(1), LaunchType: ecstypes.LaunchTypeFargate,
			NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{"subnet-a"}}},
		}
		c.change(service)
		_, err := f.client.CreateService(t.Context(), service)
		require.ErrorContains(t, err, c.want, name)
	}
	f.create(1, in("a", nil, nil))
	f.settle()
	require.Len(t, f.registries.instances, 1)
	_, err := f.client.UpdateService(t.Context(), &awsecs.UpdateServiceInput{
		Cluster: aws.String("main"), Service: aws.String("web"), ServiceRegistries: []ecstypes.ServiceRegistry{{RegistryArn: aws.String(registryARN + "srv")}},
	})
	require.ErrorContains(t, err, "a container with its port, or a port")
}
