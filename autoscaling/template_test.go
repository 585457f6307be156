// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/internal/buildertest"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
	"github.com/slipway-go/slipway/vpc"
)

const al2023 = autoscaling.SSMImage("/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id")

// golden compares v as JSON with a file of testdata.
func golden(t *testing.T, name string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	require.NoError(t, err)
	file := filepath.Join("testdata", name+".json")
	if *update {
		require.NoError(t, os.WriteFile(file, append(got, '\n'), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))
}

// node is what most groups are launched from.
func node() autoscaling.LaunchTemplate {
	return autoscaling.NewLaunchTemplate("node", al2023).WithInstanceType("m5.large")
}

// fullTemplate sets all that the builder can and that the fake models.
func fullTemplate() autoscaling.LaunchTemplate {
	profile := iam.NewInstanceProfile("node", iam.NewRole("node"))
	return autoscaling.NewLaunchTemplate("node", al2023).WithInstanceType("t3.large").
		WithInstanceProfile(profile).
		WithSecurityGroup(vpc.NewSecurityGroup("node", "instances", vpc.Default())).
		WithUserData("#!/bin/sh\necho ECS_CLUSTER="+slipway.Ref(profile.ID(), "name")+" >> /etc/ecs/ecs.config\n").
		WithVolume(autoscaling.Volume{Device: "/dev/xvda", Size: 50, IOPS: 4000, Throughput: 250, Key: "alias/shop", Keep: true}).
		WithVolume(autoscaling.Volume{Device: "/dev/xvdb", Size: 200, Type: ec2types.VolumeTypeSt1, Plain: true}).
		WithMetadata(autoscaling.Metadata{Hops: 2, Tags: true}).
		WithDetailedMonitoring().WithEBSOptimized(true).WithPublicIP(false).WithUnlimitedCredits(true).
		WithSpot(autoscaling.Spot{MaxPrice: "0.05"}).
		WithTag("team", "web").WithInstanceTag("Name", "node").WithVolumeTag("Name", "node")
}

func templateState(t *testing.T, l autoscaling.LaunchTemplate) *model.LaunchTemplate {
	t.Helper()
	d, err := l.Build()
	require.NoError(t, err)
	s, ok := d.State.(*model.LaunchTemplate)
	require.True(t, ok)
	return s
}

func TestTemplateBuilds(t *testing.T) {
	t.Parallel()
	golden(t, "template", templateState(t, fullTemplate().WithKeyName("ops")))
	golden(t, "template-least", templateState(t, node()))
	first := templateState(t, fullTemplate())
	require.Equal(t, first, templateState(t, fullTemplate()), "pure")
	buildertest.Drift(t, templateState(t, fullTemplate().WithKeyName("ops")).Create, templateState(t, node().WithSecurityGroup(vpc.GroupID("sg-1"))).Create)
}

func TestTemplateForks(t *testing.T) {
	t.Parallel()
	buildertest.Fork(t, node(),
		vpc.GroupID("sg-1"), vpc.GroupID("sg-2"), iam.ProfileARN("a"), iam.ProfileARN("b"), slipway.Resource(node()), slipway.Resource(vpc.Default()),
		autoscaling.Volume{Device: "a"}, autoscaling.Volume{Device: "b"}, autoscaling.Metadata{Hops: 3}, autoscaling.Metadata{Hops: 4},
		autoscaling.Spot{MaxPrice: "1"}, autoscaling.Spot{MaxPrice: "2"})
}

// ground is a cloud with a stack called shop.
type ground struct {
	t     *testing.T
	cloud *fakes.Cloud
}

func newGround(t *testing.T) ground {
	t.Helper()
	return ground{t, fakes.New(fakes.Options{})}
}

func (g ground) stack(resources ...slipway.Resource) slipway.Stack {
	return slipway.NewStack("shop", resources...).WithKinds(autoscaling.Kinds()...).WithKinds(iam.Kinds()...).WithKinds(vpc.Kinds()...)
}

func (g ground) apply(resources ...slipway.Resource) *slipway.Result {
	g.t.Helper()
	result, err := g.stack(resources...).Apply(g.t.Context(), g.cloud.Config())
	require.NoError(g.t, err)
	return result
}

func (g ground) plan(resources ...slipway.Resource) *slipway.Plan {
	g.t.Helper()
	plan, err := g.stack(resources...).Plan(g.t.Context(), g.cloud.Config())
	require.NoError(g.t, err)
	return plan
}

func (g ground) steady(resources ...slipway.Resource) {
	g.t.Helper()
	plan := g.plan(resources...)
	require.True(g.t, plan.Empty(), "%s", plan)
}

func (g ground) versions() []ec2types.LaunchTemplateVersion {
	g.t.Helper()
	out, err := awsec2.NewFromConfig(g.cloud.Config()).DescribeLaunchTemplateVersions(g.t.Context(), &awsec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateName: aws.String("node"),
	})
	require.NoError(g.t, err)
	return out.LaunchTemplateVersions
}

