// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"maps"
	"slices"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
	"github.com/slipway-go/slipway/internal/rules"
	"github.com/slipway-go/slipway/vpc"
)

// LaunchTemplate says what an instance is launched from. Each change makes a new version
// of it, which becomes the default one. It is a value: each With returns a copy.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestLaunchTemplateData.html
type LaunchTemplate struct {
	name         string
	image        Image
	kind         string
	profile      iam.ProfileRef
	groups       []vpc.GroupRef
	userData     string
	volumes      []Volume
	metadata     Metadata
	key          string
	monitored    bool
	optimized    *bool
	public       *bool
	spot         *Spot
	credits      string
	tags         map[string]string
	instanceTags map[string]string
	volumeTags   map[string]string
	uses         []slipway.Resource
	overrides    []func(*awsec2.CreateLaunchTemplateInput)
}

// NewLaunchTemplate returns a template whose instances run the image. The name has 3 to
// 128 letters, digits and ()./_- and is unique in the region. It cannot be changed later.
// The metadata service of the instances answers only requests with a token, see
// [LaunchTemplate.WithMetadata].
func NewLaunchTemplate(name string, image Image) LaunchTemplate {
	return LaunchTemplate{name: name, image: image}
}

// WithInstanceType sets the type, such as "m7i.large". A group with several types, or
// with requirements, needs none.
func (l LaunchTemplate) WithInstanceType(kind string) LaunchTemplate {
	l.kind = kind
	return l
}

// WithInstanceProfile gives the instances the role of a profile.
func (l LaunchTemplate) WithInstanceProfile(p iam.ProfileRef) LaunchTemplate {
	l.profile = p
	return l
}

// WithSecurityGroup adds a security group of the instances; without any they are in
// that which the VPC has by default.
func (l LaunchTemplate) WithSecurityGroup(g vpc.GroupRef) LaunchTemplate {
	if g == nil {
		g = vpc.GroupID("")
	}
	l.groups = append(slices.Clip(l.groups), g)
	return l
}

// WithUserData sets what instances are given when they start, as plain text of up to
// 16,384 bytes: a script, cloud-init's or Bottlerocket's settings. It may hold
// placeholders ([slipway.Ref]) of resources that are declared elsewhere; see
// [LaunchTemplate.WithUses]. It is no place for secrets: who may describe templates
// reads it.
func (l LaunchTemplate) WithUserData(text string) LaunchTemplate {
	l.userData = text
	return l
}

// WithUses declares resources together with the template, such as those that its user
// data refers to.
func (l LaunchTemplate) WithUses(resources ...slipway.Resource) LaunchTemplate {
	l.uses = append(slices.Clip(l.uses), resources...)
	return l
}

// WithVolume adds a volume, or changes that which the image has under the device.
func (l LaunchTemplate) WithVolume(v Volume) LaunchTemplate {
	l.volumes = append(slices.Clip(l.volumes), v)
	return l
}

// WithMetadata sets who may ask the instance metadata service.
func (l LaunchTemplate) WithMetadata(m Metadata) LaunchTemplate {
	l.metadata = m
	return l
}

// WithKeyName sets the key pair for SSH; without one there is none.
func (l LaunchTemplate) WithKeyName(name string) LaunchTemplate {
	l.key = name
	return l
}

// WithDetailedMonitoring has metrics every minute, which are charged, in place of every
// five. Scaling on CPU reacts sooner with them.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/enable-as-instance-metrics.html
func (l LaunchTemplate) WithDetailedMonitoring() LaunchTemplate {
	l.monitored = true
	return l
}

// WithEBSOptimized sets whether traffic to EBS has bandwidth of its own, for types
// where that can be chosen.
func (l LaunchTemplate) WithEBSOptimized(on bool) LaunchTemplate {
	l.optimized = &on
	return l
}

// WithPublicIP sets whether instances get a public address; without it the subnet
// decides.
func (l LaunchTemplate) WithPublicIP(on bool) LaunchTemplate {
	l.public = &on
	return l
}

// WithSpot launches Spot instances only. A group that has both kinds says so by
// [Group.WithMix], and its template may not.
func (l LaunchTemplate) WithSpot(s Spot) LaunchTemplate {
	l.spot = &s
	return l
}

