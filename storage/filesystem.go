// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"errors"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
	model "github.com/slipway-go/slipway/internal/model/efs"
	"github.com/slipway-go/slipway/internal/override"
	"github.com/slipway-go/slipway/vpc"
)

// NFS is the port of mount targets.
const NFS = 2049

// FileSystem declares a file system of EFS, with a mount target in each zone of its
// network. The zero options: General Purpose, bursting throughput, encrypted with the
// key that AWS manages, no lifecycle, no backups (but in one zone), and no policy of
// its own, so that whoever reaches a mount target may mount it.
// https://docs.aws.amazon.com/efs/latest/ug/API_CreateFileSystem.html
type FileSystem struct {
	name        string
	network     vpc.Network
	token       string
	performance efstypes.PerformanceMode
	throughput  efstypes.ThroughputMode
	provisioned *float64
	plain       bool
	key         string
	lifecycle   Lifecycle
	backup      *bool
	zone        string
	overwritten bool
	policy      *string
	force       bool
	groups      []vpc.GroupRef
	clients     []vpc.Peer
	tags        map[string]string
	overrides   []func(*awsefs.CreateFileSystemInput)
	targets     []func(*awsefs.CreateMountTargetInput)
}

// NewFileSystem declares a file system that tasks in the network's zones can mount.
// The name, of up to 64 ASCII characters, is its creation token, by which it is found
// again, and so is unique in the region. It is also its tag "Name", unless that is set.
func NewFileSystem(name string, network vpc.Network) FileSystem {
	return FileSystem{name: name, network: network}
}

// WithCreationToken sets the token with which an existing file system was made, so
// that [slipway.Adopt] finds it; its name if not called.
func (f FileSystem) WithCreationToken(token string) FileSystem {
	f.token = token
	return f
}

// WithMaxIO chooses the performance mode Max I/O, of higher latency, which AWS advises
// against. It cannot be changed later. Not in one zone, nor with elastic throughput.
// https://docs.aws.amazon.com/efs/latest/ug/performance.html#performancemodes
func (f FileSystem) WithMaxIO() FileSystem {
	f.performance = efstypes.PerformanceModeMaxIo
	return f
}

// WithElasticThroughput has throughput follow the load, which is paid by what is read
// and written.
func (f FileSystem) WithElasticThroughput() FileSystem {
	f.throughput, f.provisioned = efstypes.ThroughputModeElastic, nil
	return f
}

// WithBurstingThroughput has throughput grow with what is stored, as AWS does by
// default.
func (f FileSystem) WithBurstingThroughput() FileSystem {
	f.throughput, f.provisioned = efstypes.ThroughputModeBursting, nil
	return f
}

// WithProvisionedThroughput sets the throughput in MiB/s, 1 to 3414, whatever is
// stored. It can be lowered, or another mode chosen, a day after the last change.
// https://docs.aws.amazon.com/efs/latest/ug/performance.html#provisioned-throughput
func (f FileSystem) WithProvisionedThroughput(mibps float64) FileSystem {
	f.throughput, f.provisioned = efstypes.ThroughputModeProvisioned, &mibps
	return f
}

// WithKMS encrypts with a KMS key of your own, by its ARN. It cannot be changed later.
func (f FileSystem) WithKMS(keyARN string) FileSystem {
	f.plain, f.key = false, keyARN
	return f
}

// WithoutEncryption does not encrypt at rest. It cannot be changed later.
func (f FileSystem) WithoutEncryption() FileSystem {
	f.plain, f.key = true, ""
	return f
}

// WithLifecycle moves files that nobody reads to cheaper storage; none are moved if
// not called.
func (f FileSystem) WithLifecycle(l Lifecycle) FileSystem {
	f.lifecycle = l
	return f
}

// WithBackup sets whether AWS Backup makes daily backups. Without it there are none,
// except in one zone.
// https://docs.aws.amazon.com/efs/latest/ug/awsbackup.html#automatic-backups
func (f FileSystem) WithBackup(on bool) FileSystem {
	f.backup = &on
	return f
}

// WithOneZone keeps all data in one zone, such as "us-east-1a", for less money; only
// there is a mount target. It cannot be changed later.
// https://docs.aws.amazon.com/efs/latest/ug/availability-durability.html
func (f FileSystem) WithOneZone(zone string) FileSystem {
	f.zone = zone
	return f
}

// WithReplicationOverwrite lets the file system be the destination of a replication,
// which makes it read-only.
// https://docs.aws.amazon.com/efs/latest/ug/replication-use-cases.html
func (f FileSystem) WithReplicationOverwrite() FileSystem {
	f.overwritten = true
	return f
}

// WithPolicy sets the resource policy: who may mount the file system, beyond what the
// clients' own policies say. With one, only what it or they allow is possible.
// https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
func (f FileSystem) WithPolicy(p iam.Policy) FileSystem {
	document := p.JSON()
	f.policy = &document
	return f
}

