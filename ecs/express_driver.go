// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/awsid"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/rules"
	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

// expressServices is the driver of services of Express Mode.
type expressServices struct {
	family
	awsid.Identity
}

var (
	_ slipway.Driver[model.ExpressService]    = expressServices{}
	_ slipway.Watcher[model.ExpressService]   = expressServices{}
	_ slipway.Unmanager[model.ExpressService] = expressServices{}
	_ slipway.Predictor[model.ExpressService] = expressServices{}
	_ slipway.Lister[model.ExpressService]    = expressServices{}
)

func expressKind() slipway.Kind { return slipway.NewKind(model.KindExpressService, expressServices{}) }

// Before returns nothing: nothing stands on a service of Express Mode.
func (expressServices) Before() []string { return nil }

// Effects says which fields roll the tasks: all that an update takes, since each begins a
// service deployment.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-update-full.html
func (expressServices) Effects() slipway.Effects {
	return slipway.Effects{
		Fields: map[string]slipway.Effect{
			"Create.ServiceName":           slipway.NewName,
			"Create.Cluster":               slipway.NewName,
			"Create.InfrastructureRoleArn": slipway.NewName,
			"Create.Cpu":                   slipway.RollsTasks,
			"Create.Memory":                slipway.RollsTasks,
			"Create.CpuArchitecture":       slipway.RollsTasks,
			"Create.ExecutionRoleArn":      slipway.RollsTasks,
			"Create.TaskRoleArn":           slipway.RollsTasks,
			"Create.TaskDefinitionArn":     slipway.RollsTasks,
			"Create.PrimaryContainer":      slipway.RollsTasks,
			"Create.NetworkConfiguration":  slipway.RollsTasks,
			"Create.HealthCheckPath":       slipway.RollsTasks,
			"Create.ScalingTarget":         slipway.RollsTasks,
		},
		Keys: map[string]string{
			"Create.Tags": "Key", "Create.PrimaryContainer.Environment": "Name", "Create.PrimaryContainer.Secrets": "Name",
		},
		Sets:   []string{"Create.NetworkConfiguration.Subnets", "Create.NetworkConfiguration.SecurityGroups"},
		Ignore: []string{"ARN"},
	}
}

// Unmanaged leaves to the task definition what is its own.
func (expressServices) Unmanaged(want *model.ExpressService) []string {
	if want.Create.TaskDefinitionArn == nil {
		return []string{"Create.TaskDefinitionArn"}
	}
	return []string{
		"Create.PrimaryContainer", "Create.Cpu", "Create.Memory", "Create.CpuArchitecture", "Create.ExecutionRoleArn", "Create.TaskRoleArn",
	}
}

// Defaults fills in what ECS would.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html
func (expressServices) Defaults(s *model.ExpressService) {
	in := &s.Create
	defTo(&in.Cluster, "default")
	in.Tags = append([]ecstypes.Tag{}, in.Tags...)
	if in.PrimaryContainer != nil {
		main := *in.PrimaryContainer
		fill(&main)
		defTo(&main.ContainerPort, DefaultExpressPort)
		in.PrimaryContainer = &main
	}
	if in.NetworkConfiguration != nil {
		network := *in.NetworkConfiguration
		fill(&network)
		in.NetworkConfiguration = &network
	}
	scaling := ecstypes.ExpressGatewayScalingTarget{}
	if in.ScalingTarget != nil {
		scaling = *in.ScalingTarget
	}
	def(&scaling.AutoScalingMetric, ecstypes.ExpressGatewayServiceScalingMetricAverageCPUUtilization)
	const target, least, most = 60, 1, 20
	if scaling.AutoScalingTargetValue == nil {
		scaling.AutoScalingTargetValue = aws.Int32(target)
	}
	if scaling.MinTaskCount == nil {
		scaling.MinTaskCount = aws.Int32(least)
	}
	if scaling.MaxTaskCount == nil {
		scaling.MaxTaskCount = aws.Int32(max(most, *scaling.MinTaskCount))
	}
	in.ScalingTarget = &scaling
}

