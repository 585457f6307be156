// SPDX-License-Identifier: Apache-2.0

package iam_test

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
)

// site is a cloud with a stack called shop.
type site struct {
	t      *testing.T
	cloud  *fakes.Cloud
	client *awsiam.Client
}

func newSite(t *testing.T) site {
	t.Helper()
	cloud := fakes.New(fakes.Options{})
	return site{t: t, cloud: cloud, client: awsiam.NewFromConfig(cloud.Config())}
}

func (s site) apply(resources ...slipway.Resource) *slipway.Result {
	s.t.Helper()
	result, err := slipway.NewStack("shop", resources...).WithKinds(iam.Kinds()...).Apply(s.t.Context(), s.cloud.Config())
	require.NoError(s.t, err)
	return result
}

func (s site) plan(resources ...slipway.Resource) *slipway.Plan {
	s.t.Helper()
	plan, err := slipway.NewStack("shop", resources...).WithKinds(iam.Kinds()...).Plan(s.t.Context(), s.cloud.Config())
	require.NoError(s.t, err)
	return plan
}

func (s site) get(name string) *iamtypes.Role {
	s.t.Helper()
	out, err := s.client.GetRole(s.t.Context(), &awsiam.GetRoleInput{RoleName: &name})
	require.NoError(s.t, err)
	return out.Role
}

func TestApplyTwiceIsApplyOnce(t *testing.T) {
	t.Parallel()
	for name, role := range map[string]iam.Role{
		"least": iam.NewRole("web").WithTrust(tasks),
		"full": full().WithOverride(func(in *awsiam.CreateRoleInput) { // without those that must exist
			in.AssumeRolePolicyDocument = aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
				`"Principal":{"Service":["ecs-tasks.amazonaws.com"]},"Action":["sts:AssumeRole"]}]}`)
		}),
		"derived": iam.NewDerivedRole("web").WithTrust(tasks),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.apply(role)
			before := s.cloud.Snapshot()
			require.True(t, s.plan(role).Empty(), "%s", s.plan(role))
			s.apply(role)
			require.Empty(t, s.cloud.Snapshot().Since(before))
		})
	}
}

func TestApplyWritesWhatIsDeclared(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	role := iam.NewRole("web").WithTrust(tasks).WithAllow("arn:aws:s3:::shop/*", "s3:GetObject").WithTag("team", "web")
	out := slipway.Output(s.apply(role), role)
	require.Equal(t, "arn:aws:iam::123456789012:role/slipway/shop/web", out.ARN)
	require.Equal(t, "web", out.Name)
	got := s.get("web")
	require.Equal(t, out.RoleID, *got.RoleId)
	tags := map[string]string{}
	for _, tag := range got.Tags {
		tags[*tag.Key] = *tag.Value
	}
	require.Equal(t, map[string]string{"team": "web", "slipway:stack": "shop@us-east-1", "slipway:resource": "iam:Role/web"}, tags)
	require.Contains(t, *got.AssumeRolePolicyDocument, "arn%3Aaws%3Aecs%3Aus-east-1%3A123456789012%3A%2A", "placeholders are resolved")
}

func TestChangesInPlace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	base := iam.NewRole("web").WithTrust(tasks)
	rich := base.WithTrust(iam.ServicePrincipal{Service: "ec2.amazonaws.com"}).WithDescription("web").WithMaxSession(7200e9).
		WithPermissionsBoundary("arn:aws:iam::aws:policy/PowerUserAccess").WithTag("team", "web").
		WithAllow("*", "s3:*").WithManagedPolicy("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
	s.apply(base)
	id := *s.get("web").RoleId
	least := s.cloud.Snapshot()
	s.apply(rich)
	require.NotEmpty(t, s.cloud.Snapshot().Since(least))
	require.True(t, s.plan(rich).Empty())
	s.apply(rich.WithTag("team", "shop").WithAllow("*", "sqs:*"))
	s.apply(base)
	require.Empty(t, s.cloud.Snapshot().Since(least), "what is taken away goes back to AWS's default")
	require.Equal(t, id, *s.get("web").RoleId, "it is the same role all the time")
}

func TestANewNameIsNeeded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	role := iam.NewRole("web").WithTrust(tasks)
	s.apply(role)
	_, err := slipway.NewStack("shop", role.WithPath("/x/")).Plan(t.Context(), s.cloud.Config())
	require.Error(t, err, "a path is for ever")
}

func TestForeignRolesAreNotTouched(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, err := s.client.CreateRole(t.Context(), &awsiam.CreateRoleInput{
		RoleName: aws.String("web"), AssumeRolePolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
	})
	require.NoError(t, err)
	role := iam.NewRole("web").WithTrust(tasks).WithPath("/")
	stack := slipway.NewStack("shop", role)
	before := s.cloud.Snapshot()
	_, err = stack.Apply(t.Context(), s.cloud.Config())
	require.Error(t, err)
	require.Empty(t, s.cloud.Snapshot().Since(before))

	_, err = stack.Apply(t.Context(), s.cloud.Config(), slipway.Adopt(role.ID()))
	require.NoError(t, err)
	require.True(t, s.plan(role).Empty())
	require.Contains(t, *s.get("web").AssumeRolePolicyDocument, "ecs-tasks")
}

