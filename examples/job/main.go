// SPDX-License-Identifier: Apache-2.0

// Command job has a task that runs every night: it deploys the task with its schedule,
// runs it once by hand with its log lines as they come, shows what is known of a run that
// fails, and waits for the night.
//
// It runs on a simulated AWS and needs no account.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // stop has nothing left to do
	}
}

const (
	cluster = "reports"
	image   = "report:1"
	work    = "work"
)

// report is the task that adds up a day.
func report() ecs.Job {
	c := ecs.NewContainer(work, ecs.ImageRef(image)).WithCommand("/report").WithEnv("DAY", "yesterday")
	task := ecs.NewFargateTaskDefinition("report", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c)
	return ecs.NewJob("report", ecs.NewCluster(cluster), task, vpc.Default())
}

// nightly is when it runs by itself.
func nightly(job ecs.Job) ecs.Schedule {
	return ecs.NewSchedule("nightly", "cron(0 3 * * ? *)", job).WithTimeZone("Europe/Berlin").WithRetries(2, time.Hour)
}

func run(ctx context.Context, out io.Writer) error {
	s := story{cloud: fakes.New(fakes.Options{}), out: out, job: report()}
	s.cloud.Image(image, works())
	for _, part := range []struct {
		title string
		tell  func(context.Context) error
	}{
		{"The job and its schedule", s.deploy},
		{"Run once, for another day", s.once},
		{"A run that fails", s.fail},
		{"The night", s.night},
		{"Destroy", s.destroy},
	} {
		fmt.Fprintf(out, "== %s\n", part.title)
		if err := part.tell(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.title, err)
		}
	}
	return nil
}

// works is the program of the image.
func works() fakes.Program {
	return fakes.Program{Logs: []string{"adding up the day", "42 orders"}, Exit: &fakes.Exit{After: time.Second}}
}

// story is what the program shows.
type story struct {
	cloud *fakes.Cloud
	out   io.Writer
	job   ecs.Job
}

func (s story) config() aws.Config { return s.cloud.Config() }

func (s story) stack() slipway.Stack { return slipway.NewStack("reports", nightly(s.job)) }

// deploy makes the job, and the schedule with the role that runs it.
func (s story) deploy(ctx context.Context) error {
	result, err := s.stack().Apply(ctx, s.config())
	if err != nil {
		return err
	}
	for _, c := range result.Changes {
		fmt.Fprintln(s.out, "+", c.ID)
	}
	return nil
}

// print writes a log line, which says when it was written and by which task.
func (s story) print(l ecs.LogLine) { fmt.Fprintf(s.out, "  %s: %s\n", l.Container, l.Text) }

// once runs the job now. A plan tells what to run, wherever the job was applied.
func (s story) once(ctx context.Context) error {
	plan, err := s.stack().Plan(ctx, s.config())
	if err != nil {
		return err
	}
	done, err := ecs.RunTask(ctx, s.config(), slipway.Output(plan, s.job), ecs.RunEnv(work, "DAY", "2026-01-31"), ecs.OnLog(s.print))
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "exit code %d\n", *done.Containers[0].ExitCode)
	return nil
}

// fail runs it while its program does not work.
func (s story) fail(ctx context.Context) error {
	s.cloud.Image(image, fakes.Program{Logs: []string{"the database is gone"}, Exit: &fakes.Exit{Code: 3}})
	defer s.cloud.Image(image, works())
	plan, err := s.stack().Plan(ctx, s.config())
	if err != nil {
		return err
	}
	_, err = ecs.RunTask(ctx, s.config(), slipway.Output(plan, s.job))
	failed, ok := errors.AsType[*ecs.TaskError](err)
	if !ok {
		return fmt.Errorf("the task did not fail: %w", err)
	}
	fmt.Fprintf(s.out, "%s with exit code %d\n%v\n", failed.Failure, *failed.Stopped.Containers[0].ExitCode, failed.Causes[0])
	return nil
}

// night lets a day pass, until EventBridge Scheduler has run the job.
func (s story) night(ctx context.Context) error {
	const look, day = 15 * time.Minute, 25 * time.Hour
	s.cloud.Advance(2 * time.Hour) // ECS forgets the runs of before
	for range day / look {
		tasks, err := awsecs.NewFromConfig(s.config()).ListTasks(ctx, &awsecs.ListTasksInput{
			Cluster: aws.String(cluster), DesiredStatus: ecstypes.DesiredStatusStopped,
		})
		if err != nil {
			return err
		}
		if len(tasks.TaskArns) > 0 {
			return s.read(ctx, tasks.TaskArns[0])
		}
		s.cloud.Advance(look)
	}
	return errors.New("nothing ran in the night")
}

// read prints what a task wrote, and when it began, in Berlin.
func (s story) read(ctx context.Context, task string) error {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return err
	}
	first := true
	for l, err := range ecs.TaskLogs(ctx, s.config(), task) {
		if err != nil {
			return err
		}
		if first {
			fmt.Fprintln(s.out, "at", l.Time.In(zone).Format("15:04"))
			first = false
		}
		s.print(l)
	}
	return nil
}

func (s story) destroy(ctx context.Context) error {
	if err := s.stack().Destroy(ctx, s.config()); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "nothing is left")
	return nil
}
