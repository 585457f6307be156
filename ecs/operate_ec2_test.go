// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"errors"
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

// TestOperationsOnEC2: what is done to services on Fargate can be done to those on
// instances, to those of capacity providers, and to daemons.
func TestOperationsOnEC2(t *testing.T) {
	t.Parallel()
	task := patientTask()
	for name, test := range map[string]struct {
		service func(w ward) slipway.Resource
		shared  bool
		tasks   int
	}{
		"service":               {func(w ward) slipway.Resource { return w.patient(task) }, false, 2},
		"service of a provider": {func(w ward) slipway.Resource { return w.patient(task) }, true, 2},
		"daemon": {func(w ward) slipway.Resource {
			return ecs.NewEC2DaemonService("web", ecs.NewCluster("shop").WithCapacityProvider(w.provider()), task, vpc.Default())
		}, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := ward{clinic{T: t, cloud: fakes.New(fakes.Options{Timing: fakes.Realistic})}, test.shared}
				w.cloud.Image("web:1", fakes.Program{Logs: []string{"hello from 1"}})
				w.cloud.Image("web:2", fakes.Program{Logs: []string{"hello from 2"}})
				_, err := slipway.NewStack("shop", test.service(w)).Apply(t.Context(), w.cloud.Config())
				require.NoError(t, err)
				time.Sleep(5 * time.Minute) // a daemon gets its task once there is an instance
				w.operated(test.tasks)
			})
		})
	}
}

// operated goes through the operations.
func (w ward) operated(tasks int) {
	ctx, cfg := w.Context(), w.cloud.Config()
	steady := func(image string) {
		w.Helper()
		s, err := ecs.Status(ctx, cfg, shopWeb)
		require.NoError(w, err)
		require.True(w, s.Steady(), "%s", s)
		require.Len(w, s.Tasks, tasks)
		require.Equal(w, image, s.Containers[0].Image)
		require.NotEmpty(w, s.Tasks[0].Zone)
	}
	steady("web:1")
	w.succeeds(ecs.Restart(ctx, cfg, shopWeb))
	w.succeeds(ecs.UpdateImage(ctx, cfg, shopWeb, "app", ecs.ImageRef("web:2")))
	steady("web:2")
	w.succeeds(ecs.UpdateImage(ctx, cfg, shopWeb, "app", platformImage("linux/arm64")))
	w.succeeds(ecs.Rollback(ctx, cfg, shopWeb))
	steady("web:2")

	causes, err := ecs.Diagnose(ctx, cfg, shopWeb)
	require.NoError(w, err)
	require.Empty(w, causes)
	err = ecs.Scale(ctx, cfg, shopWeb, 1)
	if w.described().SchedulingStrategy == "DAEMON" {
		require.ErrorIs(w, err, slipway.ErrInvalid)
		require.ErrorContains(w, err, "a daemon has one task on each instance")
		return
	}
	require.NoError(w, err)
	time.Sleep(5 * time.Minute)
	s, err := ecs.Status(ctx, cfg, shopWeb)
	require.NoError(w, err)
	require.Equal(w, 1, s.Running)
}

// TestLogsOnEC2: the agent writes them as Fargate does.
func TestLogsOnEC2(t *testing.T) {
	t.Parallel()
	w := ward{clinic{T: t, cloud: fakes.New(fakes.Options{})}, true}
	w.cloud.Image("web:1", fakes.Program{Logs: []string{"hello"}})
	_, err := slipway.NewStack("shop", w.patient(patientTask())).Apply(patience(t), w.cloud.Config())
	require.NoError(t, err)
	var lines []string
	for line, err := range ecs.Logs(t.Context(), w.cloud.Config(), shopWeb) {
		require.NoError(t, err)
		lines = append(lines, line.Text)
	}
	require.Equal(t, []string{"hello", "hello"}, lines)
}

