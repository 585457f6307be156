// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"maps"
	"slices"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ecs"
)

const (
	fargate     = "FARGATE"
	fargateSpot = "FARGATE_SPOT"
)

func (f *Fake) handleCapacityProviders() {
	sim.Handle(f.api, "PutClusterCapacityProviders", f.putCapacityProviders, sim.Needs(onCluster(
		"ecs:PutClusterCapacityProviders", func(in *awsecs.PutClusterCapacityProvidersInput) *string { return in.Cluster })))
	sim.Handle(f.api, "DescribeCapacityProviders", f.describeCapacityProviders)
	f.handleOwnProviders()
}

// mostProviders is how many capacity providers a cluster has.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
const mostProviders = 20

// knownProviders refuses names that no capacity provider has, and too many of them.
func (r *region) knownProviders(names []string) error {
	if len(names) > mostProviders {
		return invalid("The maximum number of capacity providers per cluster has been exceeded.")
	}
	for _, n := range names {
		if !ownProvider(n) && r.provider(n) == nil {
			return invalid("The specified capacity provider '%s' was not found.", n)
		}
		if r.isManaged(lastPart(n)) {
			return invalid(managedAlready)
		}
	}
	return nil
}

// managedAlready begins what AWS answers to a try to associate Managed Instances with a
// cluster; the rest is not known.
// https://github.com/hashicorp/terraform-provider-aws/issues/44783
const managedAlready = "Cannot associate Managed Instances capacity provider to clusters using this API. " +
	"Managed Instances capacity providers are already associated."

// exchange takes capacity providers from the cluster and gives it others.
func (cl *cluster) exchange(old, next []string) {
	for _, name := range old {
		if p := cl.r.provider(name); p != nil && !slices.Contains(next, name) {
			p.detach(cl)
		}
	}
	for _, name := range next {
		if p := cl.r.provider(name); p != nil && !slices.Contains(old, name) {
			p.attach(cl)
		}
	}
}

// elsewhere refuses providers with managed scaling that another cluster has.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-auto-scaling.html
func (cl *cluster) elsewhere(names []string) error {
	for _, name := range names {
		p := cl.r.provider(name)
		if p == nil || !p.scales() {
			continue
		}
		for _, other := range p.attachedTo() {
			if other != cl {
				return clientError("The capacity provider '%s' has managed scaling turned on and is associated with the cluster '%s'.", name, other.name)
			}
		}
	}
	return nil
}

// providerAttachments are the scaling policies and the hooks that ECS made for the
// cluster's capacity providers.
func (cl *cluster) providerAttachments() []ecstypes.Attachment {
	list := []ecstypes.Attachment{}
	for _, name := range cl.input.CapacityProviders {
		p := cl.r.provider(name)
		if p == nil || !p.scales() {
			continue
		}
		status := "created"
		if cl.attaching() {
			status = "precreated"
		}
		detail := func(k, v string) ecstypes.KeyValuePair { return ecstypes.KeyValuePair{Name: &k, Value: &v} }
		list = append(list, ecstypes.Attachment{
			Id: new("asp-" + cl.name + "-" + p.name), Type: new("as_policy"), Status: &status,
			Details: []ecstypes.KeyValuePair{detail("capacityProviderName", p.name), detail("scalingPolicyName", "ECSManagedAutoScalingPolicy-"+p.group)},
		})
	}
	return list
}

func (f *Fake) putCapacityProviders(c *sim.Call, in *awsecs.PutClusterCapacityProvidersInput) (*awsecs.PutClusterCapacityProvidersOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if err := sim.Check(rules.PutClusterCapacityProviders, refs{cl.r}, in, typed); err != nil {
		return nil, err
	}
	if cl.attaching() {
		return nil, clientError("Cluster was not ACTIVE.")
	}
	if err := cl.r.knownProviders(in.CapacityProviders); err != nil {
		return nil, err
	}
	if err := cl.elsewhere(in.CapacityProviders); err != nil {
		return nil, err
	}
	for _, item := range in.DefaultCapacityProviderStrategy {
		if name := value(item.CapacityProvider); !slices.Contains(in.CapacityProviders, name) && !cl.isScoped(name) {
			return nil, invalid("The specified capacity provider '%s' is not associated with the cluster.", name)
		}
	}
	if cl.usesOther(in.CapacityProviders) {
		return nil, &ecstypes.ResourceInUseException{Message: new("The specified capacity provider is in use and cannot be removed.")}
	}
	cl.exchange(cl.input.CapacityProviders, in.CapacityProviders)
	cl.attached = c.Now().Add(f.timing.Schedule)
	cl.input.CapacityProviders = in.CapacityProviders
	cl.input.DefaultCapacityProviderStrategy = in.DefaultCapacityProviderStrategy
	return &awsecs.PutClusterCapacityProvidersOutput{Cluster: cl.view(includeAll)}, nil
}

