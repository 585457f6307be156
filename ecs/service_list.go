// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// List finds the services that the stack owns, in all clusters.
func (services) List(ctx context.Context, c slipway.Call) ([]*slipway.Live[model.Service], error) {
	found, err := ownServices(ctx, c)
	var own []*slipway.Live[model.Service]
	for _, s := range found {
		if s.ResourceManagementType != ecstypes.ResourceManagementTypeEcs {
			own = append(own, rebuildService(s, nil, nil))
		}
	}
	return own, err
}

// ownServices are all services that the stack owns, those of Express Mode among them.
func ownServices(ctx context.Context, c slipway.Call) ([]*ecstypes.Service, error) {
	names, err := clusterNames(ctx, c)
	if err != nil {
		return nil, err
	}
	var own []*ecstypes.Service
	for _, cluster := range names {
		found, err := servicesOf(ctx, c, cluster)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			if owner, _ := ownerOf(s.Tags); owner.Stack == c.Stack {
				own = append(own, s)
			}
		}
	}
	return own, nil
}

func servicesOf(ctx context.Context, c slipway.Call, cluster string) ([]*ecstypes.Service, error) {
	var all []*ecstypes.Service
	pages := awsecs.NewListServicesPaginator(client(c), &awsecs.ListServicesInput{Cluster: aws.String(cluster), MaxResults: aws.Int32(serviceBatch)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "list services of "+cluster)
		}
		if len(page.ServiceArns) == 0 {
			continue
		}
		found, err := describeServices(ctx, c, cluster, page.ServiceArns)
		if err != nil {
			return nil, err
		}
		for _, arn := range page.ServiceArns {
			if s, ok := found[lastPart(arn)]; ok {
				all = append(all, s)
			}
		}
	}
	return all, nil
}
