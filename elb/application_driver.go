// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"context"
	"maps"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
)

// loadBalancers is the driver of elb:LoadBalancer.
type loadBalancers struct{ family }

type liveBalancer = slipway.Live[model.LoadBalancer]

// Before names what stands on a balancer.
func (loadBalancers) Before() []string { return []string{model.KindListener} }

// Defaults fills in AWS's scheme, address type and attributes.
func (loadBalancers) Defaults(state *model.LoadBalancer) {
	model.FillLoadBalancer(state)
	manageTags(&state.Create.Tags)
}

// Effects: name, type and scheme are chosen for good.
func (loadBalancers) Effects() slipway.Effects {
	return slipway.Effects{
		Fields: map[string]slipway.Effect{
			"Create.Name":   slipway.NewName,
			"Create.Type":   slipway.NewName,
			"Create.Scheme": slipway.NewName,
			// An address that a Network Load Balancer has in a subnet is there to stay.
			"Create.SubnetMappings.AllocationId":       slipway.NewName,
			"Create.SubnetMappings.PrivateIPv4Address": slipway.NewName,
		},
		Keys: map[string]string{"Create.Tags": "Key", "Create.SubnetMappings": "SubnetId"},
		Sets: []string{"Create.Subnets", "Create.SecurityGroups"},
	}
}

// Read finds the balancer by name.
func (d loadBalancers) Read(ctx context.Context, c slipway.Call, want *model.LoadBalancer) (*liveBalancer, error) {
	return readOne(ctx, c, want, d.ReadMany)
}

// ReadMany finds balancers by name.
func (d loadBalancers) ReadMany(ctx context.Context, calls []slipway.Call, want []*model.LoadBalancer) ([]*liveBalancer, error) {
	in := &awselb.DescribeLoadBalancersInput{}
	if len(want) == 1 { // AWS answers with an error if any of several names is absent.
		in.Names = []string{aws.ToString(want[0].Create.Name)}
	}
	api := client(calls[0])
	balancers, err := describeBalancers(ctx, api, in)
	if err != nil {
		return nil, err
	}
	byName := map[string]*elbtypes.LoadBalancer{}
	for i := range balancers {
		byName[aws.ToString(balancers[i].LoadBalancerName)] = &balancers[i]
	}
	found := make([]*elbtypes.LoadBalancer, len(want))
	for i, w := range want {
		found[i] = byName[aws.ToString(w.Create.Name)]
	}
	return d.complete(ctx, api, found)
}

// List returns the stack's own balancers.
func (d loadBalancers) List(ctx context.Context, c slipway.Call) ([]*liveBalancer, error) {
	all, err := describeBalancers(ctx, client(c), &awselb.DescribeLoadBalancersInput{})
	if err != nil {
		return nil, err
	}
	return listOwned(ctx, c, all, func(b elbtypes.LoadBalancer) string { return aws.ToString(b.LoadBalancerArn) }, d.complete)
}

func describeBalancers(
	ctx context.Context, api *awselb.Client, in *awselb.DescribeLoadBalancersInput,
) ([]elbtypes.LoadBalancer, error) {
	var all []elbtypes.LoadBalancer
	for pages := awselb.NewDescribeLoadBalancersPaginator(api, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if absent(err) {
			return nil, nil
		}
		if err != nil {
			return nil, wrap("describe load balancers", err)
		}
		all = append(all, page.LoadBalancers...)
	}
	return all, nil
}

// complete adds attributes and tags to what was described; nil stays nil.
func (d loadBalancers) complete(
	ctx context.Context, api *awselb.Client, found []*elbtypes.LoadBalancer,
) ([]*liveBalancer, error) {
	arn := func(b *elbtypes.LoadBalancer) string { return aws.ToString(b.LoadBalancerArn) }
	return completeAll(ctx, api, found, arn, func(ctx context.Context, b *elbtypes.LoadBalancer, tags []elbtypes.Tag) (*liveBalancer, error) {
		out, err := api.DescribeLoadBalancerAttributes(ctx, &awselb.DescribeLoadBalancerAttributesInput{
			LoadBalancerArn: b.LoadBalancerArn,
		})
		if absent(err) {
			return nil, nil //nolint:nilnil // gone since it was described
		}
		if err != nil {
			return nil, wrap("describe load balancer attributes", err)
		}
		attributes := map[string]string{}
		for _, a := range out.Attributes {
			attributes[aws.ToString(a.Key)] = aws.ToString(a.Value)
		}
		return d.rebuild(b, attributes, tags), nil
	})
}

