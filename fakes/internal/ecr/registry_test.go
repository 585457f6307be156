// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecr"
)

const host = "123456789012.dkr.ecr.us-east-1.amazonaws.com"

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// options are those of a registry client with the configuration's credentials.
func (a account) options(cfg aws.Config) []remote.Option {
	return []remote.Option{
		remote.WithTransport(roundTripper(cfg.HTTPClient.Do)), remote.WithAuthFromKeychain(ecr.NewKeychain(cfg)), remote.WithContext(a.t.Context()),
	}
}

func (a account) owner() []remote.Option { return a.options(a.cloud.Config()) }

// answer sends one request to the registry as the owner.
func (a account) answer(method, path string, header http.Header, body string) (status int, got http.Header, text string) {
	a.t.Helper()
	auth, err := ecr.NewKeychain(a.cloud.Config()).Resolve(tagged(a.t, "v1").Context())
	require.NoError(a.t, err)
	credentials, err := auth.Authorization()
	require.NoError(a.t, err)
	r, err := http.NewRequestWithContext(a.t.Context(), method, "https://"+host+path, strings.NewReader(body))
	require.NoError(a.t, err)
	if header != nil {
		r.Header = header
	}
	r.SetBasicAuth(credentials.Username, credentials.Password)
	response, err := a.cloud.Config().HTTPClient.Do(r)
	require.NoError(a.t, err)
	b, err := io.ReadAll(response.Body)
	require.NoError(a.t, err)
	require.NoError(a.t, response.Body.Close())
	return response.StatusCode, response.Header, string(b)
}

func tagged(t *testing.T, tag string) name.Tag {
	t.Helper()
	ref, err := name.NewTag(host + "/web:" + tag)
	require.NoError(t, err)
	return ref
}

func digested(t *testing.T, digest v1.Hash) name.Digest {
	t.Helper()
	ref, err := name.NewDigest(host + "/web@" + digest.String())
	require.NoError(t, err)
	return ref
}

func randomImage(t *testing.T) v1.Image {
	t.Helper()
	img, err := random.Image(256, 2)
	require.NoError(t, err)
	return img
}

func TestRegistryChallenges(t *testing.T) {
	t.Parallel()
	a := withWeb(t)
	for _, password := range []string{"", "nonsense"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+host+"/v2/", nil)
		require.NoError(t, err)
		if password != "" {
			r.SetBasicAuth("AWS", password)
		}
		response, err := a.cloud.Config().HTTPClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusUnauthorized, response.StatusCode)
		require.Equal(t, `Basic realm="https://`+host+`/",service="ecr.amazonaws.com"`, response.Header.Get("WWW-Authenticate"))
	}
}

func TestRegistryErrors(t *testing.T) {
	t.Parallel()
	a := withWeb(t)
	absent := "sha256:" + strings.Repeat("0", 64)
	for _, test := range []struct {
		name, method, path string
		status             int
		says               []string
	}{
		{"repository", http.MethodGet, "/v2/absent/manifests/v1", 404, []string{"NAME_UNKNOWN", "The repository with name 'absent' does not exist in the registry with id '123456789012'"}},
		{"manifest", http.MethodGet, "/v2/web/manifests/v1", 404, []string{"MANIFEST_UNKNOWN", "Requested image not found"}},
		{"blob", http.MethodGet, "/v2/web/blobs/" + absent, 404, []string{"BLOB_UNKNOWN"}},
		{"upload", http.MethodPatch, "/v2/web/blobs/uploads/none", 404, []string{"BLOB_UPLOAD_UNKNOWN"}},
		{"delete", http.MethodDelete, "/v2/web/manifests/v1", 404, []string{"MANIFEST_UNKNOWN"}},
		{"method", http.MethodDelete, "/v2/web/tags/list", 405, []string{"UNSUPPORTED"}},
		{"path", http.MethodGet, "/v2/web/else", 404, []string{"UNSUPPORTED"}},
		{"manifest text", http.MethodPut, "/v2/web/manifests/v1", 400, []string{"MANIFEST_INVALID"}},
		{"digest", http.MethodPost, "/v2/web/blobs/uploads/?digest=" + absent, 400, []string{"DIGEST_INVALID"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			status, _, body := a.answer(test.method, test.path, nil, "text")
			require.Equal(t, test.status, status)
			for _, s := range test.says {
				require.Contains(t, body, s)
			}
		})
	}
}

