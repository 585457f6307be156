// SPDX-License-Identifier: Apache-2.0

package efs

import (
	"net/netip"
	"strconv"

	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"

	"github.com/slipway-go/slipway/internal/rules"
)

// KindSubnet is asked for the range of addresses of a subnet: a netip.Prefix. Only
// fakes know it.
const KindSubnet = "ec2:Subnet"

const maxGroups = 5

// CreateMountTarget holds the rules of mount targets.
var CreateMountTarget = rules.Of[awsefs.CreateMountTargetInput]{
	{Meta: rules.Meta{
		ID: "efs-mount-target-address", Code: badRequest, Text: "Address does not fall within the subnet's address range",
		Doc: preflight + "pf-efs-mount-target-ip-address",
	}, Check: address},
	{Meta: rules.Meta{
		ID: "efs-security-groups", Code: "SecurityGroupLimitExceeded",
		Text: "The maximum number of security groups per interface has been reached.", Doc: preflight + "pf-efs-mount-target-network",
	}, Check: func(r *rules.Report, in *awsefs.CreateMountTargetInput) { groups(r, in.SecurityGroups) }},
}

// ModifyMountTargetSecurityGroups holds the rules of changes of the groups.
var ModifyMountTargetSecurityGroups = rules.Of[awsefs.ModifyMountTargetSecurityGroupsInput]{
	{Meta: rules.Meta{
		ID: "efs-security-groups", Code: "SecurityGroupLimitExceeded",
		Text: "The maximum number of security groups per interface has been reached.", Doc: preflight + "pf-efs-mount-target-network",
	}, Check: func(r *rules.Report, in *awsefs.ModifyMountTargetSecurityGroupsInput) { groups(r, in.SecurityGroups) }},
}

func groups(r *rules.Report, all []string) {
	if n := len(all); n > maxGroups {
		r.Add(rules.Problem{Path: "SecurityGroups", Got: strconv.Itoa(n), Want: "at most 5"})
	}
}

func address(r *rules.Report, in *awsefs.CreateMountTargetInput) {
	given := value(in.IpAddress)
	if given == "" {
		return
	}
	ip, err := netip.ParseAddr(given)
	if err != nil || !ip.Is4() {
		r.Add(rules.Problem{Path: "IpAddress", Got: quote(given), Want: "an IPv4 address of the subnet"})
		return
	}
	state, found, known := r.Get(KindSubnet, value(in.SubnetId))
	if block, ok := state.(netip.Prefix); ok && found && known && !block.Contains(ip) {
		r.Add(rules.Problem{Path: "IpAddress", Got: quote(given), Want: "an address in " + block.String()})
	}
}
