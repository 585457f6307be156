// SPDX-License-Identifier: Apache-2.0

package slipway_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/vpc"
)

// TestWhatIsPredictedComesTrue asks for all outputs that kinds foretell, before and
// after the things are made.
func TestWhatIsPredictedComesTrue(t *testing.T) {
	t.Parallel()
	tasks := iam.ServicePrincipal{Service: "ecs-tasks.amazonaws.com"}
	cluster := ecs.NewCluster("shop")
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).
		WithContainer(ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")))
	const us, china = "us-east-1", "cn-north-1"
	for _, tt := range []struct {
		name, region string
		of           slipway.Resource
		outputs      []string
	}{
		{"a role", us, iam.NewRole("plain").WithTrust(tasks), []string{"arn", "name"}},
		{"a role with a path", us, iam.NewRole("pathed").WithTrust(tasks).WithPath("/teams/web/"), []string{"arn", "name"}},
		{"a role whose name is derived", us, iam.NewDerivedRole("derived").WithTrust(tasks), []string{"arn", "name"}},
		{"a repository", us, ecr.NewRepository("team/web"), []string{"arn", "name", "uri"}},
		{"a repository in China", china, ecr.NewRepository("team/web"), []string{"arn", "name", "uri"}},
		{"a cluster", us, cluster, []string{"arn", "name"}},
		{"a cluster in China", china, cluster, []string{"arn", "name"}},
		{"a log group", us, ecs.NewLogGroup("/shop/audit"), []string{"arn", "name"}},
		{"a log group in China", china, ecs.NewLogGroup("/shop/audit"), []string{"arn", "name"}},
		{"a task definition, whose revision nobody knows", us, task, []string{"family"}},
		{"a service", us, ecs.NewFargateService("web", cluster, task, vpc.Default()).WithCount(0), []string{"arn", "name", "cluster"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			probe := newToys().Thing("probe").asking(tt.of, tt.outputs...)
			cfg, stack := fakes.New(fakes.Options{Region: tt.region}).Config(), slipway.NewStack("shop", probe)
			plan, err := stack.Plan(t.Context(), cfg)
			require.NoError(t, err)
			result, err := stack.Apply(t.Context(), cfg)
			require.NoError(t, err)
			planned := fieldsOf(t, plan.Changes, probe.ID())
			require.Equal(t, fieldsOf(t, result.Changes, probe.ID()), planned)
			for _, f := range planned {
				require.False(t, f.Unknown, f.Path)
			}
		})
	}
}

// asking has the toy hold outputs of r, and the account.
func (t toy) asking(r slipway.Resource, outputs ...string) toy {
	t.uses = []slipway.Resource{r}
	t.state.Create.Env = []toyPair{{aws.String("account"), aws.String(slipway.Self("account"))}}
	for _, output := range outputs {
		t.state.Create.Env = append(t.state.Create.Env, toyPair{aws.String(output), aws.String(slipway.Ref(r.ID(), output))})
	}
	return t
}

func fieldsOf(t *testing.T, changes []slipway.Change, id slipway.ID) []slipway.FieldChange {
	t.Helper()
	for _, c := range changes {
		if c.ID == id {
			return c.Fields
		}
	}
	require.Fail(t, "no change of "+id.String())
	return nil
}

// TestPredictionsKeepPlansSmall: what is made again under the same ARN changes
// nothing for others.
func TestPredictionsKeepPlansSmall(t *testing.T) {
	t.Parallel()
	cfg := fakes.New(fakes.Options{}).Config()
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithTaskRole(iam.NewRole("web")).
		WithContainer(ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")))
	stack := slipway.NewStack("shop", task)
	_, err := stack.Apply(t.Context(), cfg)
	require.NoError(t, err)
	_, err = awsiam.NewFromConfig(cfg).DeleteRole(t.Context(), &awsiam.DeleteRoleInput{RoleName: aws.String("web")})
	require.NoError(t, err)

	plan, err := stack.Plan(t.Context(), cfg)
	require.NoError(t, err)
	require.Len(t, plan.Changes, 1, "%s", plan)
	require.Equal(t, slipway.ID{Kind: "iam:Role", Name: "web"}, plan.Changes[0].ID)
	_, err = stack.Apply(t.Context(), cfg)
	require.NoError(t, err)
	plan, err = stack.Plan(t.Context(), cfg)
	require.NoError(t, err)
	require.True(t, plan.Empty(), "%s", plan)
}

// TestOnlyTheRolesThatAreDeclaredArePassed: the plan's policy names each role.
func TestOnlyTheRolesThatAreDeclaredArePassed(t *testing.T) {
	t.Parallel()
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithTaskRole(iam.NewRole("web")).
		WithContainer(ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")))
	plan, err := slipway.NewStack("shop", task).Plan(t.Context(), fakes.New(fakes.Options{}).Config())
	require.NoError(t, err)
	var passed []string
	for _, p := range plan.Permissions() {
		if slices.Contains(p.Actions, "iam:PassRole") {
			passed = append(passed, p.Resources...)
		}
	}
	require.ElementsMatch(t, []string{
		"arn:aws:iam::123456789012:role/slipway/shop/web",
		"arn:aws:iam::123456789012:role/slipway/shop/web-execution-us-east-1",
	}, passed)
}

// TestPredictionsMayBeVague: what is not known exactly is for policies only.
func TestPredictionsMayBeVague(t *testing.T) {
	t.Parallel()
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).
		WithContainer(ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")))
	probe := newToys().Thing("probe").asking(task, "arn")
	plan, err := slipway.NewStack("shop", probe).Plan(t.Context(), fakes.New(fakes.Options{}).Config())
	require.NoError(t, err)
	fields := fieldsOf(t, plan.Changes, probe.ID())
	require.True(t, fields[len(fields)-1].Unknown, "the revision")
	require.Contains(t, plan.String(), "    Create.Env[arn].Value: \"<ecs:TaskDefinition/web#arn>\"\n")
}