// Check returns all that ECS would reject, and warns of the canary.
func (expressServices) Check(refs slipway.Refs, s *model.ExpressService) []slipway.FieldError {
	in := s.Create
	if in.PrimaryContainer != nil {
		main := *in.PrimaryContainer
		strip(&main)
		in.PrimaryContainer = &main
	}
	found := ecsrules.CreateExpressGatewayService.All(refs, &in)
	found = append(found, slipway.FieldError{
		Path: "HealthCheckPath", Got: "a service whose deployments ECS watches",
		Want: "answers of which at most 1 % are 4xx or 5xx: with more of them in 2 of 3 minutes ECS rolls a deployment back",
		Doc:  docExpressUpdate, Rule: "ecs-express-canary", Warn: true,
	})
	return rules.At("Create", found)
}

const docExpressUpdate = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-update-full.html"

// Predict returns what follows from the names of the service and its cluster.
func (expressServices) Predict(want *model.ExpressService) map[string][]string {
	cluster, name := lastPart(aws.ToString(want.Create.Cluster)), aws.ToString(want.Create.ServiceName)
	return map[string][]string{"name": {name}, "cluster": {cluster}, "arn": {ownARN("ecs", "service/"+cluster+"/"+name)}}
}

// Read describes the service.
func (expressServices) Read(ctx context.Context, c slipway.Call, want *model.ExpressService) (*slipway.Live[model.ExpressService], error) {
	if slipway.HasRef(want.ARN) {
		return nil, nil
	}
	return readExpress(ctx, c, want.ARN)
}

func readExpress(ctx context.Context, c slipway.Call, arn string) (*slipway.Live[model.ExpressService], error) {
	out, err := client(c).DescribeExpressGatewayService(ctx, &awsecs.DescribeExpressGatewayServiceInput{
		ServiceArn: &arn, Include: []ecstypes.ExpressGatewayServiceInclude{ecstypes.ExpressGatewayServiceIncludeTags},
	})
	if awserr.Is(err, "ServiceNotFoundException", "ClusterNotFoundException", "ResourceNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, awserr.Wrap(err, "describe Express service "+arn)
	}
	s := out.Service
	if s.Status != nil && s.Status.StatusCode == ecstypes.ExpressGatewayServiceStatusCodeInactive {
		return nil, nil
	}
	var groups []string
	newest := newestConfiguration(s)
	if newest.ServiceRevisionArn != nil {
		if groups, err = managedGroups(ctx, c, *newest.ServiceRevisionArn); err != nil {
			return nil, err
		}
	}
	return rebuildExpress(s, &newest, groups), nil
}

// newestConfiguration is that of the newest revision: there are several while a deployment
// is under way.
func newestConfiguration(s *ecstypes.ECSExpressGatewayService) ecstypes.ExpressGatewayServiceConfiguration {
	var newest ecstypes.ExpressGatewayServiceConfiguration
	for _, one := range s.ActiveConfigurations {
		if newest.CreatedAt == nil || aws.ToTime(one.CreatedAt).After(*newest.CreatedAt) {
			newest = one
		}
	}
	return newest
}

// managedGroups are the security groups that ECS adds to those of the user.
func managedGroups(ctx context.Context, c slipway.Call, revision string) ([]string, error) {
	r, err := describeRevision(ctx, c, revision)
	if err != nil || r == nil || r.EcsManagedResources == nil {
		return nil, err
	}
	var ids []string
	for _, g := range r.EcsManagedResources.ServiceSecurityGroups {
		ids = append(ids, lastPart(aws.ToString(g.Arn)))
	}
	return ids, nil
}

// rebuildExpress turns what ECS describes into a state, without what ECS adds of its own.
func rebuildExpress(
	s *ecstypes.ECSExpressGatewayService, x *ecstypes.ExpressGatewayServiceConfiguration, groups []string,
) *slipway.Live[model.ExpressService] {
	owner, own := ownerOf(s.Tags)
	cluster, name := lastPart(aws.ToString(s.Cluster)), aws.ToString(s.ServiceName)
	in := awsecs.CreateExpressGatewayServiceInput{
		InfrastructureRoleArn: s.InfrastructureRoleArn, ServiceName: s.ServiceName, Cluster: aws.String(cluster), Tags: own,
		Cpu: x.Cpu, Memory: x.Memory, CpuArchitecture: x.CpuArchitecture, ExecutionRoleArn: x.ExecutionRoleArn, TaskRoleArn: x.TaskRoleArn,
		HealthCheckPath: x.HealthCheckPath, ScalingTarget: x.ScalingTarget, TaskDefinitionArn: x.TaskDefinitionArn,
		PrimaryContainer: ownContainer(x.PrimaryContainer, "/aws/ecs/"+cluster+"/"+name+"-"),
	}
	if n := x.NetworkConfiguration; n != nil {
		in.NetworkConfiguration = &ecstypes.ExpressGatewayServiceNetworkConfiguration{
			Subnets: n.Subnets, SecurityGroups: slices.DeleteFunc(slices.Clone(n.SecurityGroups), func(id string) bool { return slices.Contains(groups, id) }),
		}
	}
	live := &slipway.Live[model.ExpressService]{
		State: model.ExpressService{Create: in, ARN: aws.ToString(s.ServiceArn)}, Owner: owner,
		Outputs: map[string][]string{
			"arn": {aws.ToString(s.ServiceArn)}, "name": {name}, "cluster": {cluster}, "url": {urlOf(x)},
			"deployment": {aws.ToString(s.CurrentDeployment)}, "revision": {aws.ToString(x.ServiceRevisionArn)},
		},
	}
	live.Phase, live.Reason = expressPhase(s)
	return live
}

