// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/rules"
)

// attribute is what values a key takes: a range of numbers, one of a few words, or
// any text. off is a value outside the range that is allowed as well.
type attribute struct {
	number      bool
	least, most int
	off         string
	words       []string
}

var (
	flag = attribute{words: []string{"true", "false"}}
	text = attribute{}
)

func number(least, most int, off string) attribute {
	return attribute{number: true, least: least, most: most, off: off}
}

// networkBalancer are the attributes of Network Load Balancers.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
var networkBalancer = map[string]attribute{
	model.AttrDeletionProtection: flag, model.AttrCrossZone: flag, model.AttrAccessLogs: flag,
	model.AttrAccessLogsBucket: text, model.AttrAccessLogsPrefix: text, "ipv6.deny_all_igw_traffic": flag,
	"zonal_shift.config.enabled": flag, model.AttrSecondaryIPs: number(0, 7, ""),
	model.AttrZoneAffinity: {words: []string{"any_availability_zone", "partial_availability_zone_affinity", "availability_zone_affinity"}},
}

// balancerAttributes are those of Application Load Balancers.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
var balancerAttributes = map[string]attribute{
	model.AttrDeletionProtection: flag, model.AttrCrossZone: flag, model.AttrAccessLogs: flag,
	model.AttrAccessLogsBucket: text, model.AttrAccessLogsPrefix: text, "ipv6.deny_all_igw_traffic": flag,
	"zonal_shift.config.enabled": flag, model.AttrIdleTimeout: number(1, 4000, ""),
	"client_keep_alive.seconds":  number(60, 604800, ""),
	"connection_logs.s3.enabled": flag, "connection_logs.s3.bucket": text, "connection_logs.s3.prefix": text,
	"health_check_logs.s3.enabled": flag, "health_check_logs.s3.bucket": text, "health_check_logs.s3.prefix": text,
	"routing.http.desync_mitigation_mode":                      {words: []string{"monitor", "defensive", "strictest"}},
	"routing.http.drop_invalid_header_fields.enabled":          flag,
	"routing.http.preserve_host_header.enabled":                flag,
	"routing.http.x_amzn_tls_version_and_cipher_suite.enabled": flag,
	"routing.http.xff_client_port.enabled":                     flag,
	"routing.http.xff_header_processing.mode":                  {words: []string{"append", "preserve", "remove"}},
	"routing.http2.enabled":                                    flag,
	"waf.fail_open.enabled":                                    flag,
}

// groupAttributes are those of target groups of HTTP and HTTPS.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
var groupAttributes = map[string]attribute{
	model.AttrDeregistrationDelay:                 number(0, 3600, ""),
	model.AttrStickiness:                          flag,
	model.AttrStickinessType:                      {words: []string{"lb_cookie", "app_cookie", "source_ip"}},
	model.AttrCookieDuration:                      number(1, 604800, ""),
	model.AttrAppCookieName:                       text,
	model.AttrAppCookieDuration:                   number(1, 604800, ""),
	model.AttrSlowStart:                           number(30, 900, "0"),
	model.AttrAlgorithm:                           {words: []string{"round_robin", "least_outstanding_requests", "weighted_random"}},
	"load_balancing.algorithm.anomaly_mitigation": {words: []string{"on", "off"}},
	model.AttrCrossZone:                           {words: []string{"true", "false", "use_load_balancer_configuration"}},
	"target_group_health.dns_failover.minimum_healthy_targets.count":                 number(1, 1000, "off"),
	"target_group_health.dns_failover.minimum_healthy_targets.percentage":            number(1, 100, "off"),
	"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count":      number(1, 1000, ""),
	"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": number(1, 100, "off"),
}

// networkAttributes are those that other protocols have besides.
var networkAttributes = map[string]attribute{
	model.AttrTermination:         flag,
	model.AttrClientIP:            flag,
	model.AttrProxyProtocol:       flag,
	model.AttrUnhealthyTerminated: flag,
	model.AttrUnhealthyDraining:   number(0, 360000, ""),
	model.AttrDeregistrationDelay: number(0, 3600, ""),
}

// ModifyLoadBalancerAttributes are the rules of ModifyLoadBalancerAttributes.
var ModifyLoadBalancerAttributes = rules.Of[awselb.ModifyLoadBalancerAttributesInput]{
	{
		Meta: rules.Meta{ID: "elb-balancer-attributes", Code: invalid, Doc: docReference + "API_LoadBalancerAttribute.html"},
		Check: func(r *rules.Report, in *awselb.ModifyLoadBalancerAttributesInput) {
			m := map[string]string{}
			network := typeOf(r, in.LoadBalancerArn) == elbtypes.LoadBalancerTypeEnumNetwork
			all := balancerAttributes
			if network {
				all = networkBalancer
			}
			for _, a := range in.Attributes {
				m[aws.ToString(a.Key)] = aws.ToString(a.Value)
				checkAttribute(r, "Load balancer", all, aws.ToString(a.Key), aws.ToString(a.Value))
			}
			if m[model.AttrCrossZone] == "false" && !network {
				r.Add(rules.Problem{
					Path: "Attributes[load_balancing.cross_zone.enabled]", Got: "false", Want: "true, for an Application Load Balancer", Code: configuration,
					Text: "Load balancer attribute 'load_balancing.cross_zone.enabled' cannot be disabled for application load balancers",
				})
			}
			for _, logs := range []string{"access_logs", "connection_logs", "health_check_logs"} {
				bucket(r, in, logs, m)
			}
		},
	},
}

