// SPDX-License-Identifier: Apache-2.0

// Command canary brings out three versions of a web service. The second one is bad: a
// tenth of the traffic is enough for the alarm to see it, and the traffic goes back. The
// third one waits, after it has been given the test traffic, until somebody approves it.
//
// It runs on a simulated AWS and needs no account. With -aws it does the same on the
// account and region that the environment names.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/vpc"
)

func main() {
	onAWS := flag.Bool("aws", false, "run on AWS instead of the simulation; this costs money")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *onAWS); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // stop has nothing left to do
	}
}

// alarm is what guards the deployments.
const alarm = "canary-errors"

// canary shifts a tenth of the traffic first. What is in hooks has to be waited for.
func canary(hooks ...ecs.Hook) ecs.Canary {
	return ecs.Canary{Percent: 10, CanaryBake: 10 * time.Minute, Bake: 5 * time.Minute, Alarms: []string{alarm}, Hooks: hooks}
}

// approval is asked for when the new version has the test traffic.
var approval = ecs.PauseHook{Stages: []ecs.Stage{ecs.PostTestTrafficShift}, Timeout: time.Hour}

// shop is the whole declaration. The second target group, the rules that forward to
// both, and the role by which ECS shifts the traffic follow from it.
func shop(v version, how ecs.Canary) (slipway.Stack, ecs.FargateService) {
	http := ecs.TCP("http", 80)
	app := ecs.NewContainer("app", ecs.ImageRef(v.image())).WithPort(http).WithEntryPoint("sh", "-c").WithCommand(v.script())
	task := ecs.NewFargateTaskDefinition("canary", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
	balancer := elb.NewApplication("canary", vpc.Default())
	test := balancer.Route("/*").WithHeader(testHeader, "yes")
	route := balancer.Route("/*").WithHealthCheck(elb.HealthCheck{Path: "/health"}).WithTestRoute(test.WithPriority(1)).WithPriority(2)
	web := ecs.NewFargateService("web", ecs.NewCluster("canary"), task, vpc.Default()).WithCount(2).
		WithRoute(route, app, http).WithDeployment(how)
	return slipway.NewStack("canary", web), web
}

func run(ctx context.Context, out io.Writer, onAWS bool) error {
	s, err := begin(ctx, out, onAWS)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{s.first, s.bad, s.approved, s.destroy} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// first has nothing to shift traffic from.
func (s *story) first(ctx context.Context) error {
	s.title("Version 1 is all there is")
	stack, web := shop(one, canary())
	result, err := stack.Apply(ctx, s.cfg)
	if err != nil {
		return err
	}
	s.url = slipway.Output(result, web).URL
	return s.show(ctx)
}

// bad is brought out, and seen to be bad by the alarm.
func (s *story) bad(ctx context.Context) error {
	s.title("Version 2 answers with errors")
	stack, _ := shop(two, canary())
	ended := make(chan error, 1)
	go func() {
		_, err := stack.Apply(ctx, s.cfg)
		ended <- err
	}()
	if err := s.waitForShare(ctx, ended); err != nil {
		return err
	}
	if err := s.show(ctx); err != nil {
		return err
	}
	s.sayf("The alarm goes off.")
	if err := s.ring(ctx, true); err != nil {
		return err
	}
	failed, ok := errors.AsType[*ecs.DeploymentError](<-ended)
	if !ok {
		return errors.New("the bad version was not noticed")
	}
	s.sayf("%s: %s", failed.Outcome, failed.Reason)
	if err := s.ring(ctx, false); err != nil {
		return err
	}
	return s.show(ctx)
}

// waitForShare waits until the new version has its share of the traffic.
func (s *story) waitForShare(ctx context.Context, ended <-chan error) error {
	return slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		select {
		case err := <-ended:
			return false, fmt.Errorf("the deployment ended too early: %w", err)
		default:
		}
		status, err := ecs.Status(ctx, s.cfg, ecs.ServiceNamed("canary", "web"))
		if err != nil || len(status.Traffic) == 0 {
			return false, err
		}
		newest := status.Traffic[len(status.Traffic)-1]
		if newest.Production == 0 || status.Outcome != ecs.InProgress {
			return false, nil
		}
		s.sayf("Stage %s: the new version gets %g %% of the traffic.", status.Stage, newest.Production)
		return true, nil
	})
}

// approved is tried out with test traffic before it gets any other.
func (s *story) approved(ctx context.Context) error {
	s.title("Version 3 waits to be approved")
	stack, _ := shop(three, canary(approval))
	_, err := stack.Apply(ctx, s.cfg)
	paused, ok := errors.AsType[*ecs.DeploymentError](err)
	if !ok || paused.Outcome != ecs.Paused {
		return fmt.Errorf("the deployment is not paused: %w", err)
	}
	s.sayf("Apply comes back: the deployment is %s.", strings.ToLower(string(paused.Outcome)))
	if err := s.show(ctx); err != nil {
		return err
	}
	s.sayf("Somebody approves it.")
	if err := ecs.Continue(ctx, s.cfg, paused.Deployment, paused.Hook); err != nil {
		return err
	}
	for event, err := range ecs.Watch(ctx, s.cfg, paused.Deployment) {
		if err != nil {
			return err
		}
		switch e := event.(type) {
		case ecs.StageReached, ecs.DeploymentEnded:
			s.sayf("  %s", e)
		}
	}
	return s.show(ctx)
}

// destroy takes everything away.
func (s *story) destroy(ctx context.Context) error {
	s.title("Everything is taken away")
	stack, _ := shop(three, canary(approval))
	if err := stack.Destroy(ctx, s.cfg); err != nil {
		return err
	}
	return s.forget(ctx)
}
