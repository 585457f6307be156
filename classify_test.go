// SPDX-License-Identifier: Apache-2.0

package slipway_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		code string
		want error
	}{
		{"ECS names the thing", "ClusterNotFoundException", slipway.ErrNotFound},
		{"IAM says no such entity", "NoSuchEntity", slipway.ErrNotFound},
		{"EC2 puts the thing before a dot, and begins with Invalid", "InvalidGroup.NotFound", slipway.ErrNotFound},
		{"ECR's own words", "RepositoryAlreadyExistsException", slipway.ErrConflict},
		{"ELB's own words", "DuplicateTargetGroupName", slipway.ErrConflict},
		{"EC2 groups in use", "DependencyViolation", slipway.ErrConflict},
		{"IAM's query protocol has no Exception at the end", "AccessDenied", slipway.ErrDenied},
		{"JSON services have", "AccessDeniedException", slipway.ErrDenied},
		{"EC2's own words", "UnauthorizedOperation", slipway.ErrDenied},
		{"the SDK knows what throttles", "ThrottlingException", slipway.ErrThrottled},
		{"EC2's throttling", "RequestLimitExceeded", slipway.ErrThrottled},
		{"ELB's validation", "ValidationError", slipway.ErrInvalid},
		{"ECS's validation", "InvalidParameterException", slipway.ErrInvalid},
		{"a server's fault is none of these", "InternalFailure", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api := &smithy.GenericAPIError{Code: tt.code, Message: "no"}
			err := fmt.Errorf("outer: %w", &slipway.CallError{Op: "create thing", Err: api})
			require.Equal(t, tt.want, slipway.Classify(err))
			require.Equal(t, tt.code, slipway.ErrorCode(err))
			if tt.want != nil {
				require.ErrorIs(t, err, tt.want)
			}
			require.ErrorIs(t, err, error(api), "the SDK's error stays reachable")
			require.EqualError(t, err, "outer: create thing: api error "+tt.code+": no")
		})
	}
}

func TestClassifyWithoutCode(t *testing.T) {
	t.Parallel()
	require.Equal(t, slipway.ErrTimeout, slipway.Classify(context.DeadlineExceeded))
	require.NoError(t, slipway.Classify(context.Canceled))
	require.NoError(t, slipway.Classify(errors.New("anything")))
	require.NoError(t, slipway.Classify(nil))
	require.Empty(t, slipway.ErrorCode(nil))
}
