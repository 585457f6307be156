// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"encoding/base64"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// complaint is a way in which a service finds no instances.
type complaint struct {
	name, reason string
	shared       bool
	breaks       func(w ward)
	want         slipway.CauseCode
	evidence     string
}

func (row complaint) diagnosed(t *testing.T) {
	w := ward{clinic{T: t, cloud: fakes.New(fakes.Options{})}, row.shared}
	healthy := w.patient(patientTask())
	_, err := slipway.NewStack("shop", healthy).Apply(t.Context(), w.cloud.Config())
	require.NoError(t, err)
	causes, err := ecs.Diagnose(t.Context(), w.cloud.Config(), healthy)
	require.NoError(t, err)
	require.Empty(t, causes, "it is healthy")

	row.breaks(w)
	time.Sleep(10 * time.Minute)
	causes, err = ecs.Diagnose(t.Context(), w.cloud.Config(), ecs.ServiceNamed("shop", "web"))
	require.NoError(t, err)
	require.NotEmpty(t, causes, row.reason)
	first := causes[0]
	require.Equal(t, row.want, first.Code, "%s: %v", row.reason, causes)
	require.Equal(t, slipway.Certain, first.Confidence, first)
	require.Contains(t, first.String(), row.evidence, "%s: %v", row.reason, causes)
	require.NotEmpty(t, first.Evidence)
	require.NotEmpty(t, first.Remedy)
}

func (row complaint) run(t *testing.T) {
	t.Run(row.name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, row.diagnosed)
	})
}

// TestDiagnoseOfTasksWithoutAPlace: ECS says why, of any instances that the cluster has.
func TestDiagnoseOfTasksWithoutAPlace(t *testing.T) {
	t.Parallel()
	for _, row := range []complaint{
		{
			"no instances", "the group has none", false,
			func(w ward) { w.resized(0, 0, 2) },
			slipway.NoInstances, "No Container Instances were found in your cluster",
		},
		{
			"the agent does not answer", "its role may not poll", false,
			func(w ward) { w.agents(`"NotAction":"ecs:Poll"`); w.replaced() },
			slipway.AgentDisconnected, "is not connected",
		},
		{
			"no CPU", "four tasks fill the instance", false,
			func(w ward) { w.count(5) },
			slipway.NoCPULeft, "has insufficient CPU units available",
		},
		{
			"no memory", "no instance has so much", false,
			func(w ward) {
				w.applied(w.patient(ecs.NewEC2TaskDefinition("web").WithContainer(patientApp().WithMemoryReservation(6 * ecs.GiB))))
			},
			slipway.NoMemoryLeft, "has insufficient memory available",
		},
		{
			"no port", "two tasks want the same one", false,
			func(w ward) {
				w.applied(w.patient(ecs.NewEC2TaskDefinition("web").WithContainer(ecs.OnEC2(patientApp()).WithHostPort(http, 80))))
			},
			slipway.HostPortTaken, "already using a port",
		},
		{
			"no network interface", "an m5.large has two to spare", false,
			func(w ward) {
				small := patientApp().WithCPU(ecs.VCPU / 8)
				w.applied(w.patient(ecs.NewEC2TaskDefinition("web").WithContainer(small).WithNetworkMode(ecs.AWSVPC)).WithCount(3))
			},
			slipway.NoInterfaceLeft, "RESOURCE:ENI",
		},
		{
			"no GPU", "an m5.large has none", false,
			func(w ward) {
				w.applied(w.patient(ecs.NewEC2TaskDefinition("web").WithContainer(ecs.OnEC2(patientApp()).WithGPU(1))))
			},
			slipway.NoGPULeft, "RESOURCE:GPU",
		},
		{
			"an attribute", "the agent has no such log driver", false,
			func(w ward) {
				w.applied(w.patient(patientTask().WithOverride(func(in *awsecs.RegisterTaskDefinitionInput) {
					in.ContainerDefinitions[0].LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverGelf}
				})))
			},
			slipway.AttributeMissing, "missing an attribute required by your task",
		},
		{
			"a constraint", "the instance is of another type", false,
			func(w ward) {
				w.applied(w.patient(patientTask().WithExec()).WithPlacementConstraint(ecs.MemberOf("attribute:ecs.instance-type == g5.xlarge")))
			},
			slipway.ConstraintUnmet, "attribute:ecs.instance-type == g5.xlarge",
		},
		{
			"instances do not join", "their user data names another cluster", false,
			func(w ward) { w.elsewhere(); w.replaced() },
			slipway.NotJoined, "names the cluster other",
		},
	} {
		row.run(t)
	}
}

