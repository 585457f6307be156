// SPDX-License-Identifier: Apache-2.0

// Package quotas is the simulated Service Quotas. It has the quotas that the simulation
// keeps to, with what it keeps to by now.
package quotas

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsquotas "github.com/aws/aws-sdk-go-v2/service/servicequotas"
	quotastypes "github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Limits are what Fargate has.
type Limits interface {
	Fargate() world.FargateLimits
}

// Fake is the simulated service.
type Fake struct{ limits Limits }

// New returns the service.
func New(limits Limits) *Fake { return &Fake{limits: limits} }

// Services returns the operations of Service Quotas.
func (f *Fake) Services() []*sim.Service {
	s := sim.NewService("Service Quotas", "servicequotas")
	s.Things = func() []sim.Thing { return nil } // what limits there are is no thing of the account's
	sim.Handle(s, "ListServiceQuotas", f.list, sim.Refuses[awsquotas.ListServiceQuotasInput]("QuotaAppliedAtLevel"))
	sim.Handle(s, "GetServiceQuota", f.get, sim.Refuses[awsquotas.GetServiceQuotaInput]("ContextId"))
	sim.Handle(s, "ListAWSDefaultServiceQuotas", f.defaults)
	sim.Handle(s, "GetAWSDefaultServiceQuota", f.getDefault)
	sim.Handle(s, "ListServices", f.services)
	return []*sim.Service{s}
}

// service codes and names.
const (
	fargate     = "fargate"
	fargateName = "AWS Fargate"
)

// The default of both quotas of Fargate, and what is shown where the simulation has none.
// https://docs.aws.amazon.com/general/latest/gr/ecs-service.html#service-quotas-fargate
const (
	defaultVCPUs = 6
	noLimit      = 1_000_000
)

// quota is one that the simulation keeps to.
type quota struct {
	code, name string
	applied    func(world.FargateLimits) float64
}

var all = []quota{
	{"L-3032A538", "Fargate On-Demand vCPU resource count", func(l world.FargateLimits) float64 { return l.VCPUs }},
	{"L-36FBB829", "Fargate Spot vCPU resource count", func(l world.FargateLimits) float64 { return l.SpotVCPUs }},
}

func (q quota) view(c *sim.Call, value float64) quotastypes.ServiceQuota {
	if value == 0 {
		value = noLimit
	}
	return quotastypes.ServiceQuota{
		Adjustable: true, QuotaCode: &q.code, QuotaName: &q.name, ServiceCode: aws.String(fargate), ServiceName: aws.String(fargateName), Value: &value,
		QuotaArn: aws.String(c.ARN("servicequotas", fargate+"/"+q.code)), Unit: aws.String("None"), QuotaAppliedAtLevel: quotastypes.AppliedLevelEnumAccount,
	}
}

func missing() error {
	return &quotastypes.NoSuchResourceException{Message: aws.String("The request failed because the specified service or quota does not exist.")}
}

// views are the quotas of a service, all or one.
func (f *Fake) views(c *sim.Call, service, code *string, value func(quota) float64) ([]quotastypes.ServiceQuota, error) {
	if aws.ToString(service) != fargate {
		return nil, missing()
	}
	var list []quotastypes.ServiceQuota
	for _, q := range all {
		if code == nil || *code == q.code {
			list = append(list, q.view(c, value(q)))
		}
	}
	if len(list) == 0 {
		return nil, missing()
	}
	return list, nil
}

func (f *Fake) applied(q quota) float64 { return q.applied(f.limits.Fargate()) }

func (f *Fake) list(c *sim.Call, in *awsquotas.ListServiceQuotasInput) (*awsquotas.ListServiceQuotasOutput, error) {
	list, err := f.views(c, in.ServiceCode, in.QuotaCode, f.applied)
	if err != nil {
		return nil, err
	}
	page, next, err := paged(list, in.NextToken, in.MaxResults)
	return &awsquotas.ListServiceQuotasOutput{Quotas: page, NextToken: next}, err
}

const pageSize = 100

func paged[E any](list []E, token *string, size *int32) ([]E, *string, error) {
	most := pageSize
	if size != nil {
		most = min(int(*size), pageSize)
	}
	page, next, err := sim.Page(list, token, most)
	if err != nil {
		return nil, nil, &quotastypes.InvalidPaginationTokenException{Message: aws.String("Invalid input was provided.")}
	}
	return page, next, nil
}

func (f *Fake) get(c *sim.Call, in *awsquotas.GetServiceQuotaInput) (*awsquotas.GetServiceQuotaOutput, error) {
	list, err := f.views(c, in.ServiceCode, in.QuotaCode, f.applied)
	if err != nil {
		return nil, err
	}
	return &awsquotas.GetServiceQuotaOutput{Quota: &list[0]}, nil
}

func byDefault(quota) float64 { return defaultVCPUs }

func (f *Fake) defaults(c *sim.Call, in *awsquotas.ListAWSDefaultServiceQuotasInput) (*awsquotas.ListAWSDefaultServiceQuotasOutput, error) {
	list, err := f.views(c, in.ServiceCode, nil, byDefault)
	if err != nil {
		return nil, err
	}
	page, next, err := paged(list, in.NextToken, in.MaxResults)
	return &awsquotas.ListAWSDefaultServiceQuotasOutput{Quotas: page, NextToken: next}, err
}

func (f *Fake) getDefault(c *sim.Call, in *awsquotas.GetAWSDefaultServiceQuotaInput) (*awsquotas.GetAWSDefaultServiceQuotaOutput, error) {
	list, err := f.views(c, in.ServiceCode, in.QuotaCode, byDefault)
	if err != nil {
		return nil, err
	}
	return &awsquotas.GetAWSDefaultServiceQuotaOutput{Quota: &list[0]}, nil
}

func (f *Fake) services(_ *sim.Call, in *awsquotas.ListServicesInput) (*awsquotas.ListServicesOutput, error) {
	list := []quotastypes.ServiceInfo{{ServiceCode: aws.String(fargate), ServiceName: aws.String(fargateName)}}
	page, next, err := paged(slices.Clip(list), in.NextToken, in.MaxResults)
	return &awsquotas.ListServicesOutput{Services: page, NextToken: next}, err
}
