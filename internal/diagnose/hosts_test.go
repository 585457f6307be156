// SPDX-License-Identifier: Apache-2.0

package diagnose_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/diagnose"
)

// waits is a task that waits for an instance of the provider.
func waits() ecstypes.Task {
	return ecstypes.Task{LastStatus: aws.String("PROVISIONING"), CapacityProviderName: aws.String("nodes")}
}

// node is a container instance with 2048 CPU units.
func node(id string, connected bool) ecstypes.ContainerInstance {
	return ecstypes.ContainerInstance{
		Ec2InstanceId: &id, AgentConnected: connected, CapacityProviderName: aws.String("nodes"), ContainerInstanceArn: aws.String("arn:aws:ecs:us-east-1:1:container-instance/shop/" + id),
		RegisteredResources: []ecstypes.Resource{{Name: aws.String("CPU"), IntegerValue: 2048}, {Name: aws.String("MEMORY"), IntegerValue: 4096}},
	}
}

func activity(status asgtypes.ScalingActivityStatusCode, description, message string) asgtypes.Activity {
	a := asgtypes.Activity{AutoScalingGroupName: aws.String("group"), StatusCode: status, Description: &description, StatusMessage: &message}
	if status != asgtypes.ScalingActivityStatusCodeInProgress {
		a.EndTime = aws.Time(time.Unix(1, 0))
	}
	return a
}

