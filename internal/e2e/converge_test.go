// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
)

// TestKilledAfterAnyCallItConverges ends the program right after the n-th write,
// for every n, runs it again, and compares with a run that nobody disturbed.
func TestKilledAfterAnyCallItConverges(t *testing.T) {
	t.Parallel()
	clean := account(t, fakes.Options{})
	clean.ForgetCalls()
	apply(t, clean, standard(), slipway.Concurrency(1))
	writes := len(clean.Calls().Writes())
	require.Greater(t, writes, 10)
	want := kinds(clean.Snapshot())
	for n := range writes {
		t.Run(fmt.Sprint("write ", n), func(t *testing.T) {
			t.Parallel()
			cloud := account(t, fakes.Options{})
			killed(t, cloud, n)
			apply(t, cloud, standard())
			require.Equal(t, want, kinds(cloud.Snapshot()), "no duplicate, no orphan")
			p := plan(t, cloud, standard())
			require.True(t, p.Empty(), "%s", p)
		})
	}
}

// killed applies the stack and ends the program after n more writes.
func killed(t *testing.T, cloud *fakes.Cloud, n int) {
	t.Helper()
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	seen := 0
	cloud.Inject(fakes.Match{Times: fakes.Always}, func(_ context.Context, r *fakes.Request, next func() (any, error)) (any, error) {
		if ctx.Err() != nil && seen > n {
			return next() // the next run is not disturbed
		}
		out, err := next()
		if (fakes.Call{Operation: r.Operation}).Write() {
			if seen++; seen > n {
				kill()
				return nil, errors.New("the program is gone")
			}
		}
		return out, err
	})
	stack, _ := standard().build()
	_, err := stack.Apply(ctx, cloud.Config(), slipway.Concurrency(1))
	require.Error(t, err)
}

// kinds counts what there is, for ids differ between runs, and events and stopped
// tasks are history.
func kinds(s fakes.Snapshot) map[string]int {
	count := map[string]int{}
	for _, name := range s.Names() {
		var service, region, kind string
		if _, err := fmt.Sscan(name, &service, &region, &kind); err == nil {
			count[service+" "+region+" "+kind]++
		}
	}
	return count
}

// TestTheLeastPolicyIsEnough applies a stack as a role that may do what the plan
// says its caller must, and no more.
func TestTheLeastPolicyIsEnough(t *testing.T) {
	t.Parallel()
	cloud := account(t, fakes.Options{})
	policy := plan(t, cloud, standard()).Policy()
	client := awsiam.NewFromConfig(cloud.Config())
	_, err := client.CreateRole(t.Context(), &awsiam.CreateRoleInput{
		RoleName:                 aws.String("deployer"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}`),
	})
	require.NoError(t, err)

	stack, _ := standard().build()
	_, err = stack.Apply(t.Context(), cloud.ConfigAs("deployer"))
	require.ErrorIs(t, err, slipway.ErrDenied, "a role without a policy may do nothing")

	_, err = client.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
		RoleName: aws.String("deployer"), PolicyName: aws.String("least"), PolicyDocument: &policy,
	})
	require.NoError(t, err)
	_, err = stack.Apply(t.Context(), cloud.ConfigAs("deployer"))
	require.NoError(t, err)
}
