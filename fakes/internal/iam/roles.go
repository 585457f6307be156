// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/iam"
)

// role is a role; its trust policy is kept as it was given.
type role struct {
	iamtypes.Role
	grants
	// service is that of a service-linked role.
	service string
	// usable is when the role has propagated.
	usable time.Time
}

// defaultSession is the longest session of a role that does not say, in seconds.
const defaultSession = 3600

func (f *Fake) serveRoles(s *sim.Service) {
	sim.Handle(s, "CreateRole", f.createRole, sim.Needs(func(_ *sim.Call, in *awsiam.CreateRoleInput) []sim.Access {
		return []sim.Access{{
			Action: "iam:CreateRole", Resource: f.arn("role" + path(in.Path) + aws.ToString(in.RoleName)),
			Context: withBoundary(requestTags(in.Tags), in.PermissionsBoundary),
		}}
	}))
	onRole(f, s, "GetRole", f.getRole, func(in *awsiam.GetRoleInput) *string { return in.RoleName })
	onRole(f, s, "UpdateRole", f.updateRole, func(in *awsiam.UpdateRoleInput) *string { return in.RoleName })
	onRole(f, s, "UpdateRoleDescription", f.updateRoleDescription,
		func(in *awsiam.UpdateRoleDescriptionInput) *string { return in.RoleName })
	onRole(f, s, "UpdateAssumeRolePolicy", f.updateTrust,
		func(in *awsiam.UpdateAssumeRolePolicyInput) *string { return in.RoleName })
	onRole(f, s, "DeleteRole", f.deleteRole, func(in *awsiam.DeleteRoleInput) *string { return in.RoleName })
	onRole(f, s, "PutRolePermissionsBoundary", f.putRoleBoundary,
		func(in *awsiam.PutRolePermissionsBoundaryInput) *string { return in.RoleName })
	onRole(f, s, "DeleteRolePermissionsBoundary", f.deleteRoleBoundary,
		func(in *awsiam.DeleteRolePermissionsBoundaryInput) *string { return in.RoleName })
	onRole(f, s, "TagRole", f.tagRole, func(in *awsiam.TagRoleInput) *string { return in.RoleName })
	onRole(f, s, "UntagRole", f.untagRole, func(in *awsiam.UntagRoleInput) *string { return in.RoleName })
	onRole(f, s, "ListRoleTags", f.listRoleTags, func(in *awsiam.ListRoleTagsInput) *string { return in.RoleName })
	sim.Handle(s, "ListRoles", f.listRoles, sim.Needs(func(_ *sim.Call, in *awsiam.ListRolesInput) []sim.Access {
		return []sim.Access{{Action: "iam:ListRoles", Resource: f.arn("role" + path(in.PathPrefix))}}
	}))
}

// onRole registers an operation whose caller needs its action on a role.
func onRole[I, O any](
	f *Fake, s *sim.Service, name string, h func(*sim.Call, *I) (*O, error), of func(*I) *string, keys ...func(*I) map[string][]string,
) {
	sim.Handle(s, name, h, sim.Needs(func(_ *sim.Call, in *I) []sim.Access {
		a := sim.Access{Action: "iam:" + name, Resource: f.roleARN(aws.ToString(of(in)))}
		for _, k := range keys {
			a.Context = k(in)
		}
		return []sim.Access{a}
	}))
}

// roleARN is that of the role, or, if there is none, of one without a path.
func (f *Fake) roleARN(name string) string {
	if r, ok := f.roles[name]; ok {
		return *r.Arn
	}
	return f.arn("role/" + name)
}

func path(p *string) string {
	if aws.ToString(p) == "" {
		return "/"
	}
	return *p
}

func (f *Fake) role(name *string) (role, error) {
	r, ok := f.roles[aws.ToString(name)]
	if !ok {
		return role{}, missing("The role with name %s cannot be found.", aws.ToString(name))
	}
	return r, nil
}

// ownRole is a role that is not AWS's to change.
func (f *Fake) ownRole(name *string) (role, error) {
	r, err := f.role(name)
	if err == nil && r.service != "" {
		return role{}, protected(*name)
	}
	return r, err
}

