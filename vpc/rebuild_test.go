// SPDX-License-Identifier: Apache-2.0

package vpc_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	model "github.com/slipway-go/slipway/internal/model/vpc"
	"github.com/slipway-go/slipway/vpc"
)

func readReply[T any](t *testing.T, name string) (reply T) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(body, &reply))
	return reply
}

func TestRebuildGroup(t *testing.T) {
	t.Parallel()
	reply := readReply[awsec2.DescribeSecurityGroupsOutput](t, "describe-security-groups.json")
	require.Equal(t, model.SecurityGroup{Create: awsec2.CreateSecurityGroupInput{
		GroupName: aws.String("MySecurityGroup"), Description: aws.String("My security group"), VpcId: aws.String("vpc-1a2b3c4d"),
		TagSpecifications: []ec2types.TagSpecification{{
			ResourceType: ec2types.ResourceTypeSecurityGroup, Tags: []ec2types.Tag{{Key: aws.String("Name"), Value: aws.String("SG1")}},
		}},
	}}, vpc.RebuildGroup(reply.SecurityGroups[0]))
}

func TestRebuildRules(t *testing.T) {
	t.Parallel()
	reply := readReply[awsec2.DescribeSecurityGroupRulesOutput](t, "describe-security-group-rules.json")
	require.Equal(t, model.SecurityGroupRule{Group: "sg-1234567890abcdef0", Permission: ec2types.IpPermission{
		IpProtocol: aws.String("-1"), UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: aws.String("sg-1234567890abcdef0"), Description: aws.String("")}},
	}, Tags: map[string]string{}}, vpc.RebuildRule(reply.SecurityGroupRules[0]))
	require.Equal(t, model.SecurityGroupRule{Group: "sg-1234567890abcdef0", Egress: true, Permission: ec2types.IpPermission{
		IpProtocol: aws.String("-1"), Ipv6Ranges: []ec2types.Ipv6Range{{CidrIpv6: aws.String("::/0"), Description: aws.String("")}},
	}, Tags: map[string]string{}}, vpc.RebuildRule(reply.SecurityGroupRules[1]))
}
