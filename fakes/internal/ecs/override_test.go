// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// onApp overrides something of the container "app".
func onApp(o ecstypes.ContainerOverride) func(*awsecs.RunTaskInput) {
	o.Name = aws.String("app")
	return func(in *awsecs.RunTaskInput) {
		in.Overrides = &ecstypes.TaskOverride{ContainerOverrides: []ecstypes.ContainerOverride{o}}
	}
}

func gpus(n string) []ecstypes.ResourceRequirement {
	return []ecstypes.ResourceRequirement{{Type: ecstypes.ResourceTypeGpu, Value: &n}}
}

// TestOverriddenNeeds: placement goes by what a task has otherwise, and DescribeTasks
// shows it.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerOverride.html
func TestOverriddenNeeds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*awsecs.RunTaskInput)
		fit    int    // of ten on one instance of 2048 units, 3800 MiB and two GPUs
		reason string // of the others
		shows  func(t *testing.T, task *ecstypes.Task)
	}{
		"nothing": {nil, 4, "RESOURCE:CPU", func(t *testing.T, task *ecstypes.Task) {
			require.Equal(t, "512", *task.Cpu)
			require.Equal(t, "512", *task.Containers[0].Memory)
		}},
		"CPU": {onApp(ecstypes.ContainerOverride{Cpu: aws.Int32(1024)}), 2, "RESOURCE:CPU", func(t *testing.T, task *ecstypes.Task) {
			require.Equal(t, "1024", *task.Cpu)
			require.Equal(t, "1024", *task.Containers[0].Cpu)
			require.Equal(t, int32(1024), *task.Overrides.ContainerOverrides[0].Cpu)
		}},
		"memory": {onApp(ecstypes.ContainerOverride{Memory: aws.Int32(1900)}), 2, "RESOURCE:MEMORY", func(t *testing.T, task *ecstypes.Task) {
			require.Equal(t, "1900", *task.Memory)
			require.Equal(t, "1900", *task.Containers[0].Memory)
		}},
		"reserved memory": {onApp(ecstypes.ContainerOverride{Memory: aws.Int32(3000), MemoryReservation: aws.Int32(1000)}), 3, "RESOURCE:MEMORY",
			func(t *testing.T, task *ecstypes.Task) {
				require.Equal(t, "1000", *task.Memory, "what is reserved counts")
				require.Equal(t, "1000", *task.Containers[0].MemoryReservation)
			}},
		"GPUs": {onApp(ecstypes.ContainerOverride{ResourceRequirements: gpus("1")}), 2, "RESOURCE:GPU", func(t *testing.T, task *ecstypes.Task) {
			require.Len(t, task.Containers[0].GpuIds, 1)
		}},
		"the task's size": {func(in *awsecs.RunTaskInput) {
			in.Overrides = &ecstypes.TaskOverride{Cpu: aws.String("1 vCPU"), Memory: aws.String("1GB")}
		}, 2, "RESOURCE:CPU", func(t *testing.T, task *ecstypes.Task) {
			require.Equal(t, "1024", *task.Cpu)
			require.Equal(t, "1024", *task.Memory)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, world.Timing{})
			f.launch(1, func(i *world.Instance) { i.Image, i.Type.GPUs = "ami-gpu", 2 })
			f.host(nil)
			out := f.runOn(10, c.change)
			require.Len(t, out.Tasks, c.fit)
			require.Equal(t, c.reason, *out.Failures[0].Reason)
			f.settle()
			task := f.task(*out.Tasks[0].TaskArn)
			require.Equal(t, "RUNNING", *task.LastStatus)
			c.shows(t, task)
		})
	}
}

// TestGPUs: each container has its own, and gives them back.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-gpu.html
func TestGPUs(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.launch(1, func(i *world.Instance) { i.Image, i.Type.GPUs = "ami-gpu", 4 })
	f.host(func(in *awsecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].ResourceRequirements = gpus("1")
	})
	first := f.runOn(1, nil).Tasks[0]
	second := f.runOn(1, onApp(ecstypes.ContainerOverride{ResourceRequirements: gpus("2")})).Tasks[0]
	f.settle()
	require.Equal(t, []string{"GPU-0"}, f.task(*first.TaskArn).Containers[0].GpuIds)
	require.Equal(t, []string{"GPU-1", "GPU-2"}, f.task(*second.TaskArn).Containers[0].GpuIds)
	left := func() []string {
		all := f.nodes()[0].RemainingResources
		i := slices.IndexFunc(all, func(r ecstypes.Resource) bool { return *r.Name == "GPU" })
		if i < 0 {
			return nil
		}
		return all[i].StringSetValue
	}
	require.Equal(t, []string{"GPU-3"}, left())
	_, err := f.client.StopTask(t.Context(), &awsecs.StopTaskInput{Cluster: aws.String("main"), Task: first.TaskArn})
	require.NoError(t, err)
	f.settle()
	require.Equal(t, []string{"GPU-0", "GPU-3"}, left())
}

