// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

func ExampleNewApplication() {
	cloud := fakes.New(fakes.Options{})
	app := elb.NewApplication("shop", vpc.Default()).
		WithHTTPS("arn:aws:acm:us-east-1:123456789012:certificate/1").
		WithIdleTimeout(2 * time.Minute)
	if _, err := slipway.NewStack("shop", app).Apply(context.Background(), cloud.Config()); err != nil {
		fmt.Println(err)
		return
	}
	api := awselb.NewFromConfig(cloud.Config())
	out, err := api.DescribeLoadBalancers(context.Background(), &awselb.DescribeLoadBalancersInput{})
	if err != nil {
		fmt.Println(err)
		return
	}
	b := out.LoadBalancers[0]
	fmt.Println(aws.ToString(b.LoadBalancerName), b.Scheme, b.State.Code, len(b.AvailabilityZones), "zones")
	// Output: shop internet-facing active 3 zones
}

func ExampleApplication_Route() {
	app := elb.NewApplication("shop", vpc.Default()).WithHTTPS("arn:aws:acm:us-east-1:123456789012:certificate/1")
	route := app.Route("/api/*").WithHost("shop.example.com").
		WithHealthCheck(elb.HealthCheck{Path: "/live", Interval: 10 * time.Second})
	group, rule := route.Forward("api", 8080, vpc.Default())
	fmt.Println(route.URL())
	fmt.Println(group.ID(), rule.ID())
	// Output:
	// https://shop.example.com/api/
	// elb:TargetGroup/api elb:ListenerRule/api
}

func ExampleListenerARN() {
	listener := elb.ListenerARN("arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/old/1/2").
		WithURL("https://old.example.com")
	fmt.Println(listener.Route("/new/*").URL())
	// Output: https://old.example.com/new/
}

func ExampleNewTargetGroup() {
	group := elb.NewTargetGroup("web", 8080, vpc.Default()).
		WithHealthCheck(elb.HealthCheck{Interval: time.Second}).
		WithDeregistrationDelay(2 * time.Hour)
	fmt.Println(group.Validate())
	// Output:
	// elb:TargetGroup/web HealthCheckIntervalSeconds: got 1s, want 5s to 300s (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html)
	// elb:TargetGroup/web HealthCheckTimeoutSeconds: got 5s with an interval of 1s, want less than the interval (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html)
	// elb:TargetGroup/web Attributes[deregistration_delay.timeout_seconds]: got 7200, want 0 to 3600 (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html)
}

func ExampleNewListenerRule() {
	app := elb.NewApplication("shop", vpc.Default())
	rule := elb.NewListenerRule("moved", app.Listener(), elb.Redirect{Host: "new.example.com"}).WithHost("old.example.com")
	fmt.Println(rule.ID(), rule.Validate())
	// Output: elb:ListenerRule/moved <nil>
}

func ExampleNewListener() {
	app := elb.NewApplication("shop", vpc.Default())
	blue, green := elb.NewTargetGroup("blue", 80, vpc.Default()), elb.NewTargetGroup("green", 80, vpc.Default())
	listener := elb.NewListener(app, 8080, elb.Forward{Targets: []elb.Weighted{{Group: blue, Weight: 9}, {Group: green, Weight: 1}}})
	fmt.Println(listener.ID(), listener.Validate())
	// Output: elb:Listener/shop/8080 <nil>
}

func ExampleCheck() {
	fmt.Println(elb.Check(&awselb.CreateListenerInput{
		LoadBalancerArn: aws.String("arn"), Port: aws.Int32(443), Protocol: elbtypes.ProtocolEnumHttps,
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: aws.String("arn")}},
	}))
	// Output: Certificates: got none, want one, for the protocol is HTTPS (https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/elbv2/pf-elbv2-listener-cert-exactly-one)
}
