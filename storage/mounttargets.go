// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/efs"
	"github.com/slipway-go/slipway/internal/override"
	"github.com/slipway-go/slipway/vpc"
)

// mountTargets declares the mount targets of a file system.
type mountTargets struct{ of FileSystem }

// ID returns "efs:MountTargets/<file system>".
func (m mountTargets) ID() slipway.ID {
	return slipway.ID{Kind: model.KindMountTargets, Name: m.of.name}
}

// Build returns the wanted state.
func (m mountTargets) Build() (slipway.Desired, error) {
	n := m.of.network
	state := &model.MountTargets{
		Create: awsefs.CreateMountTargetInput{FileSystemId: aws.String(m.of.FileSystemID())},
		VPC:    n.VPC(), Zones: n.Zones(), Subnets: n.Subnets(), Only: m.of.zone,
	}
	uses := append(m.of.Resources(), n.Resources()...)
	for _, g := range m.of.SecurityGroups() {
		state.Create.SecurityGroups = append(state.Create.SecurityGroups, g.GroupID())
		uses = append(uses, g.Resources()...)
	}
	uses = append(uses, m.ingress()...)
	overridden := override.Run("Create.", &state.Create, m.of.targets...)
	return slipway.Desired{Kind: mountTargetsKind(), State: state, Uses: uses, Overridden: overridden}, nil
}

// ingress admits the clients to the declared groups.
func (m mountTargets) ingress() []slipway.Resource {
	var all []slipway.Resource
	for _, g := range m.of.SecurityGroups() {
		if _, declared := g.(vpc.SecurityGroup); !declared {
			continue
		}
		for _, p := range m.of.clients {
			all = append(all, vpc.Ingress(g, p, vpc.TCP(NFS)))
		}
	}
	return all
}
