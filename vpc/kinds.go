// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	"fmt"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awsid"
	model "github.com/slipway-go/slipway/internal/model/vpc"
	"github.com/slipway-go/slipway/internal/rules"
	ruleset "github.com/slipway-go/slipway/internal/rules/ec2"
)

// Kinds returns the kinds of this package.
func Kinds() []slipway.Kind { return []slipway.Kind{networkKind(), groupKind(), ruleKind()} }

func networkKind() slipway.Kind { return slipway.NewKind(model.KindNetwork, networkDriver{}) }
func groupKind() slipway.Kind   { return slipway.NewKind(model.KindSecurityGroup, groupDriver{}) }
func ruleKind() slipway.Kind    { return slipway.NewKind(model.KindSecurityGroupRule, ruleDriver{}) }

// family is what the drivers of this package have in common.
type family struct{ awsid.Identity }

// Kinds returns the kinds of this package, which stand on no others.
func (family) Kinds() []slipway.Kind { return Kinds() }

// Check runs the rules on an input of the SDK: a pointer to
// ec2.CreateSecurityGroupInput, AuthorizeSecurityGroupIngressInput,
// AuthorizeSecurityGroupEgressInput, CreateVpcInput or CreateSubnetInput.
func Check(in any) error {
	switch in := in.(type) {
	case *awsec2.CreateSecurityGroupInput:
		return rules.Errors(ruleset.CreateSecurityGroup.All(nil, in))
	case *awsec2.AuthorizeSecurityGroupIngressInput:
		return rules.Errors(ruleset.AuthorizeSecurityGroupIngress.All(nil, in))
	case *awsec2.AuthorizeSecurityGroupEgressInput:
		return rules.Errors(ruleset.AuthorizeSecurityGroupEgress.All(nil, in))
	case *awsec2.CreateVpcInput:
		return rules.Errors(ruleset.CreateVpc.All(nil, in))
	case *awsec2.CreateSubnetInput:
		return rules.Errors(ruleset.CreateSubnet.All(nil, in))
	default:
		return fmt.Errorf("%w: vpc.Check has no rules for a %T", slipway.ErrInvalid, in)
	}
}

// validate puts the ID before the paths of problems and joins them.
func validate(id slipway.ID, problems []slipway.FieldError) error {
	for i := range problems {
		problems[i].Path = id.String() + " " + problems[i].Path
	}
	return rules.Errors(problems)
}
