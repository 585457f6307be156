// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/awsid"
	model "github.com/slipway-go/slipway/internal/model/iam"
	rulesiam "github.com/slipway-go/slipway/internal/rules/iam"
)

func profileKind() slipway.Kind {
	return slipway.NewKind[model.InstanceProfile](model.KindInstanceProfile, profileDriver{})
}

// profileDriver knows how IAM keeps instance profiles.
type profileDriver struct{ awsid.Identity }

type liveProfile = slipway.Live[model.InstanceProfile]

var (
	_ slipway.Driver[model.InstanceProfile]    = profileDriver{}
	_ slipway.Checker[model.InstanceProfile]   = profileDriver{}
	_ slipway.Lister[model.InstanceProfile]    = profileDriver{}
	_ slipway.Permitter[model.InstanceProfile] = profileDriver{}
	_ slipway.Predictor[model.InstanceProfile] = profileDriver{}
	_ slipway.Family                           = profileDriver{}
)

// Kinds returns the kinds of this package.
func (profileDriver) Kinds() []slipway.Kind { return Kinds() }

// Before returns what launches instances with the profile.
func (profileDriver) Before() []string { return []string{"autoscaling:Group", "ec2:LaunchTemplate"} }

// Defaults fills in IAM's defaults.
func (profileDriver) Defaults(s *model.InstanceProfile) {
	if aws.ToString(s.Create.Path) == "" {
		s.Create.Path = aws.String("/")
	}
	if s.Create.Tags == nil {
		s.Create.Tags = []iamtypes.Tag{}
	}
}

// Effects says that a profile's name and path are for ever.
func (profileDriver) Effects() slipway.Effects {
	return slipway.Effects{
		Fields: map[string]slipway.Effect{
			"Create.InstanceProfileName": slipway.NewName, "Create.Path": slipway.NewName,
		},
		Keys: map[string]string{"Create.Tags": "Key"},
	}
}

// Check runs the rules of CreateInstanceProfile.
func (profileDriver) Check(refs slipway.Refs, s *model.InstanceProfile) []slipway.FieldError {
	return rulesiam.CreateInstanceProfile.All(refs, &s.Create)
}

// Predict returns what follows from the profile's name and path.
func (profileDriver) Predict(want *model.InstanceProfile) map[string][]string {
	return map[string][]string{"arn": {profileARN(want)}, "name": {aws.ToString(want.Create.InstanceProfileName)}}
}

func profileARN(s *model.InstanceProfile) string {
	path := aws.ToString(s.Create.Path)
	if path == "" {
		path = "/"
	}
	return account("instance-profile" + path + aws.ToString(s.Create.InstanceProfileName))
}

// Permissions returns what reading, and then creating, changing or deleting the
// profile needs.
func (profileDriver) Permissions(have *liveProfile, want *model.InstanceProfile) []slipway.Permission {
	list := slipway.Permission{
		Actions: []string{"iam:ListInstanceProfiles"}, Resources: []string{"*"},
	}
	if have == nil && want == nil {
		return []slipway.Permission{list}
	}
	profile := want
	if profile == nil {
		profile = &have.State
	}
	on := []string{profileARN(profile)}
	// IAM does not know the path of a profile that does not exist.
	bare := account("instance-profile/" + aws.ToString(profile.Create.InstanceProfileName))
	needs := []slipway.Permission{{Actions: []string{"iam:GetInstanceProfile"}, Resources: slices.Compact([]string{on[0], bare})}, list}
	pass := slipway.Permission{Actions: []string{"iam:PassRole"}, Resources: []string{profile.Role}}
	switch {
	case want == nil:
		return append(needs, slipway.Permission{
			Actions: []string{"iam:DeleteInstanceProfile", "iam:RemoveRoleFromInstanceProfile"}, Resources: on,
		})
	case have == nil:
		return append(needs, pass, slipway.Permission{
			Actions: []string{"iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "iam:TagInstanceProfile"}, Resources: on,
		})
	default:
		return append(needs, pass, slipway.Permission{Actions: []string{
			"iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:TagInstanceProfile", "iam:UntagInstanceProfile",
		}, Resources: on})
	}
}

// Read returns the profile with its role, or nil if there is none of the name.
func (profileDriver) Read(ctx context.Context, c slipway.Call, want *model.InstanceProfile) (*liveProfile, error) {
	if name := aws.ToString(want.Create.InstanceProfileName); name == "" || slipway.HasRef(name) {
		return nil, nil //nolint:nilnil // that is how a driver says that there is none
	}
	return readProfile(ctx, client(c), want.Create.InstanceProfileName)
}

func readProfile(ctx context.Context, api *awsiam.Client, name *string) (*liveProfile, error) {
	out, err := api.GetInstanceProfile(ctx, &awsiam.GetInstanceProfileInput{InstanceProfileName: name})
	if awserr.Is(err, notFound) {
		return nil, nil //nolint:nilnil // that is how a driver says that there is none
	}
	if err != nil {
		return nil, awserr.Wrap(err, "get instance profile")
	}
	return rebuildProfile(out.InstanceProfile), nil
}

func rebuildProfile(p *iamtypes.InstanceProfile) *liveProfile {
	tags, owner := owned(p.Tags)
	live := &liveProfile{
		State: model.InstanceProfile{Create: awsiam.CreateInstanceProfileInput{
			InstanceProfileName: p.InstanceProfileName, Path: p.Path, Tags: tags,
		}},
		Outputs: map[string][]string{
			"arn": {aws.ToString(p.Arn)}, "name": {aws.ToString(p.InstanceProfileName)}, "id": {aws.ToString(p.InstanceProfileId)},
		},
		Owner: owner,
	}
	if len(p.Roles) > 0 { // there is never more than one
		live.State.Role = aws.ToString(p.Roles[0].Arn)
	}
	return live
}

// List returns the profiles under the stack's path whose tags say that they are the
// stack's own, in this region.
func (profileDriver) List(ctx context.Context, c slipway.Call) ([]*liveProfile, error) {
	stack, _, _ := strings.Cut(c.Stack, "@")
	var all []*liveProfile
	pages := awsiam.NewListInstanceProfilesPaginator(client(c), &awsiam.ListInstanceProfilesInput{PathPrefix: aws.String(ownPath(stack))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "list instance profiles")
		}
		for _, p := range page.InstanceProfiles {
			// The list has no tags.
			live, err := readProfile(ctx, client(c), p.InstanceProfileName)
			if err != nil {
				return nil, err
			}
			if live != nil && live.Owner.Stack == c.Stack {
				all = append(all, live)
			}
		}
	}
	return all, nil
}