// preferred is the default version.
func (g ground) preferred() ec2types.LaunchTemplateVersion {
	g.t.Helper()
	for _, v := range g.versions() {
		if *v.DefaultVersion {
			return v
		}
	}
	g.t.Fatal("no default version")
	return ec2types.LaunchTemplateVersion{}
}

func TestTemplateIsAppliedOnce(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]autoscaling.LaunchTemplate{"least": node(), "full": fullTemplate()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGround(t)
			out := slipway.Output(g.apply(l), l)
			require.Equal(t, "1", out.Version)
			require.Regexp(t, "^lt-", out.ID)
			before := g.cloud.Snapshot()
			g.steady(l)
			g.apply(l)
			require.Empty(t, g.cloud.Snapshot().Since(before))
		})
	}
}

func TestUserDataIsResolved(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.apply(fullTemplate())
	text, err := base64.StdEncoding.DecodeString(*g.preferred().LaunchTemplateData.UserData)
	require.NoError(t, err)
	require.Equal(t, "#!/bin/sh\necho ECS_CLUSTER=node >> /etc/ecs/ecs.config\n", string(text))
}

func TestAChangedTemplateIsANewVersion(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.apply(node())
	for name, l := range map[string]autoscaling.LaunchTemplate{
		"type":       node().WithInstanceType("m5.xlarge"),
		"image":      autoscaling.NewLaunchTemplate("node", autoscaling.AMI("ami-0123456789abcdef0")).WithInstanceType("m5.large"),
		"user data":  node().WithUserData("#!/bin/sh"),
		"a volume":   node().WithVolume(autoscaling.Volume{Device: "/dev/xvda", Size: 40}),
		"metadata":   node().WithMetadata(autoscaling.Metadata{V1: true, Off: true}),
		"monitoring": node().WithDetailedMonitoring(),
		"address":    node().WithPublicIP(true),
		"tag":        node().WithInstanceTag("a", "b"),
		"profile":    node().WithInstanceProfile(iam.NewInstanceProfile("node", iam.NewRole("node"))),
		"group":      node().WithSecurityGroup(vpc.NewSecurityGroup("node", "instances", vpc.Default())),
		"spot":       node().WithSpot(autoscaling.Spot{}),
	} {
		if name == "image" {
			continue // an image that does not exist is refused
		}
		before := *g.preferred().VersionNumber
		require.Contains(t, g.plan(l).String(), "new revision", name)
		out := slipway.Output(g.apply(l), l)
		g.steady(l)
		require.Greater(t, *g.preferred().VersionNumber, before, name)
		require.NotEmpty(t, out.Version)
		g.apply(node())
		g.steady(node())
		require.Equal(t, before+2, *g.preferred().VersionNumber, "%s: taking it away is a change, too", name)
		require.LessOrEqual(t, len(g.versions()), 5, "old versions are deleted")
	}
}

func TestTagsOfATemplateMakeNoVersion(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.apply(node())
	before := g.cloud.Snapshot()
	g.apply(node().WithTag("team", "web"))
	g.apply(node().WithTag("team", "shop").WithTag("a", ""))
	g.steady(node().WithTag("team", "shop").WithTag("a", ""))
	g.apply(node())
	require.Empty(t, g.cloud.Snapshot().Since(before))
	require.Len(t, g.versions(), 1)
}

func TestTemplatesArePrunedAndDestroyed(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	before := g.cloud.Snapshot()
	g.apply(fullTemplate())
	g.apply()
	require.Empty(t, g.cloud.Snapshot().Since(before))
	g.apply(fullTemplate())
	require.NoError(t, g.stack(fullTemplate()).Destroy(t.Context(), g.cloud.Config()))
	require.NoError(t, g.stack(fullTemplate()).Destroy(t.Context(), g.cloud.Config()))
	require.Empty(t, g.cloud.Snapshot().Since(before))
}

func TestATemplateOfOthersIsNotTouched(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	_, err := awsec2.NewFromConfig(g.cloud.Config()).CreateLaunchTemplate(t.Context(), &awsec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("node"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{InstanceType: "m5.large"},
	})
	require.NoError(t, err)
	_, err = g.stack(node()).Apply(t.Context(), g.cloud.Config())
	require.ErrorIs(t, err, slipway.ErrConflict)
	_, err = g.stack(node()).Apply(t.Context(), g.cloud.Config(), slipway.Adopt(node().ID()))
	require.NoError(t, err)
	g.steady(node())
}

