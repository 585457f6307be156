// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Port is a port, or a range of ports, on which a container listens. The name is
// what Service Connect refers to: up to 64 lower-case letters, digits,
// underscores and hyphens.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
type Port struct {
	name     string
	from, to int
	protocol ecstypes.TransportProtocol
	app      AppProtocol
}

// AppProtocol is what is spoken on a port; Service Connect then reports it.
type AppProtocol ecstypes.ApplicationProtocol

// The application protocols. Zero means that ECS treats it as TCP.
const (
	HTTP  AppProtocol = "http"
	HTTP2 AppProtocol = "http2"
	GRPC  AppProtocol = "grpc"
)

// TCP is a TCP port, 1 to 65535.
func TCP(name string, port int) Port { return TCPRange(name, port, port) }

// UDP is a UDP port, 1 to 65535.
func UDP(name string, port int) Port { return UDPRange(name, port, port) }

// TCPRange are TCP ports, both ends included.
func TCPRange(name string, from, to int) Port {
	return Port{name: name, from: from, to: to, protocol: ecstypes.TransportProtocolTcp}
}

// UDPRange are UDP ports, both ends included.
func UDPRange(name string, from, to int) Port {
	return Port{name: name, from: from, to: to, protocol: ecstypes.TransportProtocolUdp}
}

// WithAppProtocol says what is spoken on a TCP port.
func (p Port) WithAppProtocol(a AppProtocol) Port {
	p.app = a
	return p
}

// Name returns the port's name.
func (p Port) Name() string { return p.name }

// Number returns the port, the first one of a range.
func (p Port) Number() int { return p.from }

func (p Port) mapping() ecstypes.PortMapping {
	m := ecstypes.PortMapping{Protocol: p.protocol, AppProtocol: ecstypes.ApplicationProtocol(p.app)}
	if p.name != "" {
		m.Name = aws.String(p.name)
	}
	if p.from != p.to {
		m.ContainerPortRange = aws.String(strconv.Itoa(p.from) + "-" + strconv.Itoa(p.to))
		return m
	}
	m.ContainerPort = aws.Int32(clamp(p.from))
	return m
}
