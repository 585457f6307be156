// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// propagation bounds the wait for what is made and not yet known everywhere.
const propagation = 2 * time.Minute

func client(c slipway.Call) *awsecs.Client { return slipway.Client(c, awsecs.NewFromConfig) }

// retried repeats a call while AWS answers that something it needs is not there
// yet, for at most two minutes.
func retried(ctx context.Context, c slipway.Call, early func(error) bool, call func(context.Context) error) error {
	return retriedFor(ctx, c, propagation, early, call)
}

// retriedFor is retried with a bound of one's own.
func retriedFor(ctx context.Context, c slipway.Call, bound time.Duration, early func(error) bool, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	var last error
	err := slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		err := call(ctx)
		if err == nil || !early(err) {
			return err == nil, err
		}
		if last == nil || last.Error() != err.Error() {
			c.Emit(slipway.Waiting{ID: c.ID, Reason: err.Error()})
		}
		last = err
		return false, nil
	})
	if last != nil && ctx.Err() != nil {
		return last
	}
	return err
}

// ownerOf reads the ownership tags and returns the rest, sorted.
func ownerOf(tags []ecstypes.Tag) (slipway.Owner, []ecstypes.Tag) {
	all := tagMap(tags)
	owner := slipway.Owner{Stack: all[slipway.TagStack], Resource: all[slipway.TagResource]}
	delete(all, slipway.TagStack)
	delete(all, slipway.TagResource)
	return owner, tagList(all)
}

func tagMap(tags []ecstypes.Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return m
}

// allTags returns a thing's own tags and those of ownership.
func allTags(c slipway.Call, own []ecstypes.Tag) []ecstypes.Tag {
	all := tagMap(own)
	maps.Copy(all, c.Tags())
	return tagList(all)
}

// tag marks a thing as the stack's.
func tag(ctx context.Context, c slipway.Call, arn string) error {
	_, err := client(c).TagResource(ctx, &awsecs.TagResourceInput{ResourceArn: aws.String(arn), Tags: tagList(c.Tags())})
	return awserr.Wrap(err, "tag "+arn)
}

// putTags makes the tags of a thing what they should be.
func putTags(ctx context.Context, c slipway.Call, arn string, owner slipway.Owner, have, want []ecstypes.Tag) error {
	before, after := tagMap(have), tagMap(want)
	gone := []string{}
	for k := range before {
		if _, ok := after[k]; !ok {
			gone = append(gone, k)
		}
	}
	if owner != c.Owner() {
		maps.Copy(after, c.Tags())
	}
	maps.DeleteFunc(after, func(k, v string) bool {
		old, ok := before[k]
		return ok && old == v
	})
	if len(after) > 0 {
		if _, err := client(c).TagResource(ctx, &awsecs.TagResourceInput{ResourceArn: aws.String(arn), Tags: tagList(after)}); err != nil {
			return awserr.Wrap(err, "tag "+arn)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	slices.Sort(gone)
	_, err := client(c).UntagResource(ctx, &awsecs.UntagResourceInput{ResourceArn: aws.String(arn), TagKeys: gone})
	return awserr.Wrap(err, "untag "+arn)
}

// output is the first value of an output, or "".
func output[T any](live *slipway.Live[T], name string) string {
	if live == nil || len(live.Outputs[name]) == 0 {
		return ""
	}
	return live.Outputs[name][0]
}

// known reports whether a string is given and holds no placeholder.
func known(s *string) bool { return aws.ToString(s) != "" && !slipway.HasRef(*s) }

// lastPart is what follows the last slash of an ARN, or the whole of a name.
func lastPart(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }
