// SPDX-License-Identifier: Apache-2.0

// Package elb holds the states of Elastic Load Balancing's kinds.
package elb

import (
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// Kinds.
const (
	KindLoadBalancer = "elb:LoadBalancer" // outputs: arn, name, dns, zone, suffix ("app/<name>/<id>")
	KindListener     = "elb:Listener"     // outputs: arn
	KindListenerRule = "elb:ListenerRule" // outputs: arn
	KindTargetGroup  = "elb:TargetGroup"  // outputs: arn, name, suffix ("targetgroup/<name>/<id>")
)

// LoadBalancer is a load balancer with its attributes.
type LoadBalancer struct {
	Create     awselb.CreateLoadBalancerInput
	Attributes map[string]string
}

// Listener is a listener with its default actions.
type Listener struct {
	Create awselb.CreateListenerInput
	// Certificates beside the default one, for SNI.
	Certificates []string
	Attributes   map[string]string
	// Shifts: the weights of the target groups belong to deployments of ECS once the
	// listener exists.
	Shifts bool
}

// ListenerRule is a rule of a listener. Priority 0 means: the next free one.
type ListenerRule struct {
	Create awselb.CreateRuleInput
	// Shifts: the weights of the target groups belong to deployments of ECS once the
	// rule exists.
	Shifts bool
}

// TargetGroup is a target group with its attributes.
type TargetGroup struct {
	Create     awselb.CreateTargetGroupInput
	Attributes map[string]string
}
