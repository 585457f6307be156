// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"context"
	"errors"
	"time"

	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
)

// settle bounds the waits for something that AWS is about to let go.
const settle = 2 * time.Minute

// readOne is Read in terms of ReadMany.
func readOne[T any](
	ctx context.Context, c slipway.Call, want *T,
	many func(context.Context, []slipway.Call, []*T) ([]*slipway.Live[T], error),
) (*slipway.Live[T], error) {
	live, err := many(ctx, []slipway.Call{c}, []*T{want})
	if err != nil {
		return nil, err
	}
	return live[0], nil
}

// completeAll rebuilds what was found, with its tags, a few at a time. What is nil
// stays nil.
func completeAll[D, T any](
	ctx context.Context, api *awselb.Client, found []*D, arn func(*D) string,
	rebuild func(context.Context, *D, []elbtypes.Tag) (*slipway.Live[T], error),
) ([]*slipway.Live[T], error) {
	var arns []string
	for _, f := range found {
		if f != nil {
			arns = append(arns, arn(f))
		}
	}
	tags, err := tagsOf(ctx, api, arns)
	if err != nil {
		return nil, err
	}
	live := make([]*slipway.Live[T], len(found))
	err = each(ctx, len(found), func(ctx context.Context, i int) error {
		if found[i] == nil {
			return nil
		}
		var err error
		live[i], err = rebuild(ctx, found[i], tags[arn(found[i])])
		return err
	})
	return live, err
}

// listOwned picks what the stack owns and completes it.
func listOwned[D, T any](
	ctx context.Context, c slipway.Call, all []D, arn func(D) string,
	complete func(context.Context, *awselb.Client, []*D) ([]*slipway.Live[T], error),
) ([]*slipway.Live[T], error) {
	api := client(c)
	arns := make([]string, len(all))
	for i := range all {
		arns[i] = arn(all[i])
	}
	tags, err := tagsOf(ctx, api, arns)
	if err != nil {
		return nil, err
	}
	var own []*D
	for i := range all {
		if owner, _ := ownerOf(tags[arns[i]]); owner.Stack == c.Stack {
			own = append(own, &all[i])
		}
	}
	live, err := complete(ctx, api, own)
	if err != nil {
		return nil, err
	}
	var present []*slipway.Live[T]
	for _, l := range live {
		if l != nil {
			present = append(present, l)
		}
	}
	return present, nil
}

// untilFree repeats a deletion while the thing is in use by what is being deleted
// itself. What is gone already is fine.
func untilFree(ctx context.Context, c slipway.Call, del func(context.Context) error) error {
	var last error
	ctx, cancel := context.WithTimeout(ctx, settle)
	defer cancel()
	err := slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		err := del(ctx)
		switch {
		case err == nil, absent(err):
			return true, nil
		case slipway.ErrorCode(err) == "ResourceInUse":
			last = err
			c.Emit(slipway.Waiting{ID: c.ID, Reason: err.Error()})
			return false, nil
		default:
			return false, err
		}
	})
	if errors.Is(err, slipway.ErrTimeout) && last != nil {
		return errors.Join(err, last)
	}
	return err
}

// reads are the permissions of Describe calls, which AWS cannot narrow down.
func reads(operations ...string) []slipway.Permission {
	return []slipway.Permission{{Actions: actions(append(operations, "DescribeTags")), Resources: []string{"*"}}}
}

// writes are the permissions of calls on resources of this account and region.
func writes(resource string, operations ...string) slipway.Permission {
	arn := "arn:" + slipway.Self("partition") + ":elasticloadbalancing:" + slipway.Self("region") + ":" +
		slipway.Self("account") + ":" + resource
	return slipway.Permission{Actions: actions(operations), Resources: []string{arn}}
}

func actions(operations []string) []string {
	all := make([]string, len(operations))
	for i, o := range operations {
		all[i] = "elasticloadbalancing:" + o
	}
	return all
}
