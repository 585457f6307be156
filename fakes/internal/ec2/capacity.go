// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// SetLimits says what EC2 does not have from now on.
func (f *Fake) SetLimits(l world.EC2Limits) { f.limits = l }

// Lost reports whether a zone is lost.
func (f *Fake) Lost(zone string) bool { return f.lost[zone] }

// OnZone has fn called when a zone is lost and when it is back.
func (f *Fake) OnZone(fn func(zone string, lost bool)) { f.onZone = append(f.onZone, fn) }

// LoseZone ends every instance of a zone at once, and has nothing start there until
// [Fake.RestoreZone].
func (f *Fake) LoseZone(zone string) error {
	if err := f.knownZone(zone); err != nil {
		return err
	}
	if f.lost[zone] {
		return fmt.Errorf("zone %s is lost already", zone)
	}
	f.lost[zone] = true
	r := f.of(zone[:len(zone)-1])
	for _, i := range r.instances.where(func(i instance) bool { return i.zone == zone }) {
		r.kill(i.id)
	}
	f.tellZone(zone)
	return nil
}

// RestoreZone brings a lost zone back.
func (f *Fake) RestoreZone(zone string) error {
	if !f.lost[zone] {
		return fmt.Errorf("zone %q is not lost", zone)
	}
	delete(f.lost, zone)
	f.tellZone(zone)
	return nil
}

func (f *Fake) tellZone(zone string) {
	for _, fn := range f.onZone {
		fn(zone, f.lost[zone])
	}
}

// knownZone refuses what is not the name of a zone.
func (f *Fake) knownZone(zone string) error {
	if len(zone) > 1 {
		region := zone[:len(zone)-1]
		if _, ok := regionCodes[region]; ok && slices.Contains(zones, zone[len(region):]) {
			return nil
		}
	}
	return fmt.Errorf("%q is not a zone, such as \"us-east-1a\"", zone)
}

// capacity is EC2's answer to a launch for which a zone has no room.
//
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html
func (r *region) capacity(kind, zone string, spot bool) error {
	if !r.full(kind, zone, spot) {
		return nil
	}
	if spot {
		return insufficient("There is no Spot capacity available that matches your request.")
	}
	text := fmt.Sprintf("We currently do not have sufficient %s capacity in the Availability Zone you requested (%s). "+
		"Our system will be working on provisioning additional capacity.", kind, zone)
	elsewhere := slices.DeleteFunc(r.zoneList(), func(z string) bool { return r.full(kind, z, spot) })
	if len(elsewhere) > 0 {
		text += fmt.Sprintf(" You can currently get %s capacity by not specifying an Availability Zone in your request or choosing %s.",
			kind, strings.Join(elsewhere, ", "))
	}
	return insufficient(text)
}

// full reports whether a zone has no room for instances of a type.
func (r *region) full(kind, zone string, spot bool) bool {
	pools := r.f.limits.Full
	if spot {
		pools = r.f.limits.FullSpot
	}
	return r.f.lost[zone] || slices.ContainsFunc(pools, func(p world.CapacityPool) bool {
		return (p.Zone == "" || p.Zone == zone) && (p.Type == "" || p.Type == kind)
	})
}

// insufficient is a fault of the server, which the SDK tries again.
func insufficient(text string) error {
	return &smithy.GenericAPIError{Code: "InsufficientInstanceCapacity", Message: text, Fault: smithy.FaultServer}
}

// quotaOf is EC2's answer to the launch of n instances for which the account has no vCPUs
// left.
func (r *region) quotaOf(p plan, n int) error {
	t := p.kind
	t.VCPUs *= n
	return r.quota(t, p.spot)
}

func (r *region) quota(t world.InstanceType, spot bool) error {
	most := r.f.limits.VCPUs
	if spot {
		most = r.f.limits.SpotVCPUs
	}
	if most == 0 {
		return nil
	}
	used := t.VCPUs
	for _, i := range r.instances.rows {
		if i.spot == spot && i.lives() {
			used += i.kind.VCPUs
		}
	}
	switch {
	case used <= most:
		return nil
	case spot:
		return exceeded("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded")
	default:
		return exceeded("VcpuLimitExceeded", fmt.Sprintf("You have requested more vCPU capacity than your current vCPU limit of %d allows "+
			"for the instance bucket that the specified instance type belongs to. "+
			"Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.", most))
	}
}

func exceeded(code, text string) error {
	return &smithy.GenericAPIError{Code: code, Message: text, Fault: smithy.FaultClient}
}