// elsewhere has new instances join another cluster.
func (w ward) elsewhere() {
	w.must(awsecs.NewFromConfig(w.cloud.Config()).CreateCluster(w.Context(), &awsecs.CreateClusterInput{ClusterName: aws.String("other")}))
	w.templated(func(d *ec2types.RequestLaunchTemplateData) {
		d.UserData = aws.String(base64.StdEncoding.EncodeToString([]byte("#!/bin/bash\necho ECS_CLUSTER=other >> /etc/ecs/ecs.config\n")))
	})
}

// TestDiagnoseOfTasksThatWait: they wait for instances of their capacity provider, and ECS
// says nothing.
func TestDiagnoseOfTasksThatWait(t *testing.T) {
	t.Parallel()
	for _, row := range []complaint{
		{
			"the group is full", "nine tasks need three instances", true,
			func(w ward) { w.count(9) },
			slipway.ProviderFull, "group ward may have 2 instances",
		},
		{
			"EC2 has no capacity", "it is out of that type", true,
			func(w ward) {
				w.cloud.EC2(fakes.EC2Limits{Full: []fakes.CapacityPool{{Type: "m5.large"}}})
				w.count(5)
			},
			slipway.LaunchFailed, "do not have sufficient m5.large capacity",
		},
		{
			"the launch template is gone", "somebody deleted it", true,
			func(w ward) {
				w.must(awsec2.NewFromConfig(w.cloud.Config()).DeleteLaunchTemplate(w.Context(), &awsec2.DeleteLaunchTemplateInput{
					LaunchTemplateName: aws.String("ward"),
				}))
				w.replaced()
			},
			slipway.LaunchFailed, "does not exist",
		},
		{
			"the instance profile is gone", "somebody deleted it", true,
			func(w ward) {
				w.unprofiled()
				w.count(5)
			},
			slipway.LaunchFailed, "Invalid IAM Instance Profile",
		},
		{
			"launches are suspended", "somebody has done so", true,
			func(w ward) {
				w.must(awsasg.NewFromConfig(w.cloud.Config()).SuspendProcesses(w.Context(), &awsasg.SuspendProcessesInput{
					AutoScalingGroupName: aws.String("ward"), ScalingProcesses: []string{"Launch"},
				}))
				w.count(5)
			},
			slipway.LaunchFailed, "its process Launch is suspended",
		},
		{
			"no instance profile", "the template names none", true,
			func(w ward) {
				w.templated(func(d *ec2types.RequestLaunchTemplateData) { d.IamInstanceProfile = nil })
				w.count(5)
			},
			slipway.NotJoined, "has no instance profile",
		},
		{
			"the role may not", "it lost its policy", true,
			func(w ward) { w.agents(`"Action":"ecs:Poll"`); w.count(5) },
			slipway.NotJoined, "may not ecs:RegisterContainerInstance",
		},
		{
			"another cluster", "the user data names it", true,
			func(w ward) { w.elsewhere(); w.count(5) },
			slipway.NotJoined, "names the cluster other",
		},
		{
			"the agents do not answer", "their role may not poll", true,
			func(w ward) { w.agents(`"NotAction":"ecs:Poll"`); w.replaced() },
			slipway.AgentDisconnected, "is not connected",
		},
		{
			"the group may have none", "no constraint is unmet where no instance is", true,
			func(w ward) {
				s := w.patient(patientTask()).WithPlacementConstraint(ecs.MemberOf("attribute:ecs.instance-type == m5.large"))
				_, err := slipway.NewStack("shop", s).Apply(w.Context(), w.cloud.Config())
				require.NoError(w, err)
				w.resized(0, 0, 0)
			},
			slipway.ProviderFull, "group ward may have 0 instances",
		},
		{
			"no GPU", "no m5.large has any, however many there are", true,
			func(w ward) {
				w.applied(w.patient(ecs.NewEC2TaskDefinition("web").WithContainer(ecs.OnEC2(patientApp()).WithGPU(1))))
			},
			slipway.NoGPULeft, "a task needs 1 GPUs, and an instance has 0",
		},
		{
			"a constraint", "no instance will ever be of that type", true,
			func(w ward) {
				w.applied(w.patient(patientTask().WithExec()).WithPlacementConstraint(ecs.MemberOf("attribute:ecs.instance-type == g5.xlarge")))
			},
			slipway.ConstraintUnmet, "attribute:ecs.instance-type == g5.xlarge",
		},
	} {
		row.run(t)
	}
}

