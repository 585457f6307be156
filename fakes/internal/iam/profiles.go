// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	rules "github.com/slipway-go/slipway/internal/rules/iam"
)

// profile is an instance profile with the name of its role, if it has one.
type profile struct {
	iamtypes.InstanceProfile
	Role string
	// usable is when EC2 has heard of the profile, filled when of its role.
	usable, filled time.Time
}

var _ world.Profiles = (*Fake)(nil)

// InstanceProfile returns the ARNs of a profile, by name or ARN, and of its role. Both are
// hidden until they have propagated.
func (f *Fake) InstanceProfile(nameOrARN string) (arn, role string, found bool) {
	p, ok := f.profiles[nameOf(nameOrARN)]
	isARN := strings.HasPrefix(nameOrARN, "arn:")
	if !ok || isARN && *p.Arn != nameOrARN || !isARN && *p.InstanceProfileName != nameOrARN || f.sim.Now().Before(p.usable) {
		return "", "", false
	}
	if r, ok := f.roles[p.Role]; ok && !f.sim.Now().Before(p.filled) {
		role = *r.Arn
	}
	return *p.Arn, role, true
}

func (f *Fake) serveProfiles(s *sim.Service) {
	sim.Handle(s, "CreateInstanceProfile", f.createProfile,
		sim.Needs(func(_ *sim.Call, in *awsiam.CreateInstanceProfileInput) []sim.Access {
			return []sim.Access{{
				Action:   "iam:CreateInstanceProfile",
				Resource: f.arn("instance-profile" + path(in.Path) + aws.ToString(in.InstanceProfileName)), Context: requestTags(in.Tags),
			}}
		}))
	onProfile(f, s, "GetInstanceProfile", f.getProfile,
		func(in *awsiam.GetInstanceProfileInput) *string { return in.InstanceProfileName })
	onProfile(f, s, "DeleteInstanceProfile", f.deleteProfile,
		func(in *awsiam.DeleteInstanceProfileInput) *string { return in.InstanceProfileName })
	sim.Handle(s, "AddRoleToInstanceProfile", f.addToProfile,
		sim.Needs(func(_ *sim.Call, in *awsiam.AddRoleToInstanceProfileInput) []sim.Access {
			return []sim.Access{
				{Action: "iam:AddRoleToInstanceProfile", Resource: f.profileARN(aws.ToString(in.InstanceProfileName))},
				{Action: "iam:PassRole", Resource: f.roleARN(aws.ToString(in.RoleName))},
			}
		}))
	onProfile(f, s, "RemoveRoleFromInstanceProfile", f.removeFromProfile,
		func(in *awsiam.RemoveRoleFromInstanceProfileInput) *string { return in.InstanceProfileName })
	sim.Handle(s, "ListInstanceProfiles", f.listProfiles)
	onProfile(f, s, "TagInstanceProfile", f.tagProfile,
		func(in *awsiam.TagInstanceProfileInput) *string { return in.InstanceProfileName })
	onProfile(f, s, "UntagInstanceProfile", f.untagProfile,
		func(in *awsiam.UntagInstanceProfileInput) *string { return in.InstanceProfileName })
	onProfile(f, s, "ListInstanceProfileTags", f.listProfileTags,
		func(in *awsiam.ListInstanceProfileTagsInput) *string { return in.InstanceProfileName })
	onRole(f, s, "ListInstanceProfilesForRole", f.listProfilesForRole,
		func(in *awsiam.ListInstanceProfilesForRoleInput) *string { return in.RoleName })
}

func onProfile[I, O any](f *Fake, s *sim.Service, name string, h func(*sim.Call, *I) (*O, error), of func(*I) *string) {
	sim.Handle(s, name, h, sim.Needs(func(_ *sim.Call, in *I) []sim.Access {
		return []sim.Access{{Action: "iam:" + name, Resource: f.profileARN(aws.ToString(of(in)))}}
	}))
}

func (f *Fake) profileARN(name string) string {
	if p, ok := f.profiles[name]; ok {
		return *p.Arn
	}
	return f.arn("instance-profile/" + name)
}

func (f *Fake) profile(name *string) (profile, error) {
	p, ok := f.profiles[aws.ToString(name)]
	if !ok {
		return p, missing("Instance Profile %s cannot be found.", aws.ToString(name))
	}
	return p, nil
}

// shownProfile is the profile as IAM describes it, with its role.
func (f *Fake) shownProfile(p profile) iamtypes.InstanceProfile {
	out := p.InstanceProfile
	out.Roles = []iamtypes.Role{}
	if r, ok := f.roles[p.Role]; ok {
		shown := r.shown()
		shown.Tags, shown.PermissionsBoundary, shown.RoleLastUsed = nil, nil, nil
		out.Roles = append(out.Roles, *shown)
	}
	return out
}

