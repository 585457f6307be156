// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/internal/exporttest"
	"github.com/slipway-go/slipway/vpc"
)

// exportedOdd has names that are words of Go, the same but for their hyphens, or names
// of what the source needs, and texts that could end a string or a comment. No service
// uses its second listener.
func exportedOdd() []slipway.Resource {
	network := vpc.Default()
	balancer := elb.NewApplication("shop", network)
	first := ecs.NewContainer("func", ecs.ImageRef("a:1")).WithPort(ecs.TCP("type", 8080)).
		WithEnv("Q", "say \"hi\" `x` \\ \n\t ünï 日本").WithEnv("EMPTY", "").WithMemoryReservation(100)
	task := ecs.NewFargateTaskDefinition("range", 2*ecs.VCPU, 5*ecs.GiB).WithContainer(first).
		WithTag(`quo"te`, "v`al").WithTag("日本", "x").
		WithOverride(func(in *awsecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].LinuxParameters = &ecstypes.LinuxParameters{InitProcessEnabled: aws.Bool(true)}
			in.ContainerDefinitions[0].LogConfiguration = nil
		})
	for i, name := range []string{"my-app", "my_app", "myApp", "ecs", "Stack", "int32", "new", "in", "slipway", "8080"} {
		port := ecs.TCP([]string{"len", "int32", "main"}[i%3]+strings.Repeat("x", i/3), 9000+i)
		task = task.WithContainer(ecs.NewContainer(name, ecs.ImageRef("a:1")).WithNonEssential().WithPort(port).
			WithCommand("*/", "// x", "`", "\x00").WithDependency(first, ecs.Start).WithStopTimeout(7 * time.Second))
	}
	return []slipway.Resource{
		ecs.NewFargateService("web", ecs.NewCluster("shop"), task, network).WithCount(0).WithRoute(balancer.Route("/*"), first, ecs.TCP("type", 8080)),
		elb.NewListener(balancer, 8443, elb.FixedResponse{Status: 404, Body: "no `\"*/"}),
	}
}

// exportedRaw is a service that calls of the SDK have made, in AWS's other spellings.
func exportedRaw(t *testing.T) *fakes.Cloud {
	t.Helper()
	cloud := exportedCloud(t, worker("worker:1"))
	client := awsecs.NewFromConfig(cloud.Config())
	out, err := client.DescribeServices(t.Context(), &awsecs.DescribeServicesInput{Cluster: aws.String("shop"), Services: []string{"worker"}})
	require.NoError(t, err)
	_, err = client.RegisterTaskDefinition(t.Context(), &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String("raw_fam-1"), Cpu: aws.String(".5 vCPU"), Memory: aws.String("1 GB"), NetworkMode: ecstypes.NetworkModeAwsvpc,
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: aws.String("default"), Image: aws.String("x:1"), Essential: aws.Bool(true), PortMappings: []ecstypes.PortMapping{{ContainerPort: aws.Int32(80)}},
			MountPoints: []ecstypes.MountPoint{{SourceVolume: aws.String("data"), ContainerPath: aws.String("/x")}},
			Environment: []ecstypes.KeyValuePair{{Name: aws.String("A"), Value: aws.String("1")}},
		}},
		Volumes: []ecstypes.Volume{{Name: aws.String("data")}, {Name: aws.String("unused")}},
	})
	require.NoError(t, err)
	_, err = client.CreateService(t.Context(), &awsecs.CreateServiceInput{
		Cluster: aws.String("shop"), ServiceName: aws.String("1raw"), TaskDefinition: aws.String("raw_fam-1"), DesiredCount: aws.Int32(1),
		LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: out.Services[0].NetworkConfiguration, Tags: []ecstypes.Tag{{Key: aws.String("a"), Value: aws.String("")}},
	})
	require.NoError(t, err)
	return cloud
}

