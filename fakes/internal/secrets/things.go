// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"cmp"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// held is what a snapshot has of a secret: no times, and never a value.
type held struct {
	ARN, Description, KmsKeyId, Type, Policy string
	Tags                                     []smtypes.Tag
	// Versions has the stages of each version.
	Versions map[string][]string
	// Deleted: it waits to be deleted.
	Deleted bool
}

func (f *Fake) things() []sim.Thing {
	var all []sim.Thing
	for _, r := range f.regions.All() {
		for _, name := range slices.Sorted(maps.Keys(r.secrets)) {
			all = append(all, sim.Thing{Region: r.name, Type: "secret", ID: name, State: r.secrets[name].held()})
		}
	}
	return all
}

func (s *secret) held() held {
	versions := make(map[string][]string, len(s.versions))
	for id, v := range s.versions {
		versions[id] = slices.Sorted(slices.Values(v.stages))
	}
	byKey := func(a, b smtypes.Tag) int { return cmp.Compare(aws.ToString(a.Key), aws.ToString(b.Key)) }
	return held{
		ARN: s.arn, Description: aws.ToString(s.description), KmsKeyId: aws.ToString(s.key), Type: aws.ToString(s.kind),
		Policy: aws.ToString(s.policy), Tags: slices.SortedFunc(slices.Values(s.tags), byKey),
		Versions: versions, Deleted: s.deleted != nil,
	}
}
