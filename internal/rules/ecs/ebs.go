// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

const docEBS = api + "API_ServiceManagedEBSVolumeConfiguration.html"

// ebsVolume is an EBS volume of services and of tasks alike.
type ebsVolume struct {
	name   string
	config *ecstypes.ServiceManagedEBSVolumeConfiguration
	single bool
}

func ofServiceVolumes(all []ecstypes.ServiceVolumeConfiguration) []ebsVolume {
	list := make([]ebsVolume, len(all))
	for i, v := range all {
		list[i] = ebsVolume{name: value(v.Name), config: v.ManagedEBSVolume}
	}
	return list
}

func ofTaskVolumes(all []ecstypes.TaskVolumeConfiguration) []ebsVolume {
	list := make([]ebsVolume, len(all))
	for i, v := range all {
		list[i] = ebsVolume{name: value(v.Name), single: true}
		if m := v.ManagedEBSVolume; m != nil {
			list[i].config = &ecstypes.ServiceManagedEBSVolumeConfiguration{
				RoleArn: m.RoleArn, Encrypted: m.Encrypted, FilesystemType: m.FilesystemType, Iops: m.Iops, KmsKeyId: m.KmsKeyId,
				SizeInGiB: m.SizeInGiB, SnapshotId: m.SnapshotId, TagSpecifications: m.TagSpecifications, Throughput: m.Throughput,
				VolumeInitializationRate: m.VolumeInitializationRate, VolumeType: m.VolumeType,
			}
		}
	}
	return list
}

// ebsRules look at the EBS volumes that view finds in an input, and at the task
// definition that they are of. Their order and most texts are not published.
func ebsRules[T any](view func(r *rules.Report, in *T) (volumes []ebsVolume, taskDefinition string, daemon, fargate bool)) []rules.Rule[T] {
	each := func(check func(r *rules.Report, path string, v ebsVolume)) func(r *rules.Report, in *T) {
		return func(r *rules.Report, in *T) {
			volumes, _, _, _ := view(r, in)
			for i, v := range volumes {
				path := rules.Elem("VolumeConfigurations", &v.name, i)
				if v.config == nil {
					v.config = &ecstypes.ServiceManagedEBSVolumeConfiguration{}
				}
				check(r, path, v)
			}
		}
	}
	rule := func(id, doc string, check func(r *rules.Report, in *T)) rules.Rule[T] {
		return rules.Rule[T]{Meta: rules.Meta{ID: id, Code: invalidParameter, Doc: doc}, Check: check}
	}
	return []rules.Rule[T]{
		rule("ecs-volume-at-launch", docPreflight, func(r *rules.Report, in *T) {
			volumes, ref, _, _ := view(r, in)
			atLaunch(r, volumes, ref)
		}),
		rule("ecs-ebs-daemon", guide+"ebs-volumes.html", func(r *rules.Report, in *T) {
			if volumes, _, daemon, _ := view(r, in); daemon && len(volumes) > 0 {
				r.Add(rules.Problem{
					Path: "VolumeConfigurations", Got: "a volume with DAEMON", Want: "REPLICA",
					Text: "volumeConfigurations is not supported for services with the DAEMON scheduling strategy.",
				})
			}
		}),
		rule("ecs-ebs-one", api+"API_Volume.html", func(r *rules.Report, in *T) {
			if volumes, _, _, _ := view(r, in); len(volumes) > 1 {
				r.Add(rules.Problem{
					Path: "VolumeConfigurations", Got: strconv.Itoa(len(volumes)) + " volumes", Want: "at most one",
					Text: "volumeConfigurations can have at most 1 items.",
				})
			}
		}),
		rule("ecs-ebs-role", docEBS, each(ebsRole)),
		rule("ecs-ebs-source", docEBS, each(ebsSource)),
		rule("ecs-ebs-type", docEBS, each(ebsType)),
		rule("ecs-ebs-size", docEBS, each(ebsSize)),
		rule("ecs-ebs-iops", docEBS, each(ebsIOPS)),
		rule("ecs-ebs-throughput", docEBS, each(ebsThroughput)),
		rule("ecs-ebs-rate", docEBS, each(ebsRate)),
		rule("ecs-ebs-filesystem", docEBS, each(ebsFileSystem)),
		rule("ecs-ebs-tags", api+"API_EBSTagSpecification.html", each(ebsTags)),
		rule("ecs-ebs-magnetic-fargate", docEBS, func(r *rules.Report, in *T) {
			volumes, _, _, onFargate := view(r, in)
			for i, v := range volumes {
				if onFargate && v.config != nil && value(v.config.VolumeType) == magnetic {
					r.Add(rules.Problem{
						Path: rules.Elem("VolumeConfigurations", &v.name, i) + ".ManagedEBSVolume.VolumeType", Got: magnetic, Want: "another type on Fargate",
						Text: "The volume type 'standard' is not supported for tasks on AWS Fargate.",
					})
				}
			}
		}),
	}
}

