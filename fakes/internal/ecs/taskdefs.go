// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"maps"
	"slices"
	"strings"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) describeTaskDefinition(c *sim.Call, in *awsecs.DescribeTaskDefinitionInput) (*awsecs.DescribeTaskDefinitionOutput, error) {
	d := f.of(c).taskDefinition(*in.TaskDefinition)
	if d == nil {
		return nil, clientError("Unable to describe task definition.")
	}
	out := &awsecs.DescribeTaskDefinitionOutput{TaskDefinition: d.definition}
	if slices.Contains(in.Include, ecstypes.TaskDefinitionFieldTags) {
		out.Tags = d.tags
	}
	return out, nil
}

func (f *Fake) deregisterTaskDefinition(c *sim.Call, in *awsecs.DeregisterTaskDefinitionInput) (*awsecs.DeregisterTaskDefinitionOutput, error) {
	if !strings.Contains(lastPart(*in.TaskDefinition), ":") {
		return nil, clientError("TaskDefinition must include a revision.")
	}
	d := f.of(c).taskDefinition(*in.TaskDefinition)
	if d == nil {
		return nil, clientError("The specified task definition does not exist. Specify a valid account, family, revision and try again.")
	}
	if d.active() {
		next := *d.definition
		next.Status = ecstypes.TaskDefinitionStatusInactive
		next.DeregisteredAt = new(c.Now())
		d.definition = &next
	}
	return &awsecs.DeregisterTaskDefinitionOutput{TaskDefinition: d.definition}, nil
}

func (f *Fake) deleteTaskDefinitions(c *sim.Call, in *awsecs.DeleteTaskDefinitionsInput) (*awsecs.DeleteTaskDefinitionsOutput, error) {
	r := f.of(c)
	if len(in.TaskDefinitions) > 10 {
		return nil, invalid("Task definitions cannot be longer than 10.")
	}
	out := &awsecs.DeleteTaskDefinitionsOutput{TaskDefinitions: []ecstypes.TaskDefinition{}, Failures: []ecstypes.Failure{}}
	for _, ref := range in.TaskDefinitions {
		d := r.taskDefinition(ref)
		switch {
		case d == nil:
			out.Failures = append(out.Failures, gone(ref))
		case d.active():
			out.Failures = append(out.Failures, ecstypes.Failure{
				Arn: new(d.arn()), Reason: new("The specified task definition is still in ACTIVE status. Please deregister the target and try again."),
			})
		default:
			out.TaskDefinitions = append(out.TaskDefinitions, *r.deleteRevision(d))
		}
	}
	return out, nil
}

// deleteRevision marks it; AWS keeps it while tasks, services or deployments use
// it.
func (r *region) deleteRevision(d *taskDef) *ecstypes.TaskDefinition {
	next := *d.definition
	next.Status = ecstypes.TaskDefinitionStatusDeleteInProgress
	next.DeleteRequestedAt = new(r.f.sim.Now())
	d.definition = &next
	if !r.uses(d) {
		r.families[d.family()].revisions[next.Revision-1] = nil
	}
	return &next
}

// uses reports whether a service or task still stands on d.
func (r *region) uses(d *taskDef) bool {
	for _, cl := range r.clusters {
		for _, s := range cl.services {
			for _, dep := range s.deployments {
				if dep.spec.td == d {
					return true
				}
			}
		}
		for _, t := range cl.tasks {
			if t.spec.td == d && t.status != stopped {
				return true
			}
		}
	}
	return false
}

func (f *Fake) listTaskDefinitions(c *sim.Call, in *awsecs.ListTaskDefinitionsInput) (*awsecs.ListTaskDefinitionsOutput, error) {
	r := f.of(c)
	status := in.Status
	if status == "" {
		status = ecstypes.TaskDefinitionStatusActive
	}
	var arns []string
	for _, name := range slices.Sorted(maps.Keys(r.families)) {
		if in.FamilyPrefix != nil && name != *in.FamilyPrefix {
			continue
		}
		for _, d := range r.families[name].revisions {
			if d != nil && d.definition.Status == status {
				arns = append(arns, d.arn())
			}
		}
	}
	if in.Sort == ecstypes.SortOrderDesc {
		slices.Reverse(arns)
	}
	page, next, err := paged(arns, in.NextToken, in.MaxResults, maxDescribed)
	if err != nil {
		return nil, err
	}
	return &awsecs.ListTaskDefinitionsOutput{TaskDefinitionArns: page, NextToken: next}, nil
}

func (f *Fake) listTaskDefinitionFamilies(c *sim.Call, in *awsecs.ListTaskDefinitionFamiliesInput) (*awsecs.ListTaskDefinitionFamiliesOutput, error) {
	r := f.of(c)
	var names []string
	for _, name := range slices.Sorted(maps.Keys(r.families)) {
		if !strings.HasPrefix(name, value(in.FamilyPrefix)) {
			continue
		}
		isActive := slices.ContainsFunc(r.families[name].revisions, func(d *taskDef) bool { return d != nil && d.active() })
		switch in.Status {
		case ecstypes.TaskDefinitionFamilyStatusActive:
			if !isActive {
				continue
			}
		case ecstypes.TaskDefinitionFamilyStatusInactive:
			if isActive {
				continue
			}
		case ecstypes.TaskDefinitionFamilyStatusAll:
		}
		names = append(names, name)
	}
	page, next, err := paged(names, in.NextToken, in.MaxResults, maxDescribed)
	if err != nil {
		return nil, err
	}
	return &awsecs.ListTaskDefinitionFamiliesOutput{Families: page, NextToken: next}, nil
}
