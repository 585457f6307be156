// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/crane"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/fakes"
)

const benchLayers, benchLayer = 4, 32 << 20

// loopback is a fresh registry behind a socket, and the configuration by which
// Push reaches it as if it were ECR's.
func loopback(tb testing.TB, handler http.Handler) (host string, cfg aws.Config) {
	tb.Helper()
	server := httptest.NewServer(handler)
	tb.Cleanup(server.Close)
	target, err := url.Parse(server.URL)
	require.NoError(tb, err)
	cfg = fakes.New(fakes.Options{}).Config()
	_, err = ecr.NewRepository("web").Stack().Apply(tb.Context(), cfg)
	require.NoError(tb, err)
	socket := &http.Transport{}
	tb.Cleanup(socket.CloseIdleConnections)
	cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		to := r.Clone(r.Context())
		to.URL.Scheme, to.URL.Host = target.Scheme, target.Host
		return socket.RoundTrip(to)
	})}
	return target.Host, cfg
}

// BenchmarkPush pushes 128 MiB to a registry on the loopback, with Push and with
// crane's library, from compressed layers and from a tarball of uncompressed ones.
func BenchmarkPush(b *testing.B) {
	compressed, plain := saved(b, synthetic(b, benchLayers, benchLayer)), savedPlain(b, benchLayers, benchLayer)
	for name, path := range map[string]string{"compressed": compressed, "uncompressed": plain} {
		b.Run(name+"/slipway", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(benchLayers * benchLayer)
			for b.Loop() {
				b.StopTimer()
				_, cfg := loopback(b, ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0))))
				b.StartTimer()
				_, err := ecr.Push(b.Context(), cfg, ecr.RepositoryNamed("web"), ecr.FromTarball(path))
				require.NoError(b, err)
			}
		})
		b.Run(name+"/crane", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(benchLayers * benchLayer)
			for b.Loop() {
				b.StopTimer()
				host, _ := loopback(b, ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0))))
				b.StartTimer()
				img, err := crane.Load(path)
				require.NoError(b, err)
				require.NoError(b, crane.Push(img, host+"/web:v1", crane.Insecure, crane.WithAuth(authn.Anonymous)))
			}
		})
	}
}

// BenchmarkBuild lays a directory of 32 MiB on Scratch and pushes it to a registry
// that keeps nothing: what is left is reading, compressing and hashing.
func BenchmarkBuild(b *testing.B) {
	dir := b.TempDir()
	r, err := (&noise{size: benchLayer}).Compressed()
	require.NoError(b, err)
	content, err := io.ReadAll(r)
	require.NoError(b, err)
	require.NoError(b, os.WriteFile(filepath.Join(dir, "file"), content, 0o600))
	_, cfg := loopback(b, &sink{})
	b.ReportAllocs()
	b.SetBytes(benchLayer)
	for b.Loop() {
		_, err := ecr.Push(b.Context(), cfg, ecr.RepositoryNamed("web"), ecr.FromDirectory(ecr.Scratch(), dir).WithPlatform("linux/amd64"))
		require.NoError(b, err)
	}
}

// synthetic is an image of random layers whose bytes are made as they are read.
func synthetic(tb testing.TB, layers int, size int64) v1.Image {
	tb.Helper()
	img := empty.Image
	for i := range layers {
		l := &noise{seed: uint64(i), size: size}
		sum := sha256.New()
		r, err := l.Compressed()
		require.NoError(tb, err)
		_, err = io.Copy(sum, r)
		require.NoError(tb, err)
		l.hash = v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum.Sum(nil))}
		img, err = mutate.AppendLayers(img, l)
		require.NoError(tb, err)
	}
	return img
}

// noise is a layer that takes no memory. It begins as gzip does.
type noise struct {
	seed uint64
	size int64
	hash v1.Hash
}

func (n *noise) Digest() (v1.Hash, error)             { return n.hash, nil }
func (n *noise) DiffID() (v1.Hash, error)             { return n.hash, nil }
func (n *noise) Size() (int64, error)                 { return n.size, nil }
func (n *noise) MediaType() (types.MediaType, error)  { return types.DockerLayer, nil }
func (n *noise) Uncompressed() (io.ReadCloser, error) { return n.Compressed() }
func (n *noise) Compressed() (io.ReadCloser, error) {
	const header = "\x1f\x8b"
	random := io.LimitReader(rand.NewChaCha8([32]byte{byte(n.seed)}), n.size-int64(len(header)))
	return io.NopCloser(io.MultiReader(strings.NewReader(header), random)), nil
}

// flatMost is what a push may hold beyond what there was before, in bytes.
const flatMost = 64 << 20

// The memory that a push takes does not grow with the image: a quarter of a gigabyte
// goes through at a peak that is a fraction of it.
func TestMemoryIsFlat(t *testing.T) { //nolint:paralleltest // it measures the process
	const size = 128 << 20
	compressed := synthetic(t, 2, size)
	plain := savedPlain(t, 2, 64<<20)
	for name, source := range map[string]ecr.Source{"compressed": ecr.FromImage(compressed), "uncompressed": ecr.FromTarball(plain)} {
		_, cfg := loopback(t, &sink{})
		peak := peakHeap(func() {
			_, err := ecr.Push(t.Context(), cfg, ecr.RepositoryNamed("web"), source)
			require.NoError(t, err)
		})
		t.Logf("%s: %d MiB", name, peak>>20)
		require.Less(t, peak, uint64(flatMost), name)
	}
}

// peakHeap returns how much the heap grew at most while f ran.
func peakHeap(f func()) uint64 {
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	var most atomic.Uint64
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(5 * time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				if now.HeapAlloc > before.HeapAlloc {
					most.Store(max(most.Load(), now.HeapAlloc-before.HeapAlloc))
				}
			}
		}
	}()
	f()
	close(done)
	<-ended
	return most.Load()
}

// sink is a registry that takes everything and keeps nothing.
type sink struct{}

func (*sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/v2/":
		w.WriteHeader(http.StatusOK)
	case r.Method == http.MethodPost, r.Method == http.MethodPatch:
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Location", "/v2/web/blobs/uploads/1")
		w.WriteHeader(http.StatusAccepted)
	case r.Method == http.MethodPut:
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}
