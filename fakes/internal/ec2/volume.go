// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

var _ world.Volumes = (*Fake)(nil)

// volume is an EBS volume, and how it is formatted.
type volume struct {
	ec2types.Volume

	format string
}

// snapshot is what is kept of a volume.
type snapshot struct {
	ec2types.Snapshot

	format string
}

var volumeView = view[volume]{
	prefix: "vol-", id: func(v volume) string { return aws.ToString(v.VolumeId) },
	filters: map[string]func(volume) []string{
		"volume-id":         one(func(v volume) *string { return v.VolumeId }),
		"availability-zone": one(func(v volume) *string { return v.AvailabilityZone }),
		"snapshot-id":       one(func(v volume) *string { return v.SnapshotId }),
		"status":            text(func(v volume) ec2types.VolumeState { return v.State }),
		"volume-type":       text(func(v volume) ec2types.VolumeType { return v.VolumeType }),
		"encrypted":         flag(func(v volume) *bool { return v.Encrypted }),
	},
}

var snapshotView = view[snapshot]{
	prefix: "snap-", id: func(s snapshot) string { return aws.ToString(s.SnapshotId) },
	filters: map[string]func(snapshot) []string{
		"snapshot-id": one(func(s snapshot) *string { return s.SnapshotId }),
		"volume-id":   one(func(s snapshot) *string { return s.VolumeId }),
		"owner-id":    one(func(s snapshot) *string { return s.OwnerId }),
		"status":      text(func(s snapshot) ec2types.SnapshotState { return s.State }),
	},
}

func registerVolumes(s *sim.Service, f *Fake) {
	handle(s, f, "DescribeVolumes", (*region).describeVolumes)
	handle(s, f, "DeleteVolume", (*region).deleteVolume, sim.Needs(func(c *sim.Call, in *awsec2.DeleteVolumeInput) []sim.Access {
		return access(c, "volume/"+aws.ToString(in.VolumeId))
	}))
	handle(s, f, "CreateSnapshot", (*region).createSnapshot, sim.Refuses[awsec2.CreateSnapshotInput]("Location", "OutpostArn"),
		sim.Needs(func(c *sim.Call, in *awsec2.CreateSnapshotInput) []sim.Access {
			return creating(c, in.TagSpecifications, access(c, "snapshot/*", "volume/"+aws.ToString(in.VolumeId))...)
		}))
	handle(s, f, "DescribeSnapshots", (*region).describeSnapshots,
		sim.Refuses[awsec2.DescribeSnapshotsInput]("RestorableByUserIds"))
	handle(s, f, "DeleteSnapshot", (*region).deleteSnapshot, sim.Needs(func(c *sim.Call, in *awsec2.DeleteSnapshotInput) []sim.Access {
		return access(c, "snapshot/"+aws.ToString(in.SnapshotId))
	}))
}

func (r *region) describeVolumes(in *awsec2.DescribeVolumesInput) (*awsec2.DescribeVolumesOutput, error) {
	list, next, err := describe(r, volumeView, r.volumes.all(), query{ids: in.VolumeIds, filters: in.Filters, size: in.MaxResults, token: in.NextToken})
	out := &awsec2.DescribeVolumesOutput{Volumes: []ec2types.Volume{}, NextToken: next}
	for _, v := range list {
		out.Volumes = append(out.Volumes, r.describedVolume(v))
	}
	return out, err
}

func (r *region) describedVolume(v volume) ec2types.Volume {
	d := v.Volume
	d.Tags = r.tags[aws.ToString(v.VolumeId)]
	return d
}

func (r *region) deleteVolume(in *awsec2.DeleteVolumeInput) (*awsec2.DeleteVolumeOutput, error) {
	v, err := need(&r.volumes, "vol-", aws.ToString(in.VolumeId))
	if err != nil {
		return nil, err
	}
	if v.State == ec2types.VolumeStateInUse {
		return nil, sim.Errorf("VolumeInUse", "Volume %s is currently attached to %s", *v.VolumeId, aws.ToString(v.Attachments[0].AssociatedResource))
	}
	r.forgetVolume(*v.VolumeId)
	return &awsec2.DeleteVolumeOutput{}, nil
}

func (r *region) forgetVolume(id string) {
	r.volumes.drop(id)
	delete(r.tags, id)
}

func (r *region) createSnapshot(in *awsec2.CreateSnapshotInput) (*awsec2.CreateSnapshotOutput, error) {
	v, err := need(&r.volumes, "vol-", aws.ToString(in.VolumeId))
	if err != nil {
		return nil, err
	}
	tags, err := specified(in.TagSpecifications, ec2types.ResourceTypeSnapshot)
	if err != nil {
		return nil, err
	}
	id := r.id("snap-", *v.VolumeId)
	r.tag(id, tags)
	s := snapshot{format: v.format, Snapshot: ec2types.Snapshot{
		SnapshotId: &id, VolumeId: v.VolumeId, VolumeSize: v.Size, Encrypted: v.Encrypted, KmsKeyId: v.KmsKeyId, Description: in.Description,
		OwnerId: aws.String(r.account), Progress: aws.String("100%"), StartTime: aws.Time(r.f.sim.Now()), State: ec2types.SnapshotStateCompleted,
	}}
	r.snapshots.put(id, s)
	return &awsec2.CreateSnapshotOutput{
		SnapshotId: s.SnapshotId, VolumeId: s.VolumeId, VolumeSize: s.VolumeSize, Encrypted: s.Encrypted, Description: s.Description,
		OwnerId: s.OwnerId, Progress: s.Progress, StartTime: s.StartTime, State: s.State, Tags: r.tags[id],
	}, nil
}

