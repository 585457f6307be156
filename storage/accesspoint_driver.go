// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/efs"
)

// accessPoints is the driver of efs:AccessPoint.
type accessPoints struct{ family }

type livePoint = slipway.Live[model.AccessPoint]

// Before names what mounts through an access point.
func (accessPoints) Before() []string { return []string{"ecs:Service", "ecs:TaskDefinition"} }

// Effects: nothing but the tags can be changed. What counts is in the name, by a hash.
func (accessPoints) Effects() slipway.Effects {
	return slipway.Effects{
		Default: slipway.Replace,
		Fields:  map[string]slipway.Effect{"Create.Tags": slipway.InPlace},
		Keys:    map[string]string{"Create.Tags": "Key"},
		Sets:    []string{"Create.PosixUser.SecondaryGids"},
	}
}

// Defaults fills in what EFS would.
func (accessPoints) Defaults(s *model.AccessPoint) {
	root := efstypes.RootDirectory{}
	if s.Create.RootDirectory != nil {
		root = *s.Create.RootDirectory
	}
	if aws.ToString(root.Path) == "" {
		root.Path = aws.String("/")
	}
	s.Create.RootDirectory = &root
	if s.Create.Tags == nil {
		s.Create.Tags = []efstypes.Tag{}
	}
}

// Read finds the access point by its token among those of the file system.
func (accessPoints) Read(ctx context.Context, c slipway.Call, want *model.AccessPoint) (*livePoint, error) {
	if !known(want.Create.FileSystemId) {
		return nil, nil
	}
	all, err := describePoints(ctx, c, &awsefs.DescribeAccessPointsInput{FileSystemId: want.Create.FileSystemId})
	i := slices.IndexFunc(all, func(p efstypes.AccessPointDescription) bool {
		return aws.ToString(p.ClientToken) == aws.ToString(want.Create.ClientToken)
	})
	if err != nil || i < 0 {
		return nil, err
	}
	return rebuildPoint(all[i]), nil
}

func describePoints(ctx context.Context, c slipway.Call, in *awsefs.DescribeAccessPointsInput) ([]efstypes.AccessPointDescription, error) {
	var all []efstypes.AccessPointDescription
	for pages := awsefs.NewDescribeAccessPointsPaginator(client(c), in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if awserr.Is(err, "FileSystemNotFound") {
			return nil, nil
		}
		if err != nil {
			return nil, awserr.Wrap(err, "describe access points")
		}
		all = append(all, page.AccessPoints...)
	}
	return all, nil
}

func rebuildPoint(p efstypes.AccessPointDescription) *livePoint {
	live := &livePoint{
		State: model.AccessPoint{Create: awsefs.CreateAccessPointInput{
			ClientToken: p.ClientToken, FileSystemId: p.FileSystemId, PosixUser: p.PosixUser, RootDirectory: p.RootDirectory, Tags: foreign(p.Tags),
		}},
		Owner:   ownerOf(p.Tags),
		Outputs: map[string][]string{"id": {aws.ToString(p.AccessPointId)}, "arn": {aws.ToString(p.AccessPointArn)}},
	}
	live.Phase, live.Reason = phaseOf(p.LifeCycleState)
	return live
}

// Put creates the access point, or changes its tags.
func (accessPoints) Put(ctx context.Context, c slipway.Call, have *livePoint, want *model.AccessPoint) error {
	tags := tagMap(want.Create.Tags)
	maps.Copy(tags, c.Tags())
	if have != nil {
		before := tagMap(have.State.Create.Tags)
		if have.Owner == c.Owner() {
			maps.Copy(before, c.Tags())
		}
		return retag(ctx, c, have.Outputs["id"][0], before, tags)
	}
	in := want.Create
	in.Tags = tagList(tags)
	_, err := client(c).CreateAccessPoint(ctx, &in)
	return awserr.Wrap(err, "create access point")
}

// Delete deletes the access point. The files stay.
func (accessPoints) Delete(ctx context.Context, c slipway.Call, have *livePoint) error {
	id := have.Outputs["id"][0]
	_, err := client(c).DeleteAccessPoint(ctx, &awsefs.DeleteAccessPointInput{AccessPointId: &id})
	if awserr.Is(err, "AccessPointNotFound") {
		return nil
	}
	return awserr.Wrap(err, "delete access point "+id)
}

// Tag marks the access point as the stack's.
func (accessPoints) Tag(ctx context.Context, c slipway.Call, have *livePoint) error {
	return retag(ctx, c, have.Outputs["id"][0], nil, maps.Clone(c.Tags()))
}

// List finds the access points that the stack owns.
func (accessPoints) List(ctx context.Context, c slipway.Call) ([]*livePoint, error) {
	all, err := describePoints(ctx, c, &awsefs.DescribeAccessPointsInput{})
	if err != nil {
		return nil, err
	}
	var own []*livePoint
	for _, p := range all {
		if ownerOf(p.Tags).Stack == c.Stack {
			own = append(own, rebuildPoint(p))
		}
	}
	return own, nil
}
