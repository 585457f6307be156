// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/slipway-go/slipway/internal/rules"
)

const (
	groupDoc = reference + "API_CreateSecurityGroup.html"
	// groupTextMost is the longest name or description of a group, in characters.
	groupTextMost = 255
	groupSet      = "a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*"
)

var groupText = regexp.MustCompile(`^[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*$`)

// CreateSecurityGroup has the rules of a group's name and description.
var CreateSecurityGroup = rules.Of[awsec2.CreateSecurityGroupInput]{
	{
		Meta: rules.Meta{ID: "ec2-group-name-required", Code: missingParameter, Doc: groupDoc,
			Text: "The request must contain the parameter GroupName"},
		Check: func(r *rules.Report, in *awsec2.CreateSecurityGroupInput) {
			required(r, "GroupName", in.GroupName)
		},
	},
	{
		Meta: rules.Meta{ID: "ec2-group-description-required", Code: missingParameter, Doc: groupDoc,
			Text: "The request must contain the parameter GroupDescription"},
		Check: func(r *rules.Report, in *awsec2.CreateSecurityGroupInput) {
			required(r, "Description", in.Description)
		},
	},
	{
		Meta: rules.Meta{ID: "ec2-group-name-prefix", Code: invalidValue, Doc: groupDoc},
		Check: func(r *rules.Report, in *awsec2.CreateSecurityGroupInput) {
			if name := aws.ToString(in.GroupName); strings.HasPrefix(name, "sg-") {
				r.Add(rules.Problem{Path: "GroupName", Got: name, Want: `a name that does not start with "sg-"`,
					Text: fmt.Sprintf("Value (%s) for parameter GroupName is invalid. Group names may not be in the format sg-*.", name)})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "ec2-group-name-reserved", Code: "InvalidGroup.Reserved", Doc: groupDoc,
			Text: "The security group 'default' is reserved"},
		Check: func(r *rules.Report, in *awsec2.CreateSecurityGroupInput) {
			if strings.EqualFold(aws.ToString(in.GroupName), "default") {
				r.Add(rules.Problem{Path: "GroupName", Got: *in.GroupName, Want: `a name other than "default"`})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "ec2-group-name-text", Code: invalidValue, Doc: groupDoc,
			Text: "Invalid security group name. Valid names are strings less than 256 characters from the following set: " +
				" a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"},
		Check: func(r *rules.Report, in *awsec2.CreateSecurityGroupInput) {
			checkGroupText(r, "GroupName", in.GroupName)
		},
	},
	{
		Meta: rules.Meta{ID: "ec2-group-description-text", Code: invalidValue, Doc: groupDoc,
			Text: "Invalid security group description. Valid descriptions are strings less than 256 characters from the following set: " +
				" a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"},
		Check: func(r *rules.Report, in *awsec2.CreateSecurityGroupInput) {
			checkGroupText(r, "Description", in.Description)
		},
	},
	{Meta: tagMeta, Check: func(r *rules.Report, in *awsec2.CreateSecurityGroupInput) {
		checkTagSpecifications(r, in.TagSpecifications)
	}},
}

func required(r *rules.Report, path string, value *string) {
	if aws.ToString(value) == "" {
		r.Add(rules.Problem{Path: path, Want: "a value, which AWS requires"})
	}
}

func checkGroupText(r *rules.Report, path string, value *string) {
	text := aws.ToString(value)
	switch {
	case !groupText.MatchString(text):
		r.Add(rules.Problem{Path: path, Got: text, Want: "only " + groupSet})
	case utf8.RuneCountInString(text) > groupTextMost:
		r.Add(rules.Problem{Path: path, Got: text, Want: fmt.Sprintf("at most %d characters", groupTextMost)})
	}
}
