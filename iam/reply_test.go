// SPDX-License-Identifier: Apache-2.0

package iam_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
)

// TestARealReplyRebuilds has AWS's own example answer GetRole: the role that is
// declared like it needs no change.
func TestARealReplyRebuilds(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/aws/GetRole.json")
	require.NoError(t, err)
	var reply awsiam.GetRoleOutput
	require.NoError(t, json.Unmarshal(data, &reply))
	role := iam.NewRole("S3Access").WithPath("/application_abc/component_xyz/").
		WithTrust(iam.ServicePrincipal{Service: "ec2.amazonaws.com"})
	reply.Role.Tags = []iamtypes.Tag{
		{Key: aws.String(slipway.TagStack), Value: aws.String("shop@us-east-1")},
		{Key: aws.String(slipway.TagResource), Value: aws.String(role.ID().String())},
	}
	s := newSite(t)
	s.apply(role)
	s.cloud.Inject(fakes.Match{Service: "IAM", Operation: "GetRole", Times: fakes.Always},
		func(context.Context, *fakes.Request, func() (any, error)) (any, error) { return &reply, nil })
	require.True(t, s.plan(role).Empty(), "%s", s.plan(role))
	require.False(t, s.plan(role.WithMaxSession(7200e9)).Empty())
}

func FuzzRole(f *testing.F) {
	f.Add("web", "/teams/", "s3:GetObject", "arn:aws:s3:::b/*", "ecs-tasks.amazonaws.com", "key", "value")
	f.Add("${slipway:", "", "*", "${slipway:aws/self#region}", "", "aws:x", "")
	f.Fuzz(func(t *testing.T, name, path, action, resource, service, key, value string) {
		role := iam.NewRole(name).WithPath(path).WithAllow(resource, action).WithTag(key, value).
			WithTrust(iam.ServicePrincipal{Service: service, SourceARN: resource})
		desired, err := role.Build()
		require.NoError(t, err)
		again, err := role.Build()
		require.NoError(t, err)
		require.Equal(t, desired.State, again.State, "pure")
		if err := role.Validate(); err != nil {
			require.ErrorIs(t, err, slipway.ErrInvalid)
			require.True(t, utf8.ValidString(err.Error()) || !utf8.ValidString(name+path+action+resource+service+key+value))
		}
	})
}
