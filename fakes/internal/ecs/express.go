// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strings"
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ecs"
)

// express is what a service of Express Mode has beyond other services.
type express struct {
	s *service
	// infrastructure is the ARN of the role in whose name its parts are made.
	infrastructure string
	config         expressConfig
	// revisions are the configurations by ARN of the service revision, and slots which of
	// the two target groups its tasks are in.
	revisions map[string]expressConfig
	slots     map[string]int
	place     expressPlace
	// host is its name on the internet.
	host    string
	updated time.Time
	parts   []*part
	gateway *gateway
	ready   bool
	// failures in a row of making or taking away a part.
	failures int
	retry    time.Time
	made     madeParts
}

func (f *Fake) handleExpress() {
	sim.Handle(f.api, "CreateExpressGatewayService", f.createExpress, sim.Needs(needsCreateExpress))
	sim.Handle(f.api, "UpdateExpressGatewayService", f.updateExpress, sim.Needs(func(_ *sim.Call, in *awsecs.UpdateExpressGatewayServiceInput) []sim.Access {
		list := []sim.Access{{Action: "ecs:UpdateExpressGatewayService", Resource: value(in.ServiceArn)}}
		return append(list, passRoles(in.ExecutionRoleArn, in.TaskRoleArn)...)
	}))
	sim.Handle(f.api, "DescribeExpressGatewayService", f.describeExpress, sim.Needs(onARNs("ecs:DescribeExpressGatewayService",
		func(in *awsecs.DescribeExpressGatewayServiceInput) []string { return []string{value(in.ServiceArn)} })))
	sim.Handle(f.api, "DeleteExpressGatewayService", f.deleteExpress, sim.Needs(onARNs("ecs:DeleteExpressGatewayService",
		func(in *awsecs.DeleteExpressGatewayServiceInput) []string { return []string{value(in.ServiceArn)} })))
}

func needsCreateExpress(c *sim.Call, in *awsecs.CreateExpressGatewayServiceInput) []sim.Access {
	list := withTags("ecs:CreateExpressGatewayService", c.ARN("ecs", "service/"+lastPart(or(in.Cluster, defaultCluster))+"/"+or(in.ServiceName, "*")), in.Tags)
	list = append(list, passRoles(in.ExecutionRoleArn, in.TaskRoleArn)...)
	pass := sim.Access{Action: "iam:PassRole", Resource: value(in.InfrastructureRoleArn)}
	return append(list, pass.With("iam:PassedToService", ecsService))
}

func (f *Fake) createExpress(c *sim.Call, in *awsecs.CreateExpressGatewayServiceInput) (*awsecs.CreateExpressGatewayServiceOutput, error) {
	r := f.of(c)
	if err := sim.Check(rules.CreateExpressGatewayService, refs{r}, in, typed); err != nil {
		return nil, err
	}
	cl, err := f.expressCluster(c, in.Cluster)
	if err != nil {
		return nil, err
	}
	name := value(in.ServiceName)
	if name == "" {
		name = cl.expressName(in)
	}
	if old := cl.services[name]; old != nil && old.status != inactive {
		return nil, taken(old)
	}
	if err := f.linkRole(c); err != nil {
		return nil, err
	}
	s := &service{
		cl: cl, name: name, arn: r.arn("service/" + cl.name + "/" + name), status: active,
		tags: in.Tags, created: c.Now(), createdBy: c.Caller.ARN,
	}
	e := &express{s: s, infrastructure: *in.InfrastructureRoleArn, revisions: map[string]expressConfig{}, slots: map[string]int{}, updated: c.Now()}
	if err := e.begin(c, ofCreate(in)); err != nil {
		return nil, err
	}
	e.host = hostLetters(name) + "-" + f.sim.ID(32, "express-host", r.name, cl.name, name) + ".ecs." + r.name + ".on.aws"
	s.express = e
	cl.services[name] = s
	cl.activeServices++
	e.roll()
	return &awsecs.CreateExpressGatewayServiceOutput{Service: e.view(true)}, nil
}

// taken is why a service cannot have the name of one that is there.
// https://github.com/hashicorp/terraform-provider-aws/issues/47438
func taken(by *service) error {
	if by.status == draining {
		return invalid("Unable to Start a service that is still Draining.")
	}
	return invalid("Service %s already exists.", by.name)
}

// expressName is the name of a service that is given none: it follows from its image.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html
func (cl *cluster) expressName(in *awsecs.CreateExpressGatewayServiceInput) string {
	image := "express"
	if in.PrimaryContainer != nil {
		image, _, _ = strings.Cut(lastPart(value(in.PrimaryContainer.Image)), "@")
		image, _, _ = strings.Cut(image, ":")
	}
	return image + "-" + cl.r.f.sim.ID(4, "express-name", cl.r.name, cl.name, image)
}

