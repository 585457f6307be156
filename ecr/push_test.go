// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/stream"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/fakes"
)

const layerSize = 64 << 10

func image(t *testing.T, os, arch string) v1.Image {
	t.Helper()
	base, err := random.Image(layerSize, 3)
	require.NoError(t, err)
	config, err := base.ConfigFile()
	require.NoError(t, err)
	config = config.DeepCopy()
	config.OS, config.Architecture = os, arch
	img, err := mutate.ConfigFile(base, config)
	require.NoError(t, err)
	return img
}

func digest(t *testing.T, of interface{ Digest() (v1.Hash, error) }) string {
	t.Helper()
	h, err := of.Digest()
	require.NoError(t, err)
	return h.String()
}

func TestPushMakesTheRepository(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	img := image(t, "linux", "arm64")
	repo := ecr.NewRepository("team/web").WithImmutableTags().WithScanOnPush()

	pushed, err := ecr.Push(t.Context(), cloud.Config(), repo, ecr.FromImage(img), ecr.Tags("v1", "latest"))
	require.NoError(t, err)
	require.Equal(t, "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/web@"+digest(t, img), pushed.ImageReference())
	require.Equal(t, digest(t, img), pushed.Digest())
	require.Equal(t, []string{"linux/arm64"}, pushed.ImagePlatforms())
	require.Equal(t, []string{"latest", "v1"}, pushed.Tags())

	client := awsecr.NewFromConfig(cloud.Config())
	name := "team/web"
	out, err := client.DescribeImages(t.Context(), &awsecr.DescribeImagesInput{RepositoryName: &name})
	require.NoError(t, err)
	require.Len(t, out.ImageDetails, 1)
	require.Equal(t, []string{"latest", "v1"}, out.ImageDetails[0].ImageTags)
	require.Equal(t, digest(t, img), *out.ImageDetails[0].ImageDigest)

	plan, err := repo.Stack().Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.Empty(t, plan.Changes, "the declaration has been applied as a stack of its own")
}

func TestPushAgain(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	repo, img := ecr.NewRepository("web").WithImmutableTags("dev-*"), image(t, "linux", "amd64")
	first, err := ecr.Push(t.Context(), cloud.Config(), repo, ecr.FromImage(img), ecr.Tags("v1", "dev-1"))
	require.NoError(t, err)

	log := &requests{}
	again, err := ecr.Push(t.Context(), log.config(cloud.Config()), repo, ecr.FromImage(img), ecr.Tags("v1", "dev-1"))
	require.NoError(t, err, "the same image under an immutable tag")
	require.Equal(t, first, again)
	require.Empty(t, log.writes(), "nothing is written")

	other := image(t, "linux", "amd64")
	_, err = ecr.Push(t.Context(), log.config(cloud.Config()), repo, ecr.FromImage(other), ecr.Tags("v1"))
	require.ErrorIs(t, err, slipway.ErrConflict)
	var tag *ecr.TagError
	require.ErrorAs(t, err, &tag)
	require.Equal(t, ecr.TagError{Repository: "web", Tag: "v1", Have: digest(t, img), Want: digest(t, other)}, *tag)
	require.Empty(t, log.writes(), "a conflict is found before anything is sent")

	moved, err := ecr.Push(t.Context(), cloud.Config(), repo, ecr.FromImage(other), ecr.Tags("dev-1"))
	require.NoError(t, err, "an excluded tag may move")
	require.Equal(t, digest(t, other), moved.Digest())
}

// Layers are sent while others are compressed, but not where it might be in vain.
func TestPushChecksImmutableTagsFirst(t *testing.T) {
	t.Parallel()
	cloud, repo := fakes.New(fakes.Options{}), ecr.NewRepository("web").WithImmutableTags()
	first, log := ecr.FromTarball(savedPlain(t, 2, layerSize)), &requests{}
	_, err := ecr.Push(t.Context(), cloud.Config(), repo, first, ecr.Tags("v1"))
	require.NoError(t, err)
	for range 2 {
		_, err = ecr.Push(t.Context(), log.config(cloud.Config()), repo, first, ecr.Tags("v1"))
		require.NoError(t, err, "the same")
		require.Empty(t, log.writes())
	}
	_, err = ecr.Push(t.Context(), log.config(cloud.Config()), repo, ecr.FromTarball(savedPlain(t, 2, layerSize)), ecr.Tags("v1"))
	var tag *ecr.TagError
	require.ErrorAs(t, err, &tag)
	require.Empty(t, log.writes(), "nothing is sent")
}

