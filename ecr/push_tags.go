// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-go/slipway/internal/lifecycle"
)

// missing returns the tags that are not on the digest yet. An immutable tag on
// another image is a TagError.
func (p *push) missing(ctx context.Context, digest string) ([]string, error) {
	var missing []string
	for _, tag := range p.tags {
		have, err := p.up.find(ctx, tag)
		switch {
		case err != nil:
			return nil, err
		case have == digest:
		case have != "" && immutable(p.repository, tag):
			return nil, &TagError{Repository: aws.ToString(p.repository.RepositoryName), Tag: tag, Have: have, Want: digest}
		default:
			missing = append(missing, tag)
		}
	}
	return missing, nil
}

// early returns what uploads layers before the image is known. Where an immutable
// tag is on an image already, nothing is sent until it is known to be the same.
func (p *push) early(ctx context.Context) (func(context.Context, v1.Layer) error, error) {
	for _, tag := range p.tags {
		if !immutable(p.repository, tag) {
			continue
		}
		have, err := p.up.find(ctx, tag)
		if err != nil {
			return nil, err
		}
		if have != "" {
			return func(context.Context, v1.Layer) error { return nil }, nil
		}
	}
	return p.up.layer, nil
}

// tagAll puts tags on the image.
func (p *push) tagAll(ctx context.Context, c content, tags []string, digest string) error {
	m, err := c.manifest()
	if err != nil {
		return err
	}
	for _, tag := range tags {
		if err := p.tag(ctx, m, tag, digest); err != nil {
			return err
		}
	}
	return nil
}

// tag puts a tag on the image. Somebody else may have done so meanwhile.
func (p *push) tag(ctx context.Context, m manifest, tag, digest string) error {
	err := p.up.put(ctx, tag, m.raw, m.mediaType)
	if err == nil || !immutable(p.repository, tag) {
		return err
	}
	have, readErr := p.up.find(ctx, tag)
	switch {
	case readErr != nil || have == "":
		return err
	case have == digest:
		return nil
	default:
		return errors.Join(&TagError{Repository: aws.ToString(p.repository.RepositoryName), Tag: tag, Have: have, Want: digest}, err)
	}
}

// immutable reports whether a tag of the repository stays where it is.
func immutable(r ecrtypes.Repository, tag string) bool {
	excluded := slices.ContainsFunc(r.ImageTagMutabilityExclusionFilters, func(f ecrtypes.ImageTagMutabilityExclusionFilter) bool {
		return lifecycle.MatchTag(tag, aws.ToString(f.Filter))
	})
	switch r.ImageTagMutability {
	case ecrtypes.ImageTagMutabilityImmutable:
		return true
	case ecrtypes.ImageTagMutabilityImmutableWithExclusion:
		return !excluded
	case ecrtypes.ImageTagMutabilityMutableWithExclusion:
		return excluded
	case ecrtypes.ImageTagMutabilityMutable:
		return false
	default:
		return false
	}
}
