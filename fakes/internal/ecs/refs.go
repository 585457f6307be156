// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	model "github.com/slipway-go/slipway/internal/model/ecs"
	modelelb "github.com/slipway-go/slipway/internal/model/elb"
	modelsd "github.com/slipway-go/slipway/internal/model/servicediscovery"
)

// refs looks up what rules ask for in the state of a region.
type refs struct{ r *region }

// Get answers for clusters, capacity providers, task definitions, services, target groups
// and registries.
func (x refs) Get(kind, ref string) (state any, found, known bool) {
	switch kind {
	case model.KindCluster:
		cl, err := x.r.cluster(&ref)
		if err != nil {
			return nil, false, true
		}
		return &model.Cluster{Create: cl.input}, true, true
	case model.KindTaskDefinition:
		d := x.r.taskDefinition(ref)
		if d == nil {
			return nil, false, true
		}
		return &model.TaskDefinition{Register: d.input}, true, true
	case model.KindService:
		return x.service(ref)
	case model.KindCapacityProvider:
		return x.provider(ref)
	case modelelb.KindTargetGroup:
		return x.targetGroup(ref)
	case modelsd.KindService:
		return x.registry(ref)
	}
	return nil, false, false
}

func (x refs) service(ref string) (state any, found, known bool) {
	if strings.HasPrefix(ref, "arn:") {
		_, ref, _ = strings.Cut(ref, "/")
	}
	cluster, name, _ := strings.Cut(ref, "/")
	s, err := x.r.live(&cluster, &name)
	if err != nil {
		return nil, false, true
	}
	return &model.Service{Create: s.input}, true, true
}

func (x refs) provider(ref string) (state any, found, known bool) {
	p := x.r.provider(ref)
	if p == nil {
		return nil, false, true
	}
	s := &model.CapacityProvider{}
	if p.managed != nil {
		s.Create.ManagedInstancesProvider = &ecstypes.CreateManagedInstancesProviderConfiguration{}
	} else {
		s.Create.AutoScalingGroupProvider = new(p.settings)
	}
	return s, true, true
}

func (x refs) targetGroup(arn string) (state any, found, known bool) {
	g, ok := x.r.f.needs.Targets.TargetGroup(x.r.name, arn)
	if !ok {
		return nil, false, true
	}
	return &modelelb.TargetGroup{Create: awselb.CreateTargetGroupInput{
		Name: &g.Name, VpcId: &g.VPC, Port: &g.Port, Protocol: elbtypes.ProtocolEnum(g.Protocol),
		TargetType: elbtypes.TargetTypeEnum(g.TargetType),
	}}, true, true
}
