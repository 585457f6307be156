// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
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
		return content{index: index}, err
	}
	image, err := d.Image()
	return content{image: image}, err
}
