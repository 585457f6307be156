// SPDX-License-Identifier: Apache-2.0

package iam_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/internal/buildertest"
	model "github.com/slipway-go/slipway/internal/model/iam"
)

func fullProfile() iam.InstanceProfile {
	return iam.NewInstanceProfile("nodes", iam.NewRole("node")).WithPath("/shop/").WithTag("team", "web").WithTag("cost", "1")
}

func profileState(t *testing.T, p iam.InstanceProfile) *model.InstanceProfile {
	t.Helper()
	d, err := p.Build()
	require.NoError(t, err)
	s, ok := d.State.(*model.InstanceProfile)
	require.True(t, ok)
	return s
}

func (s site) profile(name string) *awsiam.GetInstanceProfileOutput {
	s.t.Helper()
	out, err := s.client.GetInstanceProfile(s.t.Context(), &awsiam.GetInstanceProfileInput{InstanceProfileName: &name})
	require.NoError(s.t, err)
	return out
}

func TestProfileBuilds(t *testing.T) {
	t.Parallel()
	golden(t, "profile.json", profileState(t, fullProfile()))
	buildertest.Fork(t, fullProfile())
	buildertest.Drift(t, profileState(t, fullProfile()).Create)
	first := profileState(t, fullProfile())
	require.Equal(t, first, profileState(t, fullProfile()), "pure")
}

func TestProfileBringsARoleThatInstancesMayAssume(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := iam.NewDerivedInstanceProfile("nodes", iam.NewRole("node"))
	out := slipway.Output(s.apply(p), p)
	require.Equal(t, "arn:aws:iam::123456789012:instance-profile/slipway/shop/nodes-us-east-1", out.ARN)
	require.Equal(t, "nodes-us-east-1", out.Name)
	require.NotEmpty(t, out.ID)
	got := s.profile("nodes-us-east-1").InstanceProfile
	require.Equal(t, "node", *got.Roles[0].RoleName)
	require.Contains(t, *s.get("node").AssumeRolePolicyDocument, "ec2.amazonaws.com")
	require.True(t, s.plan(p).Empty(), "%s", s.plan(p))
}

func TestProfileChangesInPlace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	base := iam.NewInstanceProfile("nodes", iam.NewRole("node"))
	other := iam.NewInstanceProfile("nodes", iam.NewRole("other")).WithTag("team", "web")
	roles := append(base.Role().Resources(), other.Role().Resources()...)
	s.apply(append(roles, base)...)
	before := s.cloud.Snapshot()
	s.apply(append(roles, other)...)
	require.True(t, s.plan(append(roles, other)...).Empty(), "%s", s.plan(append(roles, other)...))
	require.Equal(t, "other", *s.profile("nodes").InstanceProfile.Roles[0].RoleName)
	s.apply(append(roles, other.WithTag("team", "shop"))...)
	s.apply(append(roles, base)...)
	require.Empty(t, s.cloud.Snapshot().Since(before), "there and back")
}

func TestProfilesArePrunedAndDestroyed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := s.cloud.Snapshot()
	p := iam.NewInstanceProfile("nodes", iam.NewRole("node"))
	s.apply(p)
	s.apply()
	require.Empty(t, s.cloud.Snapshot().Since(before), "what is no longer declared goes, the profile before its role")
	s.apply(p)
	stack := slipway.NewStack("shop", p)
	require.NoError(t, stack.Destroy(t.Context(), s.cloud.Config()))
	require.NoError(t, stack.Destroy(t.Context(), s.cloud.Config()))
	require.Empty(t, s.cloud.Snapshot().Since(before))
}

func TestProfileOfOthersIsNotTouched(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, err := s.client.CreateInstanceProfile(t.Context(), &awsiam.CreateInstanceProfileInput{InstanceProfileName: aws.String("nodes")})
	require.NoError(t, err)
	p := iam.NewInstanceProfile("nodes", iam.NewRole("node")).WithPath("/")
	stack := slipway.NewStack("shop", p)
	_, err = stack.Apply(t.Context(), s.cloud.Config())
	require.ErrorIs(t, err, slipway.ErrConflict)
	_, err = stack.Apply(t.Context(), s.cloud.Config(), slipway.Adopt(p.ID()))
	require.NoError(t, err)
	require.Len(t, s.profile("nodes").InstanceProfile.Roles, 1)
}

func TestProfileIsFinishedByTheNextRun(t *testing.T) {
	t.Parallel()
	p := iam.NewInstanceProfile("nodes", iam.NewRole("node")).WithTag("team", "web")
	whole := newSite(t)
	nothing := whole.cloud.Snapshot()
	whole.apply(p)
	want := whole.cloud.Snapshot().Since(nothing)
	calls := len(whole.cloud.Calls())
	for n := 1; n < calls; n++ {
		s := newSite(t)
		ctx, kill := context.WithCancel(t.Context())
		var made atomic.Int64
		s.cloud.Inject(fakes.Match{Times: fakes.Always}, func(_ context.Context, _ *fakes.Request, next func() (any, error)) (any, error) {
			out, err := next()
			if made.Add(1) == int64(n) {
				kill()
			}
			return out, err
		})
		_, _ = slipway.NewStack("shop", p).WithKinds(iam.Kinds()...).Apply(ctx, s.cloud.Config(), slipway.Concurrency(1))
		kill()
		s.apply(p)
		require.Len(t, s.cloud.Snapshot().Since(nothing), len(want), "killed after call %d", n)
		require.True(t, s.plan(p).Empty(), "killed after call %d: %s", n, s.plan(p))
	}
}

func TestProfileSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	require.NoError(t, fullProfile().Validate())
	require.ErrorContains(t, iam.NewInstanceProfile("nodes", nil).Validate(), "Role: got nil, want a role")
	_, err := iam.NewInstanceProfile("nodes", nil).Build()
	require.ErrorIs(t, err, slipway.ErrInvalid)
	require.ErrorContains(t, iam.NewInstanceProfile("a b", iam.NewRole("node")).Validate(), "InstanceProfileName")
	over := fullProfile().WithOverride(func(in *awsiam.CreateInstanceProfileInput) { in.Path = aws.String("shop") })
	require.ErrorContains(t, over.Validate(), "Path", "what an override does is checked")
	require.Equal(t, []slipway.Resource{slipway.Named(slipway.ID{Kind: "iam:InstanceProfile", Name: "x"})},
		iam.ProfileARN("arn:aws:iam::123456789012:instance-profile/path/x").Resources())
}
