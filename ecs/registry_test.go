// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/cloudmap"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/vpc"
)

func local() cloudmap.PrivateNamespace {
	return cloudmap.NewPrivateNamespace("shop.local", vpc.Default())
}

// recorded is a service of Cloud Map with a record.
func recorded(kind cloudmap.RecordType) cloudmap.Service {
	return cloudmap.NewService("web", local()).WithRecord(kind, 10*time.Second).WithCustomHealth()
}

// checked is a container whose health is checked.
func checked() ecs.Container {
	return app("public.ecr.aws/shop/web:1").WithHealthCheck(ecs.HealthCheck{Command: []string{"CMD", "/app", "-check"}})
}

func onFargate(c ecs.Container) ecs.FargateService {
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c)
	return ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default()).WithCount(2)
}

func TestWhatARegistryAddsToAService(t *testing.T) {
	t.Parallel()
	plain := onFargate(app("nginx:1"))
	with := built[model.Service](t, plain.WithRegistry(cloudmap.ServiceID("srv-1"))).Create.ServiceRegistries
	require.Len(t, with, 1)
	require.Contains(t, *with[0].RegistryArn, ":service/srv-1")
	require.Nil(t, with[0].ContainerName)
	require.Nil(t, with[0].ContainerPort)

	ported := plain.WithRegistry(cloudmap.ServiceID("srv-1")).WithPortRegistry(recorded(cloudmap.SRV), app("nginx:1"), http)
	with = built[model.Service](t, ported).Create.ServiceRegistries
	require.Equal(t, []ecstypes.ServiceRegistry{{
		RegistryArn: aws.String("${slipway:cloudmap:Service/shop.local/web#arn}"), ContainerName: aws.String("app"), ContainerPort: aws.Int32(8080),
	}}, with, "it counts instead of the first")
	desired, err := ported.Build()
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(desired.Uses, func(r slipway.Resource) bool { return r.ID() == recorded(cloudmap.SRV).ID() }))
	_, err = plain.WithRegistry(nil).Build()
	require.ErrorIs(t, err, slipway.ErrInvalid)
	require.ErrorContains(t, err, "ServiceRegistries[0]: got nil, want a service of Cloud Map")
}

