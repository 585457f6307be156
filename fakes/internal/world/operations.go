// SPDX-License-Identifier: Apache-2.0

package world

import "github.com/slipway-go/slipway/fakes/internal/sim"

// Operations are met by the cloud, for a service that makes things of other services in
// the name of a role, as Express Mode of ECS does.
type Operations interface {
	// As runs an operation as p, whose policies count: service is the SDK's service ID, in
	// points to the SDK's input, and out to its output. The error is AWS's.
	As(p sim.Principal, region, service, operation string, in any) (out any, err error)
}
