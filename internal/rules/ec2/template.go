// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	templateDoc = reference + "API_CreateLaunchTemplate.html"
	dataDoc     = reference + "API_RequestLaunchTemplateData.html"
	// userDataMost is the most user data before it is encoded, in bytes.
	userDataMost = 16 * 1024
	// descriptionMost is the longest description of a version, in characters.
	descriptionMost = 255
)

var (
	templateName = regexp.MustCompile(`^[a-zA-Z0-9()./_-]{3,128}$`)
	imageID      = regexp.MustCompile(`^(ami-[0-9a-f]{8}([0-9a-f]{9})?|resolve:ssm:.+)$`)
)

// data is what launch templates hold.
type data = ec2types.RequestLaunchTemplateData

// CreateLaunchTemplate has the rules of a new template and of what AWS checks in its data
// at once; see [Launchable] for the rest.
var CreateLaunchTemplate = append(rules.Of[awsec2.CreateLaunchTemplateInput]{
	{
		Meta: rules.Meta{ID: "ec2-template-name", Code: "InvalidLaunchTemplateName.MalformedException", Doc: templateDoc,
			Text: "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the following " +
				"characters: - ( ) . / _."},
		Check: func(r *rules.Report, in *awsec2.CreateLaunchTemplateInput) {
			if name := aws.ToString(in.LaunchTemplateName); !slipway.HasRef(name) && !templateName.MatchString(name) {
				r.Add(rules.Problem{Path: "LaunchTemplateName", Got: fmt.Sprintf("%q", name), Want: "3 to 128 of a-z, A-Z, 0-9 and ()./_-"})
			}
		},
	},
	{
		Meta: descriptionMeta,
		Check: func(r *rules.Report, in *awsec2.CreateLaunchTemplateInput) {
			checkDescription(r, in.VersionDescription)
		},
	},
	{Meta: tagMeta, Check: func(r *rules.Report, in *awsec2.CreateLaunchTemplateInput) {
		checkTagSpecifications(r, in.TagSpecifications)
	}},
}, atOnce("LaunchTemplateData", func(in *awsec2.CreateLaunchTemplateInput) *data { return in.LaunchTemplateData })...)

// CreateLaunchTemplateVersion has the rules of a further version.
var CreateLaunchTemplateVersion = append(rules.Of[awsec2.CreateLaunchTemplateVersionInput]{
	{
		Meta: descriptionMeta,
		Check: func(r *rules.Report, in *awsec2.CreateLaunchTemplateVersionInput) {
			checkDescription(r, in.VersionDescription)
		},
	},
}, atOnce("LaunchTemplateData", func(in *awsec2.CreateLaunchTemplateVersionInput) *data { return in.LaunchTemplateData })...)

// LaunchTemplateData has the rules of data on its own that AWS checks when a template is
// made of it.
var LaunchTemplateData = atOnce("", func(in *data) *data { return in })

var descriptionMeta = rules.Meta{ID: "ec2-template-description", Code: invalidValue, Doc: templateDoc,
	Text: "The version description can have at most 255 characters."}

func checkDescription(r *rules.Report, text *string) {
	if n := utf8.RuneCountInString(aws.ToString(text)); n > descriptionMost {
		r.Add(rules.Problem{Path: "VersionDescription", Got: fmt.Sprintf("%d characters", n), Want: "at most 255 characters"})
	}
}

// below joins the path of a part to a field; the part may be the whole.
func below(part, field string) string {
	if part == "" {
		return field
	}
	return part + "." + field
}

// over makes a rule about data one about what holds the data, at a path.
func over[T any](path string, get func(*T) *data, meta rules.Meta, check func(r *rules.Report, path string, d *data)) rules.Rule[T] {
	return rules.Rule[T]{Meta: meta, Check: func(r *rules.Report, v *T) {
		if d := get(v); d != nil {
			check(r, path, d)
		}
	}}
}

