// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"cmp"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	ruleset "github.com/slipway-go/slipway/internal/rules/ec2"
)

// plan is a launch of which everything has been found: it fails for want of addresses
// only.
type plan struct {
	spec    spec
	kind    world.InstanceType
	image   world.MachineImage
	subnet  subnet
	groups  []string
	profile string
	spot    bool
	// address is the private one that is asked for, if any.
	address string
	// tags are given by services, "aws:" and all.
	tags []ec2types.Tag
	// template and version are those launched from, if any.
	template string
	version  int64
}

// Launch starts an instance of a launch template, or of an image.
func (f *Fake) Launch(region string, l world.Launch) (world.Instance, error) {
	r := f.of(region)
	p, err := r.planned(l)
	if err != nil {
		return world.Instance{}, err
	}
	if err := r.room(p, 1); err != nil {
		return world.Instance{}, err
	}
	i, err := r.boot(p, r.reservation(p))
	if err != nil {
		return world.Instance{}, err
	}
	return r.seen(i), nil
}

// Dry returns the error that Launch would give, also if there is no room:
// https://github.com/aws/aws-parallelcluster/issues/1216
func (f *Fake) Dry(region string, l world.Launch) error {
	r := f.of(region)
	p, err := r.planned(l)
	if err != nil {
		return err
	}
	return r.room(p, 1)
}

// addressed is EC2's answer if the subnet lacks addresses.
func (p plan) addressed(n int) error {
	if p.subnet.pool.free() < n {
		return sim.Errorf("InsufficientFreeAddressesInSubnet",
			"The specified subnet does not have enough free addresses to satisfy the request.")
	}
	return nil
}

func (r *region) planned(l world.Launch) (plan, error) {
	p := plan{spec: specOf(l), spot: l.Spot}
	if l.Template != "" {
		t, v, err := r.named(l.Template, l.Version)
		if err != nil {
			return plan{}, err
		}
		p = plan{spec: v.data, spot: l.Spot || isSpot(v.data), template: t.id, version: v.number}
	}
	for _, key := range slices.Sorted(maps.Keys(l.Tags)) {
		p.tags = append(p.tags, ec2types.Tag{Key: aws.String(key), Value: aws.String(l.Tags[key])})
	}
	if l.Type != "" {
		p.spec.InstanceType, p.spec.InstanceRequirements = ec2types.InstanceType(l.Type), nil
	}
	return r.complete(p, l.Subnet)
}

// specOf is what is asked for without a template.
func specOf(l world.Launch) spec {
	s := spec{ImageId: aws.String(l.Image), SecurityGroupIds: l.Groups}
	if l.UserData != "" {
		s.UserData = aws.String(base64.StdEncoding.EncodeToString([]byte(l.UserData)))
	}
	if l.Profile != "" {
		s.IamInstanceProfile = &ec2types.LaunchTemplateIamInstanceProfileSpecification{Arn: aws.String(l.Profile)}
	}
	return s
}

// complete finds what a plan needs, in the order in which it is checked here; AWS
// publishes none.
func (r *region) complete(p plan, subnetID string) (plan, error) {
	if err := p.launchable(); err != nil {
		return p, err
	}
	var err error
	if p.kind, err = r.typeOf(p.spec); err != nil {
		return p, err
	}
	if p.spec.ImageId == nil {
		return p, sim.Errorf("MissingParameter", "The request must contain the parameter ImageId")
	}
	if p.image, err = r.image(*p.spec.ImageId); err != nil {
		return p, err
	}
	if p.kind.Architecture != p.image.Architecture {
		return p, sim.Errorf("InvalidParameterValue", "The architecture '%s' of the specified instance type does not match the architecture "+
			"'%s' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use "+
			"'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.",
			p.kind.Architecture, p.image.Architecture)
	}
	if p.profile, err = r.profile(p.spec.IamInstanceProfile); err != nil {
		return p, err
	}
	if p.subnet, err = r.subnetOf(p.spec, subnetID); err != nil {
		return p, err
	}
	if p.groups, err = r.groupsOf(p.spec, p.subnet); err != nil {
		return p, err
	}
	return p, nil
}

