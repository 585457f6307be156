// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"bytes"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ecr"
)

// upload is a blob on its way in.
type upload struct {
	id, repo string
	body     bytes.Buffer
	// turn is the request that streams into body. One that comes later takes over
	// from one whose connection hangs.
	turn int
	// part is where the last part of the API began.
	part int64
}

func (f *Fake) handleLayers(s *sim.Service) {
	sim.Handle(s, "BatchCheckLayerAvailability", f.checkLayers,
		onRepository(f, func(in *awsecr.BatchCheckLayerAvailabilityInput) *string { return in.RepositoryName }))
	sim.Handle(s, "InitiateLayerUpload", f.initiateUpload, onRepository(f, func(in *awsecr.InitiateLayerUploadInput) *string { return in.RepositoryName }))
	sim.Handle(s, "UploadLayerPart", f.uploadPart, onRepository(f, func(in *awsecr.UploadLayerPartInput) *string { return in.RepositoryName }))
	sim.Handle(s, "CompleteLayerUpload", f.completeUpload, onRepository(f, func(in *awsecr.CompleteLayerUploadInput) *string { return in.RepositoryName }))
	sim.Handle(s, "GetDownloadUrlForLayer", f.downloadURL, onRepository(f, func(in *awsecr.GetDownloadUrlForLayerInput) *string { return in.RepositoryName }))
}

func (f *Fake) checkLayers(c *sim.Call, in *awsecr.BatchCheckLayerAvailabilityInput) (*awsecr.BatchCheckLayerAvailabilityOutput, error) {
	if err := sim.Check(rules.BatchCheckLayerAvailability, nil, in, typed); err != nil {
		return nil, err
	}
	r := f.registries.In(c)
	repo, err := r.repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	out := &awsecr.BatchCheckLayerAvailabilityOutput{}
	for _, digest := range in.LayerDigests {
		if !rules.IsDigest(digest) {
			out.Failures = append(out.Failures, ecrtypes.LayerFailure{
				FailureCode: ecrtypes.LayerFailureCodeInvalidLayerDigest, LayerDigest: &digest,
				FailureReason: aws.String("Invalid request parameters: layer digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'"),
			})
			continue
		}
		layer := ecrtypes.Layer{LayerAvailability: ecrtypes.LayerAvailabilityUnavailable, LayerDigest: &digest}
		if repo.layers[digest] {
			layer.LayerAvailability = ecrtypes.LayerAvailabilityAvailable
			layer.LayerSize = aws.Int64(int64(len(r.blobs[digest])))
		}
		out.Layers = append(out.Layers, layer)
	}
	return out, nil
}

// partSize is what InitiateLayerUpload proposes, in bytes.
const partSize = 20 << 20

func (f *Fake) initiateUpload(c *sim.Call, in *awsecr.InitiateLayerUploadInput) (*awsecr.InitiateLayerUploadOutput, error) {
	r := f.registries.In(c)
	if _, err := r.repository(in.RegistryId, in.RepositoryName); err != nil {
		return nil, err
	}
	u := f.begin(r, *in.RepositoryName)
	return &awsecr.InitiateLayerUploadOutput{PartSize: aws.Int64(partSize), UploadId: &u.id}, nil
}

// begin opens an upload. It is called under the lock.
func (f *Fake) begin(r *registry, repo string) *upload {
	u := &upload{id: f.sim.UUID("ecr", "upload", r.account, r.region, repo), repo: repo}
	r.uploads[u.id] = u
	return u
}

// upload finds an upload into the repository.
func (r *registry) upload(id, repo *string) (*upload, error) {
	u, ok := r.uploads[deref(id)]
	if !ok || u.repo != deref(repo) {
		return nil, &ecrtypes.UploadNotFoundException{Message: text(
			"The upload with id '%s' does not exist in the repository with name '%s' in the registry with id '%s'", deref(id), deref(repo), r.account,
		)}
	}
	return u, nil
}

func (f *Fake) uploadPart(c *sim.Call, in *awsecr.UploadLayerPartInput) (*awsecr.UploadLayerPartOutput, error) {
	r := f.registries.In(c)
	if _, err := r.repository(in.RegistryId, in.RepositoryName); err != nil {
		return nil, err
	}
	u, err := r.upload(in.UploadId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	first, last := aws.ToInt64(in.PartFirstByte), aws.ToInt64(in.PartLastByte)
	have := int64(u.body.Len())
	if first != have || last-first+1 != int64(len(in.LayerPartBlob)) {
		return nil, &ecrtypes.InvalidLayerPartException{
			LastValidByteReceived: aws.Int64(have - 1), RegistryId: &r.account, RepositoryName: in.RepositoryName, UploadId: &u.id,
			Message: text("The layer part is not valid: expected the part to begin at byte %d", have),
		}
	}
	u.part = first
	u.body.Write(in.LayerPartBlob)
	return &awsecr.UploadLayerPartOutput{
		LastByteReceived: &last, RegistryId: &r.account, RepositoryName: in.RepositoryName, UploadId: &u.id,
	}, nil
}

func (f *Fake) completeUpload(c *sim.Call, in *awsecr.CompleteLayerUploadInput) (*awsecr.CompleteLayerUploadOutput, error) {
	r := f.registries.In(c)
	repo, err := r.repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	u, err := r.upload(in.UploadId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if u.body.Len() == 0 {
		return nil, &ecrtypes.EmptyUploadException{Message: text("The specified layer upload with id '%s' is empty", u.id)}
	}
	digest := digestOf(u.body.Bytes())
	if len(in.LayerDigests) != 1 || in.LayerDigests[0] != digest {
		return nil, &ecrtypes.InvalidLayerException{Message: text("The layer digests '%s' do not match the digest '%s' of the upload", in.LayerDigests, digest)}
	}
	if repo.layers[digest] {
		return nil, &ecrtypes.LayerAlreadyExistsException{Message: text("Layer with digest '%s' already exists in %s", digest, repo.within())}
	}
	r.store(repo, u, digest)
	return &awsecr.CompleteLayerUploadOutput{
		LayerDigest: &digest, RegistryId: &r.account, RepositoryName: in.RepositoryName, UploadId: &u.id,
	}, nil
}

// store ends an upload whose bytes have the digest.
func (r *registry) store(repo *repository, u *upload, digest string) {
	delete(r.uploads, u.id)
	repo.layers[digest] = true
	if _, ok := r.blobs[digest]; !ok {
		r.blobs[digest] = u.body.Bytes()
	}
}

func (f *Fake) downloadURL(c *sim.Call, in *awsecr.GetDownloadUrlForLayerInput) (*awsecr.GetDownloadUrlForLayerOutput, error) {
	r := f.registries.In(c)
	repo, err := r.repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	digest := deref(in.LayerDigest)
	if !repo.layers[digest] {
		return nil, &ecrtypes.LayersNotFoundException{Message: text("Layers with digests '%s' do not exist in %s", digest, repo.within())}
	}
	url := "https://" + r.host() + "/v2/" + *in.RepositoryName + "/blobs/" + digest + "?" + ticketParam + "=" + r.ticket(*in.RepositoryName, digest)
	return &awsecr.GetDownloadUrlForLayerOutput{DownloadUrl: &url, LayerDigest: &digest}, nil
}
