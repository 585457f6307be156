// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/slipway-go/slipway/internal/lifecycle"
)

// pushed is a manifest on its way into a repository.
type pushed struct {
	raw                    []byte
	mediaType, tag, digest string
}

// put checks a manifest as ECR does and stores it, tagged or not. It is called
// under the lock, for the API and for the registry alike.
func (f *Fake) put(r *registry, repo *repository, p pushed) (*image, error) {
	m, err := parseManifest(p.raw, p.mediaType)
	if err != nil {
		return nil, err
	}
	if p.digest != "" && p.digest != m.digest {
		return nil, &ecrtypes.ImageDigestDoesNotMatchException{Message: text(
			"Image digest '%s' does not match the digest '%s' of the manifest", p.digest, m.digest,
		)}
	}
	if err := repo.complete(m); err != nil {
		return nil, err
	}
	if err := repo.mayTag(p.tag); err != nil {
		return nil, err
	}
	img, exists := repo.images[m.digest]
	if !exists {
		f.count++
		img = &image{manifest: m, raw: p.raw, pushed: f.sim.Now(), order: f.count}
		repo.images[m.digest] = img
	}
	if p.tag != "" {
		repo.tagged[p.tag] = m.digest
	}
	if !exists && f.scansOnPush(r, repo) {
		f.startScan(img, m)
	}
	return img, nil
}

// complete checks that what a manifest refers to is in the repository.
func (r *repository) complete(m manifest) error {
	for _, digest := range append([]string{m.config}, m.layers...) {
		if digest != "" && !r.layers[digest] {
			return &ecrtypes.LayersNotFoundException{Message: text("Layers with digests '%s' required for pushing image into "+
				"repository with name '%s' in the registry with id '%s' do not exist", digest, *r.RepositoryName, *r.RegistryId)}
		}
	}
	for _, digest := range m.children {
		if _, ok := r.images[digest]; !ok {
			return &ecrtypes.ReferencedImagesNotFoundException{Message: text("Images with digests '%s' required for pushing image into "+
				"repository with name '%s' in the registry with id '%s' do not exist", digest, *r.RepositoryName, *r.RegistryId)}
		}
	}
	return nil
}

// mayTag refuses to move, or to set again, a tag that is immutable: ECR does not
// look at the digest then.
// https://github.com/aws/containers-roadmap/issues/2179
func (r *repository) mayTag(tag string) error {
	if _, exists := r.tagged[tag]; !exists || !r.immutable(tag) {
		return nil
	}
	return &ecrtypes.ImageTagAlreadyExistsException{Message: text(
		"The image tag '%s' already exists in the '%s' repository and cannot be overwritten because the tag is immutable.",
		tag, *r.RepositoryName,
	)}
}

// immutable reports whether the tag, once set, stays.
func (r *repository) immutable(tag string) bool {
	excluded := false
	for _, filter := range r.ImageTagMutabilityExclusionFilters {
		excluded = excluded || lifecycle.MatchTag(tag, deref(filter.Filter))
	}
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