// Put creates the profile, or changes its tags, and gives it its role.
func (d profileDriver) Put(ctx context.Context, c slipway.Call, have *liveProfile, want *model.InstanceProfile) error {
	name := want.Create.InstanceProfileName
	if have == nil {
		made, err := d.create(ctx, c, want.Create)
		if err != nil {
			return err
		}
		have = made
	}
	if err := retagProfile(ctx, client(c), name, tagMap(have.State.Create.Tags), tagMap(want.Create.Tags)); err != nil {
		return err
	}
	if have.State.Role == want.Role {
		return nil
	}
	if err := removeRole(ctx, client(c), name, have.State.Role); err != nil {
		return err
	}
	_, err := client(c).AddRoleToInstanceProfile(ctx, &awsiam.AddRoleToInstanceProfileInput{
		InstanceProfileName: name, RoleName: aws.String(roleOf(want.Role)),
	})
	if awserr.Is(err, "LimitExceeded") { // said of the role that it has, too
		there, readErr := readProfile(ctx, client(c), name)
		if readErr == nil && there != nil && roleOf(there.State.Role) == roleOf(want.Role) {
			return nil
		}
	}
	return awserr.Wrap(err, "add role to instance profile")
}

// create makes the profile. One that exists by now and is the stack's own has been
// made by a call whose answer was lost.
func (profileDriver) create(ctx context.Context, c slipway.Call, in awsiam.CreateInstanceProfileInput) (*liveProfile, error) {
	made := &liveProfile{State: model.InstanceProfile{Create: in}}
	in.Tags = slices.Concat(in.Tags, ownerTags(c))
	_, err := client(c).CreateInstanceProfile(ctx, &in)
	if err == nil {
		return made, nil
	}
	if awserr.Is(err, "EntityAlreadyExists") {
		there, readErr := readProfile(ctx, client(c), in.InstanceProfileName)
		if readErr == nil && there != nil && there.Owner == c.Owner() {
			return there, nil
		}
	}
	return nil, awserr.Wrap(err, "create instance profile")
}

func retagProfile(ctx context.Context, api *awsiam.Client, name *string, old, wanted map[string]string) error {
	set := map[string]string{}
	for key, value := range wanted {
		if v, ok := old[key]; !ok || v != value {
			set[key] = value
		}
		delete(old, key)
	}
	if len(set) > 0 {
		_, err := api.TagInstanceProfile(ctx, &awsiam.TagInstanceProfileInput{InstanceProfileName: name, Tags: roleTags(set)})
		if err != nil {
			return awserr.Wrap(err, "tag instance profile")
		}
	}
	if len(old) == 0 {
		return nil
	}
	_, err := api.UntagInstanceProfile(ctx, &awsiam.UntagInstanceProfileInput{
		InstanceProfileName: name, TagKeys: slices.Sorted(maps.Keys(old)),
	})
	return awserr.Wrap(err, "untag instance profile")
}

// roleOf is the name of the role of an ARN.
func roleOf(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

func removeRole(ctx context.Context, api *awsiam.Client, profile *string, role string) error {
	if role == "" {
		return nil
	}
	_, err := api.RemoveRoleFromInstanceProfile(ctx, &awsiam.RemoveRoleFromInstanceProfileInput{
		InstanceProfileName: profile, RoleName: aws.String(roleOf(role)),
	})
	if awserr.Is(err, notFound) {
		return nil
	}
	return awserr.Wrap(err, "remove role from instance profile")
}

// Delete takes the role out of the profile, which IAM demands, and removes it.
func (profileDriver) Delete(ctx context.Context, c slipway.Call, have *liveProfile) error {
	name := have.State.Create.InstanceProfileName
	if err := removeRole(ctx, client(c), name, have.State.Role); err != nil {
		return err
	}
	_, err := client(c).DeleteInstanceProfile(ctx, &awsiam.DeleteInstanceProfileInput{InstanceProfileName: name})
	if awserr.Is(err, notFound) {
		return nil
	}
	return awserr.Wrap(err, "delete instance profile")
}

// Tag marks an existing profile as the stack's own.
func (profileDriver) Tag(ctx context.Context, c slipway.Call, have *liveProfile) error {
	_, err := client(c).TagInstanceProfile(ctx, &awsiam.TagInstanceProfileInput{
		InstanceProfileName: have.State.Create.InstanceProfileName, Tags: ownerTags(c),
	})
	return awserr.Wrap(err, "tag instance profile")
}
