// SPDX-License-Identifier: Apache-2.0

package ssm

import (
	"cmp"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// held is what a snapshot has of a parameter: no times, and no value that is a
// secret.
type held struct {
	ARN      string
	Tags     []ssmtypes.Tag
	Versions []heldVersion
}

type heldVersion struct {
	Version int64
	Type    ssmtypes.ParameterType
	Tier    ssmtypes.ParameterTier
	// Value is empty for a SecureString.
	Value, DataType, Description, AllowedPattern, KeyID string
	Labels                                              []string
}

func (f *Fake) things() []sim.Thing {
	var all []sim.Thing
	for _, r := range f.regions.All() {
		for _, name := range slices.Sorted(maps.Keys(r.parameters)) {
			all = append(all, sim.Thing{Region: r.name, Type: "parameter", ID: name, State: r.parameters[name].held()})
		}
	}
	return all
}

func (p *parameter) held() held {
	byKey := func(a, b ssmtypes.Tag) int { return cmp.Compare(aws.ToString(a.Key), aws.ToString(b.Key)) }
	state := held{ARN: p.arn, Tags: slices.SortedFunc(slices.Values(p.tags), byKey)}
	for _, v := range p.versions {
		state.Versions = append(state.Versions, v.held())
	}
	return state
}

func (v *version) held() heldVersion {
	state := heldVersion{
		Version: v.number, Type: v.kind, Tier: v.tier, Value: v.value, DataType: v.dataType,
		Description: aws.ToString(v.description), AllowedPattern: aws.ToString(v.pattern), KeyID: aws.ToString(v.key),
		Labels: slices.Sorted(slices.Values(v.labels)),
	}
	if v.kind == ssmtypes.ParameterTypeSecureString {
		state.Value = ""
	}
	return state
}