// TestDiagnoseOfDrainedInstances: they have joined the cluster, though they take no tasks.
func TestDiagnoseOfDrainedInstances(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := ward{clinic{T: t, cloud: fakes.New(fakes.Options{})}, true}
		service := w.patient(patientTask())
		_, err := slipway.NewStack("shop", service).Apply(t.Context(), w.cloud.Config())
		require.NoError(t, err)
		client := awsecs.NewFromConfig(w.cloud.Config())
		out, err := client.ListContainerInstances(t.Context(), &awsecs.ListContainerInstancesInput{Cluster: aws.String("shop")})
		require.NoError(t, err)
		w.must(client.UpdateContainerInstancesState(t.Context(), &awsecs.UpdateContainerInstancesStateInput{
			Cluster: aws.String("shop"), ContainerInstances: out.ContainerInstanceArns, Status: ecstypes.ContainerInstanceStatusDraining,
		}))
		w.count(9)
		time.Sleep(10 * time.Minute)
		causes, err := ecs.Diagnose(t.Context(), w.cloud.Config(), service)
		require.NoError(t, err)
		for _, c := range causes {
			require.NotEqual(t, slipway.NotJoined, c.Code, "%v", c)
		}
	})
}

// TestDiagnoseOfInstancesAsTargets: it is their security groups that have to let the
// load balancer in.
func TestDiagnoseOfInstancesAsTargets(t *testing.T) {
	t.Parallel()
	for name, port := range map[string]int{"any port": 0, "a fixed port": 8000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := ward{clinic{T: t, cloud: fakes.New(fakes.Options{})}, true}
				var c ecs.TaskContainer = patientApp()
				if port != 0 {
					c = ecs.OnEC2(patientApp()).WithHostPort(http, port)
				}
				service := w.patient(ecs.NewEC2TaskDefinition("web").WithContainer(c)).
					WithRoute(elb.NewApplication("shop", vpc.Default()).Route("/*"), c, http)
				_, err := slipway.NewStack("shop", service).Apply(t.Context(), w.cloud.Config())
				require.NoError(t, err)
				causes, err := ecs.Diagnose(t.Context(), w.cloud.Config(), service)
				require.NoError(t, err)
				require.Empty(t, causes)

				client := awsec2.NewFromConfig(w.cloud.Config())
				out, err := client.DescribeSecurityGroups(t.Context(), &awsec2.DescribeSecurityGroupsInput{
					Filters: []ec2types.Filter{{Name: aws.String("group-name"), Values: []string{"ecs-ward"}}},
				})
				require.NoError(t, err)
				w.must(client.RevokeSecurityGroupIngress(t.Context(), &awsec2.RevokeSecurityGroupIngressInput{
					GroupId: out.SecurityGroups[0].GroupId, IpPermissions: out.SecurityGroups[0].IpPermissions,
				}))
				w.rolled()
				time.Sleep(5 * time.Minute)
				causes, err = ecs.Diagnose(t.Context(), w.cloud.Config(), service)
				require.NoError(t, err)
				require.NotEmpty(t, causes)
				require.Equal(t, slipway.TargetSecurityGroup, causes[0].Code, "%v", causes)
				require.Equal(t, slipway.Certain, causes[0].Confidence)
				require.Contains(t, causes[0].Summary, "no security group of the instances admits it")
			})
		})
	}
}

// TestDiagnoseOfGrowth: while instances come nothing is wrong.
func TestDiagnoseOfGrowth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := ward{clinic{T: t, cloud: fakes.New(fakes.Options{Timing: fakes.Realistic})}, true}
		service := w.patient(patientTask())
		_, err := slipway.NewStack("shop", service).Apply(t.Context(), w.cloud.Config())
		require.NoError(t, err)
		w.count(8)
		for range 40 {
			time.Sleep(15 * time.Second)
			causes, err := ecs.Diagnose(t.Context(), w.cloud.Config(), service)
			require.NoError(t, err)
			require.Empty(t, causes)
		}
		status, err := ecs.Status(t.Context(), w.cloud.Config(), service)
		require.NoError(t, err)
		require.Equal(t, 8, status.Running)
	})
}
