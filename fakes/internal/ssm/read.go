// SPDX-License-Identifier: Apache-2.0

package ssm

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) readOperations(s *sim.Service) {
	sim.Handle(s, "GetParameter", f.get,
		on("GetParameter", func(in *awsssm.GetParameterInput) []string { return one(in.Name) }))
	sim.Handle(s, "GetParameters", f.getMany,
		on("GetParameters", func(in *awsssm.GetParametersInput) []string { return in.Names }))
	sim.Handle(s, "GetParametersByPath", f.getByPath,
		on("GetParametersByPath", func(in *awsssm.GetParametersByPathInput) []string { return one(in.Path) }))
	sim.Handle(s, "GetParameterHistory", f.history,
		on("GetParameterHistory", func(in *awsssm.GetParameterHistoryInput) []string { return one(in.Name) }))
	sim.Handle(s, "DescribeParameters", f.describe,
		sim.Refuses[awsssm.DescribeParametersInput]("Filters", "Shared"))
}

// describe is the parameter as Get returns it.
func (p *parameter) describe(v *version, decrypt bool, chosen string) *ssmtypes.Parameter {
	shown := p.show(v, decrypt)
	out := &ssmtypes.Parameter{
		ARN: &p.arn, Name: &p.name, Type: v.kind, Value: &shown.value, Version: v.number,
		DataType: &v.dataType, LastModifiedDate: &v.modified,
	}
	if chosen != "" {
		out.Selector = aws.String(":" + chosen)
	}
	return out
}

// read returns a parameter as Get does, asking for its key where it is decrypted.
func (f *Fake) read(c *sim.Call, id string, decrypt bool) (*ssmtypes.Parameter, error) {
	p, v, err := f.find(c, id)
	if err != nil {
		return nil, err
	}
	if decrypt {
		if err := f.mayDecrypt(c, v); err != nil {
			return nil, err
		}
	}
	_, chosen := selector(nameOf(id))
	return p.describe(v, decrypt, chosen), nil
}

func (f *Fake) get(c *sim.Call, in *awsssm.GetParameterInput) (*awsssm.GetParameterOutput, error) {
	p, err := f.read(c, aws.ToString(in.Name), aws.ToBool(in.WithDecryption))
	return &awsssm.GetParameterOutput{Parameter: p}, err
}

func (f *Fake) getMany(c *sim.Call, in *awsssm.GetParametersInput) (*awsssm.GetParametersOutput, error) {
	if err := atMostTen(in.Names); err != nil {
		return nil, err
	}
	out := &awsssm.GetParametersOutput{}
	for _, name := range in.Names {
		p, err := f.read(c, name, aws.ToBool(in.WithDecryption))
		switch {
		case missing(err):
			out.InvalidParameters = append(out.InvalidParameters, name)
		case err != nil:
			return nil, err
		default:
			out.Parameters = append(out.Parameters, *p)
		}
	}
	return out, nil
}

// The sizes of pages.
const (
	maxByPath   = 10
	maxDescribe = 50
)

func page[E any](all []E, token *string, size *int32, most int) ([]E, *string, error) {
	n := most
	if size != nil {
		n = int(*size)
	}
	if n < 1 || n > most {
		return nil, nil, sim.Errorf("ValidationException",
			"1 validation error detected: Value at 'maxResults' failed to satisfy constraint: Member must have value between 1 and %d", most)
	}
	cut, next, err := sim.Page(all, token, n)
	if err != nil {
		return nil, nil, &ssmtypes.InvalidNextToken{Message: aws.String("The specified token isn't valid.")}
	}
	return cut, next, nil
}

func (f *Fake) getByPath(c *sim.Call, in *awsssm.GetParametersByPathInput) (*awsssm.GetParametersByPathOutput, error) {
	path := strings.TrimSuffix(aws.ToString(in.Path), "/") + "/"
	if !strings.HasPrefix(path, "/") {
		return nil, sim.Errorf("ValidationException", "The parameter doesn't meet the parameter name requirements. "+
			"The parameter name must begin with a forward slash \"/\".")
	}
	parameters := f.regions.In(c).parameters
	if isPublic(path) {
		parameters = allPublic(c, path)
	}
	found, err := sorted(parameters, in.ParameterFilters, func(p *parameter) bool {
		rest, ok := strings.CutPrefix(p.name, path)
		return ok && (aws.ToBool(in.Recursive) || !strings.Contains(rest, "/"))
	})
	if err != nil {
		return nil, err
	}
	cut, next, err := page(found, in.NextToken, in.MaxResults, maxByPath)
	if err != nil {
		return nil, err
	}
	out := &awsssm.GetParametersByPathOutput{NextToken: next}
	for _, p := range cut {
		shown, err := f.read(c, p.name, aws.ToBool(in.WithDecryption))
		if err != nil {
			return nil, err
		}
		out.Parameters = append(out.Parameters, *shown)
	}
	return out, nil
}