// usesOther reports whether a capacity provider that is not kept is in use.
func (cl *cluster) usesOther(kept []string) bool {
	for _, s := range cl.services {
		if s.status != active {
			continue
		}
		for _, item := range s.input.CapacityProviderStrategy {
			if name := value(item.CapacityProvider); !slices.Contains(kept, name) && !cl.isScoped(name) {
				return true
			}
		}
	}
	for _, t := range cl.tasks {
		if t.status != stopped && t.provider != "" && !slices.Contains(kept, t.provider) && !cl.isScoped(t.provider) {
			return true
		}
	}
	return false
}

func (f *Fake) describeCapacityProviders(c *sim.Call, in *awsecs.DescribeCapacityProvidersInput) (*awsecs.DescribeCapacityProvidersOutput, error) {
	r := f.of(c)
	names := in.CapacityProviders
	if in.Cluster != nil {
		cl, err := r.cluster(in.Cluster)
		if err != nil {
			return nil, err
		}
		names = slices.DeleteFunc(cl.providerNames(), func(n string) bool {
			return len(in.CapacityProviders) > 0 && !slices.ContainsFunc(in.CapacityProviders, func(ref string) bool { return lastPart(ref) == n })
		})
	} else if len(names) == 0 {
		names = append([]string{fargate, fargateSpot}, slices.Sorted(maps.Keys(r.providers))...)
	}
	tags := slices.Contains(in.Include, ecstypes.CapacityProviderFieldTags)
	page, next, err := paged(names, in.NextToken, in.MaxResults, 10)
	if err != nil {
		return nil, err
	}
	out := &awsecs.DescribeCapacityProvidersOutput{NextToken: next, Failures: []ecstypes.Failure{}}
	for _, n := range page {
		n = lastPart(n)
		arn := r.arn("capacity-provider/" + n)
		if p := r.providers[n]; p != nil {
			out.CapacityProviders = append(out.CapacityProviders, *p.view(tags))
			continue
		}
		if !ownProvider(n) {
			out.Failures = append(out.Failures, gone(arn))
			continue
		}
		out.CapacityProviders = append(out.CapacityProviders, ecstypes.CapacityProvider{
			Name: &n, CapacityProviderArn: &arn, Status: ecstypes.CapacityProviderStatusActive, Type: ecstypes.CapacityProviderType(n),
		})
	}
	return out, nil
}

// strategy is what a service or task runs on: nothing for a launch type.
// Neither given is the default strategy of the cluster.
func (cl *cluster) strategy(given []ecstypes.CapacityProviderStrategyItem, launch ecstypes.LaunchType) ([]ecstypes.CapacityProviderStrategyItem, error) {
	if launch == ecstypes.LaunchTypeFargate || launch == ecstypes.LaunchTypeEc2 {
		return nil, nil
	}
	if launch != "" {
		return nil, sim.NotModelled("launch type %s of ECS is not modelled", launch)
	}
	if len(given) == 0 {
		given = cl.input.DefaultCapacityProviderStrategy
	}
	if len(given) == 0 {
		return nil, nil // launch type EC2 is the default
	}
	for _, item := range given {
		name := value(item.CapacityProvider)
		if !slices.Contains(cl.providerNames(), name) {
			return nil, invalid("The capacity provider '%s' is not associated with the cluster '%s'.", name, cl.name)
		}
		if p := cl.r.provider(name); p != nil && p.status != ecstypes.CapacityProviderStatusActive {
			return nil, clientError("The capacity provider '%s' is not ACTIVE.", name)
		}
	}
	return given, nil
}

// provider picks the capacity provider of the next task, given how many there
// are of each: first the base, then by weight.
func provider(strategy []ecstypes.CapacityProviderStrategyItem, have map[string]int32) string {
	best, least := "", 0.0
	for _, item := range strategy {
		name := value(item.CapacityProvider)
		if have[name] < item.Base {
			return name
		}
		if item.Weight == 0 {
			continue
		}
		share := float64(have[name]-item.Base+1) / float64(item.Weight)
		if best == "" || share < least {
			best, least = name, share
		}
	}
	if best == "" && len(strategy) > 0 { // one without a weight stands for all
		return value(strategy[0].CapacityProvider)
	}
	return best
}
