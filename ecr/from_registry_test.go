// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/fakes"
)

// multi is an index for amd64 and arm64.
func multi(t *testing.T) v1.ImageIndex {
	t.Helper()
	return mutate.AppendManifests(empty.Index,
		mutate.IndexAddendum{Add: image(t, "linux", "amd64"), Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}},
		mutate.IndexAddendum{Add: image(t, "linux", "arm64"), Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "arm64"}}},
	)
}

// elsewhere is a registry that is not ECR's, behind a socket.
func elsewhere(t *testing.T) (host string, fetched func() int) {
	t.Helper()
	log, handler := &requests{}, ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/blobs/") {
			log.mu.Lock()
			log.list = append(log.list, r.Method)
			log.mu.Unlock()
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	return u.Host, func() int { return log.count(http.MethodGet) }
}

// open has requests to the host leave the process.
func open(t *testing.T, cfg aws.Config, host string) aws.Config {
	t.Helper()
	socket, next := &http.Transport{}, cfg.HTTPClient
	t.Cleanup(socket.CloseIdleConnections)
	cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host == host {
			return socket.RoundTrip(r)
		}
		return next.Do(r)
	})}
	return cfg
}

func TestPushFromRegistry(t *testing.T) {
	t.Parallel()
	host, fetched := elsewhere(t)
	cloud := fakes.New(fakes.Options{})
	cfg := open(t, cloud.Config(), host)
	index := multi(t)
	tag, err := name.NewTag(host + "/shop/web:v1")
	require.NoError(t, err)
	require.NoError(t, remote.WriteIndex(tag, index))

	var seen recorder
	pushed, err := ecr.Push(t.Context(), cfg, ecr.NewRepository("web"), ecr.FromRegistry(tag.String()), ecr.Tags("v1"), ecr.Observe(&seen))
	require.NoError(t, err)
	require.Equal(t, digest(t, index), pushed.Digest(), "the copy is the same")
	require.Equal(t, []string{"linux/amd64", "linux/arm64"}, pushed.ImagePlatforms())
	require.Equal(t, 8, fetched(), "each layer and config once")
	require.Equal(t, seen.last(t).Total, seen.last(t).Done)

	before := fetched()
	_, err = ecr.Push(t.Context(), cfg, ecr.NewRepository("web"), ecr.FromRegistry(tag.String()), ecr.Tags("v1"))
	require.NoError(t, err)
	require.LessOrEqual(t, fetched()-before, 0, "what is there is not fetched")

	more, err := random.Layer(layerSize, types.DockerLayer)
	require.NoError(t, err)
	base, err := index.Image(manifestsOf(t, index)[0].Digest)
	require.NoError(t, err)
	grown, err := mutate.AppendLayers(base, more)
	require.NoError(t, err)
	require.NoError(t, remote.Write(tag, grown))
	before = fetched()
	_, err = ecr.Push(t.Context(), cfg, ecr.NewRepository("web"), ecr.FromRegistry(tag.String()))
	require.NoError(t, err)
	require.Equal(t, 2, fetched()-before, "the new layer and the new config")
}

func manifestsOf(t *testing.T, index v1.ImageIndex) []v1.Descriptor {
	t.Helper()
	m, err := index.IndexManifest()
	require.NoError(t, err)
	return m.Manifests
}

// Images move between regions, with a token of each.
func TestPushFromAnotherRegion(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	there := cloud.Config()
	there.Region = "eu-west-1"
	img := image(t, "linux", "amd64")
	first, err := ecr.Push(t.Context(), there, ecr.NewRepository("web"), ecr.FromImage(img))
	require.NoError(t, err)
	pushed, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromRegistry(first.ImageReference()))
	require.NoError(t, err)
	require.Equal(t, first.Digest(), pushed.Digest())
	require.Contains(t, pushed.ImageReference(), ".us-east-1.")
	require.Equal(t, layers(t, img), layers(t, pull(t, cloud, pushed)))
}

func TestPushFromRegistryFails(t *testing.T) {
	t.Parallel()
	host, _ := elsewhere(t)
	cloud := fakes.New(fakes.Options{})
	for _, test := range []struct {
		name, ref string
		is        error
		says      string
	}{
		{name: "reference", ref: "Not A Reference", says: "Not A Reference"},
		{name: "absent", ref: host + "/shop/web:v1", is: slipway.ErrNotFound, says: "read image " + host + "/shop/web:v1"},
		{name: "absent in ECR", ref: "123456789012.dkr.ecr.us-east-1.amazonaws.com/none:v1", is: slipway.ErrNotFound, says: "none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := ecr.Push(t.Context(), open(t, cloud.Config(), host), ecr.NewRepository("web"), ecr.FromRegistry(test.ref))
			require.ErrorContains(t, err, test.says)
			require.ErrorContains(t, err, "push to repository web")
			if test.is != nil {
				require.ErrorIs(t, err, test.is)
			}
		})
	}
}

// mounting switches the sharing of blobs on.
func mounting(t *testing.T, cloud *fakes.Cloud) {
	t.Helper()
	_, err := awsecr.NewFromConfig(cloud.Config()).PutAccountSetting(t.Context(), &awsecr.PutAccountSettingInput{
		Name: aws.String("BLOB_MOUNTING"), Value: aws.String("ENABLED"),
	})
	require.NoError(t, err)
}

func TestPushMounts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, reason string
		on           bool
		target       ecr.Repository
		source       func(first ecr.Image, img v1.Image) ecr.Source
		options      []ecr.PushOption
		uploads      int
	}{
		{
			name: "copy", reason: "the source is known", on: true, target: ecr.NewRepository("web"),
			source: func(first ecr.Image, _ v1.Image) ecr.Source { return ecr.FromRegistry(first.ImageReference()) },
		},
		{
			name: "named", reason: "the lender is named", on: true, target: ecr.NewRepository("web"),
			source:  func(_ ecr.Image, img v1.Image) ecr.Source { return ecr.FromImage(img) },
			options: []ecr.PushOption{ecr.MountFrom(ecr.RepositoryNamed("web"), ecr.RepositoryNamed("none"), ecr.RepositoryNamed("base"))},
		},
		{
			name: "off", reason: "the account does not have it on", target: ecr.NewRepository("web"),
			source: func(first ecr.Image, _ v1.Image) ecr.Source { return ecr.FromRegistry(first.ImageReference()) }, uploads: 4,
		},
		{
			name: "another key", reason: "the repositories are encrypted differently", on: true, target: ecr.NewRepository("web").WithKMS("arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
			source: func(first ecr.Image, _ v1.Image) ecr.Source { return ecr.FromRegistry(first.ImageReference()) }, uploads: 4,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cloud, img := fakes.New(fakes.Options{}), image(t, "linux", "amd64")
			if test.on {
				mounting(t, cloud)
			}
			first, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("base"), ecr.FromImage(img))
			require.NoError(t, err)
			log := &requests{}
			pushed, err := ecr.Push(t.Context(), log.config(cloud.Config()), test.target, test.source(first, img), test.options...)
			require.NoError(t, err, test.reason)
			require.Equal(t, test.uploads, log.count(http.MethodPatch), test.reason)
			require.Equal(t, layers(t, img), layers(t, pull(t, cloud, pushed)))
		})
	}
}
