// SPDX-License-Identifier: Apache-2.0

package vpc_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

func apply(t *testing.T, cloud *fakes.Cloud, resources ...slipway.Resource) *slipway.Result {
	t.Helper()
	result, err := slipway.NewStack("shop", resources...).Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	return result
}

// requireSettled demands that a second plan is empty and writes nothing.
func requireSettled(t *testing.T, cloud *fakes.Cloud, resources ...slipway.Resource) {
	t.Helper()
	cloud.ForgetCalls()
	plan, err := slipway.NewStack("shop", resources...).Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.True(t, plan.Empty(), "%s", plan)
	require.Empty(t, cloud.Calls().Writes())
}

func describeRules(t *testing.T, cloud *fakes.Cloud, group string) []ec2types.SecurityGroupRule {
	t.Helper()
	out, err := awsec2.NewFromConfig(cloud.Config()).DescribeSecurityGroupRules(t.Context(), &awsec2.DescribeSecurityGroupRulesInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-id"), Values: []string{group}}},
	})
	require.NoError(t, err)
	return out.SecurityGroupRules
}

// pair are two groups that refer to each other.
func pair() (vpc.SecurityGroup, []slipway.Resource) {
	web, db := vpc.NewSecurityGroup("web", "web", vpc.Default()), vpc.NewSecurityGroup("db", "db", vpc.Default())
	return web, []slipway.Resource{
		vpc.Ingress(web, vpc.AnyIPv4, vpc.TCP(443)).WithDescription("customers"), vpc.Ingress(web, vpc.CIDR("2001:db8::1/32"), vpc.TCP(443)),
		vpc.Ingress(db, vpc.FromGroup(web), vpc.TCP(5432)), vpc.Egress(web, vpc.FromGroup(db), vpc.Ports{Protocol: "6", From: 5432, To: 5432}),
		vpc.Ingress(web, vpc.FromGroup(db), vpc.AllTraffic()).WithTag("team", "shop"),
	}
}

func TestGroupsAndRules(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	web, resources := pair()
	result := apply(t, cloud, resources...)
	out := slipway.Output(result, web)
	require.Regexp(t, "^sg-", out.ID)
	require.Contains(t, out.ARN, ":security-group/"+out.ID)
	require.Len(t, describeRules(t, cloud, out.ID), 5, "four and AWS's own, which lets everything out")
	requireSettled(t, cloud, resources...)
	require.NoError(t, slipway.NewStack("shop", resources...).Destroy(t.Context(), cloud.Config()))
	groups, err := awsec2.NewFromConfig(cloud.Config()).DescribeSecurityGroups(t.Context(), &awsec2.DescribeSecurityGroupsInput{})
	require.NoError(t, err)
	require.Len(t, groups.SecurityGroups, 1, "only the default group is left")
}

func TestReadsAreBatched(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	_, resources := pair()
	apply(t, cloud, resources...)
	cloud.ForgetCalls()
	_, err := slipway.NewStack("shop", resources...).Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.LessOrEqual(t, len(cloud.Calls().Of("EC2", "DescribeSecurityGroups")), 2, "once for all, once for pruning")
	require.LessOrEqual(t, len(cloud.Calls().Of("EC2", "DescribeSecurityGroupRules")), 2, "once for all, once for pruning")
}

func TestChangesInPlace(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	tagged := group().WithTag("team", "a").WithTag("old", "x")
	before := slipway.Output(apply(t, cloud, vpc.Ingress(tagged, vpc.AnyIPv4, vpc.TCP(443))), group()).ID
	changed := group().WithTag("team", "b")
	rule := vpc.Ingress(changed, vpc.AnyIPv4, vpc.TCP(443)).WithDescription("customers").WithTag("team", "b")
	after := apply(t, cloud, changed, rule)
	require.Equal(t, before, slipway.Output(after, group()).ID)
	requireSettled(t, cloud, changed, rule)
	i := slices.IndexFunc(describeRules(t, cloud, before), func(r ec2types.SecurityGroupRule) bool { return !*r.IsEgress })
	now := describeRules(t, cloud, before)[i]
	require.Equal(t, "customers", *now.Description)
	require.Equal(t, slipway.Output(after, rule).ID, *now.SecurityGroupRuleId)
	require.Len(t, now.Tags, 3)
}

func TestForeignGroupIsNotTouched(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	_, err := awsec2.NewFromConfig(cloud.Config()).CreateSecurityGroup(t.Context(), &awsec2.CreateSecurityGroupInput{
		GroupName: aws.String("web"), Description: aws.String("web servers"),
	})
	require.NoError(t, err)
	stack := slipway.NewStack("shop", group())
	_, err = stack.Apply(t.Context(), cloud.Config())
	require.ErrorIs(t, err, slipway.ErrConflict)
	_, err = stack.Apply(t.Context(), cloud.Config(), slipway.Adopt(group().ID()))
	require.NoError(t, err)
	requireSettled(t, cloud, group())
}

