// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsclassic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	classictypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	model "github.com/slipway-go/slipway/internal/model/elb"
	elbrules "github.com/slipway-go/slipway/internal/rules/elb"
)

func (f *Fake) classicSettings(s *sim.Service) {
	sim.Handle(s, "CreateLoadBalancerListeners", f.createClassicListeners, onClassic("CreateLoadBalancerListeners",
		func(in *awsclassic.CreateLoadBalancerListenersInput) *string { return in.LoadBalancerName }))
	sim.Handle(s, "DeleteLoadBalancerListeners", f.deleteClassicListeners, onClassic("DeleteLoadBalancerListeners",
		func(in *awsclassic.DeleteLoadBalancerListenersInput) *string { return in.LoadBalancerName }))
	sim.Handle(s, "ConfigureHealthCheck", f.configureHealthCheck, onClassic("ConfigureHealthCheck",
		func(in *awsclassic.ConfigureHealthCheckInput) *string { return in.LoadBalancerName }))
	sim.Handle(s, "DescribeLoadBalancerAttributes", f.describeClassicAttributes)
	sim.Handle(s, "ModifyLoadBalancerAttributes", f.modifyClassicAttributes, onClassic("ModifyLoadBalancerAttributes",
		func(in *awsclassic.ModifyLoadBalancerAttributesInput) *string { return in.LoadBalancerName }))
	sim.Handle(s, "ApplySecurityGroupsToLoadBalancer", f.applyGroups, onClassic("ApplySecurityGroupsToLoadBalancer",
		func(in *awsclassic.ApplySecurityGroupsToLoadBalancerInput) *string { return in.LoadBalancerName }))
	sim.Handle(s, "AttachLoadBalancerToSubnets", f.attachSubnets, onClassic("AttachLoadBalancerToSubnets",
		func(in *awsclassic.AttachLoadBalancerToSubnetsInput) *string { return in.LoadBalancerName }))
	sim.Handle(s, "DetachLoadBalancerFromSubnets", f.detachSubnets, onClassic("DetachLoadBalancerFromSubnets",
		func(in *awsclassic.DetachLoadBalancerFromSubnetsInput) *string { return in.LoadBalancerName }))
}

// given looks up the balancer that a call names.
func (f *Fake) classicGiven(c *sim.Call, name *string) (*region, *classic, error) {
	r := f.in(c)
	b := r.classic(aws.ToString(name))
	if b == nil {
		return nil, nil, noClassic(aws.ToString(name))
	}
	return r, b, nil
}

func (f *Fake) createClassicListeners(
	c *sim.Call, in *awsclassic.CreateLoadBalancerListenersInput,
) (*awsclassic.CreateLoadBalancerListenersOutput, error) {
	_, b, err := f.classicGiven(c, in.LoadBalancerName)
	if err != nil {
		return nil, err
	}
	if err := checkClassic(f, c, elbrules.CreateClassicListeners, in); err != nil {
		return nil, err
	}
	list := slices.Clone(b.view.ListenerDescriptions)
	for _, d := range listenersDescribed(in.Listeners) {
		if slices.ContainsFunc(list, func(o classictypes.ListenerDescription) bool {
			return o.Listener.LoadBalancerPort == d.Listener.LoadBalancerPort
		}) {
			return nil, &classictypes.DuplicateListenerException{Message: aws.String(fmt.Sprintf(
				"A listener already exists for %s with LoadBalancerPort %d, but with a different InstancePort, Protocol, or SSLCertificateId",
				b.name(), d.Listener.LoadBalancerPort))}
		}
		list = append(list, d)
	}
	b.view.ListenerDescriptions = list
	return &awsclassic.CreateLoadBalancerListenersOutput{}, nil
}

func (f *Fake) deleteClassicListeners(
	c *sim.Call, in *awsclassic.DeleteLoadBalancerListenersInput,
) (*awsclassic.DeleteLoadBalancerListenersOutput, error) {
	_, b, err := f.classicGiven(c, in.LoadBalancerName)
	if err != nil {
		return nil, err
	}
	b.view.ListenerDescriptions = slices.DeleteFunc(slices.Clone(b.view.ListenerDescriptions), func(d classictypes.ListenerDescription) bool {
		return slices.Contains(in.LoadBalancerPorts, d.Listener.LoadBalancerPort)
	})
	return &awsclassic.DeleteLoadBalancerListenersOutput{}, nil
}

