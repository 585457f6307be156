// SPDX-License-Identifier: Apache-2.0

package fakes

import (
	"net"
	"net/http"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// operations has a service of the cloud call another one.
type operations struct{ c *Cloud }

// As runs an operation under the lock. It is not among the calls of the cloud's users.
func (o operations) As(p sim.Principal, region, service, operation string, in any) (any, error) {
	call := &sim.Call{
		Sim: o.c.sim, Service: service, Operation: operation, Region: region, Account: o.c.sim.Account(),
		Partition: sim.Partition(region), RequestID: o.c.sim.UUID("request", service, operation),
	}
	out, err := o.c.perform(call, func() (sim.Principal, error) { return p, nil }, deepCopy(in))
	if err != nil {
		return nil, err
	}
	return deepCopy(out), nil
}

// express answers for the host names of Express Mode: the load balancer behind the name
// gets the request, with the name as its Host header.
type express struct{ c *Cloud }

// RoundTrip sends the request on.
func (e express) RoundTrip(r *http.Request) (*http.Response, error) {
	var name string
	e.c.sim.Do(func() { name = e.c.parts.ecs.Balancer(r.URL.Hostname()) })
	if name == "" {
		return nil, &net.DNSError{Err: "no such host", Name: r.URL.Hostname(), IsNotFound: true}
	}
	in := r.Clone(r.Context())
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	in.URL.Host = name
	if port := r.URL.Port(); port != "" {
		in.URL.Host = net.JoinHostPort(name, port)
	}
	out, err := e.c.parts.elb.RoundTrip(in)
	if err != nil {
		return nil, err
	}
	out.Request = r
	return out, nil
}