// bucket checks that logs that are switched on have somewhere to go.
func bucket(r *rules.Report, in *awselb.ModifyLoadBalancerAttributesInput, logs string, m map[string]string) {
	if m[logs+".s3.enabled"] != "true" || m[logs+".s3.bucket"] != "" {
		return
	}
	if b := balancer(r, in.LoadBalancerArn); b != nil && b.Attributes[logs+".s3.bucket"] != "" {
		return
	}
	r.Add(rules.Problem{
		Path: "Attributes[" + logs + ".s3.bucket]", Got: "none", Want: "a bucket, for " + logs + ".s3.enabled is true", Code: configuration,
		Text: "The value of '" + logs + ".s3.bucket' cannot be empty",
	})
}

// ModifyTargetGroupAttributes are the rules of ModifyTargetGroupAttributes.
var ModifyTargetGroupAttributes = rules.Of[awselb.ModifyTargetGroupAttributesInput]{
	{
		Meta: rules.Meta{ID: "elb-group-attributes", Code: invalid, Doc: docReference + "API_TargetGroupAttribute.html"},
		Check: func(r *rules.Report, in *awselb.ModifyTargetGroupAttributesInput) {
			g := group(r, in.TargetGroupArn)
			for _, a := range in.Attributes {
				key, value := aws.ToString(a.Key), aws.ToString(a.Value)
				if key == model.AttrStickinessType && g != nil && !stickinessFits(r, g.Create.Protocol, value) {
					continue
				}
				checkAttribute(r, "Target group", attributesOf(g), key, value)
			}
		},
	},
	{
		Meta:  rules.Meta{ID: "elb-group-algorithm", Code: configuration, Doc: docReference + "API_TargetGroupAttribute.html"},
		Check: algorithm,
	},
	{
		Meta:  rules.Meta{ID: "elb-group-connections", Code: configuration, Doc: docReference + "API_TargetGroupAttribute.html"},
		Check: connections,
	},
}

func attributesOf(g *model.TargetGroup) map[string]attribute {
	if g == nil || webProtocol(g.Create.Protocol) {
		return groupAttributes
	}
	all := map[string]attribute{}
	maps.Copy(all, networkAttributes)
	for k, a := range groupAttributes {
		if strings.HasPrefix(k, "target_group_health") || k == model.AttrStickiness || k == model.AttrStickinessType ||
			k == model.AttrCrossZone {
			all[k] = a
		}
	}
	return all
}

func webProtocol(p elbtypes.ProtocolEnum) bool {
	return p == elbtypes.ProtocolEnumHttp || p == elbtypes.ProtocolEnumHttps
}

func stickinessFits(r *rules.Report, p elbtypes.ProtocolEnum, kind string) bool {
	if webProtocol(p) == (kind != "source_ip") {
		return true
	}
	r.Add(rules.Problem{
		Path: "Attributes[" + model.AttrStickinessType + "]", Got: kind, Want: "a type that target groups of " + string(p) + " have",
		Text: fmt.Sprintf("Stickiness type '%s' is not supported for target groups with the %s protocol", kind, p),
	})
	return false
}

// algorithm checks what the balancing algorithm does not go together with.
func algorithm(r *rules.Report, in *awselb.ModifyTargetGroupAttributesInput) {
	m := map[string]string{}
	if g := group(r, in.TargetGroupArn); g != nil {
		maps.Copy(m, g.Attributes)
	}
	for _, a := range in.Attributes {
		m[aws.ToString(a.Key)] = aws.ToString(a.Value)
	}
	kind, slow := m[model.AttrAlgorithm], m[model.AttrSlowStart]
	if kind != "" && kind != "round_robin" && slow != "" && slow != "0" {
		r.Add(rules.Problem{
			Path: "Attributes[" + model.AttrSlowStart + "]", Got: slow + "s with " + kind, Want: "0 unless the algorithm is round_robin",
			Text: fmt.Sprintf("Slow start is not supported with the load balancing algorithm '%s'", kind),
		})
	}
	if m["load_balancing.algorithm.anomaly_mitigation"] == "on" && kind != "weighted_random" {
		r.Add(rules.Problem{
			Path: "Attributes[load_balancing.algorithm.anomaly_mitigation]", Got: "on with " + kind, Want: "off unless the algorithm is weighted_random",
			Text: "Anomaly mitigation is only supported with the load balancing algorithm 'weighted_random'",
		})
	}
	cookie := m[model.AttrAppCookieName]
	if m[model.AttrStickinessType] == "app_cookie" && m[model.AttrStickiness] == "true" &&
		(cookie == "" || strings.HasPrefix(cookie, "AWSALB")) {
		r.Add(rules.Problem{
			Path: "Attributes[" + model.AttrAppCookieName + "]", Got: quoted(cookie), Want: "a name that does not begin with AWSALB",
			Text: fmt.Sprintf("The cookie name '%s' is not valid", cookie),
		})
	}
}

