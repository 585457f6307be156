// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/internal/lifecycle"
	rules "github.com/slipway-go/slipway/internal/rules/ecr"
)

// evaluation is how often ECR applies lifecycle policies: "within 24 hours".
const evaluation = 24 * time.Hour

// preview is a policy that is tried out.
type preview struct {
	policy    string
	decisions []lifecycle.Decision
}

func (f *Fake) handleLifecycle(s *sim.Service) {
	sim.Handle(s, "PutLifecyclePolicy", f.putLifecycle, onRepository(f, func(in *awsecr.PutLifecyclePolicyInput) *string { return in.RepositoryName }))
	sim.Handle(s, "GetLifecyclePolicy", f.getLifecycle, onRepository(f, func(in *awsecr.GetLifecyclePolicyInput) *string { return in.RepositoryName }))
	sim.Handle(s, "DeleteLifecyclePolicy", f.deleteLifecycle, onRepository(f, func(in *awsecr.DeleteLifecyclePolicyInput) *string { return in.RepositoryName }))
	sim.Handle(s, "StartLifecyclePolicyPreview", f.startPreview,
		onRepository(f, func(in *awsecr.StartLifecyclePolicyPreviewInput) *string { return in.RepositoryName }))
	sim.Handle(s, "GetLifecyclePolicyPreview", f.getPreview,
		onRepository(f, func(in *awsecr.GetLifecyclePolicyPreviewInput) *string { return in.RepositoryName }))
}

func (f *Fake) putLifecycle(c *sim.Call, in *awsecr.PutLifecyclePolicyInput) (*awsecr.PutLifecyclePolicyOutput, error) {
	if err := sim.Check(rules.PutLifecyclePolicy, nil, in, typed); err != nil {
		return nil, err
	}
	r := f.registries.In(c)
	repo, err := r.repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if repo.lifecycle == "" {
		f.schedule(r, repo)
	}
	repo.lifecycle = *in.LifecyclePolicyText
	return &awsecr.PutLifecyclePolicyOutput{
		LifecyclePolicyText: in.LifecyclePolicyText, RegistryId: repo.RegistryId, RepositoryName: repo.RepositoryName,
	}, nil
}

// schedule has the repository's policy applied once a day, for as long as there is one.
func (f *Fake) schedule(r *registry, repo *repository) {
	f.sim.After(evaluation, func() {
		if repo.lifecycle == "" || r.repos[*repo.RepositoryName] != repo {
			return
		}
		f.apply(r, repo)
		f.schedule(r, repo)
	})
}

// apply expires what the policy says. Images are never archived in the simulation:
// a transition leaves the image as it is.
func (f *Fake) apply(r *registry, repo *repository) {
	now := f.sim.Now()
	repo.evaluated = &now
	for _, d := range repo.decide(repo.lifecycle, now) {
		if d.Action.Type == lifecycle.Expire {
			repo.remove(d.Image.Digest)
		}
	}
	repo.release(r)
}

// decide asks what a policy, which has been checked, does at the time.
func (r *repository) decide(policy string, now time.Time) []lifecycle.Decision {
	p, _ := lifecycle.Parse(policy)
	var images []lifecycle.Image
	for _, img := range r.sortedImages() {
		if img.subject != "" {
			continue // goes with its subject
		}
		images = append(images, lifecycle.Image{
			Digest: img.digest, Tags: r.tagsOf(img.digest), Pushed: img.pushed, Pulled: aws.ToTime(img.pulled), Listed: r.listing(img.digest) != "",
		})
	}
	return lifecycle.Evaluate(p, images, now)
}

func (r *repository) currentLifecycle() (*string, error) {
	if r.lifecycle == "" {
		return nil, &ecrtypes.LifecyclePolicyNotFoundException{Message: text("Lifecycle policy does not exist for %s", r.within())}
	}
	policy := r.lifecycle
	return &policy, nil
}

func (f *Fake) getLifecycle(c *sim.Call, in *awsecr.GetLifecyclePolicyInput) (*awsecr.GetLifecyclePolicyOutput, error) {
	repo, err := f.registries.In(c).repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	policy, err := repo.currentLifecycle()
	if err != nil {
		return nil, err
	}
	return &awsecr.GetLifecyclePolicyOutput{
		LifecyclePolicyText: policy, LastEvaluatedAt: repo.evaluated, RegistryId: repo.RegistryId, RepositoryName: repo.RepositoryName,
	}, nil
}

