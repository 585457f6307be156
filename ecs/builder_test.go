// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/cloudmap"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/internal/buildertest"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	modeliam "github.com/slipway-go/slipway/internal/model/iam"
	"github.com/slipway-go/slipway/storage"
	"github.com/slipway-go/slipway/vpc"
)

var update = flag.Bool("update", false, "write the golden files")

func TestForks(t *testing.T) {
	t.Parallel()
	network := vpc.Default()
	route := elb.NewApplication("shop", network).Route("/*")
	samples := []any{
		app("nginx:1"), ecs.NewContainer("other", ecs.ImageRef("other:1")), http, ecs.TCP("admin", 9000), route, route.WithHost("example.com"),
		ecs.SecretsManager("a"), ecs.SSMParameter("b"), ecs.BindMount{Name: "a"}, ecs.BindMount{Name: "b"},
		ecs.EFSVolume{Name: "c", FileSystem: storage.FileSystemID("fs-1")}, ecs.EBSVolume{Name: "d", Size: 1 * ecs.GiB},
		ecs.NoLogging{}, ecs.AWSLogs{StreamPrefix: "x"}, iam.RoleARN("arn:aws:iam::123456789012:role/a"), iam.NewRole("b"),
		vpc.GroupID("sg-1"), vpc.GroupID("sg-2"), autoscaling.Between(1, 2), autoscaling.Between(3, 4),
		ecs.Rolling{MaximumPercent: 150}, ecs.Rolling{MaximumPercent: 120}, ecs.LogGroupNamed("a"), ecs.LogGroupNamed("b"),
		elb.NewTargetGroup("a", 80, network), elb.NewTargetGroup("b", 80, network),
		ecs.ProviderNamed("a"), ecs.ProviderNamed("b"), ecs.ManagedProviderNamed("a"), ecs.ManagedProviderNamed("b"),
		cloudmap.ServiceID("a"), cloudmap.ServiceID("b"), cloudmap.NamespaceID("a"), cloudmap.NamespaceID("b"),
	}
	buildertest.Fork(t, app("nginx:1"), samples...)
	buildertest.Fork(t, http, samples...)
	buildertest.Fork(t, ecs.NewFargateTaskDefinition("web", ecs.VCPU, 2*ecs.GiB), append(samples,
		func(in *awsecs.RegisterTaskDefinitionInput) { in.Family = nil })...)
	buildertest.Fork(t, ecs.NewFargateService("web", ecs.NewCluster("shop"), fullTask(), network), append(samples,
		func(in *awsecs.CreateServiceInput) { in.Role = nil })...)
	buildertest.Fork(t, ecs.NewCluster("shop"), append(samples, func(in *awsecs.CreateClusterInput) { in.Tags = nil })...)
	buildertest.Fork(t, report(), append(samples, func(in *awsecs.RunTaskInput) { in.Tags = nil })...)
	buildertest.Fork(t, ecs.NewLogGroup("web"), append(samples, func(in *awslogs.CreateLogGroupInput) { in.Tags = nil })...)
}

// built returns the state of a resource.
func built[T any](t *testing.T, r slipway.Resource) *T {
	t.Helper()
	desired, err := r.Build()
	require.NoError(t, err)
	state, ok := desired.State.(*T)
	require.True(t, ok, "%T", desired.State)
	return state
}

func TestEveryFieldIsKnown(t *testing.T) {
	t.Parallel()
	plain := ecs.NewFargateService("web", ecs.NewCluster("shop"), fullTask(), vpc.Default())
	for name, inputs := range map[string][]any{
		"task definition": {
			built[model.TaskDefinition](t, fullTask()).Register, built[model.TaskDefinition](t, mounting(fullVolume())).Register,
			built[model.TaskDefinition](t, fullEC2Task()).Register,
		},
		"service": {
			built[model.Service](t, fullService()).Create, built[model.Service](t, plain).Create,
			built[model.Service](t, serving(fullVolume())).Create, built[model.Service](t, fullEC2Service()).Create,
			built[model.Service](t, plain.WithPortRegistry(cloudmap.ServiceID("srv-1"), app("nginx:1"), http)).Create,
			built[model.Service](t, shifting("web:1", fullCanary())).Create, built[model.Service](t, shifting("web:1", fullLinear())).Create,
		},
		"cluster":   {built[model.Cluster](t, fullCluster()).Create},
		"log group": {built[model.LogGroup](t, fullLogGroup()).Create},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			buildertest.Drift(t, inputs...)
		})
	}
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]slipway.Resource{
		"task": fullTask(), "service": fullService(), "cluster": fullCluster(), "loggroup": fullLogGroup(),
		"canary": shifting("web:1", fullCanary()), "linear": shifting("web:1", fullLinear()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desired, err := r.Build()
			require.NoError(t, err)
			golden(t, name+".json", desired.State)
			again, err := r.Build()
			require.NoError(t, err)
			require.Equal(t, desired.State, again.State, "Build is repeatable")
		})
	}
}

