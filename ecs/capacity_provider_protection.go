// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// Protected: ECS does not let a provider go that services use. Those of the stack are gone
// before it, or have another provider by then; but their instances must not be drained
// under those of others.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCapacityProvider.html
func (capacityProviders) Protected(ctx context.Context, c slipway.Call, have *slipway.Live[model.CapacityProvider]) (string, error) {
	name := output(have, "name")
	clusters, err := clustersOf(ctx, c, have)
	if err != nil {
		return "", err
	}
	var users []string
	for _, cluster := range clusters {
		found, err := servicesOf(ctx, c, cluster)
		if err != nil && !awserr.Is(err, "ClusterNotFoundException") { // a cluster that is gone has none
			return "", err
		}
		for _, s := range found {
			if owner, _ := ownerOf(s.Tags); owner.Stack != c.Stack && uses(s, name) {
				users = append(users, cluster+"/"+aws.ToString(s.ServiceName))
			}
		}
	}
	if len(users) == 0 {
		return "", nil
	}
	return fmt.Sprintf("services use it that are not of this stack: %s; delete them or give them another capacity provider first",
		strings.Join(users, ", ")), nil
}

// clustersOf names the clusters that have the provider. Managed Instances are in the lists
// of none, and belong to one.
func clustersOf(ctx context.Context, c slipway.Call, have *slipway.Live[model.CapacityProvider]) ([]string, error) {
	if have.State.Create.ManagedInstancesProvider != nil {
		return []string{aws.ToString(have.State.Create.Cluster)}, nil
	}
	all, err := allClusters(ctx, c)
	var names []string
	for _, f := range all {
		if slices.Contains(f.CapacityProviders, output(have, "name")) {
			names = append(names, aws.ToString(f.ClusterName))
		}
	}
	return names, err
}

// uses reports whether the service has tasks on the provider, or will. One that was deleted
// has none soon.
func uses(s *ecstypes.Service, provider string) bool {
	return aws.ToString(s.Status) == "ACTIVE" && slices.ContainsFunc(s.CapacityProviderStrategy, func(i ecstypes.CapacityProviderStrategyItem) bool {
		return aws.ToString(i.CapacityProvider) == provider
	})
}
