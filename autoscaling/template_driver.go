// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
	"github.com/slipway-go/slipway/internal/rules"
	ec2rules "github.com/slipway-go/slipway/internal/rules/ec2"
)

func templateKind() slipway.Kind {
	return slipway.NewKind[model.LaunchTemplate](model.KindLaunchTemplate, templateDriver{})
}

// templateDriver keeps launch templates. What instances are launched from is the default
// version; a change makes another one.
type templateDriver struct{ family }

type liveTemplate = slipway.Live[model.LaunchTemplate]

var (
	_ slipway.Driver[model.LaunchTemplate]    = templateDriver{}
	_ slipway.Checker[model.LaunchTemplate]   = templateDriver{}
	_ slipway.Lister[model.LaunchTemplate]    = templateDriver{}
	_ slipway.Permitter[model.LaunchTemplate] = templateDriver{}
	_ slipway.Family                          = templateDriver{}
)

// versionsKept is how many versions a template has at most. Those beyond are deleted,
// the oldest first; the default one never is.
const versionsKept = 5

// defaultVersion names the default version of a template.
const defaultVersion = "$Default"

// Before returns what launches from templates.
func (templateDriver) Before() []string { return []string{model.KindGroup} }

// Defaults tells what is given, and makes no tags a wish for none.
func (templateDriver) Defaults(s *model.LaunchTemplate) {
	s.Given = given(s.Create.LaunchTemplateData)
	tags := []ec2types.Tag{}
	for _, t := range s.Create.TagSpecifications {
		tags = append(tags, t.Tags...)
	}
	s.Create.TagSpecifications = []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeLaunchTemplate, Tags: tags}}
}

// Effects: what is launched is changed by a new version.
func (templateDriver) Effects() slipway.Effects {
	const data = "Create.LaunchTemplateData"
	return slipway.Effects{
		Default: slipway.Revise,
		Fields: map[string]slipway.Effect{
			"Create.LaunchTemplateName": slipway.NewName,
			"Create.TagSpecifications":  slipway.InPlace,
		},
		Keys: map[string]string{
			"Create.TagSpecifications":       "ResourceType",
			"Create.TagSpecifications.Tags":  "Key",
			data + ".BlockDeviceMappings":    "DeviceName",
			data + ".TagSpecifications":      "ResourceType",
			data + ".TagSpecifications.Tags": "Key",
			data + ".LicenseSpecifications":  "LicenseConfigurationArn",
		},
		Sets:   []string{data + ".SecurityGroupIds", data + ".SecurityGroups", data + ".NetworkInterfaces.Groups", "Given"},
		Ignore: []string{"Create.ClientToken", "Create.DryRun", "Create.Operator"},
	}
}

// Check runs the rules of templates and of what can be launched from them.
func (templateDriver) Check(refs slipway.Refs, s *model.LaunchTemplate) []slipway.FieldError {
	found := rules.At("Create", ec2rules.CreateLaunchTemplate.All(refs, &s.Create))
	if d := s.Create.LaunchTemplateData; d != nil {
		found = append(found, rules.At("Create.LaunchTemplateData", ec2rules.Launchable.All(refs, d))...)
	}
	return found
}

// Permissions of templates that have no ID yet cannot name them.
func (templateDriver) Permissions(have *liveTemplate, want *model.LaunchTemplate) []slipway.Permission {
	read := slipway.Permission{
		Actions: []string{"ec2:DescribeLaunchTemplateVersions", "ec2:DescribeLaunchTemplates"}, Resources: []string{"*"},
	}
	all := []string{ec2ARN("launch-template/*")}
	on := func(actions ...string) []slipway.Permission {
		return []slipway.Permission{read, {Actions: actions, Resources: all}}
	}
	switch {
	case want == nil && have == nil:
		return []slipway.Permission{read}
	case want == nil:
		return on("ec2:DeleteLaunchTemplate")
	case have == nil:
		return append(on("ec2:CreateLaunchTemplate"), slipway.Permission{
			Actions: []string{"ec2:CreateTags"}, Resources: all,
			Conditions: map[string]map[string][]string{"StringEquals": {"ec2:CreateAction": {"CreateLaunchTemplate"}}},
		})
	default:
		return on("ec2:CreateLaunchTemplateVersion", "ec2:CreateTags", "ec2:DeleteLaunchTemplateVersions", "ec2:DeleteTags", "ec2:ModifyLaunchTemplate")
	}
}