// sorted returns parameters by name, as far as they pass.
func sorted(
	parameters map[string]*parameter, filters []ssmtypes.ParameterStringFilter, keep func(*parameter) bool,
) (found []*parameter, err error) {
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		p := parameters[name]
		ok, err := p.passes(filters)
		if err != nil {
			return nil, err
		}
		if ok && keep(p) {
			found = append(found, p)
		}
	}
	return found, nil
}

func (f *Fake) history(c *sim.Call, in *awsssm.GetParameterHistoryInput) (*awsssm.GetParameterHistoryOutput, error) {
	p, err := f.own(c, in.Name)
	if err != nil {
		return nil, err
	}
	cut, next, err := page(p.versions, in.NextToken, in.MaxResults, maxDescribe)
	out := &awsssm.GetParameterHistoryOutput{NextToken: next}
	for _, v := range cut {
		if aws.ToBool(in.WithDecryption) {
			if err := f.mayDecrypt(c, v); err != nil {
				return nil, err
			}
		}
		shown := p.show(v, aws.ToBool(in.WithDecryption))
		out.Parameters = append(out.Parameters, ssmtypes.ParameterHistory{
			Name: &p.name, Type: v.kind, Value: &shown.value, Version: v.number, DataType: &v.dataType, Tier: v.tier,
			Description: v.description, AllowedPattern: v.pattern, KeyId: v.key, Labels: v.labels,
			LastModifiedDate: &v.modified, LastModifiedUser: &v.by,
		})
	}
	return out, err
}

func (f *Fake) describe(c *sim.Call, in *awsssm.DescribeParametersInput) (*awsssm.DescribeParametersOutput, error) {
	found, err := sorted(f.regions.In(c).parameters, in.ParameterFilters, func(*parameter) bool { return true })
	if err != nil {
		return nil, err
	}
	cut, next, err := page(found, in.NextToken, in.MaxResults, maxDescribe)
	out := &awsssm.DescribeParametersOutput{NextToken: next}
	for _, p := range cut {
		v := p.newest()
		out.Parameters = append(out.Parameters, ssmtypes.ParameterMetadata{
			ARN: &p.arn, Name: &p.name, Type: v.kind, Version: v.number, DataType: &v.dataType, Tier: v.tier,
			Description: v.description, AllowedPattern: v.pattern, KeyId: v.key,
			LastModifiedDate: &v.modified, LastModifiedUser: &v.by,
		})
	}
	return out, err
}

// passes reports whether the parameter meets every filter by one of its values.
func (p *parameter) passes(filters []ssmtypes.ParameterStringFilter) (bool, error) {
	for _, f := range filters {
		texts, err := p.texts(aws.ToString(f.Key))
		if err != nil {
			return false, err
		}
		meets, err := comparison(aws.ToString(f.Option))
		if err != nil {
			return false, err
		}
		hit := slices.ContainsFunc(texts, func(text string) bool {
			return len(f.Values) == 0 || slices.ContainsFunc(f.Values, func(v string) bool { return meets(text, v) })
		})
		if !hit {
			return false, nil
		}
	}
	return true, nil
}

// comparison is how a filter compares.
func comparison(option string) (func(text, value string) bool, error) {
	switch option {
	case "", "Equals":
		return func(text, value string) bool { return text == value }, nil
	case "BeginsWith":
		return strings.HasPrefix, nil
	case "Contains":
		return strings.Contains, nil
	default:
		return nil, sim.NotModelled("filter option %q of SSM parameters is not modelled", option)
	}
}

// texts are what a filter looks at.
func (p *parameter) texts(key string) ([]string, error) {
	v := p.newest()
	switch key {
	case "Name":
		return []string{p.name}, nil
	case "Type":
		return []string{string(v.kind)}, nil
	case "KeyId":
		return []string{aws.ToString(v.key)}, nil
	case "Tier":
		return []string{string(v.tier)}, nil
	case "DataType":
		return []string{v.dataType}, nil
	case "Label":
		return v.labels, nil
	}
	tag, ok := strings.CutPrefix(key, "tag:")
	if !ok {
		return nil, sim.NotModelled("filter key %q of SSM parameters is not modelled", key)
	}
	for _, t := range p.tags {
		if aws.ToString(t.Key) == tag {
			return []string{aws.ToString(t.Value)}, nil
		}
	}
	return nil, nil
}
