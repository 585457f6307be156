// SPDX-License-Identifier: Apache-2.0

package ssm

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ssm"
)

func (f *Fake) writeOperations(s *sim.Service) {
	sim.Handle(s, "PutParameter", f.put,
		on("PutParameter", func(in *awsssm.PutParameterInput) []string { return one(in.Name) }),
		sim.Refuses[awsssm.PutParameterInput]("Policies"))
	sim.Handle(s, "DeleteParameter", f.delete,
		on("DeleteParameter", func(in *awsssm.DeleteParameterInput) []string { return one(in.Name) }))
	sim.Handle(s, "DeleteParameters", f.deleteMany,
		on("DeleteParameters", func(in *awsssm.DeleteParametersInput) []string { return in.Names }))
}

const maxVersions = 100

func (f *Fake) put(c *sim.Call, in *awsssm.PutParameterInput) (*awsssm.PutParameterOutput, error) {
	if err := sim.Check(rules.PutParameter, nil, in, typed); err != nil {
		return nil, err
	}
	name := nameOf(aws.ToString(in.Name))
	p := f.regions.In(c).parameters[name]
	if p == nil {
		return f.create(c, name, in)
	}
	if !aws.ToBool(in.Overwrite) {
		return nil, &ssmtypes.ParameterAlreadyExists{Message: aws.String(
			"The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")}
	}
	v := newVersion(c, in, p.newest())
	if p.newest().tier == ssmtypes.ParameterTierAdvanced && v.tier == ssmtypes.ParameterTierStandard {
		return nil, sim.Errorf("ValidationException",
			"This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier "+
				"to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.")
	}
	kept := p.versions
	if len(kept) == maxVersions {
		if len(kept[0].labels) > 0 {
			return nil, &ssmtypes.ParameterMaxVersionLimitExceeded{Message: aws.String(fmt.Sprintf(
				"You attempted to create a new version of %s by calling the PutParameter API with the overwrite flag. Version %d, "+
					"the oldest version, can't be deleted because it has a label associated with it. Move the label to another "+
					"version of the parameter, and try again.", name, kept[0].number))}
		}
		kept = kept[1:]
	}
	p.versions = append(slices.Clip(kept), v)
	return &awsssm.PutParameterOutput{Version: v.number, Tier: v.tier}, nil
}

func (f *Fake) create(c *sim.Call, name string, in *awsssm.PutParameterInput) (*awsssm.PutParameterOutput, error) {
	if in.Type == "" {
		return nil, sim.Errorf("ValidationException", "A parameter type is required when you create a parameter.")
	}
	v := newVersion(c, in, &version{})
	f.regions.In(c).parameters[name] = &parameter{
		name: name, arn: resource(c, &name), tags: in.Tags, versions: []*version{v},
	}
	return &awsssm.PutParameterOutput{Version: v.number, Tier: v.tier}, nil
}

// newVersion makes the version after old; what the input leaves out stays.
func newVersion(c *sim.Call, in *awsssm.PutParameterInput, old *version) *version {
	v := &version{
		number: old.number + 1, kind: in.Type, value: aws.ToString(in.Value), dataType: aws.ToString(in.DataType),
		description: in.Description, pattern: in.AllowedPattern, key: in.KeyId, tier: in.Tier,
		modified: c.Now(), by: c.Caller.ARN,
	}
	if v.kind == "" {
		v.kind = old.kind
	}
	if v.dataType == "" {
		v.dataType = "text"
	}
	if v.description == nil {
		v.description = old.description
	}
	if v.kind == ssmtypes.ParameterTypeSecureString && v.key == nil {
		v.key = aws.String(defaultKey)
	}
	v.tier = tierOf(in.Tier, old.tier, len(v.value))
	return v
}

const standardSize = 4096

// tierOf resolves the tier: an advanced parameter stays advanced.
func tierOf(asked, old ssmtypes.ParameterTier, size int) ssmtypes.ParameterTier {
	switch {
	case asked == ssmtypes.ParameterTierIntelligentTiering && (size > standardSize || old == ssmtypes.ParameterTierAdvanced):
		return ssmtypes.ParameterTierAdvanced
	case asked == "" && old != "":
		return old
	case asked == "" || asked == ssmtypes.ParameterTierIntelligentTiering:
		return ssmtypes.ParameterTierStandard
	}
	return asked
}

func (f *Fake) delete(c *sim.Call, in *awsssm.DeleteParameterInput) (*awsssm.DeleteParameterOutput, error) {
	p, err := f.own(c, in.Name)
	if err != nil {
		return nil, err
	}
	delete(f.regions.In(c).parameters, p.name)
	return &awsssm.DeleteParameterOutput{}, nil
}

func (f *Fake) deleteMany(c *sim.Call, in *awsssm.DeleteParametersInput) (*awsssm.DeleteParametersOutput, error) {
	if err := atMostTen(in.Names); err != nil {
		return nil, err
	}
	out := &awsssm.DeleteParametersOutput{}
	for _, name := range in.Names {
		p, err := f.own(c, &name)
		if err != nil {
			out.InvalidParameters = append(out.InvalidParameters, name)
			continue
		}
		delete(f.regions.In(c).parameters, p.name)
		out.DeletedParameters = append(out.DeletedParameters, name)
	}
	return out, nil
}

const maxNames = 10

func atMostTen(names []string) error {
	if len(names) < 1 || len(names) > maxNames {
		return sim.Errorf("ValidationException", "1 validation error detected: Value at 'names' failed to satisfy constraint: "+
			"Member must have length between 1 and 10, inclusive")
	}
	return nil
}
