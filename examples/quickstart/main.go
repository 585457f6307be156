// SPDX-License-Identifier: Apache-2.0

// Command quickstart takes a small web server all the way: it compiles it, makes
// an image of it, pushes the image, deploys it behind a load balancer, deploys a
// version that crashes and sees it rolled back, changes the scaling, and destroys
// everything again.
//
// It runs on a simulated AWS and needs no account. With -aws it does the same on
// the account and region that the environment names.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/observe"
	"github.com/slipway-go/slipway/vpc"
)

func main() {
	onAWS := flag.Bool("aws", false, "run on AWS instead of the simulation; this costs money")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Stderr, *onAWS); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // stop has nothing left to do
	}
}

// shop is the whole declaration: a Fargate service on its own cluster, behind a
// load balancer. Roles, security groups, target group and log group follow from it.
func shop(image ecs.Image, scaling autoscaling.Scaling) (slipway.Stack, ecs.FargateService) {
	http := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", image).WithPort(http)
	task := ecs.NewFargateTaskDefinition("quickstart", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
	network := vpc.Default()
	balancer := elb.NewApplication("quickstart", network)
	web := ecs.NewFargateService("web", ecs.NewCluster("quickstart"), task, network).
		WithRoute(balancer.Route("/*"), app, http).
		WithScaling(scaling)
	return slipway.NewStack("quickstart", web), web
}

func run(ctx context.Context, out, progress io.Writer, onAWS bool) error {
	where, err := connect(ctx, onAWS)
	if err != nil {
		return err
	}
	observer := observe.Terminal(progress)
	defer observer.Close()
	s := story{world: where, out: out, observe: slipway.Observe(observer)}

	repository := ecr.NewRepository("quickstart").WithForceDelete()
	good, err := s.push(ctx, repository, "good")
	if err != nil {
		return err
	}
	bad, err := s.push(ctx, repository, "crash", "-crash")
	if err != nil {
		return err
	}
	s.crashes(bad)

	if err := s.deploy(ctx, "The first version", good, autoscaling.Between(2, 4)); err != nil {
		return err
	}
	if err := s.deployBad(ctx, bad); err != nil {
		return err
	}
	cpu := autoscaling.TargetTracking{Metric: autoscaling.CPUUtilization, Target: 60}
	if err := s.deploy(ctx, "Other scaling", good, autoscaling.Between(3, 10).WithPolicy(cpu)); err != nil {
		return err
	}
	return s.destroy(ctx, good, repository)
}

// world is where the story happens. cloud is nil on AWS.
type world struct {
	cfg   aws.Config
	cloud *fakes.Cloud
}

func connect(ctx context.Context, onAWS bool) (world, error) {
	if !onAWS {
		cloud := fakes.New(fakes.Options{Timing: fakes.Realistic, Speed: 240})
		return world{cfg: cloud.Config(), cloud: cloud}, nil
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	return world{cfg: cfg}, err
}

type story struct {
	world
	out     io.Writer
	observe slipway.Option
}

func (s story) title(text string) { fmt.Fprintf(s.out, "\n== %s\n\n", text) }

// push compiles the web server and pushes an image in which it is started with the
// arguments.
func (s story) push(ctx context.Context, to ecr.Repository, tag string, args ...string) (ecr.Image, error) {
	s.title("Push " + tag)
	image, err := webImage(ctx, args...)
	if err != nil {
		return ecr.Image{}, err
	}
	pushed, err := ecr.Push(ctx, s.cfg, to, ecr.FromImage(image), ecr.Tags(tag))
	if err != nil {
		return ecr.Image{}, err
	}
	fmt.Fprintln(s.out, pushed.ImageReference())
	return pushed, nil
}

// crashes tells the simulation what the image's program does. On AWS it does so
// by itself.
func (s story) crashes(image ecr.Image) {
	if s.cloud != nil {
		s.cloud.Image(image.ImageReference(), fakes.Program{Exit: &fakes.Exit{Code: 1}})
	}
}

// deploy prints the plan of a version, applies it and prints the URL with what is
// answered there.
func (s story) deploy(ctx context.Context, title string, image ecs.Image, scaling autoscaling.Scaling) error {
	s.title(title)
	stack, web := shop(image, scaling)
	plan, err := stack.Plan(ctx, s.cfg)
	if err != nil {
		return err
	}
	fmt.Fprint(s.out, plan)
	result, err := stack.Apply(ctx, s.cfg, s.observe)
	if err != nil {
		return err
	}
	outputs := slipway.Output(result, web)
	status, err := s.status(ctx, outputs.URL)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: %s answers %s\n", outputs.Outcome, outputs.URL, status)
	return nil
}

// deployBad deploys a version that crashes and expects ECS to roll it back.
func (s story) deployBad(ctx context.Context, image ecs.Image) error {
	s.title("A version that crashes")
	stack, _ := shop(image, autoscaling.Between(2, 4))
	_, err := stack.Apply(ctx, s.cfg, s.observe)
	var failed *ecs.DeploymentError
	if !errors.As(err, &failed) {
		return fmt.Errorf("the version that crashes was not rolled back: %w", err)
	}
	fmt.Fprintf(s.out, "%s: %v\n", failed.Outcome, failed)
	return nil
}

// destroy removes the stack and the repository with its images.
func (s story) destroy(ctx context.Context, image ecs.Image, repository ecr.Repository) error {
	s.title("Destroy")
	stack, _ := shop(image, autoscaling.Between(2, 4))
	if err := stack.Destroy(ctx, s.cfg, s.observe); err != nil {
		return err
	}
	if err := repository.Stack().Destroy(ctx, s.cfg, s.observe); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "nothing is left")
	return nil
}
