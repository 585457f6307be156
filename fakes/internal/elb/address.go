// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// address is where a target is in the network.
type address struct {
	ip      string
	at      world.Interface
	present bool
}

// where finds a target: an address is what it says, an instance is its primary
// interface.
func (f *Fake) where(r *region, g *group, t world.Target) address {
	if g.view.TargetType == elbtypes.TargetTypeEnumInstance {
		i, ok := f.instance(r, t.ID)
		return address{ip: i.Interface.PrivateIP, at: i.Interface, present: ok && i.State == running}
	}
	at, ok := f.network.InterfaceByIP(r.name, aws.ToString(g.view.VpcId), t.ID)
	return address{ip: t.ID, at: at, present: ok}
}

// running is the state of an instance that can be a target.
const running = "running"

func (f *Fake) instance(r *region, id string) (world.Instance, bool) {
	if f.instances == nil {
		return world.Instance{}, false
	}
	return f.instances.Instance(r.name, id)
}

// stopped reports whether a target is an instance that does not run any more.
func (f *Fake) stopped(r *region, g *group, t world.Target) bool {
	if g.view.TargetType != elbtypes.TargetTypeEnumInstance || f.instances == nil {
		return false
	}
	i, ok := f.instances.Instance(r.name, t.ID)
	return !ok || i.State != running
}

// instanceChanged takes note of what happens to instances: one that has been
// terminated is no target any more, one that stops is not used.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-register-targets.html
func (f *Fake) instanceChanged(name string, i world.Instance) {
	r := f.of(name)
	for _, g := range r.groups {
		if g.view.TargetType != elbtypes.TargetTypeEnumInstance {
			continue
		}
		for _, t := range slices.Clone(g.targets) {
			switch {
			case t.is.ID != i.ID:
			case i.State == "terminated":
				f.gone(r, g, t)
			case t.state != elbtypes.TargetHealthStateEnumDraining:
				f.start(r, g, t)
			}
		}
	}
}

// checks reports whether a balancer's health checks reach an interface. Without
// security groups they come from the addresses of its nodes.
func (f *Fake) checks(r *region, b *balancer, at world.Interface, port int32) bool {
	if len(b.view.SecurityGroups) > 0 {
		return f.network.Permits(r.name, b.view.SecurityGroups, at.Groups, port)
	}
	single, ok := f.network.(world.Addresses)
	if !ok {
		return f.network.Permits(r.name, nil, at.Groups, port)
	}
	return slices.ContainsFunc(b.nodes, func(node string) bool {
		return single.PermitsAddress(r.name, node, at.Groups, port)
	})
}

// reaches reports whether the connections of clients reach a target. Where a Network
// Load Balancer has security groups, rules that name these let its connections in. If
// not, the target must admit the client itself, or, where that is hidden, the nodes.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-register-targets.html#target-security-groups
func (f *Fake) reaches(r *region, b *balancer, g *group, at world.Interface, port int32) bool {
	if len(b.view.SecurityGroups) == 0 && g.preservesClients() {
		return f.network.Permits(r.name, nil, at.Groups, port)
	}
	return f.checks(r, b, at, port)
}
