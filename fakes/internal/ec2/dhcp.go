// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

var dhcpView = view[ec2types.DhcpOptions]{
	prefix: "dopt-", id: func(o ec2types.DhcpOptions) string { return aws.ToString(o.DhcpOptionsId) },
	filters: map[string]func(ec2types.DhcpOptions) []string{
		"dhcp-options-id": one(func(o ec2types.DhcpOptions) *string { return o.DhcpOptionsId }),
		"owner-id":        one(func(o ec2types.DhcpOptions) *string { return o.OwnerId }),
		"key":             each(configurations, func(c ec2types.DhcpConfiguration) *string { return c.Key }),
		"value": func(o ec2types.DhcpOptions) []string {
			var values []string
			for _, c := range o.DhcpConfigurations {
				values = append(values, nonNil(c.Values, func(v ec2types.AttributeValue) *string { return v.Value })...)
			}
			return values
		},
	},
}

func configurations(o ec2types.DhcpOptions) []ec2types.DhcpConfiguration { return o.DhcpConfigurations }

func registerDHCP(s *sim.Service, f *Fake) {
	handle(s, f, "DescribeDhcpOptions", (*region).describeDHCP)
}

// defaultDHCP returns the set of options that all VPCs of a region share.
// https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSetConcepts.html
func (r *region) defaultDHCP() ec2types.DhcpOptions {
	option := func(key, value string) ec2types.DhcpConfiguration {
		return ec2types.DhcpConfiguration{Key: aws.String(key), Values: []ec2types.AttributeValue{{Value: aws.String(value)}}}
	}
	return ec2types.DhcpOptions{
		DhcpOptionsId: aws.String(r.dhcp), OwnerId: aws.String(r.account), Tags: r.tags[r.dhcp],
		DhcpConfigurations: []ec2types.DhcpConfiguration{
			option("domain-name", r.domain()), option("domain-name-servers", "AmazonProvidedDNS"),
		},
	}
}

func (r *region) describeDHCP(in *awsec2.DescribeDhcpOptionsInput) (*awsec2.DescribeDhcpOptionsOutput, error) {
	all := []ec2types.DhcpOptions{r.defaultDHCP()}
	list, next, err := describe(r, dhcpView, all, query{in.DhcpOptionsIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &awsec2.DescribeDhcpOptionsOutput{DhcpOptions: list, NextToken: next}, nil
}
