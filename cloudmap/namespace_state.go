// SPDX-License-Identifier: Apache-2.0

package cloudmap

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
)

// parts are what namespaces of all types have.
type parts struct {
	kind              sdtypes.NamespaceType
	name, description **string
	tags              *[]sdtypes.Tag
}

// partsOf points into the state.
func partsOf(s *model.Namespace) parts {
	switch {
	case s.Private != nil:
		return parts{sdtypes.NamespaceTypeDnsPrivate, &s.Private.Name, &s.Private.Description, &s.Private.Tags}
	case s.Public != nil:
		return parts{sdtypes.NamespaceTypeDnsPublic, &s.Public.Name, &s.Public.Description, &s.Public.Tags}
	default:
		if s.HTTP == nil {
			s.HTTP = &awssd.CreateHttpNamespaceInput{}
		}
		return parts{sdtypes.NamespaceTypeHttp, &s.HTTP.Name, &s.HTTP.Description, &s.HTTP.Tags}
	}
}

// Effects: the type, the name and the VPC are chosen for good.
func (namespaces) Effects() slipway.Effects {
	e := slipway.Effects{Fields: map[string]slipway.Effect{}, Keys: map[string]string{}}
	for _, kind := range []string{"HTTP", "Private", "Public"} {
		e.Fields[kind] = slipway.NewName
		e.Keys[kind+".Tags"] = "Key"
		e.Ignore = append(e.Ignore, kind+".CreatorRequestId")
		for _, field := range []string{".Description", ".Tags", ".Properties"} {
			e.Fields[kind+field] = slipway.InPlace
		}
	}
	return e
}

// Defaults fills in what Cloud Map would.
func (namespaces) Defaults(s *model.Namespace) {
	switch {
	case s.Private != nil:
		own := *s.Private
		s.Private = &own
	case s.Public != nil:
		own := *s.Public
		s.Public = &own
	case s.HTTP != nil:
		own := *s.HTTP
		s.HTTP = &own
	}
	p := partsOf(s)
	if *p.description == nil {
		*p.description = aws.String("")
	}
	if *p.tags == nil {
		*p.tags = []sdtypes.Tag{}
	}
}

// negativeTTL is the wanted TTL of the zone's SOA record; nil if that is left to Route 53.
func negativeTTL(s *model.Namespace) *int64 {
	switch {
	case s.Private != nil && s.Private.Properties != nil && s.Private.Properties.DnsProperties != nil && s.Private.Properties.DnsProperties.SOA != nil:
		return s.Private.Properties.DnsProperties.SOA.TTL
	case s.Public != nil && s.Public.Properties != nil && s.Public.Properties.DnsProperties != nil && s.Public.Properties.DnsProperties.SOA != nil:
		return s.Public.Properties.DnsProperties.SOA.TTL
	default:
		return nil
	}
}

// rebuildNamespace turns what is listed into a state.
func rebuildNamespace(n *sdtypes.NamespaceSummary, tags map[string]string) *liveNamespace {
	live := &liveNamespace{Owner: ownerOf(tags), Outputs: outputsOf(n)}
	var record *sdtypes.SOA
	if n.Properties != nil && n.Properties.DnsProperties != nil && n.Properties.DnsProperties.SOA != nil && n.Properties.DnsProperties.SOA.TTL != nil {
		record = n.Properties.DnsProperties.SOA
	}
	switch n.Type {
	case sdtypes.NamespaceTypeDnsPrivate:
		in := &awssd.CreatePrivateDnsNamespaceInput{Name: n.Name, Description: n.Description, Tags: foreign(tags)}
		if id, ok := tags[model.TagVPC]; ok {
			in.Vpc = &id
		}
		if record != nil {
			in.Properties = &sdtypes.PrivateDnsNamespaceProperties{DnsProperties: &sdtypes.PrivateDnsPropertiesMutable{SOA: record}}
		}
		live.State.Private = in
	case sdtypes.NamespaceTypeDnsPublic:
		in := &awssd.CreatePublicDnsNamespaceInput{Name: n.Name, Description: n.Description, Tags: foreign(tags)}
		if record != nil {
			in.Properties = &sdtypes.PublicDnsNamespaceProperties{DnsProperties: &sdtypes.PublicDnsPropertiesMutable{SOA: record}}
		}
		live.State.Public = in
	default:
		live.State.HTTP = &awssd.CreateHttpNamespaceInput{Name: n.Name, Description: n.Description, Tags: foreign(tags)}
	}
	return live
}

// outputsOf are the outputs of a namespace.
func outputsOf(n *sdtypes.NamespaceSummary) map[string][]string {
	all := map[string][]string{
		"id": {aws.ToString(n.Id)}, "arn": {aws.ToString(n.Arn)}, "name": {aws.ToString(n.Name)}, "http": {""}, "zone": {""},
	}
	if p := n.Properties; p != nil && p.HttpProperties != nil {
		all["http"] = []string{aws.ToString(p.HttpProperties.HttpName)}
	}
	if p := n.Properties; p != nil && p.DnsProperties != nil {
		all["zone"] = []string{aws.ToString(p.DnsProperties.HostedZoneId)}
	}
	return all
}
