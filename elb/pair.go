// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/vpc"
)

// ServiceRoute is what a service can be put behind: a [Route] of an Application Load
// Balancer or a [NetworkRoute] of a Network Load Balancer. The set is sealed.
type ServiceRoute interface {
	// Serve returns what the route needs to serve: a target group for targets of the
	// network that listen on port, and what forwards to it. The name tells them from
	// others on the same balancer.
	Serve(name string, port int32, network vpc.Network) (TargetGroup, Forwarder)
	// ForwardPair returns what the route needs to serve when its traffic is shifted
	// between two target groups, by blue/green, linear and canary deployments.
	ForwardPair(name string, port int32, network vpc.Network) Pair
	// TestRoute returns the route of test traffic, if there is one.
	TestRoute() (test ServiceRoute, ok bool)
	// Admissions returns what the security groups of targets that listen on port must
	// let in.
	Admissions(port int32) []Admission
	// Application returns the balancer if it is a declared Application Load Balancer.
	Application() (app Application, ok bool)
	// URL returns where the route is reached; empty if not known.
	URL() string
	serviceRoute()
}

// Admission is whom a security group must let in, and on which ports.
type Admission struct {
	From  vpc.Peer
	Ports vpc.Ports
}

// admissions lets each of the peers in on each of the ports.
func admissions(peers []vpc.Peer, ports []vpc.Ports) []Admission {
	var all []Admission
	for _, from := range peers {
		for _, p := range ports {
			all = append(all, Admission{From: from, Ports: p})
		}
	}
	return all
}

// Forwarder is what forwards to target groups and what ECS shifts the weights of: a
// [ListenerRule] of an Application Load Balancer, or a [NetworkListener] by its default
// action. Its ARN is what ECS calls a listener rule, of either. The set is sealed.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AdvancedConfiguration.html
type Forwarder interface {
	slipway.Resource
	// ARN is the placeholder for the ARN.
	ARN() string
	// Resources returns what must be declared with it.
	Resources() []slipway.Resource
	forwarder()
}

// Pair is what a route needs whose traffic ECS shifts between two target groups: the
// load balancer of a service with a blue/green, linear or canary deployment.
//
//	pair := route.ForwardPair("web", 8080, network)
//	lb := ecstypes.LoadBalancer{
//		TargetGroupArn: aws.String(pair.Production.ARN()),
//		AdvancedConfiguration: &ecstypes.AdvancedConfiguration{
//			AlternateTargetGroupArn: aws.String(pair.Alternate.ARN()),
//			ProductionListenerRule:  aws.String(pair.Rule.ARN()),
//		},
//	}
//
// Rule and Test are made with the weights 100 and 0. From then on the weights belong
// to the deployments: which group has the traffic changes with each of them, plans do
// not compare the weights, and any other change of the rule keeps those that it has.
//
// A route that goes back to one target group ([ServiceRoute.Serve]) forwards to
// Production, whichever of the two has the tasks at that moment.
type Pair struct {
	// Production is the target group of the first tasks, Alternate the other one. At
	// each deployment they change places.
	Production, Alternate TargetGroup
	// Rule forwards production traffic to both.
	Rule Forwarder
	// Test forwards test traffic to both; nil if the route has no test route.
	Test Forwarder
}

// Resources returns the groups, and what forwards to them.
func (p Pair) Resources() []slipway.Resource {
	all := []slipway.Resource{p.Production, p.Alternate, p.Rule}
	if p.Test != nil {
		all = append(all, p.Test)
	}
	return all
}

const (
	alternateSuffix = "-alternate"
	testSuffix      = "-test"
	// wholeWeight is the weight of a group that has all the traffic of a pair.
	wholeWeight = 100
)

// newPair returns the two groups of a pair.
func newPair(group TargetGroup, scope string) Pair {
	other := group
	other.name += alternateSuffix
	return Pair{Production: group.derived(scope), Alternate: other.derived(scope)}
}

// forward is the action with which a pair begins.
func (p Pair) forward() Forward {
	return Forward{Targets: []Weighted{{Group: p.Production, Weight: wholeWeight}, {Group: p.Alternate}}}
}

// shiftedWeights are the paths of weights that are not compared.
func shiftedWeights(shifts bool, actions string) []string {
	if !shifts {
		return nil
	}
	return []string{actions + ".ForwardConfig.TargetGroups.Weight"}
}

// withWeightsOf returns the wanted actions with the weights that their target groups
// have now.
func withWeightsOf(want, have []elbtypes.Action) []elbtypes.Action {
	weights := map[string]*int32{}
	for _, t := range tuplesOf(have) {
		weights[aws.ToString(t.TargetGroupArn)] = t.Weight
	}
	want = model.Actions(want)
	for _, a := range want {
		if a.ForwardConfig == nil {
			continue
		}
		for i := range a.ForwardConfig.TargetGroups {
			t := &a.ForwardConfig.TargetGroups[i]
			if w, ok := weights[aws.ToString(t.TargetGroupArn)]; ok {
				t.Weight = w
			}
		}
	}
	return want
}

// tuplesOf are the target groups of forward actions.
func tuplesOf(actions []elbtypes.Action) []elbtypes.TargetGroupTuple {
	var all []elbtypes.TargetGroupTuple
	for _, a := range actions {
		if a.ForwardConfig != nil {
			all = append(all, a.ForwardConfig.TargetGroups...)
		}
	}
	return all
}