func TestPruneAndDestroy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	empty := s.cloud.Snapshot()
	one := iam.NewRole("one").WithTrust(tasks).WithAllow("*", "s3:*").WithManagedPolicy("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
	two := iam.NewDerivedRole("two").WithTrust(tasks)
	s.apply(one, two)
	s.apply(two)
	require.Len(t, s.cloud.Snapshot().Since(empty), 1, "what is no longer declared goes")

	s.apply(one, two)
	_, err := s.client.AttachRolePolicy(t.Context(), &awsiam.AttachRolePolicyInput{
		RoleName: aws.String("one"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"),
	})
	require.NoError(t, err)
	_, err = s.client.CreateInstanceProfile(t.Context(), &awsiam.CreateInstanceProfileInput{InstanceProfileName: aws.String("p")})
	require.NoError(t, err)
	_, err = s.client.AddRoleToInstanceProfile(t.Context(), &awsiam.AddRoleToInstanceProfileInput{
		InstanceProfileName: aws.String("p"), RoleName: aws.String("one"),
	})
	require.NoError(t, err)
	stack := slipway.NewStack("shop").WithKinds(iam.Kinds()...)
	require.NoError(t, stack.Destroy(t.Context(), s.cloud.Config()), "what others attached does not stand in the way")
	require.Equal(t, []string{"+ iam global instance-profile p"}, s.cloud.Snapshot().Since(empty))
	require.NoError(t, stack.Destroy(t.Context(), s.cloud.Config()), "safe to repeat")
}

func TestStacksOfOtherRegionsKeepTheirs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	role := iam.NewDerivedRole("web").WithTrust(tasks)
	s.apply(role)
	elsewhere := s.cloud.Config()
	elsewhere.Region = "eu-central-1"
	stack := slipway.NewStack("shop", role).WithKinds(iam.Kinds()...)
	_, err := stack.Apply(t.Context(), elsewhere)
	require.NoError(t, err)
	require.NoError(t, stack.Destroy(t.Context(), elsewhere))
	require.Equal(t, "web-us-east-1", *s.get("web-us-east-1").RoleName)
}

// killed fails every call while on; the first one is done all the same if wanted.
func killed(on *atomic.Bool, done bool) fakes.Interceptor {
	var last atomic.Bool // the call that is still done
	last.Store(done)
	return func(_ context.Context, _ *fakes.Request, next func() (any, error)) (any, error) {
		if !on.Load() {
			return next()
		}
		if last.CompareAndSwap(true, false) {
			if _, err := next(); err != nil {
				return nil, err
			}
		}
		return nil, &smithy.GenericAPIError{Code: "Killed"}
	}
}

func TestCutOffAnywhereItConverges(t *testing.T) {
	t.Parallel()
	role := iam.NewRole("web").WithTrust(tasks).WithAllow("*", "s3:*").WithPolicy("more", iam.Policy{Statements: []iam.Statement{
		{Actions: []string{"sqs:*"}, Resources: []string{"*"}},
	}}).WithManagedPolicy("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
	whole := newSite(t)
	whole.apply(role)
	total := len(whole.cloud.Calls())
	require.Greater(t, total, 5)
	for n := range total {
		for _, done := range []bool{false, true} {
			s := newSite(t)
			var on atomic.Bool
			on.Store(true)
			s.cloud.Inject(fakes.Match{Service: "IAM", Skip: n, Times: fakes.Always}, killed(&on, done))
			_, err := slipway.NewStack("shop", role).Apply(t.Context(), s.cloud.Config())
			if err == nil {
				continue // it was through before
			}
			on.Store(false)
			s.apply(role)
			require.True(t, s.plan(role).Empty(), "cut off after %d calls", n)
		}
	}
}

func TestALostReplyIsNoConflict(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.cloud.Inject(fakes.Match{Service: "IAM", Operation: "CreateRole"}, fakes.LostReply())
	role := iam.NewRole("web").WithTrust(tasks).WithAllow("*", "s3:*")
	s.apply(role)
	require.True(t, s.plan(role).Empty())
}

func TestThePlansPolicyIsEnough(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	role := iam.NewRole("web").WithTrust(tasks).WithAllow("*", "s3:*").WithManagedPolicy("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
	changed := iam.NewRole("web").WithTrust(tasks, iam.ServicePrincipal{Service: "ec2.amazonaws.com"}).WithDescription("x").WithTag("a", "b")
	_, err := s.client.CreateRole(t.Context(), &awsiam.CreateRoleInput{
		RoleName: aws.String("ci"), AssumeRolePolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}`),
	})
	require.NoError(t, err)
	allowed := func(p *slipway.Plan) {
		t.Helper()
		require.True(t, json.Valid([]byte(p.Policy())))
		_, err := s.client.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
			RoleName: aws.String("ci"), PolicyName: aws.String("plan"), PolicyDocument: aws.String(p.Policy()),
		})
		require.NoError(t, err)
	}
	ci := s.cloud.ConfigAs("ci")
	_, err = slipway.NewStack("shop", role).Apply(t.Context(), ci)
	require.ErrorIs(t, err, slipway.ErrDenied)
	for _, step := range []struct {
		name string
		give []slipway.Resource
	}{{"create", []slipway.Resource{role}}, {"change", []slipway.Resource{changed}}, {"delete", nil}} {
		allowed(s.plan(step.give...))
		_, err = slipway.NewStack("shop", step.give...).WithKinds(iam.Kinds()...).Apply(t.Context(), ci)
		require.NoError(t, err, step.name)
	}
}
