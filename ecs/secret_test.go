// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
)

func TestSecretsAreNamed(t *testing.T) {
	t.Parallel()
	const (
		secret    = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/db-AbCdEf"
		parameter = "arn:aws:ssm:eu-central-1:123456789012:parameter/shop/key"
	)
	for _, row := range []struct {
		name   string
		secret ecs.Secret
		want   string
	}{
		{"a name", ecs.SecretsManager("shop/db"), ""},
		{"an ARN", ecs.SecretsManager(secret), ""},
		{"no name", ecs.SecretsManager(""), "Secrets[KEY].ValueFrom: got none, want the name or ARN of a secret"},
		{"another service's ARN", ecs.SecretsManager(parameter), "got " + parameter},
		{"a parameter", ecs.SSMParameter("/shop/key"), ""},
		{"a parameter's ARN", ecs.SSMParameter(parameter), ""},
		{"no parameter", ecs.SSMParameter(""), "want the name or ARN of a parameter"},
		{"a secret's ARN", ecs.SSMParameter(secret), "got " + secret},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).
				WithContainer(ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithSecret("KEY", row.secret))
			err := task.Validate()
			if row.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, slipway.ErrInvalid)
			require.ErrorContains(t, err, row.want)
		})
	}
}
