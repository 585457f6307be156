// SPDX-License-Identifier: Apache-2.0

// Package quotas is the simulated Service Quotas. It has the quotas that the simulation
// keeps to, with what it keeps to by now.
package quotas

import (
	"cmp"
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
type Fake struct {
	limits Limits
	quotas *world.Quotas
}

// New returns the service, with the quotas to which the others keep.
func New(limits Limits, q *world.Quotas) *Fake { return &Fake{limits: limits, quotas: q} }

// Services returns the operations of Service Quotas.
func (f *Fake) Services() []*sim.Service {
	s := sim.NewService("Service Quotas", "servicequotas")
	s.Things = func() []sim.Thing { return nil } // what limits there are is no thing of the account's
	sim.Handle(s, "ListServiceQuotas", f.list, sim.Refuses[awsquotas.ListServiceQuotasInput]("QuotaAppliedAtLevel"))
	sim.Handle(s, "GetServiceQuota", f.get, sim.Refuses[awsquotas.GetServiceQuotaInput]("ContextId"))
	sim.Handle(s, "ListAWSDefaultServiceQuotas", f.defaults)
	sim.Handle(s, "GetAWSDefaultServiceQuota", f.getDefault)
	sim.Handle(s, "ListServices", f.listServices)
	return []*sim.Service{s}
}

// The default of both quotas of Fargate, and what is shown where the simulation has none.
// https://docs.aws.amazon.com/general/latest/gr/ecs-service.html#service-quotas-fargate
const (
	defaultVCPUs = 6
	noLimit      = 1_000_000
)

// service is one that has quotas, by its code.
type service struct{ code, name string }

const fargate = "fargate"

// services that the simulation has quotas of, as AWS lists them.
var services = []service{
	{"ecs", "Amazon Elastic Container Service (Amazon ECS)"},
	{"elasticloadbalancing", "Elastic Load Balancing (ELB)"},
	{fargate, "AWS Fargate"},
	{"vpc", "Amazon Virtual Private Cloud (Amazon VPC)"},
}

// quota is one that the simulation keeps to.
type quota struct {
	world.Quota
	applied float64
}

// of are the quotas of a service.
func (f *Fake) of(code string) []quota {
	if code == fargate {
		l := f.limits.Fargate()
		return []quota{
			{world.Quota{Service: fargate, Code: "L-3032A538", Name: "Fargate On-Demand vCPU resource count", Default: defaultVCPUs}, or(l.VCPUs)},
			{world.Quota{Service: fargate, Code: "L-36FBB829", Name: "Fargate Spot vCPU resource count", Default: defaultVCPUs}, or(l.SpotVCPUs)},
		}
	}
	var all []quota
	for _, q := range world.AllQuotas() {
		if q.Service == code {
			all = append(all, quota{q, float64(f.quotas.Of(q))})
		}
	}
	return all
}

// or is the value, or what is shown for none.
func or(value float64) float64 { return cmp.Or(value, noLimit) }

func applied(q quota) float64 { return q.applied }

func byDefault(q quota) float64 { return float64(q.Default) }

func (q quota) view(c *sim.Call, of service, value float64) quotastypes.ServiceQuota {
	return quotastypes.ServiceQuota{
		Adjustable: !q.Fixed, QuotaCode: &q.Code, QuotaName: &q.Name, ServiceCode: &of.code, ServiceName: &of.name, Value: &value,
		QuotaArn: aws.String(c.ARN("servicequotas", of.code+"/"+q.Code)), Unit: aws.String("None"), QuotaAppliedAtLevel: quotastypes.AppliedLevelEnumAccount,
	}
}

func missing() error {
	return &quotastypes.NoSuchResourceException{Message: aws.String("The request failed because the specified service or quota does not exist.")}
}

// views are the quotas of a service, all or one.
func (f *Fake) views(c *sim.Call, code, only *string, value func(quota) float64) ([]quotastypes.ServiceQuota, error) {
	i := slices.IndexFunc(services, func(s service) bool { return s.code == aws.ToString(code) })
	if i < 0 {
		return nil, missing()
	}
	var list []quotastypes.ServiceQuota
	for _, q := range f.of(services[i].code) {
		if only == nil || *only == q.Code {
			list = append(list, q.view(c, services[i], value(q)))
		}
	}
	if len(list) == 0 {
		return nil, missing()
	}
	return list, nil
}

func (f *Fake) list(c *sim.Call, in *awsquotas.ListServiceQuotasInput) (*awsquotas.ListServiceQuotasOutput, error) {
	list, err := f.views(c, in.ServiceCode, in.QuotaCode, applied)
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
	list, err := f.views(c, in.ServiceCode, in.QuotaCode, applied)
	if err != nil {
		return nil, err
	}
	return &awsquotas.GetServiceQuotaOutput{Quota: &list[0]}, nil
}

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

func (f *Fake) listServices(_ *sim.Call, in *awsquotas.ListServicesInput) (*awsquotas.ListServicesOutput, error) {
	list := make([]quotastypes.ServiceInfo, len(services))
	for i, of := range services {
		list[i] = quotastypes.ServiceInfo{ServiceCode: &of.code, ServiceName: &of.name}
	}
	page, next, err := paged(list, in.NextToken, in.MaxResults)
	return &awsquotas.ListServicesOutput{Services: page, NextToken: next}, err
}
