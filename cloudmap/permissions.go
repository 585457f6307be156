// SPDX-License-Identifier: Apache-2.0

package cloudmap

import (
	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
)

var (
	_ slipway.Permitter[model.Namespace] = namespaces{}
	_ slipway.Permitter[model.Service]   = services{}

	_ slipway.Lister[model.Namespace] = namespaces{}
	_ slipway.Lister[model.Service]   = services{}

	_ slipway.ManyReader[model.Service] = services{}
	_ slipway.Fixer[model.Service]      = services{}
)

// Permissions says what a caller needs: Cloud Map makes and deletes hosted zones in its
// name.
// https://docs.aws.amazon.com/cloud-map/latest/dg/security-iam.html
func (namespaces) Permissions(have *liveNamespace, want *model.Namespace) []slipway.Permission {
	read := anywhere("ListNamespaces", "ListTagsForResource")
	switch {
	case have == nil && want == nil:
		return []slipway.Permission{read}
	case want == nil:
		all := []slipway.Permission{read, anywhere("GetOperation", "ListServices"), on("namespace/*", "DeleteNamespace")}
		if have.State.HTTP == nil {
			all = append(all, zones("DeleteHostedZone"))
		}
		return all
	case have != nil:
		all := []slipway.Permission{read, anywhere("GetOperation"), on("namespace/*", updating(want), "TagResource", "UntagResource")}
		if want.HTTP == nil {
			all = append(all, zones("ChangeResourceRecordSets"))
		}
		return all
	}
	all := []slipway.Permission{read, anywhere("GetOperation", "TagResource", creating(want)), on("namespace/*", "GetNamespace")}
	if want.HTTP == nil {
		all = append(all, zones("CreateHostedZone", "GetHostedZone", "ListHostedZonesByName", "ChangeResourceRecordSets"))
	}
	if want.Private != nil {
		all = append(all, slipway.Permission{Actions: []string{"ec2:DescribeRegions", "ec2:DescribeVpcs"}, Resources: []string{"*"}})
	}
	return all
}

func creating(s *model.Namespace) string {
	switch {
	case s.Private != nil:
		return "CreatePrivateDnsNamespace"
	case s.Public != nil:
		return "CreatePublicDnsNamespace"
	default:
		return "CreateHttpNamespace"
	}
}

func updating(s *model.Namespace) string {
	switch {
	case s.Private != nil:
		return "UpdatePrivateDnsNamespace"
	case s.Public != nil:
		return "UpdatePublicDnsNamespace"
	default:
		return "UpdateHttpNamespace"
	}
}

// Permissions says what a caller needs.
func (services) Permissions(have *liveService, want *model.Service) []slipway.Permission {
	read := anywhere("GetService", "ListServices", "ListTagsForResource")
	switch {
	case have == nil && want == nil:
		return []slipway.Permission{read}
	case want == nil:
		return []slipway.Permission{read, anywhere("ListInstances"), on("service/*", "DeleteService")}
	case have == nil:
		return []slipway.Permission{read, on("namespace/*", "CreateService"), on("service/*", "CreateService", "TagResource"), anywhere("TagResource")}
	default:
		return []slipway.Permission{
			read, anywhere("GetOperation"), on("service/*", "UpdateService", "TagResource", "UntagResource"),
			zones("ChangeResourceRecordSets"),
		}
	}
}

// on allows operations on things of this account and region.
func on(resource string, operations ...string) slipway.Permission {
	return slipway.Permission{Actions: actions("servicediscovery:", operations), Resources: []string{ownARN(resource)}}
}

// anywhere allows operations that know no resources, or not yet.
func anywhere(operations ...string) slipway.Permission {
	return slipway.Permission{Actions: actions("servicediscovery:", operations), Resources: []string{"*"}}
}

// zones allows operations of Route 53.
func zones(operations ...string) slipway.Permission {
	return slipway.Permission{Actions: actions("route53:", operations), Resources: []string{"*"}}
}

func actions(prefix string, operations []string) []string {
	all := make([]string, len(operations))
	for i, o := range operations {
		all[i] = prefix + o
	}
	return all
}
