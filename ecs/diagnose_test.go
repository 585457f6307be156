// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// clinic is a cloud with a healthy service, and what rows break it with.
type clinic struct {
	*testing.T
	cloud   *fakes.Cloud
	image   ecs.Image
	network vpc.Network
}

// patient is a service that is healthy until a row breaks it: it has a route, a
// secret, a parameter, a log group and a health check.
func (c clinic) patient(image ecs.Image) ecs.FargateService {
	http := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", image).WithPort(http).WithCommand("/app").
		WithSecret("DB", ecs.SecretsManager("shop/db").Key("url")).WithSecret("KEY", ecs.SSMParameter("/shop/key")).
		WithHealthCheck(ecs.HealthCheck{Command: []string{"CMD", "/app", "-check"}})
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
	return ecs.NewFargateService("web", ecs.NewCluster("shop"), task, c.network).WithCount(2).
		WithRoute(elb.NewApplication("shop", vpc.Default()).Route("/*"), app, http)
}

func (c clinic) must(_ any, err error) {
	c.Helper()
	require.NoError(c, err)
}

// rolled restarts the service's tasks.
func (c clinic) rolled() {
	c.must(awsecs.NewFromConfig(c.cloud.Config()).UpdateService(c.Context(), &awsecs.UpdateServiceInput{
		Cluster: aws.String("shop"), Service: aws.String("web"), ForceNewDeployment: true,
	}))
}

// applied deploys another version, which fails.
func (c clinic) applied(s ecs.FargateService, opts ...slipway.ApplyOption) {
	err := apply(c.T, c.cloud, s, opts...)
	var failed *ecs.DeploymentError
	require.ErrorAs(c, err, &failed)
	require.NotEmpty(c, failed.Causes, "the error has the causes, too")
	causes, err := ecs.Diagnose(c.Context(), c.cloud.Config(), s)
	require.NoError(c, err)
	require.Equal(c, causes[0].Code, failed.Causes[0].Code, "the same cause comes first")
}

// program deploys another image with that program.
func (c clinic) program(p fakes.Program) {
	c.cloud.Image("web:2", p)
	c.applied(c.patient(ecs.ImageRef("web:2")))
}

const executionRole = "web-execution-us-east-1"

