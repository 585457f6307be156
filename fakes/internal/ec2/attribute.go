// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	ruleset "github.com/slipway-go/slipway/internal/rules/ec2"
)

func registerAttributes(s *sim.Service, f *Fake) {
	handle(s, f, "DescribeInstanceAttribute", (*region).describeAttribute,
		sim.Needs(func(c *sim.Call, in *awsec2.DescribeInstanceAttributeInput) []sim.Access {
			return access(c, "instance/"+aws.ToString(in.InstanceId))
		}))
	handle(s, f, "ModifyInstanceAttribute", (*region).modifyAttribute, sim.Refuses[awsec2.ModifyInstanceAttributeInput](
		"Attribute", "BlockDeviceMappings", "EbsOptimized", "EnaSupport", "EnclaveOptions", "InstanceType", "Kernel", "Ramdisk",
		"SriovNetSupport", "UserData", "Value"), sim.Needs(func(c *sim.Call, in *awsec2.ModifyInstanceAttributeInput) []sim.Access {
		return access(c, "instance/"+aws.ToString(in.InstanceId))
	}))
	handle(s, f, "ModifyInstanceMetadataOptions", (*region).modifyOptions,
		sim.Needs(func(c *sim.Call, in *awsec2.ModifyInstanceMetadataOptionsInput) []sim.Access {
			return access(c, "instance/"+aws.ToString(in.InstanceId))
		}))
}

// optionsOf are the metadata options of a new instance. What the template leaves open
// depends on the image: those of Amazon Linux 2023 ask for tokens and let them travel two
// hops, so that containers get them too.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-options-order-of-precedence.html
func optionsOf(s spec, m world.MachineImage) ec2types.InstanceMetadataOptionsResponse {
	var given ec2types.LaunchTemplateInstanceMetadataOptions
	if s.MetadataOptions != nil {
		given = *s.MetadataOptions
	}
	tokens, hops := ec2types.HttpTokensStateOptional, int32(1)
	if needsTokens(m) {
		tokens, hops = ec2types.HttpTokensStateRequired, 2
	}
	return ec2types.InstanceMetadataOptionsResponse{
		State:                   ec2types.InstanceMetadataOptionsStateApplied,
		HttpEndpoint:            cmp.Or(ec2types.InstanceMetadataEndpointState(given.HttpEndpoint), ec2types.InstanceMetadataEndpointStateEnabled),
		HttpTokens:              cmp.Or(ec2types.HttpTokensState(given.HttpTokens), tokens),
		HttpProtocolIpv6:        cmp.Or(ec2types.InstanceMetadataProtocolState(given.HttpProtocolIpv6), ec2types.InstanceMetadataProtocolStateDisabled),
		InstanceMetadataTags:    cmp.Or(ec2types.InstanceMetadataTagsState(given.InstanceMetadataTags), ec2types.InstanceMetadataTagsStateDisabled),
		HttpPutResponseHopLimit: aws.Int32(cmp.Or(aws.ToInt32(given.HttpPutResponseHopLimit), hops)),
	}
}

func (r *region) modifyOptions(in *awsec2.ModifyInstanceMetadataOptionsInput) (*awsec2.ModifyInstanceMetadataOptionsOutput, error) {
	if err := sim.Check(ruleset.ModifyInstanceMetadataOptions, nil, in, nil); err != nil {
		return nil, err
	}
	i, err := need(&r.instances, "i-", aws.ToString(in.InstanceId))
	if err != nil {
		return nil, err
	}
	if i.ended() {
		return nil, wrongState(i, "modified")
	}
	o := i.options
	o.HttpEndpoint, o.HttpTokens = cmp.Or(in.HttpEndpoint, o.HttpEndpoint), cmp.Or(in.HttpTokens, o.HttpTokens)
	o.HttpProtocolIpv6 = cmp.Or(in.HttpProtocolIpv6, o.HttpProtocolIpv6)
	o.InstanceMetadataTags = cmp.Or(in.InstanceMetadataTags, o.InstanceMetadataTags)
	if in.HttpPutResponseHopLimit != nil {
		o.HttpPutResponseHopLimit = in.HttpPutResponseHopLimit
	}
	i.options = o
	r.instances.put(i.id, i)
	o.State = ec2types.InstanceMetadataOptionsStatePending
	return &awsec2.ModifyInstanceMetadataOptionsOutput{InstanceId: in.InstanceId, InstanceMetadataOptions: &o}, nil
}

