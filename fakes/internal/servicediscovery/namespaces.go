// SPDX-License-Identifier: Apache-2.0

package servicediscovery

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/servicediscovery"
)

// namespace is one namespace.
type namespace struct {
	id, arn, name, httpName string
	kind                    sdtypes.NamespaceType
	description, request    *string
	vpc, zone               string // of those with DNS
	negative                *int64
	tags                    []sdtypes.Tag
	created                 time.Time
	order                   int
}

func (f *Fake) namespaceOperations(s *sim.Service) {
	sim.Handle(s, "CreateHttpNamespace", f.createHTTP, making("CreateHttpNamespace",
		func(*sim.Call, *awssd.CreateHttpNamespaceInput) string { return "*" },
		func(in *awssd.CreateHttpNamespaceInput) []sdtypes.Tag { return in.Tags }))
	sim.Handle(s, "CreatePrivateDnsNamespace", f.createPrivate, making("CreatePrivateDnsNamespace",
		func(*sim.Call, *awssd.CreatePrivateDnsNamespaceInput) string { return "*" },
		func(in *awssd.CreatePrivateDnsNamespaceInput) []sdtypes.Tag { return in.Tags }))
	sim.Handle(s, "CreatePublicDnsNamespace", f.createPublic, making("CreatePublicDnsNamespace",
		func(*sim.Call, *awssd.CreatePublicDnsNamespaceInput) string { return "*" },
		func(in *awssd.CreatePublicDnsNamespaceInput) []sdtypes.Tag { return in.Tags }))
	sim.Handle(s, "GetNamespace", f.getNamespace, on("GetNamespace", "namespace", func(in *awssd.GetNamespaceInput) *string { return in.Id }))
	sim.Handle(s, "ListNamespaces", f.listNamespaces)
	sim.Handle(s, "UpdateHttpNamespace", f.updateHTTP,
		on("UpdateHttpNamespace", "namespace", func(in *awssd.UpdateHttpNamespaceInput) *string { return in.Id }))
	sim.Handle(s, "UpdatePrivateDnsNamespace", f.updatePrivate,
		on("UpdatePrivateDnsNamespace", "namespace", func(in *awssd.UpdatePrivateDnsNamespaceInput) *string { return in.Id }))
	sim.Handle(s, "UpdatePublicDnsNamespace", f.updatePublic,
		on("UpdatePublicDnsNamespace", "namespace", func(in *awssd.UpdatePublicDnsNamespaceInput) *string { return in.Id }))
	sim.Handle(s, "DeleteNamespace", f.deleteNamespace,
		on("DeleteNamespace", "namespace", func(in *awssd.DeleteNamespaceInput) *string { return in.Id }))
	sim.Handle(s, "GetOperation", f.getOperation)
}

func (f *Fake) createHTTP(c *sim.Call, in *awssd.CreateHttpNamespaceInput) (*awssd.CreateHttpNamespaceOutput, error) {
	if err := sim.Check(rules.CreateHTTPNamespace, nil, in, typed); err != nil {
		return nil, err
	}
	id, err := f.create(c, &namespace{
		kind: sdtypes.NamespaceTypeHttp, name: *in.Name, description: in.Description, request: in.CreatorRequestId, tags: in.Tags,
	})
	return &awssd.CreateHttpNamespaceOutput{OperationId: id}, err
}

func (f *Fake) createPrivate(c *sim.Call, in *awssd.CreatePrivateDnsNamespaceInput) (*awssd.CreatePrivateDnsNamespaceOutput, error) {
	if err := sim.Check(rules.CreatePrivateDNSNamespace, nil, in, typed); err != nil {
		return nil, err
	}
	n := &namespace{
		kind: sdtypes.NamespaceTypeDnsPrivate, name: *in.Name, vpc: *in.Vpc, description: in.Description, request: in.CreatorRequestId, tags: in.Tags,
	}
	if p := in.Properties; p != nil && p.DnsProperties != nil && p.DnsProperties.SOA != nil {
		n.negative = p.DnsProperties.SOA.TTL
	}
	id, err := f.create(c, n)
	return &awssd.CreatePrivateDnsNamespaceOutput{OperationId: id}, err
}

func (f *Fake) createPublic(c *sim.Call, in *awssd.CreatePublicDnsNamespaceInput) (*awssd.CreatePublicDnsNamespaceOutput, error) {
	if err := sim.Check(rules.CreatePublicDNSNamespace, nil, in, typed); err != nil {
		return nil, err
	}
	n := &namespace{
		kind: sdtypes.NamespaceTypeDnsPublic, name: *in.Name, description: in.Description, request: in.CreatorRequestId, tags: in.Tags,
	}
	if p := in.Properties; p != nil && p.DnsProperties != nil && p.DnsProperties.SOA != nil {
		n.negative = p.DnsProperties.SOA.TTL
	}
	id, err := f.create(c, n)
	return &awssd.CreatePublicDnsNamespaceOutput{OperationId: id}, err
}

