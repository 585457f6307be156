// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-containerregistry/pkg/authn"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	fake "github.com/slipway-go/slipway/fakes/internal/ecr"
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// policies answer for principals that may do what their list says.
type policies map[string][]string

func (p policies) Authorize(who sim.Principal, a sim.Access) error {
	if slices.Contains(p[who.ARN], a.Action) {
		return nil
	}
	return sim.Errorf("AccessDeniedException", "User: %s is not authorized to perform: %s on resource: %s", who.ARN, a.Action, a.Resource)
}

func (policies) Assume(string, string, string, map[string][]string) (sim.Principal, error) {
	return sim.Principal{}, nil
}
func (policies) HasServiceLinkedRole(string) bool { return true }

func (policies) ServiceLinkedRole(string) string { return "" }

// call calls an operation of the fake as its owner.
func call[I, O any](t *testing.T, s *sim.Sim, f *fake.Fake, operation string, in *I) *O {
	t.Helper()
	var out any
	var err error
	s.Do(func() {
		c := &sim.Call{Sim: s, Service: "ECR", Operation: operation, Region: "us-east-1", Account: s.Account(), Partition: "aws"}
		c.Caller = sim.Principal{ARN: "owner", Account: s.Account()}
		out, err = f.Services()[0].Operation(operation).Call(c, in)
	})
	require.NoError(t, err)
	typed, ok := out.(*O)
	require.True(t, ok)
	return typed
}

func TestPull(t *testing.T) {
	t.Parallel()
	everything := []string{
		"ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability",
		"ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage",
	}
	s := sim.New(sim.Options{})
	f := fake.New(s, world.Timing{}, policies{
		"owner": everything, "puller": everything[:3], "noToken": everything[1:3], "noImage": everything[:1], "noLayer": everything[:2],
	}, nil)
	call[awsecr.CreateRepositoryInput, awsecr.CreateRepositoryOutput](t, s, f, "CreateRepository", &awsecr.CreateRepositoryInput{RepositoryName: aws.String("web")})
	img := pushTo(t, s, f)

	const ref = host + "/web:v1"
	for _, test := range []struct{ name, ref, as, fails, reason string }{
		{"allowed", ref, "puller", "", "it may ask for a token, the image and its layers"},
		{"anonymous", ref, "", "no basic auth credentials", "the registry is private"},
		{"no token", ref, "noToken", "ecr:GetAuthorizationToken", "AWS's own words"},
		{"no image", ref, "noImage", "failed with status code [manifests v1]: 403 Forbidden", "the runtime's words"},
		{"no layer", ref, "noLayer", "403 Forbidden", "the runtime's words"},
		{"no such tag", host + "/web:v2", "puller", host + "/web:v2: not found", "the runtime's words"},
		{"no such repository", host + "/absent:v1", "puller", "not found", "the runtime's words"},
		{"other account", "210987654321.dkr.ecr.us-east-1.amazonaws.com/web:v1", "puller", "403 Forbidden", "the cloud has one account"},
		{"nonsense", "not a reference", "puller", "failed to parse reference", "it names no image"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got world.Image
			var err error
			s.Do(func() {
				got, err = f.Pull("us-east-1", test.ref, sim.Principal{ARN: test.as, Role: test.as, Account: s.Account()})
			})
			if test.fails != "" {
				require.ErrorContains(t, err, test.fails, test.reason)
				return
			}
			require.NoError(t, err, test.reason)
			digest, err := img.Digest()
			require.NoError(t, err)
			require.Equal(t, digest.String(), got.Digest)
			require.Equal(t, []string{"linux/arm64/v8"}, got.Platforms)
			require.Equal(t, []string{"/app", "-serve"}, got.Entrypoint)
			require.Positive(t, got.Size)
		})
	}
}

// pushTo pushes an image with a platform and an entry point as web:v1.
func pushTo(t *testing.T, s *sim.Sim, f *fake.Fake) v1.Image {
	t.Helper()
	img := randomImage(t)
	config, err := img.ConfigFile()
	require.NoError(t, err)
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Variant = "linux", "arm64", "v8"
	config.Config.Entrypoint, config.Config.Cmd = []string{"/app"}, []string{"-serve"}
	img, err = mutate.ConfigFile(img, config)
	require.NoError(t, err)
	token := call[awsecr.GetAuthorizationTokenInput, awsecr.GetAuthorizationTokenOutput](t, s, f, "GetAuthorizationToken", &awsecr.GetAuthorizationTokenInput{})
	auth := basic(t, *token.AuthorizationData[0].AuthorizationToken)
	require.NoError(t, remote.Write(tagged(t, "v1"), img, remote.WithAuth(auth), remote.WithTransport(served(f.Registry("us-east-1")))))
	return img
}

func TestPublicImages(t *testing.T) {
	t.Parallel()
	s := sim.New(sim.Options{})
	f := fake.New(s, world.Timing{}, policies{}, nil)
	pull := func(ref string) world.Image {
		var got world.Image
		var err error
		s.Do(func() { got, err = f.Pull("us-east-1", ref, sim.Principal{}) })
		require.NoError(t, err, ref)
		require.Regexp(t, "^sha256:[a-f0-9]{64}$", got.Digest)
		require.Empty(t, got.Platforms, "nothing is known of them")
		return got
	}
	require.Equal(t, pull("nginx"), pull("docker.io/library/nginx:latest"), "the same image has the same digest")
	require.NotEqual(t, pull("nginx:1"), pull("nginx:2"))
	digest := pull("ghcr.io/acme/web:1").Digest
	require.Equal(t, digest, pull("quay.io/acme/web@"+digest).Digest, "a digest is what it says")
}

func TestDescribeReplies(t *testing.T) {
	t.Parallel()
	a := withWeb(t)
	out, err := a.DescribeRegistry(t.Context(), &awsecr.DescribeRegistryInput{})
	require.NoError(t, err)
	require.Equal(t, "123456789012", *out.RegistryId)
	_, err = a.PutRegistryScanningConfiguration(t.Context(), &awsecr.PutRegistryScanningConfigurationInput{
		ScanType: ecrtypes.ScanTypeBasic, Rules: []ecrtypes.RegistryScanningRule{{
			ScanFrequency:     ecrtypes.ScanFrequencyScanOnPush,
			RepositoryFilters: []ecrtypes.ScanningRepositoryFilter{{Filter: aws.String("w*"), FilterType: ecrtypes.ScanningRepositoryFilterTypeWildcard}},
		}},
	})
	require.NoError(t, err)
	got, err := a.BatchGetRepositoryScanningConfiguration(t.Context(), &awsecr.BatchGetRepositoryScanningConfigurationInput{RepositoryNames: []string{"web", "absent"}})
	require.NoError(t, err)
	require.Equal(t, ecrtypes.ScanFrequencyScanOnPush, got.ScanningConfigurations[0].ScanFrequency)
	require.Len(t, got.Failures, 1)
}

// served is a transport that ends at a handler.
func served(h http.Handler) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		out := w.Result()
		out.Request = r
		return out, nil
	}
}

// basic reads a token: the base64 of user and password.
func basic(t *testing.T, token string) authn.Authenticator {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(token)
	require.NoError(t, err)
	user, password, _ := strings.Cut(string(b), ":")
	return &authn.Basic{Username: user, Password: password}
}
