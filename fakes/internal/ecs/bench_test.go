// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/ecs"
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

const (
	region  = "us-east-1"
	account = "123456789012"
	arnBase = "arn:aws:ecs:us-east-1:123456789012:"
)

// bench is an ECS whose neighbours are test doubles, so that a test can have
// them fail at will. An SDK client talks to it.
type bench struct {
	tb     testing.TB
	sim    *sim.Sim
	fake   *ecs.Fake
	client *awsecs.Client
	world  *neighbours
}

func newBench(tb testing.TB, timing world.Timing) *bench {
	tb.Helper()
	s := sim.New(sim.Options{})
	w := newNeighbours()
	return benchOf(tb, s, w, ecs.New(s, timing, ecs.Needs{
		Access: w, Images: w, Network: w, Targets: w, Secrets: w, Logs: w, Alarms: w, FileSystems: w,
	}))
}

func newNeighbours() *neighbours {
	return &neighbours{
		free: map[string]int{}, denied: map[string]error{}, images: map[string]world.Image{}, unreachable: map[string]bool{},
		groups: map[string]world.TargetGroup{}, health: map[string]string{}, alarms: map[string]string{}, errs: map[string]error{},
	}
}

// benchOf has an SDK client talk to the fake.
func benchOf(tb testing.TB, s *sim.Sim, w *neighbours, f *ecs.Fake) *bench {
	tb.Helper()
	b := &bench{tb: tb, sim: s, fake: f, world: w}
	b.client = awsecs.NewFromConfig(aws.Config{
		Region:      region,
		Credentials: aws.AnonymousCredentials{},
		APIOptions:  []func(*middleware.Stack) error{b.install},
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
	})
	return b
}

type inputKey struct{}

// install answers calls of the SDK from the fake.
func (b *bench) install(stack *middleware.Stack) error {
	err := stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Keep", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		return next.HandleInitialize(middleware.WithStackValue(ctx, inputKey{}, in.Parameters), in)
	}), middleware.After)
	if err != nil {
		return err
	}
	return stack.Deserialize.Insert(middleware.DeserializeMiddlewareFunc("Answer", func(
		ctx context.Context, _ middleware.DeserializeInput, _ middleware.DeserializeHandler,
	) (out middleware.DeserializeOutput, meta middleware.Metadata, err error) {
		op := b.fake.Services()[0].Operation(awsmiddleware.GetOperationName(ctx))
		b.sim.Do(func() {
			out.Result, err = op.Call(&sim.Call{
				Sim: b.sim, Region: region, Account: account, Partition: "aws",
				Caller: sim.Principal{ARN: "arn:aws:iam::123456789012:root"},
			}, middleware.GetStackValue(ctx, inputKey{}))
		})
		return out, meta, err
	}), "OperationDeserializer", middleware.Before)
}

// wait lets d pass in the simulation.
func (b *bench) wait(d time.Duration) { b.sim.Advance(d) }

// settle lets everything happen that takes no time.
func (b *bench) settle() { b.wait(time.Second) }

func (b *bench) cluster() {
	b.tb.Helper()
	_, err := b.client.CreateCluster(b.tb.Context(), &awsecs.CreateClusterInput{
		ClusterName: aws.String("main"), CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"},
	})
	require.NoError(b.tb, err)
}

// definition is a task with one container "app" of image app:1.
func definition(family string) *awsecs.RegisterTaskDefinitionInput {
	return &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String(family), Cpu: aws.String("256"), Memory: aws.String("512"), NetworkMode: ecstypes.NetworkModeAwsvpc,
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String("app:1"), Essential: aws.Bool(true),
			PortMappings: []ecstypes.PortMapping{{ContainerPort: aws.Int32(8080)}},
		}},
	}
}

// define registers a task definition with one container "app".
func (b *bench) define(family string, change func(*awsecs.RegisterTaskDefinitionInput)) string {
	b.tb.Helper()
	in := definition(family)
	if change != nil {
		change(in)
	}
	out, err := b.client.RegisterTaskDefinition(b.tb.Context(), in)
	require.NoError(b.tb, err)
	return *out.TaskDefinition.TaskDefinitionArn
}

// image registers a task definition whose app container has another image.
func (b *bench) image(image string) string {
	b.tb.Helper()
	return b.define("web", func(in *awsecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].Image = &image })
}

func (b *bench) network() *ecstypes.NetworkConfiguration {
	return &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{"subnet-a", "subnet-b"}}}
}

// create creates the service "web".
func (b *bench) create(desired int32, change func(*awsecs.CreateServiceInput)) {
	b.tb.Helper()
	in := &awsecs.CreateServiceInput{
		Cluster: aws.String("main"), ServiceName: aws.String("web"), TaskDefinition: aws.String("web"),
		DesiredCount: &desired, LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: b.network(),
	}
	if change != nil {
		change(in)
	}
	_, err := b.client.CreateService(b.tb.Context(), in)
	require.NoError(b.tb, err)
}