func (f *Fake) createProfile(_ *sim.Call, in *awsiam.CreateInstanceProfileInput) (*awsiam.CreateInstanceProfileOutput, error) {
	if err := check(rules.CreateInstanceProfile, in); err != nil {
		return nil, err
	}
	name := *in.InstanceProfileName
	if _, ok := f.profiles[name]; ok {
		return nil, exists("Instance Profile %s already exists.", name)
	}
	p := profile{InstanceProfile: iamtypes.InstanceProfile{
		Arn: aws.String(f.arn("instance-profile" + path(in.Path) + name)), InstanceProfileName: &name,
		InstanceProfileId: aws.String(f.id("AIPA", name)), Path: aws.String(path(in.Path)),
		CreateDate: aws.Time(f.sim.Now().Truncate(time.Second)), Tags: in.Tags,
	}, usable: f.sim.Now().Add(f.timing.Propagate)}
	f.profiles[name] = p
	shown := f.shownProfile(p)
	return &awsiam.CreateInstanceProfileOutput{InstanceProfile: &shown}, nil
}

func (f *Fake) getProfile(_ *sim.Call, in *awsiam.GetInstanceProfileInput) (*awsiam.GetInstanceProfileOutput, error) {
	p, err := f.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	shown := f.shownProfile(p)
	return &awsiam.GetInstanceProfileOutput{InstanceProfile: &shown}, nil
}

func (f *Fake) deleteProfile(_ *sim.Call, in *awsiam.DeleteInstanceProfileInput) (*awsiam.DeleteInstanceProfileOutput, error) {
	p, err := f.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	if p.Role != "" {
		return nil, inUse("Cannot delete entity, must remove roles from instance profile first.")
	}
	delete(f.profiles, *p.InstanceProfileName)
	return &awsiam.DeleteInstanceProfileOutput{}, nil
}

func (f *Fake) addToProfile(
	_ *sim.Call, in *awsiam.AddRoleToInstanceProfileInput,
) (*awsiam.AddRoleToInstanceProfileOutput, error) {
	p, err := f.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	if _, err := f.ownRole(in.RoleName); err != nil {
		return nil, err
	}
	if p.Role != "" {
		return nil, limit("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
	}
	p.Role, p.filled = *in.RoleName, f.sim.Now().Add(f.timing.Propagate)
	f.profiles[*p.InstanceProfileName] = p
	return &awsiam.AddRoleToInstanceProfileOutput{}, nil
}

func (f *Fake) removeFromProfile(
	_ *sim.Call, in *awsiam.RemoveRoleFromInstanceProfileInput,
) (*awsiam.RemoveRoleFromInstanceProfileOutput, error) {
	p, err := f.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	if p.Role != aws.ToString(in.RoleName) {
		return nil, missing("Role with name %s not found in instance profile %s.", aws.ToString(in.RoleName), *p.InstanceProfileName)
	}
	p.Role = ""
	f.profiles[*p.InstanceProfileName] = p
	return &awsiam.RemoveRoleFromInstanceProfileOutput{}, nil
}

func (f *Fake) profilesWhere(ok func(profile) bool) []iamtypes.InstanceProfile {
	var all []iamtypes.InstanceProfile
	for _, name := range sortedKeys(f.profiles) {
		if p := f.profiles[name]; ok(p) {
			shown := f.shownProfile(p)
			shown.Tags = nil
			all = append(all, shown)
		}
	}
	return all
}

func (f *Fake) listProfiles(_ *sim.Call, in *awsiam.ListInstanceProfilesInput) (*awsiam.ListInstanceProfilesOutput, error) {
	all := f.profilesWhere(func(p profile) bool { return strings.HasPrefix(*p.Path, path(in.PathPrefix)) })
	page, err := paged(all, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &awsiam.ListInstanceProfilesOutput{InstanceProfiles: page.items, Marker: page.marker, IsTruncated: page.more}, nil
}

func (f *Fake) listProfilesForRole(
	_ *sim.Call, in *awsiam.ListInstanceProfilesForRoleInput,
) (*awsiam.ListInstanceProfilesForRoleOutput, error) {
	if _, err := f.role(in.RoleName); err != nil {
		return nil, err
	}
	all := f.profilesWhere(func(p profile) bool { return p.Role == *in.RoleName })
	page, err := paged(all, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &awsiam.ListInstanceProfilesForRoleOutput{
		InstanceProfiles: page.items, Marker: page.marker, IsTruncated: page.more,
	}, nil
}

func (f *Fake) tagProfile(_ *sim.Call, in *awsiam.TagInstanceProfileInput) (*awsiam.TagInstanceProfileOutput, error) {
	p, err := f.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	if p.Tags, err = tagged(p.Tags, in.Tags); err != nil {
		return nil, err
	}
	f.profiles[*p.InstanceProfileName] = p
	return &awsiam.TagInstanceProfileOutput{}, nil
}

func (f *Fake) untagProfile(_ *sim.Call, in *awsiam.UntagInstanceProfileInput) (*awsiam.UntagInstanceProfileOutput, error) {
	p, err := f.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	p.Tags = untagged(p.Tags, in.TagKeys)
	f.profiles[*p.InstanceProfileName] = p
	return &awsiam.UntagInstanceProfileOutput{}, nil
}

func (f *Fake) listProfileTags(
	_ *sim.Call, in *awsiam.ListInstanceProfileTagsInput,
) (*awsiam.ListInstanceProfileTagsOutput, error) {
	p, err := f.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	page, err := paged(p.Tags, in.Marker, in.MaxItems)
	return &awsiam.ListInstanceProfileTagsOutput{Tags: page.items, Marker: page.marker, IsTruncated: page.more}, err
}