func (f *Fake) configureHealthCheck(
	c *sim.Call, in *awsclassic.ConfigureHealthCheckInput,
) (*awsclassic.ConfigureHealthCheckOutput, error) {
	r, b, err := f.classicGiven(c, in.LoadBalancerName)
	if err != nil {
		return nil, err
	}
	if err := checkClassic(f, c, elbrules.ConfigureHealthCheck, in); err != nil {
		return nil, err
	}
	b.view.HealthCheck = in.HealthCheck
	for _, i := range b.instances {
		f.watchInstance(r, b, i)
	}
	return &awsclassic.ConfigureHealthCheckOutput{HealthCheck: in.HealthCheck}, nil
}

func (f *Fake) describeClassicAttributes(
	c *sim.Call, in *awsclassic.DescribeLoadBalancerAttributesInput,
) (*awsclassic.DescribeLoadBalancerAttributesOutput, error) {
	_, b, err := f.classicGiven(c, in.LoadBalancerName)
	if err != nil {
		return nil, err
	}
	return &awsclassic.DescribeLoadBalancerAttributesOutput{LoadBalancerAttributes: b.attributes}, nil
}

func (f *Fake) modifyClassicAttributes(
	c *sim.Call, in *awsclassic.ModifyLoadBalancerAttributesInput,
) (*awsclassic.ModifyLoadBalancerAttributesOutput, error) {
	_, b, err := f.classicGiven(c, in.LoadBalancerName)
	if err != nil {
		return nil, err
	}
	if err := checkClassic(f, c, elbrules.ModifyClassicAttributes, in); err != nil {
		return nil, err
	}
	now, more := *b.attributes, in.LoadBalancerAttributes
	replace(&now.AccessLog, more.AccessLog)
	replace(&now.ConnectionDraining, more.ConnectionDraining)
	replace(&now.ConnectionSettings, more.ConnectionSettings)
	replace(&now.CrossZoneLoadBalancing, more.CrossZoneLoadBalancing)
	if more.AdditionalAttributes != nil {
		now.AdditionalAttributes = more.AdditionalAttributes
	}
	state := model.Classic{Attributes: &now}
	model.FillClassic(&state)
	b.attributes = state.Attributes
	return &awsclassic.ModifyLoadBalancerAttributesOutput{LoadBalancerName: in.LoadBalancerName, LoadBalancerAttributes: b.attributes}, nil
}

func (f *Fake) applyGroups(
	c *sim.Call, in *awsclassic.ApplySecurityGroupsToLoadBalancerInput,
) (*awsclassic.ApplySecurityGroupsToLoadBalancerOutput, error) {
	r, b, err := f.classicGiven(c, in.LoadBalancerName)
	if err != nil {
		return nil, err
	}
	for _, id := range in.SecurityGroups {
		if _, ok := f.network.GroupVPC(r.name, id); !ok {
			return nil, &classictypes.InvalidSecurityGroupException{Message: aws.String(fmt.Sprintf("Security group '%s' is not valid", id))}
		}
	}
	b.node.view.SecurityGroups = in.SecurityGroups
	if err := f.attachClassic(r, b, b.view.Subnets); err != nil {
		return nil, err
	}
	return &awsclassic.ApplySecurityGroupsToLoadBalancerOutput{SecurityGroups: b.view.SecurityGroups}, nil
}

func (f *Fake) attachSubnets(
	c *sim.Call, in *awsclassic.AttachLoadBalancerToSubnetsInput,
) (*awsclassic.AttachLoadBalancerToSubnetsOutput, error) {
	r, b, err := f.classicGiven(c, in.LoadBalancerName)
	if err != nil {
		return nil, err
	}
	subnets := slices.Clone(b.view.Subnets)
	for _, id := range in.Subnets {
		if _, ok := f.network.Subnet(r.name, id); !ok {
			return nil, &classictypes.SubnetNotFoundException{Message: aws.String(fmt.Sprintf("The subnet ID '%s' does not exist", id))}
		}
		if !slices.Contains(subnets, id) {
			subnets = append(subnets, id)
		}
	}
	if err := f.attachClassic(r, b, subnets); err != nil {
		return nil, err
	}
	return &awsclassic.AttachLoadBalancerToSubnetsOutput{Subnets: b.view.Subnets}, nil
}