// WithForceDelete has the file system deleted with its files. Without it, destroying
// one that holds any is refused, as far as EFS has metered them, which can take
// hours. AWS knows nothing of this setting, so it is kept as the tag
// slipway:force-delete.
func (f FileSystem) WithForceDelete() FileSystem {
	f.force = true
	return f
}

// WithSecurityGroup adds a security group of the mount targets, at most 5. With none
// they get one of their own that admits the tasks, on port 2049.
func (f FileSystem) WithSecurityGroup(g vpc.GroupRef) FileSystem {
	if g == nil {
		g = vpc.GroupID("")
	}
	f.groups = append(slices.Clip(f.groups), g)
	return f
}

// WithClients has the file system's own security group admit more than the tasks that
// mount it, such as a bastion.
func (f FileSystem) WithClients(peers ...vpc.Peer) FileSystem {
	f.clients = append(slices.Clip(f.clients), peers...)
	return f
}

// WithTag sets a tag.
func (f FileSystem) WithTag(key, value string) FileSystem {
	f.tags = with(f.tags, key, value)
	return f
}

// WithOverride has g change the input of CreateFileSystem after everything else, for
// what this builder does not offer.
func (f FileSystem) WithOverride(g func(*awsefs.CreateFileSystemInput)) FileSystem {
	f.overrides = append(slices.Clip(f.overrides), g)
	return f
}

// WithMountTargetOverride has g change what the mount targets have in common.
func (f FileSystem) WithMountTargetOverride(g func(*awsefs.CreateMountTargetInput)) FileSystem {
	f.targets = append(slices.Clip(f.targets), g)
	return f
}

// ID returns "efs:FileSystem/<name>".
func (f FileSystem) ID() slipway.ID { return slipway.ID{Kind: model.KindFileSystem, Name: f.name} }

// FileSystemID returns the ID, as a placeholder.
func (f FileSystem) FileSystemID() string { return slipway.Ref(f.ID(), "id") }

// ARN returns the ARN, as a placeholder.
func (f FileSystem) ARN() string { return slipway.Ref(f.ID(), "arn") }

// DNSName returns the name under which the file system is mounted in its network, as a
// placeholder.
func (f FileSystem) DNSName() string { return slipway.Ref(f.ID(), "dns") }

// SecurityGroups returns those of the mount targets: their own if none was given.
func (f FileSystem) SecurityGroups() []vpc.GroupRef {
	if len(f.groups) > 0 {
		return slices.Clone(f.groups)
	}
	return []vpc.GroupRef{vpc.NewSecurityGroup("efs-"+f.name, "Mount targets of the file system "+f.name, f.network)}
}

// Mountable returns the mount targets.
func (f FileSystem) Mountable() []slipway.Resource { return []slipway.Resource{mountTargets{f}} }

// Resources returns the file system itself, which brings its mount targets.
func (f FileSystem) Resources() []slipway.Resource { return []slipway.Resource{f} }

func (f FileSystem) fileSystem() {}

// Build returns the wanted state.
func (f FileSystem) Build() (slipway.Desired, error) {
	state := &model.FileSystem{
		Create: f.input(), Lifecycle: f.lifecycle.policies(), Policy: f.policy,
		Protection: efstypes.ReplicationOverwriteProtectionEnabled, ForceDelete: f.force,
	}
	if f.overwritten {
		state.Protection = efstypes.ReplicationOverwriteProtectionDisabled
	}
	overridden := override.Run("Create.", &state.Create, f.overrides...)
	return slipway.Desired{Kind: fileSystemKind(), State: state, Uses: f.Mountable(), Overridden: overridden}, nil
}

func (f FileSystem) input() awsefs.CreateFileSystemInput {
	tags := maps.Clone(f.tags)
	if _, named := tags["Name"]; !named {
		tags = with(tags, "Name", f.name)
	}
	in := awsefs.CreateFileSystemInput{
		CreationToken: aws.String(f.name), PerformanceMode: f.performance, ThroughputMode: f.throughput,
		ProvisionedThroughputInMibps: f.provisioned, Encrypted: aws.Bool(!f.plain), Backup: f.backup, Tags: tagList(tags),
	}
	if f.token != "" {
		in.CreationToken = aws.String(f.token)
	}
	if f.key != "" {
		in.KmsKeyId = aws.String(f.key)
	}
	if f.zone != "" {
		in.AvailabilityZoneName = aws.String(f.zone)
	}
	return in
}

// Validate reports all that AWS would reject in the file system and its mount targets.
func (f FileSystem) Validate() error {
	return errors.Join(validate(f, fileSystems{}), validate(mountTargets{f}, targets{}))
}
