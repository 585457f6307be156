// SPDX-License-Identifier: Apache-2.0

// Package scheduler is the simulated EventBridge Scheduler. Schedules run tasks on ECS
// when their time comes.
package scheduler

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	rules "github.com/slipway-go/slipway/internal/rules/scheduler"
)

// Fake is the simulated service.
type Fake struct {
	sim     *sim.Sim
	access  world.Access
	tasks   world.Tasks
	regions sim.Regional[region]
}

// region has the groups of a region, by name.
type region struct {
	account, name string
	groups        map[string]*group
}

// group is a schedule group with its schedules, by name.
type group struct {
	name, arn, token  string
	created, modified time.Time
	tags              []schedulertypes.Tag
	schedules         map[string]*schedule
}

const defaultGroup = "default"

// New returns the service with nothing but the default groups.
func New(s *sim.Sim, access world.Access, tasks world.Tasks) *Fake {
	f := &Fake{sim: s, access: access, tasks: tasks}
	f.regions.New = func(account, name string) *region {
		r := &region{account: account, name: name, groups: map[string]*group{}}
		r.groups[defaultGroup] = r.group(s, defaultGroup, nil)
		return r
	}
	return f
}

// Services returns the operations of EventBridge Scheduler.
func (f *Fake) Services() []*sim.Service {
	s := sim.NewService("Scheduler", "scheduler")
	s.Things = f.things
	f.groupOperations(s)
	f.scheduleOperations(s)
	f.tagOperations(s)
	return []*sim.Service{s}
}

func (r *region) arn(resource string) string {
	return "arn:" + sim.Partition(r.name) + ":scheduler:" + r.name + ":" + r.account + ":" + resource
}

func (r *region) group(s *sim.Sim, name string, tags []schedulertypes.Tag) *group {
	now := s.Now()
	return &group{name: name, arn: r.arn("schedule-group/" + name), created: now, modified: now, tags: tags, schedules: map[string]*schedule{}}
}

func (r *region) find(name *string) (*group, error) {
	g, ok := r.groups[or(name, defaultGroup)]
	if !ok {
		return nil, missing("Schedule group " + *name + " does not exist.")
	}
	return g, nil
}

func or(s *string, other string) string {
	if s == nil {
		return other
	}
	return *s
}

func missing(text string) error {
	return &schedulertypes.ResourceNotFoundException{Message: &text}
}

func invalid(text string) error { return &schedulertypes.ValidationException{Message: &text} }

func conflict(text string) error { return &schedulertypes.ConflictException{Message: &text} }

// typed gives a broken rule AWS's type.
func typed(code, text string) error {
	if code == "ValidationException" {
		return invalid(text)
	}
	return sim.Errorf(code, "%s", text)
}

// on says that the caller needs the operation's action on a thing.
func on[I any](action string, resource func(in *I) string) sim.Option[I] {
	return sim.Needs(func(c *sim.Call, in *I) []sim.Access {
		return []sim.Access{{Action: "scheduler:" + action, Resource: c.ARN("scheduler", resource(in))}}
	})
}

func (f *Fake) groupOperations(s *sim.Service) {
	sim.Handle(s, "CreateScheduleGroup", f.createGroup, on("CreateScheduleGroup",
		func(in *awsscheduler.CreateScheduleGroupInput) string {
			return "schedule-group/" + aws.ToString(in.Name)
		}))
	sim.Handle(s, "GetScheduleGroup", f.getGroup, on("GetScheduleGroup",
		func(in *awsscheduler.GetScheduleGroupInput) string { return "schedule-group/" + aws.ToString(in.Name) }))
	sim.Handle(s, "DeleteScheduleGroup", f.deleteGroup, on("DeleteScheduleGroup",
		func(in *awsscheduler.DeleteScheduleGroupInput) string {
			return "schedule-group/" + aws.ToString(in.Name)
		}))
	sim.Handle(s, "ListScheduleGroups", f.listGroups)
}

func (f *Fake) createGroup(c *sim.Call, in *awsscheduler.CreateScheduleGroupInput) (*awsscheduler.CreateScheduleGroupOutput, error) {
	if err := sim.Check(rules.CreateScheduleGroup, nil, in, typed); err != nil {
		return nil, err
	}
	r := f.regions.In(c)
	if same, ok := r.groups[*in.Name]; ok && in.ClientToken != nil && same.token == *in.ClientToken {
		return &awsscheduler.CreateScheduleGroupOutput{ScheduleGroupArn: &same.arn}, nil
	} else if ok {
		return nil, conflict("Schedule group " + *in.Name + " already exists.")
	}
	g := r.group(f.sim, *in.Name, in.Tags)
	g.token = aws.ToString(in.ClientToken)
	r.groups[*in.Name] = g
	return &awsscheduler.CreateScheduleGroupOutput{ScheduleGroupArn: &g.arn}, nil
}

func (f *Fake) getGroup(c *sim.Call, in *awsscheduler.GetScheduleGroupInput) (*awsscheduler.GetScheduleGroupOutput, error) {
	g, err := f.regions.In(c).find(in.Name)
	if err != nil {
		return nil, err
	}
	return &awsscheduler.GetScheduleGroupOutput{
		Arn: &g.arn, Name: &g.name, State: schedulertypes.ScheduleGroupStateActive, CreationDate: &g.created, LastModificationDate: &g.modified,
	}, nil
}

// deleteGroup deletes the group's schedules with it.
func (f *Fake) deleteGroup(c *sim.Call, in *awsscheduler.DeleteScheduleGroupInput) (*awsscheduler.DeleteScheduleGroupOutput, error) {
	r := f.regions.In(c)
	g, err := r.find(in.Name)
	if err != nil {
		return nil, err
	}
	if g.name == defaultGroup {
		return nil, invalid("Schedule group default cannot be deleted.")
	}
	for _, s := range g.schedules {
		s.life++
	}
	delete(r.groups, g.name)
	return &awsscheduler.DeleteScheduleGroupOutput{}, nil
}

// pageSize is how many a page has unless told otherwise, and at most.
const pageSize = 100

func (f *Fake) listGroups(c *sim.Call, in *awsscheduler.ListScheduleGroupsInput) (*awsscheduler.ListScheduleGroupsOutput, error) {
	var all []schedulertypes.ScheduleGroupSummary
	r := f.regions.In(c)
	for _, name := range slices.Sorted(maps.Keys(r.groups)) {
		if g := r.groups[name]; strings.HasPrefix(name, aws.ToString(in.NamePrefix)) {
			all = append(all, schedulertypes.ScheduleGroupSummary{
				Arn: &g.arn, Name: &g.name, State: schedulertypes.ScheduleGroupStateActive, CreationDate: &g.created, LastModificationDate: &g.modified,
			})
		}
	}
	page, next, err := sim.Page(all, in.NextToken, int(min(or32(in.MaxResults, pageSize), pageSize)))
	if err != nil {
		return nil, invalid("Invalid NextToken.")
	}
	return &awsscheduler.ListScheduleGroupsOutput{ScheduleGroups: page, NextToken: next}, nil
}

func or32(n *int32, other int32) int32 {
	if n == nil {
		return other
	}
	return *n
}
