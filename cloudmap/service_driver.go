// SPDX-License-Identifier: Apache-2.0

package cloudmap

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/driver"
	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
)

// services is the driver of cloudmap:Service.
type services struct{ family }

type liveService = slipway.Live[model.Service]

// Before names what registers instances.
func (services) Before() []string { return []string{"ecs:Service"} }

// Effects: only how long records are kept, and what describes the service, can change.
// https://docs.aws.amazon.com/cloud-map/latest/api/API_UpdateService.html
func (services) Effects() slipway.Effects {
	return slipway.Effects{
		Default: slipway.NewName,
		Fields: map[string]slipway.Effect{
			"Create.Description":              slipway.InPlace,
			"Create.DnsConfig.DnsRecords.TTL": slipway.InPlace,
			"Create.HealthCheckConfig":        slipway.InPlace,
			"Create.Tags":                     slipway.InPlace,
		},
		Keys:   map[string]string{"Create.Tags": "Key", "Create.DnsConfig.DnsRecords": "Type"},
		Ignore: []string{"Create.CreatorRequestId"},
	}
}

// Fixed: nothing but tags can change in an HTTP namespace, where there are no records.
// https://docs.aws.amazon.com/cloud-map/latest/api/API_UpdateService.html
func (services) Fixed(refs slipway.Refs, have *model.Service) []string {
	state, found, known := refs.Get(model.KindNamespace, aws.ToString(have.Create.NamespaceId))
	if n, ok := state.(*model.Namespace); ok && found && known && n.HTTP != nil {
		return []string{"Create.Description"}
	}
	return nil
}

// Defaults fills in what Cloud Map would.
func (services) Defaults(s *model.Service) {
	in := &s.Create
	if in.Description == nil {
		in.Description = aws.String("")
	}
	if in.Tags == nil {
		in.Tags = []sdtypes.Tag{}
	}
	config := sdtypes.DnsConfig{}
	if in.DnsConfig != nil {
		config = *in.DnsConfig
	}
	if config.DnsRecords == nil {
		config.DnsRecords = []sdtypes.DnsRecord{}
	}
	in.DnsConfig = &config
	threshold := int32(0)
	if in.HealthCheckCustomConfig != nil {
		threshold = model.Threshold
	}
	if !uncustom(in.HealthCheckCustomConfig) {
		in.HealthCheckCustomConfig = custom(threshold)
	}
}

// uncustom reports whether Defaults has said that there are no custom health checks.
func uncustom(h *sdtypes.HealthCheckCustomConfig) bool {
	return h != nil && h.FailureThreshold != nil && *h.FailureThreshold == 0 //nolint:staticcheck // see custom
}

// creation is the input that makes a service: without what Defaults has filled in.
func creation(s *model.Service) awssd.CreateServiceInput {
	in := s.Create
	in.Description = unblank(in.Description)
	if in.DnsConfig != nil && len(in.DnsConfig.DnsRecords) == 0 && in.DnsConfig.RoutingPolicy == "" {
		in.DnsConfig = nil
	}
	if uncustom(in.HealthCheckCustomConfig) {
		in.HealthCheckCustomConfig = nil
	}
	return in
}