func (loadBalancers) rebuild(b *elbtypes.LoadBalancer, attributes map[string]string, tags []elbtypes.Tag) *liveBalancer {
	owner, rest := ownerOf(tags)
	state := model.LoadBalancer{Create: awselb.CreateLoadBalancerInput{
		Name: b.LoadBalancerName, Type: b.Type, Scheme: b.Scheme, IpAddressType: b.IpAddressType,
		SecurityGroups: b.SecurityGroups, CustomerOwnedIpv4Pool: b.CustomerOwnedIpv4Pool, IpamPools: b.IpamPools, Tags: rest,
	}, Attributes: attributes}
	for _, z := range b.AvailabilityZones {
		state.Create.Subnets = append(state.Create.Subnets, aws.ToString(z.SubnetId))
		for _, a := range z.LoadBalancerAddresses {
			if a.AllocationId != nil || a.PrivateIPv4Address != nil {
				state.Create.SubnetMappings = append(state.Create.SubnetMappings, elbtypes.SubnetMapping{
					SubnetId: z.SubnetId, AllocationId: a.AllocationId, PrivateIPv4Address: a.PrivateIPv4Address,
				})
			}
		}
	}
	arn := aws.ToString(b.LoadBalancerArn)
	live := &liveBalancer{
		State: state, Owner: owner,
		Outputs: map[string][]string{
			"arn": {arn}, "name": {aws.ToString(b.LoadBalancerName)}, "dns": {aws.ToString(b.DNSName)},
			"zone": {aws.ToString(b.CanonicalHostedZoneId)}, "suffix": {suffix(arn)},
		},
	}
	if b.State != nil {
		live.Phase, live.Reason = phaseOf(b.State.Code), aws.ToString(b.State.Reason)
	}
	return live
}

// phaseOf says whether a balancer routes requests.
func phaseOf(code elbtypes.LoadBalancerStateEnum) slipway.Phase {
	switch code {
	case elbtypes.LoadBalancerStateEnumProvisioning:
		return slipway.Changing
	case elbtypes.LoadBalancerStateEnumFailed:
		return slipway.Broken
	case elbtypes.LoadBalancerStateEnumActive, elbtypes.LoadBalancerStateEnumActiveImpaired:
		return slipway.Ready
	default:
		return slipway.Ready
	}
}

// Put creates the balancer or changes what can be changed.
func (d loadBalancers) Put(ctx context.Context, c slipway.Call, have *liveBalancer, want *model.LoadBalancer) error {
	state := *want
	d.Defaults(&state)
	if have == nil {
		return d.create(ctx, c, &state)
	}
	arn := output(have, "arn")
	if err := d.update(ctx, client(c), arn, &have.State.Create, &state.Create); err != nil {
		return err
	}
	if err := d.putAttributes(ctx, c, arn, have.State.Attributes, state.Attributes); err != nil {
		return err
	}
	return putTags(ctx, c, arn, have.Owner, have.State.Create.Tags, state.Create.Tags)
}

func (d loadBalancers) create(ctx context.Context, c slipway.Call, state *model.LoadBalancer) error {
	in := state.Create
	in.Tags = allTags(c, in.Tags)
	out, err := client(c).CreateLoadBalancer(ctx, &in)
	if err != nil {
		return wrap("create load balancer", err)
	}
	for _, b := range out.LoadBalancers {
		fresh := model.LoadBalancerAttributes(&state.Create)
		if err := d.putAttributes(ctx, c, aws.ToString(b.LoadBalancerArn), fresh, state.Attributes); err != nil {
			return err
		}
	}
	return nil
}

