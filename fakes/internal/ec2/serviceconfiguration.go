// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// ownService is an endpoint service of the account, and who may connect to it.
type ownService struct {
	ec2types.ServiceConfiguration
	principals []string
}

var ownServiceView = view[ownService]{
	prefix: "vpce-svc-", id: func(s ownService) string { return aws.ToString(s.ServiceId) },
	filters: map[string]func(ownService) []string{
		"service-id":    one(func(s ownService) *string { return s.ServiceId }),
		"service-name":  one(func(s ownService) *string { return s.ServiceName }),
		"service-state": text(func(s ownService) ec2types.ServiceState { return s.ServiceState }),
	},
}

var _ world.BalancerUsers = (*Fake)(nil)

// SetBalancers says who knows the load balancers that endpoint services stand on.
func (f *Fake) SetBalancers(b world.NetworkBalancers) { f.balancers = b }

// UsesBalancer reports whether an endpoint service stands on a balancer.
func (f *Fake) UsesBalancer(region, arn string) bool {
	r := f.of(region)
	return r.services.any(func(s ownService) bool { return slices.Contains(s.NetworkLoadBalancerArns, arn) })
}

func registerServiceConfigurations(s *sim.Service, f *Fake) {
	handle(s, f, "CreateVpcEndpointServiceConfiguration", (*region).createService,
		sim.Refuses[awsec2.CreateVpcEndpointServiceConfigurationInput]("GatewayLoadBalancerArns", "SupportedRegions"),
		sim.Needs(func(c *sim.Call, in *awsec2.CreateVpcEndpointServiceConfigurationInput) []sim.Access {
			return creating(c, in.TagSpecifications, access(c, "vpc-endpoint-service/*")...)
		}))
	handle(s, f, "ModifyVpcEndpointServiceConfiguration", (*region).modifyService,
		sim.Refuses[awsec2.ModifyVpcEndpointServiceConfigurationInput]("AddGatewayLoadBalancerArns", "RemoveGatewayLoadBalancerArns",
			"AddSupportedRegions", "RemoveSupportedRegions"),
		sim.Needs(func(c *sim.Call, in *awsec2.ModifyVpcEndpointServiceConfigurationInput) []sim.Access {
			return access(c, "vpc-endpoint-service/"+aws.ToString(in.ServiceId))
		}))
	handle(s, f, "ModifyVpcEndpointServicePermissions", (*region).modifyServicePermissions,
		sim.Needs(func(c *sim.Call, in *awsec2.ModifyVpcEndpointServicePermissionsInput) []sim.Access {
			return access(c, "vpc-endpoint-service/"+aws.ToString(in.ServiceId))
		}))
	handle(s, f, "DeleteVpcEndpointServiceConfigurations", (*region).deleteServices,
		sim.Needs(func(c *sim.Call, in *awsec2.DeleteVpcEndpointServiceConfigurationsInput) []sim.Access {
			var things []string
			for _, id := range in.ServiceIds {
				things = append(things, "vpc-endpoint-service/"+id)
			}
			return access(c, things...)
		}))
	handle(s, f, "DescribeVpcEndpointServiceConfigurations", (*region).describeServices)
	handle(s, f, "DescribeVpcEndpointServicePermissions", (*region).describeServicePermissions)
}

func (r *region) createService(
	in *awsec2.CreateVpcEndpointServiceConfigurationInput,
) (*awsec2.CreateVpcEndpointServiceConfigurationOutput, error) {
	tags, err := specified(in.TagSpecifications, ec2types.ResourceTypeVpcEndpointService)
	if err != nil {
		return nil, err
	}
	if id, ok := r.madeFor("vpce-svc", in.ClientToken); ok {
		if s, ok := r.services.get(id); ok {
			return &awsec2.CreateVpcEndpointServiceConfigurationOutput{ServiceConfiguration: r.describedService(s), ClientToken: in.ClientToken}, nil
		}
	}
	if len(in.NetworkLoadBalancerArns) == 0 {
		return nil, sim.Errorf("MissingParameter", "The request must contain the parameter networkLoadBalancerArns or gatewayLoadBalancerArns")
	}
	if err := r.checkBalancers(in.NetworkLoadBalancerArns); err != nil {
		return nil, err
	}
	id := r.id("vpce-svc-", append([]string{nameOf(tags), aws.ToString(in.ClientToken)}, in.NetworkLoadBalancerArns...)...)
	s := ownService{ServiceConfiguration: ec2types.ServiceConfiguration{
		ServiceId: aws.String(id), ServiceName: aws.String("com.amazonaws.vpce." + r.name + "." + id),
		ServiceState:       ec2types.ServiceStateAvailable,
		ServiceType:        []ec2types.ServiceTypeDetail{{ServiceType: ec2types.ServiceTypeInterface}},
		AcceptanceRequired: aws.Bool(in.AcceptanceRequired == nil || *in.AcceptanceRequired), ManagesVpcEndpoints: aws.Bool(false),
		BaseEndpointDnsNames:    []string{id + "." + r.name + ".vpce.amazonaws.com"},
		NetworkLoadBalancerArns: in.NetworkLoadBalancerArns, RemoteAccessEnabled: aws.Bool(false),
	}}
	s = withAddressTypes(s, in.SupportedIpAddressTypes, nil)
	s = r.privatelyNamed(s, in.PrivateDnsName)
	r.services.put(id, s)
	r.tag(id, tags)
	r.keepToken("vpce-svc", in.ClientToken, id)
	return &awsec2.CreateVpcEndpointServiceConfigurationOutput{ServiceConfiguration: r.describedService(s), ClientToken: in.ClientToken}, nil
}

