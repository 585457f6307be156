// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	"github.com/slipway-go/slipway/internal/placement"
)

const (
	// managingSession is the name of ECS's sessions of the infrastructure role.
	managingSession = "ECSManagedInstances"
	// mostZones over which instances for the tasks of a service are spread.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instance-auto-scaling.html
	mostZones = 3
	// roleTries is how long ECS tries to assume a role that it may not see yet; AWS
	// publishes no number.
	roleTries = 2 * time.Minute
	// relaunch is the pause until ECS asks again for capacity that EC2 did not have.
	relaunch = time.Minute
)

// wake has it look soon; many calls make one look.
func (m *managedInstances) wake() { m.wakeIn(m.p.r.f.timing.Schedule) }

func (m *managedInstances) wakeIn(d time.Duration) {
	at := m.p.r.f.sim.Now().Add(max(d, world.Repeat))
	if m.looked.IsZero() || at.Before(m.looked) {
		m.looked = at
		m.p.r.f.sim.At(at, func() {
			if m.looked.Equal(at) {
				m.looked = time.Time{}
				m.look()
			}
		})
	}
}

// look launches instances for the tasks that wait, and does without those that are idle.
func (m *managedInstances) look() {
	if m.p.status != ecstypes.CapacityProviderStatusActive {
		return
	}
	m.optimize()
	m.serve(m.unserved())
	m.expire()
}

// serve launches instances for the tasks.
func (m *managedInstances) serve(waiting []*task) {
	if len(waiting) == 0 {
		return
	}
	role, err := m.role()
	if err != nil {
		if waits := m.p.r.f.sim.Now().Sub(waiting[0].created); waits < roleTries {
			m.wakeIn(min(roleTries-waits, roleTries/12))
			return
		}
		m.fail(waiting, exception(err))
		return
	}
	for len(waiting) > 0 {
		if waiting, err = m.launchFor(role, waiting); err != nil {
			m.fail(waiting, exception(err))
			return
		}
	}
}

// role becomes the infrastructure role.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/infrastructure_IAM_role.html
func (m *managedInstances) role() (sim.Principal, error) {
	r := m.p.r
	return r.f.needs.Access.Assume(value(m.settings.InfrastructureRoleArn), ecsService, managingSession, map[string][]string{
		"aws:SourceAccount": {r.account}, "aws:SourceArn": {m.p.arn},
	})
}

// fail ends tasks for which there will be no instance, with AWS's words and EC2's answer.
func (m *managedInstances) fail(tasks []*task, why string) {
	for _, t := range tasks {
		t.unstartable(fmt.Sprintf("ResourceInitializationError: Unable to launch instance(s) for capacity provider %s. %s", m.p.name, why))
	}
}

// unserved are the tasks that wait and that no instance on its way has room for. Those that
// one has room for expect it.
func (m *managedInstances) unserved() []*task {
	on := placement.NewCluster()
	for _, id := range sortedKeys(m.coming) {
		on.Put(m.coming[id].offer)
	}
	var fresh, left []*task
	for _, t := range m.cl.waiting {
		if t.provider != m.p.name {
			continue
		}
		if _, coming := m.coming[t.expects]; coming {
			_ = on.Start(placement.Task{ID: t.id, Group: t.spec.group, Needs: t.spec.host.request.Needs}, t.expects) // the offer is there
			continue
		}
		fresh = append(fresh, t)
	}
	for _, t := range fresh {
		if t.expects = m.chosen(on, t); t.expects == "" {
			left = append(left, t)
		}
	}
	return left
}

// chosen puts the task on one of the instances, if it fits.
func (m *managedInstances) chosen(on *placement.Cluster, t *task) string {
	q, err := t.spec.host.query(m.p.name)
	if err != nil {
		return ""
	}
	id, err := on.Choose(q, seedOf(t.id))
	if err != nil || on.Start(placement.Task{ID: t.id, Group: t.spec.group, Needs: t.spec.host.request.Needs}, id) != nil {
		return ""
	}
	return id
}

// plan is an instance that could be launched.
type instancePlan struct {
	subnet string
	image  world.MachineImage
	offer  placement.Instance
	kind   world.InstanceType
	// takes are the tasks that it is for.
	takes []*task
}

// cost of each task.
func (p *instancePlan) cost() float64 { return p.kind.Price() / float64(len(p.takes)) }

