// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	ruleset "github.com/slipway-go/slipway/internal/rules/ec2"
)

// template is a launch template with its versions, oldest first.
type template struct {
	id, name, by string
	made         time.Time
	preferred    int64
	// latest is the highest number ever given, whether or not the version is still there.
	latest   int64
	versions []templateVersion
}

// templateVersion is one version, which never changes.
type templateVersion struct {
	number      int64
	description *string
	by          string
	made        time.Time
	data        spec
}

// The versions that are not named by number.
const (
	defaultVersion = "$Default"
	latestVersion  = "$Latest"
)

var templateView = view[template]{
	prefix: "lt-", id: func(t template) string { return t.id },
	filters: map[string]func(template) []string{
		"create-time":          func(t template) []string { return []string{t.made.UTC().Format(time.RFC3339)} },
		"launch-template-name": func(t template) []string { return []string{t.name} },
	},
}

func registerTemplates(s *sim.Service, f *Fake) {
	handleCall(s, f, "CreateLaunchTemplate", (*region).createTemplate,
		sim.Refuses[awsec2.CreateLaunchTemplateInput](append(unmodelledData("LaunchTemplateData"), "Operator")...),
		sim.Needs(func(c *sim.Call, in *awsec2.CreateLaunchTemplateInput) []sim.Access {
			return creating(c, in.TagSpecifications, access(c, "launch-template/*")...)
		}))
	handle(s, f, "ModifyLaunchTemplate", (*region).modifyTemplate, sim.Needs(func(c *sim.Call, in *awsec2.ModifyLaunchTemplateInput) []sim.Access {
		return f.templateAccess(c, in.LaunchTemplateId, in.LaunchTemplateName)
	}))
	handle(s, f, "DeleteLaunchTemplate", (*region).deleteTemplate, sim.Needs(func(c *sim.Call, in *awsec2.DeleteLaunchTemplateInput) []sim.Access {
		return f.templateAccess(c, in.LaunchTemplateId, in.LaunchTemplateName)
	}))
	handle(s, f, "DescribeLaunchTemplates", (*region).describeTemplates,
		sim.Refuses[awsec2.DescribeLaunchTemplatesInput]("IncludeManagedResources"))
}

// handleCall is handle for operations that ask who calls.
func handleCall[I, O any](s *sim.Service, f *Fake, name string, h func(r *region, c *sim.Call, in *I) (*O, error), opts ...sim.Option[I]) {
	sim.Handle(s, name, func(c *sim.Call, in *I) (*O, error) {
		if isDryRun(in) {
			return nil, dryRun()
		}
		return h(f.regions.In(c), c, in)
	}, opts...)
}

// unmodelledData are the parts of a template's data, or of a launch, that are refused.
func unmodelledData(prefix string) []string {
	fields := []string{
		"CapacityReservationSpecification", "CpuOptions", "ElasticGpuSpecifications", "ElasticInferenceAccelerators", "EnclaveOptions",
		"HibernationOptions", "KernelId", "KeyName", "LicenseSpecifications", "NetworkPerformanceOptions", "Operator", "PrivateDnsNameOptions",
		"RamDiskId", "SecondaryInterfaces", "SecurityGroups",
		"BlockDeviceMappings.VirtualName", "BlockDeviceMappings.NoDevice", "BlockDeviceMappings.Ebs.SnapshotId",
		"BlockDeviceMappings.Ebs.EbsCardIndex", "BlockDeviceMappings.Ebs.VolumeInitializationRate",
		"InstanceMarketOptions.SpotOptions.BlockDurationMinutes", "InstanceMarketOptions.SpotOptions.ValidUntil",
		"NetworkInterfaces.AssociateCarrierIpAddress", "NetworkInterfaces.ConnectionTrackingSpecification", "NetworkInterfaces.EnaQueueCount",
		"NetworkInterfaces.EnaSrdSpecification", "NetworkInterfaces.Ipv4PrefixCount", "NetworkInterfaces.Ipv4Prefixes",
		"NetworkInterfaces.Ipv6AddressCount", "NetworkInterfaces.Ipv6Addresses", "NetworkInterfaces.Ipv6PrefixCount",
		"NetworkInterfaces.Ipv6Prefixes", "NetworkInterfaces.NetworkInterfaceId", "NetworkInterfaces.PrimaryIpv6",
		"NetworkInterfaces.PrivateIpAddresses", "NetworkInterfaces.SecondaryPrivateIpAddressCount",
		"Placement.Affinity", "Placement.AvailabilityZoneId", "Placement.GroupId", "Placement.GroupName", "Placement.HostId",
		"Placement.HostResourceGroupArn", "Placement.PartitionNumber", "Placement.SpreadDomain",
	}
	if prefix == "" {
		return fields
	}
	for i := range fields {
		fields[i] = prefix + "." + fields[i]
	}
	return fields
}