// connections checks what target groups of Network Load Balancers cannot have.
func connections(r *rules.Report, in *awselb.ModifyTargetGroupAttributesInput) {
	g := group(r, in.TargetGroupArn)
	if g == nil || webProtocol(g.Create.Protocol) {
		return
	}
	given := map[string]string{}
	for _, a := range in.Attributes {
		given[aws.ToString(a.Key)] = aws.ToString(a.Value)
	}
	p := g.Create.Protocol
	if p == elbtypes.ProtocolEnumUdp || p == elbtypes.ProtocolEnumTcpUdp {
		refuse(r, given, model.AttrClientIP, "false", "true, for the protocol is "+string(p))
		refuse(r, given, model.AttrUnhealthyTerminated, "true", "false, for the protocol is "+string(p))
	}
	if p == elbtypes.ProtocolEnumTls {
		refuse(r, given, model.AttrStickiness, "true", "false, for the protocol is TLS")
	}
	terminated := given[model.AttrUnhealthyTerminated]
	if terminated == "" {
		terminated = g.Attributes[model.AttrUnhealthyTerminated]
	}
	if wait := given[model.AttrUnhealthyDraining]; wait != "" && wait != "0" && terminated == "true" {
		r.Add(rules.Problem{
			Path: "Attributes[" + model.AttrUnhealthyDraining + "]", Got: wait, Want: "0 unless " + model.AttrUnhealthyTerminated + " is false",
		})
	}
}

func refuse(r *rules.Report, given map[string]string, key, value, want string) {
	if given[key] == value {
		r.Add(rules.Problem{Path: "Attributes[" + key + "]", Got: value, Want: want})
	}
}

// ModifyListenerAttributes are the rules of ModifyListenerAttributes.
var ModifyListenerAttributes = rules.Of[awselb.ModifyListenerAttributesInput]{
	{
		Meta: rules.Meta{ID: "elb-listener-attributes", Code: invalid, Doc: docReference + "API_ListenerAttribute.html"},
		Check: func(r *rules.Report, in *awselb.ModifyListenerAttributesInput) {
			protocol := elbtypes.ProtocolEnumHttps
			if l := listener(r, in.ListenerArn); l != nil {
				protocol = l.Create.Protocol
			}
			has := model.ListenerAttributes(&awselb.CreateListenerInput{Protocol: protocol})
			keys := map[string]attribute{}
			for k, v := range has {
				keys[k] = text
				switch {
				case k == model.AttrTCPIdleTimeout:
					keys[k] = number(60, 6000, "")
				case v == "true" || v == "false":
					keys[k] = flag
				}
			}
			for _, a := range in.Attributes {
				checkAttribute(r, "Listener", keys, aws.ToString(a.Key), aws.ToString(a.Value))
			}
		},
	},
}

// checkAttribute checks one attribute against those that there are.
func checkAttribute(r *rules.Report, what string, all map[string]attribute, key, value string) {
	path := "Attributes[" + key + "]"
	if slipway.HasRef(value) {
		return
	}
	a, ok := all[key]
	switch {
	case !ok:
		r.Add(rules.Problem{
			Path: path, Got: "an unknown key", Want: "an attribute of AWS's list",
			Text: fmt.Sprintf("%s attribute key '%s' is not recognized", what, key),
		})
	case value == a.off && a.off != "":
	case a.number:
		n, err := strconv.Atoi(value)
		if err != nil || n < a.least || n > a.most {
			r.Add(rules.Problem{
				Path: path, Got: value, Want: a.want(),
				Text: fmt.Sprintf("'%s' value '%s' must be between '%d-%d' inclusive", key, value, a.least, a.most),
			})
		}
	case len(a.words) > 0 && !slices.Contains(a.words, value):
		r.Add(rules.Problem{
			Path: path, Got: quoted(value), Want: a.want(),
			Text: fmt.Sprintf("%s attribute value '%s' of '%s' is not valid", what, value, key),
		})
	}
}

func (a attribute) want() string {
	if !a.number {
		return strings.Join(a.words, ", ")
	}
	want := fmt.Sprintf("%d to %d", a.least, a.most)
	if a.off != "" {
		want += " or " + a.off
	}
	return want
}
