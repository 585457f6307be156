// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	model "github.com/slipway-go/slipway/internal/model/vpc"
)

// RebuildGroup returns the state that the driver makes of a described group.
func RebuildGroup(g ec2types.SecurityGroup) model.SecurityGroup {
	state := liveOf(g).State
	groupDriver{}.Defaults(&state)
	return state
}

// RebuildRule returns the state that the driver makes of a described rule.
func RebuildRule(r ec2types.SecurityGroupRule) model.SecurityGroupRule {
	state := liveRuleOf(r).State
	ruleDriver{}.Defaults(&state)
	return state
}