func (f *Fake) createRole(_ *sim.Call, in *awsiam.CreateRoleInput) (*awsiam.CreateRoleOutput, error) {
	if err := check(rules.CreateRole, in); err != nil {
		return nil, err
	}
	for name := range f.roles {
		if strings.EqualFold(name, *in.RoleName) {
			return nil, exists("Role with name %s already exists.", *in.RoleName)
		}
	}
	if err := f.boundaryExists(in.PermissionsBoundary); err != nil {
		return nil, err
	}
	if err := f.principalsExist(*in.AssumeRolePolicyDocument); err != nil {
		return nil, err
	}
	r := role{
		Role: iamtypes.Role{
			RoleName: in.RoleName, Path: aws.String(path(in.Path)), RoleId: aws.String(f.id("AROA", *in.RoleName)),
			Arn: aws.String(f.arn("role" + path(in.Path) + *in.RoleName)), CreateDate: aws.Time(f.sim.Now().Truncate(time.Second)),
			AssumeRolePolicyDocument: in.AssumeRolePolicyDocument, Description: notEmpty(in.Description),
			MaxSessionDuration: aws.Int32(defaultSession), Tags: in.Tags,
		},
		grants: grants{boundary: aws.ToString(in.PermissionsBoundary)},
		usable: f.sim.Now().Add(f.timing.Propagate),
	}
	if in.MaxSessionDuration != nil {
		r.MaxSessionDuration = in.MaxSessionDuration
	}
	f.roles[*in.RoleName] = r
	return &awsiam.CreateRoleOutput{Role: r.shown()}, nil
}

// shown is the role as IAM describes it: documents are URL-encoded.
func (r role) shown() *iamtypes.Role {
	out := r.Role
	out.AssumeRolePolicyDocument = encoded(*r.AssumeRolePolicyDocument)
	out.PermissionsBoundary = shownBoundary(r.boundary)
	out.RoleLastUsed = &iamtypes.RoleLastUsed{}
	return &out
}

func shownBoundary(arn string) *iamtypes.AttachedPermissionsBoundary {
	if arn == "" {
		return nil
	}
	return &iamtypes.AttachedPermissionsBoundary{
		PermissionsBoundaryArn: &arn, PermissionsBoundaryType: iamtypes.PermissionsBoundaryAttachmentTypePolicy,
	}
}

// encoded escapes as RFC 3986 does: a space is %20.
func encoded(document string) *string {
	return aws.String(strings.ReplaceAll(url.QueryEscape(document), "+", "%20"))
}

func (f *Fake) getRole(_ *sim.Call, in *awsiam.GetRoleInput) (*awsiam.GetRoleOutput, error) {
	r, err := f.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	return &awsiam.GetRoleOutput{Role: r.shown()}, nil
}