func (loadBalancers) update(ctx context.Context, api *awselb.Client, arn string, have, want *awselb.CreateLoadBalancerInput) error {
	if !sameSet(have.Subnets, want.Subnets) && len(want.Subnets) > 0 {
		in := &awselb.SetSubnetsInput{LoadBalancerArn: aws.String(arn), Subnets: want.Subnets}
		if _, err := api.SetSubnets(ctx, in); err != nil {
			return wrap("set subnets", err)
		}
	}
	if !reflect.DeepEqual(mapped(have), mapped(want)) && len(want.SubnetMappings) > 0 {
		in := &awselb.SetSubnetsInput{LoadBalancerArn: aws.String(arn), SubnetMappings: want.SubnetMappings}
		if _, err := api.SetSubnets(ctx, in); err != nil {
			return wrap("set subnets", err)
		}
	}
	if !sameSet(have.SecurityGroups, want.SecurityGroups) && len(want.SecurityGroups) > 0 {
		in := &awselb.SetSecurityGroupsInput{LoadBalancerArn: aws.String(arn), SecurityGroups: want.SecurityGroups}
		if _, err := api.SetSecurityGroups(ctx, in); err != nil {
			return wrap("set security groups", err)
		}
	}
	if have.IpAddressType != want.IpAddressType {
		in := &awselb.SetIpAddressTypeInput{LoadBalancerArn: aws.String(arn), IpAddressType: want.IpAddressType}
		if _, err := api.SetIpAddressType(ctx, in); err != nil {
			return wrap("set ip address type", err)
		}
	}
	return nil
}

func (loadBalancers) putAttributes(ctx context.Context, c slipway.Call, arn string, have, want map[string]string) error {
	changed := differing(have, want)
	if len(changed) == 0 {
		return nil
	}
	in := &awselb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: aws.String(arn)}
	for _, k := range slices.Sorted(maps.Keys(changed)) {
		in.Attributes = append(in.Attributes, elbtypes.LoadBalancerAttribute{Key: aws.String(k), Value: aws.String(changed[k])})
	}
	_, err := client(c).ModifyLoadBalancerAttributes(ctx, in)
	return wrap("modify load balancer attributes", err)
}

// Delete deletes the balancer and waits until it is gone.
func (loadBalancers) Delete(ctx context.Context, c slipway.Call, have *liveBalancer) error {
	if have == nil {
		return nil
	}
	arn := output(have, "arn")
	api := client(c)
	if err := untilFree(ctx, c, func(ctx context.Context) error {
		_, err := api.DeleteLoadBalancer(ctx, &awselb.DeleteLoadBalancerInput{LoadBalancerArn: aws.String(arn)})
		return wrap("delete load balancer", err)
	}); err != nil {
		return err
	}
	return slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		left, err := describeBalancers(ctx, api, &awselb.DescribeLoadBalancersInput{LoadBalancerArns: []string{arn}})
		return len(left) == 0, err
	})
}

// Tag marks the balancer as the stack's.
func (loadBalancers) Tag(ctx context.Context, c slipway.Call, have *liveBalancer) error {
	return tag(ctx, c, output(have, "arn"))
}

// Permissions are those of the calls above.
func (loadBalancers) Permissions(have *liveBalancer, want *model.LoadBalancer) []slipway.Permission {
	resource := "loadbalancer/app/*/*"
	if have != nil && have.State.Create.Type == elbtypes.LoadBalancerTypeEnumNetwork ||
		want != nil && want.Create.Type == elbtypes.LoadBalancerTypeEnumNetwork {
		resource = "loadbalancer/net/*/*"
	}
	all := reads("DescribeLoadBalancers", "DescribeLoadBalancerAttributes")
	switch {
	case want == nil && have == nil:
		return all
	case want == nil:
		return append(all, writes(resource, "DeleteLoadBalancer"))
	case have == nil:
		return append(all, writes(resource, "CreateLoadBalancer", "ModifyLoadBalancerAttributes", "AddTags"), slipway.Permission{
			// The first balancer of an account makes the service's own role.
			Actions:    []string{"iam:CreateServiceLinkedRole"},
			Resources:  []string{"arn:" + slipway.Self("partition") + ":iam::" + slipway.Self("account") + ":role/aws-service-role/elasticloadbalancing.amazonaws.com/*"},
			Conditions: map[string]map[string][]string{"StringEquals": {"iam:AWSServiceName": {"elasticloadbalancing.amazonaws.com"}}},
		})
	default:
		return append(all, writes(resource, "SetSubnets", "SetSecurityGroups", "SetIpAddressType",
			"ModifyLoadBalancerAttributes", "AddTags", "RemoveTags"))
	}
}

// mapped are the addresses in a balancer's subnets, by subnet.
func mapped(in *awselb.CreateLoadBalancerInput) map[string]elbtypes.SubnetMapping {
	m := map[string]elbtypes.SubnetMapping{}
	for _, s := range in.SubnetMappings {
		m[aws.ToString(s.SubnetId)] = s
	}
	return m
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
