// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	ruleset "github.com/slipway-go/slipway/internal/rules/ec2"
)

type versionOf = ec2types.LaunchTemplateVersion

// dataOf is what a filter asks of a version's data.
func dataOf(f func(*spec) string) func(versionOf) []string {
	return func(v versionOf) []string { return []string{f(v.LaunchTemplateData)} }
}

var versionView = view[versionOf]{
	untagged: true,
	filters: map[string]func(versionOf) []string{
		"is-default-version": flag(func(v versionOf) *bool { return v.DefaultVersion }),
		"image-id":           dataOf(func(s *spec) string { return aws.ToString(s.ImageId) }),
		"instance-type":      dataOf(func(s *spec) string { return string(s.InstanceType) }),
		"iam-instance-profile": dataOf(func(s *spec) string {
			if s.IamInstanceProfile == nil {
				return ""
			}
			return aws.ToString(s.IamInstanceProfile.Arn)
		}),
		"ebs-optimized": dataOf(func(s *spec) string { return strconv.FormatBool(aws.ToBool(s.EbsOptimized)) }),
	},
}

func registerTemplateVersions(s *sim.Service, f *Fake) {
	handleCall(s, f, "CreateLaunchTemplateVersion", (*region).createTemplateVersion,
		sim.Refuses[awsec2.CreateLaunchTemplateVersionInput](append(unmodelledData("LaunchTemplateData"), "ResolveAlias")...),
		sim.Needs(func(c *sim.Call, in *awsec2.CreateLaunchTemplateVersionInput) []sim.Access {
			return f.templateAccess(c, in.LaunchTemplateId, in.LaunchTemplateName)
		}))
	handle(s, f, "DeleteLaunchTemplateVersions", (*region).deleteTemplateVersions,
		sim.Needs(func(c *sim.Call, in *awsec2.DeleteLaunchTemplateVersionsInput) []sim.Access {
			return f.templateAccess(c, in.LaunchTemplateId, in.LaunchTemplateName)
		}))
	handle(s, f, "DescribeLaunchTemplateVersions", (*region).describeTemplateVersions,
		sim.Refuses[awsec2.DescribeLaunchTemplateVersionsInput]("IncludeManagedResources"))
	handle(s, f, "GetLaunchTemplateData", (*region).templateData, sim.Needs(func(c *sim.Call, in *awsec2.GetLaunchTemplateDataInput) []sim.Access {
		return access(c, "instance/"+aws.ToString(in.InstanceId))
	}))
}

func describedVersion(t template, v templateVersion) versionOf {
	return versionOf{
		LaunchTemplateId: aws.String(t.id), LaunchTemplateName: aws.String(t.name), VersionNumber: aws.Int64(v.number),
		VersionDescription: v.description, CreatedBy: aws.String(v.by), CreateTime: aws.Time(v.made),
		DefaultVersion: aws.Bool(v.number == t.preferred), LaunchTemplateData: &v.data,
	}
}

// createTemplateVersion adds a version; with a source, what is given goes over it.
func (r *region) createTemplateVersion(
	c *sim.Call, in *awsec2.CreateLaunchTemplateVersionInput,
) (*awsec2.CreateLaunchTemplateVersionOutput, error) {
	t, err := r.chosen(in.LaunchTemplateId, in.LaunchTemplateName)
	if err != nil {
		return nil, err
	}
	data, err := r.dataOver(t, in)
	if err != nil {
		return nil, err
	}
	if number, ok := r.madeFor("lt-version/"+t.id, in.ClientToken); ok {
		if v, err := t.version(number); err == nil {
			out := describedVersion(t, v)
			return &awsec2.CreateLaunchTemplateVersionOutput{LaunchTemplateVersion: &out}, nil
		}
	}
	t.latest++
	v := templateVersion{
		number: t.latest, description: in.VersionDescription, by: c.Caller.ARN, made: r.f.sim.Now().Truncate(time.Second), data: data,
	}
	t.versions = append(slices.Clip(t.versions), v)
	r.templates.put(t.id, t)
	r.keepToken("lt-version/"+t.id, in.ClientToken, strconv.FormatInt(v.number, 10))
	out := describedVersion(t, v)
	whole, err := as[ec2types.RequestLaunchTemplateData](data)
	if err != nil {
		return nil, err
	}
	return &awsec2.CreateLaunchTemplateVersionOutput{LaunchTemplateVersion: &out, Warning: warning(whole)}, nil
}

// dataOver is the data of a new version, checked as a whole.
func (r *region) dataOver(t template, in *awsec2.CreateLaunchTemplateVersionInput) (spec, error) {
	if err := sim.Check(ruleset.CreateLaunchTemplateVersion, nil, in, nil); err != nil {
		return spec{}, err
	}
	given, err := as[spec](in.LaunchTemplateData)
	if err != nil {
		return spec{}, err
	}
	if _, err := r.resolve(aws.ToString(given.ImageId)); err != nil || in.SourceVersion == nil {
		return *given, err
	}
	source, err := t.version(*in.SourceVersion)
	if err != nil {
		return spec{}, err
	}
	merged := over(source.data, *given)
	whole, err := as[ec2types.RequestLaunchTemplateData](merged)
	if err != nil {
		return spec{}, err
	}
	return merged, sim.Check(ruleset.LaunchTemplateData, nil, whole, nil)
}

