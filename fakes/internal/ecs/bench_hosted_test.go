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

// instances is how many there are below the tasks of the benchmarks.
const instances = 1000

// large has room for 64 tasks of the benchmarks.
var large = world.InstanceType{Name: "m5.16xlarge", VCPUs: 64, Memory: 262144, Interfaces: 15, Architecture: "x86_64"}

// BenchmarkPlaced is from nothing to a steady service on a thousand instances.
func BenchmarkPlaced(b *testing.B) {
	for _, size := range []struct {
		name    string
		desired int32
	}{{"1000", 1000}, {"10000", 10000}, {"50000", 50000}} {
		b.Run(size.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				w := newFleet(b, world.Timing{})
				w.launch(instances, func(i *world.Instance) { i.Type = large })
				w.host(nil)
				b.StartTimer()
				w.place(size.desired, nil)
				require.Equal(b, size.desired, w.service("web").RunningCount)
			}
		})
	}
}

// BenchmarkScaleIn stops half of the tasks of a service on a thousand instances.
func BenchmarkScaleIn(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				w := newFleet(b, world.Timing{})
				w.launch(instances, func(i *world.Instance) { i.Type = large })
				w.host(nil)
				w.place(2*size.desired, nil)
				b.StartTimer()
				w.update(func(in *awsecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(size.desired) })
				w.wait(time.Second)
				require.Equal(b, size.desired, w.service("web").RunningCount)
			}
		})
	}
}
