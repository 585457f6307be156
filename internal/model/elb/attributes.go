// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"maps"

	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Keys of attributes that builders and rules name.
const (
	AttrDeregistrationDelay = "deregistration_delay.timeout_seconds"
	AttrSlowStart           = "slow_start.duration_seconds"
	AttrAlgorithm           = "load_balancing.algorithm.type"
	AttrStickiness          = "stickiness.enabled"
	AttrStickinessType      = "stickiness.type"
	AttrCookieDuration      = "stickiness.lb_cookie.duration_seconds"
	AttrAppCookieName       = "stickiness.app_cookie.cookie_name"
	AttrAppCookieDuration   = "stickiness.app_cookie.duration_seconds"
	AttrClientIP            = "preserve_client_ip.enabled"
	AttrProxyProtocol       = "proxy_protocol_v2.enabled"
	AttrTermination         = "deregistration_delay.connection_termination.enabled"
	AttrUnhealthyTerminated = "target_health_state.unhealthy.connection_termination.enabled"
	AttrUnhealthyDraining   = "target_health_state.unhealthy.draining_interval_seconds"

	AttrDeletionProtection = "deletion_protection.enabled"
	AttrIdleTimeout        = "idle_timeout.timeout_seconds"
	AttrAccessLogs         = "access_logs.s3.enabled"
	AttrAccessLogsBucket   = "access_logs.s3.bucket"
	AttrAccessLogsPrefix   = "access_logs.s3.prefix"
	AttrZoneAffinity       = "dns_record.client_routing_policy"
	AttrSecondaryIPs       = "secondary_ips.auto_assigned.per_subnet"

	// AttrCrossZone is one of balancers and of target groups.
	AttrCrossZone = "load_balancing.cross_zone.enabled"

	AttrTCPIdleTimeout = "tcp.idle_timeout.seconds"
)

// LoadBalancerAttributes returns the attributes that a new balancer has.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
func LoadBalancerAttributes(in *awselb.CreateLoadBalancerInput) map[string]string {
	denyGateway := "false"
	if in.Scheme == elbtypes.LoadBalancerSchemeEnumInternal {
		denyGateway = "true"
	}
	if in.Type == elbtypes.LoadBalancerTypeEnumNetwork {
		return map[string]string{
			AttrAccessLogs: "false", AttrAccessLogsBucket: "", AttrAccessLogsPrefix: "",
			AttrDeletionProtection: "false", AttrCrossZone: "false",
			AttrZoneAffinity: "any_availability_zone", AttrSecondaryIPs: "0",
			"zonal_shift.config.enabled": "false", "ipv6.deny_all_igw_traffic": denyGateway,
		}
	}
	return map[string]string{
		AttrAccessLogs: "false", AttrAccessLogsBucket: "", AttrAccessLogsPrefix: "",
		AttrIdleTimeout: "60", AttrDeletionProtection: "false",
		"routing.http2.enabled":                           "true",
		"routing.http.drop_invalid_header_fields.enabled": "false",
		"routing.http.xff_client_port.enabled":            "false",
		"routing.http.preserve_host_header.enabled":       "false",
		"routing.http.xff_header_processing.mode":         "append",
		AttrCrossZone:                                              "true",
		"routing.http.desync_mitigation_mode":                      "defensive",
		"client_keep_alive.seconds":                                "3600",
		"waf.fail_open.enabled":                                    "false",
		"routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
		"zonal_shift.config.enabled":                               "false",
		"connection_logs.s3.enabled":                               "false",
		"connection_logs.s3.bucket":                                "",
		"connection_logs.s3.prefix":                                "",
		"health_check_logs.s3.enabled":                             "false",
		"health_check_logs.s3.bucket":                              "",
		"health_check_logs.s3.prefix":                              "",
		"ipv6.deny_all_igw_traffic":                                denyGateway,
	}
}

