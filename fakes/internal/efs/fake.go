// SPDX-License-Identifier: Apache-2.0

// Package efs is the simulated EFS.
package efs

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct {
	sim     *sim.Sim
	timing  world.Timing
	access  world.Access
	network Network
	regions sim.Regional[region]
}

var (
	_ world.FileSystems = (*Fake)(nil)
	_ world.Directories = (*Fake)(nil)
)

// Network is what mount targets need of EC2.
type Network interface {
	world.Network
	world.Attacher
}

// region has what is in a region, by id.
type region struct {
	name    string
	systems map[string]*system
	targets map[string]*target
	points  map[string]efstypes.AccessPointDescription
}

// system is a file system.
type system struct {
	described efstypes.FileSystemDescription
	order     int
	policy    *string
	backup    efstypes.Status
	lifecycle []efstypes.LifecyclePolicy
	// slowed is when the throughput was last lowered, or got another mode.
	slowed time.Time
	// directories are those that were made by access points, besides "/".
	directories map[string]bool
}

// target is a mount target: an interface in one zone.
type target struct {
	described efstypes.MountTargetDescription
	groups    []string
}

// New returns the service without file systems.
func New(s *sim.Sim, t world.Timing, access world.Access, network Network) *Fake {
	f := &Fake{sim: s, timing: t, access: access, network: network}
	f.regions.New = func(_, name string) *region {
		return &region{
			name:    name,
			systems: map[string]*system{}, targets: map[string]*target{}, points: map[string]efstypes.AccessPointDescription{},
		}
	}
	return f
}

// Services returns the operations of EFS.
func (f *Fake) Services() []*sim.Service {
	s := sim.NewService("EFS", "elasticfilesystem")
	s.Things = f.things
	f.systemOperations(s)
	f.targetOperations(s)
	f.pointOperations(s)
	f.policyOperations(s)
	f.tagOperations(s)
	return []*sim.Service{s}
}

// settle has f called when AWS would be done: at once, or after d.
func settle(c *sim.Call, d time.Duration, f func()) {
	if d <= 0 {
		f()
		return
	}
	c.After(d, f)
}

// system finds a file system.
func (f *Fake) system(c *sim.Call, id *string) (*system, error) {
	if s, ok := f.regions.In(c).systems[aws.ToString(id)]; ok {
		return s, nil
	}
	return nil, &efstypes.FileSystemNotFound{
		ErrorCode_: aws.String("FileSystemNotFound"),
		Message:    aws.String(fmt.Sprintf("File system '%s' does not exist.", aws.ToString(id))),
	}
}

// available is system for what must be available.
func (f *Fake) available(c *sim.Call, id *string) (*system, error) {
	s, err := f.system(c, id)
	if err == nil && s.described.LifeCycleState != efstypes.LifeCycleStateAvailable {
		return nil, &efstypes.IncorrectFileSystemLifeCycleState{
			ErrorCode_: aws.String("IncorrectFileSystemLifeCycleState"),
			Message: aws.String(fmt.Sprintf("None of the mount targets, access points or policies can be changed: file system '%s' is %s.",
				aws.ToString(id), s.described.LifeCycleState)),
		}
	}
	return s, err
}

func badRequest(text string) error {
	return &efstypes.BadRequest{ErrorCode_: aws.String("BadRequest"), Message: &text}
}

// typed makes the SDK's exception of a rule's code.
func typed(code, message string) error {
	switch code {
	case "BadRequest":
		return badRequest(message)
	case "ValidationException":
		return &efstypes.ValidationException{ErrorCode_: &code, Message: &message}
	case "InvalidPolicyException":
		return &efstypes.InvalidPolicyException{ErrorCode_: &code, Message: &message}
	case "SecurityGroupLimitExceeded":
		return &efstypes.SecurityGroupLimitExceeded{ErrorCode_: &code, Message: &message}
	default:
		return nil
	}
}

// onThing says that the caller needs the action on a file system or an access point.
func onThing[I any](action string, id func(in *I) *string) sim.Option[I] {
	return sim.Needs(func(c *sim.Call, in *I) []sim.Access {
		return []sim.Access{{Action: "elasticfilesystem:" + action, Resource: thingARN(c, aws.ToString(id(in)))}}
	})
}

// tagged adds what it takes to tag what is made.
func tagged(c *sim.Call, all []sim.Access, resource string, tags []efstypes.Tag) []sim.Access {
	if len(tags) == 0 {
		return all
	}
	a := sim.Access{Action: "elasticfilesystem:TagResource", Resource: resource}
	for _, t := range tags {
		a = a.With("aws:RequestTag/"+aws.ToString(t.Key), aws.ToString(t.Value))
	}
	return append(all, a.With("elasticfilesystem:CreateAction", c.Operation))
}

func thingARN(c *sim.Call, id string) string {
	if strings.HasPrefix(id, "fsap-") {
		return c.ARN("elasticfilesystem", "access-point/"+id)
	}
	return systemARN(c, id)
}

// onSystem says that the caller needs the action on the file system.
func onSystem[I any](action string, id func(in *I) *string) sim.Option[I] {
	return sim.Needs(func(c *sim.Call, in *I) []sim.Access {
		return []sim.Access{{Action: "elasticfilesystem:" + action, Resource: systemARN(c, aws.ToString(id(in)))}}
	})
}

func systemARN(c *sim.Call, id string) string {
	if id == "" {
		id = "*"
	}
	return c.ARN("elasticfilesystem", "file-system/"+id)
}

const pageSize = 100

func page[E any](all []E, token *string, size *int32) ([]E, *string, error) {
	n := pageSize
	if size != nil {
		n = int(*size)
	}
	if n < 1 {
		return nil, nil, badRequest("MaxItems must be 1 or more.")
	}
	cut, next, err := sim.Page(all, token, n)
	if err != nil {
		return nil, nil, badRequest("Invalid marker.")
	}
	return cut, next, nil
}

// nameTag is the value of the tag Name, which Describe shows as the name.
func nameTag(tags []efstypes.Tag) *string {
	for _, t := range tags {
		if aws.ToString(t.Key) == "Name" {
			return t.Value
		}
	}
	return nil
}
