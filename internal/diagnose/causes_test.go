// SPDX-License-Identifier: Apache-2.0

package diagnose_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/diagnose"
)

// ended is a task of which a container ended with an exit code.
func ended(n int, stop ecstypes.TaskStopCode, code int32, reason string) ecstypes.Task {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return ecstypes.Task{
		TaskArn: aws.String(fmt.Sprintf("arn:aws:ecs:us-east-1:1:task/shop/%032x", n)), StopCode: stop, StoppedReason: aws.String("Essential container in task exited"),
		StoppingAt: &began, ExecutionStoppedAt: aws.Time(began.Add(30 * time.Second)),
		Containers: []ecstypes.Container{{Name: aws.String("app"), ExitCode: aws.Int32(code), Reason: aws.String(reason)}},
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		task ecstypes.Task
		want slipway.CauseCode
		sure slipway.Confidence
	}{
		{"an error", ended(1, ecstypes.TaskStopCodeEssentialContainerExited, 1, ""), slipway.ContainerExited, slipway.Certain},
		{"no error", ended(1, ecstypes.TaskStopCodeEssentialContainerExited, 0, ""), slipway.ContainerExited, slipway.Certain},
		{"a crash", ended(1, ecstypes.TaskStopCodeEssentialContainerExited, 139, ""), slipway.SegmentationFault, slipway.Certain},
		{"killed, without a word", ended(1, ecstypes.TaskStopCodeEssentialContainerExited, 137, ""), slipway.OutOfMemory, slipway.Likely},
		{"killed at the memory limit", ended(1, ecstypes.TaskStopCodeEssentialContainerExited, 137, "OutOfMemoryError: Container killed due to memory usage"), slipway.OutOfMemory, slipway.Certain},
		{"no such command", ended(1, ecstypes.TaskStopCodeEssentialContainerExited, 127, ""), slipway.CommandNotFound, slipway.Likely},
		{"not executable", ended(1, ecstypes.TaskStopCodeEssentialContainerExited, 126, ""), slipway.CommandNotFound, slipway.Likely},
		{"killed while it was stopped", ended(1, ecstypes.TaskStopCodeServiceSchedulerInitiated, 137, ""), slipway.StopTimeout, slipway.Certain},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			causes := diagnose.Causes(&diagnose.Facts{Stopped: []ecstypes.Task{row.task}})
			require.Len(t, causes, 1)
			require.Equal(t, row.want, causes[0].Code)
			require.Equal(t, row.sure, causes[0].Confidence)
		})
	}
	require.Empty(t, diagnose.Causes(&diagnose.Facts{Stopped: []ecstypes.Task{ended(1, ecstypes.TaskStopCodeServiceSchedulerInitiated, 143, "")}}), "it ended as it was told")
}

// TestOneCauseOfManyTasks: what many tasks met is told once, with how many they are.
func TestOneCauseOfManyTasks(t *testing.T) {
	t.Parallel()
	f := &diagnose.Facts{Lines: map[string][]string{}}
	for i := range 7 {
		f.Stopped = append(f.Stopped, ended(i, ecstypes.TaskStopCodeEssentialContainerExited, 1, ""))
	}
	f.Stopped = append(f.Stopped, ended(8, ecstypes.TaskStopCodeEssentialContainerExited, 139, ""))
	f.Lines[diagnose.LineKey(*f.Stopped[0].TaskArn, "app")] = []string{"1", "2", "3", "cannot connect"}
	causes := diagnose.Causes(f)
	require.Len(t, causes, 2)
	require.Equal(t, slipway.SegmentationFault, causes[0].Code, "equally sure, but it says more")
	require.Equal(t, slipway.ContainerExited, causes[1].Code)
	require.Equal(t, []string{
		"task 00000000000000000000000000000000: container app ended with exit code 1", "log: 2", "log: 3", "log: cannot connect", "7 stopped tasks in all",
	}, causes[1].Evidence[:5])
}

// TestSurerComesFirst: what was looked up comes before what only would explain it.
func TestSurerComesFirst(t *testing.T) {
	t.Parallel()
	f := &diagnose.Facts{
		Service: &ecstypes.Service{},
		Targets: []diagnose.TargetGroup{{
			Group:     elbtypes.TargetGroup{TargetGroupArn: aws.String("arn:tg"), TargetGroupName: aws.String("tg"), HealthCheckPath: aws.String("/")},
			Container: "app", Port: 80,
			Health: []elbtypes.TargetHealthDescription{{
				Target:       &elbtypes.TargetDescription{Id: aws.String("10.0.0.1"), Port: aws.Int32(80)},
				TargetHealth: &elbtypes.TargetHealth{State: elbtypes.TargetHealthStateEnumUnhealthy, Reason: elbtypes.TargetHealthReasonEnumTimeout},
			}},
		}},
	}
	codes := func() (all []slipway.CauseCode) {
		for _, c := range diagnose.Causes(f) {
			all = append(all, c.Code)
		}
		return all
	}
	require.Equal(t, []slipway.CauseCode{slipway.TargetHealthPort, slipway.TargetSecurityGroup, slipway.GracePeriodTooShort}, codes(), "nothing was looked up")
	no := false
	f.Targets[0].Admits = &no
	require.Equal(t, []slipway.CauseCode{slipway.TargetSecurityGroup}, codes(), "the groups were looked up, and do not admit it")
	yes := true
	f.Targets[0].Admits = &yes
	require.Equal(t, []slipway.CauseCode{slipway.TargetHealthPort, slipway.GracePeriodTooShort}, codes(), "they do")
}

func TestStuckPercentages(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		desired, low, high int32
		stuck              bool
	}{
		{1, 100, 100, true}, {1, 100, 199, true}, {1, 100, 200, false}, {1, 99, 100, true}, {1, 0, 100, false},
		{2, 51, 149, true}, {2, 50, 100, false}, {4, 76, 124, true}, {4, 75, 100, false}, {0, 100, 100, false},
	} {
		s := &ecstypes.Service{
			DesiredCount: row.desired, Deployments: make([]ecstypes.Deployment, 2),
			DeploymentConfiguration: &ecstypes.DeploymentConfiguration{MinimumHealthyPercent: &row.low, MaximumPercent: &row.high},
		}
		causes := diagnose.Causes(&diagnose.Facts{Service: s})
		require.Equal(t, row.stuck, len(causes) == 1 && causes[0].Code == slipway.DeploymentStuck, "%+v", row)
	}
}

func TestNothingWrong(t *testing.T) {
	t.Parallel()
	require.Empty(t, diagnose.Causes(&diagnose.Facts{}))
	require.Empty(t, diagnose.Causes(&diagnose.Facts{Service: &ecstypes.Service{DesiredCount: 1}, Events: []string{"(service web) has reached a steady state."}}))
}