// launchFor launches one instance for the first of the tasks and those like it, and
// returns those that are left to serve. Where no instance can have them, those like the
// first fail; without capacity it asks again later for them. The error is why there is no
// instance for any of what is returned.
func (m *managedInstances) launchFor(role sim.Principal, tasks []*task) ([]*task, error) {
	alike, others := likeFirst(tasks)
	zones := m.zonesFor(tasks[0])
	if len(zones) == 0 {
		m.fail(alike, exception(clientError("No subnet of the capacity provider is in a zone of the task's subnets.")))
		return others, nil
	}
	full := false
	for _, subnet := range zones {
		plans, err := m.plans(subnet, alike, len(zones))
		if err != nil {
			return tasks, err
		}
		for i := range plans {
			switch err := m.launch(role, &plans[i]); {
			case err == nil:
				return slices.DeleteFunc(slices.Clone(tasks), func(t *task) bool { return slices.Contains(plans[i].takes, t) }), nil
			case noRoom(err):
				full = true
			default:
				return tasks, err
			}
		}
	}
	if full {
		m.wakeIn(relaunch) // they go on waiting
	} else {
		// AWS does not publish its words.
		m.fail(alike, exception(clientError("No instance type satisfies the instance requirements of the capacity provider and the needs of the task.")))
	}
	return others, nil
}

// likeFirst parts the tasks into those that ask for the same as the first, and the others.
func likeFirst(tasks []*task) (alike, others []*task) {
	for _, t := range tasks {
		if t.spec.host == tasks[0].spec.host {
			alike = append(alike, t)
		} else {
			others = append(others, t)
		}
	}
	return alike, others
}

// noRoom reports whether EC2 may have what is asked for another time, or elsewhere.
func noRoom(err error) bool {
	code, _, _ := strings.Cut(exception(err), ":")
	return slices.Contains([]string{"InsufficientInstanceCapacity", "InsufficientFreeAddressesInSubnet", "VcpuLimitExceeded", "MaxSpotInstanceCountExceeded"}, code)
}

// zonesFor are the provider's subnets, one of each zone in which the task may run, that
// with the fewest of the provider's instances first.
func (m *managedInstances) zonesFor(t *task) []string {
	count := map[string]int{}
	for _, a := range m.coming {
		count[a.zone]++
	}
	for id := range m.alive {
		if n := m.p.r.nodeOf(id); n != nil {
			count[n.zone]++
		}
	}
	var subnets []string
	zone := map[string]string{}
	for _, id := range m.settings.InstanceLaunchTemplate.NetworkConfiguration.Subnets {
		s, ok := m.p.r.f.needs.Network.Subnet(m.p.r.name, id)
		elsewhere := len(t.spec.network.Subnets) > 0 && t.subnetIn(s.Zone) == ""
		if !ok || elsewhere || slices.ContainsFunc(subnets, func(other string) bool { return zone[other] == s.Zone }) {
			continue
		}
		subnets, zone[id] = append(subnets, id), s.Zone
	}
	slices.SortStableFunc(subnets, func(a, b string) int { return count[zone[a]] - count[zone[b]] })
	return subnets
}

// plans are the ways to launch an instance in the subnet for tasks that are alike: the one
// that costs least for a task first, and of such the one for most tasks. Tasks of a service
// are spread over zones.
func (m *managedInstances) plans(subnet string, like []*task, zones int) ([]instancePlan, error) {
	types, err := m.types()
	if err != nil {
		return nil, err
	}
	zones = min(zones, mostZones)
	like = like[:(len(like)+zones-1)/zones]
	var plans []instancePlan
	best := 0.0
	for _, kind := range types {
		if best > 0 && kind.Price()/float64(len(like)) > best {
			break // all that follow cost more
		}
		p, ok := m.planned(subnet, kind)
		if !ok {
			continue
		}
		on := placement.NewCluster()
		on.Put(p.offer)
		for _, t := range like {
			if m.chosen(on, t) == "" {
				break
			}
			p.takes = append(p.takes, t)
		}
		if len(p.takes) > 0 {
			plans = append(plans, p)
			if best == 0 || p.cost() < best {
				best = p.cost()
			}
		}
	}
	slices.SortStableFunc(plans, func(a, b instancePlan) int {
		return cmp.Or(cmp.Compare(a.cost(), b.cost()), cmp.Compare(len(b.takes), len(a.takes)))
	})
	return plans, nil
}

// types that the instances may have, the cheapest first: those that are required, or the
// general-purpose ones. Processors of x86 come first for tasks that do not say which.
func (m *managedInstances) types() ([]world.InstanceType, error) {
	required := ec2types.InstanceRequirementsRequest{AllowedInstanceTypes: []string{"c*", "m*", "r*"}}
	if q := m.settings.InstanceLaunchTemplate.InstanceRequirements; q != nil {
		var err error
		if required, err = world.Requirements(q); err != nil {
			return nil, err
		}
	}
	if c := m.settings.InstanceLaunchTemplate.CapacityReservations; c != nil && c.ReservationPreference != ecstypes.CapacityReservationPreferenceReservationsExcluded {
		return nil, sim.NotModelled("Capacity Reservations of EC2 are not modelled")
	}
	types, err := m.p.r.f.needs.Types.Matching(required)
	slices.SortStableFunc(types, func(a, b world.InstanceType) int {
		return cmp.Or(cmp.Compare(a.Price(), b.Price()), strings.Compare(b.Architecture, a.Architecture))
	})
	return types, err
}

