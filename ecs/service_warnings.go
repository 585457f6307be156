// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

const (
	docDescribeServices = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html"
	docDefaultStrategy  = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/capacity-launch-type-comparison.html"
	docBalancerGroups   = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshoot-service-load-balancers.html"
)

// unseen warns of settings that DescribeServices does not show, so that nobody sees
// when they change.
func unseen(s *model.Service) []slipway.FieldError {
	in := s.Create
	strip(&in)
	var found []slipway.FieldError
	for _, f := range []struct {
		field string
		set   bool
	}{
		{"GatewayConnectors", in.GatewayConnectors != nil}, {"Monitoring", in.Monitoring != nil}, {"Role", in.Role != nil},
	} {
		if f.set {
			found = append(found, slipway.FieldError{
				Path: f.field, Got: "a setting that ECS does not show", Want: "one that need not change: it counts when the service is made, and not later",
				Doc: docDescribeServices, Rule: "ecs-service-unseen", Warn: true,
			})
		}
	}
	return found
}

// unopened warns of tasks behind a route all of whose security groups are somebody
// else's.
func unopened(s *model.Service) []slipway.FieldError {
	if len(s.Foreign) == 0 {
		return nil
	}
	path := "NetworkConfiguration.AwsvpcConfiguration.SecurityGroups"
	if n := s.Create.NetworkConfiguration; n == nil || n.AwsvpcConfiguration == nil || len(n.AwsvpcConfiguration.Subnets) == 0 {
		path = "LoadBalancers"
	}
	return []slipway.FieldError{{
		Path: path, Got: strings.Join(s.Foreign, ", "),
		Want: "a group that admits the load balancer on the containers' ports: one that the stack does not declare is not opened for it",
		Doc:  docBalancerGroups, Rule: "ecs-service-group-ingress", Warn: true,
	}}
}

// unheeded are the providers that the service's cluster has for services that do not say
// where they run, which this one does: on any instance that there is.
func (s serviceCore) unheeded() []string {
	declared, ok := s.cluster.(Cluster)
	if !ok || s.daemon || len(s.capacity) > 0 || s.launchType != ecstypes.LaunchTypeEc2 {
		return nil
	}
	var all []string
	for _, item := range strategyOf(declared.strategy) {
		if name := aws.ToString(item.CapacityProvider); !awsProvider(name) {
			all = append(all, name)
		}
	}
	return all
}

// unprovided warns of a service for which no provider launches instances, although its
// cluster has some.
func unprovided(s *model.Service) []slipway.FieldError {
	if len(s.Unheeded) == 0 {
		return nil
	}
	return []slipway.FieldError{{
		Path: "CapacityProviderStrategy", Got: "launch type EC2, which launches no instances",
		Want: "WithCapacity, as the cluster's default strategy has it: " + strings.Join(s.Unheeded, ", "),
		Doc:  docDefaultStrategy, Rule: "ecs-service-default-strategy", Warn: true,
	}}
}