// update updates the service "web".
func (b *bench) update(change func(*awsecs.UpdateServiceInput)) *ecstypes.Service {
	b.tb.Helper()
	in := &awsecs.UpdateServiceInput{Cluster: aws.String("main"), Service: aws.String("web")}
	change(in)
	out, err := b.client.UpdateService(b.tb.Context(), in)
	require.NoError(b.tb, err)
	return out.Service
}

func (b *bench) service(name string) *ecstypes.Service {
	b.tb.Helper()
	out, err := b.client.DescribeServices(b.tb.Context(), &awsecs.DescribeServicesInput{Cluster: aws.String("main"), Services: []string{name}})
	require.NoError(b.tb, err)
	require.Empty(b.tb, out.Failures)
	return &out.Services[0]
}

// events are the messages of the service's events, oldest first.
func (b *bench) events() []string {
	b.tb.Helper()
	var list []string
	for _, e := range b.service("web").Events {
		list = append([]string{*e.Message}, list...)
	}
	return list
}

// rollouts are the service deployments of "web", newest first.
func (b *bench) rollouts() []ecstypes.ServiceDeployment {
	b.tb.Helper()
	list, err := b.client.ListServiceDeployments(b.tb.Context(), &awsecs.ListServiceDeploymentsInput{
		Cluster: aws.String("main"), Service: aws.String("web"),
	})
	require.NoError(b.tb, err)
	var arns []string
	for _, d := range list.ServiceDeployments {
		arns = append(arns, *d.ServiceDeploymentArn)
	}
	out, err := b.client.DescribeServiceDeployments(b.tb.Context(), &awsecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: arns})
	require.NoError(b.tb, err)
	return out.ServiceDeployments
}

// run runs one task of the family "web".
func (b *bench) run(change func(*awsecs.RunTaskInput)) string {
	b.tb.Helper()
	in := &awsecs.RunTaskInput{
		Cluster: aws.String("main"), TaskDefinition: aws.String("web"), LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: b.network(),
	}
	if change != nil {
		change(in)
	}
	out, err := b.client.RunTask(b.tb.Context(), in)
	require.NoError(b.tb, err)
	require.Empty(b.tb, out.Failures)
	return *out.Tasks[0].TaskArn
}

func (b *bench) task(arn string) *ecstypes.Task {
	b.tb.Helper()
	out, err := b.client.DescribeTasks(b.tb.Context(), &awsecs.DescribeTasksInput{Cluster: aws.String("main"), Tasks: []string{arn}})
	require.NoError(b.tb, err)
	require.Len(b.tb, out.Tasks, 1)
	return &out.Tasks[0]
}

// tasks are those of the service "web" with a desired status.
func (b *bench) tasks(desired ecstypes.DesiredStatus) []ecstypes.Task {
	b.tb.Helper()
	list, err := b.client.ListTasks(b.tb.Context(), &awsecs.ListTasksInput{
		Cluster: aws.String("main"), ServiceName: aws.String("web"), DesiredStatus: desired,
	})
	require.NoError(b.tb, err)
	if len(list.TaskArns) == 0 {
		return nil
	}
	out, err := b.client.DescribeTasks(b.tb.Context(), &awsecs.DescribeTasksInput{Cluster: aws.String("main"), Tasks: list.TaskArns})
	require.NoError(b.tb, err)
	return out.Tasks
}

// neighbours are the services around ECS, with knobs.
type neighbours struct {
	taken  int
	free   map[string]int   // addresses left by subnet; absent is plenty
	denied map[string]error // by role ARN: cannot be assumed
	errs   map[string]error // by what is asked for: "log group x", "secret arn", ...
	images map[string]world.Image

	unreachable map[string]bool // by service
	groups      map[string]world.TargetGroup
	health      map[string]string // state of new targets, by group; "healthy" if absent
	states      map[string]string
	onHealth    func(region, arn string, t world.Target, state, reason, description string)
	alarms      map[string]string
	onAlarm     func(region, name, state string)
	lines       []string
	drains      bool
	calls       []string
}

func (w *neighbours) Authorize(_ sim.Principal, a sim.Access) error { return w.errs[a.Action] }

func (w *neighbours) Assume(role, service, session string, context map[string][]string) (sim.Principal, error) {
	tasks := service == "ecs-tasks.amazonaws.com" && len(context["aws:SourceAccount"]) == 1 && len(context["aws:SourceArn"]) == 1
	if !tasks && service != "ec2.amazonaws.com" {
		return sim.Principal{}, fmt.Errorf("unexpected %s %v", service, context)
	}
	return sim.Principal{ARN: role + "/" + session, Account: account, Role: role}, w.denied[role]
}