// TestOverriddenStart: commands, files and storage are those of the override.
func TestOverriddenStart(t *testing.T) {
	t.Parallel()
	env := func(key string) []ecstypes.EnvironmentFile {
		return []ecstypes.EnvironmentFile{{Type: ecstypes.EnvironmentFileTypeS3, Value: aws.String("arn:aws:s3:::shop/" + key)}}
	}
	b := newBench(t, world.Timing{})
	b.world.errs["s3:GetObject"] = denied("s3:GetObject")
	b.cluster()
	b.define("web", func(in *awsecs.RegisterTaskDefinitionInput) {
		in.ExecutionRoleArn, in.ContainerDefinitions[0].EnvironmentFiles = aws.String("arn:aws:iam::123456789012:role/execution"), env("app.env")
	})
	b.fake.SetProgram("app:1", world.Program{Executables: []string{"/bin/app"}})
	without := b.run(onApp(ecstypes.ContainerOverride{EnvironmentFiles: []ecstypes.EnvironmentFile{}}))
	other := b.run(onApp(ecstypes.ContainerOverride{EnvironmentFiles: env("other.env")}))
	b.settle()
	require.Equal(t, "RUNNING", *b.task(without).LastStatus, "an empty list takes the files away")
	require.Contains(t, *b.task(other).StoppedReason, "failed to download file other.env")

	delete(b.world.errs, "s3:GetObject")
	broken := b.run(onApp(ecstypes.ContainerOverride{Command: []string{"/bin/none"}}))
	big := b.run(func(in *awsecs.RunTaskInput) {
		in.Overrides = &ecstypes.TaskOverride{EphemeralStorage: &ecstypes.EphemeralStorage{SizeInGiB: 50}}
	})
	b.settle()
	require.Contains(t, *b.task(broken).StoppedReason+*b.task(broken).Containers[0].Reason, "/bin/none")
	require.Equal(t, int32(50), b.task(big).EphemeralStorage.SizeInGiB)
}

// TestOverridesAreChecked, of RunTask and of StartTask.
func TestOverridesAreChecked(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.launch(1, nil)
	f.host(nil)
	for name, c := range map[string]struct {
		change func(*awsecs.RunTaskInput)
		want   string
	}{
		"another container": {func(in *awsecs.RunTaskInput) {
			in.Overrides = &ecstypes.TaskOverride{ContainerOverrides: []ecstypes.ContainerOverride{{Name: aws.String("other"), Cpu: aws.Int32(1)}}}
		}, "Override for container named other is not a container in the TaskDefinition."},
		"accelerators": {func(in *awsecs.RunTaskInput) {
			in.Overrides = &ecstypes.TaskOverride{InferenceAcceleratorOverrides: make([]ecstypes.InferenceAcceleratorOverride, 1)}
		}, "inferenceAccelerators"},
		"less memory than is reserved": {onApp(ecstypes.ContainerOverride{MemoryReservation: aws.Int32(600)}), "memoryReservation"},
		"storage on an instance": {func(in *awsecs.RunTaskInput) {
			in.Overrides = &ecstypes.TaskOverride{EphemeralStorage: &ecstypes.EphemeralStorage{SizeInGiB: 50}}
		}, "Fargate"},
		"Neuron devices": {onApp(ecstypes.ContainerOverride{ResourceRequirements: []ecstypes.ResourceRequirement{{
			Type: ecstypes.ResourceTypeNeuronDevice, Value: aws.String("1"),
		}}}), "not modelled"},
	} {
		t.Run(name, func(t *testing.T) {
			in := &awsecs.RunTaskInput{Cluster: aws.String("main"), TaskDefinition: aws.String("web"), LaunchType: ecstypes.LaunchTypeEc2}
			c.change(in)
			_, err := f.client.RunTask(t.Context(), in)
			require.ErrorContains(t, err, c.want)
			_, err = f.client.StartTask(t.Context(), &awsecs.StartTaskInput{
				Cluster: in.Cluster, TaskDefinition: in.TaskDefinition, Overrides: in.Overrides, ContainerInstances: []string{*f.nodes()[0].ContainerInstanceArn},
			})
			require.ErrorContains(t, err, c.want)
		})
	}
}

// TestStartTaskFailures has why a task is not put on an instance.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
func TestStartTaskFailures(t *testing.T) {
	t.Parallel()
	vpc := func(in *awsecs.RegisterTaskDefinitionInput) { in.NetworkMode = ecstypes.NetworkModeAwsvpc }
	for name, c := range map[string]struct {
		define func(*awsecs.RegisterTaskDefinitionInput)
		change func(*awsecs.StartTaskInput)
		want   string
	}{
		"no such instance": {nil, func(in *awsecs.StartTaskInput) { in.ContainerInstances = []string{"none"} }, "MISSING"},
		"no log driver": {func(in *awsecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverGelf}
		}, nil, "ATTRIBUTE"},
		"subnets of another zone": {vpc, func(in *awsecs.StartTaskInput) {
			in.NetworkConfiguration = &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{"subnet-b"}}}
		}, "LOCATION"},
		"too much memory": {nil, func(in *awsecs.StartTaskInput) {
			in.Overrides = &ecstypes.TaskOverride{Memory: aws.String("4096")}
		}, "RESOURCE:MEMORY"},
		"too many GPUs": {nil, func(in *awsecs.StartTaskInput) {
			in.Overrides = &ecstypes.TaskOverride{ContainerOverrides: []ecstypes.ContainerOverride{{Name: aws.String("app"), ResourceRequirements: gpus("1")}}}
		}, "RESOURCE:GPU"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, world.Timing{})
			f.launch(1, nil)
			f.host(c.define)
			in := &awsecs.StartTaskInput{
				Cluster: aws.String("main"), TaskDefinition: aws.String("web"), ContainerInstances: []string{*f.nodes()[0].ContainerInstanceArn},
			}
			if c.change != nil {
				c.change(in)
			}
			out, err := f.client.StartTask(t.Context(), in)
			require.NoError(t, err)
			require.Empty(t, out.Tasks)
			require.Equal(t, c.want, *out.Failures[0].Reason)
		})
	}
}
