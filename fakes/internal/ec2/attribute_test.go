// SPDX-License-Identifier: Apache-2.0

package ec2_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

func TestAttributes(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	i := runOne(t, client, func(in *awsec2.RunInstancesInput) {
		in.DisableApiTermination, in.UserData = aws.Bool(true), encoded("#!/bin/sh")
	})
	show := func(name ec2types.InstanceAttributeName) *awsec2.DescribeInstanceAttributeOutput {
		out, err := client.DescribeInstanceAttribute(t.Context(), &awsec2.DescribeInstanceAttributeInput{InstanceId: i.InstanceId, Attribute: name})
		require.NoError(t, err)
		return out
	}
	require.Equal(t, *encoded("#!/bin/sh"), *show(ec2types.InstanceAttributeNameUserData).UserData.Value)
	require.Equal(t, "m5.large", *show(ec2types.InstanceAttributeNameInstanceType).InstanceType.Value)
	require.Equal(t, "stop", *show(ec2types.InstanceAttributeNameInstanceInitiatedShutdownBehavior).InstanceInitiatedShutdownBehavior.Value)
	require.Equal(t, "/dev/xvda", *show(ec2types.InstanceAttributeNameRootDeviceName).RootDeviceName.Value)
	require.Len(t, show(ec2types.InstanceAttributeNameGroupSet).Groups, 1)
	require.Len(t, show(ec2types.InstanceAttributeNameBlockDeviceMapping).BlockDeviceMappings, 1)
	require.True(t, *show(ec2types.InstanceAttributeNameSourceDestCheck).SourceDestCheck.Value)
	require.False(t, *show(ec2types.InstanceAttributeNameEbsOptimized).EbsOptimized.Value)
	require.True(t, *show(ec2types.InstanceAttributeNameEnaSupport).EnaSupport.Value)
	require.False(t, *show(ec2types.InstanceAttributeNameDisableApiStop).DisableApiStop.Value)
	require.True(t, *show(ec2types.InstanceAttributeNameDisableApiTermination).DisableApiTermination.Value)
	_, err := client.DescribeInstanceAttribute(t.Context(), &awsec2.DescribeInstanceAttributeInput{InstanceId: i.InstanceId, Attribute: ec2types.InstanceAttributeNameKernel})
	var refused *fakes.NotModelledError
	require.ErrorAs(t, err, &refused)

	_, err = client.TerminateInstances(t.Context(), &awsec2.TerminateInstancesInput{InstanceIds: []string{*i.InstanceId}})
	requireCode(t, err, "OperationNotPermitted", "Modify its 'disableApiTermination' instance attribute and try again.")
	group := createGroup(t, client, "web", nil)
	_, err = client.ModifyInstanceAttribute(t.Context(), &awsec2.ModifyInstanceAttributeInput{
		InstanceId: i.InstanceId, DisableApiTermination: &ec2types.AttributeBooleanValue{Value: aws.Bool(false)}, Groups: []string{group},
		DisableApiStop: &ec2types.AttributeBooleanValue{Value: aws.Bool(true)}, SourceDestCheck: &ec2types.AttributeBooleanValue{Value: aws.Bool(false)},
		InstanceInitiatedShutdownBehavior: &ec2types.AttributeValue{Value: aws.String("terminate")},
	})
	require.NoError(t, err)
	changed := describeInstance(t, client, i.InstanceId)
	require.Equal(t, group, *changed.SecurityGroups[0].GroupId)
	require.False(t, *changed.SourceDestCheck)
	_, err = client.StopInstances(t.Context(), &awsec2.StopInstancesInput{InstanceIds: []string{*i.InstanceId}})
	requireCode(t, err, "OperationNotPermitted", "disableApiStop")

	options := func(in awsec2.ModifyInstanceMetadataOptionsInput) error {
		in.InstanceId = i.InstanceId
		_, err := client.ModifyInstanceMetadataOptions(t.Context(), &in)
		return err
	}
	require.NoError(t, options(awsec2.ModifyInstanceMetadataOptionsInput{HttpTokens: ec2types.HttpTokensStateOptional, HttpPutResponseHopLimit: aws.Int32(64)}))
	got := describeInstance(t, client, i.InstanceId).MetadataOptions
	require.Equal(t, ec2types.HttpTokensStateOptional, got.HttpTokens)
	require.EqualValues(t, 64, *got.HttpPutResponseHopLimit)
	require.Equal(t, ec2types.InstanceMetadataEndpointStateEnabled, got.HttpEndpoint, "what is not named stays")
	requireCode(t, options(awsec2.ModifyInstanceMetadataOptionsInput{HttpPutResponseHopLimit: aws.Int32(65)}), "InvalidParameterValue", "between 1 and 64")
	terminate(t, client, i.InstanceId)
	requireCode(t, options(awsec2.ModifyInstanceMetadataOptionsInput{}), "IncorrectInstanceState", *i.InstanceId)
	_, err = client.ModifyInstanceAttribute(t.Context(), &awsec2.ModifyInstanceAttributeInput{InstanceId: i.InstanceId})
	requireCode(t, err, "IncorrectInstanceState", *i.InstanceId)
}

func TestStatus(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{Timing: fakes.Timing{Instance: time.Hour}})
	client := awsec2.NewFromConfig(cloud.Config())
	i := runOne(t, client, nil)
	status := func(all bool) []ec2types.InstanceStatus {
		out, err := client.DescribeInstanceStatus(t.Context(), &awsec2.DescribeInstanceStatusInput{
			InstanceIds: []string{*i.InstanceId}, IncludeAllInstances: &all,
		})
		require.NoError(t, err)
		return out.InstanceStatuses
	}
	require.Empty(t, status(false), "it does not run yet")
	require.Equal(t, ec2types.SummaryStatusInitializing, status(true)[0].InstanceStatus.Status)
	cloud.Advance(time.Hour)
	require.Equal(t, ec2types.SummaryStatusOk, status(false)[0].SystemStatus.Status)
	wait := &awsec2.DescribeInstanceStatusInput{InstanceIds: []string{*i.InstanceId}}
	require.NoError(t, awsec2.NewInstanceStatusOkWaiter(client).Wait(t.Context(), wait, time.Minute))
	_, err := client.DescribeInstanceStatus(t.Context(), &awsec2.DescribeInstanceStatusInput{InstanceIds: []string{"i-00000000000000000"}})
	requireCode(t, err, "InvalidInstanceID.NotFound", "i-0")
}