// template finds a launch template by id or name.
func (r *region) template(idOrName string) (template, error) {
	if strings.HasPrefix(idOrName, "lt-") {
		return need(&r.templates, "lt-", idOrName)
	}
	for _, t := range r.templates.rows {
		if t.name == idOrName {
			return t, nil
		}
	}
	return template{}, sim.Errorf("InvalidLaunchTemplateName.NotFoundException",
		"The specified launch template, with template name %s, does not exist.", idOrName)
}

// chosen finds the template of a call that names it by one of two ways.
func (r *region) chosen(id, name *string) (template, error) {
	switch {
	case id != nil && name != nil:
		return template{}, sim.Errorf("InvalidParameterCombination", "You may specify either the launch template ID or the launch template name, but not both.")
	case id != nil:
		if !strings.HasPrefix(*id, "lt-") {
			return template{}, sim.Errorf("InvalidLaunchTemplateId.Malformed", "The specified launch template ID '%s' is not valid.", *id)
		}
		return r.template(*id)
	case name != nil:
		return r.template(*name)
	default:
		return template{}, sim.Errorf("MissingParameter", "Either launch template ID or launch template name must be specified.")
	}
}

// templateAccess is what calls about one template need.
func (f *Fake) templateAccess(c *sim.Call, id, name *string) []sim.Access {
	t, err := f.regions.In(c).chosen(id, name)
	if err != nil {
		t.id = "*"
	}
	return access(c, "launch-template/"+t.id)
}

// version finds a version; without a number it is the default.
func (t template) version(number string) (templateVersion, error) {
	n := t.preferred
	switch number {
	case "", defaultVersion:
	case latestVersion:
		return t.versions[len(t.versions)-1], nil
	default:
		var err error
		if n, err = strconv.ParseInt(number, 10, 64); err != nil || n < 1 {
			return templateVersion{}, sim.Errorf("InvalidLaunchTemplateVersion.Malformed",
				"The specified launch template version '%s' is not valid.", number)
		}
	}
	for _, v := range t.versions {
		if v.number == n {
			return v, nil
		}
	}
	return templateVersion{}, sim.Errorf("InvalidLaunchTemplateId.VersionNotFound",
		"Could not find the specified version %d for the launch template with ID %s.", n, t.id)
}

func (r *region) describedTemplate(t template) *ec2types.LaunchTemplate {
	return &ec2types.LaunchTemplate{
		LaunchTemplateId: aws.String(t.id), LaunchTemplateName: aws.String(t.name), CreatedBy: aws.String(t.by), CreateTime: aws.Time(t.made),
		DefaultVersionNumber: aws.Int64(t.preferred), LatestVersionNumber: aws.Int64(t.latest), Tags: r.tags[t.id],
	}
}

