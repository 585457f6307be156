// SPDX-License-Identifier: Apache-2.0

package ec2_test

import (
	"encoding/base64"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// al2023 and its like name the newest image of Amazon Linux 2023.
const (
	al2023    = "resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
	al2023Arm = "resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id"
)

func encoded(text string) *string { return aws.String(base64.StdEncoding.EncodeToString([]byte(text))) }

// run launches one instance of a type that is not given as an m5.large.
func run(t *testing.T, client *awsec2.Client, change func(*awsec2.RunInstancesInput)) (*awsec2.RunInstancesOutput, error) {
	t.Helper()
	in := &awsec2.RunInstancesInput{
		ImageId: aws.String(al2023), InstanceType: ec2types.InstanceTypeM5Large, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
	}
	if change != nil {
		change(in)
	}
	return client.RunInstances(t.Context(), in)
}

func runOne(t *testing.T, client *awsec2.Client, change func(*awsec2.RunInstancesInput)) ec2types.Instance {
	t.Helper()
	out, err := run(t, client, change)
	require.NoError(t, err)
	require.Len(t, out.Instances, 1)
	return out.Instances[0]
}

func describeInstance(t *testing.T, client *awsec2.Client, id *string) ec2types.Instance {
	t.Helper()
	out, err := client.DescribeInstances(t.Context(), &awsec2.DescribeInstancesInput{InstanceIds: []string{*id}})
	require.NoError(t, err)
	require.Len(t, out.Reservations, 1)
	return out.Reservations[0].Instances[0]
}

func terminate(t *testing.T, client *awsec2.Client, id *string) *awsec2.TerminateInstancesOutput {
	t.Helper()
	out, err := client.TerminateInstances(t.Context(), &awsec2.TerminateInstancesInput{InstanceIds: []string{*id}})
	require.NoError(t, err)
	return out
}

func TestAnInstanceLivesAndEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{Timing: fakes.Timing{Instance: 20 * time.Second, Terminate: 40 * time.Second}})
		client := awsec2.NewFromConfig(cloud.Config())
		before := defaultSubnets(t, client)
		i := runOne(t, client, func(in *awsec2.RunInstancesInput) { in.SubnetId = before[1].SubnetId })
		require.Equal(t, ec2types.InstanceStateNamePending, i.State.Name)
		require.EqualValues(t, 0, *i.State.Code)
		start := time.Now()
		wait := &awsec2.DescribeInstancesInput{InstanceIds: []string{*i.InstanceId}}
		require.NoError(t, awsec2.NewInstanceRunningWaiter(client).Wait(t.Context(), wait, time.Minute))
		require.GreaterOrEqual(t, time.Since(start), 20*time.Second)

		i = describeInstance(t, client, i.InstanceId)
		require.Equal(t, "us-east-1b", *i.Placement.AvailabilityZone)
		require.NotEmpty(t, *i.PublicIpAddress, "the default subnet gives one")
		require.Regexp(t, `^172\.31\.`, *i.PrivateIpAddress)
		require.Equal(t, ec2types.ArchitectureValuesX8664, i.Architecture)
		require.Equal(t, ec2types.HttpTokensStateRequired, i.MetadataOptions.HttpTokens, "the image asks for tokens")
		require.EqualValues(t, 2, *i.MetadataOptions.HttpPutResponseHopLimit)
		require.Equal(t, *before[1].AvailableIpAddressCount-1, *defaultSubnets(t, client)[1].AvailableIpAddressCount)
		n, err := client.DescribeNetworkInterfaces(t.Context(), &awsec2.DescribeNetworkInterfacesInput{
			Filters: []ec2types.Filter{filter("attachment.instance-id", *i.InstanceId)},
		})
		require.NoError(t, err)
		require.Equal(t, ec2types.NetworkInterfaceStatusInUse, n.NetworkInterfaces[0].Status)
		require.EqualValues(t, 0, *n.NetworkInterfaces[0].Attachment.DeviceIndex)

		change := terminate(t, client, i.InstanceId).TerminatingInstances[0]
		require.Equal(t, ec2types.InstanceStateNameRunning, change.PreviousState.Name)
		require.Equal(t, ec2types.InstanceStateNameShuttingDown, change.CurrentState.Name)
		require.NoError(t, awsec2.NewInstanceTerminatedWaiter(client).Wait(t.Context(), wait, 2*time.Minute))
		require.Equal(t, before, defaultSubnets(t, client), "the address is free again")
		gone := describeInstance(t, client, i.InstanceId)
		require.Nil(t, gone.PrivateIpAddress)
		require.Equal(t, "Client.UserInitiatedShutdown", *gone.StateReason.Code)
		require.Contains(t, *gone.StateTransitionReason, "User initiated (")
		again := terminate(t, client, i.InstanceId).TerminatingInstances[0]
		require.Equal(t, ec2types.InstanceStateNameTerminated, again.CurrentState.Name, "ending twice is fine")

		time.Sleep(time.Hour)
		_, err = client.DescribeInstances(t.Context(), wait)
		requireCode(t, err, "InvalidInstanceID.NotFound", *i.InstanceId)
	})
}

