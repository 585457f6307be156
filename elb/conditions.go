// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// conditions are what a request must meet, all of them, for a rule to apply. A
// list is met by any of its values.
type conditions struct {
	paths, hosts, methods, sources []string
	headers                        []header
	queries                        []elbtypes.QueryStringConditionConfig
	priority                       int32
}

type header struct {
	name   string
	values []string
}

func (c conditions) path(patterns []string) conditions {
	c.paths = more(c.paths, patterns)
	return c
}

func (c conditions) host(names []string) conditions {
	c.hosts = more(c.hosts, names)
	return c
}

func (c conditions) method(names []string) conditions {
	c.methods = more(c.methods, names)
	return c
}

func (c conditions) source(cidrs []string) conditions {
	c.sources = more(c.sources, cidrs)
	return c
}

func (c conditions) header(name string, values []string) conditions {
	c.headers = append(slices.Clip(c.headers), header{name: name, values: slices.Clone(values)})
	return c
}

func (c conditions) query(key, value string) conditions {
	pair := elbtypes.QueryStringKeyValuePair{Key: optional(key), Value: aws.String(value)}
	c.queries = append(slices.Clip(c.queries), elbtypes.QueryStringConditionConfig{
		Values: []elbtypes.QueryStringKeyValuePair{pair},
	})
	return c
}

func more(list, values []string) []string { return append(slices.Clip(list), values...) }

// list returns the conditions as the SDK wants them, in an order of ours.
func (c conditions) list() []elbtypes.RuleCondition {
	var all []elbtypes.RuleCondition
	add := func(field string, values []string, put func(*elbtypes.RuleCondition, []string)) {
		if len(values) == 0 {
			return
		}
		condition := elbtypes.RuleCondition{Field: aws.String(field)}
		put(&condition, slices.Clone(values))
		all = append(all, condition)
	}
	add("path-pattern", c.paths, func(r *elbtypes.RuleCondition, v []string) {
		r.PathPatternConfig = &elbtypes.PathPatternConditionConfig{Values: v}
	})
	add("host-header", c.hosts, func(r *elbtypes.RuleCondition, v []string) {
		r.HostHeaderConfig = &elbtypes.HostHeaderConditionConfig{Values: v}
	})
	for _, h := range c.headers {
		add("http-header", h.values, func(r *elbtypes.RuleCondition, v []string) {
			r.HttpHeaderConfig = &elbtypes.HttpHeaderConditionConfig{HttpHeaderName: aws.String(h.name), Values: v}
		})
	}
	add("http-request-method", c.methods, func(r *elbtypes.RuleCondition, v []string) {
		r.HttpRequestMethodConfig = &elbtypes.HttpRequestMethodConditionConfig{Values: v}
	})
	for _, q := range c.queries {
		all = append(all, elbtypes.RuleCondition{
			Field:             aws.String("query-string"),
			QueryStringConfig: &elbtypes.QueryStringConditionConfig{Values: slices.Clone(q.Values)},
		})
	}
	add("source-ip", c.sources, func(r *elbtypes.RuleCondition, v []string) {
		r.SourceIpConfig = &elbtypes.SourceIpConditionConfig{Values: v}
	})
	return all
}
