// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// what happens, in the order in which things of one instant are told; for one thing, and
// for several.
var (
	stopped  = happening{1, "task is stopped", "tasks are stopped"}
	lost     = happening{2, "task is lost", "tasks are lost"}
	gone     = happening{3, "instance is lost", "instances are lost"}
	leaves   = happening{4, "instance leaves", "instances leave"}
	ended    = happening{5, "instance is terminated", "instances are terminated"}
	placed   = happening{6, "task finds room", "tasks find room"}
	waiting  = happening{7, "task waits for an instance", "tasks wait for an instance"}
	launched = happening{8, "instance is launched", "instances are launched"}
	joined   = happening{9, "instance joins the cluster", "instances join the cluster"}
	runs     = happening{10, "task runs", "tasks run"}
)

type happening struct {
	rank      int
	one, many string
}

// event is what happened to one task or instance.
type event struct {
	what happening
	zone string
	at   time.Time
}

// timeline is what AWS says has happened, by what it happened to.
type timeline struct {
	events map[string]event
	told   map[string]bool
	joins  map[string]time.Time // by container instance
}

func newTimeline() timeline {
	return timeline{map[string]event{}, map[string]bool{}, map[string]time.Time{}}
}

// note keeps an event, if it has happened.
func (t timeline) note(id string, what happening, zone string, at *time.Time) {
	if at != nil {
		t.events[fmt.Sprint(what.rank, " ", id)] = event{what, zone, *at}
	}
}

// look asks AWS what has happened.
func (t timeline) look(ctx context.Context, cfg aws.Config) error {
	for _, f := range []func(context.Context, aws.Config) error{t.instances, t.tasks, t.activities} {
		if err := f(ctx, cfg); err != nil {
			return err
		}
	}
	return nil
}

// instances are those that have joined the cluster.
func (t timeline) instances(ctx context.Context, cfg aws.Config) error {
	client := awsecs.NewFromConfig(cfg)
	list, err := client.ListContainerInstances(ctx, &awsecs.ListContainerInstancesInput{Cluster: aws.String(name)})
	if err != nil || len(list.ContainerInstanceArns) == 0 {
		return err
	}
	out, err := client.DescribeContainerInstances(ctx, &awsecs.DescribeContainerInstancesInput{
		Cluster: aws.String(name), ContainerInstances: list.ContainerInstanceArns,
	})
	if err != nil {
		return err
	}
	for _, i := range out.ContainerInstances {
		for _, a := range i.Attributes {
			if *a.Name == "ecs.availability-zone" {
				t.note(*i.ContainerInstanceArn, joined, aws.ToString(a.Value), i.RegisteredAt)
			}
		}
		t.joins[*i.ContainerInstanceArn] = aws.ToTime(i.RegisteredAt)
	}
	return nil
}

// tasks are those that are to run, and those that have stopped in the last hour.
func (t timeline) tasks(ctx context.Context, cfg aws.Config) error {
	client := awsecs.NewFromConfig(cfg)
	for _, status := range []ecstypes.DesiredStatus{ecstypes.DesiredStatusRunning, ecstypes.DesiredStatusStopped} {
		list, err := client.ListTasks(ctx, &awsecs.ListTasksInput{Cluster: aws.String(name), DesiredStatus: status})
		if err != nil {
			return err
		}
		if len(list.TaskArns) == 0 {
			continue
		}
		out, err := client.DescribeTasks(ctx, &awsecs.DescribeTasksInput{Cluster: aws.String(name), Tasks: list.TaskArns})
		if err != nil {
			return err
		}
		for _, task := range out.Tasks {
			t.task(task)
		}
	}
	return nil
}

// task notes what a task has gone through. It has waited if its instance was not there when
// it was made.
func (t timeline) task(task ecstypes.Task) {
	id, zone := *task.TaskArn, aws.ToString(task.AvailabilityZone)
	if task.StartedAt != nil {
		how, where := placed, zone
		if t.joins[aws.ToString(task.ContainerInstanceArn)].After(*task.CreatedAt) {
			how, where = waiting, ""
		}
		t.note(id, how, where, task.CreatedAt)
	}
	t.note(id, runs, zone, task.StartedAt)
	end := lost
	if task.StopCode == ecstypes.TaskStopCodeServiceSchedulerInitiated {
		end = stopped
	}
	t.note(id, end, zone, task.StoppingAt)
}

// activities are what the Auto Scaling group has done.
func (t timeline) activities(ctx context.Context, cfg aws.Config) error {
	out, err := awsasg.NewFromConfig(cfg).DescribeScalingActivities(ctx, &awsasg.DescribeScalingActivitiesInput{
		AutoScalingGroupName: aws.String(name), IncludeDeletedGroups: aws.Bool(true),
	})
	if err != nil {
		return err
	}
	for _, a := range out.Activities {
		var where struct {
			Zone string `json:"Availability Zone"`
		}
		if err := json.Unmarshal([]byte(aws.ToString(a.Details)), &where); err != nil {
			return err
		}
		switch id := *a.ActivityId; {
		case strings.HasPrefix(*a.Description, "Launching"):
			t.note(id, launched, where.Zone, a.StartTime)
		case strings.Contains(*a.Cause, "health check"):
			t.note(id, gone, where.Zone, a.StartTime)
		default:
			t.note(id, leaves, where.Zone, a.StartTime)
			t.note(id, ended, where.Zone, a.EndTime)
		}
	}
	return nil
}

// tell writes what has not been told yet, a line for all that happened at the same second
// to things of one sort.
func (t timeline) tell(out io.Writer, began time.Time) {
	type moment struct {
		after time.Duration
		what  happening
	}
	zones := map[moment][]string{}
	for id, e := range t.events {
		if !t.told[id] {
			t.told[id] = true
			m := moment{e.at.Sub(began).Round(time.Second), e.what}
			zones[m] = append(zones[m], e.zone)
		}
	}
	order := func(a, b moment) int {
		return cmp.Or(cmp.Compare(a.after, b.after), cmp.Compare(a.what.rank, b.what.rank))
	}
	for _, m := range slices.SortedFunc(maps.Keys(zones), order) {
		fmt.Fprintf(out, "%7s  %s\n", m.after, m.what.of(zones[m]))
	}
}

// of says to how many things it happened, and where.
func (h happening) of(zones []string) string {
	text := "1 " + h.one
	if len(zones) > 1 {
		text = fmt.Sprint(len(zones), " ", h.many)
	}
	counts := map[string]int{}
	for _, z := range zones {
		counts[z]++
	}
	var parts []string
	for _, z := range slices.Sorted(maps.Keys(counts)) {
		switch {
		case z == "":
		case counts[z] > 1:
			parts = append(parts, fmt.Sprintf("%s (%d)", z, counts[z]))
		default:
			parts = append(parts, z)
		}
	}
	if len(parts) == 0 {
		return text
	}
	return text + ": " + strings.Join(parts, ", ")
}
