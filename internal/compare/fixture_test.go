// SPDX-License-Identifier: Apache-2.0

package compare_test

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/require"
)

// A gigabyte in ten layers.
const (
	layerCount = 10
	layerSize  = 1 << 30 / layerCount
)

// hashed writes to a file, and knows digest and size.
type hashed struct {
	*os.File
	sum  hash.Hash
	size int64
}

func create(t *testing.T, path string) *hashed {
	t.Helper()
	f, err := os.Create(path)
	require.NoError(t, err)
	return &hashed{File: f, sum: sha256.New()}
}

func (h *hashed) Write(p []byte) (int, error) {
	n, err := h.File.Write(p)
	h.sum.Write(p[:n])
	h.size += int64(n)
	return n, err
}

func (h *hashed) digest() v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(h.sum.Sum(nil))}
}

// content is like that of images: a third cannot be compressed, the rest is text.
func content(seed byte) io.Reader {
	source := rand.NewChaCha8([32]byte{seed})
	const block = 48 << 10
	return &blocks{next: func(i int) []byte {
		b := make([]byte, block)
		_, _ = source.Read(b)
		if i%3 != 0 {
			words := strings.Fields("func return error string package import if err != nil the of and to container image layer { } ( ) :=")
			text := make([]byte, 0, block+16)
			for _, c := range b {
				text = append(text, words[int(c)%len(words)]...)
				if text = append(text, ' ', c&15+'a'); len(text) >= block {
					break
				}
			}
			return text[:block]
		}
		return b
	}}
}

type blocks struct {
	next func(i int) []byte
	i    int
	left []byte
}

func (b *blocks) Read(p []byte) (int, error) {
	if len(b.left) == 0 {
		b.left = b.next(b.i)
		b.i++
	}
	n := copy(p, b.left)
	b.left = b.left[n:]
	return n, nil
}

// writeLayer writes a tar with one file.
func writeLayer(t *testing.T, to io.Writer, from io.Reader) {
	t.Helper()
	w := tar.NewWriter(to)
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "data", Mode: 0o644, Size: layerSize}))
	_, err := io.CopyN(w, from, layerSize)
	require.NoError(t, err)
	require.NoError(t, w.Close())
}

// config is that of an image with the layers.
func config(t *testing.T, diffIDs []v1.Hash) []byte {
	t.Helper()
	raw, err := json.Marshal(v1.ConfigFile{OS: "linux", Architecture: "amd64", RootFS: v1.RootFS{Type: "layers", DiffIDs: diffIDs}})
	require.NoError(t, err)
	return raw
}

// compressed writes an OCI layout whose layers have a gigabyte as they are: what
// cannot be compressed, in gzip's form.
func compressed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	blobs := filepath.Join(dir, "blobs", "sha256")
	require.NoError(t, os.MkdirAll(blobs, 0o750))
	manifest := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1}
	var diffIDs []v1.Hash
	for i := range layerCount {
		out, plain := create(t, filepath.Join(blobs, "new")), sha256.New()
		z, err := gzip.NewWriterLevel(out, gzip.NoCompression)
		require.NoError(t, err)
		writeLayer(t, io.MultiWriter(z, plain), rand.NewChaCha8([32]byte{byte(i)}))
		require.NoError(t, z.Close())
		require.NoError(t, out.Close())
		require.NoError(t, os.Rename(out.Name(), filepath.Join(blobs, out.digest().Hex)))
		manifest.Layers = append(manifest.Layers, v1.Descriptor{MediaType: types.OCILayer, Digest: out.digest(), Size: out.size})
		diffIDs = append(diffIDs, v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(plain.Sum(nil))})
	}
	put := func(raw []byte, mediaType types.MediaType) v1.Descriptor {
		sum := sha256.Sum256(raw)
		d := v1.Descriptor{MediaType: mediaType, Size: int64(len(raw)), Digest: v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}}
		require.NoError(t, os.WriteFile(filepath.Join(blobs, d.Digest.Hex), raw, 0o600))
		return d
	}
	manifest.Config = put(config(t, diffIDs), types.OCIConfigJSON)
	index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{put(marshal(t, manifest), types.OCIManifestSchema1)}}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "index.json"), marshal(t, index), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o600))
	return dir
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return raw
}

// uncompressed writes a tarball as "docker save" does, of a gigabyte.
func uncompressed(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image.tar")
	f, err := os.Create(path)
	require.NoError(t, err)
	w := tar.NewWriter(f)
	add := func(name string, size int64, r io.Reader) {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: size}))
		_, err := io.CopyN(w, r, size)
		require.NoError(t, err)
	}
	var names []string
	var diffIDs []v1.Hash
	for i := range layerCount {
		layer := create(t, filepath.Join(t.TempDir(), "layer"))
		writeLayer(t, layer, content(byte(i)))
		_, err := layer.Seek(0, io.SeekStart)
		require.NoError(t, err)
		names = append(names, fmt.Sprintf("%d/layer.tar", i))
		diffIDs = append(diffIDs, layer.digest())
		add(names[i], layer.size, layer.File)
		require.NoError(t, layer.Close())
		require.NoError(t, os.Remove(layer.Name()))
	}
	raw := string(config(t, diffIDs))
	add("config.json", int64(len(raw)), strings.NewReader(raw))
	list := string(marshal(t, []map[string]any{{"Config": "config.json", "RepoTags": []string{"web:v1"}, "Layers": names}}))
	add("manifest.json", int64(len(list)), strings.NewReader(list))
	require.NoError(t, w.Close())
	require.NoError(t, f.Close())
	return path
}
