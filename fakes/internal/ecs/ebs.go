// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// infrastructureService is who assumes infrastructure roles.
const infrastructureService = "ecs.amazonaws.com"

// launchVolume is how the EBS volume of each task is made.
type launchVolume struct {
	name   string
	config ecstypes.ServiceManagedEBSVolumeConfiguration
	keep   bool
}

func serviceVolumes(all []ecstypes.ServiceVolumeConfiguration) []launchVolume {
	var list []launchVolume
	for _, v := range all {
		if v.ManagedEBSVolume != nil {
			list = append(list, launchVolume{name: value(v.Name), config: *v.ManagedEBSVolume})
		}
	}
	return list
}

func taskVolumes(all []ecstypes.TaskVolumeConfiguration) []launchVolume {
	var list []launchVolume
	for _, v := range all {
		m := v.ManagedEBSVolume
		if m == nil {
			continue
		}
		list = append(list, launchVolume{
			name: value(v.Name), keep: m.TerminationPolicy != nil && !value(m.TerminationPolicy.DeleteOnTermination),
			config: ecstypes.ServiceManagedEBSVolumeConfiguration{
				RoleArn: m.RoleArn, Encrypted: m.Encrypted, FilesystemType: m.FilesystemType, Iops: m.Iops, KmsKeyId: m.KmsKeyId,
				SizeInGiB: m.SizeInGiB, SnapshotId: m.SnapshotId, TagSpecifications: m.TagSpecifications, Throughput: m.Throughput,
				VolumeInitializationRate: m.VolumeInitializationRate, VolumeType: m.VolumeType,
			},
		})
	}
	return list
}

// passInfrastructure is the access to hand the volumes' roles to ECS.
func passInfrastructure(all []launchVolume) []sim.Access {
	var list []sim.Access
	for _, v := range all {
		if role := value(v.config.RoleArn); role != "" {
			list = append(list, sim.Access{
				Action: "iam:PassRole", Resource: role, Context: map[string][]string{"iam:PassedToService": {infrastructureService}},
			})
		}
	}
	return list
}

// manage becomes the infrastructure role.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshoot-ebs-volumes-scenarios.html
func (r *region) manage(v launchVolume) (sim.Principal, error) {
	role := value(v.config.RoleArn)
	p, err := r.f.needs.Access.Assume(role, infrastructureService, "ecs-infrastructure", map[string][]string{"aws:SourceAccount": {r.account}})
	if err != nil {
		return p, invalid("ECS was unable to assume the configured ECS Infrastructure Role '%s'. Please verify that the role being passed has the "+
			"proper trust relationship with Amazon ECS.", role)
	}
	return p, nil
}

// manageable reports whether all infrastructure roles can be assumed.
func (r *region) manageable(all []launchVolume) error {
	for _, v := range all {
		if _, err := r.manage(v); err != nil {
			return err
		}
	}
	return nil
}

func (s *service) resolveVolumes() error {
	return s.cl.r.manageable(serviceVolumes(s.input.VolumeConfigurations))
}

// mergeVolumes takes over the volumes of an update: an empty list takes them away.
func mergeVolumes(next *awsecs.CreateServiceInput, in *awsecs.UpdateServiceInput) (changed bool) {
	if in.VolumeConfigurations == nil || sameList(in.VolumeConfigurations, next.VolumeConfigurations) {
		return false
	}
	next.VolumeConfigurations = in.VolumeConfigurations
	return true
}

// taskVolume is the EBS volume of a task.
type taskVolume struct {
	launchVolume

	attachment, id, status, reason string
	as                             sim.Principal
}

// The states of an attachment.
const (
	volumePrecreated = "PRECREATED"
	volumeCreated    = "CREATED"
	volumeAttached   = "ATTACHED"
	volumeDeleted    = "DELETED"
)

// planVolumes tells the task which volumes it will have.
func (t *task) planVolumes() {
	for _, v := range t.spec.volumes {
		id := t.fake().sim.ID(32, "ecs-volume", t.arn, v.name)
		t.volumes = append(t.volumes, &taskVolume{launchVolume: v, attachment: uuidOf(id), status: volumePrecreated})
	}
}

// makeVolumes makes and attaches the task's volumes, and returns why it cannot. AWS
// does not publish how the reasons begin; what follows is EC2's own answer.
func (t *task) makeVolumes() string {
	for _, v := range t.volumes {
		if err := t.makeVolume(v); err != nil {
			v.status, v.reason = volumeDeleted, message(err)
			if v.id != "" {
				t.fake().needs.Volumes.DeleteVolume(t.region(), v.id)
			}
			return v.reason
		}
	}
	return ""
}

