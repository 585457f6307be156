// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/awsid"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/rules"
	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

// clusterCapacities is the driver of clusters' capacity providers. ECS tags none of
// that: it is whose the cluster is.
type clusterCapacities struct {
	family
	awsid.Identity
}

// Before names what must be gone first: no provider in use is taken away.
func (clusterCapacities) Before() []string { return []string{model.KindService} }

// Effects: only the cluster is fixed.
func (clusterCapacities) Effects() slipway.Effects {
	return slipway.Effects{
		Fields: map[string]slipway.Effect{"Put.Cluster": slipway.NewName},
		Keys:   map[string]string{"Put.DefaultCapacityProviderStrategy": "CapacityProvider"},
		Sets:   []string{"Put.CapacityProviders"},
	}
}

// Defaults fills in what ECS would.
func (clusterCapacities) Defaults(s *model.ClusterCapacity) { fill(&s.Put) }

// Check returns all that ECS would reject.
func (clusterCapacities) Check(refs slipway.Refs, s *model.ClusterCapacity) []slipway.FieldError {
	return rules.At("Put", ecsrules.PutClusterCapacityProviders.All(refs, &s.Put))
}

// Read describes the cluster.
func (clusterCapacities) Read(ctx context.Context, c slipway.Call, want *model.ClusterCapacity) (*slipway.Live[model.ClusterCapacity], error) {
	if !known(want.Put.Cluster) {
		return nil, nil
	}
	name := lastPart(*want.Put.Cluster)
	found, err := describeClusters(ctx, c, []string{name})
	if err != nil {
		return nil, err
	}
	return rebuildCapacity(found[name]), nil
}

// rebuildCapacity turns a cluster into a state; nil if the cluster has no provider but
// AWS's own, whose driver is that of clusters.
func rebuildCapacity(f *ecstypes.Cluster) *slipway.Live[model.ClusterCapacity] {
	if f == nil || !slices.ContainsFunc(f.CapacityProviders, func(p string) bool { return !awsProvider(p) }) && len(others(f)) == 0 {
		return nil
	}
	owner, _ := ownerOf(f.Tags)
	if owner.Resource != "" {
		owner.Resource = slipway.ID{Kind: model.KindClusterCapacity, Name: aws.ToString(f.ClusterName)}.String()
	}
	return &slipway.Live[model.ClusterCapacity]{
		State: model.ClusterCapacity{Put: awsecs.PutClusterCapacityProvidersInput{
			Cluster: f.ClusterName, CapacityProviders: f.CapacityProviders, DefaultCapacityProviderStrategy: f.DefaultCapacityProviderStrategy,
		}},
		Owner: owner, Outputs: map[string][]string{"name": {aws.ToString(f.ClusterName)}},
	}
}

// others are the providers of one's own in a cluster's default strategy.
func others(f *ecstypes.Cluster) []string {
	var all []string
	for _, item := range f.DefaultCapacityProviderStrategy {
		if p := aws.ToString(item.CapacityProvider); !awsProvider(p) {
			all = append(all, p)
		}
	}
	return all
}

// Put gives the cluster its providers and its default strategy.
func (clusterCapacities) Put(ctx context.Context, c slipway.Call, have *slipway.Live[model.ClusterCapacity], want *model.ClusterCapacity) error {
	var old []string
	if have != nil {
		old = have.State.Put.CapacityProviders
	}
	in := want.Put
	return putCapacity(ctx, c, &in, old)
}

// putCapacity gives a cluster its providers and its default strategy. A provider that
// it had, and that tasks still use, stays: the services that use it are changed after
// the cluster, and who deletes the provider takes it from the cluster.
func putCapacity(ctx context.Context, c slipway.Call, in *awsecs.PutClusterCapacityProvidersInput, old []string) error {
	if in.DefaultCapacityProviderStrategy == nil {
		in.DefaultCapacityProviderStrategy = []ecstypes.CapacityProviderStrategyItem{}
	}
	if in.CapacityProviders == nil {
		in.CapacityProviders = []string{}
	}
	put := func(ctx context.Context) error {
		_, err := client(c).PutClusterCapacityProviders(ctx, in)
		return awserr.Wrap(err, "put capacity providers of "+aws.ToString(in.Cluster))
	}
	err := retried(ctx, c, attachmentsChanging, put)
	if !awserr.Is(err, "ResourceInUseException") {
		return err
	}
	for _, name := range old {
		if !slices.Contains(in.CapacityProviders, name) {
			in.CapacityProviders = append(slices.Clip(in.CapacityProviders), name)
		}
	}
	return retried(ctx, c, attachmentsChanging, put)
}

