// SPDX-License-Identifier: Apache-2.0

package secrets_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules/rulestest"
	"github.com/slipway-go/slipway/internal/rules/secrets"
)

const (
	invalid = "InvalidParameterException"
	// most is the size of a value in bytes.
	most = 65536
)

func long(n int) *string { return aws.String(strings.Repeat("x", n)) }

func TestEveryRuleOfNewSecrets(t *testing.T) {
	t.Parallel()
	type secret = awssm.CreateSecretInput
	name := func(s string) func(*secret) { return func(in *secret) { in.Name = &s } }
	base := func() *secret { return &secret{Name: aws.String("shop/db"), SecretString: aws.String("s")} }
	const validation = "ValidationException"
	rulestest.Holds(t, secrets.CreateSecret, nil, base, []rulestest.Row[secret]{
		{Rule: "secrets-name", Name: "none", Breaks: name(""), Legal: name("s"), Path: "Name", Code: validation, Text: "Invalid name"},
		{Rule: "secrets-name", Name: "513 characters", Breaks: name(*long(513)), Legal: name(*long(512)), Path: "Name", Code: validation},
		{Rule: "secrets-name", Name: "a blank", Breaks: name("a b"), Legal: name("aZ9/_+=.@!-"), Path: "Name", Code: validation},
		{Rule: "secrets-name", Name: "but not one that is known later", Breaks: name("a:b"), Legal: name(slipway.Self("region")), Path: "Name", Code: validation},
		{
			Rule: "secrets-value", Name: "both", Breaks: func(in *secret) { in.SecretBinary = []byte("s") },
			Legal: func(in *secret) { in.SecretString, in.SecretBinary = nil, []byte("s") }, Path: "SecretString", Code: invalid, Text: "both",
		},
		{
			Rule: "secrets-value", Name: "65537 bytes", Breaks: func(in *secret) { in.SecretString = long(most + 1) },
			Legal: func(in *secret) { in.SecretString = long(most) }, Path: "SecretString", Code: invalid, Text: "65536",
		},
		{
			Rule: "secrets-value", Name: "65537 bytes in binary", Breaks: func(in *secret) { in.SecretString, in.SecretBinary = nil, make([]byte, most+1) },
			Legal: func(in *secret) { in.SecretString, in.SecretBinary = nil, make([]byte, most) }, Path: "SecretString", Code: invalid,
		},
	})
}

func TestEveryRuleOfNewVersions(t *testing.T) {
	t.Parallel()
	type version = awssm.PutSecretValueInput
	base := func() *version { return &version{SecretString: aws.String("s")} }
	rulestest.Holds(t, secrets.PutSecretValue, nil, base, []rulestest.Row[version]{
		{Rule: "secrets-value", Name: "none", Breaks: func(in *version) { in.SecretString = nil }, Path: "SecretString", Code: invalid, Text: "either"},
		{
			Rule: "secrets-value", Name: "65537 bytes", Breaks: func(in *version) { in.SecretString = long(most + 1) },
			Legal: func(in *version) { in.SecretString = long(most) }, Path: "SecretString", Code: invalid,
		},
	})
	type change = awssm.UpdateSecretInput
	rulestest.Holds(t, secrets.UpdateSecret, nil, func() *change { return &change{} }, []rulestest.Row[change]{
		{
			Rule: "secrets-value", Name: "both of a change", Breaks: func(in *change) { in.SecretString, in.SecretBinary = aws.String("s"), []byte("s") },
			Path: "SecretString", Code: invalid, Text: "both",
		},
	})
}

// TestValuesAreNeverShown: an error says how long a secret is, not what it is.
func TestValuesAreNeverShown(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	in := &awssm.CreateSecretInput{Name: aws.String("a b"), SecretString: aws.String(strings.Repeat(secret, most)), SecretBinary: []byte(secret)}
	found := secrets.CreateSecret.All(nil, in)
	require.Len(t, found, 3)
	for _, e := range found {
		require.NotContains(t, e.Error()+e.Text+e.Got+e.Want, secret)
	}
}
