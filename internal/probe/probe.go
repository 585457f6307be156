// SPDX-License-Identifier: Apache-2.0

// Package probe looks up in AWS whether what a task needs is there: its image, its
// roles and what they may do, secrets, log groups, routes and addresses. It only
// reads. What the caller may not look up is a check without an answer, never a cause.
package probe

import (
	"errors"

	"github.com/aws/smithy-go"

	"github.com/slipway-go/slipway"
)

// in is the same call to another region.
func in(c slipway.Call, region string) slipway.Call {
	if region == "" || region == c.Config.Region {
		return c
	}
	cfg := c.Config.Copy()
	cfg.Region = region
	return slipway.Call{Config: cfg, Account: c.Account, Region: region, Partition: c.Partition, Emit: c.Emit}
}

// passed is a check of what is as it should be.
func passed(subject string) slipway.Check { return slipway.Check{Subject: subject} }

// failed is a check of what is not; it was looked up, so the cause is certain.
func failed(subject string, c slipway.Cause) slipway.Check {
	c.Confidence = slipway.Certain
	return slipway.Check{Subject: subject, Cause: &c}
}

// unknown is a check that could not be made.
func unknown(subject, why string) slipway.Check { return slipway.Check{Subject: subject, Unknown: why} }

// unanswered is a check for which AWS gave an error that says nothing about it.
func unanswered(subject string, err error) slipway.Check {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return unknown(subject, api.ErrorCode()+": "+api.ErrorMessage())
	}
	return unknown(subject, err.Error())
}
