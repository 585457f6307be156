// SPDX-License-Identifier: Apache-2.0

package iam_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules/iam"
)

const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

func goodRole() *awsiam.CreateRoleInput {
	return &awsiam.CreateRoleInput{RoleName: aws.String("web"), AssumeRolePolicyDocument: aws.String(trust)}
}

func TestCreateRole(t *testing.T) {
	t.Parallel()
	require.Empty(t, iam.CreateRole.All(nil, goodRole()))
	for _, tt := range []struct {
		name             string
		change           func(*awsiam.CreateRoleInput)
		path, rule, code string
	}{
		{"a name of 65", func(in *awsiam.CreateRoleInput) { in.RoleName = aws.String(strings.Repeat("x", 65)) }, "RoleName", "iam-role-name", "ValidationError"},
		{"a name with a slash", func(in *awsiam.CreateRoleInput) { in.RoleName = aws.String("a/b") }, "RoleName", "iam-role-name", "ValidationError"},
		{"no name", func(in *awsiam.CreateRoleInput) { in.RoleName = nil }, "RoleName", "iam-role-name", "ValidationError"},
		{"a path without a slash at its end", func(in *awsiam.CreateRoleInput) { in.Path = aws.String("/x") }, "Path", "iam-role-path", "ValidationError"},
		{"a long description", func(in *awsiam.CreateRoleInput) { in.Description = aws.String(strings.Repeat("x", 1001)) }, "Description", "iam-role-description", "ValidationError"},
		{"a session of 59 minutes", func(in *awsiam.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(3540) }, "MaxSessionDuration", "iam-role-session", "ValidationError"},
		{"a session of 13 hours", func(in *awsiam.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(46800) }, "MaxSessionDuration", "iam-role-session", "ValidationError"},
		{"a boundary that is a role", func(in *awsiam.CreateRoleInput) {
			in.PermissionsBoundary = aws.String("arn:aws:iam::123456789012:role/x")
		}, "PermissionsBoundary", "iam-role-boundary", "InvalidInput"},
		{"no trust policy", func(in *awsiam.CreateRoleInput) { in.AssumeRolePolicyDocument = nil }, "AssumeRolePolicyDocument", "iam-role-trust-missing", "ValidationError"},
		{"a trust policy that is no JSON", func(in *awsiam.CreateRoleInput) { in.AssumeRolePolicyDocument = aws.String("x") }, "AssumeRolePolicyDocument", "iam-role-trust", "MalformedPolicyDocument"},
		{
			"a trust policy with a resource",
			func(in *awsiam.CreateRoleInput) {
				in.AssumeRolePolicyDocument = aws.String(strings.Replace(trust, `"Effect"`, `"Resource":"*","Effect"`, 1))
			},
			"AssumeRolePolicyDocument.Statement[0].Resource", "iam-role-trust", "MalformedPolicyDocument",
		},
		{
			"a long trust policy",
			func(in *awsiam.CreateRoleInput) {
				in.AssumeRolePolicyDocument = aws.String(strings.Replace(trust, `"Effect"`, `"Sid":"`+strings.Repeat("x", 2048)+`","Effect"`, 1))
			},
			"AssumeRolePolicyDocument", "iam-role-trust-size", "LimitExceeded",
		},
		{"a reserved tag", func(in *awsiam.CreateRoleInput) { in.Tags = tags("aws:x") }, "Tags[aws:x].Key", "iam-role-tags", "InvalidInput"},
		{"a tag twice", func(in *awsiam.CreateRoleInput) { in.Tags = tags("a", "A") }, "Tags[A]", "iam-role-tags", "InvalidInput"},
		{"a tag with a bad key", func(in *awsiam.CreateRoleInput) { in.Tags = tags("a*") }, "Tags[a*].Key", "iam-role-tags", "ValidationError"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := goodRole()
			tt.change(in)
			found := iam.CreateRole.All(nil, in)
			require.Len(t, found, 1)
			require.Equal(t, tt.path, found[0].Path)
			require.Equal(t, tt.rule, found[0].Rule)
			require.Equal(t, tt.code, found[0].Code)
			require.NotEmpty(t, found[0].Text, "fakes answer with AWS's text")
			require.NotEmpty(t, found[0].Doc)
		})
	}
}

func tags(keys ...string) []iamtypes.Tag {
	var all []iamtypes.Tag
	for _, k := range keys {
		all = append(all, iamtypes.Tag{Key: aws.String(k), Value: aws.String("v")})
	}
	return all
}

func TestPlaceholdersAreNotKnownYet(t *testing.T) {
	t.Parallel()
	ref := slipway.Ref(slipway.ID{Kind: "ecs:Cluster", Name: "a"}, "arn")
	require.Empty(t, iam.CreateRole.All(nil, &awsiam.CreateRoleInput{
		RoleName: aws.String("web-" + slipway.Self("region")), Path: aws.String("/slipway/" + slipway.Self("stack") + "/"),
		PermissionsBoundary: &ref, Tags: tags(ref),
		AssumeRolePolicyDocument: aws.String(strings.Replace(trust, `"Service":"ecs-tasks.amazonaws.com"`, `"AWS":"`+ref+`"`, 1)),
	}))
	require.Empty(t, iam.PutRolePolicy.All(nil, &awsiam.PutRolePolicyInput{
		PolicyName:     aws.String("p"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"` + ref + strings.Repeat(" ", 11000) + `"}]}`),
	}))
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	document := func(size int) *string {
		return aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::` + strings.Repeat("x", size) + `"}]}`)
	}
	inline := iam.PutRolePolicy.All(nil, &awsiam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("p"), PolicyDocument: document(11000)})
	require.Len(t, inline, 1)
	require.Equal(t, "Maximum policy size of 10240 bytes exceeded for role r", inline[0].Text)
	managed := iam.CreatePolicy.All(nil, &awsiam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: document(7000)})
	require.Len(t, managed, 1)
	require.Equal(t, "Cannot exceed quota for PolicySize: 6144", managed[0].Text)
	require.Len(t, iam.CreatePolicyVersion.All(nil, &awsiam.CreatePolicyVersionInput{PolicyDocument: document(7000)}), 1)
	require.Len(t, iam.PutUserPolicy.All(nil, &awsiam.PutUserPolicyInput{PolicyName: aws.String("a b"), PolicyDocument: document(1)}), 1)
	require.Len(t, iam.AttachRolePolicy.All(nil, &awsiam.AttachRolePolicyInput{PolicyArn: aws.String("arn:aws:s3:::x")}), 1)
	require.Empty(t, iam.AttachRolePolicy.All(nil, &awsiam.AttachRolePolicyInput{PolicyArn: aws.String("arn:aws:iam::aws:policy/service-role/X")}))
}

func TestAWholeRole(t *testing.T) {
	t.Parallel()
	half := strings.Repeat("x", 6000)
	require.Len(t, iam.Whole.All(nil, &iam.RoleState{Inline: map[string]string{"a": half, "b": half}}), 1)
	require.Empty(t, iam.Whole.All(nil, &iam.RoleState{Inline: map[string]string{"a": half, "b": strings.Repeat(" ", 6000)}}), "white space does not count")
	many := iam.Whole.All(nil, &iam.RoleState{Attached: make([]string, 11)})
	require.Len(t, many, 1)
	require.True(t, many[0].Warn, "an account may have a higher quota")
}
