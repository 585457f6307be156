// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
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