// listRoles leaves out tags and boundaries, as IAM does.
func (f *Fake) listRoles(_ *sim.Call, in *awsiam.ListRolesInput) (*awsiam.ListRolesOutput, error) {
	var all []iamtypes.Role
	for _, name := range sortedKeys(f.roles) {
		r := f.roles[name]
		if !strings.HasPrefix(*r.Path, path(in.PathPrefix)) {
			continue
		}
		out := r.shown()
		out.Tags, out.PermissionsBoundary, out.RoleLastUsed = nil, nil, nil
		all = append(all, *out)
	}
	page, err := paged(all, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &awsiam.ListRolesOutput{Roles: page.items, Marker: page.marker, IsTruncated: page.more}, nil
}

func (f *Fake) updateRole(_ *sim.Call, in *awsiam.UpdateRoleInput) (*awsiam.UpdateRoleOutput, error) {
	if err := check(rules.UpdateRole, in); err != nil {
		return nil, err
	}
	r, err := f.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	if in.Description != nil {
		r.Description = notEmpty(in.Description)
	}
	if in.MaxSessionDuration != nil {
		r.MaxSessionDuration = in.MaxSessionDuration
	}
	f.roles[*in.RoleName] = r
	return &awsiam.UpdateRoleOutput{}, nil
}

// notEmpty is nil for a text that IAM does not keep.
func notEmpty(text *string) *string {
	if aws.ToString(text) == "" {
		return nil
	}
	return text
}

func (f *Fake) updateRoleDescription(
	_ *sim.Call, in *awsiam.UpdateRoleDescriptionInput,
) (*awsiam.UpdateRoleDescriptionOutput, error) {
	r, err := f.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	r.Description = notEmpty(in.Description)
	f.roles[*in.RoleName] = r
	return &awsiam.UpdateRoleDescriptionOutput{Role: r.shown()}, nil
}

func (f *Fake) updateTrust(_ *sim.Call, in *awsiam.UpdateAssumeRolePolicyInput) (*awsiam.UpdateAssumeRolePolicyOutput, error) {
	r, err := f.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	if err := check(rules.UpdateAssumeRolePolicy, in); err != nil {
		return nil, err
	}
	if err := f.principalsExist(*in.PolicyDocument); err != nil {
		return nil, err
	}
	r.AssumeRolePolicyDocument = in.PolicyDocument
	f.roles[*in.RoleName] = r
	return &awsiam.UpdateAssumeRolePolicyOutput{}, nil
}

func (f *Fake) deleteRole(_ *sim.Call, in *awsiam.DeleteRoleInput) (*awsiam.DeleteRoleOutput, error) {
	r, err := f.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	for _, p := range f.profiles {
		if p.Role == *in.RoleName {
			return nil, inUse("Cannot delete entity, must remove roles from instance profile first.")
		}
	}
	if err := r.deletable(); err != nil {
		return nil, err
	}
	delete(f.roles, *in.RoleName)
	return &awsiam.DeleteRoleOutput{}, nil
}

// deletable is the error that a role or user with policies cannot be deleted.
func (g grants) deletable() error {
	switch {
	case len(g.attached) > 0:
		return inUse("Cannot delete entity, must detach all policies first.")
	case len(g.inline) > 0:
		return inUse("Cannot delete entity, must delete policies first.")
	default:
		return nil
	}
}

func (f *Fake) boundaryExists(arn *string) error {
	if arn == nil {
		return nil
	}
	if _, ok := f.managed(*arn); !ok {
		return missing("Scope ARN: %s does not exist or is not attachable.", *arn)
	}
	return nil
}

func (f *Fake) putRoleBoundary(
	_ *sim.Call, in *awsiam.PutRolePermissionsBoundaryInput,
) (*awsiam.PutRolePermissionsBoundaryOutput, error) {
	r, err := f.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	if err := f.boundaryExists(in.PermissionsBoundary); err != nil {
		return nil, err
	}
	r.boundary = aws.ToString(in.PermissionsBoundary)
	f.roles[*in.RoleName] = r
	return &awsiam.PutRolePermissionsBoundaryOutput{}, nil
}

func (f *Fake) deleteRoleBoundary(
	_ *sim.Call, in *awsiam.DeleteRolePermissionsBoundaryInput,
) (*awsiam.DeleteRolePermissionsBoundaryOutput, error) {
	r, err := f.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	r.boundary = ""
	f.roles[*in.RoleName] = r
	return &awsiam.DeleteRolePermissionsBoundaryOutput{}, nil
}

func (f *Fake) tagRole(_ *sim.Call, in *awsiam.TagRoleInput) (*awsiam.TagRoleOutput, error) {
	if err := check(rules.TagRole, in); err != nil {
		return nil, err
	}
	r, err := f.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	if r.Tags, err = tagged(r.Tags, in.Tags); err != nil {
		return nil, err
	}
	f.roles[*in.RoleName] = r
	return &awsiam.TagRoleOutput{}, nil
}

func (f *Fake) untagRole(_ *sim.Call, in *awsiam.UntagRoleInput) (*awsiam.UntagRoleOutput, error) {
	r, err := f.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	r.Tags = untagged(r.Tags, in.TagKeys)
	f.roles[*in.RoleName] = r
	return &awsiam.UntagRoleOutput{}, nil
}

func (f *Fake) listRoleTags(_ *sim.Call, in *awsiam.ListRoleTagsInput) (*awsiam.ListRoleTagsOutput, error) {
	r, err := f.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	page, err := paged(r.Tags, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &awsiam.ListRoleTagsOutput{Tags: page.items, Marker: page.marker, IsTruncated: page.more}, nil
}