func TestPushSkipsLayersThatAreThere(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	repo, img := ecr.NewRepository("web"), image(t, "linux", "amd64")
	_, err := ecr.Push(t.Context(), cloud.Config(), repo, ecr.FromImage(img))
	require.NoError(t, err)
	layer, err := random.Layer(layerSize, "application/vnd.docker.image.rootfs.diff.tar.gzip")
	require.NoError(t, err)
	more, err := mutate.AppendLayers(img, layer)
	require.NoError(t, err)
	log := &requests{}
	_, err = ecr.Push(t.Context(), log.config(cloud.Config()), repo, ecr.FromImage(more))
	require.NoError(t, err)
	require.Equal(t, 2, log.count("PATCH"), "the new layer and the new config")
}

func TestPushToNamed(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	img := image(t, "linux", "amd64")
	_, err := ecr.Push(t.Context(), cloud.Config(), ecr.RepositoryNamed("absent"), ecr.FromImage(img))
	require.ErrorIs(t, err, slipway.ErrNotFound)
	require.ErrorContains(t, err, "absent")
	require.ErrorContains(t, err, "NewRepository")

	_, err = ecr.NewRepository("web").Stack().Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	_, err = ecr.Push(t.Context(), cloud.Config(), ecr.RepositoryNamed("web"), ecr.FromImage(img))
	require.NoError(t, err)
}

func TestPushIndex(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	index := mutate.AppendManifests(empty.Index,
		mutate.IndexAddendum{Add: image(t, "linux", "amd64"), Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}},
		mutate.IndexAddendum{Add: image(t, "linux", "arm64"), Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}}},
	)
	pushed, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("multi"), ecr.FromIndex(index), ecr.Tags("v1"))
	require.NoError(t, err)
	require.Equal(t, digest(t, index), pushed.Digest())
	require.Equal(t, []string{"linux/amd64", "linux/arm64/v8"}, pushed.ImagePlatforms())
}

func TestPushLayout(t *testing.T) {
	t.Parallel()
	one, two := image(t, "linux", "amd64"), image(t, "linux", "arm64")
	amd, arm := v1.Platform{OS: "linux", Architecture: "amd64"}, v1.Platform{OS: "linux", Architecture: "arm64"}
	for _, test := range []struct {
		name, reason string
		images       map[*v1.Platform]v1.Image
		platforms    []string
		fails        string
	}{
		{name: "one image", reason: "it is what is meant", images: map[*v1.Platform]v1.Image{&amd: one}, platforms: []string{"linux/amd64"}},
		{name: "two platforms", reason: "they are an index", images: map[*v1.Platform]v1.Image{&amd: one, &arm: two}, platforms: []string{"linux/amd64", "linux/arm64"}},
		{name: "nothing", reason: "there is nothing to push", fails: "no image"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path, err := layout.Write(dir, empty.Index)
			require.NoError(t, err)
			for platform, img := range test.images {
				require.NoError(t, path.AppendImage(img, layout.WithPlatform(*platform)))
			}
			pushed, err := ecr.Push(t.Context(), fakes.New(fakes.Options{}).Config(), ecr.NewRepository("web"), ecr.FromLayout(dir))
			if test.fails != "" {
				require.ErrorContains(t, err, test.fails, test.reason)
				return
			}
			require.NoError(t, err, test.reason)
			require.Equal(t, test.platforms, pushed.ImagePlatforms())
		})
	}
}

