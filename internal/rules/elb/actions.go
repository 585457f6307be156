// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/rules"
)

// context is where actions stand.
type context struct {
	protocol elbtypes.ProtocolEnum // of the listener; "" if not known
	balancer elbtypes.LoadBalancerTypeEnum
}

// routing are the actions that end a request, exactly one in a rule.
var routing = []elbtypes.ActionTypeEnum{
	elbtypes.ActionTypeEnumForward, elbtypes.ActionTypeEnumRedirect, elbtypes.ActionTypeEnumFixedResponse,
}

const maxActions = 5

// actions checks a listener's or rule's actions. A routing action comes last.
func actions(r *rules.Report, path string, list []elbtypes.Action, c context) {
	if len(list) == 0 {
		r.Add(rules.Problem{Path: path, Got: "none", Want: "an action", Text: "An action must be specified"})
		return
	}
	if len(list) > maxActions {
		r.Add(rules.Problem{
			Path: path, Got: strconv.Itoa(len(list)), Want: fmt.Sprintf("at most %d", maxActions), Code: "TooManyActions",
			Text: "You've reached the limit on the number of actions per rule",
		})
	}
	actionOrder(r, path, list)
	for i := range list {
		action(r, fmt.Sprintf("%s[%d]", path, i), &list[i], c)
	}
}

func actionOrder(r *rules.Report, path string, list []elbtypes.Action) {
	sorted := slices.Clone(list)
	orders := map[int32]bool{}
	for i, a := range list {
		within(r, fmt.Sprintf("%s[%d].Order", path, i), "order", a.Order, 1, 50000, "")
		if a.Order == nil && len(list) > 1 {
			r.Add(rules.Problem{
				Path: fmt.Sprintf("%s[%d].Order", path, i), Got: "none", Want: "an order, for there are several actions",
				Text: "An order must be specified for each action",
			})
			return
		}
		if orders[aws.ToInt32(a.Order)] {
			r.Add(rules.Problem{
				Path: fmt.Sprintf("%s[%d].Order", path, i), Got: fmt.Sprintf("%d twice", *a.Order), Want: "each order once",
				Text: "Action orders must be unique",
			})
		}
		orders[aws.ToInt32(a.Order)] = true
	}
	slices.SortStableFunc(sorted, func(a, b elbtypes.Action) int { return int(aws.ToInt32(a.Order) - aws.ToInt32(b.Order)) })
	for i, a := range sorted {
		last := i == len(sorted)-1
		if slices.Contains(routing, a.Type) != last {
			r.Add(rules.Problem{
				Path: path, Got: string(a.Type) + " as number " + strconv.Itoa(i+1), Want: "one forward, redirect or fixed-response, as the last action",
				Code: "InvalidLoadBalancerAction",
				Text: "The last action must be a forward, redirect, or fixed-response action, and only one is allowed",
			})
			return
		}
	}
}

func action(r *rules.Report, path string, a *elbtypes.Action, c context) {
	if c.balancer == elbtypes.LoadBalancerTypeEnumNetwork && a.Type != elbtypes.ActionTypeEnumForward {
		r.Add(rules.Problem{
			Path: path + ".Type", Got: string(a.Type), Want: "forward, on a network load balancer", Code: "InvalidLoadBalancerAction",
			Text: fmt.Sprintf("The action type '%s' is not valid with network load balancer", a.Type),
		})
		return
	}
	switch a.Type {
	case elbtypes.ActionTypeEnumForward:
		forward(r, path, a, c)
	case elbtypes.ActionTypeEnumRedirect:
		redirect(r, path+".RedirectConfig", a.RedirectConfig, c)
	case elbtypes.ActionTypeEnumFixedResponse:
		fixedResponse(r, path+".FixedResponseConfig", a.FixedResponseConfig)
	case elbtypes.ActionTypeEnumAuthenticateOidc, elbtypes.ActionTypeEnumAuthenticateCognito, elbtypes.ActionTypeEnumJwtValidation:
		if c.protocol != "" && c.protocol != elbtypes.ProtocolEnumHttps {
			r.Add(rules.Problem{
				Path: path + ".Type", Got: string(a.Type) + " on " + string(c.protocol), Want: "an HTTPS listener", Code: "InvalidLoadBalancerAction",
				Text: fmt.Sprintf("Actions of type '%s' are supported only on HTTPS listeners", a.Type),
			})
		}
	default:
		r.Add(rules.Problem{
			Path: path + ".Type", Got: quoted(string(a.Type)), Want: "forward, redirect, fixed-response or an authentication",
			Code: "InvalidLoadBalancerAction", Text: fmt.Sprintf("The action type '%s' is not valid", a.Type),
		})
	}
}

