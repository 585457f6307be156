// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// BenchmarkDescribeServices is one call of the SDK.
func BenchmarkDescribeServices(b *testing.B) {
	w := newBench(b, world.Timing{})
	w.cluster()
	w.define("web", nil)
	w.create(2, nil)
	in := &awsecs.DescribeServicesInput{Cluster: aws.String("main"), Services: []string{"web"}}
	b.ReportAllocs()
	for b.Loop() {
		_, err := w.client.DescribeServices(b.Context(), in)
		require.NoError(b, err)
	}
}

// BenchmarkSteady is from nothing to a steady service.
func BenchmarkSteady(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := newBench(b, world.Timing{})
				w.cluster()
				w.define("web", nil)
				w.create(size.desired, nil)
				w.wait(time.Second)
				require.Equal(b, size.desired, w.service("web").RunningCount)
			}
		})
	}
}

// BenchmarkRoll is a deployment over running tasks.
func BenchmarkRoll(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			w := newBench(b, world.Timing{})
			w.cluster()
			w.define("web", nil)
			w.create(size.desired, nil)
			b.ReportAllocs()
			for b.Loop() {
				w.wait(2 * time.Hour)
				w.update(func(in *awsecs.UpdateServiceInput) { in.ForceNewDeployment = true })
				w.wait(time.Second)
				require.Len(b, w.service("web").Deployments, 1)
			}
		})
	}
}

// BenchmarkRollTight is a deployment of one percent at a time, so with many looks
// of the scheduler, behind a target group.
func BenchmarkRollTight(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			w := newBench(b, world.Timing{})
			w.world.groups["tg"] = world.TargetGroup{ARN: "tg", LoadBalancers: []string{"lb"}, TargetType: "ip"}
			w.cluster()
			w.define("web", nil)
			w.create(size.desired, func(in *awsecs.CreateServiceInput) {
				in.LoadBalancers = []ecstypes.LoadBalancer{{
					TargetGroupArn: aws.String("tg"), ContainerName: aws.String("app"), ContainerPort: aws.Int32(8080),
				}}
				in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{MaximumPercent: aws.Int32(101), MinimumHealthyPercent: aws.Int32(100)}
			})
			b.ReportAllocs()
			for b.Loop() {
				w.wait(2 * time.Hour)
				w.update(func(in *awsecs.UpdateServiceInput) { in.ForceNewDeployment = true })
				w.wait(time.Minute)
				require.Len(b, w.service("web").Deployments, 1)
			}
		})
	}
}

// BenchmarkList lists the tasks of a service, page by page.
func BenchmarkList(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			w := newBench(b, world.Timing{})
			w.cluster()
			w.define("web", nil)
			w.create(size.desired, nil)
			w.wait(time.Second)
			for b.Loop() {
				pages := awsecs.NewListTasksPaginator(w.client, &awsecs.ListTasksInput{Cluster: aws.String("main"), ServiceName: aws.String("web")})
				n := 0
				for pages.HasMorePages() {
					out, err := pages.NextPage(b.Context())
					require.NoError(b, err)
					n += len(out.TaskArns)
				}
				require.Equal(b, int(size.desired), n)
			}
		})
	}
}

// sizes are those between which costs may grow tenfold.
var sizes = []struct {
	name    string
	desired int32
}{{"100", 100}, {"1000", 1000}, {"10000", 10000}}