// planned is an instance of the type in the subnet, as placement would know it.
func (m *managedInstances) planned(subnet string, kind world.InstanceType) (instancePlan, bool) {
	r := m.p.r
	s, _ := r.f.needs.Network.Subnet(r.name, subnet)
	image, ok := r.managedImage(kind)
	if !ok {
		return instancePlan{}, false
	}
	i := world.Instance{Type: kind, Interface: world.Interface{Subnet: subnet, VPC: s.VPC, Zone: s.Zone}}
	attributes := r.managedAttributes(i, image)
	attributes[providerKey], attributes[launchKey] = m.p.name, string(ecstypes.LaunchTypeManagedInstances)
	return instancePlan{subnet: subnet, image: image, kind: kind, offer: placement.Instance{
		ID: "new", Attributes: attributes, Registered: r.managedOffers(kind, image), AgentConnected: true, Status: active,
	}}, true
}

// launch starts the instance, as the infrastructure role may.
func (m *managedInstances) launch(role sim.Principal, p *instancePlan) error {
	r, t := m.p.r, m.settings.InstanceLaunchTemplate
	if err := m.permitted(role, p); err != nil {
		return err
	}
	tags := map[string]string{managedTag: "true"}
	if m.settings.PropagateTags == ecstypes.PropagateMITagsCapacityProvider {
		for _, tag := range m.p.tags {
			tags[value(tag.Key)] = value(tag.Value)
		}
	}
	i, err := r.f.needs.Instances.Launch(r.name, world.Launch{
		Image: p.image.ID, Profile: value(t.Ec2InstanceProfileArn), Groups: t.NetworkConfiguration.SecurityGroups, Type: p.kind.Name, Subnet: p.subnet,
		UserData: fmt.Sprintf("[settings.ecs]\ncluster = %q\n", m.cl.name), Spot: t.CapacityOptionType == ecstypes.CapacityOptionTypeSpot, Tags: tags,
	})
	if err != nil {
		return err
	}
	m.alive[i.ID] = true
	offer := p.offer
	offer.ID = i.ID
	m.coming[i.ID] = arrival{zone: i.Interface.Zone, offer: offer, launched: i.Launched}
	for _, t := range p.takes {
		t.expects = i.ID
	}
	m.age(i.ID)
	return nil
}

// permitted checks that the infrastructure role may do what ECS does in its name.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSInfrastructureRolePolicyForManagedInstances.html
func (m *managedInstances) permitted(role sim.Principal, p *instancePlan) error {
	r, t := m.p.r, m.settings.InstanceLaunchTemplate
	arn := func(thing string) string {
		return "arn:" + r.partition + ":ec2:" + r.name + ":" + r.account + ":" + thing
	}
	var list []sim.Access
	tagged := func(action string, things ...string) {
		for _, thing := range things {
			list = append(list, sim.Access{Action: "ec2:" + action, Resource: arn(thing + "/*")}.With("aws:RequestTag/"+managedTag, "true"))
		}
	}
	tagged("CreateLaunchTemplate", "launch-template")
	tagged("CreateFleet", "fleet", "instance", "network-interface", "launch-template", "volume")
	tagged("RunInstances", "instance", "volume", "network-interface")
	list = append(list, sim.Access{Action: "ec2:RunInstances", Resource: arn("launch-template/*")}.With("ec2:ResourceTag/"+managedTag, "true"))
	used := []string{arn("subnet/" + p.subnet), "arn:" + r.partition + ":ec2:" + r.name + "::image/" + p.image.ID}
	for _, g := range t.NetworkConfiguration.SecurityGroups {
		used = append(used, arn("security-group/"+g))
	}
	for _, resource := range used {
		list = append(list, sim.Access{Action: "ec2:CreateFleet", Resource: resource}, sim.Access{Action: "ec2:RunInstances", Resource: resource})
	}
	for _, made := range [][2]string{{"launch-template", "CreateLaunchTemplate"}, {"fleet", "CreateFleet"}, {"instance", "RunInstances"}} {
		list = append(list, sim.Access{Action: "ec2:CreateTags", Resource: arn(made[0] + "/*")}.With("ec2:CreateAction", made[1]))
	}
	if _, instances, ok := r.f.needs.Profiles.InstanceProfile(value(t.Ec2InstanceProfileArn)); ok && instances != "" {
		list = append(list, sim.Access{Action: "iam:PassRole", Resource: instances}.With("iam:PassedToService", ec2Service))
	}
	for _, a := range list {
		if err := r.f.needs.Access.Authorize(role, a); err != nil {
			_, text, _ := strings.Cut(exception(err), ": ")
			return sim.Errorf("UnauthorizedOperation", "You are not authorized to perform this operation. %s", text)
		}
	}
	return nil
}
