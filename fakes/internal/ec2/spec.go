// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// spec is what an instance shall be, as a launch template says it.
type spec = ec2types.ResponseLaunchTemplateData

// as returns the value as another of the SDK's types. What launch templates and
// RunInstances are given and what they answer differ in the names of the types only, not
// in those of the fields.
func as[T any](from any) (*T, error) {
	text, err := json.Marshal(from)
	if err != nil {
		return nil, err
	}
	to := new(T)
	return to, json.Unmarshal(text, to)
}

// over returns the template's data with what the request says over it. Tags for a kind of
// thing replace the template's for that kind.
func over(template, request spec) spec {
	tags := slices.DeleteFunc(slices.Clone(template.TagSpecifications), func(t ec2types.LaunchTemplateTagSpecification) bool {
		return slices.ContainsFunc(request.TagSpecifications, func(o ec2types.LaunchTemplateTagSpecification) bool {
			return o.ResourceType == t.ResourceType
		})
	})
	tags = append(tags, request.TagSpecifications...)
	out, in := reflect.ValueOf(&template).Elem(), reflect.ValueOf(request)
	for i := range in.NumField() {
		if out.Field(i).CanSet() && !in.Field(i).IsZero() {
			out.Field(i).Set(in.Field(i))
		}
	}
	template.TagSpecifications = tags
	return template
}

// requested is what a call of RunInstances says by itself.
func requested(in *awsec2.RunInstancesInput) (spec, error) {
	s, err := as[spec](in)
	if err != nil {
		return spec{}, err
	}
	return *s, nil
}

// port is the primary network interface that a spec asks for.
func port(s spec) ec2types.LaunchTemplateInstanceNetworkInterfaceSpecification {
	for _, n := range s.NetworkInterfaces {
		if aws.ToInt32(n.DeviceIndex) == 0 {
			return n
		}
	}
	return ec2types.LaunchTemplateInstanceNetworkInterfaceSpecification{}
}

func isSpot(s spec) bool {
	return s.InstanceMarketOptions != nil && s.InstanceMarketOptions.MarketType == ec2types.MarketTypeSpot
}

// tagsFor are the tags that a spec has for a kind of thing.
func tagsFor(s spec, kind ec2types.ResourceType) []ec2types.Tag {
	var tags []ec2types.Tag
	for _, t := range s.TagSpecifications {
		if t.ResourceType == kind {
			tags = append(tags, t.Tags...)
		}
	}
	return tags
}

// decoded is user data in the clear; templates are checked when they are made.
func decoded(userData *string) string {
	text, err := base64.StdEncoding.DecodeString(aws.ToString(userData))
	if err != nil {
		return ""
	}
	return string(text)
}

// named finds the version of a template that is meant: a number, "$Default", "$Latest",
// or nothing for the default.
func (r *region) named(idOrName, number string) (template, templateVersion, error) {
	t, err := r.template(idOrName)
	if err != nil {
		return t, templateVersion{}, err
	}
	v, err := t.version(number)
	return t, v, err
}

// Template returns what those who launch from a template ask of it.
func (f *Fake) Template(region, idOrName, version string) (world.Template, error) {
	t, v, err := f.of(region).named(idOrName, version)
	if err != nil {
		return world.Template{}, err
	}
	return world.Template{
		ID: t.id, Name: t.name, Version: v.number, Type: string(v.data.InstanceType), Spot: isSpot(v.data),
		Subnet: aws.ToString(port(v.data).SubnetId), Role: f.roleOf(v.data.IamInstanceProfile),
	}, nil
}