func forward(r *rules.Report, path string, a *elbtypes.Action, c context) {
	tuples := groupsOf(a)
	if len(tuples) == 0 {
		r.Add(rules.Problem{
			Path: path + ".ForwardConfig.TargetGroups", Got: "none", Want: "1 to 5 target groups",
			Text: "A target group ARN must be specified",
		})
		return
	}
	if len(tuples) > 5 {
		r.Add(rules.Problem{
			Path: path + ".ForwardConfig.TargetGroups", Got: strconv.Itoa(len(tuples)), Want: "at most 5", Code: "TooManyTargetGroups",
			Text: "A forward action can have at most 5 target groups",
		})
	}
	for i, t := range tuples {
		at := fmt.Sprintf("%s.ForwardConfig.TargetGroups[%d]", path, i)
		if t.Weight == nil && len(tuples) > 1 || t.Weight != nil && (*t.Weight < 0 || *t.Weight > 999) {
			got := "none"
			if t.Weight != nil {
				got = strconv.Itoa(int(*t.Weight))
			}
			r.Add(rules.Problem{
				Path: at + ".Weight", Got: got, Want: "0 to 999",
				Text: "The weight for each target group must be between 0 and 999, inclusive",
			})
		}
		forwardGroup(r, at, t, c)
	}
	sticky(r, path, a.ForwardConfig)
}

// groupsOf are the target groups of a forward action in either form.
func groupsOf(a *elbtypes.Action) []elbtypes.TargetGroupTuple {
	if a.ForwardConfig != nil && len(a.ForwardConfig.TargetGroups) > 0 {
		return a.ForwardConfig.TargetGroups
	}
	if a.TargetGroupArn != nil {
		return []elbtypes.TargetGroupTuple{{TargetGroupArn: a.TargetGroupArn}}
	}
	return nil
}

// forwardGroup looks the target group up: it must exist and speak what the
// balancer forwards.
func forwardGroup(r *rules.Report, path string, t elbtypes.TargetGroupTuple, c context) {
	arn := aws.ToString(t.TargetGroupArn)
	state, found, known := r.Get(model.KindTargetGroup, arn)
	if known && !found {
		r.Add(rules.Problem{
			Path: path, Got: arn, Want: "an existing target group", Code: "TargetGroupNotFound",
			Text: fmt.Sprintf("Target groups '%s' not found", arn),
		})
		return
	}
	g, ok := state.(*model.TargetGroup)
	if !ok || g.Create.TargetType == elbtypes.TargetTypeEnumLambda || c.protocol == "" {
		return
	}
	if !fits(c.protocol, g.Create.Protocol) {
		r.Add(rules.Problem{
			Path: path, Got: "a target group of " + string(g.Create.Protocol) + " on a listener of " + string(c.protocol),
			Want: "one of " + strings.Join(behind(c.protocol), " or "), Code: configuration,
			Text: "The listener and the following target groups have incompatible protocols: " + arn,
		})
		return
	}
	if v := aws.ToString(g.Create.ProtocolVersion); v == "GRPC" && c.protocol == elbtypes.ProtocolEnumHttp {
		r.Add(rules.Problem{
			Path: path, Got: "a target group of " + v + " on an HTTP listener", Want: "an HTTPS listener", Code: configuration,
			Text: fmt.Sprintf("Listener protocol 'HTTP' is not supported with a target group with the protocol-version '%s'", v),
		})
	}
}

// behind are the protocols of the target groups to which a listener can forward.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/create-target-group.html
func behind(listener elbtypes.ProtocolEnum) []string {
	switch listener { //nolint:exhaustive // the rest speak what they hear
	case elbtypes.ProtocolEnumHttp, elbtypes.ProtocolEnumHttps:
		return []string{"HTTP", "HTTPS"}
	case elbtypes.ProtocolEnumTcp:
		return []string{"TCP", "TCP_UDP"}
	case elbtypes.ProtocolEnumTls:
		return []string{"TCP", "TLS"}
	case elbtypes.ProtocolEnumUdp:
		return []string{"UDP", "TCP_UDP"}
	case elbtypes.ProtocolEnumQuic:
		return []string{"QUIC", "TCP_QUIC"}
	default:
		return []string{string(listener)}
	}
}

func fits(listener, group elbtypes.ProtocolEnum) bool {
	return slices.Contains(behind(listener), string(group))
}