// withAddressTypes adds and removes address types; a service has IPv4 at least.
func withAddressTypes(s ownService, add, remove []string) ownService {
	list := slices.Clone(s.SupportedIpAddressTypes)
	for _, t := range add {
		if kind := ec2types.ServiceConnectivityType(t); !slices.Contains(list, kind) {
			list = append(list, kind)
		}
	}
	list = slices.DeleteFunc(list, func(t ec2types.ServiceConnectivityType) bool { return slices.Contains(remove, string(t)) })
	if len(list) == 0 {
		list = []ec2types.ServiceConnectivityType{ec2types.ServiceConnectivityTypeIpv4}
	}
	s.SupportedIpAddressTypes = list
	return s
}

// privatelyNamed gives a service a private name, which waits to be verified, or takes it away.
func (r *region) privatelyNamed(s ownService, name *string) ownService {
	if aws.ToString(name) == "" {
		s.PrivateDnsName, s.PrivateDnsNameConfiguration = nil, nil
		return s
	}
	token := r.f.sim.ID(16, "vpce-dns", aws.ToString(s.ServiceId), *name)
	s.PrivateDnsName = name
	s.PrivateDnsNameConfiguration = &ec2types.PrivateDnsNameConfiguration{
		Name: aws.String("_" + token), Type: aws.String("TXT"), Value: aws.String("vpce:" + token),
		State: ec2types.DnsNameStatePendingVerification,
	}
	return s
}

func (r *region) checkBalancers(arns []string) error {
	for _, arn := range arns {
		if r.f.balancers == nil {
			continue
		}
		if _, ok := r.f.balancers.NetworkBalancer(r.name, arn); !ok {
			return sim.Errorf("InvalidLoadBalancerArn", "The Network Load Balancer '%s' does not exist", arn)
		}
	}
	return nil
}

func (r *region) modifyService(
	in *awsec2.ModifyVpcEndpointServiceConfigurationInput,
) (*awsec2.ModifyVpcEndpointServiceConfigurationOutput, error) {
	s, err := need(&r.services, "vpce-svc-", aws.ToString(in.ServiceId))
	if err != nil {
		return nil, err
	}
	if err := r.checkBalancers(in.AddNetworkLoadBalancerArns); err != nil {
		return nil, err
	}
	arns := slices.DeleteFunc(slices.Clone(s.NetworkLoadBalancerArns), func(arn string) bool {
		return slices.Contains(in.RemoveNetworkLoadBalancerArns, arn)
	})
	for _, arn := range in.AddNetworkLoadBalancerArns {
		if !slices.Contains(arns, arn) {
			arns = append(arns, arn)
		}
	}
	if len(arns) == 0 {
		return nil, sim.Errorf("InvalidParameter", "The endpoint service must have at least one load balancer")
	}
	s.NetworkLoadBalancerArns = arns
	if in.AcceptanceRequired != nil {
		s.AcceptanceRequired = in.AcceptanceRequired
	}
	s = withAddressTypes(s, in.AddSupportedIpAddressTypes, in.RemoveSupportedIpAddressTypes)
	if in.PrivateDnsName != nil || aws.ToBool(in.RemovePrivateDnsName) {
		s = r.privatelyNamed(s, in.PrivateDnsName)
	}
	r.services.put(*s.ServiceId, s)
	return &awsec2.ModifyVpcEndpointServiceConfigurationOutput{Return: aws.Bool(true)}, nil
}

