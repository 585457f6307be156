// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"context"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
)

// Protected: AWS does not delete a balancer with deletion protection, but would
// delete its listeners before it says so.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#deletion-protection
func (loadBalancers) Protected(_ context.Context, _ slipway.Call, have *liveBalancer) (string, error) {
	if have.State.Attributes[model.AttrDeletionProtection] != "true" {
		return "", nil
	}
	return "deletion protection is on; apply the balancer without WithDeletionProtection first", nil
}