func yes(on bool) *ec2types.AttributeBooleanValue {
	return &ec2types.AttributeBooleanValue{Value: aws.Bool(on)}
}

func word(s string) *ec2types.AttributeValue { return &ec2types.AttributeValue{Value: aws.String(s)} }

func (r *region) describeAttribute(in *awsec2.DescribeInstanceAttributeInput) (*awsec2.DescribeInstanceAttributeOutput, error) {
	i, err := need(&r.instances, "i-", aws.ToString(in.InstanceId))
	if err != nil {
		return nil, err
	}
	shown := r.describedInstance(i)
	out := &awsec2.DescribeInstanceAttributeOutput{InstanceId: in.InstanceId}
	switch in.Attribute {
	case ec2types.InstanceAttributeNameInstanceType:
		out.InstanceType = word(i.kind.Name)
	case ec2types.InstanceAttributeNameUserData:
		out.UserData = &ec2types.AttributeValue{Value: i.spec.UserData}
	case ec2types.InstanceAttributeNameDisableApiTermination:
		out.DisableApiTermination = yes(i.termination)
	case ec2types.InstanceAttributeNameDisableApiStop:
		out.DisableApiStop = yes(i.stop)
	case ec2types.InstanceAttributeNameInstanceInitiatedShutdownBehavior:
		out.InstanceInitiatedShutdownBehavior = word(string(cmp.Or(i.spec.InstanceInitiatedShutdownBehavior, ec2types.ShutdownBehaviorStop)))
	case ec2types.InstanceAttributeNameRootDeviceName:
		out.RootDeviceName = word(i.image.Root)
	case ec2types.InstanceAttributeNameGroupSet:
		out.Groups = shown.SecurityGroups
	case ec2types.InstanceAttributeNameSourceDestCheck:
		out.SourceDestCheck = yes(aws.ToBool(shown.SourceDestCheck))
	case ec2types.InstanceAttributeNameEbsOptimized:
		out.EbsOptimized = yes(aws.ToBool(i.spec.EbsOptimized))
	case ec2types.InstanceAttributeNameEnaSupport:
		out.EnaSupport = yes(true)
	case ec2types.InstanceAttributeNameBlockDeviceMapping:
		out.BlockDeviceMappings = shown.BlockDeviceMappings
	default:
		return nil, sim.NotModelled("instance attribute %q is not modelled", in.Attribute)
	}
	return out, nil
}

func (r *region) modifyAttribute(in *awsec2.ModifyInstanceAttributeInput) (*awsec2.ModifyInstanceAttributeOutput, error) {
	i, err := need(&r.instances, "i-", aws.ToString(in.InstanceId))
	if err != nil {
		return nil, err
	}
	if i.ended() {
		return nil, wrongState(i, "modified")
	}
	if in.DisableApiTermination != nil {
		i.termination = aws.ToBool(in.DisableApiTermination.Value)
	}
	if in.DisableApiStop != nil {
		i.stop = aws.ToBool(in.DisableApiStop.Value)
	}
	if in.InstanceInitiatedShutdownBehavior != nil {
		i.spec.InstanceInitiatedShutdownBehavior = ec2types.ShutdownBehavior(aws.ToString(in.InstanceInitiatedShutdownBehavior.Value))
	}
	if err := r.modifyPort(i.port, in); err != nil {
		return nil, err
	}
	if len(in.Groups) > 0 {
		i.groups = in.Groups
	}
	r.instances.put(i.id, i)
	return &awsec2.ModifyInstanceAttributeOutput{}, nil
}

// modifyPort changes what the instance has of its primary network interface.
func (r *region) modifyPort(id string, in *awsec2.ModifyInstanceAttributeInput) error {
	_, err := r.modifyInterface(&awsec2.ModifyNetworkInterfaceAttributeInput{
		NetworkInterfaceId: aws.String(id), Groups: in.Groups, SourceDestCheck: in.SourceDestCheck,
	})
	return err
}