// create makes the namespace, which is there when its operation has succeeded.
func (f *Fake) create(c *sim.Call, n *namespace) (*string, error) {
	r := f.regions.In(c)
	if same, err := r.asked(sdtypes.OperationTypeCreateNamespace, n.request); same != nil || err != nil {
		return idOfOperation(same), err
	}
	for _, other := range r.namespaces {
		if n.twin(other) {
			return nil, &sdtypes.NamespaceAlreadyExists{
				Message: aws.String("Namespace already exists."), NamespaceId: &other.id, CreatorRequestId: other.request,
			}
		}
	}
	n.id = "ns-" + c.ID(idLength, "cloudmap-namespace", c.Region, string(n.kind), n.name)
	n.arn = r.arn("namespace/" + n.id)
	return f.begin(c, sdtypes.OperationTypeCreateNamespace, n.request, sdtypes.OperationTargetTypeNamespace, n.id, f.timing.Namespace, func() failure {
		return f.open(r, n)
	})
}

// twin reports whether there cannot be both.
func (n *namespace) twin(other *namespace) bool {
	return n.kind == sdtypes.NamespaceTypeHttp && other.kind == n.kind && other.name == n.name
}

// failed is why an operation came to nothing that could begin; AWS publishes no code of its
// own for that.
func failed(text string) failure { return failure{"INTERNAL_FAILURE", text} }

// open is the end of a creation: the hosted zone is made.
func (f *Fake) open(r *region, n *namespace) failure {
	if n.vpc != "" && f.network.DefaultGroup(r.name, n.vpc) == "" {
		return failure{"CANNOT_CREATE_HOSTED_ZONE", "The VPC ID is invalid. (Service: AmazonRoute53; Status Code: 400; Error Code: InvalidVPCId)"}
	}
	taken := false
	for _, other := range r.namespaces {
		if n.twin(other) {
			return failed("Namespace already exists.") // of a creation that was under way, too
		}
		if n.vpc != "" && other.vpc == n.vpc && other.name == n.name {
			return failure{"CANNOT_CREATE_HOSTED_ZONE", fmt.Sprintf(
				"The VPC %s in region %s has already been associated with the hosted zone %s with the same domain name. "+
					"(Service: AmazonRoute53; Status Code: 400; Error Code: ConflictingDomainExists)", n.vpc, r.name, other.zone)}
		}
		taken, n.order = taken || other.httpName == n.name, max(n.order, other.order+1)
	}
	n.created, n.httpName = f.sim.Now(), n.name
	if taken {
		n.httpName += "-" + f.sim.ID(8, "cloudmap-http-name", r.name, n.name)
	}
	if n.kind != sdtypes.NamespaceTypeHttp {
		n.zone = "Z" + f.sim.ID(20, "hosted-zone", r.name, n.id)
	}
	r.namespaces[n.id] = n
	return failure{}
}

func (r *region) namespace(ref *string) (*namespace, error) {
	n, ok := r.namespaces[idOf(ref)]
	if !ok {
		return nil, noNamespace()
	}
	return n, nil
}

// properties are what a namespace has by its type.
func (n *namespace) properties() *sdtypes.NamespaceProperties {
	p := &sdtypes.NamespaceProperties{
		HttpProperties: &sdtypes.HttpProperties{HttpName: &n.httpName}, DnsProperties: &sdtypes.DnsProperties{SOA: &sdtypes.SOA{TTL: n.negative}},
	}
	if n.zone != "" {
		p.DnsProperties.HostedZoneId = &n.zone
	}
	return p
}

// holds are the services of a namespace, in the order in which they were made.
func (r *region) holds(n *namespace) []*service {
	var all []*service
	for _, s := range r.services {
		if s.namespace == n {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *service) int { return cmp.Compare(a.order, b.order) })
	return all
}

func (f *Fake) getNamespace(c *sim.Call, in *awssd.GetNamespaceInput) (*awssd.GetNamespaceOutput, error) {
	r := f.regions.In(c)
	n, err := r.namespace(in.Id)
	if err != nil {
		return nil, err
	}
	return &awssd.GetNamespaceOutput{Namespace: &sdtypes.Namespace{
		Id: &n.id, Arn: &n.arn, Name: &n.name, Type: n.kind, Description: n.description, CreatorRequestId: n.request, CreateDate: &n.created,
		Properties: n.properties(), ServiceCount: aws.Int32(int32(len(r.holds(n)))), ResourceOwner: &r.account,
	}}, nil
}