func (r *region) createTemplate(c *sim.Call, in *awsec2.CreateLaunchTemplateInput) (*awsec2.CreateLaunchTemplateOutput, error) {
	if err := sim.Check(ruleset.CreateLaunchTemplate, nil, in, nil); err != nil {
		return nil, err
	}
	tags, err := specified(in.TagSpecifications, ec2types.ResourceTypeLaunchTemplate)
	if err != nil {
		return nil, err
	}
	if id, ok := r.madeFor("lt", in.ClientToken); ok {
		if t, ok := r.templates.get(id); ok {
			return &awsec2.CreateLaunchTemplateOutput{LaunchTemplate: r.describedTemplate(t)}, nil
		}
	}
	name := *in.LaunchTemplateName
	if _, err := r.template(name); err == nil {
		return nil, sim.Errorf("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
	}
	data, err := as[spec](in.LaunchTemplateData)
	if err != nil {
		return nil, err
	}
	if _, err := r.resolve(aws.ToString(data.ImageId)); err != nil {
		return nil, err
	}
	now := r.f.sim.Now().Truncate(time.Second)
	t := template{
		id: r.id("lt-", name), name: name, by: c.Caller.ARN, made: now, preferred: 1, latest: 1,
		versions: []templateVersion{{number: 1, description: in.VersionDescription, by: c.Caller.ARN, made: now, data: *data}},
	}
	r.templates.put(t.id, t)
	r.keepToken("lt", in.ClientToken, t.id)
	r.tag(t.id, tags)
	return &awsec2.CreateLaunchTemplateOutput{LaunchTemplate: r.describedTemplate(t), Warning: warning(in.LaunchTemplateData)}, nil
}

// warning is what AWS says of data that it keeps and that cannot be launched.
func warning(d *ec2types.RequestLaunchTemplateData) *ec2types.ValidationWarning {
	var out ec2types.ValidationWarning
	for _, e := range ruleset.Launchable.All(nil, d) {
		out.Errors = append(out.Errors, ec2types.ValidationError{Code: aws.String(e.Code), Message: aws.String(e.Text)})
	}
	if len(out.Errors) == 0 {
		return nil
	}
	return &out
}

// modifyTemplate chooses the default version.
func (r *region) modifyTemplate(in *awsec2.ModifyLaunchTemplateInput) (*awsec2.ModifyLaunchTemplateOutput, error) {
	t, err := r.chosen(in.LaunchTemplateId, in.LaunchTemplateName)
	if err != nil {
		return nil, err
	}
	if in.DefaultVersion != nil {
		v, err := t.version(*in.DefaultVersion)
		if err != nil {
			return nil, err
		}
		t.preferred = v.number
		r.templates.put(t.id, t)
	}
	return &awsec2.ModifyLaunchTemplateOutput{LaunchTemplate: r.describedTemplate(t)}, nil
}

// deleteTemplate forgets a template. AWS does not ask who launches from it.
func (r *region) deleteTemplate(in *awsec2.DeleteLaunchTemplateInput) (*awsec2.DeleteLaunchTemplateOutput, error) {
	t, err := r.chosen(in.LaunchTemplateId, in.LaunchTemplateName)
	if err != nil {
		return nil, err
	}
	out := &awsec2.DeleteLaunchTemplateOutput{LaunchTemplate: r.describedTemplate(t)}
	r.templates.drop(t.id)
	delete(r.tags, t.id)
	return out, nil
}

func (r *region) describeTemplates(in *awsec2.DescribeLaunchTemplatesInput) (*awsec2.DescribeLaunchTemplatesOutput, error) {
	ids := append([]string(nil), in.LaunchTemplateIds...)
	for _, name := range in.LaunchTemplateNames {
		t, err := r.template(name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, t.id)
	}
	list, next, err := describe(r, templateView, r.templates.all(), query{ids, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &awsec2.DescribeLaunchTemplatesOutput{NextToken: next}
	for _, t := range list {
		out.LaunchTemplates = append(out.LaunchTemplates, *r.describedTemplate(t))
	}
	return out, nil
}
