// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"maps"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/rules"
)

// EBSType is a type of EBS volumes.
// https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html
type EBSType string

// The types of EBS volumes. EBSMagnetic is not for Fargate.
const (
	GP2         EBSType = "gp2"
	GP3         EBSType = "gp3"
	IO1         EBSType = "io1"
	IO2         EBSType = "io2"
	ST1         EBSType = "st1"
	SC1         EBSType = "sc1"
	EBSMagnetic EBSType = "standard"
)

// EBSFileSystem is how a volume is formatted.
type EBSFileSystem ecstypes.TaskFilesystemType

// The file systems of Linux.
const (
	EXT3 EBSFileSystem = "ext3"
	EXT4 EBSFileSystem = "ext4"
	XFS  EBSFileSystem = "xfs"
)

// EBSVolume is an EBS volume of its own for each task, which ECS makes when the task is
// launched, and deletes when it has stopped. A task has at most one.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ebs-volumes.html
type EBSVolume struct {
	// Name of the volume, unique in the task definition.
	Name string
	// Size in whole GiB, by type: 1 to 16384 for GP2 and GP3, 4 to 16384 for IO1 and IO2,
	// 125 to 16384 for ST1 and SC1, 1 to 1024 for EBSMagnetic. That of the snapshot if 0.
	Size Memory
	// Snapshot that the volume is made from, such as "snap-0123456789abcdef0"; an empty
	// volume if empty, which needs a Size.
	Snapshot string
	// InitializationRate in MiB/s, 100 to 300, at which a snapshot is read; AWS's own pace
	// if 0.
	InitializationRate int
	// Type of the volume; GP3 if empty.
	Type EBSType
	// IOPS: 3000 to 16000 for GP3, 100 to 64000 for IO1, 100 to 256000 for IO2, which both
	// need it. The type's own if 0.
	IOPS int
	// Throughput in MiB/s, 125 to 1000, only for GP3; 125 if 0.
	Throughput int
	// FileSystem of the volume, which is that of the snapshot if it is made from one; XFS
	// if empty.
	FileSystem EBSFileSystem
	// Encrypted encrypts the volume. If not set, the account's default for EBS holds.
	Encrypted bool
	// KMSKey that it is encrypted with, by its ARN; EBS's own if empty.
	KMSKey string
	// Keep leaves the volume in the account when the task has stopped. Only for a [Job]:
	// the volumes of services are always deleted.
	Keep bool
	// Role by which ECS makes volumes. A derived one if nil, with AWS's policy
	// AmazonECSInfrastructureRolePolicyForVolumes; a declared one gets that policy too.
	Role iam.RoleRef
	// Tags of the volumes.
	Tags map[string]string
	// PropagateTags gives the volumes of a service the tags of the service or of its task
	// definition.
	PropagateTags TagSource
}

func (v EBSVolume) volumeName() string { return v.Name }

func (v EBSVolume) input() ecstypes.Volume {
	return ecstypes.Volume{Name: aws.String(v.Name), ConfiguredAtLaunch: aws.Bool(true)}
}

func (EBSVolume) allow(*needs, bool) {}

// managed is the volume of a service as ECS wants it.
func (v EBSVolume) managed(role iam.RoleRef) ecstypes.ServiceVolumeConfiguration {
	managed := &ecstypes.ServiceManagedEBSVolumeConfiguration{
		RoleArn: aws.String(role.ARN()), SizeInGiB: optional(int(v.Size / GiB)), SnapshotId: set(v.Snapshot),
		VolumeInitializationRate: optional(v.InitializationRate), VolumeType: set(string(v.Type)), Iops: optional(v.IOPS),
		Throughput: optional(v.Throughput), FilesystemType: ecstypes.TaskFilesystemType(v.FileSystem),
		Encrypted: on(v.Encrypted || v.KMSKey != ""), KmsKeyId: set(v.KMSKey),
	}
	if len(v.Tags) > 0 || v.PropagateTags != "" {
		managed.TagSpecifications = []ecstypes.EBSTagSpecification{{
			ResourceType: ecstypes.EBSResourceTypeVolume, PropagateTags: ecstypes.PropagateTags(v.PropagateTags), Tags: tagList(v.Tags),
		}}
	}
	return ecstypes.ServiceVolumeConfiguration{Name: aws.String(v.Name), ManagedEBSVolume: managed}
}

// single is the volume of a task that no service looks after.
func (v EBSVolume) single(role iam.RoleRef) ecstypes.TaskVolumeConfiguration {
	m := v.managed(role).ManagedEBSVolume
	task := &ecstypes.TaskManagedEBSVolumeConfiguration{
		RoleArn: m.RoleArn, SizeInGiB: m.SizeInGiB, SnapshotId: m.SnapshotId, VolumeInitializationRate: m.VolumeInitializationRate,
		VolumeType: m.VolumeType, Iops: m.Iops, Throughput: m.Throughput, FilesystemType: m.FilesystemType, Encrypted: m.Encrypted,
		KmsKeyId: m.KmsKeyId, TagSpecifications: m.TagSpecifications,
	}
	if v.Keep {
		task.TerminationPolicy = &ecstypes.TaskManagedEBSVolumeTerminationPolicy{DeleteOnTermination: aws.Bool(false)}
	}
	return ecstypes.TaskVolumeConfiguration{Name: aws.String(v.Name), ManagedEBSVolume: task}
}

