// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awsid"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/rules"
	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

// jobs is the driver of jobs. AWS keeps none: a job is what its parts make of it.
type jobs struct {
	family
	awsid.Identity
}

// errNotKept says that a job is nothing that AWS keeps.
var errNotKept = errors.New("a job is run, not made")

// Before returns nothing: a job is not deleted.
func (jobs) Before() []string { return nil }

// Effects says that there is nothing to make.
func (jobs) Effects() slipway.Effects { return slipway.Effects{Existing: true} }

// Defaults does nothing.
func (jobs) Defaults(*model.Job) {}

// Check returns all that ECS would reject.
func (jobs) Check(refs slipway.Refs, s *model.Job) []slipway.FieldError {
	return rules.At("Run", append(ecsrules.RunTask.All(refs, &s.Run), unmountable(refs, s.Run.TaskDefinition, s.Zones)...))
}

// Read returns the job as it is wanted, with the input of RunTask as its output.
func (jobs) Read(_ context.Context, _ slipway.Call, want *model.Job) (*slipway.Live[model.Job], error) {
	run, err := json.Marshal(&want.Run) //nolint:gosec // its token makes a call safe to repeat, and is no secret
	if err != nil {
		return nil, fmt.Errorf("write down the task to run: %w", err)
	}
	return &slipway.Live[model.Job]{State: *want, Outputs: map[string][]string{"run": {string(run)}}}, nil
}

// Put refuses.
func (jobs) Put(context.Context, slipway.Call, *slipway.Live[model.Job], *model.Job) error {
	return errNotKept
}

// Delete refuses.
func (jobs) Delete(context.Context, slipway.Call, *slipway.Live[model.Job]) error { return errNotKept }

// Tag refuses.
func (jobs) Tag(context.Context, slipway.Call, *slipway.Live[model.Job]) error { return errNotKept }

// Permissions returns none: who runs the job needs them, not who applies the stack.
func (jobs) Permissions(*slipway.Live[model.Job], *model.Job) []slipway.Permission { return nil }
