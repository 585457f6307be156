// SPDX-License-Identifier: Apache-2.0

package slipway_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/vpc"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares text with a file of testdata.
func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o750))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), text)
}

// TestPlanOfEverything shows each verb and what goes with it.
func TestPlanOfEverything(t *testing.T) {
	t.Parallel()
	toys := newToys()
	base, grown, revised := toys.Base("base"), toys.Thing("grown").size(1), toys.Thing("revised")
	base.state.Create.Name = aws.String("base-1")
	revised.state.Create.Model = aws.String("m1")
	rolled, shaped := toys.Thing("rolled"), toys.Thing("shaped").shape("round")
	rolled.state.Create.Image = aws.String("web:1")
	apply(t, slipway.NewStack("shop", base, grown, revised, rolled, shaped, toys.Thing("gone"), toys.Thing("same")))

	base.state.Create.Name = aws.String("base-2")
	revised.state.Create.Model = aws.String("m2")
	rolled.state.Create.Image = aws.String("web:2")
	grown = grown.size(200)
	grown.over = []string{"Create.Size"}
	made := toys.Thing("made").on(base)
	made.state.Create.Count = aws.Int32(2)
	made.state.Create.Peers = []string{"a", base.arn()}
	made.state.Create.Env = []toyPair{{aws.String("LEVEL"), aws.String("info")}, {aws.String("DB_PASSWORD"), aws.String("hunter2")}}
	made.state.Policy = aws.String(`{"Allow":["` + strings.Repeat("long ", 60) + `"]}`)
	plan, err := slipway.NewStack("shop", base, grown, revised, rolled, shaped.shape("flat"), made, toys.Thing("same")).
		Plan(t.Context(), config, slipway.AllowReplace(shaped.ID()))
	require.NoError(t, err)
	golden(t, "plan.txt", plan.String())
}

// TestPlanOfAService shows all that a service brings.
func TestPlanOfAService(t *testing.T) {
	t.Parallel()
	http, network := ecs.TCP("http", 8080), vpc.Default()
	app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")).WithPort(http).
		WithEnv("LOG_LEVEL", "info").WithEnv("API_TOKEN", "hunter2").WithSecret("DB_URL", ecs.SecretsManager("shop/db"))
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/2, 1*ecs.GiB).WithContainer(app).
		WithTaskRole(iam.NewRole("web").WithAllow("arn:aws:s3:::shop-assets/*", "s3:GetObject"))
	alb := elb.NewApplication("shop", network).
		WithOverride(func(in *awselb.CreateLoadBalancerInput) { in.IpAddressType = "dualstack" })
	web := ecs.NewFargateService("web", ecs.NewCluster("shop").WithTag("team", "shop"), task, network).
		WithRoute(alb.Route("/*"), app, http).
		WithScaling(autoscaling.Between(2, 20).WithPolicy(autoscaling.TargetTracking{Metric: autoscaling.CPUUtilization, Target: 60}))
	plan, err := slipway.NewStack("shop", web).Plan(t.Context(), cloudWithSecret("shop/db"))
	require.NoError(t, err)
	require.NotContains(t, plan.String(), "hunter2")
	golden(t, "plan-service.txt", plan.String())
}
