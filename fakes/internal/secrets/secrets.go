// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/secrets"
)

func (f *Fake) secretOperations(s *sim.Service) {
	sim.Handle(s, "CreateSecret", f.create,
		on(f, "CreateSecret", func(in *awssm.CreateSecretInput) *string { return in.Name }),
		sim.Refuses[awssm.CreateSecretInput]("AddReplicaRegions", "ForceOverwriteReplicaSecret"))
	sim.Handle(s, "UpdateSecret", f.update,
		on(f, "UpdateSecret", func(in *awssm.UpdateSecretInput) *string { return in.SecretId }))
	sim.Handle(s, "DeleteSecret", f.delete,
		on(f, "DeleteSecret", func(in *awssm.DeleteSecretInput) *string { return in.SecretId }))
	sim.Handle(s, "RestoreSecret", f.restore,
		on(f, "RestoreSecret", func(in *awssm.RestoreSecretInput) *string { return in.SecretId }))
	sim.Handle(s, "DescribeSecret", f.describe,
		on(f, "DescribeSecret", func(in *awssm.DescribeSecretInput) *string { return in.SecretId }))
	sim.Handle(s, "TagResource", f.tag,
		on(f, "TagResource", func(in *awssm.TagResourceInput) *string { return in.SecretId }))
	sim.Handle(s, "UntagResource", f.untag,
		on(f, "UntagResource", func(in *awssm.UntagResourceInput) *string { return in.SecretId }))
}

func (f *Fake) create(c *sim.Call, in *awssm.CreateSecretInput) (*awssm.CreateSecretOutput, error) {
	if err := sim.Check(rules.CreateSecret, nil, in, typed); err != nil {
		return nil, err
	}
	name := aws.ToString(in.Name)
	old, exists := f.regions.In(c).secrets[name]
	if exists && old.deleted != nil {
		return nil, badRequest("You can't create this secret because a secret with this name is already scheduled for deletion.")
	}
	if exists {
		return f.createAgain(old, in)
	}
	s := &secret{
		name: name, arn: c.ARN("secretsmanager", "secret:"+name+"-"+suffix(c, name)),
		description: in.Description, key: in.KmsKeyId, kind: in.Type, tags: in.Tags,
		created: c.Now(), changed: c.Now(), versions: map[string]*version{},
	}
	f.regions.In(c).secrets[name] = s
	out := &awssm.CreateSecretOutput{ARN: &s.arn, Name: &s.name}
	if in.SecretString != nil || in.SecretBinary != nil {
		v, err := s.put(c, in.ClientRequestToken, in.SecretString, in.SecretBinary, nil)
		if err != nil {
			return nil, err
		}
		out.VersionId = &v.id
	}
	return out, nil
}

// createAgain answers a repeated create: the same token with the same value is
// the same secret.
func (f *Fake) createAgain(s *secret, in *awssm.CreateSecretInput) (*awssm.CreateSecretOutput, error) {
	if v := s.versions[aws.ToString(in.ClientRequestToken)]; v != nil && v.is(in.SecretString, in.SecretBinary) {
		return &awssm.CreateSecretOutput{ARN: &s.arn, Name: &s.name, VersionId: &v.id}, nil
	}
	return nil, &smtypes.ResourceExistsException{
		Message: aws.String(fmt.Sprintf("The operation failed because the secret %s already exists.", s.name)),
	}
}

func (f *Fake) update(c *sim.Call, in *awssm.UpdateSecretInput) (*awssm.UpdateSecretOutput, error) {
	if err := sim.Check(rules.UpdateSecret, nil, in, typed); err != nil {
		return nil, err
	}
	s, err := f.active(c, in.SecretId)
	if err != nil {
		return nil, err
	}
	out := &awssm.UpdateSecretOutput{ARN: &s.arn, Name: &s.name}
	if in.SecretString != nil || in.SecretBinary != nil {
		v, err := s.put(c, in.ClientRequestToken, in.SecretString, in.SecretBinary, nil)
		if err != nil {
			return nil, err
		}
		out.VersionId = &v.id
	}
	for _, change := range []struct{ to, from **string }{
		{&s.description, &in.Description}, {&s.key, &in.KmsKeyId}, {&s.kind, &in.Type},
	} {
		if *change.from != nil {
			*change.to = *change.from
		}
	}
	s.changed = c.Now()
	return out, nil
}

