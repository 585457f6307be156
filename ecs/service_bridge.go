// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// docSeveralGroups says that a service may have up to five target groups, and change
// from one to several and back.
const (
	docSeveralGroups = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/register-multiple-targetgroups.html"
	mostGroups       = 5
)

var _ slipway.Bridger[model.Service] = services{}

// Bridge puts the tasks into the target groups that are replaced, too, until requests go
// to the new ones. That takes tasks that suit both.
func (services) Bridge(have, want *model.Service, replaced []slipway.Replacement) (way []*model.Service, warnings []slipway.FieldError) {
	between := *want
	for _, r := range replaced {
		old, next := balanced(have, r.Was), balanced(want, r.Becomes)
		if old == nil || next == nil {
			continue
		}
		if why := apart(&between, next, r); why != "" {
			warnings = append(warnings, slipway.FieldError{
				Path: "Create.LoadBalancers", Got: r.ID.String() + " replaced, and " + why,
				Want: "a route of its own for what the new tasks serve, and another apply that takes the old one away: as it is, requests fail while the tasks are replaced",
				Doc:  docSeveralGroups, Rule: "ecs-service-target-group-replaced",
			})
			continue
		}
		both := *next
		both.TargetGroupArn = old.TargetGroupArn
		between.Create.LoadBalancers = append(slices.Clip(between.Create.LoadBalancers), both)
		way = []*model.Service{&between}
	}
	return way, warnings
}

// balanced is how a service uses a target group whose ARN is such; nil if it does not.
func balanced(s *model.Service, such func(arn string) bool) *ecstypes.LoadBalancer {
	for i := range s.Create.LoadBalancers {
		lb := &s.Create.LoadBalancers[i]
		if such(aws.ToString(lb.TargetGroupArn)) || such(alternate(lb)) {
			return lb
		}
	}
	return nil
}

// alternate is the other target group of a pair, empty if there is none.
func alternate(lb *ecstypes.LoadBalancer) string {
	if lb.AdvancedConfiguration == nil {
		return ""
	}
	return aws.ToString(lb.AdvancedConfiguration.AlternateTargetGroupArn)
}

// apart is why tasks cannot be in the old and the new target group; empty if they can.
func apart(want *model.Service, lb *ecstypes.LoadBalancer, r slipway.Replacement) string {
	switch {
	case alternate(lb) != "":
		return "its deployments shift the traffic between two groups"
	case len(want.Create.LoadBalancers) >= mostGroups:
		return "the service has as many target groups as it may"
	}
	var differing []string
	for _, f := range r.Fields {
		if field, _, _ := strings.Cut(strings.TrimPrefix(f.Path, "Create."), "."); slices.Contains(binding, field) {
			differing = append(differing, field)
		}
	}
	if differing == nil {
		return ""
	}
	return "the groups differ in " + strings.Join(differing, ", ")
}

// binding are the fields of a target group that decide which targets suit it.
var binding = []string{
	"Protocol", "ProtocolVersion", "TargetType", "IpAddressType", "VpcId", "TargetControlPort",
	"HealthCheckProtocol", "HealthCheckPort", "HealthCheckPath", "Matcher",
}