func TestRegistryUploads(t *testing.T) {
	t.Parallel()
	a := withWeb(t)
	const content = "two chunks"
	digest, _, err := v1.SHA256(strings.NewReader(content))
	require.NoError(t, err)
	_, begun, _ := a.answer(http.MethodPost, "/v2/web/blobs/uploads/", nil, "")
	location := begun.Get("Location")
	status, _, _ := a.answer(http.MethodPatch, location, http.Header{"Content-Range": {"5-9"}}, "hunks")
	require.Equal(t, http.StatusRequestedRangeNotSatisfiable, status, "there is a gap")
	_, first, _ := a.answer(http.MethodPatch, location, http.Header{"Content-Range": {"0-4"}}, "two c")
	require.Equal(t, "0-4", first.Get("Range"))
	status, state, _ := a.answer(http.MethodGet, location, nil, "")
	require.Equal(t, http.StatusNoContent, status)
	require.Equal(t, "0-4", state.Get("Range"))
	status, done, _ := a.answer(http.MethodPut, location+"?digest="+digest.String(), nil, "hunks")
	require.Equal(t, http.StatusCreated, status, "the last chunk comes with the PUT")
	require.Equal(t, digest.String(), done.Get("Docker-Content-Digest"))
	_, _, body := a.answer(http.MethodGet, "/v2/web/blobs/"+digest.String(), nil, "")
	require.Equal(t, content, body)

	_, begun, _ = a.answer(http.MethodPost, "/v2/web/blobs/uploads/", nil, "")
	status, _, _ = a.answer(http.MethodDelete, begun.Get("Location"), nil, "")
	require.Equal(t, http.StatusNoContent, status, "an upload may be given up")

	_, err = a.CreateRepository(t.Context(), &awsecr.CreateRepositoryInput{RepositoryName: aws.String("other")})
	require.NoError(t, err)
	mount := "/v2/other/blobs/uploads/?from=web&mount=" + digest.String()
	status, _, _ = a.answer(http.MethodPost, mount, nil, "")
	require.Equal(t, http.StatusAccepted, status, "the registry does not mount unless it is told to: an upload begins")
	_, err = a.PutAccountSetting(t.Context(), &awsecr.PutAccountSettingInput{Name: aws.String("BLOB_MOUNTING"), Value: aws.String("ENABLED")})
	require.NoError(t, err)
	status, _, _ = a.answer(http.MethodPost, mount, nil, "")
	require.Equal(t, http.StatusCreated, status, "a blob of another repository is mounted")
	status, _, _ = a.answer(http.MethodHead, "/v2/other/blobs/"+digest.String(), nil, "")
	require.Equal(t, http.StatusOK, status)
}

func TestRegistryImages(t *testing.T) {
	t.Parallel()
	a := withWeb(t)
	img := randomImage(t)
	for _, tag := range []string{"c", "a", "b"} {
		require.NoError(t, remote.Write(tagged(t, tag), img, a.owner()...))
	}
	tags, err := remote.List(tagged(t, "v1").Context(), append(a.owner(), remote.WithPageSize(2))...)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c"}, tags, "page by page")
	require.NoError(t, remote.Delete(tagged(t, "a"), a.owner()...))
	_, err = remote.Head(tagged(t, "b"), a.owner()...)
	require.NoError(t, err, "only a tag is gone")

	desc, err := remote.Head(tagged(t, "b"), a.owner()...)
	require.NoError(t, err)
	signature := mutate.Subject(randomImage(t), *desc).(v1.Image)
	require.NoError(t, remote.Write(tagged(t, "signature"), signature, a.owner()...))
	referrers, err := remote.Referrers(digested(t, desc.Digest), a.owner()...)
	require.NoError(t, err)
	list, err := referrers.IndexManifest()
	require.NoError(t, err)
	require.Len(t, list.Manifests, 1)
	require.NoError(t, remote.Delete(digested(t, desc.Digest), a.owner()...))
	require.Empty(t, a.tags(), "what refers to an image goes with it")
}

func TestImmutableTagInTheRegistry(t *testing.T) {
	t.Parallel()
	a := withWeb(t, func(in *awsecr.CreateRepositoryInput) { in.ImageTagMutability = "IMMUTABLE" })
	ref := tagged(t, "v1")
	require.NoError(t, remote.Write(ref, randomImage(t), a.owner()...))
	err := remote.Write(ref, randomImage(t), a.owner()...)
	var refused *transport.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, transport.TagInvalidErrorCode, refused.Errors[0].Code)
	require.Contains(t, refused.Errors[0].Message, "The image tag 'v1' already exists in the 'web' repository and cannot be overwritten because the tag is immutable.")
}

const trust = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`

func TestRoleNeedsPermission(t *testing.T) {
	t.Parallel()
	a := withWeb(t)
	client := awsiam.NewFromConfig(a.cloud.Config())
	_, err := client.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: aws.String("ci"), AssumeRolePolicyDocument: aws.String(trust)})
	require.NoError(t, err)
	allow := func(actions string) {
		_, err := client.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
			RoleName: aws.String("ci"), PolicyName: aws.String("p"),
			PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":[` + actions + `],"Resource":"*"}}`),
		})
		require.NoError(t, err)
	}
	ref, img := tagged(t, "v1"), randomImage(t)
	write := func() error { return remote.Write(ref, img, a.options(a.cloud.ConfigAs("ci"))...) }

	require.ErrorContains(t, write(), "ecr:GetAuthorizationToken")
	allow(`"ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability"`)
	err = write()
	var refused *transport.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusForbidden, refused.StatusCode)
	require.Equal(t, transport.DeniedErrorCode, refused.Errors[0].Code)
	require.Contains(t, refused.Errors[0].Message, "is not authorized to perform: ecr:InitiateLayerUpload on resource: arn:aws:ecr:us-east-1:123456789012:repository/web")

	_, err = a.SetRepositoryPolicy(t.Context(), &awsecr.SetRepositoryPolicyInput{RepositoryName: web, PolicyText: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/ci"},"Action":"ecr:*"}}`)})
	require.NoError(t, err)
	require.NoError(t, write(), "the repository's own policy allows it")
	_, err = remote.Image(ref, append(a.options(a.cloud.ConfigAs("ci")), remote.WithAuth(authn.Anonymous))...)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "NAME_UNKNOWN")
}