func (r *region) deleteTemplateVersions(in *awsec2.DeleteLaunchTemplateVersionsInput) (*awsec2.DeleteLaunchTemplateVersionsOutput, error) {
	t, err := r.chosen(in.LaunchTemplateId, in.LaunchTemplateName)
	if err != nil {
		return nil, err
	}
	out := &awsec2.DeleteLaunchTemplateVersionsOutput{}
	for _, number := range in.Versions {
		v, refused := t.deletable(number)
		if refused != nil {
			out.UnsuccessfullyDeletedLaunchTemplateVersions = append(out.UnsuccessfullyDeletedLaunchTemplateVersions,
				ec2types.DeleteLaunchTemplateVersionsResponseErrorItem{
					LaunchTemplateId: aws.String(t.id), LaunchTemplateName: aws.String(t.name), VersionNumber: aws.Int64(v), ResponseError: refused,
				})
			continue
		}
		t.versions = slices.DeleteFunc(slices.Clone(t.versions), func(o templateVersion) bool { return o.number == v })
		out.SuccessfullyDeletedLaunchTemplateVersions = append(out.SuccessfullyDeletedLaunchTemplateVersions,
			ec2types.DeleteLaunchTemplateVersionsResponseSuccessItem{
				LaunchTemplateId: aws.String(t.id), LaunchTemplateName: aws.String(t.name), VersionNumber: aws.Int64(v),
			})
	}
	r.templates.put(t.id, t)
	return out, nil
}

// deletable returns the number of a version, and why it stays: the default version cannot
// be deleted.
func (t template) deletable(number string) (int64, *ec2types.ResponseError) {
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0, &ec2types.ResponseError{
			Code: ec2types.LaunchTemplateErrorCodeUnexpectedError, Message: aws.String("The specified launch template version '" + number + "' is not valid."),
		}
	}
	if _, err := t.version(number); err != nil {
		return n, &ec2types.ResponseError{
			Code: ec2types.LaunchTemplateErrorCodeLaunchTemplateVersionDoesNotExist, Message: aws.String("The launch template version does not exist."),
		}
	}
	if n == t.preferred {
		return n, &ec2types.ResponseError{
			Code: ec2types.LaunchTemplateErrorCodeUnexpectedError, Message: aws.String("Cannot delete the default version of a launch template."),
		}
	}
	return n, nil
}

func (r *region) describeTemplateVersions(
	in *awsec2.DescribeLaunchTemplateVersionsInput,
) (*awsec2.DescribeLaunchTemplateVersionsOutput, error) {
	all, err := r.versionsAsked(in)
	if err != nil {
		return nil, err
	}
	list, next, err := describe(r, versionView, all, query{filters: in.Filters, size: in.MaxResults, token: in.NextToken})
	if err != nil || !aws.ToBool(in.ResolveAlias) {
		return &awsec2.DescribeLaunchTemplateVersionsOutput{LaunchTemplateVersions: list, NextToken: next}, err
	}
	for i, v := range list {
		data := *v.LaunchTemplateData
		id, err := r.resolve(aws.ToString(data.ImageId))
		if err != nil {
			return nil, err
		}
		data.ImageId = &id
		list[i].LaunchTemplateData = &data
	}
	return &awsec2.DescribeLaunchTemplateVersionsOutput{LaunchTemplateVersions: list, NextToken: next}, nil
}

// versionsAsked are those of one template, newest first, or the newest or default ones of
// all.
func (r *region) versionsAsked(in *awsec2.DescribeLaunchTemplateVersionsInput) ([]versionOf, error) {
	if in.LaunchTemplateId == nil && in.LaunchTemplateName == nil {
		return r.versionsOfAll(in.Versions)
	}
	t, err := r.chosen(in.LaunchTemplateId, in.LaunchTemplateName)
	if err != nil {
		return nil, err
	}
	var all []versionOf
	if len(in.Versions) > 0 {
		for _, number := range in.Versions {
			v, err := t.version(number)
			if err != nil {
				return nil, err
			}
			all = append(all, describedVersion(t, v))
		}
		return all, nil
	}
	least, most, err := bounds(in)
	if err != nil {
		return nil, err
	}
	for _, v := range slices.Backward(t.versions) {
		if v.number >= least && v.number <= most {
			all = append(all, describedVersion(t, v))
		}
	}
	return all, nil
}

func bounds(in *awsec2.DescribeLaunchTemplateVersionsInput) (least, most int64, err error) {
	least, most = 1, int64(^uint64(0)>>1)
	for _, b := range []struct {
		text *string
		to   *int64
	}{{in.MinVersion, &least}, {in.MaxVersion, &most}} {
		if b.text == nil {
			continue
		}
		if *b.to, err = strconv.ParseInt(*b.text, 10, 64); err != nil {
			return 0, 0, sim.Errorf("InvalidLaunchTemplateVersion.Malformed", "The specified launch template version '%s' is not valid.", *b.text)
		}
	}
	return least, most, nil
}

func (r *region) versionsOfAll(asked []string) ([]versionOf, error) {
	if len(asked) == 0 {
		return nil, sim.Errorf("MissingParameter", "Either launch template ID or launch template name must be specified.")
	}
	var all []versionOf
	for _, t := range r.templates.all() {
		for _, number := range asked {
			if number != defaultVersion && number != latestVersion {
				return nil, sim.Errorf("InvalidParameterValue", "The version '%s' needs a launch template; only $Latest and $Default can be asked of all.", number)
			}
			v, err := t.version(number)
			if err != nil {
				return nil, err
			}
			all = append(all, describedVersion(t, v))
		}
	}
	return all, nil
}

// templateData is the data of a template that would launch such an instance.
func (r *region) templateData(in *awsec2.GetLaunchTemplateDataInput) (*awsec2.GetLaunchTemplateDataOutput, error) {
	i, err := need(&r.instances, "i-", aws.ToString(in.InstanceId))
	if err != nil {
		return nil, err
	}
	data := i.spec
	data.ImageId, data.InstanceType = aws.String(i.image.ID), ec2types.InstanceType(i.kind.Name)
	return &awsec2.GetLaunchTemplateDataOutput{LaunchTemplateData: &data}, nil
}
