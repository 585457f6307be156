// SPDX-License-Identifier: Apache-2.0

package ec2_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// allow makes a role that may do what the statements say, and a client that acts as it.
func allow(t *testing.T, cloud *fakes.Cloud, role string, statements ...string) *awsec2.Client {
	t.Helper()
	iam := awsiam.NewFromConfig(cloud.Config())
	_, err := iam.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: &role, AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
	require.NoError(t, err)
	_, err = iam.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{RoleName: &role, PolicyName: aws.String("p"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`)})
	require.NoError(t, err)
	return awsec2.NewFromConfig(cloud.ConfigAs(role))
}

func statement(action, resource string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":%q}`, action, resource)
}

// TestLaunchingNeedsLeave: to run instances of a profile is to pass its role.
func TestLaunchingNeedsLeave(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	owner, iam := awsec2.NewFromConfig(cloud.Config()), awsiam.NewFromConfig(cloud.Config())
	allow(t, cloud, "node", statement("s3:GetObject", "*"))
	_, err := iam.CreateInstanceProfile(t.Context(), &awsiam.CreateInstanceProfileInput{InstanceProfileName: aws.String("nodes")})
	require.NoError(t, err)
	_, err = iam.AddRoleToInstanceProfile(t.Context(), &awsiam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("nodes"), RoleName: aws.String("node")})
	require.NoError(t, err)
	d := nodes()
	d.IamInstanceProfile = &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("nodes")}
	made := createTemplate(t, owner, "nodes", d)
	const account = "arn:aws:ec2:us-east-1:123456789012:"
	all := []string{
		statement("ec2:RunInstances", account+"instance/*"), statement("ec2:RunInstances", account+"network-interface/*"),
		statement("ec2:RunInstances", account+"volume/*"), statement("ec2:RunInstances", "arn:aws:ec2:us-east-1::image/ami-*"),
		statement("ec2:RunInstances", account+"subnet/"+*defaultSubnets(t, owner)[0].SubnetId),
		statement("ec2:RunInstances", account+"security-group/*"), statement("ec2:RunInstances", account+"launch-template/"+*made.LaunchTemplateId),
		statement("iam:PassRole", "arn:aws:iam::123456789012:role/node"),
	}
	launch := func(client *awsec2.Client) error {
		_, err := run(t, client, func(in *awsec2.RunInstancesInput) {
			in.ImageId, in.LaunchTemplate = nil, &ec2types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("nodes")}
		})
		return err
	}
	require.NoError(t, launch(allow(t, cloud, "all", all...)))
	for n, missing := range []string{"instance/*", "network-interface/*", "volume/*", "image/", "subnet/", "security-group/", "launch-template/", "iam:PassRole"} {
		less := append(append([]string(nil), all[:n]...), all[n+1:]...)
		requireCode(t, launch(allow(t, cloud, fmt.Sprintf("without%d", n), less...)), "UnauthorizedOperation", missing)
	}
}

func TestChangesNeedLeave(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	owner := awsec2.NewFromConfig(cloud.Config())
	made, i := createTemplate(t, owner, "nodes", nodes()), runOne(t, owner, nil)
	nobody := allow(t, cloud, "nobody", statement("s3:GetObject", "*"))
	template, node := "launch-template/"+*made.LaunchTemplateId, "instance/"+*i.InstanceId
	name := aws.String("nodes")
	for _, c := range []struct {
		what string
		call func() error
		on   string
	}{
		{"CreateLaunchTemplate", func() error {
			_, err := nobody.CreateLaunchTemplate(t.Context(), &awsec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("more"), LaunchTemplateData: nodes()})
			return err
		}, "launch-template/*"},
		{"CreateLaunchTemplateVersion", func() error {
			_, err := nobody.CreateLaunchTemplateVersion(t.Context(), &awsec2.CreateLaunchTemplateVersionInput{LaunchTemplateName: name, LaunchTemplateData: nodes()})
			return err
		}, template},
		{"ModifyLaunchTemplate", func() error {
			_, err := nobody.ModifyLaunchTemplate(t.Context(), &awsec2.ModifyLaunchTemplateInput{LaunchTemplateName: name})
			return err
		}, template},
		{"DeleteLaunchTemplateVersions", func() error {
			_, err := nobody.DeleteLaunchTemplateVersions(t.Context(), &awsec2.DeleteLaunchTemplateVersionsInput{LaunchTemplateName: name, Versions: []string{"1"}})
			return err
		}, template},
		{"DeleteLaunchTemplate", func() error {
			_, err := nobody.DeleteLaunchTemplate(t.Context(), &awsec2.DeleteLaunchTemplateInput{LaunchTemplateName: aws.String("none")})
			return err
		}, "launch-template/*"},
		{"GetLaunchTemplateData", func() error {
			_, err := nobody.GetLaunchTemplateData(t.Context(), &awsec2.GetLaunchTemplateDataInput{InstanceId: i.InstanceId})
			return err
		}, node},
		{"TerminateInstances", func() error {
			_, err := nobody.TerminateInstances(t.Context(), &awsec2.TerminateInstancesInput{InstanceIds: []string{*i.InstanceId}})
			return err
		}, node},
		{"StopInstances", func() error {
			_, err := nobody.StopInstances(t.Context(), &awsec2.StopInstancesInput{InstanceIds: []string{*i.InstanceId}})
			return err
		}, node},
		{"StartInstances", func() error {
			_, err := nobody.StartInstances(t.Context(), &awsec2.StartInstancesInput{InstanceIds: []string{*i.InstanceId}})
			return err
		}, node},
		{"ModifyInstanceMetadataOptions", func() error {
			_, err := nobody.ModifyInstanceMetadataOptions(t.Context(), &awsec2.ModifyInstanceMetadataOptionsInput{InstanceId: i.InstanceId})
			return err
		}, node},
		{"ModifyInstanceAttribute", func() error {
			_, err := nobody.ModifyInstanceAttribute(t.Context(), &awsec2.ModifyInstanceAttributeInput{InstanceId: i.InstanceId})
			return err
		}, node},
		{"DescribeInstanceAttribute", func() error {
			_, err := nobody.DescribeInstanceAttribute(t.Context(), &awsec2.DescribeInstanceAttributeInput{InstanceId: i.InstanceId, Attribute: ec2types.InstanceAttributeNameUserData})
			return err
		}, node},
		{"AssociateAddress", func() error {
			_, err := nobody.AssociateAddress(t.Context(), &awsec2.AssociateAddressInput{AllocationId: aws.String("eipalloc-1"), InstanceId: i.InstanceId})
			return err
		}, "elastic-ip/eipalloc-1"},
	} {
		err := c.call()
		requireCode(t, err, "UnauthorizedOperation", "ec2:"+c.what)
		require.ErrorContains(t, err, c.on, c.what)
	}
}

func TestSnapshotsKnowInstances(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client := awsec2.NewFromConfig(cloud.Config())
	before := cloud.Snapshot()
	made, i := createTemplate(t, client, "nodes", nodes()), runOne(t, client, nil)
	now := cloud.Snapshot()
	name := "ec2 us-east-1 launch-template " + *made.LaunchTemplateId
	require.Contains(t, now.State(name), `"VersionNumber":1`)
	require.Contains(t, now.Since(before), "+ "+name)
	require.Contains(t, now.Since(before), "+ ec2 us-east-1 instance "+*i.InstanceId)
}
