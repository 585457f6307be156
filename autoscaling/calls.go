// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// propagation is how long a new service may stay unknown to Application Auto
// Scaling, and concurrent updates may take.
const propagation = time.Minute

// retried makes a call again while AWS says that the service is not there yet,
// although the service was seen before, or that another update is under way.
func retried(ctx context.Context, c slipway.Call, op string, call func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, propagation)
	defer cancel()
	var last error
	err := slipway.Poll(bounded, func(ctx context.Context) (bool, error) {
		err := call(ctx)
		if err == nil {
			return true, nil
		}
		reason := passing(err)
		if reason == "" {
			return false, err
		}
		last = err
		c.Emit(slipway.Waiting{ID: c.ID, Reason: reason})
		return false, nil
	})
	if last != nil && errors.Is(err, slipway.ErrTimeout) && ctx.Err() == nil {
		err = last
	}
	return awserr.Wrap(err, op)
}

// passing returns why a call may succeed later, or "".
func passing(err error) string {
	var invalid *aastypes.ValidationException
	if errors.As(err, &invalid) && strings.Contains(invalid.ErrorMessage(), "ECS service doesn't exist") {
		return "Application Auto Scaling does not see the new service yet"
	}
	if _, ok := errors.AsType[*aastypes.ConcurrentUpdateException](err); ok {
		return "another update of the scalable target is under way"
	}
	return ""
}

// gone makes "not found" the success of a deletion.
func gone(err error) error {
	if _, ok := errors.AsType[*aastypes.ObjectNotFoundException](err); ok {
		return nil
	}
	return err
}

// sync puts those elements of want that have lacks or has otherwise, and deletes
// those that want lacks.
func sync[T any](have, want []T, name func(*T) string, put, remove func(*T) error) error {
	old := map[string]*T{}
	for i := range have {
		old[name(&have[i])] = &have[i]
	}
	for i := range want {
		was, ok := old[name(&want[i])]
		delete(old, name(&want[i]))
		if ok && reflect.DeepEqual(*was, want[i]) {
			continue
		}
		if err := put(&want[i]); err != nil {
			return err
		}
	}
	for _, n := range slices.Sorted(maps.Keys(old)) {
		if err := remove(old[n]); err != nil {
			return err
		}
	}
	return nil
}

func allTags(c slipway.Call, own map[string]string) map[string]string {
	tags := maps.Clone(own)
	if tags == nil {
		tags = map[string]string{}
	}
	maps.Copy(tags, c.Tags())
	return tags
}

// retag makes the tags of an existing target those wanted, ownership included.
func retag(ctx context.Context, c slipway.Call, client *awsaas.Client, have *live, old, want map[string]string) error {
	arn := aws.String(have.Outputs["arn"][0])
	put := allTags(c, want)
	var remove []string
	for _, k := range slices.Sorted(maps.Keys(old)) {
		if _, kept := put[k]; !kept {
			remove = append(remove, k)
		}
	}
	maps.DeleteFunc(put, func(k, v string) bool { got, ok := old[k]; return ok && got == v })
	if have.Owner == c.Owner() {
		delete(put, slipway.TagStack)
		delete(put, slipway.TagResource)
	}
	if len(put) > 0 {
		if _, err := client.TagResource(ctx, &awsaas.TagResourceInput{ResourceARN: arn, Tags: put}); err != nil {
			return awserr.Wrap(err, "tag scalable target")
		}
	}
	if len(remove) > 0 {
		if _, err := client.UntagResource(ctx, &awsaas.UntagResourceInput{ResourceARN: arn, TagKeys: remove}); err != nil {
			return awserr.Wrap(err, "untag scalable target")
		}
	}
	return nil
}
