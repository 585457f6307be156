// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
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
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

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
