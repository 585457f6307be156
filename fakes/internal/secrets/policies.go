// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// policyOperations keep the policy of a secret, which counts beside those of the
// caller.
func (f *Fake) policyOperations(s *sim.Service) {
	sim.Handle(s, "PutResourcePolicy", f.putPolicy,
		on(f, "PutResourcePolicy", func(in *awssm.PutResourcePolicyInput) *string { return in.SecretId }),
		sim.Refuses[awssm.PutResourcePolicyInput]("BlockPublicPolicy"))
	sim.Handle(s, "GetResourcePolicy", f.getPolicy,
		on(f, "GetResourcePolicy", func(in *awssm.GetResourcePolicyInput) *string { return in.SecretId }))
	sim.Handle(s, "DeleteResourcePolicy", f.deletePolicy,
		on(f, "DeleteResourcePolicy", func(in *awssm.DeleteResourcePolicyInput) *string { return in.SecretId }))
}

func (f *Fake) putPolicy(c *sim.Call, in *awssm.PutResourcePolicyInput) (*awssm.PutResourcePolicyOutput, error) {
	s, err := f.active(c, in.SecretId)
	if err != nil {
		return nil, err
	}
	if !json.Valid([]byte(aws.ToString(in.ResourcePolicy))) {
		return nil, &smtypes.MalformedPolicyDocumentException{
			Message: aws.String("This resource policy contains invalid Json."),
		}
	}
	s.policy = in.ResourcePolicy
	return &awssm.PutResourcePolicyOutput{ARN: &s.arn, Name: &s.name}, nil
}

func (f *Fake) getPolicy(c *sim.Call, in *awssm.GetResourcePolicyInput) (*awssm.GetResourcePolicyOutput, error) {
	s, err := f.active(c, in.SecretId)
	if err != nil {
		return nil, err
	}
	return &awssm.GetResourcePolicyOutput{ARN: &s.arn, Name: &s.name, ResourcePolicy: s.policy}, nil
}

func (f *Fake) deletePolicy(c *sim.Call, in *awssm.DeleteResourcePolicyInput) (*awssm.DeleteResourcePolicyOutput, error) {
	s, err := f.active(c, in.SecretId)
	if err != nil {
		return nil, err
	}
	s.policy = nil
	return &awssm.DeleteResourcePolicyOutput{ARN: &s.arn, Name: &s.name}, nil
}
