// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// ward is a cluster of one m5.large, of at most two, with a healthy service of two tasks,
// each of half a vCPU.
type ward struct {
	clinic
	// shared: the service is on the capacity provider, and waits for instances.
	shared bool
}

func (w ward) provider() ecs.GroupProvider {
	template := ecs.NewInstanceTemplate("ward", ecs.NewCluster("shop"), ecs.AL2023, vpc.Default()).WithInstanceType("m5.large")
	group := autoscaling.NewGroup("ward", template.LaunchTemplate(), vpc.Default()).WithSize(1, 2).WithExternalScaling()
	return ecs.NewGroupProvider("ward", group)
}

func patientTask() ecs.EC2TaskDefinition {
	return ecs.NewEC2TaskDefinition("web").WithContainer(patientApp())
}

func patientApp() ecs.Container {
	return ecs.NewContainer("app", ecs.ImageRef("web:1")).WithPort(http).WithCPU(ecs.VCPU / 2).WithMemoryReservation(256 * ecs.MiB)
}

func (w ward) patient(task ecs.EC2TaskDefinition) ecs.EC2Service {
	s := ecs.NewEC2Service("web", ecs.NewCluster("shop").WithCapacityProvider(w.provider()), task, vpc.Default()).WithCount(2).
		WithDeployment(ecs.Rolling{MinimumHealthyPercent: ecs.NoneHealthy, MaximumPercent: 100})
	if w.shared {
		s = s.WithCapacity(ecs.InstanceCapacity{Provider: w.provider(), Weight: 1})
	}
	return s
}

// applied deploys what finds no place. The error has the same causes.
func (w ward) applied(s ecs.EC2Service) {
	ctx, cancel := context.WithTimeout(w.Context(), 15*time.Minute)
	defer cancel()
	_, err := slipway.NewStack("shop", s).Apply(ctx, w.cloud.Config())
	require.Error(w, err)
	var causes []slipway.Cause
	if unfinished, ok := errors.AsType[*ecs.UnfinishedError](err); ok {
		causes = unfinished.Causes
	} else if failed, ok := errors.AsType[*ecs.DeploymentError](err); ok {
		causes = failed.Causes
	}
	require.NotEmpty(w, causes, "%v", err)
	found, err := ecs.Diagnose(w.Context(), w.cloud.Config(), s)
	require.NoError(w, err)
	require.Equal(w, found[0].Code, causes[0].Code)
}

// count asks for so many tasks.
func (w ward) count(n int32) {
	w.must(awsecs.NewFromConfig(w.cloud.Config()).UpdateService(w.Context(), &awsecs.UpdateServiceInput{
		Cluster: aws.String("shop"), Service: aws.String("web"), DesiredCount: &n,
	}))
}

// resized bounds the group, and has it want so many instances.
func (w ward) resized(least, desired, most int32) {
	w.must(awsasg.NewFromConfig(w.cloud.Config()).UpdateAutoScalingGroup(w.Context(), &awsasg.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("ward"), MinSize: &least, DesiredCapacity: &desired, MaxSize: &most,
	}))
}

// replaced kills the instances, for which others come.
func (w ward) replaced() {
	out, err := awsecs.NewFromConfig(w.cloud.Config()).ListContainerInstances(w.Context(), &awsecs.ListContainerInstancesInput{Cluster: aws.String("shop")})
	require.NoError(w, err)
	described, err := awsecs.NewFromConfig(w.cloud.Config()).DescribeContainerInstances(w.Context(), &awsecs.DescribeContainerInstancesInput{
		Cluster: aws.String("shop"), ContainerInstances: out.ContainerInstanceArns,
	})
	require.NoError(w, err)
	for _, i := range described.ContainerInstances {
		require.NoError(w, w.cloud.KillInstance(*i.Ec2InstanceId))
	}
}

// templated has the group launch from another version of its template.
func (w ward) templated(change func(*ec2types.RequestLaunchTemplateData)) {
	client := awsec2.NewFromConfig(w.cloud.Config())
	templates, err := client.DescribeLaunchTemplates(w.Context(), &awsec2.DescribeLaunchTemplatesInput{})
	require.NoError(w, err)
	id := templates.LaunchTemplates[0].LaunchTemplateId
	versions, err := client.DescribeLaunchTemplateVersions(w.Context(), &awsec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: id, Versions: []string{"$Latest"}})
	require.NoError(w, err)
	old := versions.LaunchTemplateVersions[0].LaunchTemplateData
	data := &ec2types.RequestLaunchTemplateData{
		ImageId: old.ImageId, InstanceType: old.InstanceType, UserData: old.UserData,
		IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Arn: old.IamInstanceProfile.Arn, Name: old.IamInstanceProfile.Name},
		SecurityGroupIds:   old.SecurityGroupIds,
	}
	change(data)
	made, err := client.CreateLaunchTemplateVersion(w.Context(), &awsec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: id, LaunchTemplateData: data})
	require.NoError(w, err)
	w.must(awsasg.NewFromConfig(w.cloud.Config()).UpdateAutoScalingGroup(w.Context(), &awsasg.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("ward"), LaunchTemplate: &asgtypes.LaunchTemplateSpecification{
			LaunchTemplateId: id, Version: aws.String(strconv.FormatInt(*made.LaunchTemplateVersion.VersionNumber, 10)),
		},
	}))
}

const wardRole = "ecs-ward-instance-us-east-1"

// agents are all that the agents of instances may do.
func (w ward) agents(statement string) {
	w.must(awsiam.NewFromConfig(w.cloud.Config()).PutRolePolicy(w.Context(), &awsiam.PutRolePolicyInput{
		RoleName: aws.String(wardRole), PolicyName: aws.String("slipway"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*",` + statement + `}]}`),
	}))
}

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

// unprofiled deletes the instance profile.
func (w ward) unprofiled() {
	client := awsiam.NewFromConfig(w.cloud.Config())
	out, err := client.ListInstanceProfiles(w.Context(), &awsiam.ListInstanceProfilesInput{})
	require.NoError(w, err)
	p := out.InstanceProfiles[0]
	w.must(client.RemoveRoleFromInstanceProfile(w.Context(), &awsiam.RemoveRoleFromInstanceProfileInput{
		InstanceProfileName: p.InstanceProfileName, RoleName: p.Roles[0].RoleName,
	}))
	w.must(client.DeleteInstanceProfile(w.Context(), &awsiam.DeleteInstanceProfileInput{InstanceProfileName: p.InstanceProfileName}))
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
