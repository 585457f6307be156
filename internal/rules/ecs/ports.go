// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

// portRules look at the port mappings.
var portRules = []taskRule{
	{Meta: rules.Meta{ID: "ecs-port-range-with-port", Code: clientException, Doc: docPortMapping}, Check: ports(rangeOrPort)},
	{Meta: rules.Meta{ID: "ecs-port", Code: clientException, Doc: docPortMapping}, Check: ports(containerPort)},
	{Meta: rules.Meta{ID: "ecs-port-range", Code: clientException, Doc: docPortMapping}, Check: ports(portRange)},
	{Meta: rules.Meta{ID: "ecs-port-ranges", Code: clientException, Doc: docPortMapping}, Check: containers(portRanges)},
	{Meta: rules.Meta{ID: "ecs-port-name", Code: clientException, Doc: docPortMapping}, Check: ports(portName)},
	{Meta: rules.Meta{ID: "ecs-port-name-unique", Code: clientException, Doc: docPortMapping}, Check: portNamesUnique},
	{Meta: rules.Meta{ID: "ecs-app-protocol", Code: clientException, Doc: docPortMapping, Warn: true}, Check: ports(appProtocol)},
}

type portFunc func(r *rules.Report, path string, c *container, p *ecstypes.PortMapping)

// ports makes a check of each port mapping.
func ports(check portFunc) func(*rules.Report, *task) {
	return containers(func(r *rules.Report, path string, c *container) {
		for i := range c.PortMappings {
			p := &c.PortMappings[i]
			check(r, rules.Elem(path+".PortMappings", p.Name, i), c, p)
		}
	})
}

const maxPort = 65535

func containerPort(r *rules.Report, path string, c *container, p *ecstypes.PortMapping) {
	if p.ContainerPortRange != nil {
		return
	}
	text := fmt.Sprintf("Invalid 'containerPort' setting for container '%s'.", value(c.Name))
	if p.ContainerPort == nil {
		r.Add(rules.Problem{Path: path + ".ContainerPort", Got: "none", Want: "1 to 65535", Text: text})
		return
	}
	between(r, path+".ContainerPort", p.ContainerPort, 1, maxPort, "", text)
	between(r, path+".HostPort", p.HostPort, 0, maxPort, "", fmt.Sprintf("Invalid 'hostPort' setting for container '%s'.", value(c.Name)))
}

func rangeOrPort(r *rules.Report, path string, c *container, p *ecstypes.PortMapping) {
	if p.ContainerPortRange != nil && (p.ContainerPort != nil || p.HostPort != nil) {
		r.Add(rules.Problem{
			Path: path, Got: "a port and the range " + *p.ContainerPortRange, Want: "one of them",
			Text: fmt.Sprintf("Invalid port mapping for container '%s', cannot specify both single port and port range.", value(c.Name)),
		})
	}
}

func portRange(r *rules.Report, path string, c *container, p *ecstypes.PortMapping) {
	if p.ContainerPortRange == nil {
		return
	}
	low, high, ok := bounds(*p.ContainerPortRange)
	if !ok || low < 1 || high > maxPort || low >= high {
		r.Add(rules.Problem{
			Path: path + ".ContainerPortRange", Got: quote(*p.ContainerPortRange), Want: "a range of ports such as 8080-8090",
			Text: fmt.Sprintf("Invalid 'containerPortRange' setting for container '%s'.", value(c.Name)),
		})
	}
}

// maxPortRanges is how many ranges a container may have.
const maxPortRanges = 100

func portRanges(r *rules.Report, path string, c *container) {
	n := 0
	for i := range c.PortMappings {
		if c.PortMappings[i].ContainerPortRange != nil {
			n++
		}
	}
	if n > maxPortRanges {
		r.Add(rules.Problem{Path: path + ".PortMappings", Got: count(n, "port range"), Want: "at most 100"})
	}
}

func bounds(portRange string) (low, high int, ok bool) {
	a, b, found := strings.Cut(portRange, "-")
	low, errLow := strconv.Atoi(a)
	high, errHigh := strconv.Atoi(b)
	return low, high, found && errLow == nil && errHigh == nil
}

var portNamePattern = regexp.MustCompile(`^[a-z0-9_][a-z0-9_-]{0,63}$`)

func portName(r *rules.Report, path string, c *container, p *ecstypes.PortMapping) {
	if p.Name != nil && !portNamePattern.MatchString(*p.Name) {
		r.Add(rules.Problem{
			Path: path + ".Name", Got: quote(*p.Name),
			Want: "up to 64 lower-case letters, digits, underscores and hyphens, the first not a hyphen",
			Text: fmt.Sprintf("Invalid 'name' setting in the port mapping of container '%s'.", value(c.Name)),
		})
	}
}

func portNamesUnique(r *rules.Report, in *task) {
	seen := map[string]bool{}
	ports(func(r *rules.Report, path string, _ *container, p *ecstypes.PortMapping) {
		if p.Name == nil {
			return
		}
		if seen[*p.Name] {
			r.Add(rules.Problem{
				Path: path + ".Name", Got: quote(*p.Name) + " twice", Want: "each name once in the task",
				Text: "Port mapping names must be unique within a task definition.",
			})
		}
		seen[*p.Name] = true
	})(r, in)
}

func appProtocol(r *rules.Report, path string, _ *container, p *ecstypes.PortMapping) {
	if p.AppProtocol != "" && p.Protocol == ecstypes.TransportProtocolUdp {
		r.Add(rules.Problem{
			Path: path + ".AppProtocol", Got: string(p.AppProtocol) + " over udp", Want: "tcp",
			Text: "appProtocol can only be specified with the tcp protocol.",
		})
	}
}

// Rules of tasks with network interfaces of their own.

func hostPorts(r *rules.Report, path string, _ *container, p *ecstypes.PortMapping) {
	if p.HostPort != nil && *p.HostPort != 0 && p.ContainerPort != nil && *p.HostPort != *p.ContainerPort {
		r.Add(rules.Problem{
			Path: path + ".HostPort", Got: strconv.Itoa(int(*p.HostPort)), Want: fmt.Sprintf("none, or the container's %d", *p.ContainerPort),
		})
	}
}

// portsOnce reports ports that two mappings of the task claim: containers share
// the interface.
func portsOnce(r *rules.Report, in *task) {
	seen := map[string]bool{}
	ports(func(r *rules.Report, path string, _ *container, p *ecstypes.PortMapping) {
		protocol := transport(p)
		low, high := claimed(p)
		for port := low; port <= high && low > 0 && high <= maxPort; port++ {
			key := protocol + strconv.Itoa(port)
			if seen[key] {
				r.Add(rules.Problem{
					Path: path, Got: fmt.Sprintf("%s port %d again", protocol, port), Want: "each port once in the task",
					Text: fmt.Sprintf("%s container port '%d' is used multiple times in task when networkMode=awsvpc.", strings.ToUpper(protocol), port),
				})
				return
			}
			seen[key] = true
		}
	})(r, in)
}

func transport(p *ecstypes.PortMapping) string {
	if p.Protocol == "" {
		return string(ecstypes.TransportProtocolTcp)
	}
	return string(p.Protocol)
}

func claimed(p *ecstypes.PortMapping) (low, high int) {
	if p.ContainerPortRange != nil {
		low, high, ok := bounds(*p.ContainerPortRange)
		if !ok {
			return 0, 0
		}
		return low, high
	}
	port := int(value(p.ContainerPort))
	return port, port
}
