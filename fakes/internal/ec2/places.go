// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// zones are the letters of the zones that each region has here.
var zones = []string{"a", "b", "c"}

// regionCodes begin the IDs of zones, such as "use1-az1".
var regionCodes = map[string]string{
	"af-south-1": "afs1", "ap-east-1": "ape1", "ap-northeast-1": "apne1", "ap-northeast-2": "apne2", "ap-northeast-3": "apne3",
	"ap-south-1": "aps1", "ap-south-2": "aps2", "ap-southeast-1": "apse1", "ap-southeast-2": "apse2", "ap-southeast-3": "apse3",
	"ap-southeast-4": "apse4", "ca-central-1": "cac1", "ca-west-1": "caw1", "eu-central-1": "euc1", "eu-central-2": "euc2",
	"eu-north-1": "eun1", "eu-south-1": "eus1", "eu-south-2": "eus2", "eu-west-1": "euw1", "eu-west-2": "euw2", "eu-west-3": "euw3",
	"il-central-1": "ilc1", "me-central-1": "mec1", "me-south-1": "mes1", "sa-east-1": "sae1",
	"us-east-1": "use1", "us-east-2": "use2", "us-west-1": "usw1", "us-west-2": "usw2",
}

// enabled are the regions that every account has without asking.
var enabled = []string{
	"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
	"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
}

func zoneID(region, zone string) string {
	code, ok := regionCodes[region]
	if !ok {
		code = region
	}
	return fmt.Sprintf("%s-az%d", code, slices.Index(zones, zone[len(zone)-1:])+1)
}

// zone finds a zone of the region by name or ID.
func (r *region) zone(name, id string) (string, error) {
	for _, letter := range zones {
		z := r.name + letter
		if z == name || (name == "" && id == zoneID(r.name, z)) {
			return z, nil
		}
	}
	if name == "" {
		name = id
	}
	return "", sim.Errorf("InvalidParameterValue",
		"Value (%s) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: %s.",
		name, r.zoneNames())
}

func (r *region) zoneNames() string { return strings.Join(r.zoneList(), ", ") }

func (r *region) zoneList() []string {
	names := make([]string, len(zones))
	for i, letter := range zones {
		names[i] = r.name + letter
	}
	return names
}

type zoneOf = ec2types.AvailabilityZone

var zoneView = view[zoneOf]{
	untagged: true,
	filters: map[string]func(zoneOf) []string{
		"zone-name":            one(func(z zoneOf) *string { return z.ZoneName }),
		"zone-id":              one(func(z zoneOf) *string { return z.ZoneId }),
		"zone-type":            one(func(z zoneOf) *string { return z.ZoneType }),
		"group-name":           one(func(z zoneOf) *string { return z.GroupName }),
		"region-name":          one(func(z zoneOf) *string { return z.RegionName }),
		"network-border-group": one(func(z zoneOf) *string { return z.NetworkBorderGroup }),
		"opt-in-status":        text(func(z zoneOf) ec2types.AvailabilityZoneOptInStatus { return z.OptInStatus }),
		"state":                text(func(z zoneOf) ec2types.AvailabilityZoneState { return z.State }),
	},
}

var regionView = view[ec2types.Region]{
	untagged: true,
	filters: map[string]func(ec2types.Region) []string{
		"endpoint":      one(func(g ec2types.Region) *string { return g.Endpoint }),
		"opt-in-status": one(func(g ec2types.Region) *string { return g.OptInStatus }),
		"region-name":   one(func(g ec2types.Region) *string { return g.RegionName }),
	},
}

func registerPlaces(s *sim.Service, f *Fake) {
	handle(s, f, "DescribeAvailabilityZones", (*region).describeZones)
	handle(s, f, "DescribeRegions", (*region).describeRegions)
	handle(s, f, "DescribeAccountAttributes", (*region).describeAccount)
}

func (r *region) describeZones(in *awsec2.DescribeAvailabilityZonesInput) (*awsec2.DescribeAvailabilityZonesOutput, error) {
	var all []zoneOf
	for _, letter := range zones {
		name := r.name + letter
		if (len(in.ZoneNames) > 0 && !slices.Contains(in.ZoneNames, name)) ||
			(len(in.ZoneIds) > 0 && !slices.Contains(in.ZoneIds, zoneID(r.name, name))) {
			continue
		}
		state := ec2types.AvailabilityZoneStateAvailable
		if r.f.Lost(name) {
			state = ec2types.AvailabilityZoneStateUnavailable
		}
		all = append(all, zoneOf{
			ZoneName: aws.String(name), ZoneId: aws.String(zoneID(r.name, name)), ZoneType: aws.String("availability-zone"),
			RegionName: aws.String(r.name), NetworkBorderGroup: aws.String(r.name), GroupName: aws.String(r.name + "-zg-1"),
			State: state, OptInStatus: ec2types.AvailabilityZoneOptInStatusOptInNotRequired,
		})
	}
	if wanted := len(in.ZoneNames) + len(in.ZoneIds); wanted > 0 && len(all) < max(len(in.ZoneNames), len(in.ZoneIds)) {
		return nil, sim.Errorf("InvalidParameterValue", "Invalid availability zone: %v", append(slices.Clone(in.ZoneNames), in.ZoneIds...))
	}
	list, _, err := describe(r, zoneView, all, query{filters: in.Filters})
	return &awsec2.DescribeAvailabilityZonesOutput{AvailabilityZones: list}, err
}

func (r *region) describeRegions(in *awsec2.DescribeRegionsInput) (*awsec2.DescribeRegionsOutput, error) {
	var all []ec2types.Region
	for _, name := range enabled {
		if len(in.RegionNames) > 0 && !slices.Contains(in.RegionNames, name) {
			continue
		}
		all = append(all, ec2types.Region{
			RegionName: aws.String(name), Endpoint: aws.String("ec2." + name + ".amazonaws.com"), OptInStatus: aws.String("opt-in-not-required"),
		})
	}
	for _, name := range in.RegionNames {
		if !slices.Contains(enabled, name) {
			return nil, sim.Errorf("InvalidParameterValue", "Invalid region: '%s'", name)
		}
	}
	list, _, err := describe(r, regionView, all, query{filters: in.Filters})
	return &awsec2.DescribeRegionsOutput{Regions: list}, err
}

func (r *region) describeAccount(in *awsec2.DescribeAccountAttributesInput) (*awsec2.DescribeAccountAttributesOutput, error) {
	defaultVPC := "none"
	if v, ok := r.defaultVPC(); ok {
		defaultVPC = *v.VpcId
	}
	out := &awsec2.DescribeAccountAttributesOutput{}
	for _, a := range []struct{ name, value string }{
		{"supported-platforms", "VPC"}, {"vpc-max-security-groups-per-interface", "5"}, {"max-elastic-ips", "5"},
		{"max-instances", "20"}, {"vpc-max-elastic-ips", "5"}, {"default-vpc", defaultVPC},
	} {
		if len(in.AttributeNames) > 0 && !slices.Contains(in.AttributeNames, ec2types.AccountAttributeName(a.name)) {
			continue
		}
		out.AccountAttributes = append(out.AccountAttributes, ec2types.AccountAttribute{
			AttributeName: aws.String(a.name), AttributeValues: []ec2types.AccountAttributeValue{{AttributeValue: aws.String(a.value)}},
		})
	}
	return out, nil
}
