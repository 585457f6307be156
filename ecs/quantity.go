// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"math"
	"strconv"
	"time"
)

// CPU is an amount of processor time in CPU units, of which 1024 are a vCPU.
// Write it as in VCPU/4 or 2*VCPU.
type CPU int

// VCPU is one virtual processor.
const VCPU CPU = 1024

// Memory is an amount of memory in MiB. Write it as in 512*MiB or 2*GiB.
type Memory int

// The units of memory and storage.
const (
	MiB Memory = 1
	GiB        = 1024 * MiB
)

// units is how ECS writes an amount of CPU or memory.
func units[N ~int](n N) *string {
	s := strconv.Itoa(int(n))
	return &s
}

// seconds is a duration in whole seconds, rounded up; nil for zero, which leaves
// it to ECS.
func seconds(d time.Duration) *int32 {
	if d == 0 {
		return nil
	}
	n := clamp(int((d + time.Second - 1) / time.Second))
	return &n
}

// optional is a count; nil for zero, which leaves it to ECS.
func optional(n int) *int32 {
	if n == 0 {
		return nil
	}
	c := clamp(n)
	return &c
}

// clamp keeps a number in the range of the SDK's fields, where every bound of ECS
// lies.
func clamp(n int) int32 { return int32(max(math.MinInt32, min(n, math.MaxInt32))) }
