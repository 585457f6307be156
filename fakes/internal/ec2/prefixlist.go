// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// prefixList is a managed prefix list with its entries.
type prefixList struct {
	ec2types.ManagedPrefixList
	entries []ec2types.PrefixListEntry
}

// gatewayServices are the services with gateway endpoints, whose addresses AWS
// keeps in prefix lists.
var gatewayServices = map[string][]string{
	"s3":       {"52.216.0.0/15", "3.5.0.0/19"},
	"dynamodb": {"52.94.0.0/22"},
}

var prefixListView = view[prefixList]{
	prefix: "pl-", id: func(l prefixList) string { return aws.ToString(l.PrefixListId) },
	filters: map[string]func(prefixList) []string{
		"owner-id":         one(func(l prefixList) *string { return l.OwnerId }),
		"prefix-list-id":   one(func(l prefixList) *string { return l.PrefixListId }),
		"prefix-list-name": one(func(l prefixList) *string { return l.PrefixListName }),
	},
}

func registerPrefixLists(s *sim.Service, f *Fake) {
	handle(s, f, "CreateManagedPrefixList", (*region).createPrefixList, sim.Needs(
		func(c *sim.Call, in *awsec2.CreateManagedPrefixListInput) []sim.Access {
			return creating(c, in.TagSpecifications, access(c, "prefix-list/*")...)
		}))
	handle(s, f, "DeleteManagedPrefixList", (*region).deletePrefixList, sim.Needs(
		func(c *sim.Call, in *awsec2.DeleteManagedPrefixListInput) []sim.Access {
			return access(c, "prefix-list/"+aws.ToString(in.PrefixListId))
		}))
	handle(s, f, "DescribeManagedPrefixLists", (*region).describeManagedLists)
	handle(s, f, "DescribePrefixLists", (*region).describeServiceLists)
	handle(s, f, "GetManagedPrefixListEntries", (*region).prefixListEntries, sim.Refuses[awsec2.GetManagedPrefixListEntriesInput]("TargetVersion"),
		sim.Needs(func(c *sim.Call, in *awsec2.GetManagedPrefixListEntriesInput) []sim.Access {
			return access(c, "prefix-list/"+aws.ToString(in.PrefixListId))
		}))
}

// makeServiceLists makes AWS's own lists.
func (r *region) makeServiceLists() {
	for _, service := range []string{"s3", "dynamodb"} {
		l := r.newList("com.amazonaws."+r.name+"."+service, "AWS")
		for _, cidr := range gatewayServices[service] {
			l.entries = append(l.entries, ec2types.PrefixListEntry{Cidr: aws.String(cidr)})
		}
		r.prefixLists.put(*l.PrefixListId, l)
	}
}

func (r *region) newList(name, owner string) prefixList {
	id := r.id("pl-", name)
	arn := r.arn("prefix-list/" + id)
	if owner == "AWS" {
		arn = strings.Replace(arn, ":"+r.account+":", ":aws:", 1)
	}
	return prefixList{ManagedPrefixList: ec2types.ManagedPrefixList{
		PrefixListId: aws.String(id), PrefixListName: aws.String(name), PrefixListArn: aws.String(arn), OwnerId: aws.String(owner),
		AddressFamily: aws.String("IPv4"), State: ec2types.PrefixListStateCreateComplete,
	}}
}

// listOf returns the ID of AWS's list for a service.
func (r *region) listOf(service string) string {
	for _, l := range r.prefixLists.all() {
		if *l.OwnerId == "AWS" && *l.PrefixListName == "com.amazonaws."+r.name+"."+service {
			return *l.PrefixListId
		}
	}
	return ""
}

// covers reports whether a list holds an address.
func (l prefixList) covers(a netip.Addr) bool {
	return slices.ContainsFunc(l.entries, func(e ec2types.PrefixListEntry) bool {
		p, err := netip.ParsePrefix(aws.ToString(e.Cidr))
		return err == nil && p.Contains(a)
	})
}

