// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/internal/probe"
)

const (
	account = "123456789012"
	region  = "us-east-1"
	roleARN = "arn:aws:iam::" + account + ":role/"
)

// site is an account in which things are looked up.
type site struct {
	*testing.T
	cloud *fakes.Cloud
}

func newSite(t *testing.T) site {
	t.Helper()
	return site{t, fakes.New(fakes.Options{})}
}

func (s site) must(_ any, err error) {
	s.Helper()
	require.NoError(s, err)
}

// call is one of the account's owner.
func (s site) call() slipway.Call { return callWith(s.cloud.Config()) }

func callWith(cfg aws.Config) slipway.Call {
	return slipway.Call{Config: cfg, Account: account, Region: region, Partition: "aws", Emit: func(slipway.Event) {}}
}

// stranger is a call of a role that may do nothing.
func (s site) stranger() slipway.Call {
	s.role("stranger", trusting(`{"AWS":"*"}`), "")
	return callWith(s.cloud.ConfigAs("stranger"))
}

func trusting(principal string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}]}`
}

// role makes a role that a statement allows things, if there is one.
func (s site) role(name, trust, statement string) {
	s.Helper()
	client := awsiam.NewFromConfig(s.cloud.Config())
	s.must(client.CreateRole(s.Context(), &awsiam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust}))
	if statement != "" {
		s.must(client.PutRolePolicy(s.Context(), &awsiam.PutRolePolicyInput{
			RoleName: &name, PolicyName: aws.String("own"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + statement + `]}`),
		}))
	}
}

// want is what a check has to say; the zero value is that all is well.
type want struct {
	code    slipway.CauseCode
	summary string
	unknown string
}

func (w want) of(t *testing.T, c slipway.Check) {
	t.Helper()
	require.NotEmpty(t, c.Subject)
	switch {
	case w.unknown != "":
		require.Nil(t, c.Cause, "%v", c)
		require.Contains(t, c.Unknown, w.unknown)
	case w.code == "":
		require.Nil(t, c.Cause, "%v", c)
		require.Empty(t, c.Unknown)
	default:
		require.NotNil(t, c.Cause, "%v", c)
		require.Equal(t, w.code, c.Cause.Code)
		require.Contains(t, c.Cause.Summary, w.summary)
		require.Equal(t, slipway.Certain, c.Cause.Confidence, "it was looked up")
		require.NotEmpty(t, c.Cause.Evidence)
		require.NotEmpty(t, c.Cause.Remedy)
		require.Contains(t, c.Cause.Doc, "https://docs.aws.amazon.com/")
	}
}

// TestWhoMayNotLookFindsNothing: that is no cause.
func TestWhoMayNotLookFindsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c, ctx := s.stranger(), t.Context()
	one := func(check slipway.Check, _ probe.Kept) slipway.Check { return check }
	machine := func(check slipway.Check, _ string) slipway.Check { return check }
	const image = account + ".dkr.ecr." + region + ".amazonaws.com/web:1"
	for name, check := range map[string]slipway.Check{
		"secret":      one(probe.Secret(ctx, c, "shop/db")),
		"parameter":   one(probe.Parameter(ctx, c, "/shop/key")),
		"log group":   probe.LogGroup(ctx, c, "/shop"),
		"role":        probe.Role(ctx, c, roleARN+"x", "ecs-tasks.amazonaws.com", ""),
		"permission":  probe.Permission(ctx, c, probe.Grant{Role: roleARN + "x", Action: "s3:GetObject", Resource: "*"}, slipway.Cause{}),
		"profile":     probe.InstanceProfile(ctx, c, "x", "")[0],
		"image":       probe.Image(ctx, c, image, "linux/amd64"),
		"machine":     machine(probe.MachineImage(ctx, c, "ami-1")),
		"parameter's": machine(probe.MachineImage(ctx, c, "resolve:ssm:/x")),
		"certificate": probe.Certificate(ctx, c, "arn:aws:acm:"+region+":"+account+":certificate/1"),
		"addresses":   probe.Addresses(ctx, c, []string{"subnet-1"}, 1),
		"routes":      probe.Routes(ctx, c, probe.Placement{Subnets: []string{"subnet-1"}}, probe.S3)[0],
		"quota":       probe.FargateVCPUs(ctx, c, false, 1),
		"exhausted":   probe.FargateExhausted(ctx, c, true, 1, 1),
		"room":        probe.Clusters.Room(ctx, c, "", 1, nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want{unknown: "AccessDenied"}.of(t, withCode(check))
		})
	}
}

// withCode names all codes of denial alike.
func withCode(c slipway.Check) slipway.Check {
	for _, code := range []string{"UnauthorizedOperation", "AccessDeniedException"} {
		if len(c.Unknown) >= len(code) && c.Unknown[:len(code)] == code {
			c.Unknown = "AccessDenied" + c.Unknown[len(code):]
		}
	}
	return c
}