// ownContainer is the container without the log group that ECS made.
func ownContainer(c *ecstypes.ExpressGatewayContainer, managed string) *ecstypes.ExpressGatewayContainer {
	if c == nil || c.AwsLogsConfiguration == nil || !strings.HasPrefix(aws.ToString(c.AwsLogsConfiguration.LogGroup), managed) {
		return c
	}
	own := *c
	own.AwsLogsConfiguration = nil
	return &own
}

func urlOf(x *ecstypes.ExpressGatewayServiceConfiguration) string {
	if len(x.IngressPaths) == 0 {
		return ""
	}
	return "https://" + strings.TrimPrefix(aws.ToString(x.IngressPaths[0].Endpoint), "https://")
}

func expressPhase(s *ecstypes.ECSExpressGatewayService) (phase slipway.Phase, reason string) {
	switch {
	case s.Status != nil && s.Status.StatusCode == ecstypes.ExpressGatewayServiceStatusCodeDraining:
		return slipway.Deleting, "the service is draining"
	case s.CurrentDeployment != nil:
		return slipway.Changing, "a deployment is under way"
	default:
		return slipway.Ready, ""
	}
}

// Put creates the service, or changes what differs.
func (d expressServices) Put(ctx context.Context, c slipway.Call, have *slipway.Live[model.ExpressService], want *model.ExpressService) error {
	if have == nil {
		return d.create(ctx, c, want)
	}
	changed := changedFields(&have.State, want, d.Effects(), d.Unmanaged(want))
	tagged := changed["Tags"]
	delete(changed, "Tags")
	if len(changed) > 0 {
		in := expressUpdate(want, changed)
		err := retried(ctx, c, roleNotReady, func(ctx context.Context) error {
			_, err := client(c).UpdateExpressGatewayService(ctx, in)
			return awserr.Wrap(err, "update Express service "+c.ID.Name)
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

func (expressServices) create(ctx context.Context, c slipway.Call, want *model.ExpressService) error {
	in := want.Create
	in.PrimaryContainer, in.NetworkConfiguration = sentContainer(in.PrimaryContainer), sentNetwork(in.NetworkConfiguration)
	in.Tags = allTags(c, in.Tags)
	return retried(ctx, c, expressNotReady, func(ctx context.Context) error {
		_, err := client(c).CreateExpressGatewayService(ctx, &in)
		return awserr.Wrap(err, "create Express service "+c.ID.Name)
	})
}

// expressNotReady: a role was just made, or a service of that name was just deleted.
// https://github.com/hashicorp/terraform-provider-aws/issues/47438
func expressNotReady(err error) bool {
	return roleNotReady(err) || strings.Contains(err.Error(), "already exists") || strings.Contains(err.Error(), "still Draining")
}

func sentContainer(c *ecstypes.ExpressGatewayContainer) *ecstypes.ExpressGatewayContainer {
	if c == nil {
		return nil
	}
	sent := *c
	strip(&sent)
	return &sent
}

func sentNetwork(n *ecstypes.ExpressGatewayServiceNetworkConfiguration) *ecstypes.ExpressGatewayServiceNetworkConfiguration {
	if n == nil {
		return nil
	}
	sent := *n
	strip(&sent)
	return &sent
}

// expressUpdate is the input that changes what differs: each one begins a deployment.
func expressUpdate(s *model.ExpressService, changed map[string]bool) *awsecs.UpdateExpressGatewayServiceInput {
	in, want := &awsecs.UpdateExpressGatewayServiceInput{ServiceArn: &s.ARN}, &s.Create
	for field, put := range map[string]func(){
		"Cpu":                  func() { in.Cpu, in.Memory = want.Cpu, want.Memory },
		"Memory":               func() { in.Cpu, in.Memory = want.Cpu, want.Memory },
		"CpuArchitecture":      func() { in.CpuArchitecture = want.CpuArchitecture },
		"ExecutionRoleArn":     func() { in.ExecutionRoleArn = want.ExecutionRoleArn },
		"TaskRoleArn":          func() { in.TaskRoleArn = want.TaskRoleArn },
		"TaskDefinitionArn":    func() { in.TaskDefinitionArn = want.TaskDefinitionArn },
		"HealthCheckPath":      func() { in.HealthCheckPath = want.HealthCheckPath },
		"ScalingTarget":        func() { in.ScalingTarget = want.ScalingTarget },
		"PrimaryContainer":     func() { in.PrimaryContainer = sentContainer(want.PrimaryContainer) },
		"NetworkConfiguration": func() { in.NetworkConfiguration = sentNetwork(want.NetworkConfiguration) },
	} {
		if changed[field] {
			put()
		}
	}
	return in
}

// Delete has ECS drain the service and take its parts away.
func (expressServices) Delete(ctx context.Context, c slipway.Call, have *slipway.Live[model.ExpressService]) error {
	arn := output(have, "arn")
	_, err := client(c).DeleteExpressGatewayService(ctx, &awsecs.DeleteExpressGatewayServiceInput{ServiceArn: &arn})
	if err != nil && !goneService(err) {
		return awserr.Wrap(err, "delete Express service "+arn)
	}
	return nil
}

// Tag marks the service.
func (expressServices) Tag(ctx context.Context, c slipway.Call, have *slipway.Live[model.ExpressService]) error {
	return tag(ctx, c, output(have, "arn"))
}

// List finds the services of Express Mode that the stack owns, in all clusters.
func (expressServices) List(ctx context.Context, c slipway.Call) ([]*slipway.Live[model.ExpressService], error) {
	found, err := ownServices(ctx, c)
	if err != nil {
		return nil, err
	}
	var own []*slipway.Live[model.ExpressService]
	for _, s := range found {
		if s.ResourceManagementType != ecstypes.ResourceManagementTypeEcs {
			continue
		}
		live, err := readExpress(ctx, c, aws.ToString(s.ServiceArn))
		if err != nil {
			return nil, err
		}
		if live != nil {
			own = append(own, live)
		}
	}
	return own, nil
}

// Permissions says what a caller needs.
func (expressServices) Permissions(have *slipway.Live[model.ExpressService], want *model.ExpressService) []slipway.Permission {
	all := []slipway.Permission{anywhere("ecs:DescribeExpressGatewayService", "ecs:DescribeServiceRevisions", "ecs:DescribeServices", "ecs:ListClusters", "ecs:ListServices")}
	if want == nil {
		if have != nil {
			all = append(all, slipway.Permission{Actions: []string{"ecs:DeleteExpressGatewayService"}, Resources: []string{output(have, "arn")}})
		}
		return all
	}
	one := slipway.Permission{Actions: []string{"ecs:TagResource", "ecs:UntagResource", "ecs:UpdateExpressGatewayService"}, Resources: []string{want.ARN}}
	if have == nil {
		one.Actions = []string{"ecs:CreateExpressGatewayService", "ecs:TagResource"}
		all = append(all, serviceLinkedRole())
		if cluster := aws.ToString(want.Create.Cluster); cluster == "default" {
			all = append(all, slipway.Permission{Actions: []string{"ecs:CreateCluster"}, Resources: []string{ownARN("ecs", "cluster/default")}})
		}
	}
	all = append(all, one, anywhere("ecs:DescribeServiceDeployments", "ecs:DescribeTasks", "ecs:ListServiceDeployments", "ecs:ListTasks", "ecs:RegisterTaskDefinition"))
	for _, role := range []*string{want.Create.ExecutionRoleArn, want.Create.TaskRoleArn, want.Create.InfrastructureRoleArn} {
		if role != nil {
			all = append(all, slipway.Permission{Actions: []string{"iam:PassRole"}, Resources: []string{*role}})
		}
	}
	return all
}
