// SPDX-License-Identifier: Apache-2.0

package ecs

import "github.com/slipway-go/slipway/fakes/internal/world"

// roomForCluster reports that a region has all the clusters it may have. AWS documents
// no words for it, nor for the services of a cluster.
func (r *region) roomForCluster() error {
	n := 0
	for _, cl := range r.clusters {
		if cl.status == active {
			n++
		}
	}
	return within(n, r.f.quotas.Of(world.QuotaClusters), "The limit on the number of clusters has been reached: %d")
}

// roomForService reports that a cluster has all the services it may have.
func (cl *cluster) roomForService() error {
	return within(int(cl.activeServices), cl.r.f.quotas.Of(world.QuotaClusterServices), "The limit on the number of services per cluster has been reached: %d")
}

func within(n, most int, text string) error {
	if n < most {
		return nil
	}
	return clientError(text, most)
}
