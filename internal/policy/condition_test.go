// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/policy"
)

func TestConditions(t *testing.T) {
	t.Parallel()
	one := map[string][]string{"k": {"b"}}
	many := map[string][]string{"k": {"a", "b"}}
	for _, tt := range []struct {
		name, condition string
		context         map[string][]string
		holds           bool
	}{
		{"equal to one of several", `{"StringEquals":{"k":["a","b"]}}`, one, true},
		{"keys ignore case", `{"StringEquals":{"K":"b"}}`, one, true},
		{"all keys must hold", `{"StringEquals":{"k":"b","l":"x"}}`, one, false},
		{"all operators must hold", `{"StringEquals":{"k":"b"},"StringLike":{"k":"x*"}}`, one, false},
		{"a key that is absent", `{"StringEquals":{"x":"b"}}`, one, false},
		{"absent, but if it exists", `{"StringEqualsIfExists":{"x":"b"}}`, one, true},
		{"present and different, if it exists", `{"StringEqualsIfExists":{"k":"x"}}`, one, false},
		{"a negation of an absent key", `{"StringNotEquals":{"x":"b"}}`, one, true},
		{"a negation means none of", `{"StringNotEquals":{"k":["a","b"]}}`, one, false},
		{"values mind case", `{"StringEquals":{"k":"B"}}`, one, false},
		{"unless told not to", `{"StringEqualsIgnoreCase":{"k":"B"}}`, one, true},
		{"wildcards in StringLike", `{"StringLike":{"k":"?"}}`, one, true},
		{"no wildcards in StringEquals", `{"StringEquals":{"k":"?"}}`, one, false},
		{"not like", `{"StringNotLike":{"k":"b*"}}`, one, false},
		{"a variable in a value", `{"StringEquals":{"k":"${l}"}}`, map[string][]string{"k": {"x"}, "l": {"x"}}, true},
		{"for all values", `{"ForAllValues:StringEquals":{"k":["a","b","c"]}}`, many, true},
		{"not for all values", `{"ForAllValues:StringEquals":{"k":["a"]}}`, many, false},
		{"for all of none", `{"ForAllValues:StringEquals":{"x":["a"]}}`, many, true},
		{"for any value", `{"ForAnyValue:StringEquals":{"k":["b"]}}`, many, true},
		{"for any of none", `{"ForAnyValue:StringEquals":{"x":["b"]}}`, many, false},
		{"for any of none, negated", `{"ForAnyValue:StringNotEquals":{"x":["b"]}}`, many, false},
		{"for any value, negated", `{"ForAnyValue:StringNotEquals":{"k":["b"]}}`, many, true},
		{"for all values, negated", `{"ForAllValues:StringNotLike":{"k":["b*"]}}`, many, false},
		{"absent", `{"Null":{"x":"true"}}`, one, true},
		{"not absent", `{"Null":{"k":"true"}}`, one, false},
		{"present", `{"Null":{"k":"false"}}`, one, true},
		{"a Boolean as JSON", `{"Bool":{"k":true}}`, map[string][]string{"k": {"true"}}, true},
		{"a Boolean that differs", `{"Bool":{"k":"true"}}`, map[string][]string{"k": {"false"}}, false},
		{"numbers by value", `{"NumericEquals":{"k":10}}`, map[string][]string{"k": {"10.0"}}, true},
		{"less than", `{"NumericLessThan":{"k":"10"}}`, map[string][]string{"k": {"9"}}, true},
		{"less than or equal", `{"NumericLessThanEquals":{"k":"10"}}`, map[string][]string{"k": {"11"}}, false},
		{"greater than", `{"NumericGreaterThan":{"k":"10"}}`, map[string][]string{"k": {"10"}}, false},
		{"greater than or equal", `{"NumericGreaterThanEquals":{"k":"10"}}`, map[string][]string{"k": {"10"}}, true},
		{"not equal", `{"NumericNotEquals":{"k":"10"}}`, map[string][]string{"k": {"11"}}, true},
		{"no number", `{"NumericEquals":{"k":"10"}}`, one, false},
		{"before a date", `{"DateLessThan":{"k":"2026-01-01T00:00:00Z"}}`, map[string][]string{"k": {"2025-12-31T23:59:59Z"}}, true},
		{"after seconds of the epoch", `{"DateGreaterThan":{"k":"0"}}`, map[string][]string{"k": {"2025-12-31"}}, true},
		{"no date", `{"DateEquals":{"k":"0"}}`, one, false},
		{"in a network", `{"IpAddress":{"k":["10.0.0.0/8","2001:db8::/32"]}}`, map[string][]string{"k": {"10.1.2.3"}}, true},
		{"a single address", `{"IpAddress":{"k":"10.1.2.3"}}`, map[string][]string{"k": {"10.1.2.3"}}, true},
		{"not in a network", `{"NotIpAddress":{"k":"10.0.0.0/8"}}`, map[string][]string{"k": {"11.0.0.1"}}, true},
		{"no address", `{"IpAddress":{"k":"10.0.0.0/8"}}`, one, false},
		{"an ARN's parts", `{"ArnLike":{"k":"arn:aws:ecs:*:1:task/*"}}`, map[string][]string{"k": {"arn:aws:ecs:r:1:task/c/x"}}, true},
		{"ArnEquals has wildcards too", `{"ArnEquals":{"k":"arn:aws:ecs:*:1:task/*"}}`, map[string][]string{"k": {"arn:aws:ecs:r:1:task/c/x"}}, true},
		{"another ARN", `{"ArnNotLike":{"k":"arn:aws:ecs:*:1:task/*"}}`, map[string][]string{"k": {"arn:aws:ecs:r:2:task/c/x"}}, true},
		{"binary", `{"BinaryEquals":{"k":"Yg=="}}`, map[string][]string{"k": {"Yg=="}}, true},
		{"an operator that does not exist", `{"StringIs":{"k":"b"}}`, one, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := named(t, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":`+tt.condition+`}`)
			d := policy.Set{Identity: []policy.Named{p}}.Evaluate(policy.Request{Principal: caller, Action: "x:Y", Resource: "*", Context: tt.context})
			require.Equal(t, tt.holds, d.Allowed)
		})
	}
}
