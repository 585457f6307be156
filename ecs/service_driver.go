// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/awsid"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/rules"
	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

// services is the driver of services.
type services struct {
	family
	awsid.Identity
}

// Before names what must be gone first: scaling would raise the count again.
func (services) Before() []string { return []string{"autoscaling:Scaling"} }

// Effects says which fields roll the tasks.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
func (services) Effects() slipway.Effects {
	return slipway.Effects{
		Default: slipway.NoRollout,
		Fields: map[string]slipway.Effect{
			"Create.TaskDefinition":              slipway.RollsTasks,
			"Create.NetworkConfiguration":        slipway.RollsTasks,
			"Create.LoadBalancers":               slipway.RollsTasks,
			"Create.PlatformVersion":             slipway.RollsTasks,
			"Create.ServiceConnectConfiguration": slipway.RollsTasks,
			"Create.ServiceRegistries":           slipway.RollsTasks,
			"Create.VolumeConfigurations":        slipway.RollsTasks,
			"Create.VpcLatticeConfigurations":    slipway.RollsTasks,
			"Create.CapacityProviderStrategy":    slipway.RollsTasks, // see modification
			"Create.LaunchType":                  slipway.RollsTasks,
			"Create.ServiceName":                 slipway.NewName,
			"Create.Cluster":                     slipway.NewName,
			"Create.SchedulingStrategy":          slipway.NewName,
			"Create.DeploymentController":        slipway.NewName,
		},
		Keys: map[string]string{
			"Create.Tags":                                                         "Key",
			"Create.CapacityProviderStrategy":                                     "CapacityProvider",
			"Create.LoadBalancers":                                                "TargetGroupArn",
			"Create.ServiceConnectConfiguration.Services":                         "PortName",
			"Create.VolumeConfigurations":                                         "Name",
			"Create.VolumeConfigurations.ManagedEBSVolume.TagSpecifications":      "ResourceType",
			"Create.VolumeConfigurations.ManagedEBSVolume.TagSpecifications.Tags": "Key",
		},
		Sets: []string{
			"Create.NetworkConfiguration.AwsvpcConfiguration.Subnets",
			"Create.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups",
			"Create.DeploymentConfiguration.Alarms.AlarmNames",
		},
		// What DescribeServices does not show.
		Ignore: []string{
			"Create.ClientToken", "Create.GatewayConnectors", "Create.Monitoring", "Create.Role", "Scaled", "Foreign", "Unheeded", "URL", "Zones", "Overtaken",
		},
	}
}

// Unmanaged leaves the count to Application Auto Scaling once the service exists,
// and the launch type to the capacity providers.
func (services) Unmanaged(want *model.Service) []string {
	var paths []string
	if want.Scaled || want.Create.SchedulingStrategy == ecstypes.SchedulingStrategyDaemon {
		paths = append(paths, "Create.DesiredCount")
	}
	if len(want.Create.CapacityProviderStrategy) > 0 {
		paths = append(paths, "Create.LaunchType")
	}
	return paths
}

// Check returns all that ECS would reject, or could not carry out.
func (services) Check(refs slipway.Refs, s *model.Service) []slipway.FieldError {
	found := ecsrules.CreateService.All(refs, &s.Create)
	found = slices.Concat(found, ecsrules.Stuck.All(refs, &s.Create), unseen(s), unopened(s), unprovided(s), undriven(s.Create.DeploymentController),
		unmountable(refs, s.Create.TaskDefinition, s.Zones))
	return rules.At("Create", found)
}

// Read describes the service.
func (d services) Read(ctx context.Context, c slipway.Call, want *model.Service) (*slipway.Live[model.Service], error) {
	live, err := d.ReadMany(ctx, []slipway.Call{c}, []*model.Service{want})
	if err != nil {
		return nil, err
	}
	return live[0], nil
}

const (
	// serviceBatch is how many services one call describes.
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
	serviceBatch = 10
	// inFlight bounds the calls that one driver makes at a time.
	inFlight = 8
)

// ReadMany describes many services at a time.
func (d services) ReadMany(ctx context.Context, calls []slipway.Call, want []*model.Service) ([]*slipway.Live[model.Service], error) {
	byCluster := map[string][]int{}
	for i, w := range want {
		if known(w.Create.Cluster) && known(w.Create.ServiceName) {
			byCluster[*w.Create.Cluster] = append(byCluster[*w.Create.Cluster], i)
		}
	}
	all := make([]*slipway.Live[model.Service], len(want))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(inFlight)
	for cluster, places := range byCluster {
		for batch := range slices.Chunk(places, serviceBatch) {
			group.Go(func() error { return d.readBatch(ctx, calls, cluster, batch, want, all) })
		}
	}
	return all, group.Wait()
}

