// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/probe"
)

// mostPages is how many pages of clusters, of 100 each, are read to count them.
const mostPages = 20

// Ration looks up whether the region has room for more clusters.
func (clusters) Ration(ctx context.Context, c slipway.Call, _ slipway.Refs, made []*model.Cluster) ([]slipway.Check, error) {
	return []slipway.Check{probe.Clusters.Room(ctx, c, "", len(made), func() (int, error) {
		pages, n := awsecs.NewListClustersPaginator(client(c), &awsecs.ListClustersInput{}), 0
		for range mostPages {
			if !pages.HasMorePages() {
				return n, nil
			}
			page, err := pages.NextPage(ctx)
			if err != nil {
				return 0, awserr.Wrap(err, "list clusters")
			}
			n += len(page.ClusterArns)
		}
		if pages.HasMorePages() {
			return 0, fmt.Errorf("there are more than %d, too many to count", n)
		}
		return n, nil
	})}, nil
}

// Ration looks up whether clusters have room for more services.
func (services) Ration(ctx context.Context, c slipway.Call, _ slipway.Refs, made []*model.Service) ([]slipway.Check, error) {
	var order []string
	count := map[string]int{}
	for _, s := range made {
		cluster := aws.ToString(s.Create.Cluster)
		if count[cluster] == 0 {
			order = append(order, cluster)
		}
		count[cluster]++
	}
	checks := make([]slipway.Check, len(order))
	for i, cluster := range order {
		name := lastPart(cluster)
		if _, rest, ok := strings.Cut(cluster, model.KindCluster+"/"); ok && slipway.HasRef(cluster) {
			name, _, _ = strings.Cut(rest, "#")
		}
		checks[i] = probe.Services.Room(ctx, c, "cluster "+name, count[cluster], servicesOn(ctx, c, cluster))
	}
	return checks, nil
}

// servicesOn counts the services of a cluster; nil if it has yet to be made.
func servicesOn(ctx context.Context, c slipway.Call, cluster string) func() (int, error) {
	if slipway.HasRef(cluster) {
		return nil
	}
	return func() (int, error) {
		in := &awsecs.DescribeClustersInput{}
		if cluster != "" {
			in.Clusters = []string{cluster}
		}
		out, err := client(c).DescribeClusters(ctx, in)
		if err != nil {
			return 0, awserr.Wrap(err, "describe cluster")
		}
		n := 0
		for _, found := range out.Clusters {
			n += int(found.ActiveServicesCount)
		}
		return n, nil
	}
}
