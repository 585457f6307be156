// SPDX-License-Identifier: Apache-2.0

package servicediscovery

import (
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/servicediscovery"
)

// instance is what is registered in a service. Its attributes are replaced, never edited.
type instance struct {
	id         string
	attributes map[string]string
	request    *string
	// health is what the last custom health status says, once Cloud Map believes it;
	// next is the one that it will believe, said at a time.
	health, next sdtypes.HealthStatus
	said         time.Time
}

func (f *Fake) instanceOperations(s *sim.Service) {
	sim.Handle(s, "RegisterInstance", f.registerInstance,
		on("RegisterInstance", "service", func(in *awssd.RegisterInstanceInput) *string { return in.ServiceId }))
	sim.Handle(s, "DeregisterInstance", f.deregisterInstance,
		on("DeregisterInstance", "service", func(in *awssd.DeregisterInstanceInput) *string { return in.ServiceId }))
	sim.Handle(s, "GetInstance", f.getInstance, on("GetInstance", "service", func(in *awssd.GetInstanceInput) *string { return in.ServiceId }))
	sim.Handle(s, "ListInstances", f.listInstances)
	sim.Handle(s, "UpdateInstanceCustomHealthStatus", f.updateHealth,
		on("UpdateInstanceCustomHealthStatus", "service", func(in *awssd.UpdateInstanceCustomHealthStatusInput) *string { return in.ServiceId }))
	sim.Handle(s, "GetInstancesHealthStatus", f.healthOfInstances,
		on("GetInstancesHealthStatus", "service", func(in *awssd.GetInstancesHealthStatusInput) *string { return in.ServiceId }))
}

func (f *Fake) registerInstance(c *sim.Call, in *awssd.RegisterInstanceInput) (*awssd.RegisterInstanceOutput, error) {
	r := f.regions.In(c)
	if err := sim.Check(rules.RegisterInstance, refs{r}, in, typed); err != nil {
		return nil, err
	}
	if in.Attributes[rules.AttrEC2] != "" {
		return nil, sim.NotModelled("instances by %s are not modelled", rules.AttrEC2)
	}
	s, err := r.service(in.ServiceId)
	if err != nil {
		return nil, err
	}
	id, err := f.begin(c, sdtypes.OperationTypeRegisterInstance, in.CreatorRequestId, sdtypes.OperationTargetTypeInstance, *in.InstanceId,
		f.timing.Registration, func() failure {
			s.register(&instance{id: *in.InstanceId, attributes: in.Attributes, request: in.CreatorRequestId})
			return failure{}
		})
	return &awssd.RegisterInstanceOutput{OperationId: id}, err
}

// register adds an instance, or takes the place of the one with its id.
func (s *service) register(i *instance) {
	if s.input.HealthCheckCustomConfig != nil {
		i.health = sdtypes.HealthStatusHealthy
		if given := i.attributes[rules.AttrInitHealth]; given != "" {
			i.health = sdtypes.HealthStatus(given)
		}
	}
	i.next = i.health
	s.instances[i.id] = i
	s.revision++
}

// deregister takes an instance out.
func (s *service) deregister(id string) {
	if _, ok := s.instances[id]; ok {
		delete(s.instances, id)
		s.revision++
	}
}

// status is the health that is shown: unknown where nothing is checked.
func (i *instance) status() sdtypes.HealthStatus {
	if i.health == "" {
		return sdtypes.HealthStatusUnknown
	}
	return i.health
}

// sorted are the instances by id.
func (s *service) sorted() []*instance {
	var all []*instance
	for _, id := range slices.Sorted(maps.Keys(s.instances)) {
		all = append(all, s.instances[id])
	}
	return all
}

func (r *region) instance(ref, id *string) (*service, *instance, error) {
	s, err := r.service(ref)
	if err != nil {
		return nil, nil, err
	}
	i, ok := s.instances[aws.ToString(id)]
	if !ok {
		return nil, nil, noInstance(id)
	}
	return s, i, nil
}

