// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	elbrules "github.com/slipway-go/slipway/internal/rules/elb"
)

// endpointServices is the driver of elb:EndpointService. AWS's services have no names:
// one is found again by its ownership tag.
type endpointServices struct{ family }

type liveService = slipway.Live[model.EndpointService]

func networkClient(c slipway.Call) *awsec2.Client { return slipway.Client(c, awsec2.NewFromConfig) }

// Before returns nothing: only consumers stand on a service.
func (endpointServices) Before() []string { return nil }

// Defaults fills in that connections must be accepted, and puts the tags in order.
func (endpointServices) Defaults(state *model.EndpointService) {
	model.FillEndpointService(state)
	state.Create.TagSpecifications = serviceTags(serviceTagMap(state.Create.TagSpecifications))
}

// Check reports what AWS would reject.
func (endpointServices) Check(refs slipway.Refs, state *model.EndpointService) []slipway.FieldError {
	return append(elbrules.CreateEndpointService.All(refs, &state.Create),
		elbrules.EndpointServicePermissions.All(refs, &awsec2.ModifyVpcEndpointServicePermissionsInput{
			AddAllowedPrincipals: state.Principals,
		})...)
}

// Effects: all can be changed.
func (endpointServices) Effects() slipway.Effects {
	return slipway.Effects{
		Keys:   map[string]string{"Create.TagSpecifications": "ResourceType", "Create.TagSpecifications.Tags": "Key"},
		Sets:   []string{"Create.NetworkLoadBalancerArns", "Create.GatewayLoadBalancerArns", "Create.SupportedIpAddressTypes", "Principals"},
		Ignore: []string{"Create.DryRun", "Create.ClientToken"},
	}
}

// Read finds the service by its tags.
func (d endpointServices) Read(ctx context.Context, c slipway.Call, _ *model.EndpointService) (*liveService, error) {
	all, err := d.owned(ctx, c, tagFilter(slipway.TagResource, c.ID.String()))
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

// List returns the stack's own services.
func (d endpointServices) List(ctx context.Context, c slipway.Call) ([]*liveService, error) {
	return d.owned(ctx, c)
}

func tagFilter(key, value string) ec2types.Filter {
	return ec2types.Filter{Name: aws.String("tag:" + key), Values: []string{value}}
}

// owned returns those of the stack's services that also pass the filters.
func (d endpointServices) owned(ctx context.Context, c slipway.Call, filters ...ec2types.Filter) ([]*liveService, error) {
	in := &awsec2.DescribeVpcEndpointServiceConfigurationsInput{Filters: append(filters, tagFilter(slipway.TagStack, c.Stack))}
	var all []*liveService
	for pages := awsec2.NewDescribeVpcEndpointServiceConfigurationsPaginator(networkClient(c), in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, wrap("describe endpoint services", err)
		}
		for _, s := range page.ServiceConfigurations {
			if s.ServiceState == ec2types.ServiceStateDeleting || s.ServiceState == ec2types.ServiceStateDeleted {
				continue
			}
			principals, err := d.principals(ctx, c, s.ServiceId)
			if err != nil {
				return nil, err
			}
			all = append(all, rebuildService(s, principals))
		}
	}
	return all, nil
}

func (endpointServices) principals(ctx context.Context, c slipway.Call, id *string) ([]string, error) {
	var all []string
	in := &awsec2.DescribeVpcEndpointServicePermissionsInput{ServiceId: id}
	for pages := awsec2.NewDescribeVpcEndpointServicePermissionsPaginator(networkClient(c), in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if absent(err) {
			return nil, nil
		}
		if err != nil {
			return nil, wrap("describe permissions of endpoint service", err)
		}
		for _, p := range page.AllowedPrincipals {
			all = append(all, aws.ToString(p.Principal))
		}
	}
	return all, nil
}

