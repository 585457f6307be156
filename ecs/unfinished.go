// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway"
)

// UnfinishedError says why a deployment of a service had not come to its end when who
// waited for it gave up. It goes on by itself; see [Watch] and [Stop]. It matches what
// Err matches: [slipway.ErrTimeout], and [context.DeadlineExceeded] or
// [context.Canceled].
type UnfinishedError struct {
	// Service is the ID of the service.
	Service slipway.ID
	// Deployment is the ARN of the service deployment.
	Deployment string
	// Causes are what [Diagnose] finds, the surest first; at least one.
	Causes []slipway.Cause
	// Err is what ended the waiting.
	Err error
}

// Error says what ended the waiting, and the causes.
func (e *UnfinishedError) Error() string {
	return "deployment of " + e.Service.Name + " has not ended: " + e.Err.Error() + reasons(e.Causes)
}

// Unwrap returns what ended the waiting.
func (e *UnfinishedError) Unwrap() error { return e.Err }

// reasons are causes as they are told in an error.
func reasons(causes []slipway.Cause) string {
	var b strings.Builder
	for _, c := range causes {
		b.WriteString("\n  cause: " + strings.ReplaceAll(c.String(), "\n", "\n  "))
	}
	return b.String()
}

// lastLook is how long it may take to find out why a deployment did not end in time.
const lastLook = 10 * time.Second

// unfinished adds the causes to the error of a context that has ended. Without causes
// it stays as it is.
func (w *watch) unfinished(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || w.service == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastLook)
	defer cancel()
	at := place{cluster: lastPart(aws.ToString(w.service.ClusterArn)), service: aws.ToString(w.service.ServiceName)}
	causes, unknown := causesOfService(ctx, w.call, at, w.arn, "")
	if unknown != nil || len(causes) == 0 {
		return err
	}
	return &UnfinishedError{Service: w.call.ID, Deployment: w.arn, Causes: causes, Err: err}
}