func ec2ARN(resource string) string { return serviceARN("ec2", resource) }

func serviceARN(service, resource string) string {
	return "arn:" + slipway.Self("partition") + ":" + service + ":" + slipway.Self("region") + ":" + slipway.Self("account") + ":" + resource
}

// Read finds the template by its name.
func (d templateDriver) Read(ctx context.Context, c slipway.Call, want *model.LaunchTemplate) (*liveTemplate, error) {
	name := aws.ToString(want.Create.LaunchTemplateName)
	if slipway.HasRef(name) {
		return nil, nil //nolint:nilnil // that is how a driver says that there is none
	}
	found, err := d.find(ctx, c, ec2types.Filter{Name: aws.String("launch-template-name"), Values: []string{name}})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// List returns the stack's templates.
func (d templateDriver) List(ctx context.Context, c slipway.Call) ([]*liveTemplate, error) {
	return d.find(ctx, c, ec2types.Filter{Name: aws.String("tag:" + slipway.TagStack), Values: []string{c.Stack}})
}

func (templateDriver) find(ctx context.Context, c slipway.Call, f ec2types.Filter) ([]*liveTemplate, error) {
	var all []*liveTemplate
	pages := awsec2.NewDescribeLaunchTemplatesPaginator(ec2Client(c), &awsec2.DescribeLaunchTemplatesInput{Filters: []ec2types.Filter{f}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "describe launch templates")
		}
		for i := range page.LaunchTemplates {
			live, err := readTemplate(ctx, c, &page.LaunchTemplates[i])
			if err != nil {
				return nil, err
			}
			if live != nil {
				all = append(all, live)
			}
		}
	}
	return all, nil
}

func ec2Client(c slipway.Call) *awsec2.Client { return slipway.Client(c, awsec2.NewFromConfig) }

// readTemplate rebuilds the state of a template from its default version; nil if it is
// gone by now.
func readTemplate(ctx context.Context, c slipway.Call, t *ec2types.LaunchTemplate) (*liveTemplate, error) {
	v, err := readVersion(ctx, c, t.LaunchTemplateId, defaultVersion)
	if err != nil || v == nil {
		return nil, err
	}
	data, err := request(v.LaunchTemplateData)
	if err != nil {
		return nil, err
	}
	tags, owner := ec2Owned(t.Tags)
	return &liveTemplate{
		State: model.LaunchTemplate{Create: awsec2.CreateLaunchTemplateInput{
			LaunchTemplateName: t.LaunchTemplateName, LaunchTemplateData: data, VersionDescription: v.VersionDescription,
			TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeLaunchTemplate, Tags: tags}},
		}},
		Outputs: map[string][]string{
			"id": {aws.ToString(t.LaunchTemplateId)}, "name": {aws.ToString(t.LaunchTemplateName)},
			"version": {strconv.FormatInt(aws.ToInt64(v.VersionNumber), 10)},
		},
		Owner: owner,
	}, nil
}

// readVersion describes a version; nil if it, or the template, is gone.
func readVersion(ctx context.Context, c slipway.Call, id *string, version string) (*ec2types.LaunchTemplateVersion, error) {
	out, err := ec2Client(c).DescribeLaunchTemplateVersions(ctx, &awsec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateId: id, Versions: []string{version},
	})
	if templateGone(err) {
		return nil, nil //nolint:nilnil // it has gone since
	}
	if err != nil {
		return nil, awserr.Wrap(err, "describe launch template versions")
	}
	if len(out.LaunchTemplateVersions) == 0 {
		return nil, nil //nolint:nilnil // it has gone since
	}
	return &out.LaunchTemplateVersions[0], nil
}

