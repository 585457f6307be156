// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

const newer = "1.100.0"

// updateAgent updates the agent of the fleet's first instance.
func (f *fleet) updateAgent() error {
	f.tb.Helper()
	_, err := f.client.UpdateContainerAgent(f.tb.Context(), &awsecs.UpdateContainerAgentInput{
		Cluster: aws.String("main"), ContainerInstance: f.nodes()[0].ContainerInstanceArn,
	})
	return err
}

// TestUpdateAgent goes through the stages.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/agent-update-ecs-ami.html
func TestUpdateAgent(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Agent: 10 * time.Second})
	f.launch(1, nil)
	f.host(nil)
	f.runOn(1, nil)
	f.settle()
	require.Empty(t, f.nodes()[0].AgentUpdateStatus, "none was ever asked for")
	var none *ecstypes.NoUpdateAvailableException
	require.ErrorAs(t, f.updateAgent(), &none)

	f.fake.SetAgent(newer)
	require.NoError(t, f.updateAgent())
	for _, want := range []ecstypes.AgentUpdateStatus{"PENDING", "STAGING", "STAGED", "UPDATING"} {
		n := f.nodes()[0]
		require.Equal(t, want, n.AgentUpdateStatus)
		require.Equal(t, want != "UPDATING", n.AgentConnected)
		require.Equal(t, int32(1), n.RunningTasksCount, "tasks go on")
		require.NotEqual(t, newer, *n.VersionInfo.AgentVersion)
		var busy *ecstypes.UpdateInProgressException
		require.ErrorAs(t, f.updateAgent(), &busy)
		if want == "UPDATING" {
			require.Equal(t, "AGENT", *f.runOn(1, nil).Failures[0].Reason, "its agent does not answer now")
		}
		f.wait(10 * time.Second)
	}
	n := f.nodes()[0]
	require.Equal(t, ecstypes.AgentUpdateStatusUpdated, n.AgentUpdateStatus)
	require.Equal(t, newer, *n.VersionInfo.AgentVersion)
	require.Len(t, f.runOn(1, nil).Tasks, 1)
	require.ErrorAs(t, f.updateAgent(), &none)
	f.launch(1, nil)
	require.Equal(t, newer, *f.nodes()[1].VersionInfo.AgentVersion, "new instances have it")
}

func TestAgentsThatAreNotUpdated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		node   func(*world.Instance)
		before func(*neighbours)
		want   ecstypes.AgentUpdateStatus
	}{
		"Bottlerocket": {node: func(i *world.Instance) {
			i.Image, i.UserData = "ami-rocket", "[settings.ecs]\ncluster = \"main\"\n"
		}, want: "FAILED"},
		"turned off": {node: func(i *world.Instance) {
			i.UserData += "echo ECS_UPDATES_ENABLED=false >> /etc/ecs/ecs.config\n"
		}, want: "FAILED"},
		"no way to S3":       {before: func(w *neighbours) { w.unreachable["s3"] = true }, want: "FAILED"},
		"it does not answer": {before: func(w *neighbours) { w.unreachable["ecs-agent"] = true }, want: "PENDING"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, world.Timing{})
			if c.before != nil {
				c.before(f.world)
			}
			f.launch(1, c.node)
			f.fake.SetAgent(newer)
			require.NoError(t, f.updateAgent())
			f.wait(time.Hour)
			require.Equal(t, c.want, f.nodes()[0].AgentUpdateStatus)
			require.NotEqual(t, newer, *f.nodes()[0].VersionInfo.AgentVersion)
			err := f.updateAgent()
			require.Equal(t, c.want == "FAILED", err == nil, "what failed can be tried again")
		})
	}
}

func TestUpdateAgentOfAnotherVersion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		version *string
		want    string
	}{
		"unknown": {nil, "MissingVersionException"}, "one's own": {aws.String("mine"), "MissingVersionException"},
		"too old": {aws.String("0.0.3"), "NoUpdateAvailableException"}, "old": {aws.String("1.4"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, world.Timing{})
			in := &awsecs.RegisterContainerInstanceInput{Cluster: aws.String("main"), VersionInfo: &ecstypes.VersionInfo{AgentVersion: c.version}}
			out, err := f.client.RegisterContainerInstance(t.Context(), in)
			require.NoError(t, err)
			_, err = f.client.UpdateContainerAgent(t.Context(), &awsecs.UpdateContainerAgentInput{
				Cluster: aws.String("main"), ContainerInstance: out.ContainerInstance.ContainerInstanceArn,
			})
			require.Equal(t, c.want, errorCode(err))
		})
	}
	f := newFleet(t, world.Timing{})
	_, err := f.client.UpdateContainerAgent(t.Context(), &awsecs.UpdateContainerAgentInput{Cluster: aws.String("main"), ContainerInstance: aws.String("x")})
	require.ErrorContains(t, err, "not found")
}