func saved(t testing.TB, img v1.Image) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image.tar")
	require.NoError(t, tarball.WriteToFile(path, name.MustParseReference("web:v1"), img))
	return path
}

func TestPushTarball(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	img := image(t, "linux", "amd64")
	pushed, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromTarball(saved(t, img)))
	require.NoError(t, err, "its layers are compressed already")
	require.Equal(t, configDigest(t, img), configDigest(t, pull(t, cloud, pushed)))

	plain := savedPlain(t, 3, layerSize)
	first, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromTarball(plain))
	require.NoError(t, err, "its layers must be compressed")
	again, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromTarball(plain))
	require.NoError(t, err)
	require.Equal(t, first, again, "the same tarball makes the same image")
	local, err := tarball.ImageFromPath(plain, nil)
	require.NoError(t, err)
	require.Equal(t, diffIDs(t, local), diffIDs(t, pull(t, cloud, first)))
}

// A layer that is not what the config says makes no image that anything could run.
func TestPushTarballWithAnotherLayer(t *testing.T) {
	t.Parallel()
	path := savedPlain(t, 2, layerSize)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	at := bytes.Index(content, make([]byte, 8<<10)) + 16 // within the zeros of a layer's file
	content[at] = 1
	require.NoError(t, os.WriteFile(path, content, 0o600))
	_, err = ecr.Push(t.Context(), fakes.New(fakes.Options{}).Config(), ecr.NewRepository("web"), ecr.FromTarball(path))
	require.ErrorContains(t, err, "tarball "+path)
	require.ErrorContains(t, err, "in its place")
}

func TestPushStreamedLayers(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	text := strings.NewReader(strings.Repeat("slipway", 10_000))
	img, err := mutate.AppendLayers(empty.Image, stream.NewLayer(readCloser{text}))
	require.NoError(t, err)
	pushed, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromImage(img), ecr.Tags("v1"))
	require.NoError(t, err)
	require.Equal(t, digest(t, img), pushed.Digest())
}

// A client that is none of ours pulls over a socket what was pushed in process.
func TestCranePulls(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	img := image(t, "linux", "amd64")
	pushed, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromImage(img), ecr.Tags("v1"))
	require.NoError(t, err)
	server := httptest.NewServer(cloud.Registry())
	t.Cleanup(server.Close)

	auth, err := ecr.NewKeychain(cloud.Config()).Resolve(reference(t, pushed).Context())
	require.NoError(t, err)
	ref := strings.TrimPrefix(server.URL, "http://") + "/web@" + pushed.Digest()
	pulled, err := crane.Pull(ref, crane.WithAuth(auth), crane.Insecure)
	require.NoError(t, err)
	require.Equal(t, layers(t, img), layers(t, pulled))

	_, err = crane.Pull(ref, crane.WithAuth(authn.Anonymous), crane.Insecure)
	var refused *transport.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 401, refused.StatusCode, "the registry is private")
}

func TestProgress(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	var seen recorder
	img := image(t, "linux", "amd64")
	for range 2 {
		_, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromImage(img), ecr.Observe(&seen))
		require.NoError(t, err)
		last := seen.last(t)
		require.Equal(t, "bytes", last.Unit)
		require.Positive(t, last.Total)
		require.Equal(t, last.Total, last.Done, "it ends with all bytes, sent now or before")
	}
}

func TestPushEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := ecr.Push(ctx, fakes.New(fakes.Options{}).Config(), ecr.RepositoryNamed("web"), ecr.FromImage(image(t, "linux", "amd64")))
	require.ErrorIs(t, err, context.Canceled)
}

// recorder keeps events; that it is called one at a time shows under -race.
type recorder struct{ events []slipway.Event }

func (r *recorder) Observe(_ context.Context, e slipway.Event) { r.events = append(r.events, e) }

func (r *recorder) last(t *testing.T) slipway.Progress {
	t.Helper()
	for _, v := range slices.Backward(r.events) {
		if p, ok := v.(slipway.Progress); ok {
			return p
		}
	}
	t.Fatal("no progress")
	return slipway.Progress{}
}