func sticky(r *rules.Report, path string, f *elbtypes.ForwardActionConfig) {
	if f == nil || f.TargetGroupStickinessConfig == nil || !aws.ToBool(f.TargetGroupStickinessConfig.Enabled) {
		return
	}
	path += ".ForwardConfig.TargetGroupStickinessConfig.DurationSeconds"
	d := f.TargetGroupStickinessConfig.DurationSeconds
	if d == nil {
		r.Add(rules.Problem{
			Path: path, Got: "none", Want: "1s to 604800s",
			Text: "The target group stickiness duration must be specified when stickiness is enabled",
		})
		return
	}
	within(r, path, "durationSeconds", d, 1, 604800, "s")
}

func redirect(r *rules.Report, path string, c *elbtypes.RedirectActionConfig, where context) {
	if c == nil {
		missingConfig(r, path, "redirect", "RedirectConfig")
		return
	}
	if c.StatusCode != elbtypes.RedirectActionStatusCodeEnumHttp301 && c.StatusCode != elbtypes.RedirectActionStatusCodeEnumHttp302 {
		r.Add(rules.Problem{
			Path: path + ".StatusCode", Got: quoted(string(c.StatusCode)), Want: "HTTP_301 or HTTP_302",
			Text: fmt.Sprintf("Redirect status code '%s' must be one of 'HTTP_301, HTTP_302'", c.StatusCode),
		})
	}
	protocol := aws.ToString(c.Protocol)
	switch protocol {
	case "", "#{protocol}", "HTTPS":
	case "HTTP":
		if where.protocol == elbtypes.ProtocolEnumHttps {
			r.Add(rules.Problem{
				Path: path + ".Protocol", Got: "HTTPS to HTTP", Want: "HTTPS",
				Text: "You cannot redirect from HTTPS to HTTP",
			})
		}
	default:
		r.Add(rules.Problem{
			Path: path + ".Protocol", Got: quoted(protocol), Want: "HTTP, HTTPS or #{protocol}",
			Text: fmt.Sprintf("Redirect protocol '%s' is not valid", protocol),
		})
	}
	redirectParts(r, path, c)
}

func redirectParts(r *rules.Report, path string, c *elbtypes.RedirectActionConfig) {
	if p := aws.ToString(c.Path); p != "" && !strings.HasPrefix(p, "/") && !slipway.HasRef(p) {
		r.Add(rules.Problem{
			Path: path + ".Path", Got: quoted(p), Want: `a path that begins with "/"`,
			Text: fmt.Sprintf("Redirect path '%s' must begin with '/'", p),
		})
	}
	same := func(v *string, keyword string) bool { return v == nil || *v == "" || *v == keyword }
	if same(c.Protocol, "#{protocol}") && same(c.Host, "#{host}") && same(c.Port, "#{port}") && same(c.Path, "/#{path}") {
		r.Add(rules.Problem{
			Path: path, Got: "the same protocol, host, port and path", Want: "another one", Code: "InvalidLoadBalancerAction",
			Text: "The redirect configuration is not valid because it creates a loop.",
		})
	}
}

// missingConfig reports an action without what it is to do.
// https://github.com/aws/aws-sdk-js/issues/2204
func missingConfig(r *rules.Report, path, kind, field string) {
	r.Add(rules.Problem{
		Path: path, Got: "none", Want: "what the action does", Code: "InvalidLoadBalancerAction",
		Text: fmt.Sprintf("For actions of type '%s', you must specify the following fields: '%s'", kind, field),
	})
}

var statusPattern = regexp.MustCompile(`^[245]\d\d$`)

// contentTypes of fixed responses.
var contentTypes = []string{"text/plain", "text/css", "text/html", "application/javascript", "application/json"}

const bodyLimit = 1024 // characters

func fixedResponse(r *rules.Report, path string, c *elbtypes.FixedResponseActionConfig) {
	if c == nil {
		missingConfig(r, path, "fixed-response", "FixedResponseConfig")
		return
	}
	if s := aws.ToString(c.StatusCode); !statusPattern.MatchString(s) {
		r.Add(rules.Problem{
			Path: path + ".StatusCode", Got: s, Want: "200 to 299, 400 to 499 or 500 to 599",
			Text: fmt.Sprintf("The status code '%s' is not valid", s),
		})
	}
	if t := aws.ToString(c.ContentType); t != "" && !slices.Contains(contentTypes, t) {
		r.Add(rules.Problem{
			Path: path + ".ContentType", Got: t, Want: "one of " + strings.Join(contentTypes, ", "),
			Text: fmt.Sprintf("The content type '%s' is not valid", t),
		})
	}
	if n := len([]rune(aws.ToString(c.MessageBody))); n > bodyLimit {
		r.Add(rules.Problem{
			Path: path + ".MessageBody", Got: fmt.Sprintf("%d characters", n), Want: "at most 1024",
			Text: "The message body cannot be longer than '1024' characters",
		})
	}
}
