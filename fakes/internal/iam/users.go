// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/iam"
)

// user is a user; groups are not modelled.
type user struct {
	iamtypes.User
	grants
}

func (f *Fake) serveUsers(s *sim.Service) {
	sim.Handle(s, "CreateUser", f.createUser, sim.Needs(func(_ *sim.Call, in *awsiam.CreateUserInput) []sim.Access {
		return []sim.Access{{
			Action: "iam:CreateUser", Resource: f.arn("user" + path(in.Path) + aws.ToString(in.UserName)),
			Context: withBoundary(requestTags(in.Tags), in.PermissionsBoundary),
		}}
	}))
	sim.Handle(s, "GetUser", f.getUser, sim.Needs(func(c *sim.Call, in *awsiam.GetUserInput) []sim.Access {
		if in.UserName == nil {
			return []sim.Access{{Action: "iam:GetUser", Resource: c.Caller.ARN}}
		}
		return []sim.Access{{Action: "iam:GetUser", Resource: f.userARN(*in.UserName)}}
	}))
	onUser(f, s, "DeleteUser", f.deleteUser, func(in *awsiam.DeleteUserInput) *string { return in.UserName })
	sim.Handle(s, "ListUsers", f.listUsers)
	onUser(f, s, "PutUserPolicy", f.putUserPolicy, func(in *awsiam.PutUserPolicyInput) *string { return in.UserName })
	onUser(f, s, "GetUserPolicy", f.getUserPolicy, func(in *awsiam.GetUserPolicyInput) *string { return in.UserName })
	onUser(f, s, "DeleteUserPolicy", f.deleteUserPolicy, func(in *awsiam.DeleteUserPolicyInput) *string { return in.UserName })
	onUser(f, s, "AttachUserPolicy", f.attachUserPolicy, func(in *awsiam.AttachUserPolicyInput) *string { return in.UserName })
	onUser(f, s, "DetachUserPolicy", f.detachUserPolicy, func(in *awsiam.DetachUserPolicyInput) *string { return in.UserName })
	onUser(f, s, "ListAttachedUserPolicies", f.listAttachedUserPolicies,
		func(in *awsiam.ListAttachedUserPoliciesInput) *string { return in.UserName })
	onUser(f, s, "CreateAccessKey", f.createAccessKey, func(in *awsiam.CreateAccessKeyInput) *string { return in.UserName })
	onUser(f, s, "DeleteAccessKey", f.deleteAccessKey, func(in *awsiam.DeleteAccessKeyInput) *string { return in.UserName })
	onUser(f, s, "ListAccessKeys", f.listAccessKeys, func(in *awsiam.ListAccessKeysInput) *string { return in.UserName })
}

func onUser[I, O any](f *Fake, s *sim.Service, name string, h func(*sim.Call, *I) (*O, error), of func(*I) *string) {
	sim.Handle(s, name, h, sim.Needs(func(_ *sim.Call, in *I) []sim.Access {
		return []sim.Access{{Action: "iam:" + name, Resource: f.userARN(aws.ToString(of(in)))}}
	}))
}

func (f *Fake) userARN(name string) string {
	if u, ok := f.users[name]; ok {
		return *u.Arn
	}
	return f.arn("user/" + name)
}

func (f *Fake) user(name *string) (user, error) {
	u, ok := f.users[aws.ToString(name)]
	if !ok {
		return u, missing("The user with name %s cannot be found.", aws.ToString(name))
	}
	return u, nil
}

func (u user) shown() *iamtypes.User {
	out := u.User
	out.PermissionsBoundary = shownBoundary(u.boundary)
	return &out
}

