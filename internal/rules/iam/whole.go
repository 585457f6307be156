// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"fmt"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

// RoleState is all the policies of a role, for the quotas that span several calls.
type RoleState struct {
	Inline   map[string]string
	Attached []string
}

// MaxAttached is the default quota of managed policies of a role; it can be
// raised to 25.
const MaxAttached = 10

// Whole has the rules of a role with all its policies.
var Whole = rules.Of[RoleState]{
	{
		Meta: quota("iam-role-inline-size", "Maximum policy size of 10240 bytes exceeded for role"),
		Check: func(r *rules.Report, in *RoleState) {
			total := 0
			for _, text := range in.Inline {
				if slipway.HasRef(text) {
					return
				}
				total += Size(text)
			}
			if total > MaxInline && len(in.Inline) > 1 {
				r.Add(rules.Problem{
					Path: "Inline", Got: fmt.Sprintf("%d characters", total), Want: fmt.Sprintf("at most %d together", MaxInline),
				})
			}
		},
	},
	{
		// A warning: an account may have a higher quota.
		Meta: rules.Meta{
			ID: "iam-role-attached", Code: "LimitExceeded", Text: "Cannot exceed quota for PoliciesPerRole: 10", Doc: quotaDoc, Warn: true,
		},
		Check: func(r *rules.Report, in *RoleState) {
			if len(in.Attached) > MaxAttached {
				r.Add(rules.Problem{
					Path: "Attached", Got: fmt.Sprintf("%d policies", len(in.Attached)), Want: fmt.Sprintf("at most %d", MaxAttached),
				})
			}
		},
	},
}