// errorCode is that of AWS's exception; "" if there is none.
func errorCode(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

// trunked has the account's instances get trunk network interfaces.
func (f *fleet) trunked() {
	f.tb.Helper()
	_, err := f.client.PutAccountSettingDefault(f.tb.Context(), &awsecs.PutAccountSettingDefaultInput{
		Name: ecstypes.SettingNameAwsvpcTrunking, Value: aws.String("enabled"),
	})
	require.NoError(f.tb, err)
}

func bigger(i *world.Instance) { i.Type.Trunk = 10 }

// TestTrunkedInstances are REGISTERING while they get their trunk, and DEREGISTERING while
// it goes.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerInstance.html
func TestTrunkedInstances(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Provision: 10 * time.Second, Deprovision: 10 * time.Second})
	f.trunked()
	ids := f.launch(1, bigger)
	require.Equal(t, "REGISTERING", *f.nodes()[0].Status)
	f.host(nil)
	_, err := f.client.RunTask(t.Context(), &awsecs.RunTaskInput{Cluster: aws.String("main"), TaskDefinition: aws.String("web"), LaunchType: ecstypes.LaunchTypeEc2})
	require.Error(t, err, "it takes no tasks yet")
	_, err = f.client.UpdateContainerInstancesState(t.Context(), &awsecs.UpdateContainerInstancesStateInput{
		Cluster: aws.String("main"), ContainerInstances: []string{*f.nodes()[0].ContainerInstanceArn}, Status: ecstypes.ContainerInstanceStatusDraining,
	})
	require.ErrorContains(t, err, "REGISTERING")
	f.wait(10 * time.Second)
	n := f.nodes()[0]
	require.Equal(t, "ACTIVE", *n.Status)
	trunk, has := attribute(n, "ecs.awsvpc-trunk-id")
	require.True(t, has)
	require.Regexp(t, "^eni-", trunk)
	require.Len(t, f.runOn(1, nil).Tasks, 1)
	f.kill(ids[0])
	require.Equal(t, "DEREGISTERING", *f.nodes()[0].Status)
	f.wait(10 * time.Second)
	require.Empty(t, f.nodes())
	require.Contains(t, f.world.calls, "detach "+trunk)
}

func TestTrunkThatCannotBeHad(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.trunked()
	f.world.free["subnet-a"] = 0
	f.launch(1, bigger)
	n := f.nodes()[0]
	require.Equal(t, "REGISTRATION_FAILED", *n.Status)
	require.Contains(t, *n.StatusReason, "Unable to attach a trunk network interface: ")
	f.deregister()
	require.Empty(t, f.nodes())
}

// TestDeregister: without force only instances without tasks can go; with it their tasks
// are orphaned, and services start others elsewhere.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterContainerInstance.html
func TestDeregister(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Schedule: 5 * time.Second})
	f.world.groups[targetGroup] = world.TargetGroup{ARN: targetGroup, TargetType: "instance", LoadBalancers: []string{"lb"}}
	f.launch(2, nil)
	f.host(nil)
	f.place(2, func(in *awsecs.CreateServiceInput) {
		in.LoadBalancers = []ecstypes.LoadBalancer{{
			TargetGroupArn: aws.String(targetGroup), ContainerName: aws.String("app"), ContainerPort: aws.Int32(8080),
		}}
	})
	f.wait(time.Minute)
	require.Equal(t, []int32{1, 1}, f.running())
	first := f.nodes()[0]
	_, err := f.client.DeregisterContainerInstance(t.Context(), &awsecs.DeregisterContainerInstanceInput{
		Cluster: aws.String("main"), ContainerInstance: first.ContainerInstanceArn,
	})
	require.ErrorContains(t, err, "Found running tasks on the instance.")
	f.deregister()
	f.wait(time.Minute)
	require.Equal(t, []int32{2}, f.running(), "another copy runs on the other instance")
	require.Contains(t, f.events(), "(service web) deregistered 1 targets in (target-group "+targetGroup+")")
	stopped := f.tasks(ecstypes.DesiredStatusStopped)
	require.Len(t, stopped, 1)
	require.Equal(t, "Container instance deregistration forced by user", *stopped[0].StoppedReason)
	require.Nil(t, stopped[0].Containers[0].ExitCode, "nobody knows of its end")
	require.Zero(t, f.service("web").Deployments[0].FailedTasks)
	out, err := f.client.StartTask(t.Context(), &awsecs.StartTaskInput{
		Cluster: aws.String("main"), TaskDefinition: aws.String("web"), ContainerInstances: []string{*first.ContainerInstanceArn},
	})
	require.NoError(t, err)
	require.Equal(t, "INACTIVE", *out.Failures[0].Reason)
}
