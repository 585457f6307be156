// SPDX-License-Identifier: Apache-2.0

package efs

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/efs"
)

func (f *Fake) systemOperations(s *sim.Service) {
	sim.Handle(s, "CreateFileSystem", f.createSystem, sim.Needs(func(c *sim.Call, in *awsefs.CreateFileSystemInput) []sim.Access {
		all := []sim.Access{{Action: "elasticfilesystem:CreateFileSystem", Resource: "*"}}
		return tagged(c, all, systemARN(c, ""), in.Tags)
	}))
	sim.Handle(s, "DescribeFileSystems", f.describeSystems,
		onSystem("DescribeFileSystems", func(in *awsefs.DescribeFileSystemsInput) *string { return in.FileSystemId }))
	sim.Handle(s, "UpdateFileSystem", f.updateSystem,
		onSystem("UpdateFileSystem", func(in *awsefs.UpdateFileSystemInput) *string { return in.FileSystemId }))
	sim.Handle(s, "DeleteFileSystem", f.deleteSystem,
		onSystem("DeleteFileSystem", func(in *awsefs.DeleteFileSystemInput) *string { return in.FileSystemId }))
	sim.Handle(s, "UpdateFileSystemProtection", f.protectSystem,
		onSystem("UpdateFileSystemProtection", func(in *awsefs.UpdateFileSystemProtectionInput) *string { return in.FileSystemId }))
}

// idLength is how many hex digits ids of EFS have.
const idLength = 17

func (f *Fake) createSystem(c *sim.Call, in *awsefs.CreateFileSystemInput) (*awsefs.CreateFileSystemOutput, error) {
	if err := sim.Check(rules.CreateFileSystem, nil, in, typed); err != nil {
		return nil, err
	}
	if zone := aws.ToString(in.AvailabilityZoneName); in.AvailabilityZoneName != nil && !strings.HasPrefix(zone, c.Region) {
		return nil, badRequest("Invalid Availability Zone Name provided.")
	}
	r := f.regions.In(c)
	for id, s := range r.systems {
		if aws.ToString(s.described.CreationToken) == aws.ToString(in.CreationToken) {
			return nil, &efstypes.FileSystemAlreadyExists{
				ErrorCode_: aws.String("FileSystemAlreadyExists"), FileSystemId: &id,
				Message: aws.String(fmt.Sprintf("File system '%s' already exists with creation token '%s'", id, aws.ToString(in.CreationToken))),
			}
		}
	}
	id := "fs-" + c.ID(idLength, "file-system", c.Region, aws.ToString(in.CreationToken))
	s := &system{described: describeNew(c, id, in), order: len(r.systems), backup: efstypes.StatusDisabled, directories: map[string]bool{}}
	if backs := in.Backup; backs != nil && *backs || backs == nil && in.AvailabilityZoneName != nil {
		s.backup = efstypes.StatusEnabled
	}
	r.systems[id] = s
	created := s.described
	settle(c, f.timing.FileSystem, func() { s.described.LifeCycleState = efstypes.LifeCycleStateAvailable })
	d := created
	return &awsefs.CreateFileSystemOutput{
		AvailabilityZoneName: d.AvailabilityZoneName, CreationTime: d.CreationTime,
		CreationToken: d.CreationToken, Encrypted: d.Encrypted, FileSystemArn: d.FileSystemArn, FileSystemId: d.FileSystemId,
		FileSystemProtection: d.FileSystemProtection, KmsKeyId: d.KmsKeyId, LifeCycleState: d.LifeCycleState, Name: d.Name,
		NumberOfMountTargets: d.NumberOfMountTargets, OwnerId: d.OwnerId, PerformanceMode: d.PerformanceMode,
		ProvisionedThroughputInMibps: d.ProvisionedThroughputInMibps, SizeInBytes: d.SizeInBytes, Tags: d.Tags,
		ThroughputMode: d.ThroughputMode,
	}, nil
}

