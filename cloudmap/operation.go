// SPDX-License-Identifier: Apache-2.0

package cloudmap

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// finished waits for what a call has begun, and returns the ID of the namespace that it was
// about, if any. err is that of the call: if the same is under way already, that is waited
// for.
// https://docs.aws.amazon.com/cloud-map/latest/api/API_GetOperation.html
func finished(ctx context.Context, c slipway.Call, operation *string, err error, op string) (namespace string, _ error) {
	var same *sdtypes.DuplicateRequest
	if errors.As(err, &same) && same.DuplicateOperationId != nil {
		operation, err = same.DuplicateOperationId, nil
	}
	if err != nil || operation == nil {
		return "", awserr.Wrap(err, op)
	}
	err = slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		out, err := client(c).GetOperation(ctx, &awssd.GetOperationInput{OperationId: operation})
		if err != nil {
			return false, awserr.Wrap(err, op)
		}
		switch out.Operation.Status {
		case sdtypes.OperationStatusSuccess:
			namespace = out.Operation.Targets[string(sdtypes.OperationTargetTypeNamespace)]
			return true, nil
		case sdtypes.OperationStatusFail:
			return false, fmt.Errorf("%s: %w: %s: %s", op, slipway.ErrFailed,
				aws.ToString(out.Operation.ErrorCode), aws.ToString(out.Operation.ErrorMessage))
		default:
			return false, nil
		}
	})
	return namespace, err
}

// untilEmpty repeats a deletion while what is in the way goes by itself. stuck says what does
// not, if there is any.
func untilEmpty(ctx context.Context, op string, remove func(context.Context) error, stuck func(context.Context) (string, error)) error {
	var refused error
	err := slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		if refused = remove(ctx); !awserr.Is(refused, "ResourceInUse") {
			return true, refused
		}
		what, err := stuck(ctx)
		if err == nil && what != "" {
			err = fmt.Errorf("%w: %s", refused, what)
		}
		return false, err
	})
	if errors.Is(err, slipway.ErrTimeout) && refused != nil {
		return fmt.Errorf("%s: %w: %w", op, err, refused)
	}
	return err
}

// listed is a sentence about names; empty if there are none.
func listed(before string, names []string, after string) string {
	if len(names) == 0 {
		return ""
	}
	return before + strings.Join(names, ", ") + after
}
