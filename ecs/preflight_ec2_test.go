// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/vpc"
)

// yard is what a service on instances is about to be made of.
type yard struct {
	*hangar
	image    ecs.InstanceImage
	profile  iam.ProfileRef
	port     int
	platform ecs.Architecture
	// provider is an existing one, if not empty.
	provider string
}

func (y *yard) stack() slipway.Stack {
	template := ecs.NewInstanceTemplate("yard", ecs.NewCluster("shop"), y.image, vpc.Default()).WithInstanceType("m5.large").LaunchTemplate()
	if y.profile != nil {
		template = template.WithInstanceProfile(y.profile)
	}
	provider := ecs.NewGroupProvider("yard", autoscaling.NewGroup("yard", template, vpc.Default()).WithSize(0, 1).WithExternalScaling())
	cluster := ecs.NewCluster("shop").WithCapacityProvider(provider)
	var c ecs.TaskContainer = ecs.NewContainer("app", y.hangar.image).WithPort(http).WithMemoryReservation(64 * ecs.MiB)
	if y.port != 0 {
		c = ecs.OnEC2(ecs.NewContainer("app", y.hangar.image).WithPort(http).WithMemoryReservation(64*ecs.MiB)).WithHostPort(http, y.port)
	}
	task := ecs.NewEC2TaskDefinition("web").WithContainer(c)
	if y.platform != "" {
		task = task.WithArchitecture(y.platform)
	}
	share := ecs.InstanceCapacity{Provider: provider, Weight: 1}
	if y.provider != "" {
		share.Provider = ecs.ProviderNamed(y.provider)
		cluster = cluster.WithCapacityProvider(share.Provider)
	}
	return slipway.NewStack("shop", ecs.NewEC2Service("web", cluster, task, vpc.Default()).WithCount(2).WithCapacity(share))
}

// hired makes a group and its provider, of no stack, and has the service use it.
func (y *yard) hired() {
	template := ecs.NewInstanceTemplate("other", ecs.NewCluster("other"), ecs.AL2023, vpc.Default()).WithInstanceType("m5.large")
	group := autoscaling.NewGroup("other", template.LaunchTemplate(), vpc.Default()).WithSize(0, 2).WithExternalScaling()
	provider := ecs.NewGroupProvider("other", group)
	result, err := slipway.NewStack("other", ecs.NewCluster("other").WithCapacityProvider(provider)).Apply(patience(y.T), y.cloud.Config())
	require.NoError(y, err)
	y.provider = slipway.Output(result, provider).Name
}

func TestPreflightOnEC2(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		breaks func(y *yard)
		want   slipway.CauseCode
		text   string
	}{
		{"the machine image's parameter", func(y *yard) { y.image = "/aws/service/ecs/optimized-ami/amazon-linux-2099/recommended/image_id" },
			slipway.LaunchFailed, "parameter /aws/service/ecs/optimized-ami/amazon-linux-2099/recommended/image_id does not exist"},
		{"instances of another architecture", func(y *yard) { y.image = ecs.AL2023ARM64 }, slipway.WrongArchitecture, "is for linux/amd64, not for linux/arm64"},
		{"the instance profile", func(y *yard) { y.profile = iam.ProfileARN("arn:aws:iam::123456789012:instance-profile/gone") }, slipway.NotJoined, "instance profile gone does not exist"},
		{"host ports", func(y *yard) { y.port = 80 }, slipway.HostPortTaken, "2 tasks with host port 80 need as many instances, and there can be 1"},
		{"the provider", func(y *yard) { y.provider = "gone" }, slipway.NoInstances, "capacity provider gone does not exist"},
		{"the provider of host ports", func(y *yard) { y.provider, y.port = "gone", 80 }, slipway.NoInstances, "capacity provider gone does not exist"},
		{"the provider's group", func(y *yard) {
			y.hired()
			y.port = 80
			y.must(awsasg.NewFromConfig(y.cloud.Config()).DeleteAutoScalingGroup(y.Context(), &awsasg.DeleteAutoScalingGroupInput{
				AutoScalingGroupName: aws.String("other"), ForceDelete: aws.Bool(true),
			}))
		}, slipway.LaunchFailed, "Auto Scaling group other does not exist"},
		{"the provider's group is empty for good", func(y *yard) {
			y.hired()
			y.must(awsasg.NewFromConfig(y.cloud.Config()).UpdateAutoScalingGroup(y.Context(), &awsasg.UpdateAutoScalingGroupInput{
				AutoScalingGroupName: aws.String("other"), MinSize: aws.Int32(0), DesiredCapacity: aws.Int32(0), MaxSize: aws.Int32(0),
			}))
		}, slipway.ProviderFull, "Auto Scaling group other may have no instances"},
		{"the provider's group does not launch", func(y *yard) {
			y.hired()
			y.must(awsasg.NewFromConfig(y.cloud.Config()).SuspendProcesses(y.Context(), &awsasg.SuspendProcessesInput{
				AutoScalingGroupName: aws.String("other"), ScalingProcesses: []string{"Launch"},
			}))
		}, slipway.LaunchFailed, "launches none"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			y := &yard{hangar: newHangar(t), image: ecs.AL2023}
			report, err := y.stack().Preflight(t.Context(), y.cloud.Config())
			require.NoError(t, err)
			require.NoError(t, report.Err(), "all is well")
			require.Contains(t, report.String(), "machine image resolve:ssm:/aws/service/ecs")
			require.NotContains(t, report.String(), "tasks reach", "it is the agent that gets images")
			require.NotContains(t, report.String(), "Fargate")

			row.breaks(y)
			y.cloud.ForgetCalls()
			report, _ = y.stack().Preflight(t.Context(), y.cloud.Config())
			require.NotNil(t, report)
			require.Empty(t, y.cloud.Calls().Writes(), "it only reads")
			var e *slipway.PreflightError
			require.ErrorAs(t, report.Err(), &e)
			require.Equal(t, row.want, e.Failed[0].Cause.Code, "%v", report)
			require.ErrorContains(t, report.Err(), row.text)
			require.Len(t, e.Failed, 1, "nothing else is wrong")
			require.NotEmpty(t, e.Failed[0].Cause.Evidence)
			require.NotEmpty(t, e.Failed[0].Cause.Remedy)
		})
	}
}

// TestPreflightOnEC2FindsNothing: what may work is no failure.
func TestPreflightOnEC2FindsNothing(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string]func(y *yard){
		"a provider that is there":        func(y *yard) { y.hired() },
		"host ports on enough instances":  func(y *yard) { y.hired(); y.port = 80 },
		"an architecture that is said so": func(y *yard) { y.platform = ecs.X86_64 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			y := &yard{hangar: newHangar(t), image: ecs.AL2023}
			changes(y)
			report, err := y.stack().Preflight(t.Context(), y.cloud.Config())
			require.NoError(t, err)
			require.NoError(t, report.Err())
		})
	}
	h := newHangar(t)
	_, err := awsecs.NewFromConfig(h.cloud.Config()).CreateCluster(t.Context(), &awsecs.CreateClusterInput{ClusterName: aws.String("bare")})
	require.NoError(t, err)
	report, err := slipway.NewStack("shop", ecs.NewEC2Service("web", ecs.ClusterNamed("bare"), patientTask(), vpc.Default())).Preflight(t.Context(), h.cloud.Config())
	require.NoError(t, err)
	require.NoError(t, report.Err())
	require.Contains(t, report.String(), "unknown  cluster bare has container instances: it has none by now")
}