func describeNew(c *sim.Call, id string, in *awsefs.CreateFileSystemInput) efstypes.FileSystemDescription {
	now := c.Now()
	d := efstypes.FileSystemDescription{
		FileSystemId: &id, FileSystemArn: aws.String(systemARN(c, id)), CreationToken: in.CreationToken, CreationTime: &now,
		LifeCycleState: efstypes.LifeCycleStateCreating, OwnerId: aws.String(c.Account), AvailabilityZoneName: in.AvailabilityZoneName,
		Encrypted: aws.Bool(aws.ToBool(in.Encrypted)), Name: nameTag(in.Tags), Tags: in.Tags,
		PerformanceMode: in.PerformanceMode, ThroughputMode: in.ThroughputMode,
		ProvisionedThroughputInMibps: in.ProvisionedThroughputInMibps,
		SizeInBytes:                  &efstypes.FileSystemSize{Value: emptySize, Timestamp: &now, ValueInStandard: aws.Int64(emptySize)},
		FileSystemProtection: &efstypes.FileSystemProtectionDescription{
			ReplicationOverwriteProtection: efstypes.ReplicationOverwriteProtectionEnabled,
		},
	}
	if d.PerformanceMode == "" {
		d.PerformanceMode = efstypes.PerformanceModeGeneralPurpose
	}
	if d.ThroughputMode == "" {
		d.ThroughputMode = efstypes.ThroughputModeBursting
	}
	if aws.ToBool(d.Encrypted) {
		d.KmsKeyId = aws.String(keyARN(c, aws.ToString(in.KmsKeyId)))
	}
	return d
}

// keyARN is the ARN by which EFS tells a key, whatever it was given.
func keyARN(c *sim.Call, given string) string {
	switch {
	case strings.HasPrefix(given, "arn:") && !strings.Contains(given, ":alias/"):
		return given
	case given == "" || strings.Contains(given, "alias/"):
		_, alias, _ := strings.Cut(given, "alias/")
		h := c.ID(32, "kms-key", c.Region, cmp.Or(alias, "aws/elasticfilesystem"))
		return c.ARN("kms", "key/"+h[:8]+"-"+h[8:12]+"-"+h[12:16]+"-"+h[16:20]+"-"+h[20:])
	default:
		return c.ARN("kms", "key/"+given)
	}
}

// emptySize is the metered size of a file system without files, in bytes.
const emptySize = 6144

func (f *Fake) describeSystems(c *sim.Call, in *awsefs.DescribeFileSystemsInput) (*awsefs.DescribeFileSystemsOutput, error) {
	if in.FileSystemId != nil {
		s, err := f.system(c, in.FileSystemId)
		if err != nil {
			return nil, err
		}
		return &awsefs.DescribeFileSystemsOutput{FileSystems: []efstypes.FileSystemDescription{s.described}}, nil
	}
	systems := slices.SortedFunc(maps.Values(f.regions.In(c).systems), func(a, b *system) int {
		return cmp.Or(a.described.CreationTime.Compare(*b.described.CreationTime), cmp.Compare(a.order, b.order))
	})
	var all []efstypes.FileSystemDescription
	for _, s := range systems {
		if in.CreationToken == nil || *in.CreationToken == aws.ToString(s.described.CreationToken) {
			all = append(all, s.described)
		}
	}
	cut, next, err := page(all, in.Marker, in.MaxItems)
	return &awsefs.DescribeFileSystemsOutput{FileSystems: cut, Marker: in.Marker, NextMarker: next}, err
}