// TestRunTaskOnEC2: the job runs on an instance, or the error says why it did not.
func TestRunTaskOnEC2(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		breaks func(w ward)
		job    func(j ecs.EC2Job) ecs.EC2Job
		shared bool
		want   slipway.CauseCode
	}{
		{"it runs", nil, nil, false, ""},
		{"it runs on the provider", nil, nil, true, ""},
		{"no instances", func(w ward) { w.resized(0, 0, 2) }, nil, false, slipway.NoInstances},
		{"another constraint", nil, func(j ecs.EC2Job) ecs.EC2Job {
			return j.WithPlacementConstraint(ecs.MemberOf("attribute:ecs.instance-type == g5.xlarge"))
		}, false, slipway.ConstraintUnmet},
		{"too large", nil, func(j ecs.EC2Job) ecs.EC2Job { return j.WithSize(4*ecs.VCPU, 4*ecs.GiB) }, false, slipway.NoCPULeft},
		{"too large for the provider", nil, func(j ecs.EC2Job) ecs.EC2Job { return j.WithSize(4*ecs.VCPU, 4*ecs.GiB) }, true, slipway.NoCPULeft},
		{"no launches", func(w ward) {
			w.cloud.EC2(fakes.EC2Limits{Full: []fakes.CapacityPool{{Type: "m5.large"}}})
			w.replaced()
		}, nil, true, slipway.LaunchFailed},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := ward{clinic{T: t, cloud: fakes.New(fakes.Options{})}, test.shared}
				w.cloud.Image("web:1", fakes.Program{Exit: &fakes.Exit{After: time.Minute}})
				job := ecs.NewEC2Job("once", ecs.NewCluster("shop").WithCapacityProvider(w.provider()), patientTask(), vpc.Default())
				if test.shared {
					job = job.WithCapacity(ecs.InstanceCapacity{Provider: w.provider(), Weight: 1})
				}
				if test.job != nil {
					job = test.job(job)
				}
				result, err := slipway.NewStack("shop", job).Apply(t.Context(), w.cloud.Config())
				require.NoError(t, err)
				if test.breaks != nil {
					test.breaks(w)
					time.Sleep(time.Minute)
				}
				done, err := ecs.RunTask(t.Context(), w.cloud.Config(), slipway.Output(result, job))
				if test.want == "" {
					require.NoError(t, err)
					require.Equal(t, 0, *done.Containers[0].ExitCode)
					return
				}
				failed, ok := errors.AsType[*ecs.TaskError](err)
				require.True(t, ok, "%v", err)
				require.NotEmpty(t, failed.Causes, "%v", err)
				require.Equal(t, test.want, failed.Causes[0].Code, "%v", err)
			})
		})
	}
}

// TestDiagnoseTaskThatWaits for an instance that cannot come.
func TestDiagnoseTaskThatWaits(t *testing.T) {
	t.Parallel()
	container := func(o ecstypes.ContainerOverride) *ecstypes.TaskOverride {
		o.Name = aws.String("app")
		return &ecstypes.TaskOverride{ContainerOverrides: []ecstypes.ContainerOverride{o}}
	}
	gpu := []ecstypes.ResourceRequirement{{Type: ecstypes.ResourceTypeGpu, Value: aws.String("1")}}
	for name, row := range map[string]struct {
		asks *ecstypes.TaskOverride
		want slipway.CauseCode
		text string
	}{
		"the task": {
			&ecstypes.TaskOverride{Cpu: aws.String("4096"), Memory: aws.String("4096")},
			slipway.NoCPULeft, "a task needs 4096 CPU units, and an instance has 2048",
		},
		"a container": {container(ecstypes.ContainerOverride{Cpu: aws.Int32(4096)}), slipway.NoCPULeft, "a task needs 4096 CPU units, and an instance has 2048"},
		"its GPU":     {container(ecstypes.ContainerOverride{ResourceRequirements: gpu}), slipway.NoGPULeft, "a task needs 1 GPUs, and an instance has 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := ward{clinic{T: t, cloud: fakes.New(fakes.Options{})}, true}
				job := ecs.NewEC2Job("once", ecs.NewCluster("shop").WithCapacityProvider(w.provider()), patientTask(), vpc.Default()).
					WithCapacity(ecs.InstanceCapacity{Provider: w.provider(), Weight: 1})
				result, err := slipway.NewStack("shop", job).Apply(t.Context(), w.cloud.Config())
				require.NoError(t, err)
				in := slipway.Output(result, job)
				in.Overrides = row.asks
				out, err := awsecs.NewFromConfig(w.cloud.Config()).RunTask(t.Context(), in)
				require.NoError(t, err)
				time.Sleep(10 * time.Minute)
				causes, err := ecs.DiagnoseTask(t.Context(), w.cloud.Config(), *out.Tasks[0].TaskArn)
				require.NoError(t, err)
				require.NotEmpty(t, causes)
				require.Equal(t, row.want, causes[0].Code, "%v", causes)
				require.Contains(t, causes[0].Summary, row.text)
			})
		})
	}
}