func (f *Fake) listNamespaces(c *sim.Call, in *awssd.ListNamespacesInput) (*awssd.ListNamespacesOutput, error) {
	r := f.regions.In(c)
	var all []sdtypes.NamespaceSummary
	for _, n := range slices.SortedFunc(maps.Values(r.namespaces), func(a, b *namespace) int { return cmp.Compare(a.order, b.order) }) {
		keep, err := n.passes(in.Filters)
		if err != nil {
			return nil, err
		}
		if keep {
			all = append(all, sdtypes.NamespaceSummary{
				Id: &n.id, Arn: &n.arn, Name: &n.name, Type: n.kind, Description: n.description, CreateDate: &n.created,
				Properties: n.properties(), ServiceCount: aws.Int32(int32(len(r.holds(n)))), ResourceOwner: &r.account,
			})
		}
	}
	cut, next, err := page(all, in.NextToken, in.MaxResults)
	return &awssd.ListNamespacesOutput{Namespaces: cut, NextToken: next}, err
}

// owner is whose everything is: no other account shares anything here.
const owner = "SELF"

// passes reports whether a namespace is among those that are asked for.
func (n *namespace) passes(filters []sdtypes.NamespaceFilter) (bool, error) {
	by := map[sdtypes.NamespaceFilterName]string{
		sdtypes.NamespaceFilterNameType: string(n.kind), sdtypes.NamespaceFilterNameName: n.name,
		sdtypes.NamespaceFilterNameHttpName: n.httpName, sdtypes.NamespaceFilterNameResourceOwner: owner,
	}
	for _, f := range filters {
		if keep, err := matches(by, f.Name, f.Condition, f.Values); err != nil || !keep {
			return false, err
		}
	}
	return true, nil
}

func (f *Fake) updateHTTP(c *sim.Call, in *awssd.UpdateHttpNamespaceInput) (*awssd.UpdateHttpNamespaceOutput, error) {
	id, err := f.update(c, in.Id, in.UpdaterRequestId, sdtypes.NamespaceTypeHttp, in.Namespace.Description, nil)
	return &awssd.UpdateHttpNamespaceOutput{OperationId: id}, err
}

func (f *Fake) updatePrivate(c *sim.Call, in *awssd.UpdatePrivateDnsNamespaceInput) (*awssd.UpdatePrivateDnsNamespaceOutput, error) {
	var negative *int64
	if p := in.Namespace.Properties; p != nil && p.DnsProperties != nil && p.DnsProperties.SOA != nil {
		negative = p.DnsProperties.SOA.TTL
	}
	id, err := f.update(c, in.Id, in.UpdaterRequestId, sdtypes.NamespaceTypeDnsPrivate, in.Namespace.Description, negative)
	return &awssd.UpdatePrivateDnsNamespaceOutput{OperationId: id}, err
}

func (f *Fake) updatePublic(c *sim.Call, in *awssd.UpdatePublicDnsNamespaceInput) (*awssd.UpdatePublicDnsNamespaceOutput, error) {
	var negative *int64
	if p := in.Namespace.Properties; p != nil && p.DnsProperties != nil && p.DnsProperties.SOA != nil {
		negative = p.DnsProperties.SOA.TTL
	}
	id, err := f.update(c, in.Id, in.UpdaterRequestId, sdtypes.NamespaceTypeDnsPublic, in.Namespace.Description, negative)
	return &awssd.UpdatePublicDnsNamespaceOutput{OperationId: id}, err
}

// update changes what is given.
func (f *Fake) update(c *sim.Call, ref, request *string, kind sdtypes.NamespaceType, description *string, negative *int64) (*string, error) {
	n, err := f.regions.In(c).namespace(ref)
	if err != nil {
		return nil, err
	}
	if n.kind != kind {
		return nil, invalid("The namespace is of type " + string(n.kind) + ".")
	}
	return f.begin(c, sdtypes.OperationTypeUpdateNamespace, request, sdtypes.OperationTargetTypeNamespace, n.id, f.timing.Registration, func() failure {
		if description != nil {
			n.description = unblank(description)
		}
		if negative != nil {
			n.negative = negative
		}
		return failure{}
	})
}

func (f *Fake) deleteNamespace(c *sim.Call, in *awssd.DeleteNamespaceInput) (*awssd.DeleteNamespaceOutput, error) {
	r := f.regions.In(c)
	n, err := r.namespace(in.Id)
	if err != nil {
		return nil, err
	}
	const used = "Namespace has associated services."
	if len(r.holds(n)) > 0 {
		return nil, &sdtypes.ResourceInUse{Message: aws.String(used)}
	}
	id, err := f.begin(c, sdtypes.OperationTypeDeleteNamespace, &n.id, sdtypes.OperationTargetTypeNamespace, n.id, f.timing.Namespace, func() failure {
		if len(r.holds(n)) > 0 {
			return failed(used)
		}
		delete(r.namespaces, n.id)
		return failure{}
	})
	return &awssd.DeleteNamespaceOutput{OperationId: id}, err
}
