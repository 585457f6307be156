// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// LogLine is a line that a container wrote.
type LogLine struct {
	Time time.Time
	// Task is the task's ARN, Container its container's name.
	Task, Container string
	Text            string
}

// String returns the line with its time, the beginning of the task's ID and the
// container.
func (l LogLine) String() string {
	const short = 8
	task := lastPart(l.Task)
	return l.Time.UTC().Format("15:04:05.000") + " " + task[:min(len(task), short)] + "/" + l.Container + " " + l.Text
}

// LogOption chooses what [Logs] returns.
type LogOption func(*logReader)

// Follow goes on with what is written from now on, until ctx ends.
func Follow() LogOption { return func(r *logReader) { r.follow = true } }

// Since leaves out what was written before t.
func Since(t time.Time) LogOption { return func(r *logReader) { r.since = t } }

// OfContainer leaves out all containers but those of these names.
func OfContainer(names ...string) LogOption {
	return func(r *logReader) { r.containers = append(r.containers, names...) }
}

// Logs returns what the tasks of a service have written, merged in the order of time:
// of the tasks that run and of those that stopped in the last hour, which is as long as
// ECS knows them. Only what goes to CloudWatch Logs by the awslogs driver can be read.
//
// With [Follow] lines come as CloudWatch has them; one that arrives late, after others
// of a later time, comes out of order and is not lost. The loop then ends with ctx, and
// its error.
func Logs(ctx context.Context, cfg aws.Config, service ServiceRef, opts ...LogOption) iter.Seq2[LogLine, error] {
	return func(yield func(LogLine, error) bool) {
		o, err := operate(ctx, cfg, service)
		if err != nil {
			yield(LogLine{}, err)
			return
		}
		r := newLogReader(o.call)
		for _, opt := range opts {
			opt(r)
		}
		r.run(ctx, yield, func(ctx context.Context) error { return r.find(ctx, o.service) })
	}
}

// logReader reads log streams of tasks.
type logReader struct {
	call       slipway.Call
	follow     bool
	since      time.Time
	containers []string
	// streams by log group and name.
	streams map[string]map[string]source
	// known are the tasks whose streams were found out.
	known map[string]bool
	// last is the latest time read of a group, and seen the events not long before.
	last map[string]int64
	seen map[string]int64
}

// source is whose lines a stream has.
type source struct{ task, container string }

func newLogReader(c slipway.Call) *logReader {
	return &logReader{
		call: c, streams: map[string]map[string]source{}, known: map[string]bool{}, last: map[string]int64{}, seen: map[string]int64{},
	}
}

// run yields lines, once or for ever. find is called before each look.
func (r *logReader) run(ctx context.Context, yield func(LogLine, error) bool, find func(context.Context) error) {
	left := false
	err := slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		if err := find(ctx); err != nil {
			return false, err
		}
		lines, err := r.read(ctx)
		for _, l := range lines {
			if !yield(l, nil) {
				left = true
				return true, nil
			}
		}
		return !r.follow, err
	})
	if err != nil && !left {
		yield(LogLine{}, err)
	}
}

// find adds the streams of a service's tasks.
func (r *logReader) find(ctx context.Context, s *ecstypes.Service) error {
	var arns []string
	for _, status := range []ecstypes.DesiredStatus{ecstypes.DesiredStatusRunning, ecstypes.DesiredStatusStopped} {
		listed, err := listTasks(ctx, r.call, s, status)
		if err != nil {
			return err
		}
		arns = append(arns, slices.DeleteFunc(listed, func(a string) bool { return r.known[a] })...)
	}
	tasks, err := describeTasks(ctx, r.call, aws.ToString(s.ClusterArn), arns)
	if err != nil {
		return err
	}
	for i := range tasks {
		if err := r.add(ctx, &tasks[i]); err != nil {
			return err
		}
	}
	return nil
}

// add adds the streams of a task.
func (r *logReader) add(ctx context.Context, t *ecstypes.Task) error {
	out, err := client(r.call).DescribeTaskDefinition(ctx, &awsecs.DescribeTaskDefinitionInput{TaskDefinition: t.TaskDefinitionArn})
	if err != nil {
		return awserr.Wrap(err, "describe task definition")
	}
	task := aws.ToString(t.TaskArn)
	r.known[task] = true
	for i := range out.TaskDefinition.ContainerDefinitions {
		d := &out.TaskDefinition.ContainerDefinitions[i]
		name := aws.ToString(d.Name)
		group, stream := logStream(d, task)
		if stream == "" || len(r.containers) > 0 && !slices.Contains(r.containers, name) {
			continue
		}
		if r.streams[group] == nil {
			r.streams[group] = map[string]source{}
		}
		r.streams[group][stream] = source{task, name}
	}
	return nil
}

// late is how long after others of its time an event may be seen by CloudWatch.
const late = 30 * time.Second

// read returns what is new in all groups, in the order of time.
func (r *logReader) read(ctx context.Context) ([]LogLine, error) {
	var all []LogLine
	for group, streams := range r.streams {
		lines, err := r.readGroup(ctx, group, streams)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	slices.SortStableFunc(all, func(a, b LogLine) int {
		return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.Task, b.Task), strings.Compare(a.Container, b.Container))
	})
	return all, nil
}

func (r *logReader) readGroup(ctx context.Context, group string, streams map[string]source) ([]LogLine, error) {
	from := max(r.since.UnixMilli(), r.last[group]-late.Milliseconds(), 0)
	in := &awslogs.FilterLogEventsInput{LogGroupName: &group, StartTime: &from, LogStreamNamePrefix: set(commonPrefix(streams))}
	var lines []LogLine
	for pages := awslogs.NewFilterLogEventsPaginator(slipway.Client(r.call, awslogs.NewFromConfig), in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if awserr.Is(err, "ResourceNotFoundException") {
			return nil, nil // nothing was written yet
		}
		if err != nil {
			return nil, awserr.Wrap(err, "read log group "+group)
		}
		for _, e := range page.Events {
			at, id := aws.ToInt64(e.Timestamp), group+" "+aws.ToString(e.EventId)
			of, ours := streams[aws.ToString(e.LogStreamName)]
			if _, told := r.seen[id]; told || !ours {
				continue
			}
			r.seen[id] = at
			r.last[group] = max(r.last[group], at)
			lines = append(lines, LogLine{time.UnixMilli(at).UTC(), of.task, of.container, strings.TrimRight(aws.ToString(e.Message), "\r\n")})
		}
	}
	r.forget(group)
	return lines, nil
}

// forget drops the events that are not read again.
func (r *logReader) forget(group string) {
	oldest := r.last[group] - late.Milliseconds()
	for id, at := range r.seen {
		if at < oldest && strings.HasPrefix(id, group+" ") {
			delete(r.seen, id)
		}
	}
}

// commonPrefix is what the names of all streams begin with.
func commonPrefix(streams map[string]source) string {
	prefix, first := "", true
	for name := range streams {
		if first {
			prefix, first = name, false
		}
		for !strings.HasPrefix(name, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return prefix
}