// TargetGroupAttributes returns the attributes that a new target group of an
// Application or Network Load Balancer has.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
func TargetGroupAttributes(in *awselb.CreateTargetGroupInput) map[string]string {
	common := map[string]string{
		AttrDeregistrationDelay: "300",
		AttrStickiness:          "false",
		AttrCrossZone:           "use_load_balancer_configuration",
		"target_group_health.dns_failover.minimum_healthy_targets.count":                 "1",
		"target_group_health.dns_failover.minimum_healthy_targets.percentage":            "off",
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count":      "1",
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
	}
	var own map[string]string
	switch in.Protocol { //nolint:exhaustive // the rest have what is common
	case elbtypes.ProtocolEnumHttp, elbtypes.ProtocolEnumHttps:
		own = map[string]string{
			AttrStickinessType: "lb_cookie", AttrCookieDuration: "86400",
			AttrAppCookieName: "", AttrAppCookieDuration: "86400",
			AttrSlowStart: "0", AttrAlgorithm: "round_robin",
			"load_balancing.algorithm.anomaly_mitigation": "off",
		}
	case elbtypes.ProtocolEnumTcp, elbtypes.ProtocolEnumTls, elbtypes.ProtocolEnumUdp, elbtypes.ProtocolEnumTcpUdp:
		own = networkAttributes(in)
	}
	maps.Copy(common, own)
	return common
}

func networkAttributes(in *awselb.CreateTargetGroupInput) map[string]string {
	udp := in.Protocol == elbtypes.ProtocolEnumUdp || in.Protocol == elbtypes.ProtocolEnumTcpUdp
	m := map[string]string{
		AttrStickinessType:      "source_ip",
		AttrProxyProtocol:       "false",
		AttrClientIP:            "true",
		AttrTermination:         "false",
		AttrUnhealthyTerminated: "true",
		AttrUnhealthyDraining:   "0",
	}
	switch {
	case udp:
		m[AttrTermination] = "true"
		m[AttrUnhealthyTerminated] = "false"
	case in.TargetType == elbtypes.TargetTypeEnumIp:
		m[AttrClientIP] = "false"
	}
	return m
}

// ListenerAttributes returns the attributes that a new listener has. The names of the
// headers that one of HTTPS adds are AWS's own.
func ListenerAttributes(in *awselb.CreateListenerInput) map[string]string {
	switch in.Protocol { //nolint:exhaustive // the rest have one attribute
	case elbtypes.ProtocolEnumHttp:
		return responseHeaders()
	case elbtypes.ProtocolEnumHttps:
		m := responseHeaders()
		for key, header := range map[string]string{
			"x_amzn_mtls_clientcert_serial_number": "X-Amzn-Mtls-Clientcert-Serial-Number",
			"x_amzn_mtls_clientcert_issuer":        "X-Amzn-Mtls-Clientcert-Issuer",
			"x_amzn_mtls_clientcert_subject":       "X-Amzn-Mtls-Clientcert-Subject",
			"x_amzn_mtls_clientcert_validity":      "X-Amzn-Mtls-Clientcert-Validity",
			"x_amzn_mtls_clientcert_leaf":          "X-Amzn-Mtls-Clientcert-Leaf",
			"x_amzn_mtls_clientcert":               "X-Amzn-Mtls-Clientcert",
			"x_amzn_tls_version":                   "X-Amzn-Tls-Version",
			"x_amzn_tls_cipher_suite":              "X-Amzn-Tls-Cipher-Suite",
		} {
			m["routing.http.request."+key+".header_name"] = header
		}
		return m
	case elbtypes.ProtocolEnumTcp, elbtypes.ProtocolEnumTls, elbtypes.ProtocolEnumTcpUdp:
		return map[string]string{AttrTCPIdleTimeout: "350"}
	default:
		return map[string]string{}
	}
}

func responseHeaders() map[string]string {
	m := map[string]string{"routing.http.response.server.enabled": "true"}
	for _, header := range []string{
		"strict_transport_security", "access_control_allow_origin", "access_control_allow_methods",
		"access_control_allow_headers", "access_control_allow_credentials", "access_control_expose_headers",
		"access_control_max_age", "content_security_policy", "x_content_type_options", "x_frame_options",
	} {
		m["routing.http.response."+header+".header_value"] = ""
	}
	return m
}