// readBatch describes services of one cluster and puts them in their places.
func (services) readBatch(
	ctx context.Context, calls []slipway.Call, cluster string, places []int, want []*model.Service, all []*slipway.Live[model.Service],
) error {
	names := make([]string, len(places))
	for n, i := range places {
		names[n] = *want[i].Create.ServiceName
	}
	found, err := describeServices(ctx, calls[places[0]], cluster, names)
	if err != nil {
		return err
	}
	for _, i := range places {
		s, ok := found[*want[i].Create.ServiceName]
		if !ok {
			continue
		}
		latest, err := newestDeployment(ctx, calls[i], s)
		if err != nil {
			return err
		}
		all[i] = rebuildService(s, latest, want[i])
	}
	return nil
}

// describeServices describes up to ten services of a cluster that are not
// inactive.
func describeServices(ctx context.Context, c slipway.Call, cluster string, names []string) (map[string]*ecstypes.Service, error) {
	out, err := client(c).DescribeServices(ctx, &awsecs.DescribeServicesInput{
		Cluster: aws.String(cluster), Services: names, Include: []ecstypes.ServiceField{ecstypes.ServiceFieldTags},
	})
	if awserr.Is(err, "ClusterNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, awserr.Wrap(err, "describe services of "+cluster)
	}
	found := map[string]*ecstypes.Service{}
	for i := range out.Services {
		if aws.ToString(out.Services[i].Status) != "INACTIVE" {
			found[aws.ToString(out.Services[i].ServiceName)] = &out.Services[i]
		}
	}
	return found, nil
}

// rebuildService turns what ECS describes into a state. latest and want may be nil.
func rebuildService(s *ecstypes.Service, latest *ecstypes.ServiceDeploymentBrief, want *model.Service) *slipway.Live[model.Service] {
	owner, own := ownerOf(s.Tags)
	live := &slipway.Live[model.Service]{
		State: model.Service{Create: awsecs.CreateServiceInput{
			ServiceName: s.ServiceName, Cluster: aws.String(lastPart(aws.ToString(s.ClusterArn))), TaskDefinition: s.TaskDefinition,
			DesiredCount: aws.Int32(s.DesiredCount), LaunchType: s.LaunchType, CapacityProviderStrategy: s.CapacityProviderStrategy,
			DeploymentConfiguration: s.DeploymentConfiguration, DeploymentController: s.DeploymentController,
			EnableECSManagedTags: s.EnableECSManagedTags, EnableExecuteCommand: s.EnableExecuteCommand,
			HealthCheckGracePeriodSeconds: s.HealthCheckGracePeriodSeconds, LoadBalancers: s.LoadBalancers,
			NetworkConfiguration: s.NetworkConfiguration, PlacementConstraints: s.PlacementConstraints, PlacementStrategy: s.PlacementStrategy,
			PlatformVersion: s.PlatformVersion, PropagateTags: s.PropagateTags, SchedulingStrategy: s.SchedulingStrategy,
			ServiceRegistries: s.ServiceRegistries, AvailabilityZoneRebalancing: s.AvailabilityZoneRebalancing,
			ServiceConnectConfiguration: connectOf(s, want), Tags: own,
		}},
		Owner: owner,
	}
	outputs := map[string]string{
		"arn": aws.ToString(s.ServiceArn), "name": aws.ToString(s.ServiceName), "cluster": lastPart(aws.ToString(s.ClusterArn)),
		"url": "", "deployment": "", "outcome": "",
	}
	if want != nil {
		live.State.Scaled, live.State.Foreign, live.State.Unheeded = want.Scaled, want.Foreign, want.Unheeded
		live.State.URL, live.State.Zones = want.URL, want.Zones
		outputs["url"] = want.URL
	}
	if latest != nil {
		outputs["deployment"], outputs["outcome"] = aws.ToString(latest.ServiceDeploymentArn), string(outcomeOf(latest.Status, s.DesiredCount))
	}
	if d := primaryOf(s); d != nil {
		live.State.Create.VolumeConfigurations, live.State.Create.VpcLatticeConfigurations = d.VolumeConfigurations, d.VpcLatticeConfigurations
	}
	live.Outputs = map[string][]string{}
	for name, value := range outputs {
		live.Outputs[name] = []string{value}
	}
	live.Phase, live.Reason = phaseOf(s)
	if live.Phase == slipway.Changing && want != nil && want.Overtaken && overtaken(s) {
		live.Phase = slipway.Ready
	}
	return live
}

func phaseOf(s *ecstypes.Service) (phase slipway.Phase, reason string) {
	switch {
	case aws.ToString(s.Status) == "DRAINING":
		return slipway.Deleting, "the service is draining"
	case s.CurrentServiceDeployment != nil:
		return slipway.Changing, "a deployment is under way"
	default:
		return slipway.Ready, ""
	}
}

// primaryOf is the deployment that the service is to have; nil if there is none.
func primaryOf(s *ecstypes.Service) *ecstypes.Deployment {
	for i := range s.Deployments {
		if aws.ToString(s.Deployments[i].Status) == "PRIMARY" {
			return &s.Deployments[i]
		}
	}
	return nil
}

