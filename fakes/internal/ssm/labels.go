// SPDX-License-Identifier: Apache-2.0

package ssm

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) labelOperations(s *sim.Service) {
	sim.Handle(s, "LabelParameterVersion", f.label,
		on("LabelParameterVersion", func(in *awsssm.LabelParameterVersionInput) []string { return one(in.Name) }))
	sim.Handle(s, "UnlabelParameterVersion", f.unlabel,
		on("UnlabelParameterVersion", func(in *awsssm.UnlabelParameterVersionInput) []string { return one(in.Name) }))
}

const maxLabels = 10

var label = regexp.MustCompile(`^[a-zA-Z_.-][a-zA-Z0-9_.-]{0,99}$`)

func validLabel(l string) bool {
	lower := strings.ToLower(l)
	return label.MatchString(l) && !strings.HasPrefix(lower, "aws") && !strings.HasPrefix(lower, "ssm")
}

// version returns a version by number.
func (p *parameter) version(number int64) (*version, error) {
	for _, v := range p.versions {
		if v.number == number {
			return v, nil
		}
	}
	return nil, &ssmtypes.ParameterVersionNotFound{Message: aws.String(fmt.Sprintf(
		"Systems Manager could not find version %d of %s. Verify the version and try again.", number, p.name))}
}

func (v *version) drop(l string) {
	v.labels = slices.DeleteFunc(slices.Clone(v.labels), func(has string) bool { return has == l })
}

func (f *Fake) label(c *sim.Call, in *awsssm.LabelParameterVersionInput) (*awsssm.LabelParameterVersionOutput, error) {
	p, err := f.own(c, in.Name)
	if err != nil {
		return nil, err
	}
	number := p.newest().number
	if in.ParameterVersion != nil {
		number = *in.ParameterVersion
	}
	to, err := p.version(number)
	if err != nil {
		return nil, err
	}
	out := &awsssm.LabelParameterVersionOutput{ParameterVersion: number}
	var add []string
	for _, l := range in.Labels {
		switch {
		case !validLabel(l):
			out.InvalidLabels = append(out.InvalidLabels, l)
		case !slices.Contains(to.labels, l) && !slices.Contains(add, l):
			add = append(add, l)
		}
	}
	if len(to.labels)+len(add) > maxLabels {
		return nil, &ssmtypes.ParameterVersionLabelLimitExceeded{Message: aws.String(
			"A parameter version can have a maximum of 10 labels. Move one or more labels to another version and try again.")}
	}
	for _, v := range p.versions {
		for _, l := range add {
			v.drop(l)
		}
	}
	to.labels = append(slices.Clip(to.labels), add...)
	return out, nil
}

func (f *Fake) unlabel(c *sim.Call, in *awsssm.UnlabelParameterVersionInput) (*awsssm.UnlabelParameterVersionOutput, error) {
	p, err := f.own(c, in.Name)
	if err != nil {
		return nil, err
	}
	v, err := p.version(aws.ToInt64(in.ParameterVersion))
	if err != nil {
		return nil, err
	}
	out := &awsssm.UnlabelParameterVersionOutput{}
	for _, l := range in.Labels {
		if !slices.Contains(v.labels, l) {
			out.InvalidLabels = append(out.InvalidLabels, l)
			continue
		}
		v.drop(l)
		out.RemovedLabels = append(out.RemovedLabels, l)
	}
	return out, nil
}
