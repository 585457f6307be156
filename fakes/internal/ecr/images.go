// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ecr"
)

func (f *Fake) handleImages(s *sim.Service) {
	sim.Handle(s, "PutImage", f.putImage, onRepository(f, func(in *awsecr.PutImageInput) *string { return in.RepositoryName }))
	sim.Handle(s, "BatchGetImage", f.batchGetImage, onRepository(f, func(in *awsecr.BatchGetImageInput) *string { return in.RepositoryName }))
	sim.Handle(s, "BatchDeleteImage", f.batchDeleteImage, onRepository(f, func(in *awsecr.BatchDeleteImageInput) *string { return in.RepositoryName }))
	sim.Handle(s, "DescribeImages", f.describeImages, onRepository(f, func(in *awsecr.DescribeImagesInput) *string { return in.RepositoryName }))
	sim.Handle(s, "ListImages", f.listImages, onRepository(f, func(in *awsecr.ListImagesInput) *string { return in.RepositoryName }))
	sim.Handle(s, "ListImageReferrers", f.listReferrers,
		onRepository(f, func(in *awsecr.ListImageReferrersInput) *string { return in.RepositoryName }),
		sim.Refuses[awsecr.ListImageReferrersInput]("Filter.ArtifactStatus"))
}

func (f *Fake) putImage(c *sim.Call, in *awsecr.PutImageInput) (*awsecr.PutImageOutput, error) {
	if err := sim.Check(rules.PutImage, nil, in, typed); err != nil {
		return nil, err
	}
	r := f.registries.In(c)
	repo, err := r.repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	p := pushed{
		raw: []byte(*in.ImageManifest), mediaType: deref(in.ImageManifestMediaType), tag: deref(in.ImageTag), digest: deref(in.ImageDigest),
	}
	if err := repo.unchanged(p); err != nil {
		return nil, err
	}
	img, err := f.put(r, repo, p)
	if err != nil {
		return nil, err
	}
	id := ecrtypes.ImageIdentifier{ImageDigest: &img.digest, ImageTag: in.ImageTag}
	return &awsecr.PutImageOutput{Image: repo.asImage(img, id)}, nil
}

// unchanged is the API's answer to a push that changes nothing; the registry takes it.
func (r *repository) unchanged(p pushed) error {
	digest := digestOf(p.raw)
	_, exists := r.images[digest]
	if !exists || p.tag != "" && r.tagged[p.tag] != digest || p.tag != "" && r.immutable(p.tag) {
		return nil
	}
	return &ecrtypes.ImageAlreadyExistsException{Message: text(
		"Image with digest '%s' and tag '%s' already exists in %s", digest, p.tag, r.within(),
	)}
}

func (r *repository) asImage(img *image, id ecrtypes.ImageIdentifier) *ecrtypes.Image {
	return &ecrtypes.Image{
		ImageId: &id, ImageManifest: aws.String(string(img.raw)), ImageManifestMediaType: &img.mediaType,
		RegistryId: r.RegistryId, RepositoryName: r.RepositoryName,
	}
}

// failure says why an image id cannot be served, or nil.
func (r *repository) failure(id ecrtypes.ImageIdentifier) *ecrtypes.ImageFailure {
	fail := func(code ecrtypes.ImageFailureCode, reason string) *ecrtypes.ImageFailure {
		return &ecrtypes.ImageFailure{FailureCode: code, FailureReason: &reason, ImageId: &id}
	}
	digest, tag := deref(id.ImageDigest), deref(id.ImageTag)
	_, byDigest := r.images[digest]
	of, byTag := r.tagged[tag]
	switch {
	case digest == "" && tag == "":
		return fail(ecrtypes.ImageFailureCodeMissingDigestAndTag, "Invalid request parameters: both tag and digest cannot be null")
	case digest != "" && !rules.IsDigest(digest):
		return fail(ecrtypes.ImageFailureCodeInvalidImageDigest, "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'")
	case digest != "" && !byDigest, digest == "" && !byTag:
		return fail(ecrtypes.ImageFailureCodeImageNotFound, "Requested image not found")
	case digest != "" && tag != "" && of != digest:
		return fail(ecrtypes.ImageFailureCodeImageTagDoesNotMatchDigest, "Requested image tag does not match the digest")
	}
	return nil
}