// denied takes from the execution role what the actions name.
func (c clinic) denied(actions ...string) {
	c.must(awsiam.NewFromConfig(c.cloud.Config()).PutRolePolicy(c.Context(), &awsiam.PutRolePolicyInput{
		RoleName: aws.String(executionRole), PolicyName: aws.String("slipway"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","NotAction":["` + strings.Join(actions, `","`) + `"]}]}`),
	}))
}

// ailment is a way in which a service breaks, and what is to be said of it.
type ailment struct {
	name, reason string
	breaks       func(c clinic)
	want         slipway.CauseCode
	sure         slipway.Confidence
	evidence     string
}

// diagnosed expects no cause of a healthy service, breaks it, and expects the cause
// first.
func (row ailment) diagnosed(c clinic) {
	stored(c.T, c.cloud)
	c.must(nil, apply(c.T, c.cloud, c.patient(c.image)))
	causes, err := ecs.Diagnose(c.Context(), c.cloud.Config(), c.patient(c.image))
	require.NoError(c, err)
	require.Empty(c, causes, "it is healthy")

	row.breaks(c)
	c.cloud.Advance(time.Second)
	causes, err = ecs.Diagnose(c.Context(), c.cloud.Config(), ecs.ServiceNamed("shop", "web"))
	require.NoError(c, err)
	require.NotEmpty(c, causes, row.reason)
	first := causes[0]
	require.Equal(c, row.want, first.Code, "%s: %v", row.reason, causes)
	require.Equal(c, row.sure, first.Confidence, first)
	require.Contains(c, first.String(), row.evidence, "%s: %v", row.reason, causes)
	require.NotContains(c, fmt.Sprint(causes), "postgres://", "the value of a secret")
	require.NotEmpty(c, first.Evidence)
	require.NotEmpty(c, first.Remedy)
	require.NotEmpty(c, first.Summary)
}

func TestDiagnose(t *testing.T) {
	t.Parallel()
	for _, row := range []ailment{
		{
			"application exits", "exit code and last words are the evidence",
			func(c clinic) {
				c.program(fakes.Program{Logs: []string{"panic: no database"}, Exit: &fakes.Exit{Code: 2}})
			},
			slipway.ContainerExited, slipway.Certain, "log: panic: no database",
		},
		{
			"out of memory", "ECS says so",
			func(c clinic) { c.program(fakes.Program{Exit: &fakes.Exit{OutOfMemory: true}}) },
			slipway.OutOfMemory, slipway.Certain, "OutOfMemoryError",
		},
		{
			"segmentation fault", "the exit code is 128 and the signal",
			func(c clinic) { c.program(fakes.Program{Exit: &fakes.Exit{Code: 139}}) },
			slipway.SegmentationFault, slipway.Certain, "exit code 139",
		},
		{
			"wrong architecture", "the image has no such manifest",
			func(c clinic) { c.program(fakes.Program{Platforms: []string{"linux/arm64"}}) },
			slipway.WrongArchitecture, slipway.Certain, "platform 'linux/amd64'",
		},
		{
			"container health check", "the command says so",
			func(c clinic) { c.program(fakes.Program{Health: func(time.Duration) int { return 1 }}) },
			slipway.ContainerUnhealthy, slipway.Certain, "/app -check",
		},
		{
			"target health path", "the balancer is told another status",
			func(c clinic) {
				c.program(fakes.Program{Status: func(string, time.Duration) int { return 404 }})
			},
			slipway.TargetHealthPath, slipway.Certain, "404",
		},
		{
			"target health port", "nothing listens there",
			func(c clinic) {
				c.program(fakes.Program{Ports: []int32{9090}, Health: func(time.Duration) int { return 0 }})
			},
			slipway.TargetHealthPort, slipway.Likely, "Health checks failed",
		},
		{
			"target health port, said by the program", "its log tells which port it is",
			func(c clinic) {
				c.program(fakes.Program{Ports: []int32{9090}, Logs: []string{"listening on :9090"}, Health: func(time.Duration) int { return 0 }})
			},
			slipway.TargetHealthPort, slipway.Certain, "listening on :9090",
		},
		{
			"security group", "the tasks' group no longer admits the balancer",
			func(c clinic) {
				client := awsec2.NewFromConfig(c.cloud.Config())
				out, err := client.DescribeSecurityGroups(c.Context(), &awsec2.DescribeSecurityGroupsInput{})
				require.NoError(c, err)
				for _, g := range out.SecurityGroups {
					for _, p := range g.IpPermissions {
						if aws.ToInt32(p.FromPort) == 8080 {
							c.must(client.RevokeSecurityGroupIngress(c.Context(), &awsec2.RevokeSecurityGroupIngressInput{
								GroupId: g.GroupId, IpPermissions: []ec2types.IpPermission{p},
							}))
						}
					}
				}
				c.rolled()
			},
			slipway.TargetSecurityGroup, slipway.Certain, "Request timed out",
		},
		{
			"the balancer's security group", "it lets nothing out to the tasks",
			func(c clinic) {
				client := awsec2.NewFromConfig(c.cloud.Config())
				balancers, err := awselb.NewFromConfig(c.cloud.Config()).DescribeLoadBalancers(c.Context(), &awselb.DescribeLoadBalancersInput{})
				require.NoError(c, err)
				out, err := client.DescribeSecurityGroups(c.Context(), &awsec2.DescribeSecurityGroupsInput{GroupIds: balancers.LoadBalancers[0].SecurityGroups})
				require.NoError(c, err)
				for _, g := range out.SecurityGroups {
					c.must(client.RevokeSecurityGroupEgress(c.Context(), &awsec2.RevokeSecurityGroupEgressInput{GroupId: g.GroupId, IpPermissions: g.IpPermissionsEgress}))
				}
				c.rolled()
			},
			slipway.TargetSecurityGroup, slipway.Certain, "Request timed out",
		},
		{
			"grace period too short", "the program takes longer to start than the service waits",
			func(c clinic) {
				c.cloud.Image("web:2", fakes.Program{Start: 5 * time.Minute, Health: func(time.Duration) int { return 0 }})
				c.applied(c.patient(ecs.ImageRef("web:2")).WithHealthCheckGrace(10 * time.Second))
			},
			slipway.GracePeriodTooShort, slipway.Likely, "failed ELB health checks",
		},
		{
			"secret missing", "it was deleted",
			func(c clinic) {
				c.must(awssm.NewFromConfig(c.cloud.Config()).DeleteSecret(c.Context(), &awssm.DeleteSecretInput{
					SecretId: aws.String("shop/db"), ForceDeleteWithoutRecovery: aws.Bool(true),
				}))
				c.rolled()
			},
			slipway.SecretMissing, slipway.Certain, "shop/db",
		},
		{
			"parameter missing", "it was deleted",
			func(c clinic) {
				c.must(awsssm.NewFromConfig(c.cloud.Config()).DeleteParameter(c.Context(), &awsssm.DeleteParameterInput{Name: aws.String("/shop/key")}))
				c.rolled()
			},
			slipway.ParameterMissing, slipway.Certain, "ResourceInitializationError",
		},
		{
			"secret denied", "the execution role may not read it",
			func(c clinic) { c.denied("secretsmanager:*"); c.rolled() },
			slipway.SecretDenied, slipway.Certain, "AccessDeniedException",
		},
		{
			"key of a secret denied", "the execution role may read it, but not use its key",
			func(c clinic) {
				c.must(awssm.NewFromConfig(c.cloud.Config()).UpdateSecret(c.Context(), &awssm.UpdateSecretInput{SecretId: aws.String("shop/db"), KmsKeyId: aws.String("alias/own")}))
				c.denied("kms:*")
				c.rolled()
			},
			slipway.SecretDenied, slipway.Certain, "kms:Decrypt on arn:aws:kms:us-east-1:123456789012:alias/own",
		},
		{
			"key missing in a secret", "its value is another object now",
			func(c clinic) {
				c.must(awssm.NewFromConfig(c.cloud.Config()).PutSecretValue(c.Context(), &awssm.PutSecretValueInput{SecretId: aws.String("shop/db"), SecretString: aws.String(`{"uri":"postgres://"}`)}))
				c.rolled()
			},
			slipway.SecretMissing, slipway.Certain, "did not contain json key url",
		},
		{
			"parameter denied", "the execution role may not read it",
			func(c clinic) { c.denied("ssm:*"); c.rolled() },
			slipway.ParameterDenied, slipway.Certain, "AccessDeniedException",
		},
		{
			"logs denied", "the execution role may not write them",
			func(c clinic) { c.denied("logs:*"); c.rolled() },
			slipway.LogsDenied, slipway.Certain, "AccessDeniedException",
		},
		{
			"command not found", "the image lacks the program",
			func(c clinic) { c.program(fakes.Program{Executables: []string{"/bin/sh"}}) },
			slipway.CommandNotFound, slipway.Certain, "/app: no such file or directory",
		},
		{
			"disk full", "the image is larger than the task's storage",
			func(c clinic) { c.program(fakes.Program{Size: 30 << 30}) },
			slipway.DiskFull, slipway.Certain, "no space left on device",
		},
		{
			"quota", "the account may run no more vCPUs",
			func(c clinic) { c.cloud.Fargate(fakes.FargateLimits{VCPUs: 0.5}); c.rolled() },
			slipway.QuotaExceeded, slipway.Certain, "limit on the number of vCPUs",
		},
		{
			"quota, its name and use", "they are looked up",
			func(c clinic) { c.cloud.Fargate(fakes.FargateLimits{VCPUs: 0.5}); c.rolled() },
			slipway.QuotaExceeded, slipway.Certain,
			"quota \"Fargate On-Demand vCPU resource count\" is 0.5 vCPUs and used up: the service's tasks have 0.5 of it, and each more needs 0.25",
		},
		{
			"capacity", "Fargate has none",
			func(c clinic) {
				c.cloud.Fargate(fakes.FargateLimits{Full: []string{"us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1e", "us-east-1f"}})
				c.rolled()
			},
			slipway.NoCapacity, slipway.Certain, "Capacity is unavailable",
		},
		{
			"service-linked role", "it was deleted",
			func(c clinic) {
				c.must(awsiam.NewFromConfig(c.cloud.Config()).DeleteServiceLinkedRole(c.Context(), &awsiam.DeleteServiceLinkedRoleInput{RoleName: aws.String("AWSServiceRoleForECS")}))
				c.rolled()
			},
			slipway.ServiceLinkedRoleMissing, slipway.Certain, "Unable to assume the service linked role",
		},
		{
			"alarm", "it fails the deployment",
			func(c clinic) {
				client := awscw.NewFromConfig(c.cloud.Config())
				c.must(client.PutMetricAlarm(c.Context(), &awscw.PutMetricAlarmInput{
					AlarmName: aws.String("errors"), Namespace: aws.String("shop"), MetricName: aws.String("Errors"), Statistic: cwtypes.StatisticSum,
					ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold, Threshold: aws.Float64(1), Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1),
					TreatMissingData: aws.String("ignore"),
				}))
				guarded := ecs.Rolling{Alarms: []string{"errors"}}
				c.must(nil, apply(c.T, c.cloud, c.patient(c.image).WithDeployment(guarded)))
				c.cloud.Image("web:2", fakes.Program{Start: 10 * time.Minute, Health: func(time.Duration) int { return 0 }})
				rings := &meddler{meddle: func(ctx context.Context) {
					c.must(client.SetAlarmState(ctx, &awscw.SetAlarmStateInput{AlarmName: aws.String("errors"), StateValue: cwtypes.StateValueAlarm, StateReason: aws.String("a test")}))
				}}
				c.applied(c.patient(ecs.ImageRef("web:2")).WithDeployment(guarded).WithHealthCheckGrace(time.Hour), slipway.Observe(rings))
			},
			slipway.AlarmTriggered, slipway.Certain, "errors",
		},
		{
			"log group missing", "it was deleted",
			func(c clinic) {
				c.must(awslogs.NewFromConfig(c.cloud.Config()).DeleteLogGroup(c.Context(), &awslogs.DeleteLogGroupInput{LogGroupName: aws.String("/ecs/web")}))
				c.rolled()
			},
			slipway.LogGroupMissing, slipway.Certain, "log group does not exist",
		},
		{
			"role not assumable", "it trusts another service",
			func(c clinic) {
				c.must(awsiam.NewFromConfig(c.cloud.Config()).UpdateAssumeRolePolicy(c.Context(), &awsiam.UpdateAssumeRolePolicyInput{
					RoleName:       aws.String(executionRole),
					PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
				}))
				c.rolled()
			},
			slipway.RoleNotAssumable, slipway.Certain, "unable to assume the role",
		},
		{
			"percentages", "no task may be stopped, none started",
			func(c clinic) {
				c.must(awsecs.NewFromConfig(c.cloud.Config()).UpdateService(c.Context(), &awsecs.UpdateServiceInput{
					Cluster: aws.String("shop"), Service: aws.String("web"), ForceNewDeployment: true,
					DeploymentConfiguration: stuckPercentages(),
				}))
			},
			slipway.DeploymentStuck, slipway.Certain, "minimum healthy percent 100, maximum percent 149",
		},
		{
			"kill after the stop timeout", "the program ignores SIGTERM",
			func(c clinic) {
				c.cloud.Image("web:1", fakes.Program{IgnoresTerm: true})
				c.rolled()
				c.cloud.Advance(time.Minute)
				c.rolled()
				c.cloud.Advance(2 * time.Minute)
			},
			slipway.StopTimeout, slipway.Certain, "exit code 137",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				row.diagnosed(clinic{t, fakes.New(fakes.Options{}), ecs.ImageRef("web:1"), vpc.Default()})
			})
		})
	}
}

