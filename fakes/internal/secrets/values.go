// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/secrets"
)

func (f *Fake) valueOperations(s *sim.Service) {
	sim.Handle(s, "PutSecretValue", f.putValue,
		on(f, "PutSecretValue", func(in *awssm.PutSecretValueInput) *string { return in.SecretId }),
		sim.Refuses[awssm.PutSecretValueInput]("RotationToken"))
	sim.Handle(s, "GetSecretValue", f.getValue,
		on(f, "GetSecretValue", func(in *awssm.GetSecretValueInput) *string { return in.SecretId }))
	sim.Handle(s, "UpdateSecretVersionStage", f.moveStage,
		on(f, "UpdateSecretVersionStage", func(in *awssm.UpdateSecretVersionStageInput) *string { return in.SecretId }))
}

func (v *version) is(text *string, binary []byte) bool {
	return aws.ToString(v.text) == aws.ToString(text) && bytes.Equal(v.binary, binary)
}

// put adds a version under the token, or finds the one that the same call has
// made before, and gives it the stages; AWSCURRENT if there are none.
func (s *secret) put(c *sim.Call, token, text *string, binary []byte, stages []string) (*version, error) {
	id := aws.ToString(token)
	if id == "" {
		id = c.UUID("secret-version", s.arn)
	}
	if v := s.versions[id]; v != nil {
		if v.is(text, binary) {
			return v, nil
		}
		return nil, &smtypes.ResourceExistsException{Message: aws.String(fmt.Sprintf(
			"You can't use ClientRequestToken %s because that value is already in use for a version of secret %s.", id, s.arn))}
	}
	if len(stages) == 0 {
		stages = []string{current}
	}
	v := &version{id: id, text: text, binary: binary, created: c.Now()}
	s.versions[id] = v
	for _, stage := range stages {
		s.move(stage, v)
	}
	s.changed = c.Now()
	return v, nil
}

// move gives a stage to a version and takes it from the one that had it; who
// loses AWSCURRENT becomes AWSPREVIOUS.
func (s *secret) move(stage string, to *version) {
	from := s.at(stage)
	if from == to {
		return
	}
	if from != nil {
		from.drop(stage)
		if stage == current {
			s.move(previous, from)
		}
	}
	to.stages = append(slices.Clip(to.stages), stage)
}

func (v *version) drop(stage string) {
	v.stages = slices.DeleteFunc(slices.Clone(v.stages), func(s string) bool { return s == stage })
}

// at returns the version that has a stage, or nil.
func (s *secret) at(stage string) *version {
	for _, v := range s.versions {
		if slices.Contains(v.stages, stage) {
			return v
		}
	}
	return nil
}

// stages returns the stages of each version that has any.
func (s *secret) stages() map[string][]string {
	all := map[string][]string{}
	for id, v := range s.versions {
		if len(v.stages) > 0 {
			all[id] = v.stages
		}
	}
	return all
}

func (f *Fake) putValue(c *sim.Call, in *awssm.PutSecretValueInput) (*awssm.PutSecretValueOutput, error) {
	if err := sim.Check(rules.PutSecretValue, nil, in, typed); err != nil {
		return nil, err
	}
	s, err := f.active(c, in.SecretId)
	if err != nil {
		return nil, err
	}
	v, err := s.put(c, in.ClientRequestToken, in.SecretString, in.SecretBinary, in.VersionStages)
	if err != nil {
		return nil, err
	}
	return &awssm.PutSecretValueOutput{ARN: &s.arn, Name: &s.name, VersionId: &v.id, VersionStages: v.stages}, nil
}

func (f *Fake) getValue(c *sim.Call, in *awssm.GetSecretValueInput) (*awssm.GetSecretValueOutput, error) {
	s, err := f.active(c, in.SecretId)
	if err != nil {
		return nil, err
	}
	v, err := s.pick(in.VersionId, in.VersionStage)
	if err != nil {
		return nil, err
	}
	if err := f.mayDecrypt(c, s); err != nil {
		return nil, err
	}
	day := c.Now().Truncate(24 * time.Hour) // AWS keeps the day only
	v.accessed, s.accessed = &day, &day
	return &awssm.GetSecretValueOutput{
		ARN: &s.arn, Name: &s.name, VersionId: &v.id, VersionStages: v.stages, CreatedDate: &v.created,
		SecretString: v.text, SecretBinary: v.binary,
	}, nil
}

// defaultKey is free to all who may read the secret.
const defaultKey = "alias/aws/secretsmanager"

// mayDecrypt asks for the key of a secret, if that is the account's own. Policies of
// keys are not simulated.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
func (f *Fake) mayDecrypt(c *sim.Call, s *secret) error {
	key := aws.ToString(s.key)
	if key == "" || key == defaultKey {
		return nil
	}
	if !strings.HasPrefix(key, "arn:") {
		kind := "key/"
		if strings.HasPrefix(key, "alias/") {
			kind = ""
		}
		key = c.ARN("kms", kind+key)
	}
	via := map[string][]string{"kms:ViaService": {"secretsmanager." + c.Region + ".amazonaws.com"}}
	if f.access.Authorize(c.Caller, sim.Access{Action: "kms:Decrypt", Resource: key, Context: via}) != nil {
		return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "Access to KMS is not allowed", Fault: smithy.FaultClient}
	}
	return nil
}

// pick returns the version by id, by stage, or the current one.
func (s *secret) pick(id, stage *string) (*version, error) {
	if id != nil {
		v := s.versions[*id]
		switch {
		case v == nil:
			return nil, notFound("Secrets Manager can't find the specified secret value for VersionId: " + *id)
		case stage != nil && !slices.Contains(v.stages, *stage):
			return nil, badRequest("You provided a VersionStage that is not associated to the provided VersionId.")
		}
		return v, nil
	}
	name := current
	if stage != nil {
		name = *stage
	}
	if v := s.at(name); v != nil {
		return v, nil
	}
	return nil, notFound("Secrets Manager can't find the specified secret value for staging label: " + name)
}

func (f *Fake) moveStage(
	c *sim.Call, in *awssm.UpdateSecretVersionStageInput,
) (*awssm.UpdateSecretVersionStageOutput, error) {
	s, err := f.active(c, in.SecretId)
	if err != nil {
		return nil, err
	}
	stage := aws.ToString(in.VersionStage)
	if in.MoveToVersionId == nil && stage == current {
		return nil, badParameter("You can't remove the staging label AWSCURRENT from a version without moving it to another version.")
	}
	has := s.at(stage)
	if has != nil && in.MoveToVersionId != nil && aws.ToString(in.RemoveFromVersionId) != has.id && *in.MoveToVersionId != has.id {
		return nil, badParameter(fmt.Sprintf(
			"The parameter RemoveFromVersionId can't be empty. Staging label %s is currently attached to version %s, "+
				"so you must explicitly reference that version in RemoveFromVersionId.", stage, has.id))
	}
	if in.MoveToVersionId == nil {
		if has == nil || has.id != aws.ToString(in.RemoveFromVersionId) {
			return nil, badParameter("The version in RemoveFromVersionId does not have the staging label " + stage + ".")
		}
		has.drop(stage)
	} else {
		to := s.versions[*in.MoveToVersionId]
		if to == nil {
			return nil, notFound("Secrets Manager can't find the specified secret value for VersionId: " + *in.MoveToVersionId)
		}
		s.move(stage, to)
	}
	return &awssm.UpdateSecretVersionStageOutput{ARN: &s.arn, Name: &s.name}, nil
}