func TestLaunchesAreRefused(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	vpc := createVPC(t, client, "10.0.0.0/16")
	subnet := createSubnet(t, client, vpc, "10.0.0.0/28")
	elsewhere := createGroup(t, client, "elsewhere", nil)
	for _, c := range []struct {
		name, code, text, reason string
		change                   func(*awsec2.RunInstancesInput)
	}{
		{"no image", "MissingParameter", "ImageId", "nothing to boot", func(in *awsec2.RunInstancesInput) { in.ImageId = nil }},
		{"not an image", "InvalidAMIID.Malformed", `Invalid id: "x" (expecting "ami-...")`, "ids have a form", func(in *awsec2.RunInstancesInput) { in.ImageId = aws.String("x") }},
		{"no such image", "InvalidAMIID.NotFound", "The image id '[ami-00000000000000000]' does not exist", "nobody has published it",
			func(in *awsec2.RunInstancesInput) { in.ImageId = aws.String("ami-00000000000000000") }},
		{"no such parameter", "SsmInvalidParameter", "/no/such", "it is resolved at launch", func(in *awsec2.RunInstancesInput) { in.ImageId = aws.String("resolve:ssm:/no/such") }},
		{"no such type", "InvalidParameterValue", "Invalid value 't9.micro' for InstanceType.", "AWS has none", func(in *awsec2.RunInstancesInput) { in.InstanceType = "t9.micro" }},
		{"architecture", "InvalidParameterValue", "The architecture 'arm64' of the specified instance type does not match the architecture 'x86_64' of the specified AMI.",
			"Graviton cannot run it", func(in *awsec2.RunInstancesInput) { in.InstanceType = ec2types.InstanceTypeT4gSmall }},
		{"architecture the other way", "InvalidParameterValue", "The architecture 'x86_64'", "nor Intel that", func(in *awsec2.RunInstancesInput) { in.ImageId = aws.String(al2023Arm) }},
		{"no such profile", "InvalidParameterValue", "Value (web) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", "IAM does not know it",
			func(in *awsec2.RunInstancesInput) {
				in.IamInstanceProfile = &ec2types.IamInstanceProfileSpecification{Name: aws.String("web")}
			}},
		{"no such profile by ARN", "InvalidParameterValue", "for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN", "nor that",
			func(in *awsec2.RunInstancesInput) {
				in.IamInstanceProfile = &ec2types.IamInstanceProfileSpecification{Arn: aws.String("arn:aws:iam::123456789012:instance-profile/web")}
			}},
		{"profile twice", "InvalidParameterCombination", "iamInstanceProfile.arn", "one of the two", func(in *awsec2.RunInstancesInput) {
			in.IamInstanceProfile = &ec2types.IamInstanceProfileSpecification{Name: aws.String("web"), Arn: aws.String("arn:x")}
		}},
		{"no such subnet", "InvalidSubnetID.NotFound", "subnet-0", "it is not there", func(in *awsec2.RunInstancesInput) { in.SubnetId = aws.String("subnet-00000000000000000") }},
		{"no such zone", "InvalidParameterValue", "Invalid availability zone: [us-east-1x]", "the region has three", func(in *awsec2.RunInstancesInput) {
			in.Placement = &ec2types.Placement{AvailabilityZone: aws.String("us-east-1x")}
		}},
		{"no such group", "InvalidGroup.NotFound", "The security group 'sg-0' does not exist", "it has been deleted", func(in *awsec2.RunInstancesInput) { in.SecurityGroupIds = []string{"sg-0"} }},
		{"group of another VPC", "InvalidParameter", "belong to different networks", "groups do not reach over", func(in *awsec2.RunInstancesInput) {
			in.SubnetId, in.SecurityGroupIds = &subnet, []string{elsewhere}
		}},
		{"too many addresses", "InsufficientFreeAddressesInSubnet", "does not have enough free addresses", "the subnet has eleven", func(in *awsec2.RunInstancesInput) {
			in.SubnetId, in.MinCount, in.MaxCount = &subnet, aws.Int32(12), aws.Int32(12)
		}},
		{"no instances", "InvalidParameterValue", "minCount", "at least one", func(in *awsec2.RunInstancesInput) { in.MinCount = aws.Int32(0) }},
		{"fewer at most", "InvalidParameterValue", "maxCount", "the most is more than the least", func(in *awsec2.RunInstancesInput) { in.MinCount = aws.Int32(2) }},
		{"groups and interface", "InvalidParameterCombination", "Network interfaces and an instance-level security groups may not be specified on the same request",
			"the interface has them", func(in *awsec2.RunInstancesInput) {
				in.SecurityGroupIds, in.NetworkInterfaces = []string{elsewhere}, []ec2types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0)}}
			}},
		{"subnet and interface", "InvalidParameterCombination", "instance-level subnet ID", "as well as that", func(in *awsec2.RunInstancesInput) {
			in.SubnetId, in.NetworkInterfaces = &subnet, []ec2types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0)}}
		}},
		{"user data", "InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.", "it is encoded", func(in *awsec2.RunInstancesInput) { in.UserData = aws.String("#!/bin/sh") }},
		{"one address for two", "InvalidParameterCombination", "privateIpAddress", "only one can have it", func(in *awsec2.RunInstancesInput) {
			in.PrivateIpAddress, in.MaxCount = aws.String("172.31.0.9"), aws.Int32(2)
		}},
		{"address elsewhere", "InvalidParameterValue", "range", "it is not the subnet's", func(in *awsec2.RunInstancesInput) { in.PrivateIpAddress = aws.String("192.0.2.1") }},
		{"AWS's tag", "InvalidParameterValue", "reserved for internal use", "only services set it", func(in *awsec2.RunInstancesInput) {
			in.TagSpecifications = []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeInstance, Tags: []ec2types.Tag{{Key: aws.String("aws:x"), Value: aws.String("")}}}}
		}},
		{"only a dry run", "DryRunOperation", "Request would have succeeded", "all is well", func(in *awsec2.RunInstancesInput) { in.DryRun = aws.Bool(true) }},
		{"a dry run that fails", "InvalidAMIID.Malformed", "x", "it is checked all the same", func(in *awsec2.RunInstancesInput) {
			in.DryRun, in.ImageId = aws.Bool(true), aws.String("x")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := run(t, client, c.change)
			require.Error(t, err, c.reason)
			requireCode(t, err, c.code, c.text)
		})
	}
}