// TestRegistriesAreCheckedOffline: a stack knows the records of what it declares.
func TestRegistriesAreCheckedOffline(t *testing.T) {
	t.Parallel()
	plain := onFargate(app("nginx:1"))
	onHost := ecs.NewEC2Service("web", ecs.NewCluster("shop"), ecs.NewEC2TaskDefinition("web").WithContainer(app("nginx:1").WithMemoryReservation(64*ecs.MiB)), vpc.Default())
	apiOnly := cloudmap.NewService("api", cloudmap.NewHTTPNamespace("shop"))
	for _, c := range []struct {
		name string
		of   slipway.Resource
		want string
	}{
		{"A", plain.WithRegistry(recorded(cloudmap.A)), ""},
		{"SRV", plain.WithPortRegistry(recorded(cloudmap.SRV), app("nginx:1"), http), ""},
		{"both", plain.WithPortRegistry(recorded(cloudmap.SRV).WithRecord(cloudmap.A, 0), app("nginx:1"), http), ""},
		{"API", plain.WithRegistry(apiOnly), ""},
		{"a port for A", plain.WithPortRegistry(recorded(cloudmap.A), app("nginx:1"), http), "ServiceRegistries[0].ContainerPort: got one for a registry of type A"},
		{"no port for SRV", plain.WithRegistry(recorded(cloudmap.SRV)), "ServiceRegistries[0]: got no port for a record of type SRV"},
		{"another port", plain.WithPortRegistry(recorded(cloudmap.SRV), app("nginx:1"), ecs.TCP("admin", 9000)), "ServiceRegistries[0].ContainerPort: got 9000"},
		{"SRV on a bridge", onHost.WithPortRegistry(recorded(cloudmap.SRV), app("nginx:1"), http), ""},
		{"A on a bridge", onHost.WithPortRegistry(recorded(cloudmap.A), app("nginx:1"), http), "got records of type A with network mode bridge"},
		{"no port on a bridge", onHost.WithRegistry(recorded(cloudmap.SRV)), "got no ContainerName or no ContainerPort"},
		{"somebody else's", plain.WithPortRegistry(cloudmap.ServiceID("srv-1"), app("nginx:1"), http), ""},
		{"a look-up", plain.WithRegistry(cloudmap.ServiceNamed(cloudmap.NamespaceNamed("shop"), "web")), ""},
		{"a broken ARN", plain.WithRegistry(cloudmap.ServiceARN("srv-1")), `ServiceRegistries[0].RegistryArn: got "srv-1"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := slipway.NewStack("shop", c.of).Validate()
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, slipway.ErrInvalid)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// found are the instances that clients find, by ID.
func found(t *testing.T, cloud *fakes.Cloud, filter sdtypes.HealthStatusFilter) map[string]map[string]string {
	t.Helper()
	out, err := awssd.NewFromConfig(cloud.Config()).DiscoverInstances(t.Context(), &awssd.DiscoverInstancesInput{
		NamespaceName: aws.String("shop.local"), ServiceName: aws.String("web"), HealthStatus: filter,
	})
	require.NoError(t, err)
	all := map[string]map[string]string{}
	for _, i := range out.Instances {
		all[*i.InstanceId] = i.Attributes
	}
	return all
}

// TestARegistryOfAnotherKindRollsTheTasks: what registers differently is another task.
func TestARegistryOfAnotherKindRollsTheTasks(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	plain := onFargate(app("public.ecr.aws/shop/web:1"))
	apply := func(s ecs.FargateService) *slipway.Plan {
		stack := slipway.NewStack("shop", s)
		plan, err := stack.Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		_, err = stack.Apply(t.Context(), cloud.Config())
		require.NoError(t, err)
		again, err := stack.Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		require.True(t, again.Empty(), "%s", again)
		return plan
	}
	apply(plain)
	rolls := func(p *slipway.Plan) bool {
		i := slices.IndexFunc(p.Changes, func(c slipway.Change) bool { return c.ID == plain.ID() })
		require.GreaterOrEqual(t, i, 0, "%s", p)
		return p.Changes[i].RollsTasks
	}
	require.True(t, rolls(apply(plain.WithRegistry(recorded(cloudmap.A)))))
	before := found(t, cloud, "")
	require.Len(t, before, 2)
	other := cloudmap.NewService("web", cloudmap.NewPrivateNamespace("other.local", vpc.Default())).WithRecord(cloudmap.SRV, 0)
	require.True(t, rolls(apply(plain.WithPortRegistry(other, app("nginx:1"), http))))
	list, err := awssd.NewFromConfig(cloud.Config()).ListServices(t.Context(), &awssd.ListServicesInput{})
	require.NoError(t, err)
	require.Len(t, list.Services, 1, "the old one is gone with its instances")
	require.EqualValues(t, 2, *list.Services[0].InstanceCount)
	require.True(t, rolls(apply(plain)))
	left, err := awssd.NewFromConfig(cloud.Config()).ListNamespaces(t.Context(), &awssd.ListNamespacesInput{})
	require.NoError(t, err)
	require.Empty(t, left.Namespaces)
}

// TestHealthOfContainersIsTold: with custom health checks only tasks are found whose
// containers are well, after the 30 seconds that Cloud Map waits.
func TestHealthOfContainersIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
		stack := slipway.NewStack("shop", onFargate(checked()).WithRegistry(recorded(cloudmap.A)))
		_, err := stack.Apply(t.Context(), cloud.Config())
		require.NoError(t, err)
		time.Sleep(time.Minute)
		all := found(t, cloud, sdtypes.HealthStatusFilterHealthy)
		require.Len(t, all, 2)
		for _, attributes := range all {
			require.Equal(t, "UNHEALTHY", attributes["AWS_INIT_HEALTH_STATUS"], "it was registered before its first check")
		}
		require.NoError(t, stack.Destroy(t.Context(), cloud.Config()))
		left, err := awssd.NewFromConfig(cloud.Config()).ListNamespaces(t.Context(), &awssd.ListNamespacesInput{})
		require.NoError(t, err)
		require.Empty(t, left.Namespaces)
	})
}

// TestUnknownRegistriesAreRefused, by ECS itself.
func TestUnknownRegistriesAreRefused(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	_, err := slipway.NewStack("shop", onFargate(app("public.ecr.aws/shop/web:1")).WithRegistry(cloudmap.ServiceID("srv-1"))).Apply(t.Context(), cloud.Config())
	require.Equal(t, "InvalidParameterException", slipway.ErrorCode(err))
	require.ErrorContains(t, err, "srv-1")
}

// TestServiceConnectInADeclaredNamespace: it is there before what is in it, and goes after it.
func TestServiceConnectInADeclaredNamespace(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	namespace := cloudmap.NewHTTPNamespace("shop")
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app("public.ecr.aws/shop/web:1"))
	for name, s := range map[string]ecs.FargateService{
		"service": ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default()).WithServiceConnect(ecs.Connect{In: namespace}),
		"cluster": ecs.NewFargateService("web", ecs.NewCluster("shop").WithServiceConnect(namespace), task, vpc.Default()).WithServiceConnect(ecs.Connect{}),
	} {
		stack := slipway.NewStack(name, s)
		result, err := stack.Apply(t.Context(), cloud.Config())
		require.NoError(t, err)
		plan, err := stack.Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		require.True(t, plan.Empty(), "%s", plan)
		out, err := awsecs.NewFromConfig(cloud.Config()).DescribeServices(t.Context(), &awsecs.DescribeServicesInput{Cluster: aws.String("shop"), Services: []string{"web"}})
		require.NoError(t, err)
		if name == "service" {
			require.Equal(t, slipway.Output(result, namespace).ARN, *out.Services[0].Deployments[0].ServiceConnectConfiguration.Namespace)
		}
		cloud.ForgetCalls()
		require.NoError(t, stack.Destroy(t.Context(), cloud.Config()))
		writes := cloud.Calls().Writes().Names()
		require.Greater(t, slices.Index(writes, "ServiceDiscovery.DeleteNamespace"), slices.Index(writes, "ECS.DeleteCluster"), "%v", writes)
	}
}

// TestExportOfRegisteredServices: the registry of somebody else's is written as it is; what
// the stack itself owns in Cloud Map cannot be.
func TestExportOfRegisteredServices(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	base, err := slipway.NewStack("base", recorded(cloudmap.A)).Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	arn := slipway.Output(base, recorded(cloudmap.A)).ARN
	web := onFargate(app("public.ecr.aws/shop/web:1"))
	_, err = slipway.NewStack("shop", web.WithRegistry(cloudmap.ServiceARN(arn))).Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	source, err := ecs.Export(t.Context(), cloud.Config(), ecs.ServiceNamed("shop", "web"))
	require.NoError(t, err, "%s", source)
	require.Contains(t, string(source), "ServiceRegistries")
	require.Contains(t, string(source), arn)

	other := fakes.New(fakes.Options{})
	_, err = slipway.NewStack("shop", web.WithRegistry(recorded(cloudmap.A))).Apply(t.Context(), other.Config())
	require.NoError(t, err)
	_, err = ecs.Export(t.Context(), other.Config(), ecs.ServiceNamed("shop", "web"))
	require.ErrorContains(t, err, "the stack also owns cloudmap:Service/shop.local/web, which is not declared here")
}
