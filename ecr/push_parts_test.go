// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/fakes"
)

// What nobody would take is refused before anything is asked or made.
func TestPushRefuses(t *testing.T) {
	t.Parallel()
	repo, source := ecr.NewRepository("web"), ecr.FromImage(empty.Image)
	for _, test := range []struct {
		name, reason, says string
		to                 ecr.RepositoryRef
		source             ecr.Source
		option             ecr.PushOption
	}{
		{name: "no repository", reason: "there is nowhere to push to", says: "Push.to: got nil", source: source, option: ecr.Tags("v1")},
		{name: "no source", reason: "there is nothing to push", says: "Push.source: got nil", to: repo, option: ecr.Tags("v1")},
		{name: "no lender", reason: "nil is no repository", says: "MountFrom: got nil", to: repo, source: source, option: ecr.MountFrom(nil)},
		{name: "empty tag", reason: "it has a character at least", says: `Tags: got ""`, to: repo, source: source, option: ecr.Tags("")},
		{name: "slash", reason: "it would be another path", says: `Tags: got "feature/x"`, to: repo, source: source, option: ecr.Tags("v1", "feature/x")},
		{name: "digest", reason: "it is no tag", says: `Tags: got "sha256:12"`, to: repo, source: source, option: ecr.Tags("sha256:12")},
		{name: "dot", reason: "it may not begin so", says: `Tags: got ".1"`, to: repo, source: source, option: ecr.Tags(".1")},
		{name: "long", reason: "128 characters are the most", says: "Tags: got", to: repo, source: source, option: ecr.Tags(strings.Repeat("a", 129))},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cloud := fakes.New(fakes.Options{})
			_, err := ecr.Push(t.Context(), cloud.Config(), test.to, test.source, test.option)
			require.ErrorIs(t, err, slipway.ErrInvalid, test.reason)
			require.ErrorContains(t, err, test.says)
			require.Empty(t, cloud.Calls())
		})
	}
}

// Layers go side by side, as many as are allowed and no more.
func TestPushSendsLayersSideBySide(t *testing.T) {
	t.Parallel()
	for _, jobs := range []int{1, 3} {
		synctest.Test(t, func(t *testing.T) {
			var (
				mu         sync.Mutex
				now, most  int
				cloud, img = fakes.New(fakes.Options{}), synthetic(t, 8, 1<<10)
			)
			cfg := faulty(cloud.Config(), func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPatch {
					mu.Lock()
					now++
					most = max(most, now)
					mu.Unlock()
					time.Sleep(time.Second)
					mu.Lock()
					now--
					mu.Unlock()
				}
				return nil, nil
			})
			_, err := ecr.Push(t.Context(), cfg, ecr.NewRepository("web"), ecr.FromImage(img), ecr.Jobs(jobs))
			require.NoError(t, err)
			require.Equal(t, jobs, most)
		})
	}
}

// attested is an index as BuildKit makes it: an image, and what attests to it.
func attested(t *testing.T) v1.ImageIndex {
	t.Helper()
	img := image(t, "linux", "amd64")
	const statement = types.MediaType("application/vnd.in-toto+json")
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	attestation, err := mutate.Append(base, mutate.Addendum{Layer: static.NewLayer([]byte(`{"_type":"statement"}`), statement), MediaType: statement})
	require.NoError(t, err)
	return mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex),
		mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}},
		mutate.IndexAddendum{Add: attestation, Descriptor: v1.Descriptor{
			Platform:    &v1.Platform{OS: "unknown", Architecture: "unknown"},
			Annotations: map[string]string{"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": digest(t, img)},
		}},
	)
}

func TestPushAttestations(t *testing.T) {
	t.Parallel()
	cloud, index := fakes.New(fakes.Options{}), attested(t)
	pushed, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromIndex(index))
	require.NoError(t, err)
	require.Equal(t, digest(t, index), pushed.Digest())
	require.Equal(t, []string{"linux/amd64"}, pushed.ImagePlatforms(), "what attests does not run")
	out, err := awsecr.NewFromConfig(cloud.Config()).ListImages(t.Context(), &awsecr.ListImagesInput{RepositoryName: new("web")})
	require.NoError(t, err)
	require.Len(t, out.ImageIds, 3, "the index, the image and the attestation")

	laid, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("site"), ecr.FromDirectory(ecr.FromRegistry(pushed.ImageReference()), t.TempDir()))
	require.NoError(t, err)
	require.Equal(t, []string{"linux/amd64"}, laid.ImagePlatforms())
	require.NotEmpty(t, layers(t, pull(t, cloud, laid)), "one platform makes an image, not an index")
}

