// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// Watch waits for the service deployment, and tells how far the parts are that ECS makes,
// and how it shifts the traffic. A deployment that was rolled back is no failure if the
// service is as it is wanted all the same.
func (d expressServices) Watch(ctx context.Context, c slipway.Call, want *model.ExpressService) error {
	w := &watch{call: c, said: map[string]bool{}, want: &model.Service{Scaled: true, Create: awsecs.CreateServiceInput{
		Cluster: aws.String(lastPart(aws.ToString(want.Create.Cluster))), ServiceName: want.Create.ServiceName,
	}}}
	w.report = w.emit
	parts, shift := &expressParts{call: c, report: w.emit, impatient: true}, &shiftTeller{report: w.emit}
	w.detail = func(ctx context.Context, d *ecstypes.ServiceDeployment) error {
		shift.tellStage(d)
		shift.tellShares(d)
		return parts.look(ctx, d)
	}
	w.missed = func(ctx context.Context) (bool, error) { return d.missed(ctx, c, want) }
	return w.unfinished(ctx, w.ended(ctx))
}

// ended waits until the deployment has ended.
func (w *watch) ended(ctx context.Context) error {
	if err := slipway.Poll(ctx, w.found); err != nil {
		return err
	}
	return slipway.Poll(ctx, w.step)
}

// missed reports whether the service is not as it is wanted, tags apart.
func (d expressServices) missed(ctx context.Context, c slipway.Call, want *model.ExpressService) (bool, error) {
	live, err := readExpress(ctx, c, want.ARN)
	if err != nil || live == nil {
		return true, err
	}
	d.Defaults(&live.State)
	changed := changedFields(&live.State, want, d.Effects(), d.Unmanaged(want))
	delete(changed, "Tags")
	return len(changed) > 0, nil
}

// expressParts follows the parts of a service of Express Mode.
type expressParts struct {
	call   slipway.Call
	report func(DeploymentEvent)
	told   map[string]ExpressPart
	// impatient: a part that goes on failing is an error.
	impatient bool
	// failing is since when one of them has failed.
	failing time.Time
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
	var failed *ExpressPart
	for _, part := range managedParts(revision.EcsManagedResources) {
		p.tell(part)
		if part.Status == string(ecstypes.ManagedResourceStatusFailed) {
			failed = &part
		}
	}
	switch {
	case failed == nil || !p.impatient:
		p.failing = time.Time{}
	case p.failing.IsZero():
		p.failing = time.Now()
	case time.Since(p.failing) > propagation:
		return fmt.Errorf("%w: %s of Express service %s", slipway.ErrFailed, failed, p.call.ID.Name)
	}
	return nil
}

func (p *expressParts) tell(part ExpressPart) {
	if p.told == nil {
		p.told = map[string]ExpressPart{}
	}
	if p.told[part.Part] != part {
		p.told[part.Part] = part
		p.report(part)
	}
}

// managedParts lists what ECS makes for a revision.
func managedParts(m *ecstypes.ECSManagedResources) []ExpressPart {
	var all []ExpressPart
	for _, path := range m.IngressPaths {
		all = append(all, ingressParts(path)...)
	}
	if a := m.AutoScaling; a != nil {
		if a.ScalableTarget != nil {
			all = append(all, managedPart("scalable target", a.ScalableTarget.Status, a.ScalableTarget.StatusReason))
		}
		for _, one := range a.ApplicationAutoScalingPolicies {
			all = append(all, managedPart("scaling policy", one.Status, one.StatusReason))
		}
	}
	for _, one := range m.MetricAlarms {
		all = append(all, managedPart("alarm", one.Status, one.StatusReason))
	}
	for _, one := range m.LogGroups {
		all = append(all, managedPart("log group "+aws.ToString(one.LogGroupName), one.Status, one.StatusReason))
	}
	for _, one := range m.ServiceSecurityGroups {
		all = append(all, managedPart("security group", one.Status, one.StatusReason))
	}
	return all
}

func ingressParts(path ecstypes.ManagedIngressPath) []ExpressPart {
	var all []ExpressPart
	if c := path.Certificate; c != nil {
		all = append(all, managedPart("certificate", c.Status, c.StatusReason))
	}
	if b := path.LoadBalancer; b != nil {
		all = append(all, managedPart("load balancer", b.Status, b.StatusReason))
	}
	for _, one := range path.LoadBalancerSecurityGroups {
		all = append(all, managedPart("load balancer's security group", one.Status, one.StatusReason))
	}
	if l := path.Listener; l != nil {
		all = append(all, managedPart("listener", l.Status, l.StatusReason))
	}
	if r := path.Rule; r != nil {
		all = append(all, managedPart("listener rule", r.Status, r.StatusReason))
	}
	for _, one := range path.TargetGroups {
		all = append(all, managedPart("target group"+named(one.Arn), one.Status, one.StatusReason))
	}
	return all
}

// named is the name of a target group after a blank; empty while there is none.
func named(arn *string) string {
	const prefixNameID = 3
	parts := strings.Split(aws.ToString(arn), "/")
	if len(parts) != prefixNameID {
		return ""
	}
	return " " + parts[1]
}

func managedPart(name string, status ecstypes.ManagedResourceStatus, reason *string) ExpressPart {
	return ExpressPart{Part: name, Status: string(status), Reason: aws.ToString(reason)}
}