// volumesPolicy is AWS's own for the role that manages volumes.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/infrastructure_IAM_role.html
func volumesPolicy() string {
	return "arn:" + slipway.Self("partition") + ":iam::aws:policy/service-role/AmazonECSInfrastructureRolePolicyForVolumes"
}

// infrastructure is the role by which ECS makes the volumes of what has that name.
func (v EBSVolume) infrastructure(name string) iam.RoleRef {
	role, declared := v.Role.(iam.Role)
	switch {
	case v.Role == nil:
		role = iam.NewDerivedRole(shortened(name+"-volumes", maxDerivedRole))
	case !declared:
		return v.Role
	}
	role = role.WithTrust(iam.ServicePrincipal{Service: "ecs.amazonaws.com"}).WithManagedPolicy(volumesPolicy())
	if v.KMSKey == "" {
		return role
	}
	return role.WithPolicy(shortened("ecs-"+name+"-volumes", maxPolicyName), iam.Policy{Statements: v.keyUse()})
}

// keyUse lets ECS have volumes encrypted with the key.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ebs-kms-encryption.html
func (v EBSVolume) keyUse() []iam.Statement {
	return []iam.Statement{
		{
			Actions: []string{"kms:CreateGrant"}, Resources: []string{v.KMSKey},
			Conditions: iam.Conditions{"Bool": {"kms:GrantIsForAWSResource": {"true"}}},
		},
		{Actions: []string{"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"}, Resources: []string{v.KMSKey}},
	}
}

// problems are what the inputs do not show any more.
func (v EBSVolume) problems(path string) []slipway.FieldError {
	if v.Size%GiB == 0 {
		return nil
	}
	return []slipway.FieldError{{
		Path: path + ".ManagedEBSVolume.SizeInGiB", Got: strconv.Itoa(int(v.Size)) + " MiB", Want: "whole GiB", Rule: "ecs-builder",
	}}
}

// ebsVolumes are the volumes that are made when tasks are launched.
func ebsVolumes(all []EC2Volume) []EBSVolume {
	var found []EBSVolume
	for _, v := range all {
		if ebs, ok := v.(EBSVolume); ok {
			ebs.Tags = maps.Clone(ebs.Tags)
			found = append(found, ebs)
		}
	}
	return found
}

// volumes configures the service's EBS volumes.
func (b *serviceParts) volumes() {
	for _, v := range ebsVolumes(b.service.task.volumes()) {
		role := v.infrastructure(b.service.clusterName() + "-" + b.service.name)
		b.use(role.Resources()...)
		b.in.VolumeConfigurations = append(b.in.VolumeConfigurations, v.managed(role))
	}
}

// passVolumes is what it takes to hand the roles of the service's volumes to ECS.
func passVolumes(s *model.Service) []slipway.Permission {
	var all []slipway.Permission
	for _, v := range s.Create.VolumeConfigurations {
		if v.ManagedEBSVolume != nil && aws.ToString(v.ManagedEBSVolume.RoleArn) != "" {
			all = append(all, slipway.Permission{
				Actions: []string{"iam:PassRole"}, Resources: []string{*v.ManagedEBSVolume.RoleArn},
				Conditions: map[string]map[string][]string{"StringEquals": {"iam:PassedToService": {"ecs.amazonaws.com"}}},
			})
		}
	}
	return all
}

// volumes configures the job's EBS volumes, and returns what they bring.
func (j jobCore) volumes() ([]ecstypes.TaskVolumeConfiguration, []slipway.Resource) {
	var (
		all  []ecstypes.TaskVolumeConfiguration
		uses []slipway.Resource
	)
	for _, v := range ebsVolumes(j.task.volumes()) {
		role := v.infrastructure(j.cluster.ClusterName() + "-" + j.name)
		uses = append(uses, role.Resources()...)
		all = append(all, v.single(role))
	}
	return all, uses
}

// volumeProblems are what services, and jobs, cannot do with EBS volumes.
func volumeProblems(id slipway.ID, all []EC2Volume, service bool) []slipway.FieldError {
	var found []slipway.FieldError
	for i, v := range ebsVolumes(all) {
		path := fmt.Sprintf("%s %s", id, rules.Elem("VolumeConfigurations", &v.Name, i))
		found = append(found, v.problems(path)...)
		if service && v.Keep {
			found = append(found, slipway.FieldError{
				Path: path, Got: "Keep", Want: "none for a service: ECS deletes the volumes of its tasks", Rule: "ecs-builder",
				Doc: "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceManagedEBSVolumeConfiguration.html",
			})
		}
		if !service && v.PropagateTags != "" {
			found = append(found, slipway.FieldError{
				Path: path, Got: "PropagateTags", Want: "none for a job: only the tags of services propagate to volumes", Rule: "ecs-builder",
				Doc: "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EBSTagSpecification.html",
			})
		}
	}
	return found
}
