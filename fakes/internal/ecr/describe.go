// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ecr"
)

// imagesAPage is the default of the paginated image operations.
const imagesAPage = 100

func (f *Fake) describeImages(c *sim.Call, in *awsecr.DescribeImagesInput) (*awsecr.DescribeImagesOutput, error) {
	repo, err := f.registries.In(c).repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if len(in.ImageIds) > 0 {
		details, err := repo.named(in.ImageIds)
		return &awsecr.DescribeImagesOutput{ImageDetails: details}, err
	}
	status, tags := ecrtypes.ImageStatusFilter(""), ecrtypes.TagStatus("")
	if in.Filter != nil {
		status, tags = in.Filter.ImageStatus, in.Filter.TagStatus
	}
	var all []ecrtypes.ImageDetail
	for _, img := range repo.sortedImages() {
		if wantsStatus(status) && wantsTags(tags, repo.tagsOf(img.digest)) {
			all = append(all, repo.detail(img))
		}
	}
	some, next, err := page(all, in.NextToken, in.MaxResults, imagesAPage)
	return &awsecr.DescribeImagesOutput{ImageDetails: some, NextToken: next}, err
}

func (r *repository) named(ids []ecrtypes.ImageIdentifier) ([]ecrtypes.ImageDetail, error) {
	var details []ecrtypes.ImageDetail
	for _, id := range ids {
		img, ok := r.find(id)
		if !ok {
			return nil, r.imageNotFound(id)
		}
		details = append(details, r.detail(img))
	}
	return details, nil
}

// wantsStatus: every image of the simulation is active.
func wantsStatus(s ecrtypes.ImageStatusFilter) bool {
	return s == "" || s == ecrtypes.ImageStatusFilterActive || s == ecrtypes.ImageStatusFilterAny
}

func wantsTags(status ecrtypes.TagStatus, tags []string) bool {
	switch status {
	case ecrtypes.TagStatusTagged:
		return len(tags) > 0
	case ecrtypes.TagStatusUntagged:
		return len(tags) == 0
	case ecrtypes.TagStatusAny:
		return true
	default:
		return true
	}
}

func (r *repository) detail(img *image) ecrtypes.ImageDetail {
	d := ecrtypes.ImageDetail{
		ArtifactMediaType: optional(img.artifactType), ImageDigest: &img.digest, ImageManifestMediaType: &img.mediaType,
		ImagePushedAt: aws.Time(img.pushed), ImageSizeInBytes: aws.Int64(img.size), ImageStatus: ecrtypes.ImageStatusActive,
		ImageTags: r.tagsOf(img.digest), LastRecordedPullTime: img.pulled, RegistryId: r.RegistryId, RepositoryName: r.RepositoryName,
		SubjectManifestDigest: optional(img.subject),
	}
	if img.scan != nil {
		d.ImageScanStatus = &img.scan.status
		d.ImageScanFindingsSummary = img.scan.summary()
	}
	return d
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (f *Fake) listImages(c *sim.Call, in *awsecr.ListImagesInput) (*awsecr.ListImagesOutput, error) {
	repo, err := f.registries.In(c).repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	status, want := ecrtypes.ImageStatusFilter(""), ecrtypes.TagStatus("")
	if in.Filter != nil {
		status, want = in.Filter.ImageStatus, in.Filter.TagStatus
	}
	var all []ecrtypes.ImageIdentifier
	for _, img := range repo.sortedImages() {
		tags := repo.tagsOf(img.digest)
		if !wantsStatus(status) || !wantsTags(want, tags) {
			continue
		}
		for _, tag := range tags {
			all = append(all, ecrtypes.ImageIdentifier{ImageDigest: &img.digest, ImageTag: &tag})
		}
		if len(tags) == 0 {
			all = append(all, ecrtypes.ImageIdentifier{ImageDigest: &img.digest})
		}
	}
	some, next, err := page(all, in.NextToken, in.MaxResults, imagesAPage)
	return &awsecr.ListImagesOutput{ImageIds: some, NextToken: next}, err
}

func (f *Fake) listReferrers(c *sim.Call, in *awsecr.ListImageReferrersInput) (*awsecr.ListImageReferrersOutput, error) {
	if err := sim.Check(rules.ListImageReferrers, nil, in, typed); err != nil {
		return nil, err
	}
	repo, err := f.registries.In(c).repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	var artifactTypes []string
	if in.Filter != nil {
		artifactTypes = in.Filter.ArtifactTypes
	}
	var all []ecrtypes.ImageReferrer
	for _, img := range repo.referrers(deref(in.SubjectId.ImageDigest), artifactTypes...) {
		all = append(all, ecrtypes.ImageReferrer{
			Digest: &img.digest, MediaType: &img.mediaType, Size: aws.Int64(int64(len(img.raw))),
			ArtifactType: optional(img.artifactType), Annotations: img.annotations, ArtifactStatus: ecrtypes.ArtifactStatusActive,
		})
	}
	const usual = 50
	some, next, err := page(all, in.NextToken, in.MaxResults, usual)
	return &awsecr.ListImageReferrersOutput{Referrers: some, NextToken: next}, err
}

// referrers returns what has the digest as its subject, of the artifact types if
// any are given.
func (r *repository) referrers(digest string, artifactTypes ...string) []*image {
	var all []*image
	for _, img := range r.sortedImages() {
		if img.subject != digest {
			continue
		}
		wanted := len(artifactTypes) == 0
		for _, t := range artifactTypes {
			wanted = wanted || t == img.artifactType
		}
		if wanted {
			all = append(all, img)
		}
	}
	return all
}
