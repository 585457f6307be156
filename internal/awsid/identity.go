// SPDX-License-Identifier: Apache-2.0

// Package awsid tells whose account a call goes to.
package awsid

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// Identity makes a driver that embeds it a [slipway.Identifier].
type Identity struct{}

// Identify returns the 12 digits of the account that c's credentials belong to.
// It needs no permission.
func (Identity) Identify(ctx context.Context, c slipway.Call) (string, error) {
	out, err := slipway.Client(c, awssts.NewFromConfig).GetCallerIdentity(ctx, &awssts.GetCallerIdentityInput{})
	if err != nil {
		return "", awserr.Wrap(err, "ask for the account")
	}
	return aws.ToString(out.Account), nil
}