// fleet is a group of one instance, of at most one, with a task that waits.
func fleet() *diagnose.Facts {
	return &diagnose.Facts{
		Running: []ecstypes.Task{waits()},
		Hosts: &diagnose.Hosts{Cluster: "shop", Instances: []ecstypes.ContainerInstance{node("i-1", true)}, CPU: 512, Memory: 256, Providers: []diagnose.Provider{{
			Name: "nodes", Managed: true, Group: asgtypes.AutoScalingGroup{
				AutoScalingGroupName: aws.String("group"), MinSize: aws.Int32(0), DesiredCapacity: aws.Int32(1), MaxSize: aws.Int32(1),
				Instances: []asgtypes.Instance{{InstanceId: aws.String("i-1"), LifecycleState: asgtypes.LifecycleStateInService}},
			},
		}}},
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	const launching = "Launching a new EC2 instance"
	failed := activity(asgtypes.ScalingActivityStatusCodeFailed, launching+".  Status Reason: no capacity", "no capacity")
	worked := activity(asgtypes.ScalingActivityStatusCodeSuccessful, launching+": i-1", "")
	absent := func(profile bool, cluster string, checks ...slipway.Check) func(*diagnose.Facts, *diagnose.Provider) {
		return func(_ *diagnose.Facts, p *diagnose.Provider) {
			a := diagnose.Absentee{Instance: ec2types.Instance{InstanceId: aws.String("i-2"), LaunchTime: aws.Time(time.Unix(0, 0))}, Cluster: cluster, Checks: checks}
			if profile {
				a.Instance.IamInstanceProfile = &ec2types.IamInstanceProfile{Arn: aws.String("arn:aws:iam::1:instance-profile/x")}
			}
			p.Absent = []diagnose.Absentee{a}
		}
	}
	for _, test := range []struct {
		name, reason string
		changes      func(f *diagnose.Facts, p *diagnose.Provider)
		want         slipway.CauseCode
		sure         slipway.Confidence
	}{
		{"the group is full", "a task waits", func(*diagnose.Facts, *diagnose.Provider) {}, slipway.ProviderFull, slipway.Certain},
		{"nobody waits", "a full group is as it should be", func(f *diagnose.Facts, _ *diagnose.Provider) { f.Running = nil }, "", 0},
		{"tasks of others wait", "it is not their group", func(f *diagnose.Facts, _ *diagnose.Provider) { f.Running[0].CapacityProviderName = aws.String("other") }, "", 0},
		{"it may grow", "an instance will come", func(_ *diagnose.Facts, p *diagnose.Provider) { p.Group.MaxSize = aws.Int32(2) }, "", 0},
		{"an instance is on its way", "it has not joined yet", func(f *diagnose.Facts, _ *diagnose.Provider) { f.Hosts.Instances = nil }, "", 0},
		{"ECS does not scale it", "whoever does may let it grow", func(_ *diagnose.Facts, p *diagnose.Provider) { p.Managed = false }, "", 0},
		{"the last launch failed", "the group says so", func(_ *diagnose.Facts, p *diagnose.Provider) { p.Activities = []asgtypes.Activity{failed, worked} }, slipway.LaunchFailed, slipway.Certain},
		{"an earlier launch failed", "the last one worked", func(f *diagnose.Facts, p *diagnose.Provider) {
			p.Activities, f.Running = []asgtypes.Activity{worked, failed}, nil
		}, "", 0},
		{"a termination failed", "it is no launch", func(f *diagnose.Facts, p *diagnose.Provider) {
			p.Activities, f.Running = []asgtypes.Activity{activity(asgtypes.ScalingActivityStatusCodeFailed, "Terminating EC2 instance: i-1", "x"), worked}, nil
		}, "", 0},
		{"launches are suspended", "nothing will come", func(_ *diagnose.Facts, p *diagnose.Provider) {
			p.Group.SuspendedProcesses = []asgtypes.SuspendedProcess{{ProcessName: aws.String("Launch")}}
		}, slipway.LaunchFailed, slipway.Certain},
		{"an instance does not join", "it is not known why", absent(true, ""), slipway.NotJoined, slipway.Likely},
		{"it has no profile", "its agent may do nothing", absent(false, ""), slipway.NotJoined, slipway.Certain},
		{"it joins another cluster", "its user data says so", absent(true, "other"), slipway.NotJoined, slipway.Certain},
		{"it names this cluster", "that is as it should be", absent(true, "shop"), slipway.NotJoined, slipway.Likely},
		{"its role may not", "it was looked up", absent(true, "", slipway.Check{Cause: &slipway.Cause{Confidence: slipway.Certain, Summary: "may not"}}), slipway.NotJoined, slipway.Certain},
		{"no agent answers", "they take no tasks", func(f *diagnose.Facts, _ *diagnose.Provider) {
			f.Hosts.Instances = []ecstypes.ContainerInstance{node("i-1", false)}
		}, slipway.AgentDisconnected, slipway.Certain},
		{"one of two agents answers", "it takes the tasks", func(f *diagnose.Facts, _ *diagnose.Provider) {
			f.Hosts.Instances, f.Running = []ecstypes.ContainerInstance{node("i-1", false), node("i-2", true)}, nil
		}, "", 0},
		{"no instance meets a constraint", "more would not, either", func(f *diagnose.Facts, _ *diagnose.Provider) {
			f.Hosts.Constraint = "attribute:x exists"
		}, slipway.ConstraintUnmet, slipway.Certain},
		{"the task is larger than an instance", "more would not do", func(f *diagnose.Facts, p *diagnose.Provider) {
			f.Hosts.CPU, p.Group.MaxSize = 4096, aws.Int32(2)
		}, slipway.NoCPULeft, slipway.Certain},
		{"the task has more memory than an instance", "more would not do", func(f *diagnose.Facts, p *diagnose.Provider) {
			f.Hosts.Memory, p.Group.MaxSize = 8192, aws.Int32(2)
		}, slipway.NoMemoryLeft, slipway.Certain},
		{"the task is too large for the full group", "a larger group would not do", func(f *diagnose.Facts, _ *diagnose.Provider) {
			f.Hosts.CPU = 4096
		}, slipway.NoCPULeft, slipway.Certain},
		{"instances without GPUs", "more would have none, either", func(f *diagnose.Facts, _ *diagnose.Provider) {
			f.Hosts.GPUs = 1
		}, slipway.NoGPULeft, slipway.Certain},
		{"an instance with GPUs", "the group is full", func(f *diagnose.Facts, _ *diagnose.Provider) {
			f.Hosts.GPUs = 2
			f.Hosts.Instances[0].RegisteredResources = append(f.Hosts.Instances[0].RegisteredResources, ecstypes.Resource{
				Name: aws.String("GPU"), Type: aws.String("STRINGSET"), StringSetValue: []string{"GPU-1", "GPU-2"},
			})
		}, slipway.ProviderFull, slipway.Certain},
		{"the group has several types", "a larger one may come", func(f *diagnose.Facts, p *diagnose.Provider) {
			f.Hosts.CPU, p.Group.MaxSize, p.Group.MixedInstancesPolicy = 4096, aws.Int32(2), &asgtypes.MixedInstancesPolicy{}
		}, slipway.NoCPULeft, slipway.Likely},
		{"a task waited in vain", "ECS gave it up", func(f *diagnose.Facts, _ *diagnose.Provider) {
			stopped := waits()
			stopped.LastStatus, stopped.StopCode = aws.String("STOPPED"), ecstypes.TaskStopCodeTaskFailedToStart
			stopped.StoppedReason = aws.String("no capacity became available")
			f.Running, f.Stopped = nil, []ecstypes.Task{stopped}
		}, slipway.ProviderFull, slipway.Certain},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := fleet()
			test.changes(f, &f.Hosts.Providers[0])
			causes := diagnose.Causes(f)
			if test.want == "" {
				require.Empty(t, causes, test.reason)
				return
			}
			require.NotEmpty(t, causes, test.reason)
			require.Equal(t, test.want, causes[0].Code, "%s: %v", test.reason, causes)
			require.Equal(t, test.sure, causes[0].Confidence)
			require.NotEmpty(t, causes[0].Evidence)
			require.NotEmpty(t, causes[0].Remedy)
		})
	}
}

// TestInstancesGoAway: that a process was killed then is not its fault.
func TestInstancesGoAway(t *testing.T) {
	t.Parallel()
	killed := ecstypes.Task{
		TaskArn: aws.String("arn:aws:ecs:us-east-1:1:task/shop/1"), StoppedReason: aws.String("Host EC2 (instance i-1) terminated."),
		Containers: []ecstypes.Container{{Name: aws.String("app"), ExitCode: aws.Int32(137)}},
	}
	require.Empty(t, diagnose.Causes(&diagnose.Facts{Stopped: []ecstypes.Task{killed}}))
}
