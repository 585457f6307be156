// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// source is what a group launches from: a template or a mix of several.
type source struct {
	template *asgtypes.LaunchTemplateSpecification
	mix      *asgtypes.MixedInstancesPolicy
}

// specs are the templates that are named.
func (s source) specs() []*asgtypes.LaunchTemplateSpecification {
	var all []*asgtypes.LaunchTemplateSpecification
	if s.mix == nil {
		return append(all, s.template)
	}
	all = append(all, s.mix.LaunchTemplate.LaunchTemplateSpecification)
	for _, o := range s.mix.LaunchTemplate.Overrides {
		if o.LaunchTemplateSpecification != nil {
			all = append(all, o.LaunchTemplateSpecification)
		}
	}
	return all
}

// onLaunches is what callers need who name what a group launches: besides the action on the
// group, leave to launch it and to pass the roles of the instances on.
//
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html
func onLaunches[I any](f *Fake, action string, of func(in *I) (group *string, what source)) sim.Option[I] {
	return sim.Needs(func(c *sim.Call, in *I) []sim.Access {
		name, what := of(in)
		needed := []sim.Access{groupAccess(c, action, name)}
		if what.template == nil && (what.mix == nil || what.mix.LaunchTemplate == nil) {
			return needed
		}
		needed = append(needed, sim.Access{Action: "ec2:RunInstances", Resource: c.ARN("ec2", "instance/*")})
		for _, t := range what.specs() {
			if t == nil {
				continue
			}
			v, err := f.needs.Instances.Template(c.Region, cmp.Or(aws.ToString(t.LaunchTemplateId), aws.ToString(t.LaunchTemplateName)), aws.ToString(t.Version))
			if err == nil && v.Role != "" {
				needed = append(needed, sim.Access{Action: "iam:PassRole", Resource: v.Role}.With("iam:PassedToService", "ec2.amazonaws.com"))
			}
		}
		return needed
	})
}

func groupAccess(c *sim.Call, action string, name *string) sim.Access {
	return sim.Access{Action: "autoscaling:" + action, Resource: c.ARN("autoscaling", "autoScalingGroup:*:autoScalingGroupName/"+aws.ToString(name))}
}
