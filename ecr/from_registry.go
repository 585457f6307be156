// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"context"
	"fmt"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// FromRegistry copies an image, or an index with its images, from another
// repository or registry, such as "public.ecr.aws/nginx/nginx:1.29" or
// "nginx@sha256:...", with its digest. Only layers that the target lacks are
// fetched, and they pass through memory piece by piece.
//
// Private ECR registries, of any account and region, are read with a token for
// the configuration's credentials, others with the credentials that "docker login"
// left, if any.
func FromRegistry(ref string) Source { return fromRegistry(ref) }

type fromRegistry string

func (f fromRegistry) open(ctx context.Context, s *spool) (content, error) {
	ref, err := name.ParseReference(string(f))
	if err != nil {
		return content{}, fmt.Errorf("image %s: %w", string(f), err)
	}
	d, err := remote.Get(ref, s.remote(ctx)...)
	if err != nil {
		return content{}, refused(err, "read image "+ref.Name())
	}
	if d.MediaType.IsIndex() {
		index, err := d.ImageIndex()
		return content{index: &remembered{fetched: index}}, err
	}
	image, err := d.Image()
	return content{image: image}, err
}

// remembered fetches each manifest of an index but once: some registries limit how
// many may be fetched.
// https://docs.docker.com/docker-hub/usage/pulls/
type remembered struct {
	fetched
	images  children[v1.Image]
	indexes children[v1.ImageIndex]
}

// fetched has a name of its own, as an index has a method ImageIndex.
type fetched = v1.ImageIndex

// Image returns an image of the index.
func (r *remembered) Image(digest v1.Hash) (v1.Image, error) {
	return r.images.get(digest, r.fetched.Image)
}

// ImageIndex returns an index of the index, which remembers, too.
func (r *remembered) ImageIndex(digest v1.Hash) (v1.ImageIndex, error) {
	return r.indexes.get(digest, func(h v1.Hash) (v1.ImageIndex, error) {
		index, err := r.fetched.ImageIndex(h)
		return &remembered{fetched: index}, err
	})
}

// children are what an index lists and has been fetched, by digest.
type children[T any] struct {
	mu    sync.Mutex
	known map[v1.Hash]T
}

func (c *children[T]) get(digest v1.Hash, fetch func(v1.Hash) (T, error)) (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if child, ok := c.known[digest]; ok {
		return child, nil
	}
	child, err := fetch(digest)
	if err != nil {
		return child, err
	}
	if c.known == nil {
		c.known = map[v1.Hash]T{}
	}
	c.known[digest] = child
	return child, nil
}
