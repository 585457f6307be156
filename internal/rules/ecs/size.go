// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

const mibPerGiB = 1024

// size is a row of Fargate's table: a number of CPU units with the memory that
// may go with it.
type size struct {
	cpu int
	// memory in MiB.
	memory []int
	// windows: Windows containers may have this size.
	windows bool
}

// fargateSizes is the table of
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html,
// read in November 2026.
var fargateSizes = []size{
	{256, []int{512, 1024, 2048}, false},
	{512, gib(1, 4, 1), false},
	{1024, gib(2, 8, 1), true},
	{2048, gib(4, 16, 1), true},
	{4096, gib(8, 30, 1), true},
	{8192, gib(16, 60, 4), false},
	{16384, gib(32, 120, 8), false},
	{32768, []int{60 * mibPerGiB, 120 * mibPerGiB, 244 * mibPerGiB}, false},
}

// gib lists sizes in MiB from low to high GiB.
func gib(low, high, step int) []int {
	var all []int
	for g := low; g <= high; g += step {
		all = append(all, g*mibPerGiB)
	}
	return all
}

// CPU reads a task's CPU in units: "1024", "1 vCPU", ".5 vcpu".
func CPU(s string) (units int, ok bool) { return quantity(s, "vcpu", 1024) }

// Memory reads a task's memory in MiB: "2048", "2GB", "2 GB".
func Memory(s string) (mib int, ok bool) { return quantity(s, "gb", mibPerGiB) }

func quantity(s, unit string, factor float64) (int, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	number, scaled := strings.CutSuffix(s, unit)
	if !scaled {
		n, err := strconv.Atoi(s)
		return n, err == nil
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	return int(math.Round(n * factor)), err == nil
}

// fargateSize checks a task's CPU and memory against the table.
func fargateSize(r *rules.Report, in *task) { sizeUnder(r, "", in) }

// sizeUnder is that check where the two are under a path.
func sizeUnder(r *rules.Report, under string, in *task) {
	if in.Cpu == nil || in.Memory == nil || slipway.HasRef(*in.Cpu) || slipway.HasRef(*in.Memory) {
		return
	}
	cpu, okCPU := CPU(*in.Cpu)
	memory, okMemory := Memory(*in.Memory)
	if okCPU && okMemory && isFargateSize(cpu, memory, windows(in)) {
		return
	}
	path := "Memory"
	if !slices.ContainsFunc(fargateSizes, func(s size) bool { return s.cpu == cpu }) {
		path = "Cpu"
	}
	r.Add(rules.Problem{
		Path: under + path, Got: fmt.Sprintf("%s CPU units with %s MiB", *in.Cpu, *in.Memory), Want: wantedSize(cpu),
		Text: fmt.Sprintf("No Fargate configuration exists for given values: %s CPU, %s memory. "+
			"See the Amazon ECS documentation for the valid values.", plain(cpu, okCPU, *in.Cpu), plain(memory, okMemory, *in.Memory)),
	})
}

// plain is a quantity as ECS repeats it.
func plain(n int, ok bool, given string) string {
	if !ok {
		return given
	}
	return strconv.Itoa(n)
}

func isFargateSize(cpu, memory int, windows bool) bool {
	for _, s := range fargateSizes {
		if s.cpu != cpu || (windows && !s.windows) {
			continue
		}
		if slices.Contains(s.memory, memory) {
			return true
		}
	}
	return false
}

// wantedSize says what memory goes with the CPU, or which CPU there is.
func wantedSize(cpu int) string {
	var units, memory []string
	for _, s := range fargateSizes {
		units = append(units, strconv.Itoa(s.cpu))
		if s.cpu == cpu {
			for _, m := range s.memory {
				memory = append(memory, strconv.Itoa(m))
			}
		}
	}
	if memory == nil {
		return "CPU units of " + strings.Join(units, ", ")
	}
	return "memory of " + strings.Join(memory, ", ") + " MiB"
}

func windows(in *task) bool {
	return in.RuntimePlatform != nil && strings.HasPrefix(string(in.RuntimePlatform.OperatingSystemFamily), "WINDOWS")
}

// The bounds of the ephemeral storage, in GiB. Leaving it out gives 20, which may
// not be asked for.
const (
	minEphemeral = 21
	maxEphemeral = 200
)

func ephemeralStorage(r *rules.Report, in *task) { storageUnder(r, "", in.EphemeralStorage) }

// storageUnder is that check where the size is under a path.
func storageUnder(r *rules.Report, under string, e *ecstypes.EphemeralStorage) {
	if e == nil {
		return
	}
	text := fmt.Sprintf("EphemeralStorage size should be at least %d", minEphemeral)
	if e.SizeInGiB > maxEphemeral {
		text = fmt.Sprintf("EphemeralStorage size should be at most %d", maxEphemeral)
	}
	between(r, under+"EphemeralStorage.SizeInGiB", &e.SizeInGiB, minEphemeral, maxEphemeral, " GiB", text)
}

// Sums of the containers.

func cpuSum(r *rules.Report, in *task) { cpuSumAt(r, "ContainerDefinitions", in) }

func cpuSumAt(r *rules.Report, path string, in *task) {
	limit, ok := CPU(value(in.Cpu))
	if !ok {
		return
	}
	sum := 0
	for i := range in.ContainerDefinitions {
		sum += int(in.ContainerDefinitions[i].Cpu)
	}
	if sum > limit {
		r.Add(rules.Problem{
			Path: path, Got: fmt.Sprintf("%d CPU units together", sum),
			Want: fmt.Sprintf("at most the task's %d", limit),
		})
	}
}

func memorySum(r *rules.Report, in *task) { memorySumAt(r, "ContainerDefinitions", in) }

func memorySumAt(r *rules.Report, path string, in *task) {
	limit, ok := Memory(value(in.Memory))
	if !ok {
		return
	}
	sum := 0
	for i := range in.ContainerDefinitions {
		sum += int(reserved(&in.ContainerDefinitions[i]))
	}
	if sum > limit {
		r.Add(rules.Problem{
			Path: path, Got: fmt.Sprintf("%d MiB reserved together", sum),
			Want: fmt.Sprintf("at most the task's %d", limit),
		})
	}
}

// reserved is the memory that a container takes off the task's.
func reserved(c *container) int32 {
	if c.MemoryReservation != nil {
		return *c.MemoryReservation
	}
	return value(c.Memory)
}

var familyPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)
