// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// client is the address from which requests come: an address of the internet that
// stands in nobody's rules by chance (RFC 5737).
var client = netip.MustParseAddr("203.0.113.10")

// request is an HTTP request as rules see it.
type request struct {
	method, scheme string
	host           string // without a port
	path, query    string // as sent, the query without "?"
	port           int32
	header         http.Header
}

func newRequest(in *http.Request, port int32) request {
	host := in.Host
	if host == "" {
		host = in.URL.Host
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	q := request{
		method: in.Method, scheme: in.URL.Scheme, host: host, path: in.URL.EscapedPath(), query: in.URL.RawQuery,
		port: port, header: in.Header,
	}
	if q.method == "" {
		q.method = http.MethodGet
	}
	if q.path == "" {
		q.path = "/"
	}
	return q
}

// meets reports whether a request meets all conditions of a rule.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
func (q request) meets(conditions []elbtypes.RuleCondition) bool {
	return !slices.ContainsFunc(conditions, func(c elbtypes.RuleCondition) bool { return !q.has(c) })
}

// has reports whether a request has one of a condition's values. Paths and methods
// are compared as they are, the rest whatever the case.
func (q request) has(c elbtypes.RuleCondition) bool {
	switch {
	case c.PathPatternConfig != nil:
		return like(q.path, false, c.PathPatternConfig.Values, c.PathPatternConfig.RegexValues)
	case c.HostHeaderConfig != nil:
		return like(q.host, true, c.HostHeaderConfig.Values, c.HostHeaderConfig.RegexValues)
	case c.HttpHeaderConfig != nil:
		return slices.ContainsFunc(q.header.Values(aws.ToString(c.HttpHeaderConfig.HttpHeaderName)), func(v string) bool {
			return like(v, true, c.HttpHeaderConfig.Values, c.HttpHeaderConfig.RegexValues)
		})
	case c.HttpRequestMethodConfig != nil:
		return slices.Contains(c.HttpRequestMethodConfig.Values, q.method)
	case c.QueryStringConfig != nil:
		return slices.ContainsFunc(c.QueryStringConfig.Values, q.hasPair)
	case c.SourceIpConfig != nil && c.SourceIpConfig.IpAddressType != "":
		return (c.SourceIpConfig.IpAddressType == elbtypes.SourceIpAddressTypeEnumIpv4) == client.Is4()
	case c.SourceIpConfig != nil:
		return slices.ContainsFunc(c.SourceIpConfig.Values, func(cidr string) bool {
			p, err := netip.ParsePrefix(cidr)
			return err == nil && p.Contains(client)
		})
	default:
		return false
	}
}

// hasPair reports whether the query has a pair; one without a key is any key's.
func (q request) hasPair(want elbtypes.QueryStringKeyValuePair) bool {
	for part := range strings.SplitSeq(q.query, "&") {
		key, value, _ := strings.Cut(part, "=")
		if want.Key != nil && !like(decoded(key), true, []string{*want.Key}, nil) {
			continue
		}
		if part != "" && like(decoded(value), true, []string{aws.ToString(want.Value)}, nil) {
			return true
		}
	}
	return false
}

func decoded(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// like reports whether s is like one of the patterns, in which "*" stands for any
// characters, "?" for one, and a backslash takes that away, or matches one of the
// regular expressions.
func like(s string, fold bool, patterns, expressions []string) bool {
	flags := "(?s)"
	if fold {
		flags = "(?si)"
	}
	for _, p := range patterns {
		expressions = append(slices.Clip(expressions), "^"+globExpression(p)+"$")
	}
	return slices.ContainsFunc(expressions, func(e string) bool {
		compiled, err := regexp.Compile(flags + e)
		return err == nil && compiled.MatchString(s)
	})
}

func globExpression(pattern string) string {
	var b strings.Builder
	literal := false
	for _, c := range pattern {
		switch {
		case literal:
			b.WriteString(regexp.QuoteMeta(string(c)))
			literal = false
		case c == '\\':
			literal = true
		case c == '*':
			b.WriteString(".*")
		case c == '?':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	return b.String()
}

var group1 = regexp.MustCompile(`\$(\d+)`)

// rewritten returns the request as a rule's transforms leave it for the target. A
// rewritten host makes no difference to the programs here, which do not look at it.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html
func (q request) rewritten(transforms []elbtypes.RuleTransform) request {
	for _, t := range transforms {
		if t.UrlRewriteConfig == nil {
			continue
		}
		target := q.path
		if q.query != "" {
			target += "?" + q.query
		}
		for _, w := range t.UrlRewriteConfig.Rewrites {
			if e, err := regexp.Compile(aws.ToString(w.Regex)); err == nil {
				target = e.ReplaceAllString(target, group1.ReplaceAllString(aws.ToString(w.Replace), "$${$1}"))
			}
		}
		q.path, q.query, _ = strings.Cut(target, "?")
	}
	return q
}