func templateGone(err error) bool {
	return awserr.Is(err, "InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateName.NotFoundException",
		"InvalidLaunchTemplateId.NotFoundException")
}

// request makes of data as AWS describes it that by which it is asked for: the fields
// have the same names.
func request(described *ec2types.ResponseLaunchTemplateData) (*ec2types.RequestLaunchTemplateData, error) {
	text, err := json.Marshal(described)
	if err != nil {
		return nil, awserr.Wrap(err, "read launch template data")
	}
	var data ec2types.RequestLaunchTemplateData
	return &data, awserr.Wrap(json.Unmarshal(text, &data), "read launch template data")
}

// ec2Owned takes the ownership tags, and AWS's own, out of the others.
func ec2Owned(all []ec2types.Tag) (tags []ec2types.Tag, owner slipway.Owner) {
	for _, t := range all {
		switch key := aws.ToString(t.Key); {
		case key == slipway.TagStack:
			owner.Stack = aws.ToString(t.Value)
		case key == slipway.TagResource:
			owner.Resource = aws.ToString(t.Value)
		case !isAWS(key):
			tags = append(tags, t)
		}
	}
	return tags, owner
}

// Put makes the template, or a version of it that becomes the default one.
func (d templateDriver) Put(ctx context.Context, c slipway.Call, have *liveTemplate, want *model.LaunchTemplate) error {
	tags := want.Create.TagSpecifications[0].Tags
	if have == nil {
		in := want.Create
		in.TagSpecifications = []ec2types.TagSpecification{{
			ResourceType: ec2types.ResourceTypeLaunchTemplate, Tags: slices.Concat(tags, ec2Tags(c.Tags())),
		}}
		_, err := ec2Client(c).CreateLaunchTemplate(ctx, &in)
		if !awserr.Is(err, "InvalidLaunchTemplateName.AlreadyExistsException") {
			return awserr.Wrap(err, "create launch template")
		}
		// One that is the stack's own by now has been made by a call whose answer was lost.
		found, readErr := d.Read(ctx, c, want)
		if readErr != nil || found == nil || found.Owner != c.Owner() {
			return awserr.Wrap(err, "create launch template")
		}
		have = found
	}
	id := aws.String(first(have.Outputs["id"]))
	if err := retagEC2(ctx, c, *id, have.State.Create.TagSpecifications[0].Tags, tags); err != nil {
		return err
	}
	d.Defaults(&have.State)
	if !sameVersion(&have.State, want) {
		if err := d.revise(ctx, c, id, want); err != nil {
			return err
		}
	}
	return d.forget(ctx, c, id)
}

// sameVersion reports whether two states launch the same.
func sameVersion(a, b *model.LaunchTemplate) bool {
	return canonical(a.Create.LaunchTemplateData) == canonical(b.Create.LaunchTemplateData) &&
		aws.ToString(a.Create.VersionDescription) == aws.ToString(b.Create.VersionDescription)
}