func TestWhatIsNotModelledIsRefused(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	for name, change := range map[string]func(*awsec2.RunInstancesInput){
		"key pair":       func(in *awsec2.RunInstancesInput) { in.KeyName = aws.String("me") },
		"type":           func(in *awsec2.RunInstancesInput) { in.InstanceType = ec2types.InstanceTypeX1eXlarge },
		"tenancy":        func(in *awsec2.RunInstancesInput) { in.Placement = &ec2types.Placement{Tenancy: ec2types.TenancyHost} },
		"interface kind": func(in *awsec2.RunInstancesInput) { in.NetworkInterfaces = interfaces(0, "efa") },
		"second one":     func(in *awsec2.RunInstancesInput) { in.NetworkInterfaces = interfaces(1, "") },
		"second address": func(in *awsec2.RunInstancesInput) { in.Ipv6AddressCount = aws.Int32(1) },
		"persistent Spot": func(in *awsec2.RunInstancesInput) {
			in.InstanceMarketOptions = &ec2types.InstanceMarketOptionsRequest{MarketType: ec2types.MarketTypeSpot, SpotOptions: &ec2types.SpotMarketOptions{
				SpotInstanceType: ec2types.SpotInstanceTypePersistent,
			}}
		},
		"placement group": func(in *awsec2.RunInstancesInput) { in.Placement = &ec2types.Placement{GroupName: aws.String("g")} },
	} {
		_, err := run(t, client, change)
		var refused *fakes.NotModelledError
		require.ErrorAs(t, err, &refused, name)
	}
}

func interfaces(index int32, kind string) []ec2types.InstanceNetworkInterfaceSpecification {
	n := ec2types.InstanceNetworkInterfaceSpecification{DeviceIndex: &index}
	if kind != "" {
		n.InterfaceType = &kind
	}
	return []ec2types.InstanceNetworkInterfaceSpecification{n}
}

