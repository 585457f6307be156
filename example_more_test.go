// SPDX-License-Identifier: Apache-2.0

package slipway_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/observe"
	"github.com/slipway-go/slipway/vpc"
)

// A stack is its name and what it declares; what these stand on comes with them.
func ExampleNewStack() {
	web := vpc.NewSecurityGroup("web", "web servers", vpc.Default())
	plan, err := slipway.NewStack("shop", web).Plan(context.Background(), fakes.New(fakes.Options{}).Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(plan.Changes), plan.Changes[0].ID)
	// Output: 1 vpc:SecurityGroup/web
}

// Progress, line by line, of two resources at a time.
func ExampleObserve() {
	cluster := ecs.NewCluster("shop")
	_, err := slipway.NewStack("shop", cluster).Apply(context.Background(), fakes.New(fakes.Options{}).Config(),
		slipway.Observe(observe.Lines(os.Stdout)), slipway.Concurrency(2))
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// shop@us-east-1: 1 resource
	// ecs:Cluster/shop: create
	// ecs:Cluster/shop: done after 0s
	// shop@us-east-1: done after 0s
}

// The text of a security group cannot be changed: the group has to be made again.
func ExampleAllowReplace() {
	ctx, cfg := context.Background(), fakes.New(fakes.Options{}).Config()
	group := func(text string) vpc.SecurityGroup { return vpc.NewSecurityGroup("web", text, vpc.Default()) }
	_, err := slipway.NewStack("shop", group("web servers")).Apply(ctx, cfg)
	fmt.Println(err)
	changed := slipway.NewStack("shop", group("servers of the shop"))
	_, err = changed.Apply(ctx, cfg)
	fmt.Println(err != nil)
	_, err = changed.Apply(ctx, cfg, slipway.AllowReplace(group("").ID()))
	fmt.Println(err)
	// Output:
	// <nil>
	// true
	// <nil>
}

// What AWS said, as a sentinel and as its own code.
func ExampleClassify() {
	cluster := "none"
	_, err := awsecs.NewFromConfig(fakes.New(fakes.Options{}).Config()).ListServices(context.Background(), &awsecs.ListServicesInput{Cluster: &cluster})
	fmt.Println(slipway.ErrorCode(err), errors.Is(slipway.Classify(err), slipway.ErrNotFound))
	// Output: ClusterNotFoundException true
}

// A placeholder stands for what is known only once a resource is there, or of the call.
func ExampleRef() {
	role := iam.NewRole("web")
	arn := slipway.Ref(role.ID(), "arn")
	fmt.Println(slipway.HasRef(arn), slipway.HasRef(slipway.Self("region")), slipway.HasRef("us-east-1"))
	// Output: true true false
}

// IDs have a kind and a name, which may have slashes.
func ExampleParseID() {
	id, ok := slipway.ParseID("ecs:Service/shop/web")
	fmt.Println(id.Kind, id.Name, ok)
	// Output: ecs:Service shop/web true
}

// Warnings are no errors.
func ExampleJoinFields() {
	wrong := slipway.FieldError{Path: "Interval", Got: "1 s", Want: "5 s to 300 s"}
	odd := slipway.FieldError{Path: "Field", Got: "cpu", Want: "none", Warn: true}
	fmt.Println(slipway.JoinFields([]slipway.FieldError{odd}))
	fmt.Println(errors.Is(slipway.JoinFields([]slipway.FieldError{odd, wrong}), slipway.ErrInvalid))
	// Output:
	// <nil>
	// true
}

// Poll asks until it is so, ever more seldom.
func ExamplePoll() {
	asked := 0
	err := slipway.Poll(context.Background(), func(context.Context) (bool, error) {
		asked++
		return asked == 3, nil
	})
	fmt.Println(asked, err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	err = slipway.Poll(ctx, func(context.Context) (bool, error) { return false, nil })
	fmt.Println(errors.Is(err, slipway.ErrTimeout))
	// Output:
	// 3 <nil>
	// true
}

// A driver makes its clients of the call's configuration, once for all calls of a run.
func ExampleClient() {
	read := func(ctx context.Context, c slipway.Call) (int, error) {
		out, err := slipway.Client(c, awsecs.NewFromConfig).ListClusters(ctx, &awsecs.ListClustersInput{})
		if err != nil {
			return 0, err
		}
		return len(out.ClusterArns), nil
	}
	fmt.Println(read(context.Background(), slipway.Call{Config: fakes.New(fakes.Options{}).Config()}))
	// Output: 0 <nil>
}
