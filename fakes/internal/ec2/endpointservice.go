// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

type endpointService = ec2types.ServiceDetail

var endpointServiceView = view[endpointService]{
	untagged: true, id: func(d endpointService) string { return aws.ToString(d.ServiceId) },
	filters: map[string]func(endpointService) []string{
		"owner":          one(func(d endpointService) *string { return d.Owner }),
		"service-name":   one(func(d endpointService) *string { return d.ServiceName }),
		"service-region": one(func(d endpointService) *string { return d.ServiceRegion }),
		"service-type": each(func(d endpointService) []ec2types.ServiceTypeDetail { return d.ServiceType },
			func(t ec2types.ServiceTypeDetail) *string { return aws.String(string(t.ServiceType)) }),
	},
}

func registerEndpointServices(s *sim.Service, f *Fake) {
	handle(s, f, "DescribeVpcEndpointServices", (*region).describeEndpointServices,
		sim.Refuses[awsec2.DescribeVpcEndpointServicesInput]("ServiceRegions"))
}

// describeEndpointServices lists AWS's services; one with both kinds of endpoints
// is there twice, as on AWS.
func (r *region) describeEndpointServices(
	in *awsec2.DescribeVpcEndpointServicesInput,
) (*awsec2.DescribeVpcEndpointServicesOutput, error) {
	for _, name := range in.ServiceNames {
		if err := checkService(name, r.serviceOf(name), ec2types.VpcEndpointTypeInterface); err != nil {
			return nil, err
		}
	}
	var all []endpointService
	for _, service := range endpointServices {
		if _, ok := gatewayServices[service]; ok {
			all = append(all, r.endpointServiceOf(service, ec2types.ServiceTypeGateway))
		}
		all = append(all, r.endpointServiceOf(service, ec2types.ServiceTypeInterface))
	}
	if len(in.ServiceNames) > 0 {
		all = slices.DeleteFunc(all, func(d endpointService) bool { return !slices.Contains(in.ServiceNames, *d.ServiceName) })
	}
	list, next, err := describe(r, endpointServiceView, all, query{filters: in.Filters, size: in.MaxResults, token: in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &awsec2.DescribeVpcEndpointServicesOutput{ServiceDetails: list, NextToken: next}
	for _, d := range list {
		if !slices.Contains(out.ServiceNames, *d.ServiceName) {
			out.ServiceNames = append(out.ServiceNames, *d.ServiceName)
		}
	}
	return out, nil
}

func (r *region) endpointServiceOf(service string, kind ec2types.ServiceType) endpointService {
	d := endpointService{
		ServiceName: aws.String("com.amazonaws." + r.name + "." + service), ServiceRegion: aws.String(r.name), Owner: aws.String("amazon"),
		ServiceId:   aws.String("vpce-svc-" + fmt.Sprintf("%x", sha256.Sum256([]byte(r.name+service+string(kind))))[:17]),
		ServiceType: []ec2types.ServiceTypeDetail{{ServiceType: kind}}, AcceptanceRequired: aws.Bool(false), ManagesVpcEndpoints: aws.Bool(false),
		VpcEndpointPolicySupported: aws.Bool(true), BaseEndpointDnsNames: []string{fmt.Sprintf("%s.%s.vpce.amazonaws.com", service, r.name)},
		SupportedIpAddressTypes: []ec2types.ServiceConnectivityType{ec2types.ServiceConnectivityTypeIpv4},
	}
	for _, letter := range zones {
		d.AvailabilityZones = append(d.AvailabilityZones, r.name+letter)
	}
	if kind == ec2types.ServiceTypeInterface {
		d.PrivateDnsName = aws.String(service + "." + r.name + ".amazonaws.com")
		d.PrivateDnsNameVerificationState = ec2types.DnsNameStateVerified
	}
	return d
}
