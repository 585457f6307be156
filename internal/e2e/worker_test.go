// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
)

// worker is the shop without a balancer and without scaling.
func worker() shop {
	s := standard()
	s.route, s.scaling = false, false
	return s
}

// allowed puts a role into the account that may do what the policy says.
func allowed(t *testing.T, cloud *fakes.Cloud, name, policy string) aws.Config {
	t.Helper()
	client := awsiam.NewFromConfig(cloud.Config())
	_, err := client.CreateRole(t.Context(), &awsiam.CreateRoleInput{
		RoleName:                 &name,
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}`),
	})
	require.NoError(t, err)
	_, err = client.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
		RoleName: &name, PolicyName: aws.String("least"), PolicyDocument: &policy,
	})
	require.NoError(t, err)
	return cloud.ConfigAs(name)
}

// TestThePolicyOfEachStepIsEnough goes from nothing over several stacks to nothing
// declared; each step runs as a role that may do what its own plan says.
func TestThePolicyOfEachStepIsEnough(t *testing.T) {
	t.Parallel()
	changed := standard()
	changed.image, changed.path, changed.tag = "public.ecr.aws/shop/web:2", "/ready", "a"
	worked, _ := worker().build()
	standing, _ := standard().build()
	changes, _ := changed.build()
	nothing := slipway.NewStack("shop").WithKinds(everyKind()...)
	cloud := account(t, fakes.Options{})
	for _, step := range []struct {
		name, reason string
		stack        slipway.Stack
	}{
		{"worker", "kinds that the stack only looks at for pruning must be readable", worked},
		{"again", "a plan that finds nothing to do needs its reads", worked},
		{"balancer", "what is added to what stands", standing},
		{"changes", "a revision, changes in place and tags", changes},
		{"worker-again", "pruning of rules, listeners, balancer, groups and scaling", worked},
		{"nothing", "pruning of all", nothing},
	} {
		p, err := step.stack.Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		_, err = step.stack.Apply(t.Context(), allowed(t, cloud, "deployer-"+step.name, p.Policy()))
		require.NoError(t, err, "%s: %s", step.name, step.reason)
	}
}