// room is EC2's answer if there is none for n instances: in the subnet, in the zone, or in
// the account's quota.
func (r *region) room(p plan, n int) error {
	if err := p.addressed(n); err != nil {
		return err
	}
	if err := r.capacity(p.kind.Name, *p.subnet.AvailabilityZone, p.spot); err != nil {
		return err
	}
	return r.quotaOf(p, n)
}

// launchable checks the data as AWS does at a launch.
func (p plan) launchable() error {
	whole, err := as[ec2types.RequestLaunchTemplateData](p.spec)
	if err != nil {
		return err
	}
	if err := sim.Check(ruleset.LaunchTemplateData, nil, whole, nil); err != nil {
		return err
	}
	if err := sim.Check(ruleset.Launchable, nil, whole, nil); err != nil {
		return err
	}
	return unmodelledSpec(p.spec)
}

// unmodelledSpec refuses values that registration cannot name.
func unmodelledSpec(s spec) error {
	for _, n := range s.NetworkInterfaces {
		if aws.ToInt32(n.DeviceIndex) > 0 || aws.ToInt32(n.NetworkCardIndex) > 0 {
			return sim.NotModelled("more than one network interface at the launch of an instance is not modelled")
		}
		if kind := aws.ToString(n.InterfaceType); kind != "" && kind != "interface" {
			return sim.NotModelled("network interfaces of type %q are not modelled", kind)
		}
	}
	if p := s.Placement; p != nil && p.Tenancy != "" && p.Tenancy != ec2types.TenancyDefault {
		return sim.NotModelled("tenancy %q of instances is not modelled", p.Tenancy)
	}
	if m := s.InstanceMarketOptions; m != nil && m.SpotOptions != nil {
		if o := m.SpotOptions; o.SpotInstanceType == ec2types.SpotInstanceTypePersistent ||
			o.InstanceInterruptionBehavior != "" && o.InstanceInterruptionBehavior != ec2types.InstanceInterruptionBehaviorTerminate {
			return sim.NotModelled("Spot requests that outlive their instance are not modelled")
		}
	}
	return nil
}

func (r *region) typeOf(s spec) (world.InstanceType, error) {
	if s.InstanceRequirements != nil {
		return world.InstanceType{}, sim.Errorf("InvalidParameterCombination",
			"You must use a launch template with an instance type; instance requirements are not supported for this operation.")
	}
	if s.InstanceType == "" {
		s.InstanceType = ec2types.InstanceTypeM1Small // AWS's default
	}
	return r.f.instanceType(string(s.InstanceType))
}

// profile returns the ARN of the instance profile, if there is one to find.
func (r *region) profile(p *ec2types.LaunchTemplateIamInstanceProfileSpecification) (string, error) {
	if p == nil || p.Name == nil && p.Arn == nil {
		return "", nil
	}
	field, value, what := "name", aws.ToString(p.Name), "name"
	if p.Arn != nil {
		field, value, what = "arn", *p.Arn, "ARN"
	}
	arn, role, ok := r.f.needs.Profiles.InstanceProfile(value)
	if !ok {
		return "", sim.Errorf("InvalidParameterValue", "Value (%s) for parameter iamInstanceProfile.%s is invalid. Invalid IAM Instance Profile %s",
			value, field, what)
	}
	if role == "" {
		return "", sim.Errorf("InvalidParameterValue", `IAM Instance Profile "%s" has no associated IAM Roles`, arn)
	}
	return arn, nil
}

// subnetOf is the subnet that is given, else that of the spec, else the default subnet of
// the spec's zone, or of the first one.
func (r *region) subnetOf(s spec, given string) (subnet, error) {
	if own := aws.ToString(port(s).SubnetId); given == "" {
		given = own
	}
	if given != "" {
		return need(&r.subnets, "subnet-", given)
	}
	zone := ""
	if s.Placement != nil {
		zone = aws.ToString(s.Placement.AvailabilityZone)
	}
	for _, sn := range r.subnets.all() {
		if aws.ToBool(sn.DefaultForAz) && (zone == "" || *sn.AvailabilityZone == zone) {
			return sn, nil
		}
	}
	if zone != "" && !slices.Contains(r.zoneList(), zone) {
		return subnet{}, sim.Errorf("InvalidParameterValue", "Invalid availability zone: [%s]", zone)
	}
	return subnet{}, sim.Errorf("MissingInput", "No subnets found for the default VPC '%s'. Please specify a subnet.", r.defaultID())
}

