// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"context"
	"fmt"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

func ExampleNewNetwork() {
	cloud := fakes.New(fakes.Options{})
	nlb := elb.NewNetwork("mqtt", vpc.Default()).WithCrossZone()
	route := nlb.TLS(8883, "arn:aws:acm:us-east-1:123456789012:certificate/1").WithDeregistrationDelay(time.Minute)
	group, listener := route.Forward("broker", 1883, vpc.Default())
	stack := slipway.NewStack("iot", group, listener)
	if _, err := stack.Apply(context.Background(), cloud.Config()); err != nil {
		fmt.Println(err)
		return
	}
	plan, err := stack.Plan(context.Background(), cloud.Config())
	fmt.Println(group.ID(), listener.ID(), plan.Empty(), err)
	// Output: elb:TargetGroup/broker elb:Listener/mqtt/8883 true <nil>
}

func ExampleNewNetworkListener() {
	nlb := elb.NewNetwork("web", vpc.Default())
	group := elb.NewTargetGroup("web", 80, vpc.Default()) // speaks HTTP
	listener := elb.NewNetworkListener(nlb, elb.TCP, 80, elb.ForwardTo(group))
	fmt.Println(slipway.NewStack("web", listener).Validate())
	// Output: elb:Listener/web/80 DefaultActions[0].ForwardConfig.TargetGroups[0]: got a target group of HTTP on a listener of TCP, want one of TCP or TCP_UDP (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html)
}

func ExampleRoute_ForwardPair() {
	app := elb.NewApplication("shop", vpc.Default())
	route := app.Route("/*").WithTestRoute(app.Route("/*").WithHeader("X-Test", "1"))
	pair := route.ForwardPair("web", 8080, vpc.Default())
	fmt.Println(pair.Production.ID(), pair.Alternate.ID())
	fmt.Println(pair.Rule.ID(), pair.Test.ID())
	// Output:
	// elb:TargetGroup/web elb:TargetGroup/web-alternate
	// elb:ListenerRule/web elb:ListenerRule/web-test
}

func ExampleNetworkRoute_ForwardPair() {
	nlb := elb.NewNetwork("mqtt", vpc.Default())
	pair := nlb.TCP(1883).WithTestRoute(nlb.TCP(1884)).ForwardPair("broker", 1883, vpc.Default())
	fmt.Println(pair.Rule.ID(), pair.Test.ID()) // ECS takes listeners for rules here
	// Output: elb:Listener/mqtt/1883 elb:Listener/mqtt/1884
}

func ExampleNewClassic() {
	b := elb.NewClassic("old", vpc.Default(), elb.ClassicListener{Protocol: elb.HTTP, Port: 80, TargetPort: 8080}).
		WithHealthCheck(elb.ClassicHealthCheck{Protocol: elb.HTTP, Path: "/live"})
	stack := slipway.NewStack("shop", b)
	_, err := stack.Apply(context.Background(), fakes.New(fakes.Options{}).Config())
	fmt.Println(b.ID(), b.TargetPorts(), err)
	// Output: elb:ClassicLoadBalancer/old [8080] <nil>
}

func ExampleNewEndpointService() {
	nlb := elb.NewNetwork("mqtt", vpc.Default()).WithInternal()
	service := elb.NewEndpointService("mqtt", nlb).WithAllowed("arn:aws:iam::210987654321:root").WithoutAcceptance()
	_, err := slipway.NewStack("iot", service).Apply(context.Background(), fakes.New(fakes.Options{}).Config())
	fmt.Println(service.ID(), err)
	// Output: elb:EndpointService/mqtt <nil>
}
