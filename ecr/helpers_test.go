// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"archive/tar"
	"bytes"
	"crypto/rand"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/fakes"
)

// requests records what goes to registries.
type requests struct {
	mu   sync.Mutex
	list []string
}

// config returns cfg with its requests recorded.
func (l *requests) config(cfg aws.Config) aws.Config {
	next := cfg.HTTPClient
	cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		l.mu.Lock()
		l.list = append(l.list, r.Method)
		l.mu.Unlock()
		return next.Do(r)
	})}
	return cfg
}

func (l *requests) count(method string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, m := range l.list {
		if m == method {
			n++
		}
	}
	return n
}

// writes are the requests that change something.
func (l *requests) writes() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.list), func(m string) bool { return m == http.MethodGet || m == http.MethodHead })
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type readCloser struct{ io.Reader }

func (readCloser) Close() error { return nil }

// registry is the host as an authn.Resource.
type registry string

func (r registry) String() string      { return string(r) }
func (r registry) RegistryStr() string { return string(r) }

func reference(t *testing.T, img ecr.Image) name.Reference {
	t.Helper()
	return parsed(t, img.ImageReference())
}

func parsed(t *testing.T, ref string) name.Reference {
	t.Helper()
	r, err := name.ParseReference(ref)
	require.NoError(t, err)
	return r
}

// pull fetches an image in process.
func pull(t *testing.T, cloud *fakes.Cloud, img ecr.Image) v1.Image {
	t.Helper()
	pulled, err := remote.Image(reference(t, img), remote.WithTransport(roundTripper(cloud.Config().HTTPClient.Do)),
		remote.WithAuthFromKeychain(ecr.NewKeychain(cloud.Config())))
	require.NoError(t, err)
	return pulled
}

func configDigest(t *testing.T, img v1.Image) string {
	t.Helper()
	h, err := img.ConfigName()
	require.NoError(t, err)
	return h.String()
}

func layers(t *testing.T, img v1.Image) (digests []string) {
	t.Helper()
	list, err := img.Layers()
	require.NoError(t, err)
	for _, l := range list {
		r, err := l.Compressed()
		require.NoError(t, err)
		h, _, err := v1.SHA256(r)
		require.NoError(t, err)
		require.NoError(t, r.Close())
		digests = append(digests, h.String())
	}
	return digests
}

// diffIDs reads the layers and hashes them uncompressed.
func diffIDs(t *testing.T, img v1.Image) (digests []string) {
	t.Helper()
	list, err := img.Layers()
	require.NoError(t, err)
	for _, l := range list {
		r, err := l.Uncompressed()
		require.NoError(t, err)
		h, _, err := v1.SHA256(r)
		require.NoError(t, err)
		require.NoError(t, r.Close())
		digests = append(digests, h.String())
	}
	return digests
}

// savedPlain writes a tarball as "docker save" does, with uncompressed layers.
func savedPlain(t testing.TB, layers, size int) string {
	t.Helper()
	img := empty.Image
	for range layers {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		content := make([]byte, size)
		_, err := rand.Read(content[:size/2])
		require.NoError(t, err)
		require.NoError(t, w.WriteHeader(&tar.Header{Name: "file", Mode: 0o644, Size: int64(size)}))
		_, err = w.Write(content)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		img, err = mutate.AppendLayers(img, static.NewLayer(b.Bytes(), types.DockerUncompressedLayer))
		require.NoError(t, err)
	}
	return saved(t, img)
}