// atLaunch compares the volumes with those of the task definition, either way round.
func atLaunch(r *rules.Report, volumes []ebsVolume, taskDefinition string) {
	t, ok := taskOf(r, taskDefinition)
	if !ok {
		return
	}
	for i, v := range volumes {
		if !launchVolume(t, v.name) {
			r.Add(rules.Problem{
				Path: rules.Elem("VolumeConfigurations", &v.name, i), Got: quote(v.name), Want: "a volume of the task definition that is ConfiguredAtLaunch",
				Text: fmt.Sprintf("The volume name '%s' in your request does not have a matching volume in your Task Definition that is configurable at launch.", v.name),
			})
		}
	}
	for i := range t.Volumes {
		name := value(t.Volumes[i].Name)
		if value(t.Volumes[i].ConfiguredAtLaunch) && !slices.ContainsFunc(volumes, func(v ebsVolume) bool { return v.name == name }) {
			r.Add(rules.Problem{
				Path: "VolumeConfigurations", Got: "none for " + quote(name), Want: "a configuration of the volume, which is ConfiguredAtLaunch",
				Text: fmt.Sprintf("The task definition has the volume '%s' that is configured at launch, but no volume configuration with that name was provided.", name),
			})
		}
	}
}

func launchVolume(t *task, name string) bool {
	for i := range t.Volumes {
		if value(t.Volumes[i].Name) == name && value(t.Volumes[i].ConfiguredAtLaunch) {
			return true
		}
	}
	return false
}

func ebsRole(r *rules.Report, path string, v ebsVolume) {
	if value(v.config.RoleArn) == "" {
		r.Add(rules.Problem{Path: path + ".ManagedEBSVolume.RoleArn", Got: "none", Want: "the ARN of the ECS infrastructure role", Text: "roleArn can not be empty."})
	}
}

func ebsSource(r *rules.Report, path string, v ebsVolume) {
	if v.config.SizeInGiB == nil && value(v.config.SnapshotId) == "" {
		r.Add(rules.Problem{
			Path: path + ".ManagedEBSVolume", Got: "neither size nor snapshot", Want: "one of them",
			Text: "You must specify either a volume size or a snapshot ID.",
		})
	}
}

const magnetic = "standard"

// ebsKind is what a type of volumes allows.
type ebsKind struct{ least, most, leastIOPS, mostIOPS int32 }

// ebsKinds: sizes in GiB; types without bounds of IOPS take none.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceManagedEBSVolumeConfiguration.html
var ebsKinds = map[string]ebsKind{
	"gp2": {1, 16384, 100, 16000}, "gp3": {1, 16384, 3000, 16000},
	"io1": {4, 16384, 100, 64000}, "io2": {4, 16384, 100, 256000},
	"st1": {125, 16384, 0, 0}, "sc1": {125, 16384, 0, 0}, magnetic: {1, 1024, 0, 0},
}

// kindOf is the kind of a volume: gp3, as ECS says, unless it has one.
func kindOf(v ebsVolume) (name string, kind ebsKind, known bool) {
	if name = value(v.config.VolumeType); name == "" {
		name = "gp3"
	}
	kind, known = ebsKinds[name]
	return name, kind, known
}

func ebsType(r *rules.Report, path string, v ebsVolume) {
	if name, _, known := kindOf(v); !known {
		r.Add(rules.Problem{Path: path + ".ManagedEBSVolume.VolumeType", Got: quote(name), Want: "gp2, gp3, io1, io2, st1, sc1 or standard"})
	}
}

func ebsSize(r *rules.Report, path string, v ebsVolume) {
	if name, kind, known := kindOf(v); known {
		between(r, path+".ManagedEBSVolume.SizeInGiB", v.config.SizeInGiB, kind.least, kind.most, " GiB",
			fmt.Sprintf("Volume of %dGiB is out of range for volume type %s; must be between %d and %d GiB.",
				value(v.config.SizeInGiB), name, kind.least, kind.most))
	}
}

