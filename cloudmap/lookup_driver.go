// SPDX-License-Identifier: Apache-2.0

package cloudmap

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
)

// errLookedUp says that what somebody else has made is never changed.
var errLookedUp = errors.New("it is only looked up")

// lookup is what the drivers of look-ups have in common.
type lookup[T any] struct{ family }

// Defaults does nothing: a look-up has no defaults.
func (lookup[T]) Defaults(*T) {}

// Effects says that what is looked up exists already.
func (lookup[T]) Effects() slipway.Effects { return slipway.Effects{Existing: true} }

// Before returns nothing: what is looked up is not deleted.
func (lookup[T]) Before() []string { return nil }

// Put refuses.
func (lookup[T]) Put(context.Context, slipway.Call, *slipway.Live[T], *T) error { return errLookedUp }

// Delete refuses.
func (lookup[T]) Delete(context.Context, slipway.Call, *slipway.Live[T]) error { return errLookedUp }

// Tag refuses.
func (lookup[T]) Tag(context.Context, slipway.Call, *slipway.Live[T]) error { return errLookedUp }

// namespaceLookups is the driver of cloudmap:NamespaceLookup.
type namespaceLookups struct{ lookup[model.NamespaceLookup] }

// Read finds the one namespace of that name.
func (namespaceLookups) Read(ctx context.Context, c slipway.Call, want *model.NamespaceLookup) (*slipway.Live[model.NamespaceLookup], error) {
	all, err := listNamespaces(ctx, c, sdtypes.NamespaceFilter{Name: sdtypes.NamespaceFilterNameName, Values: []string{want.Name}})
	if err != nil {
		return nil, err
	}
	if len(all) != 1 {
		return nil, fmt.Errorf("look up the namespace %s in %s: %w: %d have that name, one is needed", want.Name, c.Region, slipway.ErrNotFound, len(all))
	}
	return &slipway.Live[model.NamespaceLookup]{State: *want, Outputs: outputsOf(&all[0])}, nil
}

// Permissions returns those of the look-up.
func (namespaceLookups) Permissions(*slipway.Live[model.NamespaceLookup], *model.NamespaceLookup) []slipway.Permission {
	return []slipway.Permission{anywhere("ListNamespaces")}
}

// serviceLookups is the driver of cloudmap:ServiceLookup.
type serviceLookups struct{ lookup[model.ServiceLookup] }

// Read finds the service in its namespace.
func (serviceLookups) Read(ctx context.Context, c slipway.Call, want *model.ServiceLookup) (*slipway.Live[model.ServiceLookup], error) {
	if !known(&want.Namespace) {
		return nil, nil
	}
	all, err := listServices(ctx, c, &want.Namespace)
	i := slices.IndexFunc(all, func(s sdtypes.ServiceSummary) bool { return aws.ToString(s.Name) == want.Name })
	if err != nil {
		return nil, err
	}
	if i < 0 {
		return nil, fmt.Errorf("look up the service %s of %s in %s: %w", want.Name, want.Namespace, c.Region, slipway.ErrNotFound)
	}
	return &slipway.Live[model.ServiceLookup]{State: *want, Outputs: serviceValues(&all[i])}, nil
}

// Permissions returns those of the look-up.
func (serviceLookups) Permissions(*slipway.Live[model.ServiceLookup], *model.ServiceLookup) []slipway.Permission {
	return []slipway.Permission{anywhere("ListServices")}
}
