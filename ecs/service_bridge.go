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
// to the new ones. That takes tasks that suit both: where they do not, the requests follow
// as soon as no older task is left.
func (services) Bridge(have, want *model.Service, replaced []slipway.Replacement) (way []*model.Service, warnings []slipway.FieldError) {
	between := *want
	for _, r := range replaced {
		old, next := balanced(have, r.Was), balanced(want, r.Becomes)
		if old == nil || next == nil {
			continue
		}
		if alternate(next) != "" {
			warnings = append(warnings, lossOf(r, "deployments shift the traffic between two groups", "while the new tasks start"))
			continue
		}
		way = []*model.Service{&between}
		if why := apart(&between, r); why != "" {
			between.Overtaken = true
			warnings = append(warnings, lossOf(r, why, "from when the last old task stops until the load balancer has been told, some seconds"))
			continue
		}
		both := *next
		both.TargetGroupArn = old.TargetGroupArn
		between.Create.LoadBalancers = append(slices.Clip(between.Create.LoadBalancers), both)
	}
	return way, warnings
}

// lossOf warns of a replacement during which requests fail.
func lossOf(r slipway.Replacement, why, when string) slipway.FieldError {
	return slipway.FieldError{
		Path: "Create.LoadBalancers", Got: r.ID.String() + " replaced, and " + why,
		Want: "a second route for the new tasks, and another apply that takes the first one away: requests fail " + when,
		Doc:  docSeveralGroups, Rule: "ecs-service-target-group-replaced",
	}
}

// overtaken reports whether all tasks that run are of the newest deployment.
func overtaken(s *ecstypes.Service) bool {
	for _, d := range s.Deployments {
		newest := aws.ToString(d.Status) == "PRIMARY"
		if newest && d.RunningCount < s.DesiredCount || !newest && d.RunningCount > 0 {
			return false
		}
	}
	return len(s.Deployments) > 0
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
func apart(want *model.Service, r slipway.Replacement) string {
	if len(want.Create.LoadBalancers) >= mostGroups {
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
