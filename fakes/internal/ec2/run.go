// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	ruleset "github.com/slipway-go/slipway/internal/rules/ec2"
)

func registerRun(s *sim.Service, f *Fake) {
	sim.Handle(s, "RunInstances", f.runInstances,
		sim.Refuses[awsec2.RunInstancesInput](append(renamed(unmodelledData("")), "AdditionalInfo", "EnablePrimaryIpv6", "Ipv6AddressCount",
			"Ipv6Addresses")...),
		sim.Needs(f.runAccess))
}

// renamed gives the fields the names that they have in RunInstances.
func renamed(fields []string) []string {
	for i, name := range fields {
		fields[i] = cmp.Or(map[string]string{"RamDiskId": "RamdiskId", "ElasticGpuSpecifications": "ElasticGpuSpecification"}[name], name)
	}
	return fields
}

// runAccess is what a caller of RunInstances needs: the things that it makes and uses, and
// leave to pass the role of the instance profile.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html
func (f *Fake) runAccess(c *sim.Call, in *awsec2.RunInstancesInput) []sim.Access {
	r := f.regions.In(c)
	needed := access(c, "instance/*", "network-interface/*", "volume/*")
	s, t, _, err := r.asked(in)
	if err != nil {
		return creating(c, in.TagSpecifications, needed...)
	}
	if t.id != "" {
		needed = append(needed, access(c, "launch-template/"+t.id)...)
	}
	if id, err := r.resolve(aws.ToString(s.ImageId)); err == nil {
		needed = append(needed, sim.Access{Action: "ec2:RunInstances", Resource: "arn:" + c.Partition + ":ec2:" + c.Region + "::image/" + id})
	}
	if sn, err := r.subnetOf(s, aws.ToString(in.SubnetId)); err == nil {
		needed = append(needed, access(c, "subnet/"+*sn.SubnetId)...)
		groups, err := r.groupsOf(s, sn)
		for _, g := range groups {
			if err == nil {
				needed = append(needed, access(c, "security-group/"+g)...)
			}
		}
	}
	if role := f.roleOf(s.IamInstanceProfile); role != "" {
		needed = append(needed, sim.Access{Action: "iam:PassRole", Resource: role}.With("iam:PassedToService", "ec2.amazonaws.com"))
	}
	return creating(c, in.TagSpecifications, needed...)
}

// roleOf returns the ARN of the role that a profile hands out, "" if there is none.
func (f *Fake) roleOf(p *ec2types.LaunchTemplateIamInstanceProfileSpecification) string {
	if p == nil {
		return ""
	}
	_, role, _ := f.needs.Profiles.InstanceProfile(cmp.Or(aws.ToString(p.Arn), aws.ToString(p.Name)))
	return role
}

// asked is what a call wants: the template's data with the call's over it.
func (r *region) asked(in *awsec2.RunInstancesInput) (spec, template, int64, error) {
	own, err := requested(in)
	if err != nil || in.LaunchTemplate == nil {
		return own, template{}, 0, err
	}
	t, err := r.chosen(in.LaunchTemplate.LaunchTemplateId, in.LaunchTemplate.LaunchTemplateName)
	if err != nil {
		return own, t, 0, err
	}
	v, err := t.version(aws.ToString(in.LaunchTemplate.Version))
	return over(v.data, own), t, v.number, err
}

// runInstances launches as many instances as there is room for, at least MinCount or none.
func (f *Fake) runInstances(c *sim.Call, in *awsec2.RunInstancesInput) (*awsec2.RunInstancesOutput, error) {
	r := f.regions.In(c)
	if err := sim.Check(ruleset.RunInstances, nil, in, nil); err != nil {
		return nil, err
	}
	if id, ok := r.madeFor("run", in.ClientToken); ok {
		return r.reserved(id), nil
	}
	p, err := r.ordered(in)
	if err != nil {
		return nil, err
	}
	n := int(*in.MaxCount)
	if free := p.subnet.pool.free(); free < n {
		n = max(free, int(*in.MinCount))
	}
	if err := r.room(p, n); err != nil {
		return nil, err
	}
	if isDryRun(in) {
		return nil, dryRun()
	}
	b := r.reservation(p)
	b.token = in.ClientToken
	for index := range n {
		b.index = int32(index)
		if _, err := r.boot(p, b); err != nil {
			return nil, err
		}
	}
	r.keepToken("run", in.ClientToken, b.id)
	return r.reserved(b.id), nil
}

// ordered is the plan of a call.
func (r *region) ordered(in *awsec2.RunInstancesInput) (plan, error) {
	s, t, version, err := r.asked(in)
	if err != nil {
		return plan{}, err
	}
	if in.PrivateIpAddress != nil && *in.MaxCount > 1 {
		return plan{}, sim.Errorf("InvalidParameterCombination", "The parameter 'privateIpAddress' may not be used with more than one instance.")
	}
	p := plan{spec: s, spot: isSpot(s), template: t.id, version: version, address: aws.ToString(in.PrivateIpAddress)}
	return r.complete(p, aws.ToString(in.SubnetId))
}

func (r *region) reserved(id string) *awsec2.RunInstancesOutput {
	out := &awsec2.RunInstancesOutput{ReservationId: aws.String(id), OwnerId: aws.String(r.account), Groups: []ec2types.GroupIdentifier{}}
	for _, i := range r.instances.where(func(i instance) bool { return i.booking.id == id }) {
		out.Instances = append(out.Instances, r.describedInstance(i))
	}
	return out
}
