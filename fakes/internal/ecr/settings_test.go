// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"
)

func TestAccountSettings(t *testing.T) {
	t.Parallel()
	a := withWeb(t)
	for _, test := range []struct {
		name, reason     string
		setting, initial string
		value            string
		refused          string
	}{
		{name: "mounting", reason: "off until it is switched on", setting: "BLOB_MOUNTING", initial: "DISABLED", value: "ENABLED"},
		{name: "scanning", reason: "AWS's own scanner", setting: "BASIC_SCAN_TYPE_VERSION", initial: "AWS_NATIVE", value: "CLAIR"},
		{name: "value", reason: "not one of its values", setting: "REGISTRY_POLICY_SCOPE", initial: "V2", value: "V3", refused: "'value'"},
		{name: "name", reason: "no such setting", setting: "OTHER", value: "ENABLED", refused: "'name'"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			get := func() (string, error) {
				out, err := a.GetAccountSetting(t.Context(), &awsecr.GetAccountSettingInput{Name: &test.setting})
				if err != nil {
					return "", err
				}
				return *out.Value, nil
			}
			if initial, err := get(); test.initial != "" {
				require.NoError(t, err, test.reason)
				require.Equal(t, test.initial, initial, test.reason)
			} else {
				require.ErrorContains(t, err, test.refused, test.reason)
			}
			_, err := a.PutAccountSetting(t.Context(), &awsecr.PutAccountSettingInput{Name: &test.setting, Value: &test.value})
			if test.refused != "" {
				var invalid *ecrtypes.InvalidParameterException
				require.ErrorAs(t, err, &invalid, test.reason)
				require.ErrorContains(t, err, test.refused, test.reason)
				return
			}
			require.NoError(t, err, test.reason)
			value, err := get()
			require.NoError(t, err)
			require.Equal(t, test.value, value)
		})
	}
}

// Repositories that are encrypted differently share nothing.
func TestMountNeedsLikeEncryption(t *testing.T) {
	t.Parallel()
	a := withWeb(t)
	_, err := a.PutAccountSetting(t.Context(), &awsecr.PutAccountSettingInput{Name: aws.String("BLOB_MOUNTING"), Value: aws.String("ENABLED")})
	require.NoError(t, err)
	_, err = a.CreateRepository(t.Context(), &awsecr.CreateRepositoryInput{
		RepositoryName: aws.String("sealed"), EncryptionConfiguration: &ecrtypes.EncryptionConfiguration{EncryptionType: ecrtypes.EncryptionTypeKms},
	})
	require.NoError(t, err)
	const content = "a blob"
	digest, _, err := v1.SHA256(strings.NewReader(content))
	require.NoError(t, err)
	status, _, _ := a.answer(http.MethodPost, "/v2/web/blobs/uploads/?digest="+digest.String(), nil, content)
	require.Equal(t, http.StatusCreated, status)
	for _, test := range []struct{ name, from, mount string }{
		{"another key", "web", digest.String()},
		{"no such repository", "absent", digest.String()},
		{"no such blob", "web", "sha256:" + strings.Repeat("0", 64)},
	} {
		status, _, _ := a.answer(http.MethodPost, "/v2/sealed/blobs/uploads/?from="+test.from+"&mount="+test.mount, nil, "")
		require.Equal(t, http.StatusAccepted, status, test.name)
	}
}
