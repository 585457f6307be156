// SPDX-License-Identifier: Apache-2.0

package cloudmap

import (
	"fmt"
	"slices"

	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awsid"
	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
	"github.com/slipway-go/slipway/vpc"
)

// Kinds returns the kinds of this package: cloudmap:Namespace, cloudmap:Service,
// cloudmap:NamespaceLookup and cloudmap:ServiceLookup.
func Kinds() []slipway.Kind {
	return []slipway.Kind{namespaceKind(), serviceKind(), namespaceLookupKind(), serviceLookupKind()}
}

func namespaceKind() slipway.Kind { return slipway.NewKind(model.KindNamespace, namespaces{}) }

func serviceKind() slipway.Kind { return slipway.NewKind(model.KindService, services{}) }

func namespaceLookupKind() slipway.Kind {
	return slipway.NewKind(model.KindNamespaceLookup, namespaceLookups{})
}

func serviceLookupKind() slipway.Kind {
	return slipway.NewKind(model.KindServiceLookup, serviceLookups{})
}

// family is what the drivers of this package have in common.
type family struct{ awsid.Identity }

// Kinds returns the kinds of this package and of vpc.
func (family) Kinds() []slipway.Kind { return slices.Concat(Kinds(), vpc.Kinds()) }

func client(c slipway.Call) *awssd.Client { return slipway.Client(c, awssd.NewFromConfig) }

// known reports whether a reference has been resolved.
func known(ref *string) bool { return ref != nil && *ref != "" && !slipway.HasRef(*ref) }

// ownARN is the ARN of something of Cloud Map in the account and region of the call.
func ownARN(resource string) string {
	return "arn:" + slipway.Self("partition") + ":servicediscovery:" + slipway.Self("region") + ":" + slipway.Self("account") + ":" + resource
}

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