func (f *Fake) detachSubnets(
	c *sim.Call, in *awsclassic.DetachLoadBalancerFromSubnetsInput,
) (*awsclassic.DetachLoadBalancerFromSubnetsOutput, error) {
	r, b, err := f.classicGiven(c, in.LoadBalancerName)
	if err != nil {
		return nil, err
	}
	left := slices.DeleteFunc(slices.Clone(b.view.Subnets), func(id string) bool { return slices.Contains(in.Subnets, id) })
	if len(left) == 0 {
		return nil, &classictypes.InvalidConfigurationRequestException{Message: aws.String("Cannot detach all subnets from the load balancer")}
	}
	if err := f.attachClassic(r, b, left); err != nil {
		return nil, err
	}
	return &awsclassic.DetachLoadBalancerFromSubnetsOutput{Subnets: b.view.Subnets}, nil
}

func (f *Fake) classicTagOperations(s *sim.Service) {
	sim.Handle(s, "AddTags", f.addClassicTags, sim.Needs(func(c *sim.Call, in *awsclassic.AddTagsInput) []sim.Access {
		return onNames(c, "AddTags", in.LoadBalancerNames)
	}))
	sim.Handle(s, "RemoveTags", f.removeClassicTags, sim.Needs(func(c *sim.Call, in *awsclassic.RemoveTagsInput) []sim.Access {
		return onNames(c, "RemoveTags", in.LoadBalancerNames)
	}))
	sim.Handle(s, "DescribeTags", f.describeClassicTags)
}

func onNames(c *sim.Call, operation string, names []string) []sim.Access {
	var all []sim.Access
	for _, n := range names {
		all = append(all, sim.Access{Action: "elasticloadbalancing:" + operation, Resource: classicARN(c, n)})
	}
	return all
}

func (f *Fake) addClassicTags(c *sim.Call, in *awsclassic.AddTagsInput) (*awsclassic.AddTagsOutput, error) {
	for _, name := range in.LoadBalancerNames {
		_, b, err := f.classicGiven(c, &name)
		if err != nil {
			return nil, err
		}
		more := map[string]string{}
		for _, t := range in.Tags {
			more[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
		all := merged(b.tags, more)
		if len(all) > maxTags {
			return nil, &classictypes.TooManyTagsException{Message: aws.String("The maximum number of tags for the resource has been reached")}
		}
		b.tags = all
	}
	return &awsclassic.AddTagsOutput{}, nil
}

func (f *Fake) removeClassicTags(c *sim.Call, in *awsclassic.RemoveTagsInput) (*awsclassic.RemoveTagsOutput, error) {
	for _, name := range in.LoadBalancerNames {
		_, b, err := f.classicGiven(c, &name)
		if err != nil {
			return nil, err
		}
		left := maps.Clone(b.tags)
		for _, t := range in.Tags {
			delete(left, aws.ToString(t.Key))
		}
		b.tags = left
	}
	return &awsclassic.RemoveTagsOutput{}, nil
}

func (f *Fake) describeClassicTags(c *sim.Call, in *awsclassic.DescribeTagsInput) (*awsclassic.DescribeTagsOutput, error) {
	out := &awsclassic.DescribeTagsOutput{}
	for _, name := range in.LoadBalancerNames {
		_, b, err := f.classicGiven(c, &name)
		if err != nil {
			return nil, err
		}
		d := classictypes.TagDescription{LoadBalancerName: aws.String(name)}
		for _, p := range pairs(b.tags) {
			d.Tags = append(d.Tags, classictypes.Tag{Key: p.Key, Value: p.Value})
		}
		out.TagDescriptions = append(out.TagDescriptions, d)
	}
	return out, nil
}