// attachmentsChanging: an earlier change of capacity providers is under way.
func attachmentsChanging(err error) bool {
	return awserr.Is(err, "UpdateInProgressException") || strings.Contains(err.Error(), "Cluster was not ACTIVE")
}

// Watch waits until ECS has made, or taken away, what the providers need: the scaling
// policies and hooks of their groups.
func (clusterCapacities) Watch(ctx context.Context, c slipway.Call, want *model.ClusterCapacity) error {
	return attached(ctx, c, aws.ToString(want.Put.Cluster))
}

// attached waits until the attachments of a cluster have settled.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Cluster.html
func attached(ctx context.Context, c slipway.Call, cluster string) error {
	return slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		out, err := client(c).DescribeClusters(ctx, &awsecs.DescribeClustersInput{
			Clusters: []string{cluster}, Include: []ecstypes.ClusterField{ecstypes.ClusterFieldAttachments},
		})
		if err != nil {
			return false, awserr.Wrap(err, "describe cluster "+cluster)
		}
		if len(out.Clusters) == 0 {
			return true, nil
		}
		switch aws.ToString(out.Clusters[0].AttachmentsStatus) {
		case "UPDATE_IN_PROGRESS":
			return false, nil
		case "UPDATE_FAILED":
			return false, fmt.Errorf("%w: the attachments of the cluster's capacity providers could not be changed", slipway.ErrFailed)
		default:
			return true, nil
		}
	})
}

// Delete leaves the cluster only AWS's own providers.
func (clusterCapacities) Delete(ctx context.Context, c slipway.Call, have *slipway.Live[model.ClusterCapacity]) error {
	for _, p := range have.State.Put.CapacityProviders {
		if awsProvider(p) {
			continue
		}
		if err := detach(ctx, c, output(have, "name"), p); err != nil {
			return err
		}
	}
	for _, item := range have.State.Put.DefaultCapacityProviderStrategy {
		if p := aws.ToString(item.CapacityProvider); !awsProvider(p) {
			if err := leaveDefault(ctx, c, output(have, "name"), p); err != nil {
				return err
			}
		}
	}
	return nil
}

// Tag does nothing: ECS has no tags for it.
func (clusterCapacities) Tag(context.Context, slipway.Call, *slipway.Live[model.ClusterCapacity]) error {
	return nil
}

// List finds the clusters that the stack owns and that have providers of their own.
func (clusterCapacities) List(ctx context.Context, c slipway.Call) ([]*slipway.Live[model.ClusterCapacity], error) {
	found, err := allClusters(ctx, c)
	if err != nil {
		return nil, err
	}
	var own []*slipway.Live[model.ClusterCapacity]
	for _, f := range found {
		if live := rebuildCapacity(f); live != nil && live.Owner.Stack == c.Stack {
			own = append(own, live)
		}
	}
	return own, nil
}

// allClusters describes all clusters of the region, by name.
func allClusters(ctx context.Context, c slipway.Call) ([]*ecstypes.Cluster, error) {
	names, err := clusterNames(ctx, c)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	found, err := describeClusters(ctx, c, names)
	if err != nil {
		return nil, err
	}
	var all []*ecstypes.Cluster
	for _, name := range names {
		if f, ok := found[name]; ok {
			all = append(all, f)
		}
	}
	return all, nil
}

// Permissions says what a caller needs.
func (clusterCapacities) Permissions(have *slipway.Live[model.ClusterCapacity], want *model.ClusterCapacity) []slipway.Permission {
	all := []slipway.Permission{anywhere("ecs:DescribeCapacityProviders", "ecs:DescribeClusters", "ecs:ListClusters")}
	name := output(have, "name")
	if want != nil {
		name = aws.ToString(want.Put.Cluster)
	}
	if name == "" {
		return all
	}
	all = append(all, slipway.Permission{Actions: []string{"ecs:PutClusterCapacityProviders"}, Resources: []string{ownARN("ecs", "cluster/"+name)}})
	if want == nil {
		return append(all, drainPermissions(name)...)
	}
	return append(all, markGroup())
}
