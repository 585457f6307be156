// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

const pageSize = 100

func (f *Fake) listOperations(s *sim.Service) {
	sim.Handle(s, "ListSecrets", f.list)
	sim.Handle(s, "ListSecretVersionIds", f.listVersions,
		on(f, "ListSecretVersionIds", func(in *awssm.ListSecretVersionIdsInput) *string { return in.SecretId }))
}

func page[E any](all []E, token *string, size *int32) ([]E, *string, error) {
	n := pageSize
	if size != nil {
		n = int(*size)
	}
	if n < 1 || n > pageSize {
		return nil, nil, badParameter("1 validation error detected: Value at 'maxResults' failed to satisfy constraint: " +
			"Member must have value between 1 and 100")
	}
	cut, next, err := sim.Page(all, token, n)
	if err != nil {
		return nil, nil, &smtypes.InvalidNextTokenException{Message: aws.String("Invalid NextToken.")}
	}
	return cut, next, nil
}

func (f *Fake) list(c *sim.Call, in *awssm.ListSecretsInput) (*awssm.ListSecretsOutput, error) {
	if in.SortBy != "" && in.SortBy != smtypes.SortByTypeName && in.SortBy != smtypes.SortByTypeCreatedDate {
		return nil, sim.NotModelled("SortBy %s of Secrets Manager.ListSecrets is not modelled", in.SortBy)
	}
	var all []*secret
	for _, s := range f.regions.In(c).secrets {
		if (s.deleted == nil || aws.ToBool(in.IncludePlannedDeletion)) && s.passes(in.Filters) {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *secret) int {
		order := cmp.Compare(a.name, b.name)
		if in.SortBy != smtypes.SortByTypeName {
			order = cmp.Or(a.created.Compare(b.created), order)
		}
		if in.SortOrder == smtypes.SortOrderTypeDesc {
			return -order
		}
		return order
	})
	cut, next, err := page(all, in.NextToken, in.MaxResults)
	out := &awssm.ListSecretsOutput{NextToken: next}
	for _, s := range cut {
		out.SecretList = append(out.SecretList, s.entry())
	}
	return out, err
}

func (s *secret) entry() smtypes.SecretListEntry {
	return smtypes.SecretListEntry{
		ARN: &s.arn, Name: &s.name, Description: s.description, KmsKeyId: s.key, Type: s.kind, Tags: s.tags,
		CreatedDate: &s.created, LastChangedDate: &s.changed, LastAccessedDate: s.accessed, DeletedDate: s.deleted,
		SecretVersionsToStages: s.stages(),
	}
}

// passes reports whether the secret meets every filter by one of its values: a
// prefix of a name (case counts), or of a word elsewhere; ! before it negates.
func (s *secret) passes(filters []smtypes.Filter) bool {
	for _, f := range filters {
		if !slices.ContainsFunc(f.Values, func(v string) bool { return s.meets(f.Key, v) }) {
			return false
		}
	}
	return true
}

func (s *secret) meets(key smtypes.FilterNameStringType, value string) bool {
	if rest, ok := strings.CutPrefix(value, "!"); ok {
		return !s.meets(key, rest)
	}
	return slices.ContainsFunc(s.texts(key), func(text string) bool {
		if key == smtypes.FilterNameStringTypeName {
			return strings.HasPrefix(text, value)
		}
		return strings.HasPrefix(strings.ToLower(text), strings.ToLower(value))
	})
}

// texts are what a filter looks at.
func (s *secret) texts(key smtypes.FilterNameStringType) (texts []string) {
	all := key == smtypes.FilterNameStringTypeAll
	if all || key == smtypes.FilterNameStringTypeName {
		texts = append(texts, s.name)
	}
	if all || key == smtypes.FilterNameStringTypeDescription {
		texts = append(texts, strings.Fields(aws.ToString(s.description))...)
	}
	for _, t := range s.tags {
		if all || key == smtypes.FilterNameStringTypeTagKey {
			texts = append(texts, aws.ToString(t.Key))
		}
		if all || key == smtypes.FilterNameStringTypeTagValue {
			texts = append(texts, aws.ToString(t.Value))
		}
	}
	return texts
}

func (f *Fake) listVersions(c *sim.Call, in *awssm.ListSecretVersionIdsInput) (*awssm.ListSecretVersionIdsOutput, error) {
	s, ok := f.find(c, in.SecretId)
	if !ok {
		return nil, notFound("Secrets Manager can't find the specified secret.")
	}
	var all []*version
	for _, v := range s.versions {
		if len(v.stages) > 0 || aws.ToBool(in.IncludeDeprecated) {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, func(a, b *version) int { return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.id, b.id)) })
	cut, next, err := page(all, in.NextToken, in.MaxResults)
	out := &awssm.ListSecretVersionIdsOutput{ARN: &s.arn, Name: &s.name, NextToken: next}
	for _, v := range cut {
		out.Versions = append(out.Versions, smtypes.SecretVersionsListEntry{
			VersionId: &v.id, VersionStages: v.stages, CreatedDate: &v.created, LastAccessedDate: v.accessed,
		})
	}
	return out, err
}
