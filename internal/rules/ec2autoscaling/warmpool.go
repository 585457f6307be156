// SPDX-License-Identifier: Apache-2.0

package ec2autoscaling

import (
	"fmt"
	"strconv"

	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/slipway-go/slipway/internal/rules"
)

// PutWarmPool has the rules of warm pools.
var PutWarmPool = rules.Of[awsasg.PutWarmPoolInput]{{
	Meta: rules.Meta{ID: "asg-warm-pool", Code: validation, Doc: api + "API_PutWarmPool.html"},
	Check: func(r *rules.Report, in *awsasg.PutWarmPoolInput) {
		if in.PoolState != "" {
			state := string(in.PoolState)
			oneOf(r, "PoolState", "poolState", &state, "Stopped", "Running", "Hibernated")
		}
		within(r, "MinSize", "minSize", "", in.MinSize, 0, periodMost)
		within(r, "MaxGroupPreparedCapacity", "maxGroupPreparedCapacity", "", in.MaxGroupPreparedCapacity, -1, periodMost)
		if most := in.MaxGroupPreparedCapacity; most != nil && *most >= 0 && in.MinSize != nil && *in.MinSize > *most {
			r.Add(rules.Problem{Path: "MaxGroupPreparedCapacity", Got: strconv.Itoa(int(*most)), Want: fmt.Sprintf("at least MinSize (%d)", *in.MinSize),
				Text: "MaxGroupPreparedCapacity must be greater than or equal to MinSize of the warm pool"})
		}
	},
}}
