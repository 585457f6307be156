// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/fakes"
)

// TestTheRealCranePulls has the program crane pull, over loopback, what Push
// pushed. CI installs crane and demands the test.
func TestTheRealCranePulls(t *testing.T) {
	t.Parallel()
	crane, err := exec.LookPath("crane")
	if err != nil {
		if os.Getenv("SLIPWAY_REQUIRE_CRANE") != "" {
			t.Fatal("crane is required and not in the PATH")
		}
		t.Skip("crane is not installed: make tools")
	}
	cloud := fakes.New(fakes.Options{})
	image, err := random.Image(64<<10, 3)
	require.NoError(t, err)
	pushed, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromImage(image))
	require.NoError(t, err)
	server := httptest.NewServer(cloud.Registry())
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")

	into := filepath.Join(t.TempDir(), "pulled")
	cmd := exec.CommandContext(t.Context(), crane, "pull", "--insecure", "--format", "oci", host+"/web@"+pushed.Digest(), into)
	cmd.Env = append(os.Environ(), "DOCKER_CONFIG="+login(t, cloud, host))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)

	index, err := layout.ImageIndexFromPath(into)
	require.NoError(t, err)
	digest, err := v1.NewHash(pushed.Digest())
	require.NoError(t, err)
	pulled, err := index.Image(digest)
	require.NoError(t, err)
	require.Equal(t, layerDigests(t, image), layerDigests(t, pulled))
}

// login writes the credentials of the registry where crane looks for them.
func login(t *testing.T, cloud *fakes.Cloud, host string) string {
	t.Helper()
	out, err := awsecr.NewFromConfig(cloud.Config()).GetAuthorizationToken(t.Context(), &awsecr.GetAuthorizationTokenInput{})
	require.NoError(t, err)
	token := *out.AuthorizationData[0].AuthorizationToken
	_, err = base64.StdEncoding.DecodeString(token)
	require.NoError(t, err)
	config, err := json.Marshal(map[string]any{"auths": map[string]any{host: map[string]string{"auth": token}}})
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), config, 0o600))
	return dir
}

func layerDigests(t *testing.T, image v1.Image) []string {
	t.Helper()
	layers, err := image.Layers()
	require.NoError(t, err)
	var digests []string
	for _, l := range layers {
		content, err := l.Compressed()
		require.NoError(t, err)
		hash, _, err := v1.SHA256(content)
		require.NoError(t, err)
		require.NoError(t, content.Close())
		digests = append(digests, hash.String())
	}
	return digests
}
