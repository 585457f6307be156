// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"strconv"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	modelelb "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/rules"
)

// balancerRules look at load balancers and the container behind them.
var balancerRules = []serviceRule{
	{Meta: rules.Meta{ID: "ecs-balancer-shape", Code: invalidParameter, Doc: docLoadBalancer}, Check: balancers(balancerShape)},
	{Meta: rules.Meta{
		ID: "ecs-role-service-linked", Code: invalidParameter, Doc: docPreflight,
		Text: "You cannot specify an IAM role for services that require a service linked role.",
	}, Check: serviceRole},
	{Meta: rules.Meta{ID: "ecs-balancer-container", Code: invalidParameter, Doc: docLoadBalancer}, Check: balancers(balancerContainer)},
	{Meta: rules.Meta{ID: "ecs-balancer-port", Code: invalidParameter, Doc: docLoadBalancer}, Check: balancers(balancerPort)},
	{Meta: rules.Meta{ID: "ecs-target-group-exists", Code: invalidParameter, Doc: docLoadBalancer}, Check: balancers(targetGroupExists)},
	{Meta: rules.Meta{ID: "ecs-target-type", Code: invalidParameter, Doc: docLoadBalancer}, Check: balancers(targetType)},
}

type balancerFunc func(r *rules.Report, path string, in *service, lb *ecstypes.LoadBalancer)

// balancers makes a check of each load balancer.
func balancers(check balancerFunc) func(*rules.Report, *service) {
	return func(r *rules.Report, in *service) {
		for i := range in.LoadBalancers {
			check(r, rules.Elem("LoadBalancers", in.LoadBalancers[i].ContainerName, i), in, &in.LoadBalancers[i])
		}
	}
}

func balancerShape(r *rules.Report, path string, _ *service, lb *ecstypes.LoadBalancer) {
	switch {
	case value(lb.TargetGroupArn) == "" && value(lb.LoadBalancerName) == "":
		r.Add(rules.Problem{Path: path, Got: "no target group", Want: "a target group", Text: "LoadBalancer name or targetGroupArn must be specified."})
	case value(lb.TargetGroupArn) != "" && value(lb.LoadBalancerName) != "":
		r.Add(rules.Problem{
			Path: path + ".LoadBalancerName", Got: quote(*lb.LoadBalancerName), Want: "none beside a target group",
			Text: "Either LoadBalancer name or targetGroupArn must be specified, but not both.",
		})
	case value(lb.ContainerName) == "":
		r.Add(rules.Problem{Path: path + ".ContainerName", Got: "none", Want: "a container", Text: "containerName should not be null or empty."})
	case lb.ContainerPort == nil:
		r.Add(rules.Problem{Path: path + ".ContainerPort", Got: "none", Want: "a port", Text: "containerPort should not be null."})
	}
}

func serviceRole(r *rules.Report, in *service) {
	t, ok := taskOf(r, value(in.TaskDefinition))
	if ok && value(in.Role) != "" && t.NetworkMode == ecstypes.NetworkModeAwsvpc {
		r.Add(rules.Problem{Path: "Role", Got: quote(*in.Role), Want: "none: with network mode awsvpc ECS uses its own"})
	}
}

func balancerContainer(r *rules.Report, path string, in *service, lb *ecstypes.LoadBalancer) {
	t, ok := taskOf(r, value(in.TaskDefinition))
	if !ok {
		return
	}
	if _, found := find(t, value(lb.ContainerName)); !found {
		r.Add(rules.Problem{
			Path: path + ".ContainerName", Got: quote(value(lb.ContainerName)), Want: "a container of the task definition",
			Text: fmt.Sprintf("The container %s does not exist in the task definition.", value(lb.ContainerName)),
		})
	}
}

func balancerPort(r *rules.Report, path string, in *service, lb *ecstypes.LoadBalancer) {
	t, ok := taskOf(r, value(in.TaskDefinition))
	if !ok {
		return
	}
	if c, found := find(t, value(lb.ContainerName)); found && !exposes(c, value(lb.ContainerPort)) {
		r.Add(rules.Problem{
			Path: path + ".ContainerPort", Got: strconv.Itoa(int(value(lb.ContainerPort))), Want: "a port of the container's mappings",
			Text: fmt.Sprintf("The container %s did not have a container port %d defined.", *lb.ContainerName, value(lb.ContainerPort)),
		})
	}
}

// exposes reports whether the container maps the port.
func exposes(c *container, port int32) bool {
	for i := range c.PortMappings {
		low, high := claimed(&c.PortMappings[i])
		if int(port) >= low && int(port) <= high {
			return true
		}
	}
	return false
}

func targetGroupExists(r *rules.Report, path string, _ *service, lb *ecstypes.LoadBalancer) {
	arn := value(lb.TargetGroupArn)
	if arn == "" {
		return
	}
	if _, found, known := r.Get(modelelb.KindTargetGroup, arn); known && !found {
		r.Add(rules.Problem{
			Path: path + ".TargetGroupArn", Got: quote(arn), Want: "a target group that exists",
			Text: "The specified target group does not exist.",
		})
	}
}

func targetType(r *rules.Report, path string, in *service, lb *ecstypes.LoadBalancer) {
	t, ok := taskOf(r, value(in.TaskDefinition))
	state, found, known := r.Get(modelelb.KindTargetGroup, value(lb.TargetGroupArn))
	group, isGroup := state.(*modelelb.TargetGroup)
	if !ok || !found || !known || !isGroup {
		return
	}
	got := group.Create.TargetType
	if got == "" {
		got = elbtypes.TargetTypeEnumInstance
	}
	awsvpc := t.NetworkMode == ecstypes.NetworkModeAwsvpc
	if awsvpc == (got == elbtypes.TargetTypeEnumIp) {
		return
	}
	mode := t.NetworkMode
	if mode == "" {
		mode = ecstypes.NetworkModeBridge
	}
	want := elbtypes.TargetTypeEnumInstance
	if awsvpc {
		want = elbtypes.TargetTypeEnumIp
	}
	r.Add(rules.Problem{
		Path: path + ".TargetGroupArn", Got: "a group of target type " + string(got), Want: fmt.Sprintf("%s with network mode %s", want, mode),
		Text: fmt.Sprintf("The provided target group %s has target type %s, which is incompatible with the %s network mode specified in the task definition.",
			value(lb.TargetGroupArn), got, mode),
	})
}
