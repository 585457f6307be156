// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// outside takes in what UpdateService changes in a service of Express Mode: all that ECS
// can do stays open to it, but for its load balancers and the strategy of deployments.
// Later updates by Express Mode leave what was changed as it is, unless they are about it.
// What it returns is to be called once the service is changed.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-advanced-customization.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html
func (s *service) outside(in *awsecs.UpdateServiceInput) (agreed func(), err error) {
	e, nothing := s.express, func() {}
	if e == nil {
		return nothing, nil
	}
	if in.LoadBalancers != nil {
		return nil, invalid("The load balancer configuration of the Express service %s cannot be updated.", s.name)
	}
	if c := in.DeploymentConfiguration; c != nil {
		if c.Strategy != ecstypes.DeploymentStrategyCanary {
			return nil, invalid("The deployment strategy of the Express service %s cannot be updated.", s.name)
		}
		// The guide says that the rest can be changed, its users that it cannot.
		// https://github.com/aws/containers-roadmap/issues/2813
		return nil, sim.NotModelled("another deployment configuration of a service of Express Mode is not modelled")
	}
	if in.NetworkConfiguration == nil || in.NetworkConfiguration.AwsvpcConfiguration == nil {
		return nothing, nil
	}
	v := in.NetworkConfiguration.AwsvpcConfiguration
	x := e.config
	x.subnets = v.Subnets
	x.groups = slices.DeleteFunc(slices.Clone(v.SecurityGroups), func(id string) bool { return id == e.made.group })
	place, err := e.resolve(x)
	if err != nil {
		return nil, err
	}
	place.assign = v.AssignPublicIp
	return func() { e.place, e.config = place, x }, nil
}

// deletable refuses to delete a service of Express Mode without Express Mode: what becomes
// of its load balancer and the other parts is not documented.
func (s *service) deletable() error {
	if s.express != nil {
		return sim.NotModelled("DeleteService of a service of Express Mode is not modelled: use DeleteExpressGatewayService")
	}
	return nil
}

// shownBalancers are the load balancers that services and revisions show: those of Express
// Mode are seen in what is managed alone.
func (s *service) shownBalancers(list []ecstypes.LoadBalancer) []ecstypes.LoadBalancer {
	if s.express != nil {
		return []ecstypes.LoadBalancer{}
	}
	return orEmpty(list)
}
