// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
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

// Follow goes on, after what was written already, with what is written from now on, until
// ctx ends.
func Follow() LogOption { return func(r *logReader) { r.follow = true } }

// Since leaves out what was written before t.
func Since(t time.Time) LogOption { return func(r *logReader) { r.since = t } }

// OfContainer leaves out all containers but those of these names.
func OfContainer(names ...string) LogOption {
	return func(r *logReader) { r.containers = append(r.containers, names...) }
}

// Logs returns what the tasks of a service have written, merged in the order of time:
// of the tasks that run and of those that stopped in the last hour, which is as long as
// ECS knows them. Only what goes to CloudWatch Logs by the awslogs driver can be read:
// containers with other drivers, or none, are left out. Lines are read as the loop asks
// for them, so a long history needs little memory.
//
// With [Follow] lines come as CloudWatch has them; one that arrives late, after others
// of a later time, comes out of order and is not lost. Tasks that start meanwhile are
// followed, too. The loop then ends with ctx, and its error, or with the first call that
// fails.
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
		left, err = r.read(ctx, func(l LogLine) bool { return yield(l, nil) })
		return left || !r.follow || !more, err
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