// Read finds the service by its name in the namespace.
func (d services) Read(ctx context.Context, c slipway.Call, want *model.Service) (*liveService, error) {
	all, err := d.ReadMany(ctx, []slipway.Call{c}, []*model.Service{want})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// ReadMany lists the services of each namespace once.
func (services) ReadMany(ctx context.Context, calls []slipway.Call, want []*model.Service) ([]*liveService, error) {
	byNamespace := map[string][]int{}
	for i, w := range want {
		if known(w.Create.NamespaceId) && known(w.Create.Name) {
			byNamespace[*w.Create.NamespaceId] = append(byNamespace[*w.Create.NamespaceId], i)
		}
	}
	all := make([]*liveService, len(want))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(driver.InFlight)
	for namespace, places := range byNamespace {
		group.Go(func() error {
			there, err := listServices(ctx, calls[places[0]], &namespace)
			if err != nil {
				return err
			}
			for _, i := range places {
				if all[i], err = pick(ctx, calls[i], there, want[i].Create.Name, &namespace); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return all, group.Wait()
}

// pick rebuilds the service of that name; nil if there is none.
func pick(ctx context.Context, c slipway.Call, all []sdtypes.ServiceSummary, name, namespace *string) (*liveService, error) {
	i := slices.IndexFunc(all, func(s sdtypes.ServiceSummary) bool { return aws.ToString(s.Name) == *name })
	if i < 0 {
		return nil, nil
	}
	tags, gone, err := tagsOf(ctx, c, all[i].Arn)
	if err != nil || gone {
		return nil, err
	}
	return rebuildService(&all[i], namespace, tags), nil
}

// listServices lists the services of a namespace, or of all that the account has.
func listServices(ctx context.Context, c slipway.Call, namespace *string) ([]sdtypes.ServiceSummary, error) {
	in := &awssd.ListServicesInput{Filters: []sdtypes.ServiceFilter{{Name: sdtypes.ServiceFilterNameResourceOwner, Values: []string{self}}}}
	if namespace != nil {
		in.Filters = append(in.Filters, sdtypes.ServiceFilter{Name: sdtypes.ServiceFilterNameNamespaceId, Values: []string{*namespace}})
	}
	var all []sdtypes.ServiceSummary
	for pages := awssd.NewListServicesPaginator(client(c), in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if awserr.Is(err, "NamespaceNotFound") {
			return nil, nil
		}
		if err != nil {
			return nil, awserr.Wrap(err, "list services")
		}
		all = append(all, page.Services...)
	}
	return all, nil
}

// rebuildService turns what is listed into a state. The list does not show the namespace.
func rebuildService(s *sdtypes.ServiceSummary, namespace *string, tags map[string]string) *liveService {
	in := awssd.CreateServiceInput{
		Name: s.Name, NamespaceId: namespace, Description: s.Description, HealthCheckConfig: s.HealthCheckConfig,
		HealthCheckCustomConfig: s.HealthCheckCustomConfig, Tags: foreign(tags),
	}
	if d := s.DnsConfig; d != nil && len(d.DnsRecords) > 0 {
		in.DnsConfig = &sdtypes.DnsConfig{DnsRecords: d.DnsRecords, RoutingPolicy: d.RoutingPolicy}
	}
	if s.Type == sdtypes.ServiceTypeHttp {
		in.Type = sdtypes.ServiceTypeOptionHttp
	}
	return &liveService{State: model.Service{Create: in}, Owner: ownerOf(tags), Outputs: serviceValues(s)}
}

// serviceValues are the outputs of a service.
func serviceValues(s *sdtypes.ServiceSummary) map[string][]string {
	return map[string][]string{"id": {aws.ToString(s.Id)}, "arn": {aws.ToString(s.Arn)}, "name": {aws.ToString(s.Name)}}
}

// Put creates the service, or changes what can be changed.
func (services) Put(ctx context.Context, c slipway.Call, have *liveService, want *model.Service) error {
	if have == nil {
		in := creation(want) // its name is unique in the namespace, so it needs no token
		in.Tags = tagList(serviceTags(want, c.Owner()))
		_, err := client(c).CreateService(ctx, &in)
		return awserr.Wrap(err, "create service "+aws.ToString(in.Name))
	}
	if err := retag(ctx, c, have.Outputs["arn"][0], serviceTags(&have.State, have.Owner), serviceTags(want, c.Owner())); err != nil {
		return err
	}
	return updateService(ctx, c, have, want)
}

// updateService changes the rest, if it differs. What is left out of an update would be
// taken away.
func updateService(ctx context.Context, c slipway.Call, have *liveService, want *model.Service) error {
	is, in := creation(&have.State), creation(want)
	if aws.ToString(is.Description) == aws.ToString(in.Description) && sameRecords(is.DnsConfig, in.DnsConfig) && sameCheck(is.HealthCheckConfig, in.HealthCheckConfig) {
		return nil
	}
	change := &sdtypes.ServiceChange{Description: want.Create.Description, HealthCheckConfig: in.HealthCheckConfig}
	if in.HealthCheckConfig == nil {
		change.HealthCheckConfig = is.HealthCheckConfig
	}
	if in.DnsConfig != nil {
		change.DnsConfig = &sdtypes.DnsConfigChange{DnsRecords: in.DnsConfig.DnsRecords}
	}
	id := have.Outputs["id"][0]
	out, err := client(c).UpdateService(ctx, &awssd.UpdateServiceInput{Id: &id, Service: change})
	if err != nil {
		return awserr.Wrap(err, "update service "+id)
	}
	_, err = finished(ctx, c, out.OperationId, nil, "update service "+id)
	return err
}

func sameRecords(a, b *sdtypes.DnsConfig) bool {
	if a == nil || b == nil {
		return a == b
	}
	ttls := func(d *sdtypes.DnsConfig) map[sdtypes.RecordType]int64 {
		all := map[sdtypes.RecordType]int64{}
		for _, r := range d.DnsRecords {
			all[r.Type] = aws.ToInt64(r.TTL)
		}
		return all
	}
	return maps.Equal(ttls(a), ttls(b))
}

// sameCheck compares checks of Route 53; nobody looks after one that is not asked for.
func sameCheck(have, want *sdtypes.HealthCheckConfig) bool {
	switch {
	case want == nil:
		return true
	case have == nil:
		return false
	}
	return have.Type == want.Type && aws.ToString(have.ResourcePath) == aws.ToString(want.ResourcePath) &&
		aws.ToInt32(have.FailureThreshold) == aws.ToInt32(want.FailureThreshold)
}

// Delete deletes the service, which must have no instances. Those that ECS has registered
// are waited for: ECS takes them out as tasks stop.
func (services) Delete(ctx context.Context, c slipway.Call, have *liveService) error {
	id := have.Outputs["id"][0]
	return untilEmpty(ctx, "delete service "+id, func(ctx context.Context) error {
		_, err := client(c).DeleteService(ctx, &awssd.DeleteServiceInput{Id: &id})
		if awserr.Is(err, "ServiceNotFound") {
			return nil
		}
		return awserr.Wrap(err, "delete service "+id)
	}, func(ctx context.Context) (string, error) {
		ids, err := handmade(ctx, c, id)
		return listed("", ids, " are registered, and not by ECS"), err
	})
}

// attrCluster is among the attributes of all instances that ECS registers.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-discovery.html
const attrCluster = "ECS_CLUSTER_NAME"

// handmade are the IDs of the instances that ECS has not registered.
func handmade(ctx context.Context, c slipway.Call, service string) ([]string, error) {
	var ids []string
	for pages := awssd.NewListInstancesPaginator(client(c), &awssd.ListInstancesInput{ServiceId: &service}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if awserr.Is(err, "ServiceNotFound") {
			return nil, nil
		}
		if err != nil {
			return nil, awserr.Wrap(err, "list instances of "+service)
		}
		for _, i := range page.Instances {
			if i.Attributes[attrCluster] == "" {
				ids = append(ids, aws.ToString(i.Id))
			}
		}
	}
	return ids, nil
}

// Tag marks the service as the stack's.
func (services) Tag(ctx context.Context, c slipway.Call, have *liveService) error {
	return retag(ctx, c, have.Outputs["arn"][0], nil, c.Tags())
}

// List finds the services that the stack owns.
func (services) List(ctx context.Context, c slipway.Call) ([]*liveService, error) {
	all, err := listServices(ctx, c, nil)
	if err != nil {
		return nil, err
	}
	return driver.Each(ctx, all, func(ctx context.Context, s sdtypes.ServiceSummary) (*liveService, error) {
		tags, gone, err := tagsOf(ctx, c, s.Arn)
		if err != nil || gone || ownerOf(tags).Stack != c.Stack {
			return nil, err
		}
		out, err := client(c).GetService(ctx, &awssd.GetServiceInput{Id: s.Id})
		if awserr.Is(err, "ServiceNotFound") {
			return nil, nil
		}
		if err != nil {
			return nil, awserr.Wrap(err, "get service "+aws.ToString(s.Id))
		}
		return rebuildService(&s, out.Service.NamespaceId, tags), nil
	})
}
