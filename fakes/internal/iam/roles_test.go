// SPDX-License-Identifier: Apache-2.0

package iam_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

const (
	tasksTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},` +
		`"Action":"sts:AssumeRole"}]}`
	rootTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}`
	execution = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
)

// newIAM returns a cloud with a client of its IAM.
func newIAM() (*fakes.Cloud, *awsiam.Client) {
	cloud := fakes.New(fakes.Options{})
	return cloud, awsiam.NewFromConfig(cloud.Config())
}

func makeRole(t *testing.T, client *awsiam.Client, name, trust string) *iamtypes.Role {
	t.Helper()
	out, err := client.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
	require.NoError(t, err)
	return out.Role
}

func allow(t *testing.T, client *awsiam.Client, role, statement string) {
	t.Helper()
	_, err := client.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
		RoleName: &role, PolicyName: aws.String("test"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + statement + `]}`),
	})
	require.NoError(t, err)
}

func TestRoleLifeCycle(t *testing.T) {
	t.Parallel()
	_, client := newIAM()
	ctx := t.Context()
	made, err := client.CreateRole(ctx, &awsiam.CreateRoleInput{
		RoleName: aws.String("web"), Path: aws.String("/teams/"), AssumeRolePolicyDocument: aws.String(tasksTrust),
		Description: aws.String("web tasks"), MaxSessionDuration: aws.Int32(7200),
		Tags: []iamtypes.Tag{{Key: aws.String("team"), Value: aws.String("web")}},
	})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:iam::123456789012:role/teams/web", *made.Role.Arn)
	require.Regexp(t, "^AROA[0-9A-Z]{17}$", *made.Role.RoleId)

	got, err := client.GetRole(ctx, &awsiam.GetRoleInput{RoleName: aws.String("web")})
	require.NoError(t, err)
	trust, err := url.PathUnescape(*got.Role.AssumeRolePolicyDocument)
	require.NoError(t, err)
	require.Equal(t, tasksTrust, trust, "the document comes back URL-encoded") //nolint:testifylint // to the letter
	require.NotContains(t, *got.Role.AssumeRolePolicyDocument, "+", "as RFC 3986 does")
	require.Equal(t, int32(7200), *got.Role.MaxSessionDuration)
	require.Len(t, got.Role.Tags, 1)

	_, err = client.UpdateRole(ctx, &awsiam.UpdateRoleInput{
		RoleName: aws.String("web"), Description: aws.String("new"), MaxSessionDuration: aws.Int32(3600),
	})
	require.NoError(t, err)
	_, err = client.UpdateAssumeRolePolicy(ctx, &awsiam.UpdateAssumeRolePolicyInput{
		RoleName: aws.String("web"), PolicyDocument: aws.String(rootTrust),
	})
	require.NoError(t, err)
	got, err = client.GetRole(ctx, &awsiam.GetRoleInput{RoleName: aws.String("web")})
	require.NoError(t, err)
	require.Equal(t, "new", *got.Role.Description)
	require.Contains(t, *got.Role.AssumeRolePolicyDocument, "123456789012")

	_, err = client.DeleteRole(ctx, &awsiam.DeleteRoleInput{RoleName: aws.String("web")})
	require.NoError(t, err)
	_, err = client.GetRole(ctx, &awsiam.GetRoleInput{RoleName: aws.String("web")})
	var missing *iamtypes.NoSuchEntityException
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "The role with name web cannot be found.", missing.ErrorMessage())
}

func TestRolesAreDeletedLast(t *testing.T) {
	t.Parallel()
	_, client := newIAM()
	ctx := t.Context()
	role := aws.String("web")
	makeRole(t, client, "web", tasksTrust)
	_, err := client.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: role, PolicyArn: aws.String(execution)})
	require.NoError(t, err)
	allow(t, client, "web", `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)
	_, err = client.CreateInstanceProfile(ctx, &awsiam.CreateInstanceProfileInput{InstanceProfileName: aws.String("p")})
	require.NoError(t, err)
	_, err = client.AddRoleToInstanceProfile(ctx, &awsiam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("p"), RoleName: role})
	require.NoError(t, err)
	refused := func(text string) {
		t.Helper()
		_, err := client.DeleteRole(ctx, &awsiam.DeleteRoleInput{RoleName: role})
		var conflict *iamtypes.DeleteConflictException
		require.ErrorAs(t, err, &conflict)
		require.Equal(t, text, conflict.ErrorMessage())
	}
	refused("Cannot delete entity, must remove roles from instance profile first.")
	_, err = client.RemoveRoleFromInstanceProfile(ctx, &awsiam.RemoveRoleFromInstanceProfileInput{
		InstanceProfileName: aws.String("p"), RoleName: role,
	})
	require.NoError(t, err)
	refused("Cannot delete entity, must detach all policies first.")
	_, err = client.DetachRolePolicy(ctx, &awsiam.DetachRolePolicyInput{RoleName: role, PolicyArn: aws.String(execution)})
	require.NoError(t, err)
	refused("Cannot delete entity, must delete policies first.")
	_, err = client.DeleteRolePolicy(ctx, &awsiam.DeleteRolePolicyInput{RoleName: role, PolicyName: aws.String("test")})
	require.NoError(t, err)
	_, err = client.DeleteRole(ctx, &awsiam.DeleteRoleInput{RoleName: role})
	require.NoError(t, err)
}

func TestRoleErrors(t *testing.T) {
	t.Parallel()
	_, client := newIAM()
	makeRole(t, client, "web", tasksTrust)
	create := func(change func(*awsiam.CreateRoleInput)) error {
		in := &awsiam.CreateRoleInput{RoleName: aws.String("new"), AssumeRolePolicyDocument: aws.String(tasksTrust)}
		change(in)
		_, err := client.CreateRole(t.Context(), in)
		return err
	}
	for _, tt := range []struct {
		name, code, text string
		err              error
	}{
		{"names ignore case", "EntityAlreadyExists", "Role with name WEB already exists.", create(func(in *awsiam.CreateRoleInput) {
			in.RoleName = aws.String("WEB")
		})},
		{"a name has no spaces", "ValidationError", "The specified value for roleName is invalid.", create(func(in *awsiam.CreateRoleInput) {
			in.RoleName = aws.String("a b")
		})},
		{"a trust policy is a policy", "MalformedPolicyDocument", "Syntax errors in policy.", create(func(in *awsiam.CreateRoleInput) {
			in.AssumeRolePolicyDocument = aws.String(`{"Version":`)
		})},
		{
			"principals exist", "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/gone"`,
			create(func(in *awsiam.CreateRoleInput) {
				in.AssumeRolePolicyDocument = aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
					`"Principal":{"AWS":"arn:aws:iam::123456789012:role/gone"},"Action":"sts:AssumeRole"}]}`)
			}),
		},
		{"boundaries exist", "NoSuchEntity", "does not exist or is not attachable.", create(func(in *awsiam.CreateRoleInput) {
			in.PermissionsBoundary = aws.String("arn:aws:iam::123456789012:policy/gone")
		})},
		{"sessions last an hour at least", "ValidationError", "greater than or equal to 3600", create(func(in *awsiam.CreateRoleInput) {
			in.MaxSessionDuration = aws.Int32(60)
		})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.code, answer(t, tt.err).ErrorCode())
			require.Contains(t, answer(t, tt.err).ErrorMessage(), tt.text)
		})
	}
}

