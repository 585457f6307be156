// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"cmp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ec2autoscaling"
)

const (
	launching   = rules.Launching
	terminating = rules.Terminating

	// A hook's defaults. The global time-out is 100 times the heartbeat's, at most 48 hours.
	// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LifecycleHook.html
	heartbeat     = 3600
	globalMost    = 172_800
	globalFactor  = 100
	defaultResult = "ABANDON"

	maxHooks = 50
)

func registerHooks(s *sim.Service, f *Fake) {
	sim.Handle(s, "PutLifecycleHook", f.putHook,
		onGroups("PutLifecycleHook", func(in *awsasg.PutLifecycleHookInput) *string { return in.AutoScalingGroupName }),
		sim.Refuses[awsasg.PutLifecycleHookInput]("NotificationTargetARN", "RoleARN"))
	sim.Handle(s, "DeleteLifecycleHook", f.deleteHook,
		onGroups("DeleteLifecycleHook", func(in *awsasg.DeleteLifecycleHookInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "DescribeLifecycleHooks", f.describeHooks)
	sim.Handle(s, "CompleteLifecycleAction", f.completeAction,
		onGroups("CompleteLifecycleAction", func(in *awsasg.CompleteLifecycleActionInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "RecordLifecycleActionHeartbeat", f.recordHeartbeat,
		onGroups("RecordLifecycleActionHeartbeat", func(in *awsasg.RecordLifecycleActionHeartbeatInput) *string { return in.AutoScalingGroupName }))
}

func (g *group) hook(name string) (asgtypes.LifecycleHook, bool) {
	for _, h := range g.hooks {
		if *h.LifecycleHookName == name {
			return h, true
		}
	}
	return asgtypes.LifecycleHook{}, false
}

// setHook makes a hook, or changes what is given of the one there.
func (g *group) setHook(h asgtypes.LifecycleHook) error {
	old, exists := g.hook(*h.LifecycleHookName)
	h.AutoScalingGroupName = g.settings.AutoScalingGroupName
	h.LifecycleTransition = cmp.Or(h.LifecycleTransition, old.LifecycleTransition)
	h.DefaultResult = cmp.Or(h.DefaultResult, old.DefaultResult, aws.String(defaultResult))
	h.HeartbeatTimeout = cmp.Or(h.HeartbeatTimeout, old.HeartbeatTimeout, aws.Int32(heartbeat))
	h.NotificationMetadata = cmp.Or(h.NotificationMetadata, old.NotificationMetadata)
	h.GlobalTimeout = aws.Int32(min(*h.HeartbeatTimeout*globalFactor, globalMost))
	if h.LifecycleTransition == nil {
		return invalid("Lifecycle transition is required.")
	}
	if !exists && len(g.hooks) >= maxHooks {
		return &asgtypes.LimitExceededFault{Message: aws.String("You have reached the limit of 50 lifecycle hooks for the Auto Scaling group")}
	}
	g.hooks = append(slices.DeleteFunc(slices.Clone(g.hooks), func(o asgtypes.LifecycleHook) bool {
		return *o.LifecycleHookName == *h.LifecycleHookName
	}), h)
	return nil
}

// hold has the instance wait for the hooks of the transition, all at once, and reports
// whether there are any.
func (m *member) hold(transition string, state asgtypes.LifecycleState) bool {
	for _, h := range m.g.hooks {
		if *h.LifecycleTransition == transition {
			w := &wait{
				hook: *h.LifecycleHookName, token: m.g.r.f.sim.UUID("lifecycle-action", m.id, *h.LifecycleHookName), began: m.g.now(),
			}
			m.waits = append(m.waits, w)
			m.arm(w, h)
		}
	}
	if len(m.waits) == 0 {
		return false
	}
	if m.activity != nil {
		m.activity.StatusCode, m.activity.Progress = asgtypes.ScalingActivityStatusCodeMidLifecycleAction, aws.Int32(progressHeld)
	}
	m.enter(state)
	return true
}

// arm plans the end of a wait: a heartbeat's time-out from now, within the global one.
func (m *member) arm(w *wait, h asgtypes.LifecycleHook) {
	w.beat++
	beat := w.beat
	at := m.g.now().Add(time.Duration(*h.HeartbeatTimeout) * time.Second)
	if last := w.began.Add(time.Duration(*h.GlobalTimeout) * time.Second); at.After(last) {
		at = last
	}
	m.g.r.f.sim.At(at, func() {
		if w.beat == beat && slices.Contains(m.waits, w) {
			m.proceed(w, *h.DefaultResult)
		}
	})
}

// proceed ends a wait. To abandon ends all the others, and the instance.
func (m *member) proceed(w *wait, result string) {
	m.waits = slices.DeleteFunc(slices.Clone(m.waits), func(o *wait) bool { return o == w })
	if result == "CONTINUE" && len(m.waits) > 0 {
		return
	}
	switch {
	case m.leaving():
		m.end()
	case m.warm():
		m.warmed(result)
	case result == "CONTINUE":
		m.enter(asgtypes.LifecycleStatePendingProceed)
		m.serve()
	default:
		m.g.replacing++
		m.leave("an instance was taken out of service in response to a launch lifecycle action that was abandoned")
		m.g.plan()
	}
}

// waitFor returns the wait for a hook, or nil.
func (m *member) waitFor(hook string) *wait {
	for _, w := range m.waits {
		if w.hook == hook {
			return w
		}
	}
	return nil
}

func (f *Fake) putHook(c *sim.Call, in *awsasg.PutLifecycleHookInput) (*awsasg.PutLifecycleHookOutput, error) {
	r := f.regions.In(c)
	if err := sim.Check(rules.PutLifecycleHook, r, in, typed); err != nil {
		return nil, err
	}
	g, err := r.find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	return &awsasg.PutLifecycleHookOutput{}, g.setHook(asgtypes.LifecycleHook{
		LifecycleHookName: in.LifecycleHookName, LifecycleTransition: in.LifecycleTransition, DefaultResult: in.DefaultResult,
		HeartbeatTimeout: in.HeartbeatTimeout, NotificationMetadata: in.NotificationMetadata,
	})
}

// deleteHook lets those that wait for the hook go on.
func (f *Fake) deleteHook(c *sim.Call, in *awsasg.DeleteLifecycleHookInput) (*awsasg.DeleteLifecycleHookOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if _, ok := g.hook(aws.ToString(in.LifecycleHookName)); !ok {
		return nil, invalid("No Lifecycle Hook found with name: " + aws.ToString(in.LifecycleHookName))
	}
	g.removeHook(*in.LifecycleHookName)
	return &awsasg.DeleteLifecycleHookOutput{}, nil
}

func (g *group) removeHook(name string) {
	for _, m := range slices.Clone(g.members) {
		if w := m.waitFor(name); w != nil {
			m.proceed(w, "CONTINUE")
		}
	}
	g.hooks = slices.DeleteFunc(slices.Clone(g.hooks), func(h asgtypes.LifecycleHook) bool { return *h.LifecycleHookName == name })
}

func (f *Fake) describeHooks(c *sim.Call, in *awsasg.DescribeLifecycleHooksInput) (*awsasg.DescribeLifecycleHooksOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	out := &awsasg.DescribeLifecycleHooksOutput{}
	for _, h := range g.hooks {
		if len(in.LifecycleHookNames) == 0 || slices.Contains(in.LifecycleHookNames, *h.LifecycleHookName) {
			out.LifecycleHooks = append(out.LifecycleHooks, h)
		}
	}
	return out, nil
}

// lifecycleAction is a lifecycle action that goes on.
type lifecycleAction struct {
	m *member
	w *wait
	h asgtypes.LifecycleHook
}

// waiting finds the action of a hook, by the instance's id or its token.
func (f *Fake) waiting(c *sim.Call, group, hook, instance, token *string) (lifecycleAction, error) {
	g, err := f.regions.In(c).find(group)
	if err != nil {
		return lifecycleAction{}, err
	}
	h, ok := g.hook(aws.ToString(hook))
	if !ok {
		return lifecycleAction{}, invalid("No Lifecycle Hook found with name: " + aws.ToString(hook))
	}
	for _, m := range g.members {
		w := m.waitFor(*hook)
		if w != nil && (token == nil || *token == w.token) && (instance == nil || *instance == m.id) && (token != nil || instance != nil) {
			return lifecycleAction{m, w, h}, nil
		}
	}
	if token != nil {
		return lifecycleAction{}, invalid("No active Lifecycle Action found with token " + *token)
	}
	return lifecycleAction{}, invalid("No active Lifecycle Action found with instance ID " + aws.ToString(instance))
}

func (f *Fake) completeAction(c *sim.Call, in *awsasg.CompleteLifecycleActionInput) (*awsasg.CompleteLifecycleActionOutput, error) {
	result := aws.ToString(in.LifecycleActionResult)
	if result != "CONTINUE" && result != "ABANDON" {
		return nil, invalid("Lifecycle action result must be CONTINUE or ABANDON")
	}
	a, err := f.waiting(c, in.AutoScalingGroupName, in.LifecycleHookName, in.InstanceId, in.LifecycleActionToken)
	if err != nil {
		return nil, err
	}
	a.m.proceed(a.w, result)
	return &awsasg.CompleteLifecycleActionOutput{}, nil
}

func (f *Fake) recordHeartbeat(
	c *sim.Call, in *awsasg.RecordLifecycleActionHeartbeatInput,
) (*awsasg.RecordLifecycleActionHeartbeatOutput, error) {
	a, err := f.waiting(c, in.AutoScalingGroupName, in.LifecycleHookName, in.InstanceId, in.LifecycleActionToken)
	if err != nil {
		return nil, err
	}
	a.m.arm(a.w, a.h)
	return &awsasg.RecordLifecycleActionHeartbeatOutput{}, nil
}
