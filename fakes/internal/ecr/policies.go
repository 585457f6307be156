// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ecr"
)

func (f *Fake) handlePolicies(s *sim.Service) {
	sim.Handle(s, "SetRepositoryPolicy", f.setPolicy,
		onRepository(f, func(in *awsecr.SetRepositoryPolicyInput) *string { return in.RepositoryName }))
	sim.Handle(s, "GetRepositoryPolicy", f.getPolicy, onRepository(f, func(in *awsecr.GetRepositoryPolicyInput) *string { return in.RepositoryName }))
	sim.Handle(s, "DeleteRepositoryPolicy", f.deletePolicy, onRepository(f, func(in *awsecr.DeleteRepositoryPolicyInput) *string { return in.RepositoryName }))
}

// setPolicy takes Force as given: no policy of a repository locks its owner out of
// the simulation.
func (f *Fake) setPolicy(c *sim.Call, in *awsecr.SetRepositoryPolicyInput) (*awsecr.SetRepositoryPolicyOutput, error) {
	if err := sim.Check(rules.SetRepositoryPolicy, nil, in, typed); err != nil {
		return nil, err
	}
	repo, err := f.registries.In(c).repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	repo.policy = *in.PolicyText
	return &awsecr.SetRepositoryPolicyOutput{PolicyText: in.PolicyText, RegistryId: repo.RegistryId, RepositoryName: repo.RepositoryName}, nil
}

func (r *repository) currentPolicy() (*string, error) {
	if r.policy == "" {
		return nil, &ecrtypes.RepositoryPolicyNotFoundException{Message: text("Repository policy does not exist for %s", r.within())}
	}
	policy := r.policy
	return &policy, nil
}

func (f *Fake) getPolicy(c *sim.Call, in *awsecr.GetRepositoryPolicyInput) (*awsecr.GetRepositoryPolicyOutput, error) {
	repo, err := f.registries.In(c).repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	policy, err := repo.currentPolicy()
	if err != nil {
		return nil, err
	}
	return &awsecr.GetRepositoryPolicyOutput{PolicyText: policy, RegistryId: repo.RegistryId, RepositoryName: repo.RepositoryName}, nil
}

func (f *Fake) deletePolicy(c *sim.Call, in *awsecr.DeleteRepositoryPolicyInput) (*awsecr.DeleteRepositoryPolicyOutput, error) {
	repo, err := f.registries.In(c).repository(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	policy, err := repo.currentPolicy()
	if err != nil {
		return nil, err
	}
	repo.policy = ""
	return &awsecr.DeleteRepositoryPolicyOutput{PolicyText: policy, RegistryId: repo.RegistryId, RepositoryName: repo.RepositoryName}, nil
}