func TestSeveralAtOnce(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	subnet := createSubnet(t, client, createVPC(t, client, "10.0.0.0/16"), "10.0.0.0/28")
	order := func(in *awsec2.RunInstancesInput) {
		in.SubnetId, in.MinCount, in.MaxCount, in.ClientToken = &subnet, aws.Int32(2), aws.Int32(20), aws.String("once")
	}
	out, err := run(t, client, order)
	require.NoError(t, err)
	require.Len(t, out.Instances, 11, "as many as there are addresses")
	require.EqualValues(t, 10, *out.Instances[10].AmiLaunchIndex)
	again, err := run(t, client, order)
	require.NoError(t, err)
	require.Equal(t, out.ReservationId, again.ReservationId, "the token has been seen")
	all, err := client.DescribeInstances(t.Context(), &awsec2.DescribeInstancesInput{Filters: []ec2types.Filter{filter("subnet-id", subnet)}})
	require.NoError(t, err)
	require.Len(t, all.Reservations, 1)
	require.Nil(t, all.Reservations[0].Instances[0].PublicIpAddress, "the subnet gives none")
	seen := 0
	for pages := awsec2.NewDescribeInstancesPaginator(client, &awsec2.DescribeInstancesInput{MaxResults: aws.Int32(5)}); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, r := range page.Reservations {
			seen += len(r.Instances)
		}
	}
	require.Equal(t, 11, seen)
}

func TestWhatAnInstanceUsesCannotBeDeleted(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client := awsec2.NewFromConfig(cloud.Config())
	vpc := createVPC(t, client, "10.0.0.0/16")
	subnet := createSubnet(t, client, vpc, "10.0.0.0/24")
	group := createGroup(t, client, "web", &vpc)
	i := runOne(t, client, func(in *awsec2.RunInstancesInput) { in.SubnetId, in.SecurityGroupIds = &subnet, []string{group} })
	require.Equal(t, group, *i.SecurityGroups[0].GroupId)
	removeGroup := func() error {
		_, err := client.DeleteSecurityGroup(t.Context(), &awsec2.DeleteSecurityGroupInput{GroupId: &group})
		return err
	}
	removeSubnet := func() error {
		_, err := client.DeleteSubnet(t.Context(), &awsec2.DeleteSubnetInput{SubnetId: &subnet})
		return err
	}
	requireCode(t, removeGroup(), "DependencyViolation", "resource "+group+" has a dependent object")
	requireCode(t, removeSubnet(), "DependencyViolation", "The subnet '"+subnet+"' has dependencies")
	terminate(t, client, i.InstanceId)
	cloud.Advance(time.Second)
	require.NoError(t, removeGroup())
	require.NoError(t, removeSubnet())
}

func TestStopAndStart(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client := awsec2.NewFromConfig(cloud.Config())
	i := runOne(t, client, nil)
	ids := []string{*i.InstanceId}
	_, err := client.StopInstances(t.Context(), &awsec2.StopInstancesInput{InstanceIds: ids})
	require.NoError(t, err)
	require.NoError(t, awsec2.NewInstanceStoppedWaiter(client).Wait(t.Context(), &awsec2.DescribeInstancesInput{InstanceIds: ids}, time.Minute))
	stopped := describeInstance(t, client, i.InstanceId)
	require.Equal(t, i.PrivateIpAddress, stopped.PrivateIpAddress, "it is kept")
	require.Nil(t, stopped.PublicIpAddress, "that is not")
	out, err := client.StartInstances(t.Context(), &awsec2.StartInstancesInput{InstanceIds: ids})
	require.NoError(t, err)
	require.Equal(t, ec2types.InstanceStateNameStopped, out.StartingInstances[0].PreviousState.Name)
	started := describeInstance(t, client, i.InstanceId)
	require.Equal(t, ec2types.InstanceStateNameRunning, started.State.Name)
	require.NotEmpty(t, *started.PublicIpAddress)
	require.Nil(t, started.StateReason)

	spot := runOne(t, client, func(in *awsec2.RunInstancesInput) {
		in.InstanceMarketOptions = &ec2types.InstanceMarketOptionsRequest{MarketType: ec2types.MarketTypeSpot}
	})
	require.Equal(t, ec2types.InstanceLifecycleTypeSpot, spot.InstanceLifecycle)
	_, err = client.StopInstances(t.Context(), &awsec2.StopInstancesInput{InstanceIds: []string{*i.InstanceId, *spot.InstanceId}})
	requireCode(t, err, "UnsupportedOperation", *spot.InstanceId)
	require.Equal(t, ec2types.InstanceStateNameRunning, describeInstance(t, client, i.InstanceId).State.Name, "all or none")
	terminate(t, client, i.InstanceId)
	_, err = client.StartInstances(t.Context(), &awsec2.StartInstancesInput{InstanceIds: ids})
	requireCode(t, err, "IncorrectInstanceState", "is not in a state from which it can be started")
	_, err = client.StopInstances(t.Context(), &awsec2.StopInstancesInput{InstanceIds: ids})
	requireCode(t, err, "IncorrectInstanceState", "is not in a state from which it can be stopped")
	_, err = client.StopInstances(t.Context(), &awsec2.StopInstancesInput{InstanceIds: []string{"i-00000000000000000"}})
	requireCode(t, err, "InvalidInstanceID.NotFound", "i-0")
}

