// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"math"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
)

// Action is what a listener or rule does with a request: one of [Forward],
// [Redirect] and [FixedResponse]. The set is sealed.
type Action interface {
	// action returns the SDK's form.
	action() elbtypes.Action
	// resources are those that the action refers to.
	resources() []slipway.Resource
}

// Forward sends requests to target groups.
type Forward struct {
	// Targets are 1 to 5 target groups with their weights.
	Targets []Weighted
	// Stickiness keeps a client with the target group it was first sent to for so
	// long, 1 second to 7 days; 0 is off.
	Stickiness time.Duration
}

// Weighted is a target group and its share of the requests.
type Weighted struct {
	// Group is the target group.
	Group TargetGroupRef
	// Weight is relative to the other groups of the action, 0 to 999. A single
	// group gets all requests whatever its weight.
	Weight int32
}

// ForwardTo sends all requests to one target group.
func ForwardTo(group TargetGroupRef) Forward {
	return Forward{Targets: []Weighted{{Group: group, Weight: 1}}}
}

func (f Forward) action() elbtypes.Action {
	config := &elbtypes.ForwardActionConfig{}
	for _, t := range f.Targets {
		tuple := elbtypes.TargetGroupTuple{Weight: aws.Int32(t.Weight)}
		if t.Group != nil {
			tuple.TargetGroupArn = aws.String(t.Group.ARN())
		}
		config.TargetGroups = append(config.TargetGroups, tuple)
	}
	if f.Stickiness > 0 {
		config.TargetGroupStickinessConfig = &elbtypes.TargetGroupStickinessConfig{
			Enabled: aws.Bool(true), DurationSeconds: aws.Int32(seconds(f.Stickiness)),
		}
	}
	return elbtypes.Action{Type: elbtypes.ActionTypeEnumForward, ForwardConfig: config}
}

func (f Forward) resources() []slipway.Resource {
	var all []slipway.Resource
	for _, t := range f.Targets {
		if t.Group != nil {
			all = append(all, t.Group.Resources()...)
		}
	}
	return all
}

// Redirect answers with another URL. An empty part keeps that of the request; at
// least one must differ. Parts may hold #{protocol}, #{host}, #{port}, #{path}
// and #{query}.
type Redirect struct {
	// Protocol is "HTTP" or "HTTPS". HTTPS cannot be redirected to HTTP.
	Protocol string
	// Host is a host name.
	Host string
	// Port is 1 to 65535.
	Port string
	// Path begins with "/".
	Path string
	// Query has no leading "?".
	Query string
	// Temporary answers 302 instead of 301.
	Temporary bool
}

// RedirectToHTTPS sends requests to the same URL on HTTPS:443, permanently.
func RedirectToHTTPS() Redirect { return Redirect{Protocol: "HTTPS", Port: "443"} }

func (r Redirect) action() elbtypes.Action {
	config := &elbtypes.RedirectActionConfig{
		StatusCode: elbtypes.RedirectActionStatusCodeEnumHttp301,
		Protocol:   optional(r.Protocol), Host: optional(r.Host), Port: optional(r.Port),
		Path: optional(r.Path), Query: optional(r.Query),
	}
	if r.Temporary {
		config.StatusCode = elbtypes.RedirectActionStatusCodeEnumHttp302
	}
	return elbtypes.Action{Type: elbtypes.ActionTypeEnumRedirect, RedirectConfig: config}
}

func (Redirect) resources() []slipway.Resource { return nil }

// FixedResponse answers by itself.
type FixedResponse struct {
	// Status is a 2XX, 4XX or 5XX code.
	Status int
	// ContentType is "text/plain" (if empty), "text/css", "text/html",
	// "application/javascript" or "application/json".
	ContentType string
	// Body has at most 1024 characters.
	Body string
}

func (r FixedResponse) action() elbtypes.Action {
	kind := r.ContentType
	if kind == "" {
		kind = "text/plain"
	}
	return elbtypes.Action{
		Type: elbtypes.ActionTypeEnumFixedResponse,
		FixedResponseConfig: &elbtypes.FixedResponseActionConfig{
			StatusCode: aws.String(strconv.Itoa(r.Status)), ContentType: aws.String(kind), MessageBody: optional(r.Body),
		},
	}
}

func (FixedResponse) resources() []slipway.Resource { return nil }

// optional is nil for the empty string.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// seconds rounds up to whole seconds, for that is all that the API takes.
func seconds(d time.Duration) int32 {
	s := math.Ceil(d.Seconds())
	return int32(min(max(s, math.MinInt32), math.MaxInt32))
}