// killed cuts a run off after its n-th call, for each n, and then lets it run whole.
func killed(t *testing.T, before func(ground), run func(ctx context.Context, g ground) error, after func(g ground, n int)) {
	t.Helper()
	whole := newGround(t)
	before(whole)
	start := len(whole.cloud.Calls())
	require.NoError(t, run(t.Context(), whole))
	calls := len(whole.cloud.Calls()) - start
	require.Positive(t, calls)
	for n := 1; n < calls; n++ {
		g := newGround(t)
		before(g)
		ctx, kill := context.WithCancel(t.Context())
		var made atomic.Int64
		g.cloud.Inject(fakes.Match{Times: fakes.Always}, func(_ context.Context, _ *fakes.Request, next func() (any, error)) (any, error) {
			out, err := next()
			if made.Add(1) == int64(n) {
				kill()
			}
			return out, err
		})
		_ = run(ctx, g)
		kill()
		require.NoError(t, run(t.Context(), g), "killed after call %d", n)
		after(g, n)
	}
}

func applied(resources ...slipway.Resource) func(ctx context.Context, g ground) error {
	return func(ctx context.Context, g ground) error {
		_, err := g.stack(resources...).Apply(ctx, g.cloud.Config(), slipway.Concurrency(1))
		return err
	}
}

func TestTemplateIsFinishedByTheNextRun(t *testing.T) {
	t.Parallel()
	changed := node().WithDetailedMonitoring().WithTag("a", "b")
	killed(t, func(ground) {}, applied(node()), func(g ground, n int) {
		g.steady(node())
		require.Len(t, g.versions(), 1, "after call %d", n)
	})
	killed(t, func(g ground) { g.apply(node()) }, applied(changed), func(g ground, n int) {
		g.steady(changed)
		require.Len(t, g.versions(), 2, "after call %d: a version that was made is made use of", n)
	})
}

func TestALostReplyMakesOneTemplate(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.cloud.Inject(fakes.Match{Operation: "CreateLaunchTemplate"}, fakes.LostReply())
	g.apply(node())
	g.cloud.Inject(fakes.Match{Operation: "CreateLaunchTemplateVersion"}, fakes.LostReply())
	g.apply(node().WithDetailedMonitoring())
	require.Len(t, g.versions(), 2)
}

func TestTemplateMistakes(t *testing.T) {
	t.Parallel()
	require.NoError(t, fullTemplate().Validate())
	for _, tt := range []struct {
		name     string
		template autoscaling.LaunchTemplate
		want     string
	}{
		{"no image", autoscaling.NewLaunchTemplate("node", nil), "LaunchTemplateData.ImageId: got nil, want an image"},
		{"an image by name", autoscaling.NewLaunchTemplate("node", autoscaling.AMI("al2023")), "ImageId"},
		{"a short name", autoscaling.NewLaunchTemplate("x", al2023), "LaunchTemplateName"},
		{"long user data", node().WithUserData(strings.Repeat("x", 16385)), "UserData: got 16385 bytes"},
		{"too many hops", node().WithMetadata(autoscaling.Metadata{Hops: 65}), "HttpPutResponseHopLimit"},
		{"fewer than no hops", node().WithMetadata(autoscaling.Metadata{Hops: -1}), "HttpPutResponseHopLimit"},
		{"a volume without device", node().WithVolume(autoscaling.Volume{Size: 8}), "DeviceName"},
		{"a volume that is too small", node().WithVolume(autoscaling.Volume{Device: "/dev/x", Size: 1, Type: ec2types.VolumeTypeSt1}), "BlockDeviceMappings[/dev/x].Ebs.VolumeSize: got 1 GiB"},
		{"io1 without IOPS", node().WithVolume(autoscaling.Volume{Device: "/dev/x", Size: 8, Type: ec2types.VolumeTypeIo1}), "Iops"},
		{"a size beyond counting", node().WithVolume(autoscaling.Volume{Device: "/dev/x", Size: 1 << 40}), "want a number of 32 bits"},
		{"credits of a type without", node().WithUnlimitedCredits(true), "CreditSpecification"},
		{"an override", node().WithOverride(func(in *awsec2.CreateLaunchTemplateInput) { in.LaunchTemplateName = aws.String("?") }), "LaunchTemplateName"},
	} {
		err := tt.template.Validate()
		require.ErrorIs(t, err, slipway.ErrInvalid, tt.name)
		require.ErrorContains(t, err, tt.want, tt.name)
	}
}

func TestUserDataIsNotShown(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	secret := base64.StdEncoding.EncodeToString([]byte("ECS_ENGINE_AUTH_DATA=x"))
	require.NotContains(t, g.plan(node().WithUserData("ECS_ENGINE_AUTH_DATA=x")).String(), secret)
}
