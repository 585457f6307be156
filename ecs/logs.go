// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
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
		r.run(ctx, yield, func(ctx context.Context) (bool, error) { return true, r.find(ctx, o.service) })
	}
}

// TaskLogs returns what one task has written, as [Logs] does of a service. taskARN is in
// the long form, with the name of the cluster. With [Follow] it ends once the task has
// stopped and all that it wrote is read.
func TaskLogs(ctx context.Context, cfg aws.Config, taskARN string, opts ...LogOption) iter.Seq2[LogLine, error] {
	return func(yield func(LogLine, error) bool) {
		cluster, err := clusterOf(taskARN)
		if err != nil {
			yield(LogLine{}, err)
			return
		}
		r := newLogReader(newCall(cfg))
		for _, opt := range opts {
			opt(r)
		}
		r.run(ctx, yield, r.task(cluster, taskARN))
	}
}

// logReader reads log streams of tasks.
type logReader struct {
	call       slipway.Call
	follow     bool
	since      time.Time
	containers []string
	streams    map[logGroup]map[string]source
	// known are the tasks whose streams were found out.
	known map[string]bool
	// last is the latest time read of a group, and seen the events not long before.
	last map[logGroup]int64
	seen map[logGroup]map[string]int64
}

// logGroup is a log group by its region and name.
type logGroup struct{ region, name string }

// source is whose lines a stream has.
type source struct{ task, container string }

func newLogReader(c slipway.Call) *logReader {
	return &logReader{
		call: c, streams: map[logGroup]map[string]source{}, known: map[string]bool{},
		last: map[logGroup]int64{}, seen: map[logGroup]map[string]int64{},
	}
}

// run yields lines, once or as long as find says that more may come. find is called
// before each look.
func (r *logReader) run(ctx context.Context, yield func(LogLine, error) bool, find func(context.Context) (more bool, err error)) {
	left := false
	err := slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		more, err := find(ctx)
		if err != nil {
			return false, err
		}
		lines, err := r.read(ctx)
		for _, l := range lines {
			if !yield(l, nil) {
				left = true
				return true, nil
			}
		}
		return !r.follow || !more, err
	})
	if err != nil && !left {
		yield(LogLine{}, err)
	}
}

// settle is how long after the end of a task what it wrote last is looked for.
const settle = 2 * time.Second

// task returns what finds the streams of a task, until it has stopped.
func (r *logReader) task(cluster, taskARN string) func(context.Context) (bool, error) {
	var stopped time.Time
	return func(ctx context.Context) (bool, error) {
		t, err := describeTask(ctx, r.call, cluster, taskARN)
		if err != nil {
			return false, err
		}
		if aws.ToString(t.LastStatus) == "STOPPED" && stopped.IsZero() {
			stopped = time.Now()
		}
		if !r.known[taskARN] {
			err = r.add(ctx, t)
		}
		return stopped.IsZero() || time.Since(stopped) < settle, err
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
		in := logGroup{d.LogConfiguration.Options["awslogs-region"], group}
		if r.streams[in] == nil {
			r.streams[in], r.seen[in] = map[string]source{}, map[string]int64{}
		}
		r.streams[in][stream] = source{task, name}
	}
	return nil
}

// late is how long after others of its time an event may be seen by CloudWatch.
const late = 30 * time.Second

// read returns what is new in all groups, in the order of time: with an error what could
// be read.
func (r *logReader) read(ctx context.Context) ([]LogLine, error) {
	var all []LogLine
	var errs []error
	for group := range r.streams {
		lines, err := r.readGroup(ctx, group)
		all, errs = append(all, lines...), append(errs, err)
	}
	slices.SortStableFunc(all, func(a, b LogLine) int {
		return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.Task, b.Task), strings.Compare(a.Container, b.Container))
	})
	return all, errors.Join(errs...)
}

// client is of the region where the group is.
func (r *logReader) client(of logGroup) *awslogs.Client {
	return awslogs.NewFromConfig(r.call.Config, func(o *awslogs.Options) { o.Region = cmp.Or(of.region, o.Region) })
}

func (r *logReader) readGroup(ctx context.Context, group logGroup) ([]LogLine, error) {
	from := max(r.since.UnixMilli(), r.last[group]-late.Milliseconds(), 0)
	in := &awslogs.FilterLogEventsInput{LogGroupName: &group.name, StartTime: &from, LogStreamNamePrefix: set(commonPrefix(r.streams[group]))}
	var lines []LogLine
	newest := r.last[group]
	for pages := awslogs.NewFilterLogEventsPaginator(r.client(group), in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if awserr.Is(err, "ResourceNotFoundException") {
			return nil, nil // nothing was written yet
		}
		if err != nil { // the pages that are left are read next time
			return lines, awserr.Wrap(err, "read log group "+group.name)
		}
		for _, e := range page.Events {
			if l, ours := r.line(group, &e); ours {
				lines = append(lines, l)
				newest = max(newest, aws.ToInt64(e.Timestamp))
			}
		}
	}
	r.last[group] = newest
	r.forget(group)
	return lines, nil
}

// line is what an event says; false if it was told already, or is of another task.
func (r *logReader) line(group logGroup, e *logstypes.FilteredLogEvent) (LogLine, bool) {
	of, ours := r.streams[group][aws.ToString(e.LogStreamName)]
	at, id := aws.ToInt64(e.Timestamp), aws.ToString(e.EventId)
	if _, told := r.seen[group][id]; told || !ours {
		return LogLine{}, false
	}
	r.seen[group][id] = at
	return LogLine{time.UnixMilli(at).UTC(), of.task, of.container, strings.TrimRight(aws.ToString(e.Message), "\r\n")}, true
}

// forget drops the events that are not read again.
func (r *logReader) forget(group logGroup) {
	oldest := r.last[group] - late.Milliseconds()
	maps.DeleteFunc(r.seen[group], func(_ string, at int64) bool { return at < oldest })
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
