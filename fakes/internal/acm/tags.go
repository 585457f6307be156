// SPDX-License-Identifier: Apache-2.0

package acm

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsacm "github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) tagOperations(s *sim.Service) {
	sim.Handle(s, "AddTagsToCertificate", f.tag, on("AddTagsToCertificate", func(in *awsacm.AddTagsToCertificateInput) *string { return in.CertificateArn }))
	sim.Handle(s, "RemoveTagsFromCertificate", f.untag,
		on("RemoveTagsFromCertificate", func(in *awsacm.RemoveTagsFromCertificateInput) *string { return in.CertificateArn }))
	sim.Handle(s, "ListTagsForCertificate", f.listTags,
		on("ListTagsForCertificate", func(in *awsacm.ListTagsForCertificateInput) *string { return in.CertificateArn }))
}

func without(tags []acmtypes.Tag, key *string) []acmtypes.Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t acmtypes.Tag) bool { return aws.ToString(t.Key) == aws.ToString(key) })
}

func (f *Fake) tag(c *sim.Call, in *awsacm.AddTagsToCertificateInput) (*awsacm.AddTagsToCertificateOutput, error) {
	one, err := f.find(c, in.CertificateArn)
	if err != nil {
		return nil, err
	}
	for _, t := range in.Tags {
		one.tags = append(without(one.tags, t.Key), t)
	}
	return &awsacm.AddTagsToCertificateOutput{}, nil
}

func (f *Fake) untag(c *sim.Call, in *awsacm.RemoveTagsFromCertificateInput) (*awsacm.RemoveTagsFromCertificateOutput, error) {
	one, err := f.find(c, in.CertificateArn)
	if err != nil {
		return nil, err
	}
	for _, t := range in.Tags {
		one.tags = without(one.tags, t.Key)
	}
	return &awsacm.RemoveTagsFromCertificateOutput{}, nil
}

func (f *Fake) listTags(c *sim.Call, in *awsacm.ListTagsForCertificateInput) (*awsacm.ListTagsForCertificateOutput, error) {
	one, err := f.find(c, in.CertificateArn)
	if err != nil {
		return nil, err
	}
	return &awsacm.ListTagsForCertificateOutput{Tags: one.tags}, nil
}

// things are the certificates, without times.
func (f *Fake) things() []sim.Thing {
	var all []sim.Thing
	for _, r := range f.regions.All() {
		for _, arn := range slices.Sorted(maps.Keys(r.certificates)) {
			one := r.certificates[arn]
			state := struct {
				Names  []string
				Status acmtypes.CertificateStatus
				Tags   []acmtypes.Tag
			}{one.detail.SubjectAlternativeNames, one.detail.Status, one.tags}
			all = append(all, sim.Thing{Region: r.name, Type: "certificate", ID: arn, State: state})
		}
	}
	return all
}
