// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/probe"
)

// Preflight looks up whether the listener's certificates are issued.
func (listeners) Preflight(ctx context.Context, c slipway.Call, _ slipway.Refs, want *model.Listener) ([]slipway.Check, error) {
	var checks []slipway.Check
	for _, arn := range certificates(want) {
		checks = append(checks, probe.Certificate(ctx, c, arn))
	}
	return checks, nil
}

// Preflight looks up whether the listener's certificates cover the rule's host names.
func (listenerRules) Preflight(ctx context.Context, c slipway.Call, refs slipway.Refs, want *model.ListenerRule) ([]slipway.Check, error) {
	if refs == nil {
		return nil, nil
	}
	state, found, _ := refs.Get(model.KindListener, aws.ToString(want.Create.ListenerArn))
	listener, ok := state.(*model.Listener)
	if !found || !ok {
		return nil, nil
	}
	arns := certificates(listener)
	if len(arns) == 0 {
		return nil, nil
	}
	var checks []slipway.Check
	for _, condition := range want.Create.Conditions {
		if condition.HostHeaderConfig == nil {
			continue
		}
		for _, host := range condition.HostHeaderConfig.Values {
			checks = append(checks, probe.Covered(ctx, c, host, arns))
		}
	}
	return checks, nil
}

// certificates are the ARNs of a listener's certificates that are known.
func certificates(l *model.Listener) []string {
	var arns []string
	for _, d := range l.Create.Certificates {
		if known(d.CertificateArn) {
			arns = append(arns, *d.CertificateArn)
		}
	}
	for _, arn := range l.Certificates {
		if !slipway.HasRef(arn) {
			arns = append(arns, arn)
		}
	}
	return arns
}