func (f *Fake) batchGetImage(c *sim.Call, in *awsecr.BatchGetImageInput) (*awsecr.BatchGetImageOutput, error) {
	if err := sim.Check(rules.BatchGetImage, nil, in, typed); err != nil {
		return nil, err
	}
	repo, err := f.registries.In(c).repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	out := &awsecr.BatchGetImageOutput{}
	for _, id := range in.ImageIds {
		if failed := repo.failure(id); failed != nil {
			out.Failures = append(out.Failures, *failed)
			continue
		}
		img, _ := repo.find(id)
		if len(in.AcceptedMediaTypes) > 0 && !slices.Contains(in.AcceptedMediaTypes, img.mediaType) {
			return nil, &ecrtypes.UnsupportedImageTypeException{Message: text("The image has media type '%s', which is not accepted", img.mediaType)}
		}
		f.pulled(img)
		out.Images = append(out.Images, *repo.asImage(img, ecrtypes.ImageIdentifier{ImageDigest: &img.digest, ImageTag: id.ImageTag}))
	}
	return out, nil
}

// pulled notes when an image was last pulled.
func (f *Fake) pulled(img *image) {
	now := f.sim.Now()
	img.pulled = &now
}

func (f *Fake) batchDeleteImage(c *sim.Call, in *awsecr.BatchDeleteImageInput) (*awsecr.BatchDeleteImageOutput, error) {
	if err := sim.Check(rules.BatchDeleteImage, nil, in, typed); err != nil {
		return nil, err
	}
	r := f.registries.In(c)
	repo, err := r.repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	out := &awsecr.BatchDeleteImageOutput{}
	for _, id := range in.ImageIds {
		deleted, failed := repo.take(id)
		if failed != nil {
			out.Failures = append(out.Failures, *failed)
			continue
		}
		out.ImageIds = append(out.ImageIds, deleted...)
	}
	repo.release(r)
	return out, nil
}

// take deletes by digest the image with all its tags, by tag just the tag, with
// the image if it was the last.
func (r *repository) take(id ecrtypes.ImageIdentifier) ([]ecrtypes.ImageIdentifier, *ecrtypes.ImageFailure) {
	if failed := r.failure(id); failed != nil {
		return nil, failed
	}
	img, _ := r.find(id)
	tags := r.tagsOf(img.digest)
	if id.ImageDigest == nil && len(tags) > 1 {
		delete(r.tagged, *id.ImageTag)
		return []ecrtypes.ImageIdentifier{{ImageDigest: &img.digest, ImageTag: id.ImageTag}}, nil
	}
	if list := r.listing(img.digest); list != "" {
		return nil, &ecrtypes.ImageFailure{
			FailureCode: ecrtypes.ImageFailureCodeImageReferencedByManifestList, ImageId: &id,
			FailureReason: text("Requested image referenced by manifest list: [%s]", list),
		}
	}
	r.remove(img.digest)
	if len(tags) == 0 {
		return []ecrtypes.ImageIdentifier{{ImageDigest: &img.digest}}, nil
	}
	var ids []ecrtypes.ImageIdentifier
	for _, tag := range tags {
		ids = append(ids, ecrtypes.ImageIdentifier{ImageDigest: &img.digest, ImageTag: &tag})
	}
	return ids, nil
}

// release lets go of the layers that no image of the repository has any more.
func (r *repository) release(of *registry) {
	held := map[string]bool{}
	for _, img := range r.images {
		for _, digest := range append([]string{img.config}, img.layers...) {
			held[digest] = true
		}
	}
	for digest := range r.layers {
		if !held[digest] {
			delete(r.layers, digest)
		}
	}
	of.sweep()
}
