// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/iam"
	"github.com/slipway-go/slipway/internal/policy"
)

// Put creates the role, or changes what differs, and then does the same for its
// policies. What the role loses goes last.
func (roleDriver) Put(ctx context.Context, c slipway.Call, have *slipway.Live[model.Role], want *model.Role) error {
	w := writer{api: client(c), name: want.Create.RoleName}
	if have == nil {
		made, err := w.create(ctx, c, want.Create)
		if err != nil {
			return err
		}
		have = made
	}
	was := have.State
	if err := w.change(ctx, was.Create, want.Create); err != nil {
		return err
	}
	if err := w.inline(ctx, was.Inline, want.Inline); err != nil {
		return err
	}
	return w.attached(ctx, was.Attached, want.Attached)
}

// writer changes one role.
type writer struct {
	api  *awsiam.Client
	name *string
}

// create makes the role and returns what is there then. One that exists by now and
// is the stack's own has been made by a call whose answer was lost.
func (w writer) create(ctx context.Context, c slipway.Call, in awsiam.CreateRoleInput) (*slipway.Live[model.Role], error) {
	made := &slipway.Live[model.Role]{State: model.Role{Create: in}}
	in.Tags = slices.Concat(in.Tags, ownerTags(c))
	if aws.ToString(in.Description) == "" {
		in.Description = nil
	}
	if aws.ToString(in.PermissionsBoundary) == "" {
		in.PermissionsBoundary = nil
	}
	_, err := w.api.CreateRole(ctx, &in)
	if err == nil {
		return made, nil
	}
	if awserr.Is(err, "EntityAlreadyExists") {
		there, readErr := readRole(ctx, w.api, w.name)
		if readErr == nil && there != nil && there.Owner == c.Owner() {
			return there, nil
		}
	}
	return nil, awserr.Wrap(err, "create role")
}

func (w writer) change(ctx context.Context, was, want awsiam.CreateRoleInput) error {
	if !sameDocument(aws.ToString(was.AssumeRolePolicyDocument), aws.ToString(want.AssumeRolePolicyDocument)) {
		_, err := w.api.UpdateAssumeRolePolicy(ctx, &awsiam.UpdateAssumeRolePolicyInput{
			RoleName: w.name, PolicyDocument: want.AssumeRolePolicyDocument,
		})
		if err != nil {
			return awserr.Wrap(err, "update assume role policy")
		}
	}
	if aws.ToString(was.Description) != aws.ToString(want.Description) ||
		aws.ToInt32(was.MaxSessionDuration) != aws.ToInt32(want.MaxSessionDuration) {
		_, err := w.api.UpdateRole(ctx, &awsiam.UpdateRoleInput{
			RoleName: w.name, Description: want.Description, MaxSessionDuration: want.MaxSessionDuration,
		})
		if err != nil {
			return awserr.Wrap(err, "update role")
		}
	}
	if err := w.boundary(ctx, aws.ToString(was.PermissionsBoundary), aws.ToString(want.PermissionsBoundary)); err != nil {
		return err
	}
	return w.tags(ctx, was.Tags, want.Tags)
}

func sameDocument(a, b string) bool { return policy.Normalize(a) == policy.Normalize(b) }

func (w writer) boundary(ctx context.Context, was, want string) error {
	switch {
	case was == want:
		return nil
	case want == "":
		_, err := w.api.DeleteRolePermissionsBoundary(ctx, &awsiam.DeleteRolePermissionsBoundaryInput{RoleName: w.name})
		return awserr.Wrap(err, "delete role permissions boundary")
	default:
		_, err := w.api.PutRolePermissionsBoundary(ctx, &awsiam.PutRolePermissionsBoundaryInput{
			RoleName: w.name, PermissionsBoundary: &want,
		})
		return awserr.Wrap(err, "put role permissions boundary")
	}
}

func (w writer) tags(ctx context.Context, was, want []iamtypes.Tag) error {
	old, wanted := tagMap(was), tagMap(want)
	set := map[string]string{}
	for key, value := range wanted {
		if v, ok := old[key]; !ok || v != value {
			set[key] = value
		}
		delete(old, key)
	}
	if len(set) > 0 {
		if err := tag(ctx, w.api, w.name, roleTags(set)); err != nil {
			return err
		}
	}
	if len(old) == 0 {
		return nil
	}
	_, err := w.api.UntagRole(ctx, &awsiam.UntagRoleInput{RoleName: w.name, TagKeys: slices.Sorted(maps.Keys(old))})
	return awserr.Wrap(err, "untag role")
}

func tagMap(tags []iamtypes.Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return m
}

func (w writer) inline(ctx context.Context, was, want map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if old, ok := was[name]; ok && sameDocument(old, want[name]) {
			continue
		}
		_, err := w.api.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{
			RoleName: w.name, PolicyName: aws.String(name), PolicyDocument: aws.String(want[name]),
		})
		if err != nil {
			return awserr.Wrap(err, "put role policy")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if _, keep := want[name]; keep {
			continue
		}
		_, err := w.api.DeleteRolePolicy(ctx, &awsiam.DeleteRolePolicyInput{RoleName: w.name, PolicyName: aws.String(name)})
		if err != nil && !awserr.Is(err, notFound) {
			return awserr.Wrap(err, "delete role policy")
		}
	}
	return nil
}

// attached detaches first: a role has a quota of managed policies.
func (w writer) attached(ctx context.Context, was, want []string) error {
	for _, arn := range was {
		if slices.Contains(want, arn) {
			continue
		}
		_, err := w.api.DetachRolePolicy(ctx, &awsiam.DetachRolePolicyInput{RoleName: w.name, PolicyArn: aws.String(arn)})
		if err != nil && !awserr.Is(err, notFound) {
			return awserr.Wrap(err, "detach role policy")
		}
	}
	for _, arn := range want {
		if slices.Contains(was, arn) {
			continue
		}
		_, err := w.api.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: w.name, PolicyArn: aws.String(arn)})
		if err != nil {
			return awserr.Wrap(err, "attach role policy")
		}
	}
	return nil
}

// Delete takes the role out of instance profiles, removes all its policies, those
// too that others have attached since, and then the role.
func (roleDriver) Delete(ctx context.Context, c slipway.Call, have *slipway.Live[model.Role]) error {
	w := writer{api: client(c), name: have.State.Create.RoleName}
	now, err := readRole(ctx, w.api, w.name)
	if err != nil || now == nil {
		return err
	}
	if err := w.leaveProfiles(ctx); err != nil {
		return err
	}
	if err := w.attached(ctx, now.State.Attached, nil); err != nil {
		return err
	}
	if err := w.inline(ctx, now.State.Inline, nil); err != nil {
		return err
	}
	_, err = w.api.DeleteRole(ctx, &awsiam.DeleteRoleInput{RoleName: w.name})
	if awserr.Is(err, notFound) {
		return nil
	}
	return awserr.Wrap(err, "delete role")
}

func (w writer) leaveProfiles(ctx context.Context) error {
	pages := awsiam.NewListInstanceProfilesForRolePaginator(w.api, &awsiam.ListInstanceProfilesForRoleInput{RoleName: w.name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return awserr.Wrap(err, "list instance profiles for role")
		}
		for _, p := range page.InstanceProfiles {
			_, err := w.api.RemoveRoleFromInstanceProfile(ctx, &awsiam.RemoveRoleFromInstanceProfileInput{
				RoleName: w.name, InstanceProfileName: p.InstanceProfileName,
			})
			if err != nil && !awserr.Is(err, notFound) {
				return awserr.Wrap(err, "remove role from instance profile")
			}
		}
	}
	return nil
}
