// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

const (
	// tagBatch is how many ARNs DescribeTags takes.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html
	tagBatch = 20
	// inFlight bounds the calls that one driver makes at a time.
	inFlight = 8
)

func client(c slipway.Call) *awselb.Client { return slipway.Client(c, awselb.NewFromConfig) }

// wrap says what was being done when AWS answered with an error.
func wrap(doing string, err error) error { return awserr.Wrap(err, doing) }

// absent reports whether err is AWS's answer that the thing does not exist.
func absent(err error) bool { return strings.HasSuffix(slipway.ErrorCode(err), "NotFound") }

// tagsOf returns the tags of things by ARN. What is gone by now has none.
func tagsOf(ctx context.Context, api *awselb.Client, arns []string) (map[string][]elbtypes.Tag, error) {
	tags := make(map[string][]elbtypes.Tag, len(arns))
	for batch := range slices.Chunk(arns, tagBatch) {
		if err := addTags(ctx, api, batch, tags); err != nil {
			return nil, wrap("describe tags", err)
		}
	}
	return tags, nil
}

// addTags asks for a batch. One thing that is gone fails the whole of it, so the
// batch is then halved until that one is alone.
func addTags(ctx context.Context, api *awselb.Client, arns []string, tags map[string][]elbtypes.Tag) error {
	out, err := api.DescribeTags(ctx, &awselb.DescribeTagsInput{ResourceArns: arns})
	switch {
	case absent(err) && len(arns) == 1:
		return nil
	case absent(err):
		half := len(arns) / 2
		if err := addTags(ctx, api, arns[:half], tags); err != nil {
			return err
		}
		return addTags(ctx, api, arns[half:], tags)
	case err != nil:
		return err
	}
	for _, d := range out.TagDescriptions {
		tags[aws.ToString(d.ResourceArn)] = d.Tags
	}
	return nil
}

// ownerOf reads the ownership tags and returns the rest, sorted.
func ownerOf(tags []elbtypes.Tag) (slipway.Owner, []elbtypes.Tag) {
	var (
		owner slipway.Owner
		rest  []elbtypes.Tag
	)
	for _, t := range tags {
		switch aws.ToString(t.Key) {
		case slipway.TagStack:
			owner.Stack = aws.ToString(t.Value)
		case slipway.TagResource:
			owner.Resource = aws.ToString(t.Value)
		default:
			rest = append(rest, t)
		}
	}
	slices.SortFunc(rest, func(a, b elbtypes.Tag) int { return strings.Compare(aws.ToString(a.Key), aws.ToString(b.Key)) })
	return owner, rest
}

// allTags returns a thing's own tags and those of ownership.
func allTags(c slipway.Call, own []elbtypes.Tag) []elbtypes.Tag {
	return append(slices.Clip(own), tagList(c.Tags())...)
}

// manageTags makes no tags a wish for none: nil would leave those that there are.
func manageTags(tags *[]elbtypes.Tag) {
	if *tags == nil {
		*tags = []elbtypes.Tag{}
	}
}

// tag marks a thing as the stack's.
func tag(ctx context.Context, c slipway.Call, arn string) error {
	_, err := client(c).AddTags(ctx, &awselb.AddTagsInput{ResourceArns: []string{arn}, Tags: tagList(c.Tags())})
	return wrap("tag "+arn, err)
}

// putTags makes the tags of a thing what they should be.
func putTags(ctx context.Context, c slipway.Call, arn string, owner slipway.Owner, have, want []elbtypes.Tag) error {
	before, after := tagMap(have), tagMap(want)
	var gone []string
	for k := range before {
		if _, ok := after[k]; !ok {
			gone = append(gone, k)
		}
	}
	if owner != c.Owner() {
		maps.Copy(after, c.Tags())
	}
	added := differing(before, after)
	api := client(c)
	if len(added) > 0 {
		in := &awselb.AddTagsInput{ResourceArns: []string{arn}, Tags: tagList(added)}
		if _, err := api.AddTags(ctx, in); err != nil {
			return wrap("tag "+arn, err)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	slices.Sort(gone)
	_, err := api.RemoveTags(ctx, &awselb.RemoveTagsInput{ResourceArns: []string{arn}, TagKeys: gone})
	return wrap("untag "+arn, err)
}

func tagMap(tags []elbtypes.Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return m
}

// differing returns the entries of want that have lacks or has otherwise.
func differing(have, want map[string]string) map[string]string {
	m := map[string]string{}
	for k, v := range want {
		if old, ok := have[k]; !ok || old != v {
			m[k] = v
		}
	}
	return m
}

// each runs f for 0 to n-1, a few at a time.
func each(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(inFlight)
	for i := range n {
		group.Go(func() error { return f(ctx, i) })
	}
	return group.Wait()
}

// suffix is what metrics call a balancer or target group: the end of its ARN, for
// balancers without "loadbalancer/".
func suffix(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	return strings.TrimPrefix(parts[len(parts)-1], "loadbalancer/")
}

// output is the first value of an output, or "".
func output[T any](live *slipway.Live[T], name string) string {
	if live == nil || len(live.Outputs[name]) == 0 {
		return ""
	}
	return live.Outputs[name][0]
}

// known reports whether a reference has been resolved.
func known(ref *string) bool { return ref != nil && *ref != "" && !slipway.HasRef(*ref) }
