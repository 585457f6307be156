// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/probe"
)

const ownKey = "arn:aws:kms:" + region + ":" + account + ":alias/own"

func TestSecrets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client := awssm.NewFromConfig(s.cloud.Config())
	made, err := client.CreateSecret(t.Context(), &awssm.CreateSecretInput{Name: aws.String("shop/db"), SecretString: aws.String("x")})
	require.NoError(t, err)
	s.must(client.CreateSecret(t.Context(), &awssm.CreateSecretInput{Name: aws.String("keyed"), SecretString: aws.String("x"), KmsKeyId: aws.String("alias/own")}))
	s.must(client.CreateSecret(t.Context(), &awssm.CreateSecretInput{Name: aws.String("old"), SecretString: aws.String("x")}))
	s.must(client.DeleteSecret(t.Context(), &awssm.DeleteSecretInput{SecretId: aws.String("old")}))
	for _, test := range []struct {
		name, from string
		want       want
		key        string
	}{
		{"by name", "shop/db", want{}, ""},
		{"by ARN", *made.ARN, want{}, ""},
		{"a key of it", *made.ARN + ":url::", want{}, ""},
		{"with a key of KMS", "keyed", want{}, ownKey},
		{"one that is not there", "shop/other", want{code: slipway.SecretMissing, summary: "does not exist"}, ""},
		{"one of another region", "arn:aws:secretsmanager:eu-central-1:" + account + ":secret:shop/db-AbCdEf", want{code: slipway.SecretMissing, summary: "does not exist"}, ""},
		{"one that is being deleted", "old", want{code: slipway.SecretMissing, summary: "is scheduled for deletion"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check, kept := probe.Secret(t.Context(), s.call(), test.from)
			test.want.of(t, check)
			require.Equal(t, test.key, kept.Key)
			require.Equal(t, test.want.code == "", kept.ARN != "")
		})
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client := awsssm.NewFromConfig(s.cloud.Config())
	for name, kind := range map[string]ssmtypes.ParameterType{"/shop/key": ssmtypes.ParameterTypeString, "plain": ssmtypes.ParameterTypeString, "/shop/safe": ssmtypes.ParameterTypeSecureString} {
		in := &awsssm.PutParameterInput{Name: &name, Value: aws.String("x"), Type: kind}
		if kind == ssmtypes.ParameterTypeSecureString {
			in.KeyId = aws.String("alias/own")
		}
		s.must(client.PutParameter(t.Context(), in))
	}
	const prefix = "arn:aws:ssm:" + region + ":" + account + ":parameter/"
	for _, test := range []struct {
		name, from string
		want       want
		kept       probe.Kept
	}{
		{"by name", "/shop/key", want{}, probe.Kept{ARN: prefix + "shop/key"}},
		{"by ARN", prefix + "shop/key", want{}, probe.Kept{ARN: prefix + "shop/key"}},
		{"without a slash", prefix + "plain", want{}, probe.Kept{ARN: prefix + "plain"}},
		{"encrypted with a key", "/shop/safe", want{}, probe.Kept{ARN: prefix + "shop/safe", Key: ownKey}},
		{"one that is not there", "/shop/other", want{code: slipway.ParameterMissing, summary: "/shop/other does not exist"}, probe.Kept{}},
		{
			"one of another account", "arn:aws:ssm:" + region + ":111122223333:parameter/shop/key", want{unknown: "it is of account 111122223333"},
			probe.Kept{ARN: "arn:aws:ssm:" + region + ":111122223333:parameter/shop/key"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check, kept := probe.Parameter(t.Context(), s.call(), test.from)
			test.want.of(t, check)
			require.Equal(t, test.kept, kept)
		})
	}
}

func TestNamesWithinARNs(t *testing.T) {
	t.Parallel()
	const secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db-AbCdEf"
	for from, want := range map[string]string{"shop/db": "shop/db", secret: secret, secret + ":url::": secret, secret + ":url:AWSCURRENT:": secret} {
		require.Equal(t, want, probe.SecretARN(from))
	}
	const parameter = "arn:aws:ssm:us-east-1:123456789012:parameter"
	for from, want := range map[string]string{"/a/b": "/a/b", "c": "c", parameter + "/a/b": "/a/b", parameter + "/c": "c"} {
		require.Equal(t, want, probe.ParameterName(from), from)
	}
}

func TestLogGroups(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client := awslogs.NewFromConfig(s.cloud.Config())
	s.must(client.CreateLogGroup(t.Context(), &awslogs.CreateLogGroupInput{LogGroupName: aws.String("/shop/web-more")}))
	want{code: slipway.LogGroupMissing, summary: "/shop/web does not exist"}.of(t, probe.LogGroup(t.Context(), s.call(), "/shop/web"))
	s.must(client.CreateLogGroup(t.Context(), &awslogs.CreateLogGroupInput{LogGroupName: aws.String("/shop/web")}))
	want{}.of(t, probe.LogGroup(t.Context(), s.call(), "/shop/web"))
}
