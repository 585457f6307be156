// SPDX-License-Identifier: Apache-2.0

package slipway_test

import (
	"context"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/vpc"
)

// A web service behind a load balancer, on a simulated AWS.
func Example() {
	ctx, cfg := context.Background(), cloudWithSecret("shop/db")

	http := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")).
		WithPort(http).
		WithEnv("LOG_LEVEL", "info").
		WithSecret("DB_URL", ecs.SecretsManager("shop/db"))
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/2, 1*ecs.GiB).
		WithContainer(app).
		WithTaskRole(iam.NewRole("web").WithAllow("arn:aws:s3:::shop-assets/*", "s3:GetObject"))

	network := vpc.Default()
	alb := elb.NewApplication("shop", network)
	web := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, network).
		WithRoute(alb.Route("/*"), app, http).
		WithScaling(autoscaling.Between(2, 20).
			WithPolicy(autoscaling.TargetTracking{Metric: autoscaling.CPUUtilization, Target: 60}))

	stack := slipway.NewStack("shop", web)
	result, err := stack.Apply(ctx, cfg)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(slipway.Output(result, web).URL)
	// Output:
	// http://shop-3038743729.us-east-1.elb.amazonaws.com/
}

// cloudWithSecret is the configuration of a simulated account with one secret.
func cloudWithSecret(name string) aws.Config {
	cfg := fakes.New(fakes.Options{}).Config()
	_, err := awssm.NewFromConfig(cfg).CreateSecret(context.Background(), &awssm.CreateSecretInput{
		Name: &name, SecretString: aws.String("postgres://db"),
	})
	if err != nil {
		log.Fatal(err)
	}
	return cfg
}
