// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/awsid"
	model "github.com/slipway-go/slipway/internal/model/iam"
	"github.com/slipway-go/slipway/internal/policy"
	"github.com/slipway-go/slipway/internal/rules"
	rulesiam "github.com/slipway-go/slipway/internal/rules/iam"
)

// Kinds returns the kinds of this package: iam:Role and iam:InstanceProfile.
func Kinds() []slipway.Kind { return []slipway.Kind{roleKind(), profileKind()} }

func roleKind() slipway.Kind { return slipway.NewKind[model.Role](model.KindRole, roleDriver{}) }

// roleDriver knows how IAM keeps roles.
type roleDriver struct{ awsid.Identity }

var (
	_ slipway.Driver[model.Role]    = roleDriver{}
	_ slipway.Checker[model.Role]   = roleDriver{}
	_ slipway.Lister[model.Role]    = roleDriver{}
	_ slipway.Permitter[model.Role] = roleDriver{}
	_ slipway.Identifier            = roleDriver{}
	_ slipway.Family                = roleDriver{}
)

// notFound is IAM's code for what does not exist.
const notFound = "NoSuchEntity"

// defaultSession is the longest session of a role that does not say, in seconds.
const defaultSession = 3600

// Kinds returns the kinds of this package.
func (roleDriver) Kinds() []slipway.Kind { return Kinds() }

// Before returns what uses roles until it is gone: a service cannot drain its
// targets without its role, nor an instance.
func (roleDriver) Before() []string {
	return []string{"autoscaling:Group", "ecs:Service", "ecs:ExpressService", "ecs:TaskDefinition", "elb:TargetGroup", model.KindInstanceProfile}
}

// Defaults fills in IAM's defaults and puts documents into one form.
func (roleDriver) Defaults(s *model.Role) {
	if aws.ToString(s.Create.Path) == "" {
		s.Create.Path = aws.String("/")
	}
	if s.Create.Description == nil {
		s.Create.Description = aws.String("")
	}
	if s.Create.PermissionsBoundary == nil {
		s.Create.PermissionsBoundary = aws.String("")
	}
	if s.Create.MaxSessionDuration == nil {
		s.Create.MaxSessionDuration = aws.Int32(defaultSession)
	}
	if s.Create.Tags == nil {
		s.Create.Tags = []iamtypes.Tag{}
	}
	if s.Create.AssumeRolePolicyDocument != nil {
		s.Create.AssumeRolePolicyDocument = aws.String(policy.Normalize(*s.Create.AssumeRolePolicyDocument))
	}
	inline := make(map[string]string, len(s.Inline))
	for name, text := range s.Inline {
		inline[name] = policy.Normalize(text)
	}
	s.Inline = inline
	s.Attached = slices.Compact(slices.Sorted(slices.Values(s.Attached)))
	if s.Attached == nil {
		s.Attached = []string{}
	}
}

// Effects says that a role's name and path are for ever.
func (roleDriver) Effects() slipway.Effects {
	return slipway.Effects{
		Fields:    map[string]slipway.Effect{"Create.RoleName": slipway.NewName, "Create.Path": slipway.NewName},
		Keys:      map[string]string{"Create.Tags": "Key"},
		Sets:      []string{"Attached"},
		Documents: []string{"Create.AssumeRolePolicyDocument", "Inline"},
	}
}

// Check runs the rules on the role and each of its policies.
func (roleDriver) Check(refs slipway.Refs, s *model.Role) []slipway.FieldError {
	found := rulesiam.CreateRole.All(refs, &s.Create)
	for _, name := range slices.Sorted(maps.Keys(s.Inline)) {
		in := awsiam.PutRolePolicyInput{
			RoleName: s.Create.RoleName, PolicyName: aws.String(name), PolicyDocument: aws.String(s.Inline[name]),
		}
		found = append(found, rules.At("Inline["+name+"]", rulesiam.PutRolePolicy.All(refs, &in))...)
	}
	for i, arn := range s.Attached {
		in := awsiam.AttachRolePolicyInput{RoleName: s.Create.RoleName, PolicyArn: aws.String(arn)}
		found = append(found, rules.At(fmt.Sprintf("Attached[%d]", i), rulesiam.AttachRolePolicy.All(refs, &in))...)
	}
	whole := rulesiam.RoleState{Inline: s.Inline, Attached: s.Attached}
	return append(found, rulesiam.Whole.All(refs, &whole)...)
}

// Tag marks an existing role as the stack's own.
func (roleDriver) Tag(ctx context.Context, c slipway.Call, have *slipway.Live[model.Role]) error {
	return tag(ctx, client(c), have.State.Create.RoleName, ownerTags(c))
}

func client(c slipway.Call) *awsiam.Client { return slipway.Client(c, awsiam.NewFromConfig) }

func ownerTags(c slipway.Call) []iamtypes.Tag { return roleTags(c.Tags()) }

func tag(ctx context.Context, api *awsiam.Client, name *string, tags []iamtypes.Tag) error {
	_, err := api.TagRole(ctx, &awsiam.TagRoleInput{RoleName: name, Tags: tags})
	return awserr.Wrap(err, "tag role")
}