func (f *Fake) deregisterInstance(c *sim.Call, in *awssd.DeregisterInstanceInput) (*awssd.DeregisterInstanceOutput, error) {
	s, i, err := f.regions.In(c).instance(in.ServiceId, in.InstanceId)
	if err != nil {
		return nil, err
	}
	id, err := f.begin(c, sdtypes.OperationTypeDeregisterInstance, nil, sdtypes.OperationTargetTypeInstance, i.id, f.timing.Registration, func() failure {
		s.deregister(i.id)
		return failure{}
	})
	return &awssd.DeregisterInstanceOutput{OperationId: id}, err
}

func (f *Fake) getInstance(c *sim.Call, in *awssd.GetInstanceInput) (*awssd.GetInstanceOutput, error) {
	_, i, err := f.regions.In(c).instance(in.ServiceId, in.InstanceId)
	if err != nil {
		return nil, err
	}
	return &awssd.GetInstanceOutput{Instance: &sdtypes.Instance{Id: &i.id, Attributes: i.attributes, CreatorRequestId: i.request}}, nil
}

func (f *Fake) listInstances(c *sim.Call, in *awssd.ListInstancesInput) (*awssd.ListInstancesOutput, error) {
	s, err := f.regions.In(c).service(in.ServiceId)
	if err != nil {
		return nil, err
	}
	var all []sdtypes.InstanceSummary
	for _, i := range s.sorted() {
		all = append(all, sdtypes.InstanceSummary{Id: &i.id, Attributes: i.attributes})
	}
	cut, next, err := page(all, in.NextToken, in.MaxResults)
	return &awssd.ListInstancesOutput{Instances: cut, NextToken: next}, err
}

func (f *Fake) updateHealth(c *sim.Call, in *awssd.UpdateInstanceCustomHealthStatusInput) (*awssd.UpdateInstanceCustomHealthStatusOutput, error) {
	s, i, err := f.regions.In(c).instance(in.ServiceId, in.InstanceId)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(in.Status.Values(), in.Status) {
		return nil, invalid("Status must be HEALTHY or UNHEALTHY.")
	}
	if s.input.HealthCheckCustomConfig == nil {
		return nil, &sdtypes.CustomHealthNotFound{Message: aws.String("The service has no custom health check.")}
	}
	f.believe(i, sdtypes.HealthStatus(in.Status))
	return &awssd.UpdateInstanceCustomHealthStatusOutput{}, nil
}

// believe changes the health of an instance after a while in which nothing else is said.
// To say the same again does not begin the while anew.
// https://docs.aws.amazon.com/cloud-map/latest/api/API_HealthCheckCustomConfig.html
func (f *Fake) believe(i *instance, status sdtypes.HealthStatus) {
	if i.next == status {
		return
	}
	said := f.sim.Now()
	i.next, i.said = status, said
	f.sim.After(f.timing.CustomHealth, func() {
		if i.said.Equal(said) {
			i.health = i.next
		}
	})
}

func (f *Fake) healthOfInstances(c *sim.Call, in *awssd.GetInstancesHealthStatusInput) (*awssd.GetInstancesHealthStatusOutput, error) {
	s, err := f.regions.In(c).service(in.ServiceId)
	if err != nil {
		return nil, err
	}
	for _, id := range in.Instances {
		if s.instances[id] == nil {
			return nil, noInstance(&id)
		}
	}
	var all []*instance
	for _, i := range s.sorted() {
		if len(in.Instances) == 0 || slices.Contains(in.Instances, i.id) {
			all = append(all, i)
		}
	}
	cut, next, err := page(all, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	status := map[string]sdtypes.HealthStatus{}
	for _, i := range cut {
		status[i.id] = i.status()
	}
	return &awssd.GetInstancesHealthStatusOutput{Status: status, NextToken: next}, nil
}
