// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strings"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

const (
	docDescribeServices = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html"
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
