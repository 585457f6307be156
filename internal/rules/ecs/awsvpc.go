// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

// awsvpcRules look at what a network interface of one's own excludes.
var awsvpcRules = []taskRule{
	without("ecs-awsvpc-links", "Links", "Links are not supported when networkMode=awsvpc.",
		func(c *container) bool { return len(c.Links) > 0 }),
	without("ecs-awsvpc-disable-networking", "DisableNetworking", "Disable Networking is not supported on container when networkMode=awsvpc.",
		func(c *container) bool { return value(c.DisableNetworking) }),
	without("ecs-awsvpc-dns-servers", "DnsServers", "DNS servers are not supported on container when networkMode=awsvpc.",
		func(c *container) bool { return len(c.DnsServers) > 0 }),
	without("ecs-awsvpc-dns-search", "DnsSearchDomains", "DNS search domains are not supported on container when networkMode=awsvpc.",
		func(c *container) bool { return len(c.DnsSearchDomains) > 0 }),
	without("ecs-awsvpc-extra-hosts", "ExtraHosts", "Extra hosts are not supported on container when networkMode=awsvpc.",
		func(c *container) bool { return len(c.ExtraHosts) > 0 }),
	without("ecs-awsvpc-hostname", "Hostname", "hostname is not supported on container when networkMode=awsvpc.",
		func(c *container) bool { return value(c.Hostname) != "" }),
	{Meta: rules.Meta{
		ID: "ecs-awsvpc-host-port", Code: clientException, Doc: docPortMapping,
		Text: "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
	}, Check: onAwsvpc(ports(hostPorts))},
	{Meta: rules.Meta{ID: "ecs-awsvpc-port-once", Code: clientException, Doc: docPreflight}, Check: onAwsvpc(portsOnce)},
	{Meta: rules.Meta{
		ID: "ecs-proxy-awsvpc", Code: clientException, Doc: docPreflight,
		Text: "APPMESH proxy configuration is only supported in networkMode=awsvpc",
	}, Check: func(r *rules.Report, in *task) {
		if in.ProxyConfiguration != nil && in.NetworkMode != ecstypes.NetworkModeAwsvpc {
			r.Add(rules.Problem{Path: "ProxyConfiguration", Got: "network mode " + string(in.NetworkMode), Want: "network mode awsvpc"})
		}
	}},
	{Meta: rules.Meta{
		ID: "ecs-proxy-properties", Code: clientException, Doc: docPreflight, Text: "Ingress port not found",
	}, Check: proxyProperties},
}

// without is the rule that containers with an interface of their own lack a field.
func without(id, field, text string, has func(*container) bool) taskRule {
	return taskRule{
		Meta: rules.Meta{ID: id, Code: clientException, Doc: docAwsvpc, Text: text},
		Check: onAwsvpc(containers(func(r *rules.Report, path string, c *container) {
			if has(c) {
				r.Add(rules.Problem{Path: path + "." + field, Got: "a setting", Want: "none with network mode awsvpc"})
			}
		})),
	}
}

// proxyProperties asks for the ingress port; the texts for the others are not known.
func proxyProperties(r *rules.Report, in *task) {
	if in.ProxyConfiguration == nil {
		return
	}
	for _, p := range in.ProxyConfiguration.Properties {
		if value(p.Name) == "ProxyIngressPort" {
			return
		}
	}
	r.Add(rules.Problem{Path: "ProxyConfiguration.Properties", Got: "no ProxyIngressPort", Want: "ProxyIngressPort"})
}