func (f *Fake) updateSystem(c *sim.Call, in *awsefs.UpdateFileSystemInput) (*awsefs.UpdateFileSystemOutput, error) {
	s, err := f.available(c, in.FileSystemId)
	if err != nil {
		return nil, err
	}
	d := s.described
	if err := sim.Check(rules.UpdateFileSystem, nil, in, typed); err != nil {
		return nil, err
	}
	if err := s.slow(c, in); err != nil {
		return nil, err
	}
	if in.ThroughputMode != "" {
		d.ThroughputMode, d.ProvisionedThroughputInMibps = in.ThroughputMode, nil
	}
	if in.ProvisionedThroughputInMibps != nil {
		d.ProvisionedThroughputInMibps = in.ProvisionedThroughputInMibps
	}
	check := &awsefs.CreateFileSystemInput{
		CreationToken: d.CreationToken, ThroughputMode: d.ThroughputMode, ProvisionedThroughputInMibps: d.ProvisionedThroughputInMibps,
	}
	if err := sim.Check(rules.CreateFileSystem, nil, check, typed); err != nil {
		return nil, err
	}
	s.described = d
	return &awsefs.UpdateFileSystemOutput{
		AvailabilityZoneName: d.AvailabilityZoneName, CreationTime: d.CreationTime, CreationToken: d.CreationToken,
		Encrypted: d.Encrypted, FileSystemArn: d.FileSystemArn, FileSystemId: d.FileSystemId, KmsKeyId: d.KmsKeyId,
		FileSystemProtection: d.FileSystemProtection, LifeCycleState: d.LifeCycleState, Name: d.Name,
		NumberOfMountTargets: d.NumberOfMountTargets, OwnerId: d.OwnerId, PerformanceMode: d.PerformanceMode,
		ProvisionedThroughputInMibps: d.ProvisionedThroughputInMibps, SizeInBytes: d.SizeInBytes, Tags: d.Tags,
		ThroughputMode: d.ThroughputMode,
	}, nil
}

// slow keeps the time between two changes of the throughput mode, or two times that
// provisioned throughput is lowered.
// https://docs.aws.amazon.com/efs/latest/ug/API_UpdateFileSystem.html
func (s *system) slow(c *sim.Call, in *awsefs.UpdateFileSystemInput) error {
	const pause = 24 * time.Hour
	d := s.described
	lowered := in.ProvisionedThroughputInMibps != nil && *in.ProvisionedThroughputInMibps < aws.ToFloat64(d.ProvisionedThroughputInMibps)
	if !lowered && (in.ThroughputMode == "" || in.ThroughputMode == d.ThroughputMode) {
		return nil
	}
	if now := c.Now(); s.slowed.IsZero() || now.Sub(s.slowed) >= pause {
		s.slowed = now
		return nil
	}
	return &efstypes.TooManyRequests{
		ErrorCode_: aws.String("TooManyRequests"),
		Message: aws.String("The throughput mode can be changed, or provisioned throughput decreased, only once in 24 hours. " +
			"The last change was made at " + s.slowed.UTC().Format(time.RFC3339) + "."),
	}
}

func (f *Fake) deleteSystem(c *sim.Call, in *awsefs.DeleteFileSystemInput) (*awsefs.DeleteFileSystemOutput, error) {
	s, err := f.system(c, in.FileSystemId)
	if err != nil {
		return nil, err
	}
	id := aws.ToString(in.FileSystemId)
	if s.described.NumberOfMountTargets > 0 {
		return nil, &efstypes.FileSystemInUse{
			ErrorCode_: aws.String("FileSystemInUse"),
			Message: aws.String(fmt.Sprintf("The file system '%s' cannot be deleted because it has mount targets. "+
				"You must delete the mount targets, and then try again.", id)),
		}
	}
	s.described.LifeCycleState = efstypes.LifeCycleStateDeleting
	r := f.regions.In(c)
	settle(c, f.timing.FileSystem, func() {
		s.described.LifeCycleState = efstypes.LifeCycleStateDeleted
		delete(r.systems, id)
		maps.DeleteFunc(r.points, func(_ string, p efstypes.AccessPointDescription) bool {
			return aws.ToString(p.FileSystemId) == id
		})
	})
	return &awsefs.DeleteFileSystemOutput{}, nil
}

func (f *Fake) protectSystem(
	c *sim.Call, in *awsefs.UpdateFileSystemProtectionInput,
) (*awsefs.UpdateFileSystemProtectionOutput, error) {
	s, err := f.available(c, in.FileSystemId)
	if err != nil {
		return nil, err
	}
	if in.ReplicationOverwriteProtection != "" {
		s.described.FileSystemProtection = &efstypes.FileSystemProtectionDescription{
			ReplicationOverwriteProtection: in.ReplicationOverwriteProtection,
		}
	}
	return &awsefs.UpdateFileSystemProtectionOutput{
		ReplicationOverwriteProtection: s.described.FileSystemProtection.ReplicationOverwriteProtection,
	}, nil
}