// WithUnlimitedCredits sets whether a burstable type (T family) may use more CPU than it
// has credits for, at a charge; without it the type decides.
func (l LaunchTemplate) WithUnlimitedCredits(on bool) LaunchTemplate {
	l.credits = "standard"
	if on {
		l.credits = "unlimited"
	}
	return l
}

// WithTag sets a tag of the template itself.
func (l LaunchTemplate) WithTag(key, value string) LaunchTemplate {
	l.tags = with(l.tags, key, value)
	return l
}

// WithInstanceTag sets a tag of the instances.
func (l LaunchTemplate) WithInstanceTag(key, value string) LaunchTemplate {
	l.instanceTags = with(l.instanceTags, key, value)
	return l
}

// WithVolumeTag sets a tag of the instances' volumes.
func (l LaunchTemplate) WithVolumeTag(key, value string) LaunchTemplate {
	l.volumeTags = with(l.volumeTags, key, value)
	return l
}

// WithOverride has f change the input of CreateLaunchTemplate after everything else, for
// what this builder does not offer.
func (l LaunchTemplate) WithOverride(f func(*awsec2.CreateLaunchTemplateInput)) LaunchTemplate {
	l.overrides = append(slices.Clip(l.overrides), f)
	return l
}

// ID names the template.
func (l LaunchTemplate) ID() slipway.ID {
	return slipway.ID{Kind: model.KindLaunchTemplate, Name: l.name}
}

// Name returns the template's name.
func (l LaunchTemplate) Name() string { return l.name }

// TemplateID returns the template's ID, as a placeholder.
func (l LaunchTemplate) TemplateID() string { return slipway.Ref(l.ID(), "id") }

// Version returns the number of the default version, as a placeholder.
func (l LaunchTemplate) Version() string { return slipway.Ref(l.ID(), "version") }

// SecurityGroups returns those of the instances.
func (l LaunchTemplate) SecurityGroups() []vpc.GroupRef { return slices.Clone(l.groups) }

// InstanceProfile returns that of the instances, nil if they have none.
func (l LaunchTemplate) InstanceProfile() iam.ProfileRef { return l.profile }

// Resources returns the template itself, which brings its profile and groups.
func (l LaunchTemplate) Resources() []slipway.Resource { return []slipway.Resource{l} }

// Build returns the input of CreateLaunchTemplate.
func (l LaunchTemplate) Build() (slipway.Desired, error) {
	state, overridden, problems := l.state()
	if err := failed(l.ID(), problems); err != nil {
		return slipway.Desired{}, err
	}
	return slipway.Desired{Kind: templateKind(), State: state, Uses: l.needs(), Overridden: overridden}, nil
}

// Validate reports everything that AWS would reject.
func (l LaunchTemplate) Validate() error {
	state, _, problems := l.state()
	return failed(l.ID(), append(problems, templateDriver{}.Check(nil, state)...))
}

func (l LaunchTemplate) needs() []slipway.Resource {
	var all []slipway.Resource
	if l.profile != nil {
		all = append(all, l.profile.Resources()...)
	}
	for _, g := range l.groups {
		all = append(all, g.Resources()...)
	}
	return append(all, l.uses...)
}

// failed puts the ID before the paths of problems and joins them.
func failed(id slipway.ID, problems []slipway.FieldError) error {
	problems = slices.Clone(problems)
	for i := range problems {
		problems[i].Path = id.String() + " " + problems[i].Path
	}
	return rules.Errors(problems)
}

func with(m map[string]string, key, value string) map[string]string {
	m = maps.Clone(m)
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

// LaunchTemplateOutputs is what AWS says of a template once it exists; see
// [slipway.Output].
type LaunchTemplateOutputs struct {
	// ID such as "lt-0123456789abcdef0".
	ID string
	// Version is the number of the default version.
	Version string
}

// Outputs reads the outputs of the template.
func (l LaunchTemplate) Outputs(values map[string][]string) LaunchTemplateOutputs {
	return LaunchTemplateOutputs{ID: first(values["id"]), Version: first(values["version"])}
}

// first returns the only value of an output, or "".
func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