func golden(t *testing.T, name string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	require.NoError(t, err)
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, append(got, '\n'), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))
}

func TestFullValuesAreValid(t *testing.T) {
	t.Parallel()
	require.NoError(t, fullTask().Validate())
	require.NoError(t, fullCluster().Validate())
	require.NoError(t, fullLogGroup().Validate())
	require.NoError(t, fullService().Validate())
}

// roleOf returns a role that a task definition brings.
func roleOf(t *testing.T, of slipway.Resource, name string) *modeliam.Role {
	t.Helper()
	desired, err := of.Build()
	require.NoError(t, err)
	for _, r := range desired.Uses {
		if r.ID() == (slipway.ID{Kind: modeliam.KindRole, Name: name}) {
			return built[modeliam.Role](t, r)
		}
	}
	return nil
}

func TestExecutionRoleAllowsWhatIsUsedAndNoMore(t *testing.T) {
	t.Parallel()
	bare := ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithLogging(ecs.NoLogging{})
	base := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB)
	require.Nil(t, roleOf(t, base.WithContainer(bare), "web-execution"), "a public image needs no role")
	for _, test := range []struct {
		name      string
		container ecs.Container
		has       []string
	}{
		{"image", ecs.NewContainer("app", ecs.ImageRef("123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web@sha256:0")).WithLogging(ecs.NoLogging{}),
			[]string{"ecr:GetAuthorizationToken", "ecr:BatchGetImage", ":ecr:eu-west-1:123456789012:repository/shop/web\""}},
		{"declared repository", ecs.NewContainer("app", ecs.ImageRef("${slipway:ecr:Repository/shop/web#uri}:1")).WithLogging(ecs.NoLogging{}),
			[]string{"ecr:BatchGetImage", "${slipway:ecr:Repository/shop/web#arn}"}},
		{"log", ecs.NewContainer("app", ecs.ImageRef("nginx:1")), []string{"logs:CreateLogStream", "logs:PutLogEvents", ":log-group:/ecs/web:*"}},
		{"secret by name", bare.WithSecret("A", ecs.SecretsManager("shop/db").Key("url")),
			[]string{"secretsmanager:GetSecretValue", ":secret:shop/db-??????"}},
		{"secret by ARN", bare.WithSecret("A", ecs.SecretsManager("arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf").EncryptedBy(key)),
			[]string{"secretsmanager:GetSecretValue", "secret:db-AbCdEf\"", "kms:Decrypt", key}},
		{"parameter", bare.WithSecret("A", ecs.SSMParameter("/shop/p")), []string{"ssm:GetParameters", ":parameter/shop/p"}},
		{"environment file", bare.WithEnvFile("arn:aws:s3:::shop/web.env"),
			[]string{"s3:GetObject", "arn:aws:s3:::shop/web.env", "s3:GetBucketLocation", "arn:aws:s3:::shop\""}},
		{"splunk", bare.WithLogging(ecs.Splunk{URL: "https://splunk.example", Token: ecs.SSMParameter("token")}),
			[]string{"ssm:GetParameters", ":parameter/token"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			role := roleOf(t, base.WithContainer(test.container), "web-execution")
			require.NotNil(t, role)
			trust := aws.ToString(role.Create.AssumeRolePolicyDocument)
			require.Contains(t, trust, "ecs-tasks.amazonaws.com")
			require.Contains(t, trust, "aws:SourceAccount")
			require.Contains(t, trust, "aws:SourceArn")
			require.Len(t, role.Inline, 1)
			for _, document := range role.Inline {
				for _, part := range test.has {
					require.Contains(t, document, part)
				}
				if test.name != "image" && test.name != "declared repository" {
					require.NotContains(t, document, "ecr:")
				}
			}
		})
	}
}

