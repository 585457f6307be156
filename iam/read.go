// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"context"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/iam"
)

// Read returns the role with its policies, or nil if there is none of the name.
func (roleDriver) Read(ctx context.Context, c slipway.Call, want *model.Role) (*slipway.Live[model.Role], error) {
	if name := aws.ToString(want.Create.RoleName); name == "" || slipway.HasRef(name) {
		return nil, nil //nolint:nilnil // that is how a driver says that there is none
	}
	return readRole(ctx, client(c), want.Create.RoleName)
}

// readRole reads all of a role; one that goes away meanwhile is absent.
func readRole(ctx context.Context, api *awsiam.Client, name *string) (*slipway.Live[model.Role], error) {
	live, err := readAll(ctx, api, name)
	if awserr.Is(err, notFound) {
		return nil, nil //nolint:nilnil // that is how a driver says that there is none
	}
	return live, err
}

func readAll(ctx context.Context, api *awsiam.Client, name *string) (*slipway.Live[model.Role], error) {
	out, err := api.GetRole(ctx, &awsiam.GetRoleInput{RoleName: name})
	if err != nil {
		return nil, awserr.Wrap(err, "get role")
	}
	live, err := rebuild(out.Role)
	if err != nil {
		return nil, err
	}
	if live.State.Inline, err = readInline(ctx, api, name); err != nil {
		return nil, err
	}
	if live.State.Attached, err = readAttached(ctx, api, name); err != nil {
		return nil, err
	}
	return live, nil
}

// rebuild makes the state of a role out of its description.
func rebuild(r *iamtypes.Role) (*slipway.Live[model.Role], error) {
	trust, err := decoded(r.AssumeRolePolicyDocument)
	if err != nil {
		return nil, err
	}
	tags, owner := owned(r.Tags)
	live := &slipway.Live[model.Role]{
		State: model.Role{Create: awsiam.CreateRoleInput{
			RoleName: r.RoleName, Path: r.Path, Description: r.Description, MaxSessionDuration: r.MaxSessionDuration,
			AssumeRolePolicyDocument: aws.String(trust), Tags: tags,
		}},
		Outputs: map[string][]string{
			"arn": {aws.ToString(r.Arn)}, "name": {aws.ToString(r.RoleName)}, "id": {aws.ToString(r.RoleId)},
		},
		Owner: owner,
	}
	if r.PermissionsBoundary != nil {
		live.State.Create.PermissionsBoundary = r.PermissionsBoundary.PermissionsBoundaryArn
	}
	return live, nil
}

// decoded undoes the URL encoding in which IAM returns documents.
func decoded(document *string) (string, error) {
	text, err := url.PathUnescape(aws.ToString(document))
	return text, awserr.Wrap(err, "read policy document")
}

// owned takes the ownership tags out of the others.
func owned(all []iamtypes.Tag) (tags []iamtypes.Tag, owner slipway.Owner) {
	for _, t := range all {
		switch aws.ToString(t.Key) {
		case slipway.TagStack:
			owner.Stack = aws.ToString(t.Value)
		case slipway.TagResource:
			owner.Resource = aws.ToString(t.Value)
		default:
			tags = append(tags, t)
		}
	}
	return tags, owner
}

func readInline(ctx context.Context, api *awsiam.Client, role *string) (map[string]string, error) {
	all := map[string]string{}
	pages := awsiam.NewListRolePoliciesPaginator(api, &awsiam.ListRolePoliciesInput{RoleName: role})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "list role policies")
		}
		for _, name := range page.PolicyNames {
			out, err := api.GetRolePolicy(ctx, &awsiam.GetRolePolicyInput{RoleName: role, PolicyName: aws.String(name)})
			if err != nil {
				return nil, awserr.Wrap(err, "get role policy")
			}
			if all[name], err = decoded(out.PolicyDocument); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func readAttached(ctx context.Context, api *awsiam.Client, role *string) ([]string, error) {
	var all []string
	pages := awsiam.NewListAttachedRolePoliciesPaginator(api, &awsiam.ListAttachedRolePoliciesInput{RoleName: role})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "list attached role policies")
		}
		for _, p := range page.AttachedPolicies {
			all = append(all, aws.ToString(p.PolicyArn))
		}
	}
	return all, nil
}

// List returns the roles under the stack's path whose tags say that they are the
// stack's own, in this region.
func (roleDriver) List(ctx context.Context, c slipway.Call) ([]*slipway.Live[model.Role], error) {
	api := client(c)
	stack, _, _ := strings.Cut(c.Stack, "@")
	var all []*slipway.Live[model.Role]
	pages := awsiam.NewListRolesPaginator(api, &awsiam.ListRolesInput{PathPrefix: aws.String(ownPath(stack))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "list roles")
		}
		for _, r := range page.Roles {
			live, err := readRole(ctx, api, r.RoleName)
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
