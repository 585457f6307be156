// SPDX-License-Identifier: Apache-2.0

package world

import "slices"

// Quota is how many of something an account may have.
type Quota struct {
	// Service and Code are those of Service Quotas; Name is the quota's.
	Service, Code, Name string
	// Default is AWS's.
	Default int
	// Fixed: AWS does not raise it.
	Fixed bool
}

// The quotas that the simulation keeps to, but for those of [FargateLimits].
//
// https://docs.aws.amazon.com/general/latest/gr/elb.html
// https://docs.aws.amazon.com/general/latest/gr/vpc-service.html
// https://docs.aws.amazon.com/general/latest/gr/ecs-service.html
var (
	QuotaBalancers  = Quota{Service: "elasticloadbalancing", Code: "L-53DA6B97", Name: "Application Load Balancers per Region", Default: 50}
	QuotaGroups     = Quota{Service: "elasticloadbalancing", Code: "L-B22855CB", Name: "Target Groups per Region", Default: 3000}
	QuotaUsedGroups = Quota{Service: "elasticloadbalancing", Code: "L-822D1B1B", Name: "Target Groups per Application Load Balancer", Default: 100, Fixed: true}
	QuotaListeners  = Quota{Service: "elasticloadbalancing", Code: "L-B6DF7632", Name: "Listeners per Application Load Balancer", Default: 50}
	QuotaRules      = Quota{Service: "elasticloadbalancing", Code: "L-7EED9B64", Name: "Rules per Application Load Balancer", Default: 100}

	QuotaSecurityGroups  = Quota{Service: "vpc", Code: "L-E79EC296", Name: "VPC security groups per Region", Default: 2500}
	QuotaGroupRules      = Quota{Service: "vpc", Code: "L-0EA8095F", Name: "Inbound or outbound rules per security group", Default: 60}
	QuotaInterfaceGroups = Quota{Service: "vpc", Code: "L-2AFB9258", Name: "Security groups per network interface", Default: 5}
	QuotaClusters        = Quota{Service: "ecs", Code: "L-21C621EB", Name: "Clusters per account", Default: 10000}
	QuotaClusterServices = Quota{Service: "ecs", Code: "L-9EF96962", Name: "Services per cluster", Default: 5000}
)

// AllQuotas returns them.
func AllQuotas() []Quota {
	return []Quota{
		QuotaBalancers, QuotaGroups, QuotaUsedGroups, QuotaListeners, QuotaRules,
		QuotaSecurityGroups, QuotaGroupRules, QuotaInterfaceGroups, QuotaClusters, QuotaClusterServices,
	}
}

// Quotas are an account's quotas, in all regions. The zero value and nil have AWS's
// defaults.
type Quotas struct{ applied map[string]int }

// Of returns how many there may be.
func (q *Quotas) Of(of Quota) int {
	if q != nil {
		if n, ok := q.applied[of.Code]; ok {
			return n
		}
	}
	return of.Default
}

// Set changes a quota, and reports whether there is one of that service and code.
func (q *Quotas) Set(service, code string, value int) bool {
	if !slices.ContainsFunc(AllQuotas(), func(of Quota) bool { return of.Service == service && of.Code == code }) {
		return false
	}
	if q.applied == nil {
		q.applied = map[string]int{}
	}
	q.applied[code] = value
	return true
}