// Layers of all forms: compressed by others, twice the same, empty, elsewhere.
func TestPushOddLayers(t *testing.T) {
	t.Parallel()
	zstd := static.NewLayer([]byte("\x28\xb5\x2f\xfd and so on"), types.OCILayerZStd)
	img, err := mutate.Append(image(t, "linux", "amd64"),
		mutate.Addendum{Layer: zstd, MediaType: types.OCILayerZStd}, mutate.Addendum{Layer: zstd, MediaType: types.OCILayerZStd},
		mutate.Addendum{Layer: static.NewLayer([]byte("elsewhere"), types.DockerForeignLayer), MediaType: types.DockerForeignLayer},
		mutate.Addendum{Layer: static.NewLayer(nil, types.OCILayer)},
		mutate.Addendum{Layer: static.NewLayer(make([]byte, 1024), types.OCIUncompressedLayer), MediaType: types.OCIUncompressedLayer},
	)
	require.NoError(t, err)
	cloud, log := fakes.New(fakes.Options{}), &requests{}
	var seen recorder
	pushed, err := ecr.Push(t.Context(), log.config(cloud.Config()), ecr.NewRepository("web"), ecr.FromImage(img), ecr.Observe(&seen))
	require.NoError(t, err)
	require.Equal(t, digest(t, img), pushed.Digest())
	require.Equal(t, 6, log.count(http.MethodPatch), "three random layers, zstd once, the uncompressed one, the config; nothing for the empty one")
	manifest, err := pull(t, cloud, pushed).Manifest()
	require.NoError(t, err)
	sum := manifest.Config.Size - int64(len("elsewhere")) - int64(len("\x28\xb5\x2f\xfd and so on"))
	for _, l := range manifest.Layers {
		sum += l.Size
	}
	require.Equal(t, sum, seen.last(t).Total, "each blob that is to be here counts once")

	// An empty directory is the same as the uncompressed layer, in other bytes.
	laid, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromDirectory(ecr.FromRegistry(pushed.ImageReference()), t.TempDir()))
	require.NoError(t, err)
	manifest, err = pull(t, cloud, laid).Manifest()
	require.NoError(t, err)
	require.Len(t, manifest.Layers, 9)
}

// Several push the same image at a time: all succeed, under an immutable tag, too.
func TestPushAtTheSameTime(t *testing.T) {
	t.Parallel()
	cloud, img := fakes.New(fakes.Options{}), image(t, "linux", "amd64")
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			pushed, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web").WithImmutableTags("dev-*"), ecr.FromImage(img), ecr.Tags("v1", "dev-1"))
			if err != nil {
				t.Error(err)
				return
			}
			if pushed.Tags()[1] != "v1" {
				t.Error(pushed.Tags())
			}
		})
	}
	wait.Wait()
}

// A layer that two images share is given up with the image that sends it: what is
// told is why that one failed, not that the other was stopped.
func TestPushTellsWhatFailed(t *testing.T) {
	t.Parallel()
	layer := func(content string) v1.Layer { return static.NewLayer([]byte(content), types.DockerLayer) }
	shared, bad, slow := layer("shared"), layer("bad"), layer("slow")
	full, err := mutate.AppendLayers(empty.Image, shared, bad, slow)
	require.NoError(t, err)
	lean, err := mutate.AppendLayers(empty.Image, shared)
	require.NoError(t, err)
	index := mutate.AppendManifests(empty.Index,
		mutate.IndexAddendum{Add: full, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}},
		mutate.IndexAddendum{Add: lean, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "arm64"}}},
	)
	synctest.Test(t, func(t *testing.T) {
		cfg := faulty(fakes.New(fakes.Options{}).Config(), func(r *http.Request) (*http.Response, error) {
			asks := func(of interface{ Digest() (v1.Hash, error) }) bool {
				return r.Method == http.MethodHead && strings.HasSuffix(r.URL.Path, digest(t, of))
			}
			switch {
			case asks(lean):
				time.Sleep(time.Second) // full begins with the shared layer
			case asks(bad):
				time.Sleep(2 * time.Second)
				return status(r, http.StatusForbidden, nil, `{"errors":[{"code":"DENIED","message":"not you"}]}`), nil
			case asks(shared):
				<-r.Context().Done()
				return nil, r.Context().Err()
			case asks(slow):
				time.Sleep(3 * time.Second) // full ends after lean could
			}
			return nil, nil
		})
		_, err := ecr.Push(t.Context(), cfg, ecr.NewRepository("web"), ecr.FromIndex(index), ecr.Jobs(8))
		require.ErrorIs(t, err, slipway.ErrDenied)
	})
}

// The copy of an index asks for each manifest once.
func TestPushFromRegistryFetchesManifestsOnce(t *testing.T) {
	t.Parallel()
	host, _ := elsewhere(t)
	cloud, log := fakes.New(fakes.Options{}), &requests{}
	ref := host + "/shop/web:v1"
	require.NoError(t, remote.WriteIndex(parsed(t, ref), attested(t)))
	cfg := faulty(open(t, cloud.Config(), host), func(r *http.Request) (*http.Response, error) {
		if r.URL.Host == host && strings.Contains(r.URL.Path, "/manifests/") {
			log.mu.Lock()
			log.list = append(log.list, r.Method)
			log.mu.Unlock()
		}
		return nil, nil
	})
	pushed, err := ecr.Push(t.Context(), cfg, ecr.NewRepository("web"), ecr.FromRegistry(ref), ecr.Tags("v1"))
	require.NoError(t, err)
	require.Equal(t, 3, log.count(http.MethodGet), "the index and what it lists")
	again, err := ecr.Push(t.Context(), cfg, ecr.NewRepository("web"), ecr.FromRegistry(ref+"@"+pushed.Digest()), ecr.Tags("v1"))
	require.NoError(t, err, "a reference may have a tag and a digest")
	require.Equal(t, pushed, again)
}
