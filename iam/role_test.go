// SPDX-License-Identifier: Apache-2.0

package iam_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/internal/buildertest"
	model "github.com/slipway-go/slipway/internal/model/iam"
)

var update = flag.Bool("update", false, "write the golden files")

var tasks = iam.ServicePrincipal{
	Service: "ecs-tasks.amazonaws.com", SourceAccount: slipway.Self("account"),
	SourceARN: "arn:" + slipway.Self("partition") + ":ecs:" + slipway.Self("region") + ":" + slipway.Self("account") + ":*",
}

// full is a role with everything.
func full() iam.Role {
	return iam.NewRole("web").
		WithTrust(tasks, iam.AccountPrincipal{Account: "123456789012", ExternalID: "x"}).
		WithTrust(iam.ARNPrincipal("arn:aws:iam::123456789012:role/ci"), tasks).
		WithTrust(iam.OIDCPrincipal{
			Provider: "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
			Audience: "sts.amazonaws.com", Subject: "repo:shop/web:*",
		}).
		WithAllow("arn:aws:s3:::shop/*", "s3:PutObject", "s3:GetObject").
		WithStatement(iam.Statement{SID: "NoOthers", Effect: iam.Deny, NotActions: []string{"s3:*"}, NotResources: []string{"arn:aws:s3:::shop/*"}}).
		WithPolicy("queue", iam.Policy{Statements: []iam.Statement{{
			Actions: []string{"sqs:*"}, Resources: []string{"arn:aws:sqs:*:*:shop"},
			Conditions: iam.Conditions{"StringEquals": {"aws:ResourceTag/team": {"web"}}},
		}}}).
		WithManagedPolicy("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore").
		WithManagedPolicy("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess").
		WithPath("/shop/").WithDescription("web tasks").WithMaxSession(2*time.Hour).
		WithPermissionsBoundary("arn:aws:iam::aws:policy/PowerUserAccess").
		WithTag("team", "web").WithTag("cost", "1")
}

func state(t *testing.T, r iam.Role) *model.Role {
	t.Helper()
	d, err := r.Build()
	require.NoError(t, err)
	s, ok := d.State.(*model.Role)
	require.True(t, ok)
	return s
}

// golden compares v as JSON with a file of testdata.
func golden(t *testing.T, name string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	require.NoError(t, err)
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, append(got, '\n'), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))
}

func TestBuild(t *testing.T) {
	t.Parallel()
	golden(t, "full.json", state(t, full()))
	golden(t, "least.json", state(t, iam.NewRole("web").WithTrust(tasks)))
	first := state(t, full())
	require.Equal(t, first, state(t, full()), "pure")
}

func TestFork(t *testing.T) {
	t.Parallel()
	buildertest.Fork(t, full(), iam.ARNPrincipal("a"), iam.ARNPrincipal("b"))
}

func TestDrift(t *testing.T) {
	t.Parallel()
	buildertest.Drift(t, state(t, full()).Create)
}

func TestTrustIsASet(t *testing.T) {
	t.Parallel()
	ci := iam.ARNPrincipal("arn:aws:iam::123456789012:role/ci")
	one := iam.NewRole("web").WithTrust(tasks).WithTrust(ci, tasks)
	other := iam.NewRole("web").WithTrust(ci).WithTrust(tasks)
	require.Equal(t, state(t, one), state(t, other))
}

func TestDerivedNamesEndInTheRegion(t *testing.T) {
	t.Parallel()
	r := iam.NewDerivedRole("web-execution").WithTrust(tasks)
	require.Equal(t, "web-execution-"+slipway.Self("region"), *state(t, r).Create.RoleName)
	require.Equal(t, "${slipway:iam:Role/web-execution#arn}", r.ARN(), "the ID knows no region")
	require.Equal(t, "/slipway/"+slipway.Self("stack")+"/", *state(t, r).Create.Path)
}

func TestOverrideIsLast(t *testing.T) {
	t.Parallel()
	r := iam.NewRole("web").WithTrust(tasks).
		WithOverride(func(in *awsiam.CreateRoleInput) { in.Description = aws.String("overridden") }).
		WithDescription("given")
	require.Equal(t, "overridden", *state(t, r).Create.Description)
	d, err := r.Build()
	require.NoError(t, err)
	require.Equal(t, []string{"Create.Description"}, d.Overridden)

	wrong := r.WithOverride(func(in *awsiam.CreateRoleInput) { in.RoleName = aws.String("a b") })
	require.ErrorContains(t, wrong.Validate(), "RoleName", "what an override does is checked")
}

func TestValidate(t *testing.T) {
	t.Parallel()
	require.NoError(t, full().Validate())
	for _, tt := range []struct {
		name string
		role iam.Role
		want string
	}{
		{"nobody may assume it", iam.NewRole("web"), "AssumeRolePolicyDocument: got nobody"},
		{"a long name", iam.NewRole(strings.Repeat("x", 65)).WithTrust(tasks), "RoleName: got 65 characters, want at most 64"},
		{"a service that is none", iam.NewRole("web").WithTrust(iam.ServicePrincipal{Service: "ecs-tasks"}), "want a service such as"},
		{"a short session", iam.NewRole("web").WithTrust(tasks).WithMaxSession(time.Minute), "MaxSessionDuration: got 60 s, want 3600 s to 43200 s"},
		{"half a second", iam.NewRole("web").WithTrust(tasks).WithMaxSession(time.Hour + time.Second/2), "want whole seconds"},
		{"an action without service", iam.NewRole("web").WithTrust(tasks).WithAllow("*", "GetObject"), "Inline[slipway].PolicyDocument.Statement[0].Action: got GetObject"},
		{"no action", iam.NewRole("web").WithTrust(tasks).WithAllow("*"), "want at least one action"},
		{"a managed policy by name", iam.NewRole("web").WithTrust(tasks).WithManagedPolicy("X"), "Attached[0].PolicyArn: got X"},
		{
			"two policies of one name", iam.NewRole("web").WithTrust(tasks).WithAllow("*", "s3:*").
				WithPolicy("slipway", iam.Policy{Statements: []iam.Statement{{Actions: []string{"s3:*"}, Resources: []string{"*"}}}}),
			"Inline[slipway]: got slipway, want another name",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.role.Validate()
			require.ErrorIs(t, err, slipway.ErrInvalid)
			require.ErrorContains(t, err, tt.want)
			require.Error(t, slipway.NewStack("shop", tt.role).Validate(), "the stack says so too")
		})
	}
}

func TestCheckKnowsItsInputs(t *testing.T) {
	t.Parallel()
	for _, in := range []any{
		&awsiam.AttachRolePolicyInput{PolicyArn: aws.String("x")}, &awsiam.CreateInstanceProfileInput{}, &awsiam.CreatePolicyInput{},
		&awsiam.CreatePolicyVersionInput{PolicyDocument: aws.String("x")}, &awsiam.CreateRoleInput{}, &awsiam.CreateUserInput{},
		&awsiam.PutRolePolicyInput{}, &awsiam.PutUserPolicyInput{}, &awsiam.TagRoleInput{Tags: nil},
		&awsiam.UpdateAssumeRolePolicyInput{}, &awsiam.UpdateRoleInput{MaxSessionDuration: aws.Int32(1)},
	} {
		err := iam.Check(in)
		if _, ok := in.(*awsiam.TagRoleInput); ok {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, slipway.ErrInvalid, "%T", in)
	}
	err := iam.Check(awsiam.CreateRoleInput{})
	require.ErrorContains(t, err, "iam.Check has no rules for a iam.CreateRoleInput", "a pointer is wanted")
}
