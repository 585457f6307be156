// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecr"
)

var _ slipway.Predictor[model.Repository] = driver{}

// Predict returns what follows from the repository's name.
func (driver) Predict(want *model.Repository) map[string][]string {
	name := aws.ToString(want.Create.RepositoryName)
	ref := existing(name)
	return map[string][]string{"arn": {ref.ARN()}, "uri": {ref.URI()}, "name": {name}}
}
