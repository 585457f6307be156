// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/override"
)

// EndpointService declares a VPC endpoint service (AWS PrivateLink): what a Network Load
// Balancer serves, for other VPCs and accounts by endpoints of their own.
// https://docs.aws.amazon.com/vpc/latest/privatelink/create-endpoint-service.html
type EndpointService struct {
	name       string
	balancers  []Network
	principals []string
	accepts    bool
	private    string
	tags       map[string]string
	overrides  []func(*awsec2.CreateVpcEndpointServiceConfigurationInput)
}

// NewEndpointService declares a service of the balancer. AWS's services have no names;
// this one is for plans and for the tag by which the service is found again. Nobody but
// the own account may connect, and each connection must be accepted.
func NewEndpointService(name string, balancer Network) EndpointService {
	return EndpointService{name: name, balancers: []Network{balancer}}
}

// WithBalancer adds another balancer that serves the same.
func (s EndpointService) WithBalancer(n Network) EndpointService {
	s.balancers = append(slices.Clip(s.balancers), n)
	return s
}

// WithAllowed lets principals connect: the ARN of an account's root
// ("arn:aws:iam::123456789012:root"), a role or a user, or "*" for everybody.
// https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html#add-remove-permissions
func (s EndpointService) WithAllowed(principals ...string) EndpointService {
	s.principals = append(slices.Clip(s.principals), principals...)
	return s
}

// WithoutAcceptance has AWS accept connections by itself.
func (s EndpointService) WithoutAcceptance() EndpointService {
	s.accepts = true
	return s
}

// WithPrivateDNSName gives the service a name of a domain of yours, such as
// "api.example.com", under which consumers reach it in their VPCs. AWS has to verify by
// a TXT record that the domain is yours.
// https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html
func (s EndpointService) WithPrivateDNSName(name string) EndpointService {
	s.private = name
	return s
}

// WithTag adds a tag.
func (s EndpointService) WithTag(key, value string) EndpointService {
	s.tags = with(s.tags, key, value)
	return s
}

// WithOverride has f change the SDK input, after all else. Several run in order.
func (s EndpointService) WithOverride(f func(*awsec2.CreateVpcEndpointServiceConfigurationInput)) EndpointService {
	s.overrides = append(slices.Clip(s.overrides), f)
	return s
}

// ID returns "elb:EndpointService/<name>".
func (s EndpointService) ID() slipway.ID {
	return slipway.ID{Kind: model.KindEndpointService, Name: s.name}
}

// ServiceName returns the placeholder for the name by which consumers make their
// endpoints, "com.amazonaws.vpce.<region>.<id>".
func (s EndpointService) ServiceName() string { return slipway.Ref(s.ID(), "name") }

// Resources returns the service itself, which brings its balancers.
func (s EndpointService) Resources() []slipway.Resource { return []slipway.Resource{s} }

// Build returns the wanted state.
func (s EndpointService) Build() (slipway.Desired, error) {
	in := awsec2.CreateVpcEndpointServiceConfigurationInput{
		AcceptanceRequired: aws.Bool(!s.accepts), PrivateDnsName: optional(s.private),
	}
	var uses []slipway.Resource
	for _, b := range s.balancers {
		in.NetworkLoadBalancerArns = append(in.NetworkLoadBalancerArns, b.ARN())
		uses = append(uses, b.Resources()...)
	}
	if len(s.tags) > 0 {
		in.TagSpecifications = serviceTags(s.tags)
	}
	overridden := override.Run("Create.", &in, s.overrides...)
	return slipway.Desired{
		Kind: endpointServiceKind(), State: &model.EndpointService{Create: in, Principals: slices.Clone(s.principals)},
		Uses: uses, Overridden: overridden,
	}, nil
}

// Validate reports all that AWS would reject.
func (s EndpointService) Validate() error { return validate(s, endpointServices{}) }

// serviceTags returns tags as the creation of a service takes them.
func serviceTags(tags map[string]string) []ec2types.TagSpecification {
	return []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeVpcEndpointService, Tags: ec2Tags(tags)}}
}

func ec2Tags(tags map[string]string) []ec2types.Tag {
	list := []ec2types.Tag{}
	for _, t := range tagList(tags) {
		list = append(list, ec2types.Tag{Key: t.Key, Value: t.Value})
	}
	return list
}
