// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"context"
	"errors"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"
)

// content sends an image, or an index after its images. What the repository has a
// manifest of is there with all its parts.
func (u *uploader) content(ctx context.Context, c content) error {
	digest, err := c.digest()
	if err != nil {
		return err
	}
	have, err := u.find(ctx, digest.String())
	if err != nil || have == digest.String() {
		return err
	}
	parts := u.images
	if c.image != nil {
		parts = u.layers
	}
	if err := parts(ctx, c); err != nil {
		return err
	}
	m, err := c.manifest()
	if err != nil {
		return err
	}
	return u.put(ctx, digest.String(), m.raw, m.mediaType)
}

// images sends what an index lists.
func (u *uploader) images(ctx context.Context, c content) error {
	m, err := c.index.IndexManifest()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, d := range m.Manifests {
		group.Go(func() error {
			child, err := c.child(d)
			if err != nil {
				return err
			}
			return u.content(ctx, child)
		})
	}
	return group.Wait()
}

// layers sends the config and the layers of an image, but those that are to be
// kept elsewhere.
func (u *uploader) layers(ctx context.Context, c content) error {
	m, err := c.image.Manifest()
	if err != nil {
		return err
	}
	layers, err := c.image.Layers()
	if err != nil {
		return err
	}
	if len(layers) != len(m.Layers) {
		return errors.New("the image has other layers than its manifest lists")
	}
	config, err := partial.ConfigLayer(c.image)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	send := func(b blob) { group.Go(func() error { return u.blob(ctx, b) }) }
	first := u.blobOf(config, m.Config.Digest, m.Config.Size)
	first.open = c.config
	send(first)
	for i, d := range m.Layers {
		if d.MediaType.IsDistributable() {
			send(u.blobOf(layers[i], d.Digest, d.Size))
		}
	}
	return group.Wait()
}

// layer sends a layer by itself.
func (u *uploader) layer(ctx context.Context, l v1.Layer) error {
	digest, err := l.Digest()
	if err != nil {
		return err
	}
	size, err := l.Size()
	if err != nil {
		return err
	}
	return u.blob(ctx, u.blobOf(l, digest, size))
}

// blobOf knows whether the same registry has the layer in another repository.
func (u *uploader) blobOf(l v1.Layer, digest v1.Hash, size int64) blob {
	b := blob{digest: digest, size: size, open: l.Compressed}
	if m, ok := l.(*remote.MountableLayer); ok {
		from := m.Reference.Context()
		if from.RegistryStr() == u.target.RegistryStr() && from.RepositoryStr() != u.target.RepositoryStr() {
			b.lenders = []string{from.RepositoryStr()}
		}
	}
	return b
}
