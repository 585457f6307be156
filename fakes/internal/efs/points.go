// SPDX-License-Identifier: Apache-2.0

package efs

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/efs"
)

func (f *Fake) pointOperations(s *sim.Service) {
	sim.Handle(s, "CreateAccessPoint", f.createPoint, sim.Needs(func(c *sim.Call, in *awsefs.CreateAccessPointInput) []sim.Access {
		all := []sim.Access{{Action: "elasticfilesystem:CreateAccessPoint", Resource: systemARN(c, aws.ToString(in.FileSystemId))}}
		return tagged(c, all, c.ARN("elasticfilesystem", "access-point/*"), in.Tags)
	}))
	sim.Handle(s, "DescribeAccessPoints", f.describePoints, sim.Needs(func(c *sim.Call, in *awsefs.DescribeAccessPointsInput) []sim.Access {
		resource := systemARN(c, aws.ToString(in.FileSystemId))
		if in.AccessPointId != nil {
			resource = thingARN(c, *in.AccessPointId)
		}
		return []sim.Access{{Action: "elasticfilesystem:DescribeAccessPoints", Resource: resource}}
	}))
	sim.Handle(s, "DeleteAccessPoint", f.deletePoint,
		onThing("DeleteAccessPoint", func(in *awsefs.DeleteAccessPointInput) *string { return in.AccessPointId }))
}

func (f *Fake) point(c *sim.Call, id *string) (efstypes.AccessPointDescription, error) {
	if p, ok := f.regions.In(c).points[aws.ToString(id)]; ok {
		return p, nil
	}
	return efstypes.AccessPointDescription{}, &efstypes.AccessPointNotFound{
		ErrorCode_: aws.String("AccessPointNotFound"),
		Message:    aws.String(fmt.Sprintf("Access point '%s' does not exist.", aws.ToString(id))),
	}
}

// createPoint answers a repeated token with what it has made before.
func (f *Fake) createPoint(c *sim.Call, in *awsefs.CreateAccessPointInput) (*awsefs.CreateAccessPointOutput, error) {
	if err := sim.Check(rules.CreateAccessPoint, nil, in, typed); err != nil {
		return nil, err
	}
	if _, err := f.available(c, in.FileSystemId); err != nil {
		return nil, err
	}
	r := f.regions.In(c)
	for _, p := range r.sortedPoints(in.FileSystemId) {
		if aws.ToString(p.ClientToken) == aws.ToString(in.ClientToken) {
			return nil, &efstypes.AccessPointAlreadyExists{
				ErrorCode_: aws.String("AccessPointAlreadyExists"), AccessPointId: p.AccessPointId,
				Message: aws.String(fmt.Sprintf("Access point '%s' already exists with the client token", aws.ToString(p.AccessPointId))),
			}
		}
	}
	id := "fsap-" + c.ID(idLength, "access-point", aws.ToString(in.FileSystemId), aws.ToString(in.ClientToken))
	root := &efstypes.RootDirectory{}
	if in.RootDirectory != nil {
		*root = *in.RootDirectory
	}
	if root.Path == nil {
		root.Path = aws.String("/")
	}
	p := efstypes.AccessPointDescription{
		AccessPointId: &id, AccessPointArn: aws.String(c.ARN("elasticfilesystem", "access-point/"+id)),
		FileSystemId: in.FileSystemId, ClientToken: in.ClientToken, LifeCycleState: efstypes.LifeCycleStateAvailable,
		Name: nameTag(in.Tags), OwnerId: aws.String(c.Account), PosixUser: in.PosixUser, RootDirectory: root, Tags: in.Tags,
	}
	r.points[id] = p
	return &awsefs.CreateAccessPointOutput{
		AccessPointId: p.AccessPointId, AccessPointArn: p.AccessPointArn, FileSystemId: p.FileSystemId, ClientToken: p.ClientToken,
		LifeCycleState: p.LifeCycleState, Name: p.Name, OwnerId: p.OwnerId, PosixUser: p.PosixUser, RootDirectory: root, Tags: p.Tags,
	}, nil
}

func (f *Fake) describePoints(c *sim.Call, in *awsefs.DescribeAccessPointsInput) (*awsefs.DescribeAccessPointsOutput, error) {
	if in.AccessPointId != nil {
		p, err := f.point(c, in.AccessPointId)
		if err != nil {
			return nil, err
		}
		return &awsefs.DescribeAccessPointsOutput{AccessPoints: []efstypes.AccessPointDescription{p}}, nil
	}
	if in.FileSystemId != nil {
		if _, err := f.system(c, in.FileSystemId); err != nil {
			return nil, err
		}
	}
	cut, next, err := page(f.regions.In(c).sortedPoints(in.FileSystemId), in.NextToken, in.MaxResults)
	return &awsefs.DescribeAccessPointsOutput{AccessPoints: cut, NextToken: next}, err
}

func (f *Fake) deletePoint(c *sim.Call, in *awsefs.DeleteAccessPointInput) (*awsefs.DeleteAccessPointOutput, error) {
	if _, err := f.point(c, in.AccessPointId); err != nil {
		return nil, err
	}
	delete(f.regions.In(c).points, aws.ToString(in.AccessPointId))
	return &awsefs.DeleteAccessPointOutput{}, nil
}
