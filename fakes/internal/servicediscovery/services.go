// SPDX-License-Identifier: Apache-2.0

package servicediscovery

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
	rules "github.com/slipway-go/slipway/internal/rules/servicediscovery"
)

// service is one service with its instances, by id.
type service struct {
	id, arn   string
	namespace *namespace
	// input is what it is now; it is replaced, never edited.
	input     awssd.CreateServiceInput
	instances map[string]*instance
	tags      []sdtypes.Tag
	created   time.Time
	order     int
	// revision counts what was registered and deregistered.
	revision int64
}

func (f *Fake) serviceOperations(s *sim.Service) {
	sim.Handle(s, "CreateService", f.createService, making("CreateService",
		func(c *sim.Call, in *awssd.CreateServiceInput) string {
			return c.ARN("servicediscovery", "namespace/"+idOf(namespaceOf(in)))
		},
		func(in *awssd.CreateServiceInput) []sdtypes.Tag { return in.Tags }),
		sim.Refuses[awssd.CreateServiceInput]("HealthCheckConfig"))
	sim.Handle(s, "GetService", f.getService, on("GetService", "service", func(in *awssd.GetServiceInput) *string { return in.Id }))
	sim.Handle(s, "ListServices", f.listServices)
	sim.Handle(s, "UpdateService", f.updateService, on("UpdateService", "service", func(in *awssd.UpdateServiceInput) *string { return in.Id }),
		sim.Refuses[awssd.UpdateServiceInput]("Service.HealthCheckConfig"))
	sim.Handle(s, "DeleteService", f.deleteService, on("DeleteService", "service", func(in *awssd.DeleteServiceInput) *string { return in.Id }))
}

// namespaceOf is the namespace that an input names, in the new way or the old.
func namespaceOf(in *awssd.CreateServiceInput) *string {
	if in.NamespaceId == nil && in.DnsConfig != nil {
		return in.DnsConfig.NamespaceId //nolint:staticcheck // as old programs still say it
	}
	return in.NamespaceId
}

// refs looks up what rules ask for in the state of a region.
type refs struct{ r *region }

// Get answers for namespaces and services.
func (x refs) Get(kind, ref string) (state any, found, known bool) {
	switch kind {
	case model.KindNamespace:
		n, err := x.r.namespace(&ref)
		if err != nil {
			return nil, false, true
		}
		state := &model.Namespace{}
		switch n.kind {
		case sdtypes.NamespaceTypeDnsPrivate:
			state.Private = &awssd.CreatePrivateDnsNamespaceInput{Name: &n.name, Vpc: &n.vpc}
		case sdtypes.NamespaceTypeDnsPublic:
			state.Public = &awssd.CreatePublicDnsNamespaceInput{Name: &n.name}
		default:
			state.HTTP = &awssd.CreateHttpNamespaceInput{Name: &n.name}
		}
		return state, true, true
	case model.KindService:
		s, err := x.r.service(&ref)
		if err != nil {
			return nil, false, true
		}
		return &model.Service{Create: s.input}, true, true
	}
	return nil, false, false
}

func (f *Fake) createService(c *sim.Call, in *awssd.CreateServiceInput) (*awssd.CreateServiceOutput, error) {
	r := f.regions.In(c)
	if err := sim.Check(rules.CreateService, refs{r}, in, typed); err != nil {
		return nil, err
	}
	n, err := r.namespace(namespaceOf(in))
	if err != nil {
		return nil, err
	}
	for _, other := range r.holds(n) {
		if !n.same(aws.ToString(other.input.Name), *in.Name) {
			continue
		}
		if in.CreatorRequestId != nil && aws.ToString(other.input.CreatorRequestId) == *in.CreatorRequestId {
			return &awssd.CreateServiceOutput{Service: other.view()}, nil
		}
		return nil, &sdtypes.ServiceAlreadyExists{
			Message: aws.String("Service already exists."), ServiceId: &other.id, ServiceArn: &other.arn, CreatorRequestId: other.input.CreatorRequestId,
		}
	}
	s := &service{
		id: "srv-" + c.ID(idLength, "cloudmap-service", c.Region, n.id, *in.Name), namespace: n, input: *in, tags: in.Tags,
		instances: map[string]*instance{}, created: c.Now(), order: len(r.services),
	}
	for _, other := range r.services {
		s.order = max(s.order, other.order+1)
	}
	s.arn, s.input.NamespaceId = r.arn("service/"+s.id), &n.id
	if d := in.DnsConfig; d != nil && d.RoutingPolicy == "" {
		s.input.DnsConfig = &sdtypes.DnsConfig{DnsRecords: d.DnsRecords, RoutingPolicy: sdtypes.RoutingPolicyMultivalue}
	}
	r.services[s.id] = s
	return &awssd.CreateServiceOutput{Service: s.view()}, nil
}

// same reports whether two names of services are one: in DNS, case does not count.
func (n *namespace) same(a, b string) bool {
	return a == b || n.kind != sdtypes.NamespaceTypeHttp && strings.EqualFold(a, b)
}

func (r *region) service(ref *string) (*service, error) {
	s, ok := r.services[idOf(ref)]
	if !ok {
		return nil, noService()
	}
	return s, nil
}

