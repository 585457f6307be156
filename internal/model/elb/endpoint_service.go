// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
)

// KindEndpointService is the kind of VPC endpoint services; outputs: id, name
// ("com.amazonaws.vpce.<region>.<id>").
const KindEndpointService = "elb:EndpointService"

// EndpointService is a VPC endpoint service and who may connect to it.
type EndpointService struct {
	Create awsec2.CreateVpcEndpointServiceConfigurationInput
	// Principals are the ARNs of those who may, or "*".
	Principals []string
}

// FillEndpointService fills in what AWS does for a new endpoint service.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpointServiceConfiguration.html
func FillEndpointService(state *EndpointService) {
	state.Create.AcceptanceRequired = orPointer(state.Create.AcceptanceRequired, true)
	if len(state.Create.SupportedIpAddressTypes) == 0 {
		state.Create.SupportedIpAddressTypes = []string{"ipv4"}
	}
	state.Create.PrivateDnsName = orPointer(state.Create.PrivateDnsName, "")
	if aws.ToString(state.Create.ClientToken) == "" {
		state.Create.ClientToken = nil
	}
	if state.Principals == nil {
		state.Principals = []string{}
	}
}