// revise has the newest version be as wanted, which it may be after a run that was cut
// off, and makes it the default one.
func (d templateDriver) revise(ctx context.Context, c slipway.Call, id *string, want *model.LaunchTemplate) error {
	newest, err := readVersion(ctx, c, id, "$Latest")
	if err != nil {
		return err
	}
	var number *int64
	token := "first"
	if newest != nil {
		data, err := request(newest.LaunchTemplateData)
		if err != nil {
			return err
		}
		there := model.LaunchTemplate{Create: awsec2.CreateLaunchTemplateInput{LaunchTemplateData: data, VersionDescription: newest.VersionDescription}}
		if sameVersion(&there, want) {
			number = newest.VersionNumber
		}
		token = strconv.FormatInt(aws.ToInt64(newest.VersionNumber), 10)
	}
	if number == nil {
		out, err := ec2Client(c).CreateLaunchTemplateVersion(ctx, &awsec2.CreateLaunchTemplateVersionInput{
			LaunchTemplateId: id, LaunchTemplateData: want.Create.LaunchTemplateData, VersionDescription: want.Create.VersionDescription,
			ClientToken: aws.String(c.Token([]string{token, canonical(want.Create.LaunchTemplateData)})),
		})
		if err != nil {
			return awserr.Wrap(err, "create launch template version")
		}
		number = out.LaunchTemplateVersion.VersionNumber
	}
	_, err = ec2Client(c).ModifyLaunchTemplate(ctx, &awsec2.ModifyLaunchTemplateInput{
		LaunchTemplateId: id, DefaultVersion: aws.String(strconv.FormatInt(*number, 10)),
	})
	return awserr.Wrap(err, "set default launch template version")
}

// forget deletes the oldest versions beyond those that are kept.
func (templateDriver) forget(ctx context.Context, c slipway.Call, id *string) error {
	var old []ec2types.LaunchTemplateVersion
	pages := awsec2.NewDescribeLaunchTemplateVersionsPaginator(ec2Client(c), &awsec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return awserr.Wrap(err, "describe launch template versions")
		}
		old = append(old, page.LaunchTemplateVersions...)
	}
	slices.SortFunc(old, func(a, b ec2types.LaunchTemplateVersion) int {
		return int(aws.ToInt64(b.VersionNumber) - aws.ToInt64(a.VersionNumber))
	})
	var numbers []string
	for _, v := range old[min(versionsKept, len(old)):] {
		if !aws.ToBool(v.DefaultVersion) {
			numbers = append(numbers, strconv.FormatInt(aws.ToInt64(v.VersionNumber), 10))
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	_, err := ec2Client(c).DeleteLaunchTemplateVersions(ctx, &awsec2.DeleteLaunchTemplateVersionsInput{LaunchTemplateId: id, Versions: numbers})
	return awserr.Wrap(err, "delete launch template versions")
}

func retagEC2(ctx context.Context, c slipway.Call, id string, have, want []ec2types.Tag) error {
	old := map[string]string{}
	for _, t := range have {
		old[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	var set, gone []ec2types.Tag
	for _, t := range want {
		if v, ok := old[aws.ToString(t.Key)]; !ok || v != aws.ToString(t.Value) {
			set = append(set, t)
		}
		delete(old, aws.ToString(t.Key))
	}
	for _, t := range ec2Tags(old) {
		gone = append(gone, ec2types.Tag{Key: t.Key})
	}
	if len(set) > 0 {
		if _, err := ec2Client(c).CreateTags(ctx, &awsec2.CreateTagsInput{Resources: []string{id}, Tags: set}); err != nil {
			return awserr.Wrap(err, "tag "+id)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	_, err := ec2Client(c).DeleteTags(ctx, &awsec2.DeleteTagsInput{Resources: []string{id}, Tags: gone})
	return awserr.Wrap(err, "untag "+id)
}

// Delete removes the template with all its versions. Instances live on without it.
func (templateDriver) Delete(ctx context.Context, c slipway.Call, have *liveTemplate) error {
	_, err := ec2Client(c).DeleteLaunchTemplate(ctx, &awsec2.DeleteLaunchTemplateInput{
		LaunchTemplateId: aws.String(first(have.Outputs["id"])),
	})
	if templateGone(err) {
		return nil
	}
	return awserr.Wrap(err, "delete launch template")
}

// Tag marks the template as the stack's.
func (templateDriver) Tag(ctx context.Context, c slipway.Call, have *liveTemplate) error {
	return retagEC2(ctx, c, first(have.Outputs["id"]), nil, ec2Tags(c.Tags()))
}
