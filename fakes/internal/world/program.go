// SPDX-License-Identifier: Apache-2.0

package world

import "time"

// Program says what containers of an image do when they run. The zero value
// starts at once, listens on every declared port, answers 200 to everything and
// runs until it is stopped, which it obeys at once.
type Program struct {
	// Platforms the image has ("linux/amd64"), for images outside the fake
	// registry; empty means every platform.
	Platforms []string
	// Size of the image when it is unpacked, in bytes; what a task has of ephemeral
	// storage bounds it.
	Size int64
	// Executables are the files that containers can run; nil means whatever their
	// entry point or command names first.
	Executables []string
	// Start is how long the program takes from the start of its container until
	// it listens.
	Start time.Duration
	// Exit ends the program by itself.
	Exit *Exit
	// Ports it listens on; nil means every port that the container declares.
	Ports []int32
	// Status answers an HTTP request after the program has run for age; nil
	// answers 200.
	Status func(path string, age time.Duration) int
	// Health is the exit code of the container's health check command after the
	// program has run for age; nil answers 0 once it listens.
	Health func(age time.Duration) int
	// IgnoresTerm: it does not end on SIGTERM, so it is killed after the stop
	// timeout.
	IgnoresTerm bool
	// Logs are lines written when it starts.
	Logs []string
}

// Exit is how a program ends by itself.
type Exit struct {
	// After is how long it has run by then.
	After time.Duration
	// Code is its exit code.
	Code int32
	// OutOfMemory: the kernel killed it; Code is then 137.
	OutOfMemory bool
}
