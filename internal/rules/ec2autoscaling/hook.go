// SPDX-License-Identifier: Apache-2.0

package ec2autoscaling

import (
	"fmt"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

// PutLifecycleHook has the rules of lifecycle hooks.
var PutLifecycleHook = rules.Of[awsasg.PutLifecycleHookInput]{{
	Meta: rules.Meta{ID: "asg-hook", Code: validation, Doc: api + "API_PutLifecycleHook.html"},
	Check: func(r *rules.Report, in *awsasg.PutLifecycleHookInput) {
		checkHook(r, "", hook{
			name: in.LifecycleHookName, transition: in.LifecycleTransition, result: in.DefaultResult, heartbeat: in.HeartbeatTimeout,
			target: in.NotificationTargetARN, role: in.RoleARN, change: in.LifecycleTransition == nil,
		})
	},
}}

// The transitions at which hooks hold an instance.
const (
	Launching   = "autoscaling:EC2_INSTANCE_LAUNCHING"
	Terminating = "autoscaling:EC2_INSTANCE_TERMINATING"
)

// hook is what hooks are made and changed with.
type hook struct {
	name, transition, result, target, role *string
	heartbeat                              *int32
	// change: the hook may be there already.
	change bool
}

var hookName = regexp.MustCompile(`^[A-Za-z0-9\-_/]{1,255}$`)

// The bounds of a heartbeat time-out in seconds.
const (
	heartbeatLeast = 30
	heartbeatMost  = 7200
)

func checkHook(r *rules.Report, path string, h hook) {
	if name := aws.ToString(h.name); !slipway.HasRef(name) && !hookName.MatchString(name) {
		r.Add(rules.Problem{Path: path + "LifecycleHookName", Got: fmt.Sprintf("%q", name), Want: "1 to 255 of a-z, A-Z, 0-9, -, _ and /",
			Text: constraint(name, "lifecycleHookName", "Member must satisfy regular expression pattern: [A-Za-z0-9\\-_\\/]+")})
	}
	if h.transition == nil && !h.change {
		r.Add(rules.Problem{Path: path + "LifecycleTransition", Got: "none", Want: Launching + " or " + Terminating, Text: "Lifecycle transition is required."})
	}
	oneOf(r, path+"LifecycleTransition", "lifecycleTransition", h.transition, Launching, Terminating)
	oneOf(r, path+"DefaultResult", "defaultResult", h.result, "CONTINUE", "ABANDON")
	within(r, path+"HeartbeatTimeout", "heartbeatTimeout", "s", h.heartbeat, heartbeatLeast, heartbeatMost)
	if target := aws.ToString(h.target); target != "" && h.role == nil && !h.change {
		r.Add(rules.Problem{Path: path + "RoleARN", Got: "none", Want: "a role that may notify the target",
			Text: "RoleARN must be specified when NotificationTargetARN is specified."})
	}
}
