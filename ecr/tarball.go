// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// FromTarball pushes the only image of a tarball, as "docker save" writes it.
// Layers that it holds uncompressed are compressed on all processors; the same
// tarball always makes the same image.
func FromTarball(path string) Source { return fromTarball(path) }

type fromTarball string

func (f fromTarball) open(ctx context.Context, s *spool) (content, error) {
	image, err := tarball.ImageFromPath(string(f), nil)
	if err != nil {
		return content{}, fmt.Errorf("tarball %s: %w", string(f), err)
	}
	compressed, err := f.compressed()
	if err != nil {
		return content{}, fmt.Errorf("tarball %s: %w", string(f), err)
	}
	if !compressed {
		image, err = s.squeezed(ctx, image)
	}
	if err != nil {
		return content{}, fmt.Errorf("tarball %s: %w", string(f), err)
	}
	return content{image: image}, nil
}

// compressed looks at the beginning of the first layer, as all are alike.
func (f fromTarball) compressed() (bool, error) {
	manifest, err := tarball.LoadManifest(func() (io.ReadCloser, error) { return os.Open(string(f)) })
	if err != nil {
		return false, err
	}
	if len(manifest) != 1 {
		return false, fmt.Errorf("it holds %d images, not one", len(manifest))
	}
	if len(manifest[0].Layers) == 0 {
		return false, nil
	}
	beginning, err := f.beginning(manifest[0].Layers[0])
	return bytes.HasPrefix(beginning, []byte{0x1f, 0x8b}) || bytes.HasPrefix(beginning, []byte{0x28, 0xb5, 0x2f, 0xfd}), err
}

// beginning returns the first bytes of a file in the tarball.
func (f fromTarball) beginning(name string) ([]byte, error) {
	file, err := os.Open(string(f))
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // only read
	for entries := tar.NewReader(file); ; {
		header, err := entries.Next()
		if err != nil {
			return nil, fmt.Errorf("layer %s: %w", name, err)
		}
		if header.Name != name {
			continue
		}
		const magic = 4
		b := make([]byte, magic)
		n, err := io.ReadFull(entries, b)
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			err = nil
		}
		return b[:n], err
	}
}

// squeezed compresses the layers of an image.
func (s *spool) squeezed(ctx context.Context, image v1.Image) (v1.Image, error) {
	layers, err := image.Layers()
	if err != nil {
		return nil, err
	}
	config, err := image.RawConfigFile()
	if err != nil {
		return nil, err
	}
	packed := make([]*spooled, len(layers))
	err = s.each(ctx, len(layers), func(ctx context.Context, i int) (err error) {
		if packed[i], err = s.squeeze(ctx, layers[i]); err != nil {
			return err
		}
		return s.ready(ctx, packed[i])
	})
	if err != nil {
		return nil, err
	}
	return assemble(config, packed)
}

// squeeze compresses a layer, which must be what the config says: else nothing could
// run the image.
func (s *spool) squeeze(ctx context.Context, l v1.Layer) (*spooled, error) {
	want, err := l.DiffID()
	if err != nil {
		return nil, err
	}
	r, err := l.Uncompressed()
	if err != nil {
		return nil, err
	}
	packed, err := s.compress(ctx, r, types.DockerLayer)
	if err := closing(err, r); err != nil {
		return nil, err
	}
	if packed.diffID != want {
		return nil, fmt.Errorf("the config lists layer %s, and the tarball has %s in its place", want, packed.diffID)
	}
	return packed, nil
}

// packedImage is an image made of a config and compressed layers.
type packedImage struct {
	config, manifest []byte
	layers           map[v1.Hash]*spooled
}

func assemble(config []byte, layers []*spooled) (v1.Image, error) {
	p := &packedImage{config: config, layers: map[v1.Hash]*spooled{}}
	digest, size, err := v1.SHA256(bytes.NewReader(config))
	if err != nil {
		return nil, err
	}
	const schema = 2
	m := v1.Manifest{
		SchemaVersion: schema, MediaType: types.DockerManifestSchema2,
		Config: v1.Descriptor{MediaType: types.DockerConfigJSON, Digest: digest, Size: size}, Layers: []v1.Descriptor{},
	}
	for _, l := range layers {
		p.layers[l.digest] = l
		m.Layers = append(m.Layers, v1.Descriptor{MediaType: l.mediaType, Digest: l.digest, Size: l.size})
	}
	if p.manifest, err = json.Marshal(m); err != nil {
		return nil, err
	}
	return partial.CompressedToImage(p)
}

// RawConfigFile returns the config as the source had it.
func (p *packedImage) RawConfigFile() ([]byte, error) { return p.config, nil }

// RawManifest returns the manifest.
func (p *packedImage) RawManifest() ([]byte, error) { return p.manifest, nil }

// MediaType returns Docker's, which is what the source is.
func (p *packedImage) MediaType() (types.MediaType, error) { return types.DockerManifestSchema2, nil }

// LayerByDigest finds a layer.
func (p *packedImage) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	if l, ok := p.layers[h]; ok {
		return l, nil
	}
	return nil, fmt.Errorf("no layer %s", h)
}