func (r *region) defaultID() string {
	v, _ := r.defaultVPC()
	return aws.ToString(v.VpcId)
}

// groupsOf are the groups of the primary interface, or those of the instance, which EC2
// takes for the same; without any it is the VPC's default group.
func (r *region) groupsOf(s spec, sn subnet) ([]string, error) {
	ids := port(s).Groups
	if len(ids) == 0 {
		ids = s.SecurityGroupIds
	}
	found, err := r.groupsIn(ids, sn)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(found))
	for i, g := range found {
		out[i] = *g.GroupId
	}
	return out, nil
}

// public: the template decides, or else the subnet.
func (p plan) public() bool {
	if given := port(p.spec).AssociatePublicIpAddress; given != nil {
		return *given
	}
	return aws.ToBool(p.subnet.MapPublicIpOnLaunch)
}

// boot makes the instance of a plan.
func (r *region) boot(p plan, b booking) (instance, error) {
	id := r.id("i-", p.template, *p.subnet.SubnetId, p.kind.Name, nameOf(append(tagsFor(p.spec, ec2types.ResourceTypeInstance), p.tags...)))
	i := instance{
		id: id, spec: p.spec, kind: p.kind, image: p.image, subnet: *p.subnet.SubnetId, vpc: *p.subnet.VpcId,
		zone: *p.subnet.AvailabilityZone, groups: p.groups, profile: p.profile, spot: p.spot, booking: b,
		state: ec2types.InstanceStateNamePending, launched: r.f.sim.Now(), public: p.public(), options: optionsOf(p.spec, p.image),
		termination: aws.ToBool(p.spec.DisableApiTermination), stop: aws.ToBool(p.spec.DisableApiStop),
	}
	if p.spot {
		i.request = "sir-" + r.f.sim.ID(8, "ec2", "spot", id)
	}
	n, err := r.plug(i, cmp.Or(p.address, aws.ToString(port(p.spec).PrivateIpAddress)))
	if err != nil {
		return i, err
	}
	i.port = *n.NetworkInterfaceId
	i.volume = r.id("vol-", id)
	r.instances.put(id, i)
	r.tag(id, tagsFor(p.spec, ec2types.ResourceTypeInstance))
	if p.template != "" {
		r.tag(id, []ec2types.Tag{
			{Key: aws.String("aws:ec2launchtemplate:id"), Value: aws.String(p.template)},
			{Key: aws.String("aws:ec2launchtemplate:version"), Value: aws.String(strconv.FormatInt(p.version, 10))},
		})
	}
	r.tag(id, p.tags)
	r.tag(i.port, tagsFor(p.spec, ec2types.ResourceTypeNetworkInterface))
	r.settle(id, ec2types.InstanceStateNamePending, ec2types.InstanceStateNameRunning, r.f.timing.Instance)
	return i, nil
}

// plug makes the primary interface of an instance.
func (r *region) plug(i instance, address string) (nic, error) {
	n, err := r.makeInterface(order{
		subnet: i.subnet, groups: i.groups, public: i.public, owner: i.id, address: address, description: aws.ToString(port(i.spec).Description),
	})
	if err != nil {
		return n, err
	}
	n.Status = ec2types.NetworkInterfaceStatusInUse
	n.Attachment = &ec2types.NetworkInterfaceAttachment{
		AttachmentId: aws.String(r.id("eni-attach-", *n.NetworkInterfaceId)), AttachTime: aws.Time(r.f.sim.Now()), DeviceIndex: aws.Int32(0),
		NetworkCardIndex: aws.Int32(0), DeleteOnTermination: aws.Bool(true), InstanceId: aws.String(i.id), InstanceOwnerId: aws.String(r.account),
		Status: ec2types.AttachmentStatusAttached,
	}
	r.putInterface(n)
	return n, nil
}
