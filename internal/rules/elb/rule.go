// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/rules"
)

// CreateRule are the rules of CreateRule.
var CreateRule = rules.Of[awselb.CreateRuleInput]{
	{
		Meta: rules.Meta{ID: "elb-rule-listener", Code: "ListenerNotFound", Doc: docRule},
		Check: func(r *rules.Report, in *awselb.CreateRuleInput) {
			arn := aws.ToString(in.ListenerArn)
			if _, found, known := r.Get(model.KindListener, arn); known && !found {
				r.Add(rules.Problem{
					Path: "ListenerArn", Got: arn, Want: "an existing listener", Text: "One or more listeners not found",
				})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "elb-rule-priority", Code: invalid, Doc: docRule},
		Check: func(r *rules.Report, in *awselb.CreateRuleInput) {
			within(r, "Priority", "priority", in.Priority, 1, 50000, "")
		},
	},
	{
		Meta: rules.Meta{ID: "elb-rule-conditions", Code: invalid, Doc: docPreflight + "/pf-elbv2-rule-conditions-required"},
		Check: func(r *rules.Report, in *awselb.CreateRuleInput) {
			conditions(r, in.Conditions, on(r, in.ListenerArn).balancer)
		},
	},
	{
		Meta: rules.Meta{ID: "elb-rule-wildcards", Code: invalid, Doc: docLimits, Warn: true},
		Check: func(r *rules.Report, in *awselb.CreateRuleInput) {
			wildcards(r, in.Conditions)
		},
	},
	{
		Meta: rules.Meta{ID: "elb-rule-actions", Code: invalid, Doc: docRule},
		Check: func(r *rules.Report, in *awselb.CreateRuleInput) {
			actions(r, "Actions", in.Actions, on(r, in.ListenerArn))
		},
	},
	{
		Meta:  rules.Meta{ID: "elb-rule-tags", Code: invalid, Doc: docRule},
		Check: func(r *rules.Report, in *awselb.CreateRuleInput) { tags(r, in.Tags) },
	},
}

// on is the context of actions on a listener.
func on(r *rules.Report, arn *string) context {
	l := listener(r, arn)
	if l == nil {
		return context{}
	}
	return context{protocol: l.Create.Protocol, balancer: typeOf(r, l.Create.LoadBalancerArn)}
}

// ModifyRule are the rules of ModifyRule.
var ModifyRule = rules.Of[awselb.ModifyRuleInput]{
	{
		Meta: rules.Meta{ID: "elb-rule-modify", Code: invalid, Doc: docReference + "API_ModifyRule.html"},
		Check: func(r *rules.Report, in *awselb.ModifyRuleInput) {
			state, _, _ := r.Get(model.KindListenerRule, aws.ToString(in.RuleArn))
			where := context{}
			if rule, ok := state.(*model.ListenerRule); ok {
				where = on(r, rule.Create.ListenerArn)
			}
			if in.Conditions != nil {
				conditions(r, in.Conditions, where.balancer)
			}
			if in.Actions != nil {
				actions(r, "Actions", in.Actions, where)
			}
		},
	},
}

// SetRulePriorities are the rules of SetRulePriorities.
var SetRulePriorities = rules.Of[awselb.SetRulePrioritiesInput]{
	{
		Meta: rules.Meta{ID: "elb-rule-priorities", Code: invalid, Doc: docReference + "API_SetRulePriorities.html"},
		Check: func(r *rules.Report, in *awselb.SetRulePrioritiesInput) {
			seen := map[int32]bool{}
			for i, p := range in.RulePriorities {
				path := fmt.Sprintf("RulePriorities[%d].Priority", i)
				if p.Priority == nil {
					r.Add(rules.Problem{Path: path, Got: "none", Want: "1 to 50000", Text: "A priority must be specified"})
					continue
				}
				within(r, path, "priority", p.Priority, 1, 50000, "")
				if seen[*p.Priority] {
					r.Add(rules.Problem{
						Path: path, Got: fmt.Sprintf("%d twice", *p.Priority), Want: "each priority once", Code: "PriorityInUse",
						Text: fmt.Sprintf("Priority '%d' is currently in use", *p.Priority),
					})
				}
				seen[*p.Priority] = true
			}
		},
	},
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html#rules-quotas
const (
	maxValues    = 5 // condition values of a rule
	maxWildcards = 6 // in the condition values of a rule
)

// once are the fields that only one condition of a rule may have.
var once = []string{"path-pattern", "host-header", "http-request-method", "source-ip"}

func conditions(r *rules.Report, list []elbtypes.RuleCondition, balancer elbtypes.LoadBalancerTypeEnum) {
	if len(list) == 0 {
		r.Add(rules.Problem{Path: "Conditions", Got: "none", Want: "at least one", Text: "A condition must be specified"})
		return
	}
	values, seen := 0, map[string]bool{}
	for i := range list {
		c := &list[i]
		field := aws.ToString(c.Field)
		path := rules.Elem("Conditions", c.Field, i)
		if seen[field] && slices.Contains(once, field) {
			r.Add(rules.Problem{
				Path: path, Got: field + " twice", Want: "one such condition",
				Text: fmt.Sprintf("A rule can only have one '%s' condition", field),
			})
		}
		seen[field] = true
		if conditionKind(r, path, c, balancer) {
			values += condition(r, path, c)
		}
	}
	if values > maxValues {
		r.Add(rules.Problem{
			Path: "Conditions", Got: fmt.Sprintf("%d values", values), Want: "at most 5 in all",
			Text: "A rule can only have '5' condition values",
		})
	}
}

// conditionKind checks that a condition is one that the balancer has: a Network Load
// Balancer looks at nothing but the kind of the client's address. more is whether there
// is more to check.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RuleCondition.html
func conditionKind(r *rules.Report, path string, c *elbtypes.RuleCondition, balancer elbtypes.LoadBalancerTypeEnum) (more bool) {
	kind := elbtypes.SourceIpAddressTypeEnum("")
	if c.SourceIpConfig != nil {
		kind = c.SourceIpConfig.IpAddressType
	}
	switch network := balancer == elbtypes.LoadBalancerTypeEnumNetwork; {
	case network && (aws.ToString(c.Field) != "source-ip" || kind == "" || len(c.SourceIpConfig.Values) > 0):
		r.Add(rules.Problem{Path: path, Got: "a condition on more than the kind of address", Want: "source-ip with IpAddressType, on a network load balancer"})
		return false
	case kind == "":
		return true
	case balancer == elbtypes.LoadBalancerTypeEnumApplication:
		r.Add(rules.Problem{Path: path + ".SourceIpConfig.IpAddressType", Got: string(kind), Want: "none, on an application load balancer"})
	case kind != elbtypes.SourceIpAddressTypeEnumIpv4 && kind != elbtypes.SourceIpAddressTypeEnumIpv6:
		r.Add(rules.Problem{Path: path + ".SourceIpConfig.IpAddressType", Got: string(kind), Want: "ipv4 or ipv6"})
	}
	return false
}

// condition checks one condition and returns how many values it has.
func condition(r *rules.Report, path string, c *elbtypes.RuleCondition) int {
	given := valuesOf(c)
	switch aws.ToString(c.Field) {
	case "path-pattern", "host-header", "http-request-method", "source-ip", "query-string":
	case "http-header":
		headerName(r, path, c.HttpHeaderConfig)
	case "":
		r.Add(rules.Problem{
			Path: path + ".Field", Got: "none", Want: "a field of AWS's list", // https://github.com/aws/aws-sdk-js/issues/2658
			Text: "A condition field must be specified",
		})
		return 0
	default:
		r.Add(rules.Problem{
			Path: path + ".Field", Got: quoted(aws.ToString(c.Field)), Want: "a field of AWS's list",
			Text: fmt.Sprintf("Condition field '%s' must be one of '[path-pattern, host-header, http-header, http-request-method, query-string, source-ip]'",
				aws.ToString(c.Field)),
		})
		return 0
	}
	twice(r, path, c)
	if len(given) == 0 {
		r.Add(rules.Problem{Path: path, Got: "no value", Want: "at least one", Text: "A condition value must be specified"})
	}
	for _, v := range given {
		conditionValue(r, path, aws.ToString(c.Field), v)
	}
	return len(given)
}

// twice reports a condition whose values are given in both forms.
// https://github.com/aws-controllers-k8s/community/issues/2759
func twice(r *rules.Report, path string, c *elbtypes.RuleCondition) {
	var config string
	switch {
	case len(c.Values) == 0:
		return
	case c.HostHeaderConfig != nil:
		config = "HostHeaderConfig"
	case c.PathPatternConfig != nil:
		config = "PathPatternConfig"
	default:
		return
	}
	r.Add(rules.Problem{
		Path: path + ".Values", Got: "values beside " + config, Want: "one of them",
		Text: fmt.Sprintf("You cannot provide both Values and '%s' for a condition of type '%s'", config, aws.ToString(c.Field)),
	})
}

// wildcards reports more wildcards than a rule may have. How AWS words it is not
// known, and its pages differ on whether five or six are allowed.
func wildcards(r *rules.Report, list []elbtypes.RuleCondition) {
	n := 0
	for i := range list {
		for _, v := range valuesOf(&list[i]) {
			n += strings.Count(v, "*") + strings.Count(v, "?")
		}
	}
	if n > maxWildcards {
		r.Add(rules.Problem{Path: "Conditions", Got: fmt.Sprintf("%d wildcards", n), Want: "at most 6 in all"})
	}
}

// valuesOf returns the values of a condition in either form, those of a query
// string with their keys.
func valuesOf(c *elbtypes.RuleCondition) []string {
	values := slices.Concat(c.Values, c.RegexValues)
	if f := c.PathPatternConfig; f != nil {
		values = slices.Concat(f.Values, f.RegexValues)
	}
	if f := c.HostHeaderConfig; f != nil {
		values = slices.Concat(f.Values, f.RegexValues)
	}
	if f := c.HttpHeaderConfig; f != nil {
		values = slices.Concat(f.Values, f.RegexValues)
	}
	if f := c.HttpRequestMethodConfig; f != nil {
		values = f.Values
	}
	if f := c.SourceIpConfig; f != nil {
		values = f.Values
	}
	if f := c.QueryStringConfig; f != nil {
		values = nil
		for _, pair := range f.Values {
			values = append(values, aws.ToString(pair.Value))
		}
	}
	return values
}

var (
	pathPattern   = regexp.MustCompile(`^[A-Za-z0-9_\-.$/~"'@:+&*?]+$`)
	methodPattern = regexp.MustCompile(`^[A-Z_-]+$`)
	headerPattern = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+\\-.^_`|~]+$")
)

func conditionValue(r *rules.Report, path, field, v string) {
	if slipway.HasRef(v) {
		return
	}
	limit := 128
	if field == "http-request-method" {
		limit = 40
	}
	var want string
	switch {
	case v == "" || len([]rune(v)) > limit:
		want = fmt.Sprintf("1 to %d characters", limit)
	case field == "path-pattern" && !pathPattern.MatchString(v) && !strings.ContainsAny(v, "^()[]|\\{}"):
		want = `letters, digits and any of _-.$/~"'@:+&*?`
	case field == "http-request-method" && !methodPattern.MatchString(v):
		want = "A to Z, - and _"
	case field == "host-header" && !strings.ContainsAny(v, ".*"):
		want = "a host name with a dot"
	case field == "source-ip" && !isCIDR(v):
		want = "an address range in CIDR form"
	default:
		return
	}
	r.Add(rules.Problem{
		Path: path, Got: quoted(v), Want: want,
		Text: fmt.Sprintf("The value '%s' of the condition '%s' is not valid", v, field),
	})
}

func isCIDR(v string) bool {
	_, err := netip.ParsePrefix(v)
	return err == nil
}

func headerName(r *rules.Report, path string, c *elbtypes.HttpHeaderConditionConfig) {
	name := ""
	if c != nil {
		name = aws.ToString(c.HttpHeaderName)
	}
	if len(name) <= 40 && headerPattern.MatchString(name) && !strings.EqualFold(name, "host") || slipway.HasRef(name) {
		return
	}
	r.Add(rules.Problem{
		Path: path + ".HttpHeaderConfig.HttpHeaderName", Got: quoted(name), Want: "the name of a header but Host, at most 40 characters",
		Text: fmt.Sprintf("HTTP header name '%s' is not valid", name),
	})
}
