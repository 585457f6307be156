// SPDX-License-Identifier: Apache-2.0

// Package world holds what the simulated services need of each other: small
// interfaces, each met by one service package and wired in package fakes, and the
// values that pass between them.
//
// All methods are called under the simulation's lock. A cloud has one account;
// things are found by region.
package world

import (
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// Access are the policies, met by the IAM fake.
type Access interface {
	// Authorize returns AWS's AccessDenied if the caller may not do what is asked.
	// The owner of the cloud may do everything.
	Authorize(p sim.Principal, a sim.Access) error
	// Assume returns the principal that the AWS service (such as
	// "ecs-tasks.amazonaws.com") becomes when it assumes the role, or why the
	// role does not exist or does not trust it. context has condition keys such
	// as "aws:SourceArn" and "aws:SourceAccount".
	Assume(roleARN, service, session string, context map[string][]string) (sim.Principal, error)
	// ServiceLinkedRole returns the ARN of the service's own role, made if absent.
	ServiceLinkedRole(service string) string
	// HasServiceLinkedRole reports whether the service's own role is there.
	HasServiceLinkedRole(service string) bool
}

// Image is what a registry says of a reference.
type Image struct {
	// Digest is that of the manifest or index, "sha256:...".
	Digest string
	// Platforms are "os/arch" or "os/arch/variant"; empty when not known, as with
	// public images.
	Platforms []string
	// Size in bytes, compressed.
	Size int64
	// Labels and Entrypoint of the config, where known.
	Entrypoint []string
}

// Images are the registries, met by the ECR fake.
type Images interface {
	// Pull looks up an image reference as the pulling principal (a role session,
	// or zero for anonymous). The error is AWS's own, as the registry answers it.
	Pull(region, reference string, as sim.Principal) (Image, error)
}

// Subnet is what tasks and balancers ask of a subnet.
type Subnet struct {
	ID, VPC, Zone, ZoneID, CIDR string
	// Public: its route table has a route to an internet gateway.
	Public bool
	// Free is the number of addresses left.
	Free int
}

// Interface is a network interface.
type Interface struct {
	ID, Subnet, VPC, Zone, PrivateIP, PublicIP, MAC string
	Groups                                          []string
}

// Network is met by the EC2 fake.
type Network interface {
	Subnet(region, id string) (Subnet, bool)
	// GroupVPC returns the VPC of a security group.
	GroupVPC(region, id string) (vpc string, found bool)
	// DefaultGroup returns the default security group of a VPC.
	DefaultGroup(region, vpc string) string
	// Attach makes an interface for owner (such as a task's ARN) in a subnet; the
	// error is AWS's when the subnet has no free address.
	Attach(region, subnet string, groups []string, public bool, owner, description string) (Interface, error)
	Detach(region, id string)
	// Reaches reports whether an interface can open connections to an AWS service
	// ("ecr.api", "ecr.dkr", "s3", "logs", "secretsmanager", "ssm",
	// "elasticfilesystem") or to the "internet": by gateway with a public address,
	// NAT, or a VPC endpoint whose groups admit it.
	Reaches(region string, from Interface, service string) bool
	// Permits reports whether the security groups from may open a TCP connection
	// to the security groups to, on port.
	Permits(region string, from, to []string, port int32) bool
	// Pairs where a load balancer needs them: interfaces by private address.
	InterfaceByIP(region, vpc, ip string) (Interface, bool)
}

// Addresses is a [Network] that knows of single addresses.
type Addresses interface {
	// PermitsAddress is [Network.Permits] for somebody of a private address and no
	// groups.
	PermitsAddress(region, address string, to []string, port int32) bool
	// ElasticAddress returns an address by its allocation, and the interface that has
	// it, if any.
	ElasticAddress(region, allocation string) (ip, inUseBy string, found bool)
	// BindElastic gives an interface an address, taking it off another one.
	BindElastic(region, allocation, iface string)
	// FreeElastic takes an address off its interface.
	FreeElastic(region, allocation string)
}

// TargetGroup is what ECS asks of a target group.
type TargetGroup struct {
	ARN, Name, VPC string
	// TargetType is "ip", "instance", "lambda" or "alb".
	TargetType string
	Protocol   string
	Port       int32
	// LoadBalancers are the ARNs of those whose listeners forward to it.
	LoadBalancers []string
	// Deregistration is the draining delay.
	Deregistration time.Duration
}

// Target is one target of a group.
type Target struct {
	// ID is an address or an instance id.
	ID   string
	Port int32
	Zone string
}

// Targets are met by the ELBv2 fake.
type Targets interface {
	TargetGroup(region, arn string) (TargetGroup, bool)
	Register(region, arn string, t Target)
	Deregister(region, arn string, t Target)
	// Health is a state of the ELBv2 API ("initial", "healthy", "unhealthy",
	// "unused", "draining") with reason code and description; "" if not registered.
	Health(region, arn string, t Target) (state, reason, description string)
	// OnHealth has f called whenever the health of a target changes, and when a
	// draining target is gone (state "").
	OnHealth(f func(region, arn string, t Target, state, reason, description string))
}

// Traffic is met by the ELBv2 fake, for deployments that shift traffic.
type Traffic interface {
	// Weights returns the weights of the target groups, by ARN, to which a rule
	// forwards, or a listener by its default action; found is false where there is no
	// such thing or it does not forward. The ARN of an Application Load Balancer's
	// default rule will do too.
	Weights(region, listenerOrRuleARN string) (weights map[string]int, found bool)
	// SetWeights sets the weights, 0 to 999, of those target groups that are in the map
	// and among those that are forwarded to. The others keep theirs.
	SetWeights(region, listenerOrRuleARN string, weights map[string]int)
}

// NetworkBalancers are met by the ELBv2 fake, for endpoint services.
type NetworkBalancers interface {
	// NetworkBalancer returns the zones of a Network Load Balancer; found is false for
	// what is none.
	NetworkBalancer(region, arn string) (zones []string, found bool)
}

// BalancerUsers is a [Network] that has endpoint services.
type BalancerUsers interface {
	// UsesBalancer reports whether an endpoint service stands on a balancer.
	UsesBalancer(region, arn string) bool
}

// ClassicBalancer is what ECS asks of a Classic Load Balancer.
type ClassicBalancer struct {
	Name, VPC string
	// Ports are those of the instances to which its listeners forward.
	Ports []int32
}

// ClassicBalancers are met by the fake of Classic Load Balancers, for the services
// that run on instances.
type ClassicBalancers interface {
	ClassicBalancer(region, name string) (ClassicBalancer, bool)
	RegisterInstance(region, name, instance string)
	DeregisterInstance(region, name, instance string)
	// InstanceHealth returns "InService", "OutOfService" or "Unknown", with reason code
	// ("ELB", "Instance" or "N/A") and description; "" if not registered.
	InstanceHealth(region, name, instance string) (state, reason, description string)
	// OnInstanceHealth has f called whenever the state of an instance changes, and with
	// the state "" when it is gone.
	OnInstanceHealth(f func(region, name, instance, state, reason, description string))
}

// Prober answers health checks, met by the ECS fake.
type Prober interface {
	// Probe asks the address as a load balancer would. answered is false when the
	// connection is refused or nothing is there; status is that of HTTP, 0 for TCP
	// (path is then empty). Of a target that is an instance it is the instance's
	// primary private address, and the port is one of the host's.
	Probe(region, vpc, ip string, port int32, path string) (status int, answered bool)
}

// Starter is a Prober that also knows what is still to come.
type Starter interface {
	// Starting returns how long it takes until the program at the address listens
	// on the port; starting is false when it does already, or never will.
	Starting(region, vpc, ip string, port int32) (left time.Duration, starting bool)
}

// Secrets are met by the Secrets Manager fake and, for parameters, the SSM fake.
type Secrets interface {
	// Secret returns the current string of a secret by ARN (with or without the
	// :json-key:stage:version suffix) or name, asking for permission as p; the
	// error is AWS's.
	Secret(region, id string, p sim.Principal) (string, error)
	// Parameter does the same for an SSM parameter by name or ARN.
	Parameter(region, id string, p sim.Principal) (string, error)
}

// Logs are met by the CloudWatch Logs fake.
type Logs interface {
	// Stream makes a log stream; the error is AWS's: no such group, or denied.
	Stream(region, group, stream string, p sim.Principal) error
	// Group makes a group, asking for permission as p; an existing one is fine.
	Group(region, group string, p sim.Principal) error
	// Write appends a line. The stream must exist.
	Write(region, group, stream string, t time.Time, line string)
}

// Alarms are met by the CloudWatch fake.
type Alarms interface {
	// Alarm returns the state ("OK", "ALARM", "INSUFFICIENT_DATA") of an alarm.
	Alarm(region, name string) (state string, found bool)
	// OnAlarm has f called whenever the state of an alarm changes.
	OnAlarm(f func(region, name, state string))
}

// Service is what Application Auto Scaling asks of an active ECS service.
type Service struct {
	// Desired and Running count tasks.
	Desired, Running int
	// Deploying: a deployment is under way, forwards or back.
	Deploying bool
}

// Services are met by the ECS fake, for Application Auto Scaling.
type Services interface {
	// Service returns an active service.
	Service(region, cluster, name string) (Service, bool)
	// Scale sets the desired count.
	Scale(region, cluster, name string, desired int)
	// OnSteady has f called whenever a service has become steady. Several may be
	// registered; they are called in that order.
	OnSteady(f func(region, cluster, name string))
}

// Tasks are met by the ECS fake, for EventBridge Scheduler.
type Tasks interface {
	// Run runs tasks as p; the error is AWS's, or the first of the failures.
	Run(region string, in *awsecs.RunTaskInput, p sim.Principal) error
}

// FileSystems are met by the EFS fake.
type FileSystems interface {
	// Mount mounts a file system (and access point, if any) from an interface, as
	// p where IAM authorization is on; the error is the text of the failed mount.
	Mount(region, fileSystem, accessPoint string, iam bool, from Interface, p sim.Principal) error
}
