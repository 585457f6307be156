// SPDX-License-Identifier: Apache-2.0

package ecs

import awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"

// KindExpressService has the outputs arn, name, cluster, url, deployment (ARN of the
// service deployment that is under way), revision (ARN).
const KindExpressService = "ecs:ExpressService"

// ExpressService is a service of Express Mode.
type ExpressService struct {
	Create awsecs.CreateExpressGatewayServiceInput
	// ARN by which it is looked up.
	ARN string
}