func TestExportOfOddThings(t *testing.T) {
	t.Parallel()
	odd, err := ecs.Export(t.Context(), exportedCloud(t, exportedOdd()...).Config(), ecs.ServiceNamed("shop", "web"), ecs.ExportPackage("exported"))
	require.NoError(t, err, "%s", odd)
	raw, err := ecs.Export(t.Context(), exportedRaw(t).Config(), ecs.ServiceNamed("shop", "1raw"), ecs.ExportPackage("exported"))
	require.NoError(t, err, "%s", raw)
	exporttest.PlansEmpty(t, "ecs_test",
		exporttest.Case{Name: "Odd", Source: odd, Cloud: "exportedCloud(t, exportedOdd()...)"},
		exporttest.Case{Name: "Raw", Source: raw, Cloud: "exportedRaw(t)", Adopts: true})
}

// TestExportKeepsSecretsOfAll: of all that the stack owns.
func TestExportKeepsSecretsOfAll(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	network := vpc.Default()
	c := app("nginx:1").WithEnv("DB_PASS", secret).WithEnv("CONFIG", `{"db":{"password":"`+secret+`"}}`).WithEnv("ENCRYPTION_KEY", secret).
		WithCommand("sh", "-c", "run --password "+secret+" && curl -H 'Authorization: Bearer "+secret+"' https://x/?token="+secret)
	balancer := elb.NewApplication("shop", network).WithTag("token", secret)
	other := elb.NewTargetGroup("other", 80, network).WithTag("password", secret)
	group := vpc.NewSecurityGroup("own", "Own.", network).WithTag("password", secret)
	role := iam.NewRole("web").WithTag("client-secret", secret)
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c).WithTaskRole(role)
	service := ecs.NewFargateService("web", ecs.NewCluster("shop").WithTag("api_key", secret), task, network).
		WithRoute(balancer.Route("/*").WithHeader("X-Origin-Secret", secret), c, http).WithSecurityGroup(group)
	cloud := exportedCloud(t, service, ecs.NewLogGroup("/x").WithTag("password", secret),
		elb.NewListener(balancer, 8443, elb.FixedResponse{Status: 404}).WithTag("token", secret),
		elb.NewListenerRule("other", balancer.Listener(), elb.ForwardTo(other)).WithHeader("X-Api-Key", secret).WithQuery("token", secret))
	source, err := ecs.Export(t.Context(), cloud.Config(), service, ecs.ExportPackage("exported"))
	require.Error(t, err)
	require.NotContains(t, string(source), secret)
	require.NotContains(t, err.Error(), secret)
	for _, where := range []string{
		"DB_PASS of container app", "CONFIG of container app", "ENCRYPTION_KEY of container app", "the command of container app", "api_key of ecs:Cluster/shop",
		"token of elb:LoadBalancer/shop", "password of elb:TargetGroup/other", "password of vpc:SecurityGroup/own", "client-secret of iam:Role/web",
		"password of logs:LogGroup//x", "token of elb:Listener/shop/8443", "header X-Api-Key of elb:ListenerRule/other", "token of elb:ListenerRule/other",
	} {
		require.ErrorContains(t, err, where)
	}
}

// TestExportRefusesNames that would not compile, or not be a stack's.
func TestExportRefusesNames(t *testing.T) {
	t.Parallel()
	cloud := exportedCloud(t, worker("worker:1"))
	for name, option := range map[string]ecs.ExportOption{
		"no package": ecs.ExportPackage(""), "a word of Go": ecs.ExportPackage("func"), "a hyphen": ecs.ExportPackage("my-pkg"),
		"code": ecs.ExportPackage("x\nvar y int"), "the blank name": ecs.ExportPackage("_"), "no name of a stack": ecs.ExportStack("bad name!"),
	} {
		source, err := ecs.Export(t.Context(), cloud.Config(), ecs.ServiceNamed("shop", "worker"), option)
		require.ErrorIs(t, err, slipway.ErrInvalid, name)
		require.Empty(t, source, name)
	}
}
