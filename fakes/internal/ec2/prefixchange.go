// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func registerPrefixChanges(s *sim.Service, f *Fake) {
	handle(s, f, "ModifyManagedPrefixList", (*region).modifyPrefixList,
		sim.Refuses[awsec2.ModifyManagedPrefixListInput]("IpamPrefixListResolverSyncEnabled"),
		sim.Needs(func(c *sim.Call, in *awsec2.ModifyManagedPrefixListInput) []sim.Access {
			return access(c, "prefix-list/"+aws.ToString(in.PrefixListId))
		}))
}

// modifyPrefixList changes the entries of a list, which makes a new version of it,
// or its name or size.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyManagedPrefixList.html
func (r *region) modifyPrefixList(in *awsec2.ModifyManagedPrefixListInput) (*awsec2.ModifyManagedPrefixListOutput, error) {
	id := aws.ToString(in.PrefixListId)
	l, err := need(&r.prefixLists, "pl-", id)
	if err != nil {
		return nil, err
	}
	if *l.OwnerId != r.account {
		return nil, sim.Errorf("UnauthorizedOperation", "You are not authorized to perform this operation.")
	}
	entries := len(in.AddEntries)+len(in.RemoveEntries) > 0
	switch {
	case entries && in.MaxEntries != nil:
		return nil, sim.Errorf("InvalidParameterCombination",
			"You cannot modify the entries and the maximum entries for the prefix list in the same request.")
	case entries && in.CurrentVersion == nil:
		return nil, sim.Errorf("MissingParameter", "The request must contain the parameter CurrentVersion")
	case in.CurrentVersion != nil && *in.CurrentVersion != aws.ToInt64(l.Version):
		return nil, sim.Errorf("PrefixListVersionMismatch", "The prefix list has the incorrect version number.")
	}
	if l, err = l.changed(in); err != nil {
		return nil, err
	}
	if entries {
		l.Version = aws.Int64(aws.ToInt64(l.Version) + 1)
	}
	l.State = ec2types.PrefixListStateModifyInProgress
	r.prefixLists.put(id, l)
	r.f.sim.After(0, func() {
		if now, ok := r.prefixLists.get(id); ok {
			now.State = ec2types.PrefixListStateModifyComplete
			r.prefixLists.put(id, now)
		}
	})
	return &awsec2.ModifyManagedPrefixListOutput{PrefixList: r.describedList(l)}, nil
}

// changed returns the list as the input wants it.
func (l prefixList) changed(in *awsec2.ModifyManagedPrefixListInput) (prefixList, error) {
	if in.PrefixListName != nil {
		l.PrefixListName = in.PrefixListName
	}
	if in.MaxEntries != nil {
		l.MaxEntries = in.MaxEntries
	}
	l.entries = slices.Clone(l.entries)
	for _, gone := range in.RemoveEntries {
		i := l.index(aws.ToString(gone.Cidr))
		if i < 0 {
			return l, sim.Errorf("InvalidParameterValue", "The CIDR '%s' is not in the prefix list.", aws.ToString(gone.Cidr))
		}
		l.entries = slices.Delete(l.entries, i, i+1)
	}
	for _, e := range in.AddEntries {
		cidr, err := l.cidr(aws.ToString(e.Cidr))
		if err != nil {
			return l, err
		}
		entry := ec2types.PrefixListEntry{Cidr: aws.String(cidr), Description: e.Description}
		if i := l.index(cidr); i >= 0 {
			l.entries[i] = entry
			continue
		}
		l.entries = append(l.entries, entry)
	}
	return l, l.fits()
}

// index is the place of an entry, or -1.
func (l prefixList) index(cidr string) int {
	return slices.IndexFunc(l.entries, func(e ec2types.PrefixListEntry) bool { return aws.ToString(e.Cidr) == cidr })
}

// cidr gives a range the form in which a list of that family keeps it.
func (l prefixList) cidr(text string) (string, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil || p.Addr().Is6() != (aws.ToString(l.AddressFamily) == "IPv6") {
		return "", sim.Errorf("InvalidParameterValue", "The CIDR '%s' is invalid.", text)
	}
	return p.Masked().String(), nil
}

func (l prefixList) fits() error {
	if len(l.entries) > int(aws.ToInt32(l.MaxEntries)) {
		return sim.Errorf("PrefixListMaxEntriesExceeded", "The number of entries exceeds the maximum number of entries of the prefix list.")
	}
	return nil
}
