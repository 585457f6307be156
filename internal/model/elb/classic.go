// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsclassic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	classictypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
)

// KindClassic is the kind of Classic Load Balancers; outputs: name, dns, zone.
const KindClassic = "elb:ClassicLoadBalancer"

// Classic is a Classic Load Balancer with its health check and attributes.
type Classic struct {
	Create     awsclassic.CreateLoadBalancerInput
	Health     *classictypes.HealthCheck
	Attributes *classictypes.LoadBalancerAttributes
}

// FillClassic fills in what AWS does for a new Classic Load Balancer.
// https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLoadBalancer.html
func FillClassic(state *Classic) {
	state.Create.Scheme = orPointer(state.Create.Scheme, "internet-facing")
	state.Create.Listeners = ClassicListeners(state.Create.Listeners)
	state.Health = fillClassicHealth(state.Health, state.Create.Listeners)
	state.Attributes = fillClassicAttributes(state.Attributes)
}

// ClassicListeners returns listeners as AWS shows them: protocols in capitals, and that
// of the instances the same unless given.
func ClassicListeners(list []classictypes.Listener) []classictypes.Listener {
	list = slices.Clone(list)
	for i := range list {
		l := &list[i]
		l.Protocol = aws.String(strings.ToUpper(aws.ToString(l.Protocol)))
		l.InstanceProtocol = aws.String(strings.ToUpper(aws.ToString(orPointer(l.InstanceProtocol, *l.Protocol))))
	}
	return list
}

// fillClassicHealth: a new balancer opens TCP connections to the instance port of the
// first listener.
func fillClassicHealth(given *classictypes.HealthCheck, listeners []classictypes.Listener) *classictypes.HealthCheck {
	h := classictypes.HealthCheck{}
	if given != nil {
		h = *given
	}
	if len(listeners) > 0 {
		h.Target = orPointer(h.Target, "TCP:"+strconv.Itoa(int(aws.ToInt32(listeners[0].InstancePort))))
	}
	h.Interval = orPointer(h.Interval, 30)
	h.Timeout = orPointer(h.Timeout, 5)
	h.UnhealthyThreshold = orPointer(h.UnhealthyThreshold, 2)
	h.HealthyThreshold = orPointer(h.HealthyThreshold, 10)
	return &h
}

func fillClassicAttributes(given *classictypes.LoadBalancerAttributes) *classictypes.LoadBalancerAttributes {
	a := classictypes.LoadBalancerAttributes{}
	if given != nil {
		a = *given
	}
	if a.AccessLog == nil {
		a.AccessLog = &classictypes.AccessLog{}
	}
	if a.ConnectionDraining == nil {
		a.ConnectionDraining = &classictypes.ConnectionDraining{}
	}
	a.ConnectionDraining = &classictypes.ConnectionDraining{
		Enabled: a.ConnectionDraining.Enabled, Timeout: orPointer(a.ConnectionDraining.Timeout, 300),
	}
	if a.ConnectionSettings == nil {
		a.ConnectionSettings = &classictypes.ConnectionSettings{IdleTimeout: aws.Int32(60)}
	}
	if a.CrossZoneLoadBalancing == nil {
		a.CrossZoneLoadBalancing = &classictypes.CrossZoneLoadBalancing{}
	}
	if len(a.AdditionalAttributes) == 0 {
		a.AdditionalAttributes = []classictypes.AdditionalAttribute{{
			Key: aws.String("elb.http.desyncmitigationmode"), Value: aws.String("defensive"),
		}}
	}
	return &a
}
