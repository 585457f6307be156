// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/vpc"
	ruleset "github.com/slipway-go/slipway/internal/rules/ec2"
)

// networkDriver looks networks up.
type networkDriver struct{ family }

// errLookedUp says that a network is never changed.
var errLookedUp = errors.New("a network is only looked up")

// Defaults does nothing: a look-up has no defaults.
func (networkDriver) Defaults(*model.Network) {}

// Check reports look-ups that could never succeed.
func (networkDriver) Check(refs slipway.Refs, n *model.Network) []slipway.FieldError {
	return ruleset.Network.All(refs, n)
}

// Effects says that networks exist already.
func (networkDriver) Effects() slipway.Effects { return slipway.Effects{Existing: true} }

// Before returns nothing: a network is not deleted.
func (networkDriver) Before() []string { return nil }

// Put refuses.
func (networkDriver) Put(context.Context, slipway.Call, *slipway.Live[model.Network], *model.Network) error {
	return errLookedUp
}

// Delete refuses.
func (networkDriver) Delete(context.Context, slipway.Call, *slipway.Live[model.Network]) error {
	return errLookedUp
}

// Tag refuses.
func (networkDriver) Tag(context.Context, slipway.Call, *slipway.Live[model.Network]) error {
	return errLookedUp
}

// Permissions returns those of the look-up.
func (networkDriver) Permissions(*slipway.Live[model.Network], *model.Network) []slipway.Permission {
	return []slipway.Permission{{
		Actions: []string{"ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeRouteTables"}, Resources: []string{"*"},
	}}
}

// Read finds the VPC, its subnets and their route tables.
func (networkDriver) Read(ctx context.Context, c slipway.Call, want *model.Network) (*slipway.Live[model.Network], error) {
	client := slipway.Client(c, awsec2.NewFromConfig)
	vpc, err := findVPC(ctx, client, c, want)
	if err != nil {
		return nil, err
	}
	id := aws.ToString(vpc.VpcId)
	subnets, err := findSubnets(ctx, client, id, want)
	if err != nil {
		return nil, err
	}
	tables, err := findRouteTables(ctx, client, id)
	if err != nil {
		return nil, err
	}
	live := &slipway.Live[model.Network]{State: *want, Outputs: networkOutputs(subnets, tables)}
	live.Outputs["id"] = []string{id}
	live.Outputs["cidr"] = []string{aws.ToString(vpc.CidrBlock)}
	return live, nil
}

// findVPC returns the one VPC that is asked for; any other number is not found.
func findVPC(ctx context.Context, client *awsec2.Client, c slipway.Call, want *model.Network) (ec2types.Vpc, error) {
	var what string
	in := &awsec2.DescribeVpcsInput{}
	switch {
	case want.Default:
		in.Filters, what = []ec2types.Filter{filter("is-default", "true")}, "the default VPC"
	case want.ID != "":
		in.Filters, what = []ec2types.Filter{filter("vpc-id", want.ID)}, "VPC "+want.ID
	default:
		in.Filters, what = tagFilters(want.Tags), "a VPC with the tags "+describeTags(want.Tags)
	}
	var found []ec2types.Vpc
	for pages := awsec2.NewDescribeVpcsPaginator(client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return ec2types.Vpc{}, awserr.Wrap(err, "look up "+what)
		}
		found = append(found, page.Vpcs...)
	}
	switch len(found) {
	case 0:
		return ec2types.Vpc{}, fmt.Errorf("look up %s in %s: %w", what, c.Region, slipway.ErrNotFound)
	case 1:
		return found[0], nil
	default:
		return ec2types.Vpc{}, fmt.Errorf("look up %s in %s: %w: %d VPCs match (%s), one is needed", what, c.Region,
			slipway.ErrNotFound, len(found), strings.Join(names(found, func(v ec2types.Vpc) *string { return v.VpcId }), ", "))
	}
}

