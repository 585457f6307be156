// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ec2autoscaling"
)

// unmodelled are fields of groups that the simulation refuses.
var unmodelled = []string{
	"AvailabilityZoneDistribution", "AvailabilityZoneIds", "AvailabilityZoneImpairmentPolicy", "CapacityReservationSpecification", "DeletionProtection",
	"InstanceLifecyclePolicy", "LaunchConfigurationName", "PlacementGroup", "ServiceLinkedRoleARN", "SkipZonalShiftValidation",
}

// mixedUnmodelled are those of mixed instances policies.
var mixedUnmodelled = []string{
	"MixedInstancesPolicy.InstancesDistribution.DistributionSegments", "MixedInstancesPolicy.InstancesDistribution.SpotMaxPrice",
	"MixedInstancesPolicy.LaunchTemplate.Overrides.ImageId",
}

// prefixed puts a path before each of the fields.
func prefixed(path string, fields []string) []string {
	out := make([]string, len(fields))
	for i, field := range fields {
		out[i] = path + field
	}
	return out
}

func registerGroups(s *sim.Service, f *Fake) {
	sim.Handle(s, "CreateAutoScalingGroup", f.create,
		onLaunches(f, "CreateAutoScalingGroup", func(in *awsasg.CreateAutoScalingGroupInput) (*string, source) {
			return in.AutoScalingGroupName, source{in.LaunchTemplate, in.MixedInstancesPolicy}
		}),
		sim.Refuses[awsasg.CreateAutoScalingGroupInput](append(slices.Concat(unmodelled, mixedUnmodelled), "InstanceId", "LoadBalancerNames", "Operator",
			"LifecycleHookSpecificationList.NotificationTargetARN", "LifecycleHookSpecificationList.RoleARN")...))
	sim.Handle(s, "UpdateAutoScalingGroup", f.update,
		onLaunches(f, "UpdateAutoScalingGroup", func(in *awsasg.UpdateAutoScalingGroupInput) (*string, source) {
			return in.AutoScalingGroupName, source{in.LaunchTemplate, in.MixedInstancesPolicy}
		}),
		sim.Refuses[awsasg.UpdateAutoScalingGroupInput](slices.Concat(unmodelled, mixedUnmodelled)...))
	sim.Handle(s, "DeleteAutoScalingGroup", f.remove,
		onGroups("DeleteAutoScalingGroup", func(in *awsasg.DeleteAutoScalingGroupInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "DescribeAutoScalingGroups", f.describe)
}

// modelled refuses values that registration cannot name.
func modelled(unit, health *string, policies []string) error {
	if u := aws.ToString(unit); u != "" && u != "units" {
		return sim.NotModelled("desired capacity in %s of Auto Scaling groups is not modelled", u)
	}
	for kind := range strings.SplitSeq(aws.ToString(health), ",") {
		if kind = strings.TrimSpace(kind); kind != "" && kind != "EC2" && kind != "ELB" {
			return sim.NotModelled("health checks of type %s of Auto Scaling groups are not modelled", kind)
		}
	}
	for _, p := range policies {
		if p == "ClosestToNextInstanceHour" || p == "OldestLaunchConfiguration" || strings.HasPrefix(p, "arn:") {
			return sim.NotModelled("termination policy %s of Auto Scaling groups is not modelled", p)
		}
	}
	return nil
}

func (f *Fake) create(c *sim.Call, in *awsasg.CreateAutoScalingGroupInput) (*awsasg.CreateAutoScalingGroupOutput, error) {
	r := f.regions.In(c)
	if err := sim.Check(rules.CreateAutoScalingGroup, r, in, typed); err != nil {
		return nil, err
	}
	if err := modelled(in.DesiredCapacityType, in.HealthCheckType, in.TerminationPolicies); err != nil {
		return nil, err
	}
	if _, ok := r.groups[*in.AutoScalingGroupName]; ok {
		return nil, &asgtypes.AlreadyExistsFault{
			Message: aws.String("AutoScalingGroup by this name already exists - A group with the name " + *in.AutoScalingGroupName + " already exists"),
		}
	}
	g := &group{
		r: r, suspended: map[string]string{}, actions: map[string]*action{}, policies: map[string]asgtypes.ScalingPolicy{}, tags: in.Tags,
	}
	g.settings = settingsOf(c, in)
	if err := g.settle(); err != nil {
		return nil, err
	}
	g.settings.ServiceLinkedRoleARN = aws.String(f.needs.Access.ServiceLinkedRole(linked))
	for _, h := range in.LifecycleHookSpecificationList {
		if err := g.setHook(asgtypes.LifecycleHook{
			LifecycleHookName: h.LifecycleHookName, LifecycleTransition: h.LifecycleTransition, DefaultResult: h.DefaultResult,
			HeartbeatTimeout: h.HeartbeatTimeout, NotificationMetadata: h.NotificationMetadata,
		}); err != nil {
			return nil, err
		}
	}
	for _, t := range in.TrafficSources {
		if err := g.attachSource(t); err != nil {
			return nil, err
		}
	}
	r.groups[g.name()] = g
	desired := int(aws.ToInt32(cmp.Or(in.DesiredCapacity, in.MinSize)))
	g.settings.DesiredCapacity = aws.Int32(0)
	g.wants(desired, "a user request created an AutoScalingGroup")
	return &awsasg.CreateAutoScalingGroupOutput{}, nil
}

// AWS's defaults, see https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html.
const defaultCooldown = 300

func settingsOf(c *sim.Call, in *awsasg.CreateAutoScalingGroupInput) asgtypes.AutoScalingGroup {
	name := *in.AutoScalingGroupName
	d := asgtypes.AutoScalingGroup{
		AutoScalingGroupName: &name, CreatedTime: aws.Time(c.Now()),
		AutoScalingGroupARN: aws.String(c.ARN("autoscaling", fmt.Sprintf("autoScalingGroup:%s:autoScalingGroupName/%s", c.UUID("autoscaling-group", c.Region, name), name))),
		MinSize:             in.MinSize, MaxSize: in.MaxSize, DesiredCapacity: cmp.Or(in.DesiredCapacity, in.MinSize),
		DefaultCooldown: cmp.Or(in.DefaultCooldown, aws.Int32(defaultCooldown)), DefaultInstanceWarmup: positive(in.DefaultInstanceWarmup),
		HealthCheckType: cmp.Or(in.HealthCheckType, aws.String("EC2")), HealthCheckGracePeriod: cmp.Or(in.HealthCheckGracePeriod, aws.Int32(0)),
		VPCZoneIdentifier: in.VPCZoneIdentifier, AvailabilityZones: in.AvailabilityZones, CapacityRebalance: in.CapacityRebalance,
		InstanceMaintenancePolicy: maintenance(in.InstanceMaintenancePolicy), MaxInstanceLifetime: in.MaxInstanceLifetime,
		NewInstancesProtectedFromScaleIn: aws.Bool(aws.ToBool(in.NewInstancesProtectedFromScaleIn)), Context: in.Context,
		TerminationPolicies: in.TerminationPolicies, TargetGroupARNs: in.TargetGroupARNs, LaunchTemplate: in.LaunchTemplate,
		MixedInstancesPolicy: in.MixedInstancesPolicy, DesiredCapacityType: in.DesiredCapacityType,
	}
	if len(d.TerminationPolicies) == 0 {
		d.TerminationPolicies = []string{"Default"}
	}
	for _, arn := range d.TargetGroupARNs {
		d.TrafficSources = append(d.TrafficSources, asgtypes.TrafficSourceIdentifier{Identifier: aws.String(arn), Type: aws.String("elbv2")})
	}
	return d
}

// positive: -1 stands for none.
func positive(n *int32) *int32 {
	if n != nil && *n < 0 {
		return nil
	}
	return n
}

func maintenance(p *asgtypes.InstanceMaintenancePolicy) *asgtypes.InstanceMaintenancePolicy {
	if p != nil && *p.MinHealthyPercentage < 0 {
		return nil
	}
	return p
}

// settle finds the subnets and the templates of the settings. The error is AWS's.
func (g *group) settle() error {
	if err := g.locate(); err != nil {
		return err
	}
	for _, t := range g.specs() {
		if err := g.complete(t); err != nil {
			return err
		}
	}
	return g.rehearse()
}

const fullyFormed = "You must use a valid fully-formed launch template. "

// locate finds the subnets. Zones without subnets mean those of the default VPC, which
// the simulation does not ask for.
func (g *group) locate() error {
	zones := g.settings.AvailabilityZones
	for _, zone := range zones {
		if len(zone) < 2 || zone[:len(zone)-1] != g.r.name {
			return invalid(fmt.Sprintf("%sInvalid availability zone: [%s]", fullyFormed, zone))
		}
	}
	if aws.ToString(g.settings.VPCZoneIdentifier) == "" {
		return sim.NotModelled("Auto Scaling groups of zones without subnets are not modelled: give VPCZoneIdentifier")
	}
	g.subnets = nil
	var found []string
	for id := range strings.SplitSeq(*g.settings.VPCZoneIdentifier, ",") {
		id = strings.TrimSpace(id)
		s, ok := g.r.f.needs.Network.Subnet(g.r.name, id)
		if !ok {
			return invalid(fmt.Sprintf("The subnet ID '%s' does not exist", id))
		}
		g.subnets = append(g.subnets, place{subnet: id, zone: s.Zone, zoneID: s.ZoneID})
		if !slices.Contains(found, s.Zone) {
			found = append(found, s.Zone)
		}
	}
	slices.Sort(found)
	if len(zones) > 0 && !slices.Equal(slices.Sorted(slices.Values(zones)), found) {
		return invalid("The availability zones of the specified subnets and the Auto Scaling group do not match")
	}
	g.settings.AvailabilityZones = found
	return nil
}

// specs are the templates that the settings name.
func (g *group) specs() []*asgtypes.LaunchTemplateSpecification {
	return source{g.settings.LaunchTemplate, g.settings.MixedInstancesPolicy}.specs()
}

// complete completes a specification, whose value is the group's own.
func (g *group) complete(t *asgtypes.LaunchTemplateSpecification) error {
	v, err := g.r.f.needs.Instances.Template(g.r.name, cmp.Or(aws.ToString(t.LaunchTemplateId), aws.ToString(t.LaunchTemplateName)), aws.ToString(t.Version))
	if err != nil {
		return invalid(fullyFormed + words(err))
	}
	t.LaunchTemplateId, t.LaunchTemplateName = aws.String(v.ID), aws.String(v.Name)
	return nil
}

// templateID is that of the template that the group launches from.
func (g *group) templateID() string { return aws.ToString(g.specs()[0].LaunchTemplateId) }

// rehearse launches nothing: AWS refuses a group of which no instance could be launched.
func (g *group) rehearse() error {
	offers, err := g.offers()
	if err != nil {
		return err
	}
	var first error
	for _, p := range g.subnets {
		for _, way := range offers {
			err := g.r.f.needs.Instances.Dry(g.r.name, g.launchOf(way, p))
			if err == nil {
				return nil
			}
			first = cmp.Or(first, err)
		}
	}
	if _, ok := errors.AsType[*sim.NotModelledError](first); ok {
		return first
	}
	return invalid(fullyFormed + words(first))
}