func rebuildService(s ec2types.ServiceConfiguration, principals []string) *liveService {
	tags := map[string]string{}
	for _, t := range s.Tags {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	owner := slipway.Owner{Stack: tags[slipway.TagStack], Resource: tags[slipway.TagResource]}
	delete(tags, slipway.TagStack)
	delete(tags, slipway.TagResource)
	state := model.EndpointService{
		Create: awsec2.CreateVpcEndpointServiceConfigurationInput{
			AcceptanceRequired: s.AcceptanceRequired, NetworkLoadBalancerArns: s.NetworkLoadBalancerArns,
			GatewayLoadBalancerArns: s.GatewayLoadBalancerArns, PrivateDnsName: s.PrivateDnsName, TagSpecifications: serviceTags(tags),
		},
		Principals: principals,
	}
	for _, t := range s.SupportedIpAddressTypes {
		state.Create.SupportedIpAddressTypes = append(state.Create.SupportedIpAddressTypes, string(t))
	}
	live := &liveService{
		State: state, Owner: owner,
		Outputs: map[string][]string{"id": {aws.ToString(s.ServiceId)}, "name": {aws.ToString(s.ServiceName)}},
	}
	switch s.ServiceState { //nolint:exhaustive // the rest are there to be used, or gone
	case ec2types.ServiceStatePending:
		live.Phase = slipway.Changing
	case ec2types.ServiceStateFailed:
		live.Phase, live.Reason = slipway.Broken, "the endpoint service has failed"
	}
	return live
}

// Put creates the service or changes it.
func (d endpointServices) Put(ctx context.Context, c slipway.Call, have *liveService, want *model.EndpointService) error {
	state := *want
	d.Defaults(&state)
	if have == nil {
		made, err := d.create(ctx, c, &state)
		if err != nil {
			return err
		}
		have = made
	}
	id := output(have, "id")
	if err := d.configure(ctx, c, id, &have.State.Create, &state.Create); err != nil {
		return err
	}
	added, gone := setDifference(have.State.Principals, state.Principals)
	if len(added)+len(gone) > 0 {
		if _, err := networkClient(c).ModifyVpcEndpointServicePermissions(ctx, &awsec2.ModifyVpcEndpointServicePermissionsInput{
			ServiceId: aws.String(id), AddAllowedPrincipals: added, RemoveAllowedPrincipals: gone,
		}); err != nil {
			return wrap("modify permissions of endpoint service", err)
		}
	}
	return retagService(ctx, c, id, have, serviceTagMap(state.Create.TagSpecifications))
}

// create makes the service. The token has a call whose reply was lost find what it
// made.
func (d endpointServices) create(ctx context.Context, c slipway.Call, state *model.EndpointService) (*liveService, error) {
	in := state.Create
	tags := serviceTagMap(in.TagSpecifications)
	maps.Copy(tags, c.Tags())
	in.TagSpecifications = serviceTags(tags)
	if aws.ToString(in.PrivateDnsName) == "" {
		in.PrivateDnsName = nil
	}
	in.ClientToken = aws.String(c.Token(in))
	out, err := networkClient(c).CreateVpcEndpointServiceConfiguration(ctx, &in)
	if err != nil {
		return nil, wrap("create endpoint service", err)
	}
	return rebuildService(*out.ServiceConfiguration, nil), nil
}

// configure changes acceptance, balancers and the private name.
func (endpointServices) configure(
	ctx context.Context, c slipway.Call, id string, have, want *awsec2.CreateVpcEndpointServiceConfigurationInput,
) error {
	in := &awsec2.ModifyVpcEndpointServiceConfigurationInput{ServiceId: aws.String(id)}
	in.AddNetworkLoadBalancerArns, in.RemoveNetworkLoadBalancerArns = setDifference(have.NetworkLoadBalancerArns, want.NetworkLoadBalancerArns)
	in.AddGatewayLoadBalancerArns, in.RemoveGatewayLoadBalancerArns = setDifference(have.GatewayLoadBalancerArns, want.GatewayLoadBalancerArns)
	in.AddSupportedIpAddressTypes, in.RemoveSupportedIpAddressTypes = setDifference(have.SupportedIpAddressTypes, want.SupportedIpAddressTypes)
	changes := len(in.AddNetworkLoadBalancerArns) + len(in.RemoveNetworkLoadBalancerArns) + len(in.AddGatewayLoadBalancerArns) +
		len(in.RemoveGatewayLoadBalancerArns) + len(in.AddSupportedIpAddressTypes) + len(in.RemoveSupportedIpAddressTypes)
	if aws.ToBool(have.AcceptanceRequired) != aws.ToBool(want.AcceptanceRequired) {
		in.AcceptanceRequired = want.AcceptanceRequired
		changes++
	}
	if name := aws.ToString(want.PrivateDnsName); name != aws.ToString(have.PrivateDnsName) {
		in.PrivateDnsName = optional(name)
		if name == "" {
			in.RemovePrivateDnsName = aws.Bool(true)
		}
		changes++
	}
	if changes == 0 {
		return nil
	}
	_, err := networkClient(c).ModifyVpcEndpointServiceConfiguration(ctx, in)
	return wrap("modify endpoint service", err)
}

func retagService(ctx context.Context, c slipway.Call, id string, have *liveService, want map[string]string) error {
	before := serviceTagMap(have.State.Create.TagSpecifications)
	var gone []ec2types.Tag
	for _, k := range slices.Sorted(maps.Keys(before)) {
		if _, ok := want[k]; !ok {
			gone = append(gone, ec2types.Tag{Key: aws.String(k)})
		}
	}
	if have.Owner != c.Owner() {
		maps.Copy(want, c.Tags())
	}
	if added := differing(before, want); len(added) > 0 {
		if _, err := networkClient(c).CreateTags(ctx, &awsec2.CreateTagsInput{Resources: []string{id}, Tags: ec2Tags(added)}); err != nil {
			return wrap("tag "+id, err)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	_, err := networkClient(c).DeleteTags(ctx, &awsec2.DeleteTagsInput{Resources: []string{id}, Tags: gone})
	return wrap("untag "+id, err)
}

// serviceTagMap returns the tags of specifications.
func serviceTagMap(specs []ec2types.TagSpecification) map[string]string {
	m := map[string]string{}
	for _, s := range specs {
		for _, t := range s.Tags {
			m[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
	}
	return m
}

// Delete deletes the service. One to which endpoints are connected is refused by AWS.
func (endpointServices) Delete(ctx context.Context, c slipway.Call, have *liveService) error {
	if have == nil {
		return nil
	}
	out, err := networkClient(c).DeleteVpcEndpointServiceConfigurations(ctx, &awsec2.DeleteVpcEndpointServiceConfigurationsInput{
		ServiceIds: []string{output(have, "id")},
	})
	if err != nil {
		return wrap("delete endpoint service", err)
	}
	for _, u := range out.Unsuccessful {
		if u.Error != nil && !strings.HasSuffix(aws.ToString(u.Error.Code), "NotFound") {
			return fmt.Errorf("delete endpoint service %s: %s: %s", aws.ToString(u.ResourceId), aws.ToString(u.Error.Code), aws.ToString(u.Error.Message))
		}
	}
	return nil
}

// Tag marks the service as the stack's.
func (endpointServices) Tag(ctx context.Context, c slipway.Call, have *liveService) error {
	id := output(have, "id")
	_, err := networkClient(c).CreateTags(ctx, &awsec2.CreateTagsInput{Resources: []string{id}, Tags: ec2Tags(c.Tags())})
	return wrap("tag "+id, err)
}

// Permissions are those of the calls above.
func (endpointServices) Permissions(have *liveService, want *model.EndpointService) []slipway.Permission {
	things := []string{
		"arn:" + slipway.Self("partition") + ":ec2:" + slipway.Self("region") + ":" + slipway.Self("account") + ":vpc-endpoint-service/*",
	}
	all := []slipway.Permission{{
		Actions:   []string{"ec2:DescribeVpcEndpointServiceConfigurations", "ec2:DescribeVpcEndpointServicePermissions"},
		Resources: []string{"*"},
	}}
	change := []string{
		"ec2:ModifyVpcEndpointServiceConfiguration", "ec2:ModifyVpcEndpointServicePermissions", "ec2:CreateTags", "ec2:DeleteTags",
	}
	switch {
	case want == nil && have == nil:
		return all
	case want == nil:
		return append(all, slipway.Permission{Actions: []string{"ec2:DeleteVpcEndpointServiceConfigurations"}, Resources: things})
	case have == nil:
		return append(all, slipway.Permission{Actions: append(change, "ec2:CreateVpcEndpointServiceConfiguration"), Resources: things})
	default:
		return append(all, slipway.Permission{Actions: change, Resources: things})
	}
}
