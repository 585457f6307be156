// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// things returns all that the service holds, in the regions that were asked for.
func (f *Fake) things() []sim.Thing {
	var all []sim.Thing
	for _, r := range f.regions.All() {
		all = append(all, r.things()...)
	}
	return all
}

func (r *region) things() []sim.Thing {
	var all []sim.Thing
	all = append(all, held(r, "vpc", &r.vpcs, func(v network) any { return *r.describedVPC(v) })...)
	all = append(all, held(r, "subnet", &r.subnets, func(s subnet) any { return *r.describedSubnet(s) })...)
	all = append(all, held(r, "internet-gateway", &r.gateways, func(g gateway) any { return r.describedGateway(g) })...)
	all = append(all, held(r, "natgateway", &r.nats, func(n natGateway) any { return *r.describedNAT(n) })...)
	all = append(all, held(r, "elastic-ip", &r.addresses, func(a elastic) any { return a })...)
	all = append(all, held(r, "route-table", &r.routeTables, func(t routeTable) any { return r.describedTable(t) })...)
	all = append(all, held(r, "network-acl", &r.acls, func(a networkACL) any { return a })...)
	all = append(all, held(r, "security-group", &r.groups, func(g group) any { return r.describedGroup(g) })...)
	all = append(all, held(r, "vpc-endpoint", &r.endpoints, func(e endpoint) any { return *r.describedEndpoint(e) })...)
	all = append(all, held(r, "vpc-endpoint-service", &r.services, func(s ownService) any {
		return []any{r.describedService(s), s.principals}
	})...)
	all = append(all, held(r, "prefix-list", &r.prefixLists, func(l prefixList) any { return *r.describedList(l) })...)
	all = append(all, held(r, "launch-template", &r.templates, func(t template) any { return r.heldTemplate(t) })...)
	all = append(all, held(r, "instance", &r.instances, func(i instance) any { return r.describedInstance(i) })...)
	all = append(all, held(r, "volume", &r.volumes, func(v volume) any { return r.describedVolume(v) })...)
	all = append(all, held(r, "snapshot", &r.snapshots, func(s snapshot) any { return s.Snapshot })...)
	return append(all, held(r, "network-interface", &r.interfaces, func(n nic) any { return r.describedInterface(n) })...)
}

// heldTemplate is a launch template with its versions.
func (r *region) heldTemplate(t template) any {
	state := struct {
		ec2types.LaunchTemplate
		Versions []versionOf
	}{LaunchTemplate: *r.describedTemplate(t)}
	for _, v := range t.versions {
		state.Versions = append(state.Versions, describedVersion(t, v))
	}
	return state
}

// held returns the things of a table, in the order in which they were made.
func held[T any](r *region, kind string, t *table[T], describe func(T) any) []sim.Thing {
	var all []sim.Thing
	for _, id := range t.order {
		if v, ok := t.rows[id]; ok {
			all = append(all, sim.Thing{Region: r.name, Type: kind, ID: id, State: describe(v)})
		}
	}
	return all
}
