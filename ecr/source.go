// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"context"
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/stream"
)

// Source is what [Push] pushes: [FromImage], [FromIndex], [FromLayout],
// [FromTarball], [FromRegistry], or a [Build]: [FromBinary] or [FromDirectory].
type Source interface {
	// open returns what is to be pushed. Layers that are made on the way are
	// written below s and handed to s as soon as they are there.
	open(ctx context.Context, s *spool) (content, error)
}

// FromImage pushes an image of go-containerregistry as it is, with its digest.
func FromImage(image v1.Image) Source { return fromImage{image} }

// FromIndex pushes an index of go-containerregistry with all its images.
func FromIndex(index v1.ImageIndex) Source { return fromIndex{index} }

// FromLayout pushes an OCI image layout: a directory with an index.json. If that
// lists one image, or one index, it is pushed; if it lists several images, each
// must name its platform, and they are pushed as one index.
func FromLayout(directory string) Source { return fromLayout(directory) }

type fromImage struct{ image v1.Image }

func (f fromImage) open(ctx context.Context, s *spool) (content, error) {
	if f.image == nil {
		return content{}, errors.New("no image")
	}
	_, err := f.image.Digest()
	if errors.Is(err, stream.ErrNotComputed) {
		image, err := s.streamed(ctx, f.image)
		return content{image: image}, err
	}
	return content{image: f.image}, err
}

type fromIndex struct{ index v1.ImageIndex }

func (f fromIndex) open(context.Context, *spool) (content, error) {
	if f.index == nil {
		return content{}, errors.New("no index")
	}
	return content{index: f.index}, nil
}

type fromLayout string

func (f fromLayout) open(context.Context, *spool) (content, error) {
	index, err := layout.ImageIndexFromPath(string(f))
	if err != nil {
		return content{}, fmt.Errorf("layout %s: %w", string(f), err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return content{}, fmt.Errorf("layout %s: %w", string(f), err)
	}
	switch len(manifest.Manifests) {
	case 0:
		return content{}, fmt.Errorf("layout %s: it lists no image", string(f))
	case 1:
		return content{index: index}.child(manifest.Manifests[0])
	}
	for _, d := range manifest.Manifests {
		if d.Platform == nil {
			return content{}, fmt.Errorf("layout %s: it lists several images, and %s names no platform", string(f), d.Digest)
		}
	}
	return content{index: index}, nil
}
