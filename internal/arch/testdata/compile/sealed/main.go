// SPDX-License-Identifier: Apache-2.0

// Closed sets cannot be added to from outside.
package main

import (
	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/vpc"
)

type mine struct{}

func (mine) ARN() string                   { return "" }
func (mine) GroupID() string               { return "" }
func (mine) ClusterName() string           { return "" }
func (mine) Resources() []slipway.Resource { return nil }

func main() {
	var _ iam.RoleRef = mine{}        // want "missing method"
	var _ vpc.GroupRef = mine{}       // want "missing method"
	var _ ecs.ClusterRef = mine{}     // want "missing method"
	var _ ecs.Volume = mine{}         // want "missing method"
	var _ autoscaling.Policy = mine{} // want "missing method"
	var _ slipway.Event = mine{}      // want "missing method"
}