func TestTaskRoleGetsWhatTheTaskNeeds(t *testing.T) {
	t.Parallel()
	base := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app("nginx:1"))
	require.Nil(t, roleOf(t, base, "web-task"), "no role without need")
	exec := roleOf(t, base.WithExec(), "web-task")
	require.NotNil(t, exec)
	require.Contains(t, document(exec), "ssmmessages:OpenDataChannel")
	files := ecs.EFSVolume{Name: "files", FileSystem: storage.FileSystemID("fs-1"), IAM: true}
	mounted := base.WithContainer(ecs.NewContainer("reader", ecs.ImageRef("r")).WithReadOnlyMount(files, "/files"))
	require.Contains(t, document(roleOf(t, mounted, "web-task")), "elasticfilesystem:ClientMount")
	require.NotContains(t, document(roleOf(t, mounted, "web-task")), "elasticfilesystem:ClientWrite")
	own := roleOf(t, base.WithTaskRole(iam.NewRole("shop").WithAllow("*", "s3:ListAllMyBuckets")).WithExec(), "shop")
	require.Contains(t, document(own), "s3:ListAllMyBuckets")
	require.Contains(t, document(own), "ssmmessages:CreateControlChannel")
	require.Contains(t, aws.ToString(own.Create.AssumeRolePolicyDocument), "ecs-tasks.amazonaws.com")
}

func document(r *modeliam.Role) string {
	all := ""
	for _, d := range r.Inline {
		all += d
	}
	return all
}

// platformImage is an image that is known to be made for one platform.
type platformImage string

func (p platformImage) ImageReference() string   { return "image:1" }
func (p platformImage) ImagePlatforms() []string { return []string{string(p)} }

func TestMistakesOfTheBuilder(t *testing.T) {
	t.Parallel()
	base := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB)
	plain := app("nginx:1")
	for _, test := range []struct {
		name string
		task ecs.FargateTaskDefinition
		path string
	}{
		{"image for another processor", base.WithContainer(ecs.NewContainer("app", platformImage("linux/arm64/v8"))), "ContainerDefinitions[app].Image"},
		{"secret that is nil", base.WithContainer(plain.WithSecret("DB", nil)), "ContainerDefinitions[app].Secrets[DB]"},
		{"volume that is nil", base.WithContainer(plain.WithMount(nil, "/x")), "ContainerDefinitions[app].MountPoints[/x]"},
		{"two containers of a name", base.WithContainer(plain).WithContainer(plain), "ContainerDefinitions[app].Name"},
		{"two volumes of a name", base.WithContainer(plain.WithMount(ecs.BindMount{Name: "v"}, "/a").
			WithMount(ecs.EFSVolume{Name: "v", FileSystem: storage.FileSystemID("fs-1")}, "/b")), "Volumes[v].Name"},
		{"a size that Fargate lacks", ecs.NewFargateTaskDefinition("web", ecs.VCPU, 1*ecs.GiB).WithContainer(plain), "Memory"},
		{"a dependency on a stranger", base.WithContainer(plain.WithDependency(app("x").WithPort(http), ecs.Start)), "ContainerDefinitions[app].DependsOn"},
		{"storage of a broken GiB", base.WithContainer(plain).WithEphemeralStorage(30*ecs.GiB + 1), "EphemeralStorage.SizeInGiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := test.task.Validate()
			require.ErrorIs(t, err, slipway.ErrInvalid)
			require.ErrorContains(t, err, "ecs:TaskDefinition/web ")
			require.ErrorContains(t, err, test.path)
		})
	}
	require.NoError(t, base.WithArchitecture(ecs.ARM64).WithContainer(ecs.NewContainer("app", platformImage("linux/arm64/v8"))).Validate())
}

func TestServiceFindsTheContainerAndPort(t *testing.T) {
	t.Parallel()
	network := vpc.Default()
	c := app("nginx:1")
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c)
	base := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, network)
	route := elb.NewApplication("shop", network).Route("/*")
	require.NoError(t, base.WithRoute(route, c, http).Validate())
	require.ErrorContains(t, base.WithRoute(route, ecs.NewContainer("other", ecs.ImageRef("x")), http).Validate(), "LoadBalancers[other].ContainerName")
	require.ErrorContains(t, base.WithRoute(route, c, ecs.TCP("admin", 9000)).Validate(), "LoadBalancers[app].ContainerPort")
	require.ErrorContains(t, base.WithServiceConnect(ecs.Connect{}).Validate(), "Namespace")
	require.ErrorContains(t, base.WithCount(2).WithDeployment(ecs.Rolling{MinimumHealthyPercent: 75, MaximumPercent: 120}).Validate(), "DeploymentConfiguration")
}

