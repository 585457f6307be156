// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// scan is the latest scan of an image. The simulation finds nothing in any image.
type scan struct {
	status    ecrtypes.ImageScanStatus
	completed *time.Time
}

func (f *Fake) handleScans(s *sim.Service) {
	sim.Handle(s, "StartImageScan", f.startImageScan, onRepository(f, func(in *awsecr.StartImageScanInput) *string { return in.RepositoryName }))
	sim.Handle(s, "DescribeImageScanFindings", f.scanFindings,
		onRepository(f, func(in *awsecr.DescribeImageScanFindingsInput) *string { return in.RepositoryName }))
}

// scansOnPush reports whether the repository, or a rule of the registry, asks for
// a scan of what comes.
func (f *Fake) scansOnPush(r *registry, repo *repository) bool {
	return repo.ImageScanningConfiguration.ScanOnPush || r.frequency(*repo.RepositoryName) != ecrtypes.ScanFrequencyManual
}

// startScan begins a scan that ends a moment later. Only images of an operating
// system can be scanned, which is what a layer says.
func (f *Fake) startScan(img *image, m manifest) {
	img.scan = &scan{status: ecrtypes.ImageScanStatus{Status: ecrtypes.ScanStatusInProgress}}
	f.sim.After(world.Repeat, func() {
		now := f.sim.Now()
		done := &scan{completed: &now, status: ecrtypes.ImageScanStatus{
			Status: ecrtypes.ScanStatusComplete, Description: aws.String("The scan was completed successfully."),
		}}
		if types.MediaType(m.mediaType).IsIndex() || len(m.layers) == 0 {
			done = &scan{status: ecrtypes.ImageScanStatus{
				Status: ecrtypes.ScanStatusFailed, Description: aws.String("UnsupportedImageError: The operating system and/or package manager are not supported."),
			}}
		}
		img.scan = done
	})
}

func (s *scan) summary() *ecrtypes.ImageScanFindingsSummary {
	if s.completed == nil {
		return nil
	}
	return &ecrtypes.ImageScanFindingsSummary{
		FindingSeverityCounts: map[string]int32{}, ImageScanCompletedAt: s.completed, VulnerabilitySourceUpdatedAt: s.completed,
	}
}

func (f *Fake) startImageScan(c *sim.Call, in *awsecr.StartImageScanInput) (*awsecr.StartImageScanOutput, error) {
	repo, err := f.registries.In(c).repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	img, ok := repo.find(*in.ImageId)
	if !ok {
		return nil, repo.imageNotFound(*in.ImageId)
	}
	if types.MediaType(img.mediaType).IsIndex() {
		return nil, &ecrtypes.UnsupportedImageTypeException{Message: text("The image type '%s' is not supported for scanning", img.mediaType)}
	}
	f.startScan(img, img.manifest)
	return &awsecr.StartImageScanOutput{
		ImageId:         &ecrtypes.ImageIdentifier{ImageDigest: &img.digest, ImageTag: in.ImageId.ImageTag},
		ImageScanStatus: &img.scan.status, RegistryId: repo.RegistryId, RepositoryName: repo.RepositoryName,
	}, nil
}

func (f *Fake) scanFindings(c *sim.Call, in *awsecr.DescribeImageScanFindingsInput) (*awsecr.DescribeImageScanFindingsOutput, error) {
	repo, err := f.registries.In(c).repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	img, ok := repo.find(*in.ImageId)
	if !ok {
		return nil, repo.imageNotFound(*in.ImageId)
	}
	if img.scan == nil {
		return nil, &ecrtypes.ScanNotFoundException{
			Message: text("Image scan does not exist for the image with '%s' in %s", idText(*in.ImageId), repo.within()),
		}
	}
	if _, _, err := page([]int{}, in.NextToken, in.MaxResults, imagesAPage); err != nil {
		return nil, err
	}
	out := &awsecr.DescribeImageScanFindingsOutput{
		ImageId:         &ecrtypes.ImageIdentifier{ImageDigest: &img.digest, ImageTag: in.ImageId.ImageTag},
		ImageScanStatus: &img.scan.status, RegistryId: repo.RegistryId, RepositoryName: repo.RepositoryName,
	}
	if at := img.scan.completed; at != nil {
		out.ImageScanFindings = &ecrtypes.ImageScanFindings{
			FindingSeverityCounts: map[string]int32{}, ImageScanCompletedAt: at, VulnerabilitySourceUpdatedAt: at,
		}
	}
	return out, nil
}
