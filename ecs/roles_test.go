// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/storage"
)

func TestRoleDeclaredBesidesItsUse(t *testing.T) {
	t.Parallel()
	role := iam.NewRole("shop").WithAllow("arn:aws:s3:::shop/*", "s3:GetObject")
	files := ecs.EFSVolume{Name: "files", FileSystem: storage.FileSystemID("fs-0123456789abcdef0"), IAM: true}
	web := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithTaskRole(role).WithExec().WithContainer(app("nginx:1"))
	batch := ecs.NewFargateTaskDefinition("batch", ecs.VCPU/4, 512*ecs.MiB).WithTaskRole(role).
		WithContainer(app("batch:1").WithMount(files, "/files"))
	lambda := role.WithTrust(iam.ServicePrincipal{Service: "lambda.amazonaws.com"})
	for _, test := range []struct {
		name      string
		resources []slipway.Resource
	}{
		{"the role first", []slipway.Resource{role, web, batch}},
		{"the role last", []slipway.Resource{batch, web, role}},
		{"with more trust", []slipway.Resource{web, lambda, batch}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ctx, cloud := patience(t), fakes.New(fakes.Options{})
			stack := slipway.NewStack("shop", test.resources...)
			_, err := stack.Apply(ctx, cloud.Config())
			require.NoError(t, err)
			plan, err := stack.Plan(ctx, cloud.Config())
			require.NoError(t, err)
			require.Empty(t, plan.Changes, "%s", plan)

			client := awsiam.NewFromConfig(cloud.Config())
			policies, err := client.ListRolePolicies(ctx, &awsiam.ListRolePoliciesInput{RoleName: aws.String("shop")})
			require.NoError(t, err)
			require.Equal(t, []string{"ecs-batch-task", "ecs-web-task", "slipway"}, policies.PolicyNames)
			got, err := client.GetRole(ctx, &awsiam.GetRoleInput{RoleName: aws.String("shop")})
			require.NoError(t, err)
			require.Contains(t, *got.Role.AssumeRolePolicyDocument, "ecs-tasks.amazonaws.com")
		})
	}
}

func TestRolesThatContradict(t *testing.T) {
	t.Parallel()
	base := iam.NewRole("shop").WithAllow("arn:aws:s3:::shop/*", "s3:GetObject")
	web := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithTaskRole(base).WithContainer(app("nginx:1"))
	for name, other := range map[string]iam.Role{
		"another description": base.WithDescription("shop"), "another statement": base.WithAllow("*", "s3:ListAllMyBuckets"),
		"a managed policy": base.WithManagedPolicy("arn:aws:iam::aws:policy/ReadOnlyAccess"), "a tag": base.WithTag("a", "b"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := slipway.NewStack("shop", web, other).Validate()
			require.ErrorIs(t, err, slipway.ErrInvalid)
			require.ErrorContains(t, err, "iam:Role/shop")
			require.ErrorContains(t, err, "the same as declared by")
		})
	}
}

func TestRoleThatNobodyUses(t *testing.T) {
	t.Parallel()
	err := slipway.NewStack("shop", iam.NewRole("shop")).Validate()
	require.ErrorContains(t, err, "AssumeRolePolicyDocument", "a task definition would have added the trust")
}

func TestExistingRoleIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:iam::123456789012:role/shop"
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app("nginx:1")).WithExec().
		WithTaskRole(iam.RoleARN(arn)).WithExecutionRole(iam.RoleARN(arn))
	desired, err := task.Build()
	require.NoError(t, err)
	named := slipway.Named(slipway.ID{Kind: "iam:Role", Name: "shop"})
	for _, used := range desired.Uses {
		require.True(t, used == named || used.ID().Kind != "iam:Role", "it is named, not declared: %s", used.ID())
	}
}

func TestDerivedRolesHaveNamesThatFit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	ctx, cloud := patience(t), fakes.New(fakes.Options{Region: "ap-southeast-1"})
	one, two := long+"1", long+"2"
	stack := slipway.NewStack("shop",
		ecs.NewFargateTaskDefinition(one, ecs.VCPU/4, 512*ecs.MiB).WithContainer(app("nginx:1")),
		ecs.NewFargateTaskDefinition(two, ecs.VCPU/4, 512*ecs.MiB).WithContainer(app("nginx:1")))
	_, err := stack.Apply(ctx, cloud.Config())
	require.NoError(t, err)
	roles, err := awsiam.NewFromConfig(cloud.Config()).ListRoles(ctx, &awsiam.ListRolesInput{PathPrefix: aws.String("/slipway/shop/")})
	require.NoError(t, err)
	require.Len(t, roles.Roles, 2, "the names differ although they are cut off")
}