func (r *region) modifyServicePermissions(
	in *awsec2.ModifyVpcEndpointServicePermissionsInput,
) (*awsec2.ModifyVpcEndpointServicePermissionsOutput, error) {
	s, err := need(&r.services, "vpce-svc-", aws.ToString(in.ServiceId))
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(slices.Clone(s.principals), func(p string) bool { return slices.Contains(in.RemoveAllowedPrincipals, p) })
	out := &awsec2.ModifyVpcEndpointServicePermissionsOutput{ReturnValue: aws.Bool(true)}
	for _, p := range in.AddAllowedPrincipals {
		if !slices.Contains(list, p) {
			list = append(list, p)
			out.AddedPrincipals = append(out.AddedPrincipals, ec2types.AddedPrincipal{
				Principal: aws.String(p), PrincipalType: principalType(p), ServiceId: s.ServiceId,
				ServicePermissionId: aws.String(r.id("vpce-svc-perm-", *s.ServiceId, p)),
			})
		}
	}
	s.principals = list
	r.services.put(*s.ServiceId, s)
	return out, nil
}

func principalType(p string) ec2types.PrincipalType {
	switch {
	case p == "*":
		return ec2types.PrincipalTypeAll
	case len(p) > 5 && p[len(p)-5:] == ":root":
		return ec2types.PrincipalTypeAccount
	default:
		return ec2types.PrincipalTypeRole
	}
}

// deleteServices deletes what it can and reports the rest.
func (r *region) deleteServices(
	in *awsec2.DeleteVpcEndpointServiceConfigurationsInput,
) (*awsec2.DeleteVpcEndpointServiceConfigurationsOutput, error) {
	out := &awsec2.DeleteVpcEndpointServiceConfigurationsOutput{}
	for _, id := range in.ServiceIds {
		s, ok := r.services.get(id)
		if !ok {
			out.Unsuccessful = append(out.Unsuccessful, unsuccessful(id, "InvalidVpcEndpointService.NotFound",
				fmt.Sprintf("The VpcEndpointService Id '%s' does not exist", id)))
			continue
		}
		if slices.ContainsFunc(r.connections(s), func(c ec2types.VpcEndpointConnection) bool { return c.VpcEndpointState != endpointRejected }) {
			out.Unsuccessful = append(out.Unsuccessful, unsuccessful(id, "ExistingVpcEndpointConnections",
				fmt.Sprintf("Service %s has existing active VPC Endpoint connections!", id)))
			continue
		}
		r.services.drop(id)
		delete(r.tags, id)
	}
	return out, nil
}

func (r *region) describedService(s ownService) *ec2types.ServiceConfiguration {
	view := s.ServiceConfiguration
	view.Tags = r.tags[*s.ServiceId]
	if r.f.balancers == nil {
		return &view
	}
	for _, arn := range s.NetworkLoadBalancerArns {
		zones, _ := r.f.balancers.NetworkBalancer(r.name, arn)
		for _, z := range zones {
			if !slices.Contains(view.AvailabilityZones, z) {
				view.AvailabilityZones = append(view.AvailabilityZones, z)
			}
		}
	}
	slices.Sort(view.AvailabilityZones)
	return &view
}

func (r *region) describeServices(
	in *awsec2.DescribeVpcEndpointServiceConfigurationsInput,
) (*awsec2.DescribeVpcEndpointServiceConfigurationsOutput, error) {
	list, next, err := describe(r, ownServiceView, r.services.all(), query{in.ServiceIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &awsec2.DescribeVpcEndpointServiceConfigurationsOutput{NextToken: next}
	for _, s := range list {
		out.ServiceConfigurations = append(out.ServiceConfigurations, *r.describedService(s))
	}
	return out, nil
}

var allowedView = view[ec2types.AllowedPrincipal]{
	id: func(p ec2types.AllowedPrincipal) string { return aws.ToString(p.ServicePermissionId) },
	filters: map[string]func(ec2types.AllowedPrincipal) []string{
		"principal":      one(func(p ec2types.AllowedPrincipal) *string { return p.Principal }),
		"principal-type": text(func(p ec2types.AllowedPrincipal) ec2types.PrincipalType { return p.PrincipalType }),
	},
}

func (r *region) describeServicePermissions(
	in *awsec2.DescribeVpcEndpointServicePermissionsInput,
) (*awsec2.DescribeVpcEndpointServicePermissionsOutput, error) {
	s, err := need(&r.services, "vpce-svc-", aws.ToString(in.ServiceId))
	if err != nil {
		return nil, err
	}
	var all []ec2types.AllowedPrincipal
	for _, p := range s.principals {
		all = append(all, ec2types.AllowedPrincipal{
			Principal: aws.String(p), PrincipalType: principalType(p), ServiceId: s.ServiceId,
			ServicePermissionId: aws.String(r.id("vpce-svc-perm-", *s.ServiceId, p)),
		})
	}
	list, next, err := describe(r, allowedView, all, query{filters: in.Filters, size: in.MaxResults, token: in.NextToken})
	if err != nil {
		return nil, err
	}
	return &awsec2.DescribeVpcEndpointServicePermissionsOutput{AllowedPrincipals: list, NextToken: next}, nil
}
