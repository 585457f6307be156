// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// TestAccess checks what callers must be allowed.
func TestAccess(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", func(in *awsecs.RegisterTaskDefinitionInput) {
		in.TaskRoleArn, in.ExecutionRoleArn = aws.String(taskRole), aws.String(executionRole)
	})
	tags := []ecstypes.Tag{{Key: aws.String("team"), Value: aws.String("shop")}}
	passed := []string{"iam:PassRole " + taskRole, "iam:PassRole " + executionRole}
	service := arnBase + "service/main/web"
	for _, test := range []struct {
		operation string
		in        any
		want      []string
	}{
		{"CreateCluster", &awsecs.CreateClusterInput{ClusterName: aws.String("main")}, []string{"ecs:CreateCluster " + arnBase + "cluster/main"}},
		{"CreateCluster", &awsecs.CreateClusterInput{Tags: tags}, []string{
			"ecs:CreateCluster " + arnBase + "cluster/default", "ecs:TagResource " + arnBase + "cluster/default",
		}},
		{"DescribeClusters", &awsecs.DescribeClustersInput{}, []string{"ecs:DescribeClusters " + arnBase + "cluster/default"}},
		{"DeleteCluster", &awsecs.DeleteClusterInput{Cluster: aws.String(arnBase + "cluster/main")}, []string{"ecs:DeleteCluster " + arnBase + "cluster/main"}},
		{"RegisterTaskDefinition", &awsecs.RegisterTaskDefinitionInput{Family: aws.String("web"), TaskRoleArn: aws.String(taskRole)}, []string{
			"ecs:RegisterTaskDefinition " + arnBase + "task-definition/web:*", "iam:PassRole " + taskRole,
		}},
		{"CreateService", &awsecs.CreateServiceInput{Cluster: aws.String("main"), ServiceName: aws.String("web"), TaskDefinition: aws.String("web")},
			append([]string{"ecs:CreateService " + service}, passed...)},
		{"UpdateService", &awsecs.UpdateServiceInput{Cluster: aws.String("main"), Service: aws.String("web")}, []string{"ecs:UpdateService " + service}},
		{"UpdateService", &awsecs.UpdateServiceInput{Service: &service, TaskDefinition: aws.String("web:1")}, append([]string{"ecs:UpdateService " + service}, passed...)},
		{"DescribeServices", &awsecs.DescribeServicesInput{Cluster: aws.String("main"), Services: []string{"web"}}, []string{"ecs:DescribeServices " + service}},
		{"RunTask", &awsecs.RunTaskInput{TaskDefinition: aws.String("web")}, append([]string{"ecs:RunTask " + arnBase + "task-definition/web:1"}, passed...)},
		{"StopTask", &awsecs.StopTaskInput{Cluster: aws.String("main"), Task: aws.String("abc")}, []string{"ecs:StopTask " + arnBase + "task/main/abc"}},
		{"TagResource", &awsecs.TagResourceInput{ResourceArn: &service, Tags: tags}, []string{"ecs:TagResource " + service}},
		{"UntagResource", &awsecs.UntagResourceInput{ResourceArn: &service}, []string{"ecs:UntagResource " + service}},
		{"DescribeServiceDeployments", &awsecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{"arn:x"}}, []string{"ecs:DescribeServiceDeployments arn:x"}},
	} {
		t.Run(test.operation, func(t *testing.T) {
			t.Parallel()
			var got []string
			b.sim.Do(func() {
				call := &sim.Call{Sim: b.sim, Region: region, Account: account, Partition: "aws"}
				for _, a := range b.fake.Services()[0].Operation(test.operation).Access(call, test.in) {
					got = append(got, a.Action+" "+a.Resource)
					if a.Action == "iam:PassRole" {
						require.Equal(t, []string{"ecs-tasks.amazonaws.com"}, a.Context["iam:PassedToService"])
					}
				}
			})
			require.Equal(t, test.want, got)
		})
	}
}

// TestSnapshot checks what is shown of a world.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.create(1, nil)
	b.settle()
	kinds := map[string]int{}
	b.sim.Do(func() {
		for _, thing := range b.fake.Services()[0].Things() {
			require.Equal(t, region, thing.Region)
			require.NotNil(t, thing.State)
			kinds[thing.Type]++
		}
	})
	require.Equal(t, map[string]int{"cluster": 1, "service": 1, "task": 1, "task-definition": 1}, kinds)
}