// findSubnets returns the subnets that are asked for.
func findSubnets(ctx context.Context, client *awsec2.Client, vpc string, want *model.Network) ([]ec2types.Subnet, error) {
	filters := append([]ec2types.Filter{filter("vpc-id", vpc)}, tagFilters(want.SubnetTags)...)
	if len(want.SubnetIDs) > 0 {
		filters = append(filters, filter("subnet-id", want.SubnetIDs...))
	}
	var found []ec2types.Subnet
	for pages := awsec2.NewDescribeSubnetsPaginator(client, &awsec2.DescribeSubnetsInput{Filters: filters}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "look up the subnets of "+vpc)
		}
		found = append(found, page.Subnets...)
	}
	ids := names(found, func(s ec2types.Subnet) *string { return s.SubnetId })
	for _, id := range want.SubnetIDs {
		if !slices.Contains(ids, id) {
			return nil, fmt.Errorf("look up subnet %s in %s: %w", id, vpc, slipway.ErrNotFound)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("look up subnets of %s%s: %w", vpc, suffixTags(want.SubnetTags), slipway.ErrNotFound)
	}
	return found, nil
}

// spread orders subnets so that each zone has one before any has a second: the first
// of them are in the zones by name.
func spread(subnets []ec2types.Subnet) []ec2types.Subnet {
	slices.SortFunc(subnets, func(a, b ec2types.Subnet) int {
		return cmp.Or(cmp.Compare(aws.ToString(a.AvailabilityZone), aws.ToString(b.AvailabilityZone)),
			cmp.Compare(aws.ToString(a.SubnetId), aws.ToString(b.SubnetId)))
	})
	round, seen := map[string]int{}, map[string]int{}
	for _, s := range subnets {
		zone := aws.ToString(s.AvailabilityZone)
		round[aws.ToString(s.SubnetId)] = seen[zone]
		seen[zone]++
	}
	slices.SortStableFunc(subnets, func(a, b ec2types.Subnet) int {
		return cmp.Compare(round[aws.ToString(a.SubnetId)], round[aws.ToString(b.SubnetId)])
	})
	return subnets
}

func findRouteTables(ctx context.Context, client *awsec2.Client, vpc string) ([]ec2types.RouteTable, error) {
	var found []ec2types.RouteTable
	in := &awsec2.DescribeRouteTablesInput{Filters: []ec2types.Filter{filter("vpc-id", vpc)}}
	for pages := awsec2.NewDescribeRouteTablesPaginator(client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "look up the route tables of "+vpc)
		}
		found = append(found, page.RouteTables...)
	}
	return found, nil
}

// networkOutputs sorts the subnets into public and private ones.
func networkOutputs(subnets []ec2types.Subnet, tables []ec2types.RouteTable) map[string][]string {
	public := publicTables(tables)
	sorts := map[side][]ec2types.Subnet{allSubnets: subnets}
	for _, s := range subnets {
		open, own := public[aws.ToString(s.SubnetId)]
		if !own {
			open = public[mainTable]
		}
		of := privateSubnets
		if open {
			of = publicSubnets
		}
		sorts[of] = append(sorts[of], s)
	}
	out := map[string][]string{}
	for of, list := range sorts {
		for _, s := range spread(list) {
			out[string(of)] = append(out[string(of)], aws.ToString(s.SubnetId))
			if zone := aws.ToString(s.AvailabilityZone); !slices.Contains(out[of.zones()], zone) {
				out[of.zones()] = append(out[of.zones()], zone)
			}
		}
	}
	return out
}

// mainTable stands for the subnets without a route table of their own.
const mainTable = ""

// publicTables tells of each subnet with a route table of its own, and of
// mainTable, whether that has a route to an internet gateway.
func publicTables(tables []ec2types.RouteTable) map[string]bool {
	public := map[string]bool{}
	for _, t := range tables {
		open := slices.ContainsFunc(t.Routes, func(r ec2types.Route) bool {
			return strings.HasPrefix(aws.ToString(r.GatewayId), "igw-") && r.State != ec2types.RouteStateBlackhole
		})
		for _, a := range t.Associations {
			switch {
			case a.SubnetId != nil:
				public[*a.SubnetId] = open
			case aws.ToBool(a.Main):
				public[mainTable] = open
			}
		}
	}
	return public
}

func tagFilters(tags map[string]string) []ec2types.Filter {
	var filters []ec2types.Filter
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		filters = append(filters, filter("tag:"+k, tags[k]))
	}
	return filters
}

func describeTags(tags map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		parts = append(parts, k+"="+tags[k])
	}
	return strings.Join(parts, ", ")
}

func suffixTags(tags map[string]string) string {
	if len(tags) == 0 {
		return ""
	}
	return " with the tags " + describeTags(tags)
}

func names[T any](list []T, id func(T) *string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = aws.ToString(id(v))
	}
	return out
}