func stuckPercentages() *ecstypes.DeploymentConfiguration {
	return &ecstypes.DeploymentConfiguration{MinimumHealthyPercent: aws.Int32(100), MaximumPercent: aws.Int32(149)}
}

// TestDiagnoseOfTheHealthy: what comes and goes in a service's life is no trouble.
func TestDiagnoseOfTheHealthy(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		lives func(c clinic)
	}{
		{"restarted", func(c clinic) { c.rolled() }},
		{"in the middle of a deployment", func(c clinic) {
			c.cloud.Image("web:2", fakes.Program{Start: time.Minute})
			c.must(awsecs.NewFromConfig(c.cloud.Config()).UpdateService(c.Context(), &awsecs.UpdateServiceInput{
				Cluster: aws.String("shop"), Service: aws.String("web"), ForceNewDeployment: true,
			}))
		}},
		{"scaled in", func(c clinic) { c.must(nil, apply(c.T, c.cloud, c.patient(c.image).WithCount(1))) }},
		{"scaled to zero", func(c clinic) { c.must(nil, apply(c.T, c.cloud, c.patient(c.image).WithCount(0))) }},
		{"a task was stopped by hand", func(c clinic) {
			client := awsecs.NewFromConfig(c.cloud.Config())
			tasks, err := client.ListTasks(c.Context(), &awsecs.ListTasksInput{Cluster: aws.String("shop")})
			c.must(tasks, err)
			c.must(client.StopTask(c.Context(), &awsecs.StopTaskInput{Cluster: aws.String("shop"), Task: &tasks.TaskArns[0]}))
		}},
		{"Spot took a task away", func(c clinic) {
			c.must(nil, apply(c.T, c.cloud, c.patient(c.image).WithSpot()))
			c.rolled() // the tasks so far stay where they are
			c.cloud.Advance(time.Minute)
			tasks, err := awsecs.NewFromConfig(c.cloud.Config()).ListTasks(c.Context(), &awsecs.ListTasksInput{Cluster: aws.String("shop")})
			c.must(tasks, err)
			require.True(c, slices.ContainsFunc(tasks.TaskArns, func(arn string) bool { return c.cloud.InterruptSpot(arn) == nil }))
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := clinic{t, fakes.New(fakes.Options{}), ecs.ImageRef("web:1"), vpc.Default()}
				stored(t, c.cloud)
				c.must(nil, apply(t, c.cloud, c.patient(c.image)))
				row.lives(c)
				for range 3 {
					c.cloud.Advance(time.Second)
					causes, err := ecs.Diagnose(t.Context(), c.cloud.Config(), ecs.ServiceNamed("shop", "web"))
					require.NoError(t, err)
					require.Empty(t, causes)
					c.cloud.Advance(time.Minute)
				}
			})
		})
	}
}

