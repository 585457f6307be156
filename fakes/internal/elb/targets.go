// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	elbrules "github.com/slipway-go/slipway/internal/rules/elb"
)

func (f *Fake) targetOperations(s *sim.Service) {
	sim.Handle(s, "RegisterTargets", f.registerTargets,
		sim.Refuses[awselb.RegisterTargetsInput]("Targets.QuicServerId"),
		needs("RegisterTargets", func(in *awselb.RegisterTargetsInput) []string { return one(in.TargetGroupArn) }))
	sim.Handle(s, "DeregisterTargets", f.deregisterTargets,
		sim.Refuses[awselb.DeregisterTargetsInput]("Targets.QuicServerId"),
		needs("DeregisterTargets", func(in *awselb.DeregisterTargetsInput) []string { return one(in.TargetGroupArn) }))
	sim.Handle(s, "DescribeTargetHealth", f.describeTargetHealth)
}

// given returns a target as its group knows it.
func given(g *group, d elbtypes.TargetDescription) world.Target {
	port := d.Port
	if port == nil {
		port = g.view.Port
	}
	return world.Target{ID: aws.ToString(d.Id), Port: aws.ToInt32(port), Zone: aws.ToString(d.AvailabilityZone)}
}

func (f *Fake) registerTargets(c *sim.Call, in *awselb.RegisterTargetsInput) (*awselb.RegisterTargetsOutput, error) {
	r := f.in(c)
	g := r.group(aws.ToString(in.TargetGroupArn))
	if g == nil {
		return nil, noGroup()
	}
	if err := check(f, c, elbrules.RegisterTargets, in); err != nil {
		return nil, err
	}
	if err := r.roomFor(g, in.Targets); err != nil {
		return nil, err
	}
	for _, d := range in.Targets {
		if err := f.fit(r, g, given(g, d)); err != nil {
			return nil, err
		}
	}
	for _, d := range in.Targets {
		f.register(r, g, given(g, d))
	}
	return &awselb.RegisterTargetsOutput{}, nil
}

// fit checks that a target is there to be registered.
func (f *Fake) fit(r *region, g *group, t world.Target) error {
	switch {
	case g.view.TargetType == elbtypes.TargetTypeEnumAlb:
		return r.balancerTarget(g, t)
	case g.view.TargetType != elbtypes.TargetTypeEnumInstance || f.instances == nil:
		return nil
	}
	i, ok := f.instances.Instance(r.name, t.ID)
	switch {
	case !ok:
		return validation("Instance ID '%s' is not valid", t.ID)
	case i.State != running:
		return &elbtypes.InvalidTargetException{Message: aws.String(fmt.Sprintf(
			"The following targets are not in a running state and cannot be registered: '%s'", t.ID))}
	case i.Interface.VPC != aws.ToString(g.view.VpcId):
		return &elbtypes.InvalidTargetException{Message: aws.String(fmt.Sprintf(
			"The following targets are not in the target group VPC '%s': '%s'", aws.ToString(g.view.VpcId), t.ID))}
	}
	return nil
}

func (f *Fake) deregisterTargets(c *sim.Call, in *awselb.DeregisterTargetsInput) (*awselb.DeregisterTargetsOutput, error) {
	r := f.in(c)
	g := r.group(aws.ToString(in.TargetGroupArn))
	if g == nil {
		return nil, noGroup()
	}
	if err := check(f, c, elbrules.DeregisterTargets, in); err != nil {
		return nil, err
	}
	for _, d := range in.Targets {
		for _, t := range slices.Clone(g.targets) {
			// Without a port, all of the target's are meant.
			if t.is.ID == aws.ToString(d.Id) && (d.Port == nil || *d.Port == t.is.Port) {
				f.deregister(r, g, t)
			}
		}
	}
	return &awselb.DeregisterTargetsOutput{}, nil
}

func (f *Fake) describeTargetHealth(
	c *sim.Call, in *awselb.DescribeTargetHealthInput,
) (*awselb.DescribeTargetHealthOutput, error) {
	g := f.in(c).group(aws.ToString(in.TargetGroupArn))
	if g == nil {
		return nil, noGroup()
	}
	anomalies := len(in.Include) > 0
	out := &awselb.DescribeTargetHealthOutput{}
	if len(in.Targets) == 0 {
		for _, t := range g.targets {
			out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, t.describe(g, anomalies))
		}
		return out, nil
	}
	for _, d := range in.Targets {
		key := given(g, d)
		t := g.target(key)
		if t == nil {
			t = &target{is: key, health: health{
				state: elbtypes.TargetHealthStateEnumUnused, reason: elbtypes.TargetHealthReasonEnumNotRegistered,
				text: "Target is not registered to the target group",
			}}
		}
		out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, t.describe(g, anomalies))
	}
	return out, nil
}

func (t *target) describe(g *group, anomalies bool) elbtypes.TargetHealthDescription {
	d := elbtypes.TargetHealthDescription{
		HealthCheckPort: aws.String(strconv.Itoa(int(probePort(g, t)))),
		Target:          &elbtypes.TargetDescription{Id: aws.String(t.is.ID), Port: aws.Int32(t.is.Port)},
		TargetHealth:    &elbtypes.TargetHealth{State: t.state, Reason: t.reason},
	}
	if t.is.Zone != "" {
		d.Target.AvailabilityZone = aws.String(t.is.Zone)
	}
	if t.text != "" {
		d.TargetHealth.Description = aws.String(t.text)
	}
	if anomalies {
		d.AnomalyDetection = &elbtypes.AnomalyDetection{
			Result: elbtypes.AnomalyResultEnumNormal, MitigationInEffect: elbtypes.MitigationInEffectEnumNo,
		}
	}
	return d
}

// probePort is the port that health checks of a target go to.
func probePort(g *group, t *target) int32 {
	n, err := strconv.ParseInt(aws.ToString(g.view.HealthCheckPort), 10, 32)
	if err != nil {
		return t.is.Port // "traffic-port"
	}
	return int32(n)
}

// target returns a group's target by address and port, or nil.
func (g *group) target(key world.Target) *target {
	for _, t := range g.targets {
		if t.is.ID == key.ID && t.is.Port == key.Port {
			return t
		}
	}
	return nil
}

// Register adds a target to a group, as RegisterTargets does.
func (f *Fake) Register(region, arn string, t world.Target) {
	r := f.of(region)
	if g := r.group(arn); g != nil {
		f.register(r, g, t)
	}
}

// Deregister has a target drain and go, as DeregisterTargets does.
func (f *Fake) Deregister(region, arn string, key world.Target) {
	r := f.of(region)
	g := r.group(arn)
	if g == nil {
		return
	}
	if t := g.target(key); t != nil {
		f.deregister(r, g, t)
	}
}

// Health returns a target's state, reason code and description; "" if it is not
// registered.
func (f *Fake) Health(region, arn string, key world.Target) (state, reason, description string) {
	g := f.of(region).group(arn)
	if g == nil {
		return "", "", ""
	}
	t := g.target(key)
	if t == nil {
		return "", "", ""
	}
	return string(t.state), string(t.reason), t.text
}

// OnHealth has fn called whenever the health of a target changes, and with the
// state "" when it is gone.
func (f *Fake) OnHealth(fn func(region, arn string, t world.Target, state, reason, description string)) {
	f.notify = append(f.notify, fn)
}