func (f *Fake) createUser(_ *sim.Call, in *awsiam.CreateUserInput) (*awsiam.CreateUserOutput, error) {
	if err := check(rules.CreateUser, in); err != nil {
		return nil, err
	}
	name := *in.UserName
	if _, ok := f.users[name]; ok {
		return nil, exists("User with name %s already exists.", name)
	}
	if err := f.boundaryExists(in.PermissionsBoundary); err != nil {
		return nil, err
	}
	u := user{User: iamtypes.User{
		UserName: &name, Path: aws.String(path(in.Path)), UserId: aws.String(f.id("AIDA", name)), Tags: in.Tags,
		Arn: aws.String(f.arn("user" + path(in.Path) + name)), CreateDate: aws.Time(f.sim.Now().Truncate(time.Second)),
	}, grants: grants{boundary: aws.ToString(in.PermissionsBoundary)}}
	f.users[name] = u
	return &awsiam.CreateUserOutput{User: u.shown()}, nil
}

// getUser without a name is about the caller.
func (f *Fake) getUser(c *sim.Call, in *awsiam.GetUserInput) (*awsiam.GetUserOutput, error) {
	name := in.UserName
	if name == nil {
		if !strings.Contains(c.Caller.ARN, ":user/") {
			return nil, sim.Errorf("ValidationError", "Must specify userName when calling with non-User credentials")
		}
		name = aws.String(nameOf(c.Caller.ARN))
	}
	u, err := f.user(name)
	if err != nil {
		return nil, err
	}
	return &awsiam.GetUserOutput{User: u.shown()}, nil
}

