// SPDX-License-Identifier: Apache-2.0

package ecs

import "github.com/slipway-go/slipway"

// ServiceEffects are what changes of services do.
func ServiceEffects() slipway.Effects { return services{}.Effects() }