// hostLetters are those with which the host name of a service begins: the first two of
// its name, as services show that are in use.
func hostLetters(name string) string {
	letters := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, strings.ToLower(name))
	return letters[:min(len(letters), 2)]
}

// expressCluster finds the cluster. "default", and no other, is made if it is not there,
// with the provider of Fargate.
func (f *Fake) expressCluster(c *sim.Call, ref *string) (*cluster, error) {
	r := f.of(c)
	cl, err := r.cluster(ref)
	if err == nil || or(ref, defaultCluster) != defaultCluster {
		return cl, err
	}
	create := sim.Access{Action: "ecs:CreateCluster", Resource: clusterARN(c, nil)}
	if err := f.needs.Access.Authorize(c.Caller, create); err != nil {
		return nil, err
	}
	made := &awsecs.CreateClusterInput{ClusterName: new(defaultCluster), CapacityProviders: []string{fargate}}
	if _, err := f.createCluster(c, made); err != nil {
		return nil, err
	}
	return r.cluster(ref)
}

// begin resolves the first configuration.
func (e *express) begin(c *sim.Call, config expressConfig) error {
	if _, err := e.role(); err != nil {
		return err
	}
	return e.accept(c, config)
}

// accept makes the configuration the service's, with all that follows from it.
func (e *express) accept(c *sim.Call, config expressConfig) error {
	s := e.s
	place, err := e.resolve(config)
	if err != nil {
		return err
	}
	e.place = place
	if err := e.define(c, &config); err != nil {
		return err
	}
	ch := change{task: true, network: true}
	in := e.input(config)
	s.strategy = in.CapacityProviderStrategy // whether or not the cluster has Fargate's providers
	if err := s.accept(in, ch); err != nil {
		return err
	}
	s.given, e.config = in, config
	return nil
}

// roll starts the service deployment of what the service is now.
func (e *express) roll() {
	e.s.beginRollout(e.s.deploy())
	e.s.wake()
}

func (f *Fake) updateExpress(c *sim.Call, in *awsecs.UpdateExpressGatewayServiceInput) (*awsecs.UpdateExpressGatewayServiceOutput, error) {
	r := f.of(c)
	if err := sim.Check(rules.UpdateExpressGatewayService, refs{r}, in, typed); err != nil {
		return nil, err
	}
	e, err := r.expressService(*in.ServiceArn)
	if err != nil {
		return nil, err
	}
	if e.s.status != active {
		return nil, serviceNotActive()
	}
	if err := e.accept(c, e.config.merge(in)); err != nil {
		return nil, err
	}
	e.updated = c.Now()
	e.roll()
	s := e.s
	return &awsecs.UpdateExpressGatewayServiceOutput{Service: &ecstypes.UpdatedExpressGatewayService{
		Cluster: &s.cl.name, CreatedAt: &s.created, ServiceArn: &s.arn, ServiceName: &s.name, Status: e.status(),
		TargetConfiguration: e.configuration(s.deployments[0]), UpdatedAt: &e.updated,
	}}, nil
}

// expressService finds a service of Express Mode by ARN.
func (r *region) expressService(arn string) (*express, error) {
	s := r.serviceByARN(arn)
	switch {
	case s == nil:
		return nil, serviceNotFound()
	case s.express == nil:
		return nil, invalid("The service %s is not an Express service.", arn)
	}
	return s.express, nil
}

func (r *region) serviceByARN(arn string) *service {
	for _, cl := range r.clusters {
		if s := cl.services[lastPart(arn)]; s != nil && s.arn == arn {
			return s
		}
	}
	return nil
}

func (f *Fake) describeExpress(c *sim.Call, in *awsecs.DescribeExpressGatewayServiceInput) (*awsecs.DescribeExpressGatewayServiceOutput, error) {
	e, err := f.of(c).expressService(value(in.ServiceArn))
	if err != nil {
		return nil, err
	}
	return &awsecs.DescribeExpressGatewayServiceOutput{Service: e.view(len(in.Include) > 0)}, nil
}

func (f *Fake) deleteExpress(c *sim.Call, in *awsecs.DeleteExpressGatewayServiceInput) (*awsecs.DeleteExpressGatewayServiceOutput, error) {
	e, err := f.of(c).expressService(value(in.ServiceArn))
	if err != nil {
		return nil, err
	}
	s := e.s
	if s.status == inactive {
		return nil, serviceNotActive()
	}
	if s.status == active {
		s.cl.activeServices--
	}
	s.status, s.desired, e.updated = draining, 0, c.Now()
	if s.current != nil {
		s.current.end(ecstypes.ServiceDeploymentStatusStopped, "Service deployment stopped because the service was deleted.", c.Now())
	}
	e.again()
	s.wake()
	return &awsecs.DeleteExpressGatewayServiceOutput{Service: e.view(true)}, nil
}