func TestRoleTags(t *testing.T) {
	t.Parallel()
	_, client := newIAM()
	ctx := t.Context()
	makeRole(t, client, "web", tasksTrust)
	tag := func(key, value string) error {
		_, err := client.TagRole(ctx, &awsiam.TagRoleInput{
			RoleName: aws.String("web"), Tags: []iamtypes.Tag{{Key: aws.String(key), Value: aws.String(value)}},
		})
		return err
	}
	require.NoError(t, tag("a", "1"))
	require.NoError(t, tag("b", "2"))
	require.NoError(t, tag("a", "3"))
	require.Equal(t, "InvalidInput", answer(t, tag("aws:x", "reserved")).ErrorCode())
	_, err := client.UntagRole(ctx, &awsiam.UntagRoleInput{RoleName: aws.String("web"), TagKeys: []string{"b"}})
	require.NoError(t, err)
	out, err := client.ListRoleTags(ctx, &awsiam.ListRoleTagsInput{RoleName: aws.String("web")})
	require.NoError(t, err)
	require.Equal(t, []iamtypes.Tag{{Key: aws.String("a"), Value: aws.String("3")}}, out.Tags)
}

func TestRolesArePaged(t *testing.T) {
	t.Parallel()
	_, client := newIAM()
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		makeRole(t, client, name, tasksTrust)
	}
	var names []string
	pages := awsiam.NewListRolesPaginator(client, &awsiam.ListRolesInput{MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.Roles), 2)
		for _, r := range page.Roles {
			names = append(names, *r.RoleName)
		}
	}
	require.Equal(t, []string{"a", "b", "c", "d", "e"}, names)
	_, err := client.ListRoles(t.Context(), &awsiam.ListRolesInput{Marker: aws.String("made up")})
	require.Error(t, err)
	out, err := client.ListRoles(t.Context(), &awsiam.ListRolesInput{PathPrefix: aws.String("/slipway/")})
	require.NoError(t, err)
	require.Empty(t, out.Roles, "none has the path")
}

func TestInlinePoliciesFitTogether(t *testing.T) {
	t.Parallel()
	_, client := newIAM()
	makeRole(t, client, "web", tasksTrust)
	long := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::` + strings.Repeat("x", 6000) + `"}]}`
	put := func(name string) error {
		_, err := client.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
			RoleName: aws.String("web"), PolicyName: &name, PolicyDocument: &long,
		})
		return err
	}
	require.NoError(t, put("one"))
	require.NoError(t, put("one"), "it is replaced")
	err := put("two")
	require.Equal(t, "LimitExceeded", answer(t, err).ErrorCode())
	require.Equal(t, "Maximum policy size of 10240 bytes exceeded for role web", answer(t, err).ErrorMessage())
	got, err := client.GetRolePolicy(t.Context(), &awsiam.GetRolePolicyInput{RoleName: aws.String("web"), PolicyName: aws.String("one")})
	require.NoError(t, err)
	text, err := url.PathUnescape(*got.PolicyDocument)
	require.NoError(t, err)
	require.Equal(t, long, text)
	list, err := client.ListRolePolicies(t.Context(), &awsiam.ListRolePoliciesInput{RoleName: aws.String("web")})
	require.NoError(t, err)
	require.Equal(t, []string{"one"}, list.PolicyNames)
}

func TestWaiterForRoles(t *testing.T) {
	t.Parallel()
	_, client := newIAM()
	makeRole(t, client, "web", tasksTrust)
	waiter := awsiam.NewRoleExistsWaiter(client)
	require.NoError(t, waiter.Wait(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("web")}, time.Minute))
}

func TestSnapshotsShowRoles(t *testing.T) {
	t.Parallel()
	cloud, client := newIAM()
	before := cloud.Snapshot()
	makeRole(t, client, "web", tasksTrust)
	require.Equal(t, []string{"+ iam global role web"}, cloud.Snapshot().Since(before))
}
