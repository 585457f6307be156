// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// servedBy are the target groups of a service, with the container and port that each
// leads to. ECS shows those of services of Express Mode with their revisions only.
func servedBy(ctx context.Context, c slipway.Call, s *ecstypes.Service) ([]ecstypes.LoadBalancer, error) {
	list := slices.DeleteFunc(slices.Clone(s.LoadBalancers), func(lb ecstypes.LoadBalancer) bool { return lb.TargetGroupArn == nil })
	if len(list) > 0 || s.ResourceManagementType != ecstypes.ResourceManagementTypeEcs || len(s.CurrentServiceRevisions) == 0 {
		return list, nil
	}
	in := &awsecs.DescribeServiceRevisionsInput{}
	for _, r := range s.CurrentServiceRevisions {
		in.ServiceRevisionArns = append(in.ServiceRevisionArns, aws.ToString(r.Arn))
	}
	out, err := client(c).DescribeServiceRevisions(ctx, in)
	if err != nil {
		return nil, awserr.Wrap(err, "describe service revisions of "+aws.ToString(s.ServiceName))
	}
	for _, r := range out.ServiceRevisions {
		if r.EcsManagedResources != nil {
			list = addServed(list, r.EcsManagedResources.IngressPaths)
		}
	}
	return list, nil
}

// addServed adds the target groups of the paths that are not in the list.
func addServed(list []ecstypes.LoadBalancer, paths []ecstypes.ManagedIngressPath) []ecstypes.LoadBalancer {
	for _, path := range paths {
		for _, g := range path.TargetGroups {
			known := slices.ContainsFunc(list, func(lb ecstypes.LoadBalancer) bool { return aws.ToString(lb.TargetGroupArn) == aws.ToString(g.Arn) })
			if g.Arn != nil && !known {
				list = append(list, ecstypes.LoadBalancer{
					TargetGroupArn: g.Arn, ContainerName: aws.String(mainContainer), ContainerPort: aws.Int32(g.Port),
				})
			}
		}
	}
	return list
}

// mainContainer is the one that serves in Express Mode.
const mainContainer = "Main"
