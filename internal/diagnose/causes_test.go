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
		Group:      aws.String("service:web"),
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
			DesiredCount: row.desired, RunningCount: row.desired, Deployments: make([]ecstypes.Deployment, 2),
			DeploymentConfiguration: &ecstypes.DeploymentConfiguration{MinimumHealthyPercent: &row.low, MaximumPercent: &row.high},
		}
		causes := diagnose.Causes(&diagnose.Facts{Service: s})
		require.Equal(t, row.stuck, len(causes) == 1 && causes[0].Code == slipway.DeploymentStuck, "%+v", row)
	}
}

// TestPercentagesWithRoom: where tasks are missing, new ones can be started.
func TestPercentagesWithRoom(t *testing.T) {
	t.Parallel()
	require.Empty(t, diagnose.Causes(&diagnose.Facts{Service: &ecstypes.Service{
		DesiredCount: 2, RunningCount: 1, Deployments: make([]ecstypes.Deployment, 2),
		DeploymentConfiguration: &ecstypes.DeploymentConfiguration{MinimumHealthyPercent: aws.Int32(100), MaximumPercent: aws.Int32(100)},
	}}))
}

// exits are containers with their exit codes.
func exits(codes map[string]int32) (all []ecstypes.Container) {
	for _, name := range []string{"a", "b"} {
		all = append(all, ecstypes.Container{Name: aws.String(name), ExitCode: aws.Int32(codes[name])})
	}
	return all
}

// TestWhoEndedTheTask: of several containers the one that ended by itself is to blame,
// not those that ECS stopped afterwards.
func TestWhoEndedTheTask(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, reason string
		a, b         int32
		want         slipway.CauseCode
		says         string
	}{
		{"killed afterwards", "a did not obey SIGTERM", 137, 3, slipway.ContainerExited, "container b"},
		{"ended afterwards", "a ends well on SIGTERM", 0, 3, slipway.ContainerExited, "container b"},
		{"terminated afterwards", "a does not catch SIGTERM", 143, 3, slipway.ContainerExited, "container b"},
		{"ended without an error", "b did not obey when a had ended", 0, 137, slipway.ContainerExited, "container a"},
		{"killed", "b obeyed", 137, 143, slipway.OutOfMemory, "container a"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			task := ended(1, ecstypes.TaskStopCodeEssentialContainerExited, 0, "")
			task.Containers = exits(map[string]int32{"a": row.a, "b": row.b})
			causes := diagnose.Causes(&diagnose.Facts{Stopped: []ecstypes.Task{task}})
			require.Len(t, causes, 1, row.reason)
			require.Equal(t, row.want, causes[0].Code, row.reason)
			require.Contains(t, causes[0].Summary, row.says)
		})
	}
}

// TestInessentialContainers: what befell a container that the task can do without
// comes after what ended the task.
func TestInessentialContainers(t *testing.T) {
	t.Parallel()
	task := ended(1, ecstypes.TaskStopCodeEssentialContainerExited, 0, "")
	task.Containers = exits(map[string]int32{"a": 137, "b": 3})
	task.Containers[0].Reason = aws.String("OutOfMemoryError: Container killed due to memory usage")
	definition := &ecstypes.TaskDefinition{ContainerDefinitions: []ecstypes.ContainerDefinition{
		{Name: aws.String("a"), Essential: aws.Bool(false)}, {Name: aws.String("b"), Essential: aws.Bool(true)},
	}}
	causes := diagnose.Causes(&diagnose.Facts{Stopped: []ecstypes.Task{task}, Definition: definition})
	require.Len(t, causes, 2)
	require.Equal(t, slipway.ContainerExited, causes[0].Code)
	require.Equal(t, slipway.OutOfMemory, causes[1].Code)
	require.Equal(t, slipway.Possible, causes[1].Confidence)
}

// TestWorkDone: a task of its own that ends without an error has done its work.
func TestWorkDone(t *testing.T) {
	t.Parallel()
	task := ended(1, ecstypes.TaskStopCodeEssentialContainerExited, 0, "")
	task.Group = aws.String("family:work")
	require.Empty(t, diagnose.Causes(&diagnose.Facts{Stopped: []ecstypes.Task{task}}))
}

