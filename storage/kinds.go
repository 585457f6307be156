// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"fmt"
	"slices"

	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awsid"
	model "github.com/slipway-go/slipway/internal/model/efs"
	"github.com/slipway-go/slipway/vpc"
)

// Kinds returns the kinds of this package: efs:FileSystem, efs:MountTargets and
// efs:AccessPoint.
func Kinds() []slipway.Kind {
	return []slipway.Kind{fileSystemKind(), mountTargetsKind(), accessPointKind()}
}

func fileSystemKind() slipway.Kind { return slipway.NewKind(model.KindFileSystem, fileSystems{}) }

func mountTargetsKind() slipway.Kind { return slipway.NewKind(model.KindMountTargets, targets{}) }

func accessPointKind() slipway.Kind { return slipway.NewKind(model.KindAccessPoint, accessPoints{}) }

// family is what the drivers of this package have in common.
type family struct{ awsid.Identity }

// Kinds returns the kinds of this package and of vpc.
func (family) Kinds() []slipway.Kind { return slices.Concat(Kinds(), vpc.Kinds()) }

func client(c slipway.Call) *awsefs.Client { return slipway.Client(c, awsefs.NewFromConfig) }

// known reports whether a reference has been resolved.
func known(ref *string) bool { return ref != nil && *ref != "" && !slipway.HasRef(*ref) }

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