// TestDiagnoseKeepsSecrets: what a container writes is shown without the values of
// variables that sound secret.
func TestDiagnoseKeepsSecrets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		cloud.Image("worker:1", fakes.Program{Logs: []string{"cannot sign in with hunter22"}, Exit: &fakes.Exit{Code: 1}})
		c := ecs.NewContainer("work", ecs.ImageRef("worker:1")).WithEnv("DB_PASSWORD", "hunter22")
		task := ecs.NewFargateTaskDefinition("worker", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c)
		err := apply(t, cloud, ecs.NewFargateService("worker", ecs.NewCluster("shop"), task, vpc.Default()))
		require.ErrorContains(t, err, "cannot sign in with ***")
		require.NotContains(t, err.Error(), "hunter22")
	})
}

func TestDiagnoseTask(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	cloud.Image("worker:1", fakes.Program{Logs: []string{"no such table"}, Exit: &fakes.Exit{Code: 4}})
	require.Error(t, apply(t, cloud, worker("worker:1")))
	client := awsecs.NewFromConfig(cloud.Config())
	tasks, err := client.ListTasks(t.Context(), &awsecs.ListTasksInput{Cluster: aws.String("shop"), DesiredStatus: ecstypes.DesiredStatusStopped})
	require.NoError(t, err)
	causes, err := ecs.DiagnoseTask(t.Context(), cloud.Config(), tasks.TaskArns[0])
	require.NoError(t, err)
	require.Len(t, causes, 1)
	require.Equal(t, slipway.ContainerExited, causes[0].Code)
	require.Contains(t, causes[0].Evidence, "log: no such table")

	_, err = ecs.DiagnoseTask(t.Context(), cloud.Config(), "arn:aws:ecs:us-east-1:123456789012:task/shop/"+strings.Repeat("0", 32))
	require.ErrorIs(t, err, slipway.ErrNotFound)
	_, err = ecs.DiagnoseTask(t.Context(), cloud.Config(), "worker")
	require.ErrorContains(t, err, "task/<cluster>/<id>")
}

func TestDiagnoseOfNothing(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	_, err := ecs.Diagnose(t.Context(), cloud.Config(), ecs.ServiceNamed("shop", "web"))
	require.ErrorIs(t, err, slipway.ErrNotFound)
	require.NoError(t, apply(t, cloud, worker("worker:1")))
	_, err = ecs.Diagnose(t.Context(), cloud.Config(), ecs.ServiceNamed("shop", "web"))
	require.ErrorIs(t, err, slipway.ErrNotFound)
	for _, wrong := range []ecs.ServiceRef{nil, ecs.FargateService{}, ecs.ServiceNamed("", "web"), ecs.ServiceARN("web")} {
		_, err = ecs.Diagnose(t.Context(), cloud.Config(), wrong)
		require.Error(t, err)
	}
}
