// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

// Check reports what AWS would reject in a raw SDK input: a pointer to the input
// of CreateCluster, UpdateCluster, PutClusterCapacityProviders, CreateCapacityProvider,
// UpdateCapacityProvider, RegisterTaskDefinition, CreateService, UpdateService,
// CreateExpressGatewayService, UpdateExpressGatewayService or RunTask.
func Check(in any) error {
	switch in := in.(type) {
	case *awsecs.CreateClusterInput:
		return rules.Errors(ecsrules.CreateCluster.All(nil, in))
	case *awsecs.UpdateClusterInput:
		return rules.Errors(ecsrules.UpdateCluster.All(nil, in))
	case *awsecs.PutClusterCapacityProvidersInput:
		return rules.Errors(ecsrules.PutClusterCapacityProviders.All(nil, in))
	case *awsecs.CreateCapacityProviderInput:
		return rules.Errors(ecsrules.CreateCapacityProvider.All(nil, in))
	case *awsecs.UpdateCapacityProviderInput:
		return rules.Errors(ecsrules.UpdateCapacityProvider.All(nil, in))
	case *awsecs.RegisterTaskDefinitionInput:
		return rules.Errors(ecsrules.RegisterTaskDefinition.All(nil, in))
	case *awsecs.CreateServiceInput:
		return rules.Errors(append(ecsrules.CreateService.All(nil, in), ecsrules.Stuck.All(nil, in)...))
	case *awsecs.UpdateServiceInput:
		return rules.Errors(ecsrules.UpdateService.All(nil, in))
	case *awsecs.CreateExpressGatewayServiceInput:
		return rules.Errors(ecsrules.CreateExpressGatewayService.All(nil, in))
	case *awsecs.UpdateExpressGatewayServiceInput:
		return rules.Errors(ecsrules.UpdateExpressGatewayService.All(nil, in))
	case *awsecs.RunTaskInput:
		return rules.Errors(ecsrules.RunTask.All(nil, in))
	default:
		return fmt.Errorf("%w: ecs.Check has no rules for a %T", slipway.ErrInvalid, in)
	}
}