func TestServiceCannotBeBuiltOfNothing(t *testing.T) {
	t.Parallel()
	c := app("nginx:1")
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c)
	err := ecs.NewFargateService("web", nil, task, vpc.Default()).WithSecurityGroup(nil).WithRoute(elb.Route{}, c, http).Validate()
	require.ErrorIs(t, err, slipway.ErrInvalid)
	require.EqualError(t, err, "ecs:Service//web Cluster: got nil, want a cluster\n"+
		"ecs:Service//web SecurityGroups[0]: got nil, want a security group\n"+
		"ecs:Service//web LoadBalancers[0]: got an empty elb.Route, want a route of a load balancer or listener")
}

func TestOverrideComesLast(t *testing.T) {
	t.Parallel()
	task := fullTask().WithOverride(func(in *awsecs.RegisterTaskDefinitionInput) {
		in.RuntimePlatform.OperatingSystemFamily = ecstypes.OSFamilyWindowsServer2022Core
	})
	require.Equal(t, ecstypes.OSFamilyWindowsServer2022Core, built[model.TaskDefinition](t, task).Register.RuntimePlatform.OperatingSystemFamily)
	require.Equal(t, ecstypes.OSFamilyLinux, built[model.TaskDefinition](t, fullTask()).Register.RuntimePlatform.OperatingSystemFamily)
}

func TestOverridesAreTold(t *testing.T) {
	t.Parallel()
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app("nginx:1"))
	service := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default())
	cluster := ecs.NewCluster("shop").WithOverride(func(in *awsecs.CreateClusterInput) { in.ClusterName = aws.String("x") })
	for _, test := range []struct {
		name string
		of   slipway.Resource
		want []string
	}{
		{"none", service, nil},
		{"a service", service.WithOverride(func(in *awsecs.CreateServiceInput) {
			in.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp = ecstypes.AssignPublicIpDisabled
		}), []string{"Create.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp"}},
		{"a task definition", task.WithOverride(func(in *awsecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].Hostname = aws.String("web")
		}), []string{"Register.ContainerDefinitions[0].Hostname"}},
		{"a cluster", cluster, []string{"Create.ClusterName"}},
		{"a log group", ecs.NewLogGroup("/web").WithOverride(func(in *awslogs.CreateLogGroupInput) {
			in.LogGroupName = aws.String("/shop")
		}), []string{"Create.LogGroupName"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d, err := test.of.Build()
			require.NoError(t, err)
			require.Equal(t, test.want, d.Overridden)
		})
	}
	wrong := service.WithOverride(func(in *awsecs.CreateServiceInput) { in.ServiceName = aws.String("a b") })
	require.ErrorContains(t, wrong.Validate(), "ServiceName", "what an override does is checked")
}

func TestCheckTakesRawInputs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		in   any
		path string
	}{
		{"cluster", &awsecs.CreateClusterInput{ClusterName: aws.String("a b")}, "ClusterName"},
		{"update of a cluster", &awsecs.UpdateClusterInput{Settings: []ecstypes.ClusterSetting{{Name: "containerInsights", Value: aws.String("x")}}}, "Settings"},
		{"capacity providers", &awsecs.PutClusterCapacityProvidersInput{CapacityProviders: []string{"FARGATES"}}, "CapacityProviders"},
		{"task definition", &awsecs.RegisterTaskDefinitionInput{Family: aws.String("web")}, "ContainerDefinitions"},
		{"service", &awsecs.CreateServiceInput{ServiceName: aws.String("a b")}, "ServiceName"},
		{"update of a service", &awsecs.UpdateServiceInput{DesiredCount: aws.Int32(-1)}, "DesiredCount"},
		{"run", &awsecs.RunTaskInput{Count: aws.Int32(11)}, "Count"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := ecs.Check(test.in)
			require.ErrorIs(t, err, slipway.ErrInvalid)
			require.ErrorContains(t, err, test.path)
		})
	}
	require.ErrorIs(t, ecs.Check("text"), slipway.ErrInvalid)
}