func (r *region) createPrefixList(in *awsec2.CreateManagedPrefixListInput) (*awsec2.CreateManagedPrefixListOutput, error) {
	tags, err := specified(in.TagSpecifications, ec2types.ResourceTypePrefixList)
	if err != nil {
		return nil, err
	}
	if id, ok := r.madeFor("pl", in.ClientToken); ok {
		if l, ok := r.prefixLists.get(id); ok {
			return &awsec2.CreateManagedPrefixListOutput{PrefixList: r.describedList(l)}, nil
		}
	}
	if len(in.Entries) > int(aws.ToInt32(in.MaxEntries)) {
		return nil, sim.Errorf("PrefixListMaxEntriesExceeded", "The number of entries exceeds the maximum number of entries of the prefix list.")
	}
	l := r.newList(aws.ToString(in.PrefixListName), r.account)
	l.AddressFamily, l.MaxEntries, l.Version = in.AddressFamily, in.MaxEntries, aws.Int64(1)
	for _, e := range in.Entries {
		cidr, err := l.cidr(aws.ToString(e.Cidr))
		if err != nil {
			return nil, err
		}
		l.entries = append(l.entries, ec2types.PrefixListEntry{Cidr: aws.String(cidr), Description: e.Description})
	}
	r.prefixLists.put(*l.PrefixListId, l)
	r.tag(*l.PrefixListId, tags)
	r.keepToken("pl", in.ClientToken, *l.PrefixListId)
	return &awsec2.CreateManagedPrefixListOutput{PrefixList: r.describedList(l)}, nil
}

func (r *region) describedList(l prefixList) *ec2types.ManagedPrefixList {
	out := l.ManagedPrefixList
	out.Tags = r.tags[*l.PrefixListId]
	return &out
}

func (r *region) deletePrefixList(in *awsec2.DeleteManagedPrefixListInput) (*awsec2.DeleteManagedPrefixListOutput, error) {
	l, err := need(&r.prefixLists, "pl-", aws.ToString(in.PrefixListId))
	if err != nil {
		return nil, err
	}
	if *l.OwnerId != r.account {
		return nil, sim.Errorf("UnauthorizedOperation", "You are not authorized to perform this operation.")
	}
	inUse := r.groups.any(func(g group) bool {
		return slices.ContainsFunc(g.rules, func(o rule) bool { return aws.ToString(o.PrefixListId) == *l.PrefixListId })
	}) || r.routeTables.any(func(t routeTable) bool { return slices.ContainsFunc(t.Routes, leadsTo(*l.PrefixListId)) })
	if inUse {
		return nil, sim.Errorf("DependencyViolation", "The prefix list '%s' has dependencies and cannot be deleted.", *l.PrefixListId)
	}
	r.prefixLists.drop(*l.PrefixListId)
	out := r.describedList(l)
	out.State = ec2types.PrefixListStateDeleteInProgress
	delete(r.tags, *l.PrefixListId)
	return &awsec2.DeleteManagedPrefixListOutput{PrefixList: out}, nil
}

func (r *region) describeManagedLists(in *awsec2.DescribeManagedPrefixListsInput) (*awsec2.DescribeManagedPrefixListsOutput, error) {
	list, next, err := describe(r, prefixListView, r.prefixLists.all(), query{in.PrefixListIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &awsec2.DescribeManagedPrefixListsOutput{NextToken: next}
	for _, l := range list {
		out.PrefixLists = append(out.PrefixLists, *r.describedList(l))
	}
	return out, nil
}

// describeServiceLists lists AWS's own lists only.
func (r *region) describeServiceLists(in *awsec2.DescribePrefixListsInput) (*awsec2.DescribePrefixListsOutput, error) {
	own := r.prefixLists.where(func(l prefixList) bool { return *l.OwnerId == "AWS" })
	list, next, err := describe(r, prefixListView, own, query{in.PrefixListIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &awsec2.DescribePrefixListsOutput{NextToken: next}
	for _, l := range list {
		out.PrefixLists = append(out.PrefixLists, ec2types.PrefixList{
			PrefixListId: l.PrefixListId, PrefixListName: l.PrefixListName,
			Cidrs: nonNil(l.entries, func(e ec2types.PrefixListEntry) *string { return e.Cidr }),
		})
	}
	return out, nil
}

func (r *region) prefixListEntries(in *awsec2.GetManagedPrefixListEntriesInput) (*awsec2.GetManagedPrefixListEntriesOutput, error) {
	l, err := need(&r.prefixLists, "pl-", aws.ToString(in.PrefixListId))
	if err != nil {
		return nil, err
	}
	list, next, err := page(l.entries, query{size: in.MaxResults, token: in.NextToken})
	if err != nil {
		return nil, err
	}
	return &awsec2.GetManagedPrefixListEntriesOutput{Entries: list, NextToken: next}, nil
}
