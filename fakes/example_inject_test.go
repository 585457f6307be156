// SPDX-License-Identifier: Apache-2.0

package fakes_test

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
)

// create makes a cluster in a cloud that fails the first time, and says what is seen of it.
func create(fault fakes.Interceptor) string {
	cloud := fakes.New(fakes.Options{})
	cloud.Inject(fakes.Match{Service: "ECS", Operation: "CreateCluster"}, fault)
	client := awsecs.NewFromConfig(cloud.Config(), func(o *awsecs.Options) {
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = time.Millisecond })
	})
	_, err := client.CreateCluster(context.Background(), &awsecs.CreateClusterInput{})
	return fmt.Sprint(len(cloud.Calls()), " answered, ", cmp.Or(slipway.ErrorCode(err), "no error"))
}

// Faults after which the SDK calls again. With the last one, the first call was answered.
func ExampleThrottling() {
	fmt.Println(create(fakes.Throttling()))
	fmt.Println(create(fakes.ServerError()))
	fmt.Println(create(fakes.TimingOut()))
	fmt.Println(create(fakes.LostReply()))
	// Output:
	// 1 answered, no error
	// 1 answered, no error
	// 1 answered, no error
	// 2 answered, no error
}

// A fault after which it does not.
func ExampleFailing() {
	fmt.Println(create(fakes.Failing("AccessDeniedException", "You may not.")))
	// Output: 0 answered, AccessDeniedException
}
