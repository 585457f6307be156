// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/iam"
)

var _ slipway.Predictor[model.Role] = roleDriver{}

// Predict returns what follows from the role's name and path.
func (roleDriver) Predict(want *model.Role) map[string][]string {
	return map[string][]string{"arn": {roleARN(want)}, "name": {aws.ToString(want.Create.RoleName)}}
}
