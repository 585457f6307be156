// SPDX-License-Identifier: Apache-2.0

// Command diagnose breaks a web service in six ways, and has each broken service
// explained: the program crashes, the image is for another CPU architecture, the
// secret is gone, the health check's path is wrong, the security group keeps the load
// balancer out, and the tasks' network has no way out.
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

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
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

// port is what the program listens on.
const port = 8080

// shop is a service in good health as long as nobody breaks it.
func shop(image string) ecs.FargateService {
	http := ecs.TCP("http", port)
	app := ecs.NewContainer("app", ecs.ImageRef(image)).WithPort(http).WithSecret("DATABASE_URL", ecs.SecretsManager("shop/db"))
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
	return ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default()).WithCount(2).
		WithRoute(elb.NewApplication("shop", vpc.Default()).Route("/*"), app, http)
}

// trouble is one way to break the shop.
type trouble struct {
	title  string
	breaks func(ctx context.Context, s site) error
}

func run(ctx context.Context, out io.Writer) error {
	for _, t := range troubles {
		fmt.Fprintf(out, "== %s\n", t.title)
		if err := t.show(ctx, out); err != nil {
			return fmt.Errorf("%s: %w", t.title, err)
		}
	}
	return nil
}

// show deploys the shop in a cloud of its own, breaks it, and prints what is wrong.
func (t trouble) show(ctx context.Context, out io.Writer) error {
	s := site{cloud: fakes.New(fakes.Options{})}
	if err := s.open(ctx); err != nil {
		return err
	}
	if err := t.breaks(ctx, s); err != nil {
		return err
	}
	s.cloud.Advance(time.Minute)
	causes, err := ecs.Diagnose(ctx, s.config(), ecs.ServiceNamed("shop", "web"))
	if err != nil {
		return err
	}
	if len(causes) == 0 {
		return errors.New("nothing is found to be wrong")
	}
	fmt.Fprintf(out, "%v\n\n", causes[0])
	return nil
}

// site is a cloud in which the shop runs.
type site struct{ cloud *fakes.Cloud }

func (s site) config() aws.Config { return s.cloud.Config() }

// deploy applies a version. That it fails is what some troubles are about.
func (s site) deploy(ctx context.Context, image string) error {
	_, err := slipway.NewStack("shop", shop(image)).Apply(ctx, s.config())
	return err
}

// fails deploys a version that has to fail.
func (s site) fails(ctx context.Context, p fakes.Program) error {
	s.cloud.Image("web:2", p)
	if _, ok := errors.AsType[*ecs.DeploymentError](s.deploy(ctx, "web:2")); !ok {
		return errors.New("the deployment did not fail")
	}
	return nil
}
