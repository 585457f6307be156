// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"slices"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awsid"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/vpc"
)

// Kinds returns the kinds of this package.
func Kinds() []slipway.Kind {
	return []slipway.Kind{
		loadBalancerKind(), listenerKind(), listenerRuleKind(), targetGroupKind(), classicKind(), endpointServiceKind(),
	}
}

func loadBalancerKind() slipway.Kind {
	return slipway.NewKind(model.KindLoadBalancer, loadBalancers{})
}

func listenerKind() slipway.Kind { return slipway.NewKind(model.KindListener, listeners{}) }

func listenerRuleKind() slipway.Kind {
	return slipway.NewKind(model.KindListenerRule, listenerRules{})
}

func classicKind() slipway.Kind { return slipway.NewKind(model.KindClassic, classics{}) }

func endpointServiceKind() slipway.Kind {
	return slipway.NewKind(model.KindEndpointService, endpointServices{})
}

func targetGroupKind() slipway.Kind { return slipway.NewKind(model.KindTargetGroup, targetGroups{}) }

// family is what the drivers of this package have in common.
type family struct{ awsid.Identity }

// Kinds returns the kinds of this package and of vpc.
func (family) Kinds() []slipway.Kind { return slices.Concat(Kinds(), vpc.Kinds()) }

// validate reports all that AWS would reject in r's state.
func validate[T any](r slipway.Resource, driver slipway.Checker[T]) error {
	desired, err := r.Build()
	if err != nil {
		return err
	}
	state, ok := desired.State.(*T)
	if !ok {
		return fmt.Errorf("%s: its state is a %T", r.ID(), desired.State)
	}
	errs := driver.Check(nil, state)
	for i := range errs {
		errs[i].Path = r.ID().String() + " " + errs[i].Path
	}
	return slipway.JoinFields(errs)
}
