// SPDX-License-Identifier: Apache-2.0

package secrets_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"
)

func TestSnapshotsHaveSecretsWithoutValues(t *testing.T) {
	t.Parallel()
	cloud, client, _ := open(t)
	const name = "secretsmanager us-east-1 secret shop/db"
	made := cloud.Snapshot()
	require.Contains(t, made.State(name), `"Versions":{"token-of-the-first-version-of-it":["AWSCURRENT"]}`)
	require.NotContains(t, made.String(), hidden)

	other, otherClient, _ := open(t)
	require.Equal(t, made.State(name), other.Snapshot().State(name))
	_, err := otherClient.DeleteSecret(t.Context(), &awssm.DeleteSecretInput{SecretId: aws.String("shop/db")})
	require.NoError(t, err)
	require.Contains(t, other.Snapshot().State(name), `"Deleted":true`)

	_, err = client.PutSecretValue(t.Context(), &awssm.PutSecretValueInput{
		SecretId: aws.String("shop/db"), SecretString: aws.String("battery-staple"),
	})
	require.NoError(t, err)
	require.Equal(t, []string{"~ " + name}, cloud.Snapshot().Since(made))
	require.NotContains(t, cloud.Snapshot().String(), "battery-staple")
}
