// SPDX-License-Identifier: Apache-2.0

package ssm_test

import (
	"testing"

	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

func TestSnapshotsHaveParametersWithoutSecrets(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client := awsssm.NewFromConfig(cloud.Config())
	put(t, client, "/shop/url", "https://shop.example", ssmtypes.ParameterTypeString)
	put(t, client, "/shop/password", "correct-horse", ssmtypes.ParameterTypeSecureString)
	made := cloud.Snapshot()
	require.Contains(t, made.State("ssm us-east-1 parameter /shop/url"), `"Value":"https://shop.example"`)
	require.Contains(t, made.State("ssm us-east-1 parameter /shop/password"), `"Type":"SecureString"`)
	require.NotContains(t, made.String(), "correct-horse")

	put(t, client, "/shop/password", "battery-staple", ssmtypes.ParameterTypeSecureString)
	require.Equal(t, []string{"~ ssm us-east-1 parameter /shop/password"}, cloud.Snapshot().Since(made), "a new version shows")
	require.NotContains(t, cloud.Snapshot().String(), "battery-staple")
}