// summary is the service as a list shows it.
func (s *service) summary() sdtypes.ServiceSummary {
	v := sdtypes.ServiceSummary{
		Id: &s.id, Arn: &s.arn, Name: s.input.Name, Description: s.input.Description, DnsConfig: s.input.DnsConfig,
		CreateDate: &s.created, InstanceCount: aws.Int32(int32(len(s.instances))), Type: sdtypes.ServiceTypeHttp,
	}
	if s.input.DnsConfig != nil {
		v.Type = sdtypes.ServiceTypeDnsHttp
	}
	if s.input.HealthCheckCustomConfig != nil {
		v.HealthCheckCustomConfig = &sdtypes.HealthCheckCustomConfig{FailureThreshold: aws.Int32(model.Threshold)} //nolint:staticcheck // AWS shows it
	}
	return v
}

func (s *service) view() *sdtypes.Service {
	v := s.summary()
	return &sdtypes.Service{
		Id: v.Id, Arn: v.Arn, Name: v.Name, Description: v.Description, DnsConfig: v.DnsConfig, CreateDate: v.CreateDate, Type: v.Type,
		InstanceCount: v.InstanceCount, HealthCheckCustomConfig: v.HealthCheckCustomConfig, NamespaceId: &s.namespace.id,
		CreatorRequestId: s.input.CreatorRequestId,
	}
}

func (f *Fake) getService(c *sim.Call, in *awssd.GetServiceInput) (*awssd.GetServiceOutput, error) {
	s, err := f.regions.In(c).service(in.Id)
	if err != nil {
		return nil, err
	}
	return &awssd.GetServiceOutput{Service: s.view()}, nil
}

func (f *Fake) listServices(c *sim.Call, in *awssd.ListServicesInput) (*awssd.ListServicesOutput, error) {
	var all []sdtypes.ServiceSummary
	for _, s := range slices.SortedFunc(maps.Values(f.regions.In(c).services), func(a, b *service) int { return cmp.Compare(a.order, b.order) }) {
		keep, err := s.passes(in.Filters)
		if err != nil {
			return nil, err
		}
		if keep {
			all = append(all, s.summary())
		}
	}
	cut, next, err := page(all, in.NextToken, in.MaxResults)
	return &awssd.ListServicesOutput{Services: cut, NextToken: next}, err
}

// passes reports whether a service is among those that are asked for.
func (s *service) passes(filters []sdtypes.ServiceFilter) (bool, error) {
	by := map[sdtypes.ServiceFilterName]string{
		sdtypes.ServiceFilterNameNamespaceId: s.namespace.id, sdtypes.ServiceFilterNameResourceOwner: owner,
	}
	for _, f := range filters {
		if keep, err := matches(by, f.Name, f.Condition, f.Values); err != nil || !keep {
			return false, err
		}
	}
	return true, nil
}

// matches reports whether a filter lets what has these values pass.
func matches[N ~string](by map[N]string, name N, condition sdtypes.FilterCondition, values []string) (bool, error) {
	text, ok := by[name]
	if !ok {
		return false, invalid("There is no filter " + string(name) + ".")
	}
	if len(values) != 1 {
		return false, invalid("A filter must have one value.")
	}
	switch condition {
	case "", sdtypes.FilterConditionEq:
		return text == values[0], nil
	case sdtypes.FilterConditionBeginsWith:
		return strings.HasPrefix(text, values[0]), nil
	default:
		return false, invalid("Condition " + string(condition) + " is not supported by the filter.")
	}
}

// updateService changes what is given. Records that are left out would be deleted, which
// the rules do not allow: their types are for good.
func (f *Fake) updateService(c *sim.Call, in *awssd.UpdateServiceInput) (*awssd.UpdateServiceOutput, error) {
	r := f.regions.In(c)
	if err := sim.Check(rules.UpdateService, refs{r}, in, typed); err != nil {
		return nil, err
	}
	s, err := r.service(in.Id)
	if err != nil {
		return nil, err
	}
	if in.Service.DnsConfig == nil && s.input.DnsConfig != nil {
		return nil, sim.NotModelled("an update of a service that takes its DNS records away is not modelled")
	}
	id, err := f.begin(c, sdtypes.OperationTypeUpdateService, nil, sdtypes.OperationTargetTypeService, s.id, f.timing.Registration, func() failure {
		next := s.input
		if in.Service.Description != nil {
			next.Description = unblank(in.Service.Description)
		}
		if d := in.Service.DnsConfig; d != nil {
			next.DnsConfig = &sdtypes.DnsConfig{DnsRecords: d.DnsRecords, RoutingPolicy: next.DnsConfig.RoutingPolicy}
		}
		s.input = next
		return failure{}
	})
	return &awssd.UpdateServiceOutput{OperationId: id}, err
}

func (f *Fake) deleteService(c *sim.Call, in *awssd.DeleteServiceInput) (*awssd.DeleteServiceOutput, error) {
	r := f.regions.In(c)
	s, err := r.service(in.Id)
	if err != nil {
		return nil, err
	}
	if len(s.instances) > 0 {
		return nil, &sdtypes.ResourceInUse{
			Message: aws.String("Service contains registered instances; delete the instances before deleting the service"),
		}
	}
	delete(r.services, s.id)
	return &awssd.DeleteServiceOutput{}, nil
}
