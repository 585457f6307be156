// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

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
