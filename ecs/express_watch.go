// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// Watch waits for the service deployment, and tells how far the parts are that ECS makes.
func (expressServices) Watch(ctx context.Context, c slipway.Call, want *model.ExpressService) error {
	w := &watch{call: c, said: map[string]bool{}, want: &model.Service{Scaled: true, Create: awsecs.CreateServiceInput{
		Cluster: aws.String(lastPart(aws.ToString(want.Create.Cluster))), ServiceName: want.Create.ServiceName,
	}}}
	parts := &expressParts{call: c, told: map[string]ecstypes.ManagedResourceStatus{}}
	w.report, w.detail = w.emit, parts.look
	if err := slipway.Poll(ctx, w.found); err != nil {
		return err
	}
	return slipway.Poll(ctx, w.step)
}

// expressParts follows the parts of a service of Express Mode.
type expressParts struct {
	call slipway.Call
	told map[string]ecstypes.ManagedResourceStatus
	// failing is since when one of them has failed.
	failing time.Time
}

// managedPart is one of them.
type managedPart struct {
	name   string
	status ecstypes.ManagedResourceStatus
	reason *string
}

// look tells what has changed. ECS tries again what has failed: only what goes on failing
// is an error.
func (p *expressParts) look(ctx context.Context, d *ecstypes.ServiceDeployment) error {
	if d.TargetServiceRevision == nil || outcomeOf(d.Status, 1) != InProgress {
		return nil
	}
	revision, err := describeRevision(ctx, p.call, aws.ToString(d.TargetServiceRevision.Arn))
	if err != nil || revision == nil || revision.EcsManagedResources == nil {
		return err
	}
	var failed *managedPart
	for _, part := range managedParts(revision.EcsManagedResources) {
		if p.told[part.name] != part.status {
			p.told[part.name] = part.status
			p.call.Emit(slipway.Message{ID: p.call.ID, Time: time.Now(), Text: part.String()})
		}
		if part.status == ecstypes.ManagedResourceStatusFailed {
			failed = &part
		}
	}
	switch {
	case failed == nil:
		p.failing = time.Time{}
	case p.failing.IsZero():
		p.failing = time.Now()
	case time.Since(p.failing) > propagation:
		return fmt.Errorf("%w: %s of Express service %s", slipway.ErrFailed, failed, p.call.ID.Name)
	}
	return nil
}

func (p managedPart) String() string {
	text := p.name + " is " + string(p.status)
	if p.reason != nil {
		text += ": " + *p.reason
	}
	return text
}

// managedParts lists what ECS makes for a revision.
func managedParts(m *ecstypes.ECSManagedResources) []managedPart {
	var all []managedPart
	for _, path := range m.IngressPaths {
		all = append(all, ingressParts(path)...)
	}
	if a := m.AutoScaling; a != nil {
		if a.ScalableTarget != nil {
			all = append(all, managedPart{"scalable target", a.ScalableTarget.Status, a.ScalableTarget.StatusReason})
		}
		for _, one := range a.ApplicationAutoScalingPolicies {
			all = append(all, managedPart{"scaling policy", one.Status, one.StatusReason})
		}
	}
	for _, one := range m.MetricAlarms {
		all = append(all, managedPart{"alarm", one.Status, one.StatusReason})
	}
	for _, one := range m.LogGroups {
		all = append(all, managedPart{"log group " + aws.ToString(one.LogGroupName), one.Status, one.StatusReason})
	}
	for _, one := range m.ServiceSecurityGroups {
		all = append(all, managedPart{"security group", one.Status, one.StatusReason})
	}
	return all
}

func ingressParts(path ecstypes.ManagedIngressPath) []managedPart {
	var all []managedPart
	if c := path.Certificate; c != nil {
		all = append(all, managedPart{"certificate", c.Status, c.StatusReason})
	}
	if b := path.LoadBalancer; b != nil {
		all = append(all, managedPart{"load balancer", b.Status, b.StatusReason})
	}
	for _, one := range path.LoadBalancerSecurityGroups {
		all = append(all, managedPart{"load balancer's security group", one.Status, one.StatusReason})
	}
	if l := path.Listener; l != nil {
		all = append(all, managedPart{"listener", l.Status, l.StatusReason})
	}
	if r := path.Rule; r != nil {
		all = append(all, managedPart{"listener rule", r.Status, r.StatusReason})
	}
	for _, one := range path.TargetGroups {
		all = append(all, managedPart{"target group", one.Status, one.StatusReason})
	}
	return all
}
