// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/placement"
)

// PlacementConstraint limits the instances on which tasks may be placed:
// [DistinctInstance] or [MemberOf]. The set is sealed. A task takes at most 10,
// those of its task definition included. Not on Fargate.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-constraints.html
type PlacementConstraint interface {
	constraint() ecstypes.PlacementConstraint
}

// DistinctInstance puts each task of a service, or of a task group, on an instance
// of its own. Task definitions do not take it.
type DistinctInstance struct{}

func (DistinctInstance) constraint() ecstypes.PlacementConstraint {
	return ecstypes.PlacementConstraint{Type: ecstypes.PlacementConstraintTypeDistinctInstance}
}

// MemberOf puts tasks on instances that an expression of the cluster query language
// describes, such as "attribute:ecs.instance-type =~ g5.*", of at most 2000
// characters. Whether it describes what is meant can be tested with
// [MemberOf.Matches].
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html
type MemberOf string

func (m MemberOf) constraint() ecstypes.PlacementConstraint {
	return ecstypes.PlacementConstraint{Type: ecstypes.PlacementConstraintTypeMemberOf, Expression: aws.String(string(m))}
}

// ErrNotModelled is in errors about expressions that ECS may well take, but that
// cannot be evaluated offline: patterns that only Java understands, and comparisons
// whose meaning AWS does not say.
var ErrNotModelled = placement.ErrNotModelled

// Matches reports, without AWS, whether tasks could be placed on such an instance.
//
// An instance without an attribute matches neither == nor != of it, nor any other
// operator but !exists, as AWS has it. Patterns must match the whole value. The
// error is [slipway.ErrInvalid] if the expression is none, and names the column, or
// [ErrNotModelled].
func (m MemberOf) Matches(i InstanceAttributes) (bool, error) {
	e, err := placement.Parse(string(m))
	if err == nil {
		var matches bool
		if matches, err = e.Matches(i.instance()); err == nil {
			return matches, nil
		}
	}
	if errors.Is(err, placement.ErrNotModelled) {
		return false, fmt.Errorf("member of %q: %w", string(m), err)
	}
	return false, fmt.Errorf("%w: member of %q: %w", slipway.ErrInvalid, string(m), err)
}

// InstanceAttributes is a container instance as expressions see it. Attributes that
// are empty are not there; of Custom all are.
type InstanceAttributes struct {
	// AvailabilityZone such as "us-east-1a", InstanceType such as "g5.xlarge".
	AvailabilityZone, InstanceType string
	// OSType is "linux" or "windows", CPUArchitecture "x86_64" or "arm64".
	OSType, CPUArchitecture string
	// AMI such as "ami-0123456789abcdef0".
	AMI string
	// Custom has other attributes by name, without "attribute:"; the value may be empty.
	Custom map[string]string
	// InstanceID of EC2, such as "i-0123456789abcdef0".
	InstanceID string
	// AgentVersion such as "1.80.0".
	AgentVersion string
	// AgentDisconnected: the agent does not answer ECS.
	AgentDisconnected bool
	// Registered is when the instance joined the cluster.
	Registered time.Time
	// RunningTasks is how many tasks are running on it.
	RunningTasks int
	// TaskGroups are those of the tasks on it: "service:web" of a service's, else
	// "family:job" unless the run names another.
	TaskGroups []string
}

func (a InstanceAttributes) instance() *placement.Instance {
	attributes := map[string]string{}
	for name, value := range map[string]string{
		placement.AvailabilityZone: a.AvailabilityZone, placement.InstanceType: a.InstanceType,
		placement.OSType: a.OSType, placement.CPUArchitecture: a.CPUArchitecture, placement.AMI: a.AMI,
	} {
		if value != "" {
			attributes[name] = value
		}
	}
	maps.Copy(attributes, a.Custom)
	groups := map[string]int{}
	for _, g := range a.TaskGroups {
		groups[g]++
	}
	return &placement.Instance{
		EC2: a.InstanceID, Attributes: attributes, AgentConnected: !a.AgentDisconnected, AgentVersion: a.AgentVersion,
		RegisteredAt: a.Registered, Running: a.RunningTasks, Groups: groups,
	}
}
