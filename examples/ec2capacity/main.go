// SPDX-License-Identifier: Apache-2.0

// Command ec2capacity has a cluster of EC2 instances follow its tasks. It begins with no
// instance; tasks that find no room have instances launched, those that idle are taken
// away, and when a zone is lost the others take over. What happened is printed with the
// times that AWS has of it.
//
// It runs on a simulated AWS and needs no account. With -aws it does the same, but for the
// loss of a zone, on the account and region that the environment names. That takes an hour.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
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

// name is that of all there is.
const name = "ec2capacity"

// shop is the whole declaration: a service of so many tasks, and the instances that they
// run on. The role of the instances, their launch template with the newest image for ECS,
// and their security group follow from it. The group spreads its instances over the zones;
// tasks are packed on few of them, so that others idle.
func shop(tasks int) slipway.Stack {
	network, cluster := vpc.Default(), ecs.NewCluster(name)
	template := ecs.NewInstanceTemplate(name, cluster, ecs.AL2023, network).WithInstanceType("m5.large")
	group := autoscaling.NewGroup(name, template.LaunchTemplate(), network).
		WithSize(0, 6).WithExternalScaling().WithScaleInProtection()
	provider := ecs.NewGroupProvider(name, group).WithTerminationProtection()

	app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/nginx/nginx:1.29")).WithCPU(1 * ecs.VCPU).WithMemoryLimit(1 * ecs.GiB)
	task := ecs.NewEC2TaskDefinition(name).WithContainer(app)
	web := ecs.NewEC2Service("web", cluster.WithCapacityProvider(provider), task, network).WithCount(tasks).
		WithCapacity(ecs.InstanceCapacity{Provider: provider, Weight: 1}).
		WithPlacementStrategy(ecs.BinpackCPU).WithPlacementStrategy(ecs.SpreadByZone)
	return slipway.NewStack(name, web)
}

func run(ctx context.Context, out io.Writer, onAWS bool) error {
	s, err := begin(ctx, out, onAWS)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{s.empty, s.first, s.more, s.fewer, s.loseZone, s.destroy} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// empty makes a cluster that has no instance, and costs nothing yet.
func (s *story) empty(ctx context.Context) error {
	s.title("Nothing runs")
	return s.scale(ctx, 0, 0)
}

// first has tasks wait until there are instances. From nothing, ECS launches two at
// least.
func (s *story) first(ctx context.Context) error {
	s.title("Two tasks, and no instance")
	return s.scale(ctx, 2, 2)
}

// more does not fit: an instance has room for two tasks.
func (s *story) more(ctx context.Context) error {
	s.title("Twelve tasks")
	return s.scale(ctx, 12, 6)
}

// fewer leaves instances idle. They are taken away once they have been for a quarter of an
// hour; those with tasks are protected.
func (s *story) fewer(ctx context.Context) error {
	s.title("Six tasks")
	return s.scale(ctx, 6, 3)
}

// loseZone has a third of the tasks end with their instance. The other zones take over.
func (s *story) loseZone(ctx context.Context) error {
	if s.cloud == nil {
		return nil // nobody can do that to AWS
	}
	zone := s.cfg.Region + "a"
	s.title("The zone " + zone + " is lost")
	began := s.now()
	if err := s.cloud.LoseZone(zone); err != nil {
		return err
	}
	return s.wait(ctx, began, 6, 3)
}

// destroy takes everything away.
func (s *story) destroy(ctx context.Context) error {
	s.title("Everything is taken away")
	began := s.now()
	if err := shop(0).Destroy(ctx, s.cfg); err != nil {
		return err
	}
	if err := s.activities(ctx, s.cfg); err != nil {
		return err
	}
	s.tell(s.out, began)
	return nil
}