// TestUnknownReasons: a task that does not start is no healthy one, even if nothing is
// known of the reason.
func TestUnknownReasons(t *testing.T) {
	t.Parallel()
	const reason = "ResourceInitializationError: failed to download env files"
	causes := diagnose.Causes(&diagnose.Facts{Stopped: []ecstypes.Task{
		{TaskArn: aws.String("t"), StopCode: ecstypes.TaskStopCodeTaskFailedToStart, StoppedReason: aws.String(reason)},
	}})
	require.Len(t, causes, 1)
	require.Equal(t, slipway.TaskNotStarted, causes[0].Code)
	require.Equal(t, []string{"task t: " + reason}, causes[0].Evidence)
	require.NotEmpty(t, causes[0].Remedy)
}

// TestLookedUp: what tasks met comes before what was but looked up, and each thing
// that is missing is named.
func TestLookedUp(t *testing.T) {
	t.Parallel()
	missing := func(code slipway.CauseCode, summary string) slipway.Check {
		return slipway.Check{Cause: &slipway.Cause{Code: code, Confidence: slipway.Certain, Summary: summary, Evidence: []string{"there is none"}}}
	}
	causes := diagnose.Causes(&diagnose.Facts{
		Stopped: []ecstypes.Task{{
			TaskArn: aws.String("t"), StopCode: ecstypes.TaskStopCodeTaskFailedToStart,
			StoppedReason: aws.String("ResourceInitializationError: unable to retrieve secrets from ssm: invalid parameters: /a"),
		}},
		Checks: []slipway.Check{missing(slipway.SecretMissing, "secret s does not exist"), missing(slipway.ParameterMissing, "parameter /a does not exist"),
			missing(slipway.ParameterMissing, "parameter /b does not exist")},
	})
	require.Len(t, causes, 2)
	require.Equal(t, slipway.ParameterMissing, causes[0].Code)
	require.Equal(t, "parameter /a does not exist", causes[0].Summary)
	require.Contains(t, causes[0].Evidence, "parameter /b does not exist")
	require.Equal(t, slipway.SecretMissing, causes[1].Code)
}

// TestPortsInLogs: a line tells of another port only if no line tells of the one that
// is checked.
func TestPortsInLogs(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, checked string
		lines         []string
		sure          slipway.Confidence
	}{
		{"another port", "traffic-port", []string{"listening on 0.0.0.0:9090"}, slipway.Certain},
		{"both ports", "traffic-port", []string{"metrics are served: listening on :9090", "listening on [::]:8080"}, slipway.Likely},
		{"a time of day", "traffic-port", []string{"server started at 12:30:45"}, slipway.Likely},
		{"a port of its own for checks", "9090", []string{"listening on :8080"}, slipway.Certain},
		{"which it listens on", "9090", []string{"listening on :9090"}, slipway.Likely},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			task := ended(1, ecstypes.TaskStopCodeServiceSchedulerInitiated, 143, "")
			task.StoppedReason = aws.String("Task failed ELB health checks in (target-group arn:tg)")
			yes := true
			causes := diagnose.Causes(&diagnose.Facts{
				Stopped: []ecstypes.Task{task}, Lines: map[string][]string{diagnose.LineKey(*task.TaskArn, "app"): row.lines},
				Targets: []diagnose.TargetGroup{{
					Group:     elbtypes.TargetGroup{TargetGroupArn: aws.String("arn:tg"), HealthCheckPath: aws.String("/"), HealthCheckPort: &row.checked},
					Container: "app", Port: 8080, Admits: &yes,
				}},
			})
			require.Equal(t, slipway.TargetHealthPort, causes[0].Code)
			require.Equal(t, row.sure, causes[0].Confidence)
		})
	}
}

func TestNothingWrong(t *testing.T) {
	t.Parallel()
	require.Empty(t, diagnose.Causes(&diagnose.Facts{}))
	require.Empty(t, diagnose.Causes(&diagnose.Facts{Service: &ecstypes.Service{DesiredCount: 1}, Events: []string{"(service web) has reached a steady state."}}))
}
