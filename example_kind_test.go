// SPDX-License-Identifier: Apache-2.0

package slipway_test

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/observe"
)

// bucket declares an S3-like bucket of a service that lives in this program.
type bucket struct {
	kind slipway.Kind
	name string
	days int
}

func (b bucket) ID() slipway.ID { return slipway.ID{Kind: b.kind.Name(), Name: b.name} }

func (b bucket) Build() (slipway.Desired, error) {
	return slipway.Desired{Kind: b.kind, State: &bucketState{Name: b.name, Days: aws.Int(b.days)}}, nil
}

// bucketOutputs are what a bucket tells once it exists.
type bucketOutputs struct{ URL string }

func (bucket) Outputs(values map[string][]string) bucketOutputs {
	if url := values["url"]; len(url) > 0 {
		return bucketOutputs{URL: url[0]}
	}
	return bucketOutputs{}
}

type bucketState struct {
	Name string
	Days *int
}

// buckets is the service, and the driver for it.
type buckets map[string]*slipway.Live[bucketState]

func (buckets) Defaults(*bucketState) {}

func (s buckets) Read(_ context.Context, _ slipway.Call, want *bucketState) (*slipway.Live[bucketState], error) {
	return s[want.Name], nil
}

func (s buckets) Put(_ context.Context, c slipway.Call, _ *slipway.Live[bucketState], want *bucketState) error {
	s[want.Name] = &slipway.Live[bucketState]{
		State: *want, Owner: c.Owner(), Outputs: map[string][]string{"url": {"https://" + want.Name + "." + c.Region + ".example.com"}},
	}
	return nil
}

func (s buckets) Delete(_ context.Context, _ slipway.Call, have *slipway.Live[bucketState]) error {
	delete(s, have.State.Name)
	return nil
}

func (s buckets) Tag(_ context.Context, c slipway.Call, have *slipway.Live[bucketState]) error {
	s[have.State.Name].Owner = c.Owner()
	return nil
}

func (buckets) Effects() slipway.Effects { return slipway.Effects{} }

func ExampleNewKind() {
	ctx, cfg := context.Background(), aws.Config{Region: "eu-central-1"}
	kind := slipway.NewKind("example:Bucket", buckets{})
	stack := slipway.NewStack("shop", bucket{kind: kind, name: "logs", days: 7})
	if _, err := stack.Apply(ctx, cfg, slipway.Observe(observe.Lines(os.Stdout))); err != nil {
		fmt.Println(err)
	}
	// Output:
	// shop@eu-central-1: 1 resource
	// example:Bucket/logs: create
	// example:Bucket/logs: done after 0s
	// shop@eu-central-1: done after 0s
}

func ExampleStack_Plan() {
	ctx, cfg := context.Background(), aws.Config{Region: "eu-central-1"}
	kind := slipway.NewKind("example:Bucket", buckets{})
	logs := bucket{kind: kind, name: "logs", days: 7}
	if _, err := slipway.NewStack("shop", logs).Apply(ctx, cfg); err != nil {
		fmt.Println(err)
	}

	logs.days = 30
	plan, err := slipway.NewStack("shop", logs, bucket{kind: kind, name: "assets"}).Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Print(plan)
	// Output:
	// shop@eu-central-1: 1 to create, 1 to update, 0 unchanged
	// ~ example:Bucket/logs
	//     Days: 7 -> 30
	// + example:Bucket/assets
	//     Name: "assets"
	//     Days: 0
}

func ExampleOutput() {
	logs := bucket{kind: slipway.NewKind("example:Bucket", buckets{}), name: "logs"}
	result, err := slipway.NewStack("shop", logs).Apply(context.Background(), aws.Config{Region: "eu-central-1"})
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(slipway.Output(result, logs).URL)
	// Output: https://logs.eu-central-1.example.com
}

func ExampleStack_Destroy() {
	ctx, cfg := context.Background(), aws.Config{Region: "eu-central-1"}
	service := buckets{}
	stack := slipway.NewStack("shop", bucket{kind: slipway.NewKind("example:Bucket", service), name: "logs"})
	_, err := stack.Apply(ctx, cfg)
	fmt.Println(len(service), err)
	err = stack.Destroy(ctx, cfg)
	fmt.Println(len(service), err)
	// Output:
	// 1 <nil>
	// 0 <nil>
}

func ExampleAdopt() {
	ctx, cfg := context.Background(), aws.Config{Region: "eu-central-1"}
	logs := bucket{kind: slipway.NewKind("example:Bucket", buckets{
		"logs": {State: bucketState{Name: "logs"}}, // made by hand
	}), name: "logs"}
	stack := slipway.NewStack("shop", logs)
	_, err := stack.Plan(ctx, cfg)
	fmt.Println(err)
	plan, err := stack.Plan(ctx, cfg, slipway.Adopt(logs.ID()))
	fmt.Print(plan)
	fmt.Println(err)
	// Output:
	// example:Bucket/logs: conflict: it exists and belongs to no stack; allow it by Adopt, or choose another name
	// shop@eu-central-1: 1 to adopt, 0 unchanged
	// ~ example:Bucket/logs (adopt) (belonged to no stack)
	//     Days: none -> 0
	// <nil>
}