func (f *Fake) listUsers(_ *sim.Call, in *awsiam.ListUsersInput) (*awsiam.ListUsersOutput, error) {
	var all []iamtypes.User
	for _, name := range sortedKeys(f.users) {
		if u := f.users[name]; strings.HasPrefix(*u.Path, path(in.PathPrefix)) {
			out := u.User
			out.Tags = nil
			all = append(all, out)
		}
	}
	page, err := paged(all, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &awsiam.ListUsersOutput{Users: page.items, Marker: page.marker, IsTruncated: page.more}, nil
}

func (f *Fake) deleteUser(_ *sim.Call, in *awsiam.DeleteUserInput) (*awsiam.DeleteUserOutput, error) {
	u, err := f.user(in.UserName)
	if err != nil {
		return nil, err
	}
	for _, k := range f.keys {
		if k.user == *in.UserName {
			return nil, inUse("Cannot delete entity, must delete access keys first.")
		}
	}
	if err := u.deletable(); err != nil {
		return nil, err
	}
	delete(f.users, *in.UserName)
	return &awsiam.DeleteUserOutput{}, nil
}

func (f *Fake) putUserPolicy(_ *sim.Call, in *awsiam.PutUserPolicyInput) (*awsiam.PutUserPolicyOutput, error) {
	if err := check(rules.PutUserPolicy, in); err != nil {
		return nil, err
	}
	u, err := f.user(in.UserName)
	if err != nil {
		return nil, err
	}
	if u.grants, err = u.put(*in.PolicyName, *in.PolicyDocument, userInline, "user "+*in.UserName); err != nil {
		return nil, err
	}
	f.users[*in.UserName] = u
	return &awsiam.PutUserPolicyOutput{}, nil
}

func (f *Fake) getUserPolicy(_ *sim.Call, in *awsiam.GetUserPolicyInput) (*awsiam.GetUserPolicyOutput, error) {
	u, err := f.user(in.UserName)
	if err != nil {
		return nil, err
	}
	document, ok := u.inline[aws.ToString(in.PolicyName)]
	if !ok {
		return nil, missing("The user policy with name %s cannot be found.", aws.ToString(in.PolicyName))
	}
	return &awsiam.GetUserPolicyOutput{UserName: in.UserName, PolicyName: in.PolicyName, PolicyDocument: encoded(document)}, nil
}

func (f *Fake) deleteUserPolicy(_ *sim.Call, in *awsiam.DeleteUserPolicyInput) (*awsiam.DeleteUserPolicyOutput, error) {
	u, err := f.user(in.UserName)
	if err != nil {
		return nil, err
	}
	if _, ok := u.inline[aws.ToString(in.PolicyName)]; !ok {
		return nil, missing("The user policy with name %s cannot be found.", aws.ToString(in.PolicyName))
	}
	u.grants = u.without(*in.PolicyName)
	f.users[*in.UserName] = u
	return &awsiam.DeleteUserPolicyOutput{}, nil
}

func (f *Fake) attachUserPolicy(_ *sim.Call, in *awsiam.AttachUserPolicyInput) (*awsiam.AttachUserPolicyOutput, error) {
	u, err := f.user(in.UserName)
	if err != nil {
		return nil, err
	}
	if u.grants, err = f.attach(u.grants, aws.ToString(in.PolicyArn)); err != nil {
		return nil, err
	}
	f.users[*in.UserName] = u
	return &awsiam.AttachUserPolicyOutput{}, nil
}

func (f *Fake) detachUserPolicy(_ *sim.Call, in *awsiam.DetachUserPolicyInput) (*awsiam.DetachUserPolicyOutput, error) {
	u, err := f.user(in.UserName)
	if err != nil {
		return nil, err
	}
	if u.grants, err = detach(u.grants, aws.ToString(in.PolicyArn)); err != nil {
		return nil, err
	}
	f.users[*in.UserName] = u
	return &awsiam.DetachUserPolicyOutput{}, nil
}

func (f *Fake) listAttachedUserPolicies(
	_ *sim.Call, in *awsiam.ListAttachedUserPoliciesInput,
) (*awsiam.ListAttachedUserPoliciesOutput, error) {
	u, err := f.user(in.UserName)
	if err != nil {
		return nil, err
	}
	page, err := paged(f.attachedPolicies(u.grants, in.PathPrefix), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &awsiam.ListAttachedUserPoliciesOutput{
		AttachedPolicies: page.items, Marker: page.marker, IsTruncated: page.more,
	}, nil
}

// mostKeys is how many access keys a user can have.
const mostKeys = 2

func (f *Fake) keysOf(name string) []string {
	var all []string
	for _, id := range sortedKeys(maps.Clone(f.keys)) {
		if f.keys[id].user == name {
			all = append(all, id)
		}
	}
	return all
}

func (f *Fake) createAccessKey(_ *sim.Call, in *awsiam.CreateAccessKeyInput) (*awsiam.CreateAccessKeyOutput, error) {
	if _, err := f.user(in.UserName); err != nil {
		return nil, err
	}
	if len(f.keysOf(*in.UserName)) >= mostKeys {
		return nil, limit("Cannot exceed quota for AccessKeysPerUser: %d", mostKeys)
	}
	id, now := f.key("AKIA", "user", *in.UserName), f.sim.Now().Truncate(time.Second)
	f.keys[id] = accessKey{user: *in.UserName, status: "Active", made: now}
	return &awsiam.CreateAccessKeyOutput{AccessKey: &iamtypes.AccessKey{
		AccessKeyId: &id, SecretAccessKey: aws.String(f.sim.ID(40, "secret", id)), //nolint:mnd // as long as AWS's
		Status: iamtypes.StatusTypeActive, UserName: in.UserName, CreateDate: &now,
	}}, nil
}

func (f *Fake) deleteAccessKey(_ *sim.Call, in *awsiam.DeleteAccessKeyInput) (*awsiam.DeleteAccessKeyOutput, error) {
	id := aws.ToString(in.AccessKeyId)
	if k, ok := f.keys[id]; !ok || in.UserName != nil && k.user != *in.UserName {
		return nil, missing("The Access Key with id %s cannot be found.", id)
	}
	delete(f.keys, id)
	return &awsiam.DeleteAccessKeyOutput{}, nil
}

func (f *Fake) listAccessKeys(_ *sim.Call, in *awsiam.ListAccessKeysInput) (*awsiam.ListAccessKeysOutput, error) {
	if _, err := f.user(in.UserName); err != nil {
		return nil, err
	}
	var all []iamtypes.AccessKeyMetadata
	for _, id := range f.keysOf(*in.UserName) {
		k := f.keys[id]
		all = append(all, iamtypes.AccessKeyMetadata{
			AccessKeyId: &id, UserName: in.UserName, Status: iamtypes.StatusTypeActive, CreateDate: aws.Time(k.made),
		})
	}
	page, err := paged(all, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &awsiam.ListAccessKeysOutput{AccessKeyMetadata: page.items, Marker: page.marker, IsTruncated: page.more}, nil
}