func TestTagsOfInstances(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	i := runOne(t, client, func(in *awsec2.RunInstancesInput) {
		in.TagSpecifications = []ec2types.TagSpecification{
			{ResourceType: ec2types.ResourceTypeInstance, Tags: []ec2types.Tag{{Key: aws.String("Name"), Value: aws.String("web")}}},
			{ResourceType: ec2types.ResourceTypeNetworkInterface, Tags: []ec2types.Tag{{Key: aws.String("of"), Value: aws.String("web")}}},
		}
	})
	_, err := client.CreateTags(t.Context(), &awsec2.CreateTagsInput{Resources: []string{*i.InstanceId}, Tags: []ec2types.Tag{{Key: aws.String("tier"), Value: aws.String("1")}}})
	require.NoError(t, err)
	out, err := client.DescribeInstances(t.Context(), &awsec2.DescribeInstancesInput{Filters: []ec2types.Filter{filter("tag:Name", "web"), filter("tag-key", "tier")}})
	require.NoError(t, err)
	require.Len(t, out.Reservations, 1)
	tags, err := client.DescribeTags(t.Context(), &awsec2.DescribeTagsInput{Filters: []ec2types.Filter{filter("resource-type", "network-interface")}})
	require.NoError(t, err)
	require.Equal(t, "of", *tags.Tags[0].Key)
}

// TestTheProfilePropagates: a profile that was just made is not known to EC2 yet, and then
// its role is not.
func TestTheProfilePropagates(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{Timing: fakes.Timing{Propagate: 8 * time.Second}})
	client, iam := awsec2.NewFromConfig(cloud.Config()), awsiam.NewFromConfig(cloud.Config())
	name, role := aws.String("nodes"), aws.String("node")
	_, err := iam.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: role, AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
	require.NoError(t, err)
	made, err := iam.CreateInstanceProfile(t.Context(), &awsiam.CreateInstanceProfileInput{InstanceProfileName: name, Path: aws.String("/shop/")})
	require.NoError(t, err)
	require.NoError(t, awsiam.NewInstanceProfileExistsWaiter(iam).Wait(t.Context(), &awsiam.GetInstanceProfileInput{InstanceProfileName: name}, time.Minute))
	launch := func() error {
		_, err := run(t, client, func(in *awsec2.RunInstancesInput) {
			in.IamInstanceProfile = &ec2types.IamInstanceProfileSpecification{Name: name}
		})
		return err
	}
	requireCode(t, launch(), "InvalidParameterValue", "Invalid IAM Instance Profile name")
	cloud.Advance(8 * time.Second)
	requireCode(t, launch(), "InvalidParameterValue", `IAM Instance Profile "`+*made.InstanceProfile.Arn+`" has no associated IAM Roles`)
	_, err = iam.AddRoleToInstanceProfile(t.Context(), &awsiam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: role})
	require.NoError(t, err)
	requireCode(t, launch(), "InvalidParameterValue", "has no associated IAM Roles")
	cloud.Advance(8 * time.Second)
	require.NoError(t, launch())
	i := runOne(t, client, func(in *awsec2.RunInstancesInput) {
		in.IamInstanceProfile = &ec2types.IamInstanceProfileSpecification{Arn: made.InstanceProfile.Arn}
	})
	require.Equal(t, *made.InstanceProfile.Arn, *i.IamInstanceProfile.Arn)
}