// describeSnapshots shows those of the account: others are not simulated.
func (r *region) describeSnapshots(in *awsec2.DescribeSnapshotsInput) (*awsec2.DescribeSnapshotsOutput, error) {
	all := r.snapshots.all()
	if len(in.OwnerIds) > 0 && !slices.Contains(in.OwnerIds, "self") && !slices.Contains(in.OwnerIds, r.account) {
		all = nil
	}
	list, next, err := describe(r, snapshotView, all, query{ids: in.SnapshotIds, filters: in.Filters, size: in.MaxResults, token: in.NextToken})
	out := &awsec2.DescribeSnapshotsOutput{Snapshots: []ec2types.Snapshot{}, NextToken: next}
	for _, s := range list {
		s.Tags = r.tags[*s.SnapshotId]
		out.Snapshots = append(out.Snapshots, s.Snapshot)
	}
	return out, err
}

func (r *region) deleteSnapshot(in *awsec2.DeleteSnapshotInput) (*awsec2.DeleteSnapshotOutput, error) {
	s, err := need(&r.snapshots, "snap-", aws.ToString(in.SnapshotId))
	if err != nil {
		return nil, err
	}
	r.snapshots.drop(*s.SnapshotId)
	delete(r.tags, *s.SnapshotId)
	return &awsec2.DeleteSnapshotOutput{}, nil
}

// CreateVolume makes a volume for a task.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html
func (f *Fake) CreateVolume(region string, v world.Volume, task string) (world.Volume, error) {
	r := f.of(region)
	if v.Snapshot != "" {
		s, err := need(&r.snapshots, "snap-", v.Snapshot)
		if err != nil {
			return world.Volume{}, err
		}
		size := aws.ToInt32(s.VolumeSize)
		if v.Size == 0 {
			v.Size = size
		}
		if v.Size < size {
			return world.Volume{}, sim.Errorf("InvalidParameterValue", "Volume of %dGiB is smaller than snapshot '%s', expect size>= %dGiB", v.Size, v.Snapshot, size)
		}
		v.FileSystem, v.Encrypted = s.format, v.Encrypted || aws.ToBool(s.Encrypted)
	}
	v.ID = r.id("vol-", task)
	made := volume{format: v.FileSystem, Volume: ec2types.Volume{
		VolumeId: &v.ID, AvailabilityZone: &v.Zone, AvailabilityZoneId: aws.String(zoneID(r.name, v.Zone)), Size: &v.Size,
		VolumeType: ec2types.VolumeType(v.Type), State: ec2types.VolumeStateAvailable, Encrypted: &v.Encrypted,
		CreateTime: aws.Time(r.f.sim.Now()), MultiAttachEnabled: aws.Bool(false), Attachments: []ec2types.VolumeAttachment{},
		SnapshotId: aws.String(v.Snapshot), Iops: positive(v.IOPS), Throughput: positive(v.Throughput),
	}}
	if v.KMSKey != "" {
		made.KmsKeyId = &v.KMSKey
	}
	var tags []ec2types.Tag
	for key, value := range v.Tags {
		tags = append(tags, ec2types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	r.tag(v.ID, tags)
	r.volumes.put(v.ID, made)
	return v, nil
}

func positive(n int32) *int32 {
	if n == 0 {
		return nil
	}
	return &n
}

// AttachVolume attaches a volume to a task.
func (f *Fake) AttachVolume(region, id, task string) {
	r := f.of(region)
	v, ok := r.volumes.get(id)
	if !ok {
		return
	}
	v.State = ec2types.VolumeStateInUse
	v.Attachments = []ec2types.VolumeAttachment{{
		VolumeId: v.VolumeId, AssociatedResource: aws.String(task), State: ec2types.VolumeAttachmentStateAttached,
		AttachTime: aws.Time(r.f.sim.Now()), DeleteOnTermination: aws.Bool(false), InstanceOwningService: aws.String("fargate.amazonaws.com"),
	}}
	r.volumes.put(id, v)
}

// DetachVolume detaches a volume; one that is gone is fine.
func (f *Fake) DetachVolume(region, id string) {
	r := f.of(region)
	if v, ok := r.volumes.get(id); ok {
		v.State, v.Attachments = ec2types.VolumeStateAvailable, []ec2types.VolumeAttachment{}
		r.volumes.put(id, v)
	}
}

// DeleteVolume deletes a volume; one that is gone is fine.
func (f *Fake) DeleteVolume(region, id string) { f.of(region).forgetVolume(id) }