func ebsIOPS(r *rules.Report, path string, v ebsVolume) {
	name, kind, known := kindOf(v)
	iops := v.config.Iops
	path += ".ManagedEBSVolume.Iops"
	switch {
	case !known:
	case iops == nil && (name == "io1" || name == "io2"):
		r.Add(rules.Problem{Path: path, Got: "none", Want: "a number of IOPS for " + name, Text: "The parameter iops must be specified for " + name + " volumes."})
	case iops != nil && kind.mostIOPS == 0:
		r.Add(rules.Problem{Path: path, Got: strconv.Itoa(int(*iops)), Want: "none for " + name, Text: "The parameter iops is not supported for " + name + " volumes."})
	default:
		between(r, path, iops, kind.leastIOPS, kind.mostIOPS, " IOPS", "")
	}
}

// The bounds of throughput, and of the rate at which snapshots are read, in MiB/s.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html
const (
	leastThroughput, mostThroughput = 125, 1000
	leastRate, mostRate             = 100, 300
)

func ebsThroughput(r *rules.Report, path string, v ebsVolume) {
	name, _, _ := kindOf(v)
	path += ".ManagedEBSVolume.Throughput"
	if v.config.Throughput != nil && name != "gp3" {
		r.Add(rules.Problem{
			Path: path, Got: "a throughput for " + name, Want: "none but for gp3", Text: "The parameter throughput is not supported for " + name + " volumes.",
		})
		return
	}
	between(r, path, v.config.Throughput, leastThroughput, mostThroughput, " MiB/s", "")
}

func ebsRate(r *rules.Report, path string, v ebsVolume) {
	path += ".ManagedEBSVolume.VolumeInitializationRate"
	if v.config.VolumeInitializationRate != nil && value(v.config.SnapshotId) == "" {
		r.Add(rules.Problem{Path: path, Got: "a rate without snapshot", Want: "a snapshot", Text: "volumeInitializationRate can be specified only with a snapshotId."})
		return
	}
	between(r, path, v.config.VolumeInitializationRate, leastRate, mostRate, " MiB/s", "")
}

func ebsFileSystem(r *rules.Report, path string, v ebsVolume) {
	if f := v.config.FilesystemType; f != "" && !slices.Contains(f.Values(), f) {
		r.Add(rules.Problem{Path: path + ".ManagedEBSVolume.FilesystemType", Got: quote(string(f)), Want: "ext3, ext4, xfs, or ntfs on Windows"})
	}
}

var reservedVolumeTag = regexp.MustCompile(`^AmazonECS(Created|Managed)$`)

func ebsTags(r *rules.Report, path string, v ebsVolume) {
	for i, s := range v.config.TagSpecifications {
		at := path + ".ManagedEBSVolume." + rules.Elem("TagSpecifications", nil, i)
		if v.single && s.PropagateTags != "" && s.PropagateTags != ecstypes.PropagateTagsTaskDefinition && s.PropagateTags != ecstypes.PropagateTagsNone {
			r.Add(rules.Problem{Path: at + ".PropagateTags", Got: quote(string(s.PropagateTags)), Want: "none for a task that no service looks after"})
		}
		for _, t := range s.Tags {
			if key := value(t.Key); reservedVolumeTag.MatchString(key) || strings.HasPrefix(key, "aws:") {
				r.Add(rules.Problem{Path: at + ".Tags", Got: quote(key), Want: "another key: that one is AWS's own"})
			}
		}
	}
}

func serviceVolumes(_ *rules.Report, in *service) ([]ebsVolume, string, bool, bool) {
	l := ofService(nil, in)
	return ofServiceVolumes(in.VolumeConfigurations), value(in.TaskDefinition), daemon(in), l.fargate()
}

func runVolumes(_ *rules.Report, in *awsecs.RunTaskInput) ([]ebsVolume, string, bool, bool) {
	return ofTaskVolumes(in.VolumeConfigurations), value(in.TaskDefinition), false, ofRun(nil, in).fargate()
}

// updateVolumes are those that an update gives; what it leaves out stays as it is.
func updateVolumes(r *rules.Report, in *update) ([]ebsVolume, string, bool, bool) {
	s, ok := current(r, in)
	if !ok {
		return ofServiceVolumes(in.VolumeConfigurations), value(in.TaskDefinition), false, false
	}
	volumes, ref := in.VolumeConfigurations, value(in.TaskDefinition)
	if volumes == nil {
		volumes = s.VolumeConfigurations
	}
	if ref == "" {
		ref = value(s.TaskDefinition)
	}
	return ofServiceVolumes(volumes), ref, daemon(s), ofService(nil, s).fargate()
}
