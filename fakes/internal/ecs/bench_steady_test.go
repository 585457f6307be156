// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
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
	for _, size := range []struct {
		name    string
		desired int32
	}{{"1", 1}, {"100", 100}, {"1000", 1000}, {"10000", 10000}} {
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
	for _, size := range []struct {
		name    string
		desired int32
	}{{"100", 100}, {"1000", 1000}, {"10000", 10000}} {
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