func (t *task) makeVolume(v *taskVolume) (err error) {
	if v.as, err = t.cl.r.manage(v.launchVolume); err != nil {
		return err
	}
	wanted := v.wanted(t)
	if err := t.allowVolume(v, wanted); err != nil {
		return err
	}
	made, err := t.fake().needs.Volumes.CreateVolume(t.region(), wanted, t.arn)
	if err != nil {
		return err
	}
	v.id, v.status = made.ID, volumeCreated
	if made.FileSystem != wanted.FileSystem {
		return invalid("The file system type %s of the volume configuration does not match that of the snapshot %s.", wanted.FileSystem, wanted.Snapshot)
	}
	if err := t.volumeAccess(v, "ec2:AttachVolume", "volume/"+v.id, wanted.Tags, "aws:ResourceTag/"); err != nil {
		return err
	}
	t.fake().needs.Volumes.AttachVolume(t.region(), v.id, t.arn)
	v.status = volumeAttached
	return nil
}

// wanted is the volume as EC2 is asked for it.
func (v *taskVolume) wanted(t *task) world.Volume {
	c := &v.config
	w := world.Volume{
		Zone: t.zone, Type: or(c.VolumeType, "gp3"), Snapshot: value(c.SnapshotId), KMSKey: value(c.KmsKeyId), Size: value(c.SizeInGiB),
		IOPS: value(c.Iops), Throughput: value(c.Throughput), Encrypted: value(c.Encrypted), FileSystem: string(c.FilesystemType),
		Tags: map[string]string{"AmazonECSCreated": t.arn, "AmazonECSManaged": "true"},
	}
	if w.Type == "gp3" {
		const gp3IOPS, gp3Throughput = 3000, 125
		w.IOPS, w.Throughput = or(c.Iops, gp3IOPS), or(c.Throughput, gp3Throughput)
	}
	if w.FileSystem == "" {
		w.FileSystem = string(ecstypes.TaskFilesystemTypeXfs)
	}
	for _, s := range c.TagSpecifications {
		for _, tag := range t.cl.propagated(t, s.PropagateTags) {
			w.Tags[value(tag.Key)] = value(tag.Value)
		}
		for _, tag := range s.Tags {
			w.Tags[value(tag.Key)] = value(tag.Value)
		}
	}
	return w
}

// propagated are the tags that a volume gets from elsewhere.
func (cl *cluster) propagated(t *task, from ecstypes.PropagateTags) []ecstypes.Tag {
	switch {
	case from == ecstypes.PropagateTagsTaskDefinition:
		return t.spec.td.tags
	case from == ecstypes.PropagateTagsService && t.dep != nil:
		return t.dep.service.tags
	default:
		return nil
	}
}

// allowVolume asks whether the infrastructure role may make the volume.
func (t *task) allowVolume(v *taskVolume, wanted world.Volume) error {
	if err := t.volumeAccess(v, "ec2:CreateVolume", "volume/*", wanted.Tags, "aws:RequestTag/"); err != nil {
		return err
	}
	if wanted.Snapshot != "" {
		if err := t.volumeAccess(v, "ec2:CreateVolume", "snapshot/"+wanted.Snapshot, nil, ""); err != nil {
			return err
		}
	}
	return t.volumeAccess(v, "ec2:CreateTags", "volume/*", wanted.Tags, "aws:RequestTag/")
}

func (t *task) volumeAccess(v *taskVolume, action, resource string, tags map[string]string, key string) error {
	r := t.cl.r
	a := sim.Access{Action: action, Resource: "arn:" + r.partition + ":ec2:" + r.name + ":" + r.account + ":" + resource}
	for name, tag := range tags {
		a = a.With(key+name, tag)
	}
	if action == "ec2:CreateTags" {
		a = a.With("ec2:CreateAction", "CreateVolume")
	}
	return r.f.needs.Access.Authorize(v.as, a)
}

// releaseVolumes detaches the task's volumes, and deletes those that are not to be
// kept, if the role may.
func (t *task) releaseVolumes() {
	for _, v := range t.volumes {
		if v.status == volumeDeleted || v.id == "" {
			v.status = volumeDeleted
			continue
		}
		v.status = volumeDeleted
		volumes := t.fake().needs.Volumes
		volumes.DetachVolume(t.region(), v.id)
		mayDelete := t.volumeAccess(v, "ec2:DeleteVolume", "volume/"+v.id, v.wanted(t).Tags, "aws:ResourceTag/") == nil
		if !v.keep && mayDelete {
			volumes.DeleteVolume(t.region(), v.id)
		}
	}
}

// attachments of the task: its network interface and its volumes.
func (t *task) attachments() []ecstypes.Attachment {
	list := []ecstypes.Attachment{}
	if t.awsvpc() {
		list = append(list, t.attachmentView())
	}
	pair := func(name, v string) ecstypes.KeyValuePair { return ecstypes.KeyValuePair{Name: &name, Value: &v} }
	for _, v := range t.volumes {
		details := []ecstypes.KeyValuePair{pair("roleArn", value(v.config.RoleArn)), pair("volumeName", v.name)}
		details = append(details, pair("deleteOnTermination", boolText(!v.keep)))
		if v.id != "" {
			details = append(details, pair("volumeId", v.id))
		}
		if v.reason != "" {
			details = append(details, pair("statusReason", v.reason))
		}
		list = append(list, ecstypes.Attachment{
			Id: &v.attachment, Type: new("AmazonElasticBlockStorage"), Status: new(v.status), Details: details,
		})
	}
	return list
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