func (w *neighbours) HasServiceLinkedRole(string) bool { return true }

func (w *neighbours) ServiceLinkedRole(string) string {
	return "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
}

func (w *neighbours) Pull(_, reference string, as sim.Principal) (world.Image, error) {
	w.calls = append(w.calls, "pull "+reference+" as "+as.Role)
	return w.images[reference], w.errs["image "+reference]
}

func (w *neighbours) Subnet(_, id string) (world.Subnet, bool) {
	if !strings.HasPrefix(id, "subnet-") {
		return world.Subnet{}, false
	}
	return world.Subnet{ID: id, VPC: "vpc-1", Zone: "us-east-1" + strings.TrimPrefix(id, "subnet-"), Free: 1000}, true
}

func (w *neighbours) GroupVPC(_, id string) (string, bool) {
	if id == "sg-other" {
		return "vpc-2", true
	}
	return "vpc-1", strings.HasPrefix(id, "sg-")
}

func (w *neighbours) DefaultGroup(string, string) string { return "sg-default" }

func (w *neighbours) Attach(_, subnet string, groups []string, public bool, _, _ string) (world.Interface, error) {
	if n, ok := w.free[subnet]; ok {
		if n == 0 {
			return world.Interface{}, &smithy.GenericAPIError{Code: "InsufficientFreeAddressesInSubnet", Message: "none"}
		}
		w.free[subnet]--
	}
	w.taken++
	nic := world.Interface{
		ID: fmt.Sprintf("eni-%d", w.taken), Subnet: subnet, VPC: "vpc-1", Groups: groups, MAC: "02:00:00:00:00:01",
		PrivateIP: fmt.Sprintf("10.%d.%d.%d", w.taken>>16, w.taken>>8&255, w.taken&255),
	}
	if public {
		nic.PublicIP = "198.51.100.1"
	}
	return nic, nil
}

func (w *neighbours) Detach(_, id string) { w.calls = append(w.calls, "detach "+id) }

func (w *neighbours) Reaches(_ string, _ world.Interface, service string) bool {
	return !w.unreachable[service]
}

func (w *neighbours) Permits(string, []string, []string, int32) bool { return true }

func (w *neighbours) InterfaceByIP(string, string, string) (world.Interface, bool) {
	return world.Interface{}, false
}

func (w *neighbours) TargetGroup(_, arn string) (world.TargetGroup, bool) {
	g, ok := w.groups[arn]
	return g, ok
}

func (w *neighbours) Register(_, arn string, t world.Target) {
	if w.states == nil {
		w.states = map[string]string{}
	}
	state := "healthy"
	if s, ok := w.health[arn]; ok {
		state = s
	}
	w.states[arn+t.ID] = state
}

// turn changes the health of a target.
func (w *neighbours) turn(arn string, t world.Target, state string) {
	w.states[arn+t.ID] = state
	w.onHealth(region, arn, t, state, "", "")
}

func (w *neighbours) Deregister(_, arn string, t world.Target) {
	if w.drains {
		w.states[arn+t.ID] = "draining"
		return
	}
	delete(w.states, arn+t.ID)
}

func (w *neighbours) Health(_, arn string, t world.Target) (string, string, string) {
	state := w.states[arn+t.ID]
	if state == "unhealthy" {
		return state, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [500]"
	}
	return state, "", ""
}

func (w *neighbours) OnHealth(f func(region, arn string, t world.Target, state, reason, description string)) {
	w.onHealth = f
}

func (w *neighbours) Secret(_, id string, _ sim.Principal) (string, error) {
	return "", w.errs["secret "+id]
}

func (w *neighbours) Parameter(_, id string, _ sim.Principal) (string, error) {
	return "", w.errs["parameter "+id]
}

func (w *neighbours) Stream(_, group, stream string, p sim.Principal) error {
	w.calls = append(w.calls, "stream "+group+" "+stream+" as "+p.Role)
	return w.errs["log stream "+group]
}

func (w *neighbours) Group(_, group string, _ sim.Principal) error {
	w.calls = append(w.calls, "group "+group)
	return w.errs["log group "+group]
}

func (w *neighbours) Write(_, group, _ string, _ time.Time, line string) {
	w.lines = append(w.lines, group+": "+line)
}

func (w *neighbours) Alarm(_, name string) (string, bool) {
	s, ok := w.alarms[name]
	return s, ok
}

func (w *neighbours) OnAlarm(f func(region, name, state string)) { w.onAlarm = f }

func (w *neighbours) Mount(_, fileSystem, _ string, _ bool, _ world.Interface, _ sim.Principal) error {
	return w.errs["mount "+fileSystem]
}
