// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// exceptions are the SDK's types for the codes that rules answer with. What is not
// here, such as ValidationError, has none.
var exceptions = map[string]func(message *string) error{
	"DuplicateTagKeys":  func(m *string) error { return &elbtypes.DuplicateTagKeysException{Message: m} },
	"InvalidScheme":     func(m *string) error { return &elbtypes.InvalidSchemeException{Message: m} },
	"InvalidSubnet":     func(m *string) error { return &elbtypes.InvalidSubnetException{Message: m} },
	"InvalidTarget":     func(m *string) error { return &elbtypes.InvalidTargetException{Message: m} },
	"ListenerNotFound":  func(m *string) error { return &elbtypes.ListenerNotFoundException{Message: m} },
	"PriorityInUse":     func(m *string) error { return &elbtypes.PriorityInUseException{Message: m} },
	"SSLPolicyNotFound": func(m *string) error { return &elbtypes.SSLPolicyNotFoundException{Message: m} },
	"SubnetNotFound":    func(m *string) error { return &elbtypes.SubnetNotFoundException{Message: m} },
	"TooManyActions":    func(m *string) error { return &elbtypes.TooManyActionsException{Message: m} },
	"TooManyTags":       func(m *string) error { return &elbtypes.TooManyTagsException{Message: m} },

	"InvalidConfigurationRequest": func(m *string) error { return &elbtypes.InvalidConfigurationRequestException{Message: m} },
	"InvalidLoadBalancerAction":   func(m *string) error { return &elbtypes.InvalidLoadBalancerActionException{Message: m} },
	"InvalidSecurityGroup":        func(m *string) error { return &elbtypes.InvalidSecurityGroupException{Message: m} },
	"LoadBalancerNotFound":        func(m *string) error { return &elbtypes.LoadBalancerNotFoundException{Message: m} },
	"TargetGroupNotFound":         func(m *string) error { return &elbtypes.TargetGroupNotFoundException{Message: m} },
	"TooManyTargetGroups":         func(m *string) error { return &elbtypes.TooManyTargetGroupsException{Message: m} },
	"UnsupportedProtocol":         func(m *string) error { return &elbtypes.UnsupportedProtocolException{Message: m} },
}

// typed returns the SDK's exception of a code, or nil.
func typed(code, message string) error {
	if f, ok := exceptions[code]; ok {
		return f(aws.String(message))
	}
	return nil
}

func validation(format string, args ...any) error {
	return sim.Errorf("ValidationError", format, args...)
}

func noBalancer(arn string) error {
	return &elbtypes.LoadBalancerNotFoundException{Message: aws.String(fmt.Sprintf("Load balancer '%s' not found", arn))}
}

func noListener() error {
	return &elbtypes.ListenerNotFoundException{Message: aws.String("One or more listeners not found")}
}

func noRule() error {
	return &elbtypes.RuleNotFoundException{Message: aws.String("One or more rules not found")}
}

func noGroup() error {
	return &elbtypes.TargetGroupNotFoundException{Message: aws.String("One or more target groups not found")}
}
