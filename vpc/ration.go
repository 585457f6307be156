// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/vpc"
	"github.com/slipway-go/slipway/internal/probe"
)

// pageOf is how many groups or rules are read with a call, the most that EC2 gives.
const pageOf = 1000

// Ration looks up whether the region has room for more security groups.
func (groupDriver) Ration(ctx context.Context, c slipway.Call, _ slipway.Refs, made []*model.SecurityGroup) ([]slipway.Check, error) {
	return []slipway.Check{probe.SecurityGroups.Room(ctx, c, "", len(made), func() (int, error) {
		n := 0
		client := slipway.Client(c, awsec2.NewFromConfig)
		for pages := awsec2.NewDescribeSecurityGroupsPaginator(client, &awsec2.DescribeSecurityGroupsInput{MaxResults: aws.Int32(pageOf)}); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return 0, awserr.Wrap(err, "describe security groups")
			}
			n += len(page.SecurityGroups)
		}
		return n, nil
	})}, nil
}

// direction of rules of a group.
type direction struct {
	group  string
	egress bool
}

// Ration looks up whether security groups have room for more rules in each direction. A
// prefix list counts for one here, though AWS counts its entries.
func (ruleDriver) Ration(ctx context.Context, c slipway.Call, _ slipway.Refs, made []*model.SecurityGroupRule) ([]slipway.Check, error) {
	var order []direction
	count := map[direction]int{}
	for _, r := range made {
		at := direction{r.Group, r.Egress}
		if count[at] == 0 {
			order = append(order, at)
		}
		count[at]++
	}
	checks := make([]slipway.Check, len(order))
	for i, at := range order {
		checks[i] = probe.GroupRules.Room(ctx, c, at.String(), count[at], at.used(ctx, c))
	}
	return checks, nil
}

// used counts the rules that there are. A group that has yet to be made has none that
// let anything in, and one that lets all out.
// https://docs.aws.amazon.com/vpc/latest/userguide/default-custom-security-groups.html
func (d direction) used(ctx context.Context, c slipway.Call) func() (int, error) {
	if slipway.HasRef(d.group) {
		return func() (int, error) {
			if d.egress {
				return 1, nil
			}
			return 0, nil
		}
	}
	return func() (int, error) {
		n := 0
		client := slipway.Client(c, awsec2.NewFromConfig)
		in := &awsec2.DescribeSecurityGroupRulesInput{
			MaxResults: aws.Int32(pageOf), Filters: []ec2types.Filter{{Name: aws.String("group-id"), Values: []string{d.group}}},
		}
		for pages := awsec2.NewDescribeSecurityGroupRulesPaginator(client, in); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return 0, awserr.Wrap(err, "describe security group rules")
			}
			for _, r := range page.SecurityGroupRules {
				if aws.ToBool(r.IsEgress) == d.egress {
					n++
				}
			}
		}
		return n, nil
	}
}

// String is for who reads it: "security group web, inbound".
func (d direction) String() string {
	name := d.group
	if _, rest, ok := strings.Cut(name, model.KindSecurityGroup+"/"); ok {
		name, _, _ = strings.Cut(rest, "#")
	}
	if d.egress {
		return "security group " + name + ", outbound"
	}
	return "security group " + name + ", inbound"
}