// The recovery window of DeleteSecret, in days.
const (
	minWindow     = 7
	maxWindow     = 30
	defaultWindow = 30
)

func (f *Fake) delete(c *sim.Call, in *awssm.DeleteSecretInput) (*awssm.DeleteSecretOutput, error) {
	force := aws.ToBool(in.ForceDeleteWithoutRecovery)
	days := int64(defaultWindow)
	if in.RecoveryWindowInDays != nil {
		days = *in.RecoveryWindowInDays
		if force {
			return nil, badParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
		}
		if days < minWindow || days > maxWindow {
			return nil, badParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
		}
	}
	s, found := f.find(c, in.SecretId)
	if !found && force {
		return f.deleteAbsent(c, in)
	}
	if !found || (s.deleted != nil && !force) {
		_, err := f.active(c, in.SecretId)
		return nil, err
	}
	now := c.Now()
	gone := now.AddDate(0, 0, int(days))
	if force {
		gone = now
	}
	s.deleted, s.gone = &now, &gone
	f.expire(c, s, gone)
	return &awssm.DeleteSecretOutput{ARN: &s.arn, Name: &s.name, DeletionDate: &gone}, nil
}

// deleteAbsent: deleting what is not there by force succeeds.
func (f *Fake) deleteAbsent(c *sim.Call, in *awssm.DeleteSecretInput) (*awssm.DeleteSecretOutput, error) {
	return &awssm.DeleteSecretOutput{
		ARN: aws.String(f.resource(c, in.SecretId)), Name: in.SecretId, DeletionDate: aws.Time(c.Now()),
	}, nil
}

// expire removes the secret when its time has come, unless it was restored.
func (f *Fake) expire(c *sim.Call, s *secret, gone time.Time) {
	secrets := f.regions.In(c).secrets
	remove := func() {
		if s.gone != nil && s.gone.Equal(gone) && secrets[s.name] == s {
			delete(secrets, s.name)
		}
	}
	if gone.After(c.Now()) {
		c.At(gone, remove)
		return
	}
	remove()
}

func (f *Fake) restore(c *sim.Call, in *awssm.RestoreSecretInput) (*awssm.RestoreSecretOutput, error) {
	s, ok := f.find(c, in.SecretId)
	if !ok {
		return nil, notFound("Secrets Manager can't find the specified secret.")
	}
	s.deleted, s.gone = nil, nil
	return &awssm.RestoreSecretOutput{ARN: &s.arn, Name: &s.name}, nil
}

func (f *Fake) describe(c *sim.Call, in *awssm.DescribeSecretInput) (*awssm.DescribeSecretOutput, error) {
	s, ok := f.find(c, in.SecretId)
	if !ok {
		return nil, notFound("Secrets Manager can't find the specified secret.")
	}
	return &awssm.DescribeSecretOutput{
		ARN: &s.arn, Name: &s.name, Description: s.description, KmsKeyId: s.key, Type: s.kind, Tags: s.tags,
		CreatedDate: &s.created, LastChangedDate: &s.changed, LastAccessedDate: s.accessed, DeletedDate: s.deleted,
		VersionIdsToStages: s.stages(),
	}, nil
}

func (f *Fake) tag(c *sim.Call, in *awssm.TagResourceInput) (*awssm.TagResourceOutput, error) {
	s, err := f.active(c, in.SecretId)
	if err != nil {
		return nil, err
	}
	for _, t := range in.Tags {
		s.tags = append(s.without([]string{aws.ToString(t.Key)}), t)
	}
	return &awssm.TagResourceOutput{}, nil
}

func (f *Fake) untag(c *sim.Call, in *awssm.UntagResourceInput) (*awssm.UntagResourceOutput, error) {
	s, err := f.active(c, in.SecretId)
	if err != nil {
		return nil, err
	}
	s.tags = s.without(in.TagKeys)
	return &awssm.UntagResourceOutput{}, nil
}

// without returns the tags but for those of the keys.
func (s *secret) without(keys []string) []smtypes.Tag {
	return slices.DeleteFunc(slices.Clone(s.tags), func(t smtypes.Tag) bool {
		return slices.Contains(keys, aws.ToString(t.Key))
	})
}
