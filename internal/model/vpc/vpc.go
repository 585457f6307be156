// SPDX-License-Identifier: Apache-2.0

// Package vpc holds the states of EC2's network kinds.
package vpc

import (
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Kinds.
const (
	KindNetwork           = "vpc:Network"           // outputs: id, subnets, public, private (subnet ids, one a zone first), zones, public-zones, private-zones, cidr
	KindSecurityGroup     = "vpc:SecurityGroup"     // outputs: id, arn
	KindSecurityGroupRule = "vpc:SecurityGroupRule" // outputs: id
)

// Network is a look-up of an existing VPC and its subnets.
type Network struct {
	// Default: the region's default VPC. Else ID, else Tags, which must match one.
	Default bool
	ID      string
	Tags    map[string]string
	// SubnetIDs and SubnetTags narrow the subnets down; empty means all.
	SubnetIDs  []string
	SubnetTags map[string]string
}

// SecurityGroup is a group without its rules.
type SecurityGroup struct {
	Create awsec2.CreateSecurityGroupInput
}

// SecurityGroupRule is one rule of a group: one permission with one source.
type SecurityGroupRule struct {
	// Group is the id of the group that has the rule.
	Group string
	// Egress: the rule is for outgoing traffic.
	Egress     bool
	Permission ec2types.IpPermission
	// Tags of the rule itself.
	Tags map[string]string
}
