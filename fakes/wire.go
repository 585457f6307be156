// SPDX-License-Identifier: Apache-2.0

package fakes

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway/fakes/internal/acm"
	"github.com/slipway-go/slipway/fakes/internal/autoscaling"
	"github.com/slipway-go/slipway/fakes/internal/cloudwatch"
	"github.com/slipway-go/slipway/fakes/internal/ec2"
	"github.com/slipway-go/slipway/fakes/internal/ecr"
	"github.com/slipway-go/slipway/fakes/internal/ecs"
	"github.com/slipway-go/slipway/fakes/internal/efs"
	"github.com/slipway-go/slipway/fakes/internal/elb"
	"github.com/slipway-go/slipway/fakes/internal/iam"
	"github.com/slipway-go/slipway/fakes/internal/logs"
	"github.com/slipway-go/slipway/fakes/internal/quotas"
	"github.com/slipway-go/slipway/fakes/internal/scaling"
	"github.com/slipway-go/slipway/fakes/internal/scheduler"
	"github.com/slipway-go/slipway/fakes/internal/secrets"
	"github.com/slipway-go/slipway/fakes/internal/servicediscovery"
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/ssm"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// parts are the services that the cloud itself talks to.
type parts struct {
	iam *iam.Fake
	ec2 *ec2.Fake
	ecr *ecr.Fake
	ecs *ecs.Fake
	elb *elb.Fake
	asg *autoscaling.Fake
}

// secretStores is what ECS reads secrets from.
type secretStores struct {
	*secrets.Fake
	parameters
}

type parameters struct{ *ssm.Fake }

// wire makes the services and gives each what it needs of the others.
func (c *Cloud) wire() {
	s, t := c.sim, c.opts.Timing
	access := iam.New(s, t)
	params := ssm.New(s, access)
	network := ec2.New(s, t, ec2.Needs{Profiles: access, AMIs: params})
	images := ecr.New(s, t, access, access.Caller)
	targets := elb.New(s, t, network)
	logGroups := logs.New(s, access)
	vault := secrets.New(s, access)
	alarms := cloudwatch.New(s)
	files := efs.New(s, t, access, network)
	groups := autoscaling.New(s, autoscaling.Needs{
		Access: access, Instances: network, Types: network, Zones: network, Network: network, Targets: targets, Metrics: alarms,
	})
	discovery := servicediscovery.New(s, t, network)
	tasks := ecs.New(s, t, ecs.Needs{
		Access: access, Images: images, Network: network, Targets: targets, Traffic: targets,
		Secrets: secretStores{vault, parameters{params}}, Logs: logGroups, Alarms: alarms, FileSystems: files,
		Directories: files, Volumes: network, Zones: network, Instances: network, AMIs: params, Profiles: access, Groups: groups, Types: network,
		Classic: targets, Registries: discovery, Metrics: alarms, Operations: operations{c},
	})
	targets.SetProber(tasks)
	targets.SetInstances(network)
	targets.SetMetrics(alarms)
	network.SetBalancers(targets)
	c.quotas = &world.Quotas{}
	network.SetQuotas(c.quotas)
	targets.SetQuotas(c.quotas)
	tasks.SetQuotas(c.quotas)
	scaler := scaling.New(s, access, tasks, alarms)
	schedules := scheduler.New(s, access, tasks)
	certificates, limits := acm.New(s), quotas.New(tasks, c.quotas)
	c.parts = parts{iam: access, ec2: network, ecr: images, ecs: tasks, elb: targets, asg: groups}
	for _, list := range [][]*sim.Service{
		access.Services(), network.Services(), images.Services(), targets.Services(), logGroups.Services(),
		vault.Services(), params.Services(), alarms.Services(), files.Services(), tasks.Services(), scaler.Services(), schedules.Services(), groups.Services(),
		certificates.Services(), limits.Services(), discovery.Services(),
	} {
		for _, service := range list {
			c.services[service.ID] = service
		}
	}
}

// caller tells who signs with an access key.
func (c *Cloud) caller(key string) (sim.Principal, error) {
	if key == ownerKey || key == "" {
		a := c.sim.Account()
		return sim.Principal{ARN: "arn:aws:iam::" + a + ":root", UserID: a, Account: a}, nil
	}
	return c.parts.iam.Caller(key)
}

// ConfigAs returns the configuration of a session of the role, by name or ARN.
// What the role's policies do not allow is denied. The role is looked up at each
// call; while there is none, calls fail with InvalidClientTokenId.
func (c *Cloud) ConfigAs(role string) aws.Config {
	var key string
	c.sim.Do(func() { key = c.parts.iam.Session(role) })
	return c.config(c.opts.Region, key)
}

var registryHost = regexp.MustCompile(`^\d{12}\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$`)

// host returns who answers HTTP for a URL's host, or nil: the registries of
// images, and the load balancers.
func (c *Cloud) host(u *url.URL) http.RoundTripper {
	if m := registryHost.FindStringSubmatch(u.Host); m != nil {
		return handler{c.parts.ecr.Registry(m[1])}
	}
	if elb.Serves(u.Hostname()) {
		return c.parts.elb
	}
	if ecs.Serves(u.Hostname()) {
		return express{c}
	}
	return nil
}

// handler is a server without a network between it and the client.
type handler struct{ http.Handler }

// RoundTrip answers a client's request as a server would: with a body always, which is
// closed, and a response that knows its request.
func (h handler) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	in.RequestURI = r.URL.RequestURI()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, in)
	if err := in.Body.Close(); err != nil {
		return nil, err
	}
	out := w.Result()
	out.Request = r
	return out, nil
}