// atOnce has what AWS checks in data before it keeps it.
func atOnce[T any](path string, get func(*T) *data) rules.Of[T] {
	return rules.Of[T]{
		over(path, get, rules.Meta{ID: "ec2-template-image", Code: "InvalidAMIID.Malformed", Doc: dataDoc}, checkImage),
		over(path, get, rules.Meta{ID: "ec2-user-data", Code: "InvalidUserData.Malformed",
			Doc: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html"}, checkUserData),
		over(path, get, rules.Meta{ID: "ec2-template-type", Code: invalidCombined, Doc: dataDoc,
			Text: "The parameters InstanceType and InstanceRequirements cannot be used together."}, checkTypeOrRequirements),
		over(path, get, rules.Meta{ID: "ec2-template-tags", Code: invalidValue, Doc: reference + "API_LaunchTemplateTagSpecificationRequest.html"},
			checkDataTags),
		over(path, get, rules.Meta{ID: "ec2-metadata-options", Code: invalidValue,
			Doc: reference + "API_LaunchTemplateInstanceMetadataOptionsRequest.html"}, checkMetadata),
	}
}

func checkImage(r *rules.Report, path string, d *data) {
	if id := aws.ToString(d.ImageId); d.ImageId != nil && !slipway.HasRef(id) && !imageID.MatchString(id) {
		r.Add(rules.Problem{Path: below(path, "ImageId"), Got: fmt.Sprintf("%q", id), Want: `the ID of an image ("ami-..."), or "resolve:ssm:" and a parameter`,
			Text: fmt.Sprintf(`Invalid id: "%s" (expecting "ami-...")`, id)})
	}
}

// checkUserData looks at user data, whose text is base64. It never repeats any of it.
func checkUserData(r *rules.Report, path string, d *data) {
	if d.UserData == nil || slipway.HasRef(*d.UserData) {
		return
	}
	text, err := base64.StdEncoding.DecodeString(*d.UserData)
	switch {
	case err != nil:
		r.Add(rules.Problem{Path: below(path, "UserData"), Got: "other text", Want: "base64", Text: "Invalid BASE64 encoding of user data."})
	case len(text) > userDataMost:
		r.Add(rules.Problem{Path: below(path, "UserData"), Got: fmt.Sprintf("%d bytes", len(text)), Want: "at most 16384 bytes before encoding",
			Text: "User data is limited to 16384 bytes"})
	}
}

func checkTypeOrRequirements(r *rules.Report, path string, d *data) {
	if d.InstanceType != "" && d.InstanceRequirements != nil {
		r.Add(rules.Problem{Path: below(path, "InstanceRequirements"), Got: "requirements beside InstanceType " + string(d.InstanceType), Want: "one of the two"})
	}
}

// taggedAtLaunch are the things that a launch can tag.
var taggedAtLaunch = map[ec2types.ResourceType]bool{
	ec2types.ResourceTypeInstance: true, ec2types.ResourceTypeVolume: true, ec2types.ResourceTypeNetworkInterface: true,
	ec2types.ResourceTypeSpotInstancesRequest: true,
}

func checkDataTags(r *rules.Report, path string, d *data) {
	for i, s := range d.TagSpecifications {
		kind := string(s.ResourceType)
		at := rules.Elem(below(path, "TagSpecifications"), &kind, i)
		if !taggedAtLaunch[s.ResourceType] {
			r.Add(rules.Problem{Path: at + ".ResourceType", Got: kind, Want: "instance, volume, network-interface or spot-instances-request",
				Text: fmt.Sprintf("'%s' is not a valid taggable resource type for this operation.", kind)})
		}
		CheckTags(r, at+".Tags", s.Tags)
	}
}

func checkMetadata(r *rules.Report, path string, d *data) {
	if o := d.MetadataOptions; o != nil {
		checkHops(r, below(path, "MetadataOptions.HttpPutResponseHopLimit"), o.HttpPutResponseHopLimit)
	}
}

// hopsMost is the furthest that metadata travels, in hops.
const hopsMost = 64

func checkHops(r *rules.Report, path string, hops *int32) {
	if hops != nil && (*hops < 1 || *hops > hopsMost) {
		r.Add(rules.Problem{Path: path, Got: strconv.Itoa(int(*hops)), Want: "1 to 64",
			Text: fmt.Sprintf("Value (%d) for parameter HttpPutResponseHopLimit is invalid. The hop limit must be between 1 and 64.", *hops)})
	}
}

// ModifyInstanceMetadataOptions has the rules of changed metadata options.
var ModifyInstanceMetadataOptions = rules.Of[awsec2.ModifyInstanceMetadataOptionsInput]{{
	Meta: rules.Meta{ID: "ec2-metadata-options", Code: invalidValue, Doc: reference + "API_ModifyInstanceMetadataOptions.html"},
	Check: func(r *rules.Report, in *awsec2.ModifyInstanceMetadataOptionsInput) {
		checkHops(r, "HttpPutResponseHopLimit", in.HttpPutResponseHopLimit)
	},
}}