func (f *Fake) deleteLifecycle(c *sim.Call, in *awsecr.DeleteLifecyclePolicyInput) (*awsecr.DeleteLifecyclePolicyOutput, error) {
	repo, err := f.registries.In(c).repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	policy, err := repo.currentLifecycle()
	if err != nil {
		return nil, err
	}
	repo.lifecycle = ""
	return &awsecr.DeleteLifecyclePolicyOutput{
		LifecyclePolicyText: policy, LastEvaluatedAt: repo.evaluated, RegistryId: repo.RegistryId, RepositoryName: repo.RepositoryName,
	}, nil
}

func (f *Fake) startPreview(c *sim.Call, in *awsecr.StartLifecyclePolicyPreviewInput) (*awsecr.StartLifecyclePolicyPreviewOutput, error) {
	if err := sim.Check(rules.StartLifecyclePolicyPreview, nil, in, typed); err != nil {
		return nil, err
	}
	repo, err := f.registries.In(c).repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	policy := in.LifecyclePolicyText
	if policy == nil {
		if policy, err = repo.currentLifecycle(); err != nil {
			return nil, err
		}
	}
	repo.preview = &preview{policy: *policy, decisions: repo.decide(*policy, c.Now())}
	return &awsecr.StartLifecyclePolicyPreviewOutput{
		LifecyclePolicyText: policy, RegistryId: repo.RegistryId, RepositoryName: repo.RepositoryName,
		Status: ecrtypes.LifecyclePolicyPreviewStatusInProgress,
	}, nil
}

func (f *Fake) getPreview(c *sim.Call, in *awsecr.GetLifecyclePolicyPreviewInput) (*awsecr.GetLifecyclePolicyPreviewOutput, error) {
	repo, err := f.registries.In(c).repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if repo.preview == nil {
		return nil, &ecrtypes.LifecyclePolicyPreviewNotFoundException{Message: text("Lifecycle policy preview does not exist for %s", repo.within())}
	}
	all := repo.preview.results(in)
	some, next, err := page(all, in.NextToken, in.MaxResults, imagesAPage)
	if err != nil {
		return nil, err
	}
	return &awsecr.GetLifecyclePolicyPreviewOutput{
		LifecyclePolicyText: &repo.preview.policy, NextToken: next, PreviewResults: some, RegistryId: repo.RegistryId,
		RepositoryName: repo.RepositoryName, Status: ecrtypes.LifecyclePolicyPreviewStatusComplete, Summary: repo.preview.summary(),
	}, nil
}

// results are what the caller's filters leave.
func (p *preview) results(in *awsecr.GetLifecyclePolicyPreviewInput) []ecrtypes.LifecyclePolicyPreviewResult {
	wanted := func(d lifecycle.Decision) bool {
		if in.Filter != nil && !wantsTags(in.Filter.TagStatus, d.Image.Tags) {
			return false
		}
		return len(in.ImageIds) == 0 || slices.ContainsFunc(in.ImageIds, func(id ecrtypes.ImageIdentifier) bool {
			return deref(id.ImageDigest) == d.Image.Digest || slices.Contains(d.Image.Tags, deref(id.ImageTag))
		})
	}
	var all []ecrtypes.LifecyclePolicyPreviewResult
	for _, d := range p.decisions {
		if !wanted(d) {
			continue
		}
		action := &ecrtypes.LifecyclePolicyRuleAction{Type: ecrtypes.ImageActionTypeExpire}
		if d.Action.Type == lifecycle.Transition {
			action.Type = ecrtypes.ImageActionTypeTransition
			action.TargetStorageClass = ecrtypes.LifecyclePolicyTargetStorageClassArchive
		}
		all = append(all, ecrtypes.LifecyclePolicyPreviewResult{
			Action: action, AppliedRulePriority: aws.Int32(int32(d.Priority)),
			ImageDigest: aws.String(d.Image.Digest), ImagePushedAt: aws.Time(d.Image.Pushed), ImageTags: d.Image.Tags,
			StorageClass: ecrtypes.LifecyclePolicyStorageClassStandard,
		})
	}
	return all
}

func (p *preview) summary() *ecrtypes.LifecyclePolicyPreviewSummary {
	var expiring, moving int32
	for _, d := range p.decisions {
		if d.Action.Type == lifecycle.Expire {
			expiring++
		} else {
			moving++
		}
	}
	s := &ecrtypes.LifecyclePolicyPreviewSummary{ExpiringImageTotalCount: &expiring}
	if moving > 0 {
		s.TransitioningImageTotalCounts = []ecrtypes.TransitioningImageTotalCount{
			{ImageTotalCount: &moving, TargetStorageClass: ecrtypes.LifecyclePolicyTargetStorageClassArchive},
		}
	}
	return s
}
