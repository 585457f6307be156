// SPDX-License-Identifier: Apache-2.0

// Package fakes is a simulated AWS, in process. The [aws.Config] of a [Cloud]
// makes every aws-sdk-go-v2 client made from it talk to the simulation, through
// the SDK's own validation, signing, retries, paginators and waiters.
package fakes

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Options configure a [Cloud]. The zero value is an account in us-east-1 where
// nothing takes time.
type Options struct {
	// Region of [Cloud.Config]; "us-east-1" if empty.
	Region string
	// Account has 12 digits; "123456789012" if empty.
	Account string
	// Timing is how long AWS takes over things; see [Realistic].
	Timing Timing
	// Speed is how many seconds pass in the cloud in one real second; 0 means 1.
	Speed float64
	// Seed changes the ids that the cloud makes up.
	Seed uint64
}

// Timing is how long AWS takes over things.
type Timing = world.Timing

// Realistic are AWS's usual durations.
var Realistic = world.Realistic

// Program says what containers of an image do when they run.
type Program = world.Program

// Exit is how a [Program] ends by itself.
type Exit = world.Exit

// Cloud is one simulated AWS. It is safe for concurrent use, needs no Close, and
// is cheap enough for one a test.
type Cloud struct {
	opts     Options
	sim      *sim.Sim
	services map[string]*sim.Service
	parts    parts
	quotas   *world.Quotas
	faults   faults
	calls    Calls // under the simulation's lock
}

// New returns a cloud with the account's default VPC in each region and nothing
// else.
func New(opts Options) *Cloud {
	if opts.Region == "" {
		opts.Region = "us-east-1"
	}
	c := &Cloud{
		opts:     opts,
		sim:      sim.New(sim.Options{Seed: opts.Seed, Speed: opts.Speed, Account: opts.Account}),
		services: map[string]*sim.Service{},
	}
	c.wire()
	return c
}

// Config returns the configuration of the account's owner, who may do everything.
//
// Its HTTPClient stands for a client on the internet. It reaches what the cloud has
// and nothing else: registries, and application load balancers by their DNS names,
// where listeners, rules, security groups and the health of targets decide on the
// answer and a [Program] gives its status. A custom domain is tried out by the Host
// header of a request to the balancer's own name.
func (c *Cloud) Config() aws.Config { return c.config(c.opts.Region, ownerKey) }

func (c *Cloud) config(region, key string) aws.Config {
	return aws.Config{
		Region:      region,
		Credentials: credentials(key),
		HTTPClient:  &http.Client{Transport: transport{cloud: c}},
		APIOptions:  []func(*middleware.Stack) error{c.install},
	}
}

// Advance moves the cloud's clock by d, on top of the time that passes by itself.
func (c *Cloud) Advance(d time.Duration) { c.sim.Advance(d) }

// Now returns the cloud's time.
func (c *Cloud) Now() (t time.Time) {
	c.sim.Do(func() { t = c.sim.Now() })
	return t
}

// Image says what containers of the image do. ref is a repository, or one with a
// tag or digest, as task definitions name it; the most specific match counts.
func (c *Cloud) Image(ref string, p Program) {
	c.sim.Do(func() { c.parts.ecs.SetProgram(ref, p) })
}