// connectOf finds the Service Connect configuration, which belongs to a
// deployment.
func connectOf(s *ecstypes.Service, want *model.Service) *ecstypes.ServiceConnectConfiguration {
	d := primaryOf(s)
	if d == nil || d.ServiceConnectConfiguration == nil {
		return nil
	}
	found := *d.ServiceConnectConfiguration
	if want != nil && want.Create.ServiceConnectConfiguration != nil {
		found.Namespace = namespace(found.Namespace, want.Create.ServiceConnectConfiguration.Namespace)
	}
	return &found
}

// Put creates the service, or changes what differs.
func (d services) Put(ctx context.Context, c slipway.Call, have *slipway.Live[model.Service], want *model.Service) error {
	if have == nil {
		return d.create(ctx, c, want)
	}
	changed := changedFields(&have.State, want, d.Effects(), d.Unmanaged(want))
	tagged := changed["Tags"]
	delete(changed, "Tags")
	if len(changed) > 0 {
		in := modification(want, changed)
		err := retried(ctx, c, notReady, func(ctx context.Context) error {
			_, err := client(c).UpdateService(ctx, in)
			return awserr.Wrap(err, "update service "+aws.ToString(in.Service))
		})
		if err != nil {
			return err
		}
	}
	if !tagged && have.Owner == c.Owner() {
		return nil
	}
	return putTags(ctx, c, output(have, "arn"), have.Owner, have.State.Create.Tags, want.Create.Tags)
}

// create needs no token: a service's name is unique within its cluster, and AWS
// may remember a token for longer than the service lives.
func (services) create(ctx context.Context, c slipway.Call, want *model.Service) error {
	in := creation(want)
	in.Tags = allTags(c, in.Tags)
	return retried(ctx, c, notReady, func(ctx context.Context) error {
		_, err := client(c).CreateService(ctx, in)
		return awserr.Wrap(err, "create service "+aws.ToString(in.ServiceName))
	})
}

// roleNotReady: a role that was just made cannot be assumed yet.
func roleNotReady(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "unable to assume") || strings.Contains(text, "unable to verify that the role") ||
		strings.Contains(text, "must allow aws eventbridge scheduler to assume")
}

// notReady: something that a service needs is made and not yet seen by ECS.
func notReady(err error) bool {
	text := err.Error()
	return roleNotReady(err) || strings.Contains(text, "does not have an associated load balancer") ||
		strings.Contains(text, "still Draining")
}

// Delete stops the tasks and deletes the service. It is gone when it has drained. A daemon
// has no count that could be set to zero.
func (services) Delete(ctx context.Context, c slipway.Call, have *slipway.Live[model.Service]) error {
	cluster, service := aws.String(output(have, "cluster")), aws.String(output(have, "name"))
	if have.State.Create.SchedulingStrategy != ecstypes.SchedulingStrategyDaemon {
		_, err := client(c).UpdateService(ctx, &awsecs.UpdateServiceInput{Cluster: cluster, Service: service, DesiredCount: aws.Int32(0)})
		if err != nil && !goneService(err) {
			return awserr.Wrap(err, "scale service "+*service+" to zero")
		}
	}
	_, err := client(c).DeleteService(ctx, &awsecs.DeleteServiceInput{Cluster: cluster, Service: service, Force: aws.Bool(true)})
	if err != nil && !goneService(err) {
		return awserr.Wrap(err, "delete service "+*service)
	}
	return nil
}

func goneService(err error) bool {
	return awserr.Is(err, "ServiceNotFoundException", "ServiceNotActiveException", "ClusterNotFoundException")
}

// Tag marks the service.
func (services) Tag(ctx context.Context, c slipway.Call, have *slipway.Live[model.Service]) error {
	return tag(ctx, c, output(have, "arn"))
}

// Permissions says what a caller needs.
func (services) Permissions(have *slipway.Live[model.Service], want *model.Service) []slipway.Permission {
	cluster, name := output(have, "cluster"), output(have, "name")
	if want != nil {
		cluster, name = aws.ToString(want.Create.Cluster), aws.ToString(want.Create.ServiceName)
	}
	resource := fmt.Sprintf("%s/%s", cluster, name)
	one := slipway.Permission{Resources: []string{ownARN("ecs", "service/"+resource)}}
	all := []slipway.Permission{anywhere("ecs:DescribeServices", "ecs:ListClusters", "ecs:ListServices")}
	watching := []string{"ecs:DescribeTasks", "ecs:DescribeServiceDeployments", "ecs:DescribeServiceRevisions", "ecs:ListServiceDeployments", "ecs:ListTasks"}
	switch {
	case want == nil && have == nil:
		return all
	case want == nil:
		one.Actions = []string{"ecs:DeleteService", "ecs:UpdateService"}
		return append(all, one)
	case have == nil:
		one.Actions = []string{"ecs:CreateService", "ecs:TagResource"}
		return append(append(all, one, anywhere(watching...), serviceLinkedRole()), passManagers(want)...)
	default:
		one.Actions = []string{"ecs:TagResource", "ecs:UntagResource", "ecs:UpdateService"}
		return append(append(all, one, anywhere(watching...)), passManagers(want)...)
	}
}