// TestLostReplies loses the reply of each write once: the SDK repeats the call,
// and EC2 takes no token for these.
func TestLostReplies(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"} {
		synctest.Test(t, func(t *testing.T) {
			cloud := fakes.New(fakes.Options{})
			cloud.Inject(fakes.Match{Service: "EC2", Operation: operation, Times: 1}, fakes.LostReply())
			web, resources := pair()
			out := slipway.Output(apply(t, cloud, resources...), web)
			require.Len(t, describeRules(t, cloud, out.ID), 5)
			requireSettled(t, cloud, resources...)
		})
	}
}

func TestDeleteWaitsForInterfaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		client := awsec2.NewFromConfig(cloud.Config())
		result := apply(t, cloud, vpc.Default(), group())
		out, err := client.CreateNetworkInterface(t.Context(), &awsec2.CreateNetworkInterfaceInput{
			SubnetId: aws.String(slipway.Output(result, vpc.Default()).Subnets[0]), Groups: []string{slipway.Output(result, group()).ID},
		})
		require.NoError(t, err)
		time.AfterFunc(time.Minute, func() {
			_, _ = client.DeleteNetworkInterface(context.Background(), &awsec2.DeleteNetworkInterfaceInput{
				NetworkInterfaceId: out.NetworkInterface.NetworkInterfaceId,
			})
		})
		start := time.Now()
		require.NoError(t, slipway.NewStack("shop", group()).Destroy(t.Context(), cloud.Config()))
		require.GreaterOrEqual(t, time.Since(start), time.Minute)
	})
}

func TestDeleteGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		result := apply(t, cloud, vpc.Default(), group())
		_, err := awsec2.NewFromConfig(cloud.Config()).CreateNetworkInterface(t.Context(), &awsec2.CreateNetworkInterfaceInput{
			SubnetId: aws.String(slipway.Output(result, vpc.Default()).Subnets[0]), Groups: []string{slipway.Output(result, group()).ID},
		})
		require.NoError(t, err)
		err = slipway.NewStack("shop", group()).Destroy(t.Context(), cloud.Config())
		require.ErrorIs(t, err, slipway.ErrTimeout)
		require.ErrorIs(t, err, slipway.ErrConflict)
		var api smithy.APIError
		require.ErrorAs(t, err, &api)
		require.Equal(t, "DependencyViolation", api.ErrorCode())
	})
}

func TestNetworkLookUps(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client := awsec2.NewFromConfig(cloud.Config())
	tagged := func(cidr string) string {
		out, err := client.CreateVpc(t.Context(), &awsec2.CreateVpcInput{CidrBlock: aws.String(cidr), TagSpecifications: []ec2types.TagSpecification{{
			ResourceType: ec2types.ResourceTypeVpc, Tags: []ec2types.Tag{{Key: aws.String("env"), Value: aws.String("prod")}},
		}}})
		require.NoError(t, err)
		return *out.Vpc.VpcId
	}
	id := tagged("10.0.0.0/16")
	lookUp := func(n vpc.Network) (vpc.NetworkOutputs, error) {
		result, err := slipway.NewStack("shop", n).Apply(t.Context(), cloud.Config())
		if err != nil {
			return vpc.NetworkOutputs{}, err
		}
		return slipway.Output(result, n), nil
	}
	prod := vpc.Lookup(map[string]string{"env": "prod"})
	_, err := lookUp(prod)
	require.ErrorIs(t, err, slipway.ErrNotFound, "it has no subnet")
	for zone, cidr := range map[string]string{"us-east-1a": "10.0.0.0/24", "us-east-1b": "10.0.1.0/24"} {
		_, err := client.CreateSubnet(t.Context(), &awsec2.CreateSubnetInput{
			VpcId: aws.String(id), CidrBlock: aws.String(cidr), AvailabilityZone: aws.String(zone),
		})
		require.NoError(t, err)
	}
	found, err := lookUp(prod)
	require.NoError(t, err)
	require.Equal(t, id, found.ID)
	require.Equal(t, []string{"us-east-1a", "us-east-1b"}, found.Zones)
	require.Empty(t, found.Public)
	require.Len(t, found.Private, 2, "no route leads to an internet gateway")
	one, err := lookUp(vpc.ByID(id).WithSubnets(found.Subnets[1]))
	require.NoError(t, err)
	require.Equal(t, found.Subnets[1:], one.Subnets)
	_, err = lookUp(vpc.ByID(id).WithSubnets("subnet-00000000000000000"))
	require.ErrorIs(t, err, slipway.ErrNotFound)
	require.ErrorContains(t, err, "subnet-00000000000000000")

	byDefault, err := lookUp(vpc.Default())
	require.NoError(t, err)
	require.Len(t, byDefault.Public, 3)
	require.Equal(t, "172.31.0.0/16", byDefault.CIDR)

	tagged("10.1.0.0/16")
	_, err = lookUp(prod)
	require.ErrorIs(t, err, slipway.ErrNotFound)
	require.ErrorContains(t, err, "a VPC with the tags env=prod in us-east-1")
	require.ErrorContains(t, err, "2 VPCs match")
	_, err = lookUp(vpc.ByID("vpc-00000000000000000"))
	require.ErrorIs(t, err, slipway.ErrNotFound)
	require.ErrorContains(t, err, "VPC vpc-00000000000000000")
}
