// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
	"github.com/slipway-go/slipway/internal/probe"
)

var _ slipway.Preflighter[model.LaunchTemplate] = templateDriver{}

// Preflight looks up the image and, unless the stack makes it, the instance profile.
func (templateDriver) Preflight(ctx context.Context, c slipway.Call, _ slipway.Refs, want *model.LaunchTemplate) ([]slipway.Check, error) {
	d := want.Create.LaunchTemplateData
	if d == nil {
		return nil, nil
	}
	var checks []slipway.Check
	if image := aws.ToString(d.ImageId); image != "" && !slipway.HasRef(image) {
		check, _ := probe.MachineImage(ctx, c, image)
		checks = append(checks, check)
	}
	if p := d.IamInstanceProfile; p != nil {
		for _, name := range []string{aws.ToString(p.Arn), aws.ToString(p.Name)} {
			if name != "" && !slipway.HasRef(name) {
				checks = append(checks, probe.InstanceProfile(ctx, c, name, "")...)
			}
		}
	}
	return checks, nil
}
