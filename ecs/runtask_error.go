// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/diagnose"
)

// TaskFailure is a way in which a task fails.
type TaskFailure string

// The failures.
const (
	// TaskNotPlaced: ECS found no place for the task, or no capacity; it never began.
	TaskNotPlaced TaskFailure = "NotPlaced"
	// TaskNotStarted: something that the task needs could not be got, such as its
	// image, a secret, or an address.
	TaskNotStarted TaskFailure = "NotStarted"
	// TaskExited: an essential container ended with another exit code than 0.
	TaskExited TaskFailure = "Exited"
	// TaskInterrupted: somebody stopped the task, or Spot took its place away.
	TaskInterrupted TaskFailure = "Interrupted"
)

// TaskError says why a task did not do its work. It matches [slipway.ErrFailed].
type TaskError struct {
	Failure TaskFailure
	// Task is the ARN; empty if the task was not placed.
	Task string
	// Failures are ECS's reasons why it was not placed.
	Failures []PlacementFailure
	// Stopped says how the task ended, with the exit codes.
	Stopped StoppedTask
	// Causes are what [DiagnoseTask] finds, the surest first.
	Causes []slipway.Cause
}

// PlacementFailure is an entry of the failures that RunTask answers with.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
type PlacementFailure struct {
	// ARN of what it is about; empty on Fargate.
	ARN string
	// Reason such as "RESOURCE:MEMORY", and Detail in ECS's words.
	Reason, Detail string
}

// String returns the reason with what else is known.
func (f PlacementFailure) String() string {
	text := f.Reason
	if f.Detail != "" {
		text += " (" + f.Detail + ")"
	}
	if f.ARN != "" {
		text += " of " + f.ARN
	}
	return text
}

// Error says what happened, with ECS's reasons, and the causes.
func (e *TaskError) Error() string {
	var b strings.Builder
	switch e.Failure {
	case TaskNotPlaced:
		b.WriteString("the task was not placed")
		for _, f := range e.Failures {
			b.WriteString(": " + f.String())
		}
	case TaskNotStarted:
		b.WriteString("the task did not start: " + e.Stopped.String())
	case TaskInterrupted:
		b.WriteString("the task was interrupted: " + e.Stopped.String())
	default:
		b.WriteString("the task failed: " + e.Stopped.String())
	}
	for _, c := range e.Causes {
		b.WriteString("\n  cause: " + strings.ReplaceAll(c.String(), "\n", "\n  "))
	}
	return b.String()
}

// Is reports whether target is [slipway.ErrFailed].
func (e *TaskError) Is(target error) bool { return target == slipway.ErrFailed }

// noneThere is the error of a task for which there is no container instance at all, which
// RunTask answers with an exception and not with failures.
func noneThere(err error) error {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || !strings.Contains(api.ErrorMessage(), "No Container Instances were found") {
		return err
	}
	text := api.ErrorMessage()
	return notPlaced([]ecstypes.Failure{{Reason: &text}})
}

// notPlaced is the error of the failures that RunTask answers with.
func notPlaced(failures []ecstypes.Failure) *TaskError {
	e := &TaskError{Failure: TaskNotPlaced}
	facts := &diagnose.Facts{}
	for _, f := range failures {
		p := PlacementFailure{aws.ToString(f.Arn), aws.ToString(f.Reason), aws.ToString(f.Detail)}
		e.Failures = append(e.Failures, p)
		facts.Events = append(facts.Events, p.String())
	}
	e.Causes = diagnose.Causes(facts)
	return e
}
